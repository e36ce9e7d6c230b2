"""Writing OpenLABEL: one JSON file per log, frame by frame, so that memory does not grow with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from av3d.datasets.dataset import (
    ExportOptions,
    ExportReport,
    LabelledLog,
    Loss,
    Progress,
    no_progress,
)
from av3d.datasets.exporting import labelled
from av3d.datasets.label_files import FrameRuns, check_stems
from av3d.datasets.openlabel.elements import Elements, object_of, static_attributes
from av3d.datasets.openlabel.scenery import QUATERNION_DECIMALS, Scenery
from av3d.datasets.openlabel.words import (
    ANNOTATOR,
    ONTOLOGY,
    PROVENANCE,
    SCHEMA_VERSION,
    SHAPE,
    data_of,
    interval,
    kind_of,
    uid_of,
)
from av3d.datasets.relabelling import NAMED
from av3d.datasets.tally import between_frames, without_frame
from av3d.files import new_folder
from av3d.geometry.se3 import SE3
from av3d.logs.frames import Frame
from av3d.tracks.keyframe import Provenance
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import Scalar

DECIMALS = 9
"""Of metres, where nobody asks for others: nanometres."""


def write_labels(
    items: Sequence[LabelledLog],
    out: Path,
    options: ExportOptions,
    progress: Progress = no_progress,
) -> ExportReport:
    """Write one file per log, <log name>.json.

    Raises:
        DatasetError: no log, or two that would get the same file.
        OutputError: the folder is in use, or the disk refuses.
    """
    labelled(items, out)
    names = check_stems(items, out, ".json")
    losses = _Losses()
    tracks = cuboids = frames = 0
    with new_folder(out, replace=options.overwrite) as folder:
        for item, name in zip(items, names, strict=True):
            with (folder / name).open("w", encoding="utf-8", newline="\n") as file:
                one = _LogWriter(item, file, options, losses)
                one.write(progress)
            tracks, cuboids = tracks + len(one.runs), cuboids + one.cuboids
            frames += len(item.frames)
    return ExportReport(
        "openlabel", out, len(items), frames, tracks, cuboids, len(items), losses.all(),
        ("cuboids are in the vehicle's coordinate system at the time of their frame",),
    )  # fmt: skip


class _Losses:
    """What the files cannot hold, over all logs."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, str, list[str], int]] = {}

    def add(self, what: str, of: str, detail: str, names: Sequence[str], count: int) -> None:
        if count:
            _, _, known, before = self._found.get(what, (of, detail, [], 0))
            self._found[what] = (of, detail, [*known, *names], before + count)

    def all(self) -> tuple[Loss, ...]:
        return tuple(
            Loss(what, count, of, detail, tuple(names[:NAMED]))
            for what, (of, detail, names, count) in self._found.items()
        )


class _LogWriter:
    """The file of one log."""

    def __init__(
        self, item: LabelledLog, file: TextIO, options: ExportOptions, losses: _Losses
    ) -> None:
        self._item, self._file, self._losses = item, file, losses
        self._ontology = options.ontology
        self._decimals = DECIMALS if options.decimals is None else options.decimals
        self._rounds_sizes = options.decimals is not None
        self._scenery = Scenery(item.log)
        self._uids = [uid_of(track.id) for track in item.tracks]
        self._static = [static_attributes(track) for track in item.tracks]
        self._kinds: list[dict[str, str]] = [{} for _ in item.tracks]
        self._between: set[int] = set()
        self.runs = FrameRuns(len(item.tracks))
        self.cuboids = 0

    def write(self, progress: Progress) -> None:
        item, scenery = self._item, self._scenery
        frames = item.frames
        head = {
            "metadata": {
                "schema_version": SCHEMA_VERSION,
                "name": item.log.name,
                "annotator": f"{ANNOTATOR} {version('av3d')}",
            },
            "ontologies": {ONTOLOGY: self._ontology or "av3d"},
            "coordinate_systems": scenery.coordinate_systems(),
            "streams": scenery.streams(),
        }
        self._file.write('{"openlabel": {\n')
        for key, value in head.items():
            self._file.write(f'"{key}": {_json(value)},\n')
        self._members("frames", self._frames(frames, progress))
        self._file.write(f',\n"frame_intervals": {_json(_intervals(frames))},\n')
        self._members("objects", self._objects())
        indices = [frame.index for frame in frames]
        times_ns = [frame.timestamp_ns for frame in frames]
        elements = Elements(item, self.runs, indices, times_ns)
        for key in ("relations", "actions", "events"):
            found = list(getattr(elements, key)())
            if found:
                self._file.write(",\n")
                self._members(key, found)
        self._file.write("\n}}\n")
        self._count_losses(elements)

    def _members(self, key: str, members: Iterable[tuple[str, Any]]) -> None:
        """One member of the file whose own members are a line each."""
        self._file.write(f'"{key}": {{')
        before = "\n"
        for name, value in members:
            self._file.write(f"{before}{_json(name)}: {_json(value)}")
            before = ",\n"
        self._file.write("\n}")

    def _frames(
        self, frames: Sequence[Frame], progress: Progress
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        previous: int | None = None
        for done, frame in enumerate(frames):
            progress(f"Writing {self._item.log.name}", done, len(frames))
            objects = self._objects_in(frame, previous)
            properties = self._scenery.frame_properties(frame)
            found = {"objects": objects} if objects else {}
            yield str(frame.index), {"frame_properties": properties, **found}
            previous = frame.index
        progress(f"Writing {self._item.log.name}", len(frames), len(frames))

    def _objects_in(self, frame: Frame, previous: int | None) -> dict[str, Any]:
        states = self._item.states(frame)
        there = [(row, state) for row, state in enumerate(states) if state is not None]
        if not there:
            return {}
        values = self._values([state for _, state in there], frame)
        objects: dict[str, Any] = {}
        for (row, state), value in zip(there, values, strict=True):
            attributes = self._attributes(row, state)
            for name, attribute in attributes.items():
                self._kinds[row].setdefault(name, kind_of(attribute))
            cuboid = {
                "name": SHAPE,
                "val": value,
                "coordinate_system": self._scenery.vehicle,
                "attributes": data_of(attributes),
            }
            objects[self._uids[row]] = {"object_data": {"cuboid": [cuboid]}}
            self.runs.add(row, frame.index, previous)
        self.cuboids += len(there)
        return objects

    def _values(self, states: Sequence[TrackState], frame: Frame) -> list[list[float]]:
        """The ten numbers of each cuboid: centre, quaternion x, y, z, w, size; in the vehicle's frame."""
        world_SE3_cuboid = SE3.stack([state.cuboid.frame_SE3_cuboid for state in states])
        ego_SE3_world = self._item.log.world_SE3_ego(frame.timestamp_ns).inverse()
        ego_SE3_cuboid = ego_SE3_world @ world_SE3_cuboid
        sizes_m = np.stack([state.cuboid.size_lwh_m for state in states])
        if self._rounds_sizes:  # to what is still a size
            sizes_m = np.maximum(sizes_m.round(self._decimals), 10.0**-self._decimals)
        values = np.concatenate(
            [
                ego_SE3_cuboid.translation_m.round(self._decimals),
                np.roll(ego_SE3_cuboid.quaternion_wxyz, -1, axis=1).round(QUATERNION_DECIMALS),
                sizes_m,
            ],
            axis=1,
        )
        return [list(row) for row in (values + 0.0).tolist()]

    def _attributes(self, row: int, state: TrackState) -> dict[str, Scalar]:
        """What holds at this frame and not for the whole track."""
        own = self._item.tracks[row].attributes
        at_frame: Mapping[str, Scalar] = {} if state.attributes is own else state.attributes
        found = {
            name: value
            for name, value in at_frame.items()
            if name not in own or own[name] is not value
        }
        found[PROVENANCE] = state.provenance.value
        if state.provenance is Provenance.INTERPOLATED:
            self._between.add(row)
        return found

    def _objects(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for row, track in enumerate(self._item.tracks):
            if runs := self.runs.of(row):
                yield self._uids[row], object_of(track, runs, self._kinds[row])

    def _count_losses(self, elements: Elements) -> None:
        add, written = self._losses.add, self._written()
        between = [self._item.tracks[row].name for row in sorted(self._between)]
        add(
            "motion between frames", "tracks",
            "cuboids are written at each frame; which motion model led there is not", between,
            len(between),
        )  # fmt: skip
        noisy = [
            track.name
            for track in written
            if any(keyframe.noise is not None for keyframe in track.keyframes)
        ]
        add("uncertainty", "tracks", "how exact keyframes are is left out", noisy, len(noisy))
        edges = [
            track.name
            for track in written
            if any(len(span.as_json()) > 2 for span in track.presence)
        ]
        add("why presence ends", "tracks", "only in which frames an object is", edges, len(edges))
        names = elements.lost_relations
        add("relations", "tracks", "to tracks that are not written", names, len(names))
        add("events", "events", "they hold in none of the frames", (), elements.lost_events)
        said = "decisions, issues and plans of reviewers are left out"
        add("reviews", "events", said, (), elements.reviews)
        times_ns = {frame.timestamp_ns for frame in self._item.frames}
        unused = sum(ns not in times_ns for track in written for ns in track.times_ns)
        unseen = [t.name for row, t in enumerate(self._item.tracks) if not self.runs.of(row)]
        for loss in (without_frame(unseen), between_frames(unused, "OpenLABEL")):
            add(loss.what, loss.of, loss.detail, loss.tracks, loss.count)

    def _written(self) -> list[Track]:
        return [track for row, track in enumerate(self._item.tracks) if self.runs.of(row)]


def _intervals(frames: Sequence[Frame]) -> list[dict[str, int]]:
    runs = FrameRuns(1)
    for frame in frames:
        runs.add(0, frame.index, frame.index - 1)
    return [interval(first, last) for first, last in runs.of(0)]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
