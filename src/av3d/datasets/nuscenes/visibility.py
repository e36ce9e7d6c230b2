"""How much of each cuboid the images of a sample show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from av3d.calibration.camera import Camera
from av3d.geometry.se3 import SE3
from av3d.types import BoolArray, FloatArray

CELLS = 6
"""Each face is looked at in this many by this many places."""
LIMITS = (0.4, 0.6, 0.8)
"""Upper limits of the levels 1, 2 and 3."""


@dataclass(frozen=True, eq=False)
class View:
    """One image and every cuboid of the sample, in one order.

    Attributes:
        camera: the pinhole camera of the image.
        camera_SE3_cuboid: poses in the camera frame, batch of N.
        sizes_lwh_m: sizes, (N, 3).
    """

    camera: Camera
    camera_SE3_cuboid: SE3
    sizes_lwh_m: FloatArray


def visible_fractions(views: Sequence[View], count: int) -> FloatArray:
    """Part of each cuboid that the images show together, 0 to 1, (count,).

    Every face is divided into cells of equal area. A cell that faces a camera counts with the solid
    angle under which the camera sees it, the largest of all cameras, whether it is on the image or
    not. It is visible if, in some camera that it faces, its centre is on the image and no other
    cuboid covers it. So a cuboid across two images counts once, the part outside all images counts
    against it, and so does what stands before it if that carries a cuboid as well.
    """
    if not views or not count:
        return np.zeros(count)
    centers, normals, areas = _cells()
    total = np.zeros((count, len(centers)))
    seen: BoolArray = np.zeros((count, len(centers)), dtype=bool)
    for view in views:
        size, rotation = view.sizes_lwh_m, view.camera_SE3_cuboid.rotation
        center = view.camera_SE3_cuboid.translation_m
        half = size[:, None, :] / 2
        cells_m = (centers[None] * half) @ np.swapaxes(rotation, 1, 2) + center[:, None, :]
        directions = normals[None] @ np.swapaxes(rotation, 1, 2)
        # An axis-aligned face has the area of the product of the two other edges.
        cell_m2 = areas * (np.prod(size, axis=1)[:, None] / (size @ np.abs(normals).T))
        distance = np.linalg.norm(cells_m, axis=2)
        towards = -(directions * cells_m).sum(axis=2)
        weight = np.where(towards > 0, cell_m2 * towards / np.maximum(distance, 1e-3) ** 3, 0.0)
        total = np.maximum(total, weight)
        pixels, valid = view.camera.project(cells_m)
        candidate = valid & (weight > 0)
        candidate[candidate] = view.camera.contains(pixels[candidate])
        seen |= candidate & ~_covered(cells_m, candidate, rotation, center, size)
    weight_sum = total.sum(axis=1)
    return np.asarray((total * seen).sum(axis=1) / np.where(weight_sum > 0, weight_sum, 1.0))


def visibility_token(fraction: float) -> str:
    """Token of the visibility table for a fraction."""
    return str(1 + sum(fraction >= limit for limit in LIMITS))


def _cells() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Cell centres of a cuboid of half size 1, outward normals (N, 3) and parts of the face (N,)."""
    steps = (np.arange(CELLS) + 0.5) / CELLS * 2 - 1
    centers, normals = [], []
    for axis in range(3):
        for side in (-1.0, 1.0):
            for u in steps:
                for v in steps:
                    point, normal = np.zeros(3), np.zeros(3)
                    point[axis] = normal[axis] = side
                    point[(axis + 1) % 3], point[(axis + 2) % 3] = u, v
                    centers.append(point)
                    normals.append(normal)
    return np.array(centers), np.array(normals), np.full(len(centers), 1 / CELLS**2)


def _covered(
    cells_m: FloatArray,
    candidate: BoolArray,
    rotation: FloatArray,
    center: FloatArray,
    size: FloatArray,
) -> BoolArray:
    """Which candidate cells another cuboid hides from the camera at the origin, (K, N)."""
    covered: BoolArray = np.zeros(candidate.shape, dtype=bool)
    distance = np.linalg.norm(center, axis=1)
    radius = np.linalg.norm(size, axis=1) / 2
    # Half the angle under which the sphere around each cuboid is seen; all around if inside it.
    spread = np.where(
        distance > radius, np.arcsin(np.minimum(radius / np.maximum(distance, 1e-9), 1.0)), np.pi
    )
    heading = center / np.maximum(distance, 1e-9)[:, None]
    apart = np.arccos(np.clip(heading @ heading.T, -1.0, 1.0))
    for row in np.flatnonzero(candidate.any(axis=1)):
        near = (apart[row] < spread[row] + spread) & (
            distance - radius < distance[row] + radius[row]
        )
        near[row] = False
        rays = cells_m[row, candidate[row]]
        hidden: BoolArray = np.zeros(len(rays), dtype=bool)
        for other in np.flatnonzero(near):
            hidden |= _hit(rays, rotation[other], center[other], size[other] / 2)
        covered[row, candidate[row]] = hidden
    return covered


def _hit(
    ends_m: FloatArray, rotation: FloatArray, center_m: FloatArray, half_m: FloatArray
) -> BoolArray:
    """Which segments from the origin to the ends enter a cuboid before their end (slab test), (N,)."""
    start = -center_m @ rotation
    step = ends_m @ rotation
    if (np.abs(start) <= half_m).all():
        return np.zeros(len(ends_m), dtype=bool)  # the camera is inside: it does not see its sides
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (-half_m - start) / step, (half_m - start) / step
    enter = np.fmax.reduce(np.fmin(first, second), axis=1)
    leave = np.fmin.reduce(np.fmax(first, second), axis=1)
    return np.asarray((enter < leave) & (enter > 0) & (enter < 1 - 1e-6))
