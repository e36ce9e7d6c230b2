"""What a cuboid looks like in one image: visible and hidden edges, outline, bounds, truncation."""

from __future__ import annotations

from collections.abc import Sequence
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
from av3d.types import BoolArray, FloatArray, IntArray

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
    edge: IntArray
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
    return project_cuboids(camera, [cuboid])[0]


def project_cuboids(camera: Camera, cuboids: Sequence[Cuboid]) -> list[ProjectedCuboid | None]:
    """Project many cuboids given in the camera frame at once; see `project_cuboid`."""
    if not cuboids:
        return []
    corners_m = np.stack([cuboid.corners_m() for cuboid in cuboids])
    away = ~_facing(corners_m)
    edge_hidden = away[:, _EDGE_FACES].all(axis=2)
    arrows_m = np.stack([_arrow_m(cuboid) for cuboid in cuboids])
    lines_m = np.concatenate([corners_m[:, np.array(EDGES)], arrows_m], axis=1)
    lines = lines_m.shape[1]
    starts, ends, line = _project_segments(
        camera, lines_m[:, :, 0].reshape(-1, 3), lines_m[:, :, 1].reshape(-1, 3)
    )
    low, high = (-0.5, -0.5), (camera.width_px - 0.5, camera.height_px - 0.5)
    clipped_starts, clipped_ends, on_image = clip_segments_to_rectangle(starts, ends, low, high)
    # Pieces come in the order of the lines, so each cuboid owns a slice.
    slices = np.searchsorted(line, np.arange(len(cuboids) + 1) * lines)
    projected: list[ProjectedCuboid | None] = []
    for number, cuboid in enumerate(cuboids):
        own = slice(slices[number], slices[number + 1])
        edge = line[own] - number * lines
        is_edge = edge < len(EDGES)
        kept = on_image[own]
        if not (kept & is_edge).any():
            projected.append(None)
            continue
        full = np.concatenate([starts[own][is_edge], ends[own][is_edge]])
        left, top = (float(value) for value in full.min(axis=0))
        right, bottom = (float(value) for value in full.max(axis=0))
        full_bounds = (left, top, right, bottom)
        bounds = (max(left, low[0]), max(top, low[1]), min(right, high[0]), min(bottom, high[1]))
        edges, arrow = kept & is_edge, kept & ~is_edge
        projected.append(
            ProjectedCuboid(
                starts_px=clipped_starts[own][edges],
                ends_px=clipped_ends[own][edges],
                edge=edge[edges],
                hidden=edge_hidden[number][edge[edges]],
                front_px=_project_face(camera, corners_m[number, list(FACES["front"])]),
                front_faces_camera=not away[number, _FACE_NAMES.index("front")],
                arrow_px=np.stack([clipped_starts[own][arrow], clipped_ends[own][arrow]], axis=1),
                full_bounds_px=full_bounds,
                bounds_px=bounds,
                truncation=_truncation(full_bounds, bounds),
                depth_m=float(cuboid.center_m[2]),
            )
        )
    return projected


def visible_faces(camera: Camera, cuboid: Cuboid) -> dict[str, FloatArray]:
    """Outlines (M, 2) on the image of the faces of a cuboid (camera frame) that face the camera."""
    corners_m = cuboid.corners_m()
    outlines = {
        name: _project_face(camera, corners_m[list(face)])
        for (name, face), faces_camera in zip(
            FACES.items(), _facing(corners_m[None])[0], strict=True
        )
        if faces_camera
    }
    return {name: outline for name, outline in outlines.items() if len(outline) >= 3}


_FACE_NAMES = tuple(FACES)
_EDGE_FACES = np.array(
    [
        [number for number, face in enumerate(FACES.values()) if {a, b} <= set(face)]
        for a, b in EDGES
    ]
)
"""The two faces of each edge, (12, 2)."""


def _facing(corners_m: FloatArray) -> BoolArray:
    """Which faces turn their outside to the camera, cuboids (N, 8, 3) → (N, 6)."""
    first, second, third = (
        corners_m[:, [face[corner] for face in FACES.values()]] for corner in range(3)
    )
    normal = np.cross(second - first, third - second)
    return np.asarray((normal * first).sum(axis=-1) < 0)


def _project_segments(
    camera: Camera, starts_m: FloatArray, ends_m: FloatArray
) -> tuple[FloatArray, FloatArray, IntArray]:
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


def _project_face(camera: Camera, face_m: FloatArray) -> FloatArray:
    polygon_m = (
        face_m if (face_m[:, 2] >= NEAR_M).all() else clip_polygon_to_near_plane(face_m, NEAR_M)
    )
    if len(polygon_m) < 3:
        return np.zeros((0, 2))
    if camera.distortion is not None:
        following = np.roll(polygon_m, -1, axis=0)
        fraction = np.arange(PIECES_PER_EDGE) / PIECES_PER_EDGE
        points = polygon_m[:, None] + fraction[None, :, None] * (following - polygon_m)[:, None]
        polygon_m = points.reshape(-1, 3)
    pixels, valid = camera.project(polygon_m)
    return clip_polygon_to_rectangle(
        pixels[valid], (-0.5, -0.5), (camera.width_px - 0.5, camera.height_px - 0.5)
    )


def _arrow_m(cuboid: Cuboid) -> FloatArray:
    """The floor arrow from the centre past the front edge, with two barbs, as lines (3, 2, 3)."""
    length, width, height = cuboid.size_lwh_m
    floor, tip = -height / 2, length * (0.5 + ARROW_BEYOND)
    barb = min(length, width) * 0.22
    points = np.array(
        [
            [[tip - barb, barb, floor], [tip, 0.0, floor]],
            [[tip - barb, -barb, floor], [tip, 0.0, floor]],
            [[0.0, 0.0, floor], [tip, 0.0, floor]],
        ]
    )
    return cuboid.frame_SE3_cuboid.transform(points)


def _truncation(
    full: tuple[float, float, float, float], visible: tuple[float, float, float, float]
) -> float:
    """One minus the area of the clipped 2D box over the area of the unclipped one."""
    full_area = (full[2] - full[0]) * (full[3] - full[1])
    area = max(visible[2] - visible[0], 0.0) * max(visible[3] - visible[1], 0.0)
    return float(np.clip(1 - area / full_area, 0.0, 1.0)) if full_area > 0 else 0.0
