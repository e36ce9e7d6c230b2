"""tracklet_labels.xml: one box size per tracklet and a pose for each frame, in Velodyne coordinates.

Source: readme.txt and tracklets.h of the raw data development kit. The position is the centre of the
bottom face; rx, ry, rz turn about x, y and z, and at 0 the length points forward.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from av3d.datasets.dataset import DatasetError, ImportedLabels
from av3d.datasets.kitti.raw.layout import TRACKLETS
from av3d.datasets.kitti.raw.log import RawLog
from av3d.datasets.kitti.types import CATEGORY_OF_TYPE
from av3d.datasets.kitti.velodyne import LIDAR
from av3d.errors import InputFileError
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.reading import read_bytes
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from av3d.types import Scalar

MAX_BYTES = 200_000_000
"""The largest official file has 5 MB."""

MAX_SIZE_M = 100.0

TYPES = {**CATEGORY_OF_TYPE, "Person (sitting)": "pedestrian"}

OCCLUSION = {0: "visible", 1: "partly", 2: "fully"}
TRUNCATION = {0: "in_image", 1: "truncated", 2: "out_of_image", 99: "behind_image"}
STATE = {1: "interpolated", 2: "labelled"}
"""Words for the numbers; -1 and 255 stand for "not set" and are left out."""


@dataclass(frozen=True)
class Tracklet:
    """One object.

    Attributes:
        number: its place in the file, from 0.
        type: KITTI's name of its kind.
        size_lwh_m: length, width, height.
        first_frame: number of the frame of its first pose.
        poses: one for each frame from there on.
    """

    number: int
    type: str
    size_lwh_m: tuple[float, float, float]
    first_frame: int
    poses: tuple[TrackletPose, ...]


@dataclass(frozen=True)
class TrackletPose:
    """Where a tracklet is in one frame: bottom centre and angles in the Velodyne frame."""

    position_m: tuple[float, float, float]
    rotation_rad: tuple[float, float, float]
    attributes: dict[str, Scalar]


def read_tracklets(log: Log, labels: Path | None) -> ImportedLabels:
    """The tracklets of a drive as tracks.

    Args:
        log: the drive.
        labels: the file, or a folder with one; None: the drive's own.

    Raises:
        DatasetError: the log is no drive, or there is no file.
        InputFileError: the file is not what it should be.
    """
    if not isinstance(log, RawLog):
        raise DatasetError("tracklets belong to a drive of the KITTI raw data", log.path)
    path = log.drive.folder if labels is None else labels
    if path.is_dir():
        path = path / TRACKLETS
    if not path.is_file():
        raise DatasetError(
            "the drive has no tracklets", path, "download them, or name the file with --labels"
        )
    tracks, notes, unknown, lost = [], [], set(), 0
    tracklets = parse_tracklets(path)
    for tracklet in tracklets:
        track, without_time = _track(log, tracklet)
        lost += without_time
        if track is not None:
            tracks.append(track)
        if tracklet.type not in TYPES:
            unknown.add(tracklet.type)
    if unknown:
        notes.append(f"Types that KITTI does not have became other: {' '.join(sorted(unknown))}.")
    if lost:
        notes.append(f"{lost} cuboids belong to frames that have no time and were dropped.")
    cuboids = sum(len(track.keyframes) for track in tracks)
    return ImportedLabels(
        tuple(tracks),
        tuple(notes),
        {"tracks": len(tracks), "cuboids": cuboids, "cuboids_without_time": lost},
    )


def parse_tracklets(path: Path) -> tuple[Tracklet, ...]:
    """The tracklets of a file as they stand in it.

    Raises:
        InputFileError: not XML, entities (which may unfold to anything), or values that no box has.
    """
    data = read_bytes(path, "tracklets")
    if len(data) > MAX_BYTES:
        raise InputFileError(f"{len(data):,} bytes are no tracklets", path, "copy the file again")
    if b"<!ENTITY" in data:
        raise InputFileError("the file defines entities", path, "remove them")
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise InputFileError(f"not readable XML: {error}", path, "copy the file again") from error
    tracklets = root.find("tracklets")
    if tracklets is None:
        raise InputFileError("there is no <tracklets> in it", path, f"give a {TRACKLETS}")
    return tuple(
        _tracklet(item, number, f"{path}, tracklet {number}")
        for number, item in enumerate(tracklets.findall("item"))
    )


def _tracklet(item: ElementTree.Element, number: int, where: str) -> Tracklet:
    length, width, height = (_number(item, name, where) for name in ("l", "w", "h"))
    if not all(0 < side <= MAX_SIZE_M for side in (length, width, height)):
        raise InputFileError(
            f"{length:g} x {width:g} x {height:g} m (l, w, h) is no size of a box",
            where,
            "correct the tracklet",
        )
    first = _number(item, "first_frame", where)
    if first != int(first) or not 0 <= first < 10**8:
        raise InputFileError(f"first_frame is {first:g}", where, "write a frame number")
    name = (item.findtext("objectType") or "").strip()
    if not (name and name.isprintable() and len(name) <= 100):
        raise InputFileError("it has no objectType", where, "write Car, Van, Pedestrian …")
    poses = item.find("poses")
    return Tracklet(
        number,
        name,
        (length, width, height),
        int(first),
        tuple(_poses(poses, where)) if poses is not None else (),
    )


def _poses(poses: ElementTree.Element, where: str) -> Iterator[TrackletPose]:
    for row, item in enumerate(poses.findall("item")):
        place = f"{where}, pose {row}"
        x, y, z, rx, ry, rz = (
            _number(item, name, place) for name in ("tx", "ty", "tz", "rx", "ry", "rz")
        )
        attributes: dict[str, Scalar] = {}
        for name, words in (("occlusion", OCCLUSION), ("truncation", TRUNCATION), ("state", STATE)):
            value = (
                words.get(int(_number(item, name, place))) if item.find(name) is not None else None
            )
            if value is not None:
                attributes[f"kitti.{name}"] = value
        yield TrackletPose((x, y, z), (rx, ry, rz), attributes)


def _number(item: ElementTree.Element, name: str, where: str) -> float:
    text = (item.findtext(name) or "").strip()
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or abs(value) > 1e9:
        raise InputFileError(
            f"{name} is {text[:40]!r}, not a number", where, "correct the tracklet"
        )
    return value


def _track(log: RawLog, tracklet: Tracklet) -> tuple[Track | None, int]:
    """A track, and how many of its poses are in frames that have no time or lie outside the poses."""
    by_time = {
        log.times_by_number[number]: number
        for number in range(tracklet.first_frame, tracklet.first_frame + len(tracklet.poses))
        if number in log.times_by_number and log.trajectory.covers(log.times_by_number[number])
    }
    # By time: those of a broken clock may be out of order, or the same for two frames.
    times = sorted(by_time)
    numbers = [by_time[time] for time in times]
    lost = len(tracklet.poses) - len(numbers)
    if not numbers:
        return None, lost
    poses = [tracklet.poses[number - tracklet.first_frame] for number in numbers]
    half_m = np.array([0.0, 0.0, tracklet.size_lwh_m[2] / 2])
    velodyne_SE3_cuboids = SE3.stack(
        [
            SE3.from_euler(*pose.rotation_rad, pose.position_m) @ SE3(np.eye(3), half_m)
            for pose in poses
        ]
    )
    ego_SE3_velodyne = log.rig.lidar(LIDAR).ego_SE3_lidar
    world_SE3_cuboids = log.trajectory.at(times) @ ego_SE3_velodyne @ velodyne_SE3_cuboids
    size = np.array(tracklet.size_lwh_m)
    keyframes = tuple(
        Keyframe(time, Cuboid(world_SE3_cuboids[row], size), Provenance.IMPORTED, pose.attributes)
        for row, (time, pose) in enumerate(zip(times, poses, strict=True))
    )
    track = Track(
        f"{log.name}-tracklet-{tracklet.number}",
        TYPES.get(tracklet.type, "other"),
        keyframes,
        (Span(times[0], times[-1]),),
        tracklet.number,
        {"kitti.type": tracklet.type},
    )
    return track, lost
