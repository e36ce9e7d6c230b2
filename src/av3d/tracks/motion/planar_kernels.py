"""The compiled loops of the planar smoother; importing this compiles (see `av3d.compiling`).

A node is (x, y, yaw, forward, lateral, yaw rate): the pose of the pivot in the world (metres, radians)
and the speeds there along the axes of the body (metres and radians per second). From node a to node b
the pose goes by xi = Log(A^-1 B), which in the plane is, with the turn theta = yaw_b - yaw_a,

    xi = (chord in the frame half way between both yaws) * (theta / 2) / sin(theta / 2), theta.

With white noise of spectral density q on the accelerations of the body, the change of a speed over dt
has variance q dt, and what xi differs by from dt times the mean of both speeds is independent of it,
with variance q dt^3 / 12. The two do not change when time runs backwards.

The normal equations are block-tridiagonal; their Cholesky factors give the step, the evidence and the
covariances of nodes and neighbours at a cost linear in the nodes.

Sources: Barfoot, Tong and Sarkka, "Batch Continuous-Time Trajectory Estimation as Exactly Sparse
Gaussian Process Regression" (2014); Anderson and Barfoot, "Full STEAM Ahead" (2015) for poses.
"""

from __future__ import annotations

import math

import numpy as np

from av3d.compiling import compiled
from av3d.tracks.motion.block_kernels import NODE, eliminate, marginalise
from av3d.types import FloatArray, IntArray

_SMALL_RAD = 1e-3
"""Below this half angle the series of `arc` are exact to the last digits."""

_LEAST_VARIANCE = 1e-12
"""A micrometre and a micrometre per second: nodes nearer than that would drown all the others' digits."""


@compiled("UniTuple(float64, 3)(float64)")
def arc(half_rad: float) -> tuple[float, float, float]:
    """For half an angle, h / sin h, and its logarithm's first two derivatives by the whole angle."""
    if abs(half_rad) < _SMALL_RAD:
        square = half_rad * half_rad
        return (
            1.0 + square / 6.0,
            half_rad / 6.0 * (1.0 + square / 15.0),
            1.0 / 12.0 + square / 60.0,
        )
    sine = math.sin(half_rad)
    slope = 0.5 * (1.0 / half_rad - math.cos(half_rad) / sine)
    bend = 0.25 * (1.0 / (sine * sine) - 1.0 / (half_rad * half_rad))
    return half_rad / sine, slope, bend


@compiled("void(float64[::1], float64[::1], float64, float64[::1], float64[::1], float64[:,::1])")
def _between(
    a: FloatArray, b: FloatArray, dt: float, psd: FloatArray, r: FloatArray, jac: FloatArray
) -> None:
    """Whitened residuals of an interval (6,) and their Jacobian by both nodes (6, 12)."""
    theta = b[2] - a[2]
    scale, slope, _ = arc(0.5 * theta)
    middle = 0.5 * (a[2] + b[2])
    c = scale * math.cos(middle)
    s = scale * math.sin(middle)
    dx = b[0] - a[0]
    dy = b[1] - a[1]
    xi0 = c * dx + s * dy
    xi1 = -s * dx + c * dy
    jac[:] = 0.0
    for k in range(3):
        weight = 1.0 / math.sqrt(psd[k] * dt + _LEAST_VARIANCE)
        r[k] = (b[3 + k] - a[3 + k]) * weight
        jac[k, 3 + k] = -weight
        jac[k, 9 + k] = weight
        weight = 1.0 / math.sqrt(psd[k] * dt**3 / 12.0 + _LEAST_VARIANCE)
        xi = xi0 if k == 0 else (xi1 if k == 1 else theta)
        r[3 + k] = (xi - 0.5 * dt * (a[3 + k] + b[3 + k])) * weight
        jac[3 + k, 3 + k] = -0.5 * dt * weight
        jac[3 + k, 9 + k] = -0.5 * dt * weight
        if k == 0:
            jac[3, 0] = -c * weight
            jac[3, 1] = -s * weight
            jac[3, 6] = c * weight
            jac[3, 7] = s * weight
            jac[3, 2] = (0.5 * xi1 - slope * xi0) * weight
            jac[3, 8] = (0.5 * xi1 + slope * xi0) * weight
        elif k == 1:
            jac[4, 0] = s * weight
            jac[4, 1] = -c * weight
            jac[4, 6] = -s * weight
            jac[4, 7] = c * weight
            jac[4, 2] = (-0.5 * xi0 - slope * xi1) * weight
            jac[4, 8] = (-0.5 * xi0 + slope * xi1) * weight
        else:
            jac[5, 2] = -weight
            jac[5, 8] = weight


@compiled(
    "float64(float64[::1], float64[:,::1], int64[::1], float64[:,::1], float64[:,:,::1],"
    " float64[:,::1], float64[:,::1], float64, boolean,"
    " float64[:,:,::1], float64[:,:,::1], float64[:,::1])"
)
def _assemble(
    times_s: FloatArray,
    states: FloatArray,
    node_of: IntArray,
    poses: FloatArray,
    roots: FloatArray,
    psd: FloatArray,
    weights: FloatArray,
    pivot_m: float,
    derivatives: bool,
    diagonal: FloatArray,
    upper: FloatArray,
    gradient: FloatArray,
) -> float:
    """Cost (sum of squares) at the states; on demand its normal equations into the last three."""
    n = len(times_s)
    cost = 0.0
    r = np.empty(6)
    jac = np.empty((6, 12))
    if derivatives:
        diagonal[:] = 0.0
        upper[:] = 0.0
        gradient[:] = 0.0
    for i in range(n - 1):
        _between(states[i], states[i + 1], times_s[i + 1] - times_s[i], psd[i], r, jac)
        for m in range(6):
            cost += r[m] * r[m]
        if not derivatives:
            continue
        for p in range(12):
            total = 0.0
            for m in range(6):
                total += jac[m, p] * r[m]
            gradient[i + p // 6, p % 6] += total
        for p in range(6):
            for q in range(6):
                aa = 0.0
                ab = 0.0
                bb = 0.0
                for m in range(6):
                    aa += jac[m, p] * jac[m, q]
                    ab += jac[m, p] * jac[m, 6 + q]
                    bb += jac[m, 6 + p] * jac[m, 6 + q]
                diagonal[i, p, q] += aa
                upper[i, p, q] += ab
                diagonal[i + 1, p, q] += bb
    for i in range(n):
        for k in range(3):
            w = weights[i, k]
            e = states[i, 3 + k]
            cost += w * e * e
            if derivatives:
                gradient[i, 3 + k] += w * e
                diagonal[i, 3 + k, 3 + k] += w
    local = np.empty((3, 3))
    for j in range(len(node_of)):
        i = node_of[j]
        yaw = states[i, 2]
        cy = math.cos(yaw)
        sy = math.sin(yaw)
        cm = math.cos(poses[j, 2])
        sm = math.sin(poses[j, 2])
        ex = states[i, 0] + pivot_m * cy - poses[j, 0]
        ey = states[i, 1] + pivot_m * sy - poses[j, 1]
        e0 = cm * ex + sm * ey
        e1 = -sm * ex + cm * ey
        e2 = yaw - poses[j, 2]
        turned_x = -pivot_m * sy
        turned_y = pivot_m * cy
        j02 = cm * turned_x + sm * turned_y
        j12 = -sm * turned_x + cm * turned_y
        for m in range(3):
            w0 = roots[j, m, 0]
            w1 = roots[j, m, 1]
            w2 = roots[j, m, 2]
            r[m] = w0 * e0 + w1 * e1 + w2 * e2
            cost += r[m] * r[m]
            local[m, 0] = w0 * cm - w1 * sm
            local[m, 1] = w0 * sm + w1 * cm
            local[m, 2] = w0 * j02 + w1 * j12 + w2
        if derivatives:
            for p in range(3):
                for m in range(3):
                    gradient[i, p] += local[m, p] * r[m]
                    for q in range(3):
                        diagonal[i, p, q] += local[m, p] * local[m, q]
    return cost


@compiled("float64(float64[::1], float64[:,::1], float64[:,::1])")
def _log_prior(times_s: FloatArray, psd: FloatArray, weights: FloatArray) -> float:
    """Log of what makes the prior a density of all nodes but the first pose, without powers of 2 pi."""
    n = len(times_s)
    total = 0.0
    for k in range(3):
        # Speeds are a chain: the determinant of their tridiagonal information, by elimination.
        pivot = weights[0, k]
        for i in range(n - 1):
            dt = times_s[i + 1] - times_s[i]
            change = 1.0 / (psd[i, k] * dt + _LEAST_VARIANCE)
            total += 0.5 * math.log(pivot + change)
            total -= 0.5 * math.log(psd[i, k] * dt**3 / 12.0 + _LEAST_VARIANCE)
            pivot = weights[i + 1, k] + change * pivot / (pivot + change)
        total += 0.5 * math.log(pivot)
    return total


@compiled(
    "Tuple((float64, boolean))(float64[::1], float64[:,::1], int64[::1], float64[:,::1],"
    " float64[:,:,::1], float64[:,::1], float64[:,::1], float64, int64, boolean,"
    " float64[:,:,::1], float64[:,:,::1])"
)
def smooth(
    times_s: FloatArray,
    states: FloatArray,
    node_of: IntArray,
    poses: FloatArray,
    roots: FloatArray,
    psd: FloatArray,
    weights: FloatArray,
    pivot_m: float,
    iterations: int,
    marginals: bool,
    covariances: FloatArray,
    crosses: FloatArray,
) -> tuple[float, bool]:
    """Find the mode by Gauss-Newton, with Levenberg's damping where a step does not help.

    Args:
        times_s: of the nodes, strictly increasing, (N,).
        states: the start, overwritten by the mode, (N, 6).
        node_of: the node of each measurement, (M,).
        poses: measured x, y, yaw (near the start's branch of yaw), (M, 3).
        roots: square roots of their information, along, across and yaw of the measured body, (M, 3, 3).
        psd: spectral densities of the accelerations in each interval, forward, lateral, yaw, (N - 1, 3).
        weights: information that forward speed, lateral speed and yaw rate are zero, (N, 3).
        pivot_m: how far the measured centre is ahead of the pivot.
        iterations: at most.
        marginals: whether covariances are asked for.
        covariances: of the nodes, out, (N, 6, 6).
        crosses: of each node with the next, out, (N - 1, 6, 6).

    Returns:
        Laplace's log evidence but for the densities' powers of 2 pi and the determinants of the
        roots, and whether it converged.
    """
    n = len(times_s)
    diagonal = np.empty((n, NODE, NODE))
    upper = np.empty((n, NODE, NODE))
    gradient = np.empty((n, NODE))
    factors = np.empty((n, NODE, NODE))
    gains = np.empty((n, NODE, NODE))
    step = np.empty((n, NODE))
    trial = np.empty((n, NODE))
    damping = 0.0
    converged = False
    fresh = True
    cost = 0.0
    for _ in range(iterations):
        if fresh:
            cost = _assemble(
                times_s,
                states,
                node_of,
                poses,
                roots,
                psd,
                weights,
                pivot_m,
                True,
                diagonal,
                upper,
                gradient,
            )
        if not eliminate(diagonal, upper, gradient, damping, factors, gains, step):
            damping = max(10.0 * damping, 1e-6)
            fresh = False
            continue
        gain = 0.0
        for i in range(n):
            for p in range(NODE):
                gain -= gradient[i, p] * step[i, p]
                trial[i, p] = states[i, p] + step[i, p]
        if damping == 0.0 and gain < 1e-8 * (1.0 + 1e-4 * cost):
            converged = True
            break
        new = _assemble(
            times_s,
            trial,
            node_of,
            poses,
            roots,
            psd,
            weights,
            pivot_m,
            False,
            diagonal,
            upper,
            gradient,
        )
        if new <= cost:
            states[:] = trial
            fresh = True
            damping = 0.0 if damping < 1e-5 else 0.1 * damping
        else:
            damping = max(10.0 * damping, 1e-4)
            fresh = False
            if damping > 1e12:
                break
    if not converged:
        cost = _assemble(
            times_s,
            states,
            node_of,
            poses,
            roots,
            psd,
            weights,
            pivot_m,
            True,
            diagonal,
            upper,
            gradient,
        )
        damping = 0.0
        while not eliminate(diagonal, upper, gradient, damping, factors, gains, step):
            damping = max(10.0 * damping, 1e-15)
            if damping > 1.0:
                return -np.inf, False
    evidence = _log_prior(times_s, psd, weights) - 0.5 * cost
    for i in range(n):
        for p in range(NODE):
            evidence -= math.log(factors[i, p, p])
    if marginals:
        marginalise(factors, gains, covariances, crosses)
    return evidence, converged
