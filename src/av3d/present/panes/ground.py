"""What tells places and directions in the main view: rings, scale, vehicle, axes, the way to go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from av3d.present.drawing import (
    NUMBER_TINY,
    TINY,
    TINY_STRONG,
    Circle,
    Drawing,
    Measure,
    Point,
    Polygon,
    Polyline,
    Rect,
    Style,
    as_points,
)
from av3d.present.theme import Colour, colour
from av3d.render import palette
from av3d.render.views import OrthographicView, PerspectiveView, View
from av3d.types import FloatArray

RINGS_M = (5, 10, 20, 50, 100, 200, 500)
SCALES_M = (0.5, 1, 2, 5, 10, 20, 50, 100)
MARGIN = 6.0
"""Space between a label and the border of the pane."""
PLATE = colour(palette.CANVAS, 0.8)
EGO_M = np.array(
    [[2.6, 0.0, 0.0], [1.6, 0.95, 0.0], [-2.0, 0.95, 0.0], [-2.0, -0.95, 0.0], [1.6, -0.95, 0.0]]
)
"""The vehicle's outline in the ego frame; the tip is its front."""
AXES = (("x", palette.BAD), ("y", palette.GOOD), ("z", "#4DB2F5"))


def rings(view: OrthographicView, size: tuple[int, int]) -> list[tuple[int, float]]:
    """Radii in metres and pixels of the rings around the vehicle, far enough apart to read."""
    found: list[tuple[int, float]] = []
    last = 0.0
    for radius_m in RINGS_M:
        radius = radius_m / view.metres_per_pixel
        if radius >= 30 and radius - last >= 60 and radius <= max(size) * 4.5:
            found.append((radius_m, radius))
            last = radius
    return found


def draw_rings(drawing: Drawing, view: OrthographicView, size: tuple[int, int]) -> None:
    """The rings without their labels."""
    x, y = view.to_pixels(np.zeros(2)) + 0.5
    for _, radius in rings(view, size):
        drawing.add(Circle((float(x), float(y)), radius, outline=colour(palette.TEXT_3, 0.16)))


def draw_ego(drawing: Drawing, view: View) -> None:
    """The vehicle, filled from above and an outline on the ground in 3D."""
    if isinstance(view, OrthographicView):
        pixels = view.to_pixels(EGO_M[:, :2]) + 0.5
        drawing.add(Polygon(as_points(pixels), colour(palette.TEXT_3, 0.75)))
        return
    pixels = view.to_pixels(EGO_M) + 0.5
    if np.isfinite(pixels).all() and (np.abs(pixels) < 1e4).all():
        drawing.add(Polygon(as_points(pixels), colour(palette.TEXT_3, 0.3)))
        drawing.add(Polyline(as_points(pixels), colour(palette.TEXT_3), 1.2, closed=True))


def draw_labels(drawing: Drawing, view: View, size: tuple[int, int], taken: Sequence[Rect]) -> None:
    """Radii of the rings, "ego" and the scale bar, on plates and inside the pane.

    Args:
        drawing: where to.
        view: what shows.
        size: of the pane.
        taken: places of tags; a label goes elsewhere on its ring, or is left out.
    """
    quiet = colour(palette.TEXT_2)
    used = list(taken)
    if isinstance(view, PerspectiveView):
        return
    x, y = view.to_pixels(np.array([-2.0, 0.0]))
    _label(drawing, [(float(x), float(y) + 12)], "ego", TINY, quiet, size, used)
    # Ahead left, where few points are; then all around.
    turns = np.deg2rad(45 + 15 * np.array([0, *(s * n for n in range(1, 12) for s in (1, -1)), 12]))
    for radius_m, _ in rings(view, size):
        places = view.to_pixels(np.stack([np.cos(turns), np.sin(turns)], axis=1) * radius_m)
        _label(drawing, as_points(places), f"{radius_m} m", NUMBER_TINY, quiet, size, used)
    _scale_bar(drawing, view, size)


def _label(
    drawing: Drawing,
    places: Sequence[Point],
    text: str,
    style: Style,
    paint: Colour,
    size: tuple[int, int],
    used: list[Rect],
) -> None:
    """Write a text at the first of some places where it is whole and covers nothing."""
    width = drawing.measure(text, style) + 8
    for x, y in places:
        rect = Rect(round(x - width / 2), round(y - 8), width, 16)
        inside = (
            rect.x >= MARGIN and rect.y >= MARGIN
            and rect.right <= size[0] - MARGIN and rect.bottom <= size[1] - MARGIN
        )  # fmt: skip
        if inside and not any(rect.overlaps(other) for other in used):
            drawing.box(rect, PLATE, radius=2)
            drawing.text(rect.centre[0], rect.centre[1], text, style, paint, anchor=0.5)
            used.append(rect)
            return


def scale_m(view: OrthographicView) -> float:
    """Length of the scale bar in metres."""
    return next((step for step in SCALES_M if step / view.metres_per_pixel >= 60), 200)


def corners(view: View, size: tuple[int, int]) -> list[Rect]:
    """Places that tags keep clear: the scale bar from above, the axes in 3D."""
    if isinstance(view, PerspectiveView):
        return [Rect(4, size[1] - 76, 72, 72)]
    length = scale_m(view) / view.metres_per_pixel
    return [Rect(size[0] - length - 24, size[1] - 38, length + 16, 32)]


def _scale_bar(drawing: Drawing, view: OrthographicView, size: tuple[int, int]) -> None:
    plate = corners(view, size)[0]
    drawing.box(plate, PLATE, radius=2)
    y = plate.bottom - 8
    line = colour(palette.TEXT_2)
    drawing.line((plate.x + 8, y), (plate.right - 8, y), line, 2)
    text = f"{scale_m(view):g} m"
    drawing.text(plate.centre[0], y - 12, text, NUMBER_TINY, line, anchor=0.5)


def draw_axes(drawing: Drawing, view: PerspectiveView, size: tuple[int, int]) -> None:
    """The directions of the ego frame at the bottom left: x forward, y left, z up."""
    rect = corners(view, size)[0]
    x, y = rect.centre
    drawing.box(rect, colour(palette.CANVAS, 0.6), radius=3)
    # Rows are the axes of the ego frame in the view's frame (x right, y down, z away).
    axes = view.frame_SE3_view.rotation
    for (name, paint), (right, down, _) in sorted(
        zip(AXES, axes, strict=True), key=lambda item: -float(item[1][2])
    ):
        tip = (x + 24 * float(right), y + 24 * float(down))
        drawing.line((x, y), tip, colour(paint), 2)
        at = (x + 32 * float(right), y + 32 * float(down))
        # z is upright; a letter that would lie on it stands beside it.
        aside = 10.0 if name != "z" and abs(right) < 0.3 else 0.0
        drawing.text(at[0] + aside, at[1], name, NUMBER_TINY, colour(paint), anchor=0.5)


@dataclass(frozen=True)
class EdgePointer:
    """An arrow at the border of the pane, with words, towards something out of sight.

    Attributes:
        place: of the words.
        tip: where the arrow points.
        direction: unit vector of the arrow, right and down.
        text: the words.
    """

    place: Rect
    tip: Point
    direction: tuple[float, float]
    text: str

    @classmethod
    def towards(
        cls, view: View, point_m: FloatArray, size: tuple[int, int], text: str, measure: Measure
    ) -> EdgePointer:
        """The arrow towards a point of the ego frame."""
        if isinstance(view, PerspectiveView):
            # Also right for what is behind the viewer, where a projection would be mirrored.
            offset = view.frame_SE3_view.inverse().transform(point_m)[:2]
        else:
            offset = view.to_pixels(point_m[:2]) - np.array(size) / 2
        length = float(np.linalg.norm(offset))
        right, down = (float(v) for v in (offset / length if length > 0 else (0.0, 1.0)))
        half = np.array(size) / 2 - 8
        reach = min(
            half[0] / abs(right) if right else np.inf, half[1] / abs(down) if down else np.inf
        )
        tip = (size[0] / 2 + right * reach, size[1] / 2 + down * reach)
        width = measure(text, TINY_STRONG) + 12
        x = tip[0] - right * (26 + width / 2)
        y = tip[1] - down * 34
        left = min(max(x - width / 2, 4.0), max(size[0] - width - 4, 4.0))
        top = min(max(y - 10, 4.0), max(size[1] - 24.0, 4.0))
        return cls(Rect(round(left), round(top), width, 20), tip, (right, down), text)

    def draw(self, drawing: Drawing) -> None:
        """The arrow and its words; a click centres the view."""
        accent = colour(palette.ACCENT)
        (x, y), (right, down) = self.tip, self.direction
        back = (x - 18 * right, y - 18 * down)
        drawing.add(
            Polygon(
                (
                    (x, y),
                    (back[0] - 6 * down, back[1] + 6 * right),
                    (back[0] + 6 * down, back[1] - 6 * right),
                ),
                accent,
            )
        )
        drawing.box(self.place, accent, radius=2)
        drawing.text(
            self.place.centre[0], self.place.centre[1], self.text, TINY_STRONG,
            colour(palette.ON_ACCENT), anchor=0.5,
        )  # fmt: skip
        drawing.zone(self.place, "view.centre", tip="Centre the view on it (Z)")
