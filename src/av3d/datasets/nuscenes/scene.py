"""One stretch of a log as one nuScenes scene: clouds, images, radar points, poses, samples."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from av3d.datasets.dataset import ExportOptions
from av3d.datasets.nuscenes.annotate import Annotator
from av3d.datasets.nuscenes.channels import camera_channels
from av3d.datasets.nuscenes.data import CAMERA, LIDAR, RADAR, SensorData
from av3d.datasets.nuscenes.differences import Differences
from av3d.datasets.nuscenes.facts import SceneFacts
from av3d.datasets.nuscenes.images import ImageWriter
from av3d.datasets.nuscenes.official import LIDAR_CHANNEL
from av3d.datasets.nuscenes.points import BoxCounter, cloud_of_frame, write_cloud
from av3d.datasets.nuscenes.radars import RadarWriter
from av3d.datasets.nuscenes.samples import following_sample, key_times, microseconds
from av3d.datasets.nuscenes.stretches import Stretch, radars_of
from av3d.datasets.nuscenes.tables import Chain, Tables
from av3d.datasets.nuscenes.tokens import token
from av3d.geometry.se3 import SE3
from av3d.logs.trajectory import TrajectoryError
from av3d.types import IntArray


class SceneWriter:
    """Writes the media of a stretch and adds its rows to the tables.

    Args:
        stretch: the frames to write.
        scene: name of the scene.
        logfile: what file names start with.
        tables: rows are added to it.
        folder: the data root.
        options: choices at export.
        taken: tokens of samples and instances given out before.
        channels: names of channels in the table of sensors; is added to.
        differences: is added to: at sweeps between samples, and at images.
        tick: called after each file.
    """

    def __init__(
        self,
        stretch: Stretch,
        scene: str,
        logfile: str,
        tables: Tables,
        folder: Path,
        options: ExportOptions,
        taken: set[str],
        channels: set[str],
        differences: tuple[Differences, Differences],
        tick: Callable[[], None],
    ) -> None:
        log = stretch.log
        self._stretch, self._log, self._logfile = stretch, log, logfile
        self._tables, self._folder, self._tick = tables, folder, tick
        self._link, self._known = options.link_media, channels
        self.facts = SceneFacts(scene, log.name)
        self._channels = camera_channels(log.rig, list(log.cameras))
        self._images = {
            camera: ImageWriter(log, camera, self.facts.image_counts, link=self._link)
            for camera in log.cameras
        }
        pinholes = {camera: writer.pinhole for camera, writer in self._images.items()}
        self._annotator = Annotator(stretch, pinholes, taken, tables, self.facts, *differences)
        self._sweep_ns: IntArray = stretch.times_ns
        self._sweep_us = self._microseconds(self._sweep_ns, f"{log.name} {log.reference_lidar}")
        self._samples = stretch.samples(options.keyframe_every_s, taken)
        self._radars = self._radar_writers()
        self._is_compensated = True

    def write(self) -> SceneFacts:
        """Write everything; errors of the log pass through."""
        self._add_scene()
        self._write_sweeps()
        for camera in self._log.cameras:
            self._write_images(camera)
        for data, radar in self._radars:
            self.facts.radars_without_pose += radar.write()
            self.facts.radar_measurements += data.count
        tracks = self._annotator.finish()
        self._add_notes()
        samples, whole = self._samples, self._stretch.is_whole
        self.facts.sidecar = {
            "log": self._log.name,
            "kind": self._log.kind,
            "scene": self.facts.scene,
            "scene_token": token("scene", *self._stretch.identity),
            **({} if whole else {"frames": list(self._stretch.bounds)}),
            "lidars": {LIDAR_CHANNEL: list(self._log.lidars)},
            "cameras": {channel: camera for camera, channel in self._channels.items()},
            "samples": [
                {"token": sample_token, "timestamp_ns": timestamp_ns}
                for sample_token, timestamp_ns in zip(
                    samples.tokens, samples.times_ns.tolist(), strict=True
                )
            ],
            "tracks": tracks,
            "motion_compensated": self._is_compensated,
        }
        return self.facts

    def _add_scene(self) -> None:
        log, stretch, samples = self._log, self._stretch, self._samples
        own = token("scene", *stretch.identity)
        part = "" if stretch.is_whole else ", frames {} to {}".format(*stretch.bounds)
        self._tables.add("scene", {
            "token": own,
            "log_token": token("log", log.name),
            "nbr_samples": len(samples),
            "first_sample_token": samples.tokens[0],
            "last_sample_token": samples.tokens[-1],
            "name": self.facts.scene,
            "description": f"{log.name} ({log.kind}){part}",
        })  # fmt: skip
        chain = Chain(lambda row: self._tables.add("sample", row))
        times_us = self._sweep_us[samples.rows].tolist()
        for sample_token, timestamp in zip(samples.tokens, times_us, strict=True):
            chain.add({"token": sample_token, "timestamp": timestamp, "scene_token": own})
        chain.end()
        self.facts.samples = len(samples)

    def _write_sweeps(self) -> None:
        """Write all clouds and the annotations of the samples."""
        log, samples = self._log, self._samples
        data = self._data(LIDAR_CHANNEL, LIDAR, log.rig.lidar(log.reference_lidar).ego_SE3_lidar)
        sample_of = following_sample(samples.times_ns, self._sweep_ns)
        sample_of[samples.rows] = np.arange(len(samples))
        keys = set(samples.rows.tolist())
        waiting: list[int] = []
        for row, frame in enumerate(self._stretch.frames):
            sample, is_key = int(sample_of[row]), row in keys
            cloud = cloud_of_frame(log, frame.index)
            written = data.add(
                frame.timestamp_ns, int(self._sweep_us[row]), samples.tokens[sample], is_key,
                log.world_SE3_ego(frame.timestamp_ns),
            )  # fmt: skip
            write_cloud(written.path, cloud)
            if is_key:
                radars = [radar.counter(sample) for _, radar in self._radars]
                self._annotator.annotate(
                    frame, int(self._sweep_us[row]), samples.tokens[sample],
                    BoxCounter(cloud, written.ego_pose, data.calibrated),
                    [radar for radar in radars if radar is not None],
                )  # fmt: skip
                self._pass_by(waiting)
                waiting = []
            else:
                waiting.append(row)
            self._tick()
        # Sweeps behind the last sample, which some nuScenes logs have, belong to it.
        self._pass_by(waiting)
        data.end()
        self.facts.sweeps = data.count

    def _pass_by(self, rows: list[int]) -> None:
        """Compare sweeps that belong to the sample annotated last with what the toolkit shows."""
        for row in rows:
            self._annotator.pass_by(self._stretch.frames[row], int(self._sweep_us[row]))

    def _write_images(self, camera: str) -> None:
        log, facts, samples = self._log, self.facts, self._samples
        mount, writer = log.rig.camera(camera), self._images[camera]
        channel = self._channels[camera]
        data = self._data(channel, CAMERA, mount.ego_SE3_camera, writer)
        chosen = self._stretch.images(camera)
        times_ns = log.image_times_ns(camera)[chosen.start : chosen.stop]
        times_us = self._microseconds(times_ns, f"{log.name} {camera}")
        frames = self._stretch.frames
        of_sample = [frames[int(row)].images[camera] for row in samples.rows]
        image_ns = [None if k is None else int(times_ns[k - chosen.start]) for k in of_sample]
        sample_of = following_sample(key_times(samples.times_ns, image_ns), times_ns)
        keys = {image: sample for sample, image in enumerate(of_sample) if image is not None}
        lacking = [sample for sample, image in enumerate(of_sample) if image is None]
        camera_SE3_ego = mount.ego_SE3_camera.inverse()
        for row, index in enumerate(chosen):
            self._tick()
            try:
                world_SE3_ego = log.world_SE3_camera(camera, index) @ camera_SE3_ego
            except TrajectoryError:
                facts.images_without_pose += 1
                lacking += [keys[index]] if index in keys else []
                continue
            sample = keys.get(index, int(sample_of[row]))
            written = data.add(
                int(times_ns[row]), int(times_us[row]), samples.tokens[sample], index in keys,
                world_SE3_ego,
            )  # fmt: skip
            writer.write(index, written.path)
        data.end()
        facts.samples_without_image += [f"{sample} {channel}" for sample in sorted(lacking)]
        facts.images += data.count

    def _data(
        self, channel: str, modality: str, ego_SE3_sensor: SE3, images: ImageWriter | None = None
    ) -> SensorData:
        """The rows of a sensor."""
        if channel not in self._known:
            self._known.add(channel)
            self._tables.add(
                "sensor",
                {"token": token("sensor", channel), "channel": channel, "modality": modality},
            )
        camera = None if images is None else images.pinhole
        return SensorData(
            self._stretch, channel, modality, ego_SE3_sensor, camera, self._logfile, self._tables,
            self._folder,
        )  # fmt: skip

    def _radar_writers(self) -> list[tuple[SensorData, RadarWriter]]:
        """The radars of the log, and the rows that they write."""
        found = []
        for name, radar in radars_of(self._log).items():
            data = self._data(name, RADAR, radar.ego_SE3_radar)
            writer = RadarWriter(
                self._stretch, radar, self._samples, data, self._tick, link=self._link
            )
            found.append((data, writer))
        return found

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
        if not self._stretch.is_whole:
            first_frame, last_frame = self._stretch.bounds
            facts.notes.append(f"holds frames {first_frame} to {last_frame}, a scene of their own")
        if radars_of(log):
            names = ", ".join(radars_of(log))
            facts.notes.append(
                f"radars: {names}; num_radar_pts counts all points, as nuScenes does"
            )
        named = ", ".join(f"{camera} as {channel}" for camera, channel in self._channels.items())
        if named:
            facts.notes.append(f"cameras: {named}")


def add_log(tables: Tables, stretch: Stretch, logfile: str) -> None:
    """Add the row of the log that a stretch is of; it starts with the stretch."""
    log = stretch.log
    day = datetime.fromtimestamp(max(int(stretch.times_ns[0]), 0) / 1e9, tz=UTC).date()
    tables.add("log", {
        "token": token("log", log.name),
        "logfile": logfile,
        "vehicle": log.rig.name,
        "date_captured": day.isoformat(),
        "location": logfile,
    })  # fmt: skip
