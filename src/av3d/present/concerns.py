"""What is worth a second look in tracks: motions that such objects do not make, uncertain stretches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from av3d.ontology.motion import Motion
from av3d.ontology.ontology import Ontology
from av3d.tracks.columns import CODES
from av3d.tracks.expectation import Expectation, frames_of
from av3d.tracks.keyframe import Provenance
from av3d.tracks.motion.expected_iou import GOOD_IOU
from av3d.tracks.track import Track
from av3d.types import BoolArray, FloatArray, IntArray

WINDOW_S = 0.2
"""Speeds are taken over this time to both sides, so that a centimetre of noise is no acceleration."""
APART_S = 1.0
"""Stretches beyond a limit with less than this between them are one concern."""
LEAST_RISK = 40
"""Risk of something just beyond its limit."""
SLOW_M_S = 1.0
"""Below this speed a heading says nothing about the way, and turn rates of boxes are noise."""


@dataclass(frozen=True)
class Check:
    """One question that is asked of every track.

    Attributes:
        name: in decisions and tests.
        title: what people read.
        unit: of value and limit, "" for none.
        digits: after the point.
        above: whether values above the limit are worth a look; else those below.
        weight: risk of the worst value, up to 100.
        why: what is measured, and what a value beyond the limit means.
    """

    name: str
    title: str
    unit: str
    digits: int
    above: bool
    weight: int
    why: str

    def risk(self, value: float, limit: float) -> int:
        """0 to 100: LEAST_RISK at the limit, `weight` infinitely far beyond it."""
        far = 1 - limit / value if self.above else 1 - value / limit
        return round(LEAST_RISK + (self.weight - LEAST_RISK) * min(max(far, 0.0), 1.0))

    def worst(self, values: FloatArray) -> int:
        """Row of the value that is worth the first look."""
        return int(np.nanargmax(values) if self.above else np.nanargmin(values))


ACCELERATION = Check(
    "acceleration", "Acceleration", "m/s²", 1, True, 100,
    "Change of the velocity within 0.4 s. Above the limit a cuboid mostly jumps, because a keyframe "
    "is off its points or two keyframes disagree.",
)  # fmt: skip
SPEED = Check(
    "speed", "Speed", "m/s", 1, True, 100,
    "Way of the centre in 0.4 s. Above the limit two objects are often one track.",
)  # fmt: skip
TURN_RATE = Check(
    "turn_rate", "Turn rate", "°/s", 0, True, 95,
    "How fast the box turns while the object moves. Above the limit the heading mostly is flipped in "
    "one keyframe.",
)  # fmt: skip
OVERLAP = Check(
    "overlap", "Expected overlap", "IoU", 2, False, 100,
    "Overlap with the truth that the motion model expects between keyframes. Below the limit one more "
    "keyframe helps.",
)  # fmt: skip
SIZE = Check(
    "size", "Size change", "m", 2, True, 90,
    "Largest difference of length, width or height between keyframes. Such objects do not grow.",
)  # fmt: skip
POINTS = Check(
    "points", "Few points", "points", 0, False, 60,
    "Points inside the cuboid. With so few nobody can see where it is; images may tell.",
)  # fmt: skip
CHECKS = {check.name: check for check in (ACCELERATION, SPEED, TURN_RATE, OVERLAP, SIZE, POINTS)}

FEWEST_POINTS = 5
SIZE_LIMIT_M = 0.15
LIMITS: Mapping[Motion, Mapping[str, float]] = {
    Motion.WHEELED: {"acceleration": 6.0, "speed": 50.0, "turn_rate": 60.0},
    Motion.LEGGED: {"acceleration": 4.0, "speed": 6.0},
    Motion.STATIC: {"speed": 0.5},
    Motion.FREE: {},
}
"""By how the objects of a category move. Cars brake with up to 9 m/s² in an emergency and with less
than 4 m/s² on nearly all days; people sprint with up to 6 m/s over a street."""


@dataclass(frozen=True)
class Concern:
    """Something in a track that a person should look at.

    Attributes:
        check: name of the check.
        track_id, category: of the track.
        track: its name: "Car 21".
        start_ns, end_ns: first and last time beyond the limit.
        timestamp_ns: of the worst value.
        value, limit: what it is, and what it should not exceed or fall below.
        risk: 0 to 100.
        digest: of the track that was looked at; a later edit makes the concern another one.
    """

    check: str
    track_id: str
    category: str
    track: str
    start_ns: int
    end_ns: int
    timestamp_ns: int
    value: float
    limit: float
    risk: int
    digest: str

    @property
    def id(self) -> str:
        """Names the concern, also after a restart: one per check, track and time."""
        return f"review/{self.check}/{self.track_id}/{self.timestamp_ns}"

    @property
    def kind(self) -> Check:
        return CHECKS[self.check]


@dataclass(frozen=True, eq=False)
class Measures:
    """What a track does at each frame in which it is there.

    Attributes:
        times_ns: of the frames, increasing, (N,).
        values: by name of the check, (N,); NaN where it says nothing. "points" is of those frames
            that were counted.
        limits: by name of the check.
    """

    times_ns: IntArray
    values: Mapping[str, FloatArray]
    limits: Mapping[str, float]


def measure(
    track: Track,
    frames_ns: IntArray,
    ontology: Ontology,
) -> Measures:
    """What a track does.

    Args:
        track: the track.
        frames_ns: times of the frames of the log, (M,).
        ontology: says how objects of its category move.
    """
    category = ontology.category(track.category)
    motion = category.motion if category is not None else Motion.FREE
    times_ns = frames_of(track, frames_ns)
    values: dict[str, FloatArray] = {}
    limits = dict(LIMITS[motion])
    speed, acceleration, turn_rate = _motion(track, times_ns)
    values["speed"], values["acceleration"] = speed, acceleration
    values["turn_rate"] = np.where(speed > SLOW_M_S, turn_rate, np.nan)
    expectation = Expectation.of(track)
    if expectation is not None and len(times_ns):
        expected = np.asarray(expectation.expected_iou(times_ns), dtype=np.float64).copy()
        columns = track.columns
        by_hand = columns.times_ns[columns.provenances == CODES[Provenance.MANUAL]]
        # What a person has set counts as certain: another keyframe there would not help.
        expected[np.isin(times_ns, by_hand)] = 1.0
        values["overlap"] = expected
        limits["overlap"] = GOOD_IOU
    sizes = track.columns.sizes_lwh_m
    if motion is Motion.WHEELED or motion is Motion.STATIC:
        away = np.abs(sizes - np.median(sizes, axis=0)).max(axis=1)
        rows = np.clip(np.searchsorted(track.columns.times_ns, times_ns), 0, len(sizes) - 1)
        values["size"] = away[rows] if len(times_ns) else np.zeros(0)
        limits["size"] = SIZE_LIMIT_M
    return Measures(times_ns, values, limits)


def with_points(measures: Measures, points: Mapping[int, int]) -> Measures:
    """The same with the number of points in the cuboid, by time of the frame, where it was counted."""
    counts = np.array([points.get(int(t), np.nan) for t in measures.times_ns], dtype=np.float64)
    return Measures(
        measures.times_ns,
        {**measures.values, POINTS.name: counts},
        {**measures.limits, POINTS.name: float(FEWEST_POINTS)},
    )


def _motion(track: Track, times_ns: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Horizontal speed in m/s, acceleration in m/s² and turn rate in degrees/s at times, each (N,)."""
    empty = np.full(len(times_ns), np.nan)
    if not len(times_ns):
        return empty, empty, empty
    half_ns = int(WINDOW_S * 1e9)
    speeds, accelerations, turns = empty.copy(), empty.copy(), empty.copy()
    for span in track.presence:
        rows = np.flatnonzero((times_ns >= span.start_ns) & (times_ns <= span.end_ns))
        first_ns = max(span.start_ns, int(track.columns.times_ns[0]))
        last_ns = min(span.end_ns, int(track.columns.times_ns[-1]))
        # Near the ends the window moves inwards; a span that is shorter than it says nothing.
        low, high = first_ns + half_ns, last_ns - half_ns
        if low > high or not len(rows):
            continue
        middle_ns = np.clip(times_ns[rows], low, high)
        states = [track.motion.states(middle_ns + step) for step in (-half_ns, 0, half_ns)]
        before, now, after = (state.centers_m[:, :2] for state in states)
        speeds[rows] = np.linalg.norm(after - before, axis=1) / (2 * WINDOW_S)
        accelerations[rows] = np.linalg.norm(after - 2 * now + before, axis=1) / WINDOW_S**2
        yaw_before, yaw_after = (_yaw_rad(states[k].rotations) for k in (0, 2))
        turned = (yaw_after - yaw_before + np.pi) % (2 * np.pi) - np.pi
        turns[rows] = np.degrees(np.abs(turned)) / (2 * WINDOW_S)
    return speeds, accelerations, turns


def _yaw_rad(rotations: FloatArray) -> FloatArray:
    """Heading of rotations in the world, (N, 3, 3) → (N,)."""
    return np.asarray(np.arctan2(rotations[:, 1, 0], rotations[:, 0, 0]))


def concerns_of(track: Track, measures: Measures) -> tuple[Concern, ...]:
    """What is worth a look in a track: one concern for each stretch beyond a limit.

    A lasting state (size, points) is told once, however often it comes and goes.
    """
    found: list[Concern] = []
    for name, check in CHECKS.items():
        limit, values = measures.limits.get(name), measures.values.get(name)
        if limit is None or values is None or not np.isfinite(values).any():
            continue
        beyond: BoolArray = values > limit if check.above else values < limit
        stretches = _stretches(beyond)
        if check in (SIZE, POINTS) and stretches:
            stretches = [(stretches[0][0], stretches[-1][1])]
        stretches = _joined(stretches, measures.times_ns)
        for first, last in stretches:
            part = values[first:last]
            row = first + check.worst(part)
            value = float(values[row])
            found.append(
                Concern(
                    name, track.id, track.category, track.name, int(measures.times_ns[first]),
                    int(measures.times_ns[last - 1]), int(measures.times_ns[row]), value, limit,
                    check.risk(value, limit), track.digest,
                )
            )  # fmt: skip
    return tuple(found)


def _stretches(beyond: BoolArray) -> list[tuple[int, int]]:
    """Rows in a row that are true, as first and one after the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], beyond, [False]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _joined(stretches: list[tuple[int, int]], times_ns: IntArray) -> list[tuple[int, int]]:
    """Stretches with little between them as one: a person looks at them together."""
    found: list[tuple[int, int]] = []
    for first, last in stretches:
        if found and times_ns[first] - times_ns[found[-1][1] - 1] <= APART_S * 1e9:
            found[-1] = found[-1][0], last
        else:
            found.append((first, last))
    return found


def by_risk(concerns: Sequence[Concern]) -> tuple[Concern, ...]:
    """The riskiest first; equal ones in an order that stays."""
    return tuple(sorted(concerns, key=lambda c: (-c.risk, c.track, c.check, c.timestamp_ns)))


def attributes_of(concern: Concern, state: str, author: str) -> dict[str, Any]:
    """What a decision on a concern says, as attributes of an event."""
    return {
        "state": state,
        "author": author,
        "check": concern.check,
        "value": round(concern.value, 4),
        "limit": concern.limit,
        "track_digest": concern.digest,
    }
