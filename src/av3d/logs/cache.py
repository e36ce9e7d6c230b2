"""A cache bounded in bytes, safe to use from worker threads."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from av3d.errors import Av3dError

Value = TypeVar("Value")

CACHE_MB = 512
"""Decoded sweeps and images that one log keeps in memory unless AV3D_CACHE_MB says otherwise."""
MIN_CACHE_MB = 64
"""One frame of six images and a sweep takes about fifty."""


def cache_bytes() -> int:
    """Memory for the decoded sweeps and images of a log: AV3D_CACHE_MB from the environment.

    Raises:
        Av3dError: the variable is not a whole number of at least MIN_CACHE_MB.
    """
    text = os.environ.get("AV3D_CACHE_MB", "").strip() or str(CACHE_MB)
    if not (text.isascii() and text.isdigit() and MIN_CACHE_MB <= int(text[:9]) == int(text)):
        raise Av3dError(
            f"AV3D_CACHE_MB is {text[:20]!r}", "environment", f"write {MIN_CACHE_MB} or more"
        )
    return int(text) * 1024 * 1024


class ByteCache(Generic[Value]):
    """Keeps the most recently used values up to `capacity_bytes`.

    A value larger than the capacity is returned but not kept. Two threads that ask for the same
    missing key load it once: the second waits for the first, and tries itself if the first fails.
    """

    def __init__(self, capacity_bytes: int, size_of: Callable[[Value], int]) -> None:
        self.capacity_bytes = capacity_bytes
        self._size_of = size_of
        # With the size it had when it was kept, so that the sum stays right.
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._held_bytes = 0
        self._lock = threading.Lock()
        self._loading: dict[Hashable, threading.Lock] = {}

    @property
    def held_bytes(self) -> int:
        """Bytes of the values that are kept now."""
        return self._held_bytes

    def peek(self, key: Hashable) -> Value | None:
        """The value if it is kept, without loading it."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key][0]
        return None

    def get(self, key: Hashable, load: Callable[[], Value]) -> Value:
        """The kept value, or the result of `load`, which is then kept. Errors of `load` pass through."""
        found = self.peek(key)
        if found is not None:
            return found
        with self._lock:
            gate = self._loading.setdefault(key, threading.Lock())
        with gate:
            found = self.peek(key)
            if found is not None:
                return found
            try:
                value = load()
                self._keep(key, value)
            finally:
                # Only now: a thread that came between would not find the value and load it again.
                with self._lock:
                    self._loading.pop(key, None)
            return value

    def _keep(self, key: Hashable, value: Value) -> None:
        size = self._size_of(value)
        if size > self.capacity_bytes:
            return
        with self._lock:
            if key in self._values:
                return
            self._values[key] = value, size
            self._held_bytes += size
            while self._held_bytes > self.capacity_bytes:
                _, (_, dropped) = self._values.popitem(last=False)
                self._held_bytes -= dropped
