"""Long work, such as import, export, fill and checks: on threads, with progress, cancel and errors."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from av3d.errors import Av3dError
from av3d.present.words import sentences

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

Report = Callable[[str, int, int], None]
"""How far a work is: what is being done, how many are done and how many there are; 0 of 0 when it is
not known. The same as the `Progress` of datasets and checks, so that it can be handed on to them. It
ends the work when the user has cancelled it."""

TOLD_ABOVE_S = 10.0
"""Less than this is left sooner than it is read."""
JUDGED_AFTER_S = 1.0
"""The first steps say little about the rest: files are opened, kernels compiled."""
QUIT_WITHIN_S = 2.0
QUIET_FOR_S = 1.0
"""Quiet work is told of when it takes longer than this: words that flash up at every edit disturb."""
LOOKED_EVERY_S = 0.05
"""How often work that has been cancelled while it stands aside notices that."""


class CancelledError(Exception):
    """The user does not want to wait for the rest."""


class State(Enum):
    """Where a work is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Message:
    """What the user is told.

    Attributes:
        kind: "error" or "info".
        title, text: words.
        details: what helps to find the cause, for copying; "" if the text says it all.
    """

    kind: str
    title: str
    text: str
    details: str = ""


class Work(Generic[Result]):
    """Something that takes longer than a frame.

    Args:
        title: what is being done, as the status bar says it: "Checking tracks".
        run: does it, on a thread; is given a Report to call now and then.
        then: called with the result, on the thread that drains the queue.
        failed: what the message says when it fails: "The check failed"; default: made of the title.
        alone: waits for other works that are alone, and they for it; False: runs beside anything.
        quiet: nobody waits for it: the status bar says nothing of it in its first moments, and it
            stands aside while `WorkQueue.hold_quiet` says so.

    Attributes:
        result: what `run` gave; None until it is done.
        error: why it failed, or None.
        details: title, error and where it arose, for copying; "" if it has not failed.
    """

    def __init__(
        self,
        title: str,
        run: Callable[[Report], Result],
        *,
        then: Callable[[Result], None] | None = None,
        failed: str = "",
        alone: bool = True,
        quiet: bool = False,
    ) -> None:
        self.title = title
        self.alone = alone
        self.quiet = quiet
        self.failed = failed or f"{title} failed"
        self.result: Result | None = None
        self.error: Exception | None = None
        self.details = ""
        self._run = run
        self._then = then
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._free: threading.Event | None = None
        """Set while it may go on; None: always."""
        self._silent = False
        self._state = State.WAITING
        self._text, self._done, self._total = "", 0, 0
        self._since_s, self._first_done = 0.0, 0
        self._begun_s = 0.0
        self._clock: Callable[[], float] = time.monotonic

    @property
    def state(self) -> State:
        with self._lock:
            return self._state

    @property
    def finished(self) -> bool:
        """Whether it has come to an end, good or bad."""
        return self.state not in (State.WAITING, State.RUNNING)

    @property
    def cancelled(self) -> bool:
        """Whether the user has asked it to stop; work that reports no progress looks at this."""
        return self._cancelled.is_set()

    def cancel(self, *, silently: bool = False) -> None:
        """Ask it to stop at its next report; one that has not begun never does.

        Args:
            silently: nobody needs to be told, for it was not the user who stopped it.
        """
        self._silent = silently
        self._cancelled.set()

    @property
    def told(self) -> bool:
        """Whether the status bar tells of it."""
        with self._lock:
            return not self.quiet or (
                self._state is State.RUNNING and self._clock() - self._begun_s >= QUIET_FOR_S
            )

    @property
    def fraction(self) -> float | None:
        """How much is done, 0..1; None if it is not known."""
        with self._lock:
            return min(max(self._done / self._total, 0.0), 1.0) if self._total > 0 else None

    def words(self) -> str:
        """What the status bar says: "Checking tracks, 64 of 120, 25 s left"."""
        with self._lock:
            parts = [
                self.title if self._text in ("", self.title) else f"{self.title}: {self._text}"
            ]
            if self._state is State.WAITING:
                parts.append("waiting for other work")
            elif self._cancelled.is_set():
                parts.append("stopping")
            elif self._total > 0:
                parts.append(f"{self._done:,} of {self._total:,}")
                left_s = self._left_s()
                if left_s is not None and left_s > TOLD_ABOVE_S:
                    parts.append(f"{_duration(left_s)} left")
            return ", ".join(parts)

    def _left_s(self) -> float | None:
        """Time until the end if it goes on as it did since `_since_s`; None if that is not known."""
        done = self._done - self._first_done
        passed_s = self._clock() - self._since_s
        if done <= 0 or passed_s < JUDGED_AFTER_S:
            return None
        return passed_s * (self._total - self._done) / done

    def _report(self, text: str, done: int, total: int) -> None:
        if self._free is not None:
            while not self._free.wait(LOOKED_EVERY_S) and not self._cancelled.is_set():
                pass
        if self._cancelled.is_set():
            raise CancelledError
        with self._lock:
            if total != self._total or done < self._done:
                # Another part of the work, with a pace of its own.
                self._since_s, self._first_done = self._clock(), done
            self._text, self._done, self._total = text, done, total

    def _begin(self, clock: Callable[[], float], free: threading.Event) -> None:
        self._free = free if self.quiet else None
        with self._lock:
            self._clock = clock
            self._since_s = self._begun_s = clock()
            self._state = State.RUNNING

    def _work(self) -> None:
        """Run it; on its own thread."""
        state = State.DONE
        try:
            self.result = self._run(self._report)
        except CancelledError:
            state = State.CANCELLED
        except Exception as error:  # whatever a plug-in raises becomes a message
            state = State.FAILED
            self._fail(error)
        with self._lock:
            self._state = state

    def _fail(self, error: Exception) -> None:
        logger.error("%s failed", self.title, exc_info=error)
        self.error = error
        lines = error.details if isinstance(error, Av3dError) else ()
        where = "".join(traceback.format_exception(error))
        self.details = "\n".join([self.failed, str(error), *lines, "", where])

    def _never(self) -> None:
        with self._lock:
            self._state = State.CANCELLED

    def _hand_over(self) -> None:
        """Give the result on; a failure in that counts as the work's."""
        if self._then is None or self.state is not State.DONE:
            return
        try:
            self._then(self.result)  # type: ignore[arg-type]
        except Exception as error:  # it shows the result: the window must go on
            self._fail(error)
            with self._lock:
                self._state = State.FAILED

    def message(self) -> Message | None:
        """What to tell the user about the end; None if it is done or still at work."""
        if self.state is State.CANCELLED and self._silent:
            return None
        if self.state is State.CANCELLED:
            return Message("info", f"{self.title}: stopped", "Nothing else was changed.")
        if self.error is None:
            return None
        text = (
            sentences(self.error)
            if isinstance(self.error, Av3dError)
            else f"{type(self.error).__name__}: {self.error}"
        )
        return Message("error", self.failed, text, self.details)


Start = Callable[[Callable[[], None]], None]
"""Runs a function, now or on a thread."""


def _on_a_thread(run: Callable[[], None]) -> None:
    threading.Thread(target=run, name="av3d-work", daemon=True).start()


class WorkQueue:
    """All works of a window. `tick` is called once per frame; nothing here makes it wait.

    Args:
        clock: seconds of a monotonic clock; tests pass their own.
        start: where works run; tests run them at once.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, start: Start = _on_a_thread
    ) -> None:
        self._clock = clock
        self._start = start
        self._works: list[Work[Any]] = []
        self._free = threading.Event()
        self._free.set()

    @property
    def works(self) -> tuple[Work[Any], ...]:
        """What waits and runs, in the order in which it was added."""
        return tuple(self._works)

    @property
    def busy(self) -> bool:
        """Whether there is anything that `tick` has not handed back."""
        return bool(self._works)

    def add(self, work: Work[Result]) -> Work[Result]:
        """Run a work as soon as it may."""
        self._works.append(work)
        self._begin_what_may()
        return work

    def hold_quiet(self, hold: bool) -> None:
        """Let quiet works stand aside, or go on.

        What one thread computes slows all others of the interpreter down: a drag must not wait for it.
        """
        if hold:
            self._free.clear()
        else:
            self._free.set()

    def tick(self) -> tuple[Work[Any], ...]:
        """Hand over the results of what has ended, begin what waits; returns what has ended."""
        for work in self._works:
            if work.state is State.WAITING and work.cancelled:
                work._never()
        ended = tuple(work for work in self._works if work.finished)
        if ended:
            self._works = [work for work in self._works if work not in ended]
            for work in ended:
                work._hand_over()
        self._begin_what_may()
        return ended

    def _begin_what_may(self) -> None:
        taken = any(work.alone and work.state is State.RUNNING for work in self._works)
        for work in tuple(self._works):
            held = work.quiet and not self._free.is_set()
            if work.state is not State.WAITING or work.cancelled or (work.alone and taken) or held:
                continue
            taken = taken or work.alone
            work._begin(self._clock, self._free)
            self._start(work._work)

    @property
    def shown(self) -> Work[Any] | None:
        """The work that the status bar tells of: the first that runs, else the first that waits."""
        told = [work for work in self._works if work.told]
        running = [work for work in told if work.state is State.RUNNING]
        return next(iter((*running, *told)), None)

    def words(self) -> str:
        """What the status bar says, "" when there is nothing to do."""
        work = self.shown
        if work is None:
            return ""
        others = sum(work.told for work in self._works) - 1
        return f"{work.words()} (and {others} more)" if others else work.words()

    @property
    def fraction(self) -> float | None:
        """How much of the work that is told of is done, 0..1; None if it is not known."""
        return self.shown.fraction if self.shown else None

    def cancel(self) -> None:
        """Ask the work that the status bar tells of to stop."""
        if self.shown is not None:
            self.shown.cancel()

    def close(self, within_s: float = QUIT_WITHIN_S) -> tuple[str, ...]:
        """Ask everything to stop, and wait for that, but not longer than `within_s` seconds.

        Returns:
            Titles of works that run on. They cannot be stopped, and their threads may crash when the
            interpreter is torn down around them: end the process without that (`os._exit`).
        """
        for work in self._works:
            work.cancel()
            if work.state is State.WAITING:
                work._never()
        end_s = time.monotonic() + within_s
        while any(not work.finished for work in self._works) and time.monotonic() < end_s:
            time.sleep(0.01)
        return tuple(work.title for work in self._works if not work.finished)


def _duration(seconds: float) -> str:
    """Time in steps that do not jump with every report: "25 s", "4 min", "1 h 10 min"."""
    if seconds < 60:
        return f"{5 * max(round(seconds / 5), 1)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
