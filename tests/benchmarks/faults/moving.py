"""Faults of motion: what no such object does, or does unlike its label says."""

from __future__ import annotations

import numpy as np
from faults.fault import STRENGTHS, Fault, Kind, Planting, Strength
from faults.material import Material
from faults.path import (
    Path,
    bump,
    direction,
    has_poses,
    headings,
    period_s,
    sideways,
    span_of,
    speed_m_s,
    stands,
    way_m,
    with_attributes,
)

from av3d.ontology.motion import Motion
from av3d.qa.subject import Subject
from av3d.tracks.keyframe import Keyframe
from av3d.types import NS_PER_S

RATE_FRAMES = 6
"""A swing lasts this many frames or longer: at 2 Hz nobody sees a faster one."""


def of(strength: Strength, slight: float, plain: float, gross: float) -> float:
    """The number of a strength."""
    return (slight, plain, gross)[STRENGTHS.index(strength)]


def planting(
    path: Path,
    rows: slice,
    kind: str,
    strength: Strength,
    amount: str,
    keep: np.ndarray | None = None,
) -> Planting:
    """A changed track, wrong in `rows`."""
    times_ns = path.subject.times_ns[rows]
    track = path.track(keep)
    fault = Fault(kind, strength, (track.id,), int(times_ns[0]), int(times_ns[-1]), amount)
    return Planting(fault, (track,), (track.id,))


def _drives(subject: Subject, least_m_s: float) -> bool:
    """Whether it is a wheeled object under way."""
    return (
        has_poses(subject)
        and subject.motion == Motion.WHEELED
        and way_m(subject) > 3
        and speed_m_s(subject) >= least_m_s
    )


def _speed(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    fast = {Motion.WHEELED: (60.0, 75.0, 125.0), Motion.LEGGED: (8.0, 12.0, 20.0)}
    if subject.motion not in fast or way_m(subject) < 2 or not has_poses(subject):
        return None
    rows = span_of(subject, max(0.5, 2 * period_s(subject)), rng)
    if rows is None:
        return None
    target_m_s = of(strength, *fast[subject.motion])
    path, ahead = Path.of(subject), headings(subject)[rows.start]
    if way_m(subject) > 2:
        way = subject.centers_m[-1] - subject.centers_m[0]
        ahead = way * [1, 1, 0] / np.hypot(*way[:2])
    times_s = (subject.met_ns - subject.met_ns[rows.start - 1]) / NS_PER_S
    last_s = times_s[rows.stop - 1]
    extra_m = (target_m_s - speed_m_s(subject)) * np.clip(times_s, 0, last_s)
    path.centers_m += ahead * extra_m[:, None]
    return planting(path, rows, "speed", strength, f"{target_m_s:.0f} m/s for {last_s:.1f} s")


def _along(
    subject: Subject, rng: np.random.Generator, seconds: float
) -> tuple[Path, slice, np.ndarray] | None:
    rows = span_of(subject, seconds, rng)
    if rows is None:
        return None
    return Path.of(subject), rows, headings(subject)[rows]


def _acceleration(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    if not _drives(subject, 2):
        return None
    seconds = max(1.2, RATE_FRAMES * period_s(subject))
    found = _along(subject, rng, seconds)
    if found is None:
        return None
    path, rows, ahead = found
    peak_m_s2 = of(strength, 12, 20, 40)
    # A swing of A metres there and back in P seconds has accelerations up to 2 π² A / P².
    swing_m = peak_m_s2 * seconds**2 / (2 * np.pi**2)
    path.centers_m[rows] += swing_m * bump(len(ahead))[:, None] * ahead
    return planting(path, rows, "acceleration", strength, f"±{peak_m_s2} m/s² over {seconds:.1f} s")


def _stutter(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    # At 2 Hz it would be a car in a queue.
    if not _drives(subject, 2) or period_s(subject) > 0.2:
        return None
    found = _along(subject, rng, 12 * period_s(subject))
    if found is None:
        return None
    path, rows, ahead = found
    swing_m = of(strength, 0.25, 0.5, 1.0)
    phase = 2 * np.pi * np.arange(len(ahead)) / 4  # four frames there and back
    path.centers_m[rows] += (swing_m / 2 * np.sin(phase + np.pi / 4))[:, None] * ahead
    return planting(path, rows, "stutter", strength, f"{swing_m} m there and back in 4 frames")


def _swing(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    if not _drives(subject, 3):
        return None
    seconds = max(1.2, RATE_FRAMES * period_s(subject))
    rows = span_of(subject, seconds, rng)
    if rows is None:
        return None
    path, angle_deg = Path.of(subject), of(strength, 15, 40, 80)
    path.turn(rows, np.deg2rad(angle_deg) * sideways(rng) * bump(rows.stop - rows.start))
    return planting(path, rows, "heading swings", strength, f"{angle_deg}° in {seconds / 2:.1f} s")


def _slip(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    if not _drives(subject, 3):
        return None
    path, angle_deg = Path.of(subject), of(strength, 8, 20, 45)
    rows = slice(0, len(path.centers_m))
    path.turn(rows, np.deg2rad(angle_deg) * sideways(rng))
    return planting(path, rows, "drives askew", strength, f"heading {angle_deg}° off")


def _on_spot(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    if subject.motion != Motion.WHEELED or not stands(subject):
        return None
    rows = span_of(subject, max(1.0, 2 * period_s(subject)), rng)
    if rows is None:
        return None
    path, angle_deg = Path.of(subject), of(strength, 15, 40, 90)
    turned = np.zeros(len(path.centers_m))
    turned[rows] = np.linspace(0, 1, rows.stop - rows.start)
    turned[rows.stop :] = 1
    path.turn(slice(None), np.deg2rad(angle_deg) * sideways(rng) * turned)
    return planting(path, rows, "turns on the spot", strength, f"by {angle_deg}°, and stays so")


def _flip(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    if subject.motion != Motion.WHEELED:
        return None
    seconds = of(strength, period_s(subject), max(0.5, 2 * period_s(subject)), 1.5)
    rows = span_of(subject, seconds, rng)
    if rows is None:
        return None
    path = Path.of(subject)
    path.turn(rows, np.pi)
    return planting(
        path, rows, "heading flips", strength, f"180° in {rows.stop - rows.start} frames"
    )


def _against(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    least_m, most_m = {
        Strength.SLIGHT: (2.5, 6.0),
        Strength.PLAIN: (6.0, 20.0),
        Strength.GROSS: (20.0, np.inf),
    }[strength]
    if subject.motion != Motion.WHEELED or not least_m <= way_m(subject) < most_m:
        return None
    if speed_m_s(subject) < 1 or not has_poses(subject):
        return None
    path = Path.of(subject)
    rows = slice(0, len(path.centers_m))
    path.turn(rows, np.pi)
    return planting(
        path, rows, "heading against motion", strength, f"goes {way_m(subject):.0f} m backwards"
    )


def _jitter(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    if not stands(subject) or subject.motion not in (Motion.WHEELED, Motion.STATIC):
        return None
    path, noise_m = Path.of(subject), of(strength, 0.08, 0.2, 0.4)
    count = len(path.centers_m)
    path.centers_m[:, :2] += rng.normal(0, noise_m, (count, 2))
    path.turn(slice(None), rng.normal(0, np.deg2rad(15 * noise_m), count))
    return planting(path, slice(0, count), "jitter", strength, f"σ {noise_m} m in x and y")


def _parked(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    least_m, most_m = {
        Strength.SLIGHT: (1.5, 3.0),
        Strength.PLAIN: (3.0, 10.0),
        Strength.GROSS: (10.0, np.inf),
    }[strength]
    category = subject.category
    if subject.motion != Motion.WHEELED or category is None or "motion" not in category.attributes:
        return None
    if not (has_poses(subject) and least_m <= way_m(subject) < most_m):
        return None
    track = with_attributes(subject.track, {"motion": "parked"})
    times_ns = subject.times_ns
    fault = Fault(
        "called parked but moves", strength, (track.id,), int(times_ns[0]), int(times_ns[-1]),
        f"moves {way_m(subject):.1f} m",
    )  # fmt: skip
    return Planting(fault, (track,), (track.id,))


def _frozen(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    least_m, most_m = {
        Strength.SLIGHT: (1.5, 3.0),
        Strength.PLAIN: (3.0, 10.0),
        Strength.GROSS: (10.0, np.inf),
    }[strength]
    if not material.sees(subject, 20, 40) or not least_m <= way_m(subject) < most_m:
        return None
    middle = len(subject.times_ns) // 2
    keyframe = Keyframe(int(subject.times_ns[middle]), subject.states[middle].cuboid)
    path = Path.of(subject)
    track = path.track(static=True, keyframes=(keyframe,))
    times_ns = subject.times_ns
    fault = Fault(
        "static cuboid on what moves", strength, (track.id,), int(times_ns[0]), int(times_ns[-1]),
        f"the object moves {way_m(subject):.1f} m",
    )  # fmt: skip
    return Planting(fault, (track,), (track.id,))


def _teleport(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    rows = span_of(subject, period_s(subject), rng, margin=3)
    if rows is None:
        return None
    path, jump_m = Path.of(subject), of(strength, 1.0, 2.5, 6.0)
    path.centers_m[rows] += jump_m * direction(rng)
    return planting(path, rows, "one frame elsewhere", strength, f"{jump_m} m off in one frame")


UNSTEADY = frozenset({"speed", "acceleration", "jerk", "teleport"})
"""An impossible motion is each of these, a little more or less."""
TURNING = frozenset({"yaw-rate", "slip", "heading-flip", "heading-motion", "turn-on-spot"})
"""A wrong heading."""

KINDS = (
    Kind(
        "speed",
        (
            "for half a second a vehicle goes 60 m/s, a pedestrian 8 m/s",
            "75 m/s, 12 m/s",
            "125 m/s, 20 m/s",
        ),
        UNSTEADY,
        _speed,
    ),
    Kind(
        "acceleration",
        (
            "a vehicle swings ahead and back within 1.2 s (6 frames at 2 Hz), up to 12 m/s²",
            "20 m/s²",
            "40 m/s²",
        ),
        UNSTEADY,
        _acceleration,
    ),
    Kind(
        "stutter",
        (
            "a moving vehicle goes .25 m there and back every 4 frames, for 12 frames",
            ".5 m",
            "1 m",
        ),
        UNSTEADY | {"jitter"},
        _stutter,
    ),
    Kind(
        "heading swings",
        (
            "the heading of a moving vehicle swings by 15° and back within 1.2 s (39 °/s; "
            "6 frames at 2 Hz)",
            "40° (105 °/s)",
            "80° (210 °/s)",
        ),
        TURNING,
        _swing,
    ),
    Kind(
        "drives askew",
        ("the heading of a moving vehicle is 8° off, all the time", "20°", "45°"),
        TURNING,
        _slip,
    ),
    Kind(
        "turns on the spot",
        ("a standing vehicle turns by 15° within a second and stays so", "40°", "90°"),
        TURNING | {"jitter"},
        _on_spot,
    ),
    Kind(
        "heading flips",
        ("180° in one frame", "180° for half a second", "180° for 1.5 s"),
        TURNING,
        _flip,
    ),
    Kind(
        "heading against motion",
        (
            "180° all the time, of a vehicle that goes 2.5 m to 6 m",
            "6 m to 20 m",
            "20 m and more",
        ),
        TURNING,
        _against,
    ),
    Kind(
        "jitter",
        (
            "what stands is put anew in every frame, σ .08 m in x and y and 1.2° in yaw",
            "σ .2 m, 3°",
            "σ .4 m, 6°",
        ),
        UNSTEADY | TURNING | {"jitter"},
        _jitter,
    ),
    Kind(
        "called parked but moves",
        ("a vehicle that moves 1.5 m to 3 m is called parked", "3 m to 10 m", "10 m and more"),
        frozenset({"static-moves"}),
        _parked,
    ),
    Kind(
        "static cuboid on what moves",
        (
            "one static cuboid for an object that moves 1.5 m to 3 m",
            "3 m to 10 m",
            "10 m and more",
        ),
        frozenset({"few-points", "points-outside", "empty-margin", "static-moves", "image"}),
        _frozen,
        points=True,
    ),
    Kind(
        "one frame elsewhere",
        ("one cuboid 1 m off, in any direction", "2.5 m", "6 m"),
        UNSTEADY | {"jitter"},
        _teleport,
    ),
)
