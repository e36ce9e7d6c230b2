"""Opening a bag as a log: topics, frames, times and calibration; of points one sweep per LiDAR."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from av3d.calibration.rig import BODY_SE3_OPTICAL, CameraMount, LidarMount, Rig
from av3d.calibration.rig_toml import read_rig
from av3d.datasets.dataset import DatasetError
from av3d.datasets.mcap_ros2 import kept, transforms
from av3d.datasets.mcap_ros2 import messages as ros
from av3d.datasets.mcap_ros2.cameras import (
    CalibrationError,
    Intrinsics,
    is_optical,
    read_intrinsics,
)
from av3d.datasets.mcap_ros2.cloud import BagSweeps
from av3d.datasets.mcap_ros2.ego_path import choose_ego, choose_trajectory
from av3d.datasets.mcap_ros2.files import Bag, bag_parts
from av3d.datasets.mcap_ros2.index import BagIndex, Indexer, Topic
from av3d.datasets.mcap_ros2.pictures import BagImages
from av3d.datasets.mcap_ros2.sensors import (
    Sensor,
    calibration_of,
    choose_cameras,
    choose_lidars,
    is_rectified,
)
from av3d.datasets.mcap_ros2.sidecar import Sidecar, read_sidecar
from av3d.datasets.mcap_ros2.transforms import FrameTree
from av3d.errors import InputFileError
from av3d.files import real_path
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.trajectory import Trajectory
from av3d.types import NS_PER_S, IntArray

OTHER_CLOCK_S = 5.0
"""Stamps that are off the recorder's clock by this much more than the LiDAR's are of another clock."""

_ROW_STAMP, _ROW_LOG = 0, 1


def open_log(path: Path) -> Log:
    """Open an .mcap file or the folder of a bag. Av3dError says what is wrong with it."""
    try:
        parts = bag_parts(path)
        index = read_index(parts)
        return _Opening(path, parts, index, read_sidecar(path)).log()
    except OSError as error:
        raise InputFileError(
            f"cannot read: {error.strerror or error}",
            error.filename or path,
            "check the file and its permissions",
        ) from error


def read_index(parts: Sequence[Path]) -> BagIndex:
    """The index of the files of a bag, kept from the last time or made anew."""
    index = kept.load(parts)
    if index is None:
        indexer = Indexer()
        for number, part in enumerate(parts):
            indexer.add_file(part, number)
        index = indexer.result()
        kept.keep(parts, index)
    return index


@dataclass
class _Opening:
    """One bag on its way to a log; `notes` grow as choices are made."""

    path: Path
    parts: list[Path]
    index: BagIndex
    sidecar: Sidecar
    notes: list[str] = field(default_factory=list)
    reference_lag_ns: int = 0

    def log(self) -> Log:
        self.notes += self.index.notes
        lidars = choose_lidars(self.index, self.sidecar, self.notes, self.path)
        cameras = choose_cameras(
            self.index, self.sidecar, [lidar.name for lidar in lidars], self.notes
        )
        rig = None if self.sidecar.rig is None else read_rig(self.sidecar.rig)
        tracks = [pose for pose in self.index.poses if pose.type == ros.TRANSFORMS]
        tracks += [pose for pose in self.index.poses if pose.type == ros.TRANSFORM]
        tree = FrameTree(transforms.links(tracks, self.notes))
        lidars = self._with_reference_first(lidars)
        frames = [lidar.topic.frame for lidar in lidars]
        ego = choose_ego(self.index, tree, frames, self.sidecar, self.notes, self.path)
        if rig is None:
            rig, lidars, cameras = self._rig(tree, ego, lidars, cameras)
        else:
            lidars = [lidar for lidar in lidars if self._in_rig(lidar, rig.lidars)]
            cameras = [camera for camera in cameras if self._in_rig(camera, rig.cameras)]
        if not lidars:
            raise DatasetError(
                "none of the bag's LiDARs is in the rig", self.sidecar.rig or self.path,
                "name the LiDARs as the bag does, or write [names] in av3d.toml",
            )  # fmt: skip
        lags = [_lag_ns(lidar.topic.rows) for lidar in lidars]
        self.reference_lag_ns = lags[0]
        rows = {sensor.name: self._times(sensor) for sensor in (*lidars, *cameras)}
        trajectory = choose_trajectory(
            self.index, tree, ego, rows[lidars[0].name][0], self.sidecar, self.notes
        )
        rows = {name: self._covered(name, *found, trajectory) for name, found in rows.items()}
        return self._assemble(rig, trajectory, lidars, cameras, rows)

    def _assemble(
        self,
        rig: Rig,
        trajectory: Trajectory,
        lidars: Sequence[Sensor],
        cameras: Sequence[Sensor],
        rows: Mapping[str, tuple[IntArray, IntArray]],
    ) -> Log:
        bag = Bag(self.parts)
        sweeps: dict[str, BagSweeps] = {}
        clocks: dict[str, str] = {}
        for name, topic in ((lidar.name, lidar.topic.name) for lidar in lidars):
            if not len(rows[name][0]) and name != lidars[0].name:
                continue
            compensated = topic in self.sidecar.motion_compensated
            sweeps[name] = BagSweeps(bag, name, topic, *rows[name], compensated)
            about = "; ".join(sweeps[name].meaning.notes)
            self.notes.append(f"LiDAR {name} is {topic}" + (f": {about}" if about else ""))
            clocks[name] = f"header.stamp of {topic}, as its driver sets it"
        images = {
            camera.name: BagImages(bag, camera.topic, *rows[camera.name]) for camera in cameras
        }
        for camera in cameras:
            clocks[camera.name] = (
                f"header.stamp of {camera.topic.name}, taken as the middle of the exposure"
            )
        return Log(
            name=self.sidecar.name or self._name(),
            kind="mcap",
            path=self.path,
            rig=rig,
            trajectory=trajectory,
            lidars=sweeps,
            cameras=images,
            reference_lidar=lidars[0].name,
            fingerprint=self._fingerprint(rows),
            notes=self.notes,
            clocks=clocks,
        )

    def _name(self) -> str:
        resolved = real_path(self.path)
        name = resolved.stem if resolved.is_file() else resolved.name
        return name.encode("utf-8", "replace").decode() or "bag"

    def _fingerprint(self, rows: Mapping[str, tuple[IntArray, IntArray]]) -> str:
        digest = hashlib.sha256()
        for part in self.parts:
            digest.update(f"{part.name}\0{part.stat().st_size}\0".encode("utf-8", "replace"))
        for name, (times, places) in rows.items():
            digest.update(name.encode() + times.tobytes() + places.tobytes())
        return digest.hexdigest()

    def _with_reference_first(self, lidars: list[Sensor]) -> list[Sensor]:
        wanted = self.sidecar.reference_lidar
        if wanted is None:
            return lidars
        if wanted not in [lidar.name for lidar in lidars]:
            raise DatasetError(
                f"reference_lidar is {wanted!r}",
                self.sidecar.path,
                f"write one of: {' '.join(lidar.name for lidar in lidars)}",
            )
        return sorted(lidars, key=lambda lidar: lidar.name != wanted)

    def _in_rig(self, sensor: Sensor, known: Mapping[str, LidarMount | CameraMount]) -> bool:
        if sensor.name in known:
            return True
        self.notes.append(f"{sensor.topic.name} is left out: the rig has no {sensor.name}")
        return False

    def _rig(
        self, tree: FrameTree, ego: str, lidars: Sequence[Sensor], cameras: Sequence[Sensor]
    ) -> tuple[Rig, list[Sensor], list[Sensor]]:
        """The rig from transforms and calibrations, and the sensors that have a place in it."""
        lidar_mounts: dict[str, LidarMount] = {}
        for lidar in lidars:
            ego_SE3_lidar = tree.mount(ego, lidar.topic.frame)
            if ego_SE3_lidar is None:
                self._unlinked(lidar.topic, lidar.topic.frame, ego, tree)
            else:
                lidar_mounts[lidar.name] = LidarMount(ego_SE3_lidar)
        if not lidar_mounts:
            raise DatasetError(
                f"no transform links {ego!r} with {lidars[0].topic.frame!r}, the frame of "
                f"{lidars[0].topic.name}",
                self.path,
                f'record /tf_static, or write rig = "rig.toml" or ego_frame in {self.sidecar.path.name}',
            )
        camera_mounts: dict[str, CameraMount] = {}
        found = [(camera, self._intrinsics(camera)) for camera in cameras]
        shared = [_camera_frame(camera.topic, info[1], tree) for camera, info in found if info]
        for camera, info in found:
            if info is None:
                continue
            intrinsics, info_topic = info
            frame = _camera_frame(camera.topic, info_topic, tree)
            ego_SE3_frame = tree.mount(ego, frame)
            if ego_SE3_frame is None:
                self._unlinked(camera.topic, frame, ego, tree)
                continue
            if not is_optical(frame, ego_SE3_frame):
                self.notes.append(
                    f"the frame {frame} of camera {camera.name} has its z axis up: it is taken as x "
                    "forward, y left, z up and not as an optical frame"
                )
                ego_SE3_frame = ego_SE3_frame @ BODY_SE3_OPTICAL
            ego_SE3_camera = ego_SE3_frame @ intrinsics.frame_SE3_camera
            if shared.count(frame) > 1 and any(intrinsics.baseline_m):
                aside = SE3(np.eye(3), np.array([*intrinsics.baseline_m, 0.0]))
                ego_SE3_camera = ego_SE3_camera @ aside
            camera_mounts[camera.name] = CameraMount(intrinsics.camera, ego_SE3_camera)
        rig = Rig(
            "bag",
            lidar_mounts,
            camera_mounts,
            source=f"transforms and CameraInfo of {self.path.name}",
            notes=(f"the ego frame is {ego}",),
        )
        return (
            rig,
            [lidar for lidar in lidars if lidar.name in lidar_mounts],
            [camera for camera in cameras if camera.name in camera_mounts],
        )

    def _unlinked(self, topic: Topic, frame: str, ego: str, tree: FrameTree) -> None:
        way = tree.way(frame, ego)
        moving = [step.link for step in way or () if not step.link.fixed]
        if moving:
            why = f"the transform from {moving[0].parent} to {moving[0].child} moves"
        else:
            why = f"no transform links {frame!r} with {ego!r}"
        self.notes.append(f"{topic.name} is left out: {why}")

    def _intrinsics(self, camera: Sensor) -> tuple[Intrinsics, Topic] | None:
        info = calibration_of(self.index, camera.topic, self.sidecar)
        if info is None:
            self.notes.append(
                f"{camera.topic.name} is left out: it has no CameraInfo; name it under "
                f"[topics.camera_info] in {self.sidecar.path.name}, or give a rig.toml"
            )
            return None
        try:
            return read_intrinsics(info, is_rectified(camera.topic.name)), info
        except CalibrationError as error:
            self.notes.append(f"{camera.topic.name} is left out: {error}")
            return None

    def _times(self, sensor: Sensor) -> tuple[IntArray, IntArray]:
        """Increasing times of a stream and the rows of its messages in that order."""
        rows = sensor.topic.rows
        name = sensor.topic.name
        times = rows[:, _ROW_STAMP].copy()
        unset = times == 0
        if unset.mean() > 0.5:
            self.notes.append(f"{name} is not stamped: the times of recording are used, which lag")
            times = rows[:, _ROW_LOG] + (
                0 if abs(self.reference_lag_ns) > 10**15 else self.reference_lag_ns
            )
        else:
            if unset.any():
                self.notes.append(
                    f"{int(unset.sum())} messages of {name} are not stamped: left out"
                )
                rows, times = rows[~unset], times[~unset]
            off_ns = _lag_ns(rows) - self.reference_lag_ns
            if abs(off_ns) > OTHER_CLOCK_S * NS_PER_S:
                self.notes.append(
                    f"the clock of {name} is {off_ns / NS_PER_S:+.3f} s off the reference LiDAR's: taken "
                    "off, so that both are recorded equally late; check the time offset"
                )
                times = times - off_ns
        back = int((np.diff(times) < 0).sum())
        order = np.argsort(times, kind="stable")
        rows, times = rows[order], times[order]
        first = np.ones(len(times), dtype=bool)
        first[1:] = times[1:] != times[:-1]
        if back:
            self.notes.append(
                f"messages of {name} are out of order in {back} places: sorted by stamp"
            )
        if not first.all():
            self.notes.append(
                f"{int((~first).sum())} messages of {name} have the stamp of another one: left out"
            )
        return times[first], rows[first]

    def _covered(
        self, name: str, times: IntArray, rows: IntArray, trajectory: Trajectory
    ) -> tuple[IntArray, IntArray]:
        """What lies within the ego poses; nothing can be placed before the first and after the last."""
        if trajectory.is_identity:
            return times, rows
        limit = trajectory.extrapolation_limit_ns
        within = (times >= trajectory.start_ns - limit) & (times <= trajectory.end_ns + limit)
        if not within.all():
            self.notes.append(
                f"{int((~within).sum())} of {len(times)} messages of {name} lie outside the ego poses: "
                "left out"
            )
        return times[within], rows[within]


def _lag_ns(rows: IntArray) -> int:
    """Usual difference between stamp and time of recording."""
    stamped = rows[rows[:, _ROW_STAMP] != 0]
    if not len(stamped):
        return 0
    return int(np.median(stamped[:, _ROW_STAMP] - stamped[:, _ROW_LOG]))


def _camera_frame(image: Topic, info: Topic, tree: FrameTree) -> str:
    """The frame of a camera's images: what the images say, or else their calibration."""
    linked = [frame for frame in (image.frame, info.frame) if frame and frame in tree.frames]
    return linked[0] if linked else image.frame or info.frame
