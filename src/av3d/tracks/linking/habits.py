"""What the linker expects of objects: how they can move, and how well detectors see them.

Everything comes from the ontology (how a category moves, its usual size, the longest time between two
keyframes) and, for the noise of the detector, from the detections themselves. Nothing is learnt from a
data set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from av3d.ontology.category import Category
from av3d.ontology.motion import Motion
from av3d.ontology.ontology import Ontology
from av3d.tracks.motion.fitting import moves_of
from av3d.types import BoolArray, FloatArray, IntArray

COAST_S = 1.5
"""How long an object of unknown category is followed while nothing is detected."""


@dataclass(frozen=True)
class _Moves:
    """How objects move, in SI units: standard deviations of what a second may change."""

    along_m_s2: float
    across_m_s2: float
    start_along_m_s: float
    start_across_m_s: float
    turn_rad_s2: float
    fastest_m_s: float


_MOVES = {
    Motion.STATIC: _Moves(0.05, 0.05, 0.1, 0.1, 0.1, 1.0),
    Motion.WHEELED: _Moves(2.5, 1.5, 10.0, 1.0, 0.5, 60.0),
    Motion.LEGGED: _Moves(1.0, 1.0, 1.5, 1.5, 1.5, 8.0),
    Motion.FREE: _Moves(2.5, 2.5, 6.0, 6.0, 1.0, 60.0),
}

_ADRIFT = _Moves(3.0, 3.0, 12.0, 12.0, 0.7, 80.0)
"""Anything, seen from an ego that drives and turns and does not know how."""


@dataclass(frozen=True, eq=False)
class Habits:
    """Expectations of each of C categories, as columns.

    Attributes:
        names: of the categories, C.
        along, across: how much the velocity changes at random, along and across the heading,
            m/s² for a second, (C,).
        start_along, start_across: speeds that a newcomer may have, m/s, (C,).
        turn: how much the yaw rate changes at random, rad/s² for a second, (C,).
        fastest_m_s: nothing is faster, (C,).
        steers: whether it goes where it points, so that the velocity turns with the heading, (C,).
        gap_s: how long it may be undetected and is still followed and taken to be there, (C,).
        noise: standard deviations of a detection: in the plane and up (m), of the yaw (rad), and of
            the logarithm of each side, (C, 4).
    """

    names: tuple[str, ...]
    along: FloatArray
    across: FloatArray
    start_along: FloatArray
    start_across: FloatArray
    turn: FloatArray
    fastest_m_s: FloatArray
    steers: BoolArray
    gap_s: FloatArray
    noise: FloatArray

    @staticmethod
    def of(
        names: Sequence[str],
        sizes_lwh_m: FloatArray,
        ontology: Ontology | None,
        *,
        ego_known: bool = True,
    ) -> Habits:
        """Expectations of categories.

        Args:
            names: of the categories, C.
            sizes_lwh_m: typical size of the detections of each, (C, 3); what the noise is at first
                taken to be depends on it.
            ontology: says how they move; what it does not know, installed ontologies may.
            ego_known: whether the world stands. Where the poses of the ego are not known, it goes along
                with it, and whatever stands in truth may move into any direction.
        """
        known = [ontology.category(name) if ontology is not None else None for name in names]
        kinds = [_moves(name, one) for name, one in zip(names, known, strict=True)]
        moves = [_MOVES[kind] if ego_known else _ADRIFT for kind in kinds]
        lengths_m = np.minimum(sizes_lwh_m[:, 0], 6.0)
        heights_m = np.minimum(sizes_lwh_m[:, 2], 4.0)
        round_ones = np.array([kind is not Motion.WHEELED for kind in kinds])
        noise = np.column_stack(
            [
                0.12 + 0.07 * lengths_m,
                0.08 + 0.06 * heights_m,
                np.where(round_ones, 0.6, 0.2),
                np.full(len(names), 0.15),
            ]
        )
        return Habits(
            tuple(names),
            np.array([one.along_m_s2 for one in moves]),
            np.array([one.across_m_s2 for one in moves]),
            np.array([one.start_along_m_s for one in moves]),
            np.array([one.start_across_m_s for one in moves]),
            np.array([one.turn_rad_s2 for one in moves]),
            np.array([one.fastest_m_s for one in moves]),
            np.array([ego_known and kind is Motion.WHEELED for kind in kinds], dtype=bool),
            np.array([_gap_s(one) for one in known]),
            noise,
        )


@dataclass(frozen=True, eq=False)
class Seen:
    """Detections as the linker works with them: in order of time, angles instead of rotations.

    Attributes:
        rows: the place of each in what was given, (N,).
        times_s: seconds since the first frame, (N,).
        frames: the frame that each is of, (N,).
        frame_times_s: of the frames, ascending, (F,).
        places_m: centres in the world frame, relative to `origin_m`, (N, 3).
        origin_m: near them, (3,): worlds may be far from zero.
        yaws_rad: headings in the world, (N,).
        log_sizes: logarithms of length, width and height, (N, 3).
        scores: as given, (N,).
        kinds: place of the category in `Habits.names`, (N,).
    """

    rows: IntArray
    times_s: FloatArray
    frames: IntArray
    frame_times_s: FloatArray
    places_m: FloatArray
    origin_m: FloatArray
    yaws_rad: FloatArray
    log_sizes: FloatArray
    scores: FloatArray
    kinds: IntArray

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def step_s(self) -> float:
        """The usual time between frames."""
        if len(self.frame_times_s) < 2:
            return 0.1
        return float(np.median(np.diff(self.frame_times_s)))


def _moves(name: str, category: Category | None) -> Motion:
    return moves_of(name) if category is None else category.motion


def _gap_s(category: Category | None) -> float:
    if category is None:
        return COAST_S
    if category.longest_gap_s is not None:
        return float(np.clip(category.longest_gap_s, 0.3, 3.0))
    return 2 * COAST_S if category.motion is Motion.STATIC else COAST_S
