"""How long the checks take: of everything, and again after one edit, as the window asks them.

    python tests/benchmarks/check_speed.py [--tracks 1000] [--edits 100] [--without CHECK ...]

A drive at 10 m/s with sweeps of 60,000 points is made in a temporary folder; each track is there for 40
frames: 40 % drive, 40 % are parked, 20 % walk. Every fifth cuboid is a keyframe, the rest is filled in,
so that an edit of one keyframe moves about ten cuboids. It is asserted that checking edit by edit gives
what a new inspection of the edited labels gives. Floors of the same run: reading the sweeps, for the
whole; the states of the edited track in the sweeps, for an edit.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from av3d.calibration.rig import LidarMount, Rig
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.ontology.presets import default
from av3d.qa.inspection import Inspection
from av3d.qa.registry import all_checks
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.track import Track
from av3d.types import FloatArray

STEP_NS = 100_000_000
LIFE, EVERY = 40, 5
AT_ONCE = 100
GROUND_POINTS, OBJECT_POINTS = 45_000, 150
SIZES = {"car": (4.5, 1.9, 1.6), "pedestrian": (0.7, 0.7, 1.75)}
SPEED_M_S = 10.0


class Stored(SweepStream):
    """Sweeps as files of NumPy."""

    def __init__(self, folder: Path, count: int) -> None:
        super().__init__(np.arange(count, dtype=np.int64) * STEP_NS)
        self._folder = folder

    def read(self, index: int) -> Sweep:
        return Sweep(
            "top", index * STEP_NS, np.load(self._folder / f"{index}.npy"), motion_compensated=True
        )


def ways(count: int) -> list[tuple[str, int, FloatArray, FloatArray]]:
    """Category, first frame, places (LIFE, 2) and headings (LIFE,) of each track, world frame."""
    rng = np.random.default_rng(1)
    found = []
    for number in range(count):
        # Groups of AT_ONCE tracks follow each other; within one, everybody has a place of 6 m by 6 m.
        group, slot = divmod(number, AT_ONCE)
        first = group * LIFE
        category = "pedestrian" if slot % 5 == 4 else "car"
        lane, row = slot % 10, slot // 10
        start = np.array([first * SPEED_M_S / 10 + (row - 5) * 12.0, (lane - 4.5) * 6.0])
        speed = {4: 1.3}.get(slot % 5, 9.0 if slot % 5 in (0, 2) else 0.0)
        heading = 0.0 if lane < 5 else np.pi
        heading += rng.uniform(-0.02, 0.02)
        times_s = np.arange(LIFE) / 10
        way = np.outer(times_s * speed, [np.cos(heading), np.sin(heading)])
        places = np.asarray(start + way, dtype=np.float64)
        found.append((category, first, places, np.full(LIFE, heading)))
    return found


def made(folder: Path, count: int) -> tuple[Log, list[Track]]:
    """The log and its labels."""
    moves = ways(count)
    frames = max(first for _, first, _, _ in moves) + LIFE
    rng = np.random.default_rng(2)
    tracks = []
    at: list[list[tuple[str, FloatArray, float]]] = [[] for _ in range(frames)]
    for number, (category, first, places, headings) in enumerate(moves):
        size = SIZES[category]
        keys = []
        for row in range(LIFE):
            at[first + row].append((category, places[row], headings[row]))
            if row % EVERY == 0 or row == LIFE - 1:
                center = [*places[row], size[2] / 2]
                cuboid = Cuboid.from_yaw(center, size, float(headings[row]))
                keys.append(Keyframe((first + row) * STEP_NS, cuboid, Provenance.MANUAL))
        tracks.append(Track(f"t{number}", category, tuple(keys), number=number + 1))
    for frame, here in enumerate(at):
        ego = np.array([frame * SPEED_M_S / 10, 0.0])
        radius, angle = rng.uniform(3, 80, GROUND_POINTS), rng.uniform(0, 2 * np.pi, GROUND_POINTS)
        ground = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        parts = [np.column_stack([ground, rng.normal(0, 0.02, GROUND_POINTS)])]
        for category, place, heading in here:
            length, width, height = SIZES[category]
            along = rng.uniform(-0.5, 0.5, OBJECT_POINTS) * length
            across = rng.uniform(-0.5, 0.5, OBJECT_POINTS) * width
            side = rng.integers(0, 2, OBJECT_POINTS).astype(bool)
            toward = np.array([np.cos(heading), np.sin(heading)])
            seen = ego - place
            near = np.sign(seen @ [-toward[1], toward[0]]) * width / 2 * 0.98
            end = np.sign(seen @ toward) * length / 2 * 0.98
            across[side], along[~side] = near, end
            xy = place + np.outer(along, toward) + np.outer(across, [-toward[1], toward[0]])
            parts.append(np.column_stack([xy - ego, rng.uniform(0.15, height, OBJECT_POINTS)]))
        np.save(folder / f"{frame}.npy", np.concatenate(parts).astype(np.float32))
    times_ns = np.arange(frames, dtype=np.int64) * STEP_NS
    translations = np.zeros((frames, 3))
    translations[:, 0] = np.arange(frames) * SPEED_M_S / 10
    poses = SE3.from_quaternion(np.tile([1.0, 0.0, 0.0, 0.0], (frames, 1)), translations)
    log = Log(
        name="drive", kind="folder", path=folder, trajectory=Trajectory(times_ns, poses),
        rig=Rig("made", {"top": LidarMount(SE3.identity())}, {}),
        lidars={"top": Stored(folder, frames)}, cameras={},
    )  # fmt: skip
    return log, tracks


def moved(track: Track, rng: np.random.Generator) -> Track:
    """With one keyframe a little aside, as a hand would have it."""
    row = int(rng.integers(len(track.keyframes)))
    key = track.keyframes[row]
    cuboid = key.cuboid
    center = cuboid.center_m + np.append(rng.uniform(-0.2, 0.2, 2), 0.0)
    other = Cuboid.from_yaw(center, cuboid.size_lwh_m, cuboid.yaw_rad)
    keys = list(track.keyframes)
    keys[row] = Keyframe(key.timestamp_ns, other, Provenance.MANUAL)
    return track.with_keyframes(keys)


def main() -> None:
    """Make, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tracks", type=int, default=1000)
    parser.add_argument("--edits", type=int, default=100)
    parser.add_argument("--without", nargs="*", default=[], metavar="CHECK")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        log, tracks = made(Path(name), options.tracks)
        measure(log, tracks, options.edits, options.without)


def measure(log: Log, tracks: list[Track], edits: int, without: list[str]) -> None:
    """Print the figures."""
    checks = [check for check in all_checks() if check.id not in without]
    Inspection(log, default(), checks).update(tracks[:20])  # compiles kernels
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started = time.perf_counter()
    for frame in range(len(log.frames)):
        log.cloud(frame)
    reading_s = time.perf_counter() - started
    inspection = Inspection(log, default(), checks)
    started, cpu = time.perf_counter(), time.process_time()
    found = inspection.update(tracks)
    whole_s, whole_cpu_s = time.perf_counter() - started, time.process_time() - cpu
    after_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    subjects = [inspection.subject(track.id) for track in tracks]
    cuboids = sum(len(one.frames) for one in subjects if one is not None)
    print(
        f"{len(tracks):,} tracks, {cuboids:,} cuboids, {len(log.frames)} frames, {len(checks)} checks"
    )
    print(
        f"all: {whole_s:.2f} s ({whole_cpu_s:.2f} s of a core), reading alone {reading_s:.2f} s, "
        f"{len(found)} findings, +{after_mb - before_mb:.0f} MB"
    )
    rng = np.random.default_rng(3)
    edited = list(tracks)
    waits, floors = [], []
    for _ in range(edits):
        row = int(rng.integers(len(edited)))
        edited[row] = moved(edited[row], rng)
        track = edited[row]
        started = time.perf_counter()
        inspection.update(edited)
        waits.append(time.perf_counter() - started)
        times_ns = [first for first in log.frames.timestamps_ns.tolist() if track.is_present(first)]
        fresh = track.with_keyframes(track.keyframes)
        started = time.perf_counter()
        states_in_sweep([fresh] * len(times_ns), times_ns, log)
        floors.append(time.perf_counter() - started)
    assert inspection.findings == Inspection(log, default(), checks).update(edited)
    waits_ms, floors_ms = np.array(waits) * 1e3, np.array(floors) * 1e3
    print(
        f"an edit: median {np.median(waits_ms):.1f} ms, p99 {np.percentile(waits_ms, 99):.1f} ms; "
        f"states of the track alone {np.median(floors_ms):.1f} ms; the same as checked anew"
    )


if __name__ == "__main__":
    main()
