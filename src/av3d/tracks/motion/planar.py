"""Where things on wheels are: a smoother of poses in the plane whose noise acts along the body's axes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from av3d.errors import Av3dError
from av3d.types import FloatArray, IntArray

MOST_STEPS = 50
"""Of Gauss-Newton; four to six are usual."""

MOST_PARTS = 20
"""Of a gap between two measurements: after minutes without one nothing is known but both ends."""

_LOG_2_PI = math.log(2.0 * math.pi)


class PlanarError(Av3dError):
    """Measurements that cannot be smoothed: times out of order, shapes or numbers out of range."""


@dataclass(frozen=True)
class PlanarModel:
    """How a body in the plane moves: white noise on its accelerations, in its own axes.

    A triple is of forward, lateral and turning motion at the pivot.

    Attributes:
        psd: spectral densities of the accelerations: m^2 / s^3, m^2 / s^3, rad^2 / s^3.
        speed_sigmas: standard deviations of the speeds at both ends of the track, about zero: m/s,
            m/s, rad/s.
        hold: how long speeds may differ from zero: the integral over time of the square of a speed
            costs 1 / (2 hold), so that a speed returns to zero within sqrt(hold / psd) seconds;
            m^2 / s, m^2 / s, rad^2 / s; infinity for a speed that does not return. A finite lateral
            one makes the body follow its heading, a finite turning one makes it go straight.
        pivot_m: how far the centre of the cuboid is ahead of the pivot, the point whose motion this
            is: a car turns about its rear axle.
        longest_step_s: between two nodes; longer gaps between measurements get nodes of their own,
            because what joins two nodes holds for turns of less than a half.
    """

    psd: tuple[float, float, float]
    speed_sigmas: tuple[float, float, float]
    hold: tuple[float, float, float] = (math.inf, math.inf, math.inf)
    pivot_m: float = 0.0
    longest_step_s: float = 1.0

    def __post_init__(self) -> None:
        scales = (*self.psd, *self.speed_sigmas, self.longest_step_s)
        if not all(0 < x < math.inf for x in scales) or not all(x > 0 for x in self.hold):
            raise PlanarError(
                f"{self}: a scale is not positive", "model of motion", "give positive numbers"
            )
        if not math.isfinite(self.pivot_m):
            raise PlanarError(
                f"pivot at {self.pivot_m} m", "model of motion", "give a finite number"
            )


@dataclass(frozen=True)
class PlanarStates:
    """The centre of a body at M times.

    Attributes:
        poses: x, y in metres and yaw in radians, world frame; the yaw goes on past pi, (M, 3).
        speeds: forward, to the left (m/s) and of the yaw (rad/s), (M, 3).
        accelerations: the world's acceleration of the centre in the axes of the body, forward and to the
            left (m/s^2), so with the centripetal one, and that of the yaw (rad/s^2), (M, 3).
        covariances: of the error along, across (m, axes of the body) and in yaw (rad), (M, 3, 3).
    """

    poses: FloatArray
    speeds: FloatArray
    accelerations: FloatArray
    covariances: FloatArray


@dataclass(frozen=True, eq=False)
class PlanarPath:
    """The posterior of a body's motion at its nodes, and from them at any time.

    Attributes:
        model: what was assumed.
        times_s: of the nodes: the measurements and what is between them, (N,).
        nodes: x, y, yaw of the pivot, relative to `origin_m`, and its speeds forward, to the left and
            of the yaw, (N, 6).
        origin_m: (2,), world frame.
        log_evidence: log density of the measurements by Laplace's method, under a flat prior on the
            first pose.
        converged: whether the mode was found.
    """

    model: PlanarModel
    times_s: FloatArray
    nodes: FloatArray
    origin_m: FloatArray
    log_evidence: float
    converged: bool
    _problem: _Problem

    @property
    def covariances(self) -> FloatArray:
        """Covariances of `nodes`, (N, 6, 6)."""
        return self._marginals[0]

    @property
    def cross_covariances(self) -> FloatArray:
        """Of each node (rows) with the next (columns), (N - 1, 6, 6)."""
        return self._marginals[1]

    @cached_property
    def _marginals(self) -> tuple[FloatArray, FloatArray]:
        # Not known before: most fits are made for their evidence only.
        return self._problem.marginals(self.nodes)

    def at(self, times_s: FloatArray) -> PlanarStates:
        """The centre at times (M,), in any order; those in order are found faster.

        Before the first node and after the last speeds go on, ever less certain.
        """
        from av3d.tracks.motion.planar_path_kernels import evaluate

        times_s = np.ascontiguousarray(times_s, dtype=np.float64)
        count = len(times_s)
        poses, speeds, accelerations = np.empty((3, count, 3))
        covariances = np.empty((count, 3, 3))
        evaluate(
            self.times_s,
            self.nodes,
            *self._marginals,
            self._problem.psd,
            self.model.pivot_m,
            times_s,
            poses,
            speeds,
            accelerations,
            covariances,
        )
        poses[:, :2] += self.origin_m
        return PlanarStates(poses, speeds, accelerations, covariances)


@dataclass(frozen=True, eq=False)
class _Problem:
    """What the compiled loop takes: nodes, measurements (poses relative to the origin) and the prior."""

    times_s: FloatArray
    node_of: IntArray
    poses: FloatArray
    roots: FloatArray
    psd: FloatArray
    weights: FloatArray
    pivot_m: float

    def solve(self, nodes: FloatArray) -> tuple[float, bool]:
        """Move the nodes to the mode; the log evidence and whether it was found."""
        none = np.empty((0, 6, 6))
        evidence, converged = self._smooth(nodes, False, none, none)
        # The roots are triangular.
        roots = np.log(np.diagonal(self.roots, axis1=1, axis2=2)).sum()
        return float(evidence + roots - 1.5 * (len(self.poses) - 1) * _LOG_2_PI), converged

    def marginals(self, nodes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Covariances of nodes at the mode, (N, 6, 6), and of neighbours, (N - 1, 6, 6)."""
        own, crosses = np.empty((len(nodes), 6, 6)), np.empty((len(nodes) - 1, 6, 6))
        self._smooth(nodes.copy(), True, own, crosses)
        return own, crosses

    def _smooth(
        self, nodes: FloatArray, marginals: bool, own: FloatArray, crosses: FloatArray
    ) -> tuple[float, bool]:
        from av3d.tracks.motion.planar_kernels import smooth

        return smooth(
            self.times_s,
            nodes,
            self.node_of,
            self.poses,
            self.roots,
            self.psd,
            self.weights,
            self.pivot_m,
            MOST_STEPS,
            marginals,
            own,
            crosses,
        )


class PlanarMeasurements:
    """Measured poses of a cuboid's centre and heading, to be smoothed under one model or several.

    Args:
        times_s: ascending, (M,), M >= 1; best relative to a time nearby. Several measurements may
            have the same time.
        poses: x, y in metres and yaw in radians, world frame, (M, 3); the yaw without jumps of a
            whole turn.
        covariances: of their errors along, across (of the measured cuboid) and in yaw, (M, 3, 3);
            positive definite. A micrometre and a microradian pin a measurement.

    Raises:
        PlanarError: shapes that do not fit, times out of order, numbers that are not finite, a
            covariance that is not positive definite.
    """

    def __init__(self, times_s: FloatArray, poses: FloatArray, covariances: FloatArray) -> None:
        self._times_s = np.ascontiguousarray(times_s, dtype=np.float64)
        self._poses = np.array(poses, dtype=np.float64)
        covariances = np.asarray(covariances, dtype=np.float64)
        _check(self._times_s, self._poses, covariances)
        # Digits go to the motion, not to the place: maps have coordinates of millions of metres.
        self._origin_m = self._poses[0, :2].copy()
        self._poses[:, :2] -= self._origin_m
        self._roots = _information_roots(covariances)
        self._grids: dict[float, tuple[FloatArray, IntArray, FloatArray]] = {}

    def smooth(self, model: PlanarModel, variance_scale: float = 1.0) -> PlanarPath:
        """The path under a model, with the covariances times `variance_scale`, > 0."""
        node_times_s, node_of, lines = self._grid(model.longest_step_s)
        problem = _Problem(
            node_times_s,
            node_of,
            self._poses,
            self._roots / math.sqrt(variance_scale),
            np.tile(model.psd, (max(len(node_times_s) - 1, 0), 1)),
            _weights(node_times_s, model),
            float(model.pivot_m),
        )
        nodes = lines.copy()
        nodes[:, 0] -= model.pivot_m * np.cos(nodes[:, 2])
        nodes[:, 1] -= model.pivot_m * np.sin(nodes[:, 2])
        evidence, converged = problem.solve(nodes)
        return PlanarPath(model, node_times_s, nodes, self._origin_m, evidence, converged, problem)

    def _grid(self, longest_step_s: float) -> tuple[FloatArray, IntArray, FloatArray]:
        """Times of the nodes, the node of each measurement, and where to start: the straight lines."""
        grid = self._grids.get(longest_step_s)
        if grid is None:
            node_times_s, node_of = _node_times(self._times_s, longest_step_s)
            lines = _straight_lines(self._times_s, self._poses, node_times_s)
            grid = self._grids[longest_step_s] = node_times_s, node_of, lines
        return grid


def _node_times(times_s: FloatArray, longest_step_s: float) -> tuple[FloatArray, IntArray]:
    """Times of measurements with gaps divided evenly, and which of them each measurement has."""
    distinct = times_s[np.diff(times_s, prepend=-np.inf) > 0]
    # Rounding must not divide a gap of just the longest step.
    parts = np.ceil(np.diff(distinct) / longest_step_s - 1e-9).clip(1, MOST_PARTS).astype(np.int64)
    at = np.concatenate([[0], np.cumsum(parts)])
    node_times_s = np.interp(np.arange(at[-1] + 1), at, distinct)
    return node_times_s, at[np.searchsorted(distinct, times_s)].astype(np.int64)


def _weights(times_s: FloatArray, model: PlanarModel) -> FloatArray:
    """Information that the speeds at the nodes are zero, (N, 3)."""
    weights = np.zeros((len(times_s), 3))
    ends = 0.5 / np.square(model.speed_sigmas)
    weights[0] += ends
    weights[-1] += ends
    half_gaps = 0.5 * np.diff(times_s)[:, None] / np.array(model.hold)
    weights[:-1] += half_gaps
    weights[1:] += half_gaps
    return weights


def _information_roots(covariances: FloatArray) -> FloatArray:
    """Lower triangular W with W^T W = C^-1, (M, 3, 3).

    Inverse of the factor of A.-L. Cholesky, written out: LAPACK takes a hundred times as long for
    matrices of this size.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        a = np.sqrt(covariances[:, 0, 0])
        b, c = covariances[:, 1, 0] / a, covariances[:, 2, 0] / a
        d = np.sqrt(covariances[:, 1, 1] - b * b)
        e = (covariances[:, 2, 1] - b * c) / d
        f = np.sqrt(covariances[:, 2, 2] - c * c - e * e)
        roots = np.zeros((len(a), 3, 3))
        roots[:, 0, 0], roots[:, 1, 1], roots[:, 2, 2] = 1 / a, 1 / d, 1 / f
        roots[:, 1, 0] = -b / (a * d)
        roots[:, 2, 1] = -e / (d * f)
        roots[:, 2, 0] = (b * e / d - c) / (a * f)
    if not np.isfinite(roots).all():
        raise PlanarError(
            "the covariance of a measurement is not positive definite",
            "motion of a track",
            "give each keyframe a noise above zero",
        )
    return roots


def _straight_lines(times_s: FloatArray, poses: FloatArray, node_times_s: FloatArray) -> FloatArray:
    """Nodes on straight lines between the measurements, with the speeds there, (N, 6)."""
    nodes = np.zeros((len(node_times_s), 6))
    for k in range(3):
        nodes[:, k] = np.interp(node_times_s, times_s, poses[:, k])
    if len(nodes) > 1:
        steps = np.diff(nodes[:, :3], axis=0) / np.diff(node_times_s)[:, None]
        rates = np.concatenate([steps[:1], 0.5 * (steps[1:] + steps[:-1]), steps[-1:]])
        nodes[:, 3] = np.cos(nodes[:, 2]) * rates[:, 0] + np.sin(nodes[:, 2]) * rates[:, 1]
        nodes[:, 5] = rates[:, 2]
    return nodes


def _check(times_s: FloatArray, poses: FloatArray, covariances: FloatArray) -> None:
    count = len(times_s)
    if count < 1 or poses.shape != (count, 3) or covariances.shape != (count, 3, 3):
        raise PlanarError(
            f"{count} times, but poses {poses.shape} and covariances {covariances.shape}",
            "motion of a track",
            "give at least one measurement, and each its time, pose and covariance",
        )
    if not (np.all(np.isfinite(times_s)) and np.all(np.diff(times_s) >= 0)):
        raise PlanarError(
            "times are not finite and ascending", "motion of a track", "sort the keyframes by time"
        )
    if not (np.all(np.isfinite(poses)) and np.all(np.isfinite(covariances))):
        raise PlanarError(
            "a pose or covariance is not finite", "motion of a track", "leave the keyframe out"
        )
