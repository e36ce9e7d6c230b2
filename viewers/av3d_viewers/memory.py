"""Memory that the window no longer needs goes back to the system while the user rests."""

from __future__ import annotations

import ctypes
import gc
import sys
import time
from collections.abc import Callable
from contextlib import suppress

PAUSE_S = 20.0
"""Between two times; walking through the heap takes some hundredths of a second."""
LATEST_S = 45.0
"""After so long it is done although the window is at work, as soon as the user holds nothing."""


LARGE = 4 * 2**20
"""Bytes from which on a piece of memory is the system's own again as soon as it is freed. Such pieces are
made of fresh pages each time, which costs; at 4 MB a drag takes as long as without."""
RARELY = (2000, 20, 200)
"""Thresholds of the search for garbage. The whole search stops everything for a tenth of a second, by
default in the middle of a drag; it is made while the user rests, and of its own accord hardly ever."""
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
"""Parameters of mallopt(3), GNU C library."""


def spare_program() -> None:
    """Leave the program itself out of the search for garbage; call before anything of a log is made.

    And keep large pieces, points and pictures, out of the heaps of the C library. Left alone it makes a
    heap for each thread: pieces that stay keep the gaps between them, in each heap anew, which grew the
    window by half within an hour of opening and closing logs.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*RARELY)
    if sys.platform.startswith("linux"):
        with suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            library.mallopt(M_ARENA_MAX, 1)
            library.mallopt(M_MMAP_THRESHOLD, LARGE)


def _give_back() -> None:
    """Free what nobody can reach any more, and let the C library return free pages.

    Python frees what refers to itself in a circle, a closed log with its pictures say, only after as much
    again has been made. Pictures and points come and go in pieces of megabytes, of ever other sizes; what
    is freed between pieces that stay is used again but stays with the process.

    Source: gc in Python's standard library; malloc_trim(3), GNU C library.
    """
    gc.collect()
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
        self._after(PAUSE_S)

    def at_work(self) -> None:
        """The window has something to do, but nobody waits for this very picture."""
        self._after(LATEST_S)

    def _after(self, pause_s: float) -> None:
        now_s = self._clock()
        if now_s - self._last_s >= pause_s:
            self._last_s = now_s
            self._give_back()
