"""A window of av3d on a display of its own, worked with mouse and keys alone.

All events go through one process of xdotool, as from a hand that never leaves mouse and keyboard. What
the window shows is read from its state file, as eyes would read the screen.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from av3d.render.views import OrthographicView
from av3d.types import FloatArray

COMMAND = (sys.executable, "-c", "from av3d.cli.main import main; main()", "open")
NAMES_OF_X = {
    "Ctrl": "ctrl", "Alt": "alt", "Shift": "shift", "Del": "Delete", "Esc": "Escape",
    "Enter": "Return", "Space": "space", "PageUp": "Prior", "PageDown": "Next", "+": "plus",
    "-": "minus", "=": "equal", "/": "slash", "[": "bracketleft", "]": "bracketright",
    ",": "comma", ".": "period", ";": "semicolon", "'": "apostrophe", "`": "grave",
    "\\": "backslash", "Backspace": "BackSpace",
}  # fmt: skip
"""Keys as commands write them, by their names on X11."""

SAFE_PX = 100, 300
"""In a window of any size."""

State = dict[str, Any]


class WindowError(Exception):
    """The window ended, or no longer shows what it should."""


@contextmanager
def screen(size: str = "1920x1080") -> Iterator[str]:
    """A display of our own, for as long as the context lasts."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
        pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    try:
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


class Hands:
    """Mouse and keys on one window, with a count of what they did.

    Args:
        display: where the window opens.
        folder: for its settings, log files, state file.
        arguments: of `av3d open`.
        pace_s: between two events of one gesture.

    Attributes:
        process: the window's.
        actions: keys pressed, clicks and drags so far.
    """

    def __init__(
        self, display: str, folder: Path, arguments: Sequence[str], *, pace_s: float = 0.03
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.pace_s = pace_s
        self.actions = 0
        self._place = SAFE_PX
        self._aside = False
        self.log_file = folder / "log" / "av3d.log"
        self._state_file = folder / "state.json"
        self._state_file.unlink(missing_ok=True)
        own = {f"AV3D_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "LOG", "DATA")}
        self.env = {
            **os.environ, **own, "DISPLAY": display, "AV3D_STATE_JSON": str(self._state_file)
        }  # fmt: skip
        self._errors = (folder / "stderr.txt").open("w+")
        self.process = subprocess.Popen(
            [*COMMAND, *arguments], env=self.env, stderr=self._errors, text=True
        )
        self._xdotool = subprocess.Popen(
            ["xdotool", "-"], env=self.env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.wait(lambda s: s["shown"]["main"] is not None and not s["busy"], 300)
        found = subprocess.run(
            ["xdotool", "search", "--pid", str(self.process.pid)],
            env=self.env, capture_output=True, text=True, check=True,
        )  # fmt: skip
        self._window = found.stdout.split()[-1]
        # Without a window manager nobody gives the window the keyboard.
        self.send(f"windowfocus {self._window}")

    # What is seen

    @property
    def state(self) -> State:
        """What the window shows now."""
        state: State = json.loads(self._state_file.read_text())
        return state

    @property
    def ended(self) -> str:
        """Why the window is gone, "" while it is there."""
        if self.process.poll() is None:
            return ""
        self._errors.seek(0)
        return f"the window ended with {self.process.returncode}: {self._errors.read()[-2000:]}"

    def wait(self, condition: Callable[[State], Any], seconds: float = 40.0) -> State:
        """The state as soon as it fulfils a condition; WindowError when it never does."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.ended:
                raise WindowError(self.ended)
            if self._state_file.exists():
                state = self.state
                if condition(state):
                    return state
            time.sleep(0.02)
        raise WindowError(f"still waiting after {seconds} s: {self.state}")

    def sync(self, seconds: float = 20.0) -> State:
        """Wait until the window has taken all events; the state then."""
        x, y = self._place
        panes = self.state["panes"].values()
        scale = self.state["scale"]
        if (
            x > scale * max(r[0] + r[2] for r in panes) - 4
            or y > scale * max(r[1] + r[3] for r in panes) - 4
        ):
            x, y = SAFE_PX
        self._aside = not self._aside
        x += 1 if self._aside else -1
        self._place = x, y
        self.send(f"mousemove {x} {y}")
        return self.wait(lambda s: _is_at(s, x, y), seconds)

    def settled(self, seconds: float = 20.0) -> State:
        """The state when the window has taken all events and works on nothing any more."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            state = self.sync(seconds)
            if not state["busy"] and not state["editing"]["previewing"]:
                return state
            time.sleep(0.05)
        raise WindowError(f"the window is not at rest after {seconds} s: {self.state}")

    def bev(self) -> OrthographicView:
        """The bird's-eye view that shows."""
        shown = self.state["bev"]
        width_px, height_px = shown["size_px"]
        return OrthographicView(
            width_px, height_px, tuple(shown["center_m"]), shown["metres_per_pixel"],
            shown["up_rad"],
        )  # fmt: skip

    def place_of(self, place_m: FloatArray) -> tuple[float, float]:
        """Where x, y of the ego frame is on the screen, in the view from above."""
        x, y, _, _ = self.state["panes"]["main"]
        u, v = self.bev().to_pixels(place_m[:2])
        return x + u + 0.5, y + v + 0.5

    def picture(self, path: Path) -> None:
        """Write what is on the screen, with imagemagick, to look at it."""
        subprocess.run(["import", "-window", "root", str(path)], env=self.env, check=True)

    # What is done

    def send(self, *lines: str) -> None:
        """Hand commands to xdotool."""
        if self._xdotool.stdin is None or self._xdotool.poll() is not None:
            raise WindowError("xdotool has ended")
        self._xdotool.stdin.write("".join(f"{line}\n" for line in lines))
        self._xdotool.stdin.flush()

    def press_keys(self, *keys: str) -> None:
        """Press keys as commands name them: "Shift+Right", "Ctrl+Z"."""
        for key in keys:
            self.actions += 1
            self.send(f"key {key_of_x(key)}")
            # As far apart as hands press keys.
            time.sleep(4 * self.pace_s)

    def type(self, text: str) -> None:
        """Type text; each letter is one key."""
        for letter in text:
            self.actions += 1
            self.send(f"key {NAMES_OF_X.get(letter, letter)}")
            time.sleep(2 * self.pace_s)

    def move(self, x: float, y: float) -> None:
        """Move the pointer."""
        self._place = max(round(x), 2), max(round(y), 0)
        self.send(f"mousemove {round(x)} {round(y)}")
        time.sleep(self.pace_s)

    def click(self, x: float, y: float, button: int = 1) -> None:
        """Click once; buttons 4 and 5 are a notch of the wheel."""
        self.actions += 1
        self.move(x, y)
        self.send(f"mousedown {button}")
        time.sleep(self.pace_s)
        self.send(f"mouseup {button}")
        time.sleep(self.pace_s)

    def drag(
        self, start: Sequence[float], end: Sequence[float], *, held: Iterable[str] = (),
        button: int = 1, steps: int = 8,
    ) -> None:  # fmt: skip
        """Drag from one place to another with keys held."""
        self.actions += 1
        held = [NAMES_OF_X[key] for key in held]
        self.move(*start)
        for key in held:
            self.send(f"keydown {key}")
        time.sleep(self.pace_s)
        self.send(f"mousedown {button}")
        time.sleep(self.pace_s)
        for part in np.linspace(0, 1, steps + 1)[1:]:
            self.move(*(np.array(start) + part * np.subtract(end, start)))
        time.sleep(self.pace_s)
        self.send(f"mouseup {button}")
        time.sleep(self.pace_s)
        for key in held:
            self.send(f"keyup {key}")
        time.sleep(self.pace_s)

    def resize(self, width: int, height: int) -> None:
        """Give the window another size."""
        self.send(f"windowsize {self._window} {width} {height}")
        self._place = SAFE_PX

    def quit(self) -> int:
        """Ctrl+Q; gives what the window ended with."""
        self.press_keys("Ctrl+Q")
        code = self.process.wait(20)
        self.close()
        return code

    def close(self) -> None:
        """End what is still there."""
        for process in (self.process, self._xdotool):
            if process.poll() is None:
                process.kill()
                process.wait(10)
        self._errors.close()


def _is_at(state: State, x: int, y: int) -> bool:
    """Whether the window has seen the pointer at a pixel of the screen."""
    return bool(np.allclose(np.multiply(state["pointer"], state["scale"]), (x, y), atol=0.6))


def key_of_x(key: str) -> str:
    """A key of a command by its name on X11: "Shift+Right" is "shift+Right", "+" is "plus"."""
    *modifiers, last = key.split("+") if not key.endswith("+") else [*key[:-1].split("+")[:-1], "+"]
    names = [NAMES_OF_X[modifier] for modifier in modifiers if modifier]
    if len(last) == 1 and last.isalpha():
        return "+".join([*names, last.lower()])
    return "+".join([*names, NAMES_OF_X.get(last, last)])
