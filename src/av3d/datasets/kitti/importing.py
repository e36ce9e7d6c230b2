"""KITTI labels to tracks in the world frame, and detections to detections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from av3d.datasets.dataset import DatasetError, ImportedLabels
from av3d.datasets.kitti.boxes import camera_SE3_cuboids, restored_rotation
from av3d.datasets.kitti.calibration import read_calibration
from av3d.datasets.kitti.labels import (
    KittiLabel,
    box_text,
    read_object_labels,
    read_tracking_labels,
)
from av3d.datasets.kitti.layout import sequence_names, tracking_place
from av3d.datasets.kitti.log import KittiLog
from av3d.datasets.kitti.results import is_ab3dmot, label_files, read_ab3dmot
from av3d.datasets.kitti.sidecar import Sidecar, read_sidecar, sha256_of, sidecar_path
from av3d.datasets.kitti.types import category_of, is_known
from av3d.files import real_path
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.tracks.detections import Detections
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from av3d.types import Scalar

TYPE = "kitti.type"
TRACK_ID = "kitti.track_id"
TRUNCATED = "kitti.truncated"
OCCLUDED = "kitti.occluded"
ALPHA = "kitti.alpha_rad"
BOX = "kitti.box_px"
READ = "kitti.read"
"""Fingerprint of the time and cuboid that were read, see `fingerprint`."""
SCORE = "score"


@dataclass(frozen=True)
class _Source:
    """What is needed to place the labels of a file."""

    ego_SE3_rectified: SE3
    times_ns: Mapping[int, int]
    sidecar: Sidecar | None


def read_tracking(log: Log, labels: Path | None) -> ImportedLabels:
    """Labels of one sequence as tracks; results of a detector as detections.

    Args:
        log: the sequence; or, with `labels`, the log of another kind that the labels were exported
            from or detected on.
        labels: a label file, a folder that holds one for the sequence (or, in AB3DMOT's order of
            columns, one for each kind of object), or None for label_02.
    """
    notes: list[str] = []
    own = isinstance(log, KittiLog) and log.kind == "kitti-tracking"
    if isinstance(log, KittiLog) and own:
        default = log.split / "label_02" / f"{log.sequence}.txt"
        paths = label_files(labels, log.sequence, "label_02") if labels else (default,)
        # Other labels on the same sequence: KITTI's text is all that is known about them.
        is_default = [real_path(path) for path in paths] == [real_path(default)]
        sidecar = log.sidecar if is_default else None
        ego_SE3_rectified = log.calibration.ego_SE3_rectified
    elif labels is not None:
        paths = label_files(labels, _sequence_of(log, labels), "label_02")
        split = _split_of(paths[0])
        ego_SE3_rectified = read_calibration(split / "calib" / paths[0].name).ego_SE3_rectified
        sidecar = read_sidecar(sidecar_path(split, paths[0].stem))
    else:
        raise DatasetError(
            "a log of another kind has no KITTI labels", log.path, "say where with --labels"
        )
    found: list[KittiLabel] = []
    times_ns: dict[int, int] = {}
    for path in paths:
        read = _read(path)
        for label in read:
            if label.frame not in times_ns:
                times_ns[label.frame] = _time_ns(log, label, path, sidecar)
        found.extend(read)
    if not own and paths[0].parent.name != "label_02":
        sidecar = None  # it tells about its own labels, not about what was detected
    if sidecar is not None and sidecar.labels_sha256 != sha256_of(paths[0]):
        notes.append(
            f"{paths[0].name} was changed after av3d wrote it; its tracks are recognised by their "
            "track id."
        )
    source = _Source(ego_SE3_rectified, times_ns, sidecar)
    sequence = log.sequence if isinstance(log, KittiLog) else paths[0].stem
    kept, counts = _kept(found, notes)
    cuboids = _cuboids(log, source, kept)
    known = [row for row, label in enumerate(kept) if not label.is_detection]
    tracks = _tracks_by_id(
        f"kitti-tracking-{sequence}",
        [kept[row] for row in known],
        [cuboids[row] for row in known],
        source,
        notes,
    )
    if isinstance(log, KittiLog):
        with_sweep = set(log.frame_numbers)
        outside = [label for label in kept if label.frame not in with_sweep]
        if outside:
            frames = {label.frame for label in outside}
            counts["cuboids_in_frames_without_sweep"] = len(outside)
            notes.append(
                f"{len(outside)} cuboids of {len(frames)} frames that have no point cloud were "
                "read as well; they lie outside the frames of the log."
            )
    return _imported(tracks, _detections(kept, cuboids, source), notes, counts)


def read_object(log: Log, labels: Path | None) -> ImportedLabels:
    """Labels of one frame; every line becomes a track with one keyframe, or is a detection.

    Args:
        log: the frame.
        labels: a label file, a folder that holds one for the frame, or None for label_2.
    """
    if not (isinstance(log, KittiLog) and log.kind == "kitti-object"):
        raise DatasetError(
            f"labels of the object benchmark belong to one of its frames, not to {log.kind} logs",
            log.path,
            "open the frame by its file, training/velodyne/NNNNNN.bin",
        )
    notes: list[str] = []
    default = log.split / "label_2" / f"{log.sequence}.txt"
    [path] = label_files(labels, log.sequence, "label_2")[:1] if labels else (default,)
    if not path.is_file():
        raise DatasetError("there is no label file", path, "name one with --labels")
    found = read_object_labels(path)
    sidecar = log.sidecar if real_path(path) == real_path(default) else None
    if sidecar is not None and sidecar.labels_sha256 != sha256_of(path):
        # Line numbers stand for identities here, and lines may have moved.
        sidecar = None
        notes.append(f"{path.name} was changed after av3d wrote it: its tracks get new identities.")
    time_ns = log.frames[0].timestamp_ns
    source = _Source(log.calibration.ego_SE3_rectified, {0: time_ns}, sidecar)
    kept, counts = _kept(found, notes)
    cuboids = _cuboids(log, source, kept)
    # What av3d wrote are tracks, also those that a detector found first.
    written = set(sidecar.tracks) if sidecar is not None else set[int]()
    tracks: list[Track] = []
    detected: list[int] = []
    for row, (label, cuboid) in enumerate(zip(kept, cuboids, strict=True)):
        if label.is_detection and label.line not in written:
            detected.append(row)
            continue
        keyframe = _keyframe(label, time_ns, cuboid)
        new_id = f"kitti-object-{log.sequence}-{label.line}"
        tracks.append(_track(new_id, label.line, [label], [keyframe], (), source))
    detections = _detections(
        [kept[row] for row in detected], [cuboids[row] for row in detected], source
    )
    if log.others and labels is None:
        notes.append(
            f"Labels of frame {log.sequence}; the folder holds {len(log.others)} more frames, each "
            "a log of its own."
        )
    return _imported(tracks, detections, notes, counts)


def fingerprint(timestamp_ns: int, cuboid: Cuboid) -> str:
    """16 hexadecimal digits that are others when the time or the world-frame cuboid is another.

    Operations keep what was read with a keyframe, and some keep its provenance too: a new size for a
    whole track, or a state between keyframes that becomes one. Then 2D box, truncation and alpha are
    those of another cuboid.
    """
    return Keyframe(timestamp_ns, cuboid, Provenance.IMPORTED).digest[:16]


def _sequence_of(log: Log, labels: Path) -> str | None:
    """The sequence that labels for a log of another kind are in.

    That is the one that the path names, or the only one, or the one that av3d wrote from the log.
    """
    place = tracking_place(labels)
    if place is None or place.name is not None:
        return place.name if place else None
    names = sequence_names(place.split)
    if len(names) == 1:
        return names[0]
    for name in names:
        sidecar = read_sidecar(sidecar_path(place.split, name))
        if sidecar is not None and sidecar.log == log.name:
            return name
    return None


def _split_of(path: Path) -> Path:
    """The folder above a label file that has the calibration of its sequence."""
    for folder in path.absolute().parents[1:4]:
        if (folder / "calib" / path.name).is_file():
            return folder
    return path.parent.parent


def _read(path: Path) -> tuple[KittiLabel, ...]:
    """All lines of a file of the tracking benchmark, or of detections in AB3DMOT's order."""
    if not path.is_file():
        raise DatasetError("there is no label file", path, "name one with --labels")
    return read_ab3dmot(path) if is_ab3dmot(path) else read_tracking_labels(path)


def _time_ns(log: Log, label: KittiLabel, path: Path, sidecar: Sidecar | None) -> int:
    """Time of a label's frame.

    In a log of another kind that is the time that its export remembers, or else that of the log's
    frame of this number.
    """
    where = f"{path} line {label.line}"
    if isinstance(log, KittiLog) and log.kind == "kitti-tracking":
        time_ns = log.time_of(label.frame)
    elif sidecar is not None and sidecar.log == log.name and label.frame in sidecar.frame_times_ns:
        time_ns = sidecar.frame_times_ns[label.frame]
    elif label.frame < len(log.frames):
        time_ns = log.frames[label.frame].timestamp_ns
    else:
        raise DatasetError(
            f"frame {label.frame}, but log {log.name} has {len(log.frames)} frames",
            where,
            "choose the log that the labels belong to",
        )
    if not log.trajectory.covers(time_ns):
        raise DatasetError(
            f"frame {label.frame} lies outside the ego poses",
            where,
            "restore the oxts file or remove the line",
        )
    return time_ns


def _kept(
    labels: Sequence[KittiLabel], notes: list[str]
) -> tuple[list[KittiLabel], dict[str, int]]:
    """Labels that are cuboids; what is dropped goes to the notes and counts."""
    dont_care = sum(label.is_dont_care for label in labels)
    flat = sum(not label.is_dont_care and not label.is_3d for label in labels)
    kept = [label for label in labels if not label.is_dont_care and label.is_3d]
    if dont_care:
        notes.append(
            f"{dont_care} DontCare regions of the image are not objects and become no tracks; an "
            "export of this log to KITTI takes them over."
        )
    if flat:
        notes.append(f"{flat} labels have a 2D box only and were dropped.")
    unknown = Counter(label.type for label in kept if not is_known(label.type))
    for kitti_type, count in sorted(unknown.items()):
        notes.append(f"{count} cuboids of type {kitti_type}, which KITTI does not have, are other.")
    return kept, {"dont_care": dont_care, "only_2d": flat, "unknown_type": unknown.total()}


def _cuboids(log: Log, source: _Source, labels: Sequence[KittiLabel]) -> list[Cuboid]:
    """World-frame cuboids of labels, in their order."""
    if not labels:
        return []
    size_hwl = np.array([label.size_hwl_m for label in labels])
    poses = camera_SE3_cuboids(
        np.array([label.position_m for label in labels]),
        size_hwl[:, 0],
        np.array([label.rotation_y_rad for label in labels]),
    )
    times = np.array([source.times_ns[label.frame] for label in labels])
    world_SE3_rectified = log.trajectory.at(times) @ source.ego_SE3_rectified
    world_SE3_cuboids = world_SE3_rectified @ poses
    cuboids: list[Cuboid] = []
    for index, label in enumerate(labels):
        pose = world_SE3_cuboids[index]
        tilt = _tilt(source.sidecar, label)
        if tilt is not None:
            rotation = restored_rotation(
                world_SE3_rectified[index].rotation, label.rotation_y_rad, *tilt
            )
            pose = SE3(rotation, pose.translation_m)
        cuboids.append(Cuboid(pose, size_hwl[index, ::-1].copy()))
    return cuboids


def _tilt(sidecar: Sidecar | None, label: KittiLabel) -> tuple[float, float] | None:
    if sidecar is None:
        return None
    number = label.track_id if label.track_id >= 0 else label.line
    return sidecar.tilt(label.frame, number) if number in sidecar.tracks else None


def _tracks_by_id(
    prefix: str,
    labels: Sequence[KittiLabel],
    cuboids: Sequence[Cuboid],
    source: _Source,
    notes: list[str],
) -> list[Track]:
    rows: dict[int, list[int]] = {}
    for row, label in enumerate(labels):
        rows.setdefault(label.track_id, []).append(row)
    tracks: list[Track] = []
    mixed = 0
    for track_id, members in sorted(rows.items()):
        members.sort(key=lambda row: labels[row].frame)
        own = [labels[row] for row in members]
        mixed += len({label.type for label in own}) > 1
        keyframes = [
            _keyframe(labels[row], source.times_ns[labels[row].frame], cuboids[row])
            for row in members
        ]
        spans = _spans([label.frame for label in own], source.times_ns)
        tracks.append(_track(f"{prefix}-{track_id}", track_id, own, keyframes, spans, source))
    if mixed:
        notes.append(f"{mixed} tracks change their type; each took the type it has most often.")
    return tracks


def _spans(frames: Sequence[int], times_ns: Mapping[int, int]) -> tuple[Span, ...]:
    """One span for every run of consecutive frame numbers: in a gap the object is not there."""
    starts = [0, *(i for i in range(1, len(frames)) if frames[i] != frames[i - 1] + 1)]
    ends = [*(start - 1 for start in starts[1:]), len(frames) - 1]
    return tuple(
        Span(times_ns[frames[start]], times_ns[frames[end]])
        for start, end in zip(starts, ends, strict=True)
    )


def _keyframe(label: KittiLabel, time_ns: int, cuboid: Cuboid) -> Keyframe:
    attributes: dict[str, Scalar] = {
        TRUNCATED: label.truncated,
        OCCLUDED: label.occluded,
        ALPHA: label.alpha_rad,
        BOX: box_text(label.box_px),
        READ: fingerprint(time_ns, cuboid),
    }
    if label.score is not None:
        attributes[SCORE] = label.score
    return Keyframe(time_ns, cuboid, Provenance.IMPORTED, attributes)


def _track(
    new_id: str,
    number: int,
    labels: Sequence[KittiLabel],
    keyframes: Sequence[Keyframe],
    spans: tuple[Span, ...],
    source: _Source,
) -> Track:
    kitti_type = Counter(label.type for label in labels).most_common(1)[0][0]
    attributes: dict[str, Scalar] = {TYPE: kitti_type}
    scores = [label.score for label in labels if label.score is not None]
    if scores:
        attributes[SCORE] = sum(scores) / len(scores)
    if labels[0].track_id >= 0:
        attributes[TRACK_ID] = number
    known = source.sidecar.tracks.get(number) if source.sidecar else None
    if known is None:
        return Track(new_id, category_of(kitti_type), tuple(keyframes), spans, number, attributes)
    category = known.category if known.kitti_type == kitti_type else category_of(kitti_type)
    return Track(
        known.id,
        category,
        tuple(keyframes),
        spans,
        known.number,
        {**known.attributes, **attributes},
    )


def _detections(
    labels: Sequence[KittiLabel], cuboids: Sequence[Cuboid], source: _Source
) -> Detections | None:
    """Those of the labels that are detections; None if there are none."""
    rows = [row for row, label in enumerate(labels) if label.is_detection]
    if not rows:
        return None
    poses = SE3.stack([cuboids[row].frame_SE3_cuboid for row in rows])
    return Detections(
        np.array([source.times_ns[labels[row].frame] for row in rows], dtype=np.int64),
        poses.translation_m,
        poses.quaternion_wxyz,
        np.array([cuboids[row].size_lwh_m for row in rows]),
        tuple(category_of(labels[row].type) for row in rows),
        np.array([labels[row].score for row in rows], dtype=np.float64),
        tuple(labels[row].type for row in rows),
    )


def _imported(
    tracks: Sequence[Track],
    detections: Detections | None,
    notes: Sequence[str],
    counts: Mapping[str, int],
) -> ImportedLabels:
    cuboids = sum(len(track.keyframes) for track in tracks)
    found = {"tracks": len(tracks), "cuboids": cuboids, **counts}
    if detections is not None:
        found["detections"] = len(detections)
    return ImportedLabels(tuple(tracks), tuple(notes), found, detections)
