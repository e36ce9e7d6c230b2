"""Joining sweeps that are given in one frame of reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from av3d.logs.sweep import Sweep
from av3d.types import IntArray


def at_time(sweep: Sweep, timestamp_ns: int) -> Sweep:
    """The same points under another reference time; times of points count from it."""
    if sweep.timestamp_ns == timestamp_ns:
        return sweep
    offset_ns = sweep.time_offset_ns
    if offset_ns is not None:
        offset_ns = offset_ns + (sweep.timestamp_ns - timestamp_ns)
    return replace(sweep, timestamp_ns=timestamp_ns, time_offset_ns=offset_ns)


def at_step(sweep: Sweep, timestamp_ns: int, step: int) -> Sweep:
    """The same points under another reference time, all with times and with the value "step"."""
    if sweep.time_offset_ns is None:
        sweep = replace(sweep, time_offset_ns=np.zeros(len(sweep), dtype=np.int64))
    steps = np.full(len(sweep), step, dtype=np.int16)
    return replace(at_time(sweep, timestamp_ns), extra={**sweep.extra, "step": steps})


def selected_points(sweep: Sweep, rows: IntArray) -> Sweep:
    """Some of the points of a sweep, with all their values.

    Args:
        sweep: the sweep.
        rows: which points, (M,).
    """
    return replace(
        sweep,
        points_m=sweep.points_m[rows],
        intensity=None if sweep.intensity is None else sweep.intensity[rows],
        time_offset_ns=None if sweep.time_offset_ns is None else sweep.time_offset_ns[rows],
        extra={name: values[rows] for name, values in sweep.extra.items()},
    )


def no_points(timestamp_ns: int) -> Sweep:
    """The cloud of a frame to which none of the chosen LiDARs has a sweep."""
    return Sweep("ego", timestamp_ns, np.zeros((0, 3), dtype=np.float32))


def merge_sweeps(parts: Sequence[Sweep]) -> Sweep:
    """Join sweeps that are given in one frame at one time; values that some lack are left out."""
    # Sweeps without points have no say in which values all share.
    parts = [part for part in parts if len(part)] or parts[:1]
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    intensities = [part.intensity for part in parts if part.intensity is not None]
    offsets = [part.time_offset_ns for part in parts if part.time_offset_ns is not None]
    shared = set.intersection(*(set(part.extra) for part in parts))
    return Sweep(
        first.lidar,
        first.timestamp_ns,
        np.concatenate([part.points_m for part in parts]),
        np.concatenate(intensities) if len(intensities) == len(parts) else None,
        np.concatenate(offsets) if len(offsets) == len(parts) else None,
        {name: np.concatenate([part.extra[name] for part in parts]) for name in sorted(shared)},
        all(part.motion_compensated for part in parts),
    )
