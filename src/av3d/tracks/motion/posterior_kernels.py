"""The compiled loop that asks all posteriors of a motion at once; importing this compiles."""

from __future__ import annotations

import math

import numpy as np

from av3d.compiling import compiled
from av3d.tracks.motion.axes_kernels import STATE, evaluate_axis
from av3d.tracks.motion.planar_path_kernels import evaluate
from av3d.types import FloatArray, IntArray


@compiled("void(float64, float64, float64, float64, float64[:,::1])")
def _turn(c: float, s: float, tilt_x: float, tilt_y: float, rotation: FloatArray) -> None:
    """Exp(tilt_x, tilt_y, 0) Rz(yaw), the cosine and sine of the yaw given; see `heading`."""
    angle = math.hypot(tilt_x, tilt_y)
    if angle < 1e-4:  # both to the last digit
        sine, versine = 1.0 - angle * angle / 6.0, 0.5
    else:
        sine, versine = math.sin(angle) / angle, (1.0 - math.cos(angle)) / (angle * angle)
    s00, s01, s02 = 1.0 - versine * tilt_y * tilt_y, versine * tilt_x * tilt_y, sine * tilt_y
    s11, s12 = 1.0 - versine * tilt_x * tilt_x, -sine * tilt_x
    rotation[0, 0], rotation[0, 1], rotation[0, 2] = c * s00 + s * s01, c * s01 - s * s00, s02
    rotation[1, 0], rotation[1, 1], rotation[1, 2] = c * s01 + s * s11, c * s11 - s * s01, s12
    rotation[2, 0], rotation[2, 1] = -c * s02 - s * s12, s * s02 - c * s12
    rotation[2, 2] = math.cos(angle)


@compiled(
    "void(float64[:,::1], int64[::1], float64[::1], float64[::1], int64[::1],"
    " float64[::1], float64[:,::1], float64[:,:,::1], float64[:,:,::1], float64[:,::1], int64[::1],"
    " float64[::1], float64[::1], float64[::1],"
    " float64[:,::1], float64[:,:,::1], float64[:,::1], float64[:,::1], float64[:,:,::1])"
)
def evaluate_all(
    axis_nodes: FloatArray,
    axis_firsts: IntArray,
    axis_psds: FloatArray,
    axis_weights: FloatArray,
    axis_coordinates: IntArray,
    path_times_s: FloatArray,
    path_nodes: FloatArray,
    path_covariances: FloatArray,
    path_crosses: FloatArray,
    path_psds: FloatArray,
    path_firsts: IntArray,
    path_pivots_m: FloatArray,
    path_weights: FloatArray,
    queries_s: FloatArray,
    centers_m: FloatArray,
    rotations: FloatArray,
    rates: FloatArray,
    accelerations: FloatArray,
    covariances: FloatArray,
) -> None:
    """Mean and covariance of a mixture at any times.

    Args:
        axis_nodes: of all axes, one behind the other, see `axes_kernels.smooth_axis`, (T, NODE).
        axis_firsts: first node of each axis, and the end, (A + 1,).
        axis_psds: their spectral densities, (A,).
        axis_weights: the probability of each, (A,).
        axis_coordinates: what each is of: x, y, yaw, z, tilt about x, tilt about y, (A,).
        path_times_s: nodes of all planar paths, see `planar_path_kernels.evaluate`, (P,).
        path_nodes: (P, 6).
        path_covariances: (P, 6, 6).
        path_crosses: of each node with the next, (P, 6, 6); those of last nodes do not matter.
        path_psds: between each node and the next, (P, 3).
        path_firsts: first node of each path, and the end, (B + 1,).
        path_pivots_m: (B,).
        path_weights: the probability of each, (B,).
        queries_s: (M,).
        centers_m: out, (M, 3), as the rest.
        rotations: out, (M, 3, 3).
        rates: of x, y, yaw, z and the tilts, world axes, out, (M, 6).
        accelerations: of the same, out, (M, 6).
        covariances: along, across, up, roll, pitch, yaw, out, (M, 6, 6).
    """
    count = len(queries_s)
    axis_count, path_count = len(axis_psds), len(path_weights)
    values = np.zeros((count, 6))
    rates[:] = 0.0
    accelerations[:] = 0.0
    covariances[:] = 0.0
    axes = np.empty((axis_count, count, STATE))
    for k in range(axis_count):
        coordinate, weight = axis_coordinates[k], axis_weights[k]
        nodes = axis_nodes[axis_firsts[k] : axis_firsts[k + 1]]
        evaluate_axis(nodes, axis_psds[k], queries_s, axes[k])
        for m in range(count):
            values[m, coordinate] += weight * axes[k, m, 0]
            rates[m, coordinate] += weight * axes[k, m, 1]
            accelerations[m, coordinate] += weight * axes[k, m, 2]
    poses = np.empty((path_count, count, 3))
    twists = np.empty((count, 3))
    pushes = np.empty((count, 3))
    spreads = np.empty((path_count, count, 3, 3))
    for k in range(path_count):
        weight = path_weights[k]
        first, last = path_firsts[k], path_firsts[k + 1]
        evaluate(
            path_times_s[first:last],
            path_nodes[first:last],
            path_covariances[first:last],
            path_crosses[first:last],
            path_psds[first:last],
            path_pivots_m[k],
            queries_s,
            poses[k],
            twists,
            pushes,
            spreads[k],
        )
        for m in range(count):
            c, s = math.cos(poses[k, m, 2]), math.sin(poses[k, m, 2])
            for i in range(3):
                values[m, i] += weight * poses[k, m, i]
            rates[m, 0] += weight * (c * twists[m, 0] - s * twists[m, 1])
            rates[m, 1] += weight * (s * twists[m, 0] + c * twists[m, 1])
            rates[m, 2] += weight * twists[m, 2]
            accelerations[m, 0] += weight * (c * pushes[m, 0] - s * pushes[m, 1])
            accelerations[m, 1] += weight * (s * pushes[m, 0] + c * pushes[m, 1])
            accelerations[m, 2] += weight * pushes[m, 2]
    # The place of a coordinate in the covariance of the body.
    variances = np.empty(6)
    off = np.empty(3)
    for m in range(count):
        yaw = values[m, 2]
        c, s = math.cos(yaw), math.sin(yaw)
        variances[:] = 0.0
        for k in range(axis_count):
            coordinate = axis_coordinates[k]
            miss = axes[k, m, 0] - values[m, coordinate]
            variances[coordinate] += axis_weights[k] * (axes[k, m, 3] + miss * miss)
        out = covariances[m]
        # Those of x and y turned into the axes of the body.
        out[0, 0] = c * c * variances[0] + s * s * variances[1]
        out[1, 1] = s * s * variances[0] + c * c * variances[1]
        out[0, 1] = c * s * (variances[1] - variances[0])
        out[2, 2], out[3, 3], out[4, 4], out[5, 5] = (
            variances[3],
            variances[4],
            variances[5],
            variances[2],
        )
        for k in range(path_count):
            weight = path_weights[k]
            dx, dy = poses[k, m, 0] - values[m, 0], poses[k, m, 1] - values[m, 1]
            off[0], off[1] = c * dx + s * dy, -s * dx + c * dy
            off[2] = poses[k, m, 2] - yaw
            spread = spreads[k, m]
            out[0, 0] += weight * (spread[0, 0] + off[0] * off[0])
            out[1, 1] += weight * (spread[1, 1] + off[1] * off[1])
            out[5, 5] += weight * (spread[2, 2] + off[2] * off[2])
            out[0, 1] += weight * (spread[0, 1] + off[0] * off[1])
            out[0, 5] += weight * (spread[0, 2] + off[0] * off[2])
            out[1, 5] += weight * (spread[1, 2] + off[1] * off[2])
        out[1, 0], out[5, 0], out[5, 1] = out[0, 1], out[0, 5], out[1, 5]
        centers_m[m, 0], centers_m[m, 1], centers_m[m, 2] = (
            values[m, 0],
            values[m, 1],
            values[m, 3],
        )
        _turn(c, s, values[m, 4], values[m, 5], rotations[m])
