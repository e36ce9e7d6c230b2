"""Where points land on a pane and which rays its places look along: one projector for each kind of view.

Places are pixels of the pane as the pointer has them: the centre of the top-left pixel is (0.5, 0.5). All
points, rays and cuboids are in the working frame of the view: the ego frame from above, in the orbit view
and in the side views, the camera frame on an image.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import ClassVar, Protocol

import numpy as np

from av3d.calibration.camera import Camera
from av3d.calibration.shutter import row_fractions
from av3d.geometry.se3 import SE3
from av3d.present.image_view import ImageView
from av3d.render.views import OrthographicView, PerspectiveView
from av3d.types import BoolArray, FloatArray

Ray = tuple[FloatArray, FloatArray]
"""Origin (3,) in metres and unit direction (3,)."""

ROWS_BEYOND = 1.0
"""How many image heights the rows of a rolling shutter are thought to go on, as for drawn edges."""

STEP_M = 1e-3
"""Step of numerical derivatives by a point."""


class ViewKind(Enum):
    """The kinds of views that show cuboids."""

    PLAN = "plan"
    SIDE = "side"
    ORBIT = "orbit"
    IMAGE = "image"


class Projector(Protocol):
    """Maps points of the working frame to places of a pane and back to rays."""

    @property
    def kind(self) -> ViewKind:
        """What kind of view it is."""

    @property
    def axes(self) -> tuple[int, int] | None:
        """The axes of a cuboid that lie in a flat view; None where views have a perspective.

        The rays of a flat view are parallel and count in both directions.
        """

    def project(self, points_m: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Places (N, 2) of points (N, 3) and which of them can be seen (N,); NaN for the others."""

    def ray(self, x: float, y: float) -> Ray | None:
        """The points that show at a place, towards what is further away; None where none does."""


@dataclass(frozen=True, eq=False)
class PlanProjector:
    """The bird's-eye view; the frame is that of the view."""

    view: OrthographicView

    kind: ClassVar[ViewKind] = ViewKind.PLAN
    axes: ClassVar[tuple[int, int] | None] = (0, 1)

    def project(self, points_m: FloatArray) -> tuple[FloatArray, BoolArray]:
        pixels = self.view.to_pixels(points_m) + 0.5
        return pixels, np.isfinite(pixels).all(axis=-1)

    def ray(self, x: float, y: float) -> Ray | None:
        across_m = self.view.to_plane((x - 0.5, y - 0.5))
        return np.array([across_m[0], across_m[1], 0.0]), np.array([0.0, 0.0, -1.0])


@dataclass(frozen=True, eq=False)
class SideProjector:
    """A view along an axis of a cuboid, which is turned with it.

    Args:
        view: of the first two turned coordinates, with `up_rad` pi / 2.
        frame_SE3_cuboid: the cuboid that the view is turned with. While that is dragged the view
            stays as it was, so the projector is the one from before.
        turned: which axes of the cuboid are to the right, up and towards the viewer.
        signs: +1 or -1 for each of them.
        corner_px: where the view's top left corner is in the pane.
    """

    view: OrthographicView
    frame_SE3_cuboid: SE3
    turned: tuple[int, int, int]
    signs: tuple[int, int, int]
    corner_px: tuple[float, float] = (0.0, 0.0)

    kind: ClassVar[ViewKind] = ViewKind.SIDE

    @property
    def axes(self) -> tuple[int, int] | None:
        first, second, _ = self.turned
        return (min(first, second), max(first, second))

    @cached_property
    def _frame_R_turned(self) -> FloatArray:
        """Columns: right, up and towards the viewer in the frame, (3, 3)."""
        return np.asarray(self.frame_SE3_cuboid.rotation[:, self.turned] * np.array(self.signs))

    def project(self, points_m: FloatArray) -> tuple[FloatArray, BoolArray]:
        turned_m = (points_m - self.frame_SE3_cuboid.translation_m) @ self._frame_R_turned
        pixels = self.view.to_pixels(turned_m) + 0.5 + np.array(self.corner_px)
        return pixels, np.isfinite(pixels).all(axis=-1)

    def ray(self, x: float, y: float) -> Ray | None:
        across_m = self.view.to_plane((x - 0.5 - self.corner_px[0], y - 0.5 - self.corner_px[1]))
        turned = self._frame_R_turned
        return self.frame_SE3_cuboid.translation_m + turned[:, :2] @ across_m, -turned[:, 2]


@dataclass(frozen=True, eq=False)
class OrbitProjector:
    """The orbit view; the frame is that of the view."""

    view: PerspectiveView

    kind: ClassVar[ViewKind] = ViewKind.ORBIT
    axes: ClassVar[tuple[int, int] | None] = None

    @cached_property
    def _camera(self) -> Camera:
        return self.view.camera

    @cached_property
    def _view_SE3_frame(self) -> SE3:
        return self.view.view_SE3_frame

    def project(self, points_m: FloatArray) -> tuple[FloatArray, BoolArray]:
        pixels, seen = self._camera.project(self._view_SE3_frame.transform(points_m))
        return pixels + 0.5, seen

    def ray(self, x: float, y: float) -> Ray | None:
        return self.view.ray((x - 0.5, y - 0.5))


@dataclass(frozen=True, eq=False)
class ImageProjector:
    """An image in a pane, through the camera's lens; the frame is the camera's.

    With a rolling shutter each row is exposed at a time of its own, and a point is where the object is
    that it belongs to. Points are given as they are when the row of the object's centre is exposed, as
    `PlacedTrack.cuboid` is, and ride on the object as it moves before the camera.

    Args:
        camera: the camera, at the resolution of the image.
        view: how the image lies in the pane.
        camera_SE3_cuboid: for a rolling shutter, the pose of the object then.
        over_readout: for a rolling shutter, its poses when the top and when the bottom edge of the
            image was read. During a drag both stay those from before.
        corner_px: where the picture's top left corner is in the pane.
    """

    camera: Camera
    view: ImageView
    camera_SE3_cuboid: SE3 | None = None
    over_readout: tuple[SE3, SE3] | None = None
    corner_px: tuple[float, float] = (0.0, 0.0)

    kind: ClassVar[ViewKind] = ViewKind.IMAGE
    axes: ClassVar[tuple[int, int] | None] = None

    @cached_property
    def _edges(self) -> tuple[SE3, SE3] | None:
        """What moves a point to where it is at the times of the image's top edge and bottom edge."""
        if self.over_readout is None or self.camera_SE3_cuboid is None:
            return None
        cuboid_SE3_camera = self.camera_SE3_cuboid.inverse()
        top, bottom = self.over_readout
        return top @ cuboid_SE3_camera, bottom @ cuboid_SE3_camera

    def project(self, points_m: FloatArray) -> tuple[FloatArray, BoolArray]:
        if self._edges is not None:
            top_m, bottom_m = (edge.transform(points_m) for edge in self._edges)
            part = row_fractions(self.camera, top_m, bottom_m, beyond=ROWS_BEYOND)
            points_m = top_m + part[:, None] * (bottom_m - top_m)
        pixels, seen = self.camera.project(points_m)
        offset = np.add(self.view.offset_px, self.corner_px) + 0.5
        return pixels * self.view.scale + offset, seen

    def ray(self, x: float, y: float) -> Ray | None:
        u, v = self.view.to_image(x - self.corner_px[0], y - self.corner_px[1])
        direction = self.camera.unproject((u, v))
        if not np.isfinite(direction).all():
            return None
        if self._edges is None:
            return np.zeros(3), direction
        # Between the edges points move straight, so that each row sees an affine map of all of them.
        part = np.clip((v + 0.5) / self.camera.height_px, -ROWS_BEYOND, 1 + ROWS_BEYOND)
        top, bottom = self._edges
        linear = (1 - part) * top.rotation + part * bottom.rotation
        shift_m = (1 - part) * top.translation_m + part * bottom.translation_m
        back = np.linalg.inv(linear)
        seen_along = back @ direction
        return -back @ shift_m, seen_along / np.linalg.norm(seen_along)


def pixels_per_metre(projector: Projector, points_m: FloatArray) -> FloatArray:
    """How places move with their points (N, 3): columns are the pixels for a metre of x, y, z, (N, 2, 3).

    NaN where a point, or what is right beside it, cannot be seen.
    """
    steps_m = np.concatenate([np.eye(3), -np.eye(3)]) * STEP_M
    beside_m = points_m[:, None] + steps_m
    pixels, seen = projector.project(beside_m.reshape(-1, 3))
    pixels = pixels.reshape(-1, 6, 2)
    rates = (pixels[:, :3] - pixels[:, 3:]) / (2 * STEP_M)
    rates[~seen.reshape(-1, 6).all(axis=1)] = np.nan
    return np.asarray(rates.swapaxes(1, 2))


def across_view(rates: FloatArray) -> FloatArray:
    """Pixels for a metre in the direction that has the most of them: across the view, (N,).

    The larger singular value of each of the matrices (N, 2, 3) that `pixels_per_metre` gives.
    """
    first, second = rates[:, 0], rates[:, 1]
    one, other = (first * first).sum(axis=1), (second * second).sum(axis=1)
    mixed = (first * second).sum(axis=1)
    return np.asarray(np.sqrt((one + other) / 2 + np.hypot((one - other) / 2, mixed)))


def ray_at(projector: Projector, point_m: FloatArray) -> Ray | None:
    """The ray that a point (3,) is seen along; None if it cannot be seen."""
    pixels, seen = projector.project(point_m[None])
    return projector.ray(float(pixels[0, 0]), float(pixels[0, 1])) if seen[0] else None


def on_plane(
    projector: Projector, x: float, y: float, point_m: FloatArray, normal: FloatArray
) -> FloatArray | None:
    """Where the ray of a place meets the plane through a point (3,); None if it never does."""
    ray = projector.ray(x, y)
    if ray is None:
        return None
    origin_m, direction = ray
    closing = float(direction @ normal)
    if abs(closing) < 1e-9:
        return None
    along_m = float((point_m - origin_m) @ normal) / closing
    if along_m <= 0 and projector.axes is None:
        return None
    return np.asarray(origin_m + along_m * direction)
