"""A frame or a time as people type it: "14", "frame 14", "1.4 s", "350 ms", "1:02.5"."""

from __future__ import annotations

import math
import re

from av3d.errors import Av3dError
from av3d.logs.log import Log
from av3d.present import words
from av3d.types import NS_PER_S

_UNITS_S = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "min": 60.0}
_NUMBER = r"\d+(?:[.,]\d*)?|[.,]\d+"
_TIME = re.compile(rf"({_NUMBER})\s*(s|sec|ms|min)")
_CLOCK = re.compile(r"(\d+):(\d{1,2}(?:[.,]\d*)?)")
_FRAME = re.compile(r"(?:frame\s*)?(\d+)")


class MomentError(Av3dError):
    """A text that is no frame and no time of the log."""


def frame_of(text: str, log: Log) -> int:
    """The frame that a text means; of a time, counted from the start of the log, the nearest.

    Raises:
        MomentError: it is neither a frame nor a time, or outside of the log.
    """
    asked = text.strip().lower()
    last = len(log.frames) - 1
    if match := _FRAME.fullmatch(asked):
        # Digits without end are a slip of the hand, and slow to read.
        frame = int(match[1]) if len(match[1]) < 10 else last + 1
        if frame > last:
            raise MomentError(f"there is no frame {match[1][:9]}", "", f"the last one is {last}")
        return frame
    if match := _TIME.fullmatch(asked):
        seconds = _number(match[1]) * _UNITS_S[match[2]]
    elif match := _CLOCK.fullmatch(asked):
        seconds = 60.0 * int(match[1][:9]) + _number(match[2])
    else:
        raise MomentError(
            f"{text.strip()[:40]!r} is no frame and no time", "", 'type "14" or "1.4 s"'
        )
    long_ns = log.end_ns - log.start_ns
    if not math.isfinite(seconds) or seconds * NS_PER_S > long_ns + log.frame_period_ns:
        raise MomentError(
            f"the log has no time {text.strip()[:40]}", "", f"it is {words.seconds(long_ns)} long"
        )
    return log.frames.nearest(log.start_ns + round(seconds * NS_PER_S))


def _number(text: str) -> float:
    return float(text.replace(",", "."))
