"""Placing tags so that none covers another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from av3d.render.drawing import Tag

GAP_PX = 4.0
"""Between a tag and what it names, and between two tags."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class PlacedTag:
    """A tag and its rectangle: left, top, right, bottom in pixels."""

    tag: Tag
    box_px: Box


def place_tags(
    tags: Sequence[Tag],
    sizes_px: Sequence[tuple[float, float]],
    canvas_px: tuple[int, int],
    *,
    keep_clear: Sequence[Box] = (),
    limit: int | None = None,
) -> list[PlacedTag]:
    """Choose which tags show and where, lowest rank first; the rest wait for the pointer.

    A tag stands above (or hangs below) its anchor; one that would leave the canvas is moved back
    inside, one whose anchor is far outside is left out.

    Args:
        tags: what asks for a place.
        sizes_px: width and height of each.
        canvas_px: width and height of the canvas.
        keep_clear: rectangles that only the first tag may cover, such as the selected cuboid.
        limit: at most so many tags.
    """
    placed: list[PlacedTag] = []
    order = sorted(range(len(tags)), key=lambda index: (tags[index].rank, tags[index].text))
    for index in order:
        if limit is not None and len(placed) >= limit:
            break
        tag, (width, height) = tags[index], sizes_px[index]
        x, y = tag.anchor_px
        if not (-width <= x <= canvas_px[0] + width and -height <= y <= canvas_px[1] + height):
            continue
        left = min(max(x - (width / 2 if tag.centred else 0), 0.0), max(canvas_px[0] - width, 0.0))
        top = y + GAP_PX if tag.hangs else y - GAP_PX - height
        top = min(max(top, 0.0), max(canvas_px[1] - height, 0.0))
        box = (left, top, left + width, top + height)
        if any(_overlap(box, other.box_px) for other in placed):
            continue
        if placed and any(_overlap(box, other) for other in keep_clear):
            continue
        placed.append(PlacedTag(tag, box))
    return placed


def _overlap(first: Box, second: Box) -> bool:
    return (
        first[0] < second[2] + GAP_PX
        and second[0] < first[2] + GAP_PX
        and first[1] < second[3] + GAP_PX / 2
        and second[1] < first[3] + GAP_PX / 2
    )
