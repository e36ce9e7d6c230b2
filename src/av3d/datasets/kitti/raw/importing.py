"""Tracklets to tracks in the world frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from av3d.datasets.dataset import DatasetError, ImportedLabels
from av3d.datasets.kitti.importing import READ, TYPE, fingerprint
from av3d.datasets.kitti.raw.calibration import read_ego_SE3_velodyne
from av3d.datasets.kitti.raw.layout import CALIBRATIONS, TRACKLETS, tracklet_files
from av3d.datasets.kitti.raw.log import RawLog
from av3d.datasets.kitti.raw.sidecar import RawSidecar, read_raw_sidecar
from av3d.datasets.kitti.raw.tracklets import (
    INTERPOLATED,
    LABELLED,
    UNSET,
    Tracklet,
    TrackletPose,
    parse_tracklets,
)
from av3d.datasets.kitti.sidecar import sha256_of
from av3d.datasets.kitti.types import category_of, is_known
from av3d.datasets.kitti.velodyne import LIDAR
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from av3d.types import Scalar

PERSON_SITTING = "Person (sitting)"
"""What the benchmarks call Person_sitting."""

OCCLUSION = {0: "visible", 1: "partly", 2: "fully"}
TRUNCATION = {0: "in_image", 1: "truncated", 2: "out_of_image", 99: "behind_image"}
STATE = {INTERPOLATED: "interpolated", LABELLED: "labelled"}
"""Words for the numbers; -1 and 255 stand for "not set" and are left out."""

OCCLUSION_OF, TRUNCATION_OF, STATE_OF = "kitti.occlusion", "kitti.truncation", "kitti.state"
OCCLUSION_KF, AMT = "kitti.occlusion_kf", "kitti.amt"


@dataclass(frozen=True)
class _Source:
    """What is needed to place tracklets."""

    log: Log
    times_ns: Mapping[int, int]
    ego_SE3_velodyne: SE3
    sidecar: RawSidecar | None


def read_tracklets(log: Log, labels: Path | None) -> ImportedLabels:
    """The tracklets of a drive as tracks.

    Args:
        log: the drive; or, with `labels`, the log of another kind that the labels were exported from
            or made on: frame n is then its n-th frame.
        labels: the file, or a folder with one; None: the drive's own.

    Raises:
        DatasetError: there is no file, or it is not said in which frame of reference it is.
        InputFileError: the file is not what it should be.
    """
    if isinstance(log, RawLog):
        path = log.drive.folder if labels is None else labels
    elif labels is None:
        raise DatasetError(
            "a log of another kind has no tracklets", log.path, "say where with --labels"
        )
    else:
        path = labels
    path = _file_of(path)
    notes: list[str] = []
    tracklets = parse_tracklets(path, notes)
    sidecar = read_raw_sidecar(path.parent)
    if sidecar is not None and (
        sidecar.labels_sha256 != sha256_of(path) or len(sidecar.tracks) != len(tracklets)
    ):
        sidecar = None
        notes.append(f"{path.name} was changed after av3d wrote it: its tracks get new identities.")
    if isinstance(log, RawLog):
        times_ns: Mapping[int, int] = log.times_by_number
        ego_SE3_velodyne = log.rig.lidar(LIDAR).ego_SE3_lidar
    else:
        times_ns = dict(enumerate(log.frames.timestamps_ns.tolist()))
        ego_SE3_velodyne = _velodyne_of(log, path)
    source = _Source(log, times_ns, ego_SE3_velodyne, sidecar)
    parts: dict[str, list[tuple[Tracklet, list[Keyframe], Span]]] = {}
    lost = 0
    for tracklet in tracklets:
        keyframes = _keyframes(tracklet, source)
        lost += len(tracklet.poses) - len(keyframes)
        if keyframes:
            span = Span(keyframes[0].timestamp_ns, keyframes[-1].timestamp_ns)
            known = None if sidecar is None else sidecar.tracks[tracklet.number].id
            new_id = f"{log.name}-tracklet-{tracklet.number}"
            parts.setdefault(known or new_id, []).append((tracklet, keyframes, span))
    tracks = [_track(track_id, own, source) for track_id, own in parts.items()]
    types = {tracklet.type for tracklet in tracklets} - {PERSON_SITTING}
    unknown = [name for name in types if not is_known(name)]
    if unknown:
        notes.append(f"Types that KITTI does not have became other: {' '.join(sorted(unknown))}.")
    if lost:
        notes.append(f"{lost} cuboids belong to frames that have no time and were dropped.")
    mirrored = sum(min(tracklet.size_lwh_m) < 0 for tracklet in tracklets)
    if mirrored:
        notes.append(
            f"{mirrored} tracklets have sizes below 0, as of mirrored boxes: made positive."
        )
    return ImportedLabels(
        tuple(tracks),
        tuple(notes),
        {
            "tracks": len(tracks),
            "cuboids": sum(len(track.keyframes) for track in tracks),
            "cuboids_without_time": lost,
            "mirrored": mirrored,
        },
    )


def _file_of(path: Path) -> Path:
    """The file itself, or the one in a folder: of a drive, of a day, or of an export."""
    if path.is_dir():
        found = tracklet_files(path)
        if len(found) > 1:
            names = " ".join(str(one.parent.relative_to(path)) for one in found[:6])
            raise DatasetError(
                f"the folder holds {len(found)} {TRACKLETS}", path, f"name one of: {names}"
            )
        path = found[0] if found else path / TRACKLETS
    if not path.is_file():
        raise DatasetError(
            "the drive has no tracklets", path, "download them, or name the file with --labels"
        )
    return path


def _velodyne_of(log: Log, path: Path) -> SE3:
    """Pose of the frame that tracklets for a log of another kind are in, in its ego frame."""
    for folder in (path.parent, path.parent.parent):
        if (folder / CALIBRATIONS[2]).is_file():
            return read_ego_SE3_velodyne(folder)
    if len(log.rig.lidars) == 1:
        [mount] = log.rig.lidars.values()
        return mount.ego_SE3_lidar
    raise DatasetError(
        f"log {log.name} has {len(log.rig.lidars)} LiDARs, and nothing says in the frame of which "
        "the tracklets are",
        path,
        f"put {CALIBRATIONS[2]} of the ego and that LiDAR beside the file",
    )


def _keyframes(tracklet: Tracklet, source: _Source) -> list[Keyframe]:
    """The poses in frames that have a time and lie within the ego poses, in the order of time."""
    log, times_ns = source.log, source.times_ns
    by_time = {
        times_ns[number]: number
        for number in range(tracklet.first_frame, tracklet.first_frame + len(tracklet.poses))
        if number in times_ns and log.trajectory.covers(times_ns[number])
    }
    # By time: those of a broken clock may be out of order, or the same for two frames.
    times = sorted(by_time)
    if not times:
        return []
    rows = [by_time[time] - tracklet.first_frame for time in times]
    poses = [tracklet.poses[row] for row in rows]
    own = np.array(tracklet.size_lwh_m)
    sizes = np.array(
        [own if known is None else known for known in _known_sizes(tracklet, rows, source)]
    )
    velodyne_SE3_cuboids = SE3.stack(
        [
            SE3.from_euler(*pose.rotation_rad, pose.position_m)
            @ SE3(np.eye(3), np.array([0.0, 0.0, size[2] / 2]))
            for pose, size in zip(poses, sizes, strict=True)
        ]
    )
    world_SE3_cuboids = log.trajectory.at(times) @ source.ego_SE3_velodyne @ velodyne_SE3_cuboids
    keyframes: list[Keyframe] = []
    for row, (time, pose) in enumerate(zip(times, poses, strict=True)):
        cuboid = Cuboid(world_SE3_cuboids[row], np.abs(sizes[row]))
        attributes = {**_attributes(pose), READ: fingerprint(time, cuboid)}
        keyframes.append(Keyframe(time, cuboid, Provenance.IMPORTED, attributes))
    return keyframes


def _known_sizes(
    tracklet: Tracklet, rows: Sequence[int], source: _Source
) -> list[tuple[float, float, float] | None]:
    """Sizes of poses that the sidecar knows better than the file."""
    sizes = {} if source.sidecar is None else source.sidecar.sizes
    return [sizes.get((tracklet.number, row)) for row in rows]


def _attributes(pose: TrackletPose) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {}
    for name, words, value in (
        (OCCLUSION_OF, OCCLUSION, pose.occlusion),
        (TRUNCATION_OF, TRUNCATION, pose.truncation),
        (STATE_OF, STATE, pose.state),
    ):
        if value in words:
            found[name] = words[value]
    if pose.occlusion_kf:
        found[OCCLUSION_KF] = True
    if any(value != UNSET for value in pose.amt):
        found[AMT] = " ".join(f"{value:.9g}" for value in pose.amt)
    return found


def _track(
    track_id: str, parts: Sequence[tuple[Tracklet, list[Keyframe], Span]], source: _Source
) -> Track:
    """The track of one tracklet, or of several that the sidecar knows to be one object."""
    parts = sorted(parts, key=lambda part: part[2].start_ns)
    tracklet = parts[0][0]
    kitti_type = "Person_sitting" if tracklet.type == PERSON_SITTING else tracklet.type
    category, number = category_of(kitti_type), tracklet.number
    attributes: dict[str, Scalar] = {TYPE: kitti_type}
    if source.sidecar is not None:
        known = source.sidecar.tracks[tracklet.number]
        number = known.number
        category = known.category if known.kitti_type == kitti_type else category
        attributes = {**known.attributes, **attributes}
    keyframes = tuple(keyframe for _, own, _ in parts for keyframe in own)
    spans = tuple(span for _, _, span in parts)
    return Track(track_id, category, keyframes, spans, number, attributes)
