"""Array and value types shared by all layers."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
Float32Array: TypeAlias = npt.NDArray[np.float32]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.int64]
Uint8Array: TypeAlias = npt.NDArray[np.uint8]

Scalar: TypeAlias = str | bool | int | float
"""A value of an attribute."""

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
