"""A log of an hour: how long it takes to open, and what it holds in memory while one jumps about in it.

`python tests/benchmarks/hour_log.py [--minutes 60] [--seeks 2000] [--json]`

The log is made in a temporary folder of links to copies of the sample log's files: 36,000 sweeps and
as many images of each camera at 10 Hz, with 360,000 poses. A fresh process opens it, so that the memory
is that of the log alone; the same process then goes to random frames, and before that it checks that
what it reads there are the sample's own sweeps and images.

`open_s` is the wall's clock and suffers from whatever else runs; `open_cpu_s` is the work of all cores.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from av3d.datasets.folder.trajectory_csv import write_trajectory
from av3d.datasets.registry import open_log
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.trajectory import Trajectory

SAMPLE = Path(__file__).parents[2] / "sample_logs" / "crossing"
PERIOD_NS = 100_000_000
POSE_PERIOD_NS = 10_000_000


def make_hour_log(folder: Path, minutes: float = 60.0) -> None:
    """Fill a folder with a log of the sample's sweeps and images over and over."""
    # Hard links stay within one file system, so the files are copied beside the log first.
    sample = open_log(Path(shutil.copytree(SAMPLE, folder / ".sample")))
    frames = round(minutes * 60e9 / PERIOD_NS)
    for name in ("log.toml", "rig.toml"):
        (folder / name).write_text((SAMPLE / name).read_text(encoding="utf-8"), encoding="utf-8")
    streams = {"lidar": sample.lidars, "camera": sample.cameras}
    for kind, sensors in streams.items():
        for name, stream in sensors.items():
            made = folder / kind / name
            made.mkdir(parents=True)
            phase_ns = int(stream.timestamps_ns[0]) - sample.start_ns
            files = [stream.path(index) for index in range(len(stream))]
            for index in range(frames):
                source = files[index % len(files)]
                assert source is not None
                time_ns = sample.start_ns + phase_ns + index * PERIOD_NS
                os.link(source, made / f"{time_ns}{source.suffix}")
    # A drive of 10 m/s around a block, 100 m in radius.
    times_ns = sample.start_ns - PERIOD_NS + np.arange(frames * 10 + 20) * POSE_PERIOD_NS
    yaw_rad = (times_ns - times_ns[0]) / 1e9 * 0.1
    places_m = 100 * np.stack([np.sin(yaw_rad), 1 - np.cos(yaw_rad), 0 * yaw_rad], axis=1)
    write_trajectory(
        Trajectory(times_ns, SE3.from_yaw(yaw_rad, places_m)), folder / "trajectory.csv"
    )


def resident_mb() -> float:
    """Memory of this process that is in RAM now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def check(log: Log) -> None:
    """Frames are the sample's, over and over."""
    sample = open_log(SAMPLE)
    for index in (0, 41, len(log.frames) - 1):
        source = index % len(sample.frames)
        np.testing.assert_array_equal(log.sweep(index).points_m, sample.sweep(source).points_m)
        for camera, image in log.frames[index].images.items():
            assert image == index
            np.testing.assert_array_equal(log.image(camera, index), sample.image(camera, source))


def measure(folder: Path, seeks: int) -> dict[str, float]:
    """Open and seek in this process."""
    before_mb = resident_mb()
    start, start_cpu = time.perf_counter(), time.process_time()
    log = open_log(folder)
    count = len(log.frames)
    opened_s, opened_cpu_s = time.perf_counter() - start, time.process_time() - start_cpu
    result = {
        "frames": count,
        "files": sum(len(s) for s in (*log.lidars.values(), *log.cameras.values())),
        "open_s": round(opened_s, 3),
        "open_cpu_s": round(opened_cpu_s, 3),
        "rss_before_opening_mb": round(before_mb, 1),
        "rss_at_start_mb": round(resident_mb(), 1),
    }
    check(log)
    rng = np.random.default_rng(0)
    marks = {seeks // 8, seeks // 2, seeks}
    start = time.perf_counter()
    for number, index in enumerate(rng.integers(0, count, seeks).tolist(), start=1):
        log.prepare(index)
        if number in marks:
            result[f"rss_after_{number}_seeks_mb"] = round(resident_mb(), 1)
    result["seek_ms"] = round((time.perf_counter() - start) / seeks * 1e3, 1)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seeks", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure is not None:
        print(json.dumps(measure(options.measure, options.seeks)))
        return
    with tempfile.TemporaryDirectory(prefix="av3d-hour-log-") as folder:
        make_hour_log(Path(folder), options.minutes)
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", "import sys; from av3d.cli import main; sys.exit(main())",
             "info", "--json", folder],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        info_s = round(time.perf_counter() - start, 2)
        measured = subprocess.run(
            [sys.executable, __file__, "--measure", folder, "--seeks", str(options.seeks)],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
    result = {**json.loads(measured.stdout), "av3d_info_whole_process_s": info_s}
    if options.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:32} {value:>12,}")


if __name__ == "__main__":
    main()
