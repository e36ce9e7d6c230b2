"""Lines and flat polygons as straight pieces on the image of a wide lens; see `chords`."""

from __future__ import annotations

import numpy as np

from av3d.calibration.arcs import Arcs, arcs_of
from av3d.calibration.camera import Camera
from av3d.calibration.pieces import SAMPLES, numbered, piece_counts
from av3d.types import BoolArray, FloatArray, IntArray

END_STEP_RAD = float(np.radians(2.0))
"""Points along the end of the field are this far apart, as seen from the axis."""


def wide_segments(
    camera: Camera, starts_m: FloatArray, ends_m: FloatArray
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Segments (K, 3) of the camera frame as pieces that may reach beyond the image.

    Returns:
        Starts (N, 2) and ends (N, 2), pixels, and the segment that each is part of, (N,).
    """
    arcs = arcs_of(starts_m, ends_m, camera.view_angle_rad)
    arcs = arcs[arcs.seen]
    pieces = piece_counts(_curves(camera, arcs))
    arc, number = numbered(pieces)
    parts = arcs[arc]
    step = (arcs.last - arcs.first)[arc] / pieces[arc]
    begin: FloatArray = np.asarray(parts.first + number * step)
    pixels = camera.project_beyond(
        np.concatenate([parts.directions(begin), parts.directions(begin + step)])
    )
    return pixels[: len(arc)], pixels[len(arc) :], parts.line


def wide_outlines(camera: Camera, polygons_m: FloatArray) -> tuple[FloatArray, IntArray]:
    """Outlines of polygons (K, L, 3) of the camera frame, which may reach beyond the image.

    What is outside the field of view is pulled to its end, where it runs along and back. A polygon
    around the direction straight back, which the lens does not see, is all of the view but a hole: its
    outline goes around the view and, over a bridge of no width, around the hole.

    Returns:
        Corners (N, 2), pixels, and the polygon that each belongs to, ascending, (N,).
    """
    count, corners, _ = polygons_m.shape
    following = np.roll(polygons_m, -1, axis=1)
    arcs = arcs_of(polygons_m.reshape(-1, 3), following.reshape(-1, 3), camera.view_angle_rad)
    first, last = arcs.directions(arcs.first), arcs.directions(arcs.last)
    turn = _turn(first, last)
    pieces = np.where(
        arcs.seen,
        piece_counts(_curves(camera, arcs)),
        np.maximum(np.ceil(np.abs(turn) / END_STEP_RAD), 1).astype(np.int64),
    )
    arc, number = numbered(pieces)
    parts, fraction = arcs[arc], number / pieces[arc]
    directions = parts.directions(parts.first + fraction * (parts.last - parts.first))
    blind = np.flatnonzero(~parts.seen)
    about = np.arctan2(first[arc[blind], 1], first[arc[blind], 0])
    directions[blind] = _on_cone(about + fraction[blind] * turn[arc[blind]], camera.view_angle_rad)
    owner = parts.line // corners
    # How often the outline goes around the axis, and whether the polygon is behind the camera there.
    around = np.rint(np.bincount(arcs.line // corners, turn, count) / (2 * np.pi)).astype(np.int64)
    holes = np.flatnonzero((around != 0) & _meets_axis_behind(polygons_m))
    if len(holes) == 0:
        return camera.project_beyond(directions), owner
    rings = []
    for hole in holes.tolist():
        start = directions[np.searchsorted(owner, hole)]
        steps = int(2 * np.pi / END_STEP_RAD)
        angle = np.arctan2(start[1], start[0]) - around[hole] * np.linspace(0, 2 * np.pi, steps + 1)
        own = directions[owner == hole]
        rings.append(np.concatenate([_on_cone(angle, camera.view_angle_rad), own, own[:1]]))
    kept = ~np.isin(owner, holes)
    directions = np.concatenate([directions[kept], *rings])
    owner = np.concatenate([owner[kept], np.repeat(holes, [len(ring) for ring in rings])])
    order = np.argsort(owner, kind="stable")
    return camera.project_beyond(directions[order]), owner[order]


def _curves(camera: Camera, arcs: Arcs) -> FloatArray:
    """Pixels of arcs at SAMPLES, (17, M, 2)."""
    angle = arcs.first + SAMPLES[:, None] * (arcs.last - arcs.first)
    return camera.project_beyond(arcs.directions(angle))


def _turn(first: FloatArray, last: FloatArray) -> FloatArray:
    """Angles about the z axis from directions (M, 3) to others, the short way round, (M,)."""
    return np.arctan2(
        first[:, 0] * last[:, 1] - first[:, 1] * last[:, 0],
        first[:, 0] * last[:, 0] + first[:, 1] * last[:, 1],
    )


def _on_cone(about: FloatArray, cone_rad: float) -> FloatArray:
    """Unit vectors (M, 3) on the cone about the z axis, at angles (M,) about that axis."""
    sine, cosine = np.sin(cone_rad), np.cos(cone_rad)
    return np.stack(
        [sine * np.cos(about), sine * np.sin(about), np.full(len(about), cosine)], axis=1
    )


def _meets_axis_behind(polygons_m: FloatArray) -> BoolArray:
    """Whether the plane of each polygon (K, L, 3) meets the z axis at z < 0, (K,)."""
    # The normal after Newell: the sum over the sides, robust where corners are collinear.
    following = np.roll(polygons_m, -1, axis=1)
    normal = np.cross(polygons_m, following).sum(axis=1)
    distance = (polygons_m.mean(axis=1) * normal).sum(axis=1)
    return np.asarray(distance * normal[:, 2] < 0)
