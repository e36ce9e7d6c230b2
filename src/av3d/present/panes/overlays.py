"""What lies over the panes, and only at times: menu, tooltip, messages, dialogs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av3d.present.drawing import Drawing, Rect
from av3d.present.panes.pane import Pane
from av3d.present.theme import RADIUS

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace


class Overlay(Pane):
    """A pane over the others that shows only at times."""

    modal = False
    """Whether a press outside closes it and does nothing else."""

    # Overlays are not docked in one of the two workspaces: here it is the window's own.
    workspace: Workspace  # type: ignore[assignment]

    @property
    def visible(self) -> bool:
        return False

    def place(self, width: int, height: int) -> Rect:
        """Where it is in a window of this size."""
        raise NotImplementedError

    def close(self) -> None:
        """Take it away."""

    def key(self, key: str) -> bool:
        """A key was pressed while it shows; True if it has done something with it."""
        return False

    def _frame(self, drawing: Drawing) -> None:
        theme = self.session.theme
        rect = Rect(0.5, 0.5, self.width - 1, self.height - 1)
        drawing.box(rect, theme.panel, outline=theme.border, radius=RADIUS)
