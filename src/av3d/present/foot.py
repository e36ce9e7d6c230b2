"""The point of a curve that is nearest to the pointer on the screen.

A handle that can move in one way only, along an axis or around a ring, goes to this point. It is looked
for on the actual projection, so that it is right through any lens and shutter.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from av3d.types import BoolArray, FloatArray

Curve = Callable[[FloatArray], tuple[FloatArray, BoolArray]]
"""Pixels (N, 2) of parameters (N,) and which of them can be seen (N,)."""

FOUND_PX = 1e-4
"""Along the curve the foot is this exact."""

MAX_STEPS = 60


def foot(
    curve: Curve,
    target_px: FloatArray,
    samples: FloatArray,
    *,
    near: float | None = None,
    slack_px: float = 0.0,
    closed: bool = False,
) -> float | None:
    """The parameter of the nearest point to a place; None if nothing of the curve can be seen.

    Args:
        curve: the projected curve.
        target_px: the place, (2,).
        samples: parameters (N,), ascending and evenly spaced, close enough that between neighbours
            there is one nearest point at most.
        near: of several nearest points take the one closest to this parameter.
        slack_px: how much further away than the nearest of them it may be.
        closed: the last sample is the same point as the first; else the samples' ends are bounds.
    """
    pixels, seen = curve(samples)
    off_px = np.where(seen, np.hypot(*(pixels - target_px).T), np.inf)
    off_px[np.isnan(off_px)] = np.inf
    best = int(np.argmin(off_px))
    if not np.isfinite(off_px[best]):
        return None
    if near is not None:
        padded = np.concatenate([[np.inf], off_px, [np.inf]])
        lowest = (off_px <= padded[:-2]) & (off_px <= padded[2:])
        fair = np.flatnonzero(lowest & (off_px <= off_px[best] + slack_px))
        best = int(fair[np.argmin(np.abs(samples[fair] - near))])
    step = float(samples[1] - samples[0])
    low, high = float(samples[best]) - step, float(samples[best]) + step
    if not closed:
        low, high = max(low, float(samples[0])), min(high, float(samples[-1]))
    return _refined(curve, target_px, float(samples[best]), (low, high), 2e-3 * step)


def _refined(
    curve: Curve,
    target_px: FloatArray,
    first: float,
    bracket: tuple[float, float],
    width: float,
) -> float:
    """Newton's method for where the curve runs across the line of sight to the target.

    The bracket keeps it close; where Newton's step leaves it, it is halved instead.
    """
    low, high = bracket
    at = known = first
    for _ in range(MAX_STEPS):
        pixels, seen = curve(np.array([at - width, at, at + width]))
        if not seen.all():
            # Over the edge of what can be seen: back towards where it can.
            low, high = (low, at) if at > known else (at, high)
            if abs(at - known) < width:
                return known
            at = (at + known) / 2
            continue
        known = at
        slope = (pixels[2] - pixels[0]) / (2 * width)
        bend = (pixels[2] - 2 * pixels[1] + pixels[0]) / width**2
        past = float((pixels[1] - target_px) @ slope)
        if abs(past) <= FOUND_PX * float(np.linalg.norm(slope)):
            return at
        low, high = (low, at) if past > 0 else (at, high)
        if high - low <= 1e-12 * (1 + abs(at)):
            return at
        rise = float(slope @ slope + (pixels[1] - target_px) @ bend)
        wanted = at - past / rise if rise > 0 else np.nan
        # Not a number is in no bracket.
        at = float(wanted) if low < wanted < high else (low + high) / 2
    return at
