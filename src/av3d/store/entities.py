"""Entities that are no tracks: their values as JSON text, in one table for all kinds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from av3d.digests import canonical
from av3d.store import schema
from av3d.tracks.delta import Tree, patched

_table = schema.entity
_THIS = (
    (_table.c.log_id == bindparam("of_log"))
    & (_table.c.kind == bindparam("of_kind"))
    & (_table.c.id == bindparam("of_id"))
)
_ONE = select(_table).where(_THIS)
_UPDATE = _table.update().where(_THIS)
_DELETE = _table.delete().where(_THIS)


def find_entity(connection: Connection, log_id: int, kind: str, entity_id: str) -> Row[Any] | None:
    """The row of an entity."""
    place = {"of_log": log_id, "of_kind": kind, "of_id": entity_id}
    return connection.execute(_ONE, place).first()


def write_entity(
    connection: Connection,
    log_id: int,
    kind: str,
    entity_id: str,
    row: Row[Any] | None,
    delta: Any,
    digest: str | None,
) -> None:
    """Change an entity by a difference.

    Args:
        connection: a transaction that holds the project's write lock.
        log_id: log of the entity, or schema.PROJECT.
        kind: of the entity.
        entity_id: of the entity.
        row: of the entity as it is stored, None if it is new.
        delta: the difference.
        digest: of the value afterwards; None deletes it.

    Raises:
        DeltaError: the entity is not what the difference starts from.
    """  # fmt: skip
    tree = patched(None if row is None else json.loads(row.value), delta)
    place = {"of_log": log_id, "of_kind": kind, "of_id": entity_id}
    if tree is None or digest is None:
        connection.execute(_DELETE, place)
    elif row is None:
        connection.execute(
            _table.insert(),
            {
                "log_id": log_id,
                "kind": kind,
                "id": entity_id,
                "value": canonical(tree),
                "digest": digest,
            },
        )
    else:
        values = {"value": canonical(tree), "digest": digest}
        connection.execute(_UPDATE.values(values), place)


def read_entities(
    connection: Connection,
    kind: str,
    log_id: int = schema.PROJECT,
    ids: Iterable[str] | None = None,
) -> list[Tree]:
    """The values of the entities of a kind, sorted by ID."""
    query = select(_table.c.value).where(_table.c.kind == kind, _table.c.log_id == log_id)
    if ids is not None:
        query = query.where(_table.c.id.in_(set(ids)))
    return [json.loads(text) for text in connection.scalars(query.order_by(_table.c.id))]


def read_all(connection: Connection) -> dict[tuple[int, str, str], tuple[Tree, str]]:
    """Value and stored digest of every entity, by log, kind and ID."""
    return {
        (row.log_id, row.kind, row.id): (json.loads(row.value), row.digest)
        for row in connection.execute(select(_table))
    }
