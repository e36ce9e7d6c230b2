"""Compiled loops of the smoother of one axis; import inside functions (numba compiles them).

One axis is a value and its rate. The rate is a Wiener process of spectral density q, so over a step h

    x' = F x + w,   F = [[1, h], [0, 1]],   cov(w) = Q = q [[h^3/3, h^2/2], [h^2/2, h]].

The filtered state is kept as a marginal and a conditional, value ~ N(v, p) and
rate | value ~ N(b + g (value - v), c). Measuring the value leaves g and c alone, and every prediction is
a sum of terms that are not negative, so nothing cancels: a pinned value (variance 0) and steps from a
millisecond to an hour go through the same lines. A flat prior on value and rate is the limit p = inf,
g = 1 / h, c = r / h^2 + q h / 3 at the second measurement, where r is the variance of the first.

Backwards, x_i given x_(i+1) and all measurements up to i is N(x_f + G (x_(i+1) - F x_f), S), with P the
filtered covariance, S = (P^-1 + M)^-1, M = F' Q^-1 F and G = S F' Q^-1. In terms of p, g and c

    S = [[p (1 + c m11), p (g - c m01)], [., g^2 p + c + c p m00]] / (det P det M + tr(P M) + 1),

again without a difference that could cancel and without an inverse of P. S and G are kept: they make
the smoothed covariance, the one between neighbours, and that of the state at any time between them.

Sources: Rauch, Tung and Striebel (1965) for the smoother; Wecker and Ansley (1983) for its equality with
the cubic smoothing spline; Barfoot, Tong and Sarkka (2014) for the state between the measurements.
"""

from __future__ import annotations

import numpy as np

from av3d.compiling import compiled
from av3d.types import FloatArray

NODE = 16
"""Numbers kept of a node; the columns are listed in `smooth_axis`."""

STATE = 6
"""Numbers of a state: value, rate, acceleration, and the covariance (vv, vr, rr) of value and rate."""


@compiled("float64(float64[::1], float64[::1], float64[::1], float64, float64, float64[:,::1])")
def filter_axis(
    times_s: FloatArray,
    values: FloatArray,
    variances: FloatArray,
    psd: float,
    rate_variance: float,
    nodes: FloatArray,
) -> float:
    """Filter one axis: columns 0:3 and 13:16 of the nodes, and the log evidence it returns.

    The arguments are those of `smooth_axis`.
    """
    flat = not np.isfinite(rate_variance)
    evidence = 0.0
    value, rate, p = values[0], 0.0, variances[0]
    g, c = 0.0, rate_variance
    for i in range(times_s.shape[0]):
        r = variances[i]
        if i > 0:
            h = times_s[i] - times_s[i - 1]
            if i == 1 and flat:
                g, c = 1.0 / h, p / (h * h) + psd * h / 3.0
                value, rate, p = values[1], (values[1] - values[0]) / h, r
                evidence -= np.log(h)
            else:
                # Four independent causes of (value, rate): the value (a1, g), the rate given it (h, 1),
                # and two of the noise, (a3, b3) and (0, sqrt(h) / 2).
                a1 = 1.0 + g * h
                a3, b3 = h * np.sqrt(h / 3.0), np.sqrt(3.0 * h) / 2.0
                var = p * a1 * a1 + c * h * h + psd * a3 * a3
                cov = p * a1 * g + c * h + psd * a3 * b3
                # Their determinant as a sum of squares (Cauchy and Binet).
                d13, d23 = a1 * b3 - a3 * g, h * b3 - a3
                det = p * (c + psd * (d13 * d13 + a1 * a1 * h / 4.0))
                det += psd * (c * (d23 * d23 + h * h * h / 4.0) + psd * a3 * a3 * h / 4.0)
                value += h * rate
                g, c = cov / var, det / var
                spread = var + r
                miss = values[i] - value
                evidence -= 0.5 * (np.log(2.0 * np.pi * spread) + miss * miss / spread)
                rate += g * (var / spread) * miss
                value = values[i] - r / spread * miss  # a pinned value to the last bit
                p = r * (var / spread)
        nodes[i, 0], nodes[i, 1], nodes[i, 2] = times_s[i], value, rate
        nodes[i, 13], nodes[i, 14], nodes[i, 15] = p, g, c
    return evidence


@compiled("float64(float64[::1], float64[::1], float64[::1], float64, float64, float64[:,::1])")
def smooth_axis(
    times_s: FloatArray,
    values: FloatArray,
    variances: FloatArray,
    psd: float,
    rate_variance: float,
    nodes: FloatArray,
) -> float:
    """Smooth one axis.

    Args:
        times_s: (K,), ascending strictly, K >= 1.
        values: (K,), finite.
        variances: (K,), finite, >= 0.
        psd: spectral density q of the acceleration, > 0, unit^2 / s^3.
        rate_variance: of the rate at the first node, > 0; infinity says that nothing is known.
        nodes: (K, NODE), out. Columns: 0 time, 1 value, 2 rate, 3:6 their covariance (vv, vr, rr),
            6:9 S (vv, vr, rr), 9:13 G (row by row), 13:16 p, g and c of the filter. S and G of the last
            node are 0.

    Returns:
        The log evidence: log density of the values, integrated over a flat prior on the value (and on
        the rate, where that is flat).
    """
    evidence = filter_axis(times_s, values, variances, psd, rate_variance, nodes)
    last = nodes[times_s.shape[0] - 1]
    p, g, c = last[13], last[14], last[15]
    last[3], last[4], last[5] = p, g * p, g * g * p + c
    last[6:13] = 0.0
    for i in range(times_s.shape[0] - 2, -1, -1):
        node, after = nodes[i], nodes[i + 1]
        h = after[0] - node[0]
        p, g, c = node[13], node[14], node[15]
        m00, m01, m11 = 12.0 / (psd * h * h * h), 6.0 / (psd * h * h), 4.0 / (psd * h)
        both = 12.0 / (psd * psd * h * h * h * h)
        if np.isfinite(c):
            det = 1.0 + p * (m00 + 2.0 * g * m01 + g * g * m11) + c * m11 + p * c * both
            s00 = p * (1.0 + c * m11) / det
            s01 = p * (g - c * m01) / det
            s11 = (g * g * p + c + c * p * m00) / det
        else:
            det = m11 + p * both
            s00, s01, s11 = p * m11 / det, -p * m01 / det, (1.0 + p * m00) / det
        # F' Q^-1 = [[m00, -m01], [m01, -m11 / 2]]
        g00, g01 = s00 * m00 + s01 * m01, -s00 * m01 - 0.5 * s01 * m11
        g10, g11 = s01 * m00 + s11 * m01, -s01 * m01 - 0.5 * s11 * m11
        value_miss, rate_miss = after[1] - (node[1] + h * node[2]), after[2] - node[2]
        node[1] += g00 * value_miss + g01 * rate_miss
        node[2] += g10 * value_miss + g11 * rate_miss
        p00, p01, p11 = after[3], after[4], after[5]
        q00, q01 = g00 * p00 + g01 * p01, g00 * p01 + g01 * p11
        q10, q11 = g10 * p00 + g11 * p01, g10 * p01 + g11 * p11
        node[3] = s00 + q00 * g00 + q01 * g01
        node[4] = s01 + q00 * g10 + q01 * g11
        node[5] = s11 + q10 * g10 + q11 * g11
        node[6], node[7], node[8] = s00, s01, s11
        node[9], node[10], node[11], node[12] = g00, g01, g10, g11
    return evidence


@compiled("void(float64[:,::1], float64, float64[::1], float64[:,:])")
def evaluate_axis(nodes: FloatArray, psd: float, times_s: FloatArray, states: FloatArray) -> None:
    """The posterior of one axis at any times.

    Args:
        nodes: (K, NODE) of `smooth_axis`.
        psd: the one the nodes were made with.
        times_s: (M,), in any order.
        states: (M, STATE), out. Before the first node and after the last the rate goes on; the
            covariance is infinite there if one node is all and its rate flat.
    """
    count = nodes.shape[0]
    for m in range(times_s.shape[0]):
        time = times_s[m]
        left, right = 0, count  # the first node after `time`, by halving
        while left < right:
            middle = (left + right) // 2
            if nodes[middle, 0] <= time:
                left = middle + 1
            else:
                right = middle
        if left in (0, count):
            node = nodes[0] if left == 0 else nodes[count - 1]
            h = time - node[0]
            away = abs(h)
            p00, p01, p11 = node[3], node[4], node[5]
            states[m, 0], states[m, 1], states[m, 2] = node[1] + h * node[2], node[2], 0.0
            states[m, 3], states[m, 4] = p00, p01
            if h != 0.0:  # 0 times an infinite variance is not a number
                states[m, 3] = p00 + h * (2.0 * p01 + h * p11) + psd * away * h * h / 3.0
                states[m, 4] = p01 + h * p11 + psd * away * h / 2.0
            states[m, 5] = p11 + psd * away
            continue
        node, after = nodes[left - 1], nodes[left]
        h = after[0] - node[0]
        u = (time - node[0]) / h
        w = 1.0 - u
        # The state given both neighbours: cubic Hermite, A x_i + B x_(i+1), and a Brownian bridge.
        a00, a01, a10, a11 = (
            w * w * (1.0 + 2.0 * u),
            h * u * w * w,
            -6.0 * u * w / h,
            w * (1.0 - 3.0 * u),
        )
        b00, b01, b10, b11 = (
            u * u * (3.0 - 2.0 * u),
            -h * u * u * w,
            6.0 * u * w / h,
            u * (3.0 * u - 2.0),
        )
        change = after[1] - node[1]
        states[m, 0] = node[1] + b00 * change + a01 * node[2] + b01 * after[2]
        states[m, 1] = b10 * change + a11 * node[2] + b11 * after[2]
        states[m, 2] = (
            (6.0 - 12.0 * u) / (h * h) * change
            + (6.0 * u - 4.0) / h * node[2]
            + (6.0 * u - 2.0) / h * after[2]
        )
        s00, s01, s11 = node[6], node[7], node[8]
        # x_i given x_(i+1) adds A G to B, so that only terms that are not negative are summed.
        c00, c01 = a00 * node[9] + a01 * node[11] + b00, a00 * node[10] + a01 * node[12] + b01
        c10, c11 = a10 * node[9] + a11 * node[11] + b10, a10 * node[10] + a11 * node[12] + b11
        p00, p01, p11 = after[3], after[4], after[5]
        v0, v1 = a00 * s00 + a01 * s01, a00 * s01 + a01 * s11
        y0, y1 = c00 * p00 + c01 * p01, c00 * p01 + c01 * p11
        bridge = psd * h * u * w
        states[m, 3] = (
            v0 * a00 + v1 * a01 + y0 * c00 + y1 * c01 + bridge * h * h * u * u * w * w / 3.0
        )
        states[m, 4] = (
            v0 * a10 + v1 * a11 + y0 * c10 + y1 * c11 + bridge * h * u * w * (w - u) / 2.0
        )
        states[m, 5] = (
            (a10 * s00 + a11 * s01) * a10
            + (a10 * s01 + a11 * s11) * a11
            + (c10 * p00 + c11 * p01) * c10
            + (c10 * p01 + c11 * p11) * c11
            + bridge * (1.0 - 3.0 * u * w)
        )


@compiled("void(float64[::1], float64[::1], float64[:,::1], float64[::1], float64, float64[:,:])")
def evidence_grid(
    times_s: FloatArray,
    values: FloatArray,
    variances: FloatArray,
    psds: FloatArray,
    rate_variance: float,
    evidences: FloatArray,
) -> None:
    """The log evidence of one axis for every pair of a noise and a spectral density.

    `variances` is (R, K), `psds` (Q,), > 0, and `evidences` (R, Q), out; the other arguments are those of
    `smooth_axis`.
    """
    nodes = np.empty((times_s.shape[0], NODE))
    for i in range(variances.shape[0]):
        for j in range(psds.shape[0]):
            evidences[i, j] = filter_axis(
                times_s, values, variances[i], psds[j], rate_variance, nodes
            )
