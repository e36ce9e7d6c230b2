"""Opening a scene: poses, times, calibration and names of files; no points, no images."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from av3d.datasets.nuscenes.official import LIDAR_CHANNEL
from av3d.datasets.nuscenes.reading.lidar import LidarFiles
from av3d.datasets.nuscenes.reading.place import data_path, find_place
from av3d.datasets.nuscenes.reading.poses import EgoPoses
from av3d.datasets.nuscenes.reading.radar import RadarFiles
from av3d.datasets.nuscenes.reading.rig import rig_of
from av3d.datasets.nuscenes.reading.rows import pose, read_rows, text
from av3d.datasets.nuscenes.reading.scene import Channel, Datum, Scene, read_scene
from av3d.datasets.nuscenes.reading.trigger import camera_phases_ns, is_spinning
from av3d.logs.image import ImageFiles
from av3d.logs.log import Log

LISTED = 2_000
"""A folder with more files of the scene than this is listed instead of asked for each of them."""

_LIDAR_CLOCK = (
    "{who}; a sweep is one turn of 50 ms, stamped at its end; points are moved by the ego motion to "
    "where they would have been seen then"
)
_CAMERA_CLOCK = (
    "{who}; an image is stamped when the LiDAR's beam triggers it, at the middle of its view"
)
_UNKNOWN_CLOCK = "{who}; the tables do not say which moment of a {what} its stamp means"


class NuScenesLog(Log):
    """A scene as a log, with what only nuScenes has.

    Attributes:
        scene: its rows.
        radars: measurements of the radars by channel; read with `radars["RADAR_FRONT"].read(0)`.
        sample_times_ns: time of each sample's frame, by token, in time order.
    """

    def __init__(
        self,
        scene: Scene,
        radars: Mapping[str, RadarFiles],
        sample_times_ns: Mapping[str, int],
        **log: Any,
    ) -> None:
        super().__init__(**log)
        self.scene = scene
        self.radars: Mapping[str, RadarFiles] = MappingProxyType(dict(radars))
        self.sample_times_ns: Mapping[str, int] = MappingProxyType(dict(sample_times_ns))


def open_log(path: Path) -> NuScenesLog:
    """Open a scene; `find_place` says what the path may be.

    Raises:
        DatasetError: no tables, several scenes and none named, or one that is not there.
        InputFileError: a table is damaged.
    """
    scene = read_scene(find_place(path))
    notes = list(scene.notes)
    rig = rig_of(scene)
    there = _Files(datum.path for channel in scene.channels.values() for datum in channel.data)
    lidars = scene.of_modality("lidar")
    reference = lidars[0]
    exact_ns = dict(scene.written.sample_times_ns) if scene.written else {}
    streams: dict[str, LidarFiles] = {}
    kept: dict[str, tuple[Datum, ...]] = {}
    # Exports of av3d say times more exactly than the tables, which count in microseconds.
    times_ns = {
        datum.token: _exact(datum, exact_ns) for channel in lidars for datum in channel.data
    }
    phases_ns = camera_phases_ns(reference, scene.of_modality("camera"))
    spins = False
    for channel in lidars:
        # A sample is a frame with or without its points: it has labels.
        kept[channel.name] = tuple(d for d in channel.data if d.is_key or d.path in there)
        data = kept[channel.name]
        stamps_ns = [times_ns[datum.token] for datum in data]
        absent = frozenset(index for index, datum in enumerate(data) if datum.path not in there)
        spinning = channel.name == LIDAR_CHANNEL and is_spinning(
            channel.name, np.array(stamps_ns, dtype=np.int64), rig, phases_ns
        )
        spins = spins or spinning
        streams[channel.name] = LidarFiles(
            channel.name,
            stamps_ns,
            [datum.path for datum in data],
            absent,
            _semantics(scene, data),
            # av3d writes one for a sweep without points.
            may_be_empty=scene.written is not None,
            is_spinning=spinning,
            compensated=scene.written is None or scene.written.motion_compensated,
        )
        notes += _missing_sweeps(channel, there)
    images: dict[str, ImageFiles] = {}
    present: dict[str, tuple[Datum, ...]] = {}
    for name in rig.cameras:
        data = tuple(datum for datum in scene.channels[name].data if datum.path in there)
        present[name] = data
        images[name] = ImageFiles(
            [datum.timestamp_ns for datum in data], [datum.path for datum in data]
        )
        notes += _missing_note(scene.channels[name], len(data), "images")
    ego_poses = EgoPoses(scene, reference)
    trajectory = ego_poses.trajectory(times_ns)
    measured = ego_poses.measured(present, trajectory, rig)
    if measured:
        notes.append(f"camera poses are those of each image's own ego pose: {' '.join(measured)}")
    radars, radar_notes = _radars(scene, there)
    return NuScenesLog(
        scene,
        radars,
        _sample_times_ns(scene, kept[reference.name], times_ns),
        name=scene.written.log if scene.written else scene.name,
        kind="nuscenes",
        path=path,
        rig=rig,
        trajectory=trajectory,
        lidars=streams,
        cameras=images,
        reference_lidar=reference.name,
        camera_world_poses=measured,
        camera_phases_ns=phases_ns,
        fingerprint=_fingerprint(scene, there),
        notes=[*notes, *radar_notes],
        clocks=_clocks(scene, streams, images, spins),
    )


class _Files:
    """Which files of the scene there are."""

    def __init__(self, paths: Iterable[Path]) -> None:
        folders: dict[Path, list[str]] = defaultdict(list)
        for path in paths:
            folders[path.parent].append(path.name)
        self._names: dict[Path, set[str]] = {}
        for folder, names in folders.items():
            if len(names) > LISTED:
                present = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
                self._names[folder] = present.intersection(names)
            else:
                self._names[folder] = {name for name in names if (folder / name).is_file()}

    def __contains__(self, path: Path) -> bool:
        return path.name in self._names[path.parent]


def _exact(datum: Datum, exact_ns: Mapping[str, int]) -> int:
    exact = exact_ns.get(datum.sample, -1)
    is_same = datum.is_key and abs(exact - datum.timestamp_ns) <= 500
    return exact if is_same else datum.timestamp_ns


def _sample_times_ns(
    scene: Scene, data: Iterable[Datum], times_ns: Mapping[str, int]
) -> dict[str, int]:
    """The time of a sample is that of its sweep: the frame that its annotations belong to."""
    of_sweeps = {datum.sample: times_ns[datum.token] for datum in data if datum.is_key}
    times = {token: of_sweeps.get(token, time_ns) for token, time_ns in scene.samples.items()}
    return dict(sorted(times.items(), key=lambda item: item[1]))


def _semantics(scene: Scene, data: Iterable[Datum]) -> dict[int, Path]:
    """Files of nuScenes-lidarseg with a class per point, by index of the sweep."""
    path = scene.table("lidarseg")
    if not path.is_file():
        return {}
    index_of = {datum.token: index for index, datum in enumerate(data)}
    found: dict[int, Path] = {}
    for row in read_rows(path, "sample_data_token", index_of):
        file = data_path(scene.place.root, text(row, "filename", path), str(path))
        if file.is_file():
            found[index_of[text(row, "sample_data_token", path)]] = file
    return found


def _missing_sweeps(channel: Channel, there: _Files) -> list[str]:
    keys = [datum for datum in channel.data if datum.is_key]
    between = [datum for datum in channel.data if not datum.is_key]
    absent = sum(datum.path not in there for datum in keys)
    lost = sum(datum.path not in there for datum in between)
    notes = []
    if absent:
        notes.append(
            f"{channel.name}: the files of {absent} of {len(keys)} samples are missing; their frames "
            "have no points"
        )
    if lost:
        notes.append(
            f"{channel.name}: {lost} of {len(between)} sweeps between samples are missing and left out"
        )
    return notes


def _missing_note(channel: Channel, present: int, what: str) -> list[str]:
    total = len(channel.data)
    if present == total:
        return []
    return [f"{channel.name}: {total - present} of {total} {what} are missing"]


def _radars(scene: Scene, there: _Files) -> tuple[dict[str, RadarFiles], list[str]]:
    radars: dict[str, RadarFiles] = {}
    notes: list[str] = []
    path = scene.table("calibrated_sensor")
    for channel in scene.of_modality("radar"):
        data = [datum for datum in channel.data if datum.path in there]
        radars[channel.name] = RadarFiles(
            channel.name,
            pose(channel.calibrated, path),
            [datum.timestamp_ns for datum in data],
            [datum.path for datum in data],
        )
        notes += _missing_note(channel, len(data), "measurements")
    return radars, notes


def _clocks(
    scene: Scene, lidars: Iterable[str], cameras: Iterable[str], spins: bool
) -> dict[str, str]:
    if scene.written is not None:
        who = f"as written by av3d from log {scene.written.log}, to the microsecond"
    else:
        who = "the vehicle's common clock, to the microsecond"
    unknown = {
        **{name: _UNKNOWN_CLOCK.format(who=who, what="sweep") for name in lidars},
        **{name: _UNKNOWN_CLOCK.format(who=who, what="image") for name in cameras},
    }
    if not spins:
        return unknown
    known = {name: _CAMERA_CLOCK.format(who=who) for name in cameras}
    return {**unknown, **known, LIDAR_CHANNEL: _LIDAR_CLOCK.format(who=who)}


def _fingerprint(scene: Scene, there: _Files) -> str:
    """A hash of the scene's rows and of which files there are; labels are not part of it."""
    digest = hashlib.sha256()
    for name in sorted(scene.channels):
        channel = scene.channels[name]
        digest.update(json.dumps([name, channel.calibrated], sort_keys=True).encode())
        for datum in channel.data:
            where = datum.path.relative_to(scene.place.root).as_posix()
            entry = (datum.token, datum.pose_token, datum.timestamp_ns, where, datum.path in there)
            digest.update(repr(entry).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
