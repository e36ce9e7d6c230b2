"""What calibration files say, put together: lenses, places of frames, and which frames are sensors.

A calibration file of the field rarely describes a whole rig: one holds a lens, another where sensors
sit, relative to each other or to the vehicle. Each file gives Pieces; `assemble` makes one Rig of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np

from av3d.calibration.camera import Camera
from av3d.calibration.rig import BODY_SE3_OPTICAL, CameraMount, LidarMount, Rig, RigError
from av3d.geometry.se3 import SE3

Value = TypeVar("Value")

EGO_NAMES = ("base_link", "ego", "egovehicle", "base_footprint", "vehicle", "body", "imu")
"""Frames that are taken for the ego frame, the first of them that there is."""

SAME_PLACE_M = 1e-6
"""Two files that place a frame this close to each other agree."""


@dataclass(frozen=True, eq=False)
class Place:
    """Where a frame sits: `parent_SE3_child` takes points of the child frame into the parent frame."""

    parent: str
    child: str
    parent_SE3_child: SE3
    source: Path


@dataclass(frozen=True)
class SensorFrame:
    """Which frame a sensor's data are in.

    Attributes:
        kind: what the sensor is.
        frame: name of the frame.
        is_optical: for cameras: whether the frame has the axes x right, y down, z forward; else it
            is x forward, y left, z up.
    """

    kind: Literal["camera", "lidar"]
    frame: str
    is_optical: bool = True


@dataclass(frozen=True)
class Pieces:
    """What one file says.

    Attributes:
        cameras: lenses by camera name.
        sensors: frames of sensors by sensor name.
        places: where frames sit relative to each other.
        timing: clock offset and readout of cameras, nanoseconds, as `CameraMount` has them.
        rectified: intrinsics of the same cameras for rectified images, where the file has them.
        notes: what the file leaves open, for the user.
    """

    cameras: Mapping[str, Camera] = field(default_factory=dict)
    sensors: Mapping[str, SensorFrame] = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    timing: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    rectified: Mapping[str, Camera] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def assemble(pieces: Sequence[Pieces], name: str, *, ego: str | None = None) -> Rig:
    """One rig of the pieces of several files.

    The ego frame is `ego` if it is given, else the first of EGO_NAMES that there is, else the frame
    that all others hang on, else that of the first camera. A camera's frame as ego frame is turned
    from optical axes to x forward, y left, z up. A camera that nothing places is put at the ego
    frame's origin, looking ahead, and a note says so.

    Args:
        pieces: what the files say.
        name: name of the rig.
        ego: name of the ego frame.

    Raises:
        RigError: no lens and no LiDAR, two different lenses or places of one name, or no such ego
            frame.
    """
    cameras = _joined([piece.cameras for piece in pieces], "camera")
    sensors, same = _sensors([piece.sensors for piece in pieces])
    timing = _joined([piece.timing for piece in pieces], "clock of camera")
    places = [*_places(pieces), *same]
    notes = [note for piece in pieces for note in piece.notes]
    root, ego_SE3_root = _ego(ego, cameras, sensors, places, notes)
    poses = _poses(root, ego_SE3_root, places)
    notes += _set_down(poses, [camera for camera in cameras if camera in sensors], sensors, places)
    lidars = {}
    for sensor, frame in sensors.items():
        if frame.kind == "lidar":
            if frame.frame in poses:
                lidars[sensor] = LidarMount(poses[frame.frame])
            else:
                notes.append(f"LiDAR {sensor} is left out: nothing places it on {root}")
        elif sensor not in cameras:
            notes.append(
                f"camera {sensor} is left out: its place is known, its lens is not; give its "
                f"intrinsics too, as {sensor}=FILE"
            )
    mounts = {}
    for camera, lens in cameras.items():
        seat = sensors.get(camera, SensorFrame("camera", camera))
        pose = poses.get(seat.frame)
        if pose is None:
            notes.append(
                f"no file says where camera {camera} sits: it is put at the ego frame's origin, "
                "looking ahead; correct ego_SE3_camera"
            )
            pose, optical = SE3.identity(), False
        else:
            optical = seat.is_optical
        mounts[camera] = CameraMount(
            lens, pose if optical else pose @ BODY_SE3_OPTICAL, *timing.get(camera, (0, 0))
        )
    if not mounts and not lidars:
        raise RigError(
            "the files hold no camera with a lens and no LiDAR",
            name,
            "give a file with the intrinsics of a camera",
        )
    files = ", ".join(sorted({place.source.name for place in places}))
    return Rig(
        name,
        lidars,
        mounts,
        source="converted by av3d rig convert" + (f"; places from {files}" if files else ""),
        notes=tuple(dict.fromkeys(notes)),
    )


def _joined(parts: Sequence[Mapping[str, Value]], kind: str) -> dict[str, Value]:
    joined: dict[str, Value] = {}
    for part in parts:
        for name, value in part.items():
            if name in joined and joined[name] != value:
                raise RigError(
                    f"two files describe the {kind} {name!r} differently",
                    name,
                    "give one of them, or name the cameras apart: left=a.yaml right=b.yaml",
                )
            joined[name] = value
    return joined


def _sensors(
    parts: Sequence[Mapping[str, SensorFrame]],
) -> tuple[dict[str, SensorFrame], list[Place]]:
    """The frames of sensors, and how frames that two files have for one sensor lie to each other.

    A vehicle's file places `front/camera_link`, a camera chain knows the same camera as `front`.
    """
    joined: dict[str, SensorFrame] = {}
    same: list[Place] = []
    for part in parts:
        for name, frame in part.items():
            before = joined.setdefault(name, frame)
            if before.kind != frame.kind:
                raise RigError(
                    f"{name!r} is a {before.kind} and a {frame.kind}", name, "rename one"
                )
            if before.frame != frame.frame:
                turn = SE3.identity()
                if before.is_optical != frame.is_optical:
                    turn = BODY_SE3_OPTICAL.inverse() if before.is_optical else BODY_SE3_OPTICAL
                same.append(Place(before.frame, frame.frame, turn, Path(name)))
    return joined, same


def _set_down(
    poses: dict[str, SE3],
    cameras: Sequence[str],
    sensors: Mapping[str, SensorFrame],
    places: Sequence[Place],
) -> list[str]:
    """Place frames that hang on each other and on nothing else; notes that say so.

    The first camera of such a chain is put at the ego frame's origin, looking ahead, the others as
    they lie to it.
    """
    notes = []
    for camera in cameras:
        seat = sensors[camera]
        if seat.frame in poses or not any(
            seat.frame in (place.parent, place.child) for place in places
        ):
            continue
        start = BODY_SE3_OPTICAL if seat.is_optical else SE3.identity()
        chain = _poses(seat.frame, start, places)
        poses.update(chain)
        others = " ".join(
            other for other in cameras if other != camera and sensors[other].frame in chain
        )
        notes.append(
            f"no file says where camera {camera} sits on the vehicle: it is put at the ego frame's "
            f"origin, looking ahead{f', and {others} as they lie to it' if others else ''}; correct "
            "ego_SE3_camera, or name the camera as the file that places it does"
        )
    return notes


def _places(pieces: Sequence[Pieces]) -> list[Place]:
    kept: dict[tuple[str, str], Place] = {}
    for place in (place for piece in pieces for place in piece.places):
        before = kept.setdefault((place.parent, place.child), place)
        apart = np.abs(before.parent_SE3_child.matrix - place.parent_SE3_child.matrix).max()
        if apart > SAME_PLACE_M:
            raise RigError(
                f"{place.child} is placed on {place.parent} twice, and differently",
                f"{before.source} and {place.source}",
                "give one of the two files",
            )
    return list(kept.values())


def _ego(
    wanted: str | None,
    cameras: Mapping[str, Camera],
    sensors: Mapping[str, SensorFrame],
    places: Sequence[Place],
    notes: list[str],
) -> tuple[str, SE3]:
    """Name of the frame that everything is traced to, and its pose in the ego frame."""
    frames = dict.fromkeys(frame for place in places for frame in (place.parent, place.child))
    optical = {
        sensors[camera].frame if camera in sensors else camera
        for camera in {**cameras, **sensors}
        if camera not in sensors
        or (sensors[camera].kind == "camera" and sensors[camera].is_optical)
    }
    if wanted is not None and wanted not in frames:
        known = " ".join(frames) or "none"
        raise RigError(f"no frame {wanted!r}", "--ego", f"use one of: {known}")
    root = wanted or next((name for name in EGO_NAMES if name in frames), None)
    if root is None and places:
        children = {place.child for place in places}
        root = next((frame for frame in frames if frame not in children), next(iter(frames)))
        if root not in optical:
            notes.append(
                f"the ego frame is {root}, on which all others hang; if that is not the vehicle's, "
                "give the file that places it on the vehicle too, or choose another with --ego"
            )
    if root is None:
        return "the ego frame", SE3.identity()
    if root in optical:
        if wanted is None:
            notes.append(
                f"no file knows the vehicle: the ego frame is that of camera {root}, with x forward, "
                "y left, z up; move it with the poses"
            )
        return root, BODY_SE3_OPTICAL
    if root == "imu" and wanted is None:
        notes.append(
            "the ego frame is that of the IMU, as it is mounted; if its x does not point forward "
            "and its z not up, choose another with --ego or turn the poses"
        )
    return root, SE3.identity()


def _poses(root: str, ego_SE3_root: SE3, places: Sequence[Place]) -> dict[str, SE3]:
    """`ego_SE3_frame` of every frame that is connected with the root."""
    beside: dict[str, list[tuple[str, SE3]]] = {}
    for place in places:
        beside.setdefault(place.parent, []).append((place.child, place.parent_SE3_child))
        beside.setdefault(place.child, []).append((place.parent, place.parent_SE3_child.inverse()))
    poses = {root: ego_SE3_root}
    open_frames = [root]
    while open_frames:
        frame = open_frames.pop(0)
        for neighbour, frame_SE3_neighbour in beside.get(frame, []):
            if neighbour not in poses:
                poses[neighbour] = poses[frame] @ frame_SE3_neighbour
                open_frames.append(neighbour)
    return poses
