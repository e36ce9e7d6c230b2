"""One log as one nuScenes scene: clouds, images, poses, samples."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from av3d.calibration.camera import Camera
from av3d.datasets.dataset import ExportOptions, LabelledLog
from av3d.datasets.nuscenes.annotate import Annotator
from av3d.datasets.nuscenes.channels import camera_channels
from av3d.datasets.nuscenes.facts import SceneFacts
from av3d.datasets.nuscenes.images import ImageWriter
from av3d.datasets.nuscenes.official import LIDAR_CHANNEL
from av3d.datasets.nuscenes.points import BoxCounter, cloud_of_frame, write_cloud
from av3d.datasets.nuscenes.samples import (
    choose_samples,
    following_sample,
    key_times,
    microseconds,
)
from av3d.datasets.nuscenes.tables import Row, Tables, link, pose_fields
from av3d.datasets.nuscenes.tokens import token
from av3d.geometry.se3 import SE3
from av3d.logs.trajectory import TrajectoryError
from av3d.types import IntArray


class _Channel(NamedTuple):
    """A sensor of the scene: name of the channel, row of the calibrated_sensor table, image size."""

    name: str
    calibrated: Row
    size_px: tuple[int, int]


class SceneWriter:
    """Writes the media of one log and adds its rows to the tables.

    Args:
        item: the log and its tracks.
        scene: name of the scene.
        logfile: what file names start with.
        tables: rows are added to it.
        folder: the data root.
        options: choices at export.
        taken: instance tokens given out before.
        tick: called after each file.
    """

    def __init__(
        self,
        item: LabelledLog,
        scene: str,
        logfile: str,
        tables: Tables,
        folder: Path,
        options: ExportOptions,
        taken: set[str],
        tick: Callable[[], None],
    ) -> None:
        log = item.log
        self._log = log
        self._logfile = logfile
        self._tables = tables
        self._folder = folder
        self._tick = tick
        self.facts = SceneFacts(scene, log.name)
        self._channels = camera_channels(log.rig, list(log.cameras))
        self._images = {
            camera: ImageWriter(log, camera, self.facts.image_counts, link=options.link_media)
            for camera in log.cameras
        }
        pinholes = {camera: writer.pinhole for camera, writer in self._images.items()}
        self._annotator = Annotator(log, item.tracks, pinholes, taken, self.facts)
        self._sweep_ns: IntArray = log.frames.timestamps_ns
        self._sweep_us = self._microseconds(self._sweep_ns, f"{log.name} {log.reference_lidar}")
        self._keys = choose_samples(self._sweep_ns, options.keyframe_every_s)
        self._is_compensated = True
        self._sample_tokens = [
            token("sample", log.name, timestamp_ns) for timestamp_ns in self._sweep_ns[self._keys]
        ]

    def write(self) -> SceneFacts:
        """Write everything; errors of the log pass through."""
        self._add_scene()
        sweep_sample = self._write_sweeps()
        for camera in self._log.cameras:
            self._write_images(camera)
        between = np.setdiff1d(np.arange(len(self._sweep_ns)), self._keys)
        tracks = self._annotator.finish(
            self._tables, self._sweep_us[self._keys], self._sweep_ns[between],
            self._sweep_us[between], sweep_sample[between],
        )  # fmt: skip
        self._add_notes()
        self.facts.sidecar = {
            "log": self._log.name,
            "kind": self._log.kind,
            "scene": self.facts.scene,
            "scene_token": token("scene", self._log.name),
            "lidars": {LIDAR_CHANNEL: list(self._log.lidars)},
            "cameras": {channel: camera for camera, channel in self._channels.items()},
            "samples": [
                {"token": sample_token, "timestamp_ns": int(timestamp_ns)}
                for sample_token, timestamp_ns in zip(
                    self._sample_tokens, self._sweep_ns[self._keys], strict=True
                )
            ],
            "tracks": tracks,
            "motion_compensated": self._is_compensated,
        }
        return self.facts

    def _add_scene(self) -> None:
        log, tables = self._log, self._tables
        day = datetime.fromtimestamp(max(int(self._sweep_us[0]), 0) / 1e6, tz=UTC).date()
        tables.add(
            "log",
            token=token("log", log.name),
            logfile=self._logfile,
            vehicle=log.rig.name,
            date_captured=day.isoformat(),
            location=self._logfile,
        )
        tables.add(
            "scene",
            token=token("scene", log.name),
            log_token=token("log", log.name),
            nbr_samples=len(self._keys),
            first_sample_token=self._sample_tokens[0],
            last_sample_token=self._sample_tokens[-1],
            name=self.facts.scene,
            description=f"{log.name} ({log.kind})",
        )
        samples: list[Row] = [
            {
                "token": sample_token,
                "timestamp": int(timestamp),
                "scene_token": token("scene", log.name),
            }
            for sample_token, timestamp in zip(
                self._sample_tokens, self._sweep_us[self._keys], strict=True
            )
        ]
        link(samples)
        tables.rows["sample"] += samples
        self.facts.samples = len(samples)

    def _write_sweeps(self) -> IntArray:
        """Write all clouds and the annotations of the samples; returns the sample of each sweep."""
        log, facts = self._log, self.facts
        ego_SE3_lidar = log.rig.lidar(log.reference_lidar).ego_SE3_lidar
        channel = self._add_channel(LIDAR_CHANNEL, ego_SE3_lidar, None)
        sample_of = following_sample(self._sweep_ns[self._keys], self._sweep_ns)
        sample_of[self._keys] = np.arange(len(self._keys))
        keys = set(self._keys.tolist())
        rows: list[Row] = []
        for frame in log.frames:
            is_key = frame.index in keys
            cloud = cloud_of_frame(log, frame.index)
            row, pose = self._add_data(
                channel, frame.timestamp_ns, int(self._sweep_us[frame.index]),
                int(sample_of[frame.index]), is_key, log.world_SE3_ego(frame.timestamp_ns),
            )  # fmt: skip
            write_cloud(self._folder / row["filename"], cloud)
            rows.append(row)
            if is_key:
                counter = BoxCounter(cloud, pose, channel.calibrated)
                self._tables.rows["sample_annotation"] += self._annotator.annotate(
                    frame, row["sample_token"], counter
                )
            self._tick()
        link(rows)
        facts.sweeps = len(rows)
        return sample_of

    def _write_images(self, camera: str) -> None:
        log, facts = self._log, self.facts
        mount = log.rig.camera(camera)
        channel = self._add_channel(self._channels[camera], mount.ego_SE3_camera, mount.camera)
        times_ns = log.image_times_ns(camera)
        times_us = self._microseconds(times_ns, f"{log.name} {camera}")
        of_sample = [log.frame(int(key)).images[camera] for key in self._keys]
        image_ns = [None if image is None else int(times_ns[image]) for image in of_sample]
        sample_of = following_sample(key_times(self._sweep_ns[self._keys], image_ns), times_ns)
        keys = {image: sample for sample, image in enumerate(of_sample) if image is not None}
        lacking = [sample for sample, image in enumerate(of_sample) if image is None]
        camera_SE3_ego = mount.ego_SE3_camera.inverse()
        rows: list[Row] = []
        for index, timestamp_ns in enumerate(times_ns.tolist()):
            self._tick()
            try:
                world_SE3_ego = log.world_SE3_camera(camera, index) @ camera_SE3_ego
            except TrajectoryError:
                facts.images_without_pose += 1
                lacking += [keys[index]] if index in keys else []
                continue
            row, _ = self._add_data(
                channel, timestamp_ns, int(times_us[index]),
                keys.get(index, int(sample_of[index])), index in keys, world_SE3_ego,
            )  # fmt: skip
            self._images[camera].write(index, self._folder / row["filename"])
            rows.append(row)
        facts.samples_without_image += [f"{sample} {channel.name}" for sample in sorted(lacking)]
        link(rows)
        facts.images += len(rows)

    def _add_channel(self, name: str, ego_SE3_sensor: SE3, camera: Camera | None) -> _Channel:
        """Add a calibrated sensor, and its sensor where no log before had it."""
        sensor = token("sensor", name)
        if sensor not in {row["token"] for row in self._tables.rows["sensor"]}:
            modality = "lidar" if camera is None else "camera"
            self._tables.add("sensor", token=sensor, channel=name, modality=modality)
        row: Row = {
            "token": token("calibrated_sensor", self._log.name, name),
            "sensor_token": sensor,
            **pose_fields(ego_SE3_sensor),
            "camera_intrinsic": [] if camera is None else camera.matrix.tolist(),
        }
        self._tables.rows["calibrated_sensor"].append(row)
        for folder in ("samples", "sweeps"):
            (self._folder / folder / name).mkdir(parents=True, exist_ok=True)
        size_px = (0, 0) if camera is None else (camera.width_px, camera.height_px)
        return _Channel(name, row, size_px)

    def _add_data(
        self, channel: _Channel, timestamp_ns: int, timestamp_us: int, sample: int, is_key: bool,
        world_SE3_ego: SE3,
    ) -> tuple[Row, Row]:  # fmt: skip
        """Add a sample_data row and its ego pose, which share one token; returns both."""
        own = token("sample_data", self._log.name, channel.name, timestamp_ns)
        pose: Row = {"token": own, "timestamp": timestamp_us, **pose_fields(world_SE3_ego)}
        is_lidar = channel.name == LIDAR_CHANNEL
        folder = f"{'samples' if is_key else 'sweeps'}/{channel.name}"
        name = f"{self._logfile}__{channel.name}__{timestamp_us}"
        row: Row = {
            "token": own,
            "sample_token": self._sample_tokens[sample],
            "ego_pose_token": own,
            "calibrated_sensor_token": channel.calibrated["token"],
            "timestamp": timestamp_us,
            "fileformat": "pcd" if is_lidar else "jpg",
            "is_key_frame": is_key,
            "height": channel.size_px[1],
            "width": channel.size_px[0],
            "filename": f"{folder}/{name}{'.pcd.bin' if is_lidar else '.jpg'}",
        }
        self._tables.rows["ego_pose"].append(pose)
        self._tables.rows["sample_data"].append(row)
        return row, pose

    def _microseconds(self, timestamps_ns: IntArray, stream: str) -> IntArray:
        self.facts.rounded += int((timestamps_ns % 1000 != 0).sum())
        return microseconds(timestamps_ns, stream)

    def _add_notes(self) -> None:
        """Notes on how the log was read, and the point values that the format has no place for."""
        log, facts = self._log, self.facts
        first = [
            log.compensated_sweep(0, lidar) for lidar, stream in log.lidars.items() if len(stream)
        ]
        for sweep in first:
            facts.dropped_fields |= set(sweep.extra) - {"ring"}
            if sweep.time_offset_ns is not None:
                facts.dropped_fields.add("time of each point")
        if not all("ring" in sweep.extra for sweep in first):
            facts.notes.append("the ring of some points is not known, 0 is written for all")
            if any("ring" in sweep.extra for sweep in first):
                facts.dropped_fields.add("ring")
        if any(sweep.intensity is None for sweep in first):
            facts.notes.append("a LiDAR has no intensity, 0 is written for all points")
        if len(log.lidars) > 1:
            facts.dropped_fields.add("LiDAR of each point")
            facts.notes.append(
                f"{LIDAR_CHANNEL} is the merged cloud of {' and '.join(log.lidars)} in the frame of "
                f"{log.reference_lidar}"
            )
        self._is_compensated = all(sweep.motion_compensated for sweep in first)
        if not self._is_compensated:
            facts.notes.append("ego motion within a sweep is not removed from the points")
        if log.trajectory.is_identity:
            facts.notes.append("the log has no ego poses: the ego frame is the global frame")
        if not log.cameras:
            facts.notes.append("there are no cameras: visibility_token is empty")
        named = ", ".join(f"{camera} as {channel}" for camera, channel in self._channels.items())
        if named:
            facts.notes.append(f"cameras: {named}")
