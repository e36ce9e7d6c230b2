"""Where an export of drives takes frames, poses, points and images from: a drive, or any other log."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np

from av3d.datasets.dataset import LabelledLog
from av3d.datasets.kitti.calibration import KittiCalibration
from av3d.datasets.kitti.labelling import View
from av3d.datasets.kitti.losses import LossCount
from av3d.datasets.kitti.poses import oxts_records
from av3d.datasets.kitti.raw.calibration import calibration_texts
from av3d.datasets.kitti.raw.layout import CALIBRATIONS, CAMERAS, OXTS, VELODYNE, numbered
from av3d.datasets.kitti.raw.log import RawLog
from av3d.datasets.kitti.raw.timestamps import timestamp_text
from av3d.datasets.kitti.sources import AnySource, ExportFrame, place
from av3d.datasets.kitti.velodyne import LIDAR
from av3d.geometry.se3 import SE3
from av3d.logs.frames import Frame
from av3d.reading import copy_file, read_text
from av3d.tracks.state import TrackState

DATA_FORMAT = """\
lat: latitude, degrees
lon: longitude, degrees
alt: height, metres
roll: radians, 0 is level, positive is left side up
pitch: radians, 0 is level, positive is front down
yaw: radians, 0 is east, positive is counter-clockwise
vn: velocity towards north, m/s
ve: velocity towards east, m/s
vf: velocity forward, m/s
vl: velocity to the left, m/s
vu: velocity upward, m/s
ax: acceleration in x, m/s^2 (not known, 0)
ay: acceleration in y, m/s^2 (not known, 0)
az: acceleration in z, m/s^2 (not known, 0)
af: acceleration forward, m/s^2 (not known, 0)
al: acceleration to the left, m/s^2 (not known, 0)
au: acceleration upward, m/s^2 (not known, 0)
wx: angular rate around x, rad/s
wy: angular rate around y, rad/s
wz: angular rate around z, rad/s
wf: angular rate around the forward axis, rad/s
wl: angular rate around the left axis, rad/s
wu: angular rate around the upward axis, rad/s
pos_accuracy: metres (not known, 0)
vel_accuracy: m/s (not known, 0)
navstat: navigation status (not known, 0)
numsats: satellites (not known, 0)
posmode: position mode (not known, 0)
velmode: velocity mode (not known, 0)
orimode: orientation mode (not known, 0)
"""
"""What the 30 values of an oxts record are; each drive has such a file."""


class DriveSource(ABC):
    """A log that is written as a drive.

    Args:
        item: the log and its tracks.
        count: is added to.
        camera: which says how cuboids are seen; None: the one that looks most nearly forward.
    """

    keeps_columns = False

    def __init__(self, item: LabelledLog, count: LossCount, camera: str | None = None) -> None:
        self.item = item
        self.seen = AnySource(item, count, camera)
        self.velodyne_SE3_ego = SE3.identity()

    @property
    @abstractmethod
    def frames(self) -> tuple[ExportFrame, ...]:
        """The frames to write, in the order of their numbers."""

    @abstractmethod
    def calibration(self) -> dict[str, str]:
        """Name and text of the calibration files of the day."""

    @abstractmethod
    def write_streams(self, drive: Path, *, link: bool) -> int:
        """Write what is not of single frames: times and poses; the number of files."""

    @abstractmethod
    def write_frame(self, drive: Path, frame: ExportFrame, *, link: bool) -> int:
        """Write points and images of a frame; the number of files."""

    @property
    def world_origin_m(self) -> tuple[float, float, float] | None:
        """Where the first record of poses lies in the world frame, if that is not KITTI's own."""
        return None

    def states(self, frame: ExportFrame) -> list[TrackState | None]:
        """The cuboids to write at a frame, in the world frame; None where a track has none."""
        return self.seen.states(frame)

    def view(self, frame: ExportFrame) -> View:
        """How the frame is seen."""
        return self.seen.view(frame)

    def velodyne_SE3_world(self, frame: ExportFrame) -> SE3:
        """Places of the world in the frame that tracklets are in."""
        return self.velodyne_SE3_ego @ self.item.log.world_SE3_ego(frame.time_ns).inverse()


class OwnDrive(DriveSource):
    """A drive of the raw data, passed through: files, numbers, calibration and times stay."""

    keeps_columns = True

    def __init__(self, item: LabelledLog, count: LossCount) -> None:
        assert isinstance(item.log, RawLog)
        cameras = [name for name in ("image_02", *CAMERAS) if name in item.log.cameras]
        super().__init__(item, count, cameras[0] if cameras else None)
        self.log = item.log
        self.velodyne_SE3_ego = self.log.rig.lidar(LIDAR).ego_SE3_lidar.inverse()
        chosen = {self._number(frame): frame for frame in item.frames}
        frames = {n: ExportFrame(n, frame.timestamp_ns, frame.index) for n, frame in chosen.items()}
        # Tracklets go on where a sweep is missing; a clock that stood still means the later frame.
        known = set(self.log.frames.timestamps_ns.tolist())
        by_time = {ns: number for number, ns in self.log.times_by_number.items() if ns not in known}
        without = {
            number: ExportFrame(number, ns, None)
            for ns, number in by_time.items()
            if self.log.trajectory.covers(ns)
        }
        if item.frames is self.log.frames and not item.selection.min_points:
            frames |= without
        else:
            count.without_sweep += len(without)
        self._frames = tuple(frames[number] for number in sorted(frames))

    def _number(self, frame: Frame) -> int:
        path = self.log.lidars[LIDAR].path(frame.index)
        assert path is not None
        return int(path.stem)

    @property
    def frames(self) -> tuple[ExportFrame, ...]:
        return self._frames

    def calibration(self) -> dict[str, str]:
        folder = self.log.drive.calibration
        return {
            name: read_text(folder / name, "the calibration")
            for name in CALIBRATIONS
            if (folder / name).is_file()
        }

    @property
    def world_origin_m(self) -> tuple[float, float, float] | None:
        return self.log.world_origin_m

    def write_streams(self, drive: Path, *, link: bool) -> int:
        written = 0
        for stream in (VELODYNE, OXTS, *CAMERAS):
            source = self.log.drive.folder / stream
            lists = (
                "timestamps.txt",
                "timestamps_start.txt",
                "timestamps_end.txt",
                "dataformat.txt",
            )
            paths = [source / name for name in lists]
            if stream == OXTS:
                names = numbered(source / "data", (".txt",)).values()
                paths += [source / "data" / name for name in names]
            for path in paths:
                if path.is_file():
                    target = drive / path.relative_to(self.log.drive.folder)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    copy_file(path, target)
                    written += 1
        return written

    def write_frame(self, drive: Path, frame: ExportFrame, *, link: bool) -> int:
        if frame.index is None:
            return 0
        files = [(VELODYNE, self.log.lidars[LIDAR].path(frame.index))]
        for name, index in self.log.frames[frame.index].images.items():
            if index is not None:
                files.append((name, self.log.cameras[name].path(index)))
        for stream, path in files:
            if path is not None:
                target = drive / stream / "data" / path.name
                target.parent.mkdir(parents=True, exist_ok=True)
                place(path, target, link=link)
        return len(files)


class AnyDrive(DriveSource):
    """A log of another kind: Velodyne and imu frame are its ego frame, image 2 one of its cameras."""

    def __init__(self, item: LabelledLog, count: LossCount) -> None:
        super().__init__(item, count)
        self.log = item.log
        self.seen.level(np.zeros(3), 0)  # tracklets may lean, so the camera stays as it is

    @property
    def frames(self) -> tuple[ExportFrame, ...]:
        return self.seen.frames

    @property
    def world_origin_m(self) -> tuple[float, float, float] | None:
        if self.log.trajectory.is_identity:
            return None
        x, y, z = self.log.world_SE3_ego(self.log.frames[0].timestamp_ns).translation_m.tolist()
        return x, y, z

    def calibration(self) -> dict[str, str]:
        calibration: KittiCalibration = self.seen.calibration
        camera = self.seen.rectified.camera
        return calibration_texts(calibration, camera.width_px, camera.height_px)

    def write_streams(self, drive: Path, *, link: bool) -> int:
        times_ns = list(self.seen.numbered_times_ns().values())
        stamps = "".join(f"{timestamp_text(time_ns)}\n" for time_ns in times_ns)
        # The points of all LiDARs are as if measured at once, at the time of the frame.
        for name in ("timestamps.txt", "timestamps_start.txt", "timestamps_end.txt"):
            (drive / VELODYNE).mkdir(parents=True, exist_ok=True)
            (drive / VELODYNE / name).write_text(stamps)
        if self._has_images:
            (drive / "image_02" / "data").mkdir(parents=True)
            with (drive / "image_02" / "timestamps.txt").open("w") as file:
                for number, time_ns in enumerate(times_ns):
                    exposed_ns = self.seen.image_times_ns(ExportFrame(number, time_ns, number))
                    file.write(f"{timestamp_text(exposed_ns.get(2, time_ns))}\n")
        written = 4 if self._has_images else 3
        if self.log.trajectory.is_identity:
            return written
        data = drive / OXTS / "data"
        data.mkdir(parents=True)
        (drive / OXTS / "timestamps.txt").write_text(stamps)
        (drive / OXTS / "dataformat.txt").write_text(DATA_FORMAT)
        for number, record in enumerate(oxts_records(self.log, times_ns)):
            (data / f"{number:010}.txt").write_text(f"{record}\n")
        return written + 2 + len(times_ns)

    @property
    def _has_images(self) -> bool:
        return any(self.seen.image_times_ns(frame) for frame in self.frames)

    def write_frame(self, drive: Path, frame: ExportFrame, *, link: bool) -> int:
        (drive / VELODYNE / "data").mkdir(parents=True, exist_ok=True)
        points = drive / VELODYNE / "data" / f"{frame.number:010}.bin"
        image = drive / "image_02" / "data" / f"{frame.number:010}.png"
        return self.seen.write_points(frame, points, link=link) + self.seen.write_images(
            frame, {2: image}, link=link
        )
