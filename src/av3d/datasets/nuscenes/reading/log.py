"""Opening a scene: poses, times, calibration and names of files; no points, no images."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from av3d.datasets.nuscenes.reading.lidar import LidarFiles
from av3d.datasets.nuscenes.reading.media import Media
from av3d.datasets.nuscenes.reading.place import find_place
from av3d.datasets.nuscenes.reading.poses import EgoPoses
from av3d.datasets.nuscenes.reading.radar import RadarFiles
from av3d.datasets.nuscenes.reading.rig import rig_of
from av3d.datasets.nuscenes.reading.rows import read_rows, text, whole
from av3d.datasets.nuscenes.reading.scene import Datum, Scene, read_scene
from av3d.datasets.nuscenes.reading.trigger import camera_phases_ns
from av3d.logs.log import Log

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
    rig = rig_of(scene)
    media = Media(scene)
    channels = scene.of_modality("lidar")
    phases_ns = camera_phases_ns(channels[0], scene.of_modality("camera"))
    lidars = {channel.name: media.sweeps(channel, rig, phases_ns) for channel in channels}
    cameras = {name: media.images(scene.channels[name]) for name in rig.cameras}
    radars = {channel.name: media.radar(channel) for channel in scene.of_modality("radar")}
    ego_poses = EgoPoses(scene, channels[0])
    trajectory = ego_poses.trajectory(media.times_ns)
    measured = ego_poses.measured(media.present, trajectory, rig)
    notes = [*scene.notes, *media.notes]
    if measured:
        notes.append(f"camera poses are those of each image's own ego pose: {' '.join(measured)}")
    return NuScenesLog(
        scene,
        radars,
        _sample_times_ns(scene, channels[0].data, media.times_ns),
        name=scene.written.name if scene.written else scene.name,
        kind="nuscenes",
        path=path,
        rig=rig,
        trajectory=trajectory,
        lidars=lidars,
        cameras=cameras,
        reference_lidar=channels[0].name,
        camera_world_poses=measured,
        camera_phases_ns=phases_ns,
        fingerprint=_fingerprint(scene, media),
        notes=notes,
        clocks=_clocks(scene, lidars, cameras),
        class_names=_class_names(scene),
    )


def _class_names(scene: Scene) -> dict[int, str]:
    """Names of the classes of nuScenes-lidarseg: the categories with an index; none without it."""
    if not scene.table("lidarseg").is_file():
        return {}
    path = scene.table("category")
    return {
        whole(row, "index", path, 0, 255): text(row, "name", path)
        for row in read_rows(path)
        if "index" in row
    }


def _sample_times_ns(
    scene: Scene, data: Iterable[Datum], times_ns: Mapping[str, int]
) -> dict[str, int]:
    """The time of a sample is that of its sweep: the frame that its annotations belong to."""
    of_sweeps = {datum.sample: times_ns[datum.token] for datum in data if datum.is_key}
    times = {token: of_sweeps.get(token, time_ns) for token, time_ns in scene.samples.items()}
    return dict(sorted(times.items(), key=lambda item: item[1]))


def _clocks(
    scene: Scene, lidars: Mapping[str, LidarFiles], cameras: Iterable[str]
) -> dict[str, str]:
    if scene.written is not None:
        who = f"as written by av3d from log {scene.written.log}, to the microsecond"
    else:
        who = "the vehicle's common clock, to the microsecond"
    # The images are triggered by the LiDAR whose turn is known.
    spins = any(stream.is_spinning for stream in lidars.values())
    image = _CAMERA_CLOCK if spins else _UNKNOWN_CLOCK
    return {
        **{
            name: (_LIDAR_CLOCK if stream.is_spinning else _UNKNOWN_CLOCK).format(
                who=who, what="sweep"
            )
            for name, stream in lidars.items()
        },
        **{name: image.format(who=who, what="image") for name in cameras},
    }


def _fingerprint(scene: Scene, media: Media) -> str:
    """A hash of the scene's rows and of which files there are; labels are not part of it."""
    digest = hashlib.sha256()
    for name in sorted(scene.channels):
        channel = scene.channels[name]
        digest.update(json.dumps([name, channel.calibrated], sort_keys=True).encode())
        for datum in channel.data:
            where = datum.path.relative_to(scene.place.root).as_posix()
            entry = (datum.token, datum.pose_token, datum.timestamp_ns, where, datum in media)
            digest.update(repr(entry).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
