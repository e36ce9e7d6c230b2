"""The compiled loop of motion compensation; importing it compiles (see `av3d.compiling`)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from av3d.compiling import compiled


@compiled("void(float32[:,::1], int64[::1], int64[::1], float64[:,:,::1], float32[:,::1])")
def move_points(
    points_m: npt.NDArray[np.float32],
    times_ns: npt.NDArray[np.int64],
    knots_ns: npt.NDArray[np.int64],
    matrices: npt.NDArray[np.float64],
    moved_m: npt.NDArray[np.float32],
) -> None:
    """Move each point by the transform of its time, linear between knots.

    Args:
        points_m: (N, 3).
        times_ns: (N,); before the first knot and after the last, these hold.
        knots_ns: increasing, (K,), K >= 2.
        matrices: the transform at each knot, (K, 3, 4).
        moved_m: (N, 3), out.
    """
    last = knots_ns.shape[0] - 2
    left = 0
    for index in range(points_m.shape[0]):
        time = min(max(times_ns[index], knots_ns[0]), knots_ns[last + 1])
        # Neighbours in a sweep are mostly neighbours in time.
        while left < last and time >= knots_ns[left + 1]:
            left += 1
        while left > 0 and time < knots_ns[left]:
            left -= 1
        part = (time - knots_ns[left]) / (knots_ns[left + 1] - knots_ns[left])
        x, y, z = points_m[index, 0], points_m[index, 1], points_m[index, 2]
        for row in range(3):
            before = (
                matrices[left, row, 0] * x
                + matrices[left, row, 1] * y
                + matrices[left, row, 2] * z
                + matrices[left, row, 3]
            )
            after = (
                matrices[left + 1, row, 0] * x
                + matrices[left + 1, row, 1] * y
                + matrices[left + 1, row, 2] * z
                + matrices[left + 1, row, 3]
            )
            moved_m[index, row] = before + part * (after - before)
