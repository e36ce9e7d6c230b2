"""The timeline: transport, ruler, and a lane for each track near the selection."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from av3d.present import words
from av3d.present.drawing import (
    BODY,
    BODY_STRONG,
    ICON,
    ICON_LARGE,
    NUMBER,
    NUMBER_STRONG,
    NUMBER_TINY,
    SMALL,
    SMALL_STRONG,
    TINY,
    Drawing,
    Measure,
    Polygon,
    Rect,
    key_shape,
)
from av3d.present.icons import ICONS
from av3d.present.panes.pane import Button, Layer, Pane, draw_button, draw_message
from av3d.present.session import Session
from av3d.present.theme import LANE, RADIUS, colour, faded, provenance_colour
from av3d.render import palette
from av3d.render.palette import category_style
from av3d.tracks.track import Track

LABELS = 280
RULER = 22
EDGE = 12
"""Space between the ends of the ruler and the borders."""
KEY_STEP = 7
"""Keys nearer to each other than this many pixels are drawn as one."""
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


class TimelineHead(Pane):
    """Transport buttons, frame and time, and what the shapes mean."""

    name = "timeline_head"

    def layers(self) -> Sequence[Layer]:
        session = self.session
        playback = session.playback
        key = (session.frame, playback.playing, playback.speed, playback.loop, self._hot)
        return (Layer("all", key, self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        middle = self.height / 2
        drawing.box(Rect(0, 0, self.width, self.height), theme.raised)
        drawing.text(8, middle, ICONS["timeline"], ICON, theme.text)
        x = 32 + drawing.text(32, middle, "Timeline", SMALL_STRONG, theme.text) + 16
        if self.width > 1100:
            drawing.text(x, middle, "lanes: near selection", SMALL, theme.text_2)
        x = float(min(LABELS, self.width * 0.22))
        playing = session.playback.playing
        for name, icon, tip in (
            ("frame.first", "first", "First frame (Home)"),
            ("frame.previous", "previous", "Previous frame (Left)"),
            ("play.toggle", "pause" if playing else "play", "Play or stop (Space)"),
            ("frame.next", "next", "Next frame (Right)"),
            ("frame.last", "last", "Last frame (End)"),
        ):
            wide = name == "play.toggle"
            rect = Rect(x, middle - 12, 36 if wide else 28, 24)
            hot = self._hot is not None and self._hot.command == name
            fill = theme.accent if wide else theme.control if hot else None
            drawing.box(rect, fill, radius=RADIUS)
            ink = theme.on_accent if wide else theme.text
            drawing.text(rect.centre[0], middle, ICONS[icon], ICON_LARGE, ink, anchor=0.5)
            drawing.zone(rect, name, tip=tip)
            x = rect.right + 4
        x += 10
        speed = f"{session.playback.speed:g}×"
        width = drawing.measure(speed, NUMBER) + 16
        draw_button(
            drawing, session, x + width, middle, "play.speed", label=speed, style=NUMBER,
            hot=self._hot is not None and self._hot.command == "play.speed",
            tip="Speed of playing; click for the next",
        )  # fmt: skip
        x += width + 6
        draw_button(
            drawing, session, x + 24, middle, "play.loop", icon="loop", plain=True,
            on=session.playback.loop, tip="Begin again at the end",
            hot=self._hot is not None and self._hot.command == "play.loop",
        )  # fmt: skip
        x += 40
        last = session.frames - 1
        wide_digits = drawing.measure(str(last), NUMBER)
        drawing.text(
            x + wide_digits, middle, str(session.frame), NUMBER_STRONG, theme.text, anchor=1
        )
        x += wide_digits + 8
        x += drawing.text(x, middle, f"/ {last}", NUMBER, theme.text_3) + 16
        time_ns = session.timestamp_ns - session.log.start_ns
        x += drawing.text(x, middle, words.seconds(time_ns), NUMBER, theme.text) + 24
        self._legend(drawing, x, middle)

    def _legend(self, drawing: Drawing, left: float, middle: float) -> None:
        """Shapes and what they stand for; folds away first where there is no room."""
        theme = self.session.theme
        kinds = ("manual", "fitted", "imported", "model", "interpolated")
        widths = [drawing.measure(kind, SMALL) for kind in kinds]
        total = sum(widths) + len(kinds) * 32 + 16
        if left + total > self.width - 12:
            return
        x = self.width - 12 - total
        for kind, width in zip(kinds, widths, strict=True):
            paint = provenance_colour(theme, kind)
            if kind == "interpolated":
                drawing.dashed(((x - 8, middle), (x + 16, middle)), (7, 3), paint, 2)
            else:
                shape = palette.PROVENANCE_STYLES[kind].shape
                drawing.add(Polygon(key_shape(shape, (x + 8, middle), 6), paint))
            drawing.text(x + 20, middle, kind, SMALL, theme.text_2)
            x += width + (48 if kind == "model" else 32)


class TimelinePane(Pane):
    """Ruler and lanes. Time is linear; the wheel zooms, a press or drag goes to a frame."""

    name = "timeline"
    title = "Timeline"
    icon = "timeline"
    home = ("", "bottom")

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.start_ns = session.log.start_ns
        self.end_ns = session.log.end_ns
        self._lanes: tuple[Track, ...] = ()
        self._lanes_key: object = None
        self._scrubbing = False
        self._shift = 0

    @property
    def labels(self) -> float:
        """Width of the names left of the lanes."""
        return float(min(LABELS, max(self.width * 0.22, 150)))

    def x_of(self, timestamp_ns: int) -> float:
        """Where a time is."""
        left, right = self.labels + EDGE, self.width - EDGE
        span = max(self.end_ns - self.start_ns, 1)
        return left + (timestamp_ns - self.start_ns) / span * (right - left)

    def time_at(self, x: float) -> int:
        """The time at a place."""
        left, right = self.labels + EDGE, self.width - EDGE
        fraction = (x - left) / max(right - left, 1)
        return round(self.start_ns + fraction * (self.end_ns - self.start_ns))

    @property
    def lanes(self) -> tuple[Track, ...]:
        """The selected track, then those nearest to it (or to the vehicle) at that moment."""
        session = self.session
        boxes = session.supply.boxes(session.frame)
        key = (session.selected, session.supply.revision, boxes is None, self._order_frame())
        if key != self._lanes_key and boxes is not None:
            self._lanes_key = key
            box = session.selected_box()
            here = np.zeros(2) if box is None else box.cuboid.center_m[:2]
            order = sorted(
                boxes, key=lambda item: float(np.hypot(*(item.cuboid.center_m[:2] - here)))
            )
            tracks = [item.track for item in order]
            selected = session.selected_track
            if selected is not None:
                tracks = [selected, *(track for track in tracks if track.id != selected.id)]
            self._lanes = tuple(tracks)
            self._shift = 0
        return self._lanes

    def _order_frame(self) -> int | None:
        """Without a selection lanes follow the vehicle; with one they stay while frames pass."""
        session = self.session
        if session.selected is not None or session.playback.playing:
            return None
        return session.frame

    @property
    def visible(self) -> tuple[Track, ...]:
        """The lanes that have room."""
        room = max(int((self.height - RULER) // LANE), 1)
        self._shift = min(max(self._shift, 0), max(len(self.lanes) - room, 0))
        return self.lanes[self._shift : self._shift + room]

    def update(self) -> None:
        # While zoomed in, the playhead stays in sight.
        now = self.session.timestamp_ns
        span = self.end_ns - self.start_ns
        if not self.start_ns <= now <= self.end_ns:
            self.start_ns = max(self.session.log.start_ns, now - span // 4)
            self.end_ns = self.start_ns + span

    def layers(self) -> Sequence[Layer]:
        session = self.session
        view = (self.start_ns, self.end_ns)
        lanes = self.visible
        return (
            Layer(
                "lanes", (lanes, view, session.selected, session.supply.revision), self._draw_lanes
            ),
            Layer("ruler", view, self._ruler),
            Layer("hover", (session.hovered, lanes), self._hover),
            Layer("playhead", (session.frame, view), self._playhead),
        )

    def _ruler(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        drawing.box(Rect(0, 0, self.width, RULER), theme.bar)
        drawing.text(8, RULER / 2, "Track", TINY, theme.text_3)
        drawing.zone(Rect(self.labels, 0, self.width - self.labels, RULER), "timeline.scrub")
        frames = session.log.frames
        visible = frames.between(self.start_ns, self.end_ns)
        if not visible:
            return
        per_frame = (self.width - self.labels) / max(len(visible), 1)
        step = next((step for step in STEPS if step * per_frame >= 56), STEPS[-1])
        minor = next((size for size in STEPS if size * per_frame >= 7), step)
        last = len(frames) - 1
        last_x = self.x_of(frames[last].timestamp_ns)
        every = math.gcd(step, minor)
        marked = [*range(-(-visible.start // every) * every, visible.stop, every)]
        for index in dict.fromkeys([*marked, *(visible[-1:] if last in visible else ())]):
            major, end = index % step == 0, index == last
            if not major and index % minor and not end:
                continue
            x = self.x_of(int(frames.timestamps_ns[index]))
            drawing.line((x, RULER - (6 if major or end else 3)), (x, RULER), theme.text_3)
            # The last frame's number is always there; the one before it gives way.
            if end or (major and last_x - x > 28):
                drawing.text(x, RULER / 2 - 2, str(index), NUMBER_TINY, theme.text_2, anchor=0.5)

    def _draw_lanes(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        area = Rect(0, RULER, self.width, self.height - RULER)
        drawing.box(Rect(0, 0, self.width, self.height), theme.panel)
        if not self.visible:
            text = "No tracks near this frame." if session.tracks else "No tracks yet."
            draw_message(drawing, session, area, "timeline", text)
            return
        for number, track in enumerate(self.visible):
            self._lane(drawing, track, RULER + number * LANE)
        drawing.line((self.labels + 0.5, 0), (self.labels + 0.5, self.height), theme.control)

    def _lane(self, drawing: Drawing, track: Track, y: float) -> None:
        session, theme = self.session, self.session.theme
        selected = track.id == session.selected
        row = Rect(0, y, self.width, LANE)
        if selected:
            drawing.box(row, theme.selected)
            drawing.box(Rect(0, y, 3, LANE), theme.accent)
        drawing.line(
            (0, row.bottom - 0.5), (self.width, row.bottom - 0.5), faded(theme.control, 0.6)
        )
        middle = y + LANE / 2
        style = category_style(track.category)
        drawing.text(8, middle, style.glyph, ICON, colour(style.colour))
        keys = words.plural(len(track.keyframes), "key")
        keys_width = drawing.measure(keys, NUMBER_TINY)
        drawing.text(
            32, middle, track.name, BODY_STRONG if selected else BODY, theme.text,
            max_width=self.labels - 32 - keys_width - 28,
        )  # fmt: skip
        drawing.text(self.labels - 12, middle, keys, NUMBER_TINY, theme.text_2, anchor=1)
        drawing.zone(Rect(0, y, self.labels, LANE), "track.select", track.id)
        drawing.zone(
            Rect(self.labels, y, self.width - self.labels, LANE), "timeline.scrub", track.id
        )
        self._presence(drawing, track, middle)
        self._keys(drawing, track, middle)

    def _clip(self, start_ns: int, end_ns: int) -> tuple[float, float] | None:
        """Left and right of a span inside the lanes, None if it is outside."""
        left, right = self.labels + 2, self.width - 2
        x0, x1 = max(self.x_of(start_ns), left), min(self.x_of(end_ns), right)
        return (x0, x1) if x1 >= x0 else None

    def _presence(self, drawing: Drawing, track: Track, middle: float) -> None:
        theme = self.session.theme
        bar = colour(category_style(track.category).colour, 0.32)
        for span in track.presence:
            ends = self._clip(span.start_ns, span.end_ns)
            if ends is not None:
                rect = Rect(ends[0], middle - 5, max(ends[1] - ends[0], 3), 10)
                drawing.box(rect, bar, radius=2)
        line = provenance_colour(theme, "interpolated")
        dash = palette.PROVENANCE_STYLES["interpolated"].dash
        gap_ns = self.session.log.frame_period_ns * 3 // 2
        pieces: list[tuple[float, float]] = []
        for before, after in zip(track.keyframes[:-1], track.keyframes[1:], strict=True):
            # Between keys of neighbouring frames nothing is interpolated.
            if after.timestamp_ns - before.timestamp_ns < gap_ns:
                continue
            ends = self._clip(before.timestamp_ns, after.timestamp_ns)
            if ends is None:
                continue
            # Where keys touch, a thousand short pieces between them are one.
            if pieces and ends[1] - ends[0] < KEY_STEP and ends[0] - pieces[-1][1] < 1:
                pieces[-1] = (pieces[-1][0], ends[1])
            else:
                pieces.append(ends)
        for left, right in pieces:
            drawing.dashed(((left, middle), (right, middle)), dash, line, 1.5)

    def _keys(self, drawing: Drawing, track: Track, middle: float) -> None:
        theme = self.session.theme
        outline = theme.bar
        last_x = -1e9
        for keyframe in track.keyframes:
            x = self.x_of(keyframe.timestamp_ns)
            # A thousand keys that touch are one line; every shape that fits is drawn.
            if not self.labels + 4 <= x <= self.width - 4 or x - last_x < KEY_STEP:
                continue
            last_x = x
            kind = keyframe.provenance.value
            shape = key_shape(palette.PROVENANCE_STYLES[kind].shape, (x, middle), 6)
            drawing.add(Polygon(shape, provenance_colour(theme, kind), outline))
            zone = Rect(x - 5, middle - 8, 10, 16)
            drawing.zone(
                zone, "timeline.key", f"{track.id} {keyframe.timestamp_ns}",
                f"{kind.capitalize()} key at frame {self._frame_of(keyframe.timestamp_ns)}",
            )  # fmt: skip

    def _frame_of(self, timestamp_ns: int) -> int:
        return self.session.log.frames.nearest(timestamp_ns)

    def _hover(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        for number, track in enumerate(self.visible):
            if track.id == session.hovered and track.id != session.selected:
                rect = Rect(0, RULER + number * LANE, self.width, LANE)
                drawing.box(rect, faded(theme.text, 0.06))

    def _playhead(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        x = round(self.x_of(session.timestamp_ns)) + 0.5
        white = (
            colour(palette.PROVENANCE_STYLES["manual"].colour)
            if theme.name == "dark"
            else theme.text
        )
        drawing.line((x, RULER - 4), (x, self.height), white, 1.5)
        text = str(session.frame)
        width = max(drawing.measure(text, NUMBER_STRONG) + 12, 26)
        left = min(max(x - width / 2, self.labels + 1), self.width - width)
        drawing.box(Rect(left, 1, width, 17), white, radius=2)
        drawing.add(Polygon(((x - 5, 17.5), (x + 5, 17.5), (x, RULER + 1)), white))
        ink = theme.on_accent if theme.name == "dark" else theme.panel
        drawing.text(left + width / 2, 9.5, text, NUMBER_STRONG, ink, anchor=0.5)

    def _scrub(self, x: float) -> None:
        self.session.go_to_time(self.time_at(x))

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        zone = self.zone_at(x, y)
        if zone is None or button is not Button.LEFT:
            return False
        if zone.command == "timeline.key":
            track_id, _, time_ns = zone.argument.rpartition(" ")
            self.session.select(track_id)
            self.session.go_to_time(int(time_ns))
            return False
        if zone.command == "timeline.scrub":
            self._scrubbing = True
            self._scrub(x)
            return True
        return super().press(x, y, button, clicks)

    def drag(self, x: float, y: float, dx: float, dy: float) -> None:
        if self._scrubbing:
            self._scrub(x)

    def release(self, x: float, y: float) -> None:
        self._scrubbing = False

    def move(self, x: float, y: float) -> None:
        super().move(x, y)
        zone = self._hot
        named = zone is not None and zone.command == "track.select"
        self.session.hovered = zone.argument if named and zone is not None else None

    def leave(self) -> None:
        super().leave()
        self.session.hovered = None

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        if x < self.labels:
            self._shift -= round(notches)
            return
        log = self.session.log
        span = self.end_ns - self.start_ns
        whole = max(log.end_ns - log.start_ns, 1)
        if shift:
            move = round(-notches * span * 0.1)
        else:
            wanted = min(max(round(span / 1.25**notches), 4 * log.frame_period_ns), whole)
            fixed = self.time_at(x)
            fraction = (fixed - self.start_ns) / max(span, 1)
            self.start_ns = round(fixed - fraction * wanted)
            span, move = wanted, 0
        self.start_ns = min(max(self.start_ns + move, log.start_ns), log.end_ns - min(span, whole))
        self.end_ns = self.start_ns + span
