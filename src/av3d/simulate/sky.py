"""Sun, sky, clouds and haze."""

from __future__ import annotations

import numpy as np

from av3d.simulate.noise import noise
from av3d.types import Float32Array

SUN_DIRECTION: Float32Array = np.array([-0.58, -0.33, 0.70], dtype=np.float32)
SUN_DIRECTION /= np.linalg.norm(SUN_DIRECTION)
SUN_COLOR: Float32Array = np.array([3.3, 2.95, 2.5], dtype=np.float32)
AMBIENT_SKY: Float32Array = np.array([0.74, 0.86, 1.02], dtype=np.float32)
AMBIENT_GROUND: Float32Array = np.array([0.34, 0.31, 0.27], dtype=np.float32)
HAZE: Float32Array = np.array([0.70, 0.79, 0.90], dtype=np.float32)
HAZE_M = 520.0
"""Distance at which haze takes 63 % of the light."""

_ZENITH: Float32Array = np.array([0.15, 0.36, 0.82], dtype=np.float32)
_HORIZON: Float32Array = np.array([0.74, 0.83, 0.93], dtype=np.float32)
_CLOUD: Float32Array = np.array([1.02, 1.0, 0.98], dtype=np.float32)
_GLOW: Float32Array = np.array([1, 0.93, 0.8], dtype=np.float32)
_HILL: Float32Array = np.array([0.34, 0.44, 0.50], dtype=np.float32)
_TOWN: Float32Array = np.array([0.40, 0.40, 0.41], dtype=np.float32)
_STREET: Float32Array = np.array([0.20, 0.20, 0.20], dtype=np.float32)


def sky(directions: Float32Array, *, clouds: bool = True) -> Float32Array:
    """Radiance of the sky in unit directions (N, 3), (N, 3); hills stand along the horizon."""
    up = np.clip(directions[:, 2], 0, 1)
    blend = (1 - up) ** 4.5
    color = _ZENITH + (_HORIZON - _ZENITH) * blend[:, None]
    towards = np.clip(directions @ SUN_DIRECTION, 0, 1)
    color = color + (0.35 * towards**12 + 2.5 * towards**900)[:, None] * _GLOW
    if clouds:
        scale = 1 / (up + 0.16)
        x, y = directions[:, 0] * scale, directions[:, 1] * scale
        shape = noise(x, y, 11.0, seed=3, roughness=1.65)
        detail = noise(x, y, 3.1, seed=4, roughness=1.3)
        cover = np.clip((shape + 0.22 * (detail - 0.5) - 0.53) * 5.0, 0, 1) * (1 - blend * 0.85)
        color = color + (_CLOUD * (0.88 + 0.12 * detail[:, None]) - color) * (0.85 * cover)[:, None]
        azimuth = np.arctan2(directions[:, 1], directions[:, 0])
        crest = 0.012 + 0.022 * noise(azimuth * 2, azimuth * 0.0 + 7, 4 * np.pi, seed=5,
                                      roughness=1.6)  # fmt: skip
        hill = directions[:, 2] < crest
        color[hill] = _HILL + 0.35 * (HAZE - _HILL)
    return np.asarray(color * 1.15, dtype=np.float32)


def mirrored(directions: Float32Array) -> Float32Array:
    """What a window or a car's paint mirrors: sky above, houses around, the street below."""
    z = directions[:, 2]
    azimuth = np.arctan2(directions[:, 1], directions[:, 0])
    roofs = 0.22 + 0.25 * noise(azimuth * 3, azimuth * 0 + 1, 6 * np.pi, seed=6, roughness=1.2)
    color = sky(directions, clouds=False)
    town = np.clip((roofs - z) * 14, 0, 1)[:, None]
    color = color * (1 - town) + _TOWN * town
    street = np.clip(-z * 9 + 0.3, 0, 1)[:, None]
    return np.asarray(color * (1 - street) + _STREET * street, dtype=np.float32)


def tone_map(radiance: Float32Array) -> Float32Array:
    """Radiance to display values 0..1.

    Filmic curve after K. Narkowicz, "ACES filmic tone mapping curve" (2016), then the sRGB gamma
    approximated by 2.2.
    """
    x = radiance * np.float32(0.5)
    mapped = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
    return np.asarray(mapped ** np.float32(1 / 2.2), dtype=np.float32)
