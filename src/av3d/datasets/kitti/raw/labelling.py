"""Tracks to poses of tracklets, one frame at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from av3d.datasets.dataset import SAID
from av3d.datasets.kitti.importing import OCCLUDED
from av3d.datasets.kitti.labelling import View, exposed, is_as_read
from av3d.datasets.kitti.raw.importing import (
    AMT,
    OCCLUSION,
    OCCLUSION_KF,
    OCCLUSION_OF,
    STATE,
    STATE_OF,
    TRUNCATION,
    TRUNCATION_OF,
)
from av3d.datasets.kitti.raw.tracklets import INTERPOLATED, LABELLED, UNSET, TrackletPose
from av3d.datasets.kitti.visibility import see
from av3d.geometry.se3 import SE3
from av3d.tracks.keyframe import Provenance
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import Scalar

UPRIGHT_RAD = 1e-9
"""Tilts below are rounding; readers of KITTI's own files want exactly 0."""

NOT_SAID = 0
"""State of a pose of which KITTI does not say whether it was labelled."""

IN_IMAGE, TRUNCATED, OUT_OF_IMAGE, BEHIND_IMAGE = 0, 1, 2, 99


@dataclass(frozen=True, slots=True)
class Posed:
    """A pose of a track.

    Attributes:
        track: position of the track in the list that was given.
        size_lwh_m: of its cuboid.
        pose: what is written.
        tilt_rad: angle by which the cuboid leans in the Velodyne frame.
        state: what was posed.
    """

    track: int
    size_lwh_m: tuple[float, float, float]
    pose: TrackletPose
    tilt_rad: float
    state: TrackState


def pose_frame(
    tracks: Sequence[Track],
    states: Sequence[TrackState | None],
    view: View,
    velodyne_SE3_world: SE3,
    *,
    keeps_columns: bool,
    upright: bool,
) -> list[Posed]:
    """The poses of all tracks that are there at a frame, in the order of the tracks.

    Args:
        tracks: tracks with keyframes in the world frame.
        states: of each in the sweep of the frame, in the world frame; None where it is not there.
        view: the frame as the reference camera sees it.
        velodyne_SE3_world: at the time of the frame.
        keeps_columns: the log is the drive that the tracks were read from, so that what its
            annotators said of cuboids that nobody changed is written as it was.
        upright: write rz alone.
    """
    there = [(index, state) for index, state in enumerate(states) if state is not None]
    if not there:
        return []
    present = exposed(tracks, there, view)
    camera_SE3_cuboids = view.world_SE3_image.inverse() @ SE3.stack(
        [at_image.cuboid.frame_SE3_cuboid for _, _, at_image in present]
    )
    seen = see(
        view.camera,
        camera_SE3_cuboids,
        np.array([at_image.cuboid.size_lwh_m for _, _, at_image in present]),
    )
    found: list[Posed] = []
    for row, (index, state, _) in enumerate(present):
        if seen.on_image[row]:
            truncation = TRUNCATED if seen.truncation_level[row] else IN_IMAGE
            occlusion = int(seen.occlusion_level[row])
        else:
            is_ahead = camera_SE3_cuboids.translation_m[row, 2] > 0
            truncation, occlusion = OUT_OF_IMAGE if is_ahead else BEHIND_IMAGE, UNSET
        found.append(
            _posed(
                index, state, velodyne_SE3_world, occlusion, truncation,
                keeps_columns=keeps_columns, upright=upright,
            )
        )  # fmt: skip
    return found


def _posed(
    index: int,
    state: TrackState,
    velodyne_SE3_world: SE3,
    occlusion: int,
    truncation: int,
    *,
    keeps_columns: bool,
    upright: bool,
) -> Posed:
    cuboid = state.cuboid.in_frame(velodyne_SE3_world)
    rotation = cuboid.frame_SE3_cuboid.rotation
    length, width, height = (float(side) for side in cuboid.size_lwh_m)
    tilt_rad = math.atan2(math.hypot(rotation[0, 2], rotation[1, 2]), rotation[2, 2])
    if upright or tilt_rad < UPRIGHT_RAD:
        up = np.array([0.0, 0.0, 1.0])
        angles = (0.0, 0.0, math.atan2(rotation[1, 0], rotation[0, 0]))
    else:
        up = rotation[:, 2]
        roll, pitch, yaw = (float(angle) for angle in cuboid.frame_SE3_cuboid.roll_pitch_yaw_rad)
        angles = (roll, pitch, yaw)
    x, y, z = (cuboid.center_m - up * height / 2).tolist()
    of_state = INTERPOLATED if state.provenance is Provenance.INTERPOLATED else LABELLED
    occlusion_kf = False
    amt: tuple[float, ...] = (float(UNSET),) * 5
    known = state.attributes
    if keeps_columns and is_as_read(state):
        of_state = max(_number(known, STATE_OF, STATE), NOT_SAID)
        occlusion = _number(known, OCCLUSION_OF, OCCLUSION)
        truncation = _number(known, TRUNCATION_OF, TRUNCATION)
        occlusion_kf = known.get(OCCLUSION_KF) is True
        amt = _amt(known.get(AMT), amt)
    elif keeps_columns and OCCLUSION_OF in known and truncation in (IN_IMAGE, TRUNCATED):
        # How far an object is hidden was judged by a person; moving its cuboid does not change it.
        occlusion = _number(known, OCCLUSION_OF, OCCLUSION)
    said = known.get(f"{SAID}{OCCLUDED}")
    if said is not None:
        occlusion = {0: 0, 1: 1, 2: 2}.get(int(str(said)), UNSET)
    pose = TrackletPose((x, y, z), angles, of_state, occlusion, occlusion_kf, truncation, amt)
    return Posed(index, (length, width, height), pose, tilt_rad, state)


def _number(known: Mapping[str, Scalar], name: str, words: Mapping[int, str]) -> int:
    """The number of a word that was read; UNSET where there was none."""
    return next((number for number, word in words.items() if word == known.get(name)), UNSET)


def _amt(text: object, unset: tuple[float, ...]) -> tuple[float, ...]:
    try:
        values = tuple(float(word) for word in str(text).split())
    except ValueError:
        return unset
    return values if len(values) == len(unset) else unset
