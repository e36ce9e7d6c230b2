"""Where points land on a canvas: bird's-eye view and orbit camera, as frozen values.

Both serve the window and headless pictures. Pixel (0, 0) is the centre of the top-left pixel, so a
canvas covers -0.5 to width - 0.5. Gestures (pan, zoom, orbit) are methods that return a new view.
The frame is whatever the caller's points are in, usually ego; z is up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from av3d.calibration.camera import NEAR_M, Camera
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3
from av3d.types import Float32Array, FloatArray

MIN_METRES_PER_PIXEL = 0.001
MAX_METRES_PER_PIXEL = 5.0
MIN_DISTANCE_M = 0.5
MAX_DISTANCE_M = 2000.0


class InvalidViewError(Av3dError):
    """A canvas without pixels, or a scale, distance or angle that no view can have."""


@dataclass(frozen=True)
class OrthographicView:
    """Bird's-eye view: straight down, without perspective.

    Args:
        width_px, height_px: size of the canvas.
        center_m: x, y of the frame at the middle of the canvas.
        metres_per_pixel: scale.
        up_rad: direction of the frame that is up on the canvas, counter-clockwise from +x; with 0
            forward is up and left is left.

    Raises:
        InvalidViewError: a size or scale that is not positive and finite.
    """

    width_px: int
    height_px: int
    center_m: tuple[float, float] = (0.0, 0.0)
    metres_per_pixel: float = 0.1
    up_rad: float = 0.0

    def __post_init__(self) -> None:
        _check_size(self.width_px, self.height_px)
        values = (*self.center_m, self.metres_per_pixel, self.up_rad)
        if not np.isfinite(values).all() or self.metres_per_pixel <= 0:
            raise InvalidViewError(
                f"a bird's-eye view needs finite values and a positive scale, got {values}"
            )

    @property
    def _plane_to_canvas(self) -> FloatArray:
        """Pixels per metre, (2, 2): columns are the pixel steps of +x and +y."""
        cos, sin = np.cos(self.up_rad), np.sin(self.up_rad)
        return np.array([[sin, -cos], [-cos, -sin]]) / self.metres_per_pixel

    @property
    def _middle_px(self) -> FloatArray:
        return np.array([(self.width_px - 1) / 2, (self.height_px - 1) / 2])

    def to_pixels(self, points_m: npt.ArrayLike) -> FloatArray:
        """Pixels of points of the frame, (..., 3) or (..., 2) → (..., 2), not rounded."""
        points = np.asarray(points_m, dtype=np.float64)[..., :2]
        return np.asarray((points - self.center_m) @ self._plane_to_canvas.T + self._middle_px)

    def to_plane(self, pixels: npt.ArrayLike) -> FloatArray:
        """x, y in the frame of pixels, (..., 2) → (..., 2)."""
        offset = np.asarray(pixels, dtype=np.float64) - self._middle_px
        # The matrix is a reflection divided by the scale, so its transpose inverts it.
        return np.asarray(
            offset @ self._plane_to_canvas * self.metres_per_pixel**2 + np.array(self.center_m)
        )

    @property
    def splat_matrix(self) -> FloatArray:
        """u, v and closeness as a linear function of a point, (3, 4); the highest point is closest."""
        matrix = np.zeros((3, 4))
        matrix[:2, :2] = self._plane_to_canvas
        matrix[:2, 3] = self._middle_px - self._plane_to_canvas @ np.array(self.center_m)
        matrix[2, 2] = -1.0
        return matrix

    def panned(self, delta_px: tuple[float, float]) -> OrthographicView:
        """The content moved by so many pixels: what was under the cursor follows it."""
        x, y = self.to_plane(self._middle_px - np.asarray(delta_px))
        return replace(self, center_m=(float(x), float(y)))

    def zoomed(self, factor: float, at_px: tuple[float, float]) -> OrthographicView:
        """Enlarged by `factor` (> 1 comes closer); the place under `at_px` stays under it."""
        scale = float(
            np.clip(self.metres_per_pixel / factor, MIN_METRES_PER_PIXEL, MAX_METRES_PER_PIXEL)
        )
        fixed = self.to_plane(at_px)
        ratio = scale / self.metres_per_pixel
        x, y = fixed + (np.array(self.center_m) - fixed) * ratio
        return replace(self, metres_per_pixel=scale, center_m=(float(x), float(y)))

    def resized(self, width_px: int, height_px: int) -> OrthographicView:
        """The same place and scale on a canvas of another size."""
        return replace(self, width_px=width_px, height_px=height_px)


@dataclass(frozen=True)
class PerspectiveView:
    """A camera that orbits a target.

    Args:
        width_px, height_px: size of the canvas.
        target_m: point of the frame at the middle of the canvas, x, y, z.
        distance_m: from the camera to the target.
        azimuth_rad: heading in which the camera looks, counter-clockwise from +x.
        elevation_rad: how far the camera looks down; pi/2 is straight down.
        fov_rad: vertical field of view.

    Raises:
        InvalidViewError: a value that is not finite, or out of its range.
    """

    width_px: int
    height_px: int
    target_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    distance_m: float = 30.0
    azimuth_rad: float = 0.0
    elevation_rad: float = 0.5
    fov_rad: float = 0.9

    def __post_init__(self) -> None:
        _check_size(self.width_px, self.height_px)
        values = (
            *self.target_m, self.distance_m, self.azimuth_rad, self.elevation_rad, self.fov_rad
        )  # fmt: skip
        if (
            not np.isfinite(values).all()
            or self.distance_m <= 0
            or abs(self.elevation_rad) > np.pi / 2
            or not 0 < self.fov_rad < np.pi
        ):
            raise InvalidViewError(
                "an orbit view needs a positive distance, an elevation within 90 degrees and a "
                f"field of view between 0 and 180 degrees, got {values}"
            )

    @property
    def focal_px(self) -> float:
        """Focal length in pixels, the same in both directions."""
        return float(self.height_px / 2 / np.tan(self.fov_rad / 2))

    @property
    def camera(self) -> Camera:
        """The view as a pinhole camera, for `project_cuboid`."""
        return Camera(
            self.width_px,
            self.height_px,
            self.focal_px,
            self.focal_px,
            (self.width_px - 1) / 2,
            (self.height_px - 1) / 2,
        )

    @property
    def frame_SE3_view(self) -> SE3:
        """Pose of the camera frame (x right, y down, z forward) in the frame."""
        sin_a, cos_a = np.sin(self.azimuth_rad), np.cos(self.azimuth_rad)
        sin_e, cos_e = np.sin(self.elevation_rad), np.cos(self.elevation_rad)
        right = np.array([sin_a, -cos_a, 0.0])
        forward = np.array([cos_e * cos_a, cos_e * sin_a, -sin_e])
        rotation = np.stack([right, np.cross(forward, right), forward], axis=1)
        return SE3(rotation, np.array(self.target_m) - self.distance_m * forward)

    @property
    def view_SE3_frame(self) -> SE3:
        """Takes points of the frame into the camera frame."""
        return self.frame_SE3_view.inverse()

    def to_pixels(self, points_m: npt.ArrayLike) -> FloatArray:
        """Pixels of points (..., 3) → (..., 2), not rounded; NaN behind the near plane."""
        pixels, _ = self.camera.project(self.view_SE3_frame.transform(points_m))
        return pixels

    def depth_m(self, points_m: npt.ArrayLike) -> FloatArray:
        """Distance of points (..., 3) along the viewing direction, (...)."""
        return np.asarray(self.view_SE3_frame.transform(points_m)[..., 2])

    def ray(self, pixel: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Ray of a pixel (2,): origin (3,) and unit direction (3,) in the frame."""
        pose = self.frame_SE3_view
        return pose.translation_m, pose.rotation @ self.camera.unproject(pixel)

    def on_plane(self, pixel: npt.ArrayLike, height_m: float) -> FloatArray | None:
        """Where the ray of a pixel meets z = height, (3,); None if it never does."""
        origin, direction = self.ray(pixel)
        if abs(direction[2]) < 1e-9:
            return None
        along_m = (height_m - origin[2]) / direction[2]
        return None if along_m <= 0 else np.asarray(origin + along_m * direction)

    @property
    def splat_matrix(self) -> FloatArray:
        """u·depth, v·depth and depth as a linear function of a point, (3, 4)."""
        transform = self.view_SE3_frame
        rows = np.hstack([transform.rotation, transform.translation_m[:, None]])
        return np.asarray(self.camera.matrix @ rows)

    def orbited(self, azimuth_rad: float, elevation_rad: float) -> PerspectiveView:
        """Turned about the target; elevation stops at straight up and straight down."""
        azimuth = float((self.azimuth_rad + azimuth_rad + np.pi) % (2 * np.pi) - np.pi)
        elevation = float(np.clip(self.elevation_rad + elevation_rad, -np.pi / 2, np.pi / 2))
        return replace(self, azimuth_rad=azimuth, elevation_rad=elevation)

    def panned(self, delta_px: tuple[float, float]) -> PerspectiveView:
        """The content moved by so many pixels at the distance of the target."""
        metres = self.distance_m / self.focal_px
        step = np.array([delta_px[0] * metres, delta_px[1] * metres, 0.0])
        return self.aimed_at(np.array(self.target_m) - self.frame_SE3_view.rotation @ step)

    def zoomed(self, factor: float, at_px: tuple[float, float]) -> PerspectiveView:
        """Closer by `factor` (> 1); what is under `at_px` at the target's distance stays there."""
        distance = float(np.clip(self.distance_m / factor, MIN_DISTANCE_M, MAX_DISTANCE_M))
        pose = self.frame_SE3_view
        ray = self.camera.unproject(at_px)
        fixed = pose.transform(ray / ray[2] * self.distance_m)
        target = fixed + (np.array(self.target_m) - fixed) * (distance / self.distance_m)
        return replace(self.aimed_at(target), distance_m=distance)

    def aimed_at(self, target_m: npt.ArrayLike) -> PerspectiveView:
        """The same direction and distance around another target, (3,)."""
        x, y, z = np.asarray(target_m, dtype=np.float64)
        return replace(self, target_m=(float(x), float(y), float(z)))

    def resized(self, width_px: int, height_px: int) -> PerspectiveView:
        """The same view on a canvas of another size."""
        return replace(self, width_px=width_px, height_px=height_px)


View = OrthographicView | PerspectiveView


def fit_points(view: OrthographicView, points_m: Float32Array | FloatArray) -> OrthographicView:
    """The bird's-eye view moved and scaled so that points (N, 2) or (N, 3) fill it to 90 %.

    Returns the view unchanged when there are no points.
    """
    if len(points_m) == 0:
        return view
    pixels = view.to_pixels(points_m)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    x, y = view.to_plane((low + high) / 2)
    extent = (high - low) / (np.array([view.width_px, view.height_px]) * 0.9)
    scale = view.metres_per_pixel * max(float(extent.max()), 1e-6)
    return replace(
        view,
        center_m=(float(x), float(y)),
        metres_per_pixel=float(np.clip(scale, MIN_METRES_PER_PIXEL, MAX_METRES_PER_PIXEL)),
    )


def _check_size(width_px: int, height_px: int) -> None:
    if width_px < 1 or height_px < 1:
        raise InvalidViewError(f"a view needs at least one pixel, got {width_px} x {height_px}")


__all__ = [
    "NEAR_M",
    "InvalidViewError",
    "OrthographicView",
    "PerspectiveView",
    "View",
    "fit_points",
]
