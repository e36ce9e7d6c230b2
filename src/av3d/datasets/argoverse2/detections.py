"""Detections in Argoverse 2's layout: annotations without identity, but with a score."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from av3d.datasets.argoverse2.classes import CATEGORY
from av3d.datasets.argoverse2.layout import (
    QUATERNION,
    SIZE,
    TRANSLATION,
    check_times,
    read_sizes,
    read_times_ns,
    read_transforms,
    shortened,
)
from av3d.datasets.dataset import DatasetError, ImportedLabels
from av3d.datasets.feather import numbers, read_feather, texts
from av3d.logs.log import Log
from av3d.tracks.detections import Detections

SCORE = "score"
LOG = "log_id"


def read_detections(log: Log, path: Path) -> ImportedLabels:
    """Detections of a log, from a table as the dataset's evaluation takes it.

    One table may hold those of many logs: the column `log_id` tells them apart. Detections at times
    that are no frame of the log are left out and counted.

    Args:
        log: whose frames the detections are of.
        path: the Feather file.

    Raises:
        InputFileError: the table is damaged, or a row makes no cuboid.
        DatasetError: no row is of this log.
    """
    columns = ["timestamp_ns", "category", *SIZE, *QUATERNION, *TRANSLATION, SCORE]
    has_logs = LOG in read_feather(path, "detections")
    table = read_feather(path, "detections", [*columns, *([LOG] if has_logs else [])])
    times_ns = read_times_ns(table, path)
    labels = texts(table, "category", path)
    size_lwh_m, ego_SE3_cuboid = read_sizes(table, path), read_transforms(table, path)
    scores = numbers(table, SCORE, path)
    is_ours = np.ones(len(times_ns), dtype=bool)
    if has_logs:
        logs = texts(table, LOG, path)
        is_ours = np.array([name == log.name for name in logs], dtype=bool)
        if len(logs) and not is_ours.any():
            raise DatasetError(
                f"no detections of log {log.name}: the table has those of {shortened(set(logs), 3)}",
                path,
                "give the table of this log",
            )
    check_times(log, times_ns[is_ours], path)
    at_frame = np.isin(times_ns, log.frames.timestamps_ns)
    rows = np.flatnonzero(is_ours & at_frame)
    world_SE3_cuboid = log.trajectory.at(times_ns[rows]) @ ego_SE3_cuboid[rows]
    own = [labels[row] for row in rows.tolist()]
    unknown = sorted(set(own) - set(CATEGORY))
    notes: list[str] = []
    between = int(np.count_nonzero(is_ours & ~at_frame))
    if between:
        notes.append(f"{between} detections are not at the time of a frame and are left out")
    if unknown:
        notes.append(f"labels that av3d does not know became other: {shortened(unknown, 10)}")
    return ImportedLabels(
        (),
        tuple(notes),
        {"detections": len(rows), "detections_without_frame": between},
        Detections(
            times_ns[rows],
            world_SE3_cuboid.translation_m.copy(),
            world_SE3_cuboid.quaternion_wxyz.copy(),
            size_lwh_m[rows],
            tuple(CATEGORY.get(label, "other") for label in own),
            scores[rows],
            tuple(own),
        ),
    )
