"""How things move: paths on the ground, speed over time, and poses that follow the ground."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from av3d.geometry.se3 import SE3
from av3d.simulate.ground import road_height_m, walk_height_m
from av3d.types import NS_PER_S, FloatArray

STEP_M = 0.01
SMOOTHING_M = 3.0
"""Over this length a path goes from straight to its full curvature, as a steering driver does."""


class Path:
    """A planar path of straight and curved pieces, by its length.

    Args:
        start_m: x and y of the start.
        yaw_rad: direction at the start.
        pieces: length in metres and turn in radians (left positive) of each piece. After the last
            piece, and before the first, the path goes straight on.
        smoothing_m: length over which curvature is blended.
    """

    def __init__(
        self,
        start_m: tuple[float, float],
        yaw_rad: float,
        pieces: Sequence[tuple[float, float]],
        smoothing_m: float = SMOOTHING_M,
    ) -> None:
        counts = [max(round(length / STEP_M), 1) for length, _ in pieces]
        # The turn is spread over whole steps, so that a quarter turn is exactly that.
        turn = [np.full(n, angle / n) for n, (_, angle) in zip(counts, pieces, strict=True)]
        self.length_m = sum(len(piece) for piece in turn) * STEP_M
        margin = round(smoothing_m / STEP_M)
        curvature = np.concatenate([np.zeros(margin), *turn, np.zeros(margin)])
        if margin:
            curvature = np.convolve(curvature, np.ones(margin) / margin, mode="same")
        self._start = -margin * STEP_M
        yaw = yaw_rad + np.concatenate([[0.0], np.cumsum(curvature)])
        middle = (yaw[1:] + yaw[:-1]) / 2
        x = np.concatenate([[0.0], np.cumsum(np.cos(middle))]) * STEP_M
        y = np.concatenate([[0.0], np.cumsum(np.sin(middle))]) * STEP_M
        self._x = x - x[margin] + start_m[0]
        self._y = y - y[margin] + start_m[1]
        self._yaw = yaw
        self._s = self._start + STEP_M * np.arange(len(yaw))

    def at(self, along_m: npt.ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        """x, y and yaw at lengths along the path (any shape)."""
        s = np.asarray(along_m, dtype=np.float64)
        yaw = np.interp(s, self._s, self._yaw)
        beyond = s - np.clip(s, self._s[0], self._s[-1])
        x = np.interp(s, self._s, self._x) + beyond * np.cos(yaw)
        y = np.interp(s, self._s, self._y) + beyond * np.sin(yaw)
        return np.asarray(x), np.asarray(y), np.asarray(yaw)


class Speed:
    """Speed over time, linear between knots, constant outside; distance follows exactly.

    Args:
        knots: time in seconds and speed in m/s, times increasing.
    """

    def __init__(self, *knots: tuple[float, float]) -> None:
        self._t = np.array([knot[0] for knot in knots])
        self._v = np.array([knot[1] for knot in knots])
        steps = np.diff(self._t) * (self._v[1:] + self._v[:-1]) / 2
        self._s = np.concatenate([[0.0], np.cumsum(steps)])
        self._s0 = float(self._distance(np.zeros(1))[0])

    def at(self, time_s: npt.ArrayLike) -> FloatArray:
        """Speed in m/s."""
        return np.asarray(np.interp(np.asarray(time_s, dtype=np.float64), self._t, self._v))

    def distance_m(self, time_s: npt.ArrayLike) -> FloatArray:
        """Distance travelled since time 0."""
        return self._distance(np.asarray(time_s, dtype=np.float64)) - self._s0

    def _distance(self, t: FloatArray) -> FloatArray:
        inside = np.clip(t, self._t[0], self._t[-1])
        left = np.clip(np.searchsorted(self._t, inside, side="right") - 1, 0, len(self._t) - 1)
        dt = inside - self._t[left]
        v = np.interp(inside, self._t, self._v)
        return np.asarray(self._s[left] + dt * (self._v[left] + v) / 2 + (t - inside) * v)


@dataclass(frozen=True, eq=False)
class Motion:
    """A path travelled at a speed.

    Attributes:
        path: where.
        speed: how fast.
        epoch_ns: the time that counts as 0 s.
        offset_m: place on the path at 0 s.
    """

    path: Path
    speed: Speed
    epoch_ns: int
    offset_m: float = 0.0

    def along_m(self, timestamp_ns: npt.ArrayLike) -> FloatArray:
        """Length along the path at times (any shape)."""
        return np.asarray(self.offset_m + self.speed.distance_m(self.seconds(timestamp_ns)))

    def seconds(self, timestamp_ns: npt.ArrayLike) -> FloatArray:
        """Seconds since the epoch of the motion."""
        # Subtract as integers: an epoch in ns does not fit into a float.
        elapsed = np.asarray(timestamp_ns, dtype=np.int64) - self.epoch_ns
        return np.asarray(elapsed / NS_PER_S)

    def planar(self, timestamp_ns: npt.ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        """x, y and yaw at times (any shape)."""
        return self.path.at(self.along_m(timestamp_ns))


def on_wheels(
    x_m: FloatArray,
    y_m: FloatArray,
    yaw_rad: FloatArray,
    wheelbase_m: float,
    track_m: float,
    height_m: Callable[[npt.ArrayLike, npt.ArrayLike], FloatArray] = road_height_m,
) -> SE3:
    """`world_SE3_base` of a vehicle that stands on four wheels; its base is the floor's centre.

    Pitch and roll are those of the plane through the wheels' contacts.
    """
    forward = np.stack([np.cos(yaw_rad), np.sin(yaw_rad)], axis=-1) * wheelbase_m / 2
    left = np.stack([-np.sin(yaw_rad), np.cos(yaw_rad)], axis=-1) * track_m / 2
    corners: dict[tuple[int, int], FloatArray] = {}
    for front in (1, -1):
        for side in (1, -1):
            corners[front, side] = height_m(
                x_m + front * forward[..., 0] + side * left[..., 0],
                y_m + front * forward[..., 1] + side * left[..., 1],
            )
    z = sum(corners.values()) / 4
    rise = (corners[1, 1] + corners[1, -1] - corners[-1, 1] - corners[-1, -1]) / 2
    lean = (corners[1, 1] + corners[-1, 1] - corners[1, -1] - corners[-1, -1]) / 2
    return pose(
        np.arctan2(lean, track_m),
        # Positive pitch turns the nose down (x forward, y left).
        -np.arctan2(rise, wheelbase_m),
        yaw_rad,
        np.stack([x_m, y_m, np.broadcast_to(z, np.shape(x_m))], axis=-1),
    )


def on_feet(x_m: FloatArray, y_m: FloatArray, yaw_rad: FloatArray) -> SE3:
    """`world_SE3_base` of a person, upright on road or pavement."""
    return SE3.from_yaw(yaw_rad, np.stack([x_m, y_m, walk_height_m(x_m, y_m)], axis=-1))


def pose(
    roll_rad: npt.ArrayLike,
    pitch_rad: npt.ArrayLike,
    yaw_rad: npt.ArrayLike,
    translation_m: FloatArray,
) -> SE3:
    """Transforms with R = Rz(yaw) Ry(pitch) Rx(roll); angles (...), translations (..., 3)."""
    roll, pitch, yaw = np.broadcast_arrays(
        np.asarray(roll_rad, dtype=np.float64),
        np.asarray(pitch_rad, dtype=np.float64),
        np.asarray(yaw_rad, dtype=np.float64),
    )
    cr, sr, cp, sp = np.cos(roll), np.sin(roll), np.cos(pitch), np.sin(pitch)
    cy, sy = np.cos(yaw), np.sin(yaw)
    rows = [
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ]
    rotation = np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
    return SE3(rotation, translation_m)
