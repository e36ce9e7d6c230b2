"""Drawings of cuboids into a pane: strokes, fills and tags as shapes, and which one is hit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from av3d.present.drawing import (
    ICON_TINY,
    TINY_STRONG,
    Drawing,
    Polygon,
    Polyline,
    Rect,
    as_points,
)
from av3d.present.theme import colour
from av3d.render.drawing import CuboidDrawing, Tag, in_drawing_order
from av3d.render.tags import PlacedTag, place_tags
from av3d.types import FloatArray

TAG_HEIGHT = 20.0


def draw_cuboids(
    drawing: Drawing,
    cuboids: Sequence[CuboidDrawing],
    limit_px: float = 0,
    line_scale: float = 1.0,
) -> None:
    """Draw cuboids, far ones first.

    Args:
        drawing: where to.
        cuboids: in pixels of the pane.
        limit_px: those smaller both ways are left out.
        line_scale: makes lines thinner in small pictures.
    """
    for cuboid in in_drawing_order(cuboids):
        left, top, right, bottom = cuboid.bounds_px
        if not cuboid.selected and max(right - left, bottom - top) < limit_px:
            continue
        for fill in cuboid.fills:
            drawing.add(Polygon(as_points(fill.points_px), colour(fill.colour, fill.alpha)))
        for stroke in cuboid.strokes:
            paint = colour(stroke.colour, stroke.alpha)
            if stroke.dash:
                for piece in stroke.pieces_px().tolist():
                    ends = (tuple(piece[0]), tuple(piece[1]))
                    drawing.add(Polyline(ends, paint, stroke.width_px * line_scale))
            else:
                points = as_points(stroke.points_px)
                width = stroke.width_px * line_scale
                drawing.add(Polyline(points, paint, width, stroke.closed))


def tag_size(drawing: Drawing, tag: Tag) -> tuple[float, float]:
    """Width and height of a tag."""
    return 5 + 13 + 4 + drawing.measure(tag.text, TINY_STRONG) + 6, TAG_HEIGHT


def moved_inside(cuboid: CuboidDrawing, size: tuple[int, int]) -> Tag | None:
    """The tag, on the part of the cuboid that is on the canvas; None if no part is."""
    left, top, right, bottom = cuboid.bounds_px
    if cuboid.tag is None or right < 0 or bottom < 0 or left > size[0] or top > size[1]:
        return None
    x, y = cuboid.tag.anchor_px
    return replace(cuboid.tag, anchor_px=(min(max(x, 0.0), size[0]), min(max(y, 0.0), size[1])))


def draw_tags(
    drawing: Drawing,
    cuboids: Iterable[CuboidDrawing],
    size: tuple[int, int],
    *,
    limit: int | None = None,
    clear: Sequence[tuple[float, float, float, float]] = (),
) -> list[PlacedTag]:
    """Draw tags so that none covers another or a selected cuboid; the rest appear on hover."""
    cuboids = list(cuboids)
    wanted = [moved_inside(c, size) if c.selected else c.tag for c in cuboids]
    tags = [tag for tag in wanted if tag is not None]
    selected = [cuboid.bounds_px for cuboid in cuboids if cuboid.selected]
    placed = place_tags(
        tags,
        [tag_size(drawing, tag) for tag in tags],
        size,
        keep_clear=[*selected, *clear],
        limit=limit,
    )
    for item in placed:
        left, top, right, bottom = item.box_px
        left, top = round(left), round(top)
        tag = item.tag
        rect = Rect(left, top, round(right - left), bottom - top if bottom > top else TAG_HEIGHT)
        drawing.box(rect, colour(tag.fill, tag.fill_alpha), radius=2)
        drawing.text(left + 5, rect.centre[1], tag.glyph, ICON_TINY, colour(tag.icon_colour))
        drawing.text(
            left + 5 + 13 + 4, rect.centre[1], tag.text, TINY_STRONG, colour(tag.text_colour)
        )
    return placed


def hit(
    hulls: Iterable[tuple[str, FloatArray | np.ndarray[tuple[int, int], np.dtype[np.float32]]]],
    x: float,
    y: float,
    reach_px: float = 3.0,
) -> str | None:
    """The track whose outline (N, 2) is under a pixel; of several the smallest.

    The smallest wins because a pedestrian in front of a bus must be clickable inside the bus.
    """
    best: tuple[float, str] | None = None
    for track_id, hull in hulls:
        outline = np.asarray(hull, dtype=np.float32)
        if len(outline) < 3 or cv2.pointPolygonTest(outline, (x, y), True) < -reach_px:
            continue
        area = float(cv2.contourArea(outline))
        if best is None or area < best[0]:
            best = (area, track_id)
    return best[1] if best else None
