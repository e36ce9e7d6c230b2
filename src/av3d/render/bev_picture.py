"""Bird's-eye view of one frame, without a display: points, cuboids, ego, range rings, scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from av3d.logs.log import Log
from av3d.render.caption import draw_caption, frame_caption
from av3d.render.colours import (
    HeightRange,
    PointColour,
    highlight_inside,
    paint_cuboids,
    point_colour,
    point_colours,
)
from av3d.render.drawing import Fill
from av3d.render.overlay import draw_cuboids
from av3d.render.paint import Painter
from av3d.render.palette import CANVAS, TEXT, TEXT_2, TEXT_3
from av3d.render.placing import bev_drawings, tracks_in_frame
from av3d.render.point_grid import PointGrid
from av3d.render.points_in_image import paint_images
from av3d.render.splat import splat
from av3d.render.text import text_size_px
from av3d.render.trail import draw_trail, trail_in_bev
from av3d.render.views import OrthographicView
from av3d.tracks.track import Track
from av3d.types import FloatArray, Uint8Array

SPAN_M = 64.0
"""Metres along the shorter side of a picture unless a scale is asked for."""
EGO_AT = 0.68
"""Where the ego vehicle stands, as a part of the height from the top: one looks ahead."""
RING_STEP_M = 10.0
RING_COLOUR = "#2B313A"
EGO_OUTLINE_M = np.array([[2.9, 0.0], [1.7, 1.0], [-2.3, 1.0], [-2.3, -1.0], [1.7, -1.0]])
"""A sign, not a measure: about the size of a car, pointing forward, in the ego frame."""


def bev_view(size_px: tuple[int, int], metres_per_pixel: float | None = None) -> OrthographicView:
    """The view of `bev_picture`: in the ego frame, forward up, more room ahead than behind."""
    width_px, height_px = size_px
    scale = SPAN_M / max(min(size_px), 1) if metres_per_pixel is None else metres_per_pixel
    return OrthographicView(
        width_px,
        height_px,
        center_m=((EGO_AT - 0.5) * height_px * scale, 0.0),
        metres_per_pixel=scale,
    )


def bev_picture(
    log: Log,
    frame_index: int,
    tracks: Sequence[Track],
    *,
    size_px: tuple[int, int] = (1280, 720),
    metres_per_pixel: float | None = None,
    colour: PointColour | str = PointColour.HEIGHT,
    sweeps: int = 0,
    lidars: Sequence[str] | None = None,
    selected: str | None = None,
    heights: HeightRange | None = None,
    view: OrthographicView | None = None,
    caption: bool = True,
    patterns: bool | None = None,
    tag_limit: int | None = None,
) -> Uint8Array:
    """One frame from above: the points of all LiDARs and the cuboids at the frame's time.

    Args:
        log: the log.
        frame_index: which frame.
        tracks: what to draw.
        size_px: width and height of the picture.
        metres_per_pixel: scale; None: SPAN_M along the shorter side.
        colour: what the colour of a point says.
        sweeps: also draw the points of so many frames before and after it, ego motion removed.
        lidars: only the points of these LiDARs; None: of all.
        selected: ID of the track to highlight, with its trail.
        heights: range of the height ramp; None: measured on this frame.
        view: another view of the ego frame; its size then is the size of the picture.
        caption: write log, frame and time into the top left corner.
        patterns: line patterns of provenance; None: unless the view is crowded.
        tag_limit: at most so many tags.

    Returns:
        RGB, (height, width, 3) uint8.

    Raises:
        LogError: there is no such frame.
        InputFileError: a sweep cannot be read.
        PointColourError: there is no such colouring.
        InvalidViewError: a size or scale that is not positive.
    """
    view = view or bev_view(size_px, metres_per_pixel)
    cloud = log.merged_cloud(frame_index, sweeps, sweeps, lidars)
    colour = point_colour(colour)
    colours = point_colours(cloud, colour, heights=heights)
    placed = tracks_in_frame(log, frame_index, tracks)
    if colour is PointColour.CATEGORY:
        grid = PointGrid(cloud.points_m)
        paint_cuboids(colours, grid, [(item.cuboid, item.track.category) for item in placed])
    if colour is PointColour.CAMERA:
        paint_images(colours, log, frame_index, cloud.points_m, placed)
    chosen = next((item for item in placed if item.track.id == selected), None)
    if chosen is not None:
        highlight_inside(colours, cloud.points_m, chosen.cuboid)
    picture = splat(cloud.points_m, colours, view, _point_px(view))
    assert picture.dtype == np.uint8
    painter = Painter(picture.astype(np.uint8, copy=False))
    draw_rings(painter, view)
    draw_ego(painter, view)
    if chosen is not None:
        draw_trail(painter, trail_in_bev(log, frame_index, view, chosen.track))
    drawings = bev_drawings(log, frame_index, view, tracks, selected=selected, patterns=patterns)
    draw_cuboids(painter, drawings, tag_limit=tag_limit)
    draw_scale(painter, view)
    if caption:
        draw_caption(painter, log.name, frame_caption(log, frame_index))
    return painter.image


def ring_radii_m(view: OrthographicView) -> FloatArray:
    """Radii of the range rings around the ego that cross the canvas; wider apart when zoomed out."""
    corners = view.to_plane(
        np.array(
            [
                [0, 0], [view.width_px - 1, 0],
                [0, view.height_px - 1], [view.width_px - 1, view.height_px - 1],
            ]
        )
    )  # fmt: skip
    step = RING_STEP_M
    while step / view.metres_per_pixel < 60:
        step *= 2
    return np.arange(step, float(np.linalg.norm(corners, axis=1).max()), step)


def scale_bar_m(view: OrthographicView) -> float:
    """Length of the scale bar: the longest of 1, 2, 5, 10 ... m that is at most 110 px."""
    limit = 110 * view.metres_per_pixel
    steps = [value * 10.0**power for power in range(-3, 4) for value in (1, 2, 5)]
    return max((step for step in steps if step <= limit), default=steps[0])


def draw_rings(painter: Painter, view: OrthographicView) -> None:
    """Range rings around the ego with their distance, at the upper left."""
    center = view.to_pixels([0.0, 0.0])
    for radius_m in ring_radii_m(view):
        radius_px = radius_m / view.metres_per_pixel
        painter.circle((float(center[0]), float(center[1])), radius_px, RING_COLOUR, 1.0)
        words = f"{radius_m:.0f} m"
        width, height = text_size_px(words, "number")
        x, y = center + radius_px * np.array([-np.sqrt(0.5), -np.sqrt(0.5)])
        left, top = round(float(x) - width / 2), round(float(y) - height / 2)
        painter.rectangle((left - 3, top, left + width + 3, top + height), CANVAS, 0.8)
        painter.text(words, left, top, TEXT_3, "number")


def draw_ego(painter: Painter, view: OrthographicView) -> None:
    """The ego vehicle as a grey sign that points forward."""
    painter.fill(Fill(view.to_pixels(EGO_OUTLINE_M), TEXT_2, 0.9))
    x, y = view.to_pixels([0.0, -1.0])
    _, height = text_size_px("ego", "number")
    painter.text("ego", x + 6, y - height / 2, TEXT_2, "number")


def draw_scale(painter: Painter, view: OrthographicView) -> None:
    """The scale bar at the lower right."""
    metres = scale_bar_m(view)
    right, bottom = view.width_px - 20.0, view.height_px - 16.0
    left = right - metres / view.metres_per_pixel
    words = f"{metres:g} m"
    width, height = text_size_px(words, "number")
    ground = (round(left) - 8, round(bottom) - height - 6, round(right) + 9, round(bottom) + 7)
    painter.rectangle(ground, CANVAS, 0.8, 3)
    painter.line([[left, bottom], [right, bottom]], TEXT, 2.0)
    painter.text(words, (left + right - width) / 2, bottom - height - 3, TEXT, "number")


def _point_px(view: OrthographicView) -> int:
    """Larger points the closer one looks, so that surfaces stay surfaces."""
    return int(np.clip(round(0.15 / view.metres_per_pixel), 1, 4))
