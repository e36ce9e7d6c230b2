"""What is known of a motion: posteriors of its coordinates, each as probable as its evidence says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from av3d.tracks.motion.axes import Axis
from av3d.tracks.motion.measurements import YAW, X, Y, Z
from av3d.tracks.motion.planar import PlanarPath
from av3d.tracks.motion.states import MotionStates
from av3d.types import FloatArray, IntArray

LEAST_WEIGHT = 0.01
"""Models that are less probable than this are left out."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """A mixture of posteriors, packed for one compiled loop; see `evaluate_all` for the arrays.

    For each coordinate the weights of its axes and, for x, y and yaw, of the paths sum to one.
    """

    axes: tuple[FloatArray, IntArray, FloatArray, FloatArray, IntArray]
    paths: tuple[
        FloatArray,
        FloatArray,
        FloatArray,
        FloatArray,
        FloatArray,
        IntArray,
        FloatArray,
        FloatArray,
    ]

    @staticmethod
    def of(
        axes: Sequence[tuple[int, float, Axis]], paths: Sequence[tuple[float, PlanarPath]] = ()
    ) -> Posterior:
        """Pack them.

        Args:
            axes: coordinate, probability and posterior of each axis.
            paths: probability and posterior of each path in the plane, which is relative to the same
                origin as the axes.
        """
        from av3d.tracks.motion.axes_kernels import NODE

        return Posterior(
            (
                np.concatenate([np.empty((0, NODE)), *(axis.nodes for _, _, axis in axes)]),
                _firsts([len(axis.nodes) for _, _, axis in axes]),
                np.array([axis.psd for _, _, axis in axes]),
                np.array([weight for _, weight, _ in axes], dtype=np.float64),
                np.array([coordinate for coordinate, _, _ in axes], dtype=np.int64),
            ),
            (
                np.concatenate([np.empty(0), *(path.times_s for _, path in paths)]),
                np.concatenate([np.empty((0, 6)), *(_placed(path) for _, path in paths)]),
                np.concatenate([np.empty((0, 6, 6)), *(path.covariances for _, path in paths)]),
                np.concatenate(
                    [np.empty((0, 6, 6)), *(_padded(path.cross_covariances) for _, path in paths)]
                ),
                np.concatenate([np.empty((0, 3)), *(_psds(path) for _, path in paths)]),
                _firsts([len(path.times_s) for _, path in paths]),
                np.array([path.model.pivot_m for _, path in paths]),
                np.array([weight for weight, _ in paths]),
            ),
        )

    def states(self, times_ns: IntArray, times_s: FloatArray, origin_m: FloatArray) -> MotionStates:
        """The states at times.

        Args:
            times_ns: the times, (M,).
            times_s: the same on the clock of the posteriors, (M,).
            origin_m: of their coordinates, world frame, (3,).
        """
        from av3d.tracks.motion.posterior_kernels import evaluate_all

        count = len(times_s)
        centers_m, rotations = np.empty((count, 3)), np.empty((count, 3, 3))
        rates, accelerations = np.empty((count, 6)), np.empty((count, 6))
        covariances = np.empty((count, 6, 6))
        ask: Any = evaluate_all  # mypy counts two lists of arguments wrongly
        ask(
            *self.axes,
            *self.paths,
            times_s,
            centers_m,
            rotations,
            rates,
            accelerations,
            covariances,
        )
        centers_m += origin_m
        place = [X, Y, Z]
        return MotionStates(
            times_ns,
            centers_m,
            rotations,
            rates[:, place],
            accelerations[:, place],
            rates[:, YAW],
            covariances,
        )


def warm_up() -> None:
    """Compile or load all that fitting and asking take; seconds at the very first start."""
    from av3d.tracks.motion import planar_kernels, posterior_kernels  # noqa: F401


def shares(log_weights: Sequence[float] | FloatArray) -> FloatArray:
    """Probabilities proportional to exp of these; those below LEAST_WEIGHT become zero."""
    logs = np.asarray(log_weights, dtype=np.float64)
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    weights[weights < min(LEAST_WEIGHT, weights.max())] = 0
    return np.asarray(weights / weights.sum())


def _firsts(counts: Sequence[int]) -> IntArray:
    return np.cumsum([0, *counts], dtype=np.int64)


def _placed(path: PlanarPath) -> FloatArray:
    nodes = path.nodes.copy()
    nodes[:, :2] += path.origin_m
    return nodes


def _padded(between: FloatArray) -> FloatArray:
    """What is between nodes, with a row for the last node too."""
    return np.concatenate([between, np.zeros((1, *between.shape[1:]))])


def _psds(path: PlanarPath) -> FloatArray:
    return np.tile(np.asarray(path.model.psd), (len(path.times_s), 1))
