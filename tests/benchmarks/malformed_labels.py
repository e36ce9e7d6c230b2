"""Malformed labels of every format: each is imported wholly, or refused in one line and nothing changed.

    python tests/benchmarks/malformed_labels.py [--cases 1000] [--seed 1] [format ...]
    python tests/benchmarks/malformed_labels.py --only NUMBER [--seed 1] FORMAT

Each case is the export of a small log in the format with one or two damages to the files that hold
labels: truncated, bits flipped, other values and types, numbers that are huge or none, lines and rows
that are missing or there twice, other encodings, deep nesting, bombs, links, missing files. `av3d import
--replace` reads it into a project that holds these labels already, or into a new one. Then either all is
imported and `check` (what `av3d project fsck` runs) is clean; or there is one line "error: ..." and exit
code 2, and the project is as it was, or was not made. Everything else is a failure: another exception, a
crash, a file opened that is not the labels', more than ten seconds of computing, more than 2 GB.

Prints a table, and each kind of failure with the numbers of its cases, which `--only` runs again.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"  # threads do not survive a fork
os.environ["AV3D_DEBUG"] = "1"  # a defect shows where it is
sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from fuzz_readers import report, rerun, warmed  # noqa: E402
from fuzzing.pool import OUTCOMES, Result, run_cases  # noqa: E402
from fuzzing.seeds import LABELS, make_seeds  # noqa: E402

from round_trips import WAYS  # noqa: E402


def measure(reader: str, cases: int, seed: int, processes: int, work: Path) -> list[Result]:
    """All cases of a format."""
    seeds = make_seeds(reader, work / "seeds")
    warmed(seeds)
    return list(run_cases(reader, seed, range(cases), seeds, work, processes))


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n\n", maxsplit=1)[0])
    parser.add_argument("formats", nargs="*", metavar="format", help=", ".join(WAYS))
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", type=int, metavar="NUMBER", help="run one case again")
    given = parser.parse_args()
    if unknown := set(given.formats) - set(WAYS):
        parser.error(f"no format {sorted(unknown)[0]!r}; there are {', '.join(WAYS)}")
    fine = True
    with tempfile.TemporaryDirectory(prefix="av3d-malformed-") as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        if given.only is not None:
            work = Path(folder) / "work"
            work.mkdir()
            return rerun(LABELS + given.formats[0], given.seed, given.only, None, work)
        print(f"seed {given.seed}")
        print(f"{'labels':16}{'cases':>7}" + "".join(f"{name:>10}" for name in OUTCOMES)
              + f"{'most s':>9}{'most MB':>9}{'took s':>8}")  # fmt: skip
        for of_format in given.formats or WAYS:
            work = Path(folder) / of_format
            work.mkdir()
            start = time.monotonic()
            results = measure(LABELS + of_format, given.cases, given.seed, given.processes, work)
            fine &= report(of_format, results, time.monotonic() - start)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
