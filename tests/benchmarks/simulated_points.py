"""How well simulated LiDAR points fit the true cuboids, and what the sample log holds.

python tests/benchmarks/simulated_points.py
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

import av3d
from av3d.simulate.cast import START_NS
from av3d.simulate.crossing import crossing
from av3d.simulate.laser import Laser
from av3d.simulate.options import SimulateOptions
from av3d.simulate.rig import LIDAR, sample_rig
from av3d.simulate.tracing import NOTHING
from av3d.simulate.world import World

VEHICLES = ("car", "truck", "bicycle")


def main() -> None:
    started = time.perf_counter()
    world = World(crossing(7), 7)
    mount = sample_rig().lidars[LIDAR]
    laser = Laser(world, mount, SimulateOptions())
    laser.measure(START_NS)
    print(f"town, actors and first sweep: {time.perf_counter() - started:.1f} s")
    total = inside = exactly = 0
    started = time.perf_counter()
    turns = range(0, 42, 4)
    for turn in turns:
        stamp = START_NS + turn * 100_000_000
        sweep, owners = laser.measure(stamp)
        for index in np.unique(owners[owners != NOTHING]):
            actor = world.scenario.actors[index]
            if actor.category not in VEHICLES:
                continue
            rows = np.flatnonzero(owners == index)
            assert sweep.time_offset_ns is not None
            times = stamp + sweep.time_offset_ns[rows]
            pose = world.scenario.world_SE3_ego(times) @ mount.ego_SE3_lidar
            points = np.einsum("nij,nj->ni", pose.rotation, sweep.points_m[rows])
            base = actor.world_SE3_base(times)
            offset = points + pose.translation_m - base.translation_m
            local = np.einsum("nji,nj->ni", base.rotation, offset) - actor.base_center_m
            half = actor.size_lwh_m / 2
            total += len(rows)
            inside += int((np.abs(local) <= half + 0.03).all(axis=1).sum())
            exactly += int((np.abs(local) <= half).all(axis=1).sum())
    seconds = (time.perf_counter() - started) / len(turns)
    print(f"a sweep: {seconds:.2f} s")
    print(
        f"{total} points on vehicles in {len(turns)} sweeps, inside their true cuboid at their own "
        f"time: {exactly / total:.1%}, within 3 cm (range noise 1 cm): {inside / total:.2%}"
    )
    folder = Path(__file__).parents[2] / "sample_logs" / "crossing"
    log = av3d.open_log(folder)
    files = [path for path in folder.rglob("*") if path.is_file()]
    points = [len(log.sweep(index)) for index in range(len(log.frames))]
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    print(
        f"sample log: {len(log.frames)} sweeps of {min(points)} to {max(points)} points, "
        f"{sum(len(stream) for stream in log.cameras.values())} images, {megabytes:.1f} MB"
    )


if __name__ == "__main__":
    main()
