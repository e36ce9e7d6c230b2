"""How well tracks agree over time: CLEAR MOT, IDF1 and HOTA.

* CLEAR MOT: K. Bernardin and R. Stiefelhagen, "Evaluating multiple object tracking performance: the
  CLEAR MOT metrics", EURASIP Journal on Image and Video Processing 2008.
* IDF1: E. Ristani et al., "Performance measures and a data set for multi-target, multi-camera
  tracking", ECCV workshops 2016.
* HOTA: J. Luiten et al., "HOTA: a higher order metric for evaluating multi-object tracking",
  International Journal of Computer Vision 129 (2021) 548.

Numbers are those of TrackEval, the reference implementation of HOTA, where it decides what the papers
leave open (`tests/benchmarks/agreement_reference.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from av3d.qa.agreement.assignment import assigned
from av3d.qa.agreement.pairs import Pairs
from av3d.types import FloatArray, IntArray

ALPHAS: FloatArray = np.arange(0.05, 0.99, 0.05)
"""Similarities from which on HOTA counts two as the same, over which it is averaged."""
_TINY = float(np.finfo(float).eps)
_KEPT = 1000.0
"""What a match is worth more when it goes on from the frame before."""
MOSTLY, HARDLY = 0.8, 0.2
"""Part of its cuboids from which on a track is mostly found, and below which it is mostly lost."""


@dataclass(frozen=True, eq=False)
class Tracking:
    """Sums over frames; those of several classes or logs may be added up.

    Attributes:
        found, true: cuboids of A, and of B, which counts as the truth.
        matches, switches, fragments: of CLEAR MOT.
        similarity: sum over its matches.
        mostly_found, mostly_lost, true_tracks, found_tracks: tracks.
        identity_matches: of IDF1.
        hota_matches, hota_association, hota_similarity: by ALPHAS, (19,): matches, sum over matches
            of how well their tracks belong together, sum of similarities.
    """

    found: int
    true: int
    matches: int
    switches: int
    fragments: int
    similarity: float
    mostly_found: int
    mostly_lost: int
    true_tracks: int
    found_tracks: int
    identity_matches: int
    hota_matches: FloatArray
    hota_association: FloatArray
    hota_similarity: FloatArray

    def __add__(self, other: Tracking) -> Tracking:
        return Tracking(
            *(getattr(self, one.name) + getattr(other, one.name) for one in fields(self))
        )

    @property
    def mota(self) -> float:
        """1 less what is missed, false or switched, by what is true; may be below 0."""
        wrong = self.true + self.found - 2 * self.matches + self.switches
        return 1.0 - wrong / max(1, self.true)

    @property
    def motp(self) -> float:
        """Mean similarity of matches."""
        return self.similarity / max(1, self.matches)

    @property
    def recall(self) -> float:
        """Part of what is true that matches."""
        return self.matches / max(1, self.true)

    @property
    def precision(self) -> float:
        """Part of what was found that matches."""
        return self.matches / max(1, self.found)

    @property
    def idf1(self) -> float:
        return 2 * self.identity_matches / max(1, self.true + self.found)

    @property
    def deta_by_alpha(self) -> FloatArray:
        """Part of all cuboids, of A and B, that match, (19,)."""
        either = np.maximum(1, self.true + self.found - self.hota_matches)
        return np.asarray(self.hota_matches / either)

    @property
    def assa_by_alpha(self) -> FloatArray:
        """How well the tracks of matches belong together, (19,)."""
        return np.asarray(self.hota_association / np.maximum(1, self.hota_matches))

    @property
    def deta(self) -> float:
        return float(self.deta_by_alpha.mean())

    @property
    def assa(self) -> float:
        return float(self.assa_by_alpha.mean())

    @property
    def hota(self) -> float:
        return float(np.sqrt(self.deta_by_alpha * self.assa_by_alpha).mean())

    @property
    def loca(self) -> float:
        """Mean similarity of HOTA's matches."""
        some = np.maximum(1e-10, self.hota_similarity) / np.maximum(1e-10, self.hota_matches)
        return float(some.mean())

    def as_dict(self) -> dict[str, float | int | None]:
        """The numbers that are read, as JSON values; no MOTA where nothing is true."""
        return {
            "hota": self.hota,
            "deta": self.deta,
            "assa": self.assa,
            "loca": self.loca,
            "idf1": self.idf1,
            "mota": self.mota if self.true else None,
            "motp": self.motp,
            "switches": self.switches,
            "fragments": self.fragments,
            "mostly_found": self.mostly_found,
            "mostly_lost": self.mostly_lost,
            "tracks_a": self.found_tracks,
            "tracks_b": self.true_tracks,
        }


def tracking(pairs: Pairs, similarities: FloatArray, threshold: float, rows: Rows) -> Tracking:
    """Compare the tracks of A with those of B.

    Args:
        pairs: of both sides.
        similarities: of the pairs, 0 to 1, (P,).
        threshold: from which similarity on two are the same, for CLEAR MOT and IDF1.
        rows: the cuboids that are compared.
    """
    return _Frames(pairs, similarities, rows).sums(threshold)


@dataclass(frozen=True, eq=False)
class Rows:
    """Cuboids of both sides that are compared, ascending: those of one category, or all."""

    a: IntArray
    b: IntArray


class _Frames:
    """The chosen cuboids of all frames, with tracks numbered from 0 and a matrix for each frame."""

    def __init__(self, pairs: Pairs, similarities: FloatArray, rows: Rows) -> None:
        a, b = pairs.a, pairs.b
        self.found_names, self.found = np.unique(a.rows[rows.a], return_inverse=True)
        self.true_names, self.true = np.unique(b.rows[rows.b], return_inverse=True)
        # Where each cuboid is among the chosen ones, -1 for others.
        places = [np.full(len(side), -1, dtype=np.int64) for side in (a, b)]
        places[0][rows.a], places[1][rows.b] = np.arange(len(rows.a)), np.arange(len(rows.b))
        some = (similarities > 0) & (places[0][pairs.a_rows] >= 0) & (places[1][pairs.b_rows] >= 0)
        self.columns, self.rows = places[0][pairs.a_rows[some]], places[1][pairs.b_rows[some]]
        self.alike, frames = similarities[some], pairs.frames[some]
        edges = np.arange(len(a.times_ns) + 1)
        self.edges = [
            np.searchsorted(values, edges)
            for values in (a.frames[rows.a], b.frames[rows.b], frames)
        ]
        # Tracks that meet anywhere, and which of these each pair is.
        codes = self.true[self.rows] * max(1, len(self.found_names)) + self.found[self.columns]
        self.meetings, self.meeting = np.unique(codes, return_inverse=True)
        self.true_counts = np.bincount(self.true, minlength=len(self.true_names))
        self.found_counts = np.bincount(self.found, minlength=len(self.found_names))

    def sums(self, threshold: float) -> Tracking:
        clear = self._clear(threshold)
        return Tracking(
            len(self.found), len(self.true), *clear, len(self.true_names), len(self.found_names),
            self._identity(threshold), *self._hota(),
        )  # fmt: skip

    def _frames(self) -> list[tuple[slice, slice, slice]]:
        """Chosen cuboids of A, of B and pairs, of the frames in which both sides have some."""
        found = []
        for k in range(len(self.edges[0]) - 1):
            a, b, pairs = (slice(int(e[k]), int(e[k + 1])) for e in self.edges)
            if a.stop > a.start and b.stop > b.start:
                found.append((a, b, pairs))
        return found

    def _clear(self, threshold: float) -> tuple[int, int, int, float, int, int]:
        from scipy.optimize import linear_sum_assignment

        count = len(self.true_names)
        last = np.full(count, -1)  # whom each true track was last matched with
        before = np.full(count, -1)  # and whom in the frame before
        parts, matched = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
        matches, switches, similarity = 0, 0, 0.0
        for a, b, pairs in self._frames():
            found, true = self.found[a], self.true[b]
            alike = np.zeros((len(true), len(found)))
            alike[self.rows[pairs] - b.start, self.columns[pairs] - a.start] = self.alike[pairs]
            kept = _KEPT * (before[true][:, None] == found[None])
            gains = np.where(alike >= threshold - _TINY, kept + alike, 0.0)
            rows, columns = linear_sum_assignment(-gains)
            good = gains[rows, columns] > _TINY
            rows, columns = rows[good], columns[good]
            tracks, others = true[rows], found[columns]
            switches += int(((last[tracks] >= 0) & (last[tracks] != others)).sum())
            now = np.full(count, -1)
            last[tracks] = now[tracks] = others
            parts += (now >= 0) & (before < 0)
            matched[tracks] += 1
            matches += len(rows)
            similarity += float(alike[rows, columns].sum())
            before = now
        share = matched / self.true_counts if len(self.found) else np.zeros(count)
        mostly = int((share > MOSTLY).sum())
        lost = count - int((share >= HARDLY).sum())
        return matches, switches, int(np.maximum(parts - 1, 0).sum()), similarity, mostly, lost

    def _identity(self, threshold: float) -> int:
        """The most matches when each track has one partner for good."""
        good = self.meeting[self.alike >= threshold]
        together = np.bincount(good, minlength=len(self.meetings)).astype(np.float64)
        some = np.flatnonzero(together)
        true, found = np.divmod(self.meetings[some], max(1, len(self.found_names)))
        return int(together[some][assigned(true, found, together[some])].sum())

    def _hota(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        from scipy.optimize import linear_sum_assignment

        rest = np.bincount(self.rows, self.alike, len(self.true))[self.rows]
        rest = rest + np.bincount(self.columns, self.alike, len(self.found))[self.columns]
        share = self.alike / np.maximum(rest - self.alike, _TINY)
        alike = np.bincount(self.meeting, share, len(self.meetings))
        true, found = np.divmod(self.meetings, max(1, len(self.found_names)))
        cuboids = self.true_counts[true] + self.found_counts[found]
        belonging = (alike / np.maximum(cuboids - alike, _TINY))[self.meeting]
        worth = belonging * self.alike
        counts = np.zeros((len(ALPHAS), len(self.meetings)))
        similarity = np.zeros(len(ALPHAS))
        for a, b, pairs in self._frames():
            places = np.full((b.stop - b.start, a.stop - a.start), -1, dtype=np.int64)
            places[self.rows[pairs] - b.start, self.columns[pairs] - a.start] = np.arange(
                pairs.start, pairs.stop
            )
            gains = np.zeros(places.shape)
            there = places >= 0
            gains[there] = worth[places[there]]
            chosen = places[linear_sum_assignment(-gains)]
            chosen = chosen[chosen >= 0]
            good = self.alike[chosen][None] >= ALPHAS[:, None] - _TINY
            # Tracks meet once in a frame: no place comes twice.
            counts[:, self.meeting[chosen]] += good
            similarity += (good * self.alike[chosen]).sum(axis=1)
        association = counts * counts / np.maximum(1, cuboids - counts)
        return counts.sum(axis=1), association.sum(axis=1), similarity
