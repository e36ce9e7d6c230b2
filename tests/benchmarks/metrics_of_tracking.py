"""How well tracks agree with true ones: CLEAR MOT, IDF1 and HOTA, at 3D distances or overlaps.

* CLEAR MOT: Bernardin and Stiefelhagen, Evaluating Multiple Object Tracking Performance, 2008. A match of
  the frame before is kept if it is still good enough.
* IDF1: Ristani et al., Performance Measures and a Data Set for Multi-Target, Multi-Camera Tracking, 2016.
* HOTA: Luiten et al., HOTA: A Higher Order Metric for Evaluating Multi-Object Tracking, 2020.

`linking.py --check` compares all of them with TrackEval's on the same similarities.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.optimize import linear_sum_assignment

ALPHAS = np.arange(0.05, 0.99, 0.05)
TINY = np.finfo(float).eps


@dataclass(frozen=True)
class Boxes:
    """Cuboids of one frame: identities (N,), and rows x, y, z, length, width, height, yaw (N, 7)."""

    ids: np.ndarray
    values: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> Boxes:
        return Boxes(self.ids[rows], self.values[rows])


NONE = Boxes(np.empty(0, dtype=np.int64), np.empty((0, 7)))
Similarity = Callable[[np.ndarray, np.ndarray], np.ndarray]


def by_distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """1 where centres are the same, .5 where they are 2 m apart, 0 from 4 m on."""
    apart = np.linalg.norm(first[:, None, :3] - second[None, :, :3], axis=2)
    return np.maximum(0.0, 1.0 - apart / 4.0)


def by_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union of the volumes of upright cuboids."""
    found = np.zeros((len(first), len(second)))
    near = np.linalg.norm(first[:, None, :2] - second[None, :, :2], axis=2)
    reach = np.hypot(first[:, 3], first[:, 4])[:, None] + np.hypot(second[:, 3], second[:, 4])
    rows, columns = np.nonzero(near < reach / 2)
    if not len(rows):
        return found
    floor_1, floor_2 = _floors(first), _floors(second)
    shared = shapely.area(shapely.intersection(floor_1[rows], floor_2[columns]))
    top = np.minimum(
        (first[:, 2] + first[:, 5] / 2)[rows], (second[:, 2] + second[:, 5] / 2)[columns]
    )
    bottom = np.maximum(
        (first[:, 2] - first[:, 5] / 2)[rows], (second[:, 2] - second[:, 5] / 2)[columns]
    )
    both = shared * np.maximum(0.0, top - bottom)
    volumes = first[rows, 3:6].prod(axis=1) + second[columns, 3:6].prod(axis=1)
    found[rows, columns] = both / (volumes - both)
    return found


def _floors(boxes: np.ndarray) -> np.ndarray:
    corners = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) / 2
    local = corners[None] * boxes[:, None, 3:5]
    cos, sin = np.cos(boxes[:, 6])[:, None], np.sin(boxes[:, 6])[:, None]
    x = boxes[:, 0, None] + local[..., 0] * cos - local[..., 1] * sin
    y = boxes[:, 1, None] + local[..., 0] * sin + local[..., 1] * cos
    return shapely.polygons(np.stack([x, y], axis=-1))


@dataclass(frozen=True)
class Scores:
    """Sums over frames, to be added up over logs."""

    frames: int
    true: int
    found: int
    matches: int
    switches: int
    fragments: int
    identity_true_positives: int
    hota_tp: np.ndarray
    hota_ass: np.ndarray
    true_tracks: int
    found_tracks: int

    def __add__(self, other: Scores) -> Scores:
        return Scores(
            *(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__)
        )

    @property
    def mota(self) -> float:
        false = self.found - self.matches
        missed = self.true - self.matches
        return 1 - (false + missed + self.switches) / max(1, self.true)

    @property
    def idf1(self) -> float:
        return 2 * self.identity_true_positives / max(1, self.true + self.found)

    @property
    def hota(self) -> float:
        return float(np.sqrt(self.deta_by_alpha * self.assa_by_alpha).mean())

    @property
    def deta_by_alpha(self) -> np.ndarray:
        return self.hota_tp / np.maximum(1, self.true + self.found - self.hota_tp)

    @property
    def assa_by_alpha(self) -> np.ndarray:
        return self.hota_ass / np.maximum(1, self.hota_tp)

    @property
    def recall(self) -> float:
        return self.matches / max(1, self.true)

    @property
    def precision(self) -> float:
        return self.matches / max(1, self.found)


def score(
    true: Sequence[Boxes], found: Sequence[Boxes], similarity: Similarity, threshold: float
) -> Scores:
    """Compare the frames of one log.

    Args:
        true: of each frame.
        found: of each frame.
        similarity: of two sets of boxes.
        threshold: from which on two are the same for CLEAR MOT and IDF1.
    """
    return score_similarities(
        [boxes.ids for boxes in true],
        [boxes.ids for boxes in found],
        [similarity(a.values, b.values) for a, b in zip(true, found, strict=True)],
        threshold,
    )


def score_similarities(
    true_ids: Sequence[np.ndarray],
    found_ids: Sequence[np.ndarray],
    similarities: Sequence[np.ndarray],
    threshold: float,
) -> Scores:
    """The same, of similarities that are known, a matrix per frame."""
    true_names = {name: row for row, name in enumerate(np.unique(np.concatenate(true_ids)))}
    found_names = {name: row for row, name in enumerate(np.unique(np.concatenate(found_ids)))}
    true_rows = [np.array([true_names[i] for i in ids], dtype=int) for ids in true_ids]
    found_rows = [np.array([found_names[i] for i in ids], dtype=int) for ids in found_ids]
    shape = len(true_names), len(found_names)
    matches, switches, fragments = _clear(true_rows, found_rows, similarities, threshold, shape)
    true_counts = np.bincount(np.concatenate(true_rows), minlength=shape[0])
    found_counts = np.bincount(np.concatenate(found_rows), minlength=shape[1])
    tp, ass = _hota(true_rows, found_rows, similarities, true_counts, found_counts)
    return Scores(
        len(true_rows), int(true_counts.sum()), int(found_counts.sum()), matches, switches, fragments,
        _identity(true_rows, found_rows, similarities, threshold, true_counts, found_counts),
        tp, ass, *shape,
    )  # fmt: skip


def _clear(true_rows, found_rows, similarities, threshold, shape):  # type: ignore[no-untyped-def]
    last = np.full(shape[0], -1)  # whom each true track was last matched with
    before = np.full(shape[0], -1)  # and whom in the frame before
    stretches = np.zeros(shape[0], dtype=int)
    matches = switches = 0
    for true, found, similar in zip(true_rows, found_rows, similarities, strict=True):
        if not (len(true) and len(found)):
            continue  # as TrackEval: such a frame ends no stretch
        now = np.full(shape[0], -1)
        kept = (before[true][:, None] == found[None]) * 1000.0
        cost = np.where(similar >= threshold - TINY, kept + similar, 0.0)
        rows, columns = linear_sum_assignment(-cost)
        good = cost[rows, columns] > TINY
        rows, columns = true[rows[good]], found[columns[good]]
        switches += int(((last[rows] >= 0) & (last[rows] != columns)).sum())
        last[rows] = now[rows] = columns
        matches += len(rows)
        stretches += (now >= 0) & (before < 0)
        before = now
    return matches, switches, int(np.maximum(stretches - 1, 0).sum())


def _identity(true_rows, found_rows, similarities, threshold, true_counts, found_counts):  # type: ignore[no-untyped-def]
    shape = len(true_counts), len(found_counts)
    together = np.zeros(shape)
    for true, found, similar in zip(true_rows, found_rows, similarities, strict=True):
        rows, columns = np.nonzero(similar >= threshold)
        together[true[rows], found[columns]] += 1
    if not together.size:
        return 0
    rows, columns = linear_sum_assignment(-together)
    return int(together[rows, columns].sum())


def _hota(true_rows, found_rows, similarities, true_counts, found_counts):  # type: ignore[no-untyped-def]
    shape = len(true_counts), len(found_counts)
    alike = np.zeros(shape)
    for true, found, similar in zip(true_rows, found_rows, similarities, strict=True):
        total = similar.sum(0)[None] + similar.sum(1)[:, None] - similar
        share = np.divide(similar, total, out=np.zeros_like(similar), where=total > TINY)
        alike[np.ix_(true, found)] += share
    jaccard = alike / (true_counts[:, None] + found_counts[None] - alike)
    matched = np.zeros((len(ALPHAS), *shape))
    for true, found, similar in zip(true_rows, found_rows, similarities, strict=True):
        if not (len(true) and len(found)):
            continue
        rows, columns = linear_sum_assignment(-(jaccard[np.ix_(true, found)] * similar))
        for place, alpha in enumerate(ALPHAS):
            good = similar[rows, columns] >= alpha - TINY
            matched[place, true[rows[good]], found[columns[good]]] += 1
    tp = matched.sum(axis=(1, 2))
    union = np.maximum(1, true_counts[:, None] + found_counts[None] - matched)
    return tp, (matched * matched / union).sum(axis=(1, 2))
