"""Frames: which image of each camera belongs to which sweep of the reference LiDAR."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import overload

import numpy as np

from av3d.logs.rhythm import (
    Rhythm,
    Slots,
    SynchronisationError,
    assign,
    camera_slots,
    check_increasing,
    nearest,
    rhythm,
)
from av3d.types import NS_PER_MS, BoolArray, IntArray

__all__ = [
    "CameraSync",
    "Frame",
    "Frames",
    "SyncReport",
    "SynchronisationError",
    "check_increasing",
    "nearest",
    "synchronise",
]

LATE_FRACTION = 0.2
"""An image is late (or early) when it is off its camera's usual phase by this part of a period."""

SINGLE_SWEEP_TOLERANCE_NS = 100 * NS_PER_MS
"""How far an image may be from the only sweep of a log: one revolution at 10 Hz."""


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


class Frames(Sequence[Frame]):
    """The frames of a log in time order, each made when it is asked for.

    An hour has 36,000 of them; whoever needs all times takes `timestamps_ns`.

    Args:
        timestamps_ns: times of the reference sweeps, strictly increasing, (N,).
        images: per camera name the image index of each frame, -1 for none, (N,).
    """

    def __init__(self, timestamps_ns: IntArray, images: Mapping[str, IntArray]) -> None:
        self.timestamps_ns = timestamps_ns
        self._images = dict(images)

    def __len__(self) -> int:
        return len(self.timestamps_ns)

    @overload
    def __getitem__(self, index: int) -> Frame: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Frame, ...]: ...

    def __getitem__(self, index: int | slice) -> Frame | tuple[Frame, ...]:
        if isinstance(index, slice):
            return tuple(self[each] for each in range(len(self))[index])
        index = range(len(self))[index]
        images = {
            name: int(rows[index]) if rows[index] >= 0 else None
            for name, rows in self._images.items()
        }
        return Frame(index, int(self.timestamps_ns[index]), MappingProxyType(images))

    def __iter__(self) -> Iterator[Frame]:
        return (self[index] for index in range(len(self)))

    def images(self, camera: str) -> IntArray:
        """The image of a camera in each frame, -1 for none, (N,)."""
        return self._images[camera]

    def between(self, start_ns: int, end_ns: int) -> range:
        """Indices of the frames from one time to another, both included."""
        first = int(np.searchsorted(self.timestamps_ns, start_ns))
        return range(first, int(np.searchsorted(self.timestamps_ns, end_ns, side="right")))

    def nearest(self, timestamp_ns: int) -> int:
        """Index of the frame nearest to a time; the earlier one of two."""
        return int(nearest(self.timestamps_ns, np.array([timestamp_ns]))[0])


@dataclass(frozen=True)
class CameraSync:
    """How the images of one camera line up with the frames.

    What is missing at the very start or end of a stream cannot be known: a recording begins and ends
    somewhere. Frames are there, however, so a frame without its image is reported wherever it is.

    Attributes:
        images: images in the stream.
        matched: frames that have an image.
        offset_ms: median of image time minus sweep time over the matched frames.
        jitter_ms: largest departure from that median.
        missing_frames: frames that lack the image that the camera's rhythm has for them. (A camera
            at half the rate of the sweeps has an image for every other frame only.)
        doubled_images: images that repeat another one less than half a period away.
        late_frames: frames whose image is off the usual phase by more than LATE_FRACTION periods.
        unused_images: images that belong to no frame (doubled ones, no sweep at their time, a camera
            faster than the sweeps).
        period_ms: usual time between images; 0 if there are fewer than two.
        missing_images_ns: estimated times of images that the stream lacks, those of missing sweeps
            included.
    """

    images: int
    matched: int
    offset_ms: float
    jitter_ms: float
    missing_frames: tuple[int, ...]
    doubled_images: tuple[int, ...]
    late_frames: tuple[int, ...]
    unused_images: int
    period_ms: float = 0.0
    missing_images_ns: tuple[int, ...] = ()

    @classmethod
    def without_images(cls, frames: int) -> CameraSync:
        """Of a camera that has no images: every frame lacks one."""
        return cls(0, 0, 0.0, 0.0, tuple(range(frames)), (), (), 0)


@dataclass(frozen=True)
class SyncReport:
    """What synchronisation found.

    Attributes:
        period_ms: median time between reference sweeps; 0 for a single sweep.
        missing_sweeps_ns: estimated times of sweeps that are not there (gaps of the reference).
        cameras: one entry per camera.
        pauses_ns: start and end of gaps of more than PAUSE_PERIODS periods; the sweeps that would
            have been in them do not count as missing.
    """

    period_ms: float
    missing_sweeps_ns: tuple[int, ...]
    cameras: Mapping[str, CameraSync]
    pauses_ns: tuple[tuple[int, int], ...] = ()


def synchronise(
    reference_ns: IntArray,
    cameras_ns: Mapping[str, IntArray],
    tolerance_ns: int | None = None,
    phases_ns: Mapping[str, int] | None = None,
) -> tuple[Frames, SyncReport]:
    """Match images to sweeps by time.

    Each camera fires at a steady phase relative to the sweeps. That phase is measured first, and
    each sweep takes the image nearest to its own time plus the phase, so that a camera half a
    period away is not matched now forward and now backward as its clock jitters. Of two phases that
    differ by a whole period the one nearer to the sweep is meant; at about half a period the earlier
    one. Images serve one frame each, in order.

    Args:
        reference_ns: times of the reference sweeps, strictly increasing, (N,).
        cameras_ns: times of each camera's images, strictly increasing.
        tolerance_ns: largest distance between image and sweep; default .75 of the sweep period
            (100 ms for a single sweep).
        phases_ns: usual image time minus sweep time of cameras whose phase the dataset knows; it
            is then not measured, and the tolerance counts from it. A measured phase cannot tell
            60 ms early from 40 ms late.

    Returns:
        The frames, one per sweep, and the report.

    Raises:
        SynchronisationError: times that do not increase.
    """
    check_increasing(reference_ns, "reference LiDAR")
    sweeps = rhythm(reference_ns)
    tolerance = tolerance_ns
    if tolerance is None:
        tolerance = int(0.75 * sweeps.period_ns) or SINGLE_SWEEP_TOLERANCE_NS
    matches: dict[str, IntArray] = {}
    reports: dict[str, CameraSync] = {}
    for name, times in cameras_ns.items():
        check_increasing(times, f"camera {name}")
        known = (phases_ns or {}).get(name)
        matches[name], reports[name] = _match(reference_ns, sweeps, times, tolerance, known)
    report = SyncReport(sweeps.period_ns / NS_PER_MS, sweeps.missing_ns, reports, sweeps.pauses_ns)
    return Frames(reference_ns, matches), report


def _match(
    reference: IntArray,
    sweeps: Rhythm,
    images: IntArray,
    tolerance: int,
    known_phase: int | None,
) -> tuple[IntArray, CameraSync]:
    """Image index per sweep, -1 for none, and the report of one camera."""
    match: IntArray = np.full(len(reference), -1, dtype=np.int64)
    if len(images) == 0 or len(reference) == 0:
        missing = tuple(range(len(reference)))
        return match, CameraSync(len(images), 0, 0.0, 0.0, missing, (), (), len(images))
    slots = camera_slots(reference, sweeps, images, known_phase)
    slot_of_image = assign(images, slots.times_ns, slots.spacing_ns)
    used = np.flatnonzero(slot_of_image >= 0)
    sweep_of_image = slots.sweep[slot_of_image[used]]
    used, sweep_of_image = used[sweep_of_image >= 0], sweep_of_image[sweep_of_image >= 0]
    usual = reference[sweep_of_image] + (known_phase or 0)
    near = np.abs(images[used] - usual) <= tolerance
    match[sweep_of_image[near]] = used[near]
    matched = match >= 0
    offsets = (images[match[matched]] - reference[matched]) / NS_PER_MS
    median = float(np.median(offsets)) if matched.any() else 0.0
    departure = np.abs(offsets - median)
    late: IntArray = np.zeros(0, dtype=np.int64)
    if slots.locked:
        late_ms = LATE_FRACTION * slots.period_ns / NS_PER_MS
        late = np.flatnonzero(matched)[departure > late_ms]
    unassigned = slot_of_image < 0
    steps = np.diff(images)
    close = steps < min(slots.spacing_ns, slots.period_ns) / 2
    beside = np.append(close, False) | np.insert(close, 0, False)
    missing_frames, missing_images = _missing(slots, slot_of_image, matched, images, unassigned)
    return match, CameraSync(
        images=len(images),
        matched=int(matched.sum()),
        offset_ms=median,
        jitter_ms=float(departure.max()) if matched.any() else 0.0,
        missing_frames=missing_frames,
        doubled_images=tuple(np.flatnonzero(unassigned & beside).tolist()),
        late_frames=tuple(late.tolist()),
        unused_images=len(images) - int(matched.sum()),
        period_ms=slots.period_ns / NS_PER_MS if len(images) > 1 else 0.0,
        missing_images_ns=missing_images,
    )


def _missing(
    slots: Slots,
    slot_of_image: IntArray,
    matched: BoolArray,
    images: IntArray,
    unassigned: BoolArray,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Frames that lack their image, and estimated times of the images that are not there."""
    if not slots.regular:
        # No rhythm that says which frame has an image: gaps in the stream are all that is known.
        missing_images = rhythm(images[~unassigned]).missing_ns if (~unassigned).any() else ()
        slow = slots.period_ns > 1.25 * slots.spacing_ns
        frames = () if slow else tuple(np.flatnonzero(~matched).tolist())
        return frames, missing_images
    filled = np.zeros(len(slots.times_ns), dtype=bool)
    filled[slot_of_image[slot_of_image >= 0]] = True
    rows = np.flatnonzero(filled)
    first, last = (int(rows[0]), int(rows[-1])) if len(rows) else (0, -1)
    empty = np.flatnonzero(~filled)
    # At the ends of the stream only frames, which are there, say that an image is not.
    known = empty[((empty > first) & (empty < last)) | (slots.sweep[empty] >= 0)]
    serving = slots.sweep[slots.sweep >= 0]
    frames = tuple(serving[~matched[serving]].tolist())
    return frames, tuple(slots.times_ns[known].tolist())
