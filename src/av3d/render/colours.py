"""Colours of points: by height, intensity, distance, time, category, class or LiDAR.

Colours out of camera images are in `av3d.render.points_in_image`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.logs.sweep import Sweep
from av3d.render.legend import Legend, LegendEntry, class_colour, class_entries
from av3d.render.palette import POINT_RAMP, POINT_SELECTED, Rgb, category_style, hex_to_rgb
from av3d.render.point_grid import PointGrid, points_inside
from av3d.types import Float32Array, IntArray, Uint8Array

FAR_M = 80.0
"""Distance at which dimming ends."""
FAR_DIM = 0.75
"""Brightness of points at FAR_M and beyond, relative to near ones."""
DARK_DIM = 0.72
"""Brightness of points without any intensity, relative to the brightest."""
CLASS_NAMES = ("semantic", "label", "semantic_label")
"""Names under which readers keep the class of a point."""
TIME_RAMP = ("#5E6BFF", "#4DB2F5", "#C9D2DC", "#FFC86B", "#F0703A")
"""Early to late; blue to orange is told apart by nearly all eyes."""
LIDAR_COLOURS = (
    "#56B4E9",
    "#E69F00",
    "#3ECF9E",
    "#CC79A7",
    "#F0E442",
    "#FF6A3D",
    "#B9A3FF",
    "#D5D9DE",
)
"""By index of the LiDAR; a ninth begins again."""
UNKNOWN = "#4A545F"
"""Points of which is not known what their colour would say."""
OTHERS_DIM = 0.5
"""Brightness of points outside of all cuboids, where colour says the category."""
_STEPS = 256
_SHADES = 32


class PointColour(StrEnum):
    """What the colour of a point says."""

    HEIGHT = "height"
    INTENSITY = "intensity"
    DISTANCE = "distance"
    TIME = "time"
    CATEGORY = "category"
    CAMERA = "camera"
    SEMANTIC = "semantic"
    LIDAR = "lidar"


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

    Height uses the ramp, dimmed by intensity and by distance; without intensity values nothing is
    dimmed by them. Category and camera give dim heights to which `paint_cuboids` and
    `paint_images` add what is known. What a point does not have leaves it grey.

    Args:
        cloud: points in the ego frame (z up, distances from its origin).
        colour: what the colour says.
        heights: range of the ramp; None: measured on this cloud.
    """
    points = cloud.points_m
    colour = point_colour(colour)
    if colour is PointColour.INTENSITY:
        if cloud.intensity is None:
            return _grey(len(points))
        value = _contrast(cloud.intensity)
        return ramp_colours()[_to_step(np.float32(0.12) + np.float32(0.88) * value)]
    if colour is PointColour.TIME:
        if cloud.time_offset_ns is None:
            return _grey(len(points))
        low_ns, high_ns = time_range_ns(cloud)
        part = (cloud.time_offset_ns - low_ns).astype(np.float32) / np.float32(high_ns - low_ns)
        return ramp_colours(TIME_RAMP)[_to_step(part)]
    x, y = points[:, 0], points[:, 1]
    # float32 throughout: it halves the time, and colours have 8 bits.
    distance = np.minimum(np.sqrt(x * x + y * y) / np.float32(FAR_M), np.float32(1))
    if colour is PointColour.DISTANCE:
        return ramp_colours()[_to_step(1 - distance)]
    dim = 1 - np.float32(1 - FAR_DIM) * distance
    if cloud.intensity is not None:
        dim *= np.float32(DARK_DIM) + np.float32(1 - DARK_DIM) * _contrast(cloud.intensity)
    if colour is PointColour.SEMANTIC:
        classes = point_classes(cloud)
        if classes is None:
            return _grey(len(points))
        table = np.array(
            [class_colour(number) for number in range(int(classes.max(initial=0)) + 1)]
        )
        return _shaded(table, classes, dim)
    if colour is PointColour.LIDAR:
        table = np.array([hex_to_rgb(text) for text in LIDAR_COLOURS])
        return _shaded(table, lidar_of_points(cloud) % len(LIDAR_COLOURS), dim)
    if colour in (PointColour.CATEGORY, PointColour.CAMERA):
        dim *= np.float32(OTHERS_DIM)
    span = heights or height_range(points)
    above = (points[:, 2] - np.float32(span.low_m)) / np.float32(span.high_m - span.low_m)
    return _shaded(ramp_colours(), _to_step(above), dim)


def point_legend(
    cloud: Sweep,
    colour: PointColour | str = PointColour.HEIGHT,
    *,
    heights: HeightRange | None = None,
    lidars: Sequence[str] = (),
    class_names: Mapping[int, str] | None = None,
    categories: Sequence[tuple[str, str]] = (),
) -> Legend:
    """What the colours of `point_colours` mean.

    Args:
        cloud: the same points.
        colour: what the colour says.
        heights: as there.
        lidars: names of the LiDARs by `extra["lidar"]`.
        class_names: names of semantic classes.
        categories: key and name of the categories that are painted over the points.
    """
    colour = point_colour(colour)
    ramp = _ramp(POINT_RAMP)
    if colour is PointColour.HEIGHT:
        span = heights or height_range(cloud.points_m)
        ground_m = span.low_m + 0.2  # the ramp of `height_range` begins so much under the ground
        return Legend(
            "Height above ground", "m", span.low_m - ground_m, span.high_m - ground_m, ramp
        )
    if colour is PointColour.INTENSITY:
        if cloud.intensity is None:
            return Legend("Intensity", note="this log has no intensity")
        return Legend("Intensity", "%", 0.0, _brightest(cloud.intensity) * 100, ramp)
    if colour is PointColour.DISTANCE:
        return Legend("Distance", "m", 0.0, FAR_M, ramp[::-1])
    if colour is PointColour.TIME:
        if cloud.time_offset_ns is None:
            return Legend("Time", note="this log has no times of points")
        low_ns, high_ns = time_range_ns(cloud)
        return Legend("Time in sweep", "ms", low_ns / 1e6, high_ns / 1e6, _ramp(TIME_RAMP))
    if colour is PointColour.SEMANTIC:
        classes = point_classes(cloud)
        if classes is None:
            return Legend("Class", note="this log has no classes of points")
        entries, note = class_entries(classes, class_names or {})
        return Legend("Class", entries=entries, note=note)
    if colour is PointColour.LIDAR:
        names = dict(enumerate(lidars or [cloud.lidar]))
        palette = [hex_to_rgb(LIDAR_COLOURS[n % len(LIDAR_COLOURS)]) for n in range(256)]
        entries, note = class_entries(lidar_of_points(cloud), names, palette)
        return Legend("LiDAR", entries=entries, note=note)
    if colour is PointColour.CATEGORY:
        styles = [(name, category_style(key)) for key, name in categories]
        named = tuple(LegendEntry(name, style.rgb, style.glyph) for name, style in styles)
        return Legend("Category", entries=named, note="" if named else "no cuboid in this frame")
    return Legend("Camera image", note="dim: seen by no camera")


def point_classes(cloud: Sweep) -> IntArray | None:
    """Semantic classes of the points, (N,), not negative; None where the log has none."""
    for name in CLASS_NAMES:
        if name in cloud.extra:
            return np.clip(cloud.extra[name].astype(np.int64), 0, 65_535)
    return None


def lidar_of_points(cloud: Sweep) -> IntArray:
    """Index of the LiDAR of each point, (N,); zeros for the sweep of one."""
    found = cloud.extra.get("lidar")
    return np.zeros(len(cloud), np.int64) if found is None else found.astype(np.int64)


def time_range_ns(cloud: Sweep) -> tuple[int, int]:
    """Between which offsets the ramp of times runs: those of all points but single strays."""
    offsets = cloud.time_offset_ns
    if offsets is None or len(offsets) == 0:
        return 0, 1
    low, high = np.percentile(offsets[:: max(len(offsets) // 20_000, 1)], [0.2, 99.8])
    return int(low), max(int(high), int(low) + 1)


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
    top = np.float32(_brightest(intensity))
    return np.sqrt(np.clip(intensity / top, np.float32(0), np.float32(1)))


def _brightest(intensity: Float32Array) -> float:
    """The intensity that gets the brightest colour."""
    sample = intensity[:: max(len(intensity) // 20_000, 1)]
    return max(float(np.percentile(sample, 99)), 1e-3) if len(sample) else 1.0


def _shaded(
    table: npt.NDArray[Any], rows: npt.NDArray[Any], brightness: npt.NDArray[np.float32]
) -> Uint8Array:
    """Rows of a table of colours (M, 3) at a brightness of 0 to 1 each, (N, 3)."""
    # 32 brightnesses of the table instead of a multiplication per point and channel.
    shades = np.rint(np.linspace(0, 1, _SHADES)[:, None, None] * table).astype(np.uint8)
    shade = (brightness * np.float32(_SHADES - 1) + np.float32(0.5)).astype(np.int32)
    colours: Uint8Array = shades.reshape(-1, 3).take(shade * len(table) + rows, axis=0)
    return colours


def _grey(count: int) -> Uint8Array:
    return np.full((count, 3), hex_to_rgb(UNKNOWN), dtype=np.uint8)


def _ramp(colours: Sequence[str]) -> tuple[Rgb, ...]:
    return tuple(hex_to_rgb(text) for text in colours)


def _to_step(value: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    scaled = np.clip(value, np.float32(0), np.float32(1)) * np.float32(_STEPS - 1)
    return (scaled + np.float32(0.5)).astype(np.int32)
