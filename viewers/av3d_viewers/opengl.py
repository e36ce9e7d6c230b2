"""The little of OpenGL that Dear PyGui does not hand on, called in the context that it has made current.

Where Dear PyGui draws with something else, as on Windows and macOS, there is none, and what needs it
does without. The same with AV3D_OPENGL=0, for drivers on which these calls go wrong.

Source: the OpenGL 3.3 core profile specification, https://registry.khronos.org/OpenGL/.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import logging
import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

logger = logging.getLogger(__name__)

UNUSED = 64
"""After so many names in a row that nothing has there are no more."""

_INT, _UINT, _ENUM, _ADDRESS = ctypes.c_int, ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "glGetString": (ctypes.c_char_p, [_ENUM]),
    "glEnable": (None, [_ENUM]),
    "glDisable": (None, [_ENUM]),
    "glScissor": (None, [_INT] * 4),
    "glPixelStorei": (None, [_ENUM, _INT]),
    "glIsBuffer": (ctypes.c_ubyte, [_UINT]),
    "glBindBuffer": (None, [_ENUM, _UINT]),
    "glDeleteBuffers": (None, [_INT, ctypes.POINTER(_UINT)]),
    "glGetBufferParameteriv": (None, [_ENUM, _ENUM, ctypes.POINTER(_INT)]),
    "glIsTexture": (ctypes.c_ubyte, [_UINT]),
    "glBindTexture": (None, [_ENUM, _UINT]),
    "glTexParameteri": (None, [_ENUM, _ENUM, _INT]),
    "glGetTexLevelParameteriv": (None, [_ENUM, _INT, _ENUM, ctypes.POINTER(_INT)]),
    "glGetTexImage": (None, [_ENUM, _INT, _ENUM, _ENUM, _ADDRESS]),
    "glTexImage2D": (None, [_ENUM, _INT, _INT, _INT, _INT, _INT, _ENUM, _ENUM, _ADDRESS]),
    "glTexSubImage2D": (None, [_ENUM, _INT, _INT, _INT, _INT, _INT, _ENUM, _ENUM, _ADDRESS]),
}  # fmt: skip


@cache
def library() -> ctypes.CDLL | None:
    """OpenGL with the functions that are used here; None where it is not there."""
    if not sys.platform.startswith("linux") or os.environ.get("AV3D_OPENGL") == "0":
        return None
    name = ctypes.util.find_library("GL")
    try:
        gl = ctypes.CDLL(name) if name else None
        if gl is None:
            return None
        for function, (result, arguments) in _FUNCTIONS.items():
            loaded = getattr(gl, function)
            loaded.restype, loaded.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        logger.info("OpenGL is not called: %s", error)
        return None
    return gl


class Names:
    """The names that textures, or buffers, have: small numbers with gaps, which OpenGL does not list.

    Args:
        is_one: whether something has a name, such as glIsTexture.
    """

    def __init__(self, is_one: Callable[[int], int]) -> None:
        self._is_one = is_one
        self._highest = 0

    def __iter__(self) -> Iterator[int]:
        name = unused = 0
        while unused < UNUSED or name < self._highest:
            name += 1
            if not self._is_one(name):
                unused += 1
                continue
            unused = 0
            self._highest = max(self._highest, name)
            yield name
