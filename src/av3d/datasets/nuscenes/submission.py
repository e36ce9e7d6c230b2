"""Results of the detection and the tracking task, as the evaluation of nuScenes takes them, in and out.

What goes where is in docs/formats/nuscenes.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from av3d.datasets.dataset import (
    Dataset,
    ExportOptions,
    ExportReport,
    ImportedLabels,
    LabelledLog,
    Progress,
    no_progress,
)
from av3d.datasets.nuscenes import tasks
from av3d.datasets.nuscenes.tasks import Task
from av3d.logs.log import Log


class SubmissionDataset(Dataset):
    """Results of one of the tasks."""

    label_attribute = "nuscenes.category"
    reads_labels = True
    writes_labels = True

    def __init__(self, task: Task) -> None:
        self._task = task
        self.name = f"nuscenes-{task.word}"
        self.title = f"nuScenes {task.word} results"
        self.holds = "cuboids at samples, as a detector or tracker would submit them"
        self.looks_for = f"a JSON file with the keys results, sample_token and {task.name_key}"

    def recognise_labels(self, path: Path) -> bool:
        from av3d.datasets.nuscenes.reading.submission import is_submission

        return is_submission(path, self._task)

    def read_labels(self, log: Log, labels: Path | None = None) -> ImportedLabels:
        from av3d.datasets.nuscenes.reading.submission import read_submission

        return read_submission(log, labels, self._task)

    def write_labels(
        self,
        items: Sequence[LabelledLog],
        out: Path,
        options: ExportOptions,
        progress: Progress = no_progress,
    ) -> ExportReport:
        from av3d.datasets.nuscenes.results import write_results

        return write_results(self.name, self._task, items, out, options, progress)


DETECTION = SubmissionDataset(tasks.DETECTION)
TRACKING = SubmissionDataset(tasks.TRACKING)
