"""Where the pointer is right now while a button is held, asked of the GLFW inside Dear PyGui.

Dear PyGui tells where the pointer was when the last frame began. Where drawing takes long, a box that
follows that is a whole frame behind the hand; asked for just before a frame is prepared, it is not.
See https://www.glfw.org/docs/latest/input_guide.html. Where a build of Dear PyGui does not export these
functions, drags follow the last frame, and nothing else changes.
"""

from __future__ import annotations

import ctypes
import logging
import math
from typing import Any

from av3d_viewers.imgui import library

logger = logging.getLogger(__name__)

_BUTTON = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_int)
"""GLFWmousebuttonfun: window, button, action, modifiers."""
BUTTONS = 3


class HeldPointer:
    """The pointer of the window of this thread; make it after the window."""

    def __init__(self) -> None:
        self._glfw: Any = None
        self._window: int | None = None
        self._before: Any = None
        self._changed = False
        """Whether a button went down or up that Dear PyGui has not told of yet."""
        glfw = library()
        if glfw is None:
            return
        try:
            current, set_callback = glfw.glfwGetCurrentContext, glfw.glfwSetMouseButtonCallback
            glfw.glfwPollEvents.argtypes = []
            glfw.glfwGetCursorPos.argtypes = [
                ctypes.c_void_p, ctypes.POINTER(ctypes.c_double), ctypes.POINTER(ctypes.c_double)
            ]  # fmt: skip
            glfw.glfwGetMouseButton.argtypes = [ctypes.c_void_p, ctypes.c_int]
        except AttributeError as error:
            logger.info("drags follow the last frame: %s", error)
            return
        current.argtypes, current.restype = [], ctypes.c_void_p
        self._window = current()
        if not self._window:
            return
        set_callback.argtypes, set_callback.restype = [ctypes.c_void_p, _BUTTON], ctypes.c_void_p
        # Kept here: the library holds only its address.
        self._callback = _BUTTON(self._on_button)
        before = set_callback(self._window, self._callback)
        self._before = _BUTTON(before) if before else None
        self._glfw = glfw

    def _on_button(self, window: int, button: int, action: int, modifiers: int) -> None:
        self._changed = True
        if self._before is not None:
            self._before(window, button, action, modifiers)

    @property
    def known(self) -> bool:
        """Whether this build tells where the pointer is."""
        return self._glfw is not None

    def told(self) -> None:
        """Dear PyGui has told of all that happened before the last frame began."""
        self._changed = False

    def place(self) -> tuple[int, int] | None:
        """Where the pointer is, in pixels of the window; None unless a button has been held since `told`.

        Takes in the events that wait: draw a frame after it without waiting for one.
        """
        if self._glfw is None:
            return None
        self._glfw.glfwPollEvents()
        held = any(self._glfw.glfwGetMouseButton(self._window, each) for each in range(BUTTONS))
        if self._changed or not held:
            # Which place belongs to which press is for Dear PyGui to say.
            return None
        x, y = ctypes.c_double(), ctypes.c_double()
        self._glfw.glfwGetCursorPos(self._window, ctypes.byref(x), ctypes.byref(y))
        return math.floor(x.value), math.floor(y.value)
