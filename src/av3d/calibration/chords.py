"""Straight lines and flat polygons of space as straight pieces on an image.

They are cut at the near plane first, bent by the lens as chords that keep close to the curve, and cut
at the image border last. All lines of an image go through together: numpy's cost is per call.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from av3d.calibration.camera import NEAR_M, Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.pieces import SAMPLES, numbered, piece_counts
from av3d.calibration.wide_chords import wide_outlines, wide_segments
from av3d.geometry.clip import (
    clip_polygons_to_near_plane,
    clip_polygons_to_rectangle,
    clip_segments_to_near_plane,
    clip_segments_to_rectangle,
    next_corner,
)
from av3d.types import BoolArray, FloatArray, IntArray


def project_segments(
    camera: Camera, starts_m: FloatArray, ends_m: FloatArray
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Segments as pieces on the image, in pixels.

    Args:
        camera: the image.
        starts_m: first ends in the camera frame, (K, 3).
        ends_m: second ends, (K, 3).

    Returns:
        Starts (N, 2) and ends (N, 2) of the pieces and the segment that each is part of (N,),
        ascending; the pieces of a segment run from its start to its end.
    """
    if camera.is_wide:
        starts, ends, index = wide_segments(camera, starts_m, ends_m)
    else:
        starts, ends, index = _flat_segments(camera, starts_m, ends_m)
    starts, ends, kept = clip_segments_to_rectangle(starts, ends, *image_rectangle(camera))
    return starts[kept], ends[kept], index[kept]


def project_polygons(camera: Camera, polygons_m: FloatArray) -> list[FloatArray]:
    """Outlines on the image, in pixels, of flat polygons.

    Args:
        camera: the image.
        polygons_m: K polygons of L corners each in the camera frame, (K, L, 3).

    Returns:
        K outlines (M, 2); M is 0 where less than a triangle is on the image.
    """
    if camera.is_wide:
        outline, owner = wide_outlines(camera, polygons_m)
    else:
        outline, owner = _flat_outlines(camera, polygons_m)
    outline, owner = clip_polygons_to_rectangle(outline, owner, *image_rectangle(camera))
    first = np.searchsorted(owner, np.arange(len(polygons_m) + 1)).tolist()
    return [
        outline[start:end] if end - start >= 3 else np.zeros((0, 2))
        for start, end in pairwise(first)
    ]


def _flat_segments(
    camera: Camera, starts_m: FloatArray, ends_m: FloatArray
) -> tuple[FloatArray, FloatArray, IntArray]:
    """`project_segments` for lenses whose field ends before 90 degrees, up to the image border."""
    starts_m, ends_m, alive = clip_segments_to_near_plane(starts_m, ends_m, NEAR_M)
    index = np.flatnonzero(alive)
    # A straight line in space stays straight at depth 1, whatever its depths are.
    starts = starts_m[index, :2] / starts_m[index, 2:]
    ends = ends_m[index, :2] / ends_m[index, 2:]
    if isinstance(camera.lens, BrownConrady):
        left, top, right, bottom = camera.normalized_bounds
        starts, ends, kept = clip_segments_to_rectangle(starts, ends, (left, top), (right, bottom))
        starts, ends, in_field = _clip_segments_to_disk(starts, ends, camera.lens.max_radius)
        kept &= in_field
        starts, ends, index = starts[kept], ends[kept], index[kept]
        pieces = _pieces(camera, starts, ends)
        row, number = numbered(pieces)
        step = (ends - starts)[row] / pieces[row, None]
        first = starts[row] + number[:, None] * step
        # Those a hair outside the field count as on its edge.
        starts = camera.lens.distort(camera.lens.in_field(first))
        ends = camera.lens.distort(camera.lens.in_field(first + step))
        index = index[row]
    return to_pixels(camera, starts), to_pixels(camera, ends), index


def _flat_outlines(camera: Camera, polygons_m: FloatArray) -> tuple[FloatArray, IntArray]:
    """`project_polygons` for lenses whose field ends before 90 degrees, up to the image border."""
    count, corners, _ = polygons_m.shape
    owner = np.repeat(np.arange(count), corners)
    points_m, owner = clip_polygons_to_near_plane(polygons_m.reshape(-1, 3), owner, NEAR_M)
    outline = points_m[:, :2] / points_m[:, 2:]
    if isinstance(camera.lens, BrownConrady):
        left, top, right, bottom = camera.normalized_bounds
        outline, owner = clip_polygons_to_rectangle(outline, owner, (left, top), (right, bottom))
        following = outline[next_corner(owner)]
        pieces = _pieces(camera, outline, following)
        row, number = numbered(pieces)
        fraction = (number / pieces[row])[:, None]
        # What is outside the field is pulled to its edge, where it runs along the border and back.
        along = outline[row] + fraction * (following - outline)[row]
        outline, owner = camera.lens.distort(camera.lens.in_field(along)), owner[row]
    return to_pixels(camera, outline), owner


def to_pixels(camera: Camera, normalized: FloatArray) -> FloatArray:
    """Pixels of points at depth 1 (..., 2), after distortion."""
    return normalized * (camera.fx_px, camera.fy_px) + (camera.cx_px, camera.cy_px)


def image_rectangle(camera: Camera) -> tuple[tuple[float, float], tuple[float, float]]:
    """The outer top left and bottom right corners of the image, pixels."""
    return (-0.5, -0.5), (camera.width_px - 0.5, camera.height_px - 0.5)


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
    """How many chords keep each segment at depth 1 (N, 2) close to its curve, (N,)."""
    assert isinstance(camera.lens, BrownConrady)
    curve = camera.lens.distort(starts + SAMPLES[:, None, None] * (ends - starts))
    return piece_counts(curve * max(camera.fx_px, camera.fy_px))
