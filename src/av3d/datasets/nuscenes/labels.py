"""av3d categories and motion as nuScenes categories and attributes, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from av3d.datasets.dataset import SAID
from av3d.datasets.nuscenes.official import ATTRIBUTE_TOKENS, CATEGORY_TOKENS, VISIBILITIES
from av3d.tracks.keyframe import Provenance
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import NS_PER_MS, Scalar

CATEGORY_ATTRIBUTE = "nuscenes.category"
"""A track attribute with the full name of a nuScenes category goes before its av3d category."""
STATE_ATTRIBUTE = "nuscenes.attribute"
"""A track or keyframe attribute with the name of a nuScenes attribute goes before what motion says."""
NO_ATTRIBUTE = "none"
"""The value of STATE_ATTRIBUTE for a cuboid that was read without an attribute: it is written without."""
VISIBILITY_ATTRIBUTE = "nuscenes.visibility"
"""A level as "v60-80" that was read; it is written again while the cuboid is as it was read."""
MOTION_ATTRIBUTE = "motion"
"""Says moving, stopped, parked, standing, sitting or lying; goes before what motion says."""
RIDER_ATTRIBUTE = "rider"
"""True or False for bicycles and motorcycles."""

MOTION_ATTRIBUTES = (STATE_ATTRIBUTE, MOTION_ATTRIBUTE, RIDER_ATTRIBUTE)
VISIBILITY_ATTRIBUTES = (VISIBILITY_ATTRIBUTE, f"{SAID}{VISIBILITY_ATTRIBUTE}")

FALLBACK = "movable_object.pushable_pullable"
"""For categories that nuScenes does not have; the detection and tracking tasks ignore this class."""

_CATEGORIES = {
    "car": "vehicle.car",
    "truck": "vehicle.truck",
    "bus": "vehicle.bus.rigid",
    "trailer": "vehicle.trailer",
    "construction": "vehicle.construction",
    "motorcycle": "vehicle.motorcycle",
    "bicycle": "vehicle.bicycle",
    "pedestrian": "human.pedestrian.adult",
    "cone": "movable_object.trafficcone",
}

_OWN = {
    **{name: key for key, name in _CATEGORIES.items()},
    "vehicle.bus.bendy": "bus",
    **{
        f"human.pedestrian.{who}": "pedestrian"
        for who in ("child", "police_officer", "construction_worker")
    },
}
"""av3d's category of the nuScenes categories that the detection task has; all others become other."""

_VISIBILITY_TOKENS = {entry.name: entry.token for entry in VISIBILITIES}

_SAID = {
    ("vehicle", "moving"): "vehicle.moving",
    ("vehicle", "stopped"): "vehicle.stopped",
    ("vehicle", "parked"): "vehicle.parked",
    ("pedestrian", "moving"): "pedestrian.moving",
    ("pedestrian", "standing"): "pedestrian.standing",
    ("pedestrian", "sitting"): "pedestrian.sitting_lying_down",
    ("pedestrian", "lying"): "pedestrian.sitting_lying_down",
    ("cycle", "true"): "cycle.with_rider",
    ("cycle", "false"): "cycle.without_rider",
}

_MEANS: dict[str, dict[str, Scalar]] = {
    name: {RIDER_ATTRIBUTE: word == "true"} if group == "cycle" else {MOTION_ATTRIBUTE: word}
    for (group, word), name in _SAID.items()
    if word != "lying"
}
"""What nuScenes' attributes say in words that all of av3d understands."""

MOVING_VEHICLE_M_S = 0.5
MOVING_PERSON_M_S = 0.3
STAYS_M = 1.0
"""A track whose keyframes all lie within this distance of the first never went anywhere."""
WINDOW_NS = 500 * NS_PER_MS
"""Around a time for which a speed is told. Where the motion goes through every keyframe, its speed is the
mean over this, before and after, so that centimetres of label noise are not motion."""

TELLING_NS = WINDOW_NS // 5
"""A track that is there for a shorter time does not tell its speed."""


@dataclass(frozen=True)
class CategoryChoice:
    """The nuScenes category of a track, and whether it is only the fallback."""

    name: str
    is_fallback: bool


def choose_category(track: Track) -> CategoryChoice:
    """The nuScenes category: the track's own attribute, a name that fits, or the fallback."""
    wanted = str(track.attributes.get(CATEGORY_ATTRIBUTE, ""))
    if wanted in CATEGORY_TOKENS:
        return CategoryChoice(wanted, False)
    key = track.category.lower()
    if key in _CATEGORIES:
        return CategoryChoice(_CATEGORIES[key], False)
    # Categories of an ontology may be called by the nuScenes name or by its last word.
    names = [name for name in CATEGORY_TOKENS if key in (name, name.rpartition(".")[2])]
    return CategoryChoice(names[0], False) if names else CategoryChoice(FALLBACK, True)


@dataclass(frozen=True)
class MotionRule:
    """What the motion of a track says of it.

    Vehicles move, or are stopped if they move at another time, or parked if they never do. Cycles have
    a rider if they ever move. People move or stand; sitting cannot be told from a cuboid.

    Attributes:
        moving, standing: names of the attributes, "" where there are none.
        from_m_s: it moves from this horizontal speed on.
        is_windowed: its speed is that over a window, see `speed_over_window`.
    """

    moving: str
    standing: str
    from_m_s: float
    is_windowed: bool


def motion_rule(track: Track, category: str) -> MotionRule:
    """The rule for a track.

    The speed is that of its motion, which does not follow the tremble of labels. Straight lines from
    keyframe to keyframe and pinned motions do: theirs is taken over a window. So is that of a track
    that is there only for a moment, which may be too short to tell.
    """
    group = _attribute_group(category)
    short = any(span.end_ns - span.start_ns < TELLING_NS for span in track.presence)
    windowed = track.is_linear or track.interpolation.pinned or short
    goes = _goes_anywhere(track)
    if group == "pedestrian":
        return MotionRule("pedestrian.moving", "pedestrian.standing", MOVING_PERSON_M_S, windowed)
    if group == "cycle":
        standing = "cycle.with_rider" if goes else "cycle.without_rider"
        return MotionRule("cycle.with_rider", standing, MOVING_VEHICLE_M_S, windowed)
    if group == "vehicle":
        standing = "vehicle.stopped" if goes else "vehicle.parked"
        return MotionRule("vehicle.moving", standing, MOVING_VEHICLE_M_S, windowed)
    return MotionRule("", "", 0.0, False)


def said_attribute(state: TrackState, category: str) -> str:
    """The nuScenes attribute that attributes of the track or keyframe name, "" if none does."""
    group = _attribute_group(category)
    wanted = str(state.attributes.get(STATE_ATTRIBUTE, ""))
    if group and wanted in ATTRIBUTE_TOKENS and wanted.startswith(f"{group}."):
        return wanted
    word = state.attributes.get(RIDER_ATTRIBUTE if group == "cycle" else MOTION_ATTRIBUTE, "")
    return _SAID.get((group, str(word).lower()), "")


def expressed_attributes(track: Track, state: TrackState, category: str) -> set[str]:
    """Names of the attributes of a state that its category and attribute express."""
    names = set()
    if track.attributes.get(CATEGORY_ATTRIBUTE) == category:
        names.add(CATEGORY_ATTRIBUTE)
    if said_visibility(state):
        names |= {VISIBILITY_ATTRIBUTE, f"{SAID}{VISIBILITY_ATTRIBUTE}"}
    if has_none(state):
        names.add(STATE_ATTRIBUTE)
    if said_attribute(state, category):
        is_cycle = _attribute_group(category) == "cycle"
        names |= {STATE_ATTRIBUTE, RIDER_ATTRIBUTE if is_cycle else MOTION_ATTRIBUTE}
    return names


def said_visibility(state: TrackState) -> str:
    """The token of the visibility that people said since, or that a cuboid was read with.

    "" if nobody said any, and the cuboid was read without or was changed since.
    """
    said = state.attributes.get(f"{SAID}{VISIBILITY_ATTRIBUTE}")
    if said is not None:
        return _VISIBILITY_TOKENS.get(str(said), "")
    if state.provenance != Provenance.IMPORTED:
        return ""
    return _VISIBILITY_TOKENS.get(str(state.attributes.get(VISIBILITY_ATTRIBUTE, "")), "")


def is_visibility(value: Scalar) -> bool:
    """Whether a value is one of nuScenes' levels, such as "v60-80"."""
    return str(value) in _VISIBILITY_TOKENS


def lacks_attribute(state: TrackState, category: str) -> bool:
    """Whether a cuboid without an attribute should have one."""
    return bool(_attribute_group(category)) and not has_none(state)


def own_category(category: str) -> str | None:
    """av3d's category of a nuScenes category; None if nuScenes has no such category."""
    return _OWN.get(category, "other") if category in CATEGORY_TOKENS else None


def own_attributes(category: str, names: Sequence[str]) -> dict[str, Scalar]:
    """Attributes of av3d that say the same as those of an annotation.

    Args:
        category: its nuScenes category.
        names: names of its attributes, at most one in the real tables.

    Returns:
        `motion` or `rider` where they can say it, else `nuscenes.attribute`; nothing for categories
        that have no attributes.
    """
    group = _attribute_group(category)
    if len(names) == 1 and names[0] in _MEANS and names[0].startswith(f"{group}."):
        return dict(_MEANS[names[0]])
    return {STATE_ATTRIBUTE: " ".join(names) or NO_ATTRIBUTE} if names or group else {}


def has_none(state: TrackState) -> bool:
    """Whether a cuboid was read without an attribute, and nobody said one since."""
    return state.attributes.get(STATE_ATTRIBUTE) == NO_ATTRIBUTE


def _attribute_group(category: str) -> str:
    """What the attributes of a category start with; as the toolkit's detection task relates them."""
    if category in ("vehicle.bicycle", "vehicle.motorcycle"):
        return "cycle"
    if category.startswith("vehicle."):
        return "vehicle"
    people = ("adult", "child", "police_officer", "construction_worker")
    if category in [f"human.pedestrian.{who}" for who in people]:
        return "pedestrian"
    return ""


def speed_over_window(track: Track, timestamp_ns: int, speed_m_s: float) -> float | None:
    """Horizontal speed of a track of which the rule is windowed.

    Args:
        track: the track.
        timestamp_ns: of one of its states.
        speed_m_s: horizontal speed of that state.

    Returns:
        None if the track is not there long enough to tell.
    """
    span = next((span for span in track.presence if span.contains(timestamp_ns)), None)
    if span is None:
        return None
    start_ns = max(span.start_ns, timestamp_ns - WINDOW_NS)
    end_ns = min(span.end_ns, timestamp_ns + WINDOW_NS)
    if end_ns - start_ns < TELLING_NS:
        return None
    if not (track.is_linear or track.interpolation.pinned):
        return speed_m_s
    before, after = track.state_at(start_ns), track.state_at(end_ns)
    if before is None or after is None:
        return None
    step_m = after.cuboid.center_m - before.cuboid.center_m
    return float(np.hypot(step_m[0], step_m[1]) / ((end_ns - start_ns) / 1e9))


def _goes_anywhere(track: Track) -> bool:
    """Whether a track is ever further than STAYS_M from where it is first."""
    centers_m = track.columns.centers_m
    return bool(np.linalg.norm(centers_m - centers_m[0], axis=1).max() > STAYS_M)
