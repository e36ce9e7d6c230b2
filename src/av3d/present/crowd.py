"""Many cuboids in one perspective view at once, fast enough to turn the view by hand.

One by one, exact outlines (near plane, image border, hidden edges) take near a millisecond each. Here
all cuboids that lie wholly in front of the camera are projected together, and only the others take
the exact way. Hidden edges are left out: among many cuboids they only add to the confusion.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from av3d.calibration.camera import NEAR_M
from av3d.calibration.projection import ARROW_BEYOND
from av3d.geometry.cuboid import FACES, Cuboid, cuboid_corners_m
from av3d.geometry.se3 import SE3
from av3d.render import palette
from av3d.render.drawing import CuboidDrawing, Fill, Stroke, Tag
from av3d.render.outline import CuboidStyle, cuboid_lines_view, in_sight
from av3d.render.views import PerspectiveView
from av3d.tracks.track import Track
from av3d.types import FloatArray

MIN_TAG_PX = 14.0

Item = tuple[Track, Cuboid, CuboidStyle, str]


def view_drawings(
    view: PerspectiveView, items: Sequence[Item], *, exact: bool
) -> list[CuboidDrawing]:
    """Cuboids (frame of the view) in the orbit view.

    Args:
        view: where from.
        items: track, cuboid, style and words of the tag of each.
        exact: draw each with its hidden edges; for few cuboids in a view at rest.
    """
    if not items:
        return []
    camera, view_SE3_frame = view.camera, view.view_SE3_frame
    poses = view_SE3_frame @ SE3.stack([cuboid.frame_SE3_cuboid for _, cuboid, _, _ in items])
    sizes = np.stack([cuboid.size_lwh_m for _, cuboid, _, _ in items])
    seen = in_sight(camera, poses, sizes)
    corners = cuboid_corners_m(poses, sizes)
    arrows = _arrows(poses, sizes)
    in_front = (corners[..., 2] > NEAR_M).all(axis=1) & (arrows[..., 2] > NEAR_M).all(axis=1)
    pixels, _ = camera.project(corners)
    arrow_pixels, _ = camera.project(arrows)
    towards = _towards(corners)
    found: list[CuboidDrawing] = []
    for number, (track, cuboid, style, text) in enumerate(items):
        if not seen[number]:
            continue
        if exact or style.selected or not in_front[number]:
            drawing = cuboid_lines_view(view, cuboid, style, track_id=track.id, text=text)
            if drawing is not None:
                found.append(drawing)
            continue
        depth_m = float(poses.translation_m[number, 2])
        found.append(
            _drawing(
                track.id,
                style,
                text,
                pixels[number],
                arrow_pixels[number],
                towards[number],
                depth_m,
            )
        )
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
    track_id: str,
    style: CuboidStyle,
    text: str,
    pixels: FloatArray,
    arrow: FloatArray,
    towards: dict[str, bool],
    depth_m: float,
) -> CuboidDrawing:
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
        track_id, depth_m, style.selected, bounds,
        (Fill(front, style.colour, style.front_fill),), tuple(strokes), tag,
    )  # fmt: skip
