"""Reading results of the detection and the tracking task: detections, or tracks with scores."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from av3d.datasets.dataset import DatasetError, ImportedLabels
from av3d.datasets.nuscenes.labels import CATEGORY_ATTRIBUTE, own_category
from av3d.datasets.nuscenes.reading.labels import presence_of
from av3d.datasets.nuscenes.reading.log import NuScenesLog
from av3d.datasets.nuscenes.reading.rows import numbers, pose, text
from av3d.datasets.nuscenes.tables import Row
from av3d.datasets.nuscenes.tasks import RESULTS, TRACKING_ID, Task
from av3d.datasets.nuscenes.tokens import token
from av3d.errors import Av3dError, InputFileError
from av3d.geometry.cuboid import Cuboid
from av3d.logs.log import Log
from av3d.reading import open_file, read_bytes
from av3d.tracks.checking import TrackError
from av3d.tracks.detections import Detections
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.proposal import SCORE
from av3d.tracks.track import Track
from av3d.types import Scalar

WHOLE_BYTES = 64 * 1024 * 1024
"""Files up to this size are decoded as a whole; of larger ones, of many scenes, only the log's part."""
HEAD_BYTES = 64 * 1024

_FIX = "write the file anew"
_SAMPLE = re.compile(rb'"([^"\\]{1,64})"\s*:\s*(\[\s*[{\]])')
"""The token of a sample with the start of its list: other lists in these files hold numbers."""


@dataclass(frozen=True, eq=False)
class _Box:
    """One result.

    Attributes:
        sample: token of its sample.
        name: its class.
        category: av3d's.
        where: the place in the file, for messages.
    """

    sample: str
    time_ns: int
    name: str
    category: str
    cuboid: Cuboid
    score: float
    row: Row
    where: str


def is_submission(path: Path, task: Task) -> bool:
    """Whether a file, or the one in an export's folder, is of a task, by its start. Never raises."""
    try:
        with open_file(_file_of(path)) as file:
            head = file.read(HEAD_BYTES)
    except (Av3dError, OSError):
        return False
    return b'"sample_token"' in head and f'"{task.name_key}"'.encode() in head


def read_submission(log: Log, labels: Path | None, task: Task) -> ImportedLabels:
    """The results of a log: detections, or tracks where they have identities.

    Samples are found by the tokens of the log's own tables, or by those that an export of the log as
    nuScenes has. Results of other scenes are left out and counted.

    Args:
        log: whose samples the results are of.
        labels: the file, or the folder of an export.
        task: which results.

    Raises:
        DatasetError: no file is named, or it has nothing of this log.
        InputFileError: the file is damaged, or a box makes no cuboid.
    """
    if labels is None:
        raise DatasetError(
            f"a log has no {task.word} results of its own", log.path, "say where with --labels"
        )
    path = _file_of(labels)
    known = sample_times_ns(log)
    data = read_bytes(path, f"{task.word} results")
    listed = _whole(data, path) if len(data) <= WHOLE_BYTES else _scan(data, known, path)
    ours = {sample: listed[sample] for sample in known if sample in listed}
    if not ours:
        raise DatasetError(
            f"none of the {len(listed)} samples in it is of log {log.name}",
            path,
            "choose the log that the results are of",
        )
    boxes = [
        _box(row, sample, known[sample], f"{path} sample {sample[:60]} box {number}", task)
        for sample, rows in ours.items()
        for number, row in _rows(rows, sample, path)
    ]
    counts = {
        "samples": len(ours),
        "samples_of_other_logs": len(listed) - len(ours),
        "cuboids": len(boxes),
    }
    notes = []
    if len(listed) > len(ours):
        notes.append(f"samples of other scenes, left out: {len(listed) - len(ours)}")
    if task.word == "detection":
        return ImportedLabels((), tuple(notes), counts, _detections(boxes, task))
    times_ns = {sample: known[sample] for sample in ours}
    tracks, mixed = _tracks(boxes, times_ns, task)
    if mixed:
        notes.append(f"boxes of another class than most of their track, which decides: {mixed}")
    return ImportedLabels(tracks, tuple(notes), {**counts, "tracks": len(tracks)})


def sample_times_ns(log: Log) -> dict[str, int]:
    """Times of frames by the tokens that samples of a log can have, in order of time."""
    found = {
        token("sample", log.name, time_ns): time_ns for time_ns in log.frames.timestamps_ns.tolist()
    }
    if isinstance(log, NuScenesLog):
        found.update(log.sample_times_ns)
    return dict(sorted(found.items(), key=lambda item: item[1]))


def _file_of(path: Path) -> Path:
    return path / RESULTS if path.is_dir() else path


def _whole(data: bytes, path: Path) -> Mapping[str, object]:
    if not data.strip():
        raise InputFileError(f"file is empty, {len(data)} bytes", path, _FIX)
    content = _decoded(data, path)
    results = content.get("results") if isinstance(content, dict) else None
    if not isinstance(results, dict):
        raise InputFileError("there is no object 'results' in it", path, _FIX)
    return results


def _scan(data: bytes, wanted: Mapping[str, int], path: Path) -> Mapping[str, object]:
    """The lists of the log's samples in a large file; those of others are not decoded."""
    if not data.rstrip().endswith(b"}"):
        raise InputFileError("file is truncated, it does not end with }", path, _FIX)
    found: dict[str, object] = {}
    last: tuple[str, int] | None = None
    for match in _SAMPLE.finditer(data):
        if last is not None:
            found[last[0]] = _decoded_list(data, last[1], match.start(), path)
            last = None
        sample = match[1].decode("utf-8", "replace")
        if sample in wanted:
            last = sample, match.start(2)
        else:
            found.setdefault(sample, None)
    if last is not None:
        found[last[0]] = _decoded_list(data, last[1], len(data), path)
    return found


def _decoded_list(data: bytes, start: int, before: int, path: Path) -> object:
    return _decoded(data[start : data.rfind(b"]", start, before) + 1], path)


def _decoded(data: bytes, path: Path) -> object:
    try:
        return orjson.loads(data)
    except ValueError as error:
        raise InputFileError(f"not valid JSON ({error})", path, _FIX) from error


def _rows(rows: object, sample: str, path: Path) -> Iterator[tuple[int, Row]]:
    where = f"{path} sample {sample[:60]}"
    if not isinstance(rows, list):
        raise InputFileError("the boxes are no list", where, _FIX)
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise InputFileError(f"box {number} is not an object", where, _FIX)
        yield number, row


def _box(row: Row, sample: str, time_ns: int, where: str, task: Task) -> _Box:
    place = Path(where)
    if text(row, "sample_token", place) != sample:
        raise InputFileError("the box names another sample than its list", where, _FIX)
    name = text(row, task.name_key, place)
    category = task.usual_category(name)
    if category is None:
        names = ", ".join(sorted(set(task.classes.values())))
        raise InputFileError(f"{name[:60]!r} is no class", where, f"use one of {names}")
    [score] = numbers({task.score_key: [row.get(task.score_key)]}, task.score_key, place, (1,))
    width_m, length_m, height_m = numbers(row, "size", place, (3,)).tolist()
    try:
        cuboid = Cuboid(pose(row, place), np.array([length_m, width_m, height_m]))
    except InputFileError:
        raise
    except Av3dError as error:
        raise InputFileError(error.what, where, "correct or remove the box") from error
    own = own_category(category) or "other"
    return _Box(sample, time_ns, name, own, cuboid, float(score), row, where)


def _detections(boxes: list[_Box], task: Task) -> Detections:
    """The boxes as detections; their labels are nuScenes categories where a class has only one."""
    cuboids = [box.cuboid for box in boxes]
    return Detections(
        np.array([box.time_ns for box in boxes], dtype=np.int64),
        np.array([cuboid.center_m for cuboid in cuboids]).reshape(-1, 3),
        np.array([cuboid.frame_SE3_cuboid.quaternion_wxyz for cuboid in cuboids]).reshape(-1, 4),
        np.array([cuboid.size_lwh_m for cuboid in cuboids]).reshape(-1, 3),
        tuple(box.category for box in boxes),
        np.array([box.score for box in boxes], dtype=np.float64),
        tuple(task.category_of(box.name) or box.name for box in boxes),
    )


def _tracks(
    boxes: list[_Box], times_ns: Mapping[str, int], task: Task
) -> tuple[tuple[Track, ...], int]:
    """Tracks of boxes with an identity, and how many boxes have another class than their track."""
    by_id: dict[str, dict[str, _Box]] = {}
    for box in boxes:
        identity = _identity(box)
        own = by_id.setdefault(identity, {})
        if box.sample in own:
            raise InputFileError(
                f"track {identity[:60]!r} has two boxes in one sample",
                box.where,
                "remove one of them",
            )
        own[box.sample] = box
    numbered: Counter[str] = Counter()
    tracks: list[Track] = []
    mixed = 0
    for identity, own in by_id.items():
        names = Counter(box.name for box in own.values())
        name, most = names.most_common(1)[0]
        mixed += len(own) - most
        first = next(box for box in own.values() if box.name == name)
        numbered[first.category] += 1
        attributes: dict[str, Scalar] = {SCORE: float(np.mean([b.score for b in own.values()]))}
        category = task.category_of(name)
        if category is not None:
            attributes[CATEGORY_ATTRIBUTE] = category
        try:
            tracks.append(
                Track(
                    identity,
                    first.category,
                    tuple(
                        Keyframe(box.time_ns, box.cuboid, Provenance.IMPORTED, {SCORE: box.score})
                        for box in own.values()
                    ),
                    presence_of(own, times_ns),
                    numbered[first.category],
                    attributes,
                )
            )
        except TrackError as error:
            raise InputFileError(
                f"track {identity[:60]!r}: {error.what}", first.where, "correct it"
            ) from error
    return tuple(tracks), mixed


def _identity(box: _Box) -> str:
    """The identity of a box; trackers write text or whole numbers."""
    value = box.row.get(TRACKING_ID)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(box.row, TRACKING_ID, Path(box.where))
