"""Cuboids against the ground: floating above it or sunk into it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from av3d.ontology.motion import Motion
from av3d.qa.check import Check, Measure, TrackCheck
from av3d.qa.evidence import PointFacts
from av3d.qa.finding import Finding
from av3d.qa.subject import Subject
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.operations.spans import Axes, FrameSpan, shift
from av3d.types import FloatArray

HIDDEN = 0.6
"""Where more of the cuboid is hidden than this, the ground may be, too."""
SURE_M = 0.08
"""The standard deviation of ground that is shown by points all around."""


class _OverGround(TrackCheck):
    """How far the bottom is from the ground; the finding has the median of its stretch, not the worst.

    Attributes:
        sigmas: by how many of its standard deviations the height of the ground may be wrong.
    """

    sigmas: ClassVar[float] = 2.0
    unit = "m"
    digits = 2
    weight = 90
    fix = "Put it on the ground"
    defaults: ClassVar[Mapping[Motion, float]] = {Motion.WHEELED: 0.2, Motion.LEGGED: 0.2}
    reads_points = True

    @abstractmethod
    def height_m(self, facts: PointFacts) -> FloatArray:
        """How far the cuboids are off the ground, positive in the direction that is asked about, (M,)."""

    def measure(self, subject: Subject) -> Measure | None:
        limit, facts = self.limit_for(subject), subject.points
        if limit is None or facts is None:
            return None
        margins = self.sigmas * np.nan_to_num(facts.above_sigma_m)
        return Measure(subject.times_ns, self.height_m(facts), limit, margins)

    def finding(
        self, subject: Subject, measure: Measure, first: int, last: int, worst: int
    ) -> Finding:
        # What one frame says of the ground is less sure than what all do; the repair goes by it, too.
        part = measure.values[first : last + 1]
        middle = float(np.nanmedian(part))
        nearest = first + int(np.nanargmin(np.abs(part - middle)))
        return super().finding(subject, measure, first, last, nearest)

    def lowered(self, finding: Finding, document: Document, by_m: float) -> tuple[Change, ...]:
        """The cuboids of a finding moved down along their own height."""
        # Between keyframes there may be none in the span: its ends and its middle become some.
        own_ns = finding.start_ns, finding.timestamp_ns, finding.end_ns
        times_ns = [*document.track(finding.track_id).times_ns, *own_ns]
        span = FrameSpan(finding.start_ns, finding.end_ns, times_ns)
        return shift(document, [finding.track_id], span, [0.0, 0.0, -by_m], Axes.OWN)


class AboveGround(_OverGround):
    """Floats above the ground."""

    id = "above-ground"
    title = "Above ground"
    sentence = (
        "Height of the bottom over the ground, by the points of the ground under the cuboid and around "
        "it. Where they do not show the ground, nothing is said."
    )

    def height_m(self, facts: PointFacts) -> FloatArray:
        return facts.above_m

    def what(self, subject: Subject, value: float, limit: float) -> str:
        return (
            f"{subject.track.name} floats {self.words(value)} above the ground; the limit is "
            f"{self.words(limit)}"
        )

    def repair(self, finding: Finding, document: Document) -> tuple[Change, ...]:
        return self.lowered(finding, document, finding.value)


class Sunk(_OverGround):
    """Sunk into the ground."""

    id = "sunk"
    sigmas = 3.0  # what is taken for ground by mistake is higher than it
    title = "Below ground"
    sentence = (
        "Depth of the bottom under the ground, by the points of the ground in the cuboid and around it. "
        "Where they do not show the ground, nothing is said."
    )

    def height_m(self, facts: PointFacts) -> FloatArray:
        # Behind something, or of few points, the lowest ones are no ground.
        sure = (facts.hidden <= HIDDEN) & (facts.above_sigma_m <= SURE_M)
        return np.where(sure, -facts.above_m, np.nan)

    def what(self, subject: Subject, value: float, limit: float) -> str:
        return (
            f"{subject.track.name} is sunk {self.words(value)} into the ground; the limit is "
            f"{self.words(limit)}"
        )

    def repair(self, finding: Finding, document: Document) -> tuple[Change, ...]:
        return self.lowered(finding, document, -finding.value)


CHECKS: list[type[Check]] = [AboveGround, Sunk]
