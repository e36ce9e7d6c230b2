"""Entities that are no tracks: their values as JSON text, in one table for all kinds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from av3d.digests import canonical
from av3d.store import schema
from av3d.store.errors import StoreError
from av3d.store.stored_json import stored_json
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
        StoreError: what is stored makes no sense.
    """
    tree = patched(None if row is None else tree_of(row), delta)
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
    """The values of the entities of a kind, sorted by ID; StoreError for one that makes no sense."""
    query = select(_table).where(_table.c.kind == kind, _table.c.log_id == log_id)
    if ids is not None:
        query = query.where(_table.c.id.in_(set(ids)))
    # Every database has an order of texts of its own.
    rows = sorted(connection.execute(query), key=lambda row: str(row.id))
    return [tree_of(row) for row in rows]


def read_all(connection: Connection) -> dict[tuple[int, str, str], tuple[Tree, str]]:
    """Value and stored digest of every entity, by log, kind and ID."""
    return {
        (row.log_id, row.kind, row.id): (tree_of(row), row.digest) for row in read_rows(connection)
    }


def read_rows(connection: Connection) -> Sequence[Row[Any]]:
    """The rows of all entities; see `tree_of`."""
    return connection.execute(select(_table)).all()


def tree_of(row: Row[Any]) -> Tree:
    """The value that a row holds; StoreError when it makes no sense."""
    tree = stored_json(row.value, f"{row.kind} {row.id}")
    if not isinstance(tree, dict):
        raise StoreError(
            f"{row.kind} {row.id} makes no sense", "", "restore the project from a backup"
        )
    return tree
