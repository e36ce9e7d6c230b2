"""Mouse and keys of Dear PyGui as gestures of a workspace."""

from __future__ import annotations

import time
from collections.abc import Callable

import dearpygui.dearpygui as dpg

from av3d.present.panes.pane import Button
from av3d.present.workspace import Workspace

DOUBLE_CLICK_S = 0.35
DOUBLE_CLICK_PX = 5

BUTTONS = {
    dpg.mvMouseButton_Left: Button.LEFT,
    dpg.mvMouseButton_Right: Button.RIGHT,
    dpg.mvMouseButton_Middle: Button.MIDDLE,
}


def _key_names() -> dict[int, str]:
    names = {getattr(dpg, f"mvKey_{letter}"): letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    names |= {getattr(dpg, f"mvKey_{digit}"): digit for digit in "0123456789"}
    names |= {getattr(dpg, f"mvKey_F{number}"): f"F{number}" for number in range(1, 13)}
    special = {
        "Left": "Left", "Right": "Right", "Up": "Up", "Down": "Down", "Home": "Home", "End": "End",
        "Prior": "PageUp", "Next": "PageDown", "Spacebar": "Space", "Tab": "Tab", "Escape": "Esc",
        "Return": "Enter", "Delete": "Del", "Back": "Backspace", "Plus": "=", "Minus": "-",
        "Slash": "/", "Open_Brace": "[", "Close_Brace": "]", "Comma": ",", "Period": ".",
        "Add": "+", "Subtract": "-", "NumPadEnter": "Enter",
    }  # fmt: skip
    for attribute, name in special.items():
        code = getattr(dpg, f"mvKey_{attribute}", None)
        if code is not None:
            names[code] = name
    return names


class Gestures:
    """Handlers for the whole window; what they hand on happens when callbacks are run.

    Args:
        workspace: takes the gestures.
        changed: called with every gesture, so that the window wakes up.
    """

    def __init__(self, workspace: Workspace, changed: Callable[[], None]) -> None:
        self._workspace = workspace
        self._changed = changed
        self._keys = _key_names()
        self._last_press: tuple[float, float, float, Button] = (-1.0, 0.0, 0.0, Button.LEFT)
        with dpg.handler_registry():
            dpg.add_mouse_move_handler(callback=self._move)
            dpg.add_mouse_wheel_handler(callback=self._wheel)
            dpg.add_key_press_handler(dpg.mvKey_None, callback=self._key)
            for button in BUTTONS:
                dpg.add_mouse_click_handler(button, callback=self._press)
                dpg.add_mouse_release_handler(button, callback=self._release)

    @staticmethod
    def _place() -> tuple[float, float]:
        x, y = dpg.get_mouse_pos(local=False)
        return float(x), float(y)

    def _press(self, sender: int, button: int) -> None:
        self._changed()
        x, y = self._place()
        kind = BUTTONS[button]
        now = time.monotonic()
        last_s, last_x, last_y, last_kind = self._last_press
        near = abs(x - last_x) + abs(y - last_y) <= DOUBLE_CLICK_PX
        double = now - last_s < DOUBLE_CLICK_S and near and kind is last_kind
        self._last_press = (-1.0 if double else now, x, y, kind)
        self._workspace.move(x, y)
        self._workspace.press(x, y, kind, 2 if double else 1)

    def _release(self, sender: int, button: int) -> None:
        self._changed()
        x, y = self._place()
        self._workspace.move(x, y)
        self._workspace.release(x, y, BUTTONS[button])

    def _move(self, sender: int, place: list[float]) -> None:
        self._changed()
        self._workspace.move(*self._place())

    def _wheel(self, sender: int, notches: float) -> None:
        self._changed()
        self._workspace.wheel(*self._place(), float(notches), shift=_down("Shift"))

    def _key(self, sender: int, code: int) -> None:
        self._changed()
        # The handler also fires for modifiers, mouse buttons and the wheel; those have no name.
        name = self._keys.get(code)
        if name is None:
            return
        if name == "=" and _down("Shift"):
            name = "+"
        parts = [part for part in ("Ctrl", "Alt", "Shift") if _down(part)]
        if name == "+":
            parts = [part for part in parts if part != "Shift"]
        self._workspace.key("+".join([*parts, name]))


def _down(modifier: str) -> bool:
    codes = {
        "Ctrl": (dpg.mvKey_LControl, dpg.mvKey_RControl),
        "Shift": (dpg.mvKey_LShift, dpg.mvKey_RShift),
        "Alt": (dpg.mvKey_LAlt, dpg.mvKey_RAlt),
    }[modifier]
    return any(dpg.is_key_down(code) for code in codes)
