"""Pairs of cuboids of two sides that lie near each other, how alike they are, and who matches whom."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from av3d.qa.agreement.assignment import assigned
from av3d.qa.agreement.side import Side
from av3d.types import BoolArray, FloatArray, IntArray

NEAR_M = 4.0
"""Centres that are closer make a pair even where nothing overlaps; the largest distance at which
nuScenes matches."""


class Measure(StrEnum):
    """By what two cuboids are told to be the same one."""

    IOU = "iou"
    """Overlap of the volumes."""
    BEV = "bev"
    """Overlap seen from above: heights do not matter."""
    DISTANCE = "distance"
    """Horizontal distance of the centres."""


LIMITS = {Measure.IOU: 0.5, Measure.BEV: 0.5, Measure.DISTANCE: 2.0}
"""From which overlap on, or up to how many metres, two match, where nobody says it."""


@dataclass(frozen=True)
class Criterion:
    """When two cuboids of one frame count as the same.

    Attributes:
        measure: by what.
        limit: least overlap, 0 to 1, or largest distance in metres.
        any_class: whether they may be of different categories.
    """

    measure: Measure = Measure.IOU
    limit: float = LIMITS[Measure.IOU]
    any_class: bool = False

    @property
    def threshold(self) -> float:
        """The least similarity of a match."""
        return 0.5 if self.measure is Measure.DISTANCE else self.limit

    def similarities(self, pairs: Pairs) -> FloatArray:
        """How alike pairs are, 0 to 1, (P,): their overlap; or .5 at the largest distance, 1 at none.

        Pairs of different categories have none, unless any will do.
        """
        if self.measure is Measure.DISTANCE:
            alike = np.maximum(0.0, 1.0 - pairs.distances_m / (2.0 * self.limit))
        else:
            alike = pairs.overlaps[:, 0 if self.measure is Measure.IOU else 1]
        return alike if self.any_class else np.where(pairs.same_class, alike, 0.0)

    @property
    def words(self) -> str:
        """As "3D IoU ≥ 0.5, same category"."""
        what = {
            Measure.IOU: f"3D IoU ≥ {self.limit:g}",
            Measure.BEV: f"BEV IoU ≥ {self.limit:g}",
            Measure.DISTANCE: f"centres ≤ {self.limit:g} m apart",
        }[self.measure]
        return f"{what}, {'any' if self.any_class else 'same'} category"


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of a cuboid of A and one of B in the same frame, those of a frame side by side.

    Attributes:
        a, b: the sides.
        a_rows, b_rows: cuboids of each pair, (P,).
    """

    a: Side
    b: Side
    a_rows: IntArray
    b_rows: IntArray

    @staticmethod
    def near(a: Side, b: Side, reach_m: float = NEAR_M) -> Pairs:
        """All pairs that may overlap, or whose centres are no farther apart than a reach."""
        radii_m = [np.linalg.norm(side.sizes_lwh_m, axis=1) / 2 for side in (a, b)]
        a_parts, b_parts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for frame in range(len(a.times_ns)):
            (first, last), (start, end) = (side.starts[frame : frame + 2] for side in (a, b))
            if first == last or start == end:
                continue
            way_m = a.centers_m[first:last, None, :2] - b.centers_m[None, start:end, :2]
            reach = radii_m[0][first:last, None] + radii_m[1][None, start:end]
            rows, columns = np.nonzero(
                (way_m * way_m).sum(axis=2) <= np.maximum(reach, reach_m) ** 2
            )
            a_parts.append(rows + first)
            b_parts.append(columns + start)
        return Pairs(a, b, np.concatenate(a_parts), np.concatenate(b_parts))

    def __len__(self) -> int:
        return len(self.a_rows)

    def __getitem__(self, rows: IntArray | BoolArray) -> Pairs:
        chosen = Pairs(self.a, self.b, self.a_rows[rows], self.b_rows[rows])
        if "overlaps" in self.__dict__:
            chosen.__dict__["overlaps"] = self.overlaps[rows]
        return chosen

    @cached_property
    def overlaps(self) -> FloatArray:
        """Intersection over union in volume, seen from above, and in height, (P, 3)."""
        from av3d.qa.agreement.overlap_kernels import overlaps

        found = np.zeros((len(self), 3))
        if len(self):
            overlaps(
                self.a.centers_m, self.a.rotations, self.a.sizes_lwh_m,
                self.b.centers_m, self.b.rotations, self.b.sizes_lwh_m,
                self.a_rows, self.b_rows, found,
            )  # fmt: skip
        return found

    @cached_property
    def distances_m(self) -> FloatArray:
        """Horizontal distance of the centres, (P,)."""
        way_m = self.a.centers_m[self.a_rows, :2] - self.b.centers_m[self.b_rows, :2]
        return np.asarray(np.hypot(*way_m.T))

    @cached_property
    def same_class(self) -> BoolArray:
        """Whether both are of one category, (P,)."""
        names = {name: k for k, name in enumerate({*self.a.categories, *self.b.categories})}
        codes = [
            np.array([names[name] for name in side.categories], dtype=np.int64)
            for side in (self.a, self.b)
        ]
        return np.asarray(codes[0][self.a_rows] == codes[1][self.b_rows])

    @property
    def frames(self) -> IntArray:
        """The frame of each pair, ascending, (P,)."""
        return self.a.frames[self.a_rows]


def matched(pairs: Pairs, criterion: Criterion) -> Pairs:
    """The matches: in each frame the pairs, none with a cuboid in common, that are most alike in sum."""
    alike = criterion.similarities(pairs)
    good = np.flatnonzero((alike >= criterion.threshold) & (alike > 0))
    return pairs[good[assigned(pairs.a_rows[good], pairs.b_rows[good], alike[good])]]
