"""Argoverse 2's annotations as tracks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from av3d.datasets.argoverse2.classes import CATEGORY, LABEL
from av3d.datasets.argoverse2.detections import SCORE, read_detections
from av3d.datasets.argoverse2.layout import (
    ANNOTATIONS,
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
from av3d.datasets.feather import read_feather, texts, whole_numbers
from av3d.datasets.log_folders import folder_name
from av3d.errors import Av3dError, InputFileError
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from av3d.types import FloatArray, IntArray

POINTS = "num_interior_pts"


@dataclass(frozen=True, eq=False)
class _Table:
    """The columns of an annotation table, one row per cuboid."""

    times_ns: IntArray
    track_ids: Sequence[str]
    labels: Sequence[str]
    size_lwh_m: FloatArray
    ego_SE3_cuboid: SE3
    interior_points: IntArray


def read_labels(log: Log, labels: Path | None = None) -> ImportedLabels:
    """Tracks of a log's annotations, in the world frame, at the annotations' timestamps.

    A table with scores holds detections, see `read_detections`.

    Args:
        log: an Argoverse 2 log, or one of another kind whose frames have the table's timestamps, such
            as the one that was exported.
        labels: an annotations.feather, or a folder with one or with one per log; None: the log's own.

    Raises:
        DatasetError: there are no annotations, or none is at a frame of the log.
        InputFileError: the table is damaged, or a row makes no cuboid.
        TrajectoryError: a cuboid lies outside the times of the ego poses.
    """
    path = find_annotations(log, labels)
    found = read_feather(path, "labels")
    if SCORE in found:
        return read_detections(log, path)
    table = _read_table(path)
    check_times(log, table.times_ns, path)
    # Cuboids are given in the ego frame at their timestamp.
    world_SE3_cuboid = log.trajectory.at(table.times_ns) @ table.ego_SE3_cuboid
    labelled_ns = np.unique(table.times_ns)
    rows_of: dict[str, list[int]] = {}
    for row in np.argsort(table.times_ns, kind="stable").tolist():
        rows_of.setdefault(table.track_ids[row], []).append(row)
    numbered: Counter[str] = Counter()
    tracks: list[Track] = []
    for rows in rows_of.values():
        _check_once(table, rows, path)
        category = _category([table.labels[row] for row in rows])
        numbered[category] += 1
        try:
            tracks.append(
                _track(table, world_SE3_cuboid, rows, labelled_ns, category, numbered[category])
            )
        except Av3dError as error:
            raise InputFileError(
                f"track {table.track_ids[rows[0]]!r}: {error.what}", path, "correct the table"
            ) from error
    unknown = sorted(set(table.labels) - set(CATEGORY))
    between = len(np.setdiff1d(labelled_ns, log.lidars[log.reference_lidar].timestamps_ns))
    return ImportedLabels(
        tuple(tracks),
        _notes(unknown, between),
        {
            "frames": len(labelled_ns),
            "cuboids_read": len(table.times_ns),
            "tracks_read": len(rows_of),
            "tracks": len(tracks),
            "cuboids": sum(len(track.keyframes) for track in tracks),
            "times_without_frame": between,
            "unknown_labels": len(unknown),
        },
    )


def find_annotations(log: Log, labels: Path | None) -> Path:
    """The table of a log; DatasetError if there is none."""
    if labels is None and log.kind != "av2":
        raise DatasetError(
            f"Argoverse 2 annotations belong to an Argoverse 2 log, this one is {log.kind}",
            log.path,
            "open the Argoverse 2 log, or say with --labels where they are",
        )
    place = labels if labels is not None else log.path
    if place.is_dir():
        for folder in (place, place / folder_name(log.name)):
            if (folder / ANNOTATIONS).is_file():
                return folder / ANNOTATIONS
    elif place.is_file():
        return place
    raise DatasetError(
        f"no annotations: there is no {ANNOTATIONS}",
        place,
        "say with --labels where they are (the test logs of Argoverse 2 have none)",
    )


def _read_table(path: Path) -> _Table:
    table = read_feather(
        path,
        "labels",
        ["timestamp_ns", "track_uuid", "category", *SIZE, *QUATERNION, *TRANSLATION, POINTS],
    )
    return _Table(
        read_times_ns(table, path),
        texts(table, "track_uuid", path),
        texts(table, "category", path),
        read_sizes(table, path),
        read_transforms(table, path),
        whole_numbers(table, POINTS, path),
    )


def _check_once(table: _Table, rows: Sequence[int], path: Path) -> None:
    times_ns = table.times_ns[list(rows)]
    doubled = np.flatnonzero(np.diff(times_ns) == 0)
    if len(doubled):
        first, second = rows[doubled[0]], rows[doubled[0] + 1]
        raise InputFileError(
            f"track {table.track_ids[first]!r} has two cuboids at {times_ns[doubled[0]]} ns (rows "
            f"{first} and {second})",
            path,
            "remove one of them",
        )


def _category(labels: Sequence[str]) -> str:
    """Category of the label that most cuboids carry."""
    return CATEGORY.get(Counter(labels).most_common(1)[0][0], "other")


def _track(
    table: _Table,
    world_SE3_cuboid: SE3,
    rows: Sequence[int],
    labelled_ns: IntArray,
    category: str,
    number: int,
) -> Track:
    labels = [table.labels[row] for row in rows]
    of_track: Mapping[str, str] = {LABEL: labels[0]} if len(set(labels)) == 1 else {}
    keyframes = tuple(
        Keyframe(
            int(table.times_ns[row]),
            Cuboid(world_SE3_cuboid[row], table.size_lwh_m[row]),
            Provenance.IMPORTED,
            {f"av2.{POINTS}": int(table.interior_points[row])}
            | ({} if of_track else {LABEL: table.labels[row]}),
        )
        for row in rows
    )
    return Track(
        table.track_ids[rows[0]],
        category,
        keyframes,
        _presence(table.times_ns[list(rows)], labelled_ns),
        number,
        of_track,
    )


def _presence(times_ns: IntArray, labelled_ns: IntArray) -> tuple[Span, ...]:
    """From the first to the last of each run of labelled times in which the track has a cuboid."""
    places = np.searchsorted(labelled_ns, times_ns)
    breaks = np.flatnonzero(np.diff(places) > 1) + 1
    return tuple(Span(int(run[0]), int(run[-1])) for run in np.split(times_ns, breaks))


def _notes(unknown: Sequence[str], between: int) -> tuple[str, ...]:
    notes: list[str] = []
    if between:
        notes.append(f"{between} labelled times are not those of a frame of the log")
    if unknown:
        notes.append(f"labels that av3d does not know became other: {shortened(unknown, 10)}")
    return tuple(notes)
