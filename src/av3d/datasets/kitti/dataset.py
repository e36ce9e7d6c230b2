"""The two KITTI benchmarks as datasets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from av3d.calibration.rig import Rig
from av3d.datasets.dataset import (
    Dataset,
    ExportOptions,
    ExportReport,
    ImportedLabels,
    LabelledLog,
    Progress,
    no_progress,
)
from av3d.datasets.kitti.importing import OCCLUDED, TRUNCATED, read_object, read_tracking
from av3d.datasets.kitti.layout import object_place, tracking_place
from av3d.datasets.kitti.log import open_object, open_tracking
from av3d.datasets.kitti.rig import is_calibration, read_rig
from av3d.datasets.kitti.sidecar import is_earlier_export
from av3d.datasets.kitti.writing import write_object, write_tracking
from av3d.logs.log import Log
from av3d.types import Scalar

OCCLUSIONS = ("0", "1", "2", "3")
"""KITTI's levels of occlusion as text."""


class KittiTracking(Dataset):
    """The KITTI tracking benchmark: one sequence is a log."""

    name = "kitti-tracking"
    title = "KITTI tracking"
    holds = "a sequence per log: points, one camera, poses, cuboids with identities and one angle"
    label_attribute = "kitti.type"
    looks_for = "training/ with calib/ and velodyne/NNNN/, image_02/ or label_02/"
    reads_logs = True
    reads_labels = True
    writes_labels = True

    def recognise(self, path: Path) -> bool:
        return tracking_place(path) is not None

    def open(self, path: Path) -> Log:
        return open_tracking(path)

    def read_labels(self, log: Log, labels: Path | None = None) -> ImportedLabels:
        return read_tracking(log, labels)

    def takes(self, record: str, value: Scalar) -> bool:
        if record == TRUNCATED:
            return (
                isinstance(value, int | float)
                and not isinstance(value, bool)
                and value in (0, 1, 2)
            )
        return record == OCCLUDED and str(value) in OCCLUSIONS

    def wrote(self, folder: Path) -> bool:
        return is_earlier_export(folder)

    def write_labels(
        self,
        items: Sequence[LabelledLog],
        out: Path,
        options: ExportOptions,
        progress: Progress = no_progress,
    ) -> ExportReport:
        return write_tracking(items, out, options, progress)


class KittiObject(Dataset):
    """The KITTI object benchmark: one frame is a log."""

    name = "kitti-object"
    title = "KITTI object"
    holds = "unrelated frames: points, one camera, cuboids with one angle and no identity"
    label_attribute = "kitti.type"
    looks_for = "training/ with calib/ and velodyne/NNNNNN.bin, image_2/ or label_2/"
    reads_logs = True
    reads_labels = True
    writes_labels = True
    reads_rigs = True

    def recognise(self, path: Path) -> bool:
        return object_place(path) is not None

    def open(self, path: Path) -> Log:
        return open_object(path)

    def recognise_rig(self, path: Path) -> bool:
        """One calibration file; those of the tracking benchmark have the same entries."""
        return is_calibration(path)

    def read_rig(self, path: Path) -> Rig:
        return read_rig(path)

    def read_labels(self, log: Log, labels: Path | None = None) -> ImportedLabels:
        return read_object(log, labels)

    def takes(self, record: str, value: Scalar) -> bool:
        if record == TRUNCATED:
            return (
                isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
            )
        return record == OCCLUDED and str(value) in OCCLUSIONS

    def wrote(self, folder: Path) -> bool:
        return is_earlier_export(folder)

    def write_labels(
        self,
        items: Sequence[LabelledLog],
        out: Path,
        options: ExportOptions,
        progress: Progress = no_progress,
    ) -> ExportReport:
        return write_object(items, out, options, progress)
