"""Two sets of labels beside each other: how many agree, how exactly, by category and distance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from av3d.ontology.ontology import Ontology
from av3d.qa.agreement.detection import MEASURES, Detection, detection
from av3d.qa.agreement.errors import errors
from av3d.qa.agreement.pairs import NEAR_M, Criterion, Measure, Pairs, matched
from av3d.qa.agreement.side import Side
from av3d.qa.agreement.tracking import Rows, Tracking, tracking
from av3d.types import BoolArray, FloatArray, IntArray

BANDS_M = (20.0, 40.0, 60.0)
"""Distances from the ego at which the bands end; the last one has no end."""
MEANS = (
    "iou", "bev_iou", "height_iou", "translation_m", "height_m", "scale", "yaw_rad",
    "velocity_m_s", "attribute",
)  # fmt: skip
"""What is averaged over matches."""


@dataclass(frozen=True, eq=False)
class Scores:
    """Agreement of a group of cuboids.

    Attributes:
        a, b: cuboids of A and of B.
        matches: pairs that match.
        means: by name (see MEANS), over matches; None where there is nothing to tell.
    """

    a: int
    b: int
    matches: int
    means: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def precision(self) -> float | None:
        """Part of A's cuboids that B has, too."""
        return self.matches / self.a if self.a else None

    @property
    def recall(self) -> float | None:
        """Part of B's cuboids that A has, too."""
        return self.matches / self.b if self.b else None

    @property
    def f1(self) -> float | None:
        """Part of all cuboids that match: the same whichever side is A."""
        return 2 * self.matches / (self.a + self.b) if self.a + self.b else None

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "cuboids_a": self.a,
            "cuboids_b": self.b,
            "matches": self.matches,
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            **self.means,
        }


class Comparison:
    """Labels A measured by labels B, which counts as the truth where that makes a difference.

    Args:
        a, b: the labels, at the same frames.
        ontology: says what can be told of a category: its attributes, whether it has a heading.
        criterion: when two cuboids match.
        bands_m: distances from the ego at which bands end, increasing.
    """

    def __init__(
        self,
        a: Side,
        b: Side,
        ontology: Ontology,
        criterion: Criterion | None = None,
        bands_m: Sequence[float] = BANDS_M,
    ) -> None:
        self.a, self.b, self.ontology = a, b, ontology
        self.criterion = criterion or Criterion()
        self.bands_m = tuple(bands_m)

    @cached_property
    def pairs(self) -> Pairs:
        """All pairs that may match."""
        far = self.criterion.measure is Measure.DISTANCE
        return Pairs.near(self.a, self.b, max(NEAR_M, 2 * self.criterion.limit if far else 0.0))

    @cached_property
    def matches(self) -> Pairs:
        """The pairs that match, at most one for each cuboid."""
        return matched(self.pairs, self.criterion)

    @property
    def categories(self) -> tuple[str, ...]:
        """All that A or B has cuboids of, by name."""
        return tuple(sorted({*self.a.categories, *self.b.categories}))

    @cached_property
    def _values(self) -> dict[str, FloatArray]:
        """What is averaged, of each match."""
        overlaps = self.matches.overlaps
        found = errors(self.matches, self.ontology)
        values = dict(zip(MEANS[:3], overlaps.T, strict=True))
        return values | {name: getattr(found, name) for name in MEANS[3:]}

    @cached_property
    def _codes(self) -> tuple[IntArray, IntArray]:
        """The place of each cuboid's category in `categories`, of A (N,) and of B (M,)."""
        place = {name: k for k, name in enumerate(self.categories)}
        a, b = (
            np.array([place[name] for name in side.categories], dtype=np.int64)
            for side in (self.a, self.b)
        )
        return a, b

    @cached_property
    def _bands(self) -> tuple[IntArray, IntArray]:
        a, b = (
            np.searchsorted(self.bands_m, side.ranges_m, side="right").astype(np.int64)
            for side in (self.a, self.b)
        )
        # A match lies in the band in which B has it: no cuboid of A may be counted in another one.
        a[self.matches.a_rows] = b[self.matches.b_rows]
        return a, b

    def band_words(self, band: int) -> str:
        """As "0–20 m", "≥ 60 m"."""
        ends = (0.0, *self.bands_m)
        if band == len(self.bands_m):
            return f"≥ {ends[band]:g} m"
        return f"{ends[band]:g}–{ends[band + 1]:g} m"

    def scores(self, category: str | None = None, band: int | None = None) -> Scores:
        """Agreement of a category, in a band of distances; None for all.

        A match counts for the category that B gives it, a cuboid of A that matches nothing for its own.
        """
        of_a, of_b = self._codes
        a, b = np.ones(len(self.a), dtype=bool), np.ones(len(self.b), dtype=bool)
        if category is not None:
            code = self.categories.index(category)
            given = of_a.copy()
            given[self.matches.a_rows] = of_b[self.matches.b_rows]
            a, b = given == code, of_b == code
        if band is not None:
            a, b = a & (self._bands[0] == band), b & (self._bands[1] == band)
        chosen = b[self.matches.b_rows]
        return Scores(
            int(a.sum()), int(b.sum()), int(chosen.sum()),
            {name: _mean(values[chosen]) for name, values in self._values.items()},
        )  # fmt: skip

    # Tracks

    @property
    def has_identity(self) -> bool:
        """Whether both sides say which cuboids are one object."""
        return self.a.has_identity and self.b.has_identity

    @cached_property
    def _similarities(self) -> FloatArray:
        return self.criterion.similarities(self.pairs)

    @cached_property
    def tracking_by_category(self) -> dict[str, Tracking]:
        """How well tracks agree, by category; empty without identity, or where any class will do."""
        if not self.has_identity or self.criterion.any_class:
            return {}
        return {name: self._tracking(*self._of(name)) for name in self.categories}

    @cached_property
    def tracking(self) -> Tracking | None:
        """How well tracks agree, the sums over categories; None where a side has no identity."""
        if not self.has_identity:
            return None
        if self.criterion.any_class or not self.tracking_by_category:
            return self._tracking(
                np.ones(len(self.a), dtype=bool), np.ones(len(self.b), dtype=bool)
            )
        first, *others = self.tracking_by_category.values()
        return sum(others, start=first)

    def _of(self, category: str) -> tuple[BoolArray, BoolArray]:
        code = self.categories.index(category)
        return self._codes[0] == code, self._codes[1] == code

    def _tracking(self, a: BoolArray, b: BoolArray) -> Tracking:
        rows = Rows(np.flatnonzero(a), np.flatnonzero(b))
        return tracking(self.pairs, self._similarities, self.criterion.threshold, rows)

    # Scores of a detector

    @property
    def has_scores(self) -> bool:
        """Whether all cuboids of A have a score."""
        return bool(len(self.a)) and bool(np.isfinite(self.a.scores).all())

    @cached_property
    def detection_by_category(self) -> dict[str, Detection]:
        """Average precision by category; empty where A has no scores."""
        if not self.has_scores:
            return {}
        found = {}
        for name in self.categories:
            a, b = self._of(name)
            if b.any():
                rows = Rows(np.flatnonzero(a), np.flatnonzero(b))
                found[name] = detection(self.pairs, rows, self.ontology)
        return found

    def detection_summary(self) -> dict[str, Any] | None:
        """Means over categories and the nuScenes detection score; None where A has no scores."""
        some = self.detection_by_category
        if not some:
            return None
        mean_ap = float(np.mean([one.ap for one in some.values()]))
        means: dict[str, float | None] = {}
        for name in MEASURES:
            values = [one.errors[name] for one in some.values()]
            known = [value for value in values if value is not None]
            means[name] = float(np.mean(known)) if known else None
        right = [1.0 - min(1.0, value) for value in means.values() if value is not None]
        score = (len(MEASURES) * mean_ap + sum(right)) / (len(MEASURES) + len(right))
        return {"map": mean_ap, "errors": means, "nds": score}

    def as_dict(self) -> dict[str, Any]:
        """All numbers as JSON values."""
        bands = range(len(self.bands_m) + 1)
        groups = [
            {"category": name, "distance": None, **self.scores(name).as_dict()}
            for name in self.categories
        ]
        groups += [
            {
                "category": None,
                "distance": self.band_words(band),
                **self.scores(None, band).as_dict(),
            }
            for band in bands
        ]
        groups += [
            {"category": name, "distance": self.band_words(band), **one.as_dict()}
            for name in self.categories
            for band in bands
            if (one := self.scores(name, band)).a + one.b
        ]
        return {
            "match": self.criterion.words,
            "frames": len(self.a.times_ns),
            "all": self.scores().as_dict(),
            "groups": groups,
            "tracking": None if self.tracking is None else self.tracking.as_dict(),
            "tracking_by_category": {
                name: one.as_dict() for name, one in self.tracking_by_category.items()
            },
            "detection": self.detection_summary(),
            "detection_by_category": {
                name: one.as_dict() for name, one in self.detection_by_category.items()
            },
        }


def _mean(values: FloatArray) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
