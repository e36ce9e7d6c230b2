"""Smooth random textures that repeat, looked up at any place and scale."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from av3d.types import Float32Array

SIZE = 512


@cache
def _texture(seed: int, roughness: float) -> Float32Array:
    """Tileable noise with mean 0.5, (SIZE, SIZE): random phases under a power-law spectrum."""
    rng = np.random.default_rng(seed)
    frequency = np.fft.fftfreq(SIZE)
    radius = np.hypot(frequency[:, None], frequency[None, :])
    radius[0, 0] = 1.0
    spectrum = np.fft.fft2(rng.normal(size=(SIZE, SIZE))) / radius**roughness
    spectrum[0, 0] = 0.0
    field = np.fft.ifft2(spectrum).real
    return np.asarray(np.clip(0.5 + field / (5 * field.std()), 0, 1), dtype=np.float32)


def noise(
    x: npt.ArrayLike, y: npt.ArrayLike, period: float, *, seed: int = 0, roughness: float = 1.0
) -> Float32Array:
    """Noise in 0..1 at places (N,), bilinear; it repeats after `period`.

    `roughness` is the exponent of the spectrum: 0 is white, 1 fine-grained, 2 like clouds.
    """
    texture = _texture(seed, roughness)
    u = np.mod(np.asarray(x, dtype=np.float32) * np.float32(SIZE / period), SIZE)
    v = np.mod(np.asarray(y, dtype=np.float32) * np.float32(SIZE / period), SIZE)
    i, j = u.astype(np.int32), v.astype(np.int32)
    fu, fv = u - i, v - j
    i, j = i % SIZE, j % SIZE
    i1, j1 = (i + 1) % SIZE, (j + 1) % SIZE
    low = texture[i, j] * (1 - fu) + texture[i1, j] * fu
    high = texture[i, j1] * (1 - fu) + texture[i1, j1] * fu
    return np.asarray(low * (1 - fv) + high * fv, dtype=np.float32)
