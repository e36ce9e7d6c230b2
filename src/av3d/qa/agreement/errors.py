"""How exactly matches agree: errors of place, size, heading, velocity, attributes as in nuScenes.

H. Caesar et al., "nuScenes: a multimodal dataset for autonomous driving", CVPR 2020, section 3.1, and
its devkit, `nuscenes.eval.detection`: translation in the plane, one minus the overlap of the sizes laid
on each other, the smaller angle between the headings, velocity in the plane, attributes that differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from av3d.ontology.mapping import label_for
from av3d.ontology.ontology import Ontology
from av3d.qa.agreement.pairs import Pairs
from av3d.types import FloatArray, Scalar

_NUSCENES = "nuscenes"
_BARRIER, _CONE = "movable_object.barrier", "movable_object.trafficcone"


@dataclass(frozen=True)
class Habits:
    """What can be told of the objects of a category.

    Attributes:
        period_rad: the turn after which they look the same: half a turn for barriers.
        heading: False where they have none, as cones.
        moves: False where nobody asks for velocity and attributes: barriers and cones stand.
    """

    period_rad: float = 2 * np.pi
    heading: bool = True
    moves: bool = True

    @staticmethod
    def of(ontology: Ontology, category: str) -> Habits:
        """Those of a category, by what nuScenes calls it."""
        label = label_for(ontology, _NUSCENES, category)
        if label == _BARRIER:
            return Habits(np.pi, moves=False)
        if label == _CONE:
            return Habits(heading=False, moves=False)
        return Habits()


@dataclass(frozen=True, eq=False)
class Errors:
    """Errors of P matches, each (P,); NaN where there is none to tell.

    Attributes:
        translation_m: horizontal distance of the centres.
        height_m: vertical distance of the centres.
        scale: 1 less the overlap of the sizes.
        yaw_rad: 0 to pi, or to half of it for what looks the same from behind.
        velocity_m_s: horizontal.
        attribute: part of the attributes that B has of which A says something else, 0 to 1.
    """

    translation_m: FloatArray
    height_m: FloatArray
    scale: FloatArray
    yaw_rad: FloatArray
    velocity_m_s: FloatArray
    attribute: FloatArray


def errors(pairs: Pairs, ontology: Ontology) -> Errors:
    """Errors of matches; what B says counts as right."""
    a, b, i, j = pairs.a, pairs.b, pairs.a_rows, pairs.b_rows
    habits = {name: Habits.of(ontology, name) for name in set(b.categories)}
    names = b.categories
    own = [habits[names[row]] for row in j.tolist()]
    period = np.array([one.period_rad for one in own])
    moves = np.array([one.moves for one in own], dtype=bool)
    turned = np.abs(wrapped(a.yaws_rad[i] - b.yaws_rad[j], period))
    speed = np.hypot(*(a.velocities_m_s[i] - b.velocities_m_s[j]).T)
    known = {name: _keys(ontology, name) for name in habits}
    wrong = np.array(
        [
            _wrong(a.attributes[row], b.attributes[other], known[names[other]])
            for row, other in zip(i.tolist(), j.tolist(), strict=True)
        ]
    )
    return Errors(
        pairs.distances_m,
        np.abs(a.centers_m[i, 2] - b.centers_m[j, 2]),
        1.0 - size_overlap(a.sizes_lwh_m[i], b.sizes_lwh_m[j]),
        np.where(np.array([one.heading for one in own], dtype=bool), turned, np.nan),
        np.where(moves, speed, np.nan),
        np.where(moves, wrong, np.nan),
    )


def size_overlap(some_m: FloatArray, others_m: FloatArray) -> FloatArray:
    """Intersection over union of cuboids of these sizes, (P, 3), with centres and axes in common."""
    shared = np.minimum(some_m, others_m).prod(axis=1)
    return np.asarray(shared / (some_m.prod(axis=1) + others_m.prod(axis=1) - shared))


def wrapped(turn_rad: FloatArray, period_rad: FloatArray | float = 2 * np.pi) -> FloatArray:
    """Turns as the shortest ones that look the same, within half a period either way."""
    half = np.asarray(period_rad) / 2
    return np.asarray((turn_rad + half) % period_rad - half)


def _keys(ontology: Ontology, category: str) -> tuple[str, ...]:
    """The attributes that are compared: those that nuScenes has one value of; else all there are."""
    known = ontology.category(category)
    if known is None:
        return ()
    asked = ontology.attributes_of(known)
    of_nuscenes = tuple(one.key for one in asked if one.exports.get(_NUSCENES) == "attribute")
    return of_nuscenes or tuple(one.key for one in asked)


def _wrong(said: Mapping[str, Scalar], true: Mapping[str, Scalar], keys: tuple[str, ...]) -> float:
    """Part of the attributes that one side has of which the other says something else."""
    asked = [key for key in keys if key in true]
    if not asked:
        return float("nan")
    return sum(said.get(key) != true[key] for key in asked) / len(asked)
