"""How well imported PandaSet cuboids agree with points, semantics and images: figures on real data.

    AV3D_REAL_DATA=... python tests/benchmarks/overlay_agreement.py [frame step]

Prints one line per figure. `test_overlay_agreement.py` asserts the ones that must hold.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from av3d.calibration.camera import NEAR_M, Camera
from av3d.datasets.pandaset import DATASET
from av3d.datasets.pandaset.classes import VEHICLE_SEMANTICS
from av3d.geometry.clip import clip_segments_to_near_plane
from av3d.geometry.cuboid import EDGES, Cuboid
from av3d.geometry.se3 import wrap_angle_rad
from av3d.logs.frames import Frame
from av3d.logs.log import Log
from av3d.tracks.measured import states_at
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import BoolArray, FloatArray

VEHICLES = {"car", "truck", "bus", "trailer", "construction", "motorcycle", "bicycle"}
MOVING_M_S = 3.0
ENOUGH_POINTS = 30


def present(tracks: tuple[Track, ...], frame: Frame) -> Iterator[tuple[Track, TrackState]]:
    """Tracks that are there in a frame, with their state at its time."""
    for track in tracks:
        state = track.state_at(frame.timestamp_ns)
        if state is not None:
            yield track, state


def hull_px(camera: Camera, cuboid: Cuboid) -> FloatArray:
    """Outline of a cuboid of the camera frame that may reach behind the camera, (N, 2)."""
    corners_m = cuboid.corners_m()
    pairs = np.array(EDGES)
    starts, ends, shows = clip_segments_to_near_plane(
        corners_m[pairs[:, 0]], corners_m[pairs[:, 1]], NEAR_M
    )
    pixels, valid = camera.project(np.concatenate([starts[shows], ends[shows]]))
    return cv2.convexHull(pixels[valid].astype(np.float32))[:, 0]


def points_in_outlines(
    log: Log, tracks: tuple[Track, ...], frames: list[int]
) -> dict[str, tuple[int, int]]:
    """Interior points, moved to the image's time with their cuboid: inside its outline, and all."""
    counts = {name: [0, 0] for name in log.cameras}
    for index in frames:
        frame = log.frame(index)
        cloud = log.cloud(index)
        world_SE3_ego = log.world_SE3_ego(frame.timestamp_ns)
        points_world_m = world_SE3_ego.transform(cloud.points_m)
        for track, state in present(tracks, frame):
            inside = points_world_m[state.cuboid.contains(points_world_m)]
            if len(inside) < ENOUGH_POINTS:
                continue
            local_m = state.cuboid.frame_SE3_cuboid.inverse().transform(inside)
            for name, image in frame.images.items():
                if image is None:
                    continue
                camera = log.rig.camera(name).camera
                image_ns = log.image_time_ns(name, image)
                [then] = states_at([track], image_ns, frame.timestamp_ns, log)
                assert then is not None
                cuboid = then.cuboid.in_frame(log.world_SE3_camera(name, image).inverse())
                pixels, valid = camera.project(cuboid.frame_SE3_cuboid.transform(local_m))
                pixels = pixels[valid & camera.contains(np.nan_to_num(pixels, nan=-9.0))]
                if len(pixels) == 0:
                    continue
                outline = hull_px(camera, cuboid)
                # Half a pixel: outlines are float32 here.
                hits = [
                    cv2.pointPolygonTest(outline, (float(u), float(v)), True) > -0.5
                    for u, v in pixels
                ]
                counts[name][0] += sum(hits)
                counts[name][1] += len(hits)
    return {name: (hits, total) for name, (hits, total) in counts.items()}


def semantic_agreement(
    log: Log, tracks: tuple[Track, ...], frames: list[int]
) -> dict[str, tuple[int, int]]:
    """Points inside vehicle cuboids that are labelled as vehicles, and the other way round."""
    inside_count = inside_vehicle = vehicle_count = vehicle_inside = 0
    for index in frames:
        frame = log.frame(index)
        cloud = log.cloud(index)
        points_world_m = log.world_SE3_ego(frame.timestamp_ns).transform(cloud.points_m)
        vehicle = np.isin(cloud.extra["semantic"], list(VEHICLE_SEMANTICS))
        inside: BoolArray = np.zeros(len(cloud), dtype=bool)
        for track, state in present(tracks, frame):
            if track.category in VEHICLES or track.category == "other":
                inside |= state.cuboid.contains(points_world_m)
        inside_count += int(inside.sum())
        inside_vehicle += int((inside & vehicle).sum())
        vehicle_count += int(vehicle.sum())
        vehicle_inside += int((inside & vehicle).sum())
    return {
        "points in vehicle cuboids that are vehicle": (inside_vehicle, inside_count),
        "vehicle points that are in a cuboid": (vehicle_inside, vehicle_count),
    }


def heading_errors_deg(log: Log, tracks: tuple[Track, ...]) -> FloatArray:
    """Heading against the direction of motion of moving tracks, absolute, one per cuboid."""
    errors: list[float] = []
    for frame in log.frames:
        for _, state in present(tracks, frame):
            if state.speed_m_s > MOVING_M_S:
                motion_rad = np.arctan2(state.velocity_m_s[1], state.velocity_m_s[0])
                errors.append(abs(float(wrap_angle_rad(state.cuboid.yaw_rad - motion_rad))))
    return np.degrees(errors)


def second_lidar_agreement(
    log: Log, tracks: tuple[Track, ...], frames: list[int]
) -> dict[str, tuple[int, int]]:
    """Which clock is right? PandarGT's vehicle points at and around moving cuboids of the Pandar64.

    The PandarGT sees an object up to 90 ms before or after the Pandar64 does. Each point is tested
    against the cuboid where it is at the point's time, by three ideas of when cuboids hold.
    """
    hits = {"where it was labelled": 0, "holds at the timestamp": 0, "holds when measured": 0}
    total = 0
    for index in frames:
        frame = log.frame(index)
        sweep = log.sweep(index, "pandar_gt")
        mount = log.rig.lidar("pandar_gt")
        world_SE3_lidar = log.world_SE3_ego(frame.timestamp_ns) @ mount.ego_SE3_lidar
        vehicle = np.isin(sweep.extra["semantic"], list(VEHICLE_SEMANTICS))
        points_world_m = world_SE3_lidar.transform(sweep.points_m[vehicle])
        assert sweep.time_offset_ns is not None
        offset_s = sweep.time_offset_ns[vehicle] / 1e9
        for _, state in present(tracks, frame):
            if state.speed_m_s < MOVING_M_S or state.attributes["pandaset.sensor_id"] != 0:
                continue
            cuboid = state.cuboid
            # The neighbourhood: a car length ahead and behind would already reach other cars.
            near = cuboid.contains(points_world_m, margin_m=1.0)
            if near.sum() < ENOUGH_POINTS:
                continue
            points, seconds = points_world_m[near], offset_s[near]
            measured_ns = log.measured_ns(frame, cuboid.center_m)
            measured_s = (int(measured_ns) - frame.timestamp_ns) / 1e9
            moved = state.velocity_m_s
            for name, since_s in (
                ("where it was labelled", np.zeros(len(points))),
                ("holds at the timestamp", seconds),
                ("holds when measured", seconds - measured_s),
            ):
                back = points - since_s[:, None] * moved
                hits[name] += int(cuboid.contains(back, margin_m=0.05).sum())
            total += len(points)
    return {name: (count, total) for name, count in hits.items()}


def image_errors_px(
    log: Log, tracks: tuple[Track, ...], frames: list[int]
) -> dict[str, dict[str, tuple[float, float]]]:
    """How far moving cuboids are off in images, against `states_at`: median and 90 %.

    Mean distance of corners, where all corners are in front of the camera and one is on the image.
    """
    rows: dict[str, dict[str, list[float]]] = {}
    for index in frames:
        frame = log.frame(index)
        for track, state in present(tracks, frame):
            if state.speed_m_s < MOVING_M_S:
                continue
            for name, image in frame.images.items():
                if image is None:
                    continue
                camera = log.rig.camera(name).camera
                camera_SE3_world = log.world_SE3_camera(name, image).inverse()
                image_ns = log.image_time_ns(name, image)
                [best] = states_at([track], image_ns, frame.timestamp_ns, log)
                pixels = {}
                for label, then in (
                    ("best", best),
                    ("not moved", state),
                    (
                        "moved from the timestamp",
                        track.state_near(image_ns, present_at_ns=frame.timestamp_ns),
                    ),
                ):
                    assert then is not None
                    corners_m = then.cuboid.in_frame(camera_SE3_world).corners_m()
                    pixels[label], valid = camera.project(corners_m)
                    if not valid.all():
                        break
                else:
                    if camera.contains(pixels["best"]).any():
                        for label in ("not moved", "moved from the timestamp"):
                            apart = np.linalg.norm(pixels[label] - pixels["best"], axis=1)
                            rows.setdefault(name, {}).setdefault(label, []).append(apart.mean())
    return {
        name: {
            label: (float(np.median(values)), float(np.percentile(values, 90)))
            for label, values in by_label.items()
        }
        for name, by_label in rows.items()
    }


def main(folder: Path, step: int) -> None:
    log = DATASET.open(folder)
    labels = DATASET.read_labels(log)
    tracks = labels.tracks
    frames = list(range(0, len(log.frames), step))
    print(f"{folder.name}: {len(tracks)} tracks, counts {dict(labels.counts)}")
    for name, (hits, total) in points_in_outlines(log, tracks, frames).items():
        print(f"points inside the outline, {name}: {hits} of {total}")
    for name, (hits, total) in semantic_agreement(log, tracks, frames).items():
        print(f"{name}: {hits / total:.4f} of {total}")
    errors = heading_errors_deg(log, tracks)
    print(
        f"heading against motion, {len(errors)} moving cuboids: median {np.median(errors):.2f}, "
        f"95 % {np.percentile(errors, 95):.2f}, most {errors.max():.2f} degrees"
    )
    for name, (hits, total) in second_lidar_agreement(log, tracks, frames).items():
        print(f"PandarGT points in moving cuboids, cuboid {name}: {hits / total:.4f} of {total}")
    for name, by_label in image_errors_px(log, tracks, frames).items():
        for label, (median, high) in by_label.items():
            print(f"cuboid {label}, {name}: median {median:.1f}, 90 % {high:.1f} px off")


if __name__ == "__main__":
    main(
        Path(os.environ["AV3D_REAL_DATA"]) / "pandaset" / "002",
        int(sys.argv[1]) if len(sys.argv) > 1 else 1,
    )
