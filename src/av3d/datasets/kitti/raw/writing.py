"""Writing logs and tracks as drives of the raw data: tracklets beside points, images and poses."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from av3d.datasets.dataset import (
    DatasetError,
    ExportOptions,
    ExportReport,
    LabelledLog,
    Loss,
    Progress,
)
from av3d.datasets.kitti.importing import TYPE
from av3d.datasets.kitti.labelling import count_tracks, sidecar_track
from av3d.datasets.kitti.losses import NAMED_TRACKS, TILT_FROM_RAD, LossCount
from av3d.datasets.kitti.raw.collecting import Collected
from av3d.datasets.kitti.raw.drives import AnyDrive, DriveSource, OwnDrive
from av3d.datasets.kitti.raw.importing import PERSON_SITTING
from av3d.datasets.kitti.raw.labelling import Posed, pose_frame
from av3d.datasets.kitti.raw.layout import TRACKLETS
from av3d.datasets.kitti.raw.log import RawLog
from av3d.datasets.kitti.raw.sidecar import NAME, RawSidecar, raw_sidecar_path
from av3d.datasets.kitti.raw.timestamps import EARLIEST, LATEST, timestamp_text
from av3d.datasets.kitti.raw.tracklets import tracklet_lines
from av3d.datasets.kitti.sidecar import FOLDER
from av3d.datasets.kitti.types import type_of
from av3d.errors import OutputError
from av3d.files import new_folder, real_path
from av3d.tracks.keyframe import Provenance
from av3d.tracks.track import Track

RAW_TYPES = {"Person_sitting": PERSON_SITTING, "Person": PERSON_SITTING}
"""Types that the raw data calls otherwise than the benchmarks."""


@dataclass
class _Written:
    """Running totals of an export."""

    count: LossCount
    frames: int = 0
    tracks: int = 0
    files: int = 0
    tilted: int = 0
    largest_tilt_rad: float = 0.0
    resized: int = 0
    largest_change_m: float = 0.0
    tilted_tracks: dict[str, None] = field(default_factory=dict)
    resized_tracks: dict[str, None] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)


def write_raw(
    items: Sequence[LabelledLog], out: Path, options: ExportOptions, progress: Progress
) -> ExportReport:
    """Write every log as one drive in the folder of its day.

    Raises:
        DatasetError: there is nothing to write, or a log's times are no dates that KITTI's files hold.
        OutputError: the folder is not empty, or the disk refuses; nothing is left half-written.
    """
    decimals = options.decimals
    _check(items, out, options)
    written = _Written(LossCount(9 if decimals is None else decimals, has_ids=False))
    with new_folder(out, replace=options.overwrite) as aside:
        calibrations: dict[Path, dict[str, str]] = {}
        for day, name, item in _places(items):
            source = _source(item, written.count)
            folder = _day_folder(aside, day, source.calibration(), calibrations)
            _write_drive(folder / name, item, source, written, options, progress)
            written.names.append(f"{(folder / name).relative_to(aside)} is {item.log.name}")
        for folder, texts in calibrations.items():
            for file_name, text in texts.items():
                (folder / file_name).write_text(text)
                written.files += 1
    return _report(items, out, written, decimals)


def _check(items: Sequence[LabelledLog], out: Path, options: ExportOptions) -> None:
    if not items:
        raise DatasetError("there is nothing to export", out, "name at least one log")
    if options.decimals is not None and not 1 <= options.decimals <= 15:
        raise DatasetError(f"{options.decimals} decimals", out, "use 1 to 15")
    for item in items:
        times = np.array([item.log.start_ns, item.log.end_ns]).astype("datetime64[ns]")
        if (times < EARLIEST).any() or (times > LATEST).any():
            raise DatasetError(
                f"log {item.log.name} starts at {item.log.start_ns} ns, which is no date from 1970 to "
                "2200",
                out,
                "export it in another format",
            )
    # Replacing removes what was there.
    if options.overwrite and out.is_dir() and any(out.iterdir()):
        if not any(out.glob(f"**/{FOLDER}/{NAME}")):
            raise OutputError(
                f"the folder holds something else than an export of av3d (no {FOLDER}/{NAME})",
                out,
                "choose a new folder",
            )
        for item in items:
            if real_path(item.log.path).is_relative_to(real_path(out)):
                raise OutputError(
                    "an export cannot replace the log that it is made from",
                    item.log.path,
                    "choose a new folder",
                )


def _source(item: LabelledLog, count: LossCount) -> DriveSource:
    return OwnDrive(item, count) if isinstance(item.log, RawLog) else AnyDrive(item, count)


def _places(items: Sequence[LabelledLog]) -> list[tuple[str, str, LabelledLog]]:
    """Day and name of each drive: its own, or the date and the next number."""
    own = [item.log.name for item in items if isinstance(item.log, RawLog)]
    taken = set(own) if len(set(own)) == len(own) else set[str]()
    places: list[tuple[str, str, LabelledLog]] = []
    numbers = itertools.count()
    for item in items:
        day = timestamp_text(item.log.start_ns)[:10].replace("-", "_")
        name = item.log.name
        if not (isinstance(item.log, RawLog) and name in taken):
            name = next(
                f"{day}_drive_{number:04d}_sync"
                for number in numbers
                if f"{day}_drive_{number:04d}_sync" not in taken
            )
        elif name[:10].count("_") == 2:
            day = name[:10]
        places.append((day, name, item))
    return places


def _day_folder(
    out: Path, day: str, texts: dict[str, str], calibrations: dict[Path, dict[str, str]]
) -> Path:
    """The folder of a day. Drives of another rig go to one of their own: a day has one calibration."""
    for number in itertools.count(1):
        folder = out / day if number == 1 else out / f"rig_{number}" / day
        if calibrations.setdefault(folder, texts) == texts:
            folder.mkdir(parents=True, exist_ok=True)
            return folder
    raise AssertionError("unreachable: numbers do not end")


def _write_drive(
    drive: Path,
    item: LabelledLog,
    source: DriveSource,
    written: _Written,
    options: ExportOptions,
    progress: Progress,
) -> None:
    log, tracks = item.log, item.tracks
    raw_sidecar_path(drive).parent.mkdir(parents=True)
    written.files += source.write_streams(drive, link=options.link_media)
    collected = Collected()
    upright = options.decimals is not None
    for done, frame in enumerate(source.frames):
        posed = pose_frame(
            tracks, source.states(frame), source.view(frame), source.velodyne_SE3_world(frame),
            keeps_columns=source.keeps_columns, upright=upright,
        )  # fmt: skip
        collected.add(frame.number, posed)
        for one in posed:
            _count_pose(one, tracks[one.track], source, written, upright=upright)
        written.files += source.write_frame(drive, frame, link=options.link_media)
        written.frames += 1
        progress(f"Writing KITTI raw {log.name}", done + 1, len(source.frames))
    of_tracklets = collected.tracks_of_tracklets()
    types = [_raw_type(track) for track in tracks]
    digest = hashlib.sha256()
    with (drive / TRACKLETS).open("wb") as file:
        for line in tracklet_lines(collected.tracklets(types), len(of_tracklets), options.decimals):
            file.write(line.encode())
            digest.update(line.encode())
    sizes: dict[tuple[int, int], tuple[float, float, float]] = {}
    for track, tracklet, pose, size in collected.other_sizes():
        sizes[tracklet, pose] = size
        change_m = np.abs(np.array(size) - collected.size_of(track)).max()
        written.resized += 1
        written.largest_change_m = max(written.largest_change_m, float(change_m))
        written.resized_tracks[tracks[track].name] = None
    sidecar = RawSidecar(
        log=log.name,
        kind=log.kind,
        tracks=[sidecar_track(tracks[track]) for track in of_tracklets],
        sizes=sizes,
        world_origin_m=source.world_origin_m,
        labels_sha256=digest.hexdigest(),
    )
    with raw_sidecar_path(drive).open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(sidecar.lines())
    written.files += 2
    _count_item(item, source, collected.tracks, written)


def _raw_type(track: Track) -> str:
    kitti_type = type_of(track.category, track.attributes.get(TYPE))
    return RAW_TYPES.get(kitti_type, kitti_type)


def _count_pose(
    one: Posed, track: Track, source: DriveSource, written: _Written, *, upright: bool
) -> None:
    count = written.count
    count.cuboids += 1
    if upright and one.tilt_rad > TILT_FROM_RAD:
        written.tilted += 1
        written.tilted_tracks[track.name] = None
        written.largest_tilt_rad = max(written.largest_tilt_rad, one.tilt_rad)
    provenance = one.state.provenance
    # The state of a pose tells which are interpolated.
    if provenance is not Provenance.INTERPOLATED and not (
        source.keeps_columns and provenance is Provenance.IMPORTED
    ):
        count.provenance[provenance] += 1


def _count_item(
    item: LabelledLog, source: DriveSource, seen: Sequence[int], written: _Written
) -> None:
    """Add what is counted once per log; `seen` are the positions of the tracks that were written."""
    count = written.count
    count_tracks([item.tracks[row] for row in seen], count)
    written.tracks += len(seen)
    kept = set(seen)
    count.unseen_tracks += [track.name for row, track in enumerate(item.tracks) if row not in kept]
    times = {frame.time_ns for frame in source.frames}.union(item.log.frames.timestamps_ns.tolist())
    count.between_frames += sum(
        time_ns not in times for track in item.tracks for time_ns in track.times_ns
    )


def _report(
    items: Sequence[LabelledLog], out: Path, written: _Written, decimals: int | None
) -> ExportReport:
    count = written.count
    # Drives have the times of images, and identities are in the av3d folder.
    count.moved_images = count.renamed_tracks = 0
    losses: list[Loss] = []
    if written.tilted:
        degrees = math.degrees(written.largest_tilt_rad)
        losses.append(
            Loss(
                "roll and pitch",
                written.tilted,
                "cuboids",
                f"written upright with rz alone, by at most {degrees:.2f} degrees off; without a "
                "number of decimals rx and ry are written too.",
                tuple(written.tilted_tracks)[:NAMED_TRACKS],
            )
        )
    if written.resized:
        losses.append(
            Loss(
                "sizes",
                written.resized,
                "cuboids",
                "a tracklet has one size, the one that its track has most often; these differ from it "
                f"by at most {written.largest_change_m:.3f} m. av3d reads them back from the av3d "
                "folder.",
                tuple(written.resized_tracks)[:NAMED_TRACKS],
            )
        )
    notes = [
        *written.names,
        "Numbers have 9 decimals at most."
        if decimals is None
        else f"Numbers have {decimals} decimals.",
        "Tracklets have no identity: which ones are one track is in the av3d folder.",
    ]
    others = sorted({item.log.kind for item in items if not isinstance(item.log, RawLog)})
    if others:
        notes.append(
            "Velodyne and imu frame are the ego frame, with the points of all LiDARs; occlusion is "
            "estimated from other cuboids only."
        )
    return ExportReport(
        "kitti-raw",
        out,
        logs=len(items),
        frames=written.frames,
        tracks=written.tracks,
        cuboids=count.cuboids,
        files=written.files,
        losses=(*losses, *count.losses()),
        notes=tuple(notes),
    )
