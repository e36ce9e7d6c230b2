"""Times as people write them: in file names, beside file names, beside poses; in whatever unit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np

from av3d.datasets.point_values import UNITS_NS
from av3d.errors import InputFileError
from av3d.types import NS_PER_S, IntArray

MAX_TIME_NS = 2**62
"""Timestamps beyond 2116 are typing errors, and sums of two must fit into 64 bits."""

_SINCE_2001_NS, _UNTIL_2096_NS = 10**18, 4 * 10**18
"""What lies between is taken for a time since 1970; only one unit puts a number there."""

_SHORTEST_STEP_NS, _LONGEST_STEP_NS = 0.99e6, 100e9
"""Sensors measure between a thousand times a second and once in 100 s."""

_NUMBER = re.compile(r"[0-9]{1,39}(\.[0-9]{0,20})?([eE]\+?[0-9]{1,2})?", re.ASCII)
_DATE = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T_]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?Z?", re.ASCII
)


def times_of_text(texts: Sequence[str], unit: str | None, where: Path) -> IntArray:
    """Times in nanoseconds, (N,).

    Args:
        texts: numbers, perhaps with a point or an exponent, or dates such as
            `2011-09-26 13:02:25.951199` (UTC).
        unit: the unit of numbers, a key of UNITS_NS; None: told from them.
        where: the file or folder they are from, for messages.

    Raises:
        InputFileError: a text that is no time, or the unit cannot be told.
    """
    if texts and _DATE.fullmatch(texts[0].strip()):
        return np.array([_date_ns(text, where) for text in texts], dtype=np.int64)
    numbers = [_number(text, where) for text in texts]
    if unit is None:
        broken = any("." in text for text in texts)
        unit = tell_unit([float(number) for number in numbers], where, has_fractions=broken)
    scale = int(UNITS_NS[unit])
    times = [round(number * scale) for number in numbers]
    for text, time_ns in zip(texts, times, strict=True):
        if time_ns >= MAX_TIME_NS:
            raise InputFileError(f"{text[:40]} {unit} is no time of this age", where, "correct it")
    return np.array(times, dtype=np.int64)


def tell_unit(
    numbers: Sequence[float] | IntArray, where: Path, *, has_fractions: bool = False
) -> str:
    """The unit of numbers that are the times of one sensor, in any order.

    A number of seconds, milliseconds, microseconds or nanoseconds since 1970 tells its unit by its
    size. Smaller ones are seconds since the start if they have fractions; else nanoseconds, if they
    are as far apart as measurements.

    Args:
        numbers: the times, (N,).
        has_fractions: whether they are written with a point.
        where: the file or folder they are from, for messages.

    Raises:
        InputFileError: more than one unit, or none, makes sense of them.
    """
    values = np.sort(np.asarray(numbers, dtype=np.float64))
    if not len(values):
        return "ns"
    middle = float(values[len(values) // 2])
    dated = [
        unit for unit, scale in UNITS_NS.items()
        if _SINCE_2001_NS <= middle * scale <= _UNTIL_2096_NS
    ]  # fmt: skip
    if has_fractions or len(values) == 1:
        return dated[0] if dated else ("s" if has_fractions else "ns")
    step = float(np.median(np.diff(values)))
    fits = [
        unit for unit in dict.fromkeys([*dated, "ns"])
        if _SHORTEST_STEP_NS <= step * UNITS_NS[unit] <= _LONGEST_STEP_NS
    ]  # fmt: skip
    write = 'write time_unit_of_names = "us", say, in log.toml'
    if len(fits) > 1:
        raise InputFileError(
            f"{values[0]:.0f} to {values[-1]:.0f} may be times in {' or '.join(fits)}", where, write
        )
    if fits or dated:
        return (fits or dated)[0]
    if step < 1e5:
        raise InputFileError(
            f"{values[0]:.0f} to {values[-1]:.0f} are no times in nanoseconds, only {step:g} apart",
            where,
            f"if they are times {write}; if they count, add timestamps.csv with the time of each "
            "file (docs/formats/folder.md)",
        )
    return "ns"


def _number(text: str, where: Path) -> Decimal:
    if not _NUMBER.fullmatch(text.strip()):
        raise InputFileError(
            f"{text.strip()[:40]!r} is not a time",
            where,
            "write a number or 2011-09-26 13:02:25.95",
        )
    return Decimal(text.strip())


def _date_ns(text: str, where: Path) -> int:
    found = _DATE.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError("other lines have a date")
        moment = datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=UTC)
    except ValueError as error:
        raise InputFileError(
            f"{text.strip()[:40]!r} is not a date: {error}", where, "write 2011-09-26 13:02:25.95"
        ) from error
    seconds = round(moment.timestamp())
    if not 0 <= seconds < MAX_TIME_NS // NS_PER_S:
        raise InputFileError(f"{text.strip()[:40]!r} is before 1970", where, "correct it")
    return seconds * NS_PER_S + int((found[3] or "0").ljust(9, "0"))
