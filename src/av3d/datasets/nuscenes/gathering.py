"""The values of many cuboids side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from av3d.geometry.se3 import SE3
from av3d.types import FloatArray


def gathered(arrays: Sequence[FloatArray], shape: tuple[int, ...]) -> FloatArray:
    """Arrays (*shape) of float64 along a new first axis, (N, *shape), read-only.

    As `np.stack`, which takes six times as long for a thousand small ones.
    """
    try:
        # An array is a buffer, which its type says only from Python 3.12 on.
        values: FloatArray = np.frombuffer(b"".join(arrays))  # type: ignore[arg-type]
    except TypeError:  # one of them does not lie side by side in memory
        values = np.concatenate(arrays)
        values.flags.writeable = False
    return values.reshape(len(arrays), *shape)


def stacked(poses: Sequence[SE3]) -> SE3:
    """As `SE3.stack`, for single transforms."""
    return SE3.trusted(
        gathered([pose.rotation for pose in poses], (3, 3)),
        gathered([pose.translation_m for pose in poses], (3,)),
    )


def quaternions_wxyz(poses: Sequence[SE3]) -> FloatArray:
    """The column `rotation` of many poses, (N, 4): those that they are made of, or computed together."""
    known = [pose.knows_quaternion for pose in poses]
    if all(known):
        return gathered([pose.quaternion_wxyz for pose in poses], (4,))
    found = stacked(poses).quaternion_wxyz.copy()
    for row in np.flatnonzero(known).tolist():
        found[row] = poses[row].quaternion_wxyz
    return found
