"""Whether a camera sits and looks as cameras do: a question to the rig alone."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from av3d.geometry.se3 import SE3, wrap_angle_rad

STEEPEST_RAD = np.radians(50)
"""Cameras for driving look this far up or down at most."""

MOST_ROLLED_RAD = np.radians(40)
"""And they are tilted this far at most; image rows run nearly level."""

FARTHEST_M = 8.0
"""No sensor of a car sits further from the origin of its ego frame; trucks are long."""

LOWEST_M, HIGHEST_M = -1.0, 4.5
"""Heights of cameras over that origin, which is on the ground, at an axle or at an IMU."""

ASIDE_RAD = np.radians(65)
"""A camera looks at most this far from where its name says."""

_DIRECTIONS: Mapping[str, tuple[float, float]] = {
    "front": (1, 0),
    "forward": (1, 0),
    "fwd": (1, 0),
    "fore": (1, 0),
    "back": (-1, 0),
    "rear": (-1, 0),
    "backward": (-1, 0),
    "left": (0, 1),
    "right": (0, -1),
}


def named_azimuth_rad(name: str) -> float | None:
    """Where the name of a camera says that it looks, from x to y; None if it does not say.

    Stereo pairs are called left and right after their places, so these words do not count there.
    """
    words = re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    directions = [_DIRECTIONS[word] for word in words if word in _DIRECTIONS]
    if "stereo" in words:
        directions = [direction for direction in directions if direction[0] != 0]
    total = np.sum(directions, axis=0) if directions else np.zeros(2)
    if not total.any():
        return None
    return float(np.arctan2(total[1], total[0]))


def oddities(name: str, ego_SE3_camera: SE3) -> list[str]:
    """What is odd about the mount of a camera, each in a few words; empty if nothing is.

    Args:
        name: of the camera; where it says where the camera looks, that is compared, too.
        ego_SE3_camera: its mount; ego x forward, y left, z up.
    """
    found: list[str] = []
    right, down, axis = ego_SE3_camera.rotation.T
    place_m = ego_SE3_camera.translation_m
    pitch = float(np.arcsin(np.clip(axis[2], -1, 1)))
    if abs(pitch) > STEEPEST_RAD:
        found.append(f"it looks {abs(np.degrees(pitch)):.0f} deg {'up' if pitch > 0 else 'down'}")
    else:
        roll = abs(float(np.arctan2(right[2], -down[2])))
        if roll > MOST_ROLLED_RAD:
            found.append(f"its images are rolled by {np.degrees(roll):.0f} deg")
        azimuth = named_azimuth_rad(name)
        if azimuth is not None:
            aside = abs(float(wrap_angle_rad(np.arctan2(axis[1], axis[0]) - azimuth)))
            if aside > ASIDE_RAD:
                found.append(f"it looks {np.degrees(aside):.0f} deg away from what its name says")
    distance_m = float(np.linalg.norm(place_m))
    if distance_m > FARTHEST_M:
        found.append(f"it is {distance_m:.1f} m from the origin of the ego frame")
    elif not LOWEST_M < place_m[2] < HIGHEST_M:
        found.append(f"it is {place_m[2]:.1f} m above the origin of the ego frame")
    return found
