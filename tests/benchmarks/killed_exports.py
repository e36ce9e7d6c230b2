"""Kills exports of every format at random moments; what was there before must be whole.

    python tests/benchmarks/killed_exports.py [--kills 50] [--seed 1] [--workdir FOLDER] [format ...]

Each format is exported by `av3d export` from two projects with different labels of a small log. Half of
the exports replace an earlier one (`--overwrite`), half go to a folder that is not there yet. The process
is killed (SIGKILL) at any moment, or in the moments that are short: while files are hashed, while folders
are swapped, while the old one is removed. Then the folder has to be one of the two exports, byte for byte
and as its manifest says, or not to be there where none was; and beside each folder no more than one
hidden piece may lie, which the next export removes.

Prints what the processes were doing when they were killed. Ends with 1 if anything is not as it must be.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"  # threads do not survive a fork
sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from kill import make_log  # noqa: E402
from killing.campaigns import VARIANTS, Campaign, Export, command, imported  # noqa: E402
from killing.phases import Phases  # noqa: E402
from killing.process import Hunter, KillError  # noqa: E402
from killing.verdict import check_folder, expect, tree_digest  # noqa: E402
from killing.victims import Talk  # noqa: E402

from av3d.cli.main import run  # noqa: E402
from av3d.datasets.manifest import differences  # noqa: E402
from av3d.datasets.registry import datasets  # noqa: E402

OLD, NEW = "old", "new"
"""The folder that is there before, and the one that is not."""
ENDED = (*Export.phases, "between steps")
"""Where a process can be killed; the last is: before it begins, or when all is done."""


def main() -> int:
    known = [one.name for one in datasets() if one.writes_labels]
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("formats", nargs="*", metavar="format", help=", ".join(known))
    parser.add_argument("--kills", type=int, default=50, help="of each format")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workdir", type=Path)
    options = parser.parse_args()
    if unknown := set(options.formats) - set(known):
        parser.error(f"no format {sorted(unknown)[0]!r}; there are {', '.join(known)}")
    folder = options.workdir or Path(tempfile.mkdtemp(prefix="av3d-killed-exports-"))
    folder.mkdir(parents=True, exist_ok=True)
    hunter = Hunter(folder / "said by the processes")
    random, started = Random(options.seed), time.monotonic()
    try:
        log = make_log(folder)
        for of_format in options.formats or known:
            campaign = OneFormat(hunter, folder / of_format, random, log, of_format)
            for _ in range(options.kills):
                campaign.once()
            campaign.finish()
            print(f"{of_format}: {options.kills} kills", file=sys.stderr, flush=True)
    except KillError as error:
        print(f"LOST, seed {options.seed}: {error}")
        print(f"the folder is kept: {folder}")
        return 1
    print_table(hunter, options.formats or known)
    print(
        f"{options.kills} kills of each format, nothing half-written, earlier exports untouched, "
        f"{time.monotonic() - started:.0f} s, seed {options.seed}"
    )
    if options.workdir is None:
        shutil.rmtree(folder)
    return 0


def print_table(hunter: Hunter, formats: Sequence[str]) -> None:
    """Counts by format and phase."""
    print(f"{'format':20}" + "".join(f"{phase.removeprefix('export: '):>24}" for phase in ENDED))
    for of_format in formats:
        counts = [hunter.counts[of_format, phase] for phase in ENDED]
        print(f"{of_format:20}" + "".join(f"{count:24}" for count in counts))


class OneFormat(Campaign):
    """Exports in one format, into a folder that was there before and into one that was not."""

    phases = Export.phases
    variants: Sequence[str] = VARIANTS[:2]

    def __init__(
        self, hunter: Hunter, folder: Path, random: Random, log: Path, of_format: str
    ) -> None:
        super().__init__(hunter, folder, random)
        self.name = of_format
        self._digests: dict[str, str] = {}
        times_s: list[float] = []
        for variant in self.variants:
            imported(log, folder / f"{variant}.av3d", variant)
            begun = time.monotonic()
            command(self._arguments(variant, OLD))
            times_s.append(time.monotonic() - begun)
            self._digests[variant] = tree_digest(folder / OLD)
        digests = set(self._digests.values())
        expect(len(digests) == len(self.variants), f"{of_format}: both projects export the same")
        self.longest_s = min(times_s) * 1.2
        self._possible = {self._digests[self.variants[-1]]}

    def _arguments(self, variant: str, name: str) -> list[str]:
        arguments = ["--project", str(self._folder / f"{variant}.av3d"), "--format", self.name]
        return ["export", *arguments, "--out", str(self._folder / name), "--overwrite"]

    def once(self) -> None:
        name, variant = self._random.choice((OLD, NEW)), self._random.choice(self.variants)
        shutil.rmtree(self._folder / NEW, ignore_errors=True)
        self._hunter.kill(self.name, export, self._moment(), self._arguments(variant, name))
        self._check(
            OLD, self._possible | {self._digests[variant]} if name == OLD else self._possible
        )
        self._possible = {tree_digest(self._folder / OLD)}
        if (self._folder / NEW).exists():
            self._check(NEW, {self._digests[variant]} if name == NEW else set())
        self._look_around(2)  # one of each: the next export there removes it

    def _check(self, name: str, possible: set[str]) -> None:
        folder = self._folder / name
        expect(tree_digest(folder) in possible, f"{self.name}: {folder} is not a whole export")
        expect(differences(folder) == (), f"{self.name}: {folder} is not as its manifest says")

    def _look_around(self, most_pieces: int) -> None:
        endings = ("", "-wal", "-shm")
        projects = [f"{v}.av3d{ending}" for v in self.variants for ending in endings]
        check_folder(self._folder, most_pieces, [OLD, NEW, *projects])

    def finish(self) -> None:
        """What is left of killed exports goes with the next one, and the folder is its result."""
        for name in (OLD, NEW):
            command(self._arguments(self.variants[0], name))
            self._check(name, {self._digests[self.variants[0]]})
        self._look_around(0)
        for path in (OLD, NEW, "log"):
            shutil.rmtree(self._folder / path, ignore_errors=True)


def export(talk: Talk, phases: Phases, arguments: list[str]) -> None:
    """Export once, and wait to be killed."""
    talk(intended=arguments)
    with phases.within("export: reading"):
        if run(arguments):
            raise RuntimeError("export failed")
    signal.pause()


if __name__ == "__main__":
    sys.exit(main())
