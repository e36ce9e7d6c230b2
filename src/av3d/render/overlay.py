"""Cuboids drawn over a picture: far ones first, tags on top of all."""

from __future__ import annotations

from collections.abc import Sequence

from av3d.render.drawing import CuboidDrawing, in_drawing_order
from av3d.render.paint import Painter
from av3d.render.tags import PlacedTag, place_tags
from av3d.render.text import text_size_px
from av3d.types import Uint8Array

TAG_HEIGHT_PX = 20
_PAD_PX = 5
_ICON_PX = 16
_ICON_GAP_PX = 4
_RADIUS_PX = 3


def draw_cuboids(
    onto: Uint8Array | Painter, drawings: Sequence[CuboidDrawing], *, tag_limit: int | None = None
) -> list[PlacedTag]:
    """Draw cuboids and their tags, in place.

    Args:
        onto: RGB or RGBA, (H, W, 3) or (H, W, 4) uint8, contiguous; or the painter of one.
        drawings: from `av3d.render.outline`, in any order.
        tag_limit: at most so many tags.

    Returns:
        The tags that found a place.
    """
    painter = onto if isinstance(onto, Painter) else Painter(onto)
    for drawing in in_drawing_order(drawings):
        for fill in drawing.fills:
            painter.fill(fill)
        painter.strokes(drawing.strokes)
    return draw_tags(painter, drawings, tag_limit=tag_limit)


def draw_tags(
    painter: Painter, drawings: Sequence[CuboidDrawing], *, tag_limit: int | None = None
) -> list[PlacedTag]:
    """Draw the tags of cuboids: nearest first, none over another or over the selected cuboid."""
    tags = [drawing.tag for drawing in drawings if drawing.tag is not None]
    placed = place_tags(
        tags,
        [tag_size_px(tag.text) for tag in tags],
        (painter.width_px, painter.height_px),
        keep_clear=[drawing.extent_px for drawing in drawings if drawing.selected],
        limit=tag_limit,
    )
    for item in placed:
        _draw_tag(painter, item)
    return placed


def tag_size_px(text: str) -> tuple[int, int]:
    """Width and height of a tag with an icon."""
    width, _ = text_size_px(text, "tag")
    return 2 * _PAD_PX + _ICON_PX + _ICON_GAP_PX + width, TAG_HEIGHT_PX


def _draw_tag(painter: Painter, item: PlacedTag) -> None:
    tag = item.tag
    left, top, right, bottom = (round(value) for value in item.box_px)
    painter.rectangle((left, top, right, bottom), tag.fill, tag.fill_alpha, _RADIUS_PX)
    painter.icon(tag.glyph, left + _PAD_PX, top + (TAG_HEIGHT_PX - _ICON_PX) // 2, tag.icon_colour)
    _, text_height = text_size_px(tag.text, "tag")
    painter.text(
        tag.text,
        left + _PAD_PX + _ICON_PX + _ICON_GAP_PX,
        top + (bottom - top - text_height) / 2,
        tag.text_colour,
        "tag",
    )
