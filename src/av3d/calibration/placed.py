"""Cuboids placed before a camera, at one time or, for a rolling shutter, over the time of its readout."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from av3d.calibration.camera import NEAR_M, Camera
from av3d.calibration.shutter import freeze_lines, freeze_polygons, freeze_poses
from av3d.geometry.cuboid import CORNER_SIGNS
from av3d.geometry.se3 import SE3
from av3d.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Lines:
    """Straight pieces of lines of cuboids in the camera frame, as the image sees them.

    Attributes:
        starts_m, ends_m: ends of the pieces, (P, 3).
        line: number of the line, counted through all cuboids, ascending, (P,).
        cuboids: how many cuboids there are; each has at least one piece of every line.
        each: how many lines each has.
    """

    starts_m: FloatArray
    ends_m: FloatArray
    line: IntArray
    cuboids: int
    each: int

    def of(self, cuboids: IntArray) -> Lines:
        """The lines of some of the cuboids, ascending; they are numbered anew."""
        number = np.full(self.cuboids, -1)
        number[cuboids] = np.arange(len(cuboids))
        cuboid = number[self.line // self.each]
        kept = np.flatnonzero(cuboid >= 0)
        line = cuboid[kept] * self.each + self.line[kept] % self.each
        return Lines(self.starts_m[kept], self.ends_m[kept], line, len(cuboids), self.each)


@dataclass(frozen=True, eq=False)
class Placed:
    """N cuboids before a camera.

    Args:
        camera: the camera.
        over: their poses in the camera frame, (N,) each: at the time of the image, or at the times of
            its top edge and its bottom edge.
        sizes_m: lengths, widths and heights, (N, 3).
    """

    camera: Camera
    over: tuple[SE3, ...]
    sizes_m: FloatArray

    def __getitem__(self, rows: IntArray) -> Placed:
        return Placed(self.camera, tuple(poses[rows] for poses in self.over), self.sizes_m[rows])

    @cached_property
    def poses(self) -> SE3:
        """Poses (N,), each at the time when the image sees the centre."""
        if len(self.over) == 1:
            return self.over[0]
        return freeze_poses(self.camera, self.over[0], self.over[1])

    def corners(self) -> FloatArray:
        """Corners in the frames of the cuboids, (N, 8, 3)."""
        return CORNER_SIGNS * (self.sizes_m[:, None] / 2)

    def reach_m(self) -> FloatArray:
        """Points in the camera frame whose convex hull each cuboid never leaves, (N, C, 3)."""
        return np.concatenate([poses.transform(self.corners()) for poses in self.over], axis=1)

    def lines(self, local_m: FloatArray) -> Lines:
        """Lines (N, L, 2, 3) in the frames of the cuboids as the image sees them."""
        count, each = local_m.shape[:2]
        ends_m = [
            poses.transform(local_m.reshape(count, -1, 3)).reshape(-1, 2, 3) for poses in self.over
        ]
        if len(ends_m) == 1:
            line = np.arange(count * each)
            return Lines(ends_m[0][:, 0], ends_m[0][:, 1], line, count, each)
        return Lines(*freeze_lines(self.camera, *ends_m), count, each)

    def polygons(self, local_m: FloatArray) -> FloatArray:
        """Polygons (N, L, 3) in the frames of the cuboids as the image sees them, (N, M, 3)."""
        if len(self.over) == 1:
            return self.over[0].transform(local_m)
        return freeze_polygons(self.camera, *(poses.transform(local_m) for poses in self.over))

    def covers(self) -> BoolArray:
        """Which rays of the camera's M landmarks meet each cuboid before the camera, (N, M)."""
        pixels, rays = self.camera.landmarks
        # A wide lens sees what is near beside it; others have a near plane.
        near_m = NEAR_M if self.camera.is_wide else NEAR_M / rays[:, 2]
        if len(self.over) == 1:
            poses = self.over[0]
            direction = rays @ poses.rotation
            origin = -poses.translation_m[:, None] @ poses.rotation
        else:
            fractions = (pixels[:, 1] + 0.5) / self.camera.height_px
            fractions = np.broadcast_to(fractions, (len(self.sizes_m), len(rays)))
            poses = freeze_poses(self.camera, self.over[0], self.over[1], fractions)
            direction = np.einsum("mi,nmij->nmj", rays, poses.rotation)
            origin = np.einsum("nmi,nmij->nmj", -poses.translation_m, poses.rotation)
        half_m = self.sizes_m[:, None] / 2
        # Slab test; a ray has length 1, so its parameter is the distance. Along a slab it divides by 0.
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            first, second = (-half_m - origin) / direction, (half_m - origin) / direction
        enter = np.minimum(first, second).max(axis=2)
        leave = np.maximum(first, second).min(axis=2)
        return np.asarray(np.maximum(enter, near_m) <= leave)
