"""The tables of version 2 as they were when version 3 was not thought of. Never changed again.

`av3d.store.schema` goes on with the versions; a project of version 1 becomes one of exactly this first.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
"""Without the table `meta`, which stays as it is."""

log = Table(
    "log",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
)

track = Table(
    "track",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=False),
    Column("log_id", Integer, ForeignKey("log.id"), nullable=False),
    Column("id", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("static", Boolean, nullable=False),
    Column("free_size", Boolean, nullable=False),
    Column("attributes", Text, nullable=False),
    Column("relations", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("presence", Text, nullable=False),
    Column("digest", Text, nullable=False),
    UniqueConstraint("log_id", "id"),
)

keyframe = Table(
    "keyframe",
    metadata,
    Column("track_key", Integer, ForeignKey("track.key"), primary_key=True, autoincrement=False),
    Column("timestamp_ns", BigInteger, primary_key=True, autoincrement=False),
    Column("x_m", Double, nullable=False),
    Column("y_m", Double, nullable=False),
    Column("z_m", Double, nullable=False),
    Column("qw", Double, nullable=False),
    Column("qx", Double, nullable=False),
    Column("qy", Double, nullable=False),
    Column("qz", Double, nullable=False),
    Column("length_m", Double, nullable=False),
    Column("width_m", Double, nullable=False),
    Column("height_m", Double, nullable=False),
    Column("provenance", Text, nullable=False),
    Column("attributes", Text, nullable=False),
    sqlite_with_rowid=False,
)

entity = Table(
    "entity",
    metadata,
    Column("log_id", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("digest", Text, nullable=False),
    sqlite_with_rowid=False,
)

journal = Table(
    "journal",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("target", Integer),
    Column("command", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Index("journal_by_session", "session", "id"),
)

change = Table(
    "change",
    metadata,
    Column("entry", Integer, ForeignKey("journal.id"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("log_id", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("entity_id", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("delta", Text, nullable=False),
    Index("change_by_entity", "kind", "entity_id", "entry"),
    sqlite_with_rowid=False,
)

TABLES = ("meta", *metadata.tables)
"""Names of all tables."""
