"""What cuboids of a log look like, learnt from its own labels: most of them are right.

A picture at a cuboid shows an object within its outline, one beside it shows half of it or the street.
A linear discriminant tells the two apart (ridge regression on +1 and -1). It is learnt without the
track that it judges, in folds, so that no wrong label speaks for itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
from scipy.linalg import solve

from av3d.qa.pictures import ASIDE, LENGTH, Pictures
from av3d.types import Float32Array, FloatArray

FOLDS = 8
LEAST_TRACKS = 10
"""Of fewer tracks nothing can be learnt."""
MOST_TRACKS = 400
"""More teach nothing new."""
RIDGE = 1.0
"""How much is held back of what few pictures say."""


@dataclass(frozen=True, eq=False)
class Look:
    """How much a track looks like an object where it is, and beside.

    Attributes:
        own: mean over its images; about 1 on an object, -1 beside one.
        best: the same at the best of the places beside it.
        images: how many.
    """

    own: float
    best: float
    images: int


@dataclass(eq=False)
class Appearance:
    """The pictures of all tracks, and sums over them that are made again only where tracks changed."""

    tracks: dict[str, Pictures] = field(default_factory=dict)
    _looks: dict[str, Look] = field(default_factory=dict)
    _sums: dict[int, tuple[tuple[Pictures, ...], FloatArray, FloatArray, FloatArray]] = field(
        default_factory=dict
    )

    def looks(self, tracks: Mapping[str, Pictures]) -> dict[str, Look]:
        """How tracks look, by ID: those with pictures, if there are enough to learn from."""
        known = {track_id: one for track_id, one in tracks.items() if one.by_place}
        if known == self.tracks:
            return self._looks
        self.tracks, self._looks = known, {}
        if len(self.tracks) < LEAST_TRACKS:
            return self._looks
        members: dict[int, list[str]] = {fold: [] for fold in range(FOLDS)}
        for track_id in sorted(self.tracks, key=lambda one: (crc32(one.encode()), one)):
            members[_fold(track_id)].append(track_id)
        sums = {fold: self._summed(fold, members[fold]) for fold in range(FOLDS)}
        for fold, track_ids in members.items():
            if track_ids:
                weights = _learnt([sums[other] for other in range(FOLDS) if other != fold])
                if weights is not None:
                    self._looks.update((one, _look(self.tracks[one], weights)) for one in track_ids)
        return self._looks

    def _summed(self, fold: int, track_ids: list[str]) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Sums over the pictures of a fold: of those at cuboids and of those beside.

        Returns:
            Products (2, L + 1, L + 1), the pictures themselves (2, L + 1), and how many (2,).
        """
        used = tuple(self.tracks[one] for one in track_ids[: MOST_TRACKS // FOLDS])
        known = self._sums.get(fold)
        if known is None or known[0] != used:
            stacks = [stack for one in used for stack in one.by_place.values()]
            rows = (
                np.stack(stacks) if stacks else np.zeros((0, len(ASIDE), LENGTH), dtype=np.float32)
            )
            parts = [_with_one(rows[:, 0]), _with_one(rows[:, 1:].reshape(-1, LENGTH))]
            known = self._sums[fold] = (
                used,
                np.stack([part.T @ part for part in parts]),
                np.stack([part.sum(axis=0) for part in parts]),
                np.array([float(len(part)) for part in parts]),
            )
        return known[1:]


def _fold(track_id: str) -> int:
    return crc32(track_id.encode()) % FOLDS


def _with_one(pictures: Float32Array) -> FloatArray:
    """Pictures that are known, with a number that is always 1, (N, L + 1)."""
    known = pictures[np.isfinite(pictures[:, 0])].astype(np.float64)
    return np.concatenate([known, np.ones((len(known), 1))], axis=1)


def _learnt(sums: list[tuple[FloatArray, FloatArray, FloatArray]]) -> FloatArray | None:
    """What tells pictures at cuboids from those beside, (L + 1,); None without both kinds."""
    counts = np.sum([one[2] for one in sums], axis=0)
    if not counts.all():
        return None
    # There are more places beside cuboids; both kinds count alike, as much as those at cuboids.
    weights = counts[0] / counts
    products = np.tensordot(weights, sum(one[0] for one in sums), axes=1)
    means = np.einsum("k,ki->i", weights * [1.0, -1.0], np.sum([one[1] for one in sums], axis=0))
    products[np.diag_indices(len(products))] += RIDGE
    return np.asarray(solve(products, means, assume_a="pos", check_finite=False))


def _look(one: Pictures, weights: FloatArray) -> Look:
    stacks = np.stack(list(one.by_place.values())).astype(np.float64)
    scores = stacks @ weights[:-1] + weights[-1]
    known = np.isfinite(scores)
    sums = np.where(known, scores, 0.0).sum(axis=0)
    means = np.where(
        known.sum(axis=0) * 2 > len(stacks), sums / np.maximum(known.sum(axis=0), 1), -9.0
    )
    return Look(float(means[0]), float(means[1:].max()), len(stacks))
