"""The compiled loop that says where a smoothed body is at any time; importing this compiles."""

from __future__ import annotations

import math

import numpy as np

from av3d.compiling import compiled
from av3d.tracks.motion.planar_kernels import arc
from av3d.types import FloatArray


@compiled(
    "void(float64[::1], float64[:,::1], float64[:,:,::1], float64[:,:,::1], float64[:,::1], float64,"
    " float64[::1], float64[:,::1], float64[:,::1], float64[:,::1], float64[:,:,::1])"
)
def evaluate(
    times_s: FloatArray,
    states: FloatArray,
    covariances: FloatArray,
    crosses: FloatArray,
    psd: FloatArray,
    pivot_m: float,
    queries_s: FloatArray,
    poses: FloatArray,
    twists: FloatArray,
    accelerations: FloatArray,
    spreads: FloatArray,
) -> None:
    """Pose, speeds, accelerations and covariance of the centre at any times.

    Between nodes the mean is cubic in the tangent space of the left one (with white noise on
    acceleration Hermite's cubic is the exact mean given both ends); outside, the twist stays.

    Args:
        times_s: of the nodes, (N,).
        states: the mode there, (N, 6).
        covariances: of the nodes, (N, 6, 6).
        crosses: of each with the next, (N - 1, 6, 6).
        psd: spectral densities as `smooth` takes them, (N - 1, 3).
        pivot_m: how far the centre is ahead of the pivot.
        queries_s: (M,).
        poses: x, y, yaw of the centre, out, (M, 3).
        twists: forward, lateral speed of the centre and yaw rate, out, (M, 3).
        accelerations: of the centre along the body's axes, and of the yaw, out, (M, 3).
        spreads: covariance along, across (of the body) and of yaw, out, (M, 3, 3).
    """
    n = len(times_s)
    jac = np.empty((3, 12))
    half = np.empty((3, 12))
    left = 0
    for j in range(len(queries_s)):
        query = queries_s[j]
        if not (times_s[left] <= query and (left >= n - 1 or query < times_s[left + 1])):
            left = np.searchsorted(times_s, query, side="right") - 1
            left = min(max(left, 0), n - 1)
        inside = left < n - 1 and query >= times_s[0]
        a = states[left]
        tau = query - times_s[left]
        jac[:] = 0.0
        ca = math.cos(a[2])
        sa = math.sin(a[2])
        # The path in the tangent space of the left node: g, its first and second derivative.
        if inside:
            b = states[left + 1]
            dt = times_s[left + 1] - times_s[left]
            theta = b[2] - a[2]
            scale, slope, _ = arc(0.5 * theta)
            middle = 0.5 * (a[2] + b[2])
            c = scale * math.cos(middle)
            s = scale * math.sin(middle)
            dx = b[0] - a[0]
            dy = b[1] - a[1]
            x0 = c * dx + s * dy
            x1 = -s * dx + c * dy
            ch = scale * math.cos(0.5 * theta)
            sh = scale * math.sin(0.5 * theta)
            e0 = ch * b[3] - sh * b[4] + b[5] * (slope * x0 + 0.5 * x1)
            e1 = sh * b[3] + ch * b[4] + b[5] * (slope * x1 - 0.5 * x0)
            u = tau / dt
            h1 = u * u * (3.0 - 2.0 * u)
            ha = tau * (1.0 - u) * (1.0 - u)
            hb = tau * u * (u - 1.0)
            d1 = 6.0 * u * (1.0 - u) / dt
            da = (1.0 - u) * (1.0 - 3.0 * u)
            db = u * (3.0 * u - 2.0)
            f1 = (6.0 - 12.0 * u) / (dt * dt)
            fa = (6.0 * u - 4.0) / dt
            fb = (6.0 * u - 2.0) / dt
            g0 = h1 * x0 + ha * a[3] + hb * e0
            g1 = h1 * x1 + ha * a[4] + hb * e1
            g2 = h1 * theta + ha * a[5] + hb * b[5]
            v0 = d1 * x0 + da * a[3] + db * e0
            v1 = d1 * x1 + da * a[4] + db * e1
            v2 = d1 * theta + da * a[5] + db * b[5]
            w0 = f1 * x0 + fa * a[3] + fb * e0
            w1 = f1 * x1 + fa * a[4] + fb * e1
            w2 = f1 * theta + fa * a[5] + fb * b[5]
            # How g changes with both nodes.
            jac[0, 0] = -h1 * c
            jac[0, 1] = -h1 * s
            jac[0, 2] = h1 * (0.5 * x1 - slope * x0)
            jac[0, 6] = h1 * c
            jac[0, 7] = h1 * s
            jac[0, 8] = h1 * (0.5 * x1 + slope * x0)
            jac[1, 0] = h1 * s
            jac[1, 1] = -h1 * c
            jac[1, 2] = h1 * (-0.5 * x0 - slope * x1)
            jac[1, 6] = -h1 * s
            jac[1, 7] = h1 * c
            jac[1, 8] = h1 * (-0.5 * x0 + slope * x1)
            jac[2, 2] = -h1
            jac[2, 8] = h1
            jac[0, 3] = ha
            jac[1, 4] = ha
            jac[2, 5] = ha
            jac[0, 9] = hb * ch
            jac[0, 10] = -hb * sh
            jac[0, 11] = hb * (slope * x0 + 0.5 * x1)
            jac[1, 9] = hb * sh
            jac[1, 10] = hb * ch
            jac[1, 11] = hb * (slope * x1 - 0.5 * x0)
            jac[2, 11] = hb
            noise = (tau * (1.0 - u)) ** 3 / 3.0
        else:
            g0 = tau * a[3]
            g1 = tau * a[4]
            g2 = tau * a[5]
            v0 = a[3]
            v1 = a[4]
            v2 = a[5]
            w0 = 0.0
            w1 = 0.0
            w2 = 0.0
            jac[0, 3] = tau
            jac[1, 4] = tau
            jac[2, 5] = tau
            noise = abs(tau) ** 3 / 3.0
        # From the tangent space to the plane: the pose is A Exp(g).
        scale, slope, bend = arc(0.5 * g2)
        ch = math.cos(0.5 * g2) / scale
        sh = math.sin(0.5 * g2) / scale
        p0 = ch * g0 - sh * g1
        p1 = sh * g0 + ch * g1
        yaw = a[2] + g2
        k0 = slope * g0 + 0.5 * g1
        k1 = slope * g1 - 0.5 * g0
        s0 = v0 - v2 * k0
        s1 = v1 - v2 * k1
        t0 = ch * s0 + sh * s1
        t1 = -sh * s0 + ch * s1
        z0 = w0 - w2 * k0 - v2 * (bend * v2 * g0 + slope * v0 + 0.5 * v1)
        z1 = w1 - w2 * k1 - v2 * (bend * v2 * g1 + slope * v1 - 0.5 * v0)
        r0 = ch * z0 + sh * z1 - v2 * slope * t0 + 0.5 * v2 * t1
        r1 = -sh * z0 + ch * z1 - v2 * slope * t1 - 0.5 * v2 * t0
        poses[j, 0] = a[0] + ca * p0 - sa * p1 + pivot_m * math.cos(yaw)
        poses[j, 1] = a[1] + sa * p0 + ca * p1 + pivot_m * math.sin(yaw)
        poses[j, 2] = yaw
        twists[j, 0] = t0
        twists[j, 1] = t1 + pivot_m * v2
        twists[j, 2] = v2
        accelerations[j, 0] = r0 - v2 * twists[j, 1]
        accelerations[j, 1] = r1 + pivot_m * w2 + v2 * t0
        accelerations[j, 2] = w2
        # Errors of g and of the left node, in the body at the query, at the centre.
        for m in range(12):
            y0 = jac[0, m] - jac[2, m] * k0
            y1 = jac[1, m] - jac[2, m] * k1
            half[0, m] = ch * y0 + sh * y1
            half[1, m] = -sh * y0 + ch * y1
            half[2, m] = jac[2, m]
        cg = math.cos(yaw)
        sg = math.sin(yaw)
        half[0, 0] += cg
        half[0, 1] += sg
        half[1, 0] -= sg
        half[1, 1] += cg
        q0 = -(sa * p0 + ca * p1)
        q1 = ca * p0 - sa * p1
        half[0, 2] += cg * q0 + sg * q1
        half[1, 2] += -sg * q0 + cg * q1
        half[2, 2] += 1.0
        for m in range(12):
            half[1, m] += pivot_m * half[2, m]
        size = 12 if inside else 6
        edge = min(left, n - 1)
        cov = covariances[edge]
        for p in range(3):
            for q in range(3):
                spreads[j, p, q] = 0.0
        for k in range(size):
            b0 = 0.0
            b1 = 0.0
            b2 = 0.0
            for m in range(size):
                if k < 6 and m < 6:
                    x = cov[k, m]
                elif k < 6:
                    x = crosses[left, k, m - 6]
                elif m < 6:
                    x = crosses[left, m, k - 6]
                else:
                    x = covariances[left + 1, k - 6, m - 6]
                b0 += x * half[0, m]
                b1 += x * half[1, m]
                b2 += x * half[2, m]
            for p in range(3):
                spreads[j, p, 0] += half[p, k] * b0
                spreads[j, p, 1] += half[p, k] * b1
                spreads[j, p, 2] += half[p, k] * b2
        if n > 1:
            q_row = min(left, n - 2)
            spreads[j, 0, 0] += noise * psd[q_row, 0]
            turned = noise * psd[q_row, 2]
            spreads[j, 1, 1] += noise * psd[q_row, 1] + pivot_m * pivot_m * turned
            spreads[j, 1, 2] += pivot_m * turned
            spreads[j, 2, 1] += pivot_m * turned
            spreads[j, 2, 2] += turned
