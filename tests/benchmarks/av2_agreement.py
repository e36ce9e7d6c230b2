"""How well Argoverse 2 annotations agree with points, and when they hold: figures on real data.

    AV3D_REAL_DATA=... python tests/benchmarks/av2_agreement.py [sweeps per log]

Prints what docs/formats/argoverse2.md states, over all logs in the folder av2.
"""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from av3d.datasets.argoverse2 import DATASET
from av3d.datasets.registry import open_log
from av3d.geometry.cuboid import Cuboid
from av3d.logs.frames import Frame
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep
from av3d.tracks.track import Track
from av3d.types import FloatArray

MOVING_M_S = 3.0
ENOUGH_POINTS = 10
OFFSETS_MS = (0, 25, 50, 53, 75, 100)
WINDOW = 5
"""Keyframes before and after one that a smooth motion is fitted to."""


def with_points(log: Log, most: int) -> list[Frame]:
    """Frames spread over those whose sweep is there."""
    sweeps = log.lidars[log.reference_lidar]
    rows = [frame.index for frame in log.frames if sweeps.path(frame.index) is not None]
    return [log.frame(row) for row in rows[:: max(len(rows) // most, 1)][:most]]


def counts(log: Log, tracks: tuple[Track, ...], frames: list[Frame]) -> tuple[list[int], list[int]]:
    """Points inside each cuboid as stored and as counted."""
    stored, counted = [], []
    for frame in frames:
        points_m = log.cloud(frame.index).points_m
        ego_SE3_world = log.world_SE3_ego(frame.timestamp_ns).inverse()
        for track in tracks:
            keyframe = track.keyframe_at(frame.timestamp_ns)
            if keyframe is not None:
                stored.append(int(keyframe.attributes["av2.num_interior_pts"]))
                counted.append(
                    int(keyframe.cuboid.in_frame(ego_SE3_world).contains(points_m).sum())
                )
    return stored, counted


def elevation_spread_deg(log: Log, frame: Frame, lidar: str, frame_of: str) -> float:
    """Median over a LiDAR's lasers of the scatter of their elevation, seen from one of the mounts."""
    sweep = log.sweep(frame.index, lidar)
    mounts = log.rig.lidars
    seen = mounts[frame_of].ego_SE3_lidar.inverse() @ mounts[lidar].ego_SE3_lidar
    points_m = seen.transform(sweep.points_m)
    range_m = np.linalg.norm(points_m, axis=1)
    far = range_m > 8
    elevation_deg = np.degrees(np.arcsin(points_m[far, 2] / range_m[far]))
    laser = sweep.extra["laser_number"][far]
    return float(np.median([elevation_deg[laser == number].std() for number in np.unique(laser)]))


def scan(sweep: Sweep, mount: FloatArray) -> str:
    """First and last offset of a sweep in the ego frame, and the azimuth at the first, clockwise."""
    offset_ms = sweep.time_offset_ns / 1e6
    towards_m = sweep.points_m - mount
    far = np.hypot(towards_m[:, 0], towards_m[:, 1]) > 6
    azimuth = np.arctan2(towards_m[far, 1], towards_m[far, 0])
    start = np.angle(np.exp(1j * (azimuth + offset_ms[far] * 2 * np.pi / 100.1)).mean())
    left = np.angle(np.exp(1j * (azimuth + offset_ms[far] * 2 * np.pi / 100.1 - start)))
    return (
        f"{offset_ms.min():.1f} to {offset_ms.max():.1f} ms, azimuth {np.degrees(start):+.1f} "
        f"degrees at 0, clockwise, scatter {left.std() / (2 * np.pi) * 100.1:.2f} ms"
    )


def moving(
    log: Log, tracks: tuple[Track, ...], frame: Frame
) -> Iterator[tuple[Cuboid, FloatArray]]:
    """Annotated cuboids in the ego frame that move, and their velocity there."""
    ego_SE3_world = log.world_SE3_ego(frame.timestamp_ns).inverse()
    around = [
        log.frame(row).timestamp_ns
        for row in range(max(frame.index - 3, 0), min(frame.index + 4, len(log.frames)))
    ]
    for track in tracks:
        keyframe = track.keyframe_at(frame.timestamp_ns)
        near = [found for time_ns in around if (found := track.keyframe_at(time_ns)) is not None]
        if keyframe is None or len(near) < 2:
            continue
        apart_s = (near[-1].timestamp_ns - near[0].timestamp_ns) / 1e9
        velocity_m_s = (near[-1].cuboid.center_m - near[0].cuboid.center_m) / apart_s
        if np.hypot(velocity_m_s[0], velocity_m_s[1]) >= MOVING_M_S:
            yield keyframe.cuboid.in_frame(ego_SE3_world), ego_SE3_world.rotate(velocity_m_s)


def box_times(
    log: Log, tracks: tuple[Track, ...], frames: list[Frame]
) -> dict[str, list[list[int]]]:
    """Points in moving cuboids under several times at which these may hold: inside, of all near.

    Each point is moved to that time with the cuboid's velocity, from the time of its measurement.
    """
    found: dict[str, list[list[int]]] = defaultdict(list)
    for frame in frames:
        cloud = log.cloud(frame.index)
        assert cloud.time_offset_ns is not None
        points_m, offset_s = cloud.points_m.astype(np.float64), cloud.time_offset_ns / 1e9
        lower = cloud.extra["lidar"] == 1
        for cuboid, velocity_m_s in moving(log, tracks, frame):
            inside = cuboid.contains(points_m)
            if inside.sum() < ENOUGH_POINTS:
                continue
            # The lowest 30 cm are left out: they are ground.
            height_m = (points_m - cuboid.center_m) @ cuboid.frame_SE3_cuboid.rotation[:, 2]
            near = cuboid.contains(points_m, 1.5) & (np.abs(height_m) <= cuboid.height_m / 2)
            near &= height_m > 0.3 - cuboid.height_m / 2
            times_s = {f"{ms} ms": ms / 1e3 for ms in OFFSETS_MS}
            passed = [
                np.median(offset_s[inside & part])
                for part in (~lower, lower)
                if (inside & part).any()
            ]
            times_s["mean of both passes"] = float(np.mean(passed))
            times_s["first pass"], times_s["last pass"] = (
                float(np.min(passed)),
                float(np.max(passed)),
            )
            moved = {name: value - offset_s[near, None] for name, value in times_s.items()}
            moved["not moved"] = np.zeros((int(near.sum()), 1))
            for name, shift_s in moved.items():
                shifted_m = points_m[near] + shift_s * velocity_m_s
                found[name].append([int(cuboid.contains(shifted_m, 0.02).sum()), int(near.sum())])
    return found


def roughness_mm(log: Log, tracks: tuple[Track, ...]) -> dict[str, list[float]]:
    """How far keyframes are from a smooth motion if they hold at several times (cubic in time).

    Only windows in which the beam of one LiDAR starts anew at the track's azimuth.
    """
    found: dict[str, list[float]] = defaultdict(list)
    for track in tracks:
        keys = track.keyframes
        for row in range(WINDOW, len(keys) - WINDOW):
            window = keys[row - WINDOW : row + WINDOW + 1]
            centers_m = np.array([key.cuboid.center_m for key in window])
            times_s = np.array([key.timestamp_ns - window[0].timestamp_ns for key in window]) / 1e9
            moved_m = float(np.linalg.norm(centers_m[-1] - centers_m[0]))
            if times_s[-1] > 1.1 or moved_m < 4.0:
                continue
            places_m = np.array([
                log.world_SE3_ego(key.timestamp_ns).inverse().transform(key.cuboid.center_m)
                for key in window
            ])  # fmt: skip
            azimuth_deg = np.degrees(np.arctan2(places_m[:, 1], places_m[:, 0] - 1.35))
            upper_s = (144 - azimuth_deg) % 360 / 3600
            lower_s = (-36 - azimuth_deg) % 360 / 3600
            if max(np.abs(np.diff(upper_s)).max(), np.abs(np.diff(lower_s)).max()) < 0.04:
                continue
            for name, hold_s in (
                ("a constant after the sweep's timestamp", 0 * upper_s),
                ("pass of the upper LiDAR", upper_s),
                ("mean of both passes", (upper_s + lower_s) / 2),
            ):
                powers = np.vander(times_s + hold_s, 4)
                fitted_m = powers @ np.linalg.lstsq(powers, centers_m, rcond=None)[0]
                rest_m = np.linalg.norm(fitted_m - centers_m, axis=1)
                found[name].append(float(np.sqrt((rest_m**2).mean()) * 1000))
    return found


def main(folder: Path, most: int) -> None:
    stored: list[int] = []
    counted: list[int] = []
    shares: dict[str, list[list[int]]] = defaultdict(list)
    rough: dict[str, list[float]] = defaultdict(list)
    for path in sorted(folder.glob("*")):
        if not DATASET.recognise(path):
            continue
        start = time.perf_counter()
        log = open_log(path)
        opened_ms = (time.perf_counter() - start) * 1e3
        tracks = DATASET.read_labels(log).tracks
        frames = with_points(log, most)
        print(
            f"{log.name}: {len(log.frames)} frames, {len(frames)} with points, {len(tracks)} tracks"
        )
        print(f"  opened in {opened_ms:.0f} ms (the first log also loads pyarrow)")
        for frame in frames[:2]:
            start = time.perf_counter()
            log.lidars["up_lidar"].read(frame.index)
            print(f"  a sweep decoded in {(time.perf_counter() - start) * 1e3:.1f} ms")
            cloud = log.cloud(frame.index)
            for number, name in enumerate(log.lidars):
                rows = cloud.extra["lidar"] == number
                part = Sweep("ego", 0, cloud.points_m[rows], None, cloud.time_offset_ns[rows])
                print(f"  {name}: {scan(part, np.array([1.35, 0.0, 1.6]))}")
            if (path / "calibration").is_dir():
                for name, other in (("up_lidar", "down_lidar"), ("down_lidar", "up_lidar")):
                    own = elevation_spread_deg(log, frame, name, name)
                    swapped = elevation_spread_deg(log, frame, name, other)
                    print(
                        f"  {name}: a laser's elevation scatters by {own:.3f} degrees, "
                        f"in the other LiDAR's frame {swapped:.3f}"
                    )
        ours = counts(log, tracks, frames)
        stored, counted = stored + ours[0], counted + ours[1]
        for name, pairs in box_times(log, tracks, frames).items():
            shares[name] += pairs
        for name, values in roughness_mm(log, tracks).items():
            rough[name] += values
    equal = np.mean(np.array(stored) == counted)
    correlation = np.corrcoef(stored, counted)[0, 1]
    print(f"points inside {len(stored)} cuboids: {equal:.4f} equal, correlation {correlation:.6f}")
    best = np.max([np.array(pairs)[:, 0] for pairs in shares.values()], axis=0)
    for name, pairs in shares.items():
        inside, near = np.array(pairs).T
        share = inside / best
        print(
            f"cuboids hold at {name}: {inside.sum() / near.sum():.3f} of {near.sum()} points inside, "
            f"mean over {len(pairs)} cuboids of the share of the best {share.mean():.3f}"
        )
    for name, values in rough.items():
        print(f"smooth if held at {name}: {np.median(values):.1f} mm rms, {len(values)} windows")


if __name__ == "__main__":
    main(Path(os.environ["AV3D_REAL_DATA"]) / "av2", int(sys.argv[1]) if len(sys.argv) > 1 else 20)
