"""Writing logs and tracks as PandaSet logs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from av3d.datasets.camera_places import camera_places
from av3d.datasets.chosen_images import chosen_images
from av3d.datasets.class_choice import class_of
from av3d.datasets.dataset import ExportOptions, ExportReport, LabelledLog, Progress
from av3d.datasets.exporting import labelled
from av3d.datasets.log_folders import folder_name, log_folders
from av3d.datasets.pandaset.classes import CATEGORY
from av3d.datasets.pandaset.layout import read_json
from av3d.datasets.pandaset.log import VEHICLE_SE3_EGO, is_own_rig
from av3d.datasets.pandaset.report import Facts, build_report
from av3d.datasets.pandaset.rows import COLUMNS, LABEL, row_of
from av3d.datasets.pandaset.sweep_writing import CloudWriter
from av3d.datasets.pandaset.tables import JsonList, write_table
from av3d.datasets.pinhole_images import ImageWriter
from av3d.files import new_folder
from av3d.geometry.se3 import SE3
from av3d.logs.frames import Frame
from av3d.logs.log import Log
from av3d.types import IntArray

AZIMUTHS_DEG = {
    "front": 0.0,
    "front_left": 58.0,
    "front_right": -58.0,
    "left": 90.0,
    "right": -90.0,
    "back": 180.0,
}
"""Where PandaSet's cameras look, counter-clockwise from straight ahead."""


def export(
    name: str,
    items: Sequence[LabelledLog],
    out: Path,
    options: ExportOptions,
    progress: Progress,
) -> ExportReport:
    """Write one folder per log; see `Dataset.write_labels`.

    Raises:
        DatasetError: no log, or two of one name.
        OutputError: the folder is in use, or the disk refuses.
        Av3dError: a cloud or image cannot be read; nothing is left behind.
    """
    labelled(items, out)
    facts = Facts()
    with new_folder(out, replace=options.overwrite) as folder:
        for item, log_folder in zip(items, log_folders(items, folder), strict=True):
            _LogExport(item, log_folder, options, facts, progress).write()
        files = sum(path.is_file() for path in folder.rglob("*"))
    return build_report(name, out, len(items), files, facts)


class _LogExport:
    """One log."""

    def __init__(
        self,
        item: LabelledLog,
        folder: Path,
        options: ExportOptions,
        facts: Facts,
        progress: Progress,
    ) -> None:
        self._item = item
        self._log = item.log
        self._folder = folder
        self._link = options.link_media
        self._facts = facts
        self._progress = progress
        self._frames = item.frames
        self._total = len(self._frames) * (1 + len(self._log.cameras))
        self._done = 0

    def write(self) -> None:
        log, facts = self._log, self._facts
        self._folder.mkdir(parents=True)
        self._note()
        self._write_sweeps()
        names = _camera_names(log)
        changed = [f"{own} as {theirs}" for own, theirs in names.items() if own != theirs]
        if changed:
            facts.renamed.append(f"{log.name}: {', '.join(changed)}")
        for camera, name in names.items():
            self._write_camera(camera, self._folder / "camera" / f"{name}_camera")
        self._write_gps()
        facts.tally.finish_log(self._item, (frame.timestamp_ns for frame in self._frames))

    def _note(self) -> None:
        log, facts = self._log, self._facts
        facts.frames += len(self._frames)
        facts.rounded += sum(frame.timestamp_ns % 1000 != 0 for frame in self._frames)
        others = [lidar for lidar in log.lidars if lidar != log.reference_lidar]
        facts.lidars_merged += others if len(others) > 1 else []
        facts.rolling += [name for name in log.cameras if log.rig.camera(name).readout_ns]
        if log.kind != "pandaset":
            facts.foreign.append(log.name)
        if log.trajectory.is_identity:
            facts.without_poses.append(log.name)

    def _write_sweeps(self) -> None:
        log, folder = self._log, self._folder
        clouds = CloudWriter(log, folder, self._facts.clouds, same=is_own_rig(log), link=self._link)
        cuboids = folder / "annotations" / "cuboids"
        cuboids.mkdir(parents=True)
        (folder / "meta").mkdir()
        with (
            JsonList(folder / "lidar" / "timestamps.json") as times,
            JsonList(folder / "meta" / "timestamps.json") as times_again,
            JsonList(folder / "lidar" / "poses.json") as poses,
        ):
            for position, frame in enumerate(self._frames):
                self._tick()
                number = self._number(position)
                for written in (times, times_again):
                    written.add(frame.timestamp_ns / 1e9)
                world_SE3_ego = log.world_SE3_ego(frame.timestamp_ns)
                poses.add(_pose_entry(world_SE3_ego @ VEHICLE_SE3_EGO.inverse()))
                clouds.write(frame, number)
                write_table(cuboids / f"{number}.pkl.gz", self._cuboids(frame), None)
        if (folder / "annotations" / "semseg").is_dir() and log.class_names:
            names = {str(key): name for key, name in log.class_names.items()}
            path = folder / "annotations" / "semseg" / "classes.json"
            path.write_text(json.dumps(names), encoding="ascii")

    def _cuboids(self, frame: Frame) -> dict[str, list[Any]]:
        tally = self._facts.tally
        columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
        for track, state in zip(self._item.tracks, self._item.states(frame), strict=True):
            if state is None:
                continue
            label = class_of(track, state, LABEL, "pandaset", CATEGORY)
            if not label:
                tally.add_without_class(track)
                continue
            row, held = row_of(track, state, label)
            for name, values in columns.items():
                values.append(row[name])
            tally.add(track, state, held)
            roll_rad, pitch_rad, _ = state.cuboid.frame_SE3_cuboid.roll_pitch_yaw_rad
            tally.add_tilt(track, float(roll_rad), float(pitch_rad))
        return columns

    def _write_camera(self, camera: str, folder: Path) -> None:
        """Write the images of the frames, and time and pose of each."""
        log, facts = self._log, self._facts
        folder.mkdir(parents=True)
        writer = ImageWriter(log, camera, facts.images, link=self._link)
        pinhole = writer.pinhole
        intrinsics = {
            "fx": pinhole.fx_px, "fy": pinhole.fy_px, "cx": pinhole.cx_px, "cy": pinhole.cy_px,
            # PandaSet's own files do not say these; its cameras have one size.
            "width": pinhole.width_px, "height": pinhole.height_px,
        }  # fmt: skip
        text = json.dumps(intrinsics, allow_nan=False)
        (folder / "intrinsics.json").write_text(text, encoding="ascii")
        times_ns = self._image_times_ns(camera)
        used = 0
        with (
            JsonList(folder / "timestamps.json") as times,
            JsonList(folder / "poses.json") as poses,
        ):
            for position, (frame, time_ns) in enumerate(zip(self._frames, times_ns, strict=True)):
                self._tick()
                image = frame.images.get(camera)
                times.add(int(time_ns) / 1e9)
                if image is None:
                    facts.images_missing += 1
                    pose = (
                        log.trajectory.at_nearest(time_ns) @ log.rig.camera(camera).ego_SE3_camera
                    )
                else:
                    pose = log.world_SE3_camera(camera, image)
                    writer.write(image, folder / f"{self._number(position)}.jpg")
                    used += 1
                poses.add(_pose_entry(pose))
        facts.images_between += len(chosen_images(self._item, camera)) - used

    def _image_times_ns(self, camera: str) -> IntArray:
        """When the images of the frames were taken; where one is missing, when it should have been."""
        log = self._log
        frames_ns = np.array([frame.timestamp_ns for frame in self._frames], dtype=np.int64)
        images = [frame.images.get(camera) for frame in self._frames]
        found = np.array([image is not None for image in images], dtype=bool)
        all_ns = log.image_times_ns(camera)
        taken_ns = all_ns[[image for image in images if image is not None]]
        phase_ns = int(np.median(taken_ns - frames_ns[found])) if len(taken_ns) else 0
        times_ns = frames_ns + phase_ns
        times_ns[found] = taken_ns
        # A time that is made up must not stand after that of the next image, nor at it.
        for row in np.flatnonzero(~found).tolist():
            before = times_ns[row - 1] if row else times_ns[row] - 1_000_000
            later = np.flatnonzero(found[row:])
            after = times_ns[row + int(later[0])] if len(later) else times_ns[row] + 1_000_000
            if not before < times_ns[row] < after:
                times_ns[row] = before + (after - before) // 2
        return np.asarray(times_ns)

    def _write_gps(self) -> None:
        """The positions of satellite navigation, which only PandaSet's own logs have."""
        folder = self._folder / "meta"
        source = Path(self._log.path) / "meta" / "gps.json"
        if self._log.kind != "pandaset" or not source.is_file():
            self._facts.without_gps.append(self._log.name)
            return
        entries = read_json(source)
        if not isinstance(entries, list) or len(entries) < len(self._log.frames):
            self._facts.without_gps.append(self._log.name)
            return
        with JsonList(folder / "gps.json") as gps:
            for frame in self._frames:
                gps.add(entries[frame.index])

    def _number(self, position: int) -> str:
        return frame_number(position, len(self._frames))

    def _tick(self) -> None:
        self._done += 1
        self._progress(f"writing {self._log.name}", self._done, self._total)


def frame_number(position: int, count: int) -> str:
    """What the files of one of `count` frames are called.

    Programs sort the files by name, so that all numbers must be equally long.
    """
    return f"{position:0{max(2, len(str(count - 1)))}d}"


def _camera_names(log: Log) -> Mapping[str, str]:
    """Names of camera folders without `_camera`: PandaSet's by viewing direction, others their own."""
    cameras = list(log.cameras)
    names = camera_places(log.rig, cameras, AZIMUTHS_DEG)
    taken = {*names.values(), *AZIMUTHS_DEG}
    for camera in cameras:
        if camera not in names:
            wanted = folder_name(camera).removesuffix("_camera") or "other"
            name, number = wanted, 2
            while name in taken:
                name, number = f"{wanted}_{number}", number + 1
            names[camera] = name
            taken.add(name)
    return names


def _pose_entry(world_SE3_sensor: SE3) -> dict[str, dict[str, float]]:
    position = dict(zip("xyz", world_SE3_sensor.translation_m.tolist(), strict=True))
    heading = dict(zip("wxyz", world_SE3_sensor.quaternion_wxyz.tolist(), strict=True))
    return {"position": position, "heading": heading}
