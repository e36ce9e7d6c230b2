"""Mouse and keys of Dear PyGui as gestures of a workspace."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import dearpygui.dearpygui as dpg

from av3d.present.panes.pane import Button
from av3d.present.workspace import Workspace
from av3d_viewers.held import HeldPointer

DOUBLE_CLICK_S = 0.35
DOUBLE_CLICK_PX = 5

BUTTONS = {
    dpg.mvMouseButton_Left: Button.LEFT,
    dpg.mvMouseButton_Right: Button.RIGHT,
    dpg.mvMouseButton_Middle: Button.MIDDLE,
}


MODIFIERS = {
    dpg.mvKey_LControl: "Ctrl",
    dpg.mvKey_RControl: "Ctrl",
    dpg.mvKey_LAlt: "Alt",
    dpg.mvKey_RAlt: "Alt",
    dpg.mvKey_LShift: "Shift",
    dpg.mvKey_RShift: "Shift",
}

UNNAMED_KEYS = {517: "PageUp", 518: "PageDown", 602: "="}
"""Keys of Dear ImGui for which Dear PyGui 2.3.1 has another, older number (mvKey_Prior is 266)."""


def _key_names() -> dict[int, str]:
    names = {getattr(dpg, f"mvKey_{letter}"): letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    names |= {getattr(dpg, f"mvKey_{digit}"): digit for digit in "0123456789"}
    names |= {getattr(dpg, f"mvKey_F{number}"): f"F{number}" for number in range(1, 13)}
    special = {
        "Left": "Left", "Right": "Right", "Up": "Up", "Down": "Down", "Home": "Home", "End": "End",
        "Spacebar": "Space", "Tab": "Tab", "Escape": "Esc",
        "Return": "Enter", "Delete": "Del", "Back": "Backspace", "Minus": "-",
        "Slash": "/", "Open_Brace": "[", "Close_Brace": "]", "Comma": ",", "Period": ".",
        "Add": "+", "Subtract": "-", "NumPadEnter": "Enter",
    }  # fmt: skip
    for attribute, name in special.items():
        code = getattr(dpg, f"mvKey_{attribute}", None)
        if code is not None:
            names[code] = name
    return names | UNNAMED_KEYS


class Gestures:
    """Asks Dear PyGui after every frame what the pointer and the keys did in it.

    Not by callbacks: they may arrive a frame late, when Ctrl of a quick Ctrl+Q is up again and the
    pointer is elsewhere. Only the wheel has no state to ask for.

    Args:
        workspace: takes the gestures.
        changed: called with every gesture, so that the window wakes up.
    """

    def __init__(self, workspace: Workspace, changed: Callable[[], None]) -> None:
        self._workspace = workspace
        self._changed = changed
        self._keys = _key_names()
        self._held: set[int] = set()
        self._shift = False
        self._last_press: tuple[float, float, float, Button] = (-1.0, 0.0, 0.0, Button.LEFT)
        self._last_place: tuple[float, float] = (-1.0, -1.0)
        self._pointer = HeldPointer()
        with dpg.handler_registry():
            dpg.add_mouse_wheel_handler(callback=self._wheel)

    def hand_to(self, workspace: Workspace) -> None:
        """Hand gestures to another workspace from now on."""
        self._workspace = workspace
        self._last_place = (-1.0, -1.0)

    @property
    def place(self) -> tuple[float, float]:
        """Where the pointer was when it was last asked for, in logical pixels."""
        return self._last_place

    def follow(self) -> None:
        """Let a drag follow the pointer to where it is now; a frame must be drawn next."""
        if self._workspace.mouse.held is None:
            return
        place = self._pointer.place()
        if place is not None:
            scale = self._workspace.session.scale
            self._move(place[0] / scale, place[1] / scale)

    def poll(self) -> None:
        """Hand on what happened in the last frame."""
        modifiers = self._modifiers()
        self._workspace.session.modifiers = frozenset(modifiers)
        self._pointer.told()
        x, y = self._place()
        buttons = any(
            dpg.is_mouse_button_clicked(button) or dpg.is_mouse_button_released(button)
            for button in BUTTONS
        )
        if self._pointer.known and self._workspace.mouse.held is not None and not buttons:
            # Before the next frame the pointer will have gone on: `follow` moves once for both.
            if (x, y) != self._last_place:
                self._changed()
        else:
            self._move(x, y)
        for button, kind in BUTTONS.items():
            if dpg.is_mouse_button_clicked(button):
                self._press(kind, x, y)
            if dpg.is_mouse_button_released(button):
                self._changed()
                self._workspace.release(x, y, kind)
        for code, name in self._keys.items():
            if dpg.is_key_pressed(code):
                self._changed()
                self._workspace.key(key_text(name, modifiers))

    def _move(self, x: float, y: float) -> None:
        if (x, y) != self._last_place:
            self._last_place = (x, y)
            self._changed()
            self._workspace.move(x, y)

    def _modifiers(self) -> list[str]:
        """The modifiers of the keys that went down in this frame; call once per frame.

        In a slow frame K of a quick Ctrl+K goes down and Ctrl goes up at once, so one that was held
        when the frame began counts, released in it or not.
        """
        self._held |= {code for code in MODIFIERS if dpg.is_key_pressed(code)}
        names = {MODIFIERS[code] for code in self._held}
        # By what is down: a release goes unseen while everything is made anew at another scale.
        self._held = {code for code in self._held if dpg.is_key_down(code)}
        self._shift = "Shift" in names
        return [name for name in ("Ctrl", "Alt", "Shift") if name in names]

    def _place(self) -> tuple[float, float]:
        """Where the pointer is, in logical pixels."""
        x, y = dpg.get_mouse_pos(local=False)
        scale = self._workspace.session.scale
        return float(x) / scale, float(y) / scale

    def _press(self, kind: Button, x: float, y: float) -> None:
        self._changed()
        now = time.monotonic()
        last_s, last_x, last_y, last_kind = self._last_press
        near = abs(x - last_x) + abs(y - last_y) <= DOUBLE_CLICK_PX
        double = now - last_s < DOUBLE_CLICK_S and near and kind is last_kind
        self._last_press = (-1.0 if double else now, x, y, kind)
        self._workspace.press(x, y, kind, 2 if double else 1)

    def _wheel(self, sender: int, notches: float) -> None:
        self._changed()
        self._workspace.wheel(*self._place(), float(notches), shift=self._shift)


def key_text(name: str, modifiers: Sequence[str]) -> str:
    """A key with its modifiers, "Ctrl+Shift+Z"; the shifted "=" of most keyboards is "+"."""
    if name == "=" and "Shift" in modifiers:
        name, modifiers = "+", [modifier for modifier in modifiers if modifier != "Shift"]
    return "+".join([*modifiers, name])
