"""Which time of a log each frame of an OpenLABEL file has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

import numpy as np

from av3d.datasets.openlabel.document import Node
from av3d.logs.log import Log
from av3d.tracks.checking import MAX_TIME_NS
from av3d.types import NS_PER_MS

SNAP_NS = NS_PER_MS
"""A time that is so near to a frame's is the frame's: files round to milliseconds, or hold doubles."""

UNITS_NS = (10**9, 10**6, 10**3, 1)
"""Seconds, milliseconds, microseconds, nanoseconds; the standard leaves it open."""

_SECONDS = re.compile(r"(.*[T ]\d\d:\d\d:\d\d)\.(\d+)(.*)", re.DOTALL)


def frame_times_ns(frames: Mapping[int, Node], log: Log) -> tuple[dict[int, int], tuple[str, ...]]:
    """The time of each frame of a file on the log's clock.

    By its timestamp, where these are times of the log; else by its number, counted from 0.

    Args:
        frames: by number.
        log: what they are frames of.

    Returns:
        Times by number of the frame, and what was assumed, in words.

    Raises:
        DatasetError: a timestamp that is none, or a frame that the log does not have.
    """
    stated = {number: _timestamp(node) for number, node in frames.items()}
    known = {number: value for number, value in stated.items() if value is not None}
    if len(known) == len(frames) and frames:
        times_ns = _on_clock(list(known.values()), log)
        if times_ns is not None and len(set(times_ns)) == len(times_ns):
            return _snapped(dict(zip(known, times_ns, strict=True)), log)
    notes = []
    if known:
        notes.append("timestamps are not times of the log, one for each frame: frames go by number")
    count = len(log.frames)
    for number, node in frames.items():
        if not 0 <= number < count:
            raise node.wrong(
                f"log {log.name} has frames 0 to {count - 1}",
                "give frames timestamps of the log, or its numbers",
            )
    return {number: log.frames[number].timestamp_ns for number in frames}, tuple(notes)


def _timestamp(node: Node) -> Decimal | int | None:
    """A stated time: nanoseconds as int, or a number whose unit is not known; None if there is none."""
    properties = node.member("frame_properties")
    value = properties.value.get("timestamp")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise properties.wrong(f"timestamp is {str(value)[:60]!r}")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return _date_ns(str(value), properties)
    if not number.is_finite() or abs(number) >= MAX_TIME_NS:
        raise properties.wrong(f"timestamp is {str(value)[:60]!r}")
    return number


def _date_ns(text: str, node: Node) -> int:
    """A date and time after ISO 8601 in nanoseconds since 1970; UTC where it says nothing else."""
    match = _SECONDS.fullmatch(text.strip())
    before, digits, after = match.groups() if match else (text.strip(), "", "")
    try:
        date = datetime.fromisoformat(before + after)
    except ValueError as error:
        raise node.wrong(f"timestamp is {text[:60]!r}", "write seconds since 1970") from error
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    since = date - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 10**9 + int(digits[:9].ljust(9, "0") or 0)


def _on_clock(values: Sequence[Decimal | int], log: Log) -> list[int] | None:
    """Times in nanoseconds, in the unit that puts most of them into the log; None if none does."""
    low, high = log.start_ns - log.frame_period_ns, log.end_ns + log.frame_period_ns
    best: tuple[int, list[int]] = (0, [])
    for unit_ns in UNITS_NS:
        times_ns = [value if isinstance(value, int) else round(value * unit_ns) for value in values]
        if any(abs(time_ns) >= MAX_TIME_NS for time_ns in times_ns):
            continue
        inside = sum(low <= time_ns <= high for time_ns in times_ns)
        best = max(best, (inside, times_ns), key=lambda found: found[0])
    return best[1] if best[0] * 2 > len(values) else None


def _snapped(times_ns: Mapping[int, int], log: Log) -> tuple[dict[int, int], tuple[str, ...]]:
    stamps_ns = np.array([frame.timestamp_ns for frame in log.frames], dtype=np.int64)
    found: dict[int, int] = {}
    between = 0
    for number, time_ns in times_ns.items():
        place = int(np.searchsorted(stamps_ns, time_ns))
        near = min(
            (int(stamps_ns[row]) for row in (place - 1, place) if 0 <= row < len(stamps_ns)),
            key=lambda stamp_ns: abs(stamp_ns - time_ns),
        )
        is_near = abs(near - time_ns) <= SNAP_NS
        found[number] = near if is_near else time_ns
        between += not is_near
    if len(set(found.values())) < len(found):
        found = dict(times_ns)
    notes = (f"{between} times are not those of a frame of the log",) if between else ()
    return found, notes
