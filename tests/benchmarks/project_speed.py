"""How fast a large project is: opening it, one edit with its commit, undo, redo, all cuboids of a frame.

    python tests/benchmarks/project_speed.py [--tracks 1000] [--frames 200] [--entries 1000000]
        [--rounds 300] [--folder FOLDER] [--on sqlite postgresql] [--fsck]

Makes a project of one log in which every track is there in every frame, with a keyframe in each, and with
a journal of edits, of which some were undone, by ten people in sessions of a thousand. The journal is
written in bulk, but entry by entry what av3d itself would write: `--fsck` proves it, before and after.

Then it measures in rounds, each thing once a round, so that what else the machine does falls on all of
them alike. An edit makes the new keyframe and the new track, writes the transaction and brings the
document up to date. A floor of the same run stands beside:

    bare insert     as many bytes as an edit adds to the file, in one row of a table of another SQLite
                    file on the same disk, with synchronous=FULL as av3d has it
    numpy pass      centres, orientations and sizes of the frame copied out of arrays (tracks, frames)

Times are by the clock and, as other work on the machine shows in those, of the processor. What is
measured is first checked to be right: cuboids against `Track.state_at`, the document after all rounds
against what another connection reads.
"""

from __future__ import annotations

import argparse
import gc
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from av3d.digests import canonical, digest_of, digest_of_text
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.store import journal, rows, transactions
from av3d.store.editor import Editor
from av3d.store.journal import EntityChange, JournalEntry
from av3d.store.project import Project, open_project
from av3d.store.references import LogReference
from av3d.tracks.change import Change
from av3d.tracks.delta import as_tree
from av3d.tracks.history import Kind
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track
from av3d.types import NS_PER_MS

sys.path.append(str(Path(__file__).parents[1]))

LOG = "drive"
START_NS = 1_780_300_800_000_000_000
PERIOD_NS = 100 * NS_PER_MS
PER_SESSION = 1000
UNDONE_EVERY = 100
BATCH = 5000


def time_ns(frame: int) -> int:
    """The time of a frame."""
    return START_NS + frame * PERIOD_NS


def make_tracks(count: int, frames: int) -> Iterator[Track]:
    """Tracks that drive on slopes, with a keyframe in every frame."""
    rng = np.random.default_rng(4)
    for number in range(1, count + 1):
        start_m, velocity_m = rng.uniform(-200, 200, 3), rng.uniform(-1.5, 1.5, 3)
        size_lwh_m = np.round(rng.uniform(1, 6, 3), 2)
        turns = np.cumsum(rng.normal(0, 0.02, (frames, 3)), axis=0)
        keyframes = []
        for frame in range(frames):
            roll, pitch, yaw = turns[frame]
            pose = SE3.from_euler(roll, pitch, yaw, start_m + frame * velocity_m)
            cuboid = Cuboid(pose, size_lwh_m)
            keyframes.append(Keyframe(time_ns(frame), cuboid, Provenance.IMPORTED))
        yield Track(f"track-{number:05}", "car", tuple(keyframes), (), number, {"parked": False})


class Stopwatch:
    """Notes how long things take, by the clock and of this thread on the processor."""

    def __init__(self) -> None:
        self._times_ms: dict[str, list[tuple[float, float]]] = {}

    def __call__(self, name: str, action: Callable[[], Any]) -> Any:
        """Do something and note how long it took."""
        start, cpu_start = time.perf_counter(), time.thread_time()
        result = action()
        cpu_ms = (time.thread_time() - cpu_start) * 1e3
        self._times_ms.setdefault(name, []).append(((time.perf_counter() - start) * 1e3, cpu_ms))
        return result

    def report(self) -> None:
        """Print a table."""
        print(f"  {'ms':28} {'median':>9} {'p99':>9} {'worst':>9} {'CPU':>9} {'its p99':>9}")
        for name, values in self._times_ms.items():
            wall, cpu = np.quantile(values, [0.5, 0.99, 1.0], axis=0).T
            figures = "".join(f" {value:9.3f}" for value in (*wall, *cpu[:2]))
            print(f"  {name:28}{figures}  ({len(values)})", flush=True)


class Writer:
    """Writes the journal of a project in bulk; the labels once, as they are after it.

    Args:
        project: new, with its ontology only.
        tracks: what the first entry makes.
    """

    def __init__(self, project: Project, tracks: list[Track]) -> None:
        self._project = project
        self._trees = [as_tree(track.as_json()) for track in tracks]
        self._headers = [canonical(track.header_as_json()) for track in tracks]
        self._parts = [[keyframe.digest for keyframe in track.keyframes] for track in tracks]
        self._times = [[str(time) for time in track.times_ns] for track in tracks]
        self._rng = np.random.default_rng(5)
        self._batch: list[JournalEntry] = []

    def write(self, entries: int) -> None:
        """Write so many entries, those that are there included."""
        with self._project.writing() as connection:
            self._ids = transactions.log_ids(connection)
            self._last, self._digest = journal.last_entry(connection)
            digests = [self._track_digest(track) for track in range(len(self._trees))]
            made = [
                EntityChange(LOG, Track.kind, tree["id"], None, digest, [None, tree])
                for tree, digest in zip(self._trees, digests, strict=True)
            ]
            self._append(connection, Kind.DO, tuple(made), "import labels")
            self._trees = [{**tree, "keyframes": {**tree["keyframes"]}} for tree in self._trees]
            while self._last < entries:
                change = self._move(digests)
                self._append(connection, Kind.DO, (change,), "move cuboid")
                within = self._last % PER_SESSION
                if within and within % UNDONE_EVERY == 0 and self._last < entries:
                    track = int(change.id[6:]) - 1
                    back = self._put(track, change.reversed(), digests)
                    self._append(connection, Kind.UNDO, (back,), "undo move cuboid", self._last)
            self._flush(connection)
            labels = list(zip(self._trees, digests, strict=True))
            for start in range(0, len(labels), 100):
                rows.insert_tracks(connection, self._ids[LOG], labels[start : start + 100])

    def _track_digest(self, track: int) -> str:
        return digest_of_text(self._headers[track], "".join(self._parts[track]))

    def _move(self, digests: list[str]) -> EntityChange:
        """Move a keyframe a little."""
        track = int(self._rng.integers(len(self._trees)))
        tree = self._trees[track]
        key = self._times[track][int(self._rng.integers(len(self._times[track])))]
        steps_m: list[float] = self._rng.normal(0, 0.1, 3).tolist()
        old = tree["keyframes"][key]["center_m"]
        new = [value + step for value, step in zip(old, steps_m, strict=True)]
        delta = {"keyframes": {key: {"center_m": [old, new]}}}
        change = EntityChange(LOG, Track.kind, tree["id"], digests[track], None, delta)
        return self._put(track, change, digests)

    def _put(self, track: int, change: EntityChange, digests: list[str]) -> EntityChange:
        """The change with the digest of what it makes, which becomes the track."""
        keyframes = self._trees[track]["keyframes"]
        [(key, part)] = change.delta["keyframes"].items()
        keyframes[key] = {**keyframes[key], "center_m": part["center_m"][1]}
        place = self._times[track].index(key)
        self._parts[track][place] = digest_of({"timestamp_ns": int(key), **keyframes[key]})
        digests[track] = self._track_digest(track)
        return replace(change, after=digests[track])

    def _append(
        self,
        connection: Any,
        kind: Kind,
        changes: tuple[EntityChange, ...],
        command: str,
        target: int | None = None,
    ) -> None:
        number = self._last + 1
        session = f"session-{number // PER_SESSION}"
        author = f"annotator {number // PER_SESSION % 10}"
        at_ns = START_NS + number * 1_000_000_000
        entry = JournalEntry(number, at_ns, author, session, kind, target, command, "", changes)
        entry = replace(entry, digest=entry.computed_digest(self._digest))
        self._last, self._digest = number, entry.digest
        self._batch.append(entry)
        if len(self._batch) == BATCH:
            self._flush(connection)

    def _flush(self, connection: Any) -> None:
        if self._batch:
            journal.append_all(connection, self._batch, self._ids)
        self._batch = []


def make_project(location: str, tracks: int, frames: int, entries: int) -> None:
    """Make a project as the head of this file says."""
    with open_project(location, create=True, author="maker", session="make") as project:
        log = LogReference(
            LOG, "folder", "/nowhere/drive", "", "0" * 32, time_ns(0), time_ns(frames)
        )
        project.commit({"": [Change(None, log)]}, command=f"add log {LOG}", kind=Kind.FIXED)
        Writer(project, list(make_tracks(tracks, frames))).write(entries)
        assert project.position == entries


class Rounds:
    """What is measured, once each in every round.

    Args:
        editor: on the large project.
        rounds: how many; each edits a track that nobody has looked at before, as far as there are.
        floor: a bare SQLite file.
        watch: notes the times.
    """

    def __init__(
        self, editor: Editor, rounds: int, floor: sqlite3.Connection | None, watch: Stopwatch
    ) -> None:
        self._editor = editor
        self._floor = floor
        self._order = np.random.default_rng(6).permutation(len(editor.document.tracks))[:rounds]
        self._ids = list(editor.document.tracks)
        self._frames = len(editor.document.track(self._ids[0]).times_ns)
        self._arrays: tuple[Any, ...] = ()
        self._watch = watch

    def run(self) -> None:
        """All rounds."""
        editor = self._editor
        everyone = list(editor.document.tracks.values())
        columns = [track.columns for track in everyone]
        self._arrays = tuple(
            np.stack([getattr(one, name) for one in columns])
            for name in ("centers_m", "rotations", "sizes_lwh_m")
        )
        editor.document.cuboids_at(START_NS)
        for number, place in enumerate(self._order.tolist()):
            self._round(self._ids[place], number % (self._frames - 1))

    def _round(self, track_id: str, frame: int) -> None:
        editor, measure = self._editor, self._watch
        measure("edit, first of its track", lambda: self.move(track_id, frame))
        measure("cuboids after an edit", lambda: self.cuboids(frame, 0))
        measure("cuboids at keyframes", lambda: self.cuboids(frame + 1, 0))
        measure("cuboids between keyframes", lambda: self.cuboids(frame, 40 * NS_PER_MS))
        measure("  floor: numpy pass", lambda: [one[:, frame].copy() for one in self._arrays])
        measure("edit, keyframe moved", lambda: self.move(track_id, frame))
        measure("edit, keyframe added", lambda: self.add(track_id, frame))
        entry = measure("undo", editor.undo)
        assert entry.kind is Kind.UNDO
        entry = measure("redo", editor.redo)
        assert entry.kind is Kind.REDO
        if self._floor is not None:
            measure("  floor: bare insert", self.insert)

    def move(self, track_id: str, frame: int) -> None:
        """Move one keyframe and commit."""
        track = self._editor.document.track(track_id)
        keyframes = list(track.keyframes)
        cuboid = keyframes[frame].cuboid
        pose = SE3(cuboid.frame_SE3_cuboid.rotation, cuboid.center_m + 0.1)
        keyframes[frame] = Keyframe(
            keyframes[frame].timestamp_ns, replace(cuboid, frame_SE3_cuboid=pose)
        )
        self._commit(track, keyframes)

    def add(self, track_id: str, frame: int) -> None:
        """Put a keyframe between two others and commit."""
        track = self._editor.document.track(track_id)
        new_ns = time_ns(frame) + 33 * NS_PER_MS
        state = track.state_at(new_ns)
        assert state is not None
        self._commit(track, [*track.keyframes, Keyframe(new_ns, state.cuboid)])

    def _commit(self, track: Track, keyframes: list[Keyframe]) -> None:
        entry = self._editor.apply([Change(track, track.with_keyframes(keyframes))], "edit")
        assert entry is not None

    def cuboids(self, frame: int, later_ns: int) -> None:
        """All cuboids of a frame, or between two."""
        found = self._editor.document.cuboids_at(time_ns(frame) + later_ns)
        assert len(found) == len(self._ids)

    def insert(self) -> None:
        """As many bytes as an edit writes."""
        assert self._floor is not None
        self._floor.execute("BEGIN IMMEDIATE")
        self._floor.execute("INSERT INTO bare (value) VALUES (?)", ("x" * 700,))
        self._floor.execute("COMMIT")


def check_cuboids(editor: Editor) -> None:
    """That the arrays are what the tracks say, at keyframes and between them."""
    for moment_ns in (time_ns(3), time_ns(3) + 40 * NS_PER_MS):
        found = editor.document.cuboids_at(moment_ns)
        for row, track in enumerate(found.tracks):
            state = track.state_at(moment_ns)
            assert state is not None
            assert np.abs(found.centers_m[row] - state.cuboid.center_m).max() < 1e-9
            rotation = state.cuboid.frame_SE3_cuboid.rotation
            assert np.abs(found.rotations[row] - rotation).max() < 1e-9
        assert len(found) == len(editor.document.tracks)


def bare_file(path: Path) -> sqlite3.Connection:
    """A SQLite file with one table, set up as av3d sets up its own."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, value TEXT)")
    return connection


def measure(location: str, arguments: argparse.Namespace, floor: sqlite3.Connection | None) -> None:
    """Measure one project and print."""
    watch = Stopwatch()
    for _ in range(10):
        watch("open and close", lambda: open_project(location).close())
    with open_project(location, author="measurer") as project:
        for _ in range(5):
            gc.collect()
            editor = watch("document", lambda: project.edit(LOG))
            watch("its first cuboids", lambda: editor.document.cuboids_at(START_NS))  # noqa: B023
        assert {len(track.times_ns) for track in editor.document.tracks.values()} == {
            arguments.frames
        }
        assert len(editor.document.tracks) == arguments.tracks
        Rounds(editor, arguments.rounds, floor, watch).run()
        check_cuboids(editor)
        assert project.document(LOG).digest == editor.document.digest
    watch.report()


def fsck(location: str) -> None:
    """Check the whole project and say how long it took."""
    start = time.perf_counter()
    with open_project(location) as project:
        found = project.check()
    assert found.clean, found.findings[:3]
    print(f"  fsck: clean, {found.entries:,} entries, {found.keyframes:,} keyframes", end="")
    print(f" ({time.perf_counter() - start:.0f} s)")


def main() -> None:
    """Make the project or projects, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tracks", type=int, default=1000)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--folder", type=Path, help="where the SQLite file shall be")
    parser.add_argument("--on", nargs="+", choices=["sqlite", "postgresql"], default=["sqlite"])
    parser.add_argument(
        "--fsck", action="store_true", help="check the projects, which takes minutes"
    )
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=arguments.folder)))
        locations = {"sqlite": str(folder / "project.av3d")} if "sqlite" in arguments.on else {}
        if "postgresql" in arguments.on:
            from postgres import Server

            server = stack.enter_context(Server())
            locations["postgresql"] = stack.enter_context(server.database())
        for name, location in locations.items():
            start = time.perf_counter()
            make_project(location, arguments.tracks, arguments.frames, arguments.entries)
            seconds = time.perf_counter() - start
            path = Path(location)
            size = f", {path.stat().st_size / 1e6:.0f} MB" if path.exists() else ""
            print(
                f"{name}: {arguments.tracks:,} tracks, {arguments.tracks * arguments.frames:,} "
                f"keyframes, {arguments.entries:,} entries (made in {seconds:.0f} s{size})"
            )
            if arguments.fsck:
                fsck(location)
            floor = bare_file(folder / "bare.sqlite") if path.exists() else None
            measure(location, arguments, floor)
            if arguments.fsck:
                fsck(location)


if __name__ == "__main__":
    main()
