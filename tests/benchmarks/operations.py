"""Ten thousand random operations of two editors with undo and redo, against a plain model.

    python tests/benchmarks/operations.py [--steps 10000] [--seed 1] [--seeds 1] [--database both]

For each seed and database: one long history of random steps in one project (every track operation,
undo, redo, a second editor who works at the same time and conflicts, refresh, reopening, restore, past
states), and a state machine of hypothesis of as many steps in shorter histories. After every step what
is stored and what editors show is compared with the model; at the end state, journal replay and model
agree, `fsck` is clean, and undoing everything leaves an empty text and empty tables. The kinds of steps
are counted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))
from postgres import Server
from store.rehearsal import Rehearsal, rehearse
from store.test_state_machine import TwoEditors, run

STEPS_OF_ONE_EXAMPLE = 50


def main() -> int:
    """Rehearse; 0 when every check held."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="so many seeds, from the first one on")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--only", choices=("history", "machine"))
    parser.add_argument("--workdir", type=Path, default=None)
    arguments = parser.parse_args()
    names = ["sqlite", "postgresql"] if arguments.database == "both" else [arguments.database]
    with ExitStack() as stack:
        server = stack.enter_context(Server()) if "postgresql" in names else None
        workdir = stack.enter_context(tempfile.TemporaryDirectory(dir=arguments.workdir))
        for seed in range(arguments.seed, arguments.seed + arguments.seeds):
            for name in names:
                place = Place(name, server, Path(workdir))
                if arguments.only != "machine":
                    long_history(place, seed, arguments.steps)
                if arguments.only != "history":
                    state_machine(place, seed, arguments.steps)
    return 0


class Place:
    """Where new projects are made."""

    def __init__(self, name: str, server: Server | None, folder: Path) -> None:
        self.name = name
        self._server = server
        self._folder = folder

    def begin(self, stack: ExitStack) -> Rehearsal:
        """A rehearsal in a project of its own, gone when the stack is left."""
        if self.name == "postgresql" and self._server is not None:
            return Rehearsal(stack.enter_context(self._server.database()))
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=self._folder))
        return Rehearsal(Path(folder) / "p.av3d")


def long_history(place: Place, seed: int, steps: int) -> None:
    """One history of `steps` steps in one project."""
    random, start = Random(seed), time.perf_counter()
    with ExitStack() as stack:
        rehearsal = place.begin(stack)
        for _ in range(steps):
            rehearse(rehearsal, random)
        rehearsal.check_all()
        entries, keyframes = rehearsal.last, rehearsal.projects["ada"].check().keyframes
        counts = Counter(rehearsal.counts)
        undone = rehearsal.undo_all()
        rehearsal.check_all()
        rehearsal.close()
    title = f"one history of {steps:,} steps"
    report(place.name, seed, title, counts, time.perf_counter() - start)
    print(
        f"    {entries:,} journal entries, {keyframes} keyframes at the end; state = replay of the"
        f" journal = model, fsck clean;\n    then {undone:,} undos: text empty, tables empty, fsck"
        " clean"
    )


def state_machine(place: Place, seed: int, steps: int) -> None:
    """A hypothesis state machine, `steps` steps in histories of STEPS_OF_ONE_EXAMPLE."""
    counts: Counter[str] = Counter()
    histories, start = 0, time.perf_counter()

    class Counted(TwoEditors):
        def begin(self) -> Rehearsal:
            self.stack = ExitStack()
            return place.begin(self.stack)

        def end(self) -> None:
            nonlocal histories
            histories += 1
            counts.update(self.rehearsal.counts)
            self.stack.close()

    run(Counted, steps // STEPS_OF_ONE_EXAMPLE, STEPS_OF_ONE_EXAMPLE, seed)
    title = f"hypothesis state machine, {histories} histories"
    report(place.name, seed, title, counts, time.perf_counter() - start)
    print("    each: state = replay of the journal = model, fsck clean; all undone: empty")


def report(name: str, seed: int, title: str, counts: Counter[str], seconds: float) -> None:
    """Print what was done how often."""
    print(f"{name}, seed {seed}: {title}, {seconds:.0f} s")
    operations = {key: count for key, count in counts.items() if "." in key and ":" not in key}
    refused = sum(count for key, count in counts.items() if key.endswith(": refused"))
    print(
        f"    {sum(operations.values()):,} operations of {len(operations)} kinds, {refused} refused"
    )
    for start in range(0, len(operations), 4):
        row = sorted(operations.items())[start : start + 4]
        print("      " + "  ".join(f"{key} {count}" for key, count in row))
    others = {key: count for key, count in counts.items() if "." not in key}
    print("    " + ", ".join(f"{key} {count}" for key, count in sorted(others.items())), flush=True)


if __name__ == "__main__":
    sys.exit(main())
