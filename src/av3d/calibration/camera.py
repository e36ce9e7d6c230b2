"""A camera: image size, pinhole intrinsics and lens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from av3d.calibration.distortion import MAX_RADIUS, BrownConrady
from av3d.calibration.wide import WideLens
from av3d.errors import Av3dError
from av3d.types import BoolArray, FloatArray, IntArray

NEAR_M = 0.05
"""Points closer to the image plane than this are not projected; for a wide lens, to its centre."""

LARGEST_COEFFICIENT = 1e6
"""No lens has a larger coefficient; that of a broken file may be 1e300, whose square overflows."""

SHORTEST_PX, LONGEST_PX = 1e-3, 1e9
"""No focal length is shorter, and no intrinsic value larger; those of a broken file may overflow."""

Lens = BrownConrady | WideLens
"""What bends the rays of a camera. Outside av3d.calibration nobody looks into one."""


class InvalidCameraError(Av3dError):
    """Intrinsics that no camera can have."""


@dataclass(frozen=True)
class Camera:
    """Maps points of a camera frame (x right, y down, z forward, metres) to pixels.

    The centre of the top-left pixel is (0, 0), as in OpenCV; the image covers -0.5 to width - 0.5.

    Args:
        width_px, height_px: size of the image.
        fx_px, fy_px: focal lengths; what the lens makes of a point is multiplied by them.
        cx_px, cy_px: principal point.
        lens: BrownConrady, KannalaBrandt or Mei, or None for an ideal pinhole (rectified images).

    Raises:
        InvalidCameraError: a size or focal length that is not positive and finite, or coefficients
            that no lens has.
    """

    width_px: int
    height_px: int
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    lens: Lens | None = None

    def __post_init__(self) -> None:
        values = (self.fx_px, self.fy_px, self.cx_px, self.cy_px)
        if not np.isfinite(values).all():
            raise InvalidCameraError("an intrinsic value is not a finite number")
        if self.fx_px <= 0 or self.fy_px <= 0:
            raise InvalidCameraError(
                f"focal lengths must be positive, got fx {self.fx_px} px and fy {self.fy_px} px"
            )
        if min(self.fx_px, self.fy_px) < SHORTEST_PX or np.abs(values).max() > LONGEST_PX:
            raise InvalidCameraError(
                f"fx, fy, cx, cy are {', '.join(f'{value:.3g}' for value in values)} px, which no "
                "camera has"
            )
        if self.width_px < 1 or self.height_px < 1:
            raise InvalidCameraError(
                f"an image must have at least one pixel, got {self.width_px} x {self.height_px}"
            )
        if self.lens is not None:
            _check_lens(self.lens)

    @property
    def model(self) -> str:
        """Name of the camera's model: pinhole, brown-conrady, rational, kannala-brandt or mei."""
        return "pinhole" if self.lens is None else self.lens.model

    @property
    def bends(self) -> bool:
        """Whether straight lines of space may be curves on the image."""
        return self.is_wide or (self.lens is not None and bool(self.lens.coefficients.any()))

    @property
    def is_wide(self) -> bool:
        """Whether the lens is of a kind that may see points beside and behind the camera, z <= 0."""
        return isinstance(self.lens, WideLens)

    @property
    def matrix(self) -> FloatArray:
        """The intrinsic matrix K, (3, 3)."""
        return np.array(
            [[self.fx_px, 0, self.cx_px], [0, self.fy_px, self.cy_px], [0, 0, 1]],
            dtype=np.float64,
        )

    def project(self, points_m: npt.ArrayLike) -> tuple[FloatArray, BoolArray]:
        """Pixels of points in the camera frame, and which of them the lens can see.

        Args:
            points_m: (..., 3), metres.

        Returns:
            pixels (..., 2), NaN where the mask (...) is False: closer than NEAR_M or outside the
            field where the lens is one-to-one. A pixel may lie outside the image.
        """
        points = np.asarray(points_m, dtype=np.float64)
        flat = points.reshape(-1, 3)
        rows, normalized = self._seen_wide(flat) if self.is_wide else self._seen_flat(flat)
        pixels = np.full((len(flat), 2), np.nan)
        pixels[rows] = normalized * (self.fx_px, self.fy_px) + (self.cx_px, self.cy_px)
        valid: BoolArray = np.zeros(len(flat), dtype=bool)
        valid[rows] = True
        return pixels.reshape(*points.shape[:-1], 2), valid.reshape(points.shape[:-1])

    def _seen_flat(self, points_m: FloatArray) -> tuple[IntArray, FloatArray]:
        """Rows of points (N, 3) that are seen (M,) and what the lens makes of them (M, 2)."""
        # Most points of a sweep are not in front of one camera; the rest is not computed.
        rows = np.flatnonzero(points_m[:, 2] >= NEAR_M)
        normalized = points_m[rows, :2] / points_m[rows, 2:]
        if isinstance(self.lens, BrownConrady):
            radius = np.hypot(normalized[:, 0], normalized[:, 1])
            in_field = radius <= self.lens.max_radius
            rows, normalized = rows[in_field], self.lens.distort(normalized[in_field])
        return rows, normalized

    def _seen_wide(self, points_m: FloatArray) -> tuple[IntArray, FloatArray]:
        assert isinstance(self.lens, WideLens)
        near = (points_m * points_m).sum(axis=1) >= NEAR_M**2
        rows = np.flatnonzero(near & self.lens.reaches(points_m))
        return rows, self.lens.bend(points_m[rows])

    def project_beyond(self, points_m: npt.ArrayLike) -> FloatArray:
        """Pixels of points (..., 3), seen or not, (..., 2); finite for finite points.

        Where the lens cannot see, it goes on from the edge of the field at the pinhole's scale, so
        that the pixels of a moving point have no jump. Points closer to the image plane than NEAR_M,
        or behind it, count as at NEAR_M; for a wide lens only their direction counts.
        """
        points = np.asarray(points_m, dtype=np.float64)
        if isinstance(self.lens, WideLens):
            normalized = self.lens.bend_beyond(points.reshape(-1, 3)).reshape(*points.shape[:-1], 2)
        else:
            normalized = points[..., :2] / np.maximum(points[..., 2:], NEAR_M)
            if self.lens is not None:
                at_edge = self.lens.in_field(normalized)
                normalized = self.lens.distort(at_edge) + (normalized - at_edge)
        return np.asarray(normalized * (self.fx_px, self.fy_px) + (self.cx_px, self.cy_px))

    def unproject(self, pixels: npt.ArrayLike) -> FloatArray:
        """Rays of pixels (..., 2) as unit vectors of the camera frame, (..., 3).

        NaN where no ray reaches the pixel.
        """
        array = np.asarray(pixels, dtype=np.float64)
        normalized = (array - (self.cx_px, self.cy_px)) / (self.fx_px, self.fy_px)
        if isinstance(self.lens, WideLens):
            return self.lens.unbend(normalized.reshape(-1, 2)).reshape(*array.shape[:-1], 3)
        if self.lens is not None:
            normalized = self.lens.undistort(normalized)
        length = np.sqrt(1 + (normalized * normalized).sum(axis=-1, keepdims=True))
        return np.asarray(np.concatenate([normalized, np.ones_like(length)], axis=-1) / length)

    @cached_property
    def corner_rays(self) -> FloatArray:
        """Unit rays of the four outer corners and the middle of the image, (5, 3).

        NaN where no ray reaches.
        """
        return self.landmarks[1][:5]

    @cached_property
    def landmarks(self) -> tuple[FloatArray, FloatArray]:
        """Pixels (N, 2) and unit rays (N, 3) that tell what of the image something large covers.

        First the four outer corners and the middle, NaN where no ray reaches; for a wide lens also
        points all around where the image or the field of the lens ends.
        """
        right, bottom = self.width_px - 0.5, self.height_px - 0.5
        middle = ((right - 0.5) / 2, (bottom - 0.5) / 2)
        corners = [(-0.5, -0.5), (right, -0.5), (right, bottom), (-0.5, bottom), middle]
        pixels: FloatArray = np.array(corners, dtype=np.float64)
        rays = self.unproject(pixels)
        if isinstance(self.lens, WideLens):
            about = np.linspace(0.0, 2 * np.pi, 128, endpoint=False)
            end_rays = self.lens.at_end(np.stack([np.cos(about), np.sin(about)], axis=1))
            end_pixels = self.project_beyond(end_rays)
            on_image = self.contains(end_pixels)
            reached = np.isfinite(self._border_rays[:, 0])
            pixels = np.concatenate([pixels, end_pixels[on_image], self._border_pixels[reached]])
            rays = np.concatenate([rays, end_rays[on_image], self._border_rays[reached]])
        return pixels, rays

    @property
    def _border_pixels(self) -> FloatArray:
        """Pixels all around the outer border of the image, (132, 2)."""
        along = np.linspace(0.0, 1.0, 33)
        u, v = along * self.width_px - 0.5, along * self.height_px - 0.5
        first, right, bottom = (
            np.full(33, value) for value in (-0.5, self.width_px - 0.5, self.height_px - 0.5)
        )
        sides = [(u, first), (u, bottom), (first, v), (right, v)]
        return np.concatenate([np.stack(side, axis=-1) for side in sides])

    @cached_property
    def _border_rays(self) -> FloatArray:
        """Unit rays of `_border_pixels`, (132, 3).

        The mapping is one-to-one, so no ray of the image is further out.
        """
        return self.unproject(self._border_pixels)

    @cached_property
    def view_angle_rad(self) -> float:
        """Angle from the axis that no ray on the image exceeds."""
        rays = self._border_rays
        end = np.pi / 2 if self.lens is None else self.lens.max_angle_rad
        if np.isnan(rays).any():
            return end
        angle = np.arctan2(np.hypot(rays[:, 0], rays[:, 1]), rays[:, 2])
        # Between the samples the border bulges a little.
        return min(end, 1.02 * float(angle.max()))

    @cached_property
    def normalized_bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom at depth 1 of a rectangle that holds every ray on the image.

        Infinite where rays leave the image beside the camera or behind it.
        """
        if self.lens is None:
            (left, top), _, (right, bottom), *_ = self.corner_rays[:, :2] / self.corner_rays[:, 2:]
            return float(left), float(top), float(right), float(bottom)
        # Close to 90 degrees the plane is too far out; it is where other lenses end at the latest.
        if self.is_wide and self.view_angle_rad > np.arctan(MAX_RADIUS):
            return -np.inf, -np.inf, np.inf, np.inf
        reach = float(np.tan(self.view_angle_rad if self.is_wide else self.lens.max_angle_rad))
        if np.isnan(self._border_rays).any():
            return -reach, -reach, reach, reach
        rays = self._border_rays[:, :2] / self._border_rays[:, 2:]
        # Between the samples the border bulges a little.
        margin = 0.02 * np.ptp(rays, axis=0)
        left, top = np.maximum(rays.min(axis=0) - margin, -reach)
        right, bottom = np.minimum(rays.max(axis=0) + margin, reach)
        return float(left), float(top), float(right), float(bottom)

    def contains(self, pixels: npt.ArrayLike) -> BoolArray:
        """Which pixels (..., 2) lie on the image, (...)."""
        array = np.asarray(pixels, dtype=np.float64)
        u, v = array[..., 0], array[..., 1]
        return np.asarray(
            (u >= -0.5) & (u <= self.width_px - 0.5) & (v >= -0.5) & (v <= self.height_px - 0.5)
        )

    def scaled(self, width_px: int, height_px: int) -> Camera:
        """The same view on an image of another size; pixel edges, not centres, are kept in place."""
        scale_x, scale_y = width_px / self.width_px, height_px / self.height_px
        return replace(
            self,
            width_px=width_px,
            height_px=height_px,
            fx_px=self.fx_px * scale_x,
            fy_px=self.fy_px * scale_y,
            cx_px=(self.cx_px + 0.5) * scale_x - 0.5,
            cy_px=(self.cy_px + 0.5) * scale_y - 0.5,
        )


def _check_lens(lens: Lens) -> None:
    coefficients = lens.coefficients
    if not np.isfinite(coefficients).all():
        raise InvalidCameraError("a lens coefficient is not a finite number")
    largest = float(np.abs(coefficients).max())
    if largest > LARGEST_COEFFICIENT:
        raise InvalidCameraError(
            f"a lens coefficient of {largest:g}, the limit is {LARGEST_COEFFICIENT:g}"
        )
    if not lens.max_angle_rad > 0:
        raise InvalidCameraError("the lens sees nothing, not even along its axis")
