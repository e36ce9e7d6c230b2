"""What interpolates: the interface that all protocols use, and the interpolations of other tools.

A model is given keyframes and fills every other frame. Models that know how sure they are say so with
covariances, expected IoU and the next keyframe that they would like to have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from motion.spans import Span

from av3d.geometry.se3 import SE3
from av3d.tracks.motion.heading import join_heading, split_heading
from av3d.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Given:
    """What a model may know: keyframes with an unknown noise, and what the tool knows anyway.

    Attributes:
        times_ns: of the keyframes, increasing, (N,).
        centers_m, rotations: their poses, world frame, (N, 3), (N, 3, 3).
        size_lwh_m: (3,).
        log, track_id, category: what it belongs to.
        frames_ns: times of all frames of the log that the span covers, (F,).
        world_SE3_ego: pose of the ego vehicle at each of them, (F,).
    """

    times_ns: IntArray
    centers_m: FloatArray
    rotations: FloatArray
    size_lwh_m: FloatArray
    log: str
    track_id: str
    category: str
    frames_ns: IntArray
    world_SE3_ego: SE3

    @staticmethod
    def of(span: Span, noisy: SE3, rows: IntArray) -> Given:
        """Keyframes at the frames `rows` of a span, of the poses (F,) that an annotator would give."""
        return Given(
            span.times_ns[rows], noisy.translation_m[rows], noisy.rotation[rows],
            span.size_lwh_m, span.log, span.track_id, span.category, span.times_ns, span.world_SE3_ego,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class States:
    """Poses at M times, world frame; covariances (M, 6, 6) as in `av3d.tracks.motion.states`, or None."""

    centers_m: FloatArray
    rotations: FloatArray
    covariances: FloatArray | None = None


class Fitted(Protocol):
    """A model after it has seen the keyframes."""

    def states(self, times_ns: IntArray) -> States: ...


class Sure(Fitted, Protocol):
    """A model that knows how sure it is."""

    def expected_iou(self, times_ns: IntArray) -> FloatArray: ...

    def next_keyframe(self, times_ns: IntArray) -> int:
        """Row of the time, of those at which there is no keyframe, where one would help most."""
        ...


class Interpolator(Protocol):
    """A way to fill the frames between keyframes."""

    name: str

    def fit(self, given: Given) -> Fitted: ...


@dataclass(frozen=True, eq=False)
class _WorldLinearFit:
    given: Given

    def states(self, times_ns: IntArray) -> States:
        poses = SE3.trusted(self.given.rotations, self.given.centers_m)
        pose = interpolated(poses, self.given.times_ns, times_ns)
        return States(pose.translation_m, pose.rotation)


class WorldLinear:
    """Linear in time in the world frame, orientation by slerp, as the nuScenes devkit does."""

    name = "linear"

    def fit(self, given: Given) -> Fitted:
        return _WorldLinearFit(given)


@dataclass(frozen=True, eq=False)
class _SensorLinearFit:
    given: Given

    def states(self, times_ns: IntArray) -> States:
        given = self.given
        rows = np.searchsorted(given.frames_ns, given.times_ns)
        asked = np.searchsorted(given.frames_ns, times_ns)
        ego_SE3_world = given.world_SE3_ego[rows].inverse()
        poses = ego_SE3_world @ SE3.trusted(given.rotations, given.centers_m)
        pose = given.world_SE3_ego[asked] @ interpolated(poses, rows, asked)
        return States(pose.translation_m, pose.rotation)


class SensorLinear:
    """Linear in the number of the frame in the frame of the sensors, as CVAT does."""

    name = "sensor linear"

    def fit(self, given: Given) -> Fitted:
        return _SensorLinearFit(given)


@dataclass(frozen=True, eq=False)
class _SplineFit:
    given: Given
    kind: str

    def states(self, times_ns: IntArray) -> States:
        from scipy.interpolate import Akima1DInterpolator, CubicSpline

        given = self.given
        start_ns = given.times_ns[0]
        nodes_s, asked_s = (given.times_ns - start_ns) / 1e9, (times_ns - start_ns) / 1e9
        yaws_rad, tilts_rad = split_heading(given.rotations)
        values = np.column_stack([given.centers_m, yaws_rad, tilts_rad])
        if len(nodes_s) == 2:
            part = (asked_s / nodes_s[1])[:, None]
            found = values[0] + part * (values[1] - values[0])
        elif self.kind == "makima":
            found = Akima1DInterpolator(nodes_s, values, method="makima", extrapolate=True)(asked_s)
        else:
            found = CubicSpline(nodes_s, values, bc_type="natural")(asked_s)
        return States(found[:, :3], join_heading(found[:, 3], found[:, 4:]))


class Spline:
    """A spline through position, unwrapped yaw and tilt, in time, in the world frame.

    Args:
        kind: "makima" (modified Akima) or "cubic" (natural).
    """

    def __init__(self, kind: str) -> None:
        self.name = kind

    def fit(self, given: Given) -> Fitted:
        return _SplineFit(given, self.name)


def interpolated(poses: SE3, at: IntArray, asked: IntArray) -> SE3:
    """Poses (N,) at `at` (N,), linear between them and held before and after, at `asked` (M,)."""
    asked = np.clip(asked, at[0], at[-1])
    left = np.clip(np.searchsorted(at, asked, side="right") - 1, 0, len(at) - 2)
    return poses[left].interpolate(poses[left + 1], (asked - at[left]) / (at[left + 1] - at[left]))


BASELINES: tuple[Interpolator, ...] = (
    SensorLinear(),
    WorldLinear(),
    Spline("makima"),
    Spline("cubic"),
)
