"""Shapes cut to a rectangle, where several views share a pane."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from av3d.geometry.clip import clip_polygon_to_rectangle, clip_segments_to_rectangle
from av3d.present.drawing import Drawing, Polygon, Rect, as_points
from av3d.present.theme import Colour
from av3d.types import FloatArray


def clipped_lines(
    drawing: Drawing,
    points: FloatArray,
    rect: Rect,
    paint: Colour,
    width: float,
    *,
    dash: Sequence[float] = (),
) -> None:
    """The part of a chain of points (N, 2) that is inside a rectangle."""
    if _is_inside(points, rect):
        drawing.dashed(as_points(points), dash, paint, width)
        return
    low, high = (rect.x, rect.y), (rect.right, rect.bottom)
    starts, ends, kept = clip_segments_to_rectangle(points[:-1], points[1:], low, high)
    for start, end in zip(starts[kept], ends[kept], strict=True):
        drawing.dashed(as_points(np.array([start, end])), dash, paint, width)


def clipped_fill(drawing: Drawing, corners: FloatArray, rect: Rect, paint: Colour) -> None:
    """The part of a convex polygon (N, 2) that is inside a rectangle."""
    if _is_inside(corners, rect):
        drawing.add(Polygon(as_points(corners), paint))
        return
    inside = clip_polygon_to_rectangle(corners, (rect.x, rect.y), (rect.right, rect.bottom))
    if len(inside) >= 3:
        drawing.add(Polygon(as_points(inside), paint))


def _is_inside(points: FloatArray, rect: Rect) -> bool:
    return all(rect.x <= x <= rect.right and rect.y <= y <= rect.bottom for x, y in points.tolist())
