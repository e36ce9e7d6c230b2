"""What sweeps say of the cuboids of a track."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from av3d.qa.resuming import Places
from av3d.types import Float32Array, FloatArray

FACES = ("front", "back", "left", "right", "top")
"""The faces that are asked about, in the order of the columns; the bottom stands on the ground."""
NUMBERS = 33
"""Columns of what `av3d.qa.near_points` tells of a cuboid."""


@dataclass(frozen=True, eq=False)
class PointFacts:
    """What the points in and around the M cuboids of a subject say; NaN where nobody can tell.

    Attributes:
        inside: number of points inside, (M,).
        above_ground: number of points inside that are not ground, (M,).
        own: number of these that are in no other cuboid, (M,).
        outside: number of points just outside of each face that go on from those inside and are neither
            ground nor in other cuboids, (M, 5), by FACES.
        beside: number of points just outside of each face in all, whether they go on from inside or not,
            (M, 5).
        overhang_m: how far the first reach, (M, 5).
        margins_m: how far the outermost points inside are from each face, (M, 5).
        above_m: height of the middle of the bottom over the ground, (M,).
        above_sigma_m: its standard deviation, (M,).
        seen: share of each face that the sensor looks at and that nothing stands before, (M, 5).
        beams: about how many beams got as far as the cuboid, (M,).
        through: about how many of these went through it and met something behind, (M,).
        hidden: share of the cuboid, as the sensor sees it, that something stands before, (M,).
        places: where the track would be while it is not there, in gaps and just before and after.
        elsewhere: the same facts of these places, or None without any.
    """

    inside: FloatArray
    above_ground: FloatArray
    own: FloatArray
    outside: FloatArray
    beside: FloatArray
    overhang_m: FloatArray
    margins_m: FloatArray
    above_m: FloatArray
    above_sigma_m: FloatArray
    seen: FloatArray
    beams: FloatArray
    through: FloatArray
    hidden: FloatArray
    places: Places | None = field(default=None, repr=False)
    elsewhere: PointFacts | None = field(default=None, repr=False)

    @staticmethod
    def of(
        numbers: Float32Array, places: Places | None = None, elsewhere: PointFacts | None = None
    ) -> PointFacts:
        """From rows of numbers, (M, NUMBERS), as `av3d.qa.near_points` gives them."""
        rows = np.asarray(numbers, dtype=np.float64)
        return PointFacts(
            inside=rows[:, 0], above_ground=rows[:, 1], own=rows[:, 2], outside=rows[:, 3:8],
            overhang_m=rows[:, 8:13], margins_m=rows[:, 13:18], above_m=rows[:, 18],
            above_sigma_m=rows[:, 19], beside=rows[:, 20:25], seen=rows[:, 25:30], beams=rows[:, 30],
            through=rows[:, 31], hidden=rows[:, 32], places=places, elsewhere=elsewhere,
        )  # fmt: skip
