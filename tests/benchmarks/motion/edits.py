"""Protocols a and b: keyframes are added one after the other until every frame is good enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from motion.models import Fitted, Given, Interpolator, Sure
from motion.noise import NoiseLevel, noisy
from motion.overlap import ious_3d
from motion.spans import Span

from av3d.types import BoolArray, FloatArray, IntArray

GOOD_IOU = 0.7


@dataclass(frozen=True)
class Edited:
    """How a span ended.

    Attributes:
        keyframes: how many it took.
        worst_iou: the lowest true IoU of the other frames; 1 where there are none.
        mean_iou: their mean.
        good: how many of them have an IoU of at least GOOD_IOU.
        filled: how many there are.
    """

    keyframes: int
    worst_iou: float
    mean_iou: float
    good: int
    filled: int


def true_ious(span: Span, fitted: Fitted) -> FloatArray:
    """IoU of every frame of a span with the truth, (F,)."""
    states = fitted.states(span.times_ns)
    return ious_3d(
        span.centers_m, span.rotations, states.centers_m, states.rotations, span.size_lwh_m
    )


def edit_worst(span: Span, model: Interpolator, level: NoiseLevel, seed: int) -> Edited:
    """(a) Somebody who knows the truth adds a keyframe at the worst frame."""
    poses = noisy(span, level, seed)
    chosen = _first_and_last(span)
    while True:
        fitted = model.fit(Given.of(span, poses, np.flatnonzero(chosen)))
        ious = np.where(chosen, 2.0, true_ious(span, fitted))
        row = int(ious.argmin())
        if ious[row] >= GOOD_IOU:
            return _edited(ious, chosen)
        chosen[row] = True


def edit_advised(
    span: Span,
    model: Interpolator,
    level: NoiseLevel,
    seed: int,
    *,
    stop_by_truth: bool,
    middle: bool = False,
) -> Edited:
    """(b) Keyframes are added where the model wants them.

    Args:
        span: the truth.
        model: whose `fit` gives a `Sure`; of others the middle of the longest gap is taken.
        level, seed: of the noise.
        stop_by_truth: stop when every frame is good enough; else when the model thinks so.
        middle: take the middle of the longest gap in any case: what advice must be better than.
    """
    poses = noisy(span, level, seed)
    chosen = _first_and_last(span)
    while True:
        rows = np.flatnonzero(chosen)
        fitted = model.fit(Given.of(span, poses, rows))
        ious = np.where(chosen, 2.0, true_ious(span, fitted))
        free = np.flatnonzero(~chosen)
        measure = ious if stop_by_truth or not _is_sure(fitted) else np.full(len(span), 2.0)
        if measure is not ious and len(free):
            measure[free] = cast(Sure, fitted).expected_iou(span.times_ns[free])
        if measure.min() >= GOOD_IOU:
            return _edited(ious, chosen)
        if middle or not _is_sure(fitted):
            chosen[_middle(rows)] = True
        else:
            chosen[free[cast(Sure, fitted).next_keyframe(span.times_ns[free])]] = True


def _is_sure(fitted: Fitted) -> bool:
    return hasattr(fitted, "next_keyframe")


def _middle(rows: IntArray) -> int:
    """The middle of the longest gap between keyframes at `rows`."""
    left = int(np.diff(rows).argmax())
    return int(rows[left] + rows[left + 1]) // 2


def _first_and_last(span: Span) -> BoolArray:
    chosen: BoolArray = np.zeros(len(span), dtype=bool)
    chosen[[0, -1]] = True
    return chosen


def _edited(ious: FloatArray, chosen: BoolArray) -> Edited:
    filled = ious[~chosen]
    return Edited(
        int(chosen.sum()),
        float(filled.min(initial=1.0)),
        float(filled.mean()) if len(filled) else 1.0,
        int((filled >= GOOD_IOU).sum()),
        len(filled),
    )
