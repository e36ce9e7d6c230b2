"""Broken Argoverse 2 logs: each must open, or end in one line, soon and without much memory.

    AV3D_REAL_DATA=... python tests/benchmarks/av2_fuzz.py [logs] [seed]

Each log is a copy of a real one with one table damaged: truncated, flipped bytes, values and types
that make no sense, claims of huge sizes, links, folders in place of files. Fails on anything else
than a result or an Av3dError of one line.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import feather

from av3d.datasets.argoverse2 import DATASET
from av3d.datasets.registry import open_log
from av3d.errors import Av3dError
from av3d.render.bev_picture import bev_picture

LONGEST_S = 10.0
MOST_BYTES = 2 * 1024**3


def senseless(rows: int, chance: random.Random) -> object:
    """A column that no table has."""
    return chance.choice(
        [
            np.full(rows, np.nan),
            np.full(rows, 1e300),
            np.zeros(rows),
            np.full(rows, -(2**63)),
            np.full(rows, 2**63, np.uint64),
            np.arange(rows) * 10**17,
            ["../../etc/passwd"] * rows,
            [""] * rows,
            [None] * rows,
            [[1, 2]] * rows,
            ["ä\n"] * rows,
            [True] * rows,
        ]
    )


def truncated(path: Path, chance: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: chance.randrange(len(data))])


def flipped(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    # Half of them in the records at the end, which say where everything is.
    first = len(data) // 2 if chance.random() < 0.5 else max(len(data) - 3000, 0)
    for _ in range(chance.randrange(1, 20)):
        data[chance.randrange(first, len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def huge(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    start = chance.randrange(max(len(data) - 3000, 0), len(data) - 8) & ~7
    data[start : start + 8] = chance.choice([2**31 - 1, 2**40, 2**62]).to_bytes(8, "little")
    path.write_bytes(data)


def other_column(path: Path, chance: random.Random) -> None:
    table = feather.read_table(str(path))
    columns = {name: table.column(name) for name in table.column_names}
    columns[chance.choice(table.column_names)] = senseless(table.num_rows, chance)
    feather.write_feather(pa.table(columns), str(path))


def no_column(path: Path, chance: random.Random) -> None:
    table = feather.read_table(str(path))
    feather.write_feather(table.drop_columns([chance.choice(table.column_names)]), str(path))


def few_rows(path: Path, chance: random.Random) -> None:
    table = feather.read_table(str(path))
    feather.write_feather(table.slice(0, chance.randrange(3)), str(path))


def doubled_rows(path: Path, chance: random.Random) -> None:
    table = feather.read_table(str(path))
    feather.write_feather(pa.concat_tables([table, table.slice(0, 3)]), str(path))


def empty(path: Path, chance: random.Random) -> None:
    path.write_bytes(b"")


def folder(path: Path, chance: random.Random) -> None:
    path.unlink()
    path.mkdir()


def link(path: Path, chance: random.Random) -> None:
    path.unlink()
    path.symlink_to(chance.choice([path.name, "/etc/passwd", "/dev/zero", "/nonexistent"]))


def renamed(path: Path, chance: random.Random) -> None:
    name = chance.choice(["9" * 30, "-5", "now", "0" * 18, "ä b"])
    path.rename(path.with_name(f"{name}.feather"))


DAMAGES: tuple[Callable[[Path, random.Random], None], ...] = (
    truncated, truncated, flipped, flipped, huge, huge, other_column, other_column, no_column,
    few_rows, doubled_rows, empty, folder, link, renamed,
)  # fmt: skip


def use(path: Path) -> None:
    """What people do with a log."""
    log = open_log(path, "av2")
    there = [row for row in range(len(log.frames)) if row not in log.lidars["up_lidar"].absent]
    for row in there[:3]:
        log.cloud(row)
    tracks = DATASET.read_labels(log).tracks
    DATASET.read_rig(path)
    bev_picture(log, there[0] if there else 0, tracks, size_px=(320, 240))


def main(source: Path, count: int, seed: int) -> int:
    warnings.simplefilter("error", RuntimeWarning)
    chance = random.Random(seed)
    tables = sorted(path.relative_to(source) for path in source.rglob("*.feather"))
    outcomes: Counter[str] = Counter()
    worst_s = 0.0
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "log"
        for _ in range(count):
            shutil.rmtree(path, ignore_errors=True)
            for table in tables:
                (path / table).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / table, path / table)
            damage = chance.choice(DAMAGES)
            damage(path / chance.choice(tables), chance)
            start = time.perf_counter()
            try:
                use(path)
                outcomes["used"] += 1
            except Av3dError as error:
                outcomes["refused in one line" if "\n" not in str(error) else "many lines"] += 1
            except Exception as error:  # what this is all about
                outcomes[f"{damage.__name__}: {error!r}"] += 1
            worst_s = max(worst_s, time.perf_counter() - start)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    for outcome, times in outcomes.most_common():
        print(f"{times:5d} {outcome}")
    print(f"longest {worst_s:.2f} s, memory {memory / 1e6:.0f} MB")
    fine = set(outcomes) <= {"used", "refused in one line"}
    return 0 if fine and worst_s < LONGEST_S and memory < MOST_BYTES else 1


if __name__ == "__main__":
    logs = sorted((Path(os.environ["AV3D_REAL_DATA"]) / "av2").glob("*"))
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(main(logs[0], *(numbers + [1000, 1][len(numbers) :])))
