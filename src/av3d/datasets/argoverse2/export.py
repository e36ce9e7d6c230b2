"""Writing logs and tracks as Argoverse 2 logs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from av3d.datasets.argoverse2.annotations import AnnotationWriter
from av3d.datasets.argoverse2.clouds import CloudWriter
from av3d.datasets.argoverse2.facts import Facts
from av3d.datasets.argoverse2.layout import (
    ANNOTATIONS,
    CALIBRATION,
    CAMERAS,
    EXTRINSICS,
    INTRINSICS,
    POSES,
)
from av3d.datasets.argoverse2.log import read_log_rig
from av3d.datasets.argoverse2.report import build_report
from av3d.datasets.argoverse2.sensors import (
    MOST_PIXELS,
    sensor_names,
    transform_rows,
    write_calibration,
)
from av3d.datasets.argoverse2.tables import POSE_TYPES, TableWriter
from av3d.datasets.chosen_images import chosen_images
from av3d.datasets.dataset import (
    DatasetError,
    ExportOptions,
    ExportReport,
    LabelledLog,
    Progress,
)
from av3d.datasets.exporting import labelled
from av3d.datasets.log_folders import log_folders
from av3d.datasets.media_files import hard_linked
from av3d.datasets.pinhole_images import ImageWriter
from av3d.errors import Av3dError
from av3d.files import new_folder
from av3d.geometry.se3 import SE3
from av3d.reading import read_bytes
from av3d.types import IntArray

SAME_POSE = 1e-6
"""Metres or radians: poses closer than this are one."""

TABLES = (EXTRINSICS, INTRINSICS)


def export(
    name: str,
    items: Sequence[LabelledLog],
    out: Path,
    options: ExportOptions,
    progress: Progress,
) -> ExportReport:
    """Write one folder per log; see `Dataset.write_labels`.

    Raises:
        DatasetError: no log, or two of one name, or images that are too large for the format.
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
        self._names = sensor_names(item.log)
        self._is_own = _is_own(item)
        self._images = {camera: chosen_images(item, camera) for camera in item.log.cameras}
        self._progress = progress
        self._total = len(item.frames) + sum(len(images) for images in self._images.values())
        self._done = 0

    def write(self) -> None:
        log, facts = self._log, self._facts
        self._folder.mkdir(parents=True)
        if self._names.changed:
            facts.renamed.append(f"{log.name}: {self._names.changed}")
        facts.lidars_merged += [lidar for lidar in log.lidars if lidar not in self._names.lidars]
        facts.rolling += [name for name in log.cameras if log.rig.camera(name).readout_ns]
        if log.trajectory.is_identity:
            facts.without_poses.append(log.name)
        if log.kind != "av2":
            facts.foreign.append(log.name)
        writers = {
            camera: ImageWriter(log, camera, facts.images, link=self._link)
            for camera in log.cameras
        }
        self._write_calibration(writers)
        self._write_frames()
        taken_ns = [self._write_images(camera, writer) for camera, writer in writers.items()]
        self._write_poses(taken_ns)

    def _write_calibration(self, writers: dict[str, ImageWriter]) -> None:
        source = Path(self._log.path) / CALIBRATION
        if self._is_own and all((source / table).is_file() for table in TABLES):
            (self._folder / CALIBRATION).mkdir()
            for table in TABLES:
                target = self._folder / CALIBRATION / table
                if not (self._link and hard_linked(source / table, target)):
                    target.write_bytes(read_bytes(source / table))
            return
        pinholes = {camera: writer.pinhole for camera, writer in writers.items()}
        for camera, pinhole in pinholes.items():
            if max(pinhole.width_px, pinhole.height_px) > MOST_PIXELS:
                raise DatasetError(
                    f"camera {camera} has {pinhole.width_px} x {pinhole.height_px} px, Argoverse 2 "
                    f"holds {MOST_PIXELS} at most",
                    self._log.path,
                    "choose another format",
                )
        write_calibration(self._folder, self._log.rig, self._names, pinholes)

    def _write_frames(self) -> None:
        facts, item = self._facts, self._item
        clouds = CloudWriter(
            self._log, self._folder, list(self._names.lidars), facts.clouds,
            same=self._is_own, link=self._link,
        )  # fmt: skip
        with AnnotationWriter(item, self._folder / ANNOTATIONS, facts.tally) as annotations:
            for frame in item.frames:
                self._tick()
                points_m = clouds.write(frame.index)
                annotations.write(frame, points_m)
                facts.frames += 1
        facts.labels_without_sweep += annotations.without_sweep
        facts.counts_kept += annotations.counts_kept
        facts.tally.finish_log(item, (frame.timestamp_ns for frame in item.frames))

    def _write_images(self, camera: str, writer: ImageWriter) -> IntArray:
        """Write the images of a camera; returns their times."""
        log, folder = self._log, self._folder / CAMERAS / self._names.cameras[camera]
        folder.mkdir(parents=True)
        taken_ns: list[int] = []
        times_ns = log.image_times_ns(camera)
        for index in self._images[camera]:
            self._tick()
            time_ns = int(times_ns[index])
            if not log.trajectory.covers(time_ns):
                self._facts.images_without_pose += 1
                continue
            writer.write(index, folder / f"{time_ns}.jpg")
            taken_ns.append(time_ns)
            self._compare_pose(camera, index, time_ns)
        return np.array(taken_ns, dtype=np.int64)

    def _compare_pose(self, camera: str, index: int, time_ns: int) -> None:
        """Count an image whose measured pose is another than its reader will think."""
        log = self._log
        expected = log.trajectory.at(time_ns) @ log.rig.camera(camera).ego_SE3_camera
        moved = expected.inverse() @ log.world_SE3_camera(camera, index)
        moved_m = float(np.linalg.norm(moved.translation_m))
        if moved_m > SAME_POSE or float(moved.angle_to_rad(SE3.identity())) > SAME_POSE:
            self._facts.moved_images += 1
            self._facts.moved_most_m = max(self._facts.moved_most_m, moved_m)

    def _write_poses(self, taken_ns: Sequence[IntArray]) -> None:
        """The log's own poses, and one at the time of each sweep and image, as the dataset has them.

        The dataset's own programs look poses up by the exact time of a sweep or image.
        """
        log = self._log
        frames_ns = np.array([frame.timestamp_ns for frame in self._item.frames], dtype=np.int64)
        needed_ns = np.unique(np.concatenate([frames_ns, *taken_ns]))
        trajectory = log.trajectory
        own_ns = np.zeros(0, np.int64) if trajectory.is_identity else trajectory.timestamps_ns
        if len(self._item.frames) < len(log.frames):
            period_ns = log.frame_period_ns
            own_ns = own_ns[
                (own_ns >= needed_ns[0] - period_ns) & (own_ns <= needed_ns[-1] + period_ns)
            ]
        times_ns = np.union1d(needed_ns, own_ns).astype(np.int64)
        rows = np.searchsorted(own_ns, times_ns)
        is_own = np.zeros(len(times_ns), dtype=bool)
        if len(own_ns):
            is_own = own_ns[np.minimum(rows, len(own_ns) - 1)] == times_ns
        values = np.empty((len(times_ns), len(POSE_TYPES) - 1))
        # A pose that is there is written as it was read, digit for digit.
        values[~is_own] = transform_rows(trajectory.at(times_ns[~is_own]))
        if len(own_ns):
            own_rows = np.searchsorted(trajectory.timestamps_ns, times_ns[is_own])
            values[is_own] = transform_rows(trajectory.world_SE3_ego)[own_rows]
        with TableWriter(self._folder / POSES, POSE_TYPES) as table:
            table.add_columns([times_ns, *values.T.copy()])

    def _tick(self) -> None:
        self._done += 1
        self._progress(f"writing {self._log.name}", self._done, self._total)


def _is_own(item: LabelledLog) -> bool:
    """Whether a log is one of this format with the calibration that it came with."""
    if item.log.kind != "av2":
        return False
    try:
        rig, _ = read_log_rig(Path(item.log.path))
    except Av3dError:
        return False
    return rig == item.log.rig
