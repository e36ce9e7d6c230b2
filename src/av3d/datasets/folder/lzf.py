"""Unpacking LZF, the compression of binary_compressed PCD files.

Source of the format: LibLZF by Marc Lehmann, whose blocks are a control byte and what it announces: up
to 31 a run of control + 1 bytes; else a copy of (control >> 5) + 2 earlier bytes (7 in these bits: a byte
with more of the length follows), which start 1 + ((control & 31) << 8) + next byte before the end.
"""

from __future__ import annotations

from typing import Any

from av3d.compiling import compiled
from av3d.types import Uint8Array


@compiled("i8(u1[::1], u1[::1])")
def unpack_lzf(packed: Uint8Array, unpacked: Uint8Array) -> Any:
    """Fill an array from packed bytes.

    Args:
        packed: the compressed bytes, (P,).
        unpacked: as large as the result shall be, (U,); written.

    Returns:
        Bytes written, -1 if the data are damaged or do not fit.
    """
    at, end = 0, 0
    while at < len(packed):
        control = int(packed[at])
        at += 1
        if control < 32:
            run = control + 1
            if at + run > len(packed) or end + run > len(unpacked):
                return -1
            for step in range(run):
                unpacked[end + step] = packed[at + step]
            at += run
            end += run
            continue
        length = control >> 5
        if length == 7:
            if at >= len(packed):
                return -1
            length += int(packed[at])
            at += 1
        if at >= len(packed):
            return -1
        start = end - ((control & 31) << 8) - int(packed[at]) - 1
        at += 1
        length += 2
        if start < 0 or end + length > len(unpacked):
            return -1
        for step in range(length):  # byte by byte: a copy may overlap its own source
            unpacked[end + step] = unpacked[start + step]
        end += length
    return end
