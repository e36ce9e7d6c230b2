"""The dataset `folder`: opens log folders, reads and writes tracks files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from av3d.calibration.rig import Rig
from av3d.calibration.rig_toml import read_rig
from av3d.datasets.dataset import (
    Dataset,
    DatasetError,
    ExportOptions,
    ExportReport,
    ImportedLabels,
    LabelledLog,
    Loss,
    Progress,
    no_progress,
)
from av3d.datasets.folder import layout
from av3d.datasets.folder.choosing import chosen_tracks
from av3d.datasets.folder.lidar_settings import LidarSettings
from av3d.datasets.folder.listing import timed_files
from av3d.datasets.folder.points import SweepFiles
from av3d.datasets.folder.tracks_json import is_tracks_file, read_tracks, write_tracks
from av3d.datasets.folder.trajectory_files import pose_file, read_poses
from av3d.datasets.label_files import check_stems, stem_of
from av3d.datasets.relabelling import joined
from av3d.errors import InputFileError
from av3d.files import new_folder
from av3d.logs.image import ImageFiles, ImageStream
from av3d.logs.log import Log
from av3d.logs.sweep import SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.reading import read_bytes
from av3d.tracks.track import Track
from av3d.types import NS_PER_MS

LABEL_SUFFIX = ".json"


class FolderDataset(Dataset):
    """Log folders; see docs/formats/folder.md."""

    name = "folder"
    title = "av3d folder"
    holds = "tracks files with everything but the recording"
    looks_for = f"a folder with {layout.RIG_FILE} and {layout.LIDAR_FOLDER}/, or {layout.LOG_FILE}"
    reads_logs = True
    reads_labels = True
    writes_labels = True

    def recognise(self, path: Path) -> bool:
        return (path / layout.LOG_FILE).is_file() or (
            (path / layout.RIG_FILE).is_file() and (path / layout.LIDAR_FOLDER).is_dir()
        )

    def open(self, path: Path) -> Log:
        """Open a log folder: reads the text files and the names of the others."""
        if not path.is_dir():
            raise DatasetError("a log folder is a folder", path, "give the folder with log.toml")
        try:
            return self._open(path.absolute())
        except OSError as error:
            raise InputFileError(
                f"cannot read: {error.strerror or error}",
                error.filename or path,
                "check the folder and its permissions",
            ) from error

    def _open(self, path: Path) -> Log:
        settings = layout.LogSettings(path.name)
        if (path / layout.LOG_FILE).exists():
            settings = layout.read_settings(path / layout.LOG_FILE)
        if not (path / layout.RIG_FILE).exists():
            raise DatasetError(
                f"there is no {layout.RIG_FILE}, which says where the sensors sit",
                path,
                "make one from calibration files: av3d rig convert FILES --out "
                f"{path.name}/{layout.RIG_FILE} (docs/formats/rig-convert.md)",
            )
        rig = read_rig(path / layout.RIG_FILE)
        notes = list(settings.notes)
        poses = pose_file(path)
        trajectory = Trajectory.identity() if poses is None else read_poses(poses, rig, settings)
        if poses is None:
            notes.append(
                f"there is no {layout.TRAJECTORY_FILE}: the vehicle is taken to stand still"
            )
        digest = hashlib.sha256()
        for text_file in (path / layout.LOG_FILE, path / layout.RIG_FILE, poses):
            if text_file is not None and text_file.is_file():
                digest.update(read_bytes(text_file))
        lidars = _lidars(path, rig, settings, notes, digest)
        cameras = _cameras(path, rig, settings, notes, digest)
        if settings.reference_lidar is not None and settings.reference_lidar not in lidars:
            raise DatasetError(
                f"reference_lidar is {settings.reference_lidar!r}",
                path / layout.LOG_FILE,
                f"write one of: {' '.join(lidars) or 'none'}",
            )
        return Log(
            name=settings.name,
            kind=self.name,
            path=path,
            rig=rig,
            trajectory=trajectory,
            lidars=lidars,
            cameras=cameras,
            reference_lidar=settings.reference_lidar,
            tolerance_ns=(
                None if settings.tolerance_ms is None else round(settings.tolerance_ms * NS_PER_MS)
            ),
            fingerprint=digest.hexdigest(),
            notes=notes,
            clocks=dict.fromkeys([*lidars, *cameras], settings.clock) if settings.clock else None,
        )

    def recognise_labels(self, path: Path) -> bool:
        return is_tracks_file(path)

    def read_labels(self, log: Log, labels: Path | None = None) -> ImportedLabels:
        """Read a tracks file; keyframes keep the provenance that is stored with them.

        Args:
            log: the log; its folder's labels.json is read if `labels` is None.
            labels: a tracks file, or a folder with labels.json or <log name>.json.
        """
        place = log.path if labels is None else labels
        candidates = [place / layout.LABELS_FILE, place / label_file_name(log.name)]
        path = place
        if place.is_dir():
            found = [candidate for candidate in candidates if candidate.is_file()]
            if not found:
                raise DatasetError(
                    f"there is no {candidates[0].name} and no {candidates[1].name}",
                    place,
                    "give the tracks file itself",
                )
            path = found[0]
        contents = read_tracks(path)
        notes = []
        if contents.log and contents.log != log.name:
            notes.append(f"the tracks were made for the log {contents.log}, and this is {log.name}")
        keyframes = sum(len(track.keyframes) for track in contents.tracks)
        return ImportedLabels(
            contents.tracks,
            tuple(notes),
            {"tracks": len(contents.tracks), "keyframes": keyframes},
        )

    def wrote(self, folder: Path) -> bool:
        """Tracks files and nothing else; a log has its labels in one, too."""
        try:
            return all(is_tracks_file(entry) for entry in folder.iterdir())
        except OSError:
            return False

    def write_labels(
        self,
        items: Sequence[LabelledLog],
        out: Path,
        options: ExportOptions,
        progress: Progress = no_progress,
    ) -> ExportReport:
        """Write one tracks file per log, <log name>.json; nothing of what is chosen is lost."""
        names = check_stems(items, out, LABEL_SUFFIX)
        tracks: list[Track] = []
        losses: list[Loss] = []
        if options.overwrite:
            _check_replaceable(out)
        with new_folder(out, replace=options.overwrite) as folder:
            for done, (item, name) in enumerate(zip(items, names, strict=True)):
                progress("Writing tracks", done, len(items))
                chosen = chosen_tracks(item)
                write_tracks(chosen.tracks, folder / name, item.log.name)
                tracks += chosen.tracks
                losses += chosen.losses
            progress("Writing tracks", len(items), len(items))
        return ExportReport(
            format=self.name,
            out=out,
            logs=len(items),
            frames=sum(len(item.frames) for item in items),
            tracks=len(tracks),
            cuboids=sum(len(track.keyframes) for track in tracks),
            files=len(items),
            losses=joined(losses),
            notes=("only keyframes are written; av3d computes what is between them",),
        )


DATASET = FolderDataset()


def _check_replaceable(out: Path) -> None:
    """Refuse to replace a folder that holds more than tracks files, such as the log itself."""
    for entry in sorted(out.iterdir()) if out.is_dir() else []:
        if entry.suffix != ".json" or not entry.is_file():
            raise DatasetError(
                f"the output folder holds something else than tracks files: {entry.name}",
                out,
                "choose another folder",
            )


def label_file_name(log_name: str) -> str:
    """The tracks file of a log within a folder of labels."""
    return stem_of(log_name) + LABEL_SUFFIX


def _lidars(
    path: Path, rig: Rig, settings: layout.LogSettings, notes: list[str], digest: hashlib._Hash
) -> dict[str, SweepStream]:
    for name in settings.lidars:
        if name not in rig.lidars:
            raise DatasetError(
                f"there are settings of a LiDAR {name!r}",
                path / layout.LOG_FILE,
                f"write one of: {' '.join(rig.lidars) or 'none'}",
            )
    streams: dict[str, SweepStream] = {}
    names = _sensor_folders(path / layout.LIDAR_FOLDER, list(rig.lidars), "LiDAR")
    for name in rig.lidars:
        if name not in names:
            notes.append(f"the rig has a LiDAR {name} that this log has no sweeps of")
            continue
        times, paths = timed_files(
            path / layout.LIDAR_FOLDER / name,
            layout.SWEEP_SUFFIXES,
            digest,
            settings.time_unit_of_names,
        )
        streams[name] = SweepFiles(name, times, paths, settings.lidars.get(name, LidarSettings()))
    if not streams:
        raise DatasetError(
            "the log has no sweeps",
            path / layout.LIDAR_FOLDER,
            f"put files such as {layout.LIDAR_FOLDER}/{next(iter(rig.lidars), 'top')}/"
            "1700000000000000000.npz there",
        )
    return streams


def _cameras(
    path: Path, rig: Rig, settings: layout.LogSettings, notes: list[str], digest: hashlib._Hash
) -> dict[str, ImageStream]:
    streams: dict[str, ImageStream] = {}
    names = _sensor_folders(path / layout.CAMERA_FOLDER, list(rig.cameras), "camera")
    for name in rig.cameras:
        if name not in names:
            notes.append(f"the rig has a camera {name} that this log has no images of")
            continue
        times, paths = timed_files(
            path / layout.CAMERA_FOLDER / name,
            layout.IMAGE_SUFFIXES,
            digest,
            settings.time_unit_of_names,
        )
        streams[name] = ImageFiles(times, paths)
    return streams


def _sensor_folders(folder: Path, known: list[str], kind: str) -> list[str]:
    if not folder.is_dir():
        return []
    names = sorted(
        entry.name for entry in folder.iterdir() if entry.is_dir() and entry.name[0] != "."
    )
    for name in names:
        if name not in known:
            raise DatasetError(
                f"the rig has no {kind} {name!r}",
                folder / name,
                f"add it to {layout.RIG_FILE} or rename the folder to one of: "
                f"{' '.join(known) or 'none'}",
            )
    return names
