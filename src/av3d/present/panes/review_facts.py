"""What a review shows of one track: a measure over all frames, and what was said."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from av3d.present import words
from av3d.present.choices import Choice
from av3d.present.concerns import CHECKS, Check, Concern, Measures
from av3d.present.drawing import (
    BODY,
    ICON,
    NUMBER_TINY,
    SMALL,
    TINY,
    Circle,
    Drawing,
    Polyline,
    Rect,
)
from av3d.present.fields import Field
from av3d.present.icons import ICONS
from av3d.present.panes.pane import Button, Layer, draw_button, draw_message, wrapped
from av3d.present.panes.review import ReviewPane, frames_words, value_words
from av3d.present.panes.review_timeline import TICK_ROOM_PX, tick_step
from av3d.present.review import DONE_WORDS, SENT_BACK
from av3d.present.session import Session
from av3d.present.theme import (
    HEADER,
    Colour,
    faded,
)
from av3d.types import FloatArray

LINE_OF_NUMBERS_PX = 14
"""Numbers at the axis that are closer would run into each other."""


class MeasurePane(ReviewPane):
    """One measure of the track over all frames, with its limit."""

    name = "measure"
    title = "Measure over time"
    icon = "chart"
    home = ("note", "top")

    def shown_check(self) -> Check | None:
        """The measure that shows: the chosen one, else that of the concern."""
        concern = self.review.concern
        name = self.review.check or (concern.check if concern is not None else "speed")
        return CHECKS.get(name)

    def _measures(self) -> Measures | None:
        return self.review.measures_of(self.session.selected or "")

    def layers(self) -> Sequence[Layer]:
        session, review = self.session, self.review
        check = self.shown_check()
        key = (session.selected, session.frame, review.version, check and check.name, self._hot)
        return (Layer("all", key, self._draw),)

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        zone = self.zone_at(x, y)
        if zone is not None and zone.command == "review.measure" and not zone.argument:
            self._choose(zone.rect)
            return False
        if zone is None and button is Button.LEFT and y > HEADER:
            measures = self._measures()
            if measures is not None and len(measures.times_ns):
                plot = self._plot()
                log = self.session.log
                share = min(max((x - plot.x) / max(plot.width, 1), 0), 1)
                self.session.go_to_time(round(log.start_ns + share * (log.end_ns - log.start_ns)))
            return False
        return super().press(x, y, button, clicks)

    def _choose(self, anchor: Rect) -> None:
        measures, shown = self._measures(), self.shown_check()

        def show(name: str) -> Callable[[], None]:
            return lambda: self.run("review.measure", name)

        items = tuple(
            Choice(check.title, show(name), on=check is shown,
                   enabled=measures is not None and name in measures.values)
            for name, check in CHECKS.items()
        )  # fmt: skip
        self.session.choices.open(self.name, anchor, items)

    def _plot(self) -> Rect:
        return Rect(46, HEADER + 16, max(self.width - 66, 10), max(self.height - HEADER - 46, 10))

    def _draw(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        drawing.box(Rect(0, 0, self.width, self.height), theme.panel)
        drawing.box(Rect(0, 0, self.width, HEADER), theme.raised)
        check, measures = self.shown_check(), self._measures()
        body = Rect(0, HEADER, self.width, self.height - HEADER)
        if check is None or measures is None or session.selected is None:
            self._head(drawing, "chart", "Measure over time")
            draw_message(
                drawing, session, body, "chart", "Choose a concern to see its values over time."
            )
            return
        label = f"{check.title}, {check.unit}" if check.unit else check.title
        drawing.text(8, HEADER / 2, ICONS["chart"], ICON, theme.text)
        hot = self._hot is not None and self._hot.command == "review.measure"
        end = 32 + drawing.measure(label, SMALL) + 16 + 22
        draw_button(
            drawing, session, end, HEADER / 2, "review.measure", label=label, icon="chevron_down",
            hot=hot, plain=True, tip="Show another measure",
        )  # fmt: skip
        values = measures.values.get(check.name)
        if values is None or not np.isfinite(values).any():
            draw_message(drawing, session, body, "chart", self._why_empty(check))
            return
        now = measures.values["speed"]
        row = int(np.argmin(np.abs(measures.times_ns - session.timestamp_ns)))
        if check.name != "speed" and np.isfinite(now[row]):
            text = f"speed over 0.4 s: {words.number(float(now[row]), 1)} m/s"
            if 32 + end + drawing.measure(text, SMALL) < self.width:
                drawing.text(self.width - 8, HEADER / 2, text, SMALL, theme.text_2, anchor=1)
        self._chart(drawing, check, measures, values)

    def _why_empty(self, check: Check) -> str:
        if check.name == "points" and self.review.looking:
            return "Counting points."
        return f"{check.title} says nothing about this track."

    def _chart(
        self, drawing: Drawing, check: Check, measures: Measures, values: FloatArray
    ) -> None:
        session, theme = self.session, self.session.theme
        plot = self._plot()
        limit = measures.limits.get(check.name)
        top = max(float(np.nanmax(values)), limit or 0.0) * 1.12 or 1.0
        if check.name == "overlap":
            top = 1.0
        log = session.log
        span_ns = max(log.end_ns - log.start_ns, 1)

        def x_of(time_ns: float) -> float:
            return plot.x + plot.width * (time_ns - log.start_ns) / span_ns

        def y_of(value: float) -> float:
            return plot.bottom - plot.height * min(value / top, 1.0)

        step = tick_step(
            top, plot.height * TICK_ROOM_PX / 26, 10.0 ** math.floor(math.log10(top) - 1)
        )
        digits = max(-math.floor(math.log10(step) + 1e-9), 0)
        digits += step < 1 and round(step * 10**digits, 6) % 1 > 0
        for number in range(int(top / step + 1e-9) + 1):
            y = y_of(number * step)
            drawing.line((plot.x, y), (plot.right, y), faded(theme.text_3, 0.25))
        last = session.frames - 1
        frame_step = max(int(tick_step(session.frames, plot.width)), 1)
        for frame in sorted({*range(0, last + 1, frame_step), last}):
            x = x_of(log.frames[frame].timestamp_ns)
            if frame != last and plot.right - x < TICK_ROOM_PX / 2:
                continue
            drawing.text(x, plot.bottom + 14, str(frame), NUMBER_TINY, theme.text_2, anchor=0.5)
        now_x = x_of(session.timestamp_ns)
        drawing.line((now_x, plot.y), (now_x, plot.bottom), faded(theme.text, 0.5))
        good = np.isfinite(values)
        # Where frames are missing between, so is the line.
        gaps = np.diff(measures.times_ns, prepend=measures.times_ns[0]) > 1.5 * _period_ns(session)
        if check.name == "points":
            gaps = np.zeros(len(values), dtype=bool)
        piece: list[tuple[float, float]] = []
        for row in np.flatnonzero(good).tolist():
            if piece and (gaps[row] or (check.name != "points" and not good[row - 1])):
                self._line(drawing, piece)
                piece = []
            piece.append((x_of(int(measures.times_ns[row])), y_of(float(values[row]))))
        self._line(drawing, piece)
        taken = math.inf
        if limit is not None:
            y = y_of(limit)
            drawing.dashed([(plot.x, y), (plot.right, y)], (6, 4), theme.bad, 1.2)
            text = f"limit {words.number(limit, check.digits)}"
            wide = drawing.measure(text, NUMBER_TINY) + 6
            xs = np.array([x_of(int(time_ns)) for time_ns in measures.times_ns])
            ys = np.array([y_of(float(v)) if math.isfinite(v) else math.inf for v in values])
            # Where the line of the values does not pass; else at the right end.
            rights = np.arange(plot.right, plot.x + wide, -20.0)
            free = [
                right for right in rights
                if not ((xs > right - wide - 12) & (xs < right + 12) & (ys < y + 4)).any()
            ]  # fmt: skip
            if free:
                self._plated(drawing, free[0], y - 10, text, theme.bad, 1.0)
            else:
                at_axis = words.number(limit, check.digits)
                self._plated(drawing, plot.x - 8, y, at_axis, theme.bad, 1.0)
                taken = y
        for number in range(int(top / step + 1e-9) + 1):
            y = y_of(number * step)
            if abs(y - taken) >= LINE_OF_NUMBERS_PX:
                text = words.number(number * step, digits)
                drawing.text(plot.x - 8, y, text, NUMBER_TINY, theme.text_2, anchor=1)
        self._mark(drawing, check, measures, values, x_of, y_of)

    def _line(self, drawing: Drawing, piece: list[tuple[float, float]]) -> None:
        if len(piece) > 1:
            drawing.add(Polyline(tuple(piece), self.session.theme.text, 1.6))
        elif piece:
            drawing.add(Circle(piece[0], 2.0, fill=self.session.theme.text))

    def _mark(
        self, drawing: Drawing, check: Check, measures: Measures, values: FloatArray,
        x_of: Callable[[float], float], y_of: Callable[[float], float],
    ) -> None:  # fmt: skip
        """The value that is looked at."""
        theme = self.session.theme
        concern = self.review.concern
        row = check.worst(values)
        if concern is not None and concern.check == check.name:
            row = int(np.argmin(np.abs(measures.times_ns - concern.timestamp_ns)))
        value = float(values[row])
        if not math.isfinite(value):
            return
        limit = measures.limits.get(check.name)
        beyond = limit is not None and (value > limit if check.above else value < limit)
        paint = theme.bad if beyond else theme.text
        x, y = x_of(int(measures.times_ns[row])), y_of(value)
        drawing.add(Circle((x, y), 4.0, fill=paint))
        text = words.number(value, check.digits)
        right = x + 8 + drawing.measure(text, NUMBER_TINY) > self._plot().right
        self._plated(
            drawing, x - 8 if right else x + 8, max(y - 2, HEADER + 10), text, theme.text,
            1.0 if right else 0.0,
        )  # fmt: skip

    def _plated(
        self, drawing: Drawing, x: float, y: float, text: str, paint: Colour, anchor: float
    ) -> None:
        """Words that the line of the values does not run through."""
        width = drawing.measure(text, NUMBER_TINY)
        left = x - anchor * width
        drawing.box(Rect(left - 3, y - 8, width + 6, 16), self.session.theme.panel, radius=2)
        drawing.text(left, y, text, NUMBER_TINY, paint)


class NotePane(ReviewPane):
    """Why it is a concern, what was decided on the track before, and the line for sending it back."""

    name = "note"
    title = "Note"
    icon = "note"
    home = ("measure", "bottom")

    def layers(self) -> Sequence[Layer]:
        review, session = self.review, self.session
        typing = session.fields.active
        key = (
            review.current, review.version, id(session.labels.document), self._hot,
            typing is not None and typing.name == "review.note",
        )  # fmt: skip
        return (Layer("all", key, self._draw),)

    def begin(self) -> None:
        """Ask for the line that goes with sending back."""
        concern = self.review.concern
        if concern is None:
            return
        rect = self._field_rect()
        self.session.fields.open(
            Field(
                "review.note", self.name, rect, hint="What is wrong, in one line",
                on_enter=self._send, on_leave=lambda _text: None,
            )
        )  # fmt: skip

    def _send(self, text: str) -> None:
        if text.strip():
            self.review.decide(SENT_BACK, " ".join(text.split()))
        else:
            self.session.say("info", "Not sent back", "Say in one line what is wrong.")

    def _field_rect(self) -> Rect:
        return Rect(10, self.height - 34, self.width - 20, 24)

    def _draw(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        drawing.box(Rect(0, 0, self.width, self.height), theme.panel)
        concern = self.review.concern
        title = f"{concern.kind.title} of {concern.track}" if concern is not None else "Note"
        self._head(drawing, "note", title, frames_words(session, concern) if concern else "")
        if concern is None:
            body = Rect(0, HEADER, self.width, self.height - HEADER)
            draw_message(drawing, session, body, "note", "Choose a concern to see why it is one.")
            return
        bottom = self.height - 44
        y = self._why(drawing, concern, bottom)
        self._earlier(drawing, concern, y, bottom)
        self._entry(drawing)

    def _why(self, drawing: Drawing, concern: Concern, bottom: float) -> float:
        theme = self.session.theme
        y = HEADER + 18.0
        for line in wrapped(concern.kind.why, SMALL, self.width - 24, self.measure):
            if y > bottom:
                return y
            drawing.text(12, y, line, SMALL, theme.text)
            y += 20
        value, limit = value_words(concern)
        if y <= bottom:
            text = f"{value} here, limit {limit}, risk {concern.risk} of 100"
            drawing.text(12, y, text, SMALL, theme.text_2, max_width=self.width - 24)
        return y + 26

    def _earlier(self, drawing: Drawing, concern: Concern, y: float, bottom: float) -> None:
        """Decisions on the same track, the last ones first."""
        theme, session = self.session.theme, self.session
        events = [e for e in self.review.decisions if concern.track_id in e.track_ids]
        for event in reversed(events):
            if y + 20 > bottom:
                return
            state = str(event.attributes.get("state", ""))
            check = CHECKS.get(str(event.attributes.get("check", "")))
            frame = session.log.frames.nearest(event.start_ns)
            author = str(event.attributes.get("author", ""))
            icon = (
                "check_circle"
                if state == "accepted"
                else "fix"
                if state == "fixing"
                else "send_back"
            )
            paint = theme.good if state == "accepted" else theme.text_2
            drawing.text(12, y, ICONS[icon], ICON, paint)
            title = check.title if check is not None else "Concern"
            text = f"{author}: {title.lower()} at frame {frame} {DONE_WORDS.get(state, state)}"
            drawing.text(36, y, text, SMALL, theme.text_2, max_width=self.width - 48)
            drawing.zone(Rect(8, y - 10, self.width - 16, 20), "", event.id, text)
            y += 20
            for line in wrapped(event.note, SMALL, self.width - 48, self.measure):
                if y > bottom:
                    return
                drawing.text(36, y, line, SMALL, theme.text)
                y += 20
            y += 4

    def _entry(self, drawing: Drawing) -> None:
        theme, session = self.session.theme, self.session
        rect = self._field_rect()
        typing = session.fields.active
        active = typing is not None and typing.name == "review.note"
        hot = self._hot is not None and self._hot.command == "review.send_back"
        line = theme.accent if active else theme.border if hot else theme.control
        drawing.box(rect, theme.field, outline=line, radius=3)
        if not active:
            drawing.text(
                rect.x + 8, rect.centre[1], "Send back with one line (X)", BODY, theme.text_3,
                max_width=rect.width - 16,
            )  # fmt: skip
            drawing.zone(rect, "review.send_back", "", "Say what is wrong; Enter sends it back (X)")
        elif self.height > 140:
            drawing.text(
                rect.x, rect.y - 10, "Enter sends it back, Esc does not", TINY, theme.text_3
            )


def _period_ns(session: Session) -> float:
    times_ns = session.log.frames.timestamps_ns
    return float(np.median(np.diff(times_ns))) if len(times_ns) > 1 else 1.0
