"""What is painted on a car's shell: windows, lamps, doors, bumpers, plates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.simulate.cars import ARCH_GAP_M, CarStyle
from av3d.types import BoolArray, Float32Array, FloatArray

GLASS_COLOR = (0.012, 0.015, 0.017)
TRIM_COLOR = (0.016, 0.016, 0.017)
HEAD_LAMP = (0.75, 0.78, 0.8)
TAIL_LAMP = (0.42, 0.012, 0.012)
PLATE = (0.72, 0.72, 0.68)


@dataclass(frozen=True, eq=False)
class Painted:
    """Surface values per point.

    Attributes:
        albedo: diffuse reflectance, (N, 3).
        gloss: strength of mirror reflection at normal incidence, (N,).
        glass: where light and laser pass through, (N,).
        retro: where light is sent back to its source (lamps, plates), (N,).
    """

    albedo: Float32Array
    gloss: Float32Array
    glass: BoolArray
    retro: BoolArray


def paint_car(
    style: CarStyle, points_m: FloatArray, normals: FloatArray, tint: FloatArray
) -> Painted:
    """Look up the paint of points on the shell.

    Args:
        style: kind of car.
        points_m: in the car's frame (floor centre), (N, 3).
        normals: outward in the car's frame, (N, 3).
        tint: colour of the car at each point, (N, 3).
    """
    length, _, height = style.size_lwh_m
    x, y, z = points_m[:, 0] / length, np.abs(points_m[:, 1]), points_m[:, 2] / height
    top = style.top(x)
    w = style.half_width_m(x)
    albedo = tint.astype(np.float32)
    gloss = np.full(len(x), 0.05, dtype=np.float32)

    side = np.abs(normals[:, 1]) > 0.5
    cabin = top - style.belt > 0.13
    glass = side & cabin & (z > style.belt + 0.025) & (z < top - 0.05 - 0.02 * (top > 0.9))
    if style.panel_from > -1:
        glass &= x > style.panel_from
    pillar = np.zeros(len(x), dtype=bool)
    for at in style.pillars:
        pillar |= np.abs(x - at) < 0.011
    roof_half = w * (0.955 - 2 * style.tumble * np.clip((top - style.belt) / 0.3, 0, 1))
    screen = ~side & (np.abs(normals[:, 0]) > 0.28) & (z > style.belt + 0.045) & (z < 0.955)
    screen &= y < roof_half * 0.93 + 0.02
    front = normals[:, 0] > 0
    if style.panel_from > -1:
        screen &= front | (z > 0.6) & (y < 0.8 * w) & (y > 0.06)
    else:
        screen &= top - style.belt > 0.05
    glass |= screen

    trim = z < 0.19
    wheel = style.wheel_m / height
    for axle in style.axles:
        reach = np.hypot(points_m[:, 0] - axle * length, points_m[:, 2] - style.wheel_m)
        trim |= (reach < style.wheel_m + ARCH_GAP_M + 0.045) & (z < 2.6 * wheel)
    trim |= (x > 0.462) & (z > 0.24) & (z < 0.42) & (y < 0.52 * w)
    seam = np.zeros(len(x), dtype=bool)
    doors = [*style.pillars[:2], style.axles[1] - 0.085]
    for at in doors:
        lean = 0.012 * np.clip((0.45 - z) / 0.3, 0, 1)
        seam |= side & (np.abs(x - at - lean) * length < 0.008) & (z > 0.2) & (z < style.belt)
    handle = np.zeros(len(x), dtype=bool)
    for at in style.pillars[:2]:
        near_belt = np.abs(z - (style.belt - 0.07)) * height < 0.014
        handle |= side & near_belt & (np.abs(x - at - 0.032) * length < 0.085)

    head = (x > 0.41) & (y > 0.52 * w) & (z > 0.425) & (z < 0.545) & (normals[:, 2] < 0.75)
    tail_low, tail_high = (0.45, 0.6) if style.panel_from < 0 else (0.3, 0.52)
    tail = (x < -0.455) & (y > 0.6 * w) & (z > tail_low) & (z < tail_high)
    plate = (np.abs(x) > 0.47) & (y < 0.26)
    plate &= np.where(x > 0, np.abs(z - 0.3) < 0.04, np.abs(z - 0.4) < 0.038)

    def put(where: BoolArray, color: tuple[float, float, float], shine: float) -> None:
        albedo[where] = color
        gloss[where] = shine

    put(trim, TRIM_COLOR, 0.02)
    albedo[seam] *= 0.12
    put(handle, (0.05, 0.05, 0.05), 0.1)
    put(glass, GLASS_COLOR, 0.09)
    put(glass & pillar, TRIM_COLOR, 0.03)
    glass &= ~pillar
    put(head, HEAD_LAMP, 0.12)
    put(tail, TAIL_LAMP, 0.08)
    put(tail & (z < tail_low + 0.045), (0.62, 0.6, 0.58), 0.08)
    put(plate, PLATE, 0.02)
    return Painted(albedo, gloss, glass, head | tail | plate)
