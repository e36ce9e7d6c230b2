"""Forking a process, killing it at a random moment, and hearing what it has told until then."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from killing.phases import Phases

Facts = dict[str, Any]
PATIENCE_S = 120.0
"""How long a process may take to its first word on a machine that is busy."""

LONGEST_AIM_S = 2.0
"""A phase that does not come is not waited for longer."""


class KillError(Exception):
    """Something is not as it must be after a kill."""


@dataclass(frozen=True)
class Killed:
    """What is known of a process that was killed.

    Attributes:
        told: what it told, in order.
        phase: what it was doing.
    """

    told: tuple[Facts, ...]
    phase: str


@dataclass(frozen=True)
class Moment:
    """When to kill.

    Attributes:
        delay_s: so long after the process's first word, or after it began with `phase`.
        phase: to wait for; "" for none.
    """

    delay_s: float
    phase: str = ""


class Hunter:
    """Forks processes and kills them.

    Attributes:
        counts: how many were killed, by kind of process and phase.
    """

    def __init__(self, log: Path) -> None:
        self._phases = Phases()
        self._log = log
        self.counts: Counter[tuple[str, str]] = Counter()

    def kill(
        self,
        kind: str,
        work: Callable[..., None],
        moment: Moment,
        *arguments: Any,
        paused: Callable[[], None] | None = None,
        **more: Any,
    ) -> Killed:
        """Let a process work, and kill it after its first word.

        Args:
            kind: of process, for the counts.
            work: is called with a function that tells facts, the phases, and what follows.
            moment: when it is killed.
            arguments, more: for `work`.
            paused: called while it is stopped, before it is killed.

        Raises:
            KillError: it has ended with an error of its own.
        """
        self._phases.reset()
        ear, mouth = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(ear)
            self._live(mouth, work, arguments, more)
        os.close(mouth)
        heard = bytearray()
        try:
            deadline = time.monotonic() + PATIENCE_S
            while b"\n" not in heard and time.monotonic() < deadline:
                if select.select([ear], [], [], 1.0)[0]:
                    part = os.read(ear, 65536)
                    heard += part
                    if not part:
                        break
            self._wait(moment)
            if paused is not None:
                os.kill(process, signal.SIGSTOP)
                os.waitpid(process, os.WUNTRACED)
                paused()
        finally:
            os.kill(process, signal.SIGKILL)
            _, status = os.waitpid(process, 0)
            while part := os.read(ear, 65536):
                heard += part
            os.close(ear)
        # What is told is told whole: a line is shorter than PIPE_BUF.
        told = tuple(json.loads(line) for line in heard.splitlines())
        if told and "failed" in told[-1]:
            raise KillError(f"{kind}: {told[-1]['failed']}")
        if not told:
            raise KillError(f"{kind}: it said nothing, status {status}, see {self._log}")
        if os.WIFSIGNALED(status):
            self.counts[kind, self._phases.now] += 1
        return Killed(told, self._phases.now)

    def _wait(self, moment: Moment) -> None:
        deadline = time.monotonic() + LONGEST_AIM_S
        while moment.phase and self._phases.now != moment.phase and time.monotonic() < deadline:
            time.sleep(0.0001)
        time.sleep(moment.delay_s)

    def _live(
        self, mouth: int, work: Callable[..., None], arguments: tuple[Any, ...], more: Facts
    ) -> None:
        """The child's life; it does not return."""

        def talk(**facts: Any) -> None:
            os.write(mouth, json.dumps(facts).encode() + b"\n")

        try:
            quiet = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            for number in (1, 2):
                os.dup2(quiet, number)
            sys.stdout, sys.stderr = (os.fdopen(os.dup(quiet), "w") for _ in range(2))
            self._phases.watch()
            work(talk, self._phases, *arguments, **more)
        except BaseException:
            talk(failed=traceback.format_exc()[-3000:])
        finally:
            os._exit(0)
