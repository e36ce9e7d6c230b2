"""Making releases and finding them again."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from sqlalchemy import Connection

from av3d.ontology.ontology import Ontology
from av3d.store import journal, replay, transactions
from av3d.store.decoding import decoded
from av3d.store.entities import read_entities
from av3d.store.errors import StoreError
from av3d.store.journal import EntityChange, JournalEntry
from av3d.store.project import Project
from av3d.store.references import LogReference
from av3d.store.releases.content import LabelLines, released_log
from av3d.store.releases.release import Release, ReleasedOntology, check_release_name
from av3d.store.view import ProjectView
from av3d.tracks.change import Change
from av3d.tracks.delta import tree_digest
from av3d.tracks.history import Kind


@dataclass(frozen=True)
class Made:
    """A release that was just made, and the entry of the journal that holds it."""

    release: Release
    entry: JournalEntry


def create_release(
    project: Project,
    name: str,
    *,
    note: str = "",
    log_names: Collection[str] | None = None,
    at: int | None = None,
) -> Made:
    """Give the labels of a project a name, for good.

    The release is an entry of the journal, which undo and restore pass over.

    Args:
        project: an open project.
        name: of the release.
        note: what it is for.
        log_names: which logs; None: all that the project had then.
        at: number of the entry of the journal after which the labels were so; None: as they are.

    Raises:
        StoreError: a name that is taken or cannot be one, or a log or entry that is not there;
            nothing was changed.
    """
    check_release_name(name)
    with project.writing() as connection:
        known = releases_in(connection, project.where)
        taken = next((one for one in known if one.id == name), None)
        if taken is not None:
            raise StoreError(
                f"there is a release {name} already, of entry {taken.position}",
                project.where,
                "a release stays as it is: choose another name",
            )
        position, digest = _entry(connection, at)
        # Everything is of one moment: nobody else writes while the lock is held.
        state = (
            replay.stored_state(connection)
            if at is None
            else replay.state_after(connection, position)
        )
        names = sorted(key[2] for key in state if key[1] == LogReference.kind)
        for wanted in log_names or ():
            if wanted not in names:
                raise StoreError(
                    f"there was no log {wanted!r} at entry {position}"
                    if at is not None
                    else f"no log {wanted!r}",
                    project.where,
                    f"logs there: {', '.join(names) or 'none'}",
                )
        chosen = [log for log in names if not log_names or log in log_names]
        if not chosen:
            raise StoreError(
                "the project has no logs to release", project.where, "add one with `av3d import`"
            )
        ontology = state.get(("", Ontology.kind, Ontology.id))
        if ontology is None:
            raise StoreError(f"there was no ontology at entry {position}", project.where)
        lines = LabelLines()
        release = Release(
            name,
            len(known) + 1,
            known[-1].sha256 if known else "",
            position,
            digest,
            time.time_ns(),
            project.author,
            f"av3d {version('av3d')}",
            note,
            ReleasedOntology(
                str(ontology["name"]), int(ontology["version"]), tree_digest(ontology)
            ),
            tuple(released_log(state, log, lines) for log in chosen),
        )
        entry = transactions.write(
            connection,
            [EntityChange.of("", Change(None, release))],
            author=project.author,
            session=project.session,
            command=f"release {name}",
            kind=Kind.FIXED,
        )
    return Made(release, entry)


def releases(project: ProjectView) -> tuple[Release, ...]:
    """The releases of a project in the order in which they were made.

    Raises:
        StoreError: what is stored makes no sense.
    """
    with project.reading() as connection:
        return tuple(releases_in(connection, project.where))


def find_release(project: ProjectView, name: str) -> Release:
    """A release by its name; StoreError lists the names there are."""
    known = releases(project)
    for one in known:
        if one.id == name:
            return one
    raise no_such_release(name, known, project.where)


def no_such_release(name: str, known: Sequence[Release], where: str) -> StoreError:
    """The error for a release that is not there."""
    names = ", ".join(one.id for one in known[-10:]) or "none; make one with `av3d release create`"
    return StoreError(f"no release {name[:100]!r}", where, f"releases here: {names}")


def releases_in(connection: Connection, where: str) -> list[Release]:
    """The releases, as a connection sees them, in the order in which they were made."""
    values = [
        decoded(Release.kind, tree, where) for tree in read_entities(connection, Release.kind)
    ]
    found = [value for value in values if isinstance(value, Release)]
    return sorted(found, key=lambda release: (release.number, release.id))


def _entry(connection: Connection, number: int | None) -> tuple[int, str]:
    """Number and digest of an entry of the journal; None: the last."""
    last = journal.last_entry(connection)
    if number is None or number == last[0]:
        return last
    if not 1 <= number < last[0]:
        raise StoreError(f"there is no entry {number} in the journal", "", f"use 1 to {last[0]}")
    [entry] = journal.read_entries_of(connection, transactions.log_names(connection), [number])
    return entry.id, entry.digest
