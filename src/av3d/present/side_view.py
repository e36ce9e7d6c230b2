"""Flat views of a cuboid that turn with it: from above, from its right, from its front."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.present.drawing import Rect
from av3d.present.projectors import SideProjector
from av3d.render.views import OrthographicView
from av3d.types import FloatArray

MIN_M_PER_PX = 0.002
ZOOMS = (0.1, 40.0)
"""How much smaller, and larger, a cuboid may be shown than it fits."""


@dataclass(frozen=True)
class Side:
    """One of the views.

    Attributes:
        name, title: for the slot and for people.
        axes: which axes of the cuboid are to the right, up and towards the viewer.
        signs: +1 or -1 for each of them.
    """

    name: str
    title: str
    axes: tuple[int, int, int]
    signs: tuple[int, int, int]


SIDES = (
    Side("top", "Top", (0, 1, 2), (1, 1, 1)),
    Side("side", "Side", (0, 2, 1), (1, 1, -1)),
    Side("front", "Front", (1, 2, 0), (1, 1, 1)),
)
"""From above; from the right of the cuboid; from its front."""
BY_NAME = {side.name: side for side in SIDES}


@dataclass(frozen=True, eq=False)
class SideView:
    """One side of a cuboid in a rectangle of a pane.

    Args:
        side: which.
        rect: the part of the pane that it takes, whole pixels.
        frame_SE3_view: the pose that the view is turned with, often that of the cuboid.
        metres_per_pixel: scale.
        center_m: what is in the middle, metres to the right of the pose and up from it.
    """

    side: Side
    rect: Rect
    frame_SE3_view: SE3
    metres_per_pixel: float
    center_m: tuple[float, float] = (0.0, 0.0)

    @cached_property
    def plane(self) -> OrthographicView:
        """The view of turned coordinates on the canvas of the rectangle."""
        return OrthographicView(
            max(int(self.rect.width), 1), max(int(self.rect.height), 1), self.center_m,
            self.metres_per_pixel, np.pi / 2,
        )  # fmt: skip

    @cached_property
    def projector(self) -> SideProjector:
        """Maps points of the frame to places of the pane."""
        return SideProjector(
            self.plane, self.frame_SE3_view, self.side.axes, self.side.signs,
            (self.rect.x, self.rect.y),
        )  # fmt: skip

    @cached_property
    def frame_R_turned(self) -> FloatArray:
        """Columns: right, up and towards the viewer in the frame, (3, 3)."""
        rotation = self.frame_SE3_view.rotation
        return np.asarray(rotation[:, self.side.axes] * np.array(self.side.signs))

    def turned(self, points_m: FloatArray) -> FloatArray:
        """Points of the frame (N, 3) as metres to the right, up and towards the viewer, (N, 3)."""
        return np.asarray((points_m - self.frame_SE3_view.translation_m) @ self.frame_R_turned)

    def reach_m(self) -> FloatArray:
        """How far from the pose the rectangle reaches along each axis of the pose, (3,); 0 in depth."""
        half = np.array([self.rect.width, self.rect.height]) / 2 * self.metres_per_pixel
        reach = np.zeros(3)
        reach[list(self.side.axes[:2])] = half + np.abs(self.center_m)
        return reach

    def panned(self, dx: float, dy: float) -> SideView:
        """The content moved by pixels."""
        return replace(self, center_m=self.plane.panned((dx, dy)).center_m)

    def zoomed(self, factor: float, x: float, y: float) -> SideView:
        """Enlarged about a place of the pane."""
        at = (x - 0.5 - self.rect.x, y - 0.5 - self.rect.y)
        plane = self.plane.zoomed(factor, at)
        return replace(self, center_m=plane.center_m, metres_per_pixel=plane.metres_per_pixel)


@dataclass(frozen=True, eq=False)
class Looking:
    """How the three views look at a cuboid.

    Attributes:
        pose: in the ego frame, what the views are turned with and what is in their middle.
        size_lwh_m: what fits them, (3,).
        zooms: by view, how many times larger than it fits; 1 where it is not there.
        centres_m: by view, what is in the middle instead of the pose; see `SideView.center_m`.
    """

    pose: SE3
    size_lwh_m: tuple[float, float, float]
    zooms: Mapping[str, float] = field(default_factory=dict)
    centres_m: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @staticmethod
    def at(cuboid: Cuboid) -> Looking:
        """The views that a cuboid fits."""
        length, width, height = cuboid.size_lwh_m.tolist()
        return Looking(cuboid.frame_SE3_cuboid, (length, width, height))

    def on(self, cuboid: Cuboid) -> Looking:
        """The same zoom on another cuboid."""
        return replace(Looking.at(cuboid), zooms=self.zooms, centres_m=self.centres_m)

    def between(self, other: Looking, part: float) -> Looking:
        """On the way to another one."""
        sizes = [a + part * (b - a) for a, b in zip(self.size_lwh_m, other.size_lwh_m, strict=True)]
        pose = self.pose.interpolate(other.pose, part)
        return replace(other, pose=pose, size_lwh_m=(sizes[0], sizes[1], sizes[2]))


def fit_scale(
    side: Side, rect: Rect, size_lwh_m: FloatArray, margins: tuple[float, float]
) -> float:
    """Metres per pixel at which a cuboid of a size fits a rectangle with room around it.

    Args:
        side: the view.
        rect: where it is.
        size_lwh_m: length, width and height, (3,).
        margins: pixels to the sides and above and below that stay free, both together.
    """
    room = np.maximum([rect.width - margins[0], rect.height - margins[1]], 8.0)
    sizes_m = size_lwh_m[list(side.axes[:2])]
    return max(float((sizes_m / room).max()), MIN_M_PER_PX)


def outline_px(cuboid: Cuboid, projector: SideProjector) -> FloatArray:
    """Corners of a cuboid's cut through its middle in a side view, (4, 2), in order around it."""
    assert projector.axes is not None
    square = np.zeros((4, 3))
    square[:, list(projector.axes)] = [[1, 1], [-1, 1], [-1, -1], [1, -1]]
    corners_m = cuboid.frame_SE3_cuboid.transform(square * (cuboid.size_lwh_m / 2))
    return projector.project(corners_m)[0]


def turned_to(before: SE3, cuboid: Cuboid) -> SE3:
    """A view's pose turned about the middle of a cuboid until it is turned as that is."""
    pose = cuboid.frame_SE3_cuboid
    offset_m = before.rotation.T @ (before.translation_m - pose.translation_m)
    return SE3(pose.rotation, pose.translation_m + pose.rotation @ offset_m)
