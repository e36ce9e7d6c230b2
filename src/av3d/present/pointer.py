"""The pointer among the panes: which one it is over, which one keeps it, and the gutters between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av3d.present.drawing import Rect
from av3d.present.layout import gutter_at
from av3d.present.panes.overlays import Overlay
from av3d.present.panes.pane import Button, Pane

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace


class Pointer:
    """Hands gestures of the pointer to the pane that they are meant for.

    Coordinates are pixels of the window.

    Args:
        workspace: whose panes.

    Attributes:
        place: where the pointer is.
        over: the pane under it.
        resting_since: reading of the clock since when it has not moved; None after a press.
        hot_gutter: the gutter that a press would take hold of.
        held: the pane that keeps the pointer until the button is released.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.place: tuple[float, float] = (-1.0, -1.0)
        self.over: Pane | None = None
        self.resting_since: float | None = None
        self.hot_gutter: str | None = None
        self.held: Pane | None = None
        self._held_gutter: str | None = None

    def pane_at(self, x: float, y: float) -> Pane | None:
        """The topmost pane at a place."""
        workspace = self._workspace
        for overlay in reversed(workspace.visible_overlays()):
            if overlay is not workspace.tip and overlay.rect.contains(x, y):
                return overlay
        for pane in workspace.visible_panes():
            if pane.rect.contains(x, y):
                return pane
        return None

    def press(self, x: float, y: float, button: Button, clicks: int) -> None:
        """A button went down."""
        if self.held is not None:
            return
        workspace = self._workspace
        self.place = (x, y)
        self.resting_since = None
        pane = self.pane_at(x, y)
        for overlay in workspace.visible_overlays():
            if overlay.modal and pane is not overlay:
                was_menu = overlay is workspace.menu
                overlay.close()
                if not (was_menu and pane is workspace.top_bar):
                    return
        field = workspace.session.fields.active
        if field is not None:
            local_x, local_y = _local(pane, x, y)
            if (
                pane is not None
                and field.pane == pane.name
                and field.rect.contains(local_x, local_y)
            ):
                return  # the window's own field has the press
            workspace.session.fields.leave()
        gutter = gutter_at(workspace.layout, x, y) if not isinstance(pane, Overlay) else None
        if gutter is not None and button is Button.LEFT:
            self._held_gutter = gutter
            return
        free = not isinstance(pane, Overlay)
        if free and button is Button.LEFT:
            workspace.desk.take(pane, *_local(pane, x, y), (x, y))
        if pane is not None and pane.press(*_local(pane, x, y), button, clicks):
            self.held = pane
            workspace.desk.drop_grip()

    def move(self, x: float, y: float) -> None:
        """The pointer moved."""
        if (x, y) == self.place:
            return
        workspace = self._workspace
        last_x, last_y = self.place
        self.place = (x, y)
        self.resting_since = workspace.session.clock()
        if self._held_gutter is not None:
            workspace.desk.drag_gutter(self._held_gutter, x, y)
            return
        if workspace.desk.drag(x, y):
            return
        if self.held is not None:
            self.held.drag(*_local(self.held, x, y), x - last_x, y - last_y)
            return
        pane = self.pane_at(x, y)
        free = not isinstance(pane, Overlay)
        self.hot_gutter = gutter_at(workspace.layout, x, y) if free else None
        if pane is not self.over and self.over is not None:
            self.over.leave()
        self.over = pane
        if pane is None or any(o.modal and o is not pane for o in workspace.visible_overlays()):
            self._hover_menu(pane, x, y)
            return
        pane.move(*_local(pane, x, y))

    def _hover_menu(self, pane: Pane | None, x: float, y: float) -> None:
        """With a menu open, the pointer on another title opens that one."""
        top_bar = self._workspace.top_bar
        if pane is top_bar and top_bar.open_menu is not None:
            zone = top_bar.zone_at(*_local(pane, x, y))
            if zone is not None and zone.command == "menu.open":
                top_bar.open_menu = zone.argument

    def release(self, x: float, y: float, button: Button) -> None:
        """A button went up."""
        self._held_gutter = None
        self._workspace.desk.let_go()
        held, self.held = self.held, None
        if held is not None:
            held.release(*_local(held, x, y))

    def cancel(self) -> bool:
        """Esc was pressed: a gesture that lasts is taken back; whether there was one."""
        if self._workspace.desk.drop_grip():
            return True
        held, self.held = self.held, None
        if held is None:
            return False
        held.cancel()
        return True

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        """The wheel turned; positive is away from the user."""
        pane = self.pane_at(x, y)
        if pane is not None:
            pane.wheel(*_local(pane, x, y), notches, shift=shift)


def _local(pane: Pane | None, x: float, y: float) -> tuple[float, float]:
    rect = pane.rect if pane is not None else Rect(0, 0, 0, 0)
    return x - rect.x, y - rect.y
