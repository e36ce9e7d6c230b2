"""Writing the tables: cuboids frame by frame in blocks, so that memory does not grow with the log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

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
from av3d.datasets.label_files import FrameRuns
from av3d.datasets.relabelling import NAMED
from av3d.datasets.table.columns import (
    CENTER,
    CUBOID_COLUMNS,
    CUBOIDS,
    EGO,
    FRAME,
    QUATERNION,
    SIZE,
    TIME,
    TRACK_COLUMNS,
    TRACKS,
    WORLD,
    YAW,
)
from av3d.datasets.table.sinks import Sink, sink
from av3d.datasets.tally import between_frames, without_frame
from av3d.files import new_folder
from av3d.geometry.se3 import SE3
from av3d.logs.frames import Frame
from av3d.tracks.keyframe import Provenance
from av3d.tracks.proposal import SCORE
from av3d.tracks.state import TrackState
from av3d.types import FloatArray, Scalar

BLOCK_ROWS = 20_000
"""Cuboids that are written together; in Parquet they are a row group."""


def write_labels(
    items: Sequence[LabelledLog],
    out: Path,
    options: ExportOptions,
    suffix: str,
    progress: Progress = no_progress,
) -> ExportReport:
    """Write the tables `cuboids` and `tracks` of all logs.

    Args:
        items: logs with tracks.
        out: the folder.
        options: `decimals` are those of numbers in CSV; Parquet keeps all digits.
        suffix: ".csv" or ".parquet".
        progress: told after each frame.

    Raises:
        DatasetError: no log, or two of one name.
        OutputError: the folder is in use, or the disk refuses.
    """
    labelled(items, out)
    decimals = options.decimals if suffix == ".csv" else None
    tracks = cuboids = frames = 0
    losses: dict[str, Loss] = {}
    with ExitStack() as stack:
        folder = stack.enter_context(new_folder(out, replace=options.overwrite))
        of_cuboids = stack.enter_context(sink(folder / f"{CUBOIDS}{suffix}", CUBOID_COLUMNS))
        of_tracks = stack.enter_context(sink(folder / f"{TRACKS}{suffix}", TRACK_COLUMNS))
        for item in items:
            one = _LogTables(item, decimals)
            one.write_cuboids(of_cuboids, progress)
            of_tracks.write(one.tracks())
            tracks, cuboids = tracks + len(one.runs), cuboids + one.cuboids
            frames += len(item.frames)
            for loss in one.losses():
                _add(losses, loss)
    return ExportReport(
        suffix[1:], out, len(items), frames, tracks, cuboids, 2, tuple(losses.values()),
        ("one row per cuboid and frame; av3d computes what is between keyframes",),
    )  # fmt: skip


def _add(losses: dict[str, Loss], loss: Loss) -> None:
    if not loss.count:
        return
    known = losses.get(loss.what)
    count, names = (known.count, known.tracks) if known else (0, ())
    names = (*names, *loss.tracks)[:NAMED]
    losses[loss.what] = Loss(loss.what, count + loss.count, loss.of, loss.detail, names)


class _LogTables:
    """The rows of one log."""

    def __init__(self, item: LabelledLog, decimals: int | None) -> None:
        self._item, self._decimals = item, decimals
        self._counts = [0] * len(item.tracks)
        self._between: set[int] = set()
        self._times_ns: dict[int, int] = {}
        self.runs = FrameRuns(len(item.tracks))
        self.cuboids = 0

    def write_cuboids(self, target: Sink, progress: Progress) -> None:
        block: dict[str, list[Any]] = {name: [] for name in CUBOID_COLUMNS}
        frames, previous = self._item.frames, None
        for done, frame in enumerate(frames):
            progress(f"Writing {self._item.log.name}", done, len(frames))
            self._add_frame(block, frame, previous)
            previous = frame.index
            if len(block[FRAME]) >= BLOCK_ROWS:
                target.write(block)
                block = {name: [] for name in CUBOID_COLUMNS}
        if block[FRAME]:
            target.write(block)
        progress(f"Writing {self._item.log.name}", len(frames), len(frames))

    def _add_frame(self, block: dict[str, list[Any]], frame: Frame, previous: int | None) -> None:
        self._times_ns[frame.index] = frame.timestamp_ns
        states = self._item.states(frame)
        there = [(row, state) for row, state in enumerate(states) if state is not None]
        if not there:
            return
        for row, state in there:
            self.runs.add(row, frame.index, previous)
            self._counts[row] += 1
            if state.provenance is Provenance.INTERPOLATED:
                self._between.add(row)
        self.cuboids += len(there)
        tracks = [self._item.tracks[row] for row, _ in there]
        kept = [state for _, state in there]
        columns: dict[str, Sequence[Any]] = {
            "log": [self._item.log.name] * len(there),
            FRAME: [frame.index] * len(there),
            TIME: [frame.timestamp_ns] * len(there),
            "track_id": [track.id for track in tracks],
            "track_name": [track.name for track in tracks],
            "category": [track.category for track in tracks],
            "provenance": [state.provenance.value for state in kept],
            "score": [_score(state.attributes) for state in kept],
            "attributes": [_json(_besides_score(state.attributes)) for state in kept],
            **self._numbers(kept, frame),
        }
        for name, values in columns.items():
            block[name].extend(values)

    def _numbers(self, states: Sequence[TrackState], frame: Frame) -> dict[str, Sequence[Any]]:
        """Poses in both frames of reference, sizes, velocities, distances and counts of points."""
        log = self._item.log
        world_SE3_cuboid = SE3.stack([state.cuboid.frame_SE3_cuboid for state in states])
        quaternions = _quaternions(states, world_SE3_cuboid)
        ego_SE3_cuboid = log.world_SE3_ego(frame.timestamp_ns).inverse() @ world_SE3_cuboid
        sizes_m = np.stack([state.cuboid.size_lwh_m for state in states])
        if self._decimals is not None:  # to what is still a size
            sizes_m = np.maximum(sizes_m, 10.0**-self._decimals)
        in_plane_m = ego_SE3_cuboid.translation_m[:, :2]
        velocities_m_s = np.stack([state.velocity_m_s for state in states])
        found: dict[str, Sequence[Any]] = {
            **self._columns([f"{WORLD}_{axis}" for axis in CENTER], world_SE3_cuboid.translation_m),
            **self._columns(SIZE, sizes_m),
            **self._columns([f"{WORLD}_{part}" for part in QUATERNION], quaternions, 3),
            **self._columns([f"{WORLD}_{YAW}"], world_SE3_cuboid.yaw_rad[:, None], 3),
            **self._columns([f"{EGO}_{axis}" for axis in CENTER], ego_SE3_cuboid.translation_m),
            **self._columns([f"{EGO}_{YAW}"], ego_SE3_cuboid.yaw_rad[:, None], 3),
            **self._columns(["distance_m"], np.hypot(*in_plane_m.T)[:, None]),
            **self._columns([f"velocity_{axis}_m_s" for axis in "xyz"], velocities_m_s),
        }
        cloud_m = log.cloud(frame.index).points_m
        if len(cloud_m) == 0:  # nobody has downloaded it, say
            return {**found, "num_points": [None] * len(states)}
        ego_SE3_world = log.world_SE3_ego(frame.timestamp_ns).inverse()
        counts = [
            int(np.count_nonzero(state.cuboid.in_frame(ego_SE3_world).contains(cloud_m)))
            for state in states
        ]
        return {**found, "num_points": counts}

    def _columns(
        self, names: Sequence[str], values: FloatArray, more_decimals: int = 0
    ) -> dict[str, list[float]]:
        """Columns of an array (N, len(names)); angles have more digits than metres."""
        if self._decimals is not None:
            values = values.round(self._decimals + more_decimals)
        # Adding zero turns -0.0 into 0.0.
        return dict(zip(names, (values + 0.0).T.tolist(), strict=True))

    def tracks(self) -> dict[str, list[Any]]:
        """The rows of the tracks that have cuboids."""
        block: dict[str, list[Any]] = {name: [] for name in TRACK_COLUMNS}
        for row, track in enumerate(self._item.tracks):
            runs = self.runs.of(row)
            if not runs:
                continue
            spans_ns = [[self._times_ns[first], self._times_ns[last]] for first, last in runs]
            values = {
                "log": self._item.log.name,
                "track_id": track.id,
                "track_name": track.name,
                "category": track.category,
                "number": track.number,
                "static": track.static,
                "first_timestamp_ns": spans_ns[0][0],
                "last_timestamp_ns": spans_ns[-1][1],
                "cuboids": self._counts[row],
                "keyframes": len(track.times_ns),
                "spans_ns": _json(spans_ns),
                "attributes": _json(dict(track.attributes)),
                "relations": _json([relation.as_json() for relation in track.relations]),
                "note": track.note,
            }
            for name, value in values.items():
                block[name].append(value)
        return block

    def losses(self) -> tuple[Loss, ...]:
        """What the tables of this log cannot hold."""
        written = [(row, t) for row, t in enumerate(self._item.tracks) if self.runs.of(row)]
        unseen = [t.name for row, t in enumerate(self._item.tracks) if not self.runs.of(row)]
        times_ns = set(self._times_ns.values())
        unused = sum(ns not in times_ns for _, track in written for ns in track.times_ns)
        between = [track.name for row, track in written if row in self._between]
        noisy = [t.name for _, t in written if any(k.noise is not None for k in t.keyframes)]
        edges = [t.name for _, t in written if any(len(s.as_json()) > 2 for s in t.presence)]
        reviews = sum(event.is_record for event in self._item.events)
        return (
            Loss(
                "motion between frames", len(between), "tracks",
                "cuboids are written at each frame; which motion model led there is not",
                tuple(between),
            ),
            Loss(
                "uncertainty", len(noisy), "tracks", "how exact keyframes are is left out",
                tuple(noisy),
            ),
            Loss(
                "why presence ends", len(edges), "tracks", "only in which frames an object is",
                tuple(edges),
            ),
            Loss(
                "events", len(self._item.events) - reviews, "events", "tables hold tracks only"
            ),
            Loss("reviews", reviews, "events", "decisions, issues and plans of reviewers are left out"),
            without_frame(unseen),
            between_frames(unused, "a table"),
        )  # fmt: skip


def _quaternions(states: Sequence[TrackState], world_SE3_cuboid: SE3) -> FloatArray:
    """Quaternions w, x, y, z of states, (N, 4): of keyframes the very digits, others computed at once."""
    found: FloatArray = world_SE3_cuboid.quaternion_wxyz.copy()
    for row, state in enumerate(states):
        if state.provenance is not Provenance.INTERPOLATED:
            found[row] = state.cuboid.frame_SE3_cuboid.quaternion_wxyz
    return found


def _score(attributes: Mapping[str, Scalar]) -> float | None:
    value = attributes.get(SCORE)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and value is not None else None


def _besides_score(attributes: Mapping[str, Scalar]) -> dict[str, Scalar]:
    # A whole number stays: read from a column of numbers it would be another value.
    return {k: v for k, v in attributes.items() if k != SCORE or not isinstance(v, float)}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True)
