"""Points over the picture of a camera, as dots by distance or for looking at the calibration."""

from __future__ import annotations

import cv2
import numpy as np

from av3d.present.pictures import PictureSpec
from av3d.present.seeing import ImageOverlay
from av3d.render.camera_picture import POINT_STOPS
from av3d.render.colours import FAR_M, ramp_colours
from av3d.render.palette import hex_to_rgb
from av3d.render.points_in_image import ImagePoints, draw_dots
from av3d.types import Uint8Array

DOT_PX = 2
SMALL_SCALE = 0.35
"""In pictures smaller than this part of the image dots have one pixel, or they would cover it."""
EDGE_DOT_PX = 4
OUTLINE = "#FF4FD8"
"""Points on outlines: a colour that streets do not have."""
CHECK_STOPS = ("#F2EE8A", "#9BD06A", "#3FAF9B", "#2F7FC8", "#3A56B0")
"""Near to far, without the colour of outlines."""
DIMMED = 0.45
EDGE_STRENGTH = 0.9
"""Edges of the image are drawn in white, by the strength of their gradient times this."""
NOISE = 12
"""Of 255; weaker edges are not drawn."""


def draw_over(
    picture: Uint8Array, found: ImagePoints, spec: PictureSpec, overlay: ImageOverlay
) -> None:
    """Draw the points of an image over the part of it that a pane shows, in place.

    Args:
        picture: from `fit_picture`, (H, W, 4).
        found: the points, in pixels of the whole image.
        spec: which part of the image the picture is.
        overlay: POINTS gives dots from near to far; CHECK dims the image, draws its own edges in white
            and the points on outlines in OUTLINE: where calibration and time are right, they meet.
    """
    if overlay is ImageOverlay.NONE:
        return
    pixels = found.pixels * np.float32(spec.scale) + np.array(spec.offset_px, dtype=np.float32)
    shows = ((pixels > -1) & (pixels < (spec.width_px, spec.height_px))).all(axis=1)
    rows = np.flatnonzero(shows)
    rows = rows[np.argsort(-found.distance_m[rows], kind="stable")]
    table = ramp_colours(CHECK_STOPS if overlay is ImageOverlay.CHECK else POINT_STOPS)
    # Square root: half of the colours for the nearest quarter of the way, where most points are.
    step = np.sqrt(np.clip(found.distance_m[rows] / FAR_M, 0, 1)) * (len(table) - 1)
    colours = table[step.astype(np.int64)]
    if overlay is ImageOverlay.CHECK:
        _show_edges(picture)
    draw_dots(picture, pixels[rows], colours, 1 if spec.scale < SMALL_SCALE else DOT_PX)
    if overlay is ImageOverlay.CHECK:
        outline = rows[found.on_edge[rows]]
        paint = np.full((len(outline), 3), hex_to_rgb(OUTLINE), dtype=np.uint8)
        draw_dots(picture, pixels[outline], paint, EDGE_DOT_PX)


def _show_edges(picture: Uint8Array) -> None:
    """Dim a picture and draw its edges in white, in place."""
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGBA2GRAY), (3, 3), 0)
    across = cv2.Sobel(grey, cv2.CV_16S, 1, 0)
    down = cv2.Sobel(grey, cv2.CV_16S, 0, 1)
    strength = cv2.addWeighted(
        cv2.convertScaleAbs(across), 0.5, cv2.convertScaleAbs(down), 0.5, 0.0
    )
    white = cv2.subtract(cv2.convertScaleAbs(strength, alpha=EDGE_STRENGTH), NOISE)
    dim = cv2.convertScaleAbs(picture[..., :3], alpha=DIMMED)
    picture[..., :3] = cv2.add(dim, cv2.merge([white, white, white]))
