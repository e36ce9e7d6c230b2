"""What a cuboid looks like in one image: visible and hidden edges, outline, bounds, truncation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.calibration.camera import NEAR_M, Camera
from av3d.calibration.distortion import BrownConrady
from av3d.geometry.clip import (
    clip_polygon_to_near_plane,
    clip_polygon_to_rectangle,
    clip_segments_to_near_plane,
    clip_segments_to_rectangle,
)
from av3d.geometry.cuboid import EDGES, FACES, Cuboid
from av3d.types import BoolArray, FloatArray, IntArray

CHORD_ERROR_PX = 0.1
"""Straight edges are curves in a distorted image; they are drawn as chords this close to the curve."""

MAX_PIECES = 256
"""Most chords of one edge; close to where a lens turns back its images bend sharply."""

ARROW_BEYOND = 0.28
"""The floor arrow passes the front edge by this part of the length."""

_EDGE_ENDS: IntArray = np.array(EDGES, dtype=np.int64)
_EDGE_ON_FACE: BoolArray = np.array(
    [[set(edge) <= set(face) for face in FACES.values()] for edge in EDGES]
)


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
    """Project a cuboid given in the camera frame.

    Edges are cut at the near plane first and at the image border after projection, so a cuboid half
    behind the camera or half outside the image draws right.

    Returns:
        None if no part of the cuboid is on the image.
    """
    corners_m = cuboid.corners_m()
    if _out_of_view(camera, corners_m):
        return None
    starts_m, ends_m = corners_m[_EDGE_ENDS[:, 0]], corners_m[_EDGE_ENDS[:, 1]]
    starts, ends, edge = _project_segments(camera, starts_m, ends_m)
    covered = _covers(camera, cuboid)
    # Without an edge on it, the image sees all of the cuboid's inside or nothing of it.
    if len(edge) == 0 and not covered.any():
        return None
    full_bounds = _full_bounds(camera, starts_m, ends_m, np.concatenate([starts, ends]))
    facing = np.array([name in _facing(cuboid) for name in FACES])
    edge_hidden = ~(_EDGE_ON_FACE & facing).any(axis=1)
    return ProjectedCuboid(
        starts_px=starts,
        ends_px=ends,
        edge=edge,
        hidden=edge_hidden[edge],
        front_px=_project_face(camera, corners_m[list(FACES["front"])]),
        front_faces_camera=bool(facing[list(FACES).index("front")]),
        arrow_px=_project_arrow(camera, cuboid),
        full_bounds_px=full_bounds,
        bounds_px=_bounds(camera, np.concatenate([starts, ends]), covered),
        truncation=_truncation(camera, full_bounds),
        depth_m=float(cuboid.center_m[2]),
    )


def visible_faces(camera: Camera, cuboid: Cuboid) -> dict[str, FloatArray]:
    """Outlines (M, 2) on the image of the faces of a cuboid (camera frame) that face the camera."""
    corners_m = cuboid.corners_m()
    outlines = {
        name: _project_face(camera, corners_m[list(FACES[name])]) for name in _facing(cuboid)
    }
    return {name: outline for name, outline in outlines.items() if len(outline) >= 3}


def _out_of_view(camera: Camera, corners_m: FloatArray) -> bool:
    """Whether all corners lie behind the near plane or beyond one side of the field of view."""
    left, top, right, bottom = camera.normalized_bounds
    x, y, z = corners_m.T
    return bool(
        (z < NEAR_M).all()
        or (x < left * z).all()
        or (x > right * z).all()
        or (y < top * z).all()
        or (y > bottom * z).all()
    )


def _facing(cuboid: Cuboid) -> list[str]:
    """Names of the faces whose outside is towards the camera."""
    pose = cuboid.frame_SE3_cuboid
    x, y, z = -pose.translation_m @ pose.rotation
    length, width, height = cuboid.size_lwh_m / 2
    towards = {
        "front": x > length, "back": x < -length, "left": y > width, "right": y < -width,
        "top": z > height, "bottom": z < -height,
    }  # fmt: skip
    return [name for name in FACES if towards[name]]


def _covers(camera: Camera, cuboid: Cuboid) -> BoolArray:
    """Which of the camera's corner rays meet the cuboid in front of the near plane, (5,)."""
    rays = camera.corner_rays
    pose = cuboid.frame_SE3_cuboid
    direction = rays @ pose.rotation
    origin = -pose.translation_m @ pose.rotation
    half_m = cuboid.size_lwh_m / 2
    # Slab test; a ray has depth 1, so its parameter is the depth. A ray along a slab divides by 0.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        first, second = (-half_m - origin) / direction, (half_m - origin) / direction
    enter = np.minimum(first, second).max(axis=1)
    leave = np.maximum(first, second).min(axis=1)
    return np.asarray(np.maximum(enter, NEAR_M) <= leave)


def _bounds(
    camera: Camera, pixels: FloatArray, covered: BoolArray
) -> tuple[float, float, float, float]:
    """Bounds of the pieces on the image (N, 2) and of the image's corners that are covered."""
    low, high = _image_rectangle(camera)
    if len(pixels) == 0:
        return (*low, *high)
    corners = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
    around = np.concatenate([pixels, corners[covered[:4]]])
    left, top = around.min(axis=0)
    right, bottom = around.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def _full_bounds(
    camera: Camera, starts_m: FloatArray, ends_m: FloatArray, pixels: FloatArray
) -> tuple[float, float, float, float]:
    """Bounds of all edges in front of the near plane; `pixels` (N, 2) are those on the image."""
    starts_m, ends_m, alive = clip_segments_to_near_plane(starts_m, ends_m, NEAR_M)
    points_m = np.concatenate([starts_m[alive], ends_m[alive]])
    normalized = points_m[:, :2] / points_m[:, 2:]
    if camera.distortion is not None:
        reach = camera.distortion.max_radius
        radius = np.hypot(normalized[:, 0], normalized[:, 1])[:, None]
        at_edge = normalized * np.minimum(1.0, reach / np.maximum(radius, 1e-30))
        normalized = camera.distortion.distort(at_edge) + (normalized - at_edge)
    around = np.concatenate([_pixels(camera, normalized), pixels])
    left, top = around.min(axis=0)
    right, bottom = around.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def _truncation(camera: Camera, full: tuple[float, float, float, float]) -> float:
    """One minus the area of the full bounds on the image over their whole area."""
    (left, top), (right, bottom) = _image_rectangle(camera)
    full_area = (full[2] - full[0]) * (full[3] - full[1])
    width = max(min(full[2], right) - max(full[0], left), 0.0)
    height = max(min(full[3], bottom) - max(full[1], top), 0.0)
    return float(np.clip(1 - width * height / full_area, 0.0, 1.0)) if full_area > 0 else 0.0


def _project_segments(
    camera: Camera, starts_m: FloatArray, ends_m: FloatArray
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Segments as pieces on the image: starts (N, 2), ends (N, 2) and index of the segment (N,)."""
    starts_m, ends_m, alive = clip_segments_to_near_plane(starts_m, ends_m, NEAR_M)
    index = np.flatnonzero(alive)
    # A straight line in space stays straight at depth 1, whatever its depths are.
    starts = starts_m[index, :2] / starts_m[index, 2:]
    ends = ends_m[index, :2] / ends_m[index, 2:]
    if camera.distortion is not None:
        left, top, right, bottom = camera.normalized_bounds
        starts, ends, kept = clip_segments_to_rectangle(starts, ends, (left, top), (right, bottom))
        starts, ends, in_field = _clip_segments_to_disk(starts, ends, camera.distortion.max_radius)
        kept &= in_field
        starts, ends, index = starts[kept], ends[kept], index[kept]
        pieces = _pieces(camera, starts, ends)
        row = np.repeat(np.arange(len(index)), pieces)
        number = np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        step = (ends - starts)[row] / pieces[row, None]
        first = starts[row] + number[:, None] * step
        starts = _distort(camera.distortion, first)
        ends = _distort(camera.distortion, first + step)
        index = index[row]
    low, high = _image_rectangle(camera)
    starts, ends, kept = clip_segments_to_rectangle(
        _pixels(camera, starts), _pixels(camera, ends), low, high
    )
    return starts[kept], ends[kept], index[kept]


def _clip_segments_to_disk(
    starts: FloatArray, ends: FloatArray, radius: float
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Cut 2D segments (N, 2) to a disk around 0; returns starts, ends and a mask of what remains."""
    step = ends - starts
    # |start + t step|² = radius², a quadratic in t.
    a = np.maximum((step * step).sum(axis=1), 1e-300)
    b = (starts * step).sum(axis=1)
    c = (starts * starts).sum(axis=1) - radius * radius
    discriminant = b * b - a * c
    root = np.sqrt(np.maximum(discriminant, 0.0))
    enter, leave = np.maximum((-b - root) / a, 0.0), np.minimum((-b + root) / a, 1.0)
    alive = (discriminant >= 0) & (enter <= leave)
    new_starts = np.where((enter > 0)[:, None], starts + enter[:, None] * step, starts)
    new_ends = np.where((leave < 1)[:, None], starts + leave[:, None] * step, ends)
    return new_starts, new_ends, np.asarray(alive)


def _pieces(camera: Camera, starts: FloatArray, ends: FloatArray) -> IntArray:
    """How many chords keep each segment at depth 1 (N, 2) within CHORD_ERROR_PX of its curve, (N,)."""
    assert camera.distortion is not None
    along = np.linspace(0.0, 1.0, 17)[:, None]
    curve = camera.distortion.distort(starts[:, None] + along * (ends - starts)[:, None])
    # A chord over 1/n of the curve is off by |curve''| / (8 n²) at most; the second difference over
    # steps of 1/16 is |curve''| / 256. Twice as many, for what lies between the samples.
    bend = np.abs(curve[:, :-2] - 2 * curve[:, 1:-1] + curve[:, 2:]).max(axis=(1, 2), initial=0.0)
    bend_px = bend * max(camera.fx_px, camera.fy_px)
    pieces = np.ceil(2 * np.sqrt(32 * bend_px / CHORD_ERROR_PX))
    return np.asarray(np.clip(pieces, 1, MAX_PIECES), dtype=np.int64)


def _distort(distortion: BrownConrady, normalized: FloatArray) -> FloatArray:
    """Distort points (N, 2); those a hair outside the field count as on its edge."""
    radius = np.hypot(normalized[:, 0], normalized[:, 1])[:, None]
    inside = np.minimum(1.0, distortion.max_radius / np.maximum(radius, 1e-30))
    return distortion.distort(normalized * inside)


def _pixels(camera: Camera, normalized: FloatArray) -> FloatArray:
    return normalized * (camera.fx_px, camera.fy_px) + (camera.cx_px, camera.cy_px)


def _image_rectangle(camera: Camera) -> tuple[tuple[float, float], tuple[float, float]]:
    return (-0.5, -0.5), (camera.width_px - 0.5, camera.height_px - 0.5)


def _project_face(camera: Camera, face_m: FloatArray) -> FloatArray:
    """Outline of a face (N, 3) on the image, (M, 2)."""
    polygon_m = clip_polygon_to_near_plane(face_m, NEAR_M)
    polygon = polygon_m[:, :2] / polygon_m[:, 2:]
    if camera.distortion is not None:
        left, top, right, bottom = camera.normalized_bounds
        polygon = clip_polygon_to_rectangle(polygon, (left, top), (right, bottom))
        following = np.roll(polygon, -1, axis=0)
        pieces = _pieces(camera, polygon, following)
        row = np.repeat(np.arange(len(polygon)), pieces)
        number = np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        fraction = (number / pieces[row])[:, None]
        # What is outside the field is pulled to its edge, where it runs along the border and back.
        polygon = _distort(camera.distortion, polygon[row] + fraction * (following - polygon)[row])
    outline = clip_polygon_to_rectangle(_pixels(camera, polygon), *_image_rectangle(camera))
    return outline if len(outline) >= 3 else np.zeros((0, 2))


def _project_arrow(camera: Camera, cuboid: Cuboid) -> FloatArray:
    """The floor arrow from the centre past the front edge, with two barbs, as pieces (K, 2, 2)."""
    length, width, height = cuboid.size_lwh_m
    floor, tip = -height / 2, length * (0.5 + ARROW_BEYOND)
    barb = min(length, width) * 0.22
    starts = [[tip - barb, barb, floor], [tip - barb, -barb, floor], [0.0, 0.0, floor]]
    moved = cuboid.frame_SE3_cuboid.transform([*starts, [tip, 0.0, floor]])
    starts_px, ends_px, _ = _project_segments(camera, moved[:3], moved[[3, 3, 3]])
    return np.stack([starts_px, ends_px], axis=1)
