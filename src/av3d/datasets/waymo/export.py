"""Writing logs and tracks as components of Waymo segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from av3d.calibration.distortion import BrownConrady
from av3d.calibration.rig import BODY_SE3_OPTICAL
from av3d.datasets.camera_places import camera_places
from av3d.datasets.chosen_images import chosen_images
from av3d.datasets.class_choice import class_of
from av3d.datasets.dataset import ExportOptions, ExportReport, LabelledLog, Progress
from av3d.datasets.exporting import labelled
from av3d.datasets.log_folders import log_folders
from av3d.datasets.point_count import PointCount
from av3d.datasets.waymo.components import (
    BOTTOM_TO_TOP,
    CAMERAS,
    CATEGORY,
    DETECTION_LEVEL,
    GLOBAL_SHUTTER,
    LABEL,
    LASERS,
    LEVELS,
    TOP_TO_BOTTOM,
    TRACKING_LEVEL,
    TYPES,
)
from av3d.datasets.waymo.parquet import ComponentWriter
from av3d.datasets.waymo.report import Facts, build_report
from av3d.files import new_folder
from av3d.geometry.se3 import SE3, wrap_angle_rad
from av3d.logs.frames import Frame
from av3d.logs.log import Log
from av3d.tracks.state import TrackState
from av3d.types import Scalar

AZIMUTHS_DEG = {
    "FRONT": 0.0,
    "FRONT_LEFT": 45.0,
    "FRONT_RIGHT": -45.0,
    "SIDE_LEFT": 90.0,
    "SIDE_RIGHT": -90.0,
}
"""Where Waymo's cameras look, counter-clockwise from straight ahead."""

LASER_AZIMUTHS_DEG = {"FRONT": 0.0, "SIDE_LEFT": 90.0, "SIDE_RIGHT": -90.0, "REAR": 180.0}
"""Where Waymo's short-range LiDARs sit, seen from the middle of all LiDARs."""

EDGE_PX = 0.5
"""Waymo counts pixels from the left edge of the first one, av3d from its centre."""

_HELD = frozenset({LABEL, DETECTION_LEVEL, TRACKING_LEVEL})


def export(
    name: str,
    items: Sequence[LabelledLog],
    out: Path,
    options: ExportOptions,
    progress: Progress,
) -> ExportReport:
    """Write one file per component and log; see `Dataset.write_labels`.

    Raises:
        DatasetError: no log, or two of one name.
        OutputError: the folder is in use, or the disk refuses.
        Av3dError: a cloud cannot be read; nothing is left behind.
    """
    labelled(items, out)
    facts = Facts()
    total, done = sum(len(item.frames) for item in items), 0
    with new_folder(out, replace=options.overwrite) as folder:
        for item, place in zip(items, log_folders(items, folder), strict=True):
            _note(item, facts)
            _write_calibration(item.log, folder, place.name, facts)
            with (
                ComponentWriter(folder, "lidar_box", place.name) as boxes,
                ComponentWriter(folder, "vehicle_pose", place.name) as poses,
            ):
                for frame in item.frames:
                    done += 1
                    progress(f"writing {item.log.name}", done, total)
                    micros = _micros(frame.timestamp_ns)
                    pose = _matrix(item.log.world_SE3_ego(frame.timestamp_ns))
                    poses.add([item.log.name, micros, pose])
                    _write_boxes(item, frame, micros, boxes, facts)
            facts.tally.finish_log(item, (frame.timestamp_ns for frame in item.frames))
        files = sum(path.is_file() for path in folder.rglob("*"))
    return build_report(name, out, len(items), files, facts)


def _note(item: LabelledLog, facts: Facts) -> None:
    log = item.log
    facts.frames += len(item.frames)
    facts.rounded += sum(frame.timestamp_ns % 1000 != 0 for frame in item.frames)
    facts.images += sum(len(chosen_images(item, camera)) for camera in log.cameras)
    if log.trajectory.is_identity:
        facts.without_poses.append(log.name)


def _write_boxes(
    item: LabelledLog, frame: Frame, micros: int, boxes: ComponentWriter, facts: Facts
) -> None:
    log = item.log
    ego_SE3_world = log.world_SE3_ego(frame.timestamp_ns).inverse()
    cloud = log.cloud(frame.index)
    top = list(log.lidars).index(log.reference_lidar)
    count = PointCount(cloud.points_m)
    count_top = (
        PointCount(cloud.points_m[cloud.extra["lidar"] == top]) if len(log.lidars) > 1 else count
    )
    facts.sweeps += bool(len(cloud))
    for track, state in zip(item.tracks, item.states(frame), strict=True):
        if state is None:
            continue
        label = class_of(track, state, LABEL, "waymo", CATEGORY)
        if label not in TYPES:
            facts.tally.add_without_class(track)
            continue
        cuboid = state.cuboid.in_frame(ego_SE3_world)
        roll_rad, pitch_rad, yaw_rad = cuboid.frame_SE3_cuboid.roll_pitch_yaw_rad
        facts.tally.add(track, state, _held(state))
        facts.tally.add_tilt(track, float(roll_rad), float(pitch_rad))
        facts.without_points += not len(cloud)
        boxes.add(
            [
                log.name,
                micros,
                track.id,
                *cuboid.center_m.tolist(),
                *cuboid.size_lwh_m.tolist(),
                _heading(float(yaw_rad)),
                TYPES[label],
                count(cuboid),
                count_top(cuboid),
                *state.velocity_m_s.tolist(),
                *state.acceleration_m_s2.tolist(),
                LEVELS.get(str(state.attributes.get(DETECTION_LEVEL))),
                LEVELS.get(str(state.attributes.get(TRACKING_LEVEL))),
            ]
        )


def _held(state: TrackState) -> set[str]:
    """Names of the attributes that a box holds."""
    values: Mapping[str, Scalar] = state.attributes
    return {name for name in _HELD if name == LABEL or str(values.get(name)) in LEVELS}


def _heading(yaw_rad: float) -> float:
    """Normalised to [-pi, pi)."""
    wrapped = float(wrap_angle_rad(yaw_rad))
    return -np.pi if wrapped >= np.pi else wrapped


def _write_calibration(log: Log, folder: Path, file_name: str, facts: Facts) -> None:
    lasers = _laser_names(log)
    with ComponentWriter(folder, "lidar_calibration", file_name) as table:
        for lidar, laser in sorted(lasers.items(), key=lambda pair: LASERS[pair[1]]):
            extrinsic = _matrix(log.rig.lidar(lidar).ego_SE3_lidar)
            table.add([log.name, LASERS[laser], extrinsic, None, None, None])
    holds = [camera for camera in log.cameras if _fits(log, camera)]
    places = camera_places(log.rig, holds, AZIMUTHS_DEG)
    with ComponentWriter(folder, "camera_calibration", file_name) as table:
        for name, place in sorted(places.items(), key=lambda pair: CAMERAS[pair[1]]):
            mount = log.rig.camera(name)
            camera = mount.camera
            lens = camera.lens if isinstance(camera.lens, BrownConrady) else BrownConrady()
            shutter = TOP_TO_BOTTOM if mount.readout_ns > 0 else BOTTOM_TO_TOP
            table.add(
                [
                    log.name,
                    CAMERAS[place],
                    camera.fx_px,
                    camera.fy_px,
                    camera.cx_px + EDGE_PX,
                    camera.cy_px + EDGE_PX,
                    *(lens.k1, lens.k2, lens.p1, lens.p2, lens.k3),
                    # Waymo's camera frame has x ahead, y to the left and z up.
                    _matrix(mount.ego_SE3_camera @ BODY_SE3_OPTICAL.inverse()),
                    camera.width_px,
                    camera.height_px,
                    shutter if mount.readout_ns else GLOBAL_SHUTTER,
                ]
            )
    named = {**lasers, **places}
    changed = [f"{own} as {theirs}" for own, theirs in named.items() if own != theirs]
    if changed:
        facts.renamed.append(f"{log.name}: {', '.join(changed)}")
    facts.lidars_left_out += [name for name in log.lidars if name not in lasers]
    facts.cameras_left_out += [name for name in log.cameras if name not in places]


def _fits(log: Log, camera: str) -> bool:
    """Whether five coefficients describe a camera's lens."""
    lens = log.rig.camera(camera).camera.lens
    return lens is None or (isinstance(lens, BrownConrady) and lens.model == "brown-conrady")


def _laser_names(log: Log) -> dict[str, str]:
    """Waymo's names of up to five LiDARs: the reference is on top, others by where they sit."""
    names = {log.reference_lidar: "TOP"}
    others = [lidar for lidar in log.lidars if lidar != log.reference_lidar]
    middle_m = np.mean(
        [log.rig.lidar(lidar).ego_SE3_lidar.translation_m for lidar in log.lidars], axis=0
    )
    free = dict(LASER_AZIMUTHS_DEG)
    for lidar in others:
        if not free:
            break
        x_m, y_m, _ = log.rig.lidar(lidar).ego_SE3_lidar.translation_m - middle_m
        azimuth_deg = np.degrees(np.arctan2(y_m, x_m))
        nearest = min(
            free, key=lambda name: abs((azimuth_deg - free[name] + 180.0) % 360.0 - 180.0)
        )
        names[lidar] = nearest
        del free[nearest]
    return names


def _matrix(a_SE3_b: SE3) -> list[float]:
    """The 4x4 matrix of a transform, row by row."""
    return [float(value) for value in a_SE3_b.matrix.ravel()]


def _micros(timestamp_ns: int) -> int:
    return (timestamp_ns + 500) // 1000
