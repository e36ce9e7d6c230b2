"""The highest point of a function of a few numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from scipy.optimize import minimize

from av3d.types import FloatArray


def climb(
    height: Callable[[FloatArray], float], start: FloatArray, reach: float, evaluations: int
) -> FloatArray:
    """Where a function is highest near a start, by the simplex of Nelder and Mead (1965).

    Scores of images have many small bumps, which a gradient would stop at.

    Args:
        height: the function; numbers are scaled so that 1 matters as much in each.
        start: where to begin, (N,).
        reach: size of the first simplex.
        evaluations: how often the function may be asked.
    """
    options: Any = {
        "initial_simplex": np.vstack([start, start + reach * np.eye(len(start))]),
        "xatol": 0.02,
        "fatol": 1e-5,
        "maxfev": evaluations,
        "adaptive": True,
    }
    solve = cast(Any, minimize)  # its overloads want dictionaries of literal keys
    result = solve(lambda values: -height(values), start, method="Nelder-Mead", options=options)
    return np.asarray(result.x, dtype=np.float64)
