"""A log: one recorded drive, read-only and lazy."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from av3d.calibration.rig import Rig
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3
from av3d.logs.cache import ByteCache
from av3d.logs.frames import Frame, Frames, SyncReport, check_increasing, nearest, synchronise
from av3d.logs.image import ImageStream
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.types import IntArray, Uint8Array

CACHE_BYTES = 512 * 1024 * 1024
"""Decoded sweeps and images that one log keeps in memory."""


class LogError(Av3dError):
    """A log that contradicts itself, or a frame, camera or LiDAR that it does not have."""


class Log:
    """One recorded drive. Opening it reads calibration, poses and times; never points or images.

    Args:
        name: name of the log, unique within a project.
        kind: name of the dataset that reads it, for example "pandaset".
        path: folder or file it was opened from.
        rig: its sensors. Every stream must have a mount in the rig.
        trajectory: `world_SE3_ego(t)`.
        lidars: sweeps by LiDAR name.
        cameras: images by camera name, in the order in which a person wants to see them.
        reference_lidar: the LiDAR whose sweeps make the frames; default: the first.
        camera_world_poses: measured `world_SE3_camera` of each image, where the log has them; they
            then stand in for trajectory and extrinsics (PandaSet stores a pose per image).
        tolerance_ns: how far an image may be from its sweep; None: see `synchronise`.
        camera_phases_ns: usual stamp of an image minus sweep time, of cameras for which it is known.
        fingerprint: a hash that changes when the log's content does.
        notes: what the reader assumed, in words for the user.
        clocks: for LiDARs and cameras by name, one sentence: which clock stamps the stream, and
            which moment of a sweep or image the stamp means.

    Raises:
        LogError: a log without any sweep, measured poses that are not one per image, or the clock
            of a stream that the log does not have.
        RigError: a stream without a mount.
        SynchronisationError: times of a stream that do not increase.
    """

    def __init__(
        self,
        *,
        name: str,
        kind: str,
        path: Path,
        rig: Rig,
        trajectory: Trajectory,
        lidars: Mapping[str, SweepStream],
        cameras: Mapping[str, ImageStream],
        reference_lidar: str | None = None,
        camera_world_poses: Mapping[str, SE3] | None = None,
        tolerance_ns: int | None = None,
        camera_phases_ns: Mapping[str, int] | None = None,
        fingerprint: str = "",
        notes: Sequence[str] = (),
        clocks: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.path = path
        self.rig = rig
        self.trajectory = trajectory
        self.lidars: Mapping[str, SweepStream] = MappingProxyType(dict(lidars))
        self.cameras: Mapping[str, ImageStream] = MappingProxyType(dict(cameras))
        self.tolerance_ns = tolerance_ns
        self.camera_phases_ns = dict(camera_phases_ns or {})
        self.clocks: Mapping[str, str] = MappingProxyType(dict(clocks or {}))
        self.fingerprint = fingerprint
        self.notes = tuple(notes)
        self._camera_world_poses = dict(camera_world_poses or {})
        self._cache: ByteCache[Sweep | Uint8Array] = ByteCache(
            CACHE_BYTES, lambda value: value.nbytes
        )
        if not self.lidars:
            raise LogError("the log has no LiDAR", path)
        self.reference_lidar = reference_lidar or next(iter(self.lidars))
        if self.reference_lidar not in self.lidars:
            known = " ".join(self.lidars)
            raise LogError(f"no LiDAR {self.reference_lidar!r}", path, f"use one of: {known}")
        if len(self._reference) == 0:
            raise LogError(f"LiDAR {self.reference_lidar} has no sweeps", path)
        for lidar, sweeps in self.lidars.items():
            rig.lidar(lidar)
            check_increasing(sweeps.timestamps_ns, f"LiDAR {lidar} of {path}")
        for camera, images in self.cameras.items():
            rig.camera(camera)
            check_increasing(images.timestamps_ns, f"camera {camera} of {path}")
        for stream in self.clocks:
            if stream not in self.lidars and stream not in self.cameras:
                known = " ".join((*self.lidars, *self.cameras))
                raise LogError(f"a clock of {stream!r}, which is no stream", path, f"use: {known}")
        for camera, poses in self._camera_world_poses.items():
            if camera not in self.cameras or poses.shape != (len(self.cameras[camera]),):
                count = len(self.cameras.get(camera, ()))
                raise LogError(
                    f"{len(poses)} measured poses for {count} images of camera {camera}",
                    path,
                    "give each image one pose",
                )

    @property
    def _reference(self) -> SweepStream:
        return self.lidars[self.reference_lidar]

    @cached_property
    def _synchronised(self) -> tuple[Frames, SyncReport]:
        return synchronise(
            self._reference.timestamps_ns,
            {name: self.image_times_ns(name) for name in self.cameras},
            self.tolerance_ns,
            {
                name: phase_ns + self.rig.camera(name).clock_offset_ns
                for name, phase_ns in self.camera_phases_ns.items()
            },
        )

    @property
    def frames(self) -> Frames:
        """One frame per sweep of the reference LiDAR, in time order."""
        return self._synchronised[0]

    @property
    def sync_report(self) -> SyncReport:
        """What synchronisation found: missing, doubled and late images, missing sweeps."""
        return self._synchronised[1]

    @property
    def start_ns(self) -> int:
        """Time of the first reference sweep."""
        return int(self._reference.timestamps_ns[0])

    @property
    def end_ns(self) -> int:
        """Time of the last reference sweep."""
        return int(self._reference.timestamps_ns[-1])

    @property
    def frame_period_ns(self) -> int:
        """Median time between reference sweeps; 100 ms for a log of one sweep."""
        steps = np.diff(self._reference.timestamps_ns)
        return int(np.median(steps)) if len(steps) else 100_000_000

    def frame(self, index: int) -> Frame:
        """One frame; LogError names the valid range."""
        if not 0 <= index < len(self.frames):
            raise LogError(f"no frame {index}", self.name, f"use 0 to {len(self.frames) - 1}")
        return self.frames[index]

    def sweep(self, index: int, lidar: str | None = None) -> Sweep:
        """Sweep `index` of one LiDAR (default: the reference), in its sensor frame."""
        name = lidar or self.reference_lidar
        stream = self._sweep_stream(name)
        if not 0 <= index < len(stream):
            raise LogError(f"no sweep {index} of {name}", self.name, f"use 0 to {len(stream) - 1}")
        value = self._cache.get(("sweep", name, index), lambda: stream.read(index))
        assert isinstance(value, Sweep)
        return value

    def cloud(self, frame_index: int, lidars: Sequence[str] | None = None) -> Sweep:
        """The points of one frame's LiDARs, merged, in the ego frame at the frame's time.

        Sweeps of other LiDARs are those nearest in time; ego motion between their reference time
        and the frame's is removed. `extra["lidar"]` is the index of each point's LiDAR in
        `self.lidars`; extra values that not every LiDAR has are left out.

        Args:
            frame_index: the frame.
            lidars: names of the LiDARs; None: all.
        """
        frame = self.frame(frame_index)
        names = tuple(self.lidars) if lidars is None else tuple(dict.fromkeys(lidars))
        for name in names:
            self._sweep_stream(name)
        value = self._cache.get(
            ("cloud", frame_index, frozenset(names)), lambda: self._merge(frame, names)
        )
        assert isinstance(value, Sweep)
        return value

    def _merge(self, frame: Frame, names: Collection[str]) -> Sweep:
        ego_SE3_world = self.world_SE3_ego(frame.timestamp_ns).inverse()
        parts: list[Sweep] = []
        for number, (name, stream) in enumerate(self.lidars.items()):
            if name not in names:
                continue
            if name == self.reference_lidar:
                index = frame.index
            else:
                if len(stream) == 0:
                    continue
                index = int(nearest(stream.timestamps_ns, np.array([frame.timestamp_ns]))[0])
                if abs(int(stream.timestamps_ns[index]) - frame.timestamp_ns) > (
                    0.75 * self.frame_period_ns
                ):
                    continue
            sweep = self.sweep(index, name)
            ego_SE3_lidar = self.rig.lidar(name).ego_SE3_lidar
            if sweep.timestamp_ns != frame.timestamp_ns:
                ego_SE3_lidar = (
                    ego_SE3_world @ self.world_SE3_ego(sweep.timestamp_ns) @ ego_SE3_lidar
                )
            part = sweep.in_frame(ego_SE3_lidar, "ego")
            shift = sweep.timestamp_ns - frame.timestamp_ns
            parts.append(
                Sweep(
                    "ego",
                    frame.timestamp_ns,
                    part.points_m,
                    part.intensity,
                    None if part.time_offset_ns is None else part.time_offset_ns + shift,
                    {**part.extra, "lidar": np.full(len(part), number, dtype=np.uint8)},
                    part.motion_compensated,
                )
            )
        return merge_sweeps(parts) if parts else _no_points(frame.timestamp_ns)

    def image(self, camera: str, image_index: int) -> Uint8Array:
        """One image of a camera as RGB, (H, W, 3) uint8.

        Raises:
            InputFileError: the file cannot be read.
            LogError: its size is not the camera's.
        """
        stream = self._camera_stream(camera)
        if not 0 <= image_index < len(stream):
            raise LogError(
                f"no image {image_index} of camera {camera}",
                self.name,
                f"use 0 to {len(stream) - 1}",
            )
        value = self._cache.get(("image", camera, image_index), lambda: stream.read(image_index))
        assert isinstance(value, np.ndarray)
        expected = self.rig.camera(camera).camera
        if value.shape[:2] != (expected.height_px, expected.width_px):
            raise LogError(
                f"image is {value.shape[1]}x{value.shape[0]} px, the rig says "
                f"{expected.width_px}x{expected.height_px}",
                stream.path(image_index) or camera,
                "correct the image size in the calibration",
            )
        return value

    def image_times_ns(self, camera: str) -> IntArray:
        """When a camera exposed the middle of its images: their stamps, corrected, (N,).

        What is added to the stamps is the camera's `clock_offset_ns` in the rig.
        """
        stamps_ns = self._camera_stream(camera).timestamps_ns
        return np.asarray(stamps_ns + self.rig.camera(camera).clock_offset_ns)

    def image_time_ns(self, camera: str, image_index: int) -> int:
        """When the middle of one image was exposed: its stamp, corrected by the clock's offset."""
        stamp_ns = int(self._camera_stream(camera).timestamps_ns[image_index])
        return stamp_ns + self.rig.camera(camera).clock_offset_ns

    def world_SE3_ego(self, timestamp_ns: int) -> SE3:
        """The ego pose at a time."""
        return self.trajectory.at(timestamp_ns)

    def world_SE3_camera(self, camera: str, image_index: int) -> SE3:
        """Where a camera was when it took an image: the measured pose, or trajectory and mount."""
        if camera in self._camera_world_poses:
            return self._camera_world_poses[camera][image_index]
        timestamp_ns = self.image_time_ns(camera, image_index)
        return self.world_SE3_ego(timestamp_ns) @ self.rig.camera(camera).ego_SE3_camera

    def measured_ns(self, frame: Frame, positions_world_m: npt.ArrayLike) -> IntArray:
        """When the reference LiDAR measured what stands at some places in a frame's sweep.

        A revolution takes 100 ms, so an object is seen up to that much before or after the time
        that the sweep goes by. Cuboids are fitted to its points: at the frame's timestamp a track
        is where the object was when it was measured.

        Args:
            frame: a frame of this log.
            positions_world_m: centres of cuboids in the world frame, (..., 3).

        Returns:
            Times, (...); the frame's timestamp where the LiDAR's scan is not known.
        """
        mount = self.rig.lidar(self.reference_lidar)
        world_SE3_lidar = self.world_SE3_ego(frame.timestamp_ns) @ mount.ego_SE3_lidar
        positions_m = world_SE3_lidar.inverse().transform(positions_world_m)
        return self._reference.measured_ns(frame.index, positions_m)

    def track_time_ns(
        self, frame: Frame, camera: str, image_index: int, positions_world_m: npt.ArrayLike
    ) -> IntArray:
        """The times to ask tracks for (`Track.state_near`), so that cuboids fit an image.

        It is the image's exposure time on the clock of the frames: later than the frame's timestamp
        by as much as the image is later than the LiDAR's measurement of the object.

        Args:
            frame: the frame that the image belongs to.
            camera: the camera.
            image_index: the image.
            positions_world_m: centres of the tracks at the frame's timestamp, world, (..., 3).

        Returns:
            Times, (...); the image's exposure time where the LiDAR's scan is not known.
        """
        measured_ns = self.measured_ns(frame, positions_world_m)
        image_ns = self.image_time_ns(camera, image_index)
        return np.asarray(frame.timestamp_ns + image_ns - measured_ns)

    def _sweep_stream(self, lidar: str) -> SweepStream:
        if lidar not in self.lidars:
            raise LogError(f"no LiDAR {lidar!r}", self.name, f"use one of: {' '.join(self.lidars)}")
        return self.lidars[lidar]

    def _camera_stream(self, camera: str) -> ImageStream:
        if camera not in self.cameras:
            known = " ".join(self.cameras) or "none"
            raise LogError(f"no camera {camera!r}", self.name, f"use one of: {known}")
        return self.cameras[camera]


def _no_points(timestamp_ns: int) -> Sweep:
    """The cloud of a frame to which none of the chosen LiDARs has a sweep."""
    return Sweep("ego", timestamp_ns, np.zeros((0, 3), dtype=np.float32))


def merge_sweeps(parts: Sequence[Sweep]) -> Sweep:
    """Join sweeps that are given in one frame at one time; values that some lack are left out."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    intensities = [part.intensity for part in parts if part.intensity is not None]
    offsets = [part.time_offset_ns for part in parts if part.time_offset_ns is not None]
    shared = set.intersection(*(set(part.extra) for part in parts))
    return Sweep(
        first.lidar,
        first.timestamp_ns,
        np.concatenate([part.points_m for part in parts]),
        np.concatenate(intensities) if len(intensities) == len(parts) else None,
        np.concatenate(offsets) if len(offsets) == len(parts) else None,
        {name: np.concatenate([part.extra[name] for part in parts]) for name in sorted(shared)},
        all(part.motion_compensated for part in parts),
    )
