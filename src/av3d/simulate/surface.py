"""What the materials look like: colours and textures at places, for cameras and for the laser."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.simulate.ground import STREET_PITCH_M, distance_to_kerb_m
from av3d.simulate.mesh import Material
from av3d.simulate.noise import noise
from av3d.types import BoolArray, Float32Array, IntArray

ZEBRA_M = (10.4, 13.4)
STOP_LINE_M = (14.4, 14.8)
PARKING_LINE_M = 3.45
MARKS_FROM_M = 15.5

_ASPHALT: Float32Array = np.array([1.0, 0.985, 0.96], dtype=np.float32)
_ROAD_PAINT: Float32Array = np.array([0.66, 0.65, 0.61], dtype=np.float32)
_MORTAR: Float32Array = np.array([0.46, 0.43, 0.39], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Surface:
    """Optical values per point.

    Attributes:
        albedo: diffuse reflectance, (N, 3).
        gloss: mirror reflection at normal incidence, (N,).
        emission: light of its own, as a factor on albedo, (N,).
        glass: where most laser light passes, (N,).
        retro: where light goes back to its source, (N,).
        leaf: where light shines through, (N,).
    """

    albedo: Float32Array
    gloss: Float32Array
    emission: Float32Array
    glass: BoolArray
    retro: BoolArray
    leaf: BoolArray


def static_surface(
    material: IntArray,
    tint: Float32Array,
    points_m: Float32Array,
    uv: Float32Array,
    distance_m: Float32Array,
) -> Surface:
    """Look up materials at places in the world; textures fade with distance to avoid flicker.

    Args:
        material: Material values, (N,).
        tint: base colours, (N, 3).
        points_m: in the world frame, (N, 3).
        uv: texture coordinates, (N, 2).
        distance_m: from the viewer, (N,).
    """
    count = len(material)
    albedo = tint.astype(np.float32)
    gloss = np.zeros(count, np.float32)
    retro = np.zeros(count, dtype=bool)

    def where(*kinds: Material) -> IntArray:
        return np.flatnonzero(np.isin(material, [int(kind) for kind in kinds]))

    rows = where(Material.ROAD)
    if len(rows):
        albedo[rows], retro[rows] = _road(points_m[rows], distance_m[rows])
    rows = where(Material.PAVEMENT, Material.KERB)
    if len(rows):
        albedo[rows] *= _paving(points_m[rows], distance_m[rows], material[rows])[:, None]
    rows = where(Material.WALL, Material.PLAIN, Material.ROOF, Material.FIELD, Material.BRICK)
    if len(rows):
        albedo[rows] *= _weathering(points_m[rows], distance_m[rows])[:, None]
    rows = where(Material.BRICK)
    if len(rows):
        albedo[rows] = _bricks(albedo[rows], uv[rows], distance_m[rows])
    rows = where(Material.WALL, Material.BRICK)
    # Splashes and shade at the foot of a wall.
    albedo[rows] *= (1 - 0.3 * np.exp(-np.maximum(uv[rows, 1], 0) / 0.9))[:, None]
    rows = where(Material.ROOF)
    if len(rows):
        course = np.mod(uv[rows, 1] / 0.32, 1)
        fade = np.exp(-distance_m[rows] / 35)
        albedo[rows] *= (1 - 0.35 * fade * (course < 0.2))[:, None]
    rows = where(Material.WINDOW)
    if len(rows):
        frame = _window_frame(uv[rows])
        albedo[rows] = np.where(frame[:, None], np.float32(0.62), albedo[rows] * 0.8)
        gloss[rows] = np.where(frame, 0.0, 0.16)
    rows = where(Material.GLASS)
    gloss[rows] = 0.12
    rows = where(Material.METAL)
    gloss[rows] = 0.06
    glass = np.isin(material, [int(Material.WINDOW), int(Material.GLASS)]) & (gloss > 0)
    retro |= material == int(Material.SIGN)
    emission = np.where(material == int(Material.LAMP), np.float32(3.0), np.float32(0.0))
    leaf = np.asarray(material == int(Material.LEAF))
    return Surface(albedo, gloss, emission.astype(np.float32), glass, retro, leaf)


def _road(points_m: Float32Array, distance_m: Float32Array) -> tuple[Float32Array, BoolArray]:
    """Asphalt with patches, wheel tracks and paint; which points are paint."""
    x, y = points_m[:, 0], points_m[:, 1]
    near = np.exp(-distance_m / 14)
    grain = noise(x, y, 3.3, seed=10, roughness=0.35) - 0.5
    stain = noise(x, y, 31.0, seed=11, roughness=1.3) - 0.5
    wear = noise(x, y, 7.7, seed=12, roughness=0.9)
    level = 0.105 * (1 + 0.5 * stain + 0.75 * near * grain)
    fx, fy = _folded(x), _folded(y)
    for across, along in ((np.abs(fy), np.abs(fx)), (np.abs(fx), np.abs(fy))):
        tracks = np.exp(-(((across - 1.0) / 0.33) ** 2)) + np.exp(-(((across - 2.5) / 0.33) ** 2))
        level = level * (1 - 0.13 * tracks * (along > 6))
        gutter = np.clip((across - 5.35) / 0.45, 0, 1) * (along > 11) * (across < 5.9)
        level = level * (1 - 0.4 * gutter)
        # Oil where cars stand.
        level = level * (1 - 0.22 * np.exp(-(((across - 4.65) / 0.5) ** 2)) * (along > 16) * wear)
    # Tar lines: cracks that were sealed.
    crack = noise(x, y, 23.0, seed=13, roughness=1.5)
    level = level * np.where(np.abs(crack - 0.5) < 0.0016 + 0.0 * near, 0.45, 1.0)
    color = _ASPHALT * level[:, None]
    paint = road_paint(x, y)
    cover = np.where(paint, 0.55 + 0.43 * np.clip((wear - 0.28) * 5, 0, 1), 0)[:, None]
    color = color + (_ROAD_PAINT - color) * cover
    return color.astype(np.float32), np.asarray(paint & (wear > 0.35))


def road_paint(x_m: Float32Array, y_m: Float32Array) -> BoolArray:
    """Where the road is painted: zebras, stop lines, centre lines and parking bays.

    Traffic keeps to the right.
    """
    paint: BoolArray = np.zeros(len(x_m), dtype=bool)
    on_road = distance_to_kerb_m(x_m, y_m) < 0
    fx, fy = _folded(x_m), _folded(y_m)
    for along, across, approach in ((fx, fy, np.sign(fx) * fy), (fy, fx, -np.sign(fy) * fx)):
        a, c = np.abs(along), np.abs(across)
        street = (c < 5.8) & (a > 9.5)
        zebra = (a > ZEBRA_M[0]) & (a < ZEBRA_M[1]) & (np.mod(across + 0.25, 1.0) < 0.5) & (c < 5.4)
        stop = (a > STOP_LINE_M[0]) & (a < STOP_LINE_M[1]) & (approach > 0.12) & (approach < 3.4)
        beyond = a > STOP_LINE_M[1]
        solid = beyond & (a < 22)
        centre = (c < 0.065) & (solid | (beyond & (np.mod(a, 6.0) < 3.0)))
        bay = (a > MARKS_FROM_M) & (np.abs(c - PARKING_LINE_M) < 0.05)
        tee = (a > MARKS_FROM_M) & (np.mod(a - MARKS_FROM_M, 5.6) < 0.1) & (c > 3.45) & (c < 4.3)
        paint |= street & (zebra | stop | centre | bay | tee)
    return np.asarray(paint & on_road)


def _folded(value: Float32Array) -> Float32Array:
    """Distance from the nearest crossing along one axis, with sign."""
    return np.asarray(np.mod(value + STREET_PITCH_M / 2, STREET_PITCH_M) - STREET_PITCH_M / 2)


def _paving(points_m: Float32Array, distance_m: Float32Array, material: IntArray) -> Float32Array:
    x, y = points_m[:, 0], points_m[:, 1]
    near = np.exp(-distance_m / 16)
    row = np.floor(y / 0.6)
    u = np.mod(x / 0.9 + 0.5 * np.mod(row, 2), 1)
    v = np.mod(y / 0.6, 1)
    joint = (u < 0.02) | (v < 0.03)
    slab = np.mod(np.sin(np.floor(x / 0.9 + 0.5 * np.mod(row, 2)) * 12.99 + row * 78.2) * 43758, 1)
    level = 1 + 0.16 * (slab - 0.5) * np.exp(-distance_m / 40)
    level = level * np.where(joint, 1 - 0.5 * near, 1.0)
    kerb = material == int(Material.KERB)
    level = np.where(kerb, 1 - 0.5 * near * (np.mod(x + y, 1.0) < 0.02), level)
    dirt = noise(x, y, 9.0, seed=14, roughness=1.1) - 0.5
    grain = noise(x, y, 2.3, seed=15, roughness=0.4) - 0.5
    return np.asarray(level * (1 + 0.35 * dirt + 0.3 * near * grain), dtype=np.float32)


def _weathering(points_m: Float32Array, distance_m: Float32Array) -> Float32Array:
    x = points_m[:, 0] + points_m[:, 1]
    broad = noise(x, points_m[:, 2] * 0.5, 17.0, seed=16, roughness=1.3) - 0.5
    fine = noise(x, points_m[:, 2], 2.9, seed=17, roughness=0.5) - 0.5
    return np.asarray(1 + 0.22 * broad + 0.16 * fine * np.exp(-distance_m / 15), dtype=np.float32)


def _bricks(albedo: Float32Array, uv: Float32Array, distance_m: Float32Array) -> Float32Array:
    fade = np.exp(-distance_m / 14)[:, None]
    row = np.floor(uv[:, 1] / 0.085)
    shift = uv[:, 0] / 0.26 + 0.5 * np.mod(row, 2)
    joint = (np.mod(uv[:, 1] / 0.085, 1) < 0.14) | (np.mod(shift, 1) < 0.05)
    tone = np.mod(np.sin(np.floor(shift) * 12.99 + row * 78.2) * 43758, 1)[:, None]
    brick = albedo * (1 + 0.5 * (tone - 0.5) * fade)
    mortar = np.where(joint[:, None], _MORTAR, brick)
    return np.asarray(brick + (mortar - brick) * fade, dtype=np.float32)


def _window_frame(uv: Float32Array) -> BoolArray:
    """Frame and glazing bars on the unit square of a window."""
    u, v = uv[:, 0], uv[:, 1]
    edge = (u < 0.055) | (u > 0.945) | (v < 0.045) | (v > 0.955)
    return np.asarray(edge | (np.abs(u - 0.5) < 0.028) | (np.abs(v - 0.68) < 0.02))
