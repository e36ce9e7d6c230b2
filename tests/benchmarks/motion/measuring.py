"""Running the protocols: every model on every span, noise level and seed; and what to add up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from motion.edits import Edited, edit_advised, edit_worst
from motion.models import Given, Interpolator
from motion.noise import LEVELS, NoiseLevel, noisy
from motion.ours import LearnsHand
from motion.spacing import (
    COORDINATES,
    DROPPED_SPACING_S,
    SPACINGS_S,
    Filled,
    drop_frames,
    fill,
    spaced,
)
from motion.spans import Span

PROTOCOLS = ("a", "b", "b-middle", "b-stop", "c", "d")
_EDITS = PROTOCOLS[:4]


@dataclass(frozen=True)
class Row:
    """What came out for one span.

    Attributes:
        protocol, model, level, spacing_s, seed: what was done; the spacing is 0 in a and b.
        case, group, half, moves: of the span.
        frames, keyframes: of the span.
        filled: frames that are no keyframes.
        good: those with IoU >= .7.
        iou: sum of their IoU.
        worst: the lowest; 1 where none was filled.
        inside: how many have the truth in the stated 90 % interval, by coordinate.
        jointly: in the ellipsoid of all coordinates.
        stated: of how many, 0 where the model states nothing.
        expected: sum of the IoU that the model expects.
        took_s: how long it took, with what measuring costs.
    """

    protocol: str
    model: str
    level: str
    spacing_s: float
    seed: int
    case: str
    group: str
    half: str
    moves: bool
    frames: int
    keyframes: int
    filled: int
    good: int
    iou: float
    worst: float
    inside: tuple[int, ...] = ()
    jointly: int = 0
    stated: int = 0
    expected: float = 0.0
    took_s: float = 0.0


@dataclass(frozen=True)
class Task:
    """One run over all spans."""

    protocol: str
    model: Interpolator
    level: NoiseLevel
    seed: int
    spacing_s: float = 0.0

    def rows(self, spans: Sequence[Span]) -> list[Row]:
        found: list[Row] = []
        models: dict[str, Interpolator] = {}
        if isinstance(self.model, LearnsHand):
            for log in {span.log for span in spans}:
                givens = [self._given(span) for span in spans if span.log == log]
                models[log] = self.model.learned([given for given in givens if given is not None])
        for span in spans:
            start = time.perf_counter()
            row = replace(self, model=models.get(span.log, self.model))._row(span)
            if row is not None:
                found.append(replace(row, took_s=time.perf_counter() - start))
        return found

    def _row(self, span: Span) -> Row | None:
        make = partial(
            Row, self.protocol, self.model.name, self.level.name, self.spacing_s, self.seed,
            span.case, span.group, span.half, span.moves,
        )  # fmt: skip
        if self.protocol in _EDITS:
            edited = self._edited(span)
            return make(
                len(span), edited.keyframes, edited.filled, edited.good,
                edited.mean_iou * edited.filled, edited.worst_iou,
            )  # fmt: skip
        left = span if self.protocol == "c" else drop_frames(span, self.seed)
        if left is None:
            return None
        filled = fill(left, self.model, self.level, self.seed, self.spacing_s)
        count = len(filled.ious)
        return make(
            len(left), len(left) - count, count, filled.good, float(filled.ious.sum()),
            float(filled.ious.min(initial=1.0)), **_stated(filled),
        )  # fmt: skip

    def _given(self, span: Span) -> Given | None:
        """The keyframes of a span, in a protocol that says which they are."""
        left = span if self.protocol == "c" else drop_frames(span, self.seed)
        if left is None:
            return None
        poses = noisy(left, self.level, self.seed)
        return Given.of(left, poses, spaced(left.times_ns, self.spacing_s))

    def _edited(self, span: Span) -> Edited:
        if self.protocol == "a":
            return edit_worst(span, self.model, self.level, self.seed)
        return edit_advised(
            span, self.model, self.level, self.seed,
            stop_by_truth=self.protocol != "b-stop", middle=self.protocol == "b-middle",
        )  # fmt: skip


def _stated(filled: Filled) -> dict[str, Any]:
    if filled.inside is None or filled.jointly is None:
        return {}
    expected = 0.0 if filled.expected is None else float(filled.expected.sum())
    return {
        "inside": tuple(filled.inside.sum(axis=0).tolist()),
        "jointly": int(filled.jointly.sum()),
        "stated": len(filled.ious),
        "expected": expected,
    }


def tasks(protocols: Sequence[str], models: Sequence[Interpolator], seeds: int) -> Iterator[Task]:
    """Everything that is to be done; without noise all seeds are the same."""
    for protocol in protocols:
        for model in models:
            if protocol in ("b", "b-stop") and not hasattr(model, "advises"):
                continue
            if protocol not in ("c", "d") and isinstance(model, LearnsHand):
                continue
            for level in LEVELS:
                # Frames are dropped by the seed too.
                for seed in range(seeds if level.sigma_m or protocol == "d" else 1):
                    for spacing_s in _spacings_s(protocol):
                        yield Task(protocol, model, level, seed, spacing_s)


def _spacings_s(protocol: str) -> tuple[float, ...]:
    return {"c": SPACINGS_S, "d": (DROPPED_SPACING_S,)}.get(protocol, (0.0,))


_shared: tuple[Sequence[Span], Sequence[Task]] = ((), ())


def _begin(spans: Sequence[Span], work: Sequence[Task]) -> None:
    global _shared  # noqa: PLW0603  # what a worker process works on
    _shared = spans, work


def _run(number: int) -> list[Row]:
    spans, work = _shared
    return work[number].rows(spans)


def measure(
    spans: Sequence[Span],
    work: Sequence[Task],
    jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Row]:
    """The rows of all tasks, in their order; in several processes where `jobs` says so."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    found: list[Row] = []
    if jobs == 1:
        for done, task in enumerate(work, start=1):
            found += task.rows(spans)
            progress(done, len(work))
        return found
    # Logs cannot be sent to a process; one that is forked has them.
    forked = get_context("fork")
    with ProcessPoolExecutor(jobs, forked, initializer=_begin, initargs=(spans, work)) as pool:
        for done, rows in enumerate(pool.map(_run, range(len(work))), start=1):
            found += rows
            progress(done, len(work))
    return found


def keyframes_per_100(rows: Sequence[Row]) -> float:
    return 100 * sum(row.keyframes for row in rows) / max(sum(row.frames for row in rows), 1)


def mean_iou(rows: Sequence[Row]) -> float:
    return sum(row.iou for row in rows) / max(sum(row.filled for row in rows), 1)


def share_good(rows: Sequence[Row]) -> float:
    return sum(row.good for row in rows) / max(sum(row.filled for row in rows), 1)


def coverage(rows: Sequence[Row]) -> dict[str, float]:
    """Share of filled frames whose truth lies in the stated 90 % interval, by coordinate and jointly."""
    stated = [row for row in rows if row.stated]
    count = sum(row.stated for row in stated)
    if not count:
        return {}
    inside = np.sum([row.inside for row in stated], axis=0) / count
    return {
        **dict(zip(COORDINATES, map(float, inside), strict=True)),
        "jointly": sum(row.jointly for row in stated) / count,
        "mean IoU": mean_iou(stated),
        "expected IoU": sum(row.expected for row in stated) / count,
    }
