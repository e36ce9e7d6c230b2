"""A camera: image size, pinhole intrinsics and lens distortion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from av3d.calibration.distortion import BrownConrady
from av3d.errors import Av3dError
from av3d.types import BoolArray, FloatArray

NEAR_M = 0.05
"""Points closer to the image plane than this are not projected."""


class InvalidCameraError(Av3dError):
    """Intrinsics that no camera can have."""


@dataclass(frozen=True)
class Camera:
    """Maps points of a camera frame (x right, y down, z forward, metres) to pixels.

    The centre of the top-left pixel is (0, 0), as in OpenCV; the image covers -0.5 to width - 0.5.

    Args:
        width_px, height_px: size of the image.
        fx_px, fy_px: focal lengths.
        cx_px, cy_px: principal point.
        distortion: lens distortion, or None for an ideal pinhole (rectified images).

    Raises:
        InvalidCameraError: a size or focal length that is not positive and finite.
    """

    width_px: int
    height_px: int
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    distortion: BrownConrady | None = None

    def __post_init__(self) -> None:
        values = (self.fx_px, self.fy_px, self.cx_px, self.cy_px)
        if not np.isfinite(values).all():
            raise InvalidCameraError("an intrinsic value is not a finite number")
        if self.fx_px <= 0 or self.fy_px <= 0:
            raise InvalidCameraError(
                f"focal lengths must be positive, got fx {self.fx_px} px and fy {self.fy_px} px"
            )
        if self.width_px < 1 or self.height_px < 1:
            raise InvalidCameraError(
                f"an image must have at least one pixel, got {self.width_px} x {self.height_px}"
            )
        if self.distortion is not None and not np.isfinite(self.distortion.opencv).all():
            raise InvalidCameraError("a distortion coefficient is not a finite number")

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
            pixels (..., 2), NaN where the mask (...) is False: behind the near plane, or outside
            the field where the distortion is one-to-one. A pixel may lie outside the image.
        """
        points = np.asarray(points_m, dtype=np.float64)
        flat = points.reshape(-1, 3)
        # Most points of a sweep are not in front of one camera; the rest is not computed.
        rows = np.flatnonzero(flat[:, 2] >= NEAR_M)
        normalized = flat[rows, :2] / flat[rows, 2:]
        if self.distortion is not None:
            radius = np.hypot(normalized[:, 0], normalized[:, 1])
            in_field = radius <= self.distortion.max_radius
            rows, normalized = rows[in_field], self.distortion.distort(normalized[in_field])
        pixels = np.full((len(flat), 2), np.nan)
        pixels[rows] = normalized * (self.fx_px, self.fy_px) + (self.cx_px, self.cy_px)
        valid: BoolArray = np.zeros(len(flat), dtype=bool)
        valid[rows] = True
        return pixels.reshape(*points.shape[:-1], 2), valid.reshape(points.shape[:-1])

    def unproject(self, pixels: npt.ArrayLike) -> FloatArray:
        """Rays of pixels (..., 2) as points at depth z = 1 of the camera frame, (..., 3).

        NaN where no ray reaches the pixel.
        """
        normalized = (np.asarray(pixels, dtype=np.float64) - (self.cx_px, self.cy_px)) / (
            self.fx_px,
            self.fy_px,
        )
        if self.distortion is not None:
            normalized = self.distortion.undistort(normalized)
        ones = np.where(np.isnan(normalized[..., :1]), np.nan, 1.0)
        return np.concatenate([normalized, ones], axis=-1)

    @cached_property
    def corner_rays(self) -> FloatArray:
        """Rays of the four outer corners and the middle of the image at depth 1, (5, 3).

        NaN where no ray reaches.
        """
        right, bottom = self.width_px - 0.5, self.height_px - 0.5
        middle = ((right - 0.5) / 2, (bottom - 0.5) / 2)
        return self.unproject(
            [(-0.5, -0.5), (right, -0.5), (right, bottom), (-0.5, bottom), middle]
        )

    @cached_property
    def normalized_bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom at depth 1 of a rectangle that holds every ray on the image."""
        if self.distortion is None:
            (left, top, _), _, (right, bottom, _), *_ = self.corner_rays
            return float(left), float(top), float(right), float(bottom)
        # The mapping is one-to-one, so the outermost rays are those of the border.
        along = np.linspace(0.0, 1.0, 33)
        u, v = along * self.width_px - 0.5, along * self.height_px - 0.5
        ends_u, ends_v = np.full(33, self.width_px - 0.5), np.full(33, self.height_px - 0.5)
        border = np.concatenate(
            [
                np.stack([u, np.full(33, -0.5)], axis=-1),
                np.stack([u, ends_v], axis=-1),
                np.stack([np.full(33, -0.5), v], axis=-1),
                np.stack([ends_u, v], axis=-1),
            ]
        )
        rays = self.unproject(border)[:, :2]
        reach = self.distortion.max_radius
        if np.isnan(rays).any():
            return -reach, -reach, reach, reach
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
        return Camera(
            width_px,
            height_px,
            self.fx_px * scale_x,
            self.fy_px * scale_y,
            (self.cx_px + 0.5) * scale_x - 0.5,
            (self.cy_px + 0.5) * scale_y - 0.5,
            self.distortion,
        )
