"""Names that OpenLABEL and our files in it use.

Source: ASAM OpenLABEL 1.0.0, and its JSON schema.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from av3d.types import Scalar

SCHEMA_VERSION = "1.0.0"
ANNOTATOR = "av3d"
"""What `metadata.annotator` begins with in our own files."""

WORLD, VEHICLE = "world", "vehicle-iso8855"
SCENE_SYSTEM, LOCAL_SYSTEM, SENSOR_SYSTEM = "scene_cs", "local_cs", "sensor_cs"
SHAPE = "shape"
"""Name of each cuboid."""
ONTOLOGY = "0"

ID, NOTE, STATIC = "av3d.id", "av3d.note", "av3d.static"
PROVENANCE = "av3d.provenance"
START, END = "av3d.start_ns", "av3d.end_ns"
OF_TRACK = (ID, NOTE, STATIC)
TAKES_PART = "takes_part_in"
"""Type of the relation from an object to an action or event that it takes part in."""

KINDS = ("boolean", "num", "text")
"""What attributes are; a `vec` is none of av3d's."""

_UID = re.compile(r"-?[0-9]+|[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_SPACE = uuid.UUID("5d0a3c1e-6f0b-5c5b-9d43-1f6c3a0e7b52")
"""Makes UUIDs of names that are none."""


def uid_of(name: str) -> str:
    """The key of an element: the name itself where it is a number or a UUID, else a UUID made of it."""
    return name if _UID.fullmatch(name) else str(uuid.uuid5(_SPACE, name))


def kind_of(value: Scalar) -> str:
    """The kind of data that holds an attribute."""
    return "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "num"


def data_of(attributes: Mapping[str, Scalar]) -> dict[str, list[dict[str, Any]]]:
    """Attributes as lists of data by kind."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, value in sorted(attributes.items()):
        found.setdefault(kind_of(value), []).append({"name": name, "val": value})
    return found


def timestamp_of(time_ns: int) -> str:
    """Seconds with all nine digits: as a number, JSON readers would round them."""
    sign, whole = "-" if time_ns < 0 else "", abs(time_ns)
    return f"{sign}{whole // 1_000_000_000}.{whole % 1_000_000_000:09d}"


def interval(first: int, last: int) -> dict[str, int]:
    """A closed interval of frames."""
    return {"frame_start": first, "frame_end": last}
