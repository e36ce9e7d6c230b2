"""What a project held after any entry of its journal: replayed from its beginning or its end."""

from __future__ import annotations

import json
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
        name = names.get(log_id, "") if log_id else ""
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
    rows = connection.execution_options(yield_per=journal.PAGE).execute(query)
    for row in rows:
        name = names.get(row.log_id, "") if row.log_id else ""
        key = (name, row.kind, row.entity_id)
        apply(state, key, json.loads(row.delta), row.entry, backwards=backwards)
    return state


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
