"""Sizes: outside of the category's limits, unlikely for it, or changing on a rigid object."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from av3d.ontology.category import Category
from av3d.ontology.motion import Motion
from av3d.qa.check import Check, Measure, TrackCheck, alike
from av3d.qa.finding import Finding, Severity
from av3d.qa.subject import Subject
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.operations.shape import set_constant_size
from av3d.types import FloatArray

SIDES = ("length", "width", "height")
LIMIT_SIGMAS = 3.0
"""The limits of a category count as so many standard deviations from its usual size."""
CLEARLY = 1.5
"""Another category fits better if it is so many standard deviations nearer."""


class Size(TrackCheck):
    """A length, width or height that the category does not allow."""

    id = "size"
    title = "Size limits"
    sentence = (
        "Length, width and height against the smallest and largest that the ontology allows for the "
        "category (`smallest_lwh_m`, `largest_lwh_m`). The limit of the check is how far beyond a side "
        "may be."
    )
    severity = Severity.ERROR
    unit = "m"
    digits = 2
    defaults = alike(0.0)
    lasting = True

    def measure(self, subject: Subject) -> Measure | None:
        found = self._worst(subject)
        return None if found is None else found[0]

    def _worst(self, subject: Subject) -> tuple[Measure, int, bool] | None:
        """The side that is furthest beyond its limit, over the frames; which it is, whether too large."""
        slack_m, category = self.limit_for(subject), subject.category
        if slack_m is None or category is None or not len(subject.times_ns):
            return None
        sizes_m = subject.sizes_lwh_m
        candidates: list[tuple[float, int, bool, float]] = []
        for limits_m, large in ((category.smallest_lwh_m, False), (category.largest_lwh_m, True)):
            for side, side_m in enumerate(limits_m or ()):
                limit_m = side_m + (slack_m if large else -slack_m)
                ratios = sizes_m[:, side] / limit_m if large else limit_m / sizes_m[:, side]
                candidates.append((float(ratios.max()), side, large, limit_m))
        if not candidates:
            return None
        _, side, large, limit_m = max(candidates)
        return Measure(subject.times_ns, sizes_m[:, side], limit_m), side, large

    def examine(self, subject: Subject) -> Iterator[Finding]:
        found = self._worst(subject)
        if found is None:
            return
        measure, side, large = found
        over_m = measure.beyond(large)
        rows = np.flatnonzero(over_m > 0)
        if not len(rows):
            return
        worst = int(np.argmax(over_m))
        value, limit_m = float(measure.values[worst]), measure.limit
        ratio = value / limit_m if large else limit_m / value
        what = (
            f"{subject.track.name} has a {SIDES[side]} of {self.words(value)}; the "
            f"{'largest' if large else 'smallest'} for a {subject.kind_name} is {self.words(limit_m)}"
        )
        times_ns = measure.times_ns
        span_ns = int(times_ns[rows[0]]), int(times_ns[rows[-1]])
        # The risk is that of the ratio, whichever way it is beyond.
        yield self.about(
            subject, span_ns, int(times_ns[worst]), value, limit_m, what, risk=self.risk(ratio, 1.0)
        )


class SizeChange(TrackCheck):
    """A rigid object that grows or shrinks."""

    id = "size-change"
    title = "Size change"
    sentence = (
        "Largest difference of length, width or height from the median of the track. Such objects do not "
        "grow; above the limit, and 2 % of the side, a keyframe was fitted to what is seen of it."
    )
    unit = "m"
    digits = 2
    fix = "Give it the median size"
    defaults = {Motion.WHEELED: 0.1, Motion.STATIC: 0.1}
    parameters = {"part": 0.02}
    weight = 90
    lasting = True

    def measure(self, subject: Subject) -> Measure | None:
        limit = self.limit_for(subject)
        if limit is None or not len(subject.times_ns):
            return None
        values, medians_m = _changes(subject)
        side = values.argmax(axis=1)
        part = self.parameter(subject, "part")
        return Measure(subject.times_ns, values.max(axis=1), limit, part * medians_m[side])

    def finding(
        self, subject: Subject, measure: Measure, first: int, last: int, worst: int
    ) -> Finding:
        values, medians_m = _changes(subject)
        side = int(values[worst].argmax())
        value = float(values[worst, side])
        what = (
            f"{subject.track.name} has a {SIDES[side]} {self.words(value)} off its median of "
            f"{medians_m[side]:.2f} m, limit {self.words(measure.limit)}"
        )
        times_ns = measure.times_ns
        span_ns = int(times_ns[first]), int(times_ns[last])
        return self.about(subject, span_ns, int(times_ns[worst]), value, measure.limit, what)

    def repair(self, finding: Finding, document: Document) -> tuple[Change, ...]:
        return set_constant_size(document, finding.track_id)


class SizePrior(TrackCheck):
    """A size that the category allows but hardly ever has."""

    id = "size-prior"
    title = "Size prior"
    sentence = (
        "Distance of the median size from the usual one of the category, in standard deviations; the "
        "limits of the category count as 3 of them for each side, on a scale of ratios. Above the limit "
        "the category is unlikely for the size; the one that fits best is named."
    )
    unit = "σ"
    defaults = alike(3.5)
    weight = 70
    lasting = True

    def measure(self, subject: Subject) -> Measure | None:
        limit = self.limit_for(subject)
        if limit is None or subject.category is None or not len(subject.times_ns):
            return None
        away = sigmas_from(subject.category, np.median(subject.sizes_lwh_m, axis=0))
        if away is None:
            return None
        return Measure(subject.times_ns, np.full(len(subject.times_ns), away), limit)

    def what(self, subject: Subject, value: float, limit: float) -> str:
        size_lwh_m = np.median(subject.sizes_lwh_m, axis=0)
        others = [
            (away, other.title)
            for other in subject.ontology.categories
            if other is not subject.category
            and (away := sigmas_from(other, size_lwh_m)) is not None
            and away + CLEARLY < value
        ]
        better = f"; {min(others)[1].lower()} would fit" if others else ""
        size = " × ".join(f"{side_m:.2f}" for side_m in size_lwh_m)
        return (
            f"{subject.track.name} of {size} m is {self.words(value)} from the usual size of a "
            f"{subject.kind_name}, limit {self.words(limit)}{better}"
        )


def _changes(subject: Subject) -> tuple[FloatArray, FloatArray]:
    """Differences from the median size at each frame, (M, 3), and that size, (3,)."""
    medians_m = np.median(subject.sizes_lwh_m, axis=0)
    return np.abs(subject.sizes_lwh_m - medians_m), np.asarray(medians_m)


def sigmas_from(category: Category, size_lwh_m: FloatArray) -> float | None:
    """How many standard deviations a size, (3,), is from the usual one; None without limits to go by."""
    if category.smallest_lwh_m is None or category.largest_lwh_m is None:
        return None
    usual = np.log(category.size_lwh_m)
    away = np.log(size_lwh_m) - usual
    spans = np.where(
        away < 0,
        usual - np.log(category.smallest_lwh_m),
        np.log(category.largest_lwh_m) - usual,
    )
    # A limit that is the usual size itself allows for rounding only.
    return float(np.linalg.norm(away / np.maximum(spans / LIMIT_SIGMAS, 0.01)))


CHECKS: list[type[Check]] = [Size, SizeChange, SizePrior]
