"""PandaSet's cuboids as tracks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from av3d.datasets.dataset import DatasetError, ImportedLabels
from av3d.datasets.pandaset.classes import CATEGORY, generic_attributes
from av3d.datasets.pandaset.label_files import find_tables, times_of_tables
from av3d.datasets.pandaset.pickles import numbers_of, read_table
from av3d.datasets.pandaset.siblings import LabelledObject, groups
from av3d.errors import Av3dError, InputFileError
from av3d.geometry.cuboid import Cuboid
from av3d.logs.log import Log
from av3d.tracks.checking import TrackError
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from av3d.types import FloatArray, IntArray, Scalar

_NUMBERS = (
    "position.x", "position.y", "position.z",
    "dimensions.x", "dimensions.y", "dimensions.z",
    "yaw",
)  # fmt: skip
_NO_SIBLING = "-"
_NO_SENSOR = -1
_READ = {"uuid", "cuboids.sibling_id", *_NUMBERS}


@dataclass(frozen=True)
class _Row:
    """One cuboid of one frame."""

    cuboid: Cuboid
    sensor: int
    sibling: str
    attributes: Mapping[str, Scalar]

    @property
    def label(self) -> str:
        return str(self.attributes["pandaset.label"])


@dataclass
class _Merging:
    """What became of siblings, for the user."""

    objects: int = 0
    dropped: int = 0
    filled: int = 0
    distances_m: list[float] = field(default_factory=list)


def read_labels(log: Log, labels: Path | None = None) -> ImportedLabels:
    """Tracks of a log's cuboids, in the world frame, at the sweeps' timestamps.

    Args:
        log: a PandaSet log, or one of another kind that was exported as one.
        labels: a folder with 00.pkl.gz ..., or one that has it as `annotations/cuboids` or
            `cuboids`, or one with a folder per log; None: the log's own.

    Raises:
        DatasetError: there are no cuboids, or they belong to another log.
        InputFileError: a file is damaged or a row makes no cuboid.
    """
    folder, files = find_tables(log, labels)
    times_ns = times_of_tables(log, folder)
    late = [path for number, path in files.items() if number >= len(times_ns)]
    if late:
        raise DatasetError(
            f"the log has {len(times_ns)} timestamps, there is none for this frame", late[0],
            "import labels that belong to this log",
        )  # fmt: skip
    objects: dict[str, dict[int, _Row]] = {}
    for number, path in files.items():
        for uuid, row in _read_frame(path).items():
            objects.setdefault(uuid, {})[number] = row
    frames = list(files)
    merging = _Merging()
    tracks: list[Track] = []
    numbers: Counter[str] = Counter()
    for uuids in groups({uuid: _described(uuid, rows) for uuid, rows in objects.items()}):
        rows = _merge([objects[uuid] for uuid in uuids], merging)
        category = _category(rows)
        numbers[category] += 1
        try:
            tracks.append(_track(uuids, rows, frames, times_ns, category, numbers[category]))
        except TrackError as error:
            raise InputFileError(
                error.what, f"{folder}, {error.where}", "correct the tables"
            ) from error
    unknown = sorted(
        {row.label for rows in objects.values() for row in rows.values()} - set(CATEGORY)
    )
    read = sum(len(rows) for rows in objects.values())
    return ImportedLabels(
        tuple(tracks),
        _notes(folder, frames, len(times_ns), merging, unknown),
        {
            "frames": len(frames),
            "cuboids_read": read,
            "tracks_read": len(objects),
            "tracks": len(tracks),
            "cuboids": sum(len(track.keyframes) for track in tracks),
            "siblings_merged": merging.objects,
            "sibling_cuboids_dropped": merging.dropped,
            "sibling_cuboids_used": merging.filled,
            "unknown_labels": len(unknown),
        },
    )


def _read_frame(path: Path) -> dict[str, _Row]:
    table = read_table(path, ("uuid", "label", *_NUMBERS))
    numbers = {name: _finite(table[name], name, path) for name in _NUMBERS}
    rows: dict[str, _Row] = {}
    for index, value in enumerate(table["uuid"]):
        uuid = str(value)
        if uuid in rows:
            raise InputFileError(
                f"the object {uuid} has two cuboids (row {index})", path, "remove one of them"
            )
        rows[uuid] = _row(table, numbers, index, uuid, path)
    return rows


def _row(
    table: Mapping[str, npt.NDArray[Any]],
    numbers: Mapping[str, FloatArray],
    index: int,
    uuid: str,
    path: Path,
) -> _Row:
    center_m = np.array([numbers[f"position.{axis}"][index] for axis in "xyz"])
    width_m, length_m, height_m = (numbers[f"dimensions.{axis}"][index] for axis in "xyz")
    if not min(length_m, width_m, height_m) > 0:
        raise InputFileError(
            f"the cuboid of {uuid} (row {index}) is {width_m} x {length_m} x {height_m} m",
            path,
            "correct its size or remove the row",
        )
    # PandaSet's yaw is the angle of the width axis; the heading is a quarter turn further.
    yaw_rad = numbers["yaw"][index] + np.pi / 2
    attributes = {
        f"pandaset.{name.removeprefix('attributes.').removeprefix('cuboids.')}": scalar
        for name, column in table.items()
        if name not in _READ and (scalar := _scalar(column[index])) is not None
    }
    # -1 says that no camera was used, as an absent value does.
    if attributes.get("pandaset.camera_used") == _NO_SENSOR:
        del attributes["pandaset.camera_used"]
    attributes.setdefault("pandaset.label", "")
    attributes.update(generic_attributes(attributes))
    sensor = attributes.get("pandaset.sensor_id", _NO_SENSOR)
    sibling = table.get("cuboids.sibling_id")
    try:
        cuboid = Cuboid.from_yaw(center_m, [length_m, width_m, height_m], float(yaw_rad))
    except Av3dError as error:
        raise InputFileError(
            f"the cuboid of {uuid} (row {index}): {error.what}", path, "correct or remove the row"
        ) from error
    return _Row(
        cuboid,
        int(sensor) if isinstance(sensor, int | float) else _NO_SENSOR,
        _NO_SIBLING if sibling is None else str(sibling[index]),
        attributes,
    )


def _described(uuid: str, rows: Mapping[int, _Row]) -> LabelledObject:
    return LabelledObject(
        uuid,
        next(iter(rows.values())).sensor,
        frozenset(rows),
        frozenset(row.sibling for row in rows.values()) - {_NO_SIBLING, uuid},
    )


def _merge(parts: Sequence[Mapping[int, _Row]], merging: _Merging) -> dict[int, _Row]:
    """The rows of the first part, and in frames that it lacks those of the next that has them."""
    merged = dict(parts[0])
    merging.objects += len(parts) - 1
    for part in parts[1:]:
        for frame, row in part.items():
            if frame in merged:
                merging.dropped += 1
                apart = merged[frame].cuboid.center_m - row.cuboid.center_m
                merging.distances_m.append(float(np.hypot(apart[0], apart[1])))
            else:
                merging.filled += 1
                merged[frame] = row
    return dict(sorted(merged.items()))


def _category(rows: Mapping[int, _Row]) -> str:
    """Category of the label that most cuboids carry."""
    label = Counter(row.label for row in rows.values()).most_common(1)[0][0]
    return CATEGORY.get(label, "other")


def _track(
    uuids: tuple[str, ...],
    rows: Mapping[int, _Row],
    frames: Sequence[int],
    times_ns: IntArray,
    category: str,
    number: int,
) -> Track:
    constant = _constant([row.attributes for row in rows.values()])
    keyframes = [
        Keyframe(
            int(times_ns[frame]),
            row.cuboid,
            Provenance.IMPORTED,
            {name: value for name, value in row.attributes.items() if name not in constant},
        )
        for frame, row in rows.items()
    ]
    siblings = {"pandaset.sibling_id": " ".join(uuids[1:])} if len(uuids) > 1 else {}
    return Track(
        uuids[0],
        category,
        tuple(keyframes),
        tuple(
            Span(int(times_ns[first]), int(times_ns[last])) for first, last in _runs(rows, frames)
        ),
        number,
        {**constant, **siblings},
    )


def _constant(attributes: Sequence[Mapping[str, Scalar]]) -> dict[str, Scalar]:
    """Attributes with one value in every frame; they belong to the track."""
    first = attributes[0]
    return {
        name: value
        for name, value in first.items()
        if all(name in other and other[name] == value for other in attributes)
    }


def _runs(rows: Mapping[int, _Row], frames: Sequence[int]) -> list[tuple[int, int]]:
    """First and last frame of each stretch of labelled frames in which the object has a cuboid."""
    runs: list[tuple[int, int]] = []
    open_run = False
    for frame in frames:
        if frame in rows:
            runs = [*runs[:-1], (runs[-1][0], frame)] if open_run else [*runs, (frame, frame)]
        open_run = frame in rows
    return runs


def _notes(
    folder: Path, frames: Sequence[int], count: int, merging: _Merging, unknown: Sequence[str]
) -> tuple[str, ...]:
    notes: list[str] = []
    if merging.objects:
        note = (
            f"{merging.objects} objects are labelled once per LiDAR; kept are the Pandar64's "
            f"cuboids, {merging.dropped} of the PandarGT are left out and {merging.filled} fill "
            "frames that the Pandar64 lacks"
        )
        if merging.distances_m:
            note += (
                f" (centres apart: median {np.median(merging.distances_m):.2f} m, "
                f"most {max(merging.distances_m):.2f} m)"
            )
        notes.append(note)
    if len(frames) < count:
        notes.append(f"{count - len(frames)} of {count} frames have no file in {folder.name}")
    if unknown:
        notes.append(f"labels that av3d does not know became other: {', '.join(unknown)}")
    return tuple(notes)


def _finite(column: npt.NDArray[Any], name: str, path: Path) -> FloatArray:
    values = numbers_of(column, name, path)
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        raise InputFileError(
            f"{name} of row {row} is {values[row]}, not a finite number", path,
            "correct or remove the row",
        )  # fmt: skip
    return values


def _scalar(value: Any) -> Scalar | None:
    """A value of a table cell as a plain Python value; None where there is none."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | bool | int | float) else None
