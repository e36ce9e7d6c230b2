"""A log exported as nuScenes and opened again: what comes back, and how far off it is.

    python tests/benchmarks/nuscenes_round_trip.py LOG [LOG ...]

Prints, per log, the share of tracks, sweeps and images that come back, and the largest differences of
cuboids, times, poses and pixels.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from av3d.datasets.dataset import ExportOptions, LabelledLog
from av3d.datasets.registry import dataset, open_log, own_labels
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.tracks.track import Track

IMAGES = 3
"""Images per camera that are compared pixel by pixel."""


def main(paths: list[str]) -> None:
    """Print a block of figures per log."""
    for path in paths:
        log = open_log(path)
        tracks = own_labels(log)
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "export"
            dataset("nuscenes").write_labels(
                [LabelledLog(log, tracks)], out, ExportOptions(link_media=True)
            )
            again = open_log(out)
            print(f"{log.kind} {log.name}")
            compare_tracks(tracks, own_labels(again), again)
            compare_times_and_poses(log, again)
            compare_images(log, again)


def compare_tracks(tracks: tuple[Track, ...], found: tuple[Track, ...], log: Log) -> None:
    """Every cuboid at a sample must come back, with the ID, category and number of its track."""
    samples_ns = sorted({key.timestamp_ns for track in found for key in track.keyframes})
    by_id = {track.id: track for track in found}
    cuboids, missing, named, worst_m = 0, 0, 0, 0.0
    for track in tracks:
        other = by_id.get(track.id)
        for time_ns in samples_ns:
            state = track.state_at(time_ns)
            again = other.state_at(time_ns) if other else None
            missing += (state is None) != (again is None)
            # Between its own keyframes a track moves in physical time; at them it is as stored.
            if state is None or again is None or track.keyframe_at(time_ns) is None:
                continue
            cuboids += 1
            apart_m = np.abs(state.cuboid.corners_m() - again.cuboid.corners_m()).max()
            worst_m = max(worst_m, float(apart_m))
        if other:
            named += (other.category, other.number) == (track.category, track.number)
    print(
        f"  tracks   {named} of {len(tracks)} with ID, category and number; {len(samples_ns)} of "
        f"{len(log.frames)} frames are samples; {cuboids} cuboids, {missing} missing or extra, "
        f"largest difference {worst_m:.1e} m"
    )


def compare_times_and_poses(log: Log, again: Log) -> None:
    """Times to the microsecond; ego poses at the sweeps, camera poses at the images."""
    first_ns = np.asarray(log.frames.timestamps_ns)
    second_ns = np.asarray(again.frames.timestamps_ns)
    apart_ns = np.abs(first_ns - second_ns).max() if len(first_ns) == len(second_ns) else -1
    off = [
        log.world_SE3_ego(a).inverse() @ again.world_SE3_ego(b)
        for a, b in zip(first_ns.tolist(), second_ns.tolist(), strict=True)
    ]
    print(f"  sweeps   {len(second_ns)} of {len(first_ns)}, times within {apart_ns} ns")
    print(f"  ego      {_worst(off)}")
    off = []
    for camera, other in _cameras(log, again):
        for image in range(min(len(log.cameras[camera]), len(again.cameras[other]))):
            first = log.world_SE3_camera(camera, image)
            off.append(first.inverse() @ again.world_SE3_camera(other, image))
    if off:
        print(f"  cameras  {_worst(off)} at {len(off)} images")


def compare_images(log: Log, again: Log) -> None:
    """Images of pinhole cameras must come back as they were; others are rectified."""
    counts, worst, pinholes = [], 0, 0
    for camera, other in _cameras(log, again):
        counts.append(f"{len(again.cameras[other])}/{len(log.cameras[camera])}")
        if again.rig.camera(other).camera != log.rig.camera(camera).camera:
            continue
        pinholes += 1
        for image in range(min(IMAGES, len(log.cameras[camera]))):
            first = log.image(camera, image).astype(np.int64)
            worst = max(worst, int(np.abs(first - again.image(other, image)).max()))
    print(
        f"  images   {' '.join(counts)}, largest difference of a pixel {worst} in {pinholes} cameras "
        "without distortion"
    )


def _cameras(log: Log, again: Log) -> list[tuple[str, str]]:
    """The cameras of a log with the channels that they became, by where they look."""
    pairs = []
    for camera, mount in log.rig.cameras.items():
        rotation = mount.ego_SE3_camera.rotation
        nearest = max(
            again.rig.cameras,
            key=lambda name: np.trace(again.rig.camera(name).ego_SE3_camera.rotation.T @ rotation),
        )
        pairs.append((camera, nearest))
    return pairs


def _worst(off: list[SE3]) -> str:
    apart_m = max(float(np.linalg.norm(pose.translation_m)) for pose in off)
    apart_rad = max(float(pose.angle_to_rad(SE3.identity())) for pose in off)
    return f"poses within {1000 * apart_m:.3f} mm and {np.degrees(apart_rad):.5f} degrees"


if __name__ == "__main__":
    main(sys.argv[1:])
