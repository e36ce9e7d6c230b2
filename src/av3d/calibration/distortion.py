"""Lens distortion after Brown and Conrady, in the rational form that OpenCV uses."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from av3d.types import FloatArray

MAX_RADIUS = 20.0
"""Where the search for the end of the valid field stops: tan of an 87 degree half angle of view."""


@dataclass(frozen=True)
class BrownConrady:
    """Radial (k1..k6) and tangential (p1, p2) distortion of normalised image coordinates.

    With r² = x² + y²:

        radial = (1 + k1 r² + k2 r⁴ + k3 r⁶) / (1 + k4 r² + k5 r⁴ + k6 r⁶)
        x' = x radial + 2 p1 x y + p2 (r² + 2 x²)
        y' = y radial + p1 (r² + 2 y²) + 2 p2 x y

    Source: OpenCV documentation, module calib3d, "Detailed Description". All values have no unit.
    """

    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    k3: float = 0.0
    k4: float = 0.0
    k5: float = 0.0
    k6: float = 0.0

    @property
    def opencv(self) -> FloatArray:
        """Coefficients in OpenCV's order k1, k2, p1, p2, k3, k4, k5, k6, (8,)."""
        return np.array([getattr(self, field.name) for field in fields(self)], dtype=np.float64)

    @cached_property
    def max_radius(self) -> float:
        """Radius of undistorted coordinates up to which distortion is one-to-one.

        Beyond it the polynomial turns back, and a point outside the field of view would be drawn
        inside the image.
        """
        radius: FloatArray = np.linspace(0.0, MAX_RADIUS, 20_001)
        distorted = radius * self._radial(radius * radius)
        turned = np.flatnonzero((np.diff(distorted) <= 0) | ~np.isfinite(distorted[1:]))
        return float(radius[turned[0]]) if len(turned) else MAX_RADIUS

    def _radial(self, r2: FloatArray) -> FloatArray:
        numerator = 1 + r2 * (self.k1 + r2 * (self.k2 + r2 * self.k3))
        denominator = 1 + r2 * (self.k4 + r2 * (self.k5 + r2 * self.k6))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(numerator / denominator)

    def distort(self, normalized: FloatArray) -> FloatArray:
        """Undistorted → distorted normalised coordinates, (..., 2)."""
        x, y = normalized[..., 0], normalized[..., 1]
        r2 = x * x + y * y
        radial = self._radial(r2)
        return np.stack(
            [
                x * radial + 2 * self.p1 * x * y + self.p2 * (r2 + 2 * x * x),
                y * radial + self.p1 * (r2 + 2 * y * y) + 2 * self.p2 * x * y,
            ],
            axis=-1,
        )

    def undistort(self, distorted: FloatArray) -> FloatArray:
        """Distorted → undistorted normalised coordinates, (..., 2); NaN where there is no solution.

        Newton's method on both coordinates, kept inside the valid field, until the step is below
        1e-12.
        """
        target = np.asarray(distorted, dtype=np.float64)
        flat = target.reshape(-1, 2)
        estimate = flat.copy()
        limit = self.max_radius
        for _ in range(60):
            residual = self.distort(estimate) - flat
            jacobian = self._jacobian(estimate)
            determinant = (
                jacobian[:, 0, 0] * jacobian[:, 1, 1] - jacobian[:, 0, 1] * jacobian[:, 1, 0]
            )
            determinant = np.where(np.abs(determinant) < 1e-9, 1e-9, determinant)
            step = np.stack(
                [
                    jacobian[:, 1, 1] * residual[:, 0] - jacobian[:, 0, 1] * residual[:, 1],
                    jacobian[:, 0, 0] * residual[:, 1] - jacobian[:, 1, 0] * residual[:, 0],
                ],
                axis=-1,
            )
            step /= determinant[:, None]
            # A full step near the edge of the field can jump to the far side of the turning point.
            length = np.linalg.norm(step, axis=-1, keepdims=True)
            step *= np.minimum(1.0, 0.3 / np.maximum(length, 1e-30))
            estimate = estimate - step
            radius = np.linalg.norm(estimate, axis=-1, keepdims=True)
            estimate *= np.minimum(1.0, limit / np.maximum(radius, 1e-30))
            if not (length > 1e-12).any():
                break
        unsolved = np.abs(self.distort(estimate) - flat).max(axis=-1) > 1e-9
        estimate[unsolved] = np.nan
        return estimate.reshape(target.shape)

    def _jacobian(self, normalized: FloatArray) -> FloatArray:
        """Derivative of distort, (N, 2) → (N, 2, 2)."""
        x, y = normalized[:, 0], normalized[:, 1]
        r2 = x * x + y * y
        numerator = 1 + r2 * (self.k1 + r2 * (self.k2 + r2 * self.k3))
        denominator = 1 + r2 * (self.k4 + r2 * (self.k5 + r2 * self.k6))
        d_numerator = self.k1 + r2 * (2 * self.k2 + 3 * r2 * self.k3)
        d_denominator = self.k4 + r2 * (2 * self.k5 + 3 * r2 * self.k6)
        with np.errstate(divide="ignore", invalid="ignore"):
            radial = numerator / denominator
            # d radial / d(r²)
            slope = (d_numerator * denominator - numerator * d_denominator) / denominator**2
        out = np.empty((len(x), 2, 2))
        cross = 2 * x * y * slope + 2 * self.p1 * x + 2 * self.p2 * y
        out[:, 0, 0] = radial + 2 * x * x * slope + 2 * self.p1 * y + 6 * self.p2 * x
        out[:, 1, 1] = radial + 2 * y * y * slope + 6 * self.p1 * y + 2 * self.p2 * x
        out[:, 0, 1] = out[:, 1, 0] = cross
        return out
