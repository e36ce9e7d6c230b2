"""Tracks as rows of PandaSet's cuboid tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from av3d.datasets.dataset import SAID
from av3d.geometry.se3 import wrap_angle_rad
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import Scalar

LABEL = "pandaset.label"

COLUMNS = (
    "uuid", "label", "yaw", "stationary", "camera_used",
    "position.x", "position.y", "position.z", "dimensions.x", "dimensions.y", "dimensions.z",
    "attributes.object_motion", "cuboids.sibling_id", "cuboids.sensor_id",
    "attributes.rider_status", "attributes.pedestrian_behavior", "attributes.pedestrian_age",
)  # fmt: skip
"""In the order of the published files."""

STAYS_M = 1.0
"""A track whose keyframes all lie within this distance of the first is stationary."""

_VEHICLE = {"moving": "Moving", "stopped": "Stopped", "parked": "Parked"}
_PERSON = {
    "moving": "Walking",
    "walking": "Walking",
    "standing": "Standing",
    "sitting": "Sitting",
    "lying": "Lying",
}
_RIDER = {"true": "With Rider", "false": "Without Rider"} | {
    word.lower(): word for word in ("With Rider", "Without Rider")
}
_AGE = {word.lower(): word for word in ("Adult", "Child")}

_WORDS: Mapping[str, Mapping[str, str]] = {
    "pandaset.object_motion": _VEHICLE | _PERSON,
    "pandaset.pedestrian_behavior": _PERSON,
    "pandaset.rider_status": _RIDER,
    "pandaset.pedestrian_age": _AGE,
}


def takes(record: str, value: Scalar) -> bool:
    """Whether a value can stand in the column of a record, see `Dataset.takes`."""
    return str(value).lower() in _WORDS.get(record, ())


def row_of(track: Track, state: TrackState, label: str) -> tuple[dict[str, Any], set[str]]:
    """The row of a cuboid, by column, and the names of the attributes that it holds."""
    held = {LABEL}
    values = state.attributes
    person = label.startswith("Pedestrian")
    motion = ("pandaset.pedestrian_behavior", "pandaset.object_motion")
    names = [f"{SAID}{name}" for name in motion] + list(motion if person else motion[::-1])
    texts = {
        "pedestrian_behavior" if person else "object_motion": _word(
            values, [*names, "motion"], _PERSON if person else _VEHICLE, held
        ),
        "rider_status": _word(
            values, [f"{SAID}pandaset.rider_status", "pandaset.rider_status", "rider"], _RIDER, held
        ),
        "pedestrian_age": _word(
            values, [f"{SAID}pandaset.pedestrian_age", "pandaset.pedestrian_age"], _AGE, held
        ),
    }
    center_m, (length_m, width_m, height_m) = state.cuboid.center_m, state.cuboid.size_lwh_m
    numbers = dict(zip(("position.x", "position.y", "position.z"), center_m.tolist(), strict=True))
    numbers |= {"dimensions.x": width_m, "dimensions.y": length_m, "dimensions.z": height_m}
    return {
        "uuid": track.id,
        "label": label,
        # PandaSet's yaw is the angle of the width axis, a quarter turn before the heading.
        "yaw": float(wrap_angle_rad(state.cuboid.yaw_rad - np.pi / 2)),
        "stationary": _stationary(track, values, held),
        "camera_used": _number(values, "pandaset.camera_used", held),
        **{name: float(value) for name, value in numbers.items()},
        "cuboids.sibling_id": _sibling(values, held),
        "cuboids.sensor_id": _number(values, "pandaset.sensor_id", held),
        **{
            f"attributes.{name}": texts.get(name)
            for name in ("object_motion", "rider_status", "pedestrian_behavior", "pedestrian_age")
        },
    }, held


def _word(
    values: Mapping[str, Scalar], names: list[str], words: Mapping[str, str], held: set[str]
) -> str | None:
    """The first of several attributes that can be said in a column's words; its name is held.

    So are those after it that say the same.
    """
    found: str | None = None
    for name in names:
        word = words.get(str(values[name]).lower()) if name in values else None
        if word is not None and found in (None, word):
            found = word
            held.add(name)
    return found


def _stationary(track: Track, values: Mapping[str, Scalar], held: set[str]) -> bool:
    read = values.get("pandaset.stationary")
    if isinstance(read, bool):
        held.add("pandaset.stationary")
        return read
    centers_m = track.columns.centers_m
    return bool(np.linalg.norm(centers_m - centers_m[0], axis=1).max() < STAYS_M)


def _number(values: Mapping[str, Scalar], name: str, held: set[str]) -> int:
    """A whole number that was read, -1 without one."""
    read = values.get(name)
    if isinstance(read, int | float) and not isinstance(read, bool) and -(2**31) <= read < 2**31:
        held.add(name)
        return int(read)
    return -1


def _sibling(values: Mapping[str, Scalar], held: set[str]) -> str:
    """The uuid that the same object had for the other LiDAR, "-" without one."""
    read = values.get("pandaset.sibling_id")
    if not isinstance(read, str) or not read:
        return "-"
    first, _, more = read.partition(" ")
    if not more:
        held.add("pandaset.sibling_id")
    return first
