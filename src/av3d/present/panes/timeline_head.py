"""The header of the timeline: transport, frame and time, what to do next, what the shapes mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from av3d.present import words
from av3d.present.certainty import Level
from av3d.present.drawing import (
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
from av3d.present.fields import Field
from av3d.present.icons import ICONS
from av3d.present.moment import MomentError, frame_of
from av3d.present.panes.pane import Layer, Pane, draw_key, lighter
from av3d.present.panes.timeline_lanes import HEAT_PX, heat_colour, labels_width
from av3d.present.panes.timeline_view import suggested
from av3d.present.session import Session
from av3d.present.theme import RADIUS, provenance_colour
from av3d.render import palette

if TYPE_CHECKING:
    from av3d.present.panes.timeline import TimelinePane

FIELD = "timeline.frame"
KINDS = ("manual", "fitted", "imported", "model", "interpolated")


class TimelineHead(Pane):
    """Transport buttons, frame and time, the suggested keyframe, and what the shapes mean."""

    name = "timeline_head"
    timeline: TimelinePane
    key_of: Callable[[str], str]
    """The key of a command, "" if it has none."""

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self._frame_rect = Rect(0, 0, 1, 1)

    def layers(self) -> Sequence[Layer]:
        session = self.session
        playback = session.playback
        hot = self._hot and (self._hot.command, self._hot.argument)
        field = session.fields.active
        key = (
            session.frame, playback.playing, playback.speed, playback.loop, hot, session.span,
            self.timeline.lanes.mode, self._suggested_frame(), session.selected,
            field is not None and field.name == FIELD,
            self.key_of("edit.keyframe"), self.key_of("key.suggested"),
        )  # fmt: skip
        return (Layer("all", key, self._draw),)

    def _suggested_frame(self) -> int | None:
        session = self.session
        track = session.selected_track
        time_ns = None if track is None else suggested(session, track)
        return None if time_ns is None else session.log.frames.nearest(time_ns)

    def _is_hot(self, command: str) -> bool:
        return self._hot is not None and self._hot.command == command

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        middle = self.height / 2
        drawing.box(Rect(0, 0, self.width, self.height), theme.raised)
        drawing.text(8, middle, ICONS["timeline"], ICON, theme.text)
        x = 32 + drawing.text(32, middle, "Timeline", SMALL_STRONG, theme.text) + 8
        start = labels_width(self.width)
        self._lanes_button(drawing, x, start - 4, middle)
        x = self._transport(drawing, start, middle)
        x = self._speed(drawing, x + 8, middle)
        x = self._frame_and_time(drawing, x + 8, middle)
        x = self._key_here(drawing, x + 20, middle)
        x = self._suggestion(drawing, x + 8, middle)
        x = self._panes(drawing, x + 6, middle)
        self._legend(drawing, x + 6, middle)

    def _button(
        self, drawing: Drawing, rect: Rect, command: str, tip: str, argument: str = ""
    ) -> None:
        """The ground of a plain button, which shows under the pointer."""
        if self._is_hot(command):
            drawing.box(rect, self.session.theme.control, radius=RADIUS)
        drawing.zone(rect, command, argument, tip)

    def _lanes_button(self, drawing: Drawing, x: float, right: float, middle: float) -> None:
        """Which tracks have lanes; as many of the words as there is room for."""
        theme = self.session.theme
        title = self.timeline.lanes.mode.words
        texts = (f"lanes: {title}", title, "lanes")
        room = right - x - 30
        text = next((text for text in texts if drawing.measure(text, SMALL) <= room), "")
        wide = drawing.measure(text, SMALL) if text else 0.0
        rect = Rect(x, middle - 12, wide + 30, 24)
        place = f"{rect.x:.0f} {rect.y:.0f} {rect.width:.0f} {rect.height:.0f}"
        self._button(drawing, rect, "lanes.choose", f"Which tracks have lanes: {title}", place)
        drawing.text(x + 6, middle, text, SMALL, theme.text_2)
        drawing.text(rect.right - 20, middle, ICONS["chevron_down"], ICON, theme.text_2)

    def _transport(self, drawing: Drawing, x: float, middle: float) -> float:
        theme, playing = self.session.theme, self.session.playback.playing
        for name, icon, tip in (
            ("frame.first", "first", "First frame (Home)"),
            ("frame.previous", "previous", "Previous frame (Left)"),
            ("play.toggle", "pause" if playing else "play", "Play or stop (Space)"),
            ("frame.next", "next", "Next frame (Right)"),
            ("frame.last", "last", "Last frame (End)"),
        ):
            wide = name == "play.toggle"
            rect = Rect(x, middle - 12, 36 if wide else 28, 24)
            if wide:
                drawing.box(rect, theme.accent, radius=RADIUS)
                drawing.zone(rect, name, tip=tip)
            else:
                self._button(drawing, rect, name, tip)
            ink = theme.on_accent if wide else theme.text
            drawing.text(rect.centre[0], middle, ICONS[icon], ICON_LARGE, ink, anchor=0.5)
            x = rect.right + 2
        return x

    def _panes(self, drawing: Drawing, x: float, middle: float) -> float:
        """What opens the panes that show the selected track in many frames."""
        theme = self.session.theme
        for command, icon, tip in (
            ("frames.open", "frames", "Edit the selected track in many frames at once"),
            ("object.open", "film", "Pictures of the selected track in all of its frames"),
        ):
            key = self.key_of(command)
            rect = Rect(x, middle - 12, 28, 24)
            self._button(drawing, rect, command, f"{tip} ({key})" if key else tip)
            drawing.text(rect.centre[0], middle, ICONS[icon], ICON, theme.text_2, anchor=0.5)
            x = rect.right + 2
        return x

    def _speed(self, drawing: Drawing, x: float, middle: float) -> float:
        session, theme = self.session, self.session.theme
        # As wide as the longest speed: what is right of it stays where it is.
        width = drawing.measure("0.25×", NUMBER) + 8
        rect = Rect(x, middle - 12, width, 24)
        fill = lighter(theme.control) if self._is_hot("play.speeds") else theme.control
        drawing.box(rect, fill, radius=RADIUS)
        speed = f"{session.playback.speed:g}×"
        drawing.text(rect.centre[0], middle, speed, NUMBER, theme.text, anchor=0.5)
        place = f"{rect.x:.0f} {rect.y:.0f} {rect.width:.0f} {rect.height:.0f}"
        drawing.zone(rect, "play.speeds", place, "Speed of playing")
        loop = Rect(rect.right + 6, middle - 12, 26, 24)
        on = session.playback.loop
        span = "the span" if session.span is not None else "the log"
        if on:
            drawing.box(loop, theme.accent, radius=RADIUS)
            drawing.zone(loop, "play.loop", tip=f"Plays {span} again and again")
        else:
            self._button(drawing, loop, "play.loop", f"Play {span} again and again")
        ink = theme.on_accent if on else theme.text_2
        drawing.text(loop.centre[0], middle, ICONS["loop"], ICON, ink, anchor=0.5)
        return loop.right

    def _frame_and_time(self, drawing: Drawing, x: float, middle: float) -> float:
        session, theme = self.session, self.session.theme
        last = session.frames - 1
        digits = drawing.measure(str(last), NUMBER)
        time_text = words.seconds(session.timestamp_ns - session.log.start_ns)
        wide = words.seconds(session.log.end_ns - session.log.start_ns)
        rect = Rect(x, middle - 12, digits + 16, 24)
        field = session.fields.active
        typing = field is not None and field.name == FIELD
        outline = theme.border if self._is_hot("frame.ask") else theme.control
        drawing.box(rect, theme.field, theme.accent if typing else outline, radius=RADIUS)
        tip = "Type a frame or a time: 14, 1.4 s (Ctrl+J)"
        drawing.zone(rect, "frame.ask", tip=tip)
        self._frame_rect = rect
        if not typing:
            drawing.text(
                rect.right - 8, middle, str(session.frame), NUMBER_STRONG, theme.text, anchor=1
            )
        x = rect.right + 8
        x += drawing.text(x, middle, f"/ {last}", NUMBER, theme.text_3) + 12
        x += drawing.measure(wide, NUMBER)
        drawing.text(x, middle, time_text, NUMBER, theme.text, anchor=1)
        return x

    def _key_here(self, drawing: Drawing, x: float, middle: float) -> float:
        """Makes the cuboid of this frame a keyframe."""
        session = self.session
        if session.selected is None:
            return x
        tip = "You vouch for the selected track in this frame (K)"
        right = self._labelled(drawing, x, middle, "edit.keyframe", "Key here", tip)
        if right > x:
            paint = provenance_colour(session.theme, "manual")
            drawing.add(Polygon(key_shape("diamond", (x + 16, middle), 6), paint))
        return right

    def _suggestion(self, drawing: Drawing, x: float, middle: float) -> float:
        """Where one more keyframe helps most, and the key that goes there."""
        frame = self._suggested_frame()
        if frame is None:
            return x
        tip = f"Go to frame {frame}, where one more keyframe helps most (N)"
        for label in (f"Suggested key: {frame}", f"{frame}"):
            right = self._labelled(drawing, x, middle, "key.suggested", label, tip)
            if right > x:
                accent = self.session.theme.accent_text
                drawing.text(x + 8, middle, ICONS["star"], ICON, accent)
                return right
        return x

    def _labelled(
        self, drawing: Drawing, x: float, middle: float, command: str, label: str, tip: str
    ) -> float:
        """A button with room for an icon, words and its key; `x` where there is no room for it."""
        theme, key = self.session.theme, self.key_of(command)
        cap = max(drawing.measure(key, NUMBER_TINY) + 9, 18) if key else -8.0
        width = 28 + drawing.measure(label, SMALL) + 8 + cap + 8
        if x + width > self.width - 8:
            return x
        rect = Rect(x, middle - 12, width, 24)
        fill = lighter(theme.control) if self._is_hot(command) else theme.control
        drawing.box(rect, fill, radius=RADIUS)
        drawing.text(x + 28, middle, label, SMALL, theme.text)
        if key:
            draw_key(drawing, self.session, rect.right - 8 - cap, middle, key)
        drawing.zone(rect, command, tip=tip)
        return rect.right

    def _legend(self, drawing: Drawing, left: float, middle: float) -> None:
        """Shapes and what they stand for; folds away first where there is no room."""
        theme = self.session.theme
        widths = [drawing.measure(kind, TINY) for kind in KINDS]
        heat = drawing.measure("uncertainty", TINY) + 44
        total = sum(widths) + len(KINDS) * 28 + 12
        if left + total > self.width - 12:
            return
        x = self.width - 12 - total
        if left + heat <= x:
            heat_x = x - heat + 4
            for level in Level:
                height = HEAT_PX[level]
                rect = Rect(heat_x + 7 * level, middle + 4 - height, 7, height)
                drawing.box(rect, heat_colour(theme, level))
            drawing.text(heat_x + 27, middle, "uncertainty", TINY, theme.text_2)
            tip = "Expected overlap with the truth: " + ", ".join(level.words for level in Level)
            drawing.zone(Rect(heat_x, 0, heat - 16, self.height), "", "uncertainty", tip)
        for kind, width in zip(KINDS, widths, strict=True):
            paint = provenance_colour(theme, kind)
            if kind == "interpolated":
                drawing.dashed(((x - 10, middle), (x + 14, middle)), (7, 3), paint, 2)
            else:
                shape = palette.PROVENANCE_STYLES[kind].shape
                drawing.add(Polygon(key_shape(shape, (x + 6, middle), 6), paint))
            drawing.text(x + 18, middle, kind, TINY, theme.text_2)
            x += width + (40 if kind == "model" else 28)

    def ask_frame(self) -> None:
        """Let a frame or a time be typed where the frame stands."""
        rect = self._frame_rect
        wide = max(rect.width, 76.0)
        self.session.fields.open(
            Field(
                FIELD, self.name, Rect(rect.x, rect.y, wide, rect.height), str(self.session.frame),
                hint="14 or 1.4 s", on_enter=self._entered, on_leave=lambda _text: None,
                select_all=True, number=True,
            )
        )  # fmt: skip

    def _entered(self, text: str) -> None:
        session = self.session
        if not text.strip():
            return
        try:
            session.go_to(frame_of(text, session.log))
        except MomentError as error:
            session.say("info", "Frame not changed", str(error))
