"""Runs cases in forked processes that may crash, hang or ask for any memory."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import random
import resource
import shutil
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

from fuzzing.cases import case_seed, copy, damage
from fuzzing.seeds import Seed
from fuzzing.use import check_line, use

from av3d.errors import Av3dError

LIMIT_S = 10.0
WAIT_S = 40.0
"""A case hangs if it computes for LIMIT_S, or does nothing for so long that it has taken WAIT_S: other
programs may keep it from computing, and something that waits for ever computes nothing."""
LIMIT_BYTES = 2 * 1024**3
"""Memory that a case may take beyond what the program has with all libraries loaded."""
CASES_PER_PROCESS = 200

FINE, REFUSED, TRACEBACK, HANG, MEMORY = OUTCOMES = (
    "fine",
    "refused",
    "traceback",
    "hang",
    "memory",
)


@dataclass(frozen=True)
class Result:
    """What a case came to.

    Attributes:
        number: of the case.
        outcome: one of OUTCOMES.
        done: the damage, in words.
        text: the line a user sees, or the traceback.
        seconds: of computing.
        peak_bytes: most memory held beyond what was held before.
    """

    number: int
    outcome: str
    done: str
    text: str
    seconds: float
    peak_bytes: int


def chance_of(reader: str, seed: int, number: int) -> random.Random:
    """The randomness of a case: the same whenever it is run."""
    return random.Random(f"{reader} {seed} {number}")


def run_case(reader: str, seed: int, number: int, seeds: list[Seed], work: Path) -> Result:
    """Damage a copy of a seed and use it, in this process."""
    chance = chance_of(reader, seed, number)
    chosen = case_seed(seeds, chance)
    folder = work / f"case {number} é"
    copy(chosen, folder)
    done = damage(chosen, folder, chance)
    _reset_peak()
    before = _memory("VmRSS")
    start = time.process_time()
    outcome, text = FINE, ""
    try:
        use(chosen, folder, chance)
    except Av3dError as error:
        outcome, text = REFUSED, str(error)
        try:
            check_line(error)
        except RuntimeError as problem:
            outcome, text = TRACEBACK, str(problem)
    except MemoryError:
        outcome, text = MEMORY, traceback.format_exc()
    except Exception:
        outcome, text = TRACEBACK, traceback.format_exc()
    seconds = time.process_time() - start
    peak = _memory("VmHWM") - before
    if outcome in (FINE, REFUSED):
        if peak > LIMIT_BYTES:
            outcome = MEMORY
        elif seconds > LIMIT_S:
            outcome = HANG
    remove(folder)
    return Result(number, outcome, done, text, seconds, peak)


def remove(folder: Path) -> None:
    """Remove a case, whatever it has become."""
    shutil.rmtree(folder, ignore_errors=True)


def run_cases(
    reader: str, seed: int, numbers: Iterable[int], seeds: list[Seed], work: Path, processes: int
) -> Iterator[Result]:
    """Run cases in processes of their own, results as they come.

    Args:
        reader, seed: what the randomness is made of.
        numbers: of the cases.
        seeds: the reader's valid inputs.
        work: an empty folder for the copies.
        processes: how many at a time.
    """
    waiting = iter(numbers)
    start: Callable[[], _Worker] = lambda: _Worker(reader, seed, seeds, work)  # noqa: E731
    free = [start() for _ in range(processes)]
    busy: dict[Connection, _Worker] = {}
    try:
        while True:
            while free and (number := next(waiting, None)) is not None:
                worker = free.pop()
                if worker.given >= CASES_PER_PROCESS:
                    worker.stop()
                    worker = start()
                worker.give(number)
                busy[worker.pipe] = worker
            if not busy:
                return
            ready = wait(list(busy), timeout=0.2)
            for pipe in list(busy):
                worker = busy[pipe]
                if pipe in ready:
                    result = worker.take()
                elif (result := worker.overdue()) is None:
                    continue
                del busy[pipe]
                free.append(worker if worker.alive else start())
                yield result
    finally:
        for worker in (*free, *busy.values()):
            worker.stop()


class _Worker:
    """A process that runs one case after the other."""

    def __init__(self, reader: str, seed: int, seeds: list[Seed], work: Path) -> None:
        context = multiprocessing.get_context("fork")
        self.pipe, other = context.Pipe()
        self._process = context.Process(
            target=_work, args=(other, reader, seed, seeds, work), daemon=True
        )
        self._process.start()
        other.close()
        self._work = work
        self.given = 0
        self.alive = True
        self._number = -1

    def give(self, number: int) -> None:
        self._number, self._start, self._computed = number, time.monotonic(), self._cpu_s()
        self.given += 1
        self.pipe.send(number)

    def take(self) -> Result:
        try:
            result: Result = self.pipe.recv()
            return result
        except (EOFError, ConnectionResetError):
            self._process.join()
            code = self._process.exitcode or 0
            name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            return self._broken(TRACEBACK, f"the process ended with {name}")

    def overdue(self) -> Result | None:
        """A result if the case takes too long; its process is ended."""
        waited = time.monotonic() - self._start
        # A case that ends after LIMIT_S is a hang, too, but tells what it did.
        computed = self._cpu_s() - self._computed
        if computed < LIMIT_S + 5 and waited < WAIT_S:
            return None
        with contextlib.suppress(OSError):
            os.kill(self._process.pid or 0, signal.SIGUSR1)  # faulthandler says where it is
            time.sleep(0.5)
        where = self._traces.read_text() if self._traces.is_file() else ""
        return self._broken(HANG, f"{computed:.1f} s of computing in {waited:.1f} s\n{where}")

    def stop(self) -> None:
        self.alive = False
        self._process.kill()
        self._process.join()
        self.pipe.close()
        self._traces.unlink(missing_ok=True)

    @property
    def _traces(self) -> Path:
        return self._work / f"{self._process.pid}.trace"

    def _broken(self, outcome: str, text: str) -> Result:
        seconds = time.monotonic() - self._start
        self.stop()
        remove(self._work / f"case {self._number} é")
        return Result(self._number, outcome, "", text, seconds, 0)

    def _cpu_s(self) -> float:
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _work(pipe: Connection, reader: str, seed: int, seeds: list[Seed], work: Path) -> None:
    """Run the cases whose numbers come through the pipe."""
    import faulthandler

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    warnings.filterwarnings("error", category=RuntimeWarning, module="av3d")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # also what libraries in C print, and what reads the terminal
        os.dup2(nowhere, stream)
    limit_memory()
    gc.freeze()  # a fork need not look for garbage in what the libraries have loaded
    with (work / f"{os.getpid()}.trace").open("w") as traces:
        faulthandler.register(signal.SIGUSR1, traces, all_threads=True)
        while True:
            try:
                number = pipe.recv()
            except EOFError:
                os._exit(0)
            try:
                result = run_case(reader, seed, number, seeds, work)
            except Exception:  # a defect of ours
                result = Result(number, TRACEBACK, "harness", traceback.format_exc(), 0.0, 0)
            gc.collect()
            pipe.send(result)


def limit_memory() -> None:
    """Let this process ask for LIMIT_BYTES beyond what it has."""
    limit = _memory("VmSize") + LIMIT_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _reset_peak() -> None:
    # proc(5): 5 sets the peak back to what is held now.
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _memory(name: str) -> int:
    """VmRSS, VmHWM or VmSize of this process, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return 0
