"""Average precision and errors over recall for labels that have scores, as nuScenes defines them.

H. Caesar et al., "nuScenes: a multimodal dataset for autonomous driving", CVPR 2020, section 3.1, with
what `nuscenes.eval.detection` decides: the surest first, each takes the nearest that is free.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from av3d.ontology.ontology import Ontology
from av3d.qa.agreement.errors import Errors, errors
from av3d.qa.agreement.pairs import Pairs
from av3d.qa.agreement.tracking import Rows
from av3d.types import BoolArray, FloatArray, IntArray

DISTANCES_M = (0.5, 1.0, 2.0, 4.0)
"""Largest distances of a match that average precision is averaged over."""
ERROR_DISTANCE_M = 2.0
"""That of the matches whose errors are told."""
LEAST_RECALL = LEAST_PRECISION = 0.1
"""Below which a detector is noise: these parts of the curves do not count."""
_STEPS = 101
MEASURES = ("translation_m", "scale", "yaw_rad", "velocity_m_s", "attribute")


@dataclass(frozen=True)
class Detection:
    """How good detections of one category are.

    Attributes:
        average_precision: by the largest distance of a match in metres.
        errors: by name (see MEASURES), over recall from 10 % on; None where the category has none.
    """

    average_precision: dict[float, float] = field(default_factory=dict)
    errors: dict[str, float | None] = field(default_factory=dict)

    @property
    def ap(self) -> float:
        """The mean over distances."""
        return float(np.mean(list(self.average_precision.values())))

    def as_dict(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "ap": self.ap,
            "ap_by_distance_m": {f"{far:g}": ap for far, ap in self.average_precision.items()},
            "errors": dict(self.errors),
        }


def detection(pairs: Pairs, rows: Rows, ontology: Ontology) -> Detection:
    """Compare detections of one category in A with the labels of B.

    Args:
        pairs: of both sides, all whose centres are up to 4 m apart.
        rows: the cuboids of the category, those of A with scores, at least one of B.
        ontology: says what can be told of the category.
    """
    chosen = np.isin(pairs.a_rows, rows.a) & np.isin(pairs.b_rows, rows.b)
    own = pairs[chosen]
    scores = pairs.a.scores[rows.a]
    order = rows.a[np.argsort(scores, kind="stable")[::-1]]
    found: dict[float, float] = {}
    told: dict[str, float | None] = {}
    for limit_m in DISTANCES_M:
        matches = _nearest_first(own, order, limit_m)
        curve = _Curve.of(pairs.a.scores[order], matches >= 0, len(rows.b))
        found[limit_m] = curve.average_precision
        if limit_m == ERROR_DISTANCE_M:
            hits = matches >= 0
            true_pairs = Pairs(pairs.a, pairs.b, order[hits], matches[hits])
            told = _errors(curve, errors(true_pairs, ontology), pairs.a.scores[order][hits])
    return Detection(found, told)


def _nearest_first(pairs: Pairs, order: IntArray, limit_m: float) -> IntArray:
    """For cuboids of A in an order the nearest of B that none before has taken, -1 for none."""
    near = np.flatnonzero(pairs.distances_m < limit_m)
    near = near[np.lexsort((pairs.b_rows[near], pairs.distances_m[near], pairs.a_rows[near]))]
    owners, others = pairs.a_rows[near], pairs.b_rows[near].tolist()
    firsts = np.searchsorted(owners, order).tolist()
    lasts = np.searchsorted(owners, order, side="right").tolist()
    taken: set[int] = set()
    found = np.full(len(order), -1, dtype=np.int64)
    for k, (first, last) in enumerate(zip(firsts, lasts, strict=True)):
        for other in others[first:last]:
            if other not in taken:
                taken.add(other)
                found[k] = other
                break
    return found


@dataclass(frozen=True, eq=False)
class _Curve:
    """Precision and score at recalls of 0, 1 ... 100 %, (101,) each; all 0 where nothing matches."""

    precision: FloatArray
    scores: FloatArray

    @staticmethod
    def of(scores: FloatArray, hits: BoolArray, true: int) -> _Curve:
        if not hits.any():
            return _Curve(np.zeros(_STEPS), np.zeros(_STEPS))
        right, wrong = np.cumsum(hits), np.cumsum(~hits)
        recall, at = right / true, np.linspace(0, 1, _STEPS)
        return _Curve(
            np.interp(at, recall, right / (right + wrong), right=0),
            np.interp(at, recall, scores, right=0),
        )

    @property
    def average_precision(self) -> float:
        kept = self.precision[round(100 * LEAST_RECALL) + 1 :] - LEAST_PRECISION
        return float(np.maximum(kept, 0.0).mean()) / (1.0 - LEAST_PRECISION)


def _errors(curve: _Curve, found: Errors, scores: FloatArray) -> dict[str, float | None]:
    """Mean over recalls of the mean error up to there; 1 where too little is found."""
    first = round(100 * LEAST_RECALL) + 1
    reached = np.flatnonzero(curve.scores)
    last = int(reached[-1]) if len(reached) else 0
    told: dict[str, float | None] = {}
    for name in MEASURES:
        values: FloatArray = getattr(found, name)
        if last < first:
            told[name] = 1.0
            continue
        known = ~np.isnan(values)
        if not known.any():
            told[name] = None
            continue
        counts = np.cumsum(known)
        mean = np.divide(np.nancumsum(values), counts, out=np.zeros(len(values)), where=counts != 0)
        over = np.interp(curve.scores[::-1], scores[::-1], mean[::-1])[::-1]
        told[name] = float(over[first : last + 1].mean())
    return told
