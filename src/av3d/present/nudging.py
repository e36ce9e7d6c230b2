"""Cuboids changed by a key: small steps along their own axes, turns, and another front."""

from __future__ import annotations

from enum import Enum

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.present.motions import moved
from av3d.present.rings import Axis, turned


class Pace(Enum):
    """How much one step is: metres for moves, degrees for turns."""

    FINE = (0.01, 0.2)
    USUAL = (0.05, 1.0)
    COARSE = (0.25, 5.0)

    @property
    def step_m(self) -> float:
        return self.value[0]

    @property
    def step_deg(self) -> float:
        return self.value[1]


class Nudge(Enum):
    """What a key does, as seen by somebody who sits in the object."""

    FORWARD = "forward"
    BACK = "back"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    TURN_LEFT = "turn left"
    TURN_RIGHT = "turn right"


_WAYS = {
    Nudge.FORWARD: (0, 1.0),
    Nudge.BACK: (0, -1.0),
    Nudge.LEFT: (1, 1.0),
    Nudge.RIGHT: (1, -1.0),
    Nudge.UP: (2, 1.0),
    Nudge.DOWN: (2, -1.0),
}

_HALF_TURN = np.diag([-1.0, -1.0, 1.0])
_QUARTER_TURN = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def nudged(cuboid: Cuboid, nudge: Nudge, pace: Pace = Pace.USUAL) -> Cuboid:
    """The cuboid one step further along its own axes, or turned about its own height axis."""
    way = _WAYS.get(nudge)
    if way is not None:
        axis, sign = way
        return moved(cuboid, cuboid.frame_SE3_cuboid.rotation[:, axis] * (sign * pace.step_m))
    sign = 1.0 if nudge is Nudge.TURN_LEFT else -1.0
    return turned(cuboid, Axis.YAW, sign * float(np.radians(pace.step_deg)))


def flipped(cuboid: Cuboid) -> Cuboid:
    """The same box with its front where its back was."""
    pose = cuboid.frame_SE3_cuboid
    return Cuboid(SE3(pose.rotation @ _HALF_TURN, pose.translation_m), cuboid.size_lwh_m)


def quarter_turned(cuboid: Cuboid) -> Cuboid:
    """The same box with its front where its left side was: length and width are swapped."""
    pose = cuboid.frame_SE3_cuboid
    length_m, width_m, height_m = cuboid.size_lwh_m
    return Cuboid(
        SE3(pose.rotation @ _QUARTER_TURN, pose.translation_m),
        np.array([width_m, length_m, height_m]),
    )
