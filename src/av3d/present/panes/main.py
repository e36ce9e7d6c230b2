"""The main view: a frame from above or from an orbit camera, and what the pointer does in it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np

from av3d.present.drawing import Measure, Rect
from av3d.present.handles import HandleKind
from av3d.present.handling import Grip, Handling
from av3d.present.panes.pane import Button, Layer
from av3d.present.panes.scene import ScenePane
from av3d.present.projectors import OrbitProjector, PlanProjector, Projector
from av3d.present.session import Session
from av3d.render.views import OrthographicView, PerspectiveView

ZOOM_PER_NOTCH = 1.2
ORBIT_RAD_PER_PX = 0.006
CLICK_PX = 3
AHEAD = np.array([1.0, 0.0, 0.0])


class MainPane(ScenePane):
    """Bird's-eye view and 3D view, in which cuboids are selected, moved and made.

    The left button drags handles and the body of the selected cuboid, anywhere else it turns the 3D view
    and shifts the one from above; the right button shifts, the middle one turns. Of other cuboids a
    press only selects.
    """

    def __init__(
        self,
        session: Session,
        measure: Measure,
        run: Callable[[str, str], None],
        name: str = "main",
    ) -> None:
        super().__init__(session, measure, run, name)
        self.handling = Handling(session)
        self._dragged_px = 0.0
        self._button: Button | None = None

    @property
    def projector(self) -> Projector:
        """Of the view that shows; its working frame is the ego frame."""
        view = self.view
        return PlanProjector(view) if isinstance(view, OrthographicView) else OrbitProjector(view)

    def update(self) -> None:
        super().update()
        self.handling.show((self.shown, self.view), self._grip)

    def _grip(self) -> Grip | None:
        session = self.session
        box = session.selected_box()
        if box is None or self.shown != session.frame:
            return None
        up = session.edits.up_in_ego()
        whole = Rect(0, 0, self.width, self.height)
        return Grip(box.cuboid, self.projector, up, AHEAD, lambda cuboid: cuboid, whole)

    def layers(self) -> Sequence[Layer]:
        return (*super().layers(), Layer("handles", self._handles_key(), self.handling.draw))

    def _handles_key(self) -> Hashable:
        return self.handling.key

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        self._dragged_px, self._button = 0.0, button
        if button is Button.LEFT:
            self.handling.press(x, y)
        return True

    def drag(self, x: float, y: float, dx: float, dy: float) -> None:
        self._dragged_px += abs(dx) + abs(dy)
        if self.handling.dragging:
            self.handling.drag(x, y)
            return
        if self._dragged_px < CLICK_PX:
            return
        self.turning = True
        view = self.view
        if isinstance(view, PerspectiveView) and self._button is not Button.RIGHT:
            self.orbit = view.orbited(-dx * ORBIT_RAD_PER_PX, dy * ORBIT_RAD_PER_PX)
            return
        self.session.follow = False
        self.view = view.panned((dx, dy))

    def release(self, x: float, y: float) -> None:
        button, self._button = self._button, None
        self.turning = False
        if self.handling.dragging and self.handling.release():
            return
        if button is Button.LEFT and self._dragged_px < CLICK_PX:
            self._click(x, y)

    def cancel(self) -> None:
        self.turning, self._button = False, None
        self.handling.cancel()

    def _click(self, x: float, y: float) -> None:
        zone = self.zone_at(x, y)
        if zone is not None and zone.command:
            self.run(zone.command, zone.argument)
            return
        track_id = self.track_at(x, y)
        if self.session.modifiers & {"Ctrl", "Shift"}:
            if track_id is not None:
                self.session.select_also(track_id)
            return
        self.session.select(track_id)

    def move(self, x: float, y: float) -> None:
        super().move(x, y)
        self.session.hint = ""
        handle = self.handling.hover(x, y)
        on_handle = handle is not None and handle.kind is not HandleKind.MOVE
        self.session.hovered = None if on_handle else self.track_at(x, y)
        if isinstance(self.view, OrthographicView):
            self.pointer_m = np.append(self.view.to_plane((x - 0.5, y - 0.5)), np.nan)
            index = self._buffer.point_near((x, y), 4) if self.cloud is not None else None
            if index is not None and self.cloud is not None:
                self.pointer_m[2] = self.cloud.points_m[index, 2]
        else:
            index = self._buffer.point_near((x, y), 6) if self.cloud is not None else None
            self.pointer_m = (
                None
                if index is None or self.cloud is None
                else self.cloud.points_m[index].astype(np.float64)
            )

    def leave(self) -> None:
        super().leave()
        self.handling.leave()
        self.pointer_m = None
        self.session.hovered = None
        self.session.hint = ""

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        # A view that moves under a handle would take the cuboid with it.
        if not self.handling.dragging:
            self.zoom(ZOOM_PER_NOTCH**notches, (x, y))
