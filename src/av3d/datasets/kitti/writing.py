"""Writing logs and tracks as KITTI folders: points, images, calibration, poses and labels."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from av3d.datasets.dataset import (
    DatasetError,
    ExportOptions,
    ExportReport,
    LabelledLog,
    Progress,
)
from av3d.datasets.kitti.labelling import (
    count_tracks,
    kitti_ids,
    label_frame,
    sidecar_track,
)
from av3d.datasets.kitti.labels import object_line, tracking_line
from av3d.datasets.kitti.log import KittiLog
from av3d.datasets.kitti.losses import LossCount
from av3d.datasets.kitti.poses import oxts_records
from av3d.datasets.kitti.sidecar import FOLDER, Sidecar, sidecar_path
from av3d.datasets.kitti.sources import AnySource, KittiSource, Source
from av3d.datasets.kitti.tilts import Tilts
from av3d.errors import OutputError
from av3d.files import new_folder, real_path
from av3d.logs.log import Log
from av3d.reading import copy_file
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import FloatArray

FULL_DECIMALS = 6
"""Digits that keep a box to a micrometre; KITTI's own object labels have two."""


@dataclass
class _Written:
    """Running totals of an export."""

    count: LossCount
    frames: int = 0
    tracks: int = 0
    files: int = 0
    names: list[str] = field(default_factory=list)


def write_tracking(
    items: Sequence[LabelledLog], out: Path, options: ExportOptions, progress: Progress
) -> ExportReport:
    """Write every log as one sequence of the tracking benchmark.

    Raises:
        DatasetError: there is nothing to write.
        OutputError: the folder is not empty, or the disk refuses; nothing is left half-written.
    """
    written = _start(items, out, options, has_ids=True)
    decimals = written.count.decimals
    names = _sequence_names(items)
    with new_folder(out, replace=options.overwrite) as aside:
        split = aside / "training"
        for folder in ("calib", "label_02", FOLDER):
            (split / folder).mkdir(parents=True)
        map_lines: list[str] = []
        for name, item in zip(names, items, strict=True):
            source = _source(item, written.count, "kitti-tracking")
            last = _write_sequence(split, name, item, source, written, options, progress)
            map_lines.append(f"{name} empty 000000 {last + 1:06d}\n")
            written.names.append(f"{name} is {item.log.name}")
        # Where the evaluation of the benchmark looks for the lengths of the sequences.
        (split / "evaluate_tracking.seqmap.training").write_text("".join(map_lines))
        written.files += 1
    return _report("kitti-tracking", items, out, written, decimals)


def write_object(
    items: Sequence[LabelledLog], out: Path, options: ExportOptions, progress: Progress
) -> ExportReport:
    """Write every frame of every log as one frame of the object benchmark.

    Raises:
        DatasetError: there is nothing to write.
        OutputError: the folder is not empty, or the disk refuses; nothing is left half-written.
    """
    written = _start(items, out, options, has_ids=False)
    decimals = written.count.decimals
    own = _own_names(items, "kitti-object")
    running = itertools.count()
    with new_folder(out, replace=options.overwrite) as aside:
        split = aside / "training"
        for folder in ("calib", "label_2", "velodyne", "image_2", FOLDER):
            (split / folder).mkdir(parents=True)
        for position, item in enumerate(items):
            source = _source(item, written.count, "kitti-object")
            first = ""
            seen: set[int] = set()
            for done in range(len(source.frames)):
                name = own[position] if own else f"{next(running):06d}"
                first = first or name
                seen |= _write_object_frame(split, name, item, source, done, written, options)
                progress(f"Writing KITTI object {item.log.name}", done + 1, len(source.frames))
                written.frames += 1
            _count_item(item, source, seen, written)
            frames = f"{first} is" if first == name else f"{first} to {name} are"
            written.names.append(f"{frames} {item.log.name}")
        if not any((split / "image_2").iterdir()):
            (split / "image_2").rmdir()
    return _report("kitti-object", items, out, written, decimals)


def _start(
    items: Sequence[LabelledLog], out: Path, options: ExportOptions, *, has_ids: bool
) -> _Written:
    if not items:
        raise DatasetError("there is nothing to export", out, "name at least one log")
    decimals = FULL_DECIMALS if options.decimals is None else options.decimals
    if not 1 <= decimals <= 15:
        raise DatasetError(f"{decimals} decimals", out, "use 1 to 15")
    if options.overwrite and out.is_dir() and any(out.iterdir()):
        # Replacing removes what was there, which must not be the data that is being read.
        if not (out / "training" / FOLDER).is_dir():
            raise OutputError(
                "the folder holds something else than an export of av3d (no training/av3d)",
                out,
                "choose a new folder",
            )
        inside = [
            item.log.path
            for item in items
            if real_path(item.log.path).is_relative_to(real_path(out))
        ]
        if inside:
            raise OutputError(
                "an export cannot replace the log that it is made from",
                inside[0],
                "choose a new folder",
            )
    return _Written(LossCount(decimals, has_ids))


def _is_kitti(log: Log, kind: str) -> bool:
    return isinstance(log, KittiLog) and log.kind == kind


def _source(item: LabelledLog, count: LossCount, kind: str) -> Source:
    if isinstance(item.log, KittiLog):
        same = item.log.kind == kind
        # Only a sequence that stays one keeps frames without a sweep: they have labels or images.
        return KittiSource(
            item, count, same_benchmark=same, numbered=same and kind == "kitti-tracking"
        )
    return AnySource(item, count)


def _sequence_names(items: Sequence[LabelledLog]) -> list[str]:
    """KITTI sequences keep their names if that is possible; others are numbered from 0000."""
    own = _own_names(items, "kitti-tracking")
    return own or [f"{number:04d}" for number in range(len(items))]


def _own_names(items: Sequence[LabelledLog], kind: str) -> list[str]:
    """KITTI's names of the logs; none if a log has none or two have the same."""
    own = [
        item.log.sequence
        for item in items
        if isinstance(item.log, KittiLog) and item.log.kind == kind
    ]
    return own if len(own) == len(items) and len(set(own)) == len(own) else []


def _write_sequence(
    split: Path,
    name: str,
    item: LabelledLog,
    source: Source,
    written: _Written,
    options: ExportOptions,
    progress: Progress,
) -> int:
    """Write one sequence; the number of the last frame that it has."""
    log, tracks = item.log, item.tracks
    source.level(*_down_of_keyframes(log, tracks))
    ids = kitti_ids(tracks)
    same = _is_kitti(log, "kitti-tracking")
    _write_calibration(split / "calib" / f"{name}.txt", source, log, verbatim=same)
    image_folders = {number: split / f"image_0{number}" / name for number in (2, 3)}
    (split / "velodyne" / name).mkdir(parents=True)
    frame_times = source.numbered_times_ns()
    times_ns = list(frame_times.values())
    written.files += 2 + _write_oxts(split, name, log, times_ns, verbatim=same)
    tilts = Tilts()
    seen: set[int] = set()
    image_times: dict[str, dict[int, int]] = {}
    digest = hashlib.sha256()
    with (split / "label_02" / f"{name}.txt").open("w", newline="\n") as label_file:
        for done, frame in enumerate(source.frames):
            # The frame of the object benchmark that is a log is the first of its sequence.
            number = frame.number if same or frame.index is None else frame.index
            labelled = label_frame(
                tracks, source.states(frame), ids, number, source.view(frame), written.count,
                keeps_columns=source.keeps_columns, levels=True,
            )  # fmt: skip
            labelled.sort(key=lambda one: one.label.track_id)
            for one in labelled:
                tilts.add(number, one.label.track_id, one)
                seen.add(one.track)
            for label in (*source.dont_care(frame), *(one.label for one in labelled)):
                line = tracking_line(label, written.count.decimals) + "\n"
                label_file.write(line)
                digest.update(line.encode())
            for camera, time_ns in source.image_times_ns(frame).items():
                image_folders[camera].mkdir(parents=True, exist_ok=True)
                image_times.setdefault(f"image_0{camera}", {})[number] = time_ns
            written.files += source.write_points(
                frame, split / "velodyne" / name / f"{number:06d}.bin", link=options.link_media
            )
            written.files += source.write_images(
                frame,
                {camera: folder / f"{number:06d}.png" for camera, folder in image_folders.items()},
                link=options.link_media,
            )
            written.frames += 1
            progress(f"Writing KITTI tracking {log.name}", done + 1, len(source.frames))
    _count_item(item, source, seen, written)
    sidecar = Sidecar(
        log=log.name,
        kind=log.kind,
        frame_times_ns=frame_times,
        image_times_ns=image_times,
        tracks={ids[row]: sidecar_track(tracks[row]) for row in sorted(seen)},
        world_origin_m=_world_origin(log, times_ns[0]),
        labels_sha256=digest.hexdigest(),
        upright_in_world=tilts.upright_in_world,
    )
    sidecar.write(sidecar_path(split, name), tilts.exceptions())
    written.files += 1
    return max(frame_times)


def _write_object_frame(
    split: Path,
    name: str,
    item: LabelledLog,
    source: Source,
    position: int,
    written: _Written,
    options: ExportOptions,
) -> set[int]:
    """Write one frame; the positions of the tracks that have a cuboid in it."""
    log, frame = item.log, source.frames[position]
    states = source.states(frame)
    source.level(*_down_of_states(log, states, frame.time_ns))
    same = _is_kitti(log, "kitti-object")
    _write_calibration(split / "calib" / f"{name}.txt", source, log, verbatim=same)
    labelled = label_frame(
        item.tracks, states, [-1] * len(item.tracks), 0, source.view(frame), written.count,
        keeps_columns=source.keeps_columns, levels=False,
    )  # fmt: skip
    text = "".join(
        object_line(label, written.count.decimals) + "\n"
        for label in (*(one.label for one in labelled), *source.dont_care(frame))
    )
    (split / "label_2" / f"{name}.txt").write_bytes(text.encode())
    images = source.image_times_ns(frame)
    for camera in images:
        (split / f"image_{camera}").mkdir(exist_ok=True)
    written.files += 3
    written.files += source.write_points(
        frame, split / "velodyne" / f"{name}.bin", link=options.link_media
    )
    written.files += source.write_images(
        frame,
        {camera: split / f"image_{camera}" / f"{name}.png" for camera in (2, 3)},
        link=options.link_media,
    )
    pose = None
    if not log.trajectory.is_identity:
        world_SE3_ego = log.world_SE3_ego(frame.time_ns)
        pose = (*world_SE3_ego.translation_m.tolist(), *world_SE3_ego.quaternion_wxyz.tolist())
        written.count.poses_lost += 1
    number = int(name) if name.isdecimal() else 0
    tilts = Tilts()
    for line, one in enumerate(labelled, start=1):
        tilts.add(0, line, one)
    sidecar = Sidecar(
        log=log.name,
        kind=log.kind,
        frame_times_ns={number: frame.time_ns},
        image_times_ns={f"image_{camera}": {number: time} for camera, time in images.items()},
        tracks={
            line: sidecar_track(item.tracks[one.track])
            for line, one in enumerate(labelled, start=1)
        },
        world_pose=pose,
        labels_sha256=hashlib.sha256(text.encode()).hexdigest(),
        upright_in_world=tilts.upright_in_world,
    )
    sidecar.write(sidecar_path(split, name), tilts.exceptions())
    return {one.track for one in labelled}


def _write_calibration(target: Path, source: Source, log: Log, *, verbatim: bool) -> None:
    if verbatim and isinstance(log, KittiLog):
        copy_file(log.calibration.path, target)
    else:
        target.write_text(source.calibration.text())


def _write_oxts(
    split: Path, name: str, log: Log, times_ns: Sequence[int], *, verbatim: bool
) -> int:
    """Write the poses, if there are any; the number of files.

    Args:
        split: the folder training.
        name: of the sequence.
        log: whose poses.
        times_ns: of the frames from 0 on.
        verbatim: copy the file of the sequence that the log is.
    """
    if log.trajectory.is_identity:
        return 0
    target = split / "oxts" / f"{name}.txt"
    target.parent.mkdir(exist_ok=True)
    if verbatim and isinstance(log, KittiLog):
        copy_file(log.split / "oxts" / f"{log.sequence}.txt", target)
        return 1
    with target.open("w", newline="\n") as file:
        file.writelines(f"{record}\n" for record in oxts_records(log, times_ns))
    return 1


def _world_origin(log: Log, first_ns: int) -> tuple[float, float, float] | None:
    """Where the reader puts the first oxts record, so that the world frame stays the same."""
    if log.trajectory.is_identity:
        return None
    if isinstance(log, KittiLog) and log.kind == "kitti-tracking":
        return log.sidecar.world_origin_m if log.sidecar else None
    x, y, z = log.world_SE3_ego(first_ns).translation_m.tolist()
    return x, y, z


def _down_of_keyframes(log: Log, tracks: Sequence[Track]) -> tuple[FloatArray, int]:
    """Sum of the downward axes of all keyframes that the poses cover, in the ego frame, and how many."""
    total, count = np.zeros(3), 0
    for track in tracks:
        rows = [row for row, ns in enumerate(track.times_ns) if log.trajectory.covers(ns)]
        if rows:
            columns = track.columns
            ego = log.trajectory.at(columns.times_ns[rows])
            total -= np.einsum("nji,nj->i", ego.rotation, columns.rotations[rows, :, 2])
            count += len(rows)
    return total, count


def _down_of_states(
    log: Log, states: Sequence[TrackState | None], time_ns: int
) -> tuple[FloatArray, int]:
    """Sum of the downward axes of the cuboids at one time, in the ego frame, and how many."""
    downs = [-state.cuboid.frame_SE3_cuboid.rotation[:, 2] for state in states if state is not None]
    total = np.sum(downs, axis=0) if downs else np.zeros(3)
    return np.asarray(total @ log.world_SE3_ego(time_ns).rotation), len(downs)


def _count_item(item: LabelledLog, source: Source, seen: set[int], written: _Written) -> None:
    """Add what is counted once per log; `seen` are the positions of the tracks that were written."""
    count_tracks([item.tracks[row] for row in sorted(seen)], written.count)
    written.tracks += len(seen)
    written.count.unseen_tracks += [
        track.name for row, track in enumerate(item.tracks) if row not in seen
    ]
    # Frames that are not chosen are left out, but their times are not others.
    times = {frame.time_ns for frame in source.frames}.union(item.log.frames.timestamps_ns.tolist())
    written.count.between_frames += sum(
        time_ns not in times for track in item.tracks for time_ns in track.times_ns
    )
    if not isinstance(item.log, KittiLog):
        written.count.retimed_frames += len(source.frames)


def _report(
    format_name: str,
    items: Sequence[LabelledLog],
    out: Path,
    written: _Written,
    decimals: int,
) -> ExportReport:
    count = written.count
    notes = [*written.names, f"Numbers have {decimals} decimals."]
    cameras = sorted(
        {
            reference
            for item in items
            if not isinstance(item.log, KittiLog)
            for reference in [AnySource(item, count).camera]
        }
    )
    if cameras:
        notes.append(
            f"Image 2 is camera {', '.join(cameras)}; velodyne and imu frame are the ego frame, with "
            "the points of all LiDARs."
        )
        notes.append("Occlusion is estimated from other cuboids only; nothing else hides them.")
    if count.outside_image:
        notes.append(
            f"{count.outside_image} cuboids that are not on the image are written too, with 2D box "
            "-1 -1 -1 -1, largest truncation and unknown occlusion, which evaluations ignore."
        )
    if count.images_without:
        notes.append(f"{count.images_without} frames have no image.")
    return ExportReport(
        format_name,
        out,
        logs=len(items),
        frames=written.frames,
        tracks=written.tracks,
        cuboids=count.cuboids,
        files=written.files,
        losses=count.losses(),
        notes=tuple(notes),
    )
