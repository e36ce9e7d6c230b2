"""Memory that the window no longer needs goes back to the system while the user rests."""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable
from contextlib import suppress

PAUSE_S = 10.0
"""Between two times; walking through the heap takes some milliseconds."""


def _give_back() -> None:
    """Let the C library return free pages.

    Pictures and points come and go in pieces of megabytes, of ever other sizes. What is freed between
    pieces that stay is used again but stays with the process: after an hour that is a third of it.

    Source: malloc_trim(3), GNU C library.
    """
    if sys.platform.startswith("linux"):
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


class Memory:
    """Gives memory back now and then.

    Args:
        give_back: does it.
        clock: seconds that only go forward.
    """

    def __init__(
        self,
        give_back: Callable[[], None] = _give_back,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._give_back = give_back
        self._clock = clock
        self._last_s = clock()

    def rest(self) -> None:
        """The user does nothing at the moment."""
        now_s = self._clock()
        if now_s - self._last_s >= PAUSE_S:
            self._last_s = now_s
            self._give_back()
