"""How exact the hands are that place keyframes, beforehand and by what they have placed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from av3d.tracks.motion.fit import log_normal
from av3d.tracks.noise import Noise
from av3d.types import FloatArray

SIGMAS_M = np.array([0.003, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2])
"""Noises of keyframes in the plane that are compared."""

SIGMAS_RAD = np.radians([0.1, 0.2, 0.5, 1.0, 2.0, 5.0])
"""Noises of the yaw."""

SIGMAS_UP_M = np.array([0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.1])
"""Noises of the height."""


@dataclass(frozen=True)
class Hand:
    """What is believed of a hand before it has placed a keyframe.

    Attributes:
        sigma_m: median of the noise in the plane.
        spread: of its logarithm, a standard deviation.
        rad_per_m: median of the noise of the yaw for each metre of noise in the plane.
        up_part: median of the noise of the height as a part of that in the plane.
        part_spread: of the logarithms of both.
    """

    sigma_m: float = 0.06
    spread: float = 0.8
    rad_per_m: float = 0.35
    up_part: float = 0.5
    part_spread: float = 0.7

    @staticmethod
    @cache
    def of(noise: Noise | None) -> Hand:
        """Of a hand whose noise was learned over many tracks; any hand's where it was not."""
        if noise is None:
            return Hand()
        sigma_m = max((noise.along_m + noise.across_m) / 2, SIGMAS_M[0])
        return Hand(
            float(sigma_m),
            KNOWN_SPREAD,
            max(noise.yaw_rad, SIGMAS_RAD[0]) / sigma_m,
            max(noise.up_m, SIGMAS_UP_M[0]) / sigma_m,
            KNOWN_SPREAD,
        )

    @cached_property
    def in_plane(self) -> FloatArray:
        """Log probabilities of SIGMAS_M, (R,)."""
        return log_normal(SIGMAS_M, self.sigma_m, self.spread)

    @cached_property
    def turning(self) -> FloatArray:
        """Log probabilities of SIGMAS_RAD given each of SIGMAS_M, (R, F)."""
        return _given(SIGMAS_RAD, self.rad_per_m, self.part_spread)

    @cached_property
    def upwards(self) -> FloatArray:
        """Log probabilities of SIGMAS_UP_M given each of SIGMAS_M, (R, H)."""
        return _given(SIGMAS_UP_M, self.up_part, self.part_spread)


KNOWN_SPREAD = 0.3
"""Nobody works equally well all day: the spread of a noise that was learned."""


def _given(sigmas: FloatArray, part: float, spread: float) -> FloatArray:
    return np.stack([log_normal(sigmas, part * sigma_m, spread) for sigma_m in SIGMAS_M])
