"""What every value of a document is checked for when it is made."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from types import MappingProxyType

from av3d.errors import Av3dError
from av3d.types import Scalar

MAX_TIME_NS = 2**62
"""Times are less than this far from zero: 146 years. No format or database holds 64 bits and more."""

MAX_NUMBER = 2**31 - 1
"""Numbers of tracks are stored in 32 bits."""

MAX_WHOLE = 2**63
"""Whole numbers of attributes are smaller, so that every database and file can hold them."""


class TrackError(Av3dError):
    """A track or event that contradicts itself."""


def whole_ns(timestamp_ns: int) -> int:
    """A time as Python's int, whatever integer it was (numpy's do not go into JSON).

    Raises:
        TrackError: it is no whole number, or too far from zero to be stored.
    """
    try:
        time_ns = int(operator.index(timestamp_ns))
    except TypeError as error:
        raise TrackError(f"a time is a whole number of ns, got {timestamp_ns!r}") from error
    if abs(time_ns) >= MAX_TIME_NS:
        raise TrackError(
            "a time is further from zero than can be stored", "", "give one within 2^62 ns"
        )
    return time_ns


def checked_number(number: int, where: str) -> int:
    """The number of a track, whatever integer it was; TrackError when it does not fit 31 bits."""
    try:
        whole = int(operator.index(number))
    except TypeError as error:
        raise TrackError(f"its number is {number!r}, which is no whole number", where) from error
    if not 0 <= whole <= MAX_NUMBER:
        raise TrackError(f"its number is {whole}", where, f"give one from 0 to {MAX_NUMBER}")
    return whole


def check_name(text: str, what: str, where: str) -> None:
    """Raise TrackError for a name that is empty or has control characters.

    Args:
        text: the name.
        what: what it names, as "ID or category".
        where: the entity concerned.
    """
    if not (isinstance(text, str) and text and text.isprintable()):
        raise TrackError(
            f"{text!r} is no {what}: it is empty or has control characters",
            where,
            "give it printable characters",
        )


def check_unicode(text: str, what: str, where: str) -> None:
    """Raise TrackError for lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TrackError(f"{what} is not Unicode text", where) from error


def check_text(text: str, what: str, where: str) -> None:
    """Raise TrackError for free text that no database or file can hold."""
    check_unicode(text, what, where)
    if "\x00" in text:
        raise TrackError(f"{what} holds a zero character", where)


def checked_attributes(attributes: Mapping[str, Scalar]) -> Mapping[str, Scalar]:
    """A read-only copy.

    Raises:
        TrackError: a value that a database or a file cannot hold: lone surrogates, numbers that are
            not finite or have more than 64 bits, anything but texts, numbers, true and false.
    """
    for name, value in attributes.items():
        if not (isinstance(name, str) and isinstance(value, str | bool | int | float)):
            raise TrackError(
                f"the attribute {name!r} is {value!r}, which is no text, number, true or false"
            )
        for text in (name, value):
            if isinstance(text, str):
                check_unicode(text, f"the attribute {name!r}", "")
        if isinstance(value, float) and not math.isfinite(value):
            raise TrackError(f"the attribute {name!r} is {value}, which is no number")
        if isinstance(value, int) and abs(value) >= MAX_WHOLE:
            raise TrackError(f"the attribute {name!r} is a whole number of more than 64 bits")
    return MappingProxyType(dict(attributes))
