"""The timeline: a ruler, and a lane for each track that one may want to see through time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial

import numpy as np

from av3d.present.certainty import TrackCertainty
from av3d.present.drawing import Drawing, Measure, Rect, Zone
from av3d.present.lanes import LaneMode, LaneRow, Lanes
from av3d.present.marks import Mark
from av3d.present.panes.pane import Button, Layer, Pane, draw_message
from av3d.present.panes.timeline_gestures import (
    DRAG_PX,
    EdgeDrag,
    Gesture,
    KeyDrag,
    Scrub,
    SpanDrag,
)
from av3d.present.panes.timeline_lanes import (
    MIDDLE,
    LanePainter,
    labels_width,
)
from av3d.present.panes.timeline_ruler import (
    RULER,
    draw_overview,
    draw_playhead,
    draw_ruler,
    draw_span,
    draw_span_words,
)
from av3d.present.panes.timeline_view import Hit, TimelineView, suggested, tip_of
from av3d.present.session import Session
from av3d.present.theme import LANE, faded
from av3d.present.time_axis import TimeAxis
from av3d.tracks.track import Track

EDGE = 12
"""Space between the ends of the ruler and the borders."""
OVERVIEW = 14
"""Height of the bar that says which part of the log shows; it is there while not all does."""
MOST_LANES = 64
REACH_PX = 6.0
"""How far from a key, a remark or an end of a span a press still means it."""
LEAST_FRAMES = 4
"""The wheel zooms in until so many frames fill the width."""


class TimelinePane(Pane):
    """Ruler and lanes. Time is linear; the wheel zooms, a press or drag goes to a frame."""

    name = "timeline"
    title = "Timeline"
    icon = "timeline"

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.lanes = Lanes(session)
        self._view_ns = (session.log.start_ns, session.log.end_ns)
        self._shift = 0
        self._over: Hit | None = None
        self._gesture: Gesture | None = None
        self._span_rows: tuple[int, int] | None = None
        self._pan: tuple[float, float, bool] | None = None
        self._followed: int | None = None
        self._asked: frozenset[str] = frozenset()

    # Where things are

    @property
    def labels(self) -> float:
        """Width of the names left of the lanes."""
        return labels_width(self.width)

    @property
    def axis(self) -> TimeAxis:
        """Where times are."""
        return TimeAxis(self.labels + EDGE, self.width - EDGE, *self._view_ns)

    @property
    def start_ns(self) -> int:
        """First time that shows."""
        return self._view_ns[0]

    @property
    def end_ns(self) -> int:
        """Last time that shows."""
        return self._view_ns[1]

    def show(self, axis: TimeAxis) -> None:
        """Show another part of the log."""
        self._view_ns = (axis.start_ns, axis.end_ns)

    def x_of(self, timestamp_ns: int) -> float:
        """Where a time is."""
        return self.axis.x_of(timestamp_ns)

    def time_at(self, x: float) -> int:
        """The time at a place."""
        return self.axis.time_at(x)

    @property
    def bounds_ns(self) -> tuple[int, int]:
        """First and last time of the log."""
        return self.session.log.start_ns, self.session.log.end_ns

    @property
    def zoomed(self) -> bool:
        """Whether only a part of the log shows."""
        return self._view_ns != self.bounds_ns

    @property
    def _lanes_bottom(self) -> float:
        return self.height - (OVERVIEW if self.zoomed else 0)

    @property
    def room(self) -> int:
        """Lanes that fit."""
        return min(max(int((self._lanes_bottom - RULER) // LANE), 1), MOST_LANES)

    @property
    def rows(self) -> tuple[LaneRow, ...]:
        """The rows that show."""
        rows = self.lanes.rows
        self._shift = min(max(self._shift, 0), max(len(rows) - self.room, 0))
        return rows[self._shift : self._shift + self.room]

    @property
    def visible(self) -> tuple[Track, ...]:
        """The tracks whose lanes show."""
        return tuple(row.track for row in self.rows if row.track is not None)

    def lane_y(self, track_id: str) -> float | None:
        """Middle of the bar of a track's lane, None if it does not show."""
        for number, row in enumerate(self.rows):
            if row.track is not None and row.track.id == track_id:
                return RULER + number * LANE + MIDDLE
        return None

    # Each frame

    def update(self) -> None:
        session = self.session
        if self._followed != session.frame:
            # Only when the frame changes: whoever looks elsewhere on the timeline may.
            self._followed = session.frame
            if self._gesture is None:
                self.show(self.axis.with_in_sight(session.timestamp_ns, self.bounds_ns))
        self._ask()

    def _ask(self) -> None:
        """Have the certainty of the lanes that show found out, while nothing moves."""
        session = self.session
        moving = session.playback.playing or self._gesture is not None or session.dragging
        if moving or session.edits.previewing:
            return
        jobs = session.certainties.jobs(self.visible, session.selected_track)
        named = {f"timeline {job.key}": job for job in jobs}
        for name in self._asked - named.keys():
            session.asked.pop(name, None)
        session.asked.update(named)
        self._asked = frozenset(named)

    def layers(self) -> Sequence[Layer]:
        session = self.session
        view = (self._view_ns, self.labels)
        rows = self.rows
        layers = [Layer("ground", (not rows, self.lanes.mode, len(session.tracks)), self._ground)]
        for number in range(MOST_LANES):
            row = rows[number] if number < len(rows) else None
            key, draw = self._row_layer(row, number)
            layers.append(Layer(f"lane {number}", key and (view, key), draw))
        scroll = (self._shift, len(self.lanes.rows), self.room)
        return (
            *layers,
            Layer("ruler", view, self._ruler),
            Layer("scroll", scroll, self._scrollbar),
            Layer("span", (session.span, view), self._span),
            Layer("hover", (self._over, session.hovered, view, rows), self._hover),
            Layer("playhead", (session.frame, view), self._playhead),
            Layer("overview", (session.frame, session.span, view), self._overview),
        )

    def _row_layer(
        self, row: LaneRow | None, number: int
    ) -> tuple[Hashable, Callable[[Drawing], None]]:
        """What a row's drawing depends on, and what draws it."""
        if row is None:
            return None, lambda _drawing: None
        y = RULER + number * LANE
        if row.track is None:
            key: Hashable = (row.category, row.count, row.folded)
            return key, lambda drawing: self._painter().heading(drawing, row, y)
        session, track = self.session, row.track
        certainty = session.certainties.of(track)
        suggested_ns = suggested(session, track)
        marks = tuple(session.marks.get(track.id, ()))
        key = (
            track.id, session.certainties.version(track), session.certainties.knows(track), suggested_ns,
            marks, track.id in session.hidden, track.id == session.selected,
            track.id in session.selection,
        )  # fmt: skip
        return key, partial(self._lane, track, y, certainty, suggested_ns, marks)

    def _painter(self) -> LanePainter:
        period_ns = self.session.log.frame_period_ns
        return LanePainter(self.session, self.axis, self.width, period_ns)

    def _lane(
        self,
        track: Track,
        y: float,
        certainty: TrackCertainty | None,
        suggested_ns: int | None,
        marks: Sequence[Mark],
        drawing: Drawing,
    ) -> None:
        self._painter().lane(drawing, track, y, certainty, suggested_ns, marks)

    def _ground(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        drawing.box(Rect(0, 0, self.width, self.height), theme.panel)
        if not self.rows:
            area = Rect(0, RULER, self.width, self.height - RULER)
            text = {
                LaneMode.SELECTED: "Select a track to see its lane.",
                LaneMode.NEAR: "No tracks near this frame.",
            }.get(self.lanes.mode, "No tracks in this frame.")
            if session.loading_tracks or session.supply.boxes(session.frame) is None:
                text = "Reading the tracks."
            elif not session.tracks:
                text = "No tracks yet. Hold Ctrl and drag over points to make a cuboid."
            draw_message(drawing, session, area, "timeline", text)
            return
        x = self.labels + 0.5
        drawing.line((x, 0), (x, self.height), theme.control)

    def _ruler(self, drawing: Drawing) -> None:
        draw_ruler(drawing, self.session, self.axis, self.labels)
        x = self.labels + 0.5
        drawing.line((x, 0), (x, self._lanes_bottom), self.session.theme.control)
        tip = "Drag to go through the frames; with Shift to choose a span"
        drawing.zone(Rect(self.labels, 0, self.width, RULER), "", "", tip)

    def _scrollbar(self, drawing: Drawing) -> None:
        """How far the lanes are scrolled, at the right border, where not all fit."""
        count, theme = len(self.lanes.rows), self.session.theme
        if count <= self.room:
            return
        tall = self.room * LANE
        size = max(tall * self.room / count, 16)
        y = RULER + (tall - size) * self._shift / max(count - self.room, 1)
        drawing.box(Rect(self.width - 6, y, 4, size), theme.border, radius=2)

    def _span(self, drawing: Drawing) -> None:
        draw_span(drawing, self.session, self.axis, self.labels, self._lanes_bottom)
        draw_span_words(drawing, self.session, self.labels)

    def _playhead(self, drawing: Drawing) -> None:
        if self.start_ns <= self.session.timestamp_ns <= self.end_ns:
            draw_playhead(drawing, self.session, self.axis, self.labels, self._lanes_bottom)

    def _overview(self, drawing: Drawing) -> None:
        if self.zoomed:
            rect = Rect(0, self.height - OVERVIEW, self.width, OVERVIEW)
            draw_overview(drawing, self.session, self.axis, rect)

    def _hover(self, drawing: Drawing) -> None:
        """The lane under the pointer, the ends of its presence, and the key that a press would take."""
        session, over = self.session, self._over
        for number, row in enumerate(self.rows):
            lane_over = over is not None and over.row == number
            if row.track is None or not (lane_over or row.track.id == session.hovered):
                continue
            y = RULER + number * LANE
            if row.track.id != session.selected:
                drawing.box(Rect(0, y, self.width, LANE), faded(session.theme.text, 0.06))
            if lane_over and over is not None:
                painter = self._painter()
                hot_ns = over.timestamp_ns if over.kind in ("start", "end") else None
                painter.ends(drawing, row.track, y, hot_ns)
                if over.kind == "key":
                    painter.hot_key(drawing, row.track, y, over.timestamp_ns)

    # What is where

    @property
    def view(self) -> TimelineView:
        """Where lanes and times are now."""
        return TimelineView(
            self.axis, self.rows, self.labels, self._lanes_bottom if self.zoomed else None
        )

    def hit(self, x: float, y: float) -> Hit:
        """What lies under a place of the pane."""
        return self.view.hit(x, y, self.session.span)

    def zone_at(self, x: float, y: float) -> Zone | None:
        """The words for what is under a place; lanes have no zones drawn: they would be thousands."""
        hit = self.hit(x, y)
        if hit.row < 0:
            return super().zone_at(x, y)
        tip = tip_of(self.session, self.view, hit, x, y - RULER - hit.row * LANE, self.measure)
        command = "track.select" if hit.kind == "name" else ""
        return Zone(Rect(x, y, 1, 1), command, hit.track_id, tip)

    # Pointer

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        # What a tip says of a place is not true of what is dragged from there.
        self._hot = None
        if button is not Button.LEFT:
            self._pan = (x, y, False)
            return True
        session, hit = self.session, self.hit(x, y)
        if hit.kind == "overview":
            self._centre_on(self._overview_time(x))
            self._pan = (x, y, True)
            return True
        if hit.kind == "heading":
            self.lanes.fold(hit.track_id)
            return False
        if hit.kind == "eye":
            session.hide(session.hidden ^ {hit.track_id})
            return False
        if x < self.labels:
            if hit.kind == "name":
                self._select(hit.track_id)
            return False
        self._gesture = self._begin(hit, x)
        return True

    def _begin(self, hit: Hit, x: float) -> Gesture:
        session = self.session
        span = session.span
        if "Shift" in session.modifiers:
            self._span_rows = (hit.row, hit.row) if hit.row >= 0 else None
            gesture: Gesture = SpanDrag(session, self.time_at(x))
            gesture.drag(x, self.axis)
            return gesture
        if span is not None and hit.kind in ("span start", "span end"):
            return SpanDrag(session, span.end_ns if hit.kind == "span start" else span.start_ns)
        # A nudge that waits for more presses of its key is kept: what is dragged comes after it.
        session.edits.settle()
        track = session.track(hit.track_id)
        if track is not None and hit.kind == "key":
            self._select(track.id)
            session.go_to_time(hit.timestamp_ns)
            return KeyDrag(session, track, hit.timestamp_ns, x)
        if track is not None and hit.kind in ("start", "end"):
            self._select(track.id)
            return EdgeDrag(session, track, hit.number, start=hit.kind == "start")
        gesture = Scrub(session)
        gesture.drag(x, self.axis)
        return gesture

    def _select(self, track_id: str) -> None:
        """Select a track (with Ctrl also), without lanes changing places under the pointer."""
        session = self.session
        if "Ctrl" in session.modifiers:
            session.select_also(track_id)
        elif track_id != session.selected or len(session.selection) > 1:
            session.select(track_id)
        self.lanes.hold()

    def drag(self, x: float, y: float, dx: float, dy: float) -> None:
        if self._pan is not None:
            self._drag_view(x, y, dx)
            return
        if self._gesture is None:
            return
        self._gesture.drag(x, self.axis)
        if self._span_rows is not None:
            row = min(max(int((y - RULER) // LANE), 0), max(len(self.rows) - 1, 0))
            self._span_rows = (self._span_rows[0], row)

    def _drag_view(self, x: float, y: float, dx: float) -> None:
        assert self._pan is not None
        start_x, start_y, moved = self._pan
        if not moved and abs(x - start_x) + abs(y - start_y) < DRAG_PX:
            return
        self._pan = (start_x, start_y, True)
        if start_y >= self._lanes_bottom and self.zoomed:
            self._centre_on(self._overview_time(x))
            return
        self.show(self.axis.moved(round(-dx * self.axis.ns_per_px), self.bounds_ns))

    def _overview_time(self, x: float) -> int:
        axis = self.axis
        return TimeAxis(axis.left, axis.right, *self.bounds_ns).time_at(x)

    def _centre_on(self, timestamp_ns: int) -> None:
        axis = self.axis
        self.show(axis.showing(timestamp_ns - axis.span_ns // 2, axis.span_ns, self.bounds_ns))

    def release(self, x: float, y: float) -> None:
        pan, self._pan = self._pan, None
        if pan is not None:
            if not pan[2]:
                self._open_menu(x, y)
            return
        gesture, self._gesture = self._gesture, None
        rows, self._span_rows = self._span_rows, None
        if gesture is not None:
            gesture.release()
        if rows is not None:
            self._select_rows(*rows)

    def _select_rows(self, one: int, other: int) -> None:
        """A span was chosen over these lanes: it is meant for their tracks."""
        rows = self.rows[min(one, other) : max(one, other) + 1]
        ids = [row.track.id for row in rows if row.track is not None]
        if ids and not (len(ids) == 1 and ids[0] in self.session.selection):
            self.session.select_many(ids)
            self.lanes.hold()

    def _open_menu(self, x: float, y: float) -> None:
        hit = self.hit(x, y)
        kind = hit.kind
        if kind in ("key", "start", "end", "lane", "name", "eye") and hit.track_id:
            if hit.track_id not in self.session.selection:
                self._select(hit.track_id)
            if kind == "key":
                self.session.go_to_time(hit.timestamp_ns)
        span = self.session.span
        if span is not None and x >= self.labels and span.contains(self.time_at(x)):
            kind = "span" if kind != "key" else kind
        self.run("timeline.menu", f"{kind} {x:.0f} {y:.0f}")

    def cancel(self) -> None:
        gesture, self._gesture = self._gesture, None
        self._pan = self._span_rows = None
        if gesture is not None:
            gesture.cancel()

    def move(self, x: float, y: float) -> None:
        super().move(x, y)
        hit = self.hit(x, y)
        # Only what a press would take hold of: the place itself changes with every pixel.
        taken = hit.kind in ("key", "start", "end")
        self._over = Hit(hit.kind, hit.row, hit.track_id, hit.timestamp_ns if taken else 0)
        self.session.hovered = hit.track_id if hit.kind == "name" else None

    def leave(self) -> None:
        super().leave()
        self._over = None
        self.session.hovered = None

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        if x < self.labels or "Ctrl" in self.session.modifiers:
            self._shift -= round(notches)
            return
        axis = self.axis
        if shift:
            self.show(axis.moved(round(-notches * axis.span_ns * 0.1), self.bounds_ns))
            return
        least_ns = LEAST_FRAMES * self.session.log.frame_period_ns
        self.show(axis.zoomed(x, 1.25**-notches, self.bounds_ns, least_ns))

    def bring_into_sight(self, track_id: str) -> None:
        """Scroll so that the lane of a track shows."""
        ids = [row.track.id if row.track is not None else "" for row in self.lanes.rows]
        if track_id in ids and self.lane_y(track_id) is None:
            self._shift = max(int(np.argmax(np.array(ids) == track_id)) - self.room // 2, 0)
