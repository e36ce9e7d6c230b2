"""What is on the screen, as opposed to what has been prepared for it."""

from __future__ import annotations

from collections import deque
from typing import Any

NOTHING: dict[str, Any] = {"main": None, "camera": None}


class Painted:
    """Follows what was prepared through the frames that it takes to be drawn.

    A texture shows frames after it was handed over; a window that stops drawing before shows a
    picture from before, or none.

    Attributes:
        shown: `Workspace.shown` of what is on the screen.
    """

    def __init__(self) -> None:
        self.shown = NOTHING
        self._coming: deque[tuple[int, dict[str, Any]]] = deque()
        self._drawn = 0

    @property
    def done(self) -> bool:
        """Whether all that was prepared is on the screen."""
        return not self._coming

    def prepared(self, shown: dict[str, Any], frames: int, *, changed: bool) -> None:
        """A frame was prepared.

        Args:
            shown: what its panes show.
            frames: frames to draw until all of it is on the screen, at least 1.
            changed: whether its drawings are others than those of the frame before.
        """
        last = self._coming[-1] if self._coming else (0, self.shown)
        if changed or frames > 1 or shown != last[1]:
            # What comes later is never on the screen earlier.
            self._coming.append((max(self._drawn + frames, last[0]), shown))

    def frame_drawn(self) -> None:
        """A frame was drawn."""
        self._drawn += 1
        while self._coming and self._coming[0][0] <= self._drawn:
            self.shown = self._coming.popleft()[1]
