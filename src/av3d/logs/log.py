"""A log: one recorded drive, read-only and lazy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from av3d.calibration.rig import Rig
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3
from av3d.logs.beam import BeamClock, has_point_times
from av3d.logs.cache import ByteCache, cache_bytes
from av3d.logs.compensation import compensated
from av3d.logs.frames import Frame, Frames, SyncReport, check_increasing, nearest, synchronise
from av3d.logs.image import ImageStream
from av3d.logs.merging import at_step, at_time, merge_sweeps, no_points
from av3d.logs.prefetch import PreparedFrame, Travel
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.remote import source_text
from av3d.types import IntArray, Uint8Array


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
        class_names: names of the semantic classes that points carry, by number.
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
        class_names: Mapping[int, str] | None = None,
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
        self.class_names: Mapping[int, str] = MappingProxyType(dict(class_names or {}))
        self.fingerprint = fingerprint
        self.notes = tuple(notes)
        self._camera_world_poses = dict(camera_world_poses or {})
        self._cache: ByteCache[Sweep | Uint8Array] = ByteCache(
            cache_bytes(), lambda value: value.nbytes
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

    def with_rig(self, rig: Rig) -> Log:
        """The same log by another calibration, for example one that the doctor proposes.

        Measured poses of a camera's images stay unless the new rig has the camera elsewhere: then
        trajectory and mount take their place.

        Raises:
            RigError: the rig lacks a sensor that the log has.
        """
        poses = {
            camera: poses
            for camera, poses in self._camera_world_poses.items()
            if rig.camera(camera).ego_SE3_camera == self.rig.camera(camera).ego_SE3_camera
        }
        return Log(
            name=self.name,
            kind=self.kind,
            path=self.path,
            rig=rig,
            trajectory=self.trajectory,
            lidars=self.lidars,
            cameras=self.cameras,
            reference_lidar=self.reference_lidar,
            camera_world_poses=poses,
            tolerance_ns=self.tolerance_ns,
            camera_phases_ns=self.camera_phases_ns,
            fingerprint=self.fingerprint,
            notes=self.notes,
            clocks=self.clocks,
            class_names=self.class_names,
        )

    @property
    def source(self) -> str:
        """Where the log was opened from, for people and for keeping: absolute path or address."""
        return source_text(self.path)

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

    def compensated_sweep(self, index: int, lidar: str | None = None) -> Sweep:
        """As `sweep`, with the ego motion during the sweep removed where its points carry times."""
        mount = self.rig.lidar(lidar or self.reference_lidar)
        return compensated(self.sweep(index, lidar), self.trajectory, mount.ego_SE3_lidar)

    def has_point_times(self, lidar: str) -> bool | None:
        """Whether the points of a LiDAR carry times; reads a sweep. None if none can be read."""
        return has_point_times(self._sweep_stream(lidar), lambda row: self.sweep(row, lidar))

    def cloud(self, frame_index: int, lidars: Sequence[str] | None = None) -> Sweep:
        """The points of one frame's LiDARs, merged, in the ego frame at the frame's time.

        Ego motion is removed: within each sweep, where its points carry times, and between the
        sweeps. Those of other LiDARs are the nearest in time, if the ego poses reach them.
        `extra["lidar"]` is the index of each point's LiDAR in `self.lidars`; extra values that not
        every LiDAR has are left out.

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
                stamp_ns = int(stream.timestamps_ns[index])
                if abs(stamp_ns - frame.timestamp_ns) > 0.75 * self.frame_period_ns:
                    continue
                reached = self.trajectory.covers(frame.timestamp_ns)
                if reached and not self.trajectory.covers(stamp_ns):
                    continue  # at the end of the ego poses; the others need not go with it
            sweep = self.compensated_sweep(index, name)
            ego_SE3_lidar = self.rig.lidar(name).ego_SE3_lidar
            part = sweep.in_frame(self._ego_between(frame, sweep) @ ego_SE3_lidar, "ego")
            part = at_time(part, frame.timestamp_ns)
            label = np.full(len(part), number, dtype=np.uint8)
            parts.append(replace(part, extra={**part.extra, "lidar": label}))
        return merge_sweeps(parts) if parts else no_points(frame.timestamp_ns)

    def prepare(self, frame_index: int) -> PreparedFrame:
        """All images and points of a frame, decoded together on worker threads.

        They are kept up to the bytes that AV3D_CACHE_MB gives (see `av3d.logs.cache`). Who goes
        through the log frame by frame, forward or backward, finds the next ones read already.

        Raises:
            Av3dError: the first image or sweep that cannot be read.
        """
        frame = self.frame(frame_index)
        cloud, *images = self._travel.prepare(frame_index)
        names = [name for name, index in frame.images.items() if index is not None]
        return PreparedFrame(frame, cloud, dict(zip(names, images, strict=True)))

    @cached_property
    def _travel(self) -> Travel:
        def work(index: int) -> list[Callable[[], Any]]:
            images = self.frames[index].images.items()
            return [
                partial(self.cloud, index),
                *(partial(self.image, name, at) for name, at in images if at is not None),
            ]

        # Sweeps stay beside the merged cloud, so a frame takes up to twice its points.
        pixels = sum(3 * m.camera.width_px * m.camera.height_px for m in self.rig.cameras.values())
        frame_bytes = pixels + 16 * 1024 * 1024
        return Travel(len(self.frames), work, lambda: self._cache.capacity_bytes // frame_bytes - 2)

    def merged_cloud(
        self, frame_index: int, before: int, after: int, lidars: Sequence[str] | None = None
    ) -> Sweep:
        """The points of several frames in the ego frame of one of them: what stands still coincides.

        What moves leaves a trace. Each point carries `extra["step"]`, the frame it comes from
        counted from this one (int16, negative before it), and a time offset: its own where known,
        else that of its frame. Frames beyond the ends of the log are left out, and so are those that
        cannot be reached because the ego poses do not cover them.

        Args:
            frame_index: the frame.
            before: how many frames before it.
            after: how many frames after it.
            lidars: names of the LiDARs; None: all.

        Raises:
            LogError: a number of frames that is negative.
        """
        if before < 0 or after < 0:
            raise LogError(f"{min(before, after)} sweeps", self.name, "give 0 or more")
        frame = self.frame(frame_index)
        first = max(frame_index - before, 0)
        last = min(frame_index + after, len(self.frames) - 1)
        parts: list[Sweep] = []
        for index in range(first, last + 1):
            if index != frame_index and not self.trajectory.covers(self.frames[index].timestamp_ns):
                continue
            cloud = self.cloud(index, lidars)
            if index != frame_index:
                cloud = cloud.in_frame(self._ego_between(frame, cloud), "ego")
            parts.append(at_step(cloud, frame.timestamp_ns, index - frame_index))
        return merge_sweeps(parts)

    def _ego_between(self, frame: Frame, sweep: Sweep) -> SE3:
        """Takes points of the ego frame at a sweep's time into that at a frame's time."""
        if sweep.timestamp_ns == frame.timestamp_ns:
            return SE3.identity()
        # Between two poses, not to the world and back: float32 points must stay near the origin.
        ego_SE3_world = self.world_SE3_ego(frame.timestamp_ns).inverse()
        return ego_SE3_world @ self.world_SE3_ego(sweep.timestamp_ns)

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

    def world_SE3_camera_over_readout(self, camera: str, image_index: int) -> tuple[SE3, SE3]:
        """Where a camera was when it read the top and the bottom edge of an image.

        Both are the pose of `world_SE3_camera` for a global shutter.
        """
        middle = self.world_SE3_camera(camera, image_index)
        half_ns = self.rig.camera(camera).readout_ns / 2
        if half_ns == 0:
            return middle, middle
        # A measured pose is that of the middle; the ego pose tells how it moved around that.
        time_ns = self.image_time_ns(camera, image_index)
        ego_SE3_camera = self.world_SE3_ego(time_ns).inverse() @ middle
        edges = [round(time_ns - half_ns), round(time_ns + half_ns)]
        top, bottom = self.trajectory.at_nearest(edges) @ ego_SE3_camera
        return top, bottom

    @cached_property
    def _beam(self) -> BeamClock:
        return BeamClock(
            self._reference,
            self.sweep,
            self.trajectory,
            self.rig.lidar(self.reference_lidar).ego_SE3_lidar,
            self.frame_period_ns,
        )

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
        positions = np.asarray(positions_world_m, dtype=np.float64)
        flat = positions.reshape(-1, 3)
        times_ns = np.full(len(flat), frame.timestamp_ns, dtype=np.int64)
        return self._beam.beam_times_ns(times_ns, flat).reshape(positions.shape[:-1])

    def beam_times_ns(
        self, frame_times_ns: npt.ArrayLike, positions_world_m: npt.ArrayLike
    ) -> IntArray:
        """As `measured_ns`, for places in the sweeps of many frames: `BeamClock.beam_times_ns`.

        This makes a log a clock for tracks: see `av3d.tracks.measured`.

        Args:
            frame_times_ns: timestamps of the frames, (N,).
            positions_world_m: one place each, world frame, (N, 3).
        """
        times_ns = np.asarray(frame_times_ns, dtype=np.int64)
        return self._beam.beam_times_ns(times_ns, np.asarray(positions_world_m, dtype=np.float64))

    def _sweep_stream(self, lidar: str) -> SweepStream:
        if lidar not in self.lidars:
            raise LogError(f"no LiDAR {lidar!r}", self.name, f"use one of: {' '.join(self.lidars)}")
        return self.lidars[lidar]

    def _camera_stream(self, camera: str) -> ImageStream:
        if camera not in self.cameras:
            known = " ".join(self.cameras) or "none"
            raise LogError(f"no camera {camera!r}", self.name, f"use one of: {known}")
        return self.cameras[camera]
