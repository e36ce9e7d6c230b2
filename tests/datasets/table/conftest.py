from __future__ import annotations

from pathlib import Path

import pytest

import av3d
from av3d.datasets.dataset import ExportOptions, LabelledLog
from av3d.datasets.registry import own_labels
from av3d.datasets.table import CSV, PARQUET
from av3d.logs.log import Log
from av3d.tracks.track import Track


@pytest.fixture(scope="session")
def crossing(repository: Path) -> Log:
    return av3d.open_log(repository / "sample_logs" / "crossing")


@pytest.fixture(scope="session")
def tracks(crossing: Log) -> tuple[Track, ...]:
    return own_labels(crossing)


@pytest.fixture(scope="session")
def exported(
    crossing: Log, tracks: tuple[Track, ...], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with an export of the sample log in both formats: `csv` and `parquet`."""
    out = tmp_path_factory.mktemp("tables")
    for target in (CSV, PARQUET):
        target.write_labels([LabelledLog(crossing, tracks)], out / target.name, ExportOptions())
    return out
