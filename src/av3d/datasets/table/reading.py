"""Labels of tables: tracks where rows have the IDs of their objects, detections where they have none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from av3d.datasets.customary_classes import customary_category
from av3d.datasets.dataset import DatasetError, ImportedLabels
from av3d.datasets.imported_tracks import (
    CuboidRows,
    TrackFacts,
    check_sizes,
    renamed,
    tracks_of,
)
from av3d.datasets.table.cells import attributes_of, json_cell
from av3d.datasets.table.columns import (
    CENTER,
    CUBOID_COLUMNS,
    CUBOIDS,
    EGO,
    FRAME,
    QUATERNION,
    READ_OF_CUBOIDS,
    SIZE,
    TIME,
    TIME_S,
    TRACK_COLUMNS,
    TRACKS,
    WORLD,
    YAW,
)
from av3d.datasets.table.sources import Table, header_of, read_table
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.tracks.detections import Detections
from av3d.tracks.presence import Span
from av3d.tracks.proposal import SCORE
from av3d.tracks.relation import Relation
from av3d.types import NS_PER_MS, NS_PER_S, FloatArray, IntArray

SNAP_NS = NS_PER_MS
"""Seconds that are so near to a frame's time mean the frame: doubles and scripts round them."""


def has_cuboids(path: Path, suffix: str) -> bool:
    """Whether a file, or the table of cuboids in a folder, has the columns of cuboids. Never raises."""
    try:
        place = path / f"{CUBOIDS}{suffix}" if path.is_dir() else path
    except OSError:
        return False
    if place.suffix.lower() != suffix:
        return False
    header = header_of(place)
    return "category" in header and bool(_reference(header)) and set(SIZE) <= set(header)


def read_labels(log: Log, labels: Path, suffix: str) -> ImportedLabels:
    """Tracks of the rows of a table of cuboids, or detections where rows have no track ID.

    Args:
        log: the log, of any kind. Rows of other logs are left out where a table says its logs.
        labels: the file, or a folder with `cuboids` and, if it is there, `tracks`.
        suffix: of the files.

    Raises:
        InputFileError: a file cannot be read.
        DatasetError: a column is missing, or a cell is wrong; says which line.
        TrajectoryError: a cuboid of the ego frame lies outside the times of the ego poses.
    """
    path = labels / f"{CUBOIDS}{suffix}" if labels.is_dir() else labels
    table = read_table(path, READ_OF_CUBOIDS)
    _check_columns(table)
    table, notes = _of_log(table, log)
    times_ns = _times_ns(table, log)
    poses = _poses(table, log, times_ns)
    sizes_m = table.required_numbers(*SIZE)
    check_sizes(sizes_m, table.place_of, path)
    outside = _outside(times_ns, log, table)
    if outside:
        notes.append(f"{outside} cuboids are not at the time of a frame of the log")
    unknown = [name for name in table.unread if name not in CUBOID_COLUMNS]
    if unknown:
        notes.append(f"columns that are not read: {', '.join(unknown)}"[:500])
    given = table.required_texts("category")
    # Of our own tables the names are the project's.
    is_own = "track_name" in table
    known = {name: name if is_own else customary_category(name) for name in set(given)}
    categories = [known[name] for name in given]
    counts = {"cuboids": table.rows, "frames": len(np.unique(times_ns))}
    if not any(table.texts.get("track_id", ())):
        detections = Detections(
            times_ns, poses.translation_m, poses.quaternion_wxyz, sizes_m, tuple(categories),
            _scores(table), tuple(given),
        )  # fmt: skip
        return ImportedLabels((), tuple(notes), counts, detections if table.rows else None)
    rows = CuboidRows(
        times_ns, table.required_texts("track_id"), categories, poses, sizes_m,
        attributes_of(table), table.place_of,
    )  # fmt: skip
    facts = _facts(path.with_name(f"{TRACKS}{suffix}"), table, rows) if is_own else {}
    labelled_ns = np.unique(np.concatenate([times_ns, _frame_times_ns(log, times_ns)]))
    tracks = tracks_of(rows, facts, labelled_ns, path)
    changed = renamed(rows)
    if changed:
        notes.append(f"{changed} cuboids took the category of most of their track")
    counts |= {"tracks": len(tracks), "renamed_cuboids": changed}
    return ImportedLabels(tracks, tuple(notes), counts)


def _reference(header: Sequence[str] | Table) -> str:
    """The frame of reference that a table has whole poses in, the world before the ego; "" if none."""
    for frame in (WORLD, EGO):
        place = all(f"{frame}_{axis}" in header for axis in CENTER)
        turned = all(f"{frame}_{part}" in header for part in QUATERNION)
        if place and (turned or f"{frame}_{YAW}" in header):
            return frame
    return ""


def _check_columns(table: Table) -> None:
    fix = "see docs/formats/tables.md"
    for name in (*SIZE, "category"):
        if name not in table:
            raise DatasetError(f"there is no column {name}", table.path, fix)
    if not _reference(table):
        raise DatasetError(
            f"there is no whole pose: {WORLD}_x_m, {WORLD}_y_m, {WORLD}_z_m and {WORLD}_{YAW}, or "
            f"the same with {EGO}",
            table.path,
            fix,
        )
    if not any(name in table for name in (TIME, TIME_S, FRAME)):
        raise DatasetError(f"there is no column {TIME}, {TIME_S} or {FRAME}", table.path, fix)


def _of_log(table: Table, log: Log) -> tuple[Table, list[str]]:
    """The rows of a log."""
    names = set(table.texts.get("log", ())) - {""}
    if not names or names == {log.name}:
        return table, []
    if log.name not in names:
        if len(names) > 1:
            listed = ", ".join(sorted(names)[:5])
            raise DatasetError(
                f"no rows of log {log.name}; it has those of {listed}",
                table.path,
                "choose another log",
            )
        return table, [f"the table was made for log {names.pop()}, and this is {log.name}"]
    rows = np.array([row for row, name in enumerate(table.texts["log"]) if name == log.name])
    return table.only(rows), [f"{table.rows - len(rows)} rows of other logs were left out"]


def _times_ns(table: Table, log: Log) -> IntArray:
    """When each cuboid is, (N,): by time in nanoseconds, in seconds, or number of the frame."""
    if TIME in table:
        return table.required_whole(TIME)
    stamps_ns = np.array([frame.timestamp_ns for frame in log.frames], dtype=np.int64)
    if TIME_S in table:
        seconds = table.required_numbers(TIME_S)[:, 0]
        wrong = np.flatnonzero(np.abs(seconds) > 2**62 / NS_PER_S)
        if len(wrong):
            raise table.wrong(int(wrong[0]), f"{TIME_S} is {seconds[wrong[0]]:g}")
        times_ns = np.round(seconds * NS_PER_S).astype(np.int64)
        right = np.clip(np.searchsorted(stamps_ns, times_ns), 0, len(stamps_ns) - 1)
        left = np.maximum(right - 1, 0)
        is_left = np.abs(stamps_ns[left] - times_ns) < np.abs(stamps_ns[right] - times_ns)
        near_ns = np.where(is_left, stamps_ns[left], stamps_ns[right])
        return np.where(np.abs(near_ns - times_ns) <= SNAP_NS, near_ns, times_ns)
    frames = table.required_whole(FRAME)
    wrong = np.flatnonzero((frames < 0) | (frames >= len(stamps_ns)))
    if len(wrong):
        raise table.wrong(
            int(wrong[0]),
            f"{FRAME} is {frames[wrong[0]]}, and log {log.name} has 0 to {len(stamps_ns) - 1}",
        )
    return stamps_ns[frames]


def _outside(times_ns: IntArray, log: Log, table: Table) -> int:
    """How many cuboids are at no frame's time.

    Raises:
        DatasetError: none is even near the log: the unit is another, or the log.
    """
    inside = (times_ns >= log.start_ns - NS_PER_S) & (times_ns <= log.end_ns + NS_PER_S)
    if len(times_ns) and not inside.any():
        raise DatasetError(
            f"cuboids are from {times_ns.min()} to {times_ns.max()} ns, and log {log.name} from "
            f"{log.start_ns} to {log.end_ns} ns",
            table.path,
            "give times on the log's clock",
        )
    return len(times_ns) - int(np.isin(times_ns, [f.timestamp_ns for f in log.frames]).sum())


def _frame_times_ns(log: Log, times_ns: IntArray) -> IntArray:
    """Times of the frames of a log, if the cuboids are at every one that their span covers.

    A table that labels every frame has a row in nearly all; one that labels every fifth frame is no
    witness that objects are gone in between.
    """
    stamps_ns = np.array([frame.timestamp_ns for frame in log.frames], dtype=np.int64)
    if not len(times_ns):
        return stamps_ns[:0]
    covered = stamps_ns[(stamps_ns >= times_ns.min()) & (stamps_ns <= times_ns.max())]
    seen = np.isin(covered, times_ns)
    return covered if 2 * seen.sum() > len(covered) else stamps_ns[:0]


def _poses(table: Table, log: Log, times_ns: IntArray) -> SE3:
    """`world_SE3_cuboid`, batch of N."""
    reference = _reference(table)
    centers_m = table.required_numbers(*(f"{reference}_{axis}" for axis in CENTER))
    parts = [f"{reference}_{part}" for part in QUATERNION]
    try:
        if all(part in table for part in parts):
            quaternions = table.required_numbers(*parts)
            with np.errstate(over="ignore"):
                norms = np.linalg.norm(quaternions, axis=1)
            wrong = np.flatnonzero((norms < 1e-5) | ~np.isfinite(norms))
            if len(wrong):
                row = int(wrong[0])
                raise table.wrong(row, f"its quaternion has length {norms[row]:g}")
            poses = SE3.from_quaternion(quaternions, centers_m)
        else:
            yaws_rad = table.required_numbers(f"{reference}_{YAW}")[:, 0]
            poses = SE3.from_yaw(yaws_rad, centers_m)
    except DatasetError:
        raise
    except Av3dError as error:
        farthest = int(np.argmax(np.abs(centers_m).max(axis=1)))
        raise table.wrong(farthest, error.what) from error
    if reference == WORLD:
        return poses
    return log.trajectory.at(times_ns) @ poses


def _scores(table: Table) -> FloatArray:
    """Scores of detections; 1 where the table has none."""
    if SCORE not in table:
        return np.ones(table.rows)
    return table.required_numbers(SCORE)[:, 0]


def _facts(path: Path, table: Table, rows: CuboidRows) -> Mapping[str, TrackFacts]:
    """What the table of tracks beside says of the tracks that have cuboids; nothing if there is none."""
    if not path.is_file():
        return {}
    tracks = read_table(path, TRACK_COLUMNS)
    if "track_id" not in tracks:
        return {}  # somebody's own table of that name
    logs, named = set(table.texts.get("log", ())), "log" in tracks and "log" in table
    present: dict[str, int] = {}
    for track_id in rows.track_ids:
        present[track_id] = present.get(track_id, 0) + 1
    found: dict[str, TrackFacts] = {}
    for row in range(tracks.rows):
        track_id = tracks.texts["track_id"][row]
        if track_id not in present or (named and tracks.texts["log"][row] not in logs):
            continue
        if track_id in found:
            raise tracks.wrong(row, f"track {track_id!r} is there twice", "remove one")
        found[track_id] = _fact(tracks, row, present[track_id])
    return found


def _fact(tracks: Table, row: int, cuboids: int) -> TrackFacts:
    def whole(name: str) -> int | None:
        values, known = tracks.whole.get(name, (np.zeros(0, np.int64), np.zeros(0, np.bool_)))
        return int(values[row]) if len(values) and known[row] else None

    attributes = json_cell(tracks, row, "attributes", dict)
    try:
        # Spans are those of the cuboids that were written; somebody may have removed some since.
        is_whole = whole("cuboids") == cuboids
        spans = json_cell(tracks, row, "spans_ns", list) if is_whole else []
        return TrackFacts(
            number=whole("number"),
            attributes=attributes,
            exact=True,
            static=bool(whole("static")),
            note=tracks.texts["note"][row] if "note" in tracks else "",
            relations=tuple(
                Relation(*_pair(value)) for value in json_cell(tracks, row, "relations", list)
            ),
            spans=tuple(Span(*_pair(value)) for value in spans),
        )
    except (Av3dError, TypeError, ValueError) as error:
        if isinstance(error, DatasetError):
            raise
        what = error.what if isinstance(error, Av3dError) else str(error)
        raise tracks.wrong(row, what) from error


def _pair(value: Any) -> tuple[Any, Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"{json.dumps(value)[:60]} is no pair")
    return value[0], value[1]
