"""Files that are dropped onto the window from a file manager.

Dear PyGui has no callback for that, but the GLFW inside it has: `glfwSetDropCallback`, see
https://www.glfw.org/docs/latest/input_guide.html#path_drop. Where a build of Dear PyGui does not export
it, nothing can be dropped, and nothing else changes.
"""

from __future__ import annotations

import ctypes
import logging
import os
from collections.abc import Callable, Sequence
from typing import Any

from av3d_viewers.imgui import library

logger = logging.getLogger(__name__)

_DROP = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_char_p))
"""GLFWdropfun: window, number of paths, paths as UTF-8."""


def files_dropped(took: Callable[[Sequence[str]], None]) -> Any:
    """Call a function with the paths of what is dropped onto the window of this thread.

    Must be called on the thread of the window, after it was made; `took` is called there, too, while
    events are handled.

    Returns:
        What must be kept as long as the window is there; None if nothing can be dropped.
    """
    glfw = library()
    if glfw is None:
        return None
    try:
        current, set_callback = glfw.glfwGetCurrentContext, glfw.glfwSetDropCallback
    except AttributeError as error:
        logger.info("files cannot be dropped onto the window: %s", error)
        return None
    current.restype = ctypes.c_void_p
    current.argtypes = []
    set_callback.restype = ctypes.c_void_p
    set_callback.argtypes = [ctypes.c_void_p, _DROP]
    window = current()
    if not window:
        return None

    def dropped(_window: int, count: int, paths: Any) -> None:
        try:
            texts = [os.fsdecode(paths[number]) for number in range(count)]
            if texts:
                took(texts)
        except Exception:  # nothing may go up into the library
            logger.exception("what was dropped cannot be opened")

    callback = _DROP(dropped)
    set_callback(window, callback)
    return callback
