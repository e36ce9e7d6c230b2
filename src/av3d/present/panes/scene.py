"""Points and cuboids of a frame from above, or from an orbit camera: what is drawn, and from where."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.present import words
from av3d.present.clouds import (
    NO_LEGEND,
    Cloud,
    category_legend,
    drawn_points,
    painted_categories,
)
from av3d.present.cuboids import draw_cuboids, draw_tags, hit
from av3d.present.drawing import (
    Drawing,
    Measure,
    Picture,
    Rect,
)
from av3d.present.panes.alarm import Alarm, draw_alarm, draw_callout
from av3d.present.panes.ground import (
    EdgePointer,
    corners,
    draw_axes,
    draw_ego,
    draw_labels,
    draw_rings,
)
from av3d.present.panes.legend import draw_legend, legend_place
from av3d.present.panes.pane import Layer, Pace, Pane, PaneImage, draw_message
from av3d.present.panes.scenery import draw_ghosts, draw_scenery, draw_trail, scenery_key
from av3d.present.scale import enlarged
from av3d.present.session import Session
from av3d.present.theme import colour
from av3d.present.trails import Trail
from av3d.render import palette
from av3d.render.colours import PointColour, highlight_inside
from av3d.render.drawing import CuboidDrawing
from av3d.render.legend import Legend
from av3d.render.outline import (
    CuboidStyle,
    Item,
    all_lines_bev,
    all_lines_view,
    cuboid_lines_bev,
    cuboid_lines_view,
    cuboid_style,
)
from av3d.render.placing import PlacedTrack, tag_name
from av3d.render.splat import PointBuffer, splat
from av3d.render.views import OrthographicView, PerspectiveView, View
from av3d.tracks.proposal import is_proposal
from av3d.types import FloatArray, Uint8Array

ZOOM_PER_NOTCH = 1.2
TAGS_AT_MOST = 36


class ScenePane(Pane):
    """Bird's-eye view and 3D view of one frame; both keep their own place and scale.

    Args:
        name: "main" for the main view; any other name is that of a second one, which shows whichever
            of the two views the main view does not.
    """

    icon = "cube"
    pace = Pace.TURNS
    home = ("camera", "left")

    def __init__(
        self,
        session: Session,
        measure: Measure,
        run: Callable[[str, str], None],
        name: str = "main",
    ) -> None:
        super().__init__(session, measure, run)
        self.name = name
        self.title = "Points" if name == "main" else "Second view"
        self.bev = OrthographicView(64, 64, center_m=(14.0, 0.0), metres_per_pixel=0.11)
        self.orbit = PerspectiveView(64, 64, target_m=(8.0, 0.0, 0.0), distance_m=34.0)
        self.point_px = 2
        self.alarm: Alarm | None = None
        """The stretch of a track that a review tells of."""
        self.shown: int | None = None
        self.pointer_m: FloatArray | None = None
        self._waiting_since: float | None = None
        self.turning = False
        """Whether the pointer is turning or shifting the view."""
        self._pixels: Uint8Array = np.zeros((64, 64, 4), np.uint8)
        self._buffer = PointBuffer.of_size(64, 64)
        self._image_key: tuple[object, ...] = ()
        self._splatted: Cloud | None = None
        self._version = 0
        self._standing: list[CuboidDrawing] = []
        self._apart: list[CuboidDrawing] = []

    @property
    def mode(self) -> str:
        """Which view shows, "bev" or "3d"."""
        main = self.session.main_mode
        if self.name == "main":
            return main
        return "bev" if main == "3d" else "3d"

    @property
    def view(self) -> View:
        """The view that shows."""
        return self.orbit if self.mode == "3d" else self.bev

    @view.setter
    def view(self, view: View) -> None:
        if isinstance(view, PerspectiveView):
            self.orbit = view
        else:
            self.bev = view

    @property
    def cloud(self) -> Cloud | None:
        """The points in the picture; the pointer asks which of them is under it."""
        return self._splatted

    def point_near(self, x: float, y: float, reach_px: float) -> int | None:
        """Index of the point that shows nearest to a place of the pane, within a reach."""
        scale = self.session.scale
        return self._buffer.point_near((x * scale, y * scale), round(reach_px * scale))

    @property
    def boxes(self) -> tuple[PlacedTrack, ...]:
        """Cuboids of the frame that shows."""
        return (self.session.supply.boxes(self.shown) if self.shown is not None else None) or ()

    @property
    def outlines(self) -> Sequence[tuple[str, FloatArray]]:
        """Track and outline (N, 2) in pixels of each cuboid that is drawn."""
        return [
            (item.track_id, self._outline(item.bounds_px, item.strokes))
            for item in (*self._standing, *self._apart)
        ]

    @property
    def dimmed(self) -> bool:
        """Whether the picture is an old one and has been for long enough to say so."""
        since = self._waiting_since
        return since is not None and self.session.clock() - since > 0.15

    def update(self) -> None:
        session = self.session
        frame = session.frame
        ready = session.supply.cloud(frame) is not None and session.supply.boxes(frame) is not None
        if ready and session.supply.kernels_ready():
            self.shown, self._waiting_since = frame, None
        elif self._waiting_since is None:
            self._waiting_since = session.clock()
        self.bev = self.bev.resized(self.width, self.height)
        self.orbit = self.orbit.resized(self.width, self.height)
        if self.shown is not None:
            # A view that moves under a handle would take the cuboid with it.
            if session.follow and not session.dragging:
                self._follow(self.shown)
            self._draw_points(self.shown)

    def _follow(self, frame: int) -> None:
        box = self.session.selected_box(frame)
        if box is not None:
            x, y, z = (float(value) for value in box.cuboid.center_m)
            self.bev = replace(self.bev, center_m=(x, y))
            self.orbit = self.orbit.aimed_at((x, y, z))

    def _draw_points(self, frame: int) -> None:
        cloud = self.session.supply.cloud(frame)
        if cloud is None:
            return
        session = self.session
        selected = session.selected_box(frame)
        key = (
            frame, self.view, session.selected, session.supply.seeing.crop, id(cloud), self.point_px,
            session.scale, session.supply.revision,
        )  # fmt: skip
        if key == self._image_key:
            return
        if session.in_motion and key[:-1] == self._image_key[:-1]:
            # Only which points are inside the cuboid is another.
            return
        self._image_key = key
        view = enlarged(self.view, session.scale)
        shape = (view.height_px, view.width_px, 4)
        if self._pixels.shape != shape:
            self._pixels = np.zeros(shape, np.uint8)
            self._buffer = PointBuffer.of_size(view.width_px, view.height_px)
        colours: Uint8Array = cloud.colours
        if session.supply.colour is PointColour.CATEGORY:
            colours = painted_categories(cloud, self.boxes)
        if selected is not None:
            colours = colours.copy()
            highlight_inside(colours, cloud.grid, selected.cuboid)
        crop_to = selected.cuboid if selected and session.supply.seeing.crop else None
        splat(
            drawn_points(cloud, crop_to), colours, view, round(self.point_px * session.scale),
            out=self._pixels,
            buffer=self._buffer,
        )  # fmt: skip
        self._splatted = cloud
        self._version += 1

    def images(self) -> Mapping[str, PaneImage]:
        return {self.name: PaneImage(self._version, self._pixels)} if self._version else {}

    def layers(self) -> Sequence[Layer]:
        session = self.session
        moving = self.turning or session.dragging or session.playback.playing
        # Tracks that are read after the points make a frame wait for its cuboids again.
        placed = self.shown is not None and session.supply.boxes(self.shown) is not None
        scene = (self.shown, self.view, session.supply.revision, session.selection, placed)
        still = (self.shown, self.view, session.supply.standing, placed)
        # Tags of other tracks hide while one is dragged: nothing is to be placed anew then.
        told = still if session.dragging else scene
        hovered = session.hovered
        legend = self.legend
        alarm = (self.shown, self.view, self.alarm, session.supply.revision)
        return (
            Layer("points", (self.shown is None, self.dimmed, self._why_empty()), self._points),
            Layer(
                "ground",
                (self.shown, self.view, session.selected, self._trail_ready()),
                self._ground,
            ),
            Layer("scenery", scenery_key(session, self.shown, self.view), self._scenery),
            Layer("ghosts", (*scene, session.supply.seeing.ghosts), self._ghosts),
            Layer("alarm", alarm, self._alarm),
            Layer("boxes", (*still, session.apart, moving), self._boxes),
            Layer("apart", (*scene, session.apart, moving), self._boxes_apart),
            Layer("tags", (*told, moving, legend), self._tags),
            Layer("callout", alarm, self._callout),
            Layer("legend", legend, self._legend),
            Layer("hover", (*scene, hovered), self._hover),
        )

    def _why_empty(self) -> str:
        session = self.session
        if self.shown is not None:
            return ""
        for kind in ("cloud", "boxes"):
            error = session.supply.error(kind, session.frame)
            if error:
                return error
        if not session.supply.kernels_ready():
            return "Preparing the point renderer. This takes some seconds at the first start."
        return "Reading the points."

    def _points(self, drawing: Drawing) -> None:
        whole = Rect(0, 0, self.width, self.height)
        if self.shown is None or self.dimmed:
            drawing.box(whole, self.session.theme.canvas)
        if self.shown is None:
            draw_message(
                drawing, self.session, whole, "cube", self._why_empty(),
                colour=colour(palette.TEXT_2),
            )  # fmt: skip
            return
        drawing.add(Picture(self.name, whole, 0.6 if self.dimmed else 1.0))

    def _trail_ready(self) -> bool:
        return self._trail_now() is not None

    def _trail_now(self) -> Trail | None:
        session = self.session
        if session.selected is None or self.shown is None:
            return None
        return session.supply.trail(session.selected, self.shown)

    def _ground(self, drawing: Drawing) -> None:
        if self.shown is None:
            return
        if isinstance(self.view, OrthographicView):
            draw_rings(drawing, self.view, (self.width, self.height))
        draw_ego(drawing, self.view)
        trail = self._trail_now()
        if trail is not None:
            draw_trail(drawing, self.session, trail, self.shown, self.view)

    def _scenery(self, drawing: Drawing) -> None:
        if self.shown is not None:
            draw_scenery(drawing, self.session, self.shown, self.view, (self.width, self.height))

    def _alarm(self, drawing: Drawing) -> None:
        if self.alarm is not None and self.shown is not None:
            draw_alarm(drawing, self.session, self.alarm, self.shown, self.view)

    def _callout(self, drawing: Drawing) -> None:
        if self.alarm is not None and self.shown is not None:
            size = (self.width, self.height)
            draw_callout(drawing, self.session, self.alarm, self.shown, self.view, size)

    def _ghosts(self, drawing: Drawing) -> None:
        if self.shown is not None:
            draw_ghosts(drawing, self.session, self.shown, self.view)

    @property
    def legend(self) -> Legend:
        """What the colours of the points mean; without a title if it is not to be shown."""
        if self._splatted is None or self.shown is None or not self.session.supply.seeing.legend:
            return NO_LEGEND
        if self.session.supply.colour is PointColour.CATEGORY:
            return category_legend(self.boxes)
        return self._splatted.legend

    def _legend(self, drawing: Drawing) -> None:
        legend = self.legend
        place = legend_place(legend, self.measure, (self.width, self.height))
        if place is not None:
            draw_legend(drawing, legend, place)

    def _style(self, box: PlacedTrack, crowded: bool, hidden_edges: bool = True) -> CuboidStyle:
        session = self.session
        selected = box.track.id == session.selected
        return cuboid_style(
            box.track.category,
            selected=selected,
            hovered=box.track.id == session.hovered or box.track.id in session.selection,
            provenance=None if crowded else box.state.provenance.value,
            hidden_edges=hidden_edges or selected,
            proposal=is_proposal(box.track),
        )

    def _boxes(self, drawing: Drawing) -> None:
        apart = self.session.apart
        self._standing = self._cuboids([box for box in self.boxes if box.track.id not in apart])
        draw_cuboids(drawing, self._standing)

    def _boxes_apart(self, drawing: Drawing) -> None:
        apart = self.session.apart
        self._apart = self._cuboids([box for box in self.boxes if box.track.id in apart])
        draw_cuboids(drawing, self._apart)

    def _cuboids(self, boxes: Sequence[PlacedTrack]) -> list[CuboidDrawing]:
        """Lines of cuboids in pixels of the pane."""
        session = self.session
        moving = self.turning or session.dragging or session.playback.playing
        crowded = len(self.boxes) > palette.CROWDED
        view = self.view

        def items(boxes: Sequence[PlacedTrack], *, clear: bool) -> list[Item]:
            return [
                Item(box.cuboid, self._style(box, crowded, clear), box.track.id, self._words(box))
                for box in boxes
            ]

        if isinstance(view, OrthographicView):
            near = self._near_view(boxes, view)
            return all_lines_bev(view, items(near, clear=True), (0.5, 0.5))
        # Among many cuboids, and while they move, hidden edges only add to the confusion.
        found = all_lines_view(view, items(boxes, clear=not (crowded or moving)))
        return [item.placed(1.0, (0.5, 0.5)) for item in found]

    def _tags(self, drawing: Drawing) -> None:
        session = self.session
        found = [*self._standing, *self._apart]
        size = (self.width, self.height)
        pointer = self._pointer_to_selection()
        reserved = corners(self.view, size) + ([pointer.place] if pointer is not None else [])
        legend = legend_place(self.legend, self.measure, size)
        reserved += [legend] if legend is not None else []
        # Tags lie above the labels of the ground, which make way for them.
        tags = Drawing(self.measure)
        tagged = [] if session.dragging else found
        taken = [
            Rect(box[0], box[1], box[2] - box[0], box[3] - box[1])
            for box in (
                item.box_px
                for item in draw_tags(
                    tags, tagged, size, limit=TAGS_AT_MOST,
                    clear=[(r.x, r.y, r.right, r.bottom) for r in reserved],
                )
            )
        ]  # fmt: skip
        if self.shown is not None:
            draw_labels(drawing, self.view, size, [*taken, *reserved])
            if isinstance(self.view, PerspectiveView):
                draw_axes(drawing, self.view, size)
        drawing.shapes += tags.shapes
        if pointer is not None:
            pointer.draw(drawing)

    def _pointer_to_selection(self) -> EdgePointer | None:
        """An arrow at the border towards the selected cuboid, if that is out of sight."""
        session = self.session
        box = session.selected_box(self.shown) if self.shown is not None else None
        if box is None or self.shown is None or session.supply.boxes(self.shown) is None:
            return None
        for track_id, outline in self.outlines:
            if track_id == session.selected:
                low, high = outline.min(axis=0), outline.max(axis=0)
                if (high > 0).all() and low[0] < self.width and low[1] < self.height:
                    return None
        distance_m = float(np.hypot(*box.cuboid.center_m[:2]))
        text = f"{box.track.name} · {words.number(distance_m, 1)} m"
        return EdgePointer.towards(
            self.view, box.cuboid.center_m, (self.width, self.height), text, self.measure
        )

    @staticmethod
    def _outline(
        bounds: tuple[float, float, float, float], strokes: Sequence[object]
    ) -> FloatArray:
        """Outline for hit tests: the first closed stroke (from above), else the bounds."""
        for stroke in strokes:
            if getattr(stroke, "closed", False) and len(getattr(stroke, "points_px", ())) == 4:
                return np.asarray(stroke.points_px)  # type: ignore[attr-defined]
        left, top, right, bottom = bounds
        return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])

    def _words(self, box: PlacedTrack) -> str:
        if box.track.id == self.session.selected and box.state.speed_m_s > 0.1:
            return f"{tag_name(box.track)} · {words.speed(box.state.speed_m_s)}"
        return tag_name(box.track)

    def _near_view(self, boxes: Sequence[PlacedTrack], view: OrthographicView) -> list[PlacedTrack]:
        """Boxes that may touch the canvas; most of a large log's do not."""
        if not boxes:
            return []
        pixels = view.to_pixels(np.stack([box.cuboid.center_m for box in boxes]))
        reach = np.array([np.linalg.norm(box.cuboid.size_lwh_m) for box in boxes])
        reach = reach / view.metres_per_pixel
        size = np.array([self.width, self.height])
        inside = ((pixels > -reach[:, None]) & (pixels < size + reach[:, None])).all(axis=1)
        return [box for box, near in zip(boxes, inside, strict=True) if near]

    def _hover(self, drawing: Drawing) -> None:
        session = self.session
        if session.hovered is None or session.hovered == session.selected:
            return
        box = next((box for box in self.boxes if box.track.id == session.hovered), None)
        if box is None:
            return
        proposal = is_proposal(box.track)
        style = cuboid_style(box.track.category, hovered=True, proposal=proposal)
        item = self._lines(box.cuboid, style, box.track.id, tag_name(box.track))
        if item is not None:
            placed = item.placed(1.0, (0.5, 0.5))
            draw_cuboids(drawing, [placed])
            draw_tags(drawing, [placed], (self.width, self.height))

    def _lines(self, cuboid: Cuboid, style: CuboidStyle, track_id: str, text: str):  # type: ignore[no-untyped-def]
        if isinstance(self.view, OrthographicView):
            return cuboid_lines_bev(self.view, cuboid, style, track_id=track_id, text=text)
        return cuboid_lines_view(self.view, cuboid, style, track_id=track_id, text=text)

    def track_at(self, x: float, y: float) -> str | None:
        """The track under a pixel."""
        return hit(self.outlines, x, y)

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        self.zoom(ZOOM_PER_NOTCH**notches, (x, y))

    def zoom(self, factor: float, at: tuple[float, float] | None = None) -> None:
        """Closer by a factor; the place under `at` (default: the middle) stays where it is."""
        at = at or (self.width / 2, self.height / 2)
        if self.session.follow:
            at = (self.width / 2, self.height / 2)
        self.view = self.view.zoomed(factor, (at[0] - 0.5, at[1] - 0.5))

    def show_all(self) -> None:
        """Go back to the place around the vehicle where the window opens."""
        self.session.follow = False
        self.bev = replace(self.bev, center_m=(14.0, 0.0), metres_per_pixel=0.11)
        self.orbit = PerspectiveView(
            self.width, self.height, target_m=(8.0, 0.0, 0.0), distance_m=34.0
        )

    def centre_on_selection(self) -> None:
        """Move the view to the selected track and close enough to see its shape."""
        box = self.session.selected_box()
        if box is None:
            return
        self._follow(self.session.frame)
        span_m = float(np.linalg.norm(box.cuboid.size_lwh_m[:2])) * 4
        scale = span_m / max(min(self.width, self.height), 1)
        self.bev = replace(self.bev, metres_per_pixel=max(scale, 0.005))
        self.orbit = replace(self.orbit, distance_m=max(span_m, 3.0))
