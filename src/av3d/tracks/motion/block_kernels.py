"""Compiled loops of block-tridiagonal normal equations; importing this compiles.

The information is H = L L^T by blocks: one of `NODE` rows for each node on the diagonal, and one above it
for what a node shares with the next. Everything costs the same for each node.
"""

from __future__ import annotations

import math

import numpy as np

from av3d.compiling import compiled
from av3d.types import FloatArray

NODE = 6
"""Rows of a block."""


@compiled("boolean(float64[:,::1])")
def _factor(a: FloatArray) -> bool:
    """Lower Cholesky factor of a symmetric matrix in place; whether it is positive definite."""
    n = a.shape[0]
    for j in range(n):
        d = a[j, j]
        for k in range(j):
            d -= a[j, k] * a[j, k]
        if not d > 0.0:
            return False
        d = math.sqrt(d)
        a[j, j] = d
        for i in range(j + 1, n):
            s = a[i, j]
            for k in range(j):
                s -= a[i, k] * a[j, k]
            a[i, j] = s / d
    return True


@compiled("void(float64[:,::1], float64[:,::1])")
def _solve(factor: FloatArray, b: FloatArray) -> None:
    """Columns of b become those of (factor factor^T)^-1 b."""
    n, m = b.shape
    for i in range(n):
        for k in range(i):
            f = factor[i, k]
            for c in range(m):
                b[i, c] -= f * b[k, c]
        f = 1.0 / factor[i, i]
        for c in range(m):
            b[i, c] *= f
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            f = factor[k, i]
            for c in range(m):
                b[i, c] -= f * b[k, c]
        f = 1.0 / factor[i, i]
        for c in range(m):
            b[i, c] *= f


@compiled(
    "boolean(float64[:,:,::1], float64[:,:,::1], float64[:,::1], float64,"
    " float64[:,:,::1], float64[:,:,::1], float64[:,::1])"
)
def eliminate(
    diagonal: FloatArray,
    upper: FloatArray,
    gradient: FloatArray,
    damping: float,
    factors: FloatArray,
    gains: FloatArray,
    step: FloatArray,
) -> bool:
    """Block Cholesky of the (damped) normal equations and their solution, -H^-1 g, into `step`."""
    n = len(diagonal)
    column = np.empty((NODE, 1))
    for i in range(n):
        f = factors[i]
        for p in range(NODE):
            for q in range(NODE):
                f[p, q] = diagonal[i, p, q]
            f[p, p] += damping * diagonal[i, p, p]
            step[i, p] = -gradient[i, p]
        if i > 0:
            for p in range(NODE):
                for k in range(NODE):
                    u = upper[i - 1, k, p]
                    step[i, p] -= u * step[i - 1, k]
                    for q in range(NODE):
                        f[p, q] -= u * gains[i - 1, k, q]
        if not _factor(f):
            return False
        for p in range(NODE):
            column[p, 0] = step[i, p]
        _solve(f, column)
        for p in range(NODE):
            step[i, p] = column[p, 0]
        if i < n - 1:
            gains[i] = upper[i]
            _solve(f, gains[i])
    for i in range(n - 2, -1, -1):
        for p in range(NODE):
            for q in range(NODE):
                step[i, p] -= gains[i, p, q] * step[i + 1, q]
    return True


@compiled("void(float64[:,:,::1], float64[:,:,::1], float64[:,:,::1], float64[:,:,::1])")
def marginalise(
    factors: FloatArray, gains: FloatArray, covariances: FloatArray, crosses: FloatArray
) -> None:
    """Blocks of the inverse of the normal equations, from the last node back: own and with the next."""
    n = len(factors)
    for i in range(n - 1, -1, -1):
        own = covariances[i]
        own[:] = 0.0
        for p in range(NODE):
            own[p, p] = 1.0
        _solve(factors[i], own)
        if i == n - 1:
            continue
        for p in range(NODE):
            for q in range(NODE):
                total = 0.0
                for k in range(NODE):
                    total -= gains[i, p, k] * covariances[i + 1, k, q]
                crosses[i, p, q] = total
        for p in range(NODE):
            for q in range(NODE):
                for k in range(NODE):
                    own[p, q] -= crosses[i, p, k] * gains[i, q, k]
