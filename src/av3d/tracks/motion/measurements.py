"""What keyframes say of a pose, as numbers that a smoother takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.tracks.columns import KeyframeColumns
from av3d.tracks.motion.heading import split_heading
from av3d.types import NS_PER_S, BoolArray, FloatArray

X, Y, YAW, Z, TILT_X, TILT_Y = range(6)
"""Coordinates of a pose."""

TILT_RAD = 0.01
"""Noise of a tilt; few people set one, and those who do see it against the ground."""

PINNED = (1e-5, 1e-5, 1e-5, 1e-6)
"""Noise of keyframes that are met exactly: along, across, up in metres, yaw in radians."""

STANDING = (0.005, 0.005, 0.005, 0.002)
"""How exactly an object stands between two keyframes that are the same, in the same order."""


@dataclass(frozen=True, eq=False)
class Measurements:
    """Poses at times, some with a noise of their own and the others with one that is to be learned.

    Attributes:
        times_s: seconds since `start_ns`, ascending, (K,).
        values: x, y (metres, from `origin_m`), yaw (radians, without jumps), z and the two angles of
            the tilt, (K, 6).
        noises: along, across, up and yaw, standard deviations; NaN where they are to be learned, (K, 4).
        origin_m: world frame, (3,).
        start_ns: when the seconds begin.
    """

    times_s: FloatArray
    values: FloatArray
    noises: FloatArray
    origin_m: FloatArray
    start_ns: int

    @staticmethod
    def of(
        columns: KeyframeColumns, *, pinned: bool = False, standing: bool = True
    ) -> Measurements:
        """Those of keyframes.

        Whoever copies a cuboid from one keyframe to the next says that the object stands; that is
        measured in between, so that no model swings there.

        Args:
            columns: the keyframes, N >= 1.
            pinned: whether they are exact.
            standing: whether copies of the keyframe before are measured in between too.
        """
        start_ns, origin_m = int(columns.times_ns[0]), columns.centers_m[0]
        times_s = (columns.times_ns - start_ns) / NS_PER_S
        yaws, tilts = split_heading(columns.rotations)
        centers_m = columns.centers_m - origin_m
        values = np.column_stack([centers_m[:, :2], yaws, centers_m[:, 2], tilts])
        noises = np.full((len(values), 4), np.nan) if columns.noises is None else columns.noises
        if pinned:
            noises = np.tile(PINNED, (len(values), 1))
        copied = np.flatnonzero((values[1:] == values[:-1]).all(axis=1) & standing)
        if len(copied):
            third_s = (times_s[copied + 1] - times_s[copied]) / 3
            between_s = np.concatenate([times_s[copied] + third_s, times_s[copied] + 2 * third_s])
            order = np.argsort(np.concatenate([times_s, between_s]), kind="stable")
            times_s = np.concatenate([times_s, between_s])[order]
            values = np.concatenate([values, values[copied], values[copied]])[order]
            added = np.tile(STANDING, (2 * len(copied), 1))
            noises = np.concatenate([noises, added])[order]
        return Measurements(times_s, values, noises, origin_m, start_ns)

    @property
    def unknown(self) -> BoolArray:
        """Whose noise is to be learned, (K,)."""
        return np.asarray(np.isnan(self.noises[:, 0]))

    @property
    def exact(self) -> BoolArray:
        """Which are met exactly, (K,)."""
        return np.asarray((self.noises <= PINNED).all(axis=1))

    def variances(self, coordinate: int, sigmas: FloatArray) -> FloatArray:
        """Variances of a coordinate for standard deviations (R,) of the unknown noise, (R, K).

        Args:
            coordinate: X, Y, YAW or Z.
            sigmas: of x and y, of the yaw, or of z.
        """
        unknown = self.unknown
        found = np.where(unknown, np.square(sigmas)[:, None], 0.0)
        if not unknown.all():
            along, across, up, yaw = np.square(self.noises.T)
            c, s = np.square(np.cos(self.values[:, YAW])), np.square(np.sin(self.values[:, YAW]))
            known = {
                X: c * along + s * across,
                Y: s * along + c * across,
                YAW: yaw,
                Z: up,
            }[coordinate]
            found = np.where(unknown, found, known)
        return np.asarray(found)

    def body_covariances(self, sigma_m: float, sigma_rad: float) -> FloatArray:
        """Covariances along, across and of the yaw, (K, 3, 3), with this noise where it is unknown."""
        sigmas = np.where(
            self.unknown[:, None], [sigma_m, sigma_m, sigma_rad], self.noises[:, [0, 1, 3]]
        )
        covariances = np.zeros((len(sigmas), 3, 3))
        diagonal = np.arange(3)
        # A noise of zero would have no information.
        covariances[:, diagonal, diagonal] = np.square(np.maximum(sigmas, 1e-6))
        return covariances
