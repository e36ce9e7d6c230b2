"""What a project held after any entry of its journal: replayed from its beginning or its end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from av3d.store import journal, schema
from av3d.store.entities import read_all
from av3d.store.errors import StoreError
from av3d.store.journal import EntityChange
from av3d.store.rows import read_trees
from av3d.store.transactions import log_names
from av3d.tracks.delta import DeltaError, Tree, difference, patched, tree_digest

Key = tuple[str, str, str]
"""Log ("" for the project), kind and ID of an entity."""

State = dict[Key, Tree]
"""The trees of all entities at one moment."""


def stored_state(connection: Connection, log: str | None = None) -> State:
    """What is stored now, of one log or of all logs and the project."""
    names = log_names(connection)
    state: State = {}
    for (log_id, kind, entity_id), (tree, _) in read_all(connection).items():
        name = journal.log_name(names, log_id)
        if log is None or name == log:
            state[name, kind, entity_id] = tree
    for log_id, name in names.items():
        if log is None or name == log:
            for track_id, (tree, _) in read_trees(connection, log_id).items():
                state[name, "track", track_id] = tree
    return state


def state_after(connection: Connection, entry: int, log: str | None = None) -> State:
    """What was stored after an entry, of one log or of all logs and the project.

    Args:
        connection: to the project.
        entry: number of an entry of the journal; 0: before the first.
        log: name of a log; None: everything.

    Raises:
        StoreError: there is no such entry, or the journal does not fit the stored state.
    """
    last = journal.last_entry(connection)[0]
    if not 0 <= entry <= last:
        raise StoreError(f"there is no entry {entry} in the journal", "", f"use 0 to {last}")
    backwards = last - entry <= entry
    state = stored_state(connection, log) if backwards else {}
    table = schema.change
    query = select(table)
    order = [table.c.entry, table.c.position]
    if backwards:
        query = query.where(table.c.entry > entry).order_by(*(column.desc() for column in order))
    else:
        query = query.where(table.c.entry <= entry).order_by(*order)
    names = log_names(connection)
    if log is not None:
        ids = [log_id for log_id, name in names.items() if name == log]
        query = query.where(table.c.log_id.in_(ids))
    for row in connection.execute(query, execution_options={"yield_per": journal.PAGE}):
        key = (journal.log_name(names, row.log_id), row.kind, row.entity_id)
        apply(state, key, journal.delta_of(row), row.entry, backwards=backwards)
    return state


def earlier(
    connection: Connection, log_id: int, kind: str, entity_id: str, now: Tree | None, digest: str
) -> Tree | None:
    """What an entity was when it last had a digest; None when the journal does not tell.

    Args:
        connection: to the project.
        log_id: log of the entity, or schema.PROJECT.
        kind: of the entity.
        entity_id: of the entity.
        now: its tree as it is stored.
        digest: of the value that is wanted.

    Raises:
        DeltaError: the journal does not fit what is stored.
    """
    table = schema.change
    query = (
        select(table)
        .where(table.c.kind == kind, table.c.entity_id == entity_id, table.c.log_id == log_id)
        .order_by(table.c.entry.desc(), table.c.position.desc())
    )
    tree = now
    for row in connection.execute(query):
        if row.after == digest:
            return tree
        tree = patched(tree, journal.delta_of(row), backwards=True)
        if row.before == digest:
            return tree
    return None


def apply(state: State, key: Key, delta: Any, entry: int, *, backwards: bool = False) -> None:
    """Change a state by a difference of the journal, in place.

    Raises:
        StoreError: the difference does not fit; says of which entry.
    """
    try:
        tree = patched(state.get(key), delta, backwards=backwards)
    except DeltaError as error:
        _, kind, entity_id = key
        raise StoreError(
            f"entry {entry} of the journal does not fit {kind} {entity_id}: {error.what}",
            "",
            "run `av3d project fsck` on the project",
        ) from error
    if tree is None:
        state.pop(key, None)
    else:
        state[key] = tree


def changes_between(now: State, then: State, kinds: Iterable[str]) -> list[EntityChange]:
    """What turns one state into another, of the entities of some kinds."""
    wanted = set(kinds)
    changes: list[EntityChange] = []
    for key in [*now, *(key for key in then if key not in now)]:
        log, kind, entity_id = key
        before, after = now.get(key), then.get(key)
        delta = difference(before, after) if kind in wanted else None
        if delta is not None:
            digests = [None if tree is None else tree_digest(tree) for tree in (before, after)]
            changes.append(EntityChange(log, kind, entity_id, digests[0], digests[1], delta))
    return changes
