"""Motion of things of which somebody says that they stand: one pose, by all keyframes together."""

from __future__ import annotations

import numpy as np

from av3d.tracks.columns import KeyframeColumns
from av3d.tracks.motion.hand import SIGMAS_M, SIGMAS_RAD, SIGMAS_UP_M, Hand
from av3d.tracks.motion.heading import join_heading
from av3d.tracks.motion.measurements import TILT_RAD, TILT_X, TILT_Y, YAW, Measurements, X, Y, Z
from av3d.tracks.motion.model import Motion
from av3d.tracks.motion.posterior import shares
from av3d.tracks.motion.states import MotionStates, resting
from av3d.types import FloatArray, IntArray

_LEAST_VARIANCE = 1e-12
"""Of a keyframe: a noise of zero would outweigh everything and divide by zero."""


class StaticMotion(Motion):
    """An object that stands: its pose is the mean of its keyframes, by how exact each of them is.

    A noise that is not known is averaged over by evidence, as everywhere.

    Args:
        columns: the keyframes, N >= 1; they need not be at one place.
        hand: what is believed of keyframes whose noise is not known.
    """

    def __init__(self, columns: KeyframeColumns, hand: Hand) -> None:
        super().__init__(columns)
        measured = Measurements.of(columns, standing=False)
        plane, up, yaw = (
            {X: _Constant.of(measured, X, SIGMAS_M), Y: _Constant.of(measured, Y, SIGMAS_M)},
            _Constant.of(measured, Z, SIGMAS_UP_M),
            _Constant.of(measured, YAW, SIGMAS_RAD),
        )
        in_plane = hand.in_plane + plane[X].log_evidences + plane[Y].log_evidences
        of_up = np.logaddexp.reduce(hand.upwards + in_plane[:, None], axis=0) + up.log_evidences
        of_yaw = np.logaddexp.reduce(hand.turning + in_plane[:, None], axis=0) + yaw.log_evidences
        (x, xx), (y, yy) = (plane[k].mixed(in_plane) for k in (X, Y))
        (z, zz), (heading, turned) = up.mixed(of_up), yaw.mixed(of_yaw)
        tilts = measured.values[:, [TILT_X, TILT_Y]].mean(axis=0)
        self._center_m = measured.origin_m + np.array([x, y, z])
        self._rotation = join_heading(np.array([heading]), tilts[None])[0]
        tilted = TILT_RAD**2 / len(columns)
        c, s = np.cos(heading), np.sin(heading)
        self._covariance = np.diag(
            [c * c * xx + s * s * yy, s * s * xx + c * c * yy, zz, tilted, tilted, turned]
        )
        self._covariance[[0, 1], [1, 0]] = c * s * (yy - xx)

    def states(self, times_ns: IntArray) -> MotionStates:
        """The one pose at any times."""
        times_ns = np.asarray(times_ns, dtype=np.int64)
        return resting(times_ns, self._center_m, self._rotation, self._covariance)

    def standing_at(self, timestamp_ns: int) -> int | None:
        """None: no two keyframes say better than all together where it stands."""
        return None


class _Constant:
    """A coordinate that does not change, for several noises.

    Args:
        means: for each noise, (R,).
        variances: of the means, (R,).
        log_evidences: of the measurements up to a constant, with a flat prior of the mean, (R,).
    """

    def __init__(self, means: FloatArray, variances: FloatArray, log_evidences: FloatArray) -> None:
        self.means, self.variances, self.log_evidences = means, variances, log_evidences

    @staticmethod
    def of(measured: Measurements, coordinate: int, sigmas: FloatArray) -> _Constant:
        """From measurements, for standard deviations (R,) where their noise is unknown."""
        values = measured.values[:, coordinate]
        weights = 1 / np.maximum(measured.variances(coordinate, sigmas), _LEAST_VARIANCE)
        total = weights.sum(axis=1)
        means = weights @ values / total
        misses = values - means[:, None]
        logs = np.log(weights).sum(axis=1) - np.log(total) - (weights * misses**2).sum(axis=1)
        return _Constant(means, 1 / total, 0.5 * logs)

    def mixed(self, log_weights: FloatArray) -> tuple[float, float]:
        """Mean and variance over all noises, (R,) of which are so probable."""
        weights = shares(log_weights)
        mean = weights @ self.means
        return float(mean), float(weights @ (self.variances + (self.means - mean) ** 2))
