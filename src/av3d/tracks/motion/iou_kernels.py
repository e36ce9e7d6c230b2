"""Compiled loops: how much a box shares with itself when its pose is off.

Importing this module compiles the kernels (some seconds the first time, then from numba's cache), so
it is imported inside the functions that use it. The kernels release the GIL.

Of every box half the sides are used: `a` along, `b` across, `h` up.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from av3d.compiling import compiled

if TYPE_CHECKING:
    from av3d.types import FloatArray

_HALF_NORMAL_TAIL = 3.5
"""Standard deviations: what lies further out, .0005 of all, need not be told apart."""

_HALF_TURNS = 3
"""Multiples of half a turn, either way, that are told apart where a heading is unknown."""

_LEAST_TURN = 1e-7
"""Sine below which two sides count as turned by that much: sides on one line share no crossing."""


@compiled(
    "UniTuple(float64, 4)(float64, float64, float64, float64, float64, float64, float64, float64)"
)
def _sides_inside(
    x: float,
    y: float,
    c: float,
    s: float,
    over_c: float,
    over_s: float,
    a: float,
    b: float,
) -> tuple[float, float, float, float]:
    """How much of each side of a rectangle at (x, y), turned by (c, s), lies in the one at 0.

    Left, right, front and back. Each side is a line of which both pairs of limits leave an interval,
    after Y.-D. Liang and B. Barsky, "A new concept and method for line clipping", ACM TOG 3 (1984) 1.
    """
    reach_x, reach_y = a * abs(over_c), b * abs(over_s)
    u, v = -(x - b * s) * over_c, -(y + b * c) * over_s
    left = min(a, u + reach_x, v + reach_y) - max(-a, u - reach_x, v - reach_y)
    u, v = -(x + b * s) * over_c, -(y - b * c) * over_s
    right = min(a, u + reach_x, v + reach_y) - max(-a, u - reach_x, v - reach_y)
    reach_x, reach_y = a * abs(over_s), b * abs(over_c)
    u, v = (x + a * c) * over_s, -(y + a * s) * over_c
    front = min(b, u + reach_x, v + reach_y) - max(-b, u - reach_x, v - reach_y)
    u, v = (x - a * c) * over_s, -(y - a * s) * over_c
    back = min(b, u + reach_x, v + reach_y) - max(-b, u - reach_x, v - reach_y)
    return max(left, 0.0), max(right, 0.0), max(front, 0.0), max(back, 0.0)


@compiled("float64(float64, float64, float64, float64, float64, float64)")
def shared_area(x: float, y: float, c: float, s: float, a: float, b: float) -> float:
    """Area that a rectangle shares with the same one moved by (x, y) and turned by cosine and sine.

    By the divergence theorem: twice an area is the sum over its sides of their length times their
    distance from the origin; the sides of the shared polygon are parts of those of both rectangles.
    """
    if abs(s) < _LEAST_TURN:
        s = _LEAST_TURN
    if abs(c) < _LEAST_TURN:
        c = _LEAST_TURN
    over_c, over_s = 1.0 / c, 1.0 / s
    left, right, front, back = _sides_inside(x, y, c, s, over_c, over_s, a, b)
    # The first one as the second one sees it.
    u, v = c * x + s * y, c * y - s * x
    own_left, own_right, own_front, own_back = _sides_inside(-u, -v, c, -s, over_c, -over_s, a, b)
    twice = left * (b + v) + right * (b - v) + front * (a + u) + back * (a - u)
    return 0.5 * (twice + b * (own_left + own_right) + a * (own_front + own_back))


@compiled("float64(float64)")
def _below(x: float) -> float:
    """Chance that a standard normal value is below x."""
    if abs(x) > 7.0:  # short of 1 by 1e-12; most of the time the limits are far away
        return 1.0 if x > 0.0 else 0.0
    return 0.5 * math.erfc(-0.7071067811865476 * x)


@compiled("float64(float64, float64[::1])")
def _quantile(chance: float, quantiles: FloatArray) -> float:
    """Between entries of a table at equal steps from 0 to 1, linear."""
    at = chance * (len(quantiles) - 1)
    index = min(int(at), len(quantiles) - 2)
    step = at - index
    return float((1.0 - step) * quantiles[index] + step * quantiles[index + 1])


@compiled("UniTuple(float64, 2)(float64, float64, float64, float64, float64, float64[::1])")
def _cut(
    mean: float, sigma: float, reach: float, uniform: float, normal: float, quantiles: FloatArray
) -> tuple[float, float]:
    """A normal value where it lies within ±reach, and the chance that it does.

    Args:
        mean: of it.
        sigma: its standard deviation, may be 0.
        reach: of the limits.
        uniform: which value, 0 to 1.
        normal: the standard normal quantile of `uniform`.
        quantiles: of the standard normal at equal steps from 0 to 1.
    """
    if reach <= 0.0 or sigma <= 0.0:
        return mean, 1.0 if abs(mean) < reach else 0.0
    low, high = (-reach - mean) / sigma, (reach - mean) / sigma
    if low < -_HALF_NORMAL_TAIL and high > _HALF_NORMAL_TAIL:
        return mean + sigma * normal, 1.0
    below = _below(low)
    chance = _below(high) - below
    z = _quantile(below + chance * uniform, quantiles)
    return mean + sigma * min(max(z, low), high), chance


@compiled("float64(float64, float64, float64, float64[::1])")
def _aligned(sigma: float, narrow: float, uniform: float, quantiles: FloatArray) -> float:
    """A turn by almost a multiple of half a turn, with which a rectangle lies on itself again.

    Args:
        sigma: of all turns; the more probable a multiple is, the more often it is drawn.
        narrow: standard deviation about the multiples.
        uniform: which turn, 0 to 1.
        quantiles: of the standard normal at equal steps from 0 to 1.
    """
    total = 0.0
    for half_turns in range(-_HALF_TURNS, _HALF_TURNS + 1):
        total += math.exp(-0.5 * (half_turns * math.pi / sigma) ** 2)
    rest = uniform * total
    half_turns = -_HALF_TURNS
    share = math.exp(-0.5 * (half_turns * math.pi / sigma) ** 2)
    while rest > share and half_turns < _HALF_TURNS:
        rest -= share
        half_turns += 1
        share = math.exp(-0.5 * (half_turns * math.pi / sigma) ** 2)
    return half_turns * math.pi + narrow * _quantile(min(rest / share, 1.0), quantiles)


@compiled("float64(float64, float64, float64)")
def _aligned_density(turn: float, sigma: float, narrow: float) -> float:
    """How dense `_aligned` draws a turn, in units of the density of a standard normal value at 0."""
    total, density = 0.0, 0.0
    for half_turns in range(-_HALF_TURNS, _HALF_TURNS + 1):
        share = math.exp(-0.5 * (half_turns * math.pi / sigma) ** 2)
        off = (turn - half_turns * math.pi) / narrow
        density += share * math.exp(-0.5 * off * off)
        total += share
    return density / (narrow * total)


@compiled(
    "void(float64[:,::1], float64[:,:,::1], float64, float64[:,::1], float64[:,::1],"
    " float64[:,::1], float64[:,::1], float64[::1], float64[::1])"
)
def integrate(
    sizes_lwh_m: FloatArray,
    covariances: FloatArray,
    threshold: float,
    uniforms: FloatArray,
    normals: FloatArray,
    layers: FloatArray,
    heights: FloatArray,
    quantiles: FloatArray,
    result: FloatArray,
) -> None:
    """Expected overlap with a box of the same size whose pose is off by a normal error.

    The error is drawn one coordinate after the other: yaw, across, along. Of the two shifts only the
    part is drawn with which the boxes meet at all, with the chance of that part as weight, so that
    large errors cost no accuracy. Source: A. Genz, "Numerical computation of multivariate normal
    probabilities", Journal of Computational and Graphical Statistics 1 (1992) 141. Of the height a
    few values are taken each time, as they cost little. Where the heading of a long box is unknown,
    half of the turns are drawn where it lies on itself, and all are weighted by how dense they are
    drawn in sum. Source: E. Veach and L. J. Guibas, "Optimally combining sampling techniques for
    Monte Carlo rendering", SIGGRAPH 1995, the balance heuristic.

    Args:
        sizes_lwh_m: (M, 3).
        covariances: of along, across, up, yaw, (M, 4, 4), positive semi-definite.
        threshold: of the overlap; with it the chance to reach it is computed. 0: the expectation.
        uniforms: points in the unit cube for yaw, across, along, (N, 3).
        normals: the standard normal quantiles of `uniforms`.
        layers: points in the unit interval for the height, (N, K).
        heights: the standard normal quantiles of `layers`.
        quantiles: of the standard normal at equal steps from 0 to 1.
        result: (M,), out.
    """
    # Of equal volumes, an overlap t is a shared part of 2 t / (1 + t) of either.
    least = 2.0 * threshold / (1.0 + threshold)
    count, most = heights.shape
    for m in range(len(result)):
        a, b, h = 0.5 * sizes_lwh_m[m, 0], 0.5 * sizes_lwh_m[m, 1], 0.5 * sizes_lwh_m[m, 2]
        # Cholesky factor by rows, in the order yaw, across, along, up. A pivot that is 0 but for
        # rounding stands for a coordinate that the earlier ones determine.
        p = covariances[m]
        f00 = math.sqrt(max(p[3, 3], 0.0))
        over = 1.0 / f00 if f00 > 0.0 else 0.0
        f10, f20, f30 = p[1, 3] * over, p[0, 3] * over, p[2, 3] * over
        rest = p[1, 1] - f10 * f10
        f11 = math.sqrt(rest) if rest > 1e-13 * p[1, 1] else 0.0
        over = 1.0 / f11 if f11 > 0.0 else 0.0
        f21, f31 = (p[0, 1] - f20 * f10) * over, (p[1, 2] - f30 * f10) * over
        rest = p[0, 0] - f20 * f20 - f21 * f21
        f22 = math.sqrt(rest) if rest > 1e-13 * p[0, 0] else 0.0
        over = 1.0 / f22 if f22 > 0.0 else 0.0
        f32 = (p[0, 2] - f30 * f20 - f31 * f21) * over
        rest = p[2, 2] - f30 * f30 - f31 * f31 - f32 * f32
        f33 = math.sqrt(rest) if rest > 1e-13 * p[2, 2] else 0.0
        over_f11 = 1.0 / f11 if f11 > 0.0 else 0.0
        over_f22 = 1.0 / f22 if f22 > 0.0 else 0.0
        narrow = 2.0 * min(a, b) / max(a, b)
        total = 0.0
        for n in range(count):
            yaw, drawn = f00 * normals[n, 0], 1.0
            if f00 > 4.0 * narrow:
                if n % 2 == 1:
                    yaw = _aligned(f00, narrow, uniforms[n, 0], quantiles)
                wanted = math.exp(-0.5 * (yaw / f00) ** 2) / f00
                drawn = 2.0 * wanted / (wanted + _aligned_density(yaw, f00, narrow))
            e0 = yaw / f00 if f00 > 0.0 else 0.0
            c, s = math.cos(yaw), math.sin(yaw)
            mean = f10 * e0
            reach = b * (1.0 + abs(c) - 2.0 * least) + a * abs(s)
            y, chance = _cut(mean, f11, reach, uniforms[n, 1], normals[n, 1], quantiles)
            weight = drawn * chance
            e1 = (y - mean) * over_f11
            mean = f20 * e0 + f21 * e1
            reach = a * (1.0 + abs(c) - 2.0 * least) + b * abs(s)
            x, chance = _cut(mean, f22, reach, uniforms[n, 2], normals[n, 2], quantiles)
            weight *= chance
            if weight <= 0.0:
                continue
            e2 = (x - mean) * over_f22
            mean = f30 * e0 + f31 * e1 + f32 * e2
            floor = shared_area(x, y, c, s, a, b) / (4.0 * a * b)
            if least > 0.0:
                if floor >= least:
                    reach = 2.0 * h * (1.0 - least / floor)
                    if f33 > 0.0:
                        inside = _below((reach - mean) / f33) - _below((-reach - mean) / f33)
                    else:
                        inside = 1.0 if abs(mean) <= reach else 0.0
                    total += weight * inside
                continue
            part = 0.0
            for k in range(most):
                z, chance = _cut(mean, f33, 2.0 * h, layers[n, k], heights[n, k], quantiles)
                shared = floor * max(1.0 - abs(z) / (2.0 * h), 0.0)
                part += chance * shared / (2.0 - shared)
            total += weight * part / most
        result[m] = total / count
