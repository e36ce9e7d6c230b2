"""The fisheye lens of Kannala and Brandt, in the form that OpenCV's module `fisheye` uses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from av3d.calibration.wide import MAX_ANGLE_RAD, WideLens
from av3d.types import FloatArray


@dataclass(frozen=True)
class KannalaBrandt(WideLens):
    """The distance from the middle of the image as an odd polynomial of the angle from the axis.

    With θ the angle between a direction and the z axis, and φ its angle about that axis:

        r = θ + k1 θ³ + k2 θ⁵ + k3 θ⁷ + k4 θ⁹
        x' = r cos φ,  y' = r sin φ

    Sources: J. Kannala and S. Brandt, "A generic camera model and calibration method for conventional,
    wide-angle, and fish-eye lenses", PAMI 28(8), 2006; OpenCV documentation, module calib3d, "Fisheye
    camera model". Kalibr calls it `equidistant`. All values have no unit.
    """

    k1: float = 0.0
    k2: float = 0.0
    k3: float = 0.0
    k4: float = 0.0

    model: ClassVar[str] = "kannala-brandt"

    @property
    def coefficients(self) -> FloatArray:
        """k1, k2, k3, k4, (4,)."""
        return np.array([self.k1, self.k2, self.k3, self.k4], dtype=np.float64)

    @cached_property
    def max_angle_rad(self) -> float:
        """Where the polynomial first turns back, at most MAX_ANGLE_RAD.

        It is a root of dr/dθ = 1 + 3 k1 s + 5 k2 s² + 7 k3 s³ + 9 k4 s⁴ with s = θ².
        """
        scaled = self.coefficients * MAX_ANGLE_RAD ** np.array([2.0, 4.0, 6.0, 8.0])
        slope = np.append((scaled * (3.0, 5.0, 7.0, 9.0))[::-1], 1.0)
        # A leading term that cannot be told from 0 within 0..1 would only overflow.
        slope = slope[np.flatnonzero(np.abs(slope) > 1e-15)[0] :]
        roots = np.roots(slope)
        real = roots.real[(np.abs(roots.imag) < 1e-9) & (roots.real > 0)]
        return MAX_ANGLE_RAD * float(np.sqrt(real.min(initial=1.0)))

    def _radius(self, angle: FloatArray) -> FloatArray:
        s = angle * angle
        return np.asarray(angle * (1 + s * (self.k1 + s * (self.k2 + s * (self.k3 + s * self.k4)))))

    def _slope(self, angle: FloatArray) -> FloatArray:
        s = angle * angle
        return np.asarray(
            1 + s * (3 * self.k1 + s * (5 * self.k2 + s * (7 * self.k3 + s * 9 * self.k4)))
        )

    @cached_property
    def _inverse_table(self) -> tuple[FloatArray, FloatArray]:
        """Radii in the image, increasing, and the angles that they come from."""
        spacing: FloatArray = np.cos(np.linspace(0.0, np.pi, 1025))
        angle: FloatArray = np.asarray(self.max_angle_rad * (0.5 - 0.5 * spacing))
        return np.maximum.accumulate(self._radius(angle)), angle

    def bend(self, directions: FloatArray) -> FloatArray:
        across = np.hypot(directions[:, 0], directions[:, 1])
        radius = self._radius(np.arctan2(across, directions[:, 2]))
        # On the axis r / across is 1 / z; there the numerator is 0 anyhow.
        return np.asarray(directions[:, :2] * (radius / np.maximum(across, 1e-300))[:, None])

    def unbend(self, normalized: FloatArray) -> FloatArray:
        radius = np.hypot(normalized[:, 0], normalized[:, 1])
        radii, angles = self._inverse_table
        angle = np.interp(radius, radii, angles)
        # Newton's method; r grows with the angle, so that steps need only be kept in the field.
        for _ in range(30):
            off = self._radius(angle) - radius
            step = off / np.maximum(self._slope(angle), 1e-12)
            moved = np.clip(angle - step, 0.0, self.max_angle_rad)
            if not (np.abs(moved - angle) > 1e-15).any():
                break
            angle = moved
        # What no ray reaches ends at the edge of the field, short of its target.
        off = np.abs(self._radius(angle) - radius)
        angle = np.where(off <= 1e-10 * (1 + radius), angle, np.nan)
        side = normalized / np.maximum(radius, 1e-300)[:, None]
        return np.concatenate([np.sin(angle)[:, None] * side, np.cos(angle)[:, None]], axis=1)
