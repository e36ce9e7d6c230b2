from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from av3d.datasets.argoverse2 import DATASET
from av3d.datasets.registry import open_log
from av3d.errors import Av3dError


def as_detections(rows: list[dict[str, Any]], scores: list[float]) -> dict[str, Any]:
    columns = [name for name in rows[0] if name not in ("track_uuid", "num_interior_pts")]
    return {name: [row[name] for row in rows] for name in columns} | {"score": scores}


def test_a_table_with_scores_holds_detections(
    tiny_log: Path, tmp_path: Path, label: Callable[..., Any], write: Callable[..., None]
) -> None:
    log = open_log(tiny_log)
    rows = [label(0, ""), label(1, "", category="BUS")]
    write(as_detections(rows, [0.9, 0.25]), tmp_path / "found.feather")
    read = DATASET.read_labels(log, tmp_path / "found.feather")
    assert read.tracks == ()
    found = read.detections
    assert found is not None
    assert found.categories == ("car", "bus")
    assert found.labels == ("REGULAR_VEHICLE", "BUS")
    assert found.scores.tolist() == [0.9, 0.25]
    # The ego faces north: 11 m ahead of it is 11 m north of the city position.
    assert found.centers_m[0] == pytest.approx([5000.0, 2011.0, 60.75])
    assert found.sizes_lwh_m[0].tolist() == [4.5, 2.0, 1.5]


def test_those_of_other_logs_are_told_apart(
    tiny_log: Path, tmp_path: Path, label: Callable[..., Any], write: Callable[..., None]
) -> None:
    rows = as_detections([label(0, ""), label(1, "")], [0.5, 0.75])
    write(rows | {"log_id": ["another", tiny_log.name]}, tmp_path / "found.feather")
    found = DATASET.read_labels(open_log(tiny_log), tmp_path / "found.feather").detections
    assert found is not None
    assert found.scores.tolist() == [0.75]
    write(rows | {"log_id": ["another", "a third"]}, tmp_path / "found.feather")
    with pytest.raises(Av3dError, match="no detections of log"):
        DATASET.read_labels(open_log(tiny_log), tmp_path / "found.feather")


def test_detections_between_frames_are_counted(
    tiny_log: Path, tmp_path: Path, label: Callable[..., Any], write: Callable[..., None]
) -> None:
    rows = [label(0, ""), label(1, "")]
    rows[1]["timestamp_ns"] += 1
    write(as_detections(rows, [0.5, 0.75]), tmp_path / "found.feather")
    read = DATASET.read_labels(open_log(tiny_log), tmp_path / "found.feather")
    assert read.detections is not None
    assert len(read.detections) == 1
    assert read.notes == ("1 detections are not at the time of a frame and are left out",)


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_a_score_that_is_no_number_is_refused(
    score: float,
    tiny_log: Path,
    tmp_path: Path,
    label: Callable[..., Any],
    write: Callable[..., None],
) -> None:
    write(as_detections([label(0, "")], [score]), tmp_path / "found.feather")
    with pytest.raises(Av3dError, match="'score', row 0"):
        DATASET.read_labels(open_log(tiny_log), tmp_path / "found.feather")
