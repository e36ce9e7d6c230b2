"""The unified camera model: a unit sphere, a second centre, and the distortion of a pinhole."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from av3d.calibration.distortion import BrownConrady
from av3d.calibration.wide import MAX_ANGLE_RAD, WideLens
from av3d.types import FloatArray


@dataclass(frozen=True)
class Mei(WideLens):
    """Projects directions to the unit sphere and then from a point `xi` behind its centre.

    With (x, y, z) a unit vector:

        m = (x, y) / (z + xi),  r² = m_x² + m_y²
        x' = m_x (1 + k1 r² + k2 r⁴) + 2 p1 m_x m_y + p2 (r² + 2 m_x²)
        y' = m_y (1 + k1 r² + k2 r⁴) + p1 (r² + 2 m_y²) + 2 p2 m_x m_y

    The generalised focal lengths gamma1, gamma2 are the camera's fx and fy: near the axis the image
    looks like that of a pinhole of focal length fx / (1 + xi).

    Source: C. Mei and P. Rives, "Single view point omnidirectional camera calibration from planar
    grids", ICRA 2007, as in KITTI-360, camodocal (`MEI`), Kalibr (`omni`) and OpenCV (`omnidir`).
    All values have no unit.
    """

    xi: float
    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0

    model: ClassVar[str] = "mei"

    @property
    def coefficients(self) -> FloatArray:
        """xi, k1, k2, p1, p2, (5,)."""
        return np.array([self.xi, self.k1, self.k2, self.p1, self.p2], dtype=np.float64)

    @cached_property
    def _distortion(self) -> BrownConrady:
        return BrownConrady(self.k1, self.k2, self.p1, self.p2)

    @cached_property
    def _max_radius(self) -> float:
        """Largest r of a direction within the field."""
        # r of an angle θ is sin θ / (cos θ + xi). It grows up to the pole cos θ = -xi, or, where the
        # second centre is outside the sphere, until the line of sight touches it: cos θ = -1/xi.
        if self.xi <= -1:
            return 0.0  # the second centre sees nothing of the sphere in front of it
        if self.xi > 1:
            return float(min(self._distortion.max_radius, 1 / np.sqrt(self.xi**2 - 1)))
        return self._distortion.max_radius

    @cached_property
    def max_angle_rad(self) -> float:
        r2 = self._max_radius**2
        # The angle whose r is the largest one; the root is 0 where the line of sight touches.
        root = np.sqrt(max(1 + (1 - self.xi**2) * r2, 0.0))
        cosine = (self.xi + root) / (1 + r2) - self.xi
        return float(min(np.arccos(np.clip(cosine, -1.0, 1.0)), MAX_ANGLE_RAD))

    def bend(self, directions: FloatArray) -> FloatArray:
        length = np.hypot(np.hypot(directions[:, 0], directions[:, 1]), directions[:, 2])
        divisor = directions[:, 2] + self.xi * length
        return self._distortion.distort(directions[:, :2] / np.maximum(divisor, 1e-300)[:, None])

    def unbend(self, normalized: FloatArray) -> FloatArray:
        flat = self._distortion.undistort(normalized)
        r2 = (flat * flat).sum(axis=1)
        root = 1 + (1 - self.xi**2) * r2
        # A hair beyond the end of the field is rounding; more is a pixel that no ray reaches.
        seen = (root >= -1e-9) & (r2 <= self._max_radius**2 * (1 + 1e-9))
        scale = (self.xi + np.sqrt(np.maximum(root, 0.0))) / (1 + r2)
        rays = np.concatenate([flat * scale[:, None], (scale - self.xi)[:, None]], axis=1)
        rays /= np.sqrt((rays * rays).sum(axis=1))[:, None]
        seen &= rays[:, 2] >= np.cos(self.max_angle_rad) - 1e-12
        rays[~seen] = np.nan
        return np.asarray(rays)
