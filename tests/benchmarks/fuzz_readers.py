"""Damaged inputs for every reader: each must open, or end in one line, soon and without much memory.

    python tests/benchmarks/fuzz_readers.py [--cases 1000] [--seed 1] [reader ...]
    python tests/benchmarks/fuzz_readers.py --only NUMBER [--seed 1] [--keep FOLDER] READER

Each case is a copy of a small valid log or calibration (and of real ones, if AV3D_REAL_DATA is set)
with one or two damages: to files and folders as such, to what tables of text say, to what headers of
binary files claim. A worker process does with it what people do: opens it, states its facts, reads
its first and last points and images and its labels, draws them, converts its calibration. It may be
fine or end in an Av3dError of one line that says where. Everything else is a failure: another
exception, a crash, a file opened outside the log, more than ten seconds, more than 2 GB.

Prints a table, and each kind of failure with the numbers of its cases, which `--only` runs again.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "Agg")
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"  # threads do not survive a fork

from fuzzing.pool import (  # noqa: E402
    FINE,
    OUTCOMES,
    REFUSED,
    Result,
    chance_of,
    limit_memory,
    run_case,
    run_cases,
)
from fuzzing.seeds import SEEDS, Seed, make_seeds  # noqa: E402
from fuzzing.use import use  # noqa: E402


def warmed(seeds: list[Seed]) -> None:
    """Use each valid input once, so that forks have all libraries loaded and kernels compiled."""
    import cv2
    import pyarrow as pa

    cv2.setNumThreads(1)
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    for seed in seeds:
        for part in range(8):
            use(seed, seed.folder, chance_of("valid", 0, part))


def kind_of(result: Result) -> str:
    """What is the same about failures with one cause: the last place in av3d, and the error."""
    places = re.findall(r'File "[^"]*/src/(av3d/[^"]+)", line (\d+),? in (\S+)', result.text)
    # faulthandler begins with the innermost call, a traceback ends with it.
    innermost = places[0 if result.outcome == "hang" else -1] if places else ("", "", "")
    place = f"{innermost[0]}:{innermost[1]} {innermost[2]}"
    lines = result.text.strip().splitlines() or [""]
    error = lines[0] if result.outcome == "hang" else re.sub(r"/\S*|\d+|'[^']*'", "…", lines[-1])
    return f"{result.outcome}: {place} {error[:160]}"


def measure(reader: str, cases: int, seed: int, processes: int, work: Path) -> list[Result]:
    """All cases of a reader."""
    seeds = make_seeds(reader, work / "seeds")
    warmed(seeds)
    return list(run_cases(reader, seed, range(cases), seeds, work, processes))


def report(reader: str, results: list[Result], seconds: float) -> bool:
    """Print a row of the table and what failed; returns whether nothing did."""
    count = Counter(result.outcome for result in results)
    slowest = max(results, key=lambda result: result.seconds)
    largest = max(results, key=lambda result: result.peak_bytes)
    print(
        f"{reader:16}{len(results):7}" + "".join(f"{count[name]:10}" for name in OUTCOMES)
        + f"{slowest.seconds:9.1f}{largest.peak_bytes / 1e6:9.0f}{seconds:8.0f}",
        flush=True,
    )  # fmt: skip
    failures: defaultdict[str, list[Result]] = defaultdict(list)
    for result in results:
        if result.outcome not in (FINE, REFUSED):
            failures[kind_of(result)].append(result)
    for kind, failed in sorted(failures.items(), key=lambda item: -len(item[1])):
        numbers = " ".join(str(result.number) for result in failed[:6])
        print(f"    {len(failed)} x {kind}\n        cases {numbers}: {failed[0].done[:160]}")
    return not failures


def rerun(reader: str, seed: int, number: int, keep: Path | None, work: Path) -> int:
    """One case in this process, with its traceback."""
    seeds = make_seeds(reader, work / "seeds")
    if keep is not None:
        from fuzzing.cases import case_seed, copy, damage

        chance = chance_of(reader, seed, number)
        chosen = case_seed(seeds, chance)
        copy(chosen, keep)
        print(f"{damage(chosen, keep, chance)}: kept in {keep}, to be opened at {chosen.opened}")
        return 0
    limit_memory()
    result = run_case(reader, seed, number, seeds, work)
    print(f"{result.outcome}, {result.seconds:.2f} s, {result.peak_bytes / 1e6:.0f} MB")
    print(f"{result.done}\n{result.text}")
    return 0 if result.outcome in (FINE, REFUSED) else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n\n", maxsplit=1)[0])
    parser.add_argument("readers", nargs="*", metavar="reader", help=", ".join(SEEDS))
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", type=int, metavar="NUMBER", help="run one case again")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep its damaged copy")
    given = parser.parse_args()
    readers = given.readers or list(SEEDS)
    if unknown := set(readers) - set(SEEDS):
        parser.error(f"no reader {sorted(unknown)[0]!r}; there are {', '.join(SEEDS)}")
    fine = True
    with tempfile.TemporaryDirectory(prefix="av3d-fuzz-") as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        if given.only is not None:
            work = Path(folder) / "work"
            work.mkdir()
            return rerun(readers[0], given.seed, given.only, given.keep, work)
        print(f"seed {given.seed}")
        print(f"{'reader':16}{'cases':>7}" + "".join(f"{name:>10}" for name in OUTCOMES)
              + f"{'most s':>9}{'most MB':>9}{'took s':>8}")  # fmt: skip
        for reader in readers:
            work = Path(folder) / reader
            work.mkdir()
            start = time.monotonic()
            results = measure(reader, given.cases, given.seed, given.processes, work)
            fine &= report(reader, results, time.monotonic() - start)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
