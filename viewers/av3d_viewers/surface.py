"""One pane on the screen: copies drawings into Dear PyGui, and nothing else."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from av3d.present.drawing import Box, Circle, Drawing, Picture, Polygon, Polyline, Rect, Text
from av3d.present.theme import Colour
from av3d_viewers.fonts import Fonts
from av3d_viewers.textures import Textures

CLEAR: Colour = (0, 0, 0, 0)


class Surface:
    """A rectangle of the window with layers of shapes.

    Args:
        parent: the window that a pane lies in; 0 makes a window of its own above the panes.
        fonts, textures: what texts and pictures are drawn with.
    """

    def __init__(self, parent: int, fonts: Fonts, textures: Textures) -> None:
        self._fonts = fonts
        self._textures = textures
        self._layers: dict[str, int] = {}
        self._drawings: dict[str, Drawing] = {}
        self._rect: Rect | None = None
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
        """Move it to a rectangle of the window."""
        if rect == self._rect:
            return
        self._rect = rect
        width, height = max(int(rect.width), 1), max(int(rect.height), 1)
        dpg.configure_item(
            self.container, pos=(int(rect.x), int(rect.y)), width=width, height=height
        )
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
        match shape:
            case Polyline():
                if len(shape.points) == 2:
                    dpg.draw_line(
                        shape.points[0], shape.points[1], color=shape.colour,
                        thickness=shape.width, parent=parent,
                    )  # fmt: skip
                else:
                    dpg.draw_polyline(
                        shape.points, closed=shape.closed, color=shape.colour,
                        thickness=shape.width, parent=parent,
                    )  # fmt: skip
            case Text():
                self._text(shape, parent)
            case Box():
                rect = shape.rect
                dpg.draw_rectangle(
                    (rect.x, rect.y), (rect.right, rect.bottom), color=shape.outline or CLEAR,
                    fill=shape.fill or CLEAR, rounding=shape.radius, thickness=shape.width,
                    parent=parent,
                )  # fmt: skip
            case Polygon():
                self._polygon(shape, parent)
            case Circle():
                dpg.draw_circle(
                    shape.centre, shape.radius, color=shape.outline or CLEAR,
                    fill=shape.fill or CLEAR, thickness=shape.width, parent=parent,
                    segments=96 if shape.radius > 40 else 0,
                )  # fmt: skip
            case Picture():
                self._picture(shape, parent)

    @staticmethod
    def _polygon(shape: Polygon, parent: int) -> None:
        """Convex polygons as quads: Dear PyGui fills larger ones line by line, which is slow."""
        points = shape.points
        for number in range(1, len(points) - 1, 2):
            last = points[min(number + 2, len(points) - 1)]
            corners = (points[0], points[number], points[number + 1])
            if last == points[number + 1]:
                dpg.draw_triangle(*corners, color=CLEAR, fill=shape.fill, parent=parent)
            else:
                dpg.draw_quad(*corners, last, color=CLEAR, fill=shape.fill, parent=parent)
        if shape.outline is not None:
            dpg.draw_polyline(
                points, closed=True, color=shape.outline, thickness=shape.width, parent=parent
            )

    def _text(self, shape: Text, parent: int) -> None:
        line = self._fonts.line_px(shape.style)
        # Whole pixels: a glyph between two pixels is blurred.
        place = (round(shape.x), round(shape.y - line / 2))
        item = dpg.draw_text(place, shape.text, size=line, color=shape.colour, parent=parent)
        font = self._fonts.id_of(shape.style)
        if font:
            dpg.bind_item_font(item, font)

    def _picture(self, shape: Picture, parent: int) -> None:
        slot = self._textures[shape.slot]
        if slot is None:
            return
        light = round(255 * shape.brightness)
        dpg.draw_image(
            slot.texture, (shape.rect.x, shape.rect.y), (shape.rect.right, shape.rect.bottom),
            uv_max=slot.uv_max, color=(light, light, light, 255), parent=parent,
        )  # fmt: skip
