"""The tables of a project, version 3. Changes to them are numbered migrations, see `migrations`."""

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

SCHEMA_VERSION = 3
"""Version that this program writes. A project with a higher one is refused."""

APPLICATION_ID = 0x61763364
"""Stored in the header of the SQLite file ("av3d" in ASCII), so that `file` can name it."""

PROJECT = 0
"""Stands for the id of a log where something belongs to the whole project."""

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# What a project knows of a log is an entity of kind "log"; this gives it a short key.
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
    Column("attributes", Text, nullable=False),  # JSON object
    Column("relations", Text, nullable=False),  # JSON array of [kind, track]
    Column("note", Text, nullable=False),
    Column("presence", Text, nullable=False),  # JSON array of [start_ns, end_ns(, starts, ends)]
    Column("digest", Text, nullable=False),  # of the whole track, see av3d.digests
    Column("interpolation", Text),  # JSON object; NULL: the default
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
    Column("attributes", Text, nullable=False),  # JSON object
    Column(
        "noise", Text
    ),  # JSON array of the standard deviations along, across, up, yaw; NULL: unknown
    # The keyframes of a track lie side by side on the disk.
    sqlite_with_rowid=False,
)

# Everything else that is edited: logs, events, tasks, authors, the ontology.
entity = Table(
    "entity",
    metadata,
    Column("log_id", Integer, primary_key=True, autoincrement=False),  # PROJECT if of no log
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("value", Text, nullable=False),  # JSON object
    Column("digest", Text, nullable=False),
    sqlite_with_rowid=False,
)

journal = Table(
    "journal",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3 … without gaps
    Column("time_ns", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("kind", Text, nullable=False),  # do, undo, redo, fixed
    Column("target", Integer),  # of undo and redo: the entry that is taken back or made again
    Column("command", Text, nullable=False),
    Column("digest", Text, nullable=False),  # of this entry and the one before: a chain
    Index("journal_by_session", "session", "id"),
)

change = Table(
    "change",
    metadata,
    Column("entry", Integer, ForeignKey("journal.id"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("log_id", Integer, nullable=False),  # PROJECT if of no log
    Column("kind", Text, nullable=False),
    Column("entity_id", Text, nullable=False),
    Column("before", Text),  # digests; NULL where the entity is made or deleted
    Column("after", Text),
    Column("delta", Text, nullable=False),  # JSON, see av3d.tracks.delta
    Index("change_by_entity", "kind", "entity_id", "entry"),
    sqlite_with_rowid=False,
)
