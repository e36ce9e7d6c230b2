"""The text field that is being typed into: Dear PyGui's own, at the place that a pane names."""

from __future__ import annotations

from collections.abc import Mapping

import dearpygui.dearpygui as dpg

from av3d.present.drawing import BODY, NUMBER
from av3d.present.fields import Field, Fields
from av3d_viewers.fonts import Fonts
from av3d_viewers.imgui import press_end

LINE_PX = 20
READY_FRAMES = 3
TIGHT_PX = 20
"""A field this low is drawn with little room around its text."""


class Typing:
    """Shows the active field of a session and reads what is typed.

    Two items for each pane, made when they are first needed: deleting items costs, and moving one to
    another parent makes it lose the keyboard. They take turns, because an item that has the keyboard
    keeps its text whatever it is given.

    Args:
        containers: Dear PyGui's container by name of the pane or overlay.
        fonts: for the text.
    """

    def __init__(self, containers: Mapping[str, int], fonts: Fonts) -> None:
        self._containers = containers
        self._fonts = fonts
        self._items: dict[tuple[str, bool, bool], int] = {}
        self._turn = False
        self._end_due = False
        self._shown: tuple[Field, int] | None = None
        self._tight_theme = 0
        self._age = 0

    @property
    def active(self) -> bool:
        """Whether a field has the keyboard."""
        return self._shown is not None and bool(dpg.is_item_active(self._shown[1]))

    @property
    def ready(self) -> bool:
        """Whether what is typed now goes into the field that shows: Dear PyGui needs some frames."""
        return self.active and self._age > READY_FRAMES

    def read(self, fields: Fields) -> None:
        """Hand on what was typed in the last frame."""
        self._age += 1
        if self._end_due and self.active:
            self._end_due = False
            press_end()
        if self._shown is not None and self._shown[0] is fields.active:
            fields.typed(dpg.get_value(self._shown[1]))

    def show(self, fields: Fields) -> bool:
        """Show the active field, or none; whether that is another one than before."""
        field = fields.active
        shown = self._shown
        if shown is not None and shown[0] is field:
            return False
        if shown is None and field is None:
            return False
        if shown is not None:
            dpg.configure_item(shown[1], show=False)
            self._shown = None
        if field is not None and field.pane in self._containers:
            item = self._item(field)
            rect, scale = field.rect, self._fonts.scale
            dpg.set_value(item, field.text)
            dpg.configure_item(
                item, pos=(round(rect.x * scale), round(rect.y * scale)),
                width=round(rect.width * scale), hint=field.hint,
                show=True, auto_select_all=field.select_all,
            )  # fmt: skip
            if field.lines > 1:
                dpg.configure_item(item, height=round(rect.height * scale))
            dpg.bind_item_theme(item, self._tight() if rect.height <= TIGHT_PX else 0)
            font = self._fonts.id_of(NUMBER if field.number else BODY)
            if font:
                dpg.bind_item_font(item, font)
            dpg.focus_item(item)
            self._age = 0
            self._shown = (field, item)
            # Dear ImGui selects all of the text, asked or not.
            self._end_due = bool(field.text) and not field.select_all
        return True

    def _tight(self) -> int:
        """The theme of fields in low boxes: a taller one would cover the lower edge of its box."""
        if not self._tight_theme:
            with dpg.theme() as theme, dpg.theme_component(dpg.mvInputText):
                dpg.add_theme_style(dpg.mvStyleVar_FramePadding, 4, 1)
            self._tight_theme = int(theme)
        return self._tight_theme

    def _item(self, field: Field) -> int:
        self._turn = not self._turn
        key = (field.pane, field.lines > 1, self._turn)
        if key not in self._items:
            self._items[key] = int(
                dpg.add_input_text(
                    parent=self._containers[field.pane], show=False, multiline=field.lines > 1
                )
            )
        return self._items[key]
