"""sample_annotation as tracks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from av3d.datasets.dataset import DatasetError, ImportedLabels
from av3d.datasets.nuscenes.labels import (
    CATEGORY_ATTRIBUTE,
    VISIBILITY_ATTRIBUTE,
    own_attributes,
    own_category,
)
from av3d.datasets.nuscenes.reading.log import NuScenesLog
from av3d.datasets.nuscenes.reading.parts import joined
from av3d.datasets.nuscenes.reading.place import find_place
from av3d.datasets.nuscenes.reading.rows import by_token, linked, numbers, pose, read_rows, text
from av3d.datasets.nuscenes.reading.scene import Scene, read_scene
from av3d.datasets.nuscenes.reading.sidecar import read_sidecar
from av3d.datasets.nuscenes.tables import Row
from av3d.errors import Av3dError, InputFileError
from av3d.geometry.cuboid import Cuboid
from av3d.logs.frames import nearest
from av3d.logs.log import Log
from av3d.tracks.checking import TrackError
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from av3d.types import IntArray, Scalar

ROUNDING_NS = 1000
"""Samples of an export are at the frames of the log that it was made of, but for this."""


@dataclass(frozen=True)
class _Tables:
    """The small tables that annotations point to, by token."""

    scene: Scene
    categories: Mapping[str, str]
    attributes: Mapping[str, str]
    visibilities: Mapping[str, str]


def read_labels(log: Log, labels: Path | None = None) -> ImportedLabels:
    """The annotations of a scene as tracks, in the global frame, at the times of the samples' frames.

    Args:
        log: a nuScenes log; or, with `labels`, any log that the labels were exported from.
        labels: a data root or version folder, with the name of a scene behind it where there are
            several; None: the log's own tables. Of an export in which the log is several scenes,
            because frames were left out, all are read.

    Raises:
        DatasetError: there are no labels there, or they belong to another log.
        InputFileError: a table is damaged, or a row makes no cuboid.
    """
    if labels is not None:
        place = find_place(labels)
        scenes = [e.scene for e in read_sidecar(place.root) if e.log == log.name]
        if place.scene is None and len(scenes) > 1:
            return joined([_of_scene(log, place.version / scene) for scene in scenes])
    return _of_scene(log, labels)


def _of_scene(log: Log, labels: Path | None) -> ImportedLabels:
    scene, times_ns = _source(log, labels)
    path = scene.table("sample_annotation")
    rows = read_rows(path, "sample_token", times_ns)
    tables = _read_tables(scene)
    instance_path = scene.table("instance")
    wanted = {text(row, "instance_token", path) for row in rows}
    instances = by_token(read_rows(instance_path, "token", wanted), instance_path)
    by_instance: dict[str, dict[str, Row]] = {}
    for row in rows:
        token, sample = text(row, "instance_token", path), text(row, "sample_token", path)
        linked(instances, row, "instance_token", path, "instance")
        found = by_instance.setdefault(token, {})
        if sample in found:
            raise InputFileError(
                f"instance {token[:60]!r} has two boxes in sample {sample[:60]!r}", path,
                "remove one of them",
            )  # fmt: skip
        found[sample] = row
    order = list(times_ns)
    place_of = {sample: place for place, sample in enumerate(order)}
    numbered: Counter[str] = Counter()
    unknown: set[str] = set()
    tracks: list[Track] = []
    for token in sorted(
        by_instance, key=lambda token: (min(place_of[s] for s in by_instance[token]), token)
    ):
        category_token = text(instances[token], "category_token", instance_path)
        category = _named(category_token, tables.categories, "category", instance_path)
        if own_category(category) is None:
            unknown.add(category)
        boxes = {
            sample: by_instance[token][sample] for sample in order if sample in by_instance[token]
        }
        tracks.append(_track(token, category, boxes, times_ns, tables, numbered, path))
    notes = []
    if unknown:
        names = ", ".join(name[:60] for name in sorted(unknown))
        notes.append(f"categories that av3d does not know became other: {names}")
    if not rows:
        notes.append(f"{scene.name} has no annotations")
    return ImportedLabels(
        tuple(tracks),
        tuple(notes),
        {"samples": len(order), "cuboids": len(rows), "tracks": len(tracks)},
    )


def _source(log: Log, labels: Path | None) -> tuple[Scene, dict[str, int]]:
    """The scene with the labels, and the times of its samples in the log."""
    if labels is None:
        if isinstance(log, NuScenesLog):
            return log.scene, dict(log.sample_times_ns)
        raise DatasetError(
            "a log of another kind has no nuScenes labels", log.path, "say where with --labels"
        )
    scene = read_scene(find_place(labels), preferred_log=log.name)
    if isinstance(log, NuScenesLog) and set(scene.samples) == set(log.sample_times_ns):
        return scene, dict(log.sample_times_ns)
    exact_ns = scene.written.sample_times_ns if scene.written else {}
    frames_ns: IntArray = np.asarray(log.frames.timestamps_ns)
    times_ns: dict[str, int] = {}
    for token, time_ns in scene.samples.items():
        sample_ns = exact_ns.get(token, time_ns)
        frame_ns = int(frames_ns[nearest(frames_ns, np.array([sample_ns]))[0]])
        if abs(frame_ns - sample_ns) > ROUNDING_NS:
            raise DatasetError(
                f"sample {token[:60]} is at no frame of log {log.name}", labels,
                "choose the log that the labels belong to",
            )  # fmt: skip
        times_ns[token] = frame_ns
    if len(set(times_ns.values())) < len(times_ns):
        raise DatasetError("two samples are at one time", labels, "correct sample.json")
    return scene, times_ns


def _read_tables(scene: Scene) -> _Tables:
    def column(name: str, key: str) -> dict[str, str]:
        path = scene.table(name)
        return {
            token: text(row, key, path) for token, row in by_token(read_rows(path), path).items()
        }

    return _Tables(
        scene,
        column("category", "name"),
        column("attribute", "name"),
        column("visibility", "level"),
    )


def _track(
    token: str,
    category: str,
    boxes: Mapping[str, Row],
    times_ns: Mapping[str, int],
    tables: _Tables,
    numbered: Counter[str],
    path: Path,
) -> Track:
    """One instance as a track; it is absent between samples where one of them lacks it."""
    written = tables.scene.written
    entry = written.tracks.get(token) if written else None
    own = entry.category if entry else own_category(category) or "other"
    numbered[own] += 1
    values = {sample: _attributes(row, category, tables, path) for sample, row in boxes.items()}
    constant = _constant(list(values.values()))
    try:
        return Track(
            entry.id if entry else token,
            own,
            tuple(
                Keyframe(
                    times_ns[sample],
                    _cuboid(row, path),
                    Provenance.IMPORTED,
                    {name: v for name, v in values[sample].items() if name not in constant},
                )
                for sample, row in boxes.items()
            ),
            presence_of(boxes, times_ns),
            entry.number if entry else numbered[own],
            {CATEGORY_ATTRIBUTE: category, **constant},
        )
    except TrackError as error:
        raise InputFileError(
            f"instance {token[:60]!r}: {error.what}", path, "correct it"
        ) from error


def _cuboid(row: Row, path: Path) -> Cuboid:
    width_m, length_m, height_m = numbers(row, "size", path, (3,)).tolist()
    try:
        return Cuboid(pose(row, path), np.array([length_m, width_m, height_m]))
    except Av3dError as error:
        raise InputFileError(
            f"{error.what} (row {str(row.get('token'))[:60]!r})", path, "correct or remove the row"
        ) from error


def _attributes(row: Row, category: str, tables: _Tables, path: Path) -> dict[str, Scalar]:
    tokens = row.get("attribute_tokens")
    if not isinstance(tokens, list):
        raise InputFileError(
            f"attribute_tokens of row {str(row.get('token'))[:60]!r} is not a list", path,
            "correct the row",
        )  # fmt: skip
    values = own_attributes(
        category, [_named(token, tables.attributes, "attribute", path) for token in tokens]
    )
    visibility = text(row, "visibility_token", path)
    if visibility:
        values[VISIBILITY_ATTRIBUTE] = _named(visibility, tables.visibilities, "visibility", path)
    return values


def _named(token: object, names: Mapping[str, str], table: str, path: Path) -> str:
    if not isinstance(token, str) or token not in names:
        raise InputFileError(
            f"the {table} {str(token)[:60]!r} is not in {table}.json", path,
            "restore the tables; they belong together",
        )  # fmt: skip
    return names[token]


def _constant(values: Sequence[Mapping[str, Scalar]]) -> dict[str, Scalar]:
    """Attributes with one value in all samples; they belong to the track."""
    return {
        name: value
        for name, value in values[0].items()
        if all(name in other and other[name] == value for other in values)
    }


def presence_of(boxes: Container[str], times_ns: Mapping[str, int]) -> tuple[Span, ...]:
    """When an object is there that has boxes in some samples; `times_ns` are those of all, in order."""
    spans: list[Span] = []
    was_there = False
    for sample, time_ns in times_ns.items():
        if sample in boxes and was_there:
            spans[-1] = Span(spans[-1].start_ns, time_ns)
        elif sample in boxes:
            spans.append(Span(time_ns, time_ns))
        was_there = sample in boxes
    return tuple(spans)
