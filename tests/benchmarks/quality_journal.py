"""How long it takes to tell rework, authors and time spent from a long journal, and in how much memory.

    nice python tests/benchmarks/quality_journal.py --entries 1000000

Writes a journal of edits as people make them (imports, moves of keyframes, keyframes between others,
decisions) straight into a new project, reads it as `av3d check --journal` does, and beside it as
`av3d project fsck` has to at least: every row, every difference decoded, and nothing done with it. Times
are processor times. What comes out is compared with what was put in first.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.present.quality.history import read_journal
from av3d.present.quality.rework import merged
from av3d.store import journal, transactions
from av3d.store.journal import EntityChange, JournalEntry
from av3d.store.project import Project, open_project
from av3d.store.references import LogReference
from av3d.tracks.change import Change
from av3d.tracks.delta import as_tree
from av3d.tracks.history import Kind
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track

S = 1_000_000_000
LOG = "drive"
KEYFRAMES = 20
EVERY_S = 20
"""Seconds between two entries of an author; every 50th comes after a pause of an hour."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--tracks", type=int, default=2_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "p.av3d"
        with open_project(place, create=True, author="import") as project:
            log = LogReference(LOG, "folder", f"/logs/{LOG}", "", "f1", 0, 100 * S)
            project.commit({"": [Change(None, log)]}, command="add log", kind=Kind.FIXED)
            moved, worked_s = fill(project, options.entries, options.tracks)
            plain_s = timed(lambda: read_all(project))
            started = time.process_time()
            facts = read_journal(project, [LOG])
            took_s = time.process_time() - started
            imported = merged(facts.rework, 0)["imported"]
            assert (imported.made, imported.changed) == (options.tracks * KEYFRAMES, moved)
            assert abs(facts.effort.total_s - worked_s) < 1e-6 * max(worked_s, 1)
            between = merged(facts.rework, 0).get("interpolated")
    print(f"entries                    {facts.entries:,}")
    print(f"imported cuboids           {imported.made:,}, changed {imported.changed:,}")
    print(f"keyframes between others   {0 if between is None else between.made:,}")
    print(
        f"read and told              {took_s:.1f} s, {took_s / facts.entries * 1e6:.0f} µs per entry"
    )
    print(f"read alone                 {plain_s:.1f} s; ratio {took_s / plain_s:.2f}")
    print(f"memory of it all           {peak_mb():.0f} MB at most")


def fill(project: Project, entries: int, tracks: int) -> tuple[int, float]:
    """Write entries; returns how many imported cuboids are elsewhere then, and the time worked."""
    moved: set[tuple[int, int]] = set()
    worked_s = 0.0
    last_ns = {"ana": 0, "ben": 0}
    with project.writing() as connection:
        first, _ = journal.last_entry(connection)
        ids = transactions.log_ids(connection)
        page: list[JournalEntry] = []
        clock_ns = 1_780_000_000 * S
        for number, (author, change, key) in enumerate(edits(entries - first, tracks)):
            clock_ns += S * (3600 if number % 50 == 49 else EVERY_S)
            if author in last_ns:
                gap_s = (clock_ns - last_ns[author]) / S
                worked_s += gap_s if last_ns[author] and gap_s <= 120 else 0.0
                last_ns[author] = clock_ns
            elif number:
                worked_s += EVERY_S if number % 50 != 49 else 0.0
            if key is not None:
                moved.add(key)
            page.append(
                JournalEntry(
                    first + 1 + number, clock_ns, author, "s", Kind.DO, None, "edit", "", (change,)
                )
            )
            if len(page) == 10_000:
                journal.append_all(connection, page, ids)
                page.clear()
        if page:
            journal.append_all(connection, page, ids)
    return len(moved), worked_s


def edits(count: int, tracks: int) -> Iterator[tuple[str, EntityChange, tuple[int, int] | None]]:
    """Author, change, and which imported keyframe it moves."""
    rng = np.random.default_rng(1)
    trees = {}
    for number in range(min(tracks, count)):
        keyframes = tuple(
            Keyframe(
                2 * row * S, Cuboid.from_yaw([5.0 * row, 0.0, 0.0], [4.5, 1.9, 1.6], 0.0),
                Provenance.IMPORTED,
            )
            for row in range(KEYFRAMES)
        )  # fmt: skip
        track = Track(f"t{number}", "car", keyframes, number=number)
        trees[number] = {
            time: dict(tree) for time, tree in as_tree(track.as_json())["keyframes"].items()
        }
        tree = as_tree(track.as_json())
        yield "import", EntityChange(LOG, "track", track.id, None, "d", [None, tree]), None
    for number in range(count - min(tracks, count)):
        author = ("ana", "ben")[number % 2]
        track_number, row = int(rng.integers(tracks)), int(rng.integers(KEYFRAMES))
        kind = rng.random()
        if kind < 0.1:
            event = {"id": f"e{number}", "label": "review"}
            yield author, EntityChange(LOG, "event", f"e{number}", None, "d", [None, event]), None
            continue
        known = trees[track_number]
        at = str(2 * row * S) if kind < 0.8 else str((2 * row + 1) * S)
        if at not in known:
            new = dict(known["0"], provenance="manual", center_m=[5.0 * row + 2.5, 0.3, 0.0])
            known[at] = new
            delta: Any = {"keyframes": {at: [None, new]}}
            key = None
        else:
            old = known[at]
            center_m = [old["center_m"][0], old["center_m"][1] + 0.1, 0.0]
            part = {"center_m": [old["center_m"], center_m]}
            if old["provenance"] != "manual":
                part["provenance"] = [old["provenance"], "manual"]
            known[at] = dict(old, center_m=center_m, provenance="manual")
            delta = {"keyframes": {at: part}}
            key = (track_number, row) if kind < 0.8 else None
        yield author, EntityChange(LOG, "track", f"t{track_number}", "c", "d", delta), key


def read_all(project: Project) -> None:
    """Every row of the journal, with its differences."""
    with project.reading() as connection:
        for _, changes in journal.read_rows(connection):
            for change in changes:
                journal.delta_of(change)


def timed(work: object) -> float:
    """Seconds of the processor that a piece of work takes."""
    assert callable(work)
    started = time.process_time()
    work()
    return time.process_time() - started


def peak_mb() -> float:
    """Most memory that the process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
