"""What a check of labels is: of a track by itself, of two tracks, or of everything in the log.

A check is one class with an ID, a severity and one sentence; `av3d.qa.registry` finds it by its entry
point `av3d.checks`, those of other packages too.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from av3d.ontology.motion import Motion
from av3d.qa.finding import Finding, Severity
from av3d.qa.scene import Scene
from av3d.qa.subject import Subject
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.types import NS_PER_S, BoolArray, FloatArray, IntArray

LEAST_RISK = 40
"""Risk of something just beyond its limit."""
APART_S = 1.0
"""Stretches beyond a limit with less than this between them are one finding."""


def alike(limit: float) -> dict[Motion, float]:
    """The same limit for everything, however it moves."""
    return dict.fromkeys(Motion, limit)


class Check(ABC):
    """One question to labels.

    Attributes:
        id: names the check, in the ontology too: "acceleration".
        title: what people read in a list, two or three words: "Acceleration".
        sentence: what is measured, and what a value beyond the limit means.
        severity: of its findings.
        unit, digits: of value and limit; "" for no unit; digits after the point.
        above: whether values above the limit are worth a look; else those below.
        weight: risk of a value infinitely far beyond the limit, LEAST_RISK to 100.
        fix: what to do, as an instruction; "" where a person has to see.
        defaults: limits by how objects move; motions that are missing are not asked about.
        parameters: further numbers by name, that an ontology can set.
        needs_ground: whether it asks only where the motion of the ego, and so the ground, is known.
        reads_points, reads_images: whether it needs sweeps or images, which takes time.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    sentence: ClassVar[str]
    severity: ClassVar[Severity] = Severity.WARNING
    unit: ClassVar[str] = ""
    digits: ClassVar[int] = 1
    above: ClassVar[bool] = True
    weight: ClassVar[int] = 100
    fix: ClassVar[str] = ""
    defaults: ClassVar[Mapping[Motion, float]] = {}
    parameters: ClassVar[Mapping[str, float]] = {}
    needs_ground: ClassVar[bool] = False
    reads_points: ClassVar[bool] = False
    reads_images: ClassVar[bool] = False

    def limit_for(self, subject: Subject) -> float | None:
        """The limit for a track; None if the check does not ask about such."""
        if self.needs_ground and not subject.has_ground:
            return None
        return subject.limits.limit(self.id, self.defaults)

    def parameter(self, subject: Subject, name: str) -> float:
        """A parameter for a track."""
        return subject.limits.parameter(self.id, name, self.parameters[name])

    def risk(self, value: float, limit: float) -> int:
        """0 to 100: LEAST_RISK at the limit, `weight` infinitely far beyond it."""
        if not (math.isfinite(value) and math.isfinite(limit)):
            return self.weight
        over, under = (value, limit) if self.above else (limit, value)
        far = 1 - under / over if over > 0 and under >= 0 else 1.0
        return round(LEAST_RISK + (self.weight - LEAST_RISK) * min(max(far, 0.0), 1.0))

    def words(self, value: float) -> str:
        """A value with its unit: "6.1 m/s²"; "" for none."""
        if not math.isfinite(value):
            return ""
        number = f"{value:,.{self.digits}f}".replace("-", "\N{MINUS SIGN}")
        return (
            f"{number} {unit_of(number, self.unit)}".rstrip() if self.unit != "°" else f"{number}°"
        )

    def repair(self, finding: Finding, document: Document) -> tuple[Change, ...]:
        """The changes that put a finding right, as one edit; () where a person has to do it.

        Raises:
            EditError: the labels have changed so that it cannot be done.
        """
        return ()

    @property
    def repairs(self) -> bool:
        """Whether it can put its findings right by itself."""
        return type(self).repair is not Check.repair


def unit_of(number: str, unit: str) -> str:
    """The unit after a number in words: "1 point", "2 points"."""
    return unit.removesuffix("s") if number == "1" and unit in ("points", "frames") else unit


@dataclass(frozen=True, eq=False)
class Measure:
    """The value that a check looks at, at the frames of a track.

    Attributes:
        times_ns: of the frames, increasing, (M,).
        values: (M,), NaN where it says nothing.
        limit: what they should not exceed, or fall below.
        margins: by how much more that may be at each frame, for noise of the labels say, (M,); None for
            nowhere.
    """

    times_ns: IntArray
    values: FloatArray
    limit: float
    margins: FloatArray | None = None

    def beyond(self, above: bool) -> FloatArray:
        """By how much the values are beyond their limit, (M,); positive where they are."""
        over = self.values - self.limit if above else self.limit - self.values
        return over if self.margins is None else over - self.margins


class TrackCheck(Check):
    """A question to a track by itself. Most of them measure a value per frame against a limit.

    Attributes:
        lasting: a state of the whole track, told once, however often it comes and goes.
    """

    lasting: ClassVar[bool] = False

    def measure(self, subject: Subject) -> Measure | None:
        """The value at each frame; None where nothing can be said. The chart of a review shows it."""
        return None

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield what is found: one finding for each stretch of frames beyond the limit."""
        measure = self.measure(subject)
        if measure is None or not np.isfinite(measure.values).any():
            return
        over = measure.beyond(self.above)
        with np.errstate(invalid="ignore"):
            rows = stretches(over > 0)
        if self.lasting and rows:
            rows = [(rows[0][0], rows[-1][1])]
        for first, last in joined(rows, measure.times_ns):
            worst = first + int(np.nanargmax(over[first:last]))
            yield self.finding(subject, measure, first, last - 1, worst)

    def finding(
        self, subject: Subject, measure: Measure, first: int, last: int, worst: int
    ) -> Finding:
        """The finding of rows `first` to `last` of a measure, worst at `worst`."""
        value = float(measure.values[worst])
        times_ns = measure.times_ns
        return self.about(
            subject,
            (int(times_ns[first]), int(times_ns[last])),
            int(times_ns[worst]),
            value,
            measure.limit,
            self.what(subject, value, measure.limit),
        )

    def about(
        self,
        subject: Subject,
        span_ns: tuple[int, int],
        worst_ns: int,
        value: float,
        limit: float,
        what: str,
        *,
        risk: int | None = None,
    ) -> Finding:
        """A finding about a track: see `Finding`."""
        track = subject.track
        return Finding(
            self.id, self.severity, (track.id,), track.name, track.category, *span_ns, worst_ns,
            value, limit, what, self.risk(value, limit) if risk is None else risk, track.digest,
        )  # fmt: skip

    def what(self, subject: Subject, value: float, limit: float) -> str:
        """One sentence on a value that is beyond the limit."""
        return f"{self.title} {self.words(value)}, limit {self.words(limit)}"


class PairCheck(Check):
    """A question to two tracks of one log that come close to each other, or follow each other.

    Attributes:
        reach_m: how far apart, horizontally between centres, the two may be in a frame in which both
            are there, to be asked about.
        gap_s, gap_reach_m: how long after the end of one the other may begin, and how far from there,
            for pairs that are never there together; 0 if such pairs are not asked about.
    """

    reach_m: ClassVar[float] = 10.0
    gap_s: ClassVar[float] = 0.0
    gap_reach_m: ClassVar[float] = 0.0

    @abstractmethod
    def examine(self, one: Subject, other: Subject) -> Iterator[Finding]:
        """Yield what is found of a pair, which is given once, in the order of the document."""

    def about(
        self,
        one: Subject,
        other: Subject,
        span_ns: tuple[int, int],
        worst_ns: int,
        value: float,
        limit: float,
        what: str,
    ) -> Finding:
        """A finding about a track, the first, and another one: see `Finding`."""
        track = one.track
        return Finding(
            self.id, self.severity, (track.id, other.track.id), track.name, track.category, *span_ns,
            worst_ns, value, limit, what, self.risk(value, limit), track.digest, other.track.digest,
        )  # fmt: skip


class SceneCheck(Check):
    """A question to the log and all of its labels together, such as what has no label."""

    @abstractmethod
    def examine(self, scene: Scene) -> Iterator[Finding]:
        """Yield what is found."""


def stretches(beyond: BoolArray) -> list[tuple[int, int]]:
    """Rows in a row that are true, as first and one after the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], beyond, [False]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def joined(rows: Iterable[tuple[int, int]], times_ns: IntArray) -> list[tuple[int, int]]:
    """Stretches with little between them as one: a person looks at them together."""
    found: list[tuple[int, int]] = []
    for first, last in rows:
        if found and times_ns[first] - times_ns[found[-1][1] - 1] <= APART_S * NS_PER_S:
            found[-1] = found[-1][0], last
        else:
            found.append((first, last))
    return found
