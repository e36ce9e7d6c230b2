"""Argoverse 2 as a dataset of av3d: opens and writes sensor logs, reads annotations and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from av3d.calibration.rig import Rig
from av3d.datasets.argoverse2.calibration import read_rig
from av3d.datasets.argoverse2.classes import LABEL
from av3d.datasets.argoverse2.labels import read_labels
from av3d.datasets.argoverse2.layout import ANNOTATIONS, CALIBRATION, EXTRINSICS, INTRINSICS, POSES
from av3d.datasets.argoverse2.log import open_log
from av3d.datasets.dataset import (
    Dataset,
    ExportOptions,
    ExportReport,
    ImportedLabels,
    LabelledLog,
    Progress,
    no_progress,
)
from av3d.logs.log import Log


class Argoverse2(Dataset):
    """The native layout of the sensor, LiDAR and TbV datasets: one folder per log, Feather tables."""

    name = "av2"
    title = "Argoverse 2"
    holds = "sweeps, images, poses, calibration, cuboids with identities"
    label_attribute = LABEL
    looks_for = f"a folder with {POSES} and sensors/ or {ANNOTATIONS}"
    reads_logs = True
    reads_labels = True
    writes_labels = True
    reads_rigs = True

    def recognise(self, path: Path) -> bool:
        return (path / POSES).is_file() and (
            (path / "sensors").is_dir() or (path / ANNOTATIONS).is_file()
        )

    def open(self, path: Path) -> Log:
        return open_log(path)

    def recognise_rig(self, path: Path) -> bool:
        return _calibration_folder(path) is not None

    def read_rig(self, path: Path) -> Rig:
        return read_rig(_calibration_folder(path) or path, "argoverse2")

    def read_labels(self, log: Log, labels: Path | None = None) -> ImportedLabels:
        return read_labels(log, labels)

    def write_labels(
        self,
        items: Sequence[LabelledLog],
        out: Path,
        options: ExportOptions,
        progress: Progress = no_progress,
    ) -> ExportReport:
        from av3d.datasets.argoverse2.export import export

        return export(self.name, items, out, options, progress)


def _calibration_folder(path: Path) -> Path | None:
    """The folder with both tables: of a log, itself, or that of one of the tables."""
    folders = [path.parent] if path.name in (EXTRINSICS, INTRINSICS) else []
    for folder in (path / CALIBRATION, path, *folders):
        try:
            if (folder / EXTRINSICS).is_file() and (folder / INTRINSICS).is_file():
                return folder
        except OSError:
            continue
    return None
