"""What a cuboid looks like in one image: visible and hidden edges, outline, bounds, truncation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.calibration.camera import NEAR_M, Camera
from av3d.geometry.clip import (
    clip_polygon_to_near_plane,
    clip_polygon_to_rectangle,
    clip_segments_to_near_plane,
    clip_segments_to_rectangle,
)
from av3d.geometry.cuboid import EDGES, FACES, Cuboid
from av3d.types import BoolArray, FloatArray

PIECES_PER_EDGE = 12
"""Straight edges are curves in a distorted image; this many chords keep them within .2 px."""

ARROW_BEYOND = 0.28
"""The floor arrow passes the front edge by this part of the length."""


@dataclass(frozen=True, eq=False)
class ProjectedCuboid:
    """A cuboid in one image; everything in pixels of the full image.

    Attributes:
        starts_px, ends_px: line pieces of the edges that fall on the image, (N, 2).
        edge: index into geometry.EDGES for each piece, (N,).
        hidden: pieces of edges whose two faces both turn away from the camera, (N,).
        front_px: outline of the front face clipped to the image, (M, 2); M is 0 if not visible.
        front_faces_camera: whether the outside of the front face is towards the camera.
        arrow_px: floor arrow as line pieces, (K, 2, 2); the last piece ends in the tip.
        full_bounds_px: left, top, right, bottom of the part in front of the camera, image or not.
        bounds_px: the same cut to the image.
        truncation: part of the area of the full bounds that is outside the image, 0 to 1.
        depth_m: z of the centre in the camera frame.
    """

    starts_px: FloatArray
    ends_px: FloatArray
    edge: FloatArray
    hidden: BoolArray
    front_px: FloatArray
    front_faces_camera: bool
    arrow_px: FloatArray
    full_bounds_px: tuple[float, float, float, float]
    bounds_px: tuple[float, float, float, float]
    truncation: float
    depth_m: float


def project_cuboid(camera: Camera, cuboid: Cuboid) -> ProjectedCuboid | None:
    """Project a cuboid given in the camera frame.

    Edges are cut at the near plane first and at the image border after projection, so a cuboid half
    behind the camera or half outside the image draws right.

    Returns:
        None if no part of the cuboid's edges is on the image.
    """
    corners_m = cuboid.corners_m()
    if (corners_m[:, 2] < NEAR_M).all():
        return None
    edge_pairs = np.array(EDGES)
    starts, ends, edge = _project_segments(
        camera, corners_m[edge_pairs[:, 0]], corners_m[edge_pairs[:, 1]]
    )
    full = np.concatenate([starts, ends])
    starts, ends, on_image = clip_segments_to_rectangle(
        starts, ends, (-0.5, -0.5), (camera.width_px - 0.5, camera.height_px - 0.5)
    )
    if not on_image.any():
        return None
    starts, ends, edge = starts[on_image], ends[on_image], edge[on_image]
    away = {name: not _faces_camera(corners_m, name) for name in FACES}
    edge_hidden = np.array(
        [all(away[n] for n, face in FACES.items() if {a, b} <= set(face)) for a, b in EDGES]
    )
    full_bounds = (
        float(full[:, 0].min()), float(full[:, 1].min()),
        float(full[:, 0].max()), float(full[:, 1].max()),
    )  # fmt: skip
    bounds = (
        max(full_bounds[0], -0.5), max(full_bounds[1], -0.5),
        min(full_bounds[2], camera.width_px - 0.5), min(full_bounds[3], camera.height_px - 0.5),
    )  # fmt: skip
    return ProjectedCuboid(
        starts_px=starts,
        ends_px=ends,
        edge=edge,
        hidden=edge_hidden[edge],
        front_px=_project_face(camera, corners_m[list(FACES["front"])]),
        front_faces_camera=not away["front"],
        arrow_px=_project_arrow(camera, cuboid),
        full_bounds_px=full_bounds,
        bounds_px=bounds,
        truncation=_truncation(full_bounds, bounds),
        depth_m=float(cuboid.center_m[2]),
    )


def visible_faces(camera: Camera, cuboid: Cuboid) -> dict[str, FloatArray]:
    """Outlines (M, 2) on the image of the faces of a cuboid (camera frame) that face the camera."""
    corners_m = cuboid.corners_m()
    outlines = {
        name: _project_face(camera, corners_m[list(face)])
        for name, face in FACES.items()
        if _faces_camera(corners_m, name)
    }
    return {name: outline for name, outline in outlines.items() if len(outline) >= 3}


def _project_segments(
    camera: Camera, starts_m: FloatArray, ends_m: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Cut segments at the near plane, split them into pieces and project: (N, 2), (N, 2), (N,)."""
    starts_m, ends_m, alive = clip_segments_to_near_plane(starts_m, ends_m, NEAR_M)
    pieces = PIECES_PER_EDGE if camera.distortion is not None else 1
    fraction = np.linspace(0.0, 1.0, pieces + 1)
    points = starts_m[:, None] + fraction[None, :, None] * (ends_m - starts_m)[:, None]
    pixels, valid = camera.project(points)
    valid &= alive[:, None]
    both = valid[:, :-1] & valid[:, 1:]
    index = np.broadcast_to(np.arange(len(starts_m))[:, None], both.shape)
    return pixels[:, :-1][both], pixels[:, 1:][both], index[both]


def _faces_camera(corners_m: FloatArray, face: str) -> bool:
    a, b, c, _ = corners_m[list(FACES[face])]
    return bool(np.dot(np.cross(b - a, c - b), a) < 0)


def _project_face(camera: Camera, face_m: FloatArray) -> FloatArray:
    polygon_m = clip_polygon_to_near_plane(face_m, NEAR_M)
    if len(polygon_m) < 3:
        return np.zeros((0, 2))
    following = np.roll(polygon_m, -1, axis=0)
    pieces = PIECES_PER_EDGE if camera.distortion is not None else 1
    fraction = np.arange(pieces) / pieces
    points = polygon_m[:, None] + fraction[None, :, None] * (following - polygon_m)[:, None]
    pixels, valid = camera.project(points.reshape(-1, 3))
    return clip_polygon_to_rectangle(
        pixels[valid], (-0.5, -0.5), (camera.width_px - 0.5, camera.height_px - 0.5)
    )


def _project_arrow(camera: Camera, cuboid: Cuboid) -> FloatArray:
    """The floor arrow from the centre past the front edge, with two barbs, as pieces (K, 2, 2)."""
    length, width, height = cuboid.size_lwh_m
    tip = np.array([length * (0.5 + ARROW_BEYOND), 0.0, -height / 2])
    barb = min(length, width) * 0.22
    lines = np.array(
        [
            [tip + np.array([-barb, barb, 0.0]), tip],
            [tip + np.array([-barb, -barb, 0.0]), tip],
            [np.array([0.0, 0.0, -height / 2]), tip],
        ]
    )
    moved = cuboid.frame_SE3_cuboid.transform(lines)
    starts, ends, _ = _project_segments(camera, moved[:, 0], moved[:, 1])
    starts, ends, kept = clip_segments_to_rectangle(
        starts, ends, (-0.5, -0.5), (camera.width_px - 0.5, camera.height_px - 0.5)
    )
    return np.stack([starts[kept], ends[kept]], axis=1)


def _truncation(
    full: tuple[float, float, float, float], visible: tuple[float, float, float, float]
) -> float:
    """One minus the area of the clipped 2D box over the area of the unclipped one."""
    full_area = (full[2] - full[0]) * (full[3] - full[1])
    area = max(visible[2] - visible[0], 0.0) * max(visible[3] - visible[1], 0.0)
    return float(np.clip(1 - area / full_area, 0.0, 1.0)) if full_area > 0 else 0.0
