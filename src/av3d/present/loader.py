"""Work that takes longer than a frame, on threads, with its results kept for coming back to them."""

from __future__ import annotations

import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from av3d.logs.cache import cache_bytes

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """Something to compute.

    Attributes:
        key: names the result.
        work: computes it; runs on a worker thread.
        size_of: bytes of the result, for the limit of memory.
    """

    key: Hashable
    work: Callable[[], Any]
    size_of: Callable[[Any], int] = lambda _value: 1024


class Loader:
    """Runs jobs on threads, most wanted first, and keeps results up to a limit of bytes.

    `want` replaces the list of waiting jobs, so a frame that the user has already left is not
    decoded. Results arrive through a queue that the owner drains once per frame.

    Args:
        threads: number of worker threads; 0 runs jobs inside `want`, for tests and pictures.
        capacity_bytes: results kept, the least recently used go first; None: three quarters of
            what a log keeps, see `av3d.logs.cache`.
    """

    def __init__(self, threads: int = 2, capacity_bytes: int | None = None) -> None:
        self._capacity_bytes = capacity_bytes or cache_bytes() * 3 // 4
        self._held_bytes = 0
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._errors: dict[Hashable, Exception] = {}
        self._waiting: list[Job] = []
        self._running: set[Hashable] = set()
        self._condition = threading.Condition()
        self._finished: queue.SimpleQueue[tuple[Job, Any, Exception | None]] = queue.SimpleQueue()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._run, name=f"av3d-loader-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def busy(self) -> bool:
        """Whether a job waits or runs, or its result has not been drained."""
        with self._condition:
            return bool(self._waiting or self._running)

    @property
    def kept_bytes(self) -> int:
        """Size of the results that are kept."""
        return self._held_bytes

    @property
    def capacity_bytes(self) -> int:
        """Size of the results that are kept at most."""
        return self._capacity_bytes

    def want(self, jobs: Sequence[Job]) -> None:
        """What is wanted now, most urgent first; jobs that wait from before and are not in it go."""
        with self._condition:
            self._waiting = [
                job
                for job in jobs
                if job.key not in self._kept
                and job.key not in self._errors
                and job.key not in self._running
            ]
            self._condition.notify_all()
        if not self._threads:
            while self._waiting:
                self._take_and_do()
            self.drain()

    def drain(self) -> list[Hashable]:
        """Take over what the threads have finished; returns the keys."""
        keys: list[Hashable] = []
        while True:
            try:
                job, value, error = self._finished.get_nowait()
            except queue.Empty:
                return keys
            keys.append(job.key)
            with self._condition:
                self._running.discard(job.key)
            if error is not None:
                self._errors[job.key] = error
            else:
                self._keep(job, value)

    def get(self, key: Hashable) -> Any | None:
        """A finished result, or None."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, value: Any, size_bytes: int = 1024) -> None:
        """Keep a result that the owner has made itself."""
        self._keep(Job(key, lambda: value, lambda _: size_bytes), value)

    def drop(self, keys: Iterable[Hashable]) -> None:
        """Forget results that nobody will ask for again."""
        for key in keys:
            found = self._kept.pop(key, None)
            if found is not None:
                self._held_bytes -= found[1]
            self._errors.pop(key, None)

    def error(self, key: Hashable) -> Exception | None:
        """Why a job failed, or None."""
        return self._errors.get(key)

    def forget_errors(self) -> None:
        """Let failed jobs be tried again."""
        self._errors.clear()

    def close(self) -> None:
        """Stop the threads after what they do now."""
        with self._condition:
            self._closed = True
            self._waiting = []
            self._condition.notify_all()
        for thread in self._threads:
            thread.join(timeout=5.0)

    def _keep(self, job: Job, value: Any) -> None:
        size = job.size_of(value)
        if job.key in self._kept:
            self._held_bytes -= self._kept.pop(job.key)[1]
        self._kept[job.key] = (value, size)
        self._held_bytes += size
        while self._held_bytes > self._capacity_bytes and len(self._kept) > 1:
            _, (_, dropped) = self._kept.popitem(last=False)
            self._held_bytes -= dropped

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._waiting and not self._closed:
                    self._condition.wait()
                if self._closed:
                    return
            self._take_and_do()

    def _take_and_do(self) -> None:
        with self._condition:
            if not self._waiting:
                return
            job = self._waiting.pop(0)
            self._running.add(job.key)
        value: Any = None
        error: Exception | None = None
        try:
            value = job.work()
        except Exception as caught:  # a plug-in's reader may raise anything; the pane shows it
            logger.exception("job %s failed", job.key)
            error = caught
        self._finished.put((job, value, error))
