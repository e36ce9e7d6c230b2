"""Compiled loops of registration: distances to a shape on a grid, and scores of many poses on it.

Importing this module compiles the kernels (some seconds the first time, then from numba's cache), so it
is imported inside the functions that use it. They release the GIL.
"""

from __future__ import annotations

import numpy as np

from av3d.compiling import compiled
from av3d.types import BoolArray, Float32Array, FloatArray


@compiled("void(float64[:,::1], float64[::1], float64[::1], float64, float64, float32[:,:,::1])")
def spread(
    points_m: FloatArray,
    origin_m: FloatArray,
    cell_m: FloatArray,
    reach_m: float,
    penalty_m2: float,
    squared_m2: Float32Array,
) -> None:
    """Lower the squared distances of a grid's nodes to the nearest of its points by further points.

    Args:
        points_m: (N, 3) in the frame of the grid.
        origin_m: place of node 0, 0, 0, (3,).
        cell_m: distance between nodes along each axis, (3,).
        reach_m: nodes farther than this from a point stay as they are.
        penalty_m2: added to the squared distances, for points that are less sure.
        squared_m2: (X, Y, Z), in and out.
    """
    nx, ny, nz = squared_m2.shape
    for row in range(points_m.shape[0]):
        x = (points_m[row, 0] - origin_m[0]) / cell_m[0]
        y = (points_m[row, 1] - origin_m[1]) / cell_m[1]
        z = (points_m[row, 2] - origin_m[2]) / cell_m[2]
        # Written so that NaN fails; only then is the conversion to int defined.
        if not (-1.0 < x < nx and -1.0 < y < ny and -1.0 < z < nz):
            continue
        rx, ry, rz = reach_m / cell_m[0], reach_m / cell_m[1], reach_m / cell_m[2]
        for i in range(max(int(np.ceil(x - rx)), 0), min(int(np.floor(x + rx)), nx - 1) + 1):
            dx2 = ((i - x) * cell_m[0]) ** 2
            for j in range(max(int(np.ceil(y - ry)), 0), min(int(np.floor(y + ry)), ny - 1) + 1):
                dxy2 = dx2 + ((j - y) * cell_m[1]) ** 2
                for k in range(
                    max(int(np.ceil(z - rz)), 0), min(int(np.floor(z + rz)), nz - 1) + 1
                ):
                    value = dxy2 + ((k - z) * cell_m[2]) ** 2 + penalty_m2
                    squared_m2[i, j, k] = min(squared_m2[i, j, k], np.float32(value))


@compiled(
    "void(float64[:,::1], float64[::1], float64[:,::1], float32[:,:,::1], float64[::1], float64[::1],"
    " float64[::1])"
)
def score_poses(
    points_m: FloatArray,
    weights: FloatArray,
    steps: FloatArray,
    field: Float32Array,
    origin_m: FloatArray,
    cell_m: FloatArray,
    scores: FloatArray,
) -> None:
    """Sums of a field over points that are seen from many poses; it is 0 outside of its grid.

    Args:
        points_m: (N, 3) in a body frame.
        weights: how much each point counts, (N,).
        steps: poses as steps of that body: along, across, up in metres and a turn about its height
            axis in radians, (M, 4).
        field: values at the nodes, (X, Y, Z).
        origin_m: place of node 0, 0, 0, (3,).
        cell_m: distance between nodes along each axis, (3,).
        scores: (M,), out.
    """
    nx, ny, nz = field.shape
    x_scale, y_scale, z_scale = 1.0 / cell_m[0], 1.0 / cell_m[1], 1.0 / cell_m[2]
    for pose in range(steps.shape[0]):
        c, s = np.cos(steps[pose, 3]), np.sin(steps[pose, 3])
        total = 0.0
        for row in range(points_m.shape[0]):
            px = points_m[row, 0] - steps[pose, 0]
            py = points_m[row, 1] - steps[pose, 1]
            x = (c * px + s * py - origin_m[0]) * x_scale
            y = (c * py - s * px - origin_m[1]) * y_scale
            z = (points_m[row, 2] - steps[pose, 2] - origin_m[2]) * z_scale
            if not (0.0 <= x < nx - 1 and 0.0 <= y < ny - 1 and 0.0 <= z < nz - 1):
                continue
            i, j, k = int(x), int(y), int(z)
            u, v, w = x - i, y - j, z - k
            low = (1 - v) * field[i, j, k] + v * field[i, j + 1, k]
            high = (1 - v) * field[i + 1, j, k] + v * field[i + 1, j + 1, k]
            below = (1 - u) * low + u * high
            low = (1 - v) * field[i, j, k + 1] + v * field[i, j + 1, k + 1]
            high = (1 - v) * field[i + 1, j, k + 1] + v * field[i + 1, j + 1, k + 1]
            total += weights[row] * ((1 - w) * below + w * ((1 - u) * low + u * high))
        scores[pose] = total


@compiled(
    "void(float64[::1], boolean[::1], float64[:,::1], float64[:,:,::1], float64[::1], float64,"
    " float64, float64[:,::1], float64[:,:,::1])"
)
def smooth(
    times_s: FloatArray,
    measured: BoolArray,
    values: FloatArray,
    covariances: FloatArray,
    densities: FloatArray,
    sideways_m_s: float,
    pivot_m: float,
    means: FloatArray,
    variances: FloatArray,
) -> None:
    """Smooth x, y, z, yaw with white noise of accelerations, forward and back, see `av3d.assist.path`.

    Args:
        times_s: of the nodes, not decreasing, (N,).
        measured: whether a node has a measurement, (N,).
        values: x, y, z in metres and yaw in radians, (N, 4).
        covariances: of the values, in these axes, (N, 4, 4).
        densities: of the noise of the four accelerations, per second, (4,).
        sideways_m_s: standard deviation of the speed across the heading; infinite: free.
        pivot_m: how far the point that does not move sideways is behind the centre.
        means: of values and rates, (N, 8), out.
        variances: their covariances, (N, 8, 8), out.
    """
    count = len(times_s)
    mean = np.zeros(8)
    cov = np.zeros((8, 8))
    for k in range(4):
        cov[k, k] = 1e6
        cov[k + 4, k + 4] = 400.0 if k < 2 else 1.0
    if count:
        for row in range(count):
            if measured[row]:
                mean[:4] = values[row]
                break
    ahead = np.zeros((count, 8))
    ahead_cov = np.zeros((count, 8, 8))
    move = np.eye(8)
    for row in range(count):
        if row:
            dt = times_s[row] - times_s[row - 1]
            for k in range(4):
                move[k, k + 4] = dt
            mean = move @ mean
            cov = move @ cov @ move.T
            for k in range(4):
                q = densities[k]
                cov[k, k] += q * dt**3 / 3
                cov[k, k + 4] += q * dt**2 / 2
                cov[k + 4, k] += q * dt**2 / 2
                cov[k + 4, k + 4] += q * dt
        ahead[row], ahead_cov[row] = mean, cov
        if measured[row]:
            gain = np.ascontiguousarray(cov[:, :4]) @ np.linalg.inv(cov[:4, :4] + covariances[row])
            mean = mean + gain @ (values[row] - mean[:4])
            cov = cov - gain @ np.ascontiguousarray(cov[:4, :])
            if np.isfinite(sideways_m_s):
                h = np.zeros(8)
                h[4], h[5] = -np.sin(mean[3]), np.cos(mean[3])
                h[7] = -pivot_m
                off = h @ mean
                forward = np.cos(mean[3]) * mean[4] + np.sin(mean[3]) * mean[5]
                h[3] = -forward
                ch = cov @ h
                s = h @ ch + sideways_m_s**2
                mean = mean - ch * (off / s)
                cov = cov - np.outer(ch, ch) / s
            cov = 0.5 * (cov + cov.T)
        means[row], variances[row] = mean, cov
    for row in range(count - 2, -1, -1):
        dt = times_s[row + 1] - times_s[row]
        for k in range(4):
            move[k, k + 4] = dt
        back = variances[row] @ move.T @ np.linalg.inv(ahead_cov[row + 1])
        means[row] += back @ (means[row + 1] - ahead[row + 1])
        step = variances[row] + back @ (variances[row + 1] - ahead_cov[row + 1]) @ back.T
        variances[row] = 0.5 * (step + step.T)
