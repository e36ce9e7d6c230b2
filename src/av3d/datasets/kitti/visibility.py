"""What of each cuboid the image shows: 2D box, truncation, and how much nearer cuboids cover it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from av3d.calibration.camera import NEAR_M, Camera
from av3d.geometry.clip import clip_polygons_to_rectangle, clip_segments_to_near_plane
from av3d.geometry.cuboid import EDGES, cuboid_corners_m
from av3d.geometry.se3 import SE3
from av3d.types import BoolArray, FloatArray, IntArray

COVER_SCALE = 4
"""Covered areas are counted on an image this many times smaller."""

PARTLY, LARGELY = 0.1, 0.5
"""Covered parts from which a cuboid counts as partly (1) and largely occluded (2)."""

TRUNCATED_FROM = 0.5
"""Truncation from which the tracking benchmark says 1: so 99.9 % of its labels with 0 or 1 are (of
sequences 0000 to 0010, the even as well as the odd ones)."""

FAR_PX = 1e6
"""Corners next to the camera project this far out at most, so that sums stay finite."""


@dataclass(frozen=True, eq=False)
class Visibility:
    """How N cuboids appear in one image.

    Attributes:
        box_px: left, top, right, bottom of the part on the image, pixel centres from 0 to width - 1
            and height - 1, (N, 4); NaN where nothing is on the image.
        on_image: whether any part is, (N,).
        truncated: part of the 2D box that lies outside the image, 0 to 1, (N,); 1 if not on it.
        covered: part of the outline that nearer cuboids cover, 0 to 1, (N,); 0 if not on it.
    """

    box_px: FloatArray
    on_image: BoolArray
    truncated: FloatArray
    covered: FloatArray

    @property
    def truncation_level(self) -> IntArray:
        """0 on the image, 1 half or more of it outside, 2 not on the image, (N,).

        KITTI has 2 for objects to be ignored, most of them where a track begins or ends.
        """
        level = (self.truncated >= TRUNCATED_FROM).astype(np.int64)
        return np.where(self.on_image, level, 2)

    @property
    def occlusion_level(self) -> IntArray:
        """0 visible, 1 partly, 2 largely covered by other cuboids, 3 not on the image, (N,)."""
        level = np.digitize(self.covered, [PARTLY, LARGELY]).astype(np.int64)
        return np.where(self.on_image, level, 3)


def see(camera: Camera, camera_SE3_cuboids: SE3, size_lwh_m: FloatArray) -> Visibility:
    """How cuboids appear in the image of a camera without distortion.

    Args:
        camera: a pinhole camera.
        camera_SE3_cuboids: poses in the camera frame, batch of N.
        size_lwh_m: sizes, (N, 3).
    """
    count = len(size_lwh_m)
    corners_m = cuboid_corners_m(camera_SE3_cuboids, size_lwh_m)
    edges = np.array(EDGES)
    starts, ends, alive = clip_segments_to_near_plane(
        corners_m[:, edges[:, 0]].reshape(-1, 3), corners_m[:, edges[:, 1]].reshape(-1, 3), NEAR_M
    )
    pixels, _ = camera.project(np.stack([starts, ends], axis=1))
    pixels = np.clip(pixels, -FAR_PX, FAR_PX).reshape(count, -1, 2)
    alive = np.repeat(alive.reshape(count, -1), 2, axis=1)
    high = np.array([camera.width_px - 1.0, camera.height_px - 1.0])
    box = np.full((count, 4), np.nan)
    on_image = np.zeros(count, dtype=bool)
    truncated = np.ones(count)
    hulls = [
        cv2.convexHull(points[part].astype(np.float32))[:, 0] if part.any() else np.zeros((0, 2))
        for points, part in zip(pixels, alive, strict=True)
    ]
    corners, owner = clip_polygons_to_rectangle(
        np.concatenate([np.zeros((0, 2)), *hulls]),
        np.repeat(np.arange(count), [len(hull) for hull in hulls]),
        (0.0, 0.0),
        (float(high[0]), float(high[1])),
    )
    first = np.searchsorted(owner, np.arange(count + 1)).tolist()
    outlines: list[FloatArray] = [np.zeros((0, 2))] * count
    for row in np.flatnonzero(alive.any(axis=1)):
        points = pixels[row][alive[row]]
        low_full, high_full = points.min(axis=0), points.max(axis=0)
        low_seen, high_seen = np.maximum(low_full, 0.0), np.minimum(high_full, high)
        outline = corners[first[row] : first[row + 1]]
        if (high_seen <= low_seen).any() or len(outline) < 3:
            continue
        on_image[row], outlines[row] = True, outline
        box[row] = [*low_seen, *high_seen]
        area = float(np.prod(high_full - low_full))
        truncated[row] = np.clip(1 - float(np.prod(high_seen - low_seen)) / area, 0.0, 1.0)
    range_m = np.linalg.norm(camera_SE3_cuboids.translation_m, axis=1)
    return Visibility(box, on_image, truncated, _covered(camera, outlines, range_m))


def _covered(camera: Camera, outlines: list[FloatArray], range_m: FloatArray) -> FloatArray:
    """Part of each outline that lies behind nearer ones, painter's algorithm on a small image."""
    shape = (camera.height_px // COVER_SCALE + 1, camera.width_px // COVER_SCALE + 1)
    nearest = np.zeros(shape, dtype=np.int32)
    total = np.zeros(len(outlines))
    polygons = [np.rint(outline / COVER_SCALE).astype(np.int32) for outline in outlines]
    alone = np.zeros(shape, dtype=np.uint8)
    for row in np.argsort(-range_m):
        if len(polygons[row]):
            cv2.fillConvexPoly(nearest, polygons[row], int(row) + 1)
            x, y, width, height = cv2.boundingRect(polygons[row])
            cv2.fillConvexPoly(alone, polygons[row], 1)
            part = alone[y : y + height, x : x + width]
            total[row] = part.sum()
            part[:] = 0
    seen = np.bincount(nearest.ravel(), minlength=len(outlines) + 1)[1:]
    return np.where(total > 0, 1 - seen / np.maximum(total, 1), 0.0)
