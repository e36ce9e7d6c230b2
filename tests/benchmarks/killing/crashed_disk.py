"""What a disk may hold after a power cut: files as they were at a moment, and less than was written.

SQLite has the write-ahead log on the disk before a commit returns, and writes into the file itself only
what is in the log; so a cut may leave any part of what was being written to either:

* the log whole, as at the moment: all that was acknowledged is there,
* the log whole, and of the file some pages as before and some as after it was folded up,
* the end of the log missing or full of noise: a state of the past, whole.

Source: https://www.sqlite.org/wal.html and https://www.sqlite.org/fileformat2.html, section 4.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from random import Random

from killing.process import Facts
from killing.verdict import Labels, State

PAGE = 4096


def take_copy(path: Path, folder: Path) -> None:
    """Copy a project whose process is stopped, without the index of its log, which no disk needs."""
    folder.mkdir()
    for ending in ("", "-wal"):
        with suppress(FileNotFoundError):
            shutil.copy(f"{path}{ending}", folder / f"taken{ending}")


def copies(
    folder: Path,
    told: tuple[Facts, ...],
    labels: Labels,
    first: State,
    random: Random,
    all_in_log: bool,
) -> Iterator[tuple[Path, set[State]]]:
    """Projects as a disk may hold them, and the states that each may be in.

    Args:
        folder: of the copy.
        told: by the process that was stopped.
        labels: what it may hold, from what was told.
        first: the state that the process began with.
        random: decides about what is cut.
        all_in_log: whether the file is as it was in the beginning.
    """
    log = folder / "taken-wal"
    yield _variant(folder, "whole"), labels.possible
    if not (all_in_log and log.exists() and log.stat().st_size):
        return
    past = {first, *labels.possible}
    past |= {(facts["done"], facts["entry"]) for facts in told if "done" in facts}
    size = log.stat().st_size
    cut = _variant(folder, "cut")
    with Path(f"{cut}-wal").open("r+b") as file:
        file.truncate(random.randrange(size))
    yield cut, past
    noise = _variant(folder, "noise")
    start = random.randrange(size)
    with Path(f"{noise}-wal").open("r+b") as file:
        file.seek(start)
        file.write(random.randbytes(min(size - start, random.choice((1, 5000, size)))))
    yield noise, past
    mixed, folded = _variant(folder, "mixed"), _variant(folder, "folded")
    with closing(sqlite3.connect(folded)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before, after = mixed.read_bytes(), folded.read_bytes()
    pages = [
        random.choice((after, before))[start : start + PAGE] or bytes(PAGE)
        for start in range(0, len(after), PAGE)
    ]
    mixed.write_bytes(b"".join(pages))
    yield mixed, labels.possible


def _variant(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    for ending in ("", "-wal"):
        with suppress(FileNotFoundError):
            shutil.copy(folder / f"taken{ending}", folder / name / f"p.av3d{ending}")
    return folder / name / "p.av3d"
