"""nuScenes: scenes are opened as logs, labels read, and written as a database for its toolkit.

What goes where is in docs/formats/nuscenes.md.
"""

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
from av3d.errors import Av3dError
from av3d.logs.log import Log
from av3d.types import Scalar


class NuScenesDataset(Dataset):
    """Scenes of nuScenes and of databases in its format, exports of av3d among them."""

    name = "nuscenes"
    title = "nuScenes"
    holds = "samples and sweeps of all sensors, maps, and all 13 tables"
    label_attribute = "nuscenes.category"
    looks_for = "a folder v1.0-* with the tables scene.json and sample_data.json"
    reads_logs = True
    reads_labels = True
    writes_labels = True
    reads_rigs = True

    def recognise(self, path: Path) -> bool:
        from av3d.datasets.nuscenes.reading.place import is_tables

        return is_tables(path)

    def open(self, path: Path) -> Log:
        from av3d.datasets.nuscenes.reading.log import open_log

        return open_log(path)

    def recognise_rig(self, path: Path) -> bool:
        from av3d.datasets.nuscenes.reading.rig import tables_of

        return self.recognise(tables_of(path))

    def read_rig(self, path: Path) -> Rig:
        from av3d.datasets.nuscenes.reading.rig import rig_from_tables

        return rig_from_tables(path)

    def read_labels(self, log: Log, labels: Path | None = None) -> ImportedLabels:
        from av3d.datasets.nuscenes.reading.labels import read_labels

        return read_labels(log, labels)

    def takes(self, record: str, value: Scalar) -> bool:
        from av3d.datasets.nuscenes.labels import VISIBILITY_ATTRIBUTE, is_visibility

        return record == VISIBILITY_ATTRIBUTE and is_visibility(value)

    def wrote(self, folder: Path) -> bool:
        from av3d.datasets.nuscenes.reading.sidecar import read_sidecar

        try:
            return bool(read_sidecar(folder))
        except Av3dError:
            return False

    def write_labels(
        self,
        items: Sequence[LabelledLog],
        out: Path,
        options: ExportOptions,
        progress: Progress = no_progress,
    ) -> ExportReport:
        from av3d.datasets.nuscenes.export import export

        return export(self.name, items, out, options, progress)


DATASET = NuScenesDataset()
