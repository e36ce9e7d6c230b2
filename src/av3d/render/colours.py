"""Colours of points: by height, intensity, distance or category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.logs.sweep import Sweep
from av3d.render.palette import POINT_RAMP, POINT_SELECTED, category_style, hex_to_rgb
from av3d.render.point_grid import PointGrid, points_inside
from av3d.types import Float32Array, Uint8Array

FAR_M = 80.0
"""Distance at which dimming ends."""
FAR_DIM = 0.75
"""Brightness of points at FAR_M and beyond, relative to near ones."""
DARK_DIM = 0.72
"""Brightness of points without any intensity, relative to the brightest."""
_STEPS = 256


class PointColour(StrEnum):
    """What the colour of a point says."""

    HEIGHT = "height"
    INTENSITY = "intensity"
    DISTANCE = "distance"
    CATEGORY = "category"


class PointColourError(Av3dError):
    """A colouring that there is not."""


def point_colour(name: PointColour | str) -> PointColour:
    """The colouring of a name; PointColourError lists the names there are."""
    try:
        return PointColour(name)
    except ValueError as error:
        names = " ".join(colour.value for colour in PointColour)
        raise PointColourError(
            f"points cannot be coloured by {str(name)!r}", "", f"use one of: {names}"
        ) from error


@dataclass(frozen=True)
class HeightRange:
    """The heights between which the ramp runs, metres in the frame of the points."""

    low_m: float
    high_m: float


def ramp_colours(colours: Sequence[str] = POINT_RAMP, steps: int = _STEPS) -> Uint8Array:
    """A ramp of "#RRGGBB" stops as a table, (steps, 3)."""
    stops = np.array([hex_to_rgb(colour) for colour in colours], dtype=np.float64)
    at = np.linspace(0, len(stops) - 1, steps)
    table = np.stack([np.interp(at, np.arange(len(stops)), stops[:, c]) for c in range(3)], axis=1)
    return np.asarray(np.rint(table), dtype=np.uint8)


def height_range(points_m: Float32Array) -> HeightRange:
    """Where the ground is and how high the ramp reaches above it.

    The ground is the most frequent height near the sensors; a tower, a bridge or a few points under
    the ground do not move the range. It spans 2 to 6 m.
    """
    points = points_m[:: max(len(points_m) // 20_000, 1)]
    near = np.maximum(np.abs(points[:, 0]), np.abs(points[:, 1])) < 30.0
    heights = points[near, 2] if near.sum() >= 100 else points[:, 2]
    if len(heights) == 0:
        return HeightRange(-0.2, 3.8)
    low, high = np.percentile(heights, [1, 97])
    counts, edges = np.histogram(heights, bins=max(int((high - low) / 0.2), 1), range=(low, high))
    ground = float(edges[int(counts.argmax())]) + 0.1
    return HeightRange(ground - 0.2, ground + float(np.clip(high - ground, 2.0, 6.0)))


def point_colours(
    cloud: Sweep,
    colour: PointColour | str = PointColour.HEIGHT,
    *,
    heights: HeightRange | None = None,
) -> Uint8Array:
    """Colours of all points of a cloud, (N, 3).

    Height and category use the height ramp, dimmed by intensity and by distance. Category looks like
    height until `paint_cuboids` adds the cuboids. Without intensity values nothing is dimmed by them.

    Args:
        cloud: points in the ego frame (z up, distances from its origin).
        colour: what the colour says.
        heights: range of the ramp; None: measured on this cloud.
    """
    points = cloud.points_m
    colour = point_colour(colour)
    if colour is PointColour.INTENSITY:
        value = (
            np.zeros(len(points), np.float32)
            if cloud.intensity is None
            else _contrast(cloud.intensity)
        )
        return ramp_colours()[_to_step(np.float32(0.12) + np.float32(0.88) * value)]
    x, y = points[:, 0], points[:, 1]
    # float32 throughout: it halves the time, and colours have 8 bits.
    distance = np.minimum(np.sqrt(x * x + y * y) / np.float32(FAR_M), np.float32(1))
    if colour is PointColour.DISTANCE:
        return ramp_colours()[_to_step(1 - distance)]
    span = heights or height_range(points)
    above = (points[:, 2] - np.float32(span.low_m)) / np.float32(span.high_m - span.low_m)
    step = _to_step(above)
    dim = 1 - np.float32(1 - FAR_DIM) * distance
    if cloud.intensity is not None:
        dim *= np.float32(DARK_DIM) + np.float32(1 - DARK_DIM) * _contrast(cloud.intensity)
    # 32 brightnesses of the table instead of a multiplication per point and channel.
    shades = np.linspace(0, 1, 32)[:, None, None] * ramp_colours()
    table = np.rint(shades).astype(np.uint8).reshape(-1, 3)
    colours: Uint8Array = table.take(
        (dim * np.float32(31) + np.float32(0.5)).astype(np.int32) * _STEPS + step, axis=0
    )
    return colours


def paint_cuboids(
    colours: Uint8Array,
    grid: PointGrid,
    cuboids: Sequence[tuple[Cuboid, str]],
) -> None:
    """Give the points inside each cuboid the colour of its category, in place.

    Args:
        colours: (N, 3), of the points of `grid`.
        grid: the points, in the frame of the cuboids.
        cuboids: cuboid and category; where two overlap the later one shows.
    """
    for cuboid, category in cuboids:
        colours[grid.inside(cuboid)] = category_style(category).rgb


def highlight_inside(colours: Uint8Array, points: PointGrid | Float32Array, cuboid: Cuboid) -> int:
    """Highlight the points inside the selected cuboid, in place; returns how many there are.

    Args:
        colours: (N, 3), of the points.
        points: (N, 3) in the frame of the cuboid, or their grid where there is one already.
        cuboid: the selected one.
    """
    if isinstance(points, PointGrid):
        inside = points.inside(cuboid)
    else:
        inside = points_inside(points, cuboid)
    colours[inside] = hex_to_rgb(POINT_SELECTED)
    return len(inside)


def _contrast(intensity: Float32Array) -> Float32Array:
    """Intensity 0..1 spread so that asphalt and paint differ: square root, 99th percentile is 1."""
    if len(intensity) == 0:
        return np.zeros(0, dtype=np.float32)
    sample = intensity[:: max(len(intensity) // 20_000, 1)]
    top = np.float32(max(float(np.percentile(sample, 99)), 1e-3))
    return np.sqrt(np.clip(intensity / top, np.float32(0), np.float32(1)))


def _to_step(value: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    scaled = np.clip(value, np.float32(0), np.float32(1)) * np.float32(_STEPS - 1)
    return (scaled + np.float32(0.5)).astype(np.int32)
