"""What releases and statistics cost on a large log, beside plain JSON of the same labels.

    python tests/benchmarks/release_speed.py [--tracks 1000] [--frames 40] [--rounds 3]

Makes a project with that many tracks, each with a keyframe in every frame, and a release of it;
moves all tracks by 0.2 m. What is measured is first checked to be right. Then it measures in rounds,
each thing once a round; times are of the processor, medians. The floor of the same run:

    json            `json.dumps` of all tracks, as `av3d.tracks` gives them

One line each: seconds, and how many times the floor.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from av3d.datasets.selection import Selection
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.present.label_statistics import CountedLabels, label_statistics
from av3d.store.project import Project, open_project
from av3d.store.references import LogReference
from av3d.store.releases.comparison import compare
from av3d.store.releases.file import read_release_file, write_release_file
from av3d.store.releases.labels import labels_at, labels_of
from av3d.store.releases.making import create_release, find_release
from av3d.store.releases.page import page
from av3d.tracks.change import Change
from av3d.tracks.history import Kind
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track

LOG = "drive"
STEP_NS = 100_000_000
MOVED_M = 0.2


def track(number: int, frames: int, moved_m: float = 0.0, name: str = "t") -> Track:
    """A car that drives straight on from somewhere within 200 m."""
    rng = np.random.default_rng(number)
    x_m, y_m = rng.uniform(-200, 200, 2)
    yaw_rad, speed_m_s = rng.uniform(-3, 3), rng.uniform(0, 10)
    size = np.array([4.5, 1.9, 1.6]) * rng.uniform(0.8, 1.2)
    heading = np.array([np.cos(yaw_rad), np.sin(yaw_rad), 0.0])
    keyframes = tuple(
        Keyframe(
            row * STEP_NS,
            Cuboid(
                SE3.from_yaw(yaw_rad, [x_m + moved_m, y_m, 0.0] + heading * speed_m_s * row / 10),
                size,
            ),
            Provenance.IMPORTED,
        )
        for row in range(frames)
    )
    return Track(f"{name}{number}", "car", keyframes, number=number)


def filled(place: Path, tracks: int, frames: int) -> Project:
    """Release v1, then all tracks moved."""
    project = open_project(place, create=True)
    log = LogReference(LOG, "folder", "/nowhere", "", "f", 0, (frames - 1) * STEP_NS)
    project.commit({"": [Change(None, log)]}, command="add log", kind=Kind.FIXED)
    before = [track(number, frames) for number in range(tracks)]
    project.apply(LOG, [Change(None, one) for one in before], command="import")
    create_release(project, "v1")
    after = [track(number, frames, MOVED_M) for number in range(tracks)]
    moved = [Change(old, new) for old, new in zip(before, after, strict=True)]
    project.apply(LOG, moved, command="move")
    return project


def main() -> None:
    """Check, measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tracks", type=int, default=1000)
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        filled(Path(folder) / "p.av3d", options.tracks, options.frames) as project,
    ):
        measure(project, Path(folder), options.tracks, options.frames, options.rounds)


def measure(project: Project, folder: Path, tracks: int, frames: int, rounds: int) -> None:
    """Print a line for each thing."""
    release = find_release(project, "v1")
    before, after = labels_of(project, release), labels_at(project)
    anew = {
        f"n{one.number}": track(one.number, frames, MOVED_M / 2, "n")
        for one in before.documents[LOG].tracks.values()
    }
    other = type(before)(
        "anew", "", before.ontology, {LOG: type(before.documents[LOG])(anew)}, before.spans_ns,
        0, "", 0,
    )  # fmt: skip
    counted = CountedLabels(
        LOG, *before.spans_ns[LOG], None, tuple(before.documents[LOG].tracks.values())
    )
    found = compare(before, after)
    assert all(abs(one.motion.max_m - MOVED_M) < 1e-6 for one in found.logs[0].tracks if one.motion)
    assert len(found.logs[0].tracks) == tracks
    again = [one for one in compare(before, other).logs[0].tracks if one.before and one.after]
    right = sum(one.before.number == one.after.number for one in again if one.before and one.after)
    assert label_statistics([counted], Selection()).total().cuboid_count == tracks * frames
    assert project.check().clean
    file = folder / "v1.jsonl"
    write_release_file(project, release, file)
    assert read_release_file(file).faults == ()
    names = iter(range(1000))

    def make() -> None:
        create_release(project, f"more-{next(names)}")

    things: dict[str, Callable[[], Any]] = {
        "json": lambda: json.dumps([one.as_json() for one in counted.tracks]),
        "create": make,
        "labels of a release": lambda: labels_of(project, release),
        "verify (replay and compare)": project.check,
        "write the file": lambda: write_release_file(project, release, file),
        "read the file": lambda: read_release_file(file),
        "diff, all tracks moved": lambda: compare(before, after),
        "diff, all tracks under new IDs": lambda: compare(before, other),
        "page": lambda: page(found),
        "stats of the labels": lambda: label_statistics([counted], Selection()),
    }
    times: dict[str, list[float]] = {name: [] for name in things}
    for _ in range(rounds):
        for name, thing in things.items():
            start = time.process_time()
            thing()
            times[name].append(time.process_time() - start)
    floor = statistics.median(times["json"])
    print(f"{tracks:,} tracks, {tracks * frames:,} cuboids; known again by place: {right}")
    for name, taken in times.items():
        middle = statistics.median(taken)
        print(f"{name:<32} {middle:7.2f} s  {middle / floor:6.1f}x")


if __name__ == "__main__":
    main()
