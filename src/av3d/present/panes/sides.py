"""Three views of the selected cuboid, turned with it: from above, from its right, from its front."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from av3d.assist.floor import GroundPlane
from av3d.geometry.cuboid import Cuboid
from av3d.present.dragging import AHEAD
from av3d.present.drawing import TINY, Drawing, Measure, Picture, Rect
from av3d.present.handles import HandleKind
from av3d.present.handling import Grip, Handling, as_it_is
from av3d.present.loader import Job
from av3d.present.panes.pane import Button, Layer, Pace, Pane, PaneImage, draw_message
from av3d.present.scale import enlarged
from av3d.present.session import Session
from av3d.present.side_drawing import (
    AROUND_M,
    beyond_m,
    draw_ground,
    draw_outline,
    draw_scale,
    point_colours,
)
from av3d.present.side_view import (
    BY_NAME,
    SIDES,
    ZOOMS,
    Looking,
    Side,
    SideView,
    fit_scale,
    outline_px,
    turned_to,
)
from av3d.present.theme import colour
from av3d.render import palette
from av3d.render.placing import PlacedTrack
from av3d.render.splat import splat
from av3d.types import Float32Array, Uint8Array

ZOOM_PER_NOTCH = 1.2
MARGINS_PX = (76.0, 64.0)
EASE_S = 0.16
KEPT_PX = 10.0
"""A box that fitted and comes closer to the border than this has left the middle."""
GROUND_REACH_M = 4.0
GROUND_STEP_M = 0.5
"""The ground is looked for anew where the box has gone so far."""
FARTHEST_M = 30.0
"""Zoomed out, points farther away than this are not looked for."""


class SidesPane(Pane):
    """Top above, side and front below it."""

    name = "sides"
    title = "Side views"
    icon = "axes"
    pace = Pace.TURNS
    home = ("inspector", "top")

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self._pixels: dict[str, Uint8Array] = {}
        self._version = 0
        self._key: tuple[object, ...] = ()
        self.shown: tuple[str, int] | None = None
        self.tab = "top"
        self.clip = False
        self.handlings = {side.name: Handling(session) for side in SIDES}
        self._looking: Looking | None = None
        self._looked = 0
        """Counts how often it has changed how the views look."""
        self._looks_at: tuple[str | None, int] = (None, -1)
        self._ease: tuple[Looking, Looking, float] | None = None
        self._boxed: tuple[object, PlacedTrack | None] = (None, None)
        self._near: tuple[object, Float32Array, Uint8Array] | None = None
        self._panning: str | None = None
        self._grounded: tuple[Hashable, GroundPlane | None] = (None, None)

    @property
    def tabbed(self) -> bool:
        """Whether there is room for one view only (folding step 4)."""
        return self.height < 240 and not self.in_a_row

    @property
    def in_a_row(self) -> bool:
        """Whether the three views lie beside each other, as in Review."""
        return self.width > 2.4 * self.height and self.width >= 360

    @property
    def dragging(self) -> bool:
        """Whether a handle of one of the views is held."""
        return any(handling.dragging for handling in self.handlings.values())

    @property
    def easing(self) -> bool:
        """Whether the views are on their way to where the cuboid has gone."""
        return self._ease is not None

    def rects(self) -> dict[str, Rect]:
        """Where the views are, by name."""
        if self.tabbed:
            return {self.tab: Rect(0, 0, self.width, self.height)}
        if self.in_a_row:
            # The front is about as wide as high; the others are longer.
            first, second = round(self.width * 0.385), round(self.width * 0.74)
            return {
                "top": Rect(0, 0, first, self.height),
                "side": Rect(first + 1, 0, second - first - 1, self.height),
                "front": Rect(second + 1, 0, self.width - second - 1, self.height),
            }
        top_height = round(self.height * 0.54)
        left = round(self.width * 0.58)
        below = self.height - top_height - 1
        return {
            "top": Rect(0, 0, self.width, top_height),
            "side": Rect(0, top_height + 1, left, below),
            "front": Rect(left + 1, top_height + 1, self.width - left - 1, below),
        }

    # Where the views look

    def _box(self) -> PlacedTrack | None:
        session = self.session
        key = (session.selected_track, session.frame)
        if self._boxed[0] != key:
            self._boxed = key, session.selected_box()
        return self._boxed[1]

    def view(self, side: Side) -> SideView | None:
        """The view of one side; None where it does not show."""
        rect, looking = self.rects().get(side.name), self._looking
        if rect is None or looking is None:
            return None
        scale = fit_scale(side, rect, np.array(looking.size_lwh_m), MARGINS_PX)
        return SideView(
            side, rect, looking.pose, scale / looking.zooms.get(side.name, 1.0),
            looking.centres_m.get(side.name, (0.0, 0.0)),
        )  # fmt: skip

    def fit(self) -> None:
        """Show the whole cuboid in the middle of all views."""
        box = self._box()
        if box is not None:
            self._ease = None
            self._look(Looking.at(box.cuboid))

    def _look(self, looking: Looking | None) -> None:
        self._looking = looking
        self._looked += 1

    def _aim(self, box: PlacedTrack) -> None:
        """Follow the cuboid: to another frame at once, after an edit only if it has left the middle."""
        session = self.session
        looking, looks_at = self._looking, (session.selected, session.frame)
        before, self._looks_at = self._looks_at, looks_at
        if looking is None or before[0] != looks_at[0]:
            self._ease = None
            self._look(Looking.at(box.cuboid))
        elif before[1] != looks_at[1]:
            self._ease = None
            self._look(looking.on(box.cuboid))
        elif self._ease is not None:
            self._go_on()
        elif not self.dragging and self._panning is None:
            if not np.allclose(
                looking.pose.rotation, box.cuboid.frame_SE3_cuboid.rotation, atol=1e-9
            ):
                # Views turn with the box, which stays where it is in them.
                looking = replace(looking, pose=turned_to(looking.pose, box.cuboid))
                self._look(looking)
            if not self._in_the_middle(box.cuboid, looking):
                target = looking.on(box.cuboid)
                if session.dragging:
                    self._look(target)
                else:
                    self._ease = looking, target, session.clock()

    def _go_on(self) -> None:
        assert self._ease is not None
        start, end, since_s = self._ease
        part = min(max((self.session.clock() - since_s) / EASE_S, 0.0), 1.0)
        if part >= 1.0:
            self._ease = None
        # Slower towards the end.
        self._look(end if part >= 1.0 else start.between(end, 1 - (1 - part) ** 2))

    def _in_the_middle(self, cuboid: Cuboid, looking: Looking) -> bool:
        """Whether all views still show the cuboid well enough to go on with it."""
        for side in SIDES:
            view = self.view(side)
            if view is None:
                continue
            outline = outline_px(cuboid, view.projector)
            rect = view.rect
            low, high = outline.min(axis=0), outline.max(axis=0)
            x, y = (low + high) / 2
            chosen = side.name in looking.zooms or side.name in looking.centres_m
            if chosen:
                # The user looks at a part of it.
                near = rect.x <= high[0] and low[0] <= rect.right
                near = near and rect.y <= high[1] and low[1] <= rect.bottom
            else:
                inner = rect.inset(KEPT_PX)
                near = inner.contains(*low.tolist()) and inner.contains(*high.tolist())
                near = near and abs(x - rect.centre[0]) <= rect.width / 4
                near = near and abs(y - rect.centre[1]) <= rect.height / 4
                fit = fit_scale(side, rect, cuboid.size_lwh_m, MARGINS_PX)
                near = near and view.metres_per_pixel < 2 * fit
            if not near:
                return False
        return True

    # Points

    def update(self) -> None:
        session = self.session
        box = self._box()
        if box is None:
            self.shown, self._looks_at, self._ease = None, (None, -1), None
            if self._looking is not None:
                self._look(None)
        else:
            self._aim(box)
        self._show_handles(box)
        cloud = session.supply.cloud(session.frame)
        if box is None or cloud is None or not session.supply.kernels_ready():
            return
        self._find_ground(box.cuboid)
        key = (
            session.frame, session.selected, self._looked, cloud, self.width, self.height, self.tab,
            session.scale, self.clip, box,
        )  # fmt: skip
        if key == self._key or (session.in_motion and key[:-1] == self._key[:-1]):
            return
        self._key = key
        self.shown = (box.track.id, session.frame)
        points, colours = self._points()
        outside_m = beyond_m(points, box.cuboid)
        shades, inside = point_colours(colours, outside_m)
        # Points of the object lie over those around it, whichever is nearer.
        order = np.argsort(inside, kind="stable")
        half = box.cuboid.size_lwh_m / 2
        local = (points - box.cuboid.center_m) @ box.cuboid.frame_SE3_cuboid.rotation
        for side in SIDES:
            view = self.view(side)
            if view is None:
                continue
            deep = side.axes[2]
            margin_m = 0.0 if self.clip else AROUND_M
            kept = order[np.abs(local[order, deep]) <= half[deep] + margin_m]
            turned = view.turned(points[kept])
            # The rasteriser shows what is nearest: here that is what is inside.
            turned[:, 2] = inside[kept]
            plane = enlarged(view.plane, session.scale)
            shape = (plane.height_px, plane.width_px, 4)
            if side.name not in self._pixels or self._pixels[side.name].shape != shape:
                self._pixels[side.name] = np.zeros(shape, np.uint8)
            splat(
                turned.astype(np.float32), shades[kept], plane, round(2 * session.scale),
                out=self._pixels[side.name],
            )  # fmt: skip
        self._version += 1

    def _points(self) -> tuple[Float32Array, Uint8Array]:
        """The points that the views may show, with their colours; kept while the views stay."""
        session = self.session
        cloud = session.supply.cloud(session.frame)
        looking = self._looking
        assert cloud is not None
        assert looking is not None
        key = (cloud, self._looked, self.width, self.height, self.tab)
        if self._near is None or self._near[0] != key:
            half_m = np.array(looking.size_lwh_m) / 2 + AROUND_M
            for side in SIDES:
                view = self.view(side)
                if view is not None:
                    half_m = np.maximum(half_m, view.reach_m())
            room = Cuboid(looking.pose, 2.0 * np.minimum(half_m, FARTHEST_M))
            near = cloud.grid.inside(room)
            if cloud.hidden is not None:
                near = near[~cloud.hidden[near]]
            self._near = key, cloud.points_m[near], cloud.colours[near]
        return self._near[1], self._near[2]

    def _find_ground(self, cuboid: Cuboid) -> None:
        """Ask for the ground under the cuboid, for the next frames of the window."""
        session = self.session
        if session.dragging or session.edits.previewing:
            return
        place = tuple(np.round(cuboid.center_m[:2] / GROUND_STEP_M).astype(int).tolist())
        key = ("ground under", session.frame, place, session.supply.lidar)
        if self._grounded[0] == key:
            return
        found: tuple[GroundPlane | None] | None = session.loader.get(key)
        if found is not None:
            self._grounded = key, found[0]
            session.asked.pop("ground under", None)
            return
        lidars = session.supply.cloud_spec.lidars
        log, frame, up = session.log, session.frame, session.edits.up_in_ego()
        place_m = cuboid.center_m.copy()

        def work() -> tuple[GroundPlane | None]:
            from av3d.assist.floor import local_ground

            points_m = log.cloud(frame, lidars).points_m
            return (local_ground(points_m, place_m, GROUND_REACH_M, up),)

        session.asked["ground under"] = Job(key, work)

    @property
    def ground(self) -> GroundPlane | None:
        """The ground at the cuboid, as soon as it is found."""
        key = self._grounded[0]
        frame = key[1] if isinstance(key, tuple) else None
        return self._grounded[1] if frame == self.session.frame else None

    def images(self) -> Mapping[str, PaneImage]:
        if self.shown is None:
            return {}
        return {
            f"sides_{name}": PaneImage(self._version, pixels)
            for name, pixels in self._pixels.items()
            if name in self.rects()
        }

    # Handles

    def _show_handles(self, box: PlacedTrack | None) -> None:
        for side in SIDES:
            view = self.view(side)
            handling = self.handlings[side.name]
            key = (view.rect if view is not None else None, self._looked)
            handling.show(key, partial(self._grip, box, view))

    def _grip(self, box: PlacedTrack | None, view: SideView | None) -> Grip | None:
        if box is None or view is None:
            return None
        session = self.session
        up = session.edits.up_in_ego()
        return Grip(box.cuboid, view.projector, up, np.array(AHEAD), as_it_is, view.rect)

    def side_at(self, x: float, y: float) -> str | None:
        """Name of the view at a place."""
        return next((name for name, rect in self.rects().items() if rect.contains(x, y)), None)

    @property
    def hot_face(self) -> str | None:
        """The face whose edge is under the pointer: "front", "left" ..."""
        for handling in self.handlings.values():
            if handling.hot is not None and handling.hot.kind is HandleKind.FACE:
                return handling.hot.name
        return None

    def meant(self, command: str) -> str:
        # With the pointer on an edge the key for all faces is for that one.
        face = self.hot_face
        return f"edit.shrink_{face}" if command == "edit.shrink" and face is not None else command

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        name = self.side_at(x, y)
        if name is None or self._looking is None:
            return False
        if button is Button.LEFT and clicks >= 2:
            self.fit()
            return False
        if self._ease is not None:
            # What moves cannot be grabbed: it stays where it is now.
            self._ease = None
        if button is Button.LEFT and self.handlings[name].press(x, y):
            return True
        self._panning = name
        return True

    def drag(self, x: float, y: float, dx: float, dy: float) -> None:
        for handling in self.handlings.values():
            if handling.dragging:
                handling.drag(x, y)
                return
        if self._panning is not None:
            view = self.view(BY_NAME[self._panning])
            if view is not None:
                self._adopt(view.panned(dx, dy))

    def release(self, x: float, y: float) -> None:
        self._panning = None
        for handling in self.handlings.values():
            if handling.dragging:
                handling.release()

    def cancel(self) -> None:
        self._panning = None
        for handling in self.handlings.values():
            handling.cancel()

    def move(self, x: float, y: float) -> None:
        super().move(x, y)
        name = self.side_at(x, y)
        self.session.hint = ""
        for other, handling in self.handlings.items():
            if other != name:
                handling.leave()
        if name is not None:
            handle = self.handlings[name].hover(x, y)
            if handle is None and self._looking is not None:
                self.session.hint = "Wheel zooms, drag pans, a double click shows all of it"
            elif handle is not None and handle.kind is HandleKind.FACE:
                self.session.hint += ". U: to the points"

    def leave(self) -> None:
        super().leave()
        for handling in self.handlings.values():
            handling.leave()
        self.session.hint = ""

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        name = self.side_at(x, y)
        # A view that moves under a handle would take the cuboid with it.
        if name is None or self.dragging:
            return
        view = self.view(BY_NAME[name])
        if view is not None:
            self._ease = None
            self._adopt(view.zoomed(ZOOM_PER_NOTCH**notches, x, y))

    def _adopt(self, view: SideView) -> None:
        """Keep how the user wants to see one of the sides."""
        looking, name = self._looking, view.side.name
        if looking is None:
            return
        fit = fit_scale(view.side, view.rect, np.array(looking.size_lwh_m), MARGINS_PX)
        zoom = fit / view.metres_per_pixel
        if not ZOOMS[0] <= zoom <= ZOOMS[1]:
            return
        zooms = {**looking.zooms, name: zoom}
        centres = {**looking.centres_m, name: view.center_m}
        self._look(replace(looking, zooms=zooms, centres_m=centres))

    # Drawing

    def layers(self) -> Sequence[Layer]:
        session = self.session
        box = self._box()
        key = (
            session.selected_track, box, self.shown, session.frame, self._looked, self.tab,
            self.ground,
        )  # fmt: skip
        handles = [
            Layer(f"handles_{name}", handling.key, handling.draw)
            for name, handling in self.handlings.items()
        ]
        return (Layer("all", key, self._draw), *handles)

    def _draw(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        whole = Rect(0, 0, self.width, self.height)
        drawing.box(whole, theme.canvas)
        box = self._box()
        if box is None or self.shown is None:
            track = session.selected_track
            text = "Select a track to see its three sides."
            if track is not None and box is None:
                text = f"{track.name} is not present at frame {session.frame}."
            elif track is not None:
                text = "Reading the points."
            draw_message(drawing, session, whole, "axes", text, colour=colour(palette.TEXT_2))
            return
        rects = self.rects()
        for side in SIDES:
            view = self.view(side)
            if view is not None:
                self._side(drawing, view, box)
        line = colour(palette.CONTROL)
        if self.in_a_row:
            for name in ("side", "front"):
                drawing.line((rects[name].x - 0.5, 0), (rects[name].x - 0.5, self.height), line)
        elif not self.tabbed:
            split_y = rects["top"].bottom + 0.5
            drawing.line((0, split_y), (self.width, split_y), line)
            split_x = rects["side"].right + 0.5
            drawing.line((split_x, split_y), (split_x, self.height), line)

    def _side(self, drawing: Drawing, view: SideView, box: PlacedTrack) -> None:
        rect, side = view.rect, view.side
        drawing.add(Picture(f"sides_{side.name}", rect))
        if side.name != "top" and self.ground is not None:
            draw_ground(drawing, view, box.cuboid, self.ground)
        draw_outline(drawing, view, box.cuboid)
        width = drawing.measure(side.title, TINY) + 10
        drawing.box(Rect(rect.x + 3, rect.y + 3, width, 18), colour(palette.CANVAS, 0.75), radius=2)
        drawing.text(rect.x + 8, rect.y + 12, side.title, TINY, colour(palette.TEXT))
        draw_scale(drawing, view)
