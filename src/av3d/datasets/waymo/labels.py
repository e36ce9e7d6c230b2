"""The component lidar_box as tracks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from av3d.datasets.dataset import DatasetError, ImportedLabels
from av3d.datasets.feather import Table, numbers, texts, whole_numbers
from av3d.datasets.log_folders import folder_name
from av3d.datasets.waymo.components import (
    CATEGORY,
    CENTER,
    DETECTION,
    DETECTION_LEVEL,
    FRAME,
    HEADING,
    LABEL,
    LEVELS,
    OBJECT,
    SEGMENT,
    SIZE,
    TRACKING,
    TRACKING_LEVEL,
    TYPE,
    TYPES,
)
from av3d.datasets.waymo.parquet import read_component
from av3d.errors import Av3dError, InputFileError
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.rhythm import nearest
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from av3d.types import BoolArray, FloatArray, IntArray, Scalar

COMPONENT = "lidar_box"
SAME_TIME_NS = 1_000
"""Times are written in microseconds."""

LATEST_US = 2**52
"""No time is later (year 2112); its nanoseconds fit into 64 bits."""

_LEVEL_NAMES = {number: name for name, number in LEVELS.items()}
_TYPE_NAMES = {number: name for name, number in TYPES.items()}


def read_labels(log: Log, labels: Path | None) -> ImportedLabels:
    """Tracks of a segment's boxes, in the world frame, at the timestamps of the log's frames.

    Boxes are given in the vehicle frame, which is the ego frame of the log. Frames are told by time,
    to a microsecond.

    Args:
        log: the log that the boxes belong to.
        labels: a file of the component lidar_box, its folder, or the folder of all components.

    Raises:
        DatasetError: there are no boxes, or none of this log.
        InputFileError: the file is damaged, or a row makes no cuboid.
    """
    path = find_boxes(log, labels)
    table = read_component(
        path,
        "boxes",
        [SEGMENT, FRAME, OBJECT, *CENTER, *SIZE, HEADING, TYPE],
        [DETECTION, TRACKING],
    )
    rows = _rows_of(log, table, path)
    frame_ns, lost = _frame_times(log, whole_numbers(table, FRAME, path)[rows], path)
    rows, frame_ns = rows[~lost], frame_ns[~lost]
    ego_SE3_cuboid, size_lwh_m = _boxes(table, rows, path)
    world_SE3_cuboid = log.trajectory.at(frame_ns) @ ego_SE3_cuboid
    ids = texts(table, OBJECT, path)
    types = [_type_name(number) for number in whole_numbers(table, TYPE, path)[rows].tolist()]
    levels = {
        name: table[column][rows].tolist() if column in table else [0] * len(rows)
        for name, column in ((DETECTION_LEVEL, DETECTION), (TRACKING_LEVEL, TRACKING))
    }
    places_of: dict[str, list[int]] = {}
    for place in np.argsort(frame_ns, kind="stable").tolist():
        places_of.setdefault(ids[rows[place]], []).append(place)
    labelled_ns = np.unique(frame_ns)
    numbered: Counter[str] = Counter()
    tracks: list[Track] = []
    for track_id, places in places_of.items():
        times_ns = frame_ns[places]
        if (np.diff(times_ns) == 0).any():
            raise InputFileError(
                f"object {track_id!r} has two boxes in one frame", path, "remove one of them"
            )
        label = Counter(types[place] for place in places).most_common(1)[0][0]
        category = CATEGORY[label]
        numbered[category] += 1
        try:
            keyframes = tuple(
                Keyframe(
                    int(frame_ns[place]),
                    Cuboid(world_SE3_cuboid[place], size_lwh_m[place]),
                    Provenance.IMPORTED,
                    _levels(levels, place),
                )
                for place in places
            )
            tracks.append(
                Track(
                    track_id,
                    category,
                    keyframes,
                    _presence(times_ns, labelled_ns),
                    numbered[category],
                    {LABEL: label},
                )
            )
        except Av3dError as error:
            raise InputFileError(
                f"object {track_id!r}: {error.what}", path, "correct the table"
            ) from error
    notes = []
    if lost.any():
        notes.append(f"{int(lost.sum())} boxes are not at the time of a frame and are left out")
    return ImportedLabels(
        tuple(tracks),
        tuple(notes),
        {
            "frames": len(labelled_ns),
            "cuboids_read": len(lost),
            "tracks": len(tracks),
            "cuboids": len(rows),
            "cuboids_without_frame": int(lost.sum()),
        },
    )


def find_boxes(log: Log, labels: Path | None) -> Path:
    """The file with the boxes of a log; DatasetError if there is none."""
    if labels is None:
        raise DatasetError(
            "a log does not say where its Waymo boxes are", log.path, "say it with --labels"
        )
    if labels.is_file():
        return labels
    for folder in (labels / COMPONENT, labels):
        path = folder / f"{folder_name(log.name)}.parquet"
        if path.is_file():
            return path
        files = sorted(folder.glob("*.parquet"))
        if len(files) == 1 and folder.name == COMPONENT:
            return files[0]
    raise DatasetError(
        f"no boxes: there is no {COMPONENT}/{folder_name(log.name)}.parquet",
        labels,
        "give the file itself",
    )


def _rows_of(log: Log, table: Table, path: Path) -> IntArray:
    """Rows of the segment that is called as the log, or of the only segment."""
    segments = texts(table, SEGMENT, path)
    names = set(segments)
    if len(names) > 1 and log.name not in names:
        raise DatasetError(
            f"the boxes are of {len(names)} segments, and none is called {log.name}",
            path,
            "give the file of one segment",
        )
    name = log.name if log.name in names else next(iter(names), "")
    return np.array(
        [row for row, segment in enumerate(segments) if segment == name], dtype=np.int64
    )


def _frame_times(log: Log, micros: IntArray, path: Path) -> tuple[IntArray, BoolArray]:
    """The timestamp of the frame of each box, and which boxes have none."""
    wrong = np.flatnonzero((micros < 0) | (micros > LATEST_US))
    if len(wrong):
        raise InputFileError(
            f"row {wrong[0]}: {micros[wrong[0]]} is not a time in microseconds", path,
            "copy the file again",
        )  # fmt: skip
    own_ns = log.frames.timestamps_ns
    times_ns = micros * 1000
    found_ns = own_ns[nearest(own_ns, times_ns)] if len(times_ns) else times_ns
    lost = np.abs(found_ns - times_ns) > SAME_TIME_NS
    if len(lost) and lost.all():
        raise DatasetError(
            f"none of the boxes is at the time of a frame of log {log.name}",
            path,
            "give the boxes of this log",
        )
    return np.asarray(found_ns), np.asarray(lost)


def _boxes(table: Table, rows: IntArray, path: Path) -> tuple[SE3, FloatArray]:
    """Poses in the ego frame, batch of N, and sizes, (N, 3)."""
    size_lwh_m = np.column_stack([numbers(table, name, path)[rows] for name in SIZE])
    flat = np.flatnonzero(~(size_lwh_m > 0).all(axis=1))
    if len(flat):
        length_m, width_m, height_m = size_lwh_m[flat[0]]
        raise InputFileError(
            f"row {rows[flat[0]]}: the box is {length_m:g} x {width_m:g} x {height_m:g} m",
            path,
            "correct its size or remove the row",
        )
    center_m = np.column_stack([numbers(table, name, path)[rows] for name in CENTER])
    try:
        return SE3.from_yaw(numbers(table, HEADING, path)[rows], center_m), size_lwh_m
    except Av3dError as error:
        raise InputFileError(error.what, path, "copy the file again") from error


def _type_name(number: int) -> str:
    return _TYPE_NAMES.get(number, "TYPE_UNKNOWN")


def _levels(levels: dict[str, list[int]], place: int) -> dict[str, Scalar]:
    named = {name: _LEVEL_NAMES.get(values[place]) for name, values in levels.items()}
    return {name: level for name, level in named.items() if level is not None}


def _presence(times_ns: IntArray, labelled_ns: IntArray) -> tuple[Span, ...]:
    """From the first to the last of each run of labelled frames in which the object has a box."""
    places = np.searchsorted(labelled_ns, times_ns)
    breaks = np.flatnonzero(np.diff(places) > 1) + 1
    return tuple(Span(int(run[0]), int(run[-1])) for run in np.split(times_ns, breaks))
