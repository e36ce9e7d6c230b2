"""The little of Dear ImGui that Dear PyGui does not hand on, called in its own library.

Where a build of Dear PyGui does not export a function, what needs it does nothing.
"""

from __future__ import annotations

import ctypes
import logging
from functools import cache

logger = logging.getLogger(__name__)

FIRST_KEY, KEYS = 512, 200
"""ImGuiKey_NamedKey_BEGIN, and more than there are after it."""


@cache
def library() -> ctypes.CDLL | None:
    """Dear PyGui's own library; None where it cannot be loaded."""
    import dearpygui._dearpygui as module

    try:
        return ctypes.CDLL(module.__file__)
    except OSError as error:
        logger.info("Dear PyGui's library cannot be called: %s", error)
        return None


@cache
def _end_key() -> int:
    """The number of the End key in this version; -1 if it is not found."""
    loaded = library()
    if loaded is None:
        return -1
    try:
        name = loaded._ZN5ImGui10GetKeyNameE8ImGuiKey
    except AttributeError:
        return -1
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.c_int]
    return next((key for key in range(FIRST_KEY, FIRST_KEY + KEYS) if name(key) == b"End"), -1)


def press_end() -> None:
    """Press the End key: puts the cursor of the active text field behind its text.

    A field that is given the keyboard selects all of its text, so that the next letter would replace it.
    """
    loaded, key = library(), _end_key()
    if loaded is None or key < 0:
        return
    try:
        get_io = loaded._ZN5ImGui5GetIOEv
        add_key = loaded._ZN7ImGuiIO11AddKeyEventE8ImGuiKeyb
    except AttributeError:
        return
    get_io.restype, get_io.argtypes = ctypes.c_void_p, []
    add_key.restype, add_key.argtypes = None, [ctypes.c_void_p, ctypes.c_int, ctypes.c_bool]
    io = get_io()
    add_key(io, key, True)
    add_key(io, key, False)
