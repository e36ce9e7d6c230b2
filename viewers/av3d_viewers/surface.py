"""One pane on the screen: copies drawings into Dear PyGui, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import dearpygui.dearpygui as dpg

from av3d.present.drawing import (
    Box,
    Circle,
    Drawing,
    Picture,
    Point,
    Polygon,
    Polyline,
    Rect,
    Text,
)
from av3d.present.theme import Colour
from av3d_viewers.fonts import Fonts
from av3d_viewers.pictures import Pictures

CLEAR: Colour = (0, 0, 0, 0)


class Surface:
    """A rectangle of the window with layers of shapes.

    Args:
        parent: the window that a pane lies in; 0 makes a window of its own above the panes.
        fonts, textures: what texts and pictures are drawn with.
    """

    def __init__(self, parent: int, fonts: Fonts, textures: Pictures) -> None:
        self._fonts = fonts
        self._textures = textures
        self._layers: dict[str, int] = {}
        self._drawings: dict[str, Drawing] = {}
        self._rect: tuple[Rect, float] | None = None
        self._shown = True
        self.floating = parent == 0
        if self.floating:
            self.container = dpg.add_window(
                no_title_bar=True, no_resize=True, no_move=True, no_scrollbar=True,
                no_scroll_with_mouse=True, no_collapse=True, no_close=True, no_saved_settings=True,
                no_focus_on_appearing=True, no_background=True, show=False, min_size=(1, 1),
            )  # fmt: skip
            self._shown = False
        else:
            self.container = dpg.add_child_window(
                parent=parent, border=False, no_scrollbar=True, no_scroll_with_mouse=True
            )
        self._canvas = dpg.add_drawlist(8, 8, parent=self.container)

    def place(self, rect: Rect) -> None:
        """Move it to a rectangle of the window, in logical pixels."""
        scale = self._fonts.scale
        if (rect, scale) == self._rect:
            return
        self._rect = rect, scale
        # Edges that two panes share fall on the same pixel of the screen.
        left, top = round(int(rect.x) * scale), round(int(rect.y) * scale)
        width = max(round(int(rect.right) * scale) - left, 1)
        height = max(round(int(rect.bottom) * scale) - top, 1)
        dpg.configure_item(self.container, pos=(left, top), width=width, height=height)
        dpg.configure_item(self._canvas, width=width, height=height)

    def show(self, shown: bool) -> None:
        """Show or hide it."""
        if shown != self._shown:
            self._shown = shown
            dpg.configure_item(self.container, show=shown)

    def draw(self, layer: str, drawing: Drawing, order: tuple[str, ...]) -> None:
        """Replace a layer.

        Args:
            layer: its name.
            drawing: what to show.
            order: all layers of the pane from back to front.
        """
        self._drawings[layer] = drawing
        if layer not in self._layers:
            for name in order:
                if name not in self._layers:
                    self._layers[name] = dpg.add_draw_layer(parent=self._canvas)
        parent = self._layers[layer]
        dpg.delete_item(parent, children_only=True)
        for shape in drawing.shapes:
            self._shape(shape, parent)

    def clear(self) -> None:
        """Take all shapes away, for a pane of another log."""
        dpg.delete_item(self._canvas, children_only=True)
        self._layers.clear()
        self._drawings.clear()

    def pictures_moved(self, slots: set[str]) -> None:
        """Some pictures have got another texture: draw the layers that show them again."""
        for layer, drawing in self._drawings.items():
            if any(isinstance(s, Picture) and s.slot in slots for s in drawing.shapes):
                self.draw(layer, drawing, (layer,))

    def _shape(self, shape: object, parent: int) -> None:
        k = self._fonts.scale
        match shape:
            case Polyline():
                points = _scaled(shape.points, k)
                if len(points) == 2:
                    dpg.draw_line(
                        points[0], points[1], color=shape.colour, thickness=shape.width * k,
                        parent=parent,
                    )  # fmt: skip
                else:
                    dpg.draw_polyline(
                        points, closed=shape.closed, color=shape.colour,
                        thickness=shape.width * k, parent=parent,
                    )  # fmt: skip
            case Text():
                self._text(shape, parent)
            case Box():
                rect = shape.rect
                dpg.draw_rectangle(
                    (rect.x * k, rect.y * k), (rect.right * k, rect.bottom * k),
                    color=shape.outline or CLEAR, fill=shape.fill or CLEAR,
                    rounding=shape.radius * k, thickness=shape.width * k, parent=parent,
                )  # fmt: skip
            case Polygon():
                self._polygon(shape, parent)
            case Circle():
                dpg.draw_circle(
                    (shape.centre[0] * k, shape.centre[1] * k), shape.radius * k,
                    color=shape.outline or CLEAR, fill=shape.fill or CLEAR,
                    thickness=shape.width * k, parent=parent,
                    segments=96 if shape.radius * k > 40 else 0,
                )  # fmt: skip
            case Picture():
                self._picture(shape, parent)

    def _polygon(self, shape: Polygon, parent: int) -> None:
        """Convex polygons as quads: Dear PyGui fills larger ones line by line, which is slow."""
        points = _scaled(shape.points, self._fonts.scale)
        for number in range(1, len(points) - 1, 2):
            last = points[min(number + 2, len(points) - 1)]
            corners = (points[0], points[number], points[number + 1])
            if last == points[number + 1]:
                dpg.draw_triangle(*corners, color=CLEAR, fill=shape.fill, parent=parent)
            else:
                dpg.draw_quad(*corners, last, color=CLEAR, fill=shape.fill, parent=parent)
        if shape.outline is not None:
            dpg.draw_polyline(
                points, closed=True, color=shape.outline,
                thickness=shape.width * self._fonts.scale, parent=parent,
            )  # fmt: skip

    def _text(self, shape: Text, parent: int) -> None:
        line, scale = self._fonts.line_px(shape.style), self._fonts.scale
        # Whole pixels: a glyph between two pixels is blurred.
        place = (round(shape.x * scale), round(shape.y * scale - line / 2))
        item = dpg.draw_text(place, shape.text, size=line, color=shape.colour, parent=parent)
        font = self._fonts.id_of(shape.style)
        if font:
            dpg.bind_item_font(item, font)

    def _picture(self, shape: Picture, parent: int) -> None:
        slot = self._textures[shape.slot]
        if slot is None:
            return
        scale = self._fonts.scale
        left, top = shape.rect.x * scale, shape.rect.y * scale
        right, bottom = shape.rect.right * scale, shape.rect.bottom * scale
        if max(abs(right - left - slot.used[0]), abs(bottom - top - slot.used[1])) <= 1:
            # Made for this place: pixel on pixel, not stretched by a part of one.
            left, top = round(left), round(top)
            right, bottom = left + slot.used[0], top + slot.used[1]
        light = round(255 * shape.brightness)
        dpg.draw_image(
            slot.texture, (left, top), (right, bottom), uv_max=slot.uv_max,
            color=(light, light, light, 255), parent=parent,
        )  # fmt: skip


def _scaled(points: Sequence[Point], scale: float) -> Sequence[Point]:
    """Points in pixels of the screen."""
    return points if scale == 1.0 else [(x * scale, y * scale) for x, y in points]
