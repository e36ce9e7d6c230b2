"""Proof that releases are what they were: while the journal is replayed, their labels come by again."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, select

from av3d.store import journal, schema
from av3d.store.decoding import NONSENSE
from av3d.store.journal import EntityChange
from av3d.store.releases.content import LabelLines, released_log
from av3d.store.releases.release import Release, release_from_json
from av3d.store.replay import State
from av3d.tracks.delta import tree_digest

Found = Callable[[str, str], None]
"""Called with what is concerned, and one sentence that says what is wrong with it."""

NEVER_CHANGED = "a release is never changed"


class ReleaseCheck:
    """Follows a replay of the journal and compares each release with the labels at its entry.

    Args:
        connection: the one that the journal is read by.
        found: is told what is wrong.
    """

    def __init__(self, connection: Connection, found: Found) -> None:
        self._found = found
        self._lines = LabelLines()
        self._wanted: dict[int, list[Release]] = {}
        self._seen: set[str] = set()
        self._previous = ""
        self._number = 0
        # Of which entries, the journal tells before they come by.
        table = schema.change
        query = select(table).where(table.c.kind == Release.kind, table.c.before.is_(None))
        for row in connection.execute(query.order_by(table.c.entry, table.c.position)):
            try:
                release = release_from_json(journal.delta_of(row)[1])
            except NONSENSE:
                continue  # told when its entry comes by
            self._wanted.setdefault(release.position, []).append(release)

    def change(self, change: EntityChange, entry: int) -> None:
        """Look at a change of the journal."""
        if change.kind != Release.kind:
            return
        name = f"release {change.id}"
        if change.before is not None or change.id in self._seen:
            self._found(name, f"entry {entry} of the journal changes it: {NEVER_CHANGED}")
            return
        self._seen.add(change.id)
        self._number += 1
        try:
            release = release_from_json(change.delta[1])
        except NONSENSE:
            self._found(name, "it makes no sense")
            self._previous = ""
            return
        if release.number != self._number or release.previous != self._previous:
            self._found(name, "the chain is broken: it does not follow the release before it")
        if release.position >= entry:
            self._found(name, f"it is of entry {release.position}, which is not before its own")
        self._previous = release.sha256

    def after(self, entry: int, digest: str, state: State) -> None:
        """Compare the releases of an entry with what the journal gives up to it."""
        for release in self._wanted.get(entry, ()):
            for what in self._differences(release, digest, state):
                self._found(release.name, what)

    def _differences(self, release: Release, digest: str, state: State) -> list[str]:
        found = []
        if digest != release.journal_digest:
            found.append(f"entry {release.position} of the journal is not the one it was made of")
        try:
            ontology = state.get(("", "ontology", "ontology"))
            if ontology is None or tree_digest(ontology) != release.ontology.digest:
                found.append("the ontology at its entry is not the released one")
            for log in release.logs:
                now = released_log(state, log.name, self._lines)
                if now.sha256 != log.sha256:
                    found.append(f"the labels of log {log.name} are not those that were released")
                elif now != log:
                    found.append(f"what it says of log {log.name} is not so")
        except NONSENSE:
            found.append("its labels cannot be rebuilt from the journal")
        return found
