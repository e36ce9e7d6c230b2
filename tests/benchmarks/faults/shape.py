"""Faults of size, place and points: cuboids that do not sit on their objects."""

from __future__ import annotations

import numpy as np
from faults.fault import Fault, Kind, Planting, Strength
from faults.material import Material
from faults.moving import of, planting
from faults.path import Path, direction, headings, sideways, span_of, stands, with_attributes

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.overlap import convex_intersection, footprint, polygon_area
from av3d.geometry.se3 import SE3
from av3d.ontology.motion import Motion
from av3d.qa.subject import Subject

NEAR_M = 30.0
"""Objects are judged by points and images up to this far."""


def _limits(subject: Subject) -> tuple[np.ndarray, np.ndarray] | None:
    category = subject.category
    if category is None or category.smallest_lwh_m is None or category.largest_lwh_m is None:
        return None
    return np.array(category.smallest_lwh_m), np.array(category.largest_lwh_m)


def _outside(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    limits = _limits(subject)
    if limits is None:
        return None
    side, over = int(rng.integers(3)), of(strength, 0.05, 0.2, 0.6)
    size_m = limits[1][side] * (1 + over)
    if rng.random() < 0.5:
        size_m = limits[0][side] * (1 - over)
    path = Path.of(subject)
    path.sizes_lwh_m[:, side] = size_m
    name = ("long", "wide", "high")[side]
    rows = slice(0, len(path.centers_m))
    return planting(path, rows, "size outside the limits", strength, f"{size_m:.2f} m {name}")


def _changing(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    if subject.motion != Motion.WHEELED:
        return None
    rows = span_of(subject, 0.5, rng)
    if rows is None:
        return None
    path, by = Path.of(subject), of(strength, 0.1, 0.25, 0.5)
    factor = 1 + by if rng.random() < 0.5 else 1 - by
    side = int(rng.integers(3))
    path.sizes_lwh_m[rows, side] *= factor
    return planting(
        path,
        rows,
        "size changes",
        strength,
        f"{('length', 'width', 'height')[side]} × {factor:.2f}",
    )


def _scaled(
    material: Material, subject: Subject, kind: str, strength: Strength, factor: float
) -> Planting | None:
    if not material.sees(subject, 50, NEAR_M):
        return None
    path = Path.of(subject)
    path.sizes_lwh_m[:, :2] *= factor
    rows = slice(0, len(path.centers_m))
    return planting(path, rows, kind, strength, f"length and width × {factor:.2f}")


def _small(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    return _scaled(material, subject, "too small", strength, 1 - of(strength, 0.12, 0.25, 0.4))


def _large(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    return _scaled(material, subject, "too large", strength, 1 + of(strength, 0.2, 0.4, 0.8))


def _beside(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    if not material.sees(subject, 50, NEAR_M):
        return None
    path, shift_m = Path.of(subject), of(strength, 0.25, 0.5, 1.0)
    across = np.cross([0.0, 0.0, 1.0], headings(subject))
    path.centers_m += sideways(rng) * shift_m * across
    rows = slice(0, len(path.centers_m))
    return planting(path, rows, "beside the object", strength, f"{shift_m} m across its heading")


def _empty(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    if not material.sees(subject, 20, 40):
        return None
    lengths = of(strength, 1, 2, 4)
    shift_m = lengths * float(np.median(subject.sizes_lwh_m[:, 0])) * direction(rng)
    path = Path.of(subject)
    path.centers_m += shift_m
    for row in (0, len(path.centers_m) // 2, len(path.centers_m) - 1):
        cuboid = Cuboid(SE3(path.rotations[row], path.centers_m[row]), path.sizes_lwh_m[row])
        if not material.is_empty(cuboid, int(subject.frames[row])):
            return None
    rows = slice(0, len(path.centers_m))
    return planting(path, rows, "empty place", strength, f"{np.hypot(*shift_m[:2]):.1f} m away")


def _lifted(
    material: Material, subject: Subject, kind: str, strength: Strength, by_m: float
) -> Planting | None:
    if subject.motion == Motion.FREE or not material.sees(subject, 10, 40):
        return None
    path = Path.of(subject)
    path.centers_m[:, 2] += by_m
    rows = slice(0, len(path.centers_m))
    return planting(path, rows, kind, strength, f"{abs(by_m)} m {'up' if by_m > 0 else 'down'}")


def _floating(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    return _lifted(material, subject, "floating", strength, of(strength, 0.2, 0.4, 0.8))


def _sunk(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    return _lifted(material, subject, "sunk", strength, -of(strength, 0.2, 0.4, 0.8))


def _overlap_of_smaller(one: Cuboid, other: Cuboid) -> float:
    """Intersection seen from above over the smaller footprint."""
    first, second = footprint(one), footprint(other)
    smaller = min(abs(polygon_area(first)), abs(polygon_area(second)))
    return abs(polygon_area(convex_intersection(first, second))) / smaller


def _overlap(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    if subject.motion != Motion.WHEELED:
        return None
    target = of(strength, 0.15, 0.4, 0.8)
    near = [
        other
        for other in material.subjects.values()
        if other is not subject
        and other.motion == Motion.WHEELED
        and material.apart_m(subject, other) < 15
        and (stands(subject) == stands(other))
    ]
    if not near:
        return None
    other = near[int(rng.integers(len(near)))]
    _, rows, others = np.intersect1d(
        subject.frames, other.frames, assume_unique=True, return_indices=True
    )
    ways_m = other.centers_m[others] - subject.centers_m[rows]
    closest = int(np.argmin(np.hypot(*ways_m[:, :2].T)))
    way_m = ways_m[closest] * [1, 1, 0]
    state, beside = subject.states[rows[closest]].cuboid, other.states[others[closest]].cuboid
    if _overlap_of_smaller(state, beside) > 0.01:
        return None
    for part in np.linspace(0, 1, 51):
        pose = SE3(state.frame_SE3_cuboid.rotation, state.center_m + part * way_m)
        if _overlap_of_smaller(Cuboid(pose, state.size_lwh_m), beside) >= target:
            path = Path.of(subject)
            path.centers_m += part * way_m
            at = slice(int(rows[closest]), int(rows[closest]) + 1)
            if len(subject.track.presence) == 1 and stands(subject):
                at = slice(int(rows[0]), int(rows[-1]) + 1)
            return planting(
                path, at, "overlap", strength, f"{100 * target:.0f} % of the smaller one"
            )
    return None


def _in_view(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    if not material.log.cameras or not material.sees(subject, 50, NEAR_M):
        return None
    path, widths = Path.of(subject), of(strength, 0.5, 1.0, 2.0)
    # One direction for all frames, or what stands would move.
    sight = np.median(subject.centers_m - subject.ego_centers_m, axis=0) * [1, 1, 0]
    across = np.cross([0.0, 0.0, 1.0], sight / np.linalg.norm(sight))
    shift_m = widths * max(float(np.median(subject.sizes_lwh_m[:, 1])), 0.8)
    path.centers_m += sideways(rng) * shift_m * across
    rows = slice(0, len(path.centers_m))
    return planting(path, rows, "aside in the images", strength, f"{shift_m:.1f} m")


def _category(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    wrong = {
        Strength.SLIGHT: {"car": ("truck",), "truck": ("car", "bus"), "bicycle": ("motorcycle",)},
        Strength.PLAIN: {
            "car": ("bicycle", "motorcycle", "bus"),
            "truck": ("motorcycle",),
            "bus": ("car",),
            "pedestrian": ("car", "motorcycle"),
        },
        Strength.GROSS: {
            "car": ("pedestrian", "cone"),
            "truck": ("pedestrian", "bicycle"),
            "bus": ("bicycle", "pedestrian"),
            "pedestrian": ("bus", "truck"),
            "cone": ("car", "bus"),
        },
    }[strength].get(subject.track.category)
    if wrong is None:
        return None
    category = wrong[int(rng.integers(len(wrong)))]
    # What the class was in the data set says nothing any more, and values that it may not have.
    track = with_attributes(subject.track, {"motion": "moving"})
    path = Path.of(subject)
    track = path.track(category=category, attributes=track.attributes)
    times_ns = subject.times_ns
    fault = Fault(
        "wrong category", strength, (track.id,), int(times_ns[0]), int(times_ns[-1]),
        f"a {subject.track.category} is called {category}",
    )  # fmt: skip
    return Planting(fault, (track,), (track.id,))


def _never_seen(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    if not material.sees(subject, 1):
        return None
    path, far_m = Path.of(subject), of(strength, 150, 400, 1500)
    path.centers_m += far_m * direction(rng)
    rows = slice(0, len(path.centers_m))
    return planting(path, rows, "never seen", strength, f"{far_m} m away")


POINTS = frozenset({"few-points", "points-outside", "empty-margin", "interpolated-off", "image"})
"""Points or images that disagree with a cuboid."""
SIZE = frozenset({"size", "size-prior", "size-change"})
GROUND = frozenset({"above-ground", "sunk"})

KINDS = (
    Kind(
        "size outside the limits",
        ("one side 5 % beyond the category's limits", "20 %", "60 %"),
        SIZE,
        _outside,
    ),
    Kind(
        "size changes",
        ("one side 10 % larger or smaller for half a second", "25 %", "50 %"),
        frozenset({"size-change", "size", "size-prior"}),
        _changing,
    ),
    Kind(
        "too small",
        (
            "length and width 12 % less, all the time; 50 points or more, within 30 m",
            "25 %",
            "40 %",
        ),
        POINTS | SIZE,
        _small,
        points=True,
    ),
    Kind(
        "too large",
        ("length and width 20 % more, all the time; as above", "40 %", "80 %"),
        POINTS | SIZE | {"overlap"},
        _large,
        points=True,
    ),
    Kind(
        "beside the object",
        ("moved .25 m across its heading, all the time; as above", ".5 m", "1 m"),
        POINTS | {"overlap"},
        _beside,
        points=True,
    ),
    Kind(
        "empty place",
        (
            "moved by its own length to where the LiDAR sees that nothing is",
            "twice its length",
            "4 times",
        ),
        POINTS | {"never-seen"},
        _empty,
        points=True,
    ),
    Kind(
        "floating",
        (".2 m up, all the time", ".4 m", ".8 m"),
        GROUND | POINTS,
        _floating,
        points=True,
    ),
    Kind("sunk", (".2 m down, all the time", ".4 m", ".8 m"), GROUND | POINTS, _sunk, points=True),
    Kind(
        "overlap",
        (
            "moved onto a neighbour: 15 % of the smaller one's footprint is in both",
            "40 %",
            "80 %",
        ),
        frozenset({"overlap", "duplicate"}),
        _overlap,
    ),
    Kind(
        "aside in the images",
        (
            "moved across the line of sight by half its width; 50 points or more, within 30 m",
            "its width",
            "twice its width",
        ),
        POINTS | {"overlap"},
        _in_view,
        points=True,
    ),
    Kind(
        "wrong category",
        (
            "a car is called truck, a truck car or bus, a bicycle motorcycle",
            "a car is called bicycle, motorcycle or bus, a pedestrian car",
            "a car is called pedestrian or cone, a pedestrian bus",
        ),
        SIZE,
        _category,
    ),
    Kind(
        "never seen",
        ("moved to 150 m away, in any direction", "400 m", "1500 m"),
        frozenset({"never-seen", "few-points"}),
        _never_seen,
        points=True,
    ),
)
