"""Frames: which image of each camera belongs to which sweep of the reference LiDAR."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from av3d.errors import Av3dError
from av3d.types import NS_PER_MS, IntArray

LATE_FRACTION = 0.2
"""An image is late (or early) when it is off its camera's usual phase by this part of a period."""


class SynchronisationError(Av3dError):
    """Timestamps that cannot be lined up."""


@dataclass(frozen=True)
class Frame:
    """One reference sweep and the image of each camera that belongs to it.

    Attributes:
        index: position in the log, from 0.
        timestamp_ns: reference time of the sweep.
        images: image index per camera name; None where the camera has no image for this frame.
    """

    index: int
    timestamp_ns: int
    images: Mapping[str, int | None]


@dataclass(frozen=True)
class CameraSync:
    """How the images of one camera line up with the frames.

    Attributes:
        images: images in the stream.
        matched: frames that have an image.
        offset_ms: median of image time minus sweep time over the matched frames.
        jitter_ms: largest departure from that median.
        missing_frames: frames without an image.
        doubled_images: image indices that follow another image by less than half a period.
        late_frames: frames whose image is off the usual phase by more than LATE_FRACTION periods.
        unused_images: images that belong to no frame (doubled ones, or no sweep at their time).
    """

    images: int
    matched: int
    offset_ms: float
    jitter_ms: float
    missing_frames: tuple[int, ...]
    doubled_images: tuple[int, ...]
    late_frames: tuple[int, ...]
    unused_images: int


@dataclass(frozen=True)
class SyncReport:
    """What synchronisation found.

    Attributes:
        period_ms: median time between reference sweeps; 0 for a single sweep.
        missing_sweeps_ns: estimated times of sweeps that are not there (gaps of the reference).
        cameras: one entry per camera.
    """

    period_ms: float
    missing_sweeps_ns: tuple[int, ...]
    cameras: Mapping[str, CameraSync]


def synchronise(
    reference_ns: IntArray,
    cameras_ns: Mapping[str, IntArray],
    tolerance_ns: int | None = None,
    phases_ns: Mapping[str, int] | None = None,
) -> tuple[tuple[Frame, ...], SyncReport]:
    """Match images to sweeps by time.

    Each camera fires at a steady phase relative to the sweeps. That phase is measured first, and
    each sweep takes the image nearest to its own time plus the phase, so that a camera half a
    period away is not matched now forward and now backward as its clock jitters.

    Args:
        reference_ns: times of the reference sweeps, strictly increasing, (N,).
        cameras_ns: times of each camera's images, strictly increasing.
        tolerance_ns: largest distance between image and sweep; default .75 of the sweep period
            (50 ms for a single sweep).
        phases_ns: usual image time minus sweep time of cameras whose phase the dataset knows; it
            is then not measured, and the tolerance counts from it. A measured phase cannot tell
            60 ms early from 40 ms late.

    Returns:
        The frames, one per sweep, and the report.

    Raises:
        SynchronisationError: times that do not increase.
    """
    check_increasing(reference_ns, "reference LiDAR")
    steps = np.diff(reference_ns)
    period = int(np.median(steps)) if len(steps) else 0
    tolerance = tolerance_ns if tolerance_ns is not None else int(0.75 * period) or 50 * NS_PER_MS
    matches: dict[str, IntArray] = {}
    reports: dict[str, CameraSync] = {}
    for name, times in cameras_ns.items():
        check_increasing(times, f"camera {name}")
        known = (phases_ns or {}).get(name)
        matches[name], reports[name] = _match(reference_ns, times, period, tolerance, known)
    frames = tuple(
        Frame(
            index,
            int(reference_ns[index]),
            {
                name: int(match[index]) if match[index] >= 0 else None
                for name, match in matches.items()
            },
        )
        for index in range(len(reference_ns))
    )
    report = SyncReport(period / NS_PER_MS, _missing_times(reference_ns, period), reports)
    return frames, report


def check_increasing(times_ns: IntArray, stream: str) -> None:
    """Raise SynchronisationError unless times strictly increase."""
    steps = np.diff(times_ns)
    if (steps <= 0).any():
        row = int(np.flatnonzero(steps <= 0)[0])
        raise SynchronisationError(
            f"timestamps do not increase: entry {row + 1} is {-int(steps[row]) / 1e6:.3f} ms before "
            f"entry {row}",
            stream,
            "sort the entries by time and remove doubled ones",
        )


def nearest(sorted_ns: IntArray, times_ns: IntArray) -> IntArray:
    """Index of the entry of `sorted_ns` (M,), M >= 1, nearest to each time (N,); earlier on ties."""
    right = np.clip(np.searchsorted(sorted_ns, times_ns), 1, max(len(sorted_ns) - 1, 1))
    left = right - 1
    right = np.minimum(right, len(sorted_ns) - 1)
    take_left = times_ns - sorted_ns[left] <= sorted_ns[right] - times_ns
    return np.asarray(np.where(take_left, left, right), dtype=np.int64)


def _match(
    reference: IntArray, images: IntArray, period: int, tolerance: int, known_phase: int | None
) -> tuple[IntArray, CameraSync]:
    """Image index per sweep, -1 for none, and the report of one camera."""
    match: IntArray = np.full(len(reference), -1, dtype=np.int64)
    if len(images) == 0 or len(reference) == 0:
        missing = tuple(range(len(reference)))
        return match, CameraSync(len(images), 0, 0.0, 0.0, missing, (), (), len(images))
    image_steps = np.diff(images)
    image_period = int(np.median(image_steps)) if len(image_steps) else period
    doubled = np.flatnonzero(image_steps < image_period / 2) + 1
    usable = np.setdiff1d(np.arange(len(images)), doubled)
    times = images[usable]
    phase = known_phase
    if phase is None:
        phase = _phase(reference, times, min(period, image_period) if period else 0)
    candidate = nearest(times, reference + phase)
    offset = times[candidate] - reference
    # Off by half a camera period or more means that the frame's own image is missing.
    limit = image_period / 2 if image_period else np.inf
    off_center = offset if known_phase is None else offset - known_phase
    good = (np.abs(off_center) <= tolerance) & (np.abs(offset - phase) <= limit)
    # An image serves one frame: the one it is closest to.
    order = np.argsort(np.abs(offset - phase), kind="stable")
    taken: set[int] = set()
    for row in order:
        if good[row] and int(candidate[row]) not in taken:
            taken.add(int(candidate[row]))
            match[row] = usable[candidate[row]]
    matched = match >= 0
    offsets = (images[match[matched]] - reference[matched]) / NS_PER_MS
    median = float(np.median(offsets)) if matched.any() else 0.0
    departure = np.abs(offsets - median)
    late_limit = LATE_FRACTION * (image_period or period) / NS_PER_MS
    late = np.flatnonzero(matched)[departure > late_limit] if late_limit else np.array([], int)
    return match, CameraSync(
        images=len(images),
        matched=int(matched.sum()),
        offset_ms=median,
        jitter_ms=float(departure.max()) if matched.any() else 0.0,
        missing_frames=tuple(int(row) for row in np.flatnonzero(~matched)),
        doubled_images=tuple(int(row) for row in doubled),
        late_frames=tuple(int(row) for row in late),
        unused_images=len(images) - int(matched.sum()),
    )


def _phase(reference: IntArray, images: IntArray, period: int) -> int:
    """Usual image time minus sweep time, within half a period either way (circular median)."""
    offset = images[nearest(images, reference)] - reference
    if not period:
        return int(np.median(offset))
    # Folding around the circular mean keeps a camera at +-half a period on one side.
    angle = offset / period * 2 * np.pi
    centre = np.angle(np.exp(1j * angle).mean()) / (2 * np.pi) * period
    folded = centre + (offset - centre + period / 2) % period - period / 2
    phase = float(np.median(folded))
    # Half a period early and half a period late are the same phase; the earlier image is taken.
    if phase > 0.45 * period:
        phase -= period
    return round(phase)


def _missing_times(reference: IntArray, period: int) -> tuple[int, ...]:
    missing: list[int] = []
    if period:
        for start, end in itertools.pairwise(reference):
            count = round(int(end - start) / period) - 1
            missing += [
                int(start) + round(int(end - start) * (k + 1) / (count + 1)) for k in range(count)
            ]
    return tuple(missing)
