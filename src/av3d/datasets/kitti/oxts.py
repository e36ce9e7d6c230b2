"""KITTI oxts files: one GPS/IMU record per frame, read as a trajectory and written from one.

Latitude and longitude become metres with the Mercator projection scaled by the cosine of the first
latitude; angles are R = Rz(yaw) Ry(pitch) Rx(roll) with yaw 0 towards east. Source: readme and
convertOxtsToPose of the KITTI raw data development kit. Unlike there, the world frame keeps its
axes east, north and up (it is not turned into the first pose), so that upright means upright; its
origin is the first position.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3
from av3d.reading import read_text
from av3d.types import FloatArray

EARTH_RADIUS_M = 6_378_137.0

COLUMNS = 30
"""lat lon alt roll pitch yaw, 5 velocities, 9 accelerations, 9 rates ... see `oxts_line`."""


def read_oxts(path: Path) -> SE3:
    """The poses `world_SE3_imu` of all rows, a batch; row i belongs to frame i.

    Raises:
        InputFileError: the file cannot be read or is empty, or a row is too short or has a value
            that is not a finite number.
    """
    rows = [
        read_record(line, f"{path} line {number}")
        for number, line in enumerate(read_text(path).splitlines(), start=1)
        if line.strip()
    ]
    if not rows:
        raise InputFileError("there are no oxts records", path, "copy the file again")
    return world_SE3_imu_of(np.array(rows))


def read_record(line: str, where: str) -> list[float]:
    """Latitude, longitude (degrees), altitude (m), roll, pitch, yaw (rad) of one record.

    Raises:
        InputFileError: the record is too short, or a value is not a finite number.
    """
    words = line.split()
    if len(words) < 6:
        raise InputFileError(
            f"{len(words)} values where an oxts record has {COLUMNS}", where, "copy the file again"
        )
    try:
        values = [float(word) for word in words[:6]]
    except ValueError as error:
        raise InputFileError(
            f"a value is not a number: {line.strip()[:60]!r}", where, "correct the line"
        ) from error
    if not all(math.isfinite(value) for value in values) or abs(values[0]) >= 90:
        raise InputFileError(
            f"not a position and attitude: {' '.join(words[:6])}", where, "correct the line"
        )
    return values


def world_SE3_imu_of(table: FloatArray) -> SE3:
    """Poses of records (N, 6); the world's origin is at the first."""
    positions_m = _metres(table[:, 0], table[:, 1], table[:, 2])
    return SE3(
        Rotation.from_euler("ZYX", table[:, [5, 4, 3]]).as_matrix(), positions_m - positions_m[0]
    )


def _metres(
    latitude_deg: FloatArray, longitude_deg: FloatArray, altitude_m: FloatArray
) -> FloatArray:
    scale = math.cos(math.radians(latitude_deg[0]))
    east = scale * EARTH_RADIUS_M * np.radians(longitude_deg)
    north = scale * EARTH_RADIUS_M * np.log(np.tan(np.radians(90.0 + latitude_deg) / 2))
    return np.column_stack([east, north, altitude_m])


def oxts_line(offset_m: FloatArray, world_SE3_imu: SE3, twist: FloatArray) -> str:
    """One record that `read_oxts` turns back into the pose.

    The origin of the written track is latitude 0, longitude 0, where a degree has most digits and
    nobody takes the place for real. Accelerations, accuracies and the receiver's state are not
    known and written as 0.

    Args:
        offset_m: position relative to the first record, (3,): east, north, up.
        world_SE3_imu: the pose, for its rotation.
        twist: velocity in the world frame (3,) and angular rate in the imu frame (3,), m/s, rad/s.
    """
    longitude = math.degrees(offset_m[0] / EARTH_RADIUS_M)
    # Inverse Mercator, written with the hyperbolic tangent so that small offsets keep their digits.
    latitude = math.degrees(2 * math.atan(math.tanh(offset_m[1] / EARTH_RADIUS_M / 2)))
    roll, pitch, yaw = (float(angle) for angle in world_SE3_imu.roll_pitch_yaw_rad)
    velocity, rate = twist[:3], twist[3:]
    body = world_SE3_imu.rotation.T @ velocity
    level_rate = world_SE3_imu.rotation @ rate
    values = [
        latitude, longitude, float(offset_m[2]), roll, pitch, yaw,
        float(velocity[1]), float(velocity[0]), *body.tolist(),  # north, east, forward, left, up
        *[0.0] * 6,  # accelerations
        *rate.tolist(), *level_rate.tolist(),
        0.0, 0.0,  # accuracies
    ]  # fmt: skip
    return " ".join(f"{value:.17g}" for value in values) + " 0 0 0 0 0"
