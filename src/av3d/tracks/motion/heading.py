"""Orientations as a heading about the vertical and a tilt of the upright, by swing and twist."""

from __future__ import annotations

import numpy as np

from av3d.geometry.se3 import rotation_about_z
from av3d.geometry.turn import turn_vectors
from av3d.types import FloatArray


def split_heading(rotations: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Take orientations apart: R = Exp(tilt_x, tilt_y, 0) Rz(yaw).

    The tilt is in the axes of the world, so that it is the same for all that stands or drives on one
    slope, wherever it is headed.

    Every orientation has such parts, and they are unique but for one that stands on its head. Unlike
    Euler angles they do not degenerate at a pitch of 90 degrees, and a tilt has no preferred order of
    roll and pitch. Source: P. Dobrowolski, "Swing-twist decomposition in Clifford algebra",
    arXiv:1506.05481, with the vertical as axis of the twist.

    Args:
        rotations: world from cuboid, (N, 3, 3), in order of time.

    Returns:
        The yaw in radians, (N,), without jumps of a whole turn from one to the next, and the tilt in
        radians, (N, 2), about the x and y axes of the world.
    """
    yaws = np.arctan2(
        rotations[:, 1, 0] - rotations[:, 0, 1], rotations[:, 0, 0] + rotations[:, 1, 1]
    )
    tilts = turn_vectors(rotations @ np.swapaxes(rotation_about_z(yaws), -1, -2))[:, :2]
    return np.unwrap(yaws), tilts


def join_heading(yaws_rad: FloatArray, tilts_rad: FloatArray) -> FloatArray:
    """The orientations of these parts, see `split_heading`.

    Args:
        yaws_rad: (N,).
        tilts_rad: (N, 2).

    Returns:
        World from cuboid, (N, 3, 3).
    """
    rotations = rotation_about_z(yaws_rad)
    if not tilts_rad.any():
        return rotations
    x, y = tilts_rad[:, 0], tilts_rad[:, 1]
    angles = np.hypot(x, y)
    # Exp by the formula of O. Rodrigues, with no third component.
    s = np.sinc(angles / np.pi)
    v = 0.5 * np.sinc(angles / (2 * np.pi)) ** 2
    swings = np.empty((len(x), 3, 3))
    swings[:, 0, 0], swings[:, 0, 1], swings[:, 0, 2] = 1 - v * y * y, v * x * y, s * y
    swings[:, 1, 0], swings[:, 1, 1], swings[:, 1, 2] = v * x * y, 1 - v * x * x, -s * x
    swings[:, 2, 0], swings[:, 2, 1], swings[:, 2, 2] = -s * y, s * x, np.cos(angles)
    return np.asarray(swings @ rotations)
