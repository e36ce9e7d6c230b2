"""Straight lines and flat polygons of space as straight pieces on an image.

They are cut at the near plane first, bent by the lens as chords that keep close to the curve, and cut
at the image border last. All lines of an image go through together: numpy's cost is per call.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from av3d.calibration.camera import NEAR_M, Camera
from av3d.calibration.distortion import BrownConrady
from av3d.geometry.clip import (
    clip_polygons_to_near_plane,
    clip_polygons_to_rectangle,
    clip_segments_to_near_plane,
    clip_segments_to_rectangle,
    next_corner,
)
from av3d.types import BoolArray, FloatArray, IntArray

CHORD_ERROR_PX = 0.1
"""Straight edges are curves in a distorted image; they are drawn as chords this close to the curve."""

MAX_PIECES = 256
"""Most chords of one edge; close to where a lens turns back its images bend sharply."""

_SAMPLES: FloatArray = np.linspace(0.0, 1.0, 17)


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
    starts, ends, kept = clip_segments_to_rectangle(
        to_pixels(camera, starts), to_pixels(camera, ends), *image_rectangle(camera)
    )
    return starts[kept], ends[kept], index[kept]


def project_polygons(camera: Camera, polygons_m: FloatArray) -> list[FloatArray]:
    """Outlines on the image, in pixels, of flat polygons.

    Args:
        camera: the image.
        polygons_m: K polygons of L corners each in the camera frame, (K, L, 3).

    Returns:
        K outlines (M, 2); M is 0 where less than a triangle is on the image.
    """
    count, corners, _ = polygons_m.shape
    owner = np.repeat(np.arange(count), corners)
    points_m, owner = clip_polygons_to_near_plane(polygons_m.reshape(-1, 3), owner, NEAR_M)
    outline = points_m[:, :2] / points_m[:, 2:]
    if camera.distortion is not None:
        left, top, right, bottom = camera.normalized_bounds
        outline, owner = clip_polygons_to_rectangle(outline, owner, (left, top), (right, bottom))
        following = outline[next_corner(owner)]
        pieces = _pieces(camera, outline, following)
        row = np.repeat(np.arange(len(outline)), pieces)
        number = np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        fraction = (number / pieces[row])[:, None]
        # What is outside the field is pulled to its edge, where it runs along the border and back.
        outline = _distort(camera.distortion, outline[row] + fraction * (following - outline)[row])
        owner = owner[row]
    outline, owner = clip_polygons_to_rectangle(
        to_pixels(camera, outline), owner, *image_rectangle(camera)
    )
    first = np.searchsorted(owner, np.arange(count + 1)).tolist()
    return [
        outline[start:end] if end - start >= 3 else np.zeros((0, 2))
        for start, end in pairwise(first)
    ]


def project_beyond(camera: Camera, points_m: FloatArray) -> FloatArray:
    """Pixels of points (..., 3) in front of the near plane, on the image or not, (..., 2).

    Where the lens cannot see, it goes on from the edge of the field at the pinhole's scale.
    """
    normalized = points_m[..., :2] / points_m[..., 2:]
    if camera.distortion is not None:
        at_edge = _in_field(camera.distortion, normalized)
        normalized = camera.distortion.distort(at_edge) + (normalized - at_edge)
    return to_pixels(camera, normalized)


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
    """How many chords keep each segment at depth 1 (N, 2) within CHORD_ERROR_PX of its curve, (N,)."""
    assert camera.distortion is not None
    curve = camera.distortion.distort(starts + _SAMPLES[:, None, None] * (ends - starts))
    # A chord over 1/n of the curve is off by |curve''| / (8 n²) at most; the second difference over
    # steps of 1/16 is |curve''| / 256. Twice as many, for what lies between the samples.
    bend = np.abs(curve[:-2] - 2 * curve[1:-1] + curve[2:]).max(axis=0).max(axis=1, initial=0.0)
    bend_px = bend * max(camera.fx_px, camera.fy_px)
    pieces = np.ceil(2 * np.sqrt(32 * bend_px / CHORD_ERROR_PX))
    return np.asarray(np.clip(pieces, 1, MAX_PIECES), dtype=np.int64)


def _distort(distortion: BrownConrady, normalized: FloatArray) -> FloatArray:
    """Distort points (N, 2); those a hair outside the field count as on its edge."""
    return distortion.distort(_in_field(distortion, normalized))


def _in_field(distortion: BrownConrady, normalized: FloatArray) -> FloatArray:
    """Points (..., 2), those outside the field of the lens moved straight to its edge."""
    radius = np.hypot(normalized[..., 0], normalized[..., 1])[..., None]
    inside = np.minimum(1.0, distortion.max_radius / np.maximum(radius, 1e-30))
    return np.asarray(normalized * inside)
