"""How long cuboids take to nuScenes tables, beside `json.dump` of the same tables, and how much memory.

    python tests/benchmarks/nuscenes_tables.py [--tracks 1000] [--samples 40] [--rounds 5]

A made log without images, of which every sweep is a sample, with a cuboid of each track in each. Timed in
turns, medians of the rounds, by the clock and by the processor, which other work disturbs less:

* cuboids to tables: the export, of cuboids as the motion models gave them, to closed files; tokens,
  attributes, point counts, chains, loss report and all;
* json.dump: all tables, which are in memory, with its default settings, one file each;
* tracks to tables: the export, of tracks that nobody asked before, so that each motion model is fitted to
  its keyframes first (one round; the fits are most of it).

What the export wrote is compared with the cuboids before anything is timed. Memory is that of a process
of its own: how much an export of tracks adds to the process at its peak.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from av3d.calibration.rig import LidarMount, Rig
from av3d.datasets.dataset import ExportOptions, LabelledLog
from av3d.datasets.registry import dataset
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.frames import Frame
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track

STEP_NS = 500_000_000
POINTS = 200
VERSION = "v1.0-trainval"
CATEGORIES = ("car", "pedestrian", "truck", "bicycle", "cone")


class Sweeps(SweepStream):
    """Sweeps with a few points, made when they are read: clouds are not what is timed here."""

    def read(self, index: int) -> Sweep:
        rng = np.random.default_rng(index)
        points_m = (rng.uniform(-80, 80, (POINTS, 3)) * [1, 1, 0.03]).astype(np.float32)
        return Sweep("lidar", int(self.timestamps_ns[index]), points_m)


class KnownCuboids(LabelledLog):
    """A log of which the cuboids in each sweep are known."""

    known: list[list[TrackState | None]]

    def states(self, frame: Frame) -> list[TrackState | None]:
        return self.known[frame.index]


def made_log(samples: int) -> Log:
    """A log that turns slowly."""
    times_ns = [k * STEP_NS for k in range(samples)]
    poses = [SE3.from_yaw(0.01 * k, [2.0 * k, 0.0, 0.0]) for k in range(samples)]
    return Log(
        name="made",
        kind="made",
        path=Path(),
        rig=Rig("made", {"lidar": LidarMount(SE3.from_yaw(0.1, [0.0, 0.0, 1.5]))}, {}),
        trajectory=Trajectory(times_ns, SE3.stack(poses), source="made"),
        lidars={"lidar": Sweeps(times_ns)},
        cameras={},
    )


def made_tracks(count: int, samples: int) -> tuple[Track, ...]:
    """Tracks with a keyframe in each sample, as labels of people or of an import have them."""
    rng = np.random.default_rng(7)
    times_ns = [k * STEP_NS for k in range(samples)]
    tracks = []
    for number in range(count):
        start_m, yaw_rad = rng.uniform(-75, 75, 2), rng.uniform(-3, 3)
        pace_m_s = rng.uniform(-5, 5, 2) * (rng.random() < 0.4)
        keyframes = []
        for time_ns in times_ns:
            x_m, y_m = start_m + pace_m_s * time_ns / 1e9 + rng.normal(0, 0.02, 2)
            half = (yaw_rad + rng.normal(0, 0.01)) / 2
            pose = SE3.from_quaternion([np.cos(half), 0.0, 0.0, np.sin(half)], [x_m, y_m, 1.0])
            cuboid = Cuboid(pose, np.array([4.123, 1.876, 1.543]))
            keyframes.append(Keyframe(time_ns, cuboid, Provenance.MANUAL))
        category = CATEGORIES[number % len(CATEGORIES)]
        tracks.append(Track(rng.bytes(16).hex(), category, tuple(keyframes), number=number + 1))
    return tuple(tracks)


def export(item: LabelledLog, out: Path) -> None:
    """Write the tables."""
    dataset("nuscenes").write_labels([item], out, ExportOptions())


def read_tables(out: Path) -> dict[str, Any]:
    """The thirteen tables of an export."""
    paths = sorted((out / VERSION).glob("*.json"))
    return {path.stem: json.loads(path.read_bytes()) for path in paths if path.stem != "splits"}


def dump(tables: dict[str, Any], folder: Path) -> None:
    """What everybody would do."""
    folder.mkdir()
    for name, rows in tables.items():
        with (folder / f"{name}.json").open("w") as file:
            json.dump(rows, file)


def check(tables: dict[str, Any], item: KnownCuboids) -> None:
    """Every cuboid is in the tables once, to the last digit, and the chains run through them in time."""
    times = {row["token"]: row["timestamp"] * 1000 for row in tables["sample"]}
    rows = {row["token"]: row for row in tables["sample_annotation"]}
    by_place = {(row["instance_token"], times[row["sample_token"]]): row for row in rows.values()}
    count = 0
    for frame in item.log.frames:
        for track, state in zip(item.tracks, item.states(frame), strict=True):
            if state is None:
                continue
            row = by_place[track.id, frame.timestamp_ns]
            length, width, height = state.cuboid.size_lwh_m.tolist()
            assert row["translation"] == state.cuboid.center_m.tolist()
            assert row["rotation"] == state.cuboid.frame_SE3_cuboid.quaternion_wxyz.tolist()
            assert row["size"] == [width, length, height]
            count += 1
    assert count == len(rows) == len(by_place)
    for instance in tables["instance"]:
        row, seen = rows[instance["first_annotation_token"]], 1
        while row["next"]:
            assert rows[row["next"]]["prev"] == row["token"]
            row, seen = rows[row["next"]], seen + 1
        assert row["token"] == instance["last_annotation_token"]
        assert seen == instance["nbr_annotations"]


def timed(run: Callable[[], None]) -> tuple[float, float]:
    """Seconds by the clock, and of the processor."""
    start_s, start_of_process_s = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - start_s, time.process_time() - start_of_process_s


def measure(count: int, samples: int, rounds: int) -> None:
    """Print the figures of one size."""
    log, tracks = made_log(samples), made_tracks(count, samples)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fresh_s, fresh_process_s = timed(lambda: export(LabelledLog(log, tracks), folder / "fresh"))
        known = KnownCuboids(log, tracks)
        object.__setattr__(known, "known", [LabelledLog.states(known, f) for f in log.frames])
        export(known, folder / "checked")
        tables = read_tables(folder / "checked")
        check(tables, known)
        ours, theirs = [], []
        for number in range(rounds):
            ours.append(timed(lambda n=number: export(known, folder / f"ours{n}")))  # type: ignore[misc]
            theirs.append(timed(lambda n=number: dump(tables, folder / f"theirs{n}")))  # type: ignore[misc]
        again = {
            name: json.loads((folder / "theirs0" / f"{name}.json").read_bytes()) for name in tables
        }
        assert again == tables
        size_mb = sum(p.stat().st_size for p in (folder / "checked" / VERSION).iterdir()) / 1e6
    cuboids = len(tables["sample_annotation"])
    print(f"{count:,} tracks, {cuboids:,} cuboids, {size_mb:.1f} MB of tables")
    ours_s, ours_process_s = np.median(ours, axis=0).tolist()
    theirs_s, theirs_process_s = np.median(theirs, axis=0).tolist()
    print(
        f"  cuboids to tables  {ours_s:.3f} s by the clock, {ours_process_s:.3f} s of the processor"
    )
    print(f"  json.dump          {theirs_s:.3f} s, {theirs_process_s:.3f} s   of the same tables")
    print(f"  ratio              {ours_s / theirs_s:.2f}, {ours_process_s / theirs_process_s:.2f}")
    print(
        f"  tracks to tables   {fresh_s:.3f} s, {fresh_process_s:.3f} s   with motion models fitted"
    )
    print(
        f"  memory             +{peak_mb(count, samples):.0f} MB at the peak of an export of tracks"
    )


def peak_mb(count: int, samples: int) -> float:
    """How much an export adds to a process that holds the tracks, as one of its own says."""
    command = [sys.executable, __file__, "--peak", str(count), str(samples)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def print_peak(count: int, samples: int) -> None:
    """What `peak_mb` runs."""
    with tempfile.TemporaryDirectory() as name:
        # What is imported and compiled at the first export is not of this one.
        export(LabelledLog(made_log(2), made_tracks(10, 2)), Path(name) / "first")
        log, tracks = made_log(samples), made_tracks(count, samples)
        for frame in log.frames:
            LabelledLog(log, tracks).states(frame)
        before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
        export(LabelledLog(log, tracks), Path(name) / "export")
        status = Path("/proc/self/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
    print((peak - before) / 1e6)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tracks", type=int, default=0, help="default: 1,000, then 5,000")
    parser.add_argument("--samples", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peak", type=int, nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peak:
        print_peak(*arguments.peak)
    else:
        for how_many in [arguments.tracks] if arguments.tracks else [1000, 5000]:
            measure(how_many, arguments.samples, arguments.rounds)
