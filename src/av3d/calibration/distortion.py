"""Lens distortion after Brown and Conrady, in the rational form that OpenCV uses."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import numpy.typing as npt

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
    def model(self) -> str:
        """Name of the model in files: `rational` if the radial part has a divisor."""
        return "rational" if self.k4 or self.k5 or self.k6 else "brown-conrady"

    @property
    def coefficients(self) -> FloatArray:
        """In OpenCV's order k1, k2, p1, p2, k3, k4, k5, k6, (8,)."""
        return np.array([getattr(self, field.name) for field in fields(self)], dtype=np.float64)

    @property
    def max_angle_rad(self) -> float:
        """Angle from the axis up to which distortion is one-to-one."""
        return float(np.arctan(self.max_radius))

    @cached_property
    def max_radius(self) -> float:
        """Radius of undistorted coordinates up to which distortion is one-to-one, at most MAX_RADIUS.

        Beyond it the polynomial turns back, and a point outside the field of view would be drawn
        inside the image. The turning point is where the Jacobian first loses rank in any direction;
        for the radial part alone that is a root of a polynomial.
        """
        # Polynomials in s = r² / MAX_RADIUS², highest power first, as numpy's roots wants them.
        powers = MAX_RADIUS ** np.array([6.0, 4.0, 2.0, 0.0])
        numerator: FloatArray = np.array([self.k3, self.k2, self.k1, 1.0]) * powers
        denominator: FloatArray = np.array([self.k6, self.k5, self.k4, 1.0]) * powers
        # Derivative of r radial(r²), times the squared denominator: N D + 2 s (N' D - N D').
        change = np.convolve(np.polyder(numerator), denominator) - np.convolve(
            numerator, np.polyder(denominator)
        )
        slope = np.polyadd(np.convolve(numerator, denominator), np.append(2 * change, 0.0))
        # The radial part must not reach a pole either.
        roots = np.concatenate([_roots(slope), _roots(denominator)])
        real = roots.real[(np.abs(roots.imag) < 1e-9) & (roots.real > 0)]
        limit = MAX_RADIUS * float(np.sqrt(real.min(initial=1.0)))
        if not self._folds(limit * (1 - 1e-9)):
            return limit
        # Tangential distortion moves the turning point a little inwards on one side.
        inside = 0.0
        for _ in range(40):
            middle = (inside + limit) / 2
            inside, limit = (inside, middle) if self._folds(middle) else (middle, limit)
        return inside

    def _folds(self, radius: float) -> bool:
        """Whether the mapping turns back anywhere on a circle."""
        angle = np.linspace(0.0, 2 * np.pi, 128, endpoint=False)
        circle: FloatArray = radius * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        jacobian = self._jacobian(circle)
        return not bool((_determinant(jacobian) > 0).all())

    @cached_property
    def _inverse_table(self) -> tuple[FloatArray, FloatArray]:
        """Distorted radii, increasing, and the undistorted radii that they come from."""
        # Denser towards the ends, where the curve is flat or steep.
        spacing: FloatArray = np.cos(np.linspace(0.0, np.pi, 4097))
        radius: FloatArray = np.asarray(self.max_radius * (0.5 - 0.5 * spacing))
        squared: FloatArray = radius**2
        distorted = radius * self._radial(squared)
        return np.maximum.accumulate(distorted), radius

    def _radial(self, r2: FloatArray) -> FloatArray:
        numerator = 1 + r2 * (self.k1 + r2 * (self.k2 + r2 * self.k3))
        denominator = 1 + r2 * (self.k4 + r2 * (self.k5 + r2 * self.k6))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(numerator / denominator)

    def in_field(self, normalized: FloatArray) -> FloatArray:
        """Points (..., 2), those outside the field moved straight to its edge."""
        radius = np.hypot(normalized[..., 0], normalized[..., 1])[..., None]
        inside = np.minimum(1.0, self.max_radius / np.maximum(radius, 1e-30))
        return np.asarray(normalized * inside)

    def distort(self, normalized: FloatArray) -> FloatArray:
        """Undistorted → distorted normalised coordinates, (..., 2).

        The formula as it stands: beyond `max_radius` it gives points of the field once more.
        """
        x, y = normalized[..., 0], normalized[..., 1]
        r2: FloatArray = np.asarray(x * x + y * y, dtype=np.float64)
        radial = self._radial(r2)
        tilt = 2 * (self.p1 * y + self.p2 * x)
        out = np.empty(normalized.shape)
        out[..., 0] = x * (radial + tilt) + self.p2 * r2
        out[..., 1] = y * (radial + tilt) + self.p1 * r2
        return out

    def undistort(self, distorted: FloatArray) -> FloatArray:
        """Distorted → undistorted normalised coordinates, (..., 2); NaN where there is no solution.

        Newton's method on both coordinates, from a table of the radial part, kept inside the valid
        field.
        """
        target = np.asarray(distorted, dtype=np.float64)
        flat = target.reshape(-1, 2)
        # Compared with the size of the coordinates; 1e-10 is 2e-7 px at a focal length of 2000 px.
        tolerance = 1e-10 * (1 + np.abs(flat).max(axis=-1, initial=0.0))
        limit = self.max_radius
        table_distorted, table_radius = self._inverse_table
        radius = np.hypot(flat[:, 0], flat[:, 1])
        todo = np.flatnonzero(np.isfinite(radius))
        estimate: FloatArray = np.full(flat.shape, np.nan)
        start = np.interp(radius[todo], table_distorted, table_radius)
        estimate[todo] = flat[todo] * (start / np.maximum(radius[todo], 1e-300))[:, None]
        for _ in range(60):
            residual = self.distort(estimate[todo]) - flat[todo]
            # Well below the tolerance, so that what counts as solved does not scatter around it.
            unsolved = np.abs(residual).max(axis=-1, initial=0.0) > 1e-3 * tolerance[todo]
            todo, residual = todo[unsolved], residual[unsolved]
            if not len(todo):
                break
            jacobian = self._jacobian(estimate[todo])
            determinant = np.maximum(_determinant(jacobian), 1e-9)
            step = np.empty_like(residual)
            step[:, 0] = jacobian[:, 1, 1] * residual[:, 0] - jacobian[:, 0, 1] * residual[:, 1]
            step[:, 1] = jacobian[:, 0, 0] * residual[:, 1] - jacobian[:, 1, 0] * residual[:, 0]
            moved = estimate[todo] - step / determinant[:, None]
            # A step past the edge of the field would find the far side of the turning point.
            length = np.hypot(moved[:, 0], moved[:, 1])
            estimate[todo] = moved * np.minimum(1.0, limit / np.maximum(length, 1e-30))[:, None]
        # What no ray reaches ends at the edge of the field, short of its target.
        error = np.abs(self.distort(estimate[todo]) - flat[todo]).max(axis=-1, initial=0.0)
        estimate[todo[error > tolerance[todo]]] = np.nan
        return np.asarray(estimate.reshape(target.shape))

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


def _roots(polynomial: FloatArray) -> npt.NDArray[np.complex128]:
    """Roots of a polynomial that matter within 0..1."""
    # A leading term that cannot be told from 0 there would only overflow.
    weighty = np.flatnonzero(np.abs(polynomial) > 1e-15)
    return np.asarray(np.roots(polynomial[weighty[0] :]), dtype=np.complex128)


def _determinant(matrices: FloatArray) -> FloatArray:
    """Determinants of (N, 2, 2) matrices, (N,)."""
    return np.asarray(matrices[:, 0, 0] * matrices[:, 1, 1] - matrices[:, 0, 1] * matrices[:, 1, 0])
