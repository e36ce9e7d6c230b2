"""Keyframes as a hand makes them: the true cuboid and a little off."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from motion.spans import Span

from av3d.geometry.se3 import SE3, rotation_about_z


@dataclass(frozen=True)
class NoiseLevel:
    """Standard deviations: `sigma_m` in x and in y, half of it in z, `yaw_deg` about the vertical."""

    sigma_m: float
    yaw_deg: float

    @property
    def name(self) -> str:
        return f"{100 * self.sigma_m:g} cm/{self.yaw_deg:g}°" if self.sigma_m else "none"


LEVELS = (NoiseLevel(0.0, 0.0), NoiseLevel(0.05, 1.0), NoiseLevel(0.1, 2.0))


def noisy(span: Span, level: NoiseLevel, seed: int) -> SE3:
    """What an annotator would give at each frame of a span, (F,).

    Drawn once for each frame of each span, whatever else is measured: each model that asks for a frame
    gets the same cuboid, and levels differ by their scale alone.
    """
    draws = np.random.default_rng([seed, span.key]).standard_normal((len(span), 4))
    off_m = draws[:, :3] * level.sigma_m * [1.0, 1.0, 0.5]
    turn = rotation_about_z(draws[:, 3] * math.radians(level.yaw_deg))
    return SE3.trusted(turn @ span.rotations, span.centers_m + off_m)
