"""The buffers through which Dear PyGui copies dynamic textures to the card, which it never frees.

Each dynamic texture has an OpenGL pixel buffer of the size of its values. Deleting the texture frees all
but that, so whoever deletes textures has to delete the buffer as well. Dear PyGui does not tell its
name; it is the one of that size which was not there before.

Source: glGenBuffers, glBufferData and glDeleteBuffers of OpenGL; seen in Dear PyGui 2.3.1, where deleting
60 textures of 1024x1024 kept 960 MB, and none once their buffers were deleted.
"""

from __future__ import annotations

import ctypes

from av3d_viewers import opengl

PIXEL_UNPACK_BUFFER, BUFFER_SIZE = 0x88EC, 0x8764


class PixelBuffers:
    """Finds and deletes pixel buffers; use it where the window's context is current."""

    def __init__(self) -> None:
        self._gl = opengl.library()
        self._names = opengl.Names(self._gl.glIsBuffer) if self._gl is not None else ()

    def of_size(self, nbytes: int) -> set[int]:
        """Names of the buffers of a size in bytes; empty where OpenGL cannot be asked."""
        gl = self._gl
        if gl is None:
            return set()
        found: set[int] = set()
        for name in self._names:
            size = ctypes.c_int()
            gl.glBindBuffer(PIXEL_UNPACK_BUFFER, name)
            gl.glGetBufferParameteriv(PIXEL_UNPACK_BUFFER, BUFFER_SIZE, ctypes.byref(size))
            if size.value == nbytes:
                found.add(name)
        gl.glBindBuffer(PIXEL_UNPACK_BUFFER, 0)
        return found

    def delete(self, name: int) -> None:
        """Delete a buffer."""
        if self._gl is not None:
            self._gl.glDeleteBuffers(1, ctypes.byref(ctypes.c_uint(name)))
