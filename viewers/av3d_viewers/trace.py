"""How long each frame of the window took, as lines of JSON, for measurements.

Started by `AV3D_TRACE=FILE`. Times are those of `time.monotonic` and `time.process_time`, in seconds;
the second counts the work of all threads, which is what holds on a machine that does other things.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

STATE_EVERY_S = 0.5
"""While frames are traced the state is written so often at most: writing it takes longer than a frame."""


class Trace:
    """Writes one line per frame.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", buffering=1)
        self._marks: dict[str, tuple[float, float]] = {}
        self._state_s = 0.0

    def mark(self, name: str) -> None:
        """A part of the frame begins: "prepare", "draw", "drawn"."""
        self._marks[name] = time.monotonic(), time.process_time()

    def frame(
        self, pointer: tuple[float, float], shown: dict[str, Any], *, waited: bool, left_out: int
    ) -> None:
        """The frame is on the screen.

        Args:
            pointer: place of the pointer that its drawings follow, in logical pixels.
            shown: `Workspace.shown` of it.
            waited: whether drawing waited for a gesture.
            left_out: how many panes were not drawn because they had not changed.
        """
        line = {"pointer": pointer, **shown, "waited": waited, "left_out": left_out}
        line |= {name: list(times) for name, times in self._marks.items()}
        self._file.write(json.dumps(line) + "\n")

    def state_due(self, *, idle: bool) -> bool:
        """Whether the state may be written now."""
        now = time.monotonic()
        if not idle and now - self._state_s < STATE_EVERY_S:
            return False
        self._state_s = now
        return True
