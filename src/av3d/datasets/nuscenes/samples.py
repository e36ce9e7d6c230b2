"""Which sweeps become samples (nuScenes' keyframes), and which sample a sweep belongs to."""

from __future__ import annotations

import numpy as np

from av3d.datasets.dataset import DatasetError
from av3d.types import NS_PER_S, IntArray


def choose_samples(timestamps_ns: IntArray, every_s: float) -> IntArray:
    """Indices of the sweeps that become samples, ascending.

    The grid starts at the first sweep. Each grid time takes the nearest sweep within half the
    spacing, so a dropped sweep moves one sample and not all that follow; a gap gives no sample. The
    last sweep is always a sample, in place of one that is closer than half the spacing: each sweep
    then has a sample that follows it, as nuScenes wants it, and no label at the end is lost.

    Args:
        timestamps_ns: strictly increasing, (N,), N >= 1.
        every_s: spacing of the grid.

    Raises:
        DatasetError: the spacing is not positive and finite.
    """
    if not (np.isfinite(every_s) and every_s * NS_PER_S >= 1):
        raise DatasetError(
            f"samples every {every_s} s", "keyframe_every_s", "give a positive number of seconds"
        )
    elapsed = (timestamps_ns - timestamps_ns[0]).astype(np.float64)
    every_ns = every_s * NS_PER_S
    cell = np.floor(elapsed / every_ns + 0.5)
    distance = np.abs(elapsed - cell * every_ns)
    # Within a cell the nearest sweep comes first, the earlier one on ties.
    order = np.lexsort((elapsed, distance, cell))
    _, first = np.unique(cell[order], return_index=True)
    chosen = np.sort(order[first])
    last = len(elapsed) - 1
    near_end = (elapsed[last] - elapsed[chosen] < every_ns / 2) & (chosen > 0)
    return np.append(chosen[~near_end], last) if last else chosen


def following_sample(key_times_ns: IntArray, times_ns: IntArray) -> IntArray:
    """The sample that data between samples belongs to: the next one, or the last at the end.

    Args:
        key_times_ns: time of each sample's own data in this channel, ascending, (S,), S >= 1.
        times_ns: times of data that are not of a sample, (N,).

    Returns:
        Indices of samples, (N,).
    """
    after = np.searchsorted(key_times_ns, times_ns, side="right")
    return np.asarray(np.minimum(after, len(key_times_ns) - 1), dtype=np.int64)


def key_times(sample_ns: IntArray, image_ns: list[int | None]) -> IntArray:
    """Time of each sample in one camera: its image's, or the usual offset where it has none.

    Args:
        sample_ns: times of the samples, (S,).
        image_ns: time of each sample's image, None where there is none.
    """
    offsets = [t - int(s) for s, t in zip(sample_ns, image_ns, strict=True) if t is not None]
    usual = int(np.median(offsets)) if offsets else 0
    times = [int(s) + usual if t is None else t for s, t in zip(sample_ns, image_ns, strict=True)]
    return np.maximum.accumulate(np.asarray(times, dtype=np.int64))


def microseconds(timestamps_ns: IntArray, stream: str) -> IntArray:
    """Times in whole microseconds, rounded to the nearest.

    Raises:
        DatasetError: two times of one stream become the same; file names would collide.
    """
    times = np.asarray((timestamps_ns + 500) // 1000, dtype=np.int64)
    same = np.flatnonzero(np.diff(times) <= 0)
    if len(same):
        raise DatasetError(
            f"entries {same[0]} and {same[0] + 1} are less than 1 microsecond apart",
            stream,
            "nuScenes counts in microseconds: remove one of them",
        )
    return times
