"""Rolling shutters: where things that move are on an image whose rows are exposed one after another.

A point is given at the times of the image's top edge and bottom edge and moves straight in between. On
the image it is in the row that is exposed when it is there: an equation for the time, solved here.
"""

from __future__ import annotations

import numpy as np

from av3d.calibration.camera import NEAR_M, Camera
from av3d.calibration.pieces import CHORD_ERROR_PX, numbered
from av3d.geometry.se3 import SE3
from av3d.types import FloatArray, IntArray

ROW_ERROR_PX = 1e-7
"""A row that is this close is found."""

MAX_STEPS = 60
"""Some six steps do nearly always; where the lens's pixels jump, there may be no row to find."""

MAX_CUTS = 32
"""Most pieces that one line is cut into before each end is put where the image sees it."""

SIDE_CUTS = 8
"""How many pieces the side of a face is cut into; faces are filled, not drawn as lines."""


def freeze_points(camera: Camera, at_top_m: FloatArray, at_bottom_m: FloatArray) -> FloatArray:
    """Moving points as the image sees them: each at the time when its row is exposed.

    `camera.project` puts the result where the image shows the point. Points above the image count as
    at the time of its top edge, those below as at that of its bottom edge.

    Args:
        camera: the image.
        at_top_m: points in the camera frame at the time of the image's top edge, (..., 3).
        at_bottom_m: the same points at the time of its bottom edge, (..., 3).

    Returns:
        Points in the camera frame, (..., 3).
    """
    at_top_m = np.asarray(at_top_m, dtype=np.float64)
    way_m = np.asarray(at_bottom_m, dtype=np.float64) - at_top_m
    return np.asarray(at_top_m + row_fractions(camera, at_top_m, at_bottom_m)[..., None] * way_m)


def row_fractions(
    camera: Camera, at_top_m: FloatArray, at_bottom_m: FloatArray, *, beyond: float = 0.0
) -> FloatArray:
    """When the image sees moving points: 0 for its top edge, 1 for its bottom edge, (...).

    Args:
        camera: the image.
        at_top_m: points in the camera frame at the time of the image's top edge, (..., 3).
        at_bottom_m: the same points at the time of its bottom edge, (..., 3).
        beyond: how many image heights the rows are thought to go on above and below the image.
    """
    shape = np.shape(at_top_m)[:-1]
    top_m = np.asarray(at_top_m, dtype=np.float64).reshape(-1, 3)
    way_m = np.asarray(at_bottom_m, dtype=np.float64).reshape(-1, 3) - top_m
    low, high = -beyond, 1.0 + beyond

    def late(fraction: FloatArray, rows: IntArray) -> FloatArray:
        """How much later than at `fraction` the row is exposed in which points are then."""
        v = camera.project_beyond(top_m[rows] + fraction[:, None] * way_m[rows])[:, 1]
        return np.asarray(np.clip((v + 0.5) / camera.height_px, low, high) - fraction)

    # Clipped, the row's time is never before `low` or after `high`: there is always a solution.
    todo = np.flatnonzero(np.isfinite(top_m).all(axis=1) & np.isfinite(way_m).all(axis=1))
    found = np.full(len(top_m), np.nan)
    left, right = np.full(len(todo), low), np.full(len(todo), high)
    late_left, late_right = late(left, todo), late(right, todo)
    stays = np.zeros(len(todo))  # which end stayed last: -1 the left one, 1 the right one
    enough = ROW_ERROR_PX / camera.height_px
    for _ in range(MAX_STEPS):
        # The secant between both ends, the Illinois way: an end that stays a second time counts half,
        # so that the bracket closes from both sides. M. Dowell and P. Jarratt, BIT 11, 1971.
        rise = late_left - late_right
        middle = np.where(
            rise > 0, left + (right - left) * late_left / np.where(rise > 0, rise, 1.0), left
        )
        late_middle = late(middle, todo)
        found[todo] = middle
        open_ = np.flatnonzero(np.abs(late_middle) > enough)
        if len(open_) == 0:
            break
        todo, middle, late_middle = todo[open_], middle[open_], late_middle[open_]
        left, right, late_left, late_right, stays = (
            values[open_] for values in (left, right, late_left, late_right, stays)
        )
        after = late_middle > 0
        late_left, late_right = (
            np.where(after, late_middle, np.where(stays < 0, late_left / 2, late_left)),
            np.where(after, np.where(stays > 0, late_right / 2, late_right), late_middle),
        )
        left, right = np.where(after, middle, left), np.where(after, right, middle)
        stays = np.where(after, 1.0, -1.0)
    return found.reshape(shape)


def freeze_poses(
    camera: Camera, at_top: SE3, at_bottom: SE3, fractions: FloatArray | None = None
) -> SE3:
    """Poses (N,) as the image sees them, each at one time: when the row of its origin is exposed.

    Args:
        camera: the image.
        at_top: poses in the camera frame at the time of the image's top edge, (N,).
        at_bottom: the same poses at the time of its bottom edge, (N,).
        fractions: other times for each pose, (N, M); 0 top edge, 1 bottom edge.

    Returns:
        Poses (N,), or (N, M) if times are given.
    """
    if fractions is None:
        fractions = row_fractions(camera, at_top.translation_m, at_bottom.translation_m)
        return at_top.interpolate(at_bottom, fractions)
    return SE3.trusted(at_top.rotation[:, None], at_top.translation_m[:, None]).interpolate(
        SE3.trusted(at_bottom.rotation[:, None], at_bottom.translation_m[:, None]), fractions
    )


def freeze_lines(
    camera: Camera, at_top_m: FloatArray, at_bottom_m: FloatArray
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Moving straight lines as the image sees them: bent, since each row has a time of its own.

    Beyond the image rows are thought to go on, so that a line has no kink at its border.

    Args:
        camera: the image.
        at_top_m: ends in the camera frame at the time of the image's top edge, (K, 2, 3).
        at_bottom_m: at the time of its bottom edge, (K, 2, 3).

    Returns:
        Starts (P, 3) and ends (P, 3) of straight pieces in the camera frame, and the line that each is
        part of (P,), ascending; the pieces of a line run from its start to its end.
    """
    middle_m = (at_top_m + at_bottom_m) / 2

    def at(line: IntArray, part: FloatArray) -> FloatArray:
        along = _equal_angles(middle_m[line], part)
        top_m, bottom_m = (
            ends[line, 0] + along[..., None] * (ends[line, 1] - ends[line, 0])
            for ends in (at_top_m, at_bottom_m)
        )
        fraction = row_fractions(camera, top_m, bottom_m, beyond=1.0)
        return np.asarray(top_m + fraction[..., None] * (bottom_m - top_m))

    every = np.arange(len(at_top_m))
    curve_m = at(every, np.broadcast_to(np.linspace(0, 1, 9)[:, None], (9, len(every))))
    # Twice the distance of each point from the line through its neighbours is the second difference,
    # without what is due to uneven steps along a straight line.
    step, double = curve_m[1:-1] - curve_m[:-2], curve_m[2:] - curve_m[:-2]
    area_m2 = np.linalg.norm(np.cross(step, double), axis=-1)
    bend_m = 2 * area_m2 / np.maximum(np.linalg.norm(double, axis=-1), 1e-9)
    distance_m = np.maximum(np.linalg.norm(curve_m[1:-1], axis=-1), NEAR_M)
    bend_px = (bend_m / distance_m).max(axis=0, initial=0.0) * max(camera.fx_px, camera.fy_px)
    # As in `pieces.piece_counts`, for steps of 1/8.
    pieces = np.ceil(2 * np.sqrt(8 * bend_px / CHORD_ERROR_PX))
    pieces = np.clip(pieces, 1, MAX_CUTS).astype(np.int64)
    line, number = numbered(pieces + 1)
    points_m = at(line, number / pieces[line])
    onward = np.flatnonzero(number < pieces[line])
    return points_m[onward], points_m[onward + 1], line[onward]


def _equal_angles(lines_m: FloatArray, part: FloatArray) -> FloatArray:
    """How far along lines (..., 2, 3) parts (...) of the angle are that they span at the camera, (...).

    A line that passes close by is bent most where it is closest, which is a small part of its length.
    """
    start, end = lines_m[..., 0, :], lines_m[..., 1, :]
    near, far = np.linalg.norm(start, axis=-1), np.linalg.norm(end, axis=-1)
    sine = np.linalg.norm(np.cross(start, end), axis=-1)
    angle = np.arctan2(sine, (start * end).sum(axis=-1))
    # The law of sines in the triangles between the camera's centre, the point and both ends.
    from_start, to_end = near * np.sin(part * angle), far * np.sin((1 - part) * angle)
    whole = from_start + to_end
    # Seen end on, or by a camera on the line itself, it spans no angle of its own.
    plain = (sine <= 1e-6 * near * far) | (whole <= 0)
    return np.where(plain, part, from_start / np.where(plain, 1.0, whole))


def freeze_polygons(camera: Camera, at_top_m: FloatArray, at_bottom_m: FloatArray) -> FloatArray:
    """Moving polygons (N, L, 3) as the image sees them, with more corners, (N, L * SIDE_CUTS, 3)."""
    count = len(at_top_m)
    along = np.arange(SIDE_CUTS)[:, None] / SIDE_CUTS
    top_m, bottom_m = (
        corners[:, :, None] + along * (np.roll(corners, -1, axis=1) - corners)[:, :, None]
        for corners in (at_top_m, at_bottom_m)
    )
    fraction = row_fractions(camera, top_m, bottom_m, beyond=1.0)
    return np.asarray((top_m + fraction[..., None] * (bottom_m - top_m)).reshape(count, -1, 3))
