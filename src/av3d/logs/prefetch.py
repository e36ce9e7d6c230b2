"""Decoding on worker threads: all of a frame at once, then those ahead in the direction of travel."""

from __future__ import annotations

import atexit
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from av3d.errors import Av3dError
from av3d.logs.frames import Frame
from av3d.logs.sweep import Sweep
from av3d.types import Uint8Array

THREADS = 2
"""Threads that decode, shared by all logs of the program."""

AHEAD = 3
"""Frames read ahead."""

STOP_S = 10.0
"""How long the end of the program waits for what the threads are at: a file takes milliseconds, one
on a network that is gone takes longer than anybody waits."""

Work = Callable[[], Any]


@dataclass(frozen=True, eq=False)
class PreparedFrame:
    """What belongs to a frame, decoded.

    Attributes:
        frame: the frame.
        cloud: the points of its LiDARs in the ego frame, as `Log.cloud` gives them.
        images: RGB (H, W, 3) uint8 by camera; a camera without an image for the frame is left out.
    """

    frame: Frame
    cloud: Sweep
    images: Mapping[str, Uint8Array]


class Workers:
    """Threads that do urgent work first and other work when there is none. They start when needed.

    Args:
        threads: how many.
    """

    def __init__(self, threads: int = THREADS) -> None:
        self._count = threads
        self.reset()

    def reset(self) -> None:
        """Begin anew without any thread or work; a forked process has none of the threads."""
        self._threads: list[threading.Thread] = []
        self._urgent: deque[tuple[Work, Future[Any]]] = deque()
        self._later: deque[Work] = deque()
        self._condition = threading.Condition()
        self._stopped = False

    def stop(self) -> None:
        """End the threads after what they are at, without what was to be done later.

        Must come before the interpreter ends: a thread that then returns from a decoder would be
        torn down in the middle of its C++ code, which aborts the process.
        """
        with self._condition:
            self._stopped = True
            self._later.clear()
            self._condition.notify_all()
        for thread in self._threads:
            thread.join(STOP_S)

    def submit(self, work: Work) -> Future[Any]:
        """Do this as soon as a thread is free."""
        future: Future[Any] = Future()
        with self._condition:
            if not self._stopped:
                self._urgent.append((work, future))
                self._wake()
                return future
        _fulfil(work, future)
        return future

    def later(self, work: Sequence[Work]) -> None:
        """Do this when there is nothing urgent, in place of what waits from before."""
        with self._condition:
            if not self._stopped:
                self._later = deque(work)
                self._wake()

    def _wake(self) -> None:
        while len(self._threads) < self._count:
            name = f"av3d-decode-{len(self._threads)}"
            thread = threading.Thread(target=self._run, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()
        self._condition.notify_all()

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._urgent and not self._later:
                    if self._stopped:
                        return
                    self._condition.wait()
                if self._urgent:
                    work, future = self._urgent.popleft()
                else:
                    work, future = self._later.popleft(), Future()
            _fulfil(work, future)
            # Not kept until the next piece of work comes: what it holds may be a log.
            del work, future


def _fulfil(work: Work, future: Future[Any]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # whoever waits for the result gets it
        future.set_exception(error)


_workers = Workers()
atexit.register(_workers.stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_workers.reset)


class Travel:
    """Prepares the frames of one log and notes which way they go.

    Args:
        frames: number of frames of the log.
        work: what to do for a frame, the longest first; results are kept by the log.
        fits: how many frames may be read ahead without pushing out the present one.
    """

    def __init__(
        self, frames: int, work: Callable[[int], Sequence[Work]], fits: Callable[[], int]
    ) -> None:
        self._frames = frames
        self._work = work
        self._fits = fits
        self._last: int | None = None

    def prepare(self, index: int) -> list[Any]:
        """Do the work of a frame on the worker threads and wait for it.

        Then the frames ahead are read while the caller goes on, if this one lies at most AHEAD
        frames from the one before: who jumps about is not served by the neighbours.

        Raises:
            Av3dError: what the first piece of work that failed raised.
        """
        _workers.later(())
        futures = [_workers.submit(work) for work in self._work(index)]
        results = [future.result() for future in futures]
        step = 0 if self._last is None else index - self._last
        self._last = index
        if 0 < abs(step) <= AHEAD:
            count = min(AHEAD, max(self._fits(), 0))
            ahead = [index + step * number for number in range(1, count + 1)]
            _workers.later(
                [
                    _quietly(work)
                    for each in ahead
                    if 0 <= each < self._frames
                    for work in self._work(each)
                ]
            )
        return results


def _quietly(work: Work) -> Work:
    def run() -> None:
        with suppress(Av3dError):  # it is raised when the frame is asked for
            work()

    return run
