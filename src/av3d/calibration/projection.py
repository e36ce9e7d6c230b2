"""What cuboids look like in one image: visible and hidden edges, outline, bounds, truncation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.calibration.camera import NEAR_M, Camera
from av3d.calibration.chords import (
    image_rectangle,
    project_polygons,
    project_segments,
)
from av3d.calibration.placed import Lines, Placed
from av3d.geometry.clip import clip_segments_to_near_plane
from av3d.geometry.cuboid import EDGES, FACES, Cuboid, InvalidCuboidError
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
        full_bounds_px: left, top, right, bottom of the part in front of the camera (for a wide lens, of
            all of it), image or not.
            Where the lens cannot see, it goes on from the edge of the field at the pinhole's scale.
        bounds_px: the tightest rectangle around the part that is on the image.
        truncation: part of the area of the full bounds that is outside the image, 0 to 1.
        depth_m: z of the centre in the camera frame; for a wide lens its distance.
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
    poses = SE3.stack([cuboid.frame_SE3_cuboid])
    return project_cuboids(camera, poses, cuboid.size_lwh_m[None])[0]


def project_cuboids(
    camera: Camera,
    camera_SE3_cuboids: SE3,
    size_lwh_m: FloatArray,
    *,
    over_readout: tuple[SE3, SE3] | None = None,
) -> list[ProjectedCuboid | None]:
    """Project the cuboids of one image together.

    Edges are cut where the camera cannot see first and at the image border after projection, so a
    cuboid half behind the camera or half outside the image draws right.

    Args:
        camera: the image.
        camera_SE3_cuboids: poses in the camera frame when the middle of the image is exposed, batch
            of N.
        size_lwh_m: lengths, widths and heights, (N, 3), positive.
        over_readout: for a rolling shutter, the poses (N,) in the camera frame at the times of the
            image's top edge and bottom edge. Every point is then drawn where its row sees it;
            `camera_SE3_cuboids` is not used.

    Returns:
        One entry per cuboid, None where no part of it is on the image. The arrays of the entries
        are views of shared ones.

    Raises:
        InvalidCuboidError: not one pose and three sizes for each cuboid.
    """
    sizes_m = np.asarray(size_lwh_m, dtype=np.float64)
    poses = (camera_SE3_cuboids,) if over_readout is None else over_readout
    for given in poses:
        if sizes_m.ndim != 2 or sizes_m.shape != (*given.shape, 3):
            raise InvalidCuboidError(
                f"cuboids need a pose and a size (N, 3) each, got {given.shape} poses and sizes "
                f"{sizes_m.shape}"
            )
    projected: list[ProjectedCuboid | None] = [None] * len(sizes_m)
    placed = Placed(camera, poses, sizes_m)
    rows = np.flatnonzero(may_show(camera, placed.reach_m()))
    if len(rows) == 0:
        return projected
    placed = placed[rows]
    edges = placed.lines(placed.corners()[:, _EDGE_ENDS])
    starts, ends, edge, first = _project(camera, edges)
    covered = placed.covers()
    # Without an edge on it, the image sees all of a cuboid's inside or nothing of it.
    seen = np.flatnonzero((first[1:] > first[:-1]) | covered.any(axis=1))
    if len(seen) == 0:
        return projected
    if len(seen) < len(rows):
        rows, placed, edges, covered = rows[seen], placed[seen], edges.of(seen), covered[seen]
        # Those that are not seen have no pieces.
        first = np.append(first[seen], first[-1])
    inner = _pixel_bounds(starts, ends, first)
    full = _full_bounds(camera, edges, inner)
    middle = placed.poses
    facing = _facing(middle, placed.sizes_m)
    hidden = ~(facing[:, None, :] & _EDGE_ON_FACE).any(axis=2)
    hidden_pieces = hidden[np.repeat(np.arange(len(rows)), np.diff(first)), edge]
    arrow_starts, arrow_ends, _, arrow_first = _project(
        camera, placed.lines(_arrows(placed.sizes_m))
    )
    arrows = np.stack([arrow_starts, arrow_ends], axis=1)
    fronts = project_polygons(camera, placed.polygons(placed.corners()[:, _FRONT_CORNERS]))
    bounds = _bounds(camera, inner, covered).tolist()
    truncation = _truncation(camera, full).tolist()
    first_, arrow_first_, full_ = first.tolist(), arrow_first.tolist(), full.tolist()
    front_faces, depth_m = facing[:, _FRONT].tolist(), _depths(camera, middle).tolist()
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


def visible_faces(
    camera: Camera, cuboid: Cuboid, *, over_readout: tuple[SE3, SE3] | None = None
) -> dict[str, FloatArray]:
    """Outlines (M, 2) on the image of the faces of a cuboid (camera frame) that face the camera.

    Args:
        camera: the image.
        cuboid: in the camera frame when the middle of the image is exposed.
        over_readout: see `project_cuboids`; single poses.
    """
    poses = (cuboid.frame_SE3_cuboid,) if over_readout is None else over_readout
    placed = Placed(camera, tuple(SE3.stack([pose]) for pose in poses), cuboid.size_lwh_m[None])
    facing = _facing(placed.poses, placed.sizes_m)[0]
    names = [name for name, towards in zip(FACES, facing, strict=True) if towards]
    corners = np.array([FACES[name] for name in names], dtype=np.int64).reshape(-1, 4)
    local = placed.corners()[0, corners]
    outlines = project_polygons(camera, placed[np.zeros(len(names), np.int64)].polygons(local))
    return {name: line for name, line in zip(names, outlines, strict=True) if len(line) >= 3}


def may_show(camera: Camera, corners_m: FloatArray) -> BoolArray:
    """Which cuboids, corners (N, C, 3) in the camera frame, may be on the image, (N,).

    A quick test that never loses one: those that are not have all corners behind the camera or beyond
    one side of the field of view. Sides go through the camera's centre and a cuboid is convex, so this
    holds for corners behind the camera too. A lens that sees beside itself has a cone of view instead.
    """
    left, top, right, bottom = camera.normalized_bounds
    if left == -np.inf:
        return _may_show_wide(camera, corners_m)
    x, y, z = corners_m[..., 0], corners_m[..., 1], corners_m[..., 2]
    beyond: BoolArray = (z < (0.0 if camera.is_wide else NEAR_M)).all(axis=1)
    for side in (x < left * z, x > right * z, y < top * z, y > bottom * z):
        beyond |= side.all(axis=1)
    return ~beyond


def _may_show_wide(camera: Camera, corners_m: FloatArray) -> BoolArray:
    """`may_show` for a view that may reach beyond 90 degrees: spheres around cuboids against its cone."""
    center_m = corners_m.mean(axis=1)
    radius_m = np.sqrt(((corners_m - center_m[:, None]) ** 2).sum(axis=2)).max(axis=1, initial=0.0)
    distance_m = np.sqrt((center_m**2).sum(axis=1))
    angle = np.arctan2(np.hypot(center_m[:, 0], center_m[:, 1]), center_m[:, 2])
    reach = np.arcsin(np.minimum(radius_m / np.maximum(distance_m, 1e-30), 1.0))
    return np.asarray((distance_m <= radius_m) | (angle - reach <= camera.view_angle_rad))


def _project(camera: Camera, lines: Lines) -> tuple[FloatArray, FloatArray, IntArray, IntArray]:
    """Lines of N cuboids as pieces on the image.

    Returns:
        Starts (P, 2), ends (P, 2) and lines 0..L-1 (P,) of all pieces, and where those of each
        cuboid start, (N + 1,).
    """
    starts, ends, index = project_segments(camera, lines.starts_m, lines.ends_m)
    line = lines.line[index]
    first = np.searchsorted(line, np.arange(lines.cuboids + 1) * lines.each)
    return starts, ends, line % lines.each, first


def _arrows(sizes_m: FloatArray) -> FloatArray:
    """Floor arrows from the centre past the front edge, in the frames of the cuboids.

    Two barbs and the shaft as lines, (N, 3, 2, 3).
    """
    length, width, height = sizes_m.T
    tip = length * (0.5 + ARROW_BEYOND)
    barb = np.minimum(length, width) * 0.22
    points = np.zeros((len(sizes_m), 4, 3))
    points[:, 0, 0] = points[:, 1, 0] = tip - barb
    points[:, 0, 1], points[:, 1, 1] = barb, -barb
    points[:, 3, 0] = tip
    points[:, :, 2] = -height[:, None] / 2
    return points[:, [[0, 3], [1, 3], [2, 3]]]


def _facing(poses: SE3, sizes_m: FloatArray) -> BoolArray:
    """Which faces, in the order of FACES, have their outside towards the camera, (N, 6)."""
    camera_m = np.einsum("ni,nij->nj", -poses.translation_m, poses.rotation)
    (x, y, z), (length, width, height) = camera_m.T, sizes_m.T / 2
    towards = {
        "front": x > length, "back": x < -length, "left": y > width, "right": y < -width,
        "top": z > height, "bottom": z < -height,
    }  # fmt: skip
    return np.stack([towards[name] for name in FACES], axis=1)


def _depths(camera: Camera, poses: SE3) -> FloatArray:
    """What `ProjectedCuboid.depth_m` says, (N,)."""
    if camera.is_wide:
        return np.asarray(np.linalg.norm(poses.translation_m, axis=1))
    return np.asarray(poses.translation_m[:, 2])


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
    """Bounds of pieces (N, 4) and of the camera's landmarks that are covered (N, L), (N, 4)."""
    pixels = camera.landmarks[0][None]
    low = np.where(covered[..., None], pixels, np.inf).min(axis=1)
    high = np.where(covered[..., None], pixels, -np.inf).max(axis=1)
    bounds: FloatArray = np.concatenate(
        [np.minimum(inner[:, :2], low), np.maximum(inner[:, 2:], high)], axis=1
    )
    # Without an edge on it, the image lies inside a face; a wide lens has its landmarks all around.
    if not camera.is_wide:
        bounds[np.isinf(inner[:, 0])] = np.concatenate(image_rectangle(camera))
    return bounds


def _full_bounds(camera: Camera, edges: Lines, inner: FloatArray) -> FloatArray:
    """Bounds of all edges as far as they are in front of the camera and of `inner` (N, 4), (N, 4)."""
    ends_m = np.stack([edges.starts_m, edges.ends_m], axis=1)
    alive: BoolArray = np.ones(len(ends_m), dtype=bool)
    if not camera.is_wide:
        starts_m, stops_m, alive = clip_segments_to_near_plane(edges.starts_m, edges.ends_m, NEAR_M)
        ends_m = np.stack([starts_m[alive], stops_m[alive]], axis=1)
    pixels = np.full((len(edges.line), 2, 2), np.nan)
    pixels[alive] = camera.project_beyond(ends_m)
    first = np.searchsorted(edges.line, np.arange(edges.cuboids) * edges.each)
    low = np.fmin.reduceat(np.fmin(pixels[:, 0], pixels[:, 1]), first)
    high = np.fmax.reduceat(np.fmax(pixels[:, 0], pixels[:, 1]), first)
    # A cuboid around a camera may have no edge in front of it.
    return np.concatenate([np.fmin(low, inner[:, :2]), np.fmax(high, inner[:, 2:])], axis=1)


def _truncation(camera: Camera, full: FloatArray) -> FloatArray:
    """One minus the area of the full bounds (N, 4) on the image over their whole area, (N,)."""
    low, high = image_rectangle(camera)
    area = np.prod(full[:, 2:] - full[:, :2], axis=1)
    inside = np.maximum(np.minimum(full[:, 2:], high) - np.maximum(full[:, :2], low), 0.0)
    part = np.prod(inside, axis=1) / np.where(area > 0, area, 1.0)
    return np.where(area > 0, np.clip(1 - part, 0.0, 1.0), 0.0)
