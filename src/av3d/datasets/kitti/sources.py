"""Where an export takes frames, calibration, points and images from: a KITTI log, or any other.

A KITTI log is passed through: its files are copied and its frame numbers, calibration and rectified
camera 0 frame stay. Any other log gets one reference camera, levelled, and the ego frame as velodyne
and imu frame.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from av3d.datasets.dataset import LabelledLog
from av3d.datasets.kitti.calibration import KittiCalibration
from av3d.datasets.kitti.labelling import View
from av3d.datasets.kitti.labels import KittiLabel, read_object_labels, read_tracking_labels
from av3d.datasets.kitti.log import KittiLog
from av3d.datasets.kitti.losses import LossCount
from av3d.datasets.kitti.rectify import (
    VIRTUAL,
    Rectified,
    Resampler,
    rectify,
    reference_camera,
)
from av3d.datasets.kitti.velodyne import LIDAR, points_bytes
from av3d.errors import OutputError
from av3d.files import real_path
from av3d.logs.frames import Frame
from av3d.reading import copy_file, stays
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import FloatArray, Uint8Array


@dataclass(frozen=True)
class ExportFrame:
    """A frame to write.

    Attributes:
        number: KITTI's number of the frame.
        time_ns: its time.
        index: the log's frame, or None for a labelled frame of a KITTI sequence without a sweep.
    """

    number: int
    time_ns: int
    index: int | None


class Source(ABC):
    """A log to be written.

    Args:
        item: the log and its tracks.
        count: is added to.
    """

    keeps_columns = False

    def __init__(self, item: LabelledLog, count: LossCount) -> None:
        self.item = item
        self.tracks: tuple[Track, ...] = item.tracks
        self.count = count

    @property
    @abstractmethod
    def frames(self) -> tuple[ExportFrame, ...]:
        """The frames to write, in the order of their numbers."""

    def numbered_times_ns(self) -> dict[int, int]:
        """Times of the frames from 0 to the last that is written, chosen or not, by number.

        Records of poses have no number: those before a frame must all be there.
        """
        last = self.frames[-1].index
        assert last is not None
        return dict(enumerate(self.item.log.frames.timestamps_ns[: last + 1].tolist()))

    def states(self, frame: ExportFrame) -> list[TrackState | None]:
        """The cuboids to write at a frame, in the world frame; None where a track has none."""
        log = self.item.log
        if frame.index is not None:
            return self.item.states(log.frames[frame.index])
        # A frame without a sweep: none of the log's, and so with a number that none of those has.
        return self.item.states(Frame(len(log.frames) + frame.number, frame.time_ns, {}))

    @abstractmethod
    def level(self, down_ego: FloatArray, count: int) -> None:
        """Choose the rectified frame for cuboids, of which the downward axes add up to this, (3,)."""

    @property
    @abstractmethod
    def calibration(self) -> KittiCalibration:
        """The calibration to write."""

    @abstractmethod
    def view(self, frame: ExportFrame) -> View:
        """Where labels and image coordinates are at a frame."""

    @abstractmethod
    def image_times_ns(self, frame: ExportFrame) -> dict[int, int]:
        """Exposure time of the images of a frame, by KITTI's camera number."""

    def dont_care(self, frame: ExportFrame) -> tuple[KittiLabel, ...]:
        """Regions that KITTI's annotators left out: not objects, but evaluations need them."""
        return ()

    @abstractmethod
    def write_points(self, frame: ExportFrame, target: Path, *, link: bool) -> int:
        """Write the point cloud, if there is one; the number of files."""

    @abstractmethod
    def write_images(self, frame: ExportFrame, targets: dict[int, Path], *, link: bool) -> int:
        """Write the images there are for these camera numbers; the number of files."""


class KittiSource(Source):
    """A KITTI log, passed through.

    Args:
        same_benchmark: it is written in the benchmark that it comes from.
    """

    def __init__(
        self, item: LabelledLog, count: LossCount, *, same_benchmark: bool, numbered: bool
    ) -> None:
        super().__init__(item, count)
        assert isinstance(item.log, KittiLog)
        self.log = item.log
        self.keeps_columns = same_benchmark
        self._name = "image_0{}" if self.log.kind == "kitti-tracking" else "image_{}"
        self._images: dict[int, dict[int, int]] = {}
        for number in (2, 3):
            stream = self.log.cameras.get(self._name.format(number))
            paths = [stream.path(index) for index in range(len(stream))] if stream else []
            self._images[number] = {
                int(path.stem) if path.stem.isdecimal() else 0: index
                for index, path in enumerate(paths)
                if path is not None
            }
        self._dont_care = self._read_dont_care() if same_benchmark else {}
        self._frames = self._chosen_frames()
        if numbered:
            self._frames = self._with_frames_without_sweep()

    @property
    def frames(self) -> tuple[ExportFrame, ...]:
        return self._frames

    def _read_dont_care(self) -> dict[int, list[KittiLabel]]:
        """DontCare lines of the log's own label file by frame number."""
        found: dict[int, list[KittiLabel]] = {}
        tracking = self.log.kind == "kitti-tracking"
        folder = "label_02" if tracking else "label_2"
        path = self.log.split / folder / f"{self.log.sequence}.txt"
        if path.is_file():
            for label in (read_tracking_labels if tracking else read_object_labels)(path):
                if label.is_dont_care:
                    number = label.frame if tracking else self.log.frame_numbers[0]
                    found.setdefault(number, []).append(label)
        return found

    def dont_care(self, frame: ExportFrame) -> tuple[KittiLabel, ...]:
        return tuple(self._dont_care.get(frame.number, ()))

    def _chosen_frames(self) -> tuple[ExportFrame, ...]:
        return tuple(
            ExportFrame(self.log.frame_numbers[frame.index], frame.timestamp_ns, frame.index)
            for frame in self.item.frames
        )

    def _with_frames_without_sweep(self) -> tuple[ExportFrame, ...]:
        """The chosen frames, and those of the sequence that have an image or a label only.

        Who chooses frames chooses among those with a sweep, and who wants points finds none there.
        """
        times = {keyframe.timestamp_ns for track in self.tracks for keyframe in track.keyframes}
        numbers = set(self._images[2]) | set(self._images[3]) | set(self._dont_care)
        # Labels may go on after the last sweep.
        numbers |= {n for t in times if (n := self.log.number_of(t)) is not None}
        without = {
            number: ExportFrame(number, self.log.time_of(number), None)
            for number in numbers - set(self.log.frame_numbers)
            if self.log.trajectory.covers(self.log.time_of(number))
        }
        if self.item.frames is not self.log.frames or self.item.selection.min_points:
            self.count.without_sweep += len(without)
            return self._frames
        both = {**{frame.number: frame for frame in self._frames}, **without}
        return tuple(frame for _, frame in sorted(both.items()))

    def numbered_times_ns(self) -> dict[int, int]:
        if not self.keeps_columns:
            return super().numbered_times_ns()
        poses = 0 if self.log.trajectory.is_identity else len(self.log.trajectory.timestamps_ns)
        numbers = {*range(poses), *(frame.number for frame in self._frames)}
        return {number: self.log.time_of(number) for number in sorted(numbers)}

    def level(self, down_ego: FloatArray, count: int) -> None:
        """Nothing to choose: the sequence has its rectified frame."""

    @property
    def calibration(self) -> KittiCalibration:
        return self.log.calibration

    def view(self, frame: ExportFrame) -> View:
        name = self._name.format(2)
        mount = self.log.rig.camera(name)
        world_SE3_ego = self.log.world_SE3_ego(frame.time_ns)
        index = self._images[2].get(frame.number)
        world_SE3_image = (
            world_SE3_ego @ mount.ego_SE3_camera
            if index is None
            else self.log.world_SE3_camera(name, index)
        )
        return View(
            frame.time_ns,
            world_SE3_ego @ self.calibration.ego_SE3_rectified,
            self.log,
            None if index is None else self.log.image_time_ns(name, index),
            world_SE3_image,
            mount.camera,
        )

    def image_times_ns(self, frame: ExportFrame) -> dict[int, int]:
        return {
            number: self.log.image_time_ns(self._name.format(number), indices[frame.number])
            for number, indices in self._images.items()
            if frame.number in indices
        }

    def write_points(self, frame: ExportFrame, target: Path, *, link: bool) -> int:
        path = None if frame.index is None else self.log.lidars[LIDAR].path(frame.index)
        if path is None:
            return 0
        place(path, target, link=link)
        return 1

    def write_images(self, frame: ExportFrame, targets: dict[int, Path], *, link: bool) -> int:
        written = 0
        for number, target in targets.items():
            index = self._images[number].get(frame.number)
            if index is not None:
                name = self._name.format(number)
                path = self.log.cameras[name].path(index)
                if path is not None and path.suffix.lower() == ".png":
                    place(path, target, link=link)
                else:
                    write_png(self.log.image(name, index), target)
                written += 1
        return written


class AnySource(Source):
    """A log of another kind.

    Args:
        camera: which becomes image 2; None: the one that looks most nearly forward.
    """

    def __init__(self, item: LabelledLog, count: LossCount, camera: str | None = None) -> None:
        super().__init__(item, count)
        self.log = item.log
        self.camera = camera or reference_camera(self.log.rig, tuple(self.log.cameras))
        self._rectified: Rectified | None = None
        self._resampler: Resampler | None = None
        self._frames = tuple(
            ExportFrame(frame.index, frame.timestamp_ns, frame.index) for frame in item.frames
        )

    @property
    def frames(self) -> tuple[ExportFrame, ...]:
        return self._frames

    def level(self, down_ego: FloatArray, count: int) -> None:
        self._rectified = rectify(self.log.rig, self.camera, down_ego, count)
        self._resampler = None

    @property
    def rectified(self) -> Rectified:
        if self._rectified is None:
            self.level(np.zeros(3), 0)
        assert self._rectified is not None
        return self._rectified

    @property
    def calibration(self) -> KittiCalibration:
        return self.rectified.calibration()

    def view(self, frame: ExportFrame) -> View:
        rectified = self.rectified
        world_SE3_rectified = self.log.world_SE3_ego(frame.time_ns) @ rectified.ego_SE3_rectified
        index = self._image_index(frame)
        world_SE3_image = world_SE3_rectified
        if index is not None:
            world_SE3_image = (
                self.log.world_SE3_camera(self.camera, index) @ rectified.source_SE3_rectified
            )
        return View(
            frame.time_ns,
            world_SE3_rectified,
            self.log,
            None if index is None else self.log.image_time_ns(self.camera, index),
            world_SE3_image,
            rectified.camera,
        )

    def image_times_ns(self, frame: ExportFrame) -> dict[int, int]:
        index = self._image_index(frame)
        return {} if index is None else {2: self.log.image_time_ns(self.camera, index)}

    def _image_index(self, frame: ExportFrame) -> int | None:
        if self.camera == VIRTUAL or frame.index is None:
            return None
        return self.log.frames[frame.index].images.get(self.camera)

    def write_points(self, frame: ExportFrame, target: Path, *, link: bool) -> int:
        assert frame.index is not None
        cloud = self.log.cloud(frame.index)
        target.write_bytes(points_bytes(cloud))
        values = {name for name in cloud.extra if name != "lidar"}
        if cloud.time_offset_ns is not None:
            values.add("time")
        if len(self.log.lidars) > 1:
            values.add("LiDAR")
        if values:
            self.count.merged_sweeps += 1
            self.count.point_values |= values
        return 1

    def write_images(self, frame: ExportFrame, targets: dict[int, Path], *, link: bool) -> int:
        assert frame.index is not None
        images = self.log.frames[frame.index].images
        for name, other in images.items():
            if name != self.camera and other is not None:
                self.count.cameras[name] += 1
        index = self._image_index(frame)
        if index is None:
            self.count.images_without += 1
            return 0
        rectified = self.rectified
        self.count.add_image_offset(self.log.image_time_ns(self.camera, index) - frame.time_ns)
        path = self.log.cameras[self.camera].path(index)
        if not rectified.resamples and path is not None and path.suffix.lower() == ".png":
            place(path, targets[2], link=link)
            return 1
        if rectified.resamples:
            self.count.resampled += 1
            self.count.distorted |= rectified.mount.camera.lens is not None
            if rectified.stand_in.is_cut:
                self.count.cut = rectified.stand_in
            self.count.largest_turn_rad = max(self.count.largest_turn_rad, rectified.turned_rad)
        if self._resampler is None:
            self._resampler = Resampler(rectified)
        write_png(self._resampler(self.log.image(self.camera, index)), targets[2])
        return 1


def place(source: Path, target: Path, *, link: bool) -> None:
    """Copy a file, or link to it: a hard link where the disk allows, else a symbolic one."""
    if not link or not stays(source):
        copy_file(source, target)
        return
    try:
        os.link(real_path(source), target)
    except OSError:
        target.symlink_to(real_path(source))


def write_png(image: Uint8Array, target: Path) -> None:
    """Write an RGB image (H, W, 3) as PNG, the only kind that KITTI's toolkits open."""
    good, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    if not good:
        raise OutputError("the image cannot be encoded as PNG", target.name, "report this")
    target.write_bytes(data.tobytes())
