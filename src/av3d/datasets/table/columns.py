"""The columns of the tables: one row per cuboid and frame, and one per track."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """What the cells of a column hold."""

    TEXT = "text"
    WHOLE = "a whole number"
    NUMBER = "a number"
    FLAG = "true or false"


CUBOIDS, TRACKS = "cuboids", "tracks"
"""Names of the two tables, without ending."""

TIME, TIME_S, FRAME = "timestamp_ns", "timestamp_s", "frame"
SIZE = ("length_m", "width_m", "height_m")
CENTER = ("x_m", "y_m", "z_m")
QUATERNION = ("qw", "qx", "qy", "qz")
YAW = "yaw_rad"
WORLD, EGO = "world", "ego"
"""Frames of reference; before the names of what is in them: "world_x_m"."""

CUBOID_COLUMNS: dict[str, Kind] = {
    "log": Kind.TEXT,
    FRAME: Kind.WHOLE,
    TIME: Kind.WHOLE,
    "track_id": Kind.TEXT,
    "track_name": Kind.TEXT,
    "category": Kind.TEXT,
    **{f"{WORLD}_{axis}": Kind.NUMBER for axis in CENTER},
    **dict.fromkeys(SIZE, Kind.NUMBER),
    **{f"{WORLD}_{part}": Kind.NUMBER for part in QUATERNION},
    f"{WORLD}_{YAW}": Kind.NUMBER,
    **{f"{EGO}_{axis}": Kind.NUMBER for axis in CENTER},
    f"{EGO}_{YAW}": Kind.NUMBER,
    "distance_m": Kind.NUMBER,
    **{f"velocity_{axis}_m_s": Kind.NUMBER for axis in "xyz"},
    "provenance": Kind.TEXT,
    "num_points": Kind.WHOLE,
    "score": Kind.NUMBER,
    "attributes": Kind.TEXT,
}
"""What is written, in this order."""

TRACK_COLUMNS: dict[str, Kind] = {
    "log": Kind.TEXT,
    "track_id": Kind.TEXT,
    "track_name": Kind.TEXT,
    "category": Kind.TEXT,
    "number": Kind.WHOLE,
    "static": Kind.FLAG,
    "first_timestamp_ns": Kind.WHOLE,
    "last_timestamp_ns": Kind.WHOLE,
    "cuboids": Kind.WHOLE,
    "keyframes": Kind.WHOLE,
    "spans_ns": Kind.TEXT,
    "attributes": Kind.TEXT,
    "relations": Kind.TEXT,
    "note": Kind.TEXT,
}

ALSO_READ: dict[str, Kind] = {
    TIME_S: Kind.NUMBER,
    **{f"{EGO}_{part}": Kind.NUMBER for part in QUATERNION},
}
"""What other people's tables of cuboids may have besides."""

ATTRIBUTE = "attribute."
"""Before the name of an attribute, in a column of its own of other people's tables."""

_NOT_READ = ("distance_m", "provenance", "num_points", *(f"velocity_{axis}_m_s" for axis in "xyz"))

READ_OF_CUBOIDS = {
    name: kind for name, kind in {**CUBOID_COLUMNS, **ALSO_READ}.items() if name not in _NOT_READ
}
"""Columns that are read; the others can be worked out from them, or are the reader's to say."""
