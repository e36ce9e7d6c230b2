"""Three views of the selected cuboid, turned with it: from above, from its right, from its front."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from av3d.present.drawing import (
    ICON,
    NUMBER_TINY,
    SMALL_STRONG,
    TINY,
    Drawing,
    Measure,
    Picture,
    Rect,
)
from av3d.present.icons import ICONS
from av3d.present.panes.pane import Button, Layer, Pane, PaneImage, draw_button, draw_message
from av3d.present.scale import enlarged
from av3d.present.session import Session
from av3d.present.theme import colour
from av3d.render import palette
from av3d.render.placing import PlacedTrack
from av3d.render.splat import splat
from av3d.render.views import OrthographicView
from av3d.types import Float32Array

AROUND_M = 1.5
"""How far around the cuboid points are shown."""
INSIDE = palette.hex_to_rgb("#F2F4F7")


@dataclass(frozen=True)
class Side:
    """One of the views.

    Attributes:
        name, title: for the slot and for people.
        axes: which axes of the cuboid are to the right, up and towards the viewer.
        signs: +1 or -1 for each of them.
    """

    name: str
    title: str
    axes: tuple[int, int, int]
    signs: tuple[int, int, int]


SIDES = (
    Side("top", "Top", (0, 1, 2), (1, 1, 1)),
    Side("side", "Side", (0, 2, 1), (1, 1, -1)),
    Side("front", "Front", (1, 2, 0), (1, 1, 1)),
)


class SidesHead(Pane):
    """Header of the side views."""

    name = "sides_head"
    sides: SidesPane

    def layers(self) -> Sequence[Layer]:
        key = (self.session.selected, self.sides.tabbed, self.sides.tab, self._hot)
        return (Layer("all", key, self._draw),)

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        zone = self.zone_at(x, y)
        if zone is not None and button is Button.LEFT:
            self.sides.tab = zone.argument
        return False

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        drawing.box(Rect(0, 0, self.width, self.height), theme.raised)
        drawing.text(8, self.height / 2, ICONS["axes"], ICON, theme.text)
        track = self.session.selected_track
        title = f"{track.name} side views" if track is not None else "Side views"
        right = self.width - 4.0
        if self.sides.tabbed:
            title = track.name if track is not None else "Side views"
            for side in reversed(SIDES):
                hot = self._hot is not None and self._hot.argument == side.name
                right = draw_button(
                    drawing, self.session, right, self.height / 2, "", label=side.title,
                    argument=side.name, on=self.sides.tab == side.name, hot=hot,
                    tip=f"Show the {side.name} view",
                ) - 4  # fmt: skip
        drawing.text(
            32, self.height / 2, title, SMALL_STRONG, theme.text, max_width=max(right - 40, 0)
        )


class SidesPane(Pane):
    """Top above, side and front below it."""

    name = "sides"
    title = "Side views"
    icon = "axes"
    home = ("inspector", "top")

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self._pixels: dict[str, Float32Array] = {}
        self._version = 0
        self._key: object = None
        self.shown: tuple[str, int] | None = None
        self.tab = "top"

    @property
    def tabbed(self) -> bool:
        """Whether there is room for one view only (folding step 4)."""
        return self.height < 240 and not self.in_a_row

    @property
    def in_a_row(self) -> bool:
        """Whether the three views lie beside each other, as in Review."""
        return self.width > 2.4 * self.height and self.width >= 360

    def rects(self) -> dict[str, Rect]:
        """Where the views are, by name."""
        if self.tabbed:
            return {self.tab: Rect(0, 0, self.width, self.height)}
        if self.in_a_row:
            # The front is about as wide as high; the others are longer.
            first, second = round(self.width * 0.385), round(self.width * 0.74)
            return {
                "top": Rect(0, 0, first, self.height),
                "side": Rect(first + 1, 0, second - first - 1, self.height),
                "front": Rect(second + 1, 0, self.width - second - 1, self.height),
            }
        top_height = round(self.height * 0.54)
        left = round(self.width * 0.58)
        below = self.height - top_height - 1
        return {
            "top": Rect(0, 0, self.width, top_height),
            "side": Rect(0, top_height + 1, left, below),
            "front": Rect(left + 1, top_height + 1, self.width - left - 1, below),
        }

    def _box(self) -> PlacedTrack | None:
        return self.session.selected_box()

    def view(self, side: Side, box: PlacedTrack) -> OrthographicView:
        """The view of one side, with room around the cuboid."""
        rect = self.rects()[side.name]
        size = box.cuboid.size_lwh_m
        right_m, up_m = size[side.axes[0]], size[side.axes[1]]
        room = np.array([rect.width - 76, rect.height - 64])
        scale = max(float(right_m / room[0]), float(up_m / room[1]), 0.002)
        return OrthographicView(
            int(rect.width), int(rect.height), metres_per_pixel=scale, up_rad=np.pi / 2
        )

    def update(self) -> None:
        session = self.session
        box = self._box()
        cloud = session.supply.cloud(session.frame)
        if box is None:
            self.shown = None
            return
        if cloud is None or not session.supply.kernels_ready():
            return
        key = (
            session.selected, session.frame, session.supply.revision, self.width, self.height,
            self.tab, session.scale,
        )  # fmt: skip
        if key == self._key:
            return
        self._key = key
        self.shown = (box.track.id, session.frame)
        near = cloud.grid.inside(box.cuboid, AROUND_M)
        points = box.cuboid.frame_SE3_cuboid.inverse().transform(cloud.points_m[near])
        inside = (np.abs(points) <= box.cuboid.size_lwh_m / 2).all(axis=1)
        colours = cloud.colours[near].copy()
        colours[inside] = INSIDE
        for side in SIDES:
            rect = self.rects().get(side.name)
            if rect is None:
                continue
            view = enlarged(self.view(side, box), session.scale)
            shape = (view.height_px, view.width_px, 4)
            if side.name not in self._pixels or self._pixels[side.name].shape != shape:
                self._pixels[side.name] = np.zeros(shape, np.float32)
            turned = points[:, side.axes] * np.array(side.signs)
            splat(
                turned.astype(np.float32), colours, view, round(2 * session.scale),
                out=self._pixels[side.name],
            )  # fmt: skip
        self._version += 1

    def images(self) -> Mapping[str, PaneImage]:
        if self.shown is None:
            return {}
        return {
            f"sides_{name}": PaneImage(self._version, pixels)
            for name, pixels in self._pixels.items()
            if name in self.rects()
        }

    def layers(self) -> Sequence[Layer]:
        session = self.session
        key = (session.selected, self.shown, session.frame, session.supply.revision, self.tab)
        return (Layer("all", key, self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        whole = Rect(0, 0, self.width, self.height)
        drawing.box(whole, theme.canvas)
        box = self._box()
        if box is None or self.shown is None:
            track = session.selected_track
            text = "Select a track to see its three sides."
            if track is not None and box is None:
                text = f"{track.name} is not present at frame {session.frame}."
            elif track is not None:
                text = "Reading the points."
            draw_message(drawing, session, whole, "axes", text, colour=colour(palette.TEXT_2))
            return
        rects = self.rects()
        line = colour(palette.CONTROL)
        if self.in_a_row:
            for name in ("side", "front"):
                drawing.line((rects[name].x - 0.5, 0), (rects[name].x - 0.5, self.height), line)
        elif not self.tabbed:
            split_y = rects["top"].bottom + 0.5
            drawing.line((0, split_y), (self.width, split_y), line)
            split_x = rects["side"].right + 0.5
            drawing.line((split_x, split_y), (split_x, self.height), line)
        for side in SIDES:
            if side.name in rects:
                self._side(drawing, side, rects[side.name], box)

    def _side(self, drawing: Drawing, side: Side, rect: Rect, box: PlacedTrack) -> None:
        view = self.view(side, box)
        drawing.add(Picture(f"sides_{side.name}", rect))
        dark = colour(palette.CANVAS, 0.75)
        drawing.box(
            Rect(rect.x + 3, rect.y + 3, drawing.measure(side.title, TINY) + 10, 18), dark, radius=2
        )
        drawing.text(rect.x + 8, rect.y + 12, side.title, TINY, colour(palette.TEXT))
        size = box.cuboid.size_lwh_m
        half = np.array([size[side.axes[0]], size[side.axes[1]]]) / 2
        low, high = view.to_pixels(np.array([-half, half])) + 0.5
        left, right = rect.x + low[0], rect.x + high[0]
        top, bottom = rect.y + high[1], rect.y + low[1]
        outline = Rect(float(left), float(top), float(right - left), float(bottom - top))
        accent = colour(palette.ACCENT)
        drawing.box(outline, colour(palette.ACCENT, 0.05), outline=accent, width=2)
        middle = outline.centre[1]
        if side.axes[0] == 0:
            # The front: a strip along the edge and an arrow away from it.
            drawing.box(Rect(outline.right - 4, outline.y, 4, outline.height), accent)
            tip = outline.right + 22
            drawing.line((outline.right, middle), (tip, middle), accent, 2)
            drawing.line((tip - 6, middle - 6), (tip, middle), accent, 2)
            drawing.line((tip - 6, middle + 6), (tip, middle), accent, 2)
        else:
            faint = colour(palette.ACCENT, 0.25)
            corner = (outline.x, outline.y)
            drawing.line(corner, (outline.right, outline.bottom), faint)
            drawing.line((outline.right, outline.y), (outline.x, outline.bottom), faint)
        step_m = next((s for s in (0.1, 0.2, 0.5, 1, 2, 5) if s / view.metres_per_pixel >= 28), 10)
        length = step_m / view.metres_per_pixel
        text = f"{step_m:g} m"
        wide = round(max(length, drawing.measure(text, NUMBER_TINY)) + 8)
        plate = Rect(rect.right - wide - 4, rect.bottom - 26, wide, 22)
        drawing.box(plate, colour(palette.CANVAS, 0.9), radius=2)
        x, y = plate.centre[0], plate.bottom - 4
        quiet = colour(palette.TEXT_2)
        drawing.line((x - length / 2, y), (x + length / 2, y), quiet, 1.5)
        drawing.text(x, plate.y + 9, text, NUMBER_TINY, quiet, anchor=0.5)
