"""Two processes edit one log at the same time: no update is lost, every conflict made is reported.

    python tests/benchmarks/two_processes.py [--edits 10000] [--database both] [--seed 1]

Each process has an editor and makes half of the edits with short rests: on tracks of its own, on tracks
that both edit, new tracks, and now and then on purpose from a value that it knows to be out of date.
Every edit counts an attribute of its track up by one; the process notes from which count it starts, and
whether it was acknowledged, or which count the conflict showed.

What must come of it follows from these notes alone. All edits of a track that start from the same count
compete: one of them must be acknowledged, the others are conflicts made, and each of them must have been
reported. The count at the end is the number of acknowledged edits, or updates were lost. At last the
journal is compared with the notes, both editors with the database, and `fsck` proves the project.

A second phase measures how soon one process sees what the other commits, asking every millisecond.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
import itertools

from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.store.conflict import ConflictError
from av3d.store.editor import Editor
from av3d.store.project import open_project
from av3d.tracks.change import Change, combined
from av3d.tracks.document import Document
from av3d.tracks.operations.attributes import set_attribute
from av3d.tracks.operations.keyframes import set_keyframe
from av3d.tracks.track import Track
from postgres import Server
from store.projects import LOG, car, new_project

NAMES = ("ada", "ben")
SHARED, OWN = 5, 3
"""So many tracks are edited by both processes, and by each of them alone."""

REST_S = 0.02
"""Longest rest after an edit."""

NEW = -1
"""The count that the making of a track starts from; it gives the count 0."""

Note = dict[str, Any]
"""One edit: kind, track, base count; and "entry" if acknowledged, "theirs" if not, or "error"."""


def main() -> int:
    """Run the contest; 0 when nothing was lost and all conflicts were reported."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--edits", type=int, default=10_000, help="of both processes together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--watched", type=int, default=300, help="commits that are waited for")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--workdir", type=Path, default=None)
    parser.add_argument("--process", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.process:
        location, name, edits, seed, notes = arguments.process
        Process(location, name, int(edits), Random(f"{seed} {name}"), Path(notes)).run()
        return 0
    names = ["sqlite", "postgresql"] if arguments.database == "both" else [arguments.database]
    sound = True
    with ExitStack() as stack:
        server = stack.enter_context(Server()) if "postgresql" in names else None
        for name in names:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=arguments.workdir)))
            location = str(folder / "p.av3d")
            if name == "postgresql" and server is not None:
                location = stack.enter_context(server.database())
            facts = contest(location, folder, arguments.edits, arguments.seed, arguments.watched)
            print(f"{name}, seed {arguments.seed}")
            for key, value in facts.items():
                print(f"    {key:<32} {value}")
            wrong = problems(facts)
            sound &= not wrong
            print(f"    {'; '.join(wrong) or 'nothing lost, all conflicts reported'}", flush=True)
    return 0 if sound else 1


def problems(facts: dict[str, Any]) -> list[str]:
    """What is wrong with the outcome of a contest."""
    nothing = ("lost updates", "conflicts without a cause", "errors", "fsck findings")
    wrong = [f"{facts[key]} {key}" for key in nothing if facts[key]]
    if facts["conflicts reported"] != facts["conflicts made"]:
        wrong.append("conflicts reported are not conflicts made")
    if facts["acknowledged"] + facts["conflicts reported"] != facts["edits"]:
        wrong.append("there are edits without an outcome")
    if not facts["journal as noted"]:
        wrong.append("the journal is not what was noted")
    if not facts["editors as stored"]:
        wrong.append("an editor shows something else than is stored")
    return wrong


# -- the parent -------------------------------------------------------------------------------------


def contest(
    location: str, folder: Path, edits: int, seed: int = 1, watched: int = 0
) -> dict[str, Any]:
    """Let two processes edit a new project.

    Args:
        location: of the project.
        folder: for the notes of the processes.
        edits: of both together.
        seed: decides about the edits; the order of the two is up to the machine.
        watched: commits of the one that the other waits for afterwards.

    Returns:
        Figures by name, see `problems`.
    """
    with new_project(location, author="lead") as project:
        ids = [f"shared {row}" for row in range(SHARED)]
        ids += [f"{name} {row}" for name in NAMES for row in range(OWN)]
        made = [Change(None, counting_car(track_id)) for track_id in ids]
        first = project.apply(LOG, made, command="start")
    notes_of = {name: folder / f"{name}.jsonl" for name in NAMES}
    with ExitStack() as stack:
        running = {
            name: stack.enter_context(_started(location, name, edits // 2, seed, notes_of[name]))
            for name in NAMES
        }
        processes = list(running.values())
        for process in processes:
            _expect(process, "ready")
        start = time.perf_counter()
        for process in processes:
            _tell(process, "go")
        for process in processes:
            _expect(process, "done")
        seconds = time.perf_counter() - start
        digests = []
        for process in processes:
            _tell(process, "finish")
            digests.append(_line(process))
        with open_project(location) as project:
            stored = project.document(LOG)
            entries = list(project.entries(first + 1))
        delays_ms = _watch(running, watched)
        for process in processes:
            _tell(process, "end")
            process.wait(60)
    notes = {name: list(map(json.loads, notes_of[name].open())) for name in NAMES}
    facts = outcome(notes)
    facts["lost updates"] += _missing_counts(notes, stored)
    found = {entry.id: (entry.author, entry.changes[0].id) for entry in entries}
    noted = {n["entry"]: (name, n["track"]) for name in NAMES for n in notes[name] if "entry" in n}
    facts["journal as noted"] = found == noted
    facts["editors as stored"] = digests == [stored.digest] * 2
    with open_project(location) as project:
        report = project.check()
    facts["fsck findings"] = len(report.findings)
    facts["journal entries at the end"] = report.entries
    authors = [entry.author for entry in entries]
    turns = sum(one != other for one, other in itertools.pairwise(authors))
    facts["changes of author in the journal"] = turns
    facts["edits/s of both"] = round(facts["edits"] / seconds)
    if watched > 1:
        worst = quantiles(delays_ms, n=100)[98]
        facts["seen by the other after, ms"] = f"median {median(delays_ms):.1f}, p99 {worst:.1f}"
    return facts


def outcome(notes: dict[str, list[Note]]) -> dict[str, Any]:
    """What follows from the notes of the processes."""
    every = [note for one in notes.values() for note in one]
    attempts = Counter((note["track"], note["base"]) for note in every)
    acknowledged = Counter((note["track"], note["base"]) for note in every if "entry" in note)
    reported = [note for note in every if "theirs" in note]
    kinds = Counter(note["kind"] for note in every)
    return {
        "edits": len(every),
        **{f"  {kind}": kinds[kind] for kind in sorted(kinds)},
        "acknowledged": acknowledged.total(),
        # Of those that start from the same count one can win.
        "conflicts made": sum(count - 1 for count in attempts.values()),
        "conflicts reported": len(reported),
        "  on purpose": sum(note["kind"] == "stale" for note in reported),
        "conflicts without a cause": sum(note["theirs"] <= note["base"] for note in reported),
        "errors": sum("error" in note for note in every),
        "lost updates": sum(count - 1 for count in acknowledged.values()),
    }


def _missing_counts(notes: dict[str, list[Note]], stored: Document) -> int:
    """How far the counts of the tracks are from what was acknowledged."""
    counts: Counter[str] = Counter()
    for note in (note for one in notes.values() for note in one if "entry" in note):
        counts[note["track"]] += note["base"] != NEW
    found = {track.id: count_of(track) for track in stored.tracks.values()}
    return sum(abs(counts[key] - found.get(key, NEW)) for key in counts.keys() | found.keys())


@contextmanager
def _started(
    location: str, name: str, edits: int, seed: int, notes: Path
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, __file__, "--process", location, name, str(edits), str(seed), notes],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def _watch(running: dict[str, subprocess.Popen[str]], times: int) -> list[float]:
    """How long the second process takes to see commits of the first, in milliseconds."""
    first, second = (running[name] for name in NAMES)
    delays_ms = []
    for _ in range(times):
        _tell(second, "watch")
        _expect(second, "watching")
        _tell(first, "commit")
        committed_ns, seen_ns = int(_line(first)), int(_line(second))
        delays_ms.append((seen_ns - committed_ns) / 1e6)
    return delays_ms


def _tell(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _expect(process: subprocess.Popen[str], word: str) -> None:
    found = _line(process)
    if found != word:
        raise RuntimeError(f"a process said {found!r} instead of {word!r}")


# -- one of the two processes -----------------------------------------------------------------------


class Process:
    """One of the two processes: edits, and notes what comes of it."""

    def __init__(self, location: str, name: str, edits: int, random: Random, notes: Path) -> None:
        self.name = name
        self.random = random
        self.left = edits
        self.notes = notes.open("w")
        self.project = open_project(location, author=name)
        self.editor: Editor = self.project.edit(LOG, session=name)
        self.made = 0

    def run(self) -> None:
        """Follow what the parent says."""
        _say("ready")
        for word in map(str.strip, sys.stdin):
            if word == "go":
                while self.left:
                    self.edit()
                    # SQLite's lock goes to whoever asks at the right moment: without rests one of the
                    # two would have it for a hundred edits, and few would meet.
                    time.sleep(self.random.uniform(0.0, REST_S))
                self.notes.close()
                _say("done")
            elif word == "finish":
                self.editor.refresh()
                _say(self.editor.document.digest)
            elif word == "watch":
                _say("watching")
                while not self.editor.refresh():
                    time.sleep(0.001)
                _say(str(time.time_ns()))
            elif word == "commit":
                self.editor.refresh()
                changes = moved(self.editor.document, f"{self.name} 0", self.random)
                self.editor.apply(changes, "move")
                _say(str(time.time_ns()))
            elif word == "end":
                break
        self.project.close()

    def edit(self) -> None:
        """One edit of some kind, or two."""
        kind = self.random.choices(("own", "shared", "new", "stale"), (45, 45, 5, 5))[0]
        if kind == "new":
            self.made += 1
            track_id = f"{self.name} new {self.made}"
            self.attempt(kind, track_id, NEW, (Change(None, counting_car(track_id)),))
            return
        group, size = ("shared", SHARED) if kind == "shared" else (self.name, OWN)
        track_id = f"{group} {self.random.randrange(size)}"
        document = self.editor.document
        base = count_of(document.track(track_id))
        changes = set_attribute(document, track_id, "count", base + 1)
        if self.random.random() < 0.5:
            changes += moved(document.apply(changes), track_id, self.random)
        if kind == "stale" and self.left > 1:
            # Once in order; then the same again, which is out of date for certain.
            self.attempt("own", track_id, base, changes)
            self.attempt("stale", track_id, base, changes)
        else:
            self.attempt("shared" if kind == "shared" else "own", track_id, base, changes)

    def attempt(self, kind: str, track_id: str, base: int, changes: tuple[Change, ...]) -> None:
        """Try an edit, and note its outcome."""
        note: Note = {"kind": kind, "track": track_id, "base": base}
        self.left -= 1
        try:
            if kind == "stale":  # an editor would notice it without asking the database
                edits = {LOG: combined(changes)}
                entry = self.project.commit(edits, command=kind, session=self.editor.session)
            else:
                done = self.editor.apply(changes, kind)
                assert done is not None
                entry = done
            note["entry"] = entry.id
        except ConflictError as error:
            (conflict,) = error.conflicts
            assert isinstance(conflict.theirs, Track)
            note["theirs"] = count_of(conflict.theirs)
            self.editor.refresh()
        except Av3dError as error:
            note["error"] = str(error)
        self.notes.write(json.dumps(note) + "\n")


def counting_car(track_id: str) -> Track:
    """A track whose edits are counted."""
    return car(track_id, 0.0, 1.0, 2.0, number=1, attributes={"count": 0})


def count_of(track: Track) -> int:
    """How often a track was edited."""
    return int(track.attributes["count"])


def moved(document: Document, track_id: str, random: Random) -> tuple[Change, ...]:
    """One of a track's keyframes driven on a little."""
    keyframe = random.choice(document.track(track_id).keyframes)
    step = SE3.from_euler(0.0, 0.0, 0.01, [random.random(), 0.0, 0.0])
    cuboid = Cuboid(keyframe.cuboid.frame_SE3_cuboid @ step, keyframe.cuboid.size_lwh_m)
    return set_keyframe(document, track_id, keyframe.timestamp_ns, cuboid)


def _say(word: str) -> None:
    print(word, flush=True)


if __name__ == "__main__":
    sys.exit(main())
