"""A rectangle dragged on the ground of a view, and the cuboid that it becomes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.assist.placing import Rectangle
from av3d.present import words
from av3d.present.creating import from_place, from_rectangle
from av3d.present.drawing import NUMBER_TINY, Drawing, Polygon, Polyline, Rect, as_points
from av3d.present.projectors import Projector, on_plane
from av3d.present.session import Session
from av3d.present.theme import colour
from av3d.render import palette
from av3d.types import FloatArray

CLICK_PX = 4.0
"""A rectangle smaller than this is a click."""
LEAST_M = 0.1


@dataclass(eq=False)
class Making:
    """A gesture that makes a cuboid, from the press to the release.

    Attributes:
        session: what it is made in.
        projector: the view at the press, of the ego frame.
        start_px, end_px: where the pointer went down, and where it is.
        start_m: the place of the press, (3,).
        end_m: where the pointer meets the level plane through that place, (3,).
        up: the world's vertical in the ego frame, (3,).
        yaw_rad: direction of a side of the rectangle.
        clicks: whether a mere click makes a cuboid too.
    """

    session: Session
    projector: Projector
    start_px: tuple[float, float]
    start_m: FloatArray
    up: FloatArray
    yaw_rad: float
    clicks: bool

    def __post_init__(self) -> None:
        self.end_px = self.start_px
        self.end_m = self.start_m

    @property
    def fitting(self) -> bool:
        """Whether the cuboid is fitted to the points in the rectangle; with Shift it is not."""
        return "Shift" not in self.session.modifiers

    @property
    def rectangle(self) -> Rectangle:
        return Rectangle.of(self.start_m, self.end_m, self.yaw_rad)

    @property
    def is_click(self) -> bool:
        """Whether the pointer has hardly moved."""
        return float(np.hypot(*np.subtract(self.end_px, self.start_px))) < CLICK_PX

    def to(self, x: float, y: float) -> None:
        """The pointer is here now."""
        self.end_px = (x, y)
        met_m = on_plane(self.projector, x, y, self.start_m, self.up)
        if met_m is not None and np.linalg.norm(met_m - self.start_m) < 100:
            self.end_m = met_m
        self.session.hint = (
            "Release to fit a cuboid to the points inside. Shift: as drawn. Esc: not now"
            if self.fitting
            else "Release to make a cuboid as drawn. Esc: not now"
        )

    def finish(self) -> bool:
        """The button is up: make the cuboid; False where it was a mere click that makes none."""
        if self.is_click:
            if not self.clicks:
                return False
            from_place(self.session, self.start_m)
            return True
        if np.abs(self.rectangle.diagonal_m).min() < LEAST_M:
            self.session.say(
                "info", "No cuboid made", "The rectangle is too narrow. Drag from corner to corner."
            )
            return True
        from_rectangle(self.session, self.rectangle, fitting=self.fitting)
        return True

    def corners_m(self) -> FloatArray:
        """The corners of the rectangle in the ego frame, (4, 3)."""
        c, s = np.cos(self.yaw_rad), np.sin(self.yaw_rad)
        along, across = np.array([c, s]), np.array([-s, c])
        u, v = self.rectangle.diagonal_m
        start = self.start_m[:2]
        flat = np.stack(
            [start, start + u * along, start + u * along + v * across, start + v * across]
        )
        heights = self.start_m[2] - (flat - start) @ self.up[:2] / self.up[2]
        return np.concatenate([flat, heights[:, None]], axis=1)

    def draw(self, drawing: Drawing) -> None:
        """The rectangle and its sides."""
        if self.is_click:
            return
        pixels, seen = self.projector.project(self.corners_m())
        if seen.all() and (np.abs(pixels) < 1e5).all():
            outline = as_points(pixels)
            drawing.add(Polygon(outline, colour(palette.ACCENT, 0.1)))
            drawing.add(Polyline(outline, colour(palette.CANVAS, 0.8), 3.5, closed=True))
            if self.fitting:
                drawing.dashed((*outline, outline[0]), (7, 4), colour(palette.ACCENT), 1.5)
            else:
                drawing.add(Polyline(outline, colour(palette.ACCENT), 1.5, closed=True))
        u, v = np.abs(self.rectangle.diagonal_m)
        text = f"{words.number(u, 2)} × {words.number(v, 2)} m"
        width = drawing.measure(text, NUMBER_TINY) + 12
        rect = Rect(round(self.end_px[0] + 14), round(self.end_px[1] + 10), width, 20)
        drawing.box(rect, colour(palette.CANVAS, 0.92), outline=colour(palette.ACCENT))
        drawing.text(rect.x + 6, rect.centre[1], text, NUMBER_TINY, colour(palette.ACCENT))


def tool_hint(session: Session) -> str:
    """What the box tool waits for."""
    name = session.category.title if session.category is not None else "cuboid"
    return f"New {name}: click on its points, or drag around them. 1 to 9: category. Esc: not now"
