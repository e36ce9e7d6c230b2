"""The rhythm of a stream: its period, what is missing in it, and where a camera's images are due."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from av3d.errors import Av3dError
from av3d.types import NS_PER_MS, IntArray

PAUSE_PERIODS = 100
"""A gap of more periods than this is a pause of the recording and not a row of lost sweeps."""

SKIP_COST = 0.45
"""Cost, in periods, of leaving an image or a slot empty: an image may be late by twice this much.

An image that is late by more than half a period is nearer to the next one's time. It still is taken
for the image that otherwise would be missing, because it and the next one come in order.
"""

LOCKED = 0.4
"""Least concentration of a camera's phase (0 evenly spread, 1 all the same) that counts as steady."""


class SynchronisationError(Av3dError):
    """Timestamps that cannot be lined up."""


MAX_FASTER = 100
"""Most images per sweep that make a rhythm; more are two clocks that have nothing in common."""


@dataclass(frozen=True)
class Rhythm:
    """A stream of sweeps with its gaps filled in.

    Attributes:
        period_ns: median step; 0 for fewer than two times.
        missing_ns: estimated times of what is not there, spread evenly over each gap.
        pauses_ns: start and end of gaps too long to count.
    """

    period_ns: int
    missing_ns: tuple[int, ...]
    pauses_ns: tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class Slots:
    """Times at which a camera's images are due.

    Attributes:
        times_ns: increasing, (S,).
        sweep: the frame that an image in this slot serves, or -1, (S,).
        period_ns: usual time between images.
        spacing_ns: what a distance between image and slot is measured in: the shorter of the
            periods of camera and sweeps.
        locked: whether the camera keeps a steady phase to the sweeps.
        regular: whether there is one slot for each image that the camera should have taken.
    """

    times_ns: IntArray
    sweep: IntArray
    period_ns: int
    spacing_ns: int
    locked: bool
    regular: bool


def whole_times(timestamps_ns: npt.ArrayLike) -> IntArray:
    """Times as a read-only int64 array (N,); SynchronisationError if they are not whole numbers."""
    given = np.asarray(timestamps_ns)
    # A float holds a time of day to a few hundred nanoseconds only, and may be in seconds.
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise SynchronisationError(
            f"times must be a list of whole numbers of nanoseconds, got {given.dtype} of shape "
            f"{given.shape}"
        )
    times = given.astype(np.int64)
    times.flags.writeable = False
    return times


def check_increasing(times_ns: IntArray, stream: str) -> None:
    """Raise SynchronisationError unless times strictly increase."""
    # Compared and not subtracted: the difference of two huge times overflows.
    wrong = times_ns[1:] <= times_ns[:-1]
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        back_ns = int(times_ns[row]) - int(times_ns[row + 1])
        how = f"is {back_ns / 1e6:.3f} ms before" if back_ns else "has the same time as"
        raise SynchronisationError(
            f"timestamps do not increase: entry {row + 1} {how} entry {row}",
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


def rhythm(times_ns: IntArray) -> Rhythm:
    """Period and gaps of a stream of strictly increasing times (N,)."""
    steps = np.diff(times_ns)
    period = int(np.median(steps)) if len(steps) else 0
    missing: list[int] = []
    pauses: list[tuple[int, int]] = []
    if period:
        for row in np.flatnonzero(steps > 1.5 * period):
            start, step = int(times_ns[row]), int(steps[row])
            count = round(step / period)
            if count > PAUSE_PERIODS:
                pauses.append((start, start + step))
                continue
            missing += [start + round(step * k / count) for k in range(1, count)]
    return Rhythm(period, tuple(missing), tuple(pauses))


def camera_slots(
    reference_ns: IntArray, sweeps: Rhythm, images_ns: IntArray, known_phase_ns: int | None
) -> Slots:
    """Where the images of a camera are due.

    Args:
        reference_ns: times of the sweeps, (N,), N >= 1.
        sweeps: their rhythm.
        images_ns: times of the camera's images, (M,), M >= 1.
        known_phase_ns: usual image time minus sweep time; None: it is measured.
    """
    period = sweeps.period_ns
    image_steps = np.diff(images_ns)
    image_period = int(np.median(image_steps)) if len(image_steps) else period
    grid = np.concatenate([reference_ns, np.array(sweeps.missing_ns, dtype=np.int64)])
    sweep = np.where(np.arange(len(grid)) < len(reference_ns), np.arange(len(grid)), -1)
    order = np.argsort(grid, kind="stable")
    grid, sweep = grid[order], sweep[order]
    if not period:
        # A single sweep has no rhythm; it takes the image nearest to it.
        spacing = max(image_period, 4 * 100 * NS_PER_MS)
        return Slots(grid + (known_phase_ns or 0), sweep, image_period, spacing, False, True)
    spacing = min(period, image_period)
    phase, locked = (
        _phase(grid, images_ns, spacing) if known_phase_ns is None else (known_phase_ns, True)
    )
    grid = grid + phase
    ratio = image_period / period
    if not locked:
        return Slots(grid, sweep, image_period, spacing, False, False)
    faster, slower = round(1 / ratio), round(ratio)
    if 1 < faster <= MAX_FASTER and abs(faster * ratio - 1) < 0.1:
        return _faster(grid, sweep, image_period, spacing, period, faster)
    if slower > 1 and abs(ratio / slower - 1) < 0.1 and _is_regular(image_steps, image_period):
        # Every so many sweeps have an image; which of them, the images say.
        hits = [
            int((np.abs(images_ns[nearest(images_ns, part)] - part) < spacing / 2).sum())
            for part in (grid[start::slower] for start in range(slower))
        ]
        start = int(np.argmax(hits))
        return Slots(grid[start::slower], sweep[start::slower], image_period, spacing, True, True)
    return Slots(grid, sweep, image_period, spacing, True, abs(ratio - 1) < 0.25)


def _faster(
    grid: IntArray, sweep: IntArray, image_period: int, spacing: int, period: int, faster: int
) -> Slots:
    """Slots of a camera that takes several images per sweep: one that serves it, and those between."""
    steps = np.diff(grid)
    # Nothing is due between the sweeps around a pause.
    steps = np.append(np.where(steps > 1.5 * period, period, steps), period)
    within = np.arange(faster)
    times = grid[:, None] + np.round(steps[:, None] * within / faster).astype(np.int64)
    serves = np.where(within == 0, sweep[:, None], -1)
    return Slots(times.ravel(), serves.ravel(), image_period, spacing, True, True)


def _is_regular(steps: IntArray, period: int) -> bool:
    """Whether nearly all steps are whole multiples of the period."""
    whole = np.maximum(np.round(steps / period), 1)
    return bool((np.abs(steps / period - whole) < 0.25).mean() > 0.9)


def _phase(grid: IntArray, images: IntArray, period: int) -> tuple[int, bool]:
    """Usual image time minus sweep time (circular median), and whether it is steady.

    Within -.55 to .45 periods. A camera without a steady phase has none, 0.
    """
    offset = images[nearest(images, grid)] - grid
    close = offset[np.abs(offset) <= period]
    if len(close) == 0:
        return 0, False
    angle = close / period * 2 * np.pi
    mean = np.exp(1j * angle).mean()
    if abs(mean) < LOCKED:
        return 0, False
    # Folding around the circular mean keeps a camera at +-half a period on one side.
    centre = np.angle(mean) / (2 * np.pi) * period
    phase = float(np.median(centre + (close - centre + period / 2) % period - period / 2))
    # Half a period early and half a period late are the same phase; the earlier image is taken.
    if phase > 0.45 * period:
        phase -= period
    return round(phase), True


@dataclass(frozen=True, slots=True, eq=False)
class _Choice:
    """A way to place the images so far: the last slot used, its image, and what came before."""

    slot: int
    gain: float
    before: _Choice | None
    image: int


def assign(images_ns: IntArray, slots_ns: IntArray, spacing_ns: int) -> IntArray:
    """The slot of each image, -1 for none, (M,): in order, one each, with the least distance in all.

    Where every image can have the slot nearest to it, that is it. Where two want the same one, a
    shortest path decides about them and as many of their neighbours as it concerns.
    """
    reach = 2 * SKIP_COST
    wanted = nearest(slots_ns, images_ns)
    within = np.abs(images_ns - slots_ns[wanted]) / spacing_ns < reach
    result: IntArray = np.where(within, wanted, -1)
    rows = np.flatnonzero(within)  # an image with no slot within reach gets none in any case
    result[rows] = _settle(images_ns[rows], wanted[rows], slots_ns, spacing_ns)
    return result


def _settle(images_ns: IntArray, wanted: IntArray, slots_ns: IntArray, spacing_ns: int) -> IntArray:
    """The slots `wanted` with clashes decided, -1 for an image that gets none, (M,).

    A block of images around a clash is decided on its own. If what comes out gets in the way of an
    image beside it, the block grows; if not, no other choice is better: the images outside have the
    best slot there is for them.
    """
    clashes = np.flatnonzero(wanted[1:] == wanted[:-1]).tolist()
    result = wanted.copy()
    blocks: list[tuple[int, int]] = []
    following = 0
    while following < len(clashes):
        start, stop = clashes[following], clashes[following] + 2
        while True:
            while blocks and blocks[-1][1] >= start:
                start = min(start, blocks.pop()[0])
            while following < len(clashes) and clashes[following] <= stop:
                stop = max(stop, clashes[following] + 2)
                following += 1
            chosen = _assign_block(images_ns[start:stop], slots_ns, spacing_ns)
            taken = chosen[chosen >= 0]
            grow = stop - start
            before = start > 0 and len(taken) > 0 and taken[0] <= wanted[start - 1]
            after = stop < len(wanted) and len(taken) > 0 and taken[-1] >= wanted[stop]
            if not (before or after):
                break
            start = max(start - grow, 0) if before else start
            stop = min(stop + grow, len(wanted)) if after else stop
        result[start:stop] = chosen
        blocks.append((start, stop))
    return result


def _assign_block(images_ns: IntArray, slots_ns: IntArray, spacing_ns: int) -> IntArray:
    """`assign` for a few images: a shortest path over them and the slots within reach of each."""
    reach = 2 * SKIP_COST
    reach_ns = int(reach * spacing_ns)
    result: IntArray = np.full(len(images_ns), -1, dtype=np.int64)
    # Choices worth keeping, by the slot they end with: later slots only with more gain.
    best: list[_Choice] = [_Choice(-1, 0.0, None, -1)]
    lowest = np.searchsorted(slots_ns, images_ns - reach_ns)
    highest = np.searchsorted(slots_ns, images_ns + reach_ns, side="right")
    for image, (low, high) in enumerate(zip(lowest.tolist(), highest.tolist(), strict=True)):
        # Slots before `low` are out of reach for good: of the choices there the best one will do.
        behind = sum(choice.slot < low for choice in best)
        best = best[max(behind - 1, 0) :]
        grown = list(best)
        for slot in range(low, high):
            gain = reach - abs(int(images_ns[image]) - int(slots_ns[slot])) / spacing_ns
            before = max((c for c in best if c.slot < slot), key=lambda c: c.gain, default=None)
            if before is not None:
                grown.append(_Choice(slot, before.gain + gain, before, image))
        grown.sort(key=lambda choice: (choice.slot, -choice.gain))
        best = grown[:1]
        for choice in grown[1:]:
            if choice.gain > best[-1].gain:
                best.append(choice)
    last: _Choice | None = best[-1]
    while last is not None:
        if last.slot >= 0:
            result[last.image] = last.slot
        last = last.before
    return result
