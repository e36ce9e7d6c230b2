"""What a check measures of the selected track, over all frames."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from av3d.present import words
from av3d.present.choices import Choice
from av3d.present.drawing import (
    ICON,
    NUMBER_TINY,
    SMALL,
    Circle,
    Drawing,
    Polyline,
    Rect,
)
from av3d.present.finding_words import Kind, kind_of
from av3d.present.icons import ICONS
from av3d.present.panes.pane import Button, Layer, draw_button, draw_message
from av3d.present.panes.review import ReviewPane
from av3d.present.panes.review_timeline import TICK_ROOM_PX, tick_step
from av3d.present.session import Session
from av3d.present.theme import (
    HEADER,
    Colour,
    faded,
)
from av3d.qa.check import Measure

LINE_OF_NUMBERS_PX = 14
"""Numbers at the axis that are closer would run into each other."""


class MeasurePane(ReviewPane):
    """One measure of the track over all frames, with its limit."""

    name = "measure"
    title = "Measure over time"
    icon = "chart"
    home = ("note", "top")

    def shown_kind(self) -> Kind:
        """The check whose measure shows: the chosen one, else that of the finding."""
        return kind_of(self.review.chart_check)

    def _values(self) -> Measure | None:
        selected = self.session.selected
        found = None if selected is None else self.review.measure(selected)
        return found if found is not None and np.isfinite(found.values).any() else None

    def layers(self) -> Sequence[Layer]:
        session, review = self.session, self.review
        key = (
            session.selected, session.frame, review.version, review.chart_check, review.current,
            self._hot, id(session.selected_track),
        )  # fmt: skip
        return (Layer("all", key, self._draw),)

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        zone = self.zone_at(x, y)
        if zone is not None and zone.command == "review.measure" and not zone.argument:
            self._choose(zone.rect)
            return False
        if zone is None and button is Button.LEFT and y > HEADER:
            if self._values() is not None:
                plot = self._plot()
                log = self.session.log
                share = min(max((x - plot.x) / max(plot.width, 1), 0), 1)
                self.session.go_to_time(round(log.start_ns + share * (log.end_ns - log.start_ns)))
            return False
        return super().press(x, y, button, clicks)

    def _choose(self, anchor: Rect) -> None:
        shown, selected = self.review.chart_check, self.session.selected or ""
        measured = self.review.inspecting.measurable(selected)

        def show(name: str) -> Callable[[], None]:
            return lambda: self.run("review.measure", name)

        items = tuple(
            Choice(check.title, show(check.id), on=check.id == shown)
            for check in sorted(measured, key=lambda check: check.title)
        )
        self.session.choices.open(self.name, anchor, items)

    def _plot(self) -> Rect:
        return Rect(46, HEADER + 16, max(self.width - 66, 10), max(self.height - HEADER - 46, 10))

    def _draw(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        drawing.box(Rect(0, 0, self.width, self.height), theme.panel)
        drawing.box(Rect(0, 0, self.width, HEADER), theme.raised)
        kind, measure = self.shown_kind(), self._values()
        body = Rect(0, HEADER, self.width, self.height - HEADER)
        if session.selected_track is None:
            self._head(drawing, "chart", "Measure over time")
            draw_message(
                drawing, session, body, "chart", "Choose a finding to see its values over time."
            )
            return
        label = f"{kind.title}, {kind.unit}" if kind.unit else kind.title
        drawing.text(8, HEADER / 2, ICONS["chart"], ICON, theme.text)
        hot = self._hot is not None and self._hot.command == "review.measure"
        end = 32 + drawing.measure(label, SMALL) + 16 + 22
        draw_button(
            drawing, session, end, HEADER / 2, "review.measure", label=label, icon="chevron_down",
            hot=hot, plain=True, tip=kind.sentence or "Show another measure",
        )  # fmt: skip
        text = self._speed_words()
        if text and end + 16 + drawing.measure(text, SMALL) < self.width:
            drawing.text(self.width - 8, HEADER / 2, text, SMALL, theme.text_2, anchor=1)
        if measure is None:
            draw_message(drawing, session, body, "chart", self._why_empty(kind))
            return
        self._chart(drawing, kind, measure)

    def _speed_words(self) -> str:
        """How fast the track is at this frame, beside another measure."""
        session = self.session
        box = session.selected_box()
        if box is None or self.review.chart_check == "speed":
            return ""
        return f"speed {words.number(box.state.speed_m_s, 1)} m/s"

    def _why_empty(self, kind: Kind) -> str:
        if self.review.inspecting.looking:
            return "Being checked."
        return f"{kind.title} has no values over time for this track."

    def _chart(self, drawing: Drawing, kind: Kind, measure: Measure) -> None:
        session, theme = self.session, self.session.theme
        plot, values = self._plot(), measure.values
        limit = measure.limit if math.isfinite(measure.limit) else None
        top = max(float(np.nanmax(values)), limit or 0.0) * 1.12
        low = min(float(np.nanmin(values)) * 1.12, limit or 0.0, 0.0)
        if top <= low:
            top = low + 1.0
        log = session.log
        span_ns = max(log.end_ns - log.start_ns, 1)

        def x_of(time_ns: float) -> float:
            return plot.x + plot.width * (time_ns - log.start_ns) / span_ns

        def y_of(value: float) -> float:
            return plot.bottom - plot.height * min((value - low) / (top - low), 1.0)

        least = 10.0 ** math.floor(math.log10(top - low) - 1)
        step = tick_step(top - low, plot.height * TICK_ROOM_PX / 26, least)
        ticks = range(math.ceil(low / step - 1e-9), int(top / step + 1e-9) + 1)
        digits = max(-math.floor(math.log10(step) + 1e-9), 0)
        digits += step < 1 and round(step * 10**digits, 6) % 1 > 0
        for number in ticks:
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
        times_ns = measure.times_ns
        gaps = np.diff(times_ns, prepend=times_ns[0]) > 1.5 * _period_ns(session)
        piece: list[tuple[float, float]] = []
        for row in np.flatnonzero(good).tolist():
            if piece and (gaps[row] or not good[row - 1]):
                self._line(drawing, piece)
                piece = []
            piece.append((x_of(int(times_ns[row])), y_of(float(values[row]))))
        self._line(drawing, piece)
        taken = math.inf
        if limit is not None:
            y = y_of(limit)
            drawing.dashed([(plot.x, y), (plot.right, y)], (6, 4), theme.bad, 1.2)
            text = f"limit {words.number(limit, kind.digits)}"
            wide = drawing.measure(text, NUMBER_TINY) + 6
            xs = np.array([x_of(int(time_ns)) for time_ns in times_ns])
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
                at_axis = words.number(limit, kind.digits)
                self._plated(drawing, plot.x - 8, y, at_axis, theme.bad, 1.0)
                taken = y
        for number in ticks:
            y = y_of(number * step)
            if abs(y - taken) >= LINE_OF_NUMBERS_PX:
                text = words.number(number * step, digits)
                drawing.text(plot.x - 8, y, text, NUMBER_TINY, theme.text_2, anchor=1)
        self._mark(drawing, kind, measure, x_of, y_of)

    def _line(self, drawing: Drawing, piece: list[tuple[float, float]]) -> None:
        if len(piece) > 1:
            drawing.add(Polyline(tuple(piece), self.session.theme.text, 1.6))
        elif piece:
            drawing.add(Circle(piece[0], 2.0, fill=self.session.theme.text))

    def _mark(
        self, drawing: Drawing, kind: Kind, measure: Measure,
        x_of: Callable[[float], float], y_of: Callable[[float], float],
    ) -> None:  # fmt: skip
        """The value that is looked at."""
        theme, values = self.session.theme, measure.values
        finding = self.review.finding
        row = int(np.nanargmax(values) if kind.above else np.nanargmin(values))
        if finding is not None and finding.check == kind.id:
            row = int(np.argmin(np.abs(measure.times_ns - finding.timestamp_ns)))
        value = float(values[row])
        if not math.isfinite(value):
            return
        beyond = value > measure.limit if kind.above else value < measure.limit
        paint = theme.bad if beyond else theme.text
        x, y = x_of(int(measure.times_ns[row])), y_of(value)
        drawing.add(Circle((x, y), 4.0, fill=paint))
        text = words.number(value, kind.digits)
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


def _period_ns(session: Session) -> float:
    times_ns = session.log.frames.timestamps_ns
    return float(np.median(np.diff(times_ns))) if len(times_ns) > 1 else 1.0
