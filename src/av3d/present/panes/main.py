"""The main view: a frame from above or from an orbit camera, and what the pointer does in it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

import numpy as np

from av3d.present import aids
from av3d.present.drawing import Drawing, Measure, Rect
from av3d.present.handles import HandleKind
from av3d.present.handling import Grip, Handling, as_it_is
from av3d.present.making import Making, tool_hint
from av3d.present.panes.pane import Button, Layer
from av3d.present.panes.remarks import Remark, draw_remarks
from av3d.present.panes.scene import ScenePane
from av3d.present.projectors import OrbitProjector, PlanProjector, Projector, on_plane
from av3d.present.session import Session
from av3d.render.views import OrthographicView, PerspectiveView
from av3d.types import FloatArray

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
        self.making: Making | None = None
        self.remarks: tuple[Remark, ...] = ()
        """Findings and issues to be marked."""
        self.shows_remarks = True
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
        return Grip(box.cuboid, self.projector, up, AHEAD, as_it_is, whole)

    def layers(self) -> Sequence[Layer]:
        return (
            *super().layers(),
            Layer(
                "remarks",
                (self.shown, self.view, self.remarks, self.session.supply.revision),
                self._draw_remarks,
            ),
            Layer("handles", self.handling.key, self.handling.draw),
            Layer("making", self._making_key(), self._draw_making),
        )

    def _draw_remarks(self, drawing: Drawing) -> None:
        if self.remarks and self.shown is not None:
            size = (self.width, self.height)
            draw_remarks(drawing, self.session, self.remarks, self.shown, self.view, size)

    def show_place(self, place_m: Sequence[float] | None) -> None:
        """Move the view to a place of the world; None: to the selected track."""
        if place_m is None or self.session.selected is not None:
            self.centre_on_selection()
            return
        ego_SE3_world = self.session.log.world_SE3_ego(self.session.timestamp_ns).inverse()
        x_m, y_m, z_m = ego_SE3_world.transform(np.asarray(place_m, dtype=np.float64)).tolist()
        self.bev = replace(self.bev, center_m=(x_m, y_m))
        self.orbit = replace(self.orbit, target_m=(x_m, y_m, z_m))

    def _making_key(self) -> Hashable:
        making = self.making
        return making and (making.end_px, making.fitting)

    def _draw_making(self, drawing: Drawing) -> None:
        if self.making is not None:
            self.making.draw(drawing)

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        self._dragged_px, self._button = 0.0, button
        if button is Button.LEFT and not self._begin_making(x, y):
            self.handling.press(x, y)
        return True

    def _begin_making(self, x: float, y: float) -> bool:
        """Whether the press begins a rectangle: with the tool, or with Ctrl or Shift off the handles."""
        session = self.session
        wanted = bool(session.tool)
        if not wanted and session.modifiers & {"Ctrl", "Shift"}:
            handle = self.handling.at(x, y)
            wanted = handle is None or handle.kind is HandleKind.MOVE
        if not wanted or not session.labels.editable or self.shown != session.frame:
            return False
        start_m = self.place_at(x, y)
        if start_m is None:
            return False
        view = self.view
        yaw_rad = view.azimuth_rad if isinstance(view, PerspectiveView) else view.up_rad
        session.edits.settle()
        self.making = Making(
            session, self.projector, (x, y), start_m, session.edits.up_in_ego(), yaw_rad,
            clicks=bool(session.tool),
        )  # fmt: skip
        return True

    def place_at(self, x: float, y: float) -> FloatArray | None:
        """The point under a pixel, else the ground there, (3,) in the ego frame; None in the sky."""
        cloud = self.cloud
        index = self.point_near(x, y, 5) if cloud is not None else None
        on_point = None if index is None or cloud is None else cloud.points_m[index]
        if isinstance(self.view, OrthographicView):
            height_m = 0.0 if on_point is None else float(on_point[2])
            return np.append(self.view.to_plane((x - 0.5, y - 0.5)), height_m)
        if on_point is not None:
            return np.asarray(on_point, dtype=np.float64)
        ground = aids.ground_at(self.session, np.zeros(2), 10.0)
        point_m = ground.point_m if ground is not None else np.zeros(3)
        normal = ground.normal if ground is not None else self.session.edits.up_in_ego()
        return on_plane(self.projector, x, y, point_m, normal)

    def drag(self, x: float, y: float, dx: float, dy: float) -> None:
        self._dragged_px += abs(dx) + abs(dy)
        if self.making is not None:
            self.making.to(x, y)
            return
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
        making, self.making = self.making, None
        if making is not None and making.finish():
            return
        if self.handling.dragging and self.handling.release():
            return
        if button is Button.LEFT and self._dragged_px < CLICK_PX:
            self._click(x, y)

    def cancel(self) -> None:
        self.turning, self._button, self.making = False, None, None
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
        self.session.hint = tool_hint(self.session) if self.session.tool else ""
        handle = self.handling.hover(x, y)
        on_handle = handle is not None and handle.kind is not HandleKind.MOVE
        self.session.hovered = None if on_handle else self.track_at(x, y)
        if isinstance(self.view, OrthographicView):
            self.pointer_m = np.append(self.view.to_plane((x - 0.5, y - 0.5)), np.nan)
            index = self.point_near(x, y, 4) if self.cloud is not None else None
            if index is not None and self.cloud is not None:
                self.pointer_m[2] = self.cloud.points_m[index, 2]
        else:
            index = self.point_near(x, y, 6) if self.cloud is not None else None
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
        if not self.handling.dragging and self.making is None:
            self.zoom(ZOOM_PER_NOTCH**notches, (x, y))
