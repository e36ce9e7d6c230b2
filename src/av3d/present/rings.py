"""Rings on which the knobs sit that turn a cuboid, and the angles that they turn."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from scipy.spatial.transform import Rotation

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.present.projectors import Projector, ViewKind, across_view, pixels_per_metre
from av3d.types import FloatArray

GAP_PX = 24.0
"""How far beyond the face a knob is at least, so that it can be told from the handle of the face."""

CLEAR_OF_CORNERS = 1.1
"""The ring on the floor is larger by this factor than the circle through the corners."""


class Axis(IntEnum):
    """What a cuboid turns about: its own axes, in their order."""

    ROLL = 0
    PITCH = 1
    YAW = 2


@dataclass(frozen=True, eq=False)
class Ring:
    """A circle around one axis of a cuboid, in the working frame.

    Attributes:
        axis: the axis that it is around.
        centre_m: its middle, (3,).
        knob, onward: unit vectors from there to the knob and to where a positive turn takes it, (3,).
        radius_m: its radius.
    """

    axis: Axis
    centre_m: FloatArray
    knob: FloatArray
    onward: FloatArray
    radius_m: float

    def points_m(self, angles_rad: FloatArray) -> FloatArray:
        """Points of the ring where the knob is after turns (N,), (N, 3)."""
        angles = angles_rad[:, None]
        towards = np.cos(angles) * self.knob + np.sin(angles) * self.onward
        return np.asarray(self.centre_m + self.radius_m * towards)


def ring_of(cuboid: Cuboid, projector: Projector, axis: Axis) -> Ring | None:
    """The ring of a cuboid around one of its axes; None where its middle cannot be seen.

    The ring of yaw is on the floor and its knob in front; the knob of pitch is in front of the centre,
    that of roll above it.
    """
    rotation = cuboid.frame_SE3_cuboid.rotation
    length_m, width_m, height_m = cuboid.size_lwh_m.tolist()
    forward, left, up = rotation.T
    centre_m = cuboid.center_m - up * (height_m / 2 if axis is Axis.YAW else 0.0)
    scale = float(across_view(pixels_per_metre(projector, centre_m[None]))[0])
    if not scale > 0:
        return None
    gap_m = GAP_PX / scale
    if axis is Axis.ROLL:
        return Ring(axis, centre_m, up, -left, height_m / 2 + gap_m)
    if axis is Axis.PITCH:
        return Ring(axis, centre_m, forward, -up, length_m / 2 + gap_m)
    radius_m = length_m / 2 + gap_m
    # Side views have little room around the cuboid.
    if projector.kind is not ViewKind.SIDE:
        radius_m = max(radius_m, float(np.hypot(length_m, width_m)) / 2 * CLEAR_OF_CORNERS)
    return Ring(axis, centre_m, forward, left, radius_m)


def turned(cuboid: Cuboid, axis: Axis, angle_rad: float) -> Cuboid:
    """The cuboid turned about one of its own axes; its centre stays."""
    vector = np.zeros(3)
    vector[axis] = angle_rad
    turn = Rotation.from_rotvec(vector).as_matrix()
    pose = cuboid.frame_SE3_cuboid
    return Cuboid(SE3(pose.rotation @ turn, pose.translation_m), cuboid.size_lwh_m)


def angle_of(cuboid: Cuboid, axis: Axis, up: FloatArray, ahead: FloatArray) -> float:
    """Yaw, pitch or roll of a cuboid, radians in (-pi, pi].

    Args:
        cuboid: in the working frame.
        axis: which angle of R = Rz(yaw) Ry(pitch) Rx(roll).
        up: what is up in the working frame, (3,), of length 1.
        ahead: the heading that counts as yaw 0; what of it is along `up` does not matter.
    """
    forward, left, top = cuboid.frame_SE3_cuboid.rotation.T
    if axis is Axis.PITCH:
        return float(-np.arcsin(np.clip(forward @ up, -1.0, 1.0)))
    if axis is Axis.ROLL:
        return float(np.arctan2(left @ up, top @ up))
    zero = ahead - (ahead @ up) * up
    return float(np.arctan2(forward @ np.cross(up, zero), forward @ zero))
