"""Many cuboids in one image or orbit view at once, fast enough to turn the view by hand.

One by one, exact outlines (near plane, image border, hidden edges) take near a millisecond each. Here
all cuboids that lie wholly inside the image are projected together, and only the others take the
exact way. Hidden edges are left out: among many cuboids they only add to the confusion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from av3d.calibration.camera import Camera
from av3d.calibration.projection import ARROW_BEYOND
from av3d.geometry.cuboid import FACES, cuboid_corners_m
from av3d.geometry.se3 import SE3
from av3d.render import palette
from av3d.render.drawing import CuboidDrawing, Fill, Stroke, Tag
from av3d.render.outline import Item, cuboid_lines_camera, in_sight
from av3d.render.views import PerspectiveView
from av3d.types import FloatArray

MIN_TAG_PX = 14.0
STRAIGHT_PX = 120.0
"""Below this size the edges of a cuboid bend by less than a pixel in a distorted image."""


def view_drawings(
    view: PerspectiveView, items: Sequence[Item], *, exact: bool
) -> list[CuboidDrawing]:
    """Cuboids (frame of the view) in the orbit view.

    Args:
        view: where from.
        items: what to draw.
        exact: draw each with its hidden edges; for few cuboids in a view at rest.
    """
    if not items:
        return []
    view_SE3_frame = view.view_SE3_frame
    turned = [replace(item, cuboid=item.cuboid.in_frame(view_SE3_frame)) for item in items]
    return [drawing for _, drawing in camera_drawings(view.camera, turned, exact=exact)]


def camera_drawings(
    camera: Camera, items: Sequence[Item], *, exact: bool = False
) -> list[tuple[int, CuboidDrawing]]:
    """Cuboids (camera frame) in an image: number of the item and its drawing, where one shows.

    Args:
        camera: the image.
        items: what to draw.
        exact: take the exact way for all.
    """
    if not items:
        return []
    poses = SE3.stack([item.cuboid.frame_SE3_cuboid for item in items])
    sizes = np.stack([item.cuboid.size_lwh_m for item in items])
    seen = in_sight(camera, poses, sizes)
    corners = cuboid_corners_m(poses, sizes)
    arrows = _arrows(poses, sizes)
    pixels, valid = camera.project(corners)
    arrow_pixels, arrow_valid = camera.project(arrows)
    inside = valid.all(axis=1) & arrow_valid.all(axis=1)
    with np.errstate(invalid="ignore"):
        inside &= camera.contains(pixels).all(axis=1) & camera.contains(arrow_pixels).all(axis=1)
    if camera.distortion is not None:
        # Edges of large cuboids are visibly curved.
        inside &= np.nan_to_num(np.ptp(pixels, axis=1), nan=np.inf).max(axis=1) < STRAIGHT_PX
    towards = _towards(corners)
    found: list[tuple[int, CuboidDrawing]] = []
    for number, item in enumerate(items):
        if not seen[number]:
            continue
        if exact or item.style.selected or not inside[number]:
            drawing = cuboid_lines_camera(
                camera, item.cuboid, item.style, track_id=item.track_id, text=item.text
            )
            if drawing is not None:
                found.append((number, drawing))
            continue
        shape = _drawing(
            item, pixels[number], arrow_pixels[number], towards[number],
            float(poses.translation_m[number, 2]),
        )  # fmt: skip
        found.append((number, shape))
    return found


def _arrows(poses: SE3, sizes: FloatArray) -> FloatArray:
    """Centre of the floor, tip and barbs of the floor arrow of each cuboid, (N, 4, 3)."""
    length, width, height = sizes.T
    tip = length * (0.5 + ARROW_BEYOND)
    barb = np.minimum(length, width) * 0.22
    points = np.zeros((len(sizes), 4, 3))
    points[:, 1, 0] = tip
    points[:, 2, 0] = points[:, 3, 0] = tip - barb
    points[:, 2, 1], points[:, 3, 1] = barb, -barb
    points[:, :, 2] = -height[:, None] / 2
    return poses.transform(points)


def _towards(corners: FloatArray) -> list[dict[str, bool]]:
    """Which faces of each cuboid (N, 8, 3), camera frame, turn their outside to the camera."""
    faces = np.array(list(FACES.values()))
    a, b, c = (corners[:, faces[:, index]] for index in range(3))
    facing = (np.cross(b - a, c - b) * a).sum(axis=-1) < 0
    return [dict(zip(FACES, map(bool, row), strict=True)) for row in facing]


def _drawing(
    item: Item, pixels: FloatArray, arrow: FloatArray, towards: dict[str, bool], depth_m: float
) -> CuboidDrawing:
    style, text = item.style, item.text
    strokes = [
        Stroke(pixels[list(FACES[face])], style.colour, style.edge_px, dash=style.dash, closed=True)
        for face, visible in towards.items()
        if visible
    ]
    strokes.append(Stroke(arrow[:2], style.colour, style.edge_px))
    strokes.append(Stroke(arrow[[2, 1, 3]], style.colour, style.edge_px))
    front = pixels[list(FACES["front"])]
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    bounds = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    tag = None
    if text and style.tagged and (max(high - low) >= MIN_TAG_PX or style.hovered):
        tag = Tag(
            text, style.category.glyph, (bounds[0], bounds[1]), False, style.category.tag_text,
            style.category.colour, palette.BAR, 0.85, rank=depth_m - (1e6 if style.hovered else 0),
        )  # fmt: skip
    return CuboidDrawing(
        item.track_id, depth_m, style.selected, bounds,
        (Fill(front, style.colour, style.front_fill),), tuple(strokes), tag,
    )  # fmt: skip
