"""Points in cuboids: too few, cut off by a face, or far from one."""

from __future__ import annotations

import numpy as np

from av3d.ontology.motion import Motion
from av3d.qa.check import Check, Measure, TrackCheck, alike
from av3d.qa.evidence import FACES, PointFacts
from av3d.qa.near_points import horizons_m
from av3d.qa.subject import Subject
from av3d.types import NS_PER_S, BoolArray, FloatArray

LOW_OBJECT_M = 0.8
"""Of what is lower, most points may pass for ground: all of them count."""
FEWEST = 20
FEWEST_TO_END = 40
"""So many points show where an object ends."""
NEAR_M = 60.0
"""Farther away it is not known closely enough which face something stands before."""
HIDDEN = 0.6
"""Of what is hidden more than this, too little is seen."""
EXACT_M, EXACT = 0.15, 0.15
"""Labels are no more exact than this, those of small things no more than this part of their size; faces
that cut off less of the object are where they should be."""
EDGE_M = 0.1
"""What goes on this close to the end of where points are looked for goes on beyond it."""
SEEN = 0.5
"""So much of a face must be in view for its points to be missed."""
WHOLE = 0.95
LEAST_MARGIN_M = 0.25
"""Arms, mirrors and round corners leave less."""
BEAMS_APART = 0.01
"""Beams above each other are apart by this part of the range."""
AROUND_S = 1.0
"""A face that the points reach at another time, so close, is in the right place."""
SAME_SIZE_M = 0.02


class FewPoints(TrackCheck):
    """Hardly any points where the beams went."""

    id = "few-points"
    title = "Few points"
    sentence = (
        "Points in the cuboid, of the beams that got as far as its place. Nearly none means that nothing "
        "is there. Beams that ended at something before it, or never came back, do not count."
    )
    unit = "%"
    digits = 0
    above = False
    defaults = alike(10.0) | {Motion.STATIC: 5.0}
    parameters = {"beams": 20.0, "hidden": 50.0}
    """So many beams must have come that far, and at most so much of it may be hidden, in percent."""
    reads_points = True

    def measure(self, subject: Subject) -> Measure | None:
        limit, facts = self.limit_for(subject), subject.points
        if limit is None or facts is None:
            return None
        low = subject.sizes_lwh_m[:, 2] < LOW_OBJECT_M
        count = np.where(low, facts.inside, facts.above_ground)
        tells = facts.beams >= self.parameter(subject, "beams")
        tells &= facts.hidden * 100 <= self.parameter(subject, "hidden")
        part = np.full(len(count), np.nan)
        np.divide(100 * count, facts.beams, out=part, where=tells)
        return Measure(subject.times_ns, part, limit)

    def what(self, subject: Subject, value: float, limit: float) -> str:
        return (
            f"{self.words(value)} of the beams towards {subject.track.name} met something in it; at "
            f"least {self.words(limit)} are expected"
        )


class PointsOutside(TrackCheck):
    """A face cuts through the points."""

    id = "points-outside"
    title = "Points outside"
    sentence = (
        "Points just outside of the cuboid that go on from those inside, of all of these. Above the "
        "limit it is too small or beside its object. Ground and what is in other cuboids do not count."
    )
    unit = "%"
    digits = 0
    fix = "Move the face that cuts off points"
    defaults = alike(20.0)
    reads_points = True

    def measure(self, subject: Subject) -> Measure | None:
        limit, facts = self.limit_for(subject), subject.points
        if limit is None or facts is None:
            return None
        percent = outside_percent(subject, facts)
        usual = usual_percent(subject, percent)
        if usual <= limit and InterpolatedOff().limit_for(subject) is not None:
            # Between keyframes that fit, it is the motion that does not: that is told as such.
            percent = np.where(subject.at_keyframe, percent, np.nan)
        return Measure(subject.times_ns, percent, limit)

    def what(self, subject: Subject, value: float, limit: float) -> str:
        return (
            f"{self.words(value)} of the points of {subject.track.name} are outside of its cuboid; the "
            f"limit is {self.words(limit)}"
        )


class EmptyMargin(TrackCheck):
    """A face is far from the points."""

    id = "empty-margin"
    title = "Empty margin"
    sentence = (
        "Empty room between the outermost points and a face that the sensor sees, of the cuboid's "
        "length, width or height, where it is more than a hand. Above the limit the cuboid is too large, "
        "or beside its object. Faces that the points reach within a second either way do not count, "
        "because something may stand before them."
    )
    unit = "%"
    digits = 0
    fix = "Move the face to the points"
    defaults = {Motion.WHEELED: 12.0, Motion.LEGGED: 30.0}
    reads_points = True

    def measure(self, subject: Subject) -> Measure | None:
        limit, facts = self.limit_for(subject), subject.points
        if limit is None or facts is None or not len(subject.times_ns):
            return None
        parts = np.nan_to_num(self._least_around(subject, empty_percent(subject, facts)), nan=-1.0)
        worst = parts.max(axis=1)
        return Measure(subject.times_ns, np.where(worst < 0, np.nan, worst), limit)

    @staticmethod
    def _least_around(subject: Subject, parts: FloatArray) -> FloatArray:
        """The least of each face over the frames around each in which the size is the same, (M, 5)."""
        known = np.isfinite(parts)
        filled = np.where(known, parts, np.inf)
        times_ns, sizes_lwh_m = subject.times_ns, subject.sizes_lwh_m
        least = np.full(parts.shape, np.nan)
        firsts = np.searchsorted(times_ns, times_ns - int(AROUND_S * NS_PER_S), "left")
        lasts = np.searchsorted(times_ns, times_ns + int(AROUND_S * NS_PER_S), "right")
        for row, (first, last) in enumerate(zip(firsts.tolist(), lasts.tolist(), strict=True)):
            apart_m = np.abs(sizes_lwh_m[first:last] - sizes_lwh_m[row]).max(axis=1)
            alike_rows: BoolArray = apart_m <= SAME_SIZE_M
            least[row] = filled[first:last][alike_rows].min(axis=0)
        return np.where(known, least, np.nan)

    def what(self, subject: Subject, value: float, limit: float) -> str:
        return (
            f"{self.words(value)} of {subject.track.name} before a face that is in view are empty; the "
            f"limit is {self.words(limit)}"
        )


class InterpolatedOff(TrackCheck):
    """Between keyframes that fit, the cuboid leaves its points."""

    id = "interpolated-off"
    title = "Interpolated off"
    sentence = (
        "Points outside of interpolated cuboids, of all of the object's, more than at the keyframes "
        "around. Above the limit the object does not move as the interpolation thinks."
    )
    unit = "%"
    digits = 0
    fix = "Set a keyframe there"
    defaults = alike(20.0)
    reads_points = True

    def measure(self, subject: Subject) -> Measure | None:
        limit, facts = self.limit_for(subject), subject.points
        if limit is None or facts is None:
            return None
        percent = outside_percent(subject, facts)
        values = percent - usual_percent(subject, percent)
        return Measure(subject.times_ns, np.where(subject.at_keyframe, np.nan, values), limit)

    def what(self, subject: Subject, value: float, limit: float) -> str:
        return (
            f"{self.words(value)} more points of {subject.track.name} are outside than at its keyframes; "
            f"the limit is {self.words(limit)}"
        )


def outside_percent(subject: Subject, facts: PointFacts) -> FloatArray:
    """Points outside that go on from inside, of all of these, in percent, (M,).

    A face that is off by less than labels are exact does not count, nor one beside which points go on as
    far as is looked: that is a wall or a hedge. NaN where there are too few points, or most of the
    cuboid is hidden.
    """
    horizon_m = horizons_m(subject.sizes_lwh_m)
    exact_m = np.minimum(EXACT_M, EXACT * subject.sizes_lwh_m[:, [0, 0, 1, 1, 2]])
    counts = (facts.overhang_m >= exact_m) & (facts.overhang_m < horizon_m - EDGE_M)
    outside = np.where(counts, facts.outside, 0.0).sum(axis=1)
    everything = facts.above_ground + outside
    tells = (everything >= FEWEST) & (facts.hidden <= HIDDEN)
    percent = np.full(len(everything), np.nan)
    np.divide(100 * outside, everything, out=percent, where=tells)
    return percent


def usual_percent(subject: Subject, percent: FloatArray) -> float:
    """The median of values at the keyframes of a track; NaN where none of them tells any."""
    values = percent[subject.at_keyframe]
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else np.nan


def empty_percent(subject: Subject, facts: PointFacts) -> FloatArray:
    """Empty room before each face, of the size in its direction, in percent, (M, 5) by `FACES`.

    0 where it is no more than labels of such objects leave. NaN for faces that are not in view, and of
    cuboids with too few points, or far away. Where the whole of a face is in view, so are the edges to
    those beside it, which tell where these are; where much of a side is, so is the upper edge, but for
    beams that are farther apart there by a hundredth of the range.
    """
    front, back, left, right = facts.seen[:, :4].T
    ends, sides = np.maximum(front, back), np.maximum(left, right)
    whole_end, whole_side = ends >= WHOLE, sides >= WHOLE
    in_view = np.stack(
        [
            (front >= SEEN) | whole_side, (back >= SEEN) | whole_side,
            (left >= SEEN) | whole_end, (right >= SEEN) | whole_end,
            np.maximum(ends, sides) >= SEEN,
        ],
        axis=1,
    )  # fmt: skip
    margins_m = facts.margins_m.copy()
    margins_m[:, FACES.index("top")] -= BEAMS_APART * subject.ranges_m
    percent = 100 * margins_m / subject.sizes_lwh_m[:, [0, 0, 1, 1, 2]]
    near = (facts.above_ground >= FEWEST_TO_END) & (subject.ranges_m <= NEAR_M)
    tells = in_view & near[:, None]
    return np.where(tells, np.where(margins_m < LEAST_MARGIN_M, 0.0, percent), np.nan)


CHECKS: list[type[Check]] = [FewPoints, PointsOutside, EmptyMargin, InterpolatedOff]
