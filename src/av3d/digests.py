"""One way to write a JSON value as text, and a short digest of it: equal values, equal digests."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

DIGEST_BYTES = 16
"""128 bits: two of a billion different values agree with a chance of 1e-21."""


def canonical(value: Any) -> str:
    """A JSON value as compact text with sorted keys; equal values give equal text.

    Raises:
        ValueError: a number is not finite.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def digest_of(value: Any) -> str:
    """The digest of a JSON value, 32 hexadecimal digits."""
    return digest_of_text(canonical(value))


def digest_of_text(*texts: str) -> str:
    """The digest of texts one after the other, 32 hexadecimal digits.

    The caller sees to it that they cannot be cut in another way to the same text.
    """
    state = blake2b(digest_size=DIGEST_BYTES)
    for text in texts:
        state.update(text.encode())
    return state.hexdigest()
