"""Wakes a window that has just gone to sleep once more, in case something happened meanwhile.

Dear ImGui spreads events that come quickly over several frames, and events can be taken in just before
the window decides to wait for the next. What is left then would show with the next move of the mouse
only. Looking twice more, a moment later, costs some frames; a window at rest still draws nothing.

Source: glfwPostEmptyEvent, https://www.glfw.org/docs/latest/input_guide.html; any thread may call it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from av3d_viewers.imgui import library

logger = logging.getLogger(__name__)

DELAY_S = 0.25
TIMES = 2


def _post() -> None:
    loaded = library()
    if loaded is None:
        return
    try:
        loaded.glfwPostEmptyEvent()
    except AttributeError as error:
        logger.info("the window wakes by events alone: %s", error)


class Nudge:
    """Wakes the window a moment after it fell asleep, a few times after each thing that happened.

    Args:
        post: makes the window wake up.
        delay_s: how long it sleeps before.
    """

    def __init__(self, post: Callable[[], None] = _post, delay_s: float = DELAY_S) -> None:
        self._post = post
        self._delay_s = delay_s
        self._left = TIMES
        self._fired = False
        self._timer: threading.Timer | None = None

    def sleeping(self) -> None:
        """The window is about to wait for an event."""
        if self._left <= 0 or self._timer is not None:
            return
        self._left -= 1
        self._fired = False
        self._timer = threading.Timer(self._delay_s, self._fire)
        self._timer.daemon = True
        self._timer.start()

    def woke(self) -> None:
        """The window has waited, and something woke it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._fired:
            self._left = TIMES
        self._fired = False

    def _fire(self) -> None:
        self._fired = True
        self._post()
