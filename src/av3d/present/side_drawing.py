"""What side views draw: the cuboid with its front, the ground, a scale bar, the colours of points."""

from __future__ import annotations

import numpy as np

from av3d.assist.floor import GroundPlane
from av3d.geometry.cuboid import Cuboid
from av3d.present.clipped import clipped_fill, clipped_lines
from av3d.present.drawing import (
    NUMBER_TINY,
    TINY,
    Drawing,
    Rect,
    as_points,
)
from av3d.present.side_view import SideView, outline_px
from av3d.present.theme import colour
from av3d.render import palette
from av3d.types import BoolArray, Float32Array, FloatArray, Uint8Array

INSIDE = palette.hex_to_rgb("#F2F4F7")
AROUND_M = 1.5
"""How far around the cuboid points are shown."""
DIMMEST, BRIGHTEST = 0.3, 0.85
"""Points outside the cuboid are so bright at AROUND_M and right beside it."""
ARROW_PX = 22.0
SCALE_STEPS_M = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


def beyond_m(points_m: Float32Array | FloatArray, cuboid: Cuboid) -> FloatArray:
    """How far points (N, 3) of the cuboid's frame are outside its faces, (N,); below 0 inside."""
    local = (points_m - cuboid.center_m) @ cuboid.frame_SE3_cuboid.rotation
    return np.asarray((np.abs(local) - cuboid.size_lwh_m / 2).max(axis=1))


def point_colours(colours: Uint8Array, outside_m: FloatArray) -> tuple[Uint8Array, BoolArray]:
    """Colours (N, 3) of points in side views: white inside, dimmer the farther outside.

    Args:
        colours: those of the cloud, (N, 3).
        outside_m: `beyond_m` of the points, (N,).

    Returns:
        The colours, and which points are inside, (N,).
    """
    inside = outside_m <= 0
    part = np.clip(outside_m / AROUND_M, 0.0, 1.0)[:, None]
    shown = (colours * (BRIGHTEST + (DIMMEST - BRIGHTEST) * part)).astype(np.uint8)
    shown[inside] = INSIDE
    return shown, inside


def draw_outline(
    drawing: Drawing,
    view: SideView,
    cuboid: Cuboid,
    *,
    width: float = 2.0,
    arrow_px: float = ARROW_PX,
) -> None:
    """The outline of the selected cuboid, with a strip and an arrow at its front.

    From the front, where the heading is towards the viewer, a cross says so.
    """
    rect = view.rect
    corners = outline_px(cuboid, view.projector)
    accent = colour(palette.ACCENT)
    clipped_fill(drawing, corners, rect, colour(palette.ACCENT, 0.05))
    clipped_lines(drawing, corners[[0, 1, 2, 3, 0]], rect, accent, width)
    if view.side.axes[0] != 0:
        faint = colour(palette.ACCENT, 0.25)
        clipped_lines(drawing, corners[[0, 2]], rect, faint, 1.0)
        clipped_lines(drawing, corners[[1, 3]], rect, faint, 1.0)
        return
    # In the order of the outline the first and last corner are at the front.
    front = corners[[0, 3]]
    middle = front.mean(axis=0)
    ahead = middle - corners[[1, 2]].mean(axis=0)
    length = float(np.hypot(*ahead))
    if length < 1.0:
        return
    ahead = ahead / length
    strip = np.concatenate([front, front[::-1] - ahead * min(4.0, length / 3)])
    clipped_fill(drawing, strip, rect, accent)
    tip = middle + ahead * arrow_px
    wing = arrow_px * 0.27
    aside = np.array([-ahead[1], ahead[0]]) * wing
    clipped_lines(drawing, np.array([middle, tip]), rect, accent, width)
    head = np.array([tip - ahead * wing + aside, tip, tip - ahead * wing - aside])
    clipped_lines(drawing, head, rect, accent, width)


def draw_ground(drawing: Drawing, view: SideView, cuboid: Cuboid, ground: GroundPlane) -> None:
    """The ground where it is cut by the plane of the view through the middle of the cuboid."""
    right, up, towards = view.frame_R_turned.T
    pose = view.frame_SE3_view
    depth_m = float((cuboid.center_m - pose.translation_m) @ towards)
    origin_m = pose.translation_m + depth_m * towards
    rise = float(ground.normal @ up)
    if abs(rise) < 0.2:
        return
    plane, rect = view.plane, view.rect
    reach_m = rect.width / 2 * view.metres_per_pixel
    across_m = view.center_m[0] + np.array([-reach_m, reach_m])
    apart_m = float(ground.normal @ (ground.point_m - origin_m))
    up_m = (apart_m - across_m * float(ground.normal @ right)) / rise
    pixels = plane.to_pixels(np.column_stack([across_m, up_m])) + 0.5
    pixels += (rect.x, rect.y)
    inside = (pixels[:, 1] > rect.y) & (pixels[:, 1] < rect.bottom)
    if not inside.all():
        return
    quiet = colour(palette.TEXT_3, 0.8)
    drawing.dashed(as_points(pixels), (4, 3), quiet, 1.0)
    if rect.width >= 300:
        _, y = pixels[0].tolist()
        below = y + 9 if y + 20 < rect.bottom else y - 9
        drawing.text(rect.x + 6, below, "ground", TINY, quiet)


def draw_scale(drawing: Drawing, view: SideView) -> None:
    """A bar of a round length at the bottom right."""
    rect, scale = view.rect, view.metres_per_pixel
    step_m = next((step for step in SCALE_STEPS_M if step / scale >= 28), 10.0)
    length = step_m / scale
    text = f"{step_m:g} m"
    wide = round(max(length, drawing.measure(text, NUMBER_TINY)) + 8)
    plate = Rect(rect.right - wide - 4, rect.bottom - 26, wide, 22)
    drawing.box(plate, colour(palette.CANVAS, 0.9), radius=2)
    x, y = plate.centre[0], plate.bottom - 4
    quiet = colour(palette.TEXT_2)
    drawing.line((x - length / 2, y), (x + length / 2, y), quiet, 1.5)
    drawing.text(x, plate.y + 9, text, NUMBER_TINY, quiet, anchor=0.5)
