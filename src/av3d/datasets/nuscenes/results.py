"""Writing results of the detection and the tracking task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import orjson

from av3d.datasets.dataset import ExportOptions, ExportReport, LabelledLog, Loss, Progress
from av3d.datasets.exporting import labelled
from av3d.datasets.nuscenes.attributes import AttributeChooser
from av3d.datasets.nuscenes.facts import SceneFacts
from av3d.datasets.nuscenes.gathering import quaternions_wxyz
from av3d.datasets.nuscenes.labels import (
    CATEGORY_ATTRIBUTE,
    MOTION_ATTRIBUTES,
    VISIBILITY_ATTRIBUTES,
)
from av3d.datasets.nuscenes.stretches import Stretch, stretches_of
from av3d.datasets.nuscenes.tables import Row, ascii_json
from av3d.datasets.nuscenes.tasks import MOST_BOXES, RESULTS, TRACKING_ID, Task
from av3d.files import new_folder
from av3d.logs.frames import Frame
from av3d.tracks.keyframe import Provenance
from av3d.tracks.proposal import SCORE
from av3d.tracks.state import TrackState

SURE = 1.0
"""Score of cuboids that have none: people do not say how sure they are."""
NAMED = 30
"""Tracks that a loss names."""


@dataclass
class _Counts:
    """What was written of all logs, and what was not."""

    cuboids: int = 0
    unscored: int = 0
    too_many: int = 0
    seen: set[tuple[str, str]] = field(default_factory=set)
    unseen: list[str] = field(default_factory=list)
    others: dict[str, list[str]] = field(default_factory=dict)
    provenance: Counter[str] = field(default_factory=Counter)
    attributes: Counter[str] = field(default_factory=Counter)
    unused_keyframes: int = 0


def write_results(
    name: str,
    task: Task,
    items: Sequence[LabelledLog],
    out: Path,
    options: ExportOptions,
    progress: Progress,
) -> ExportReport:
    """Write one file with the results of all logs; see `Dataset.write_labels`.

    The samples are those of a nuScenes log, or those that an export of the log as nuScenes has, and
    each is there, with or without boxes, as the evaluation wants it.

    Raises:
        DatasetError: no log, or two of one name, or a spacing of samples that is none.
        OutputError: the folder is in use, or the disk refuses.
    """
    labelled(items, out)
    stretches = [stretch for item in items for stretch in stretches_of(item)]
    taken, counts = set[str](), _Counts()
    samples = [
        stretch.samples(options.keyframe_every_s, taken, own_first=True) for stretch in stretches
    ]
    total, done = sum(map(len, samples)), 0
    meta = {
        "use_camera": any(item.log.cameras for item in items),
        "use_lidar": any(len(stream) for item in items for stream in item.log.lidars.values()),
        "use_radar": False,
        "use_map": False,
        "use_external": False,
    }
    with (
        new_folder(out, replace=options.overwrite) as folder,
        (folder / RESULTS).open("wb") as file,
    ):
        file.write(b'{"meta":' + orjson.dumps(meta) + b',"results":{')
        before = b"\n"
        for stretch, chosen in zip(stretches, samples, strict=True):
            boxes = _Boxes(task, stretch, counts)
            for row, token in zip(chosen.rows.tolist(), chosen.tokens, strict=True):
                found = boxes.at(stretch.frames[row], token)
                file.write(before + ascii_json(token) + b":" + ascii_json(found))
                before = b",\n"
                done += 1
                progress(f"writing {stretch.log.name}", done, total)
            boxes.finish()
        file.write(b"\n}}\n")
    return ExportReport(
        format=name,
        out=out,
        logs=len(items),
        frames=total,
        tracks=len(counts.seen),
        cuboids=counts.cuboids,
        files=1,
        losses=tuple(loss for loss in _losses(task, counts) if loss.count),
        notes=tuple(_notes(items, counts, total)),
    )


class _Boxes:
    """The boxes of one stretch, sample by sample."""

    def __init__(self, task: Task, stretch: Stretch, counts: _Counts) -> None:
        self._task, self._stretch, self._counts = task, stretch, counts
        self._tracks, self._facts = stretch.item.tracks, SceneFacts("", stretch.log.name)
        motion = () if task.word == "detection" else MOTION_ATTRIBUTES
        self._chooser = AttributeChooser(
            self._tracks, self._facts, (*VISIBILITY_ATTRIBUTES, *motion)
        )
        self._names = [task.classes.get(choice.name) for choice in self._chooser.categories]
        self._used = 0

    def at(self, frame: Frame, token: str) -> list[Row]:
        """The boxes of a sample."""
        counts, log = self._counts, self._stretch.log
        states = self._stretch.item.states(frame)
        there = [
            (index, state)
            for index, (state, name) in enumerate(zip(states, self._names, strict=True))
            if state is not None and name
        ]
        self._used += sum(state.provenance is not Provenance.INTERPOLATED for _, state in there)
        if len(there) > MOST_BOXES:
            counts.too_many += len(there) - MOST_BOXES
            there = self._best(frame, there)
        if not there:
            return []
        only = [state for _, state in there]
        attributes, _ = self._chooser.choose([index for index, _ in there], only)
        rotations = quaternions_wxyz([state.cuboid.frame_SE3_cuboid for state in only]).tolist()
        counts.cuboids += len(there)
        counts.seen.update((log.name, self._tracks[index].id) for index, _ in there)
        return [
            self._box(index, state, token, rotation, attribute)
            for (index, state), rotation, attribute in zip(
                there, rotations, attributes, strict=True
            )
        ]

    def finish(self) -> None:
        """Count what is not written of the stretch."""
        counts, log, facts = self._counts, self._stretch.log, self._facts
        for track, name, choice in zip(
            self._tracks, self._names, self._chooser.categories, strict=True
        ):
            if not name:
                counts.others.setdefault(choice.name, []).append(track.name)
            elif (log.name, track.id) not in counts.seen and self._stretch.lasts(track.presence):
                counts.unseen.append(track.name)
        named = [track for track, name in zip(self._tracks, self._names, strict=True) if name]
        counts.unused_keyframes += self._stretch.keyframes(named) - self._used
        counts.provenance += facts.provenance
        counts.attributes += facts.dropped_attributes

    def _box(
        self, index: int, state: TrackState, token: str, rotation: list[float], attribute: str
    ) -> Row:
        task, track = self._task, self._tracks[index]
        length, width, height = state.cuboid.size_lwh_m.tolist()
        if CATEGORY_ATTRIBUTE in state.attributes and not task.category_of(str(self._names[index])):
            self._facts.dropped_attributes[CATEGORY_ATTRIBUTE] += 1
        score = _score(state)
        self._counts.unscored += score is None
        if task.word == "detection":
            own: Row = {"attribute_name": attribute}
        else:
            own = {TRACKING_ID: track.id}
        return {
            "sample_token": token,
            "translation": state.cuboid.center_m.tolist(),
            "size": [width, length, height],
            "rotation": rotation,
            "velocity": state.velocity_m_s[:2].tolist(),
            task.name_key: self._names[index],
            task.score_key: SURE if score is None else score,
            **own,
        }

    def _best(
        self, frame: Frame, there: list[tuple[int, TrackState]]
    ) -> list[tuple[int, TrackState]]:
        """The surest of too many boxes, of those as sure the nearest."""
        ego_m = self._stretch.log.world_SE3_ego(frame.timestamp_ns).translation_m
        away_m = [float(np.linalg.norm((s.cuboid.center_m - ego_m)[:2])) for _, s in there]
        given = [_score(state) for _, state in there]
        scores = [SURE if score is None else score for score in given]
        order = sorted(range(len(there)), key=lambda row: (-scores[row], away_m[row]))
        return [there[row] for row in sorted(order[:MOST_BOXES])]


def _score(state: TrackState) -> float | None:
    score = state.attributes.get(SCORE)
    if isinstance(score, bool) or not isinstance(score, int | float):
        return None
    return float(score)


def _losses(task: Task, counts: _Counts) -> list[Loss]:
    others = [name for names in counts.others.values() for name in names]
    kept = "detection results hold no identity" if task.word == "detection" else ""
    attributes = counts.attributes.copy()
    attributes.pop(SCORE, None)
    return [
        Loss(
            "categories that the task does not have",
            len(set(others)),
            "tracks",
            f"left out: {', '.join(sorted(counts.others))}",
            tuple(sorted(set(others))[:NAMED]),
        ),
        Loss(
            "tracks without a sample",
            len(set(counts.unseen)),
            "tracks",
            "not written, since they are present at no sample's time",
            tuple(sorted(set(counts.unseen))[:NAMED]),
        ),
        Loss("identity", len(counts.seen) if kept else 0, "tracks", f"not kept: {kept}"),
        Loss(
            "boxes beyond what the evaluation takes",
            counts.too_many,
            "cuboids",
            f"left out: a sample may have {MOST_BOXES}; the surest and nearest are written",
        ),
        Loss(
            "attributes",
            sum(attributes.values()),
            "values",
            "left out: " + ", ".join(f"{key} ({n})" for key, n in sorted(attributes.items())),
        ),
        Loss(
            "provenance",
            sum(counts.provenance.values()),
            "cuboids",
            "not kept: " + ", ".join(f"{n} {key}" for key, n in sorted(counts.provenance.items())),
        ),
        Loss(
            "keyframes not at samples",
            counts.unused_keyframes,
            "keyframes",
            "not written: results hold cuboids at samples only",
        ),
    ]


def _notes(items: Sequence[LabelledLog], counts: _Counts, samples: int) -> list[str]:
    notes = [f"{samples} samples; {RESULTS} is what the evaluation of nuScenes takes"]
    if counts.unscored:
        notes.append(f"cuboids without a score get {SURE:g}: {counts.unscored}")
    foreign = [item.log.name for item in items if item.log.kind != "nuscenes"]
    if foreign:
        notes.append(
            f"samples are those of an export as nuScenes: {', '.join(foreign[:NAMED])}"
            + (" ..." if len(foreign) > NAMED else "")
        )
    return notes
