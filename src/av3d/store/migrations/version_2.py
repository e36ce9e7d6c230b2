"""From version 1 to version 2: digests, an ontology, and a journal of differences that has all in it.

Version 1 kept whole tracks in its journal, before and after; replayed in order they give the differences
that version 2 keeps. Adding a log was no entry, and there was no ontology: both are put in front.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection

from av3d.digests import canonical, digest_of, digest_of_text
from av3d.ontology.presets import default
from av3d.store.errors import StoreError
from av3d.store.migrations import version_1
from av3d.store.migrations import version_2_tables as tables
from av3d.store.migrations.version_1 import LabelledTrack, labelled_track
from av3d.tracks.delta import Tree

SESSION = "version 1"
"""Session of all entries that come from version 1, which knew none."""

AUTHOR = "av3d"
"""Author of what nobody did."""

PROJECT = 0
"""Stands for the key of a log where something belongs to the whole project."""

_BATCH = 500
"""So many entries are written at once."""

_Key = tuple[int, str]
"""Log and ID of a track."""


def migrate(connection: Connection) -> None:
    """Turn a project of version 1 into one of version 2.

    Args:
        connection: a transaction that holds the project's write lock.

    Raises:
        Av3dError, ValueError, TypeError, LookupError: what the project holds makes no sense.
    """
    version_1.put_aside(connection)
    tables.metadata.create_all(connection)
    logs = version_1.read_logs(connection)
    _Migration(connection, logs).run()
    version_1.drop(connection)


class _Migration:
    def __init__(self, connection: Connection, logs: dict[int, Tree]) -> None:
        self._connection = connection
        self._logs = logs
        self._state: dict[_Key, LabelledTrack] = {}
        """All tracks, as the journal gives them so far."""
        self._journal = _Journal(connection)

    def run(self) -> None:
        entries = version_1.read_journal(self._connection)
        first = next(entries, None)
        # Nobody knows when a log was added, but it was before its labels were.
        last_ns = first.time_ns if first else time.time_ns()
        self._begin(last_ns)
        for entry in (first, *entries) if first else ():
            if entry.log_id not in self._logs:
                raise StoreError(
                    f"entry {entry.number} of the journal is of a log that is not there"
                )
            changes = []
            for track_id, value in entry.changes:
                key = (entry.log_id, track_id)
                before = self._state.get(key)
                after = None if value is None else labelled_track(value, before)
                changes += self._changes(key, before, after)
                if after is None:
                    self._state.pop(key, None)
                else:
                    self._state[key] = after
            self._journal.append("do", entry.time_ns, entry.author, entry.command, changes)
            last_ns = entry.time_ns
        self._copy_tracks(last_ns)
        self._journal.flush()

    def _begin(self, time_ns: int) -> None:
        """Write the ontology and the logs, which are in the journal from version 2 on."""
        ontology = default()
        command = f"new project with ontology {ontology.name}"
        change = self._new_entity("ontology", ontology.id, ontology.as_json())
        self._journal.append("fixed", time_ns, AUTHOR, command, [change])
        for log_id, log in self._logs.items():
            self._connection.execute(tables.log.insert(), {"id": log_id, "name": log["id"]})
            change = self._new_entity("log", log["id"], log)
            self._journal.append("fixed", time_ns, AUTHOR, f"add log {log['id']}", [change])

    def _new_entity(self, kind: str, entity_id: str, tree: Tree) -> list[Any]:
        digest = digest_of(tree)
        row = {"kind": kind, "id": entity_id, "value": canonical(tree), "digest": digest}
        self._connection.execute(tables.entity.insert(), {"log_id": PROJECT, **row})
        return [PROJECT, "", kind, entity_id, None, digest, [None, tree]]

    def _changes(
        self, key: _Key, before: LabelledTrack | None, after: LabelledTrack | None
    ) -> list[list[Any]]:
        """The change of a track, or none when it does not change."""
        delta: Any
        if before is not None and after is not None:
            delta = before.difference(after)
        else:
            delta = [None if side is None else side.tree for side in (before, after)]
        if delta in ({}, [None, None]):
            return []
        log_id, track_id = key
        digests = [None if side is None else side.digest for side in (before, after)]
        return [[log_id, self._logs[log_id]["id"], "track", track_id, *digests, delta]]

    def _copy_tracks(self, time_ns: int) -> None:
        """Write the tracks as the tables of version 1 had them.

        That is what people saw. Where the journal said otherwise (somebody has changed tables by
        hand), one more entry leads there.
        """
        lost = version_1.count_lost_tracks(self._connection)
        if lost:
            raise StoreError(f"{lost} tracks are of a log that is not there")
        corrections: list[list[Any]] = []
        for log_id in self._logs:
            for track_key, value in version_1.read_tracks(self._connection, log_id):
                key = (log_id, value["id"])
                before = self._state.pop(key, None)
                track = labelled_track(value, before)
                corrections += self._changes(key, before, track)
                self._insert(track_key, log_id, track)
        for key, track in self._state.items():
            corrections += self._changes(key, track, None)
        if corrections:
            command = "labels as the tables of version 1 had them, otherwise than its journal"
            self._journal.append("fixed", time_ns, AUTHOR, command, corrections)

    def _insert(self, track_key: int, log_id: int, track: LabelledTrack) -> None:
        header = {
            name: canonical(value) if name in ("attributes", "relations", "presence") else value
            for name, value in track.header.items()
        }
        row = {"key": track_key, "log_id": log_id, "digest": track.digest, **header}
        self._connection.execute(tables.track.insert(), row)
        names = ("x_m", "y_m", "z_m", "qw", "qx", "qy", "qz", "length_m", "width_m", "height_m")
        rows = []
        for time_ns, keyframe in track.keyframes.items():
            numbers = (
                *keyframe["center_m"],
                *keyframe["quaternion_wxyz"],
                *keyframe["size_lwh_m"],
            )
            rows.append(
                {
                    "track_key": track_key,
                    "timestamp_ns": int(time_ns),
                    "provenance": keyframe["provenance"],
                    "attributes": canonical(keyframe["attributes"]),
                    **dict(zip(names, numbers, strict=True)),
                }
            )
        self._connection.execute(tables.keyframe.insert(), rows)


class _Journal:
    """The new journal; `flush` writes what is still held back."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._last = 0
        self._digest = ""
        self._entries: list[dict[str, Any]] = []
        self._rows: list[dict[str, Any]] = []

    def append(
        self, kind: str, time_ns: int, author: str, command: str, changes: list[list[Any]]
    ) -> None:
        """Add an entry; a change is [key and name of the log, kind, ID, digests, difference]."""
        self._last += 1
        told = [change[1:] for change in changes]
        facts = [self._last, time_ns, author, SESSION, kind, None, command, told]
        self._digest = digest_of_text(self._digest, canonical(facts))
        self._entries.append(
            {
                "id": self._last,
                "time_ns": time_ns,
                "author": author,
                "session": SESSION,
                "kind": kind,
                "target": None,
                "command": command,
                "digest": self._digest,
            }
        )
        for position, (log_id, _, of_kind, entity_id, before, after, delta) in enumerate(changes):
            self._rows.append(
                {
                    "entry": self._last,
                    "position": position,
                    "log_id": log_id,
                    "kind": of_kind,
                    "entity_id": entity_id,
                    "before": before,
                    "after": after,
                    "delta": canonical(delta),
                }
            )
        if len(self._rows) + len(self._entries) > _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write all entries."""
        if self._entries:
            self._connection.execute(tables.journal.insert(), self._entries)
        if self._rows:
            self._connection.execute(tables.change.insert(), self._rows)
        self._entries, self._rows = [], []
