"""What cuboids look like in one image: visible and hidden edges, outline, bounds, truncation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.calibration.camera import NEAR_M, Camera
from av3d.calibration.chords import (
    image_rectangle,
    project_beyond,
    project_polygons,
    project_segments,
)
from av3d.geometry.clip import clip_segments_to_near_plane
from av3d.geometry.cuboid import EDGES, FACES, Cuboid, InvalidCuboidError, cuboid_corners_m
from av3d.geometry.se3 import SE3
from av3d.types import BoolArray, FloatArray, IntArray

ARROW_BEYOND = 0.28
"""The floor arrow passes the front edge by this part of the length."""

_EDGE_ENDS: IntArray = np.array(EDGES, dtype=np.int64)
_EDGE_ON_FACE: BoolArray = np.array(
    [[set(edge) <= set(face) for face in FACES.values()] for edge in EDGES]
)
_FRONT = list(FACES).index("front")
_FRONT_CORNERS = list(FACES["front"])


@dataclass(frozen=True, eq=False)
class ProjectedCuboid:
    """A cuboid in one image; everything in pixels of the full image.

    Attributes:
        starts_px, ends_px: line pieces of the edges that fall on the image, (N, 2). N is 0 when the
            image lies entirely inside a face.
        edge: index into geometry.EDGES for each piece, (N,).
        hidden: pieces of edges whose two faces both turn away from the camera, (N,). All are when
            the camera is inside the cuboid.
        front_px: outline of the front face clipped to the image, (M, 2); M is 0 if not visible.
        front_faces_camera: whether the outside of the front face is towards the camera.
        arrow_px: floor arrow as line pieces on the image, (K, 2, 2): two barbs, then the shaft; the
            last piece ends in the tip if that is on the image.
        full_bounds_px: left, top, right, bottom of the part in front of the camera, image or not.
            Where the lens cannot see, it goes on from the edge of the field at the pinhole's scale.
        bounds_px: the tightest rectangle around the part that is on the image.
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
    """Project a cuboid given in the camera frame; None if no part of it is on the image.

    See `project_cuboids`, which is the way to project several.
    """
    return project_cuboids(camera, *_batch_of(cuboid))[0]


def project_cuboids(
    camera: Camera, camera_SE3_cuboids: SE3, size_lwh_m: FloatArray
) -> list[ProjectedCuboid | None]:
    """Project the cuboids of one image together.

    Edges are cut at the near plane first and at the image border after projection, so a cuboid half
    behind the camera or half outside the image draws right.

    Args:
        camera: the image.
        camera_SE3_cuboids: poses in the camera frame, batch of N.
        size_lwh_m: lengths, widths and heights, (N, 3), positive.

    Returns:
        One entry per cuboid, None where no part of it is on the image. The arrays of the entries
        are views of shared ones.

    Raises:
        InvalidCuboidError: not one pose and three sizes for each cuboid.
    """
    sizes_m = np.asarray(size_lwh_m, dtype=np.float64)
    if sizes_m.ndim != 2 or sizes_m.shape != (*camera_SE3_cuboids.shape, 3):
        raise InvalidCuboidError(
            f"cuboids need a pose and a size (N, 3) each, got {camera_SE3_cuboids.shape} poses and "
            f"sizes {sizes_m.shape}"
        )
    projected: list[ProjectedCuboid | None] = [None] * len(sizes_m)
    corners_m = cuboid_corners_m(camera_SE3_cuboids, sizes_m)
    rows = np.flatnonzero(may_show(camera, corners_m))
    poses, sizes_m, corners_m = camera_SE3_cuboids[rows], sizes_m[rows], corners_m[rows]
    edges_m = corners_m[:, _EDGE_ENDS]
    starts, ends, edge, first = _lines(camera, edges_m)
    covered = _covers(camera, poses, sizes_m)
    # Without an edge on it, the image sees all of a cuboid's inside or nothing of it.
    seen = np.flatnonzero((first[1:] > first[:-1]) | covered.any(axis=1))
    if len(seen) == 0:
        return projected
    if len(seen) < len(rows):
        rows, poses, sizes_m, corners_m = rows[seen], poses[seen], sizes_m[seen], corners_m[seen]
        edges_m, covered = edges_m[seen], covered[seen]
        # Those that are not seen have no pieces.
        first = np.append(first[seen], first[-1])
    inner = _pixel_bounds(starts, ends, first)
    full = _full_bounds(camera, edges_m, inner)
    facing = _facing(poses, sizes_m)
    hidden = ~(facing[:, None, :] & _EDGE_ON_FACE).any(axis=2)
    hidden_pieces = hidden[np.repeat(np.arange(len(rows)), np.diff(first)), edge]
    arrow_starts, arrow_ends, _, arrow_first = _lines(camera, _arrows(poses, sizes_m))
    arrows = np.stack([arrow_starts, arrow_ends], axis=1)
    fronts = project_polygons(camera, corners_m[:, _FRONT_CORNERS])
    bounds = _bounds(camera, inner, covered).tolist()
    truncation = _truncation(camera, full).tolist()
    first_, arrow_first_, full_ = first.tolist(), arrow_first.tolist(), full.tolist()
    front_faces, depth_m = facing[:, _FRONT].tolist(), poses.translation_m[:, 2].tolist()
    for number, row in enumerate(rows.tolist()):
        own = slice(first_[number], first_[number + 1])
        projected[row] = ProjectedCuboid(
            starts_px=starts[own],
            ends_px=ends[own],
            edge=edge[own],
            hidden=hidden_pieces[own],
            front_px=fronts[number],
            front_faces_camera=front_faces[number],
            arrow_px=arrows[arrow_first_[number] : arrow_first_[number + 1]],
            full_bounds_px=tuple(full_[number]),
            bounds_px=tuple(bounds[number]),
            truncation=truncation[number],
            depth_m=depth_m[number],
        )
    return projected


def visible_faces(camera: Camera, cuboid: Cuboid) -> dict[str, FloatArray]:
    """Outlines (M, 2) on the image of the faces of a cuboid (camera frame) that face the camera."""
    names = [
        name for name, facing in zip(FACES, _facing(*_batch_of(cuboid))[0], strict=True) if facing
    ]
    corners = np.array([FACES[name] for name in names], dtype=np.int64).reshape(-1, 4)
    outlines = project_polygons(camera, cuboid.corners_m()[corners])
    return {name: line for name, line in zip(names, outlines, strict=True) if len(line) >= 3}


def may_show(camera: Camera, corners_m: FloatArray) -> BoolArray:
    """Which cuboids, corners (N, 8, 3) in the camera frame, may be on the image, (N,).

    A quick test that never loses one: those that are not have all corners behind the near plane or
    beyond one side of the field of view. Sides go through the camera's centre and a cuboid is
    convex, so this holds for corners behind the camera too.
    """
    left, top, right, bottom = camera.normalized_bounds
    x, y, z = corners_m[..., 0], corners_m[..., 1], corners_m[..., 2]
    beyond: BoolArray = (z < NEAR_M).all(axis=1)
    for side in (x < left * z, x > right * z, y < top * z, y > bottom * z):
        beyond |= side.all(axis=1)
    return ~beyond


def _batch_of(cuboid: Cuboid) -> tuple[SE3, FloatArray]:
    """Pose and size of one cuboid as batches of one."""
    return SE3.stack([cuboid.frame_SE3_cuboid]), cuboid.size_lwh_m[None]


def _lines(
    camera: Camera, lines_m: FloatArray
) -> tuple[FloatArray, FloatArray, IntArray, IntArray]:
    """The lines (N, L, 2, 3) of N cuboids as pieces on the image.

    Returns:
        Starts (P, 2), ends (P, 2) and lines 0..L-1 (P,) of all pieces, and where those of each
        cuboid start, (N + 1,).
    """
    count, lines = lines_m.shape[:2]
    flat_m = lines_m.reshape(-1, 2, 3)
    starts, ends, index = project_segments(camera, flat_m[:, 0], flat_m[:, 1])
    return starts, ends, index % lines, np.searchsorted(index, np.arange(count + 1) * lines)


def _arrows(poses: SE3, sizes_m: FloatArray) -> FloatArray:
    """Floor arrows from the centre past the front edge as lines: two barbs, the shaft, (N, 3, 2, 3)."""
    length, width, height = sizes_m.T
    tip = length * (0.5 + ARROW_BEYOND)
    barb = np.minimum(length, width) * 0.22
    points = np.zeros((len(sizes_m), 4, 3))
    points[:, 0, 0] = points[:, 1, 0] = tip - barb
    points[:, 0, 1], points[:, 1, 1] = barb, -barb
    points[:, 3, 0] = tip
    points[:, :, 2] = -height[:, None] / 2
    return poses.transform(points)[:, [[0, 3], [1, 3], [2, 3]]]


def _facing(poses: SE3, sizes_m: FloatArray) -> BoolArray:
    """Which faces, in the order of FACES, have their outside towards the camera, (N, 6)."""
    camera_m = np.einsum("ni,nij->nj", -poses.translation_m, poses.rotation)
    (x, y, z), (length, width, height) = camera_m.T, sizes_m.T / 2
    towards = {
        "front": x > length, "back": x < -length, "left": y > width, "right": y < -width,
        "top": z > height, "bottom": z < -height,
    }  # fmt: skip
    return np.stack([towards[name] for name in FACES], axis=1)


def _covers(camera: Camera, poses: SE3, sizes_m: FloatArray) -> BoolArray:
    """Which of the camera's corner rays meet each cuboid in front of the near plane, (N, 5)."""
    direction = camera.corner_rays @ poses.rotation
    origin = -poses.translation_m[:, None] @ poses.rotation
    half_m = sizes_m[:, None] / 2
    # Slab test; a ray has depth 1, so its parameter is the depth. A ray along a slab divides by 0.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        first, second = (-half_m - origin) / direction, (half_m - origin) / direction
    enter = np.minimum(first, second).max(axis=2)
    leave = np.maximum(first, second).min(axis=2)
    return np.asarray(np.maximum(enter, NEAR_M) <= leave)


def _pixel_bounds(starts: FloatArray, ends: FloatArray, first: IntArray) -> FloatArray:
    """Left, top, right, bottom of the pieces of each cuboid, (N, 4); without pieces inf to -inf."""
    bounds = np.full((len(first) - 1, 4), (np.inf, np.inf, -np.inf, -np.inf))
    filled = np.flatnonzero(first[1:] > first[:-1])
    if len(filled):
        at = first[filled]
        bounds[filled, :2] = np.minimum.reduceat(np.minimum(starts, ends), at)
        bounds[filled, 2:] = np.maximum.reduceat(np.maximum(starts, ends), at)
    return bounds


def _bounds(camera: Camera, inner: FloatArray, covered: BoolArray) -> FloatArray:
    """Bounds of pieces (N, 4) and of the image's corners that are covered (N, 5), (N, 4)."""
    (left, top), (right, bottom) = image_rectangle(camera)
    top_left, top_right, bottom_right, bottom_left, _ = covered.T
    bounds = inner.copy()
    bounds[top_left | bottom_left, 0] = left
    bounds[top_left | top_right, 1] = top
    bounds[top_right | bottom_right, 2] = right
    bounds[bottom_left | bottom_right, 3] = bottom
    # Without an edge on it, the image lies inside a face.
    bounds[np.isinf(inner[:, 0])] = (left, top, right, bottom)
    return bounds


def _full_bounds(camera: Camera, edges_m: FloatArray, inner: FloatArray) -> FloatArray:
    """Bounds of all edges (N, 12, 2, 3) in front of the near plane and of `inner` (N, 4), (N, 4)."""
    starts_m, ends_m, alive = clip_segments_to_near_plane(
        edges_m[:, :, 0].reshape(-1, 3), edges_m[:, :, 1].reshape(-1, 3), NEAR_M
    )
    pixels = np.full((len(alive), 2, 2), np.nan)
    pixels[alive] = project_beyond(camera, np.stack([starts_m[alive], ends_m[alive]], axis=1))
    around = pixels.reshape(len(edges_m), -1, 2)
    return np.concatenate(
        [
            np.minimum(np.fmin.reduce(around, axis=1), inner[:, :2]),
            np.maximum(np.fmax.reduce(around, axis=1), inner[:, 2:]),
        ],
        axis=1,
    )


def _truncation(camera: Camera, full: FloatArray) -> FloatArray:
    """One minus the area of the full bounds (N, 4) on the image over their whole area, (N,)."""
    low, high = image_rectangle(camera)
    area = np.prod(full[:, 2:] - full[:, :2], axis=1)
    inside = np.maximum(np.minimum(full[:, 2:], high) - np.maximum(full[:, :2], low), 0.0)
    part = np.prod(inside, axis=1) / np.where(area > 0, area, 1.0)
    return np.where(area > 0, np.clip(1 - part, 0.0, 1.0), 0.0)
