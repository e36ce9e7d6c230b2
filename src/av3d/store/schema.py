"""The tables of a project, version 1. Changes to them are numbered migrations, see docs/adr/."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
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

SCHEMA_VERSION = 1
"""Version that this program writes. A project with a higher one is refused."""

APPLICATION_ID = 0x61763364
"""Stored in the header of the SQLite file ("av3d" in ASCII), so that `file` can name it."""

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

log = Table(
    "log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("path", Text, nullable=False),
    # Relative to the project's folder, so that both can be moved together; "" if there is none.
    Column("relative_path", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("start_ns", BigInteger, nullable=False),
    Column("end_ns", BigInteger, nullable=False),
)

track = Table(
    "track",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("log_id", Integer, ForeignKey("log.id"), nullable=False),
    Column("id", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("attributes", Text, nullable=False),  # JSON object
    Column("presence", Text, nullable=False),  # JSON array of [start_ns, end_ns]
    UniqueConstraint("log_id", "id"),
)

keyframe = Table(
    "keyframe",
    metadata,
    Column("track_key", Integer, ForeignKey("track.key", ondelete="CASCADE"), primary_key=True),
    Column("timestamp_ns", BigInteger, primary_key=True),
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
)

journal = Table(
    "journal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("log_id", Integer, ForeignKey("log.id"), nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("changes", Text, nullable=False),  # JSON array of {"before": track, "after": track}
    Index("journal_by_log", "log_id", "id"),
)
