"""Tracks to KITTI labels, one frame at a time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from av3d.calibration.camera import Camera
from av3d.datasets.dataset import SAID
from av3d.datasets.kitti.boxes import box_of
from av3d.datasets.kitti.importing import (
    ALPHA,
    BOX,
    OCCLUDED,
    READ,
    SCORE,
    TRACK_ID,
    TRUNCATED,
    TYPE,
    fingerprint,
)
from av3d.datasets.kitti.labels import NO_BOX, KittiLabel, box_from_text
from av3d.datasets.kitti.losses import LossCount
from av3d.datasets.kitti.sidecar import SidecarTrack
from av3d.datasets.kitti.types import type_of
from av3d.datasets.kitti.visibility import see
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.tracks.keyframe import Provenance
from av3d.tracks.measured import states_at
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import FloatArray, Scalar

OWN = "kitti."
"""Attributes with this prefix are KITTI's own columns and are written there."""


@dataclass(frozen=True)
class View:
    """How the frame is seen: where label and image coordinates are at one frame.

    Attributes:
        time_ns: time of the frame, at which 3D boxes hold.
        world_SE3_rectified: rectified camera 0 frame at that time, in which labels are.
        log: the log of the frame, which knows when its LiDAR measured an object.
        image_ns: exposure time of image 2; None where there is no image, and 2D boxes hold at the
            frame's time.
        world_SE3_image: frame of image 2 at its exposure time.
        camera: pinhole camera of image 2.
    """

    time_ns: int
    world_SE3_rectified: SE3
    log: Log
    image_ns: int | None
    world_SE3_image: SE3
    camera: Camera


@dataclass(frozen=True)
class Labelled:
    """A label and the true tilt of its cuboid.

    Attributes:
        label: the line to write.
        tilt_rad: angle between the cuboid's height axis and the rectified camera's -y.
        roll_rad, pitch_rad: of the cuboid in the world frame.
        track: position of the track in the list that was given.
    """

    label: KittiLabel
    tilt_rad: float
    roll_rad: float
    pitch_rad: float
    track: int


def kitti_ids(tracks: Sequence[Track]) -> list[int]:
    """A track id of KITTI for each track: the one it was read with, else the next free number."""
    taken: set[int] = set()
    ids: list[int | None] = []
    for track in tracks:
        wanted = track.attributes.get(TRACK_ID)
        if isinstance(wanted, int) and not isinstance(wanted, bool) and wanted >= 0:
            number = None if wanted in taken else wanted
        else:
            number = None
        ids.append(number)
        if number is not None:
            taken.add(number)
    free = (number for number in range(len(tracks) + len(taken)) if number not in taken)
    return [next(free) if known is None else known for known in ids]


def exposed(
    tracks: Sequence[Track], there: Sequence[tuple[int, TrackState]], view: View
) -> list[tuple[int, TrackState, TrackState]]:
    """Each state in the sweep, and at the time at which image 2 shows its track."""
    if view.image_ns is None:
        return [(index, state, state) for index, state in there]
    shown = [tracks[index] for index, _ in there]
    states = states_at(shown, view.image_ns, view.time_ns, view.log)
    return [
        (index, state, at_image or state)
        for (index, state), at_image in zip(there, states, strict=True)
    ]


def label_frame(
    tracks: Sequence[Track],
    states: Sequence[TrackState | None],
    ids: Sequence[int],
    frame_number: int,
    view: View,
    count: LossCount,
    *,
    keeps_columns: bool,
    levels: bool,
) -> list[Labelled]:
    """The labels of all tracks that are there at a frame, in the order of the tracks.

    Args:
        tracks: tracks with keyframes in the world frame.
        states: of each in the sweep of the frame, in the world frame; None where it is not there.
        ids: KITTI's track id of each.
        frame_number: KITTI's number of the frame.
        view: the frame.
        count: is added to.
        keeps_columns: the log is the KITTI sequence that the tracks were read from, so that 2D box,
            truncation and alpha of cuboids that nobody changed are written as they were.
        levels: truncation is an integer 0 to 2 (tracking) and not a fraction (object).
    """
    there = [(index, state) for index, state in enumerate(states) if state is not None]
    if not there:
        return []
    present = exposed(tracks, there, view)
    image_SE3_world = view.world_SE3_image.inverse()
    seen = see(
        view.camera,
        image_SE3_world
        @ SE3.stack([at_image.cuboid.frame_SE3_cuboid for _, _, at_image in present]),
        np.array([at_image.cuboid.size_lwh_m for _, _, at_image in present]),
    )
    truncation = seen.truncation_level if levels else seen.truncated
    rectified_SE3_world = view.world_SE3_rectified.inverse()
    found: list[Labelled] = []
    for row, (index, state, _) in enumerate(present):
        track = tracks[index]
        box, tilt = box_of(state.cuboid.in_frame(rectified_SE3_world))
        on_image = bool(seen.on_image[row])
        label = KittiLabel(
            line=0,
            frame=frame_number,
            track_id=ids[index],
            type=type_of(track.category, track.attributes.get(TYPE)),
            truncated=float(truncation[row]),
            occluded=int(seen.occlusion_level[row]),
            alpha_rad=box.alpha_rad,
            box_px=_box(seen.box_px[row]) if on_image else NO_BOX,
            size_hwl_m=box.size_hwl_m,
            position_m=box.position_m,
            rotation_y_rad=box.rotation_y_rad,
            score=_score(state.attributes) if state.provenance is not Provenance.MANUAL else None,
        )
        if keeps_columns:
            label = _as_it_was(label, state, on_image)
        if on_image or state.provenance is not Provenance.INTERPOLATED:
            label = _as_said(label, state, track, view.log, count, levels=levels)
        # Rz(yaw) Ry(pitch) Rx(roll) has the last row -sin p, cos p sin r, cos p cos r.
        last = state.cuboid.frame_SE3_cuboid.rotation[2]
        roll, pitch = math.atan2(last[1], last[2]), math.atan2(-last[0], math.hypot(*last[1:]))
        found.append(Labelled(label, tilt, roll, pitch, index))
        count.cuboids += 1
        count.outside_image += label.box_px == NO_BOX
        count.add_tilt(tilt, track.name)
        if not keeps_columns or state.provenance is not Provenance.IMPORTED:
            count.provenance[state.provenance] += 1
    return found


def count_tracks(tracks: Iterable[Track], count: LossCount) -> None:
    """Add what is lost once per track: categories, attributes, ids."""
    for track in tracks:
        original = track.attributes.get(TYPE)
        count.add_type(track.category, type_of(track.category, original), track.name, original)
        names = set(track.attributes).union(*(keyframe.attributes for keyframe in track.keyframes))
        for name in names:
            if not name.startswith((OWN, SAID)) and name != SCORE:
                count.attributes.setdefault(name, set()).add(track.name)
        count.renamed_tracks += not str(track.id).startswith("kitti-")


def sidecar_track(track: Track) -> SidecarTrack:
    """What the sidecar keeps of a track."""
    attributes = {key: value for key, value in track.attributes.items() if not key.startswith(OWN)}
    kitti_type = type_of(track.category, track.attributes.get(TYPE))
    return SidecarTrack(track.id, track.category, track.number, kitti_type, attributes)


def _as_it_was(label: KittiLabel, state: TrackState, on_image: bool) -> KittiLabel:
    """The label with the columns that KITTI's annotators gave the cuboid."""
    occluded = state.attributes.get(OCCLUDED)
    changes: dict[str, object] = {}
    # How far an object is hidden was judged by a person; moving its cuboid does not change it.
    if isinstance(occluded, int) and (on_image or state.provenance is Provenance.IMPORTED):
        changes["occluded"] = occluded
    if is_as_read(state):
        box = box_from_text(state.attributes.get(BOX))
        truncated = state.attributes.get(TRUNCATED)
        alpha = state.attributes.get(ALPHA)
        if box is not None and isinstance(truncated, int | float):
            changes |= {"box_px": box, "truncated": float(truncated)}
        # KITTI's own angles depart from their definition by up to 7 degrees.
        if isinstance(alpha, int | float):
            changes["alpha_rad"] = float(alpha)
    return KittiLabel(**{**vars(label), **changes})


def is_as_read(state: TrackState) -> bool:
    """Whether this very cuboid was read at this very time, so that what was read with it holds."""
    read = state.attributes.get(READ)
    # Projects of before have no fingerprints.
    return state.provenance is Provenance.IMPORTED and (
        read is None or read == fingerprint(state.timestamp_ns, state.cuboid)
    )


def _as_said(
    label: KittiLabel, state: TrackState, track: Track, log: Log, count: LossCount, *, levels: bool
) -> KittiLabel:
    """The label with what people said since it was read, or of a cuboid that was never read."""
    occluded = state.attributes.get(f"{SAID}{OCCLUDED}")
    truncated = state.attributes.get(f"{SAID}{TRUNCATED}")
    changes: dict[str, object] = {}
    if occluded is not None:
        changes["occluded"] = int(str(occluded))
    if isinstance(truncated, int | float):
        # 1 is all of an object in one benchmark and part of it in the other.
        if log.kind == ("kitti-object" if levels else "kitti-tracking"):
            count.attributes.setdefault("truncated", set()).add(track.name)
        else:
            changes["truncated"] = float(truncated)
    return KittiLabel(**{**vars(label), **changes}) if changes else label


def _box(values: FloatArray) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(value) for value in values)
    return left, top, right, bottom


def _score(attributes: Mapping[str, Scalar]) -> float | None:
    score = attributes.get(SCORE)
    return float(score) if isinstance(score, int | float) else None
