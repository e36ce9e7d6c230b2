"""The queue of a review and the bar of decisions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from av3d.present import words
from av3d.present.concerns import Concern
from av3d.present.drawing import (
    BODY,
    BODY_STRONG,
    ICON,
    NUMBER,
    NUMBER_STRONG,
    NUMBER_TINY,
    SMALL,
    SMALL_STRONG,
    TINY,
    Drawing,
    Measure,
    Rect,
)
from av3d.present.icons import ICONS
from av3d.present.panes.category_icon import draw_category
from av3d.present.panes.pane import (
    Button,
    Layer,
    Pane,
    draw_key,
    draw_message,
    lighter,
)
from av3d.present.review import DONE_WORDS, Review
from av3d.present.session import Session
from av3d.present.theme import HEADER, RADIUS, ROW, Colour, Theme

ROW_PX = 52
TOP_PX = HEADER + 60
"""Header, tally and heads of the columns."""
HIGH, MEDIUM = 80, 50
"""From these risks on, words and bars are red, or amber."""


def risk_colour(theme: Theme, risk: int) -> Colour:
    """Of a risk; the number says the same."""
    return theme.bad if risk >= HIGH else theme.warn if risk >= MEDIUM else theme.text_2


def value_words(concern: Concern) -> tuple[str, str]:
    """Value, and limit with its unit."""
    check = concern.kind
    value = words.number(concern.value, check.digits)
    limit = words.number(concern.limit, check.digits)
    return value, f"{limit} {check.unit}".strip()


def frames_words(session: Session, concern: Concern) -> str:
    """The frames beyond the limit: "frame 9-11"."""
    frames = session.log.frames
    first, last = frames.nearest(concern.start_ns), frames.nearest(concern.end_ns)
    return f"frame {first}" if first == last else f"frames {first}–{last}"


class ReviewPane(Pane):
    """A pane of the workspace Review."""

    workspace = "review"
    own_head = True

    def __init__(
        self,
        session: Session,
        measure: Measure,
        run: Callable[[str, str], None],
        review: Review,
    ) -> None:
        super().__init__(session, measure, run)
        self.review = review

    def _head(self, drawing: Drawing, icon: str, title: str, note: str = "") -> None:
        theme = self.session.theme
        drawing.box(Rect(0, 0, self.width, HEADER), theme.raised)
        drawing.text(8, HEADER / 2, ICONS[icon], ICON, theme.text)
        x = 32 + drawing.text(32, HEADER / 2, title, SMALL_STRONG, theme.text)
        room = self.width - 8 - x - 16
        if note and drawing.measure(note, SMALL) <= room:
            drawing.text(self.width - 8, HEADER / 2, note, SMALL, theme.text_2, anchor=1)


class QueuePane(ReviewPane):
    """Open concerns, the riskiest first; a click looks at one."""

    name = "queue"
    title = "Concerns"
    icon = "review"
    home = ("", "left")

    def __init__(
        self,
        session: Session,
        measure: Measure,
        run: Callable[[str, str], None],
        review: Review,
    ) -> None:
        super().__init__(session, measure, run, review)
        self._scroll = 0.0
        self._followed = ""

    @property
    def _room(self) -> float:
        return max(self.height - TOP_PX - ROW, 1.0)

    def _last(self) -> float:
        return max(len(self.review.open) * ROW_PX - self._room, 0.0)

    def update(self) -> None:
        """Keep the concern that is looked at in sight when it becomes another one."""
        review = self.review
        ids = [concern.id for concern in review.open]
        if review.current != self._followed and review.current in ids:
            self._followed = review.current
            top = ids.index(review.current) * ROW_PX
            self._scroll = min(max(self._scroll, top + ROW_PX - self._room), top)
        self._scroll = min(max(self._scroll, 0.0), self._last())

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        self._scroll = min(max(self._scroll - notches * ROW_PX, 0.0), self._last())

    def layers(self) -> Sequence[Layer]:
        review = self.review
        key = (
            review.version, id(self.session.labels.document), review.current, self._scroll,
            self._hot, review.looking, self.session.loading_tracks,
        )  # fmt: skip
        return (Layer("all", key, self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        session, theme, review = self.session, self.session.theme, self.review
        drawing.box(Rect(0, 0, self.width, self.height), theme.panel)
        rows = review.open
        first = int(self._scroll // ROW_PX)
        y = TOP_PX + first * ROW_PX - self._scroll
        for concern in rows[first:]:
            if y >= self.height - ROW:
                break
            self._row(drawing, concern, y)
            y += ROW_PX
        if not rows:
            body = Rect(0, TOP_PX, self.width, self.height - TOP_PX - ROW)
            draw_message(drawing, session, body, "review", self._why_empty())
        # Drawn last: rows that are half in sight lie below.
        drawing.box(Rect(0, 0, self.width, TOP_PX), theme.panel)
        self._head(drawing, "review", "Concerns", "riskiest first" if rows else "")
        self._tally(drawing)
        foot = Rect(0, self.height - ROW, self.width, ROW)
        drawing.box(foot, theme.panel)
        drawing.line((0, foot.y + 0.5), (self.width, foot.y + 0.5), theme.line)
        text = f"{len(rows):,} open"
        drawing.text(8, foot.centre[1], text, SMALL, theme.text_2)
        right = self.width - 8 - drawing.measure("next, previous", SMALL)
        drawing.text(right, foot.centre[1], "next, previous", SMALL, theme.text_2)
        for key in ("K", "J"):
            right -= 24
            draw_key(drawing, session, right, foot.centre[1], key)
        lasts = self._last()
        if lasts > 0:
            share = self._room / (len(rows) * ROW_PX)
            tall = max(share * self._room, 24)
            top = TOP_PX + (self._room - tall) * self._scroll / lasts
            drawing.box(Rect(self.width - 5, top, 4, tall), theme.control, radius=2)

    def _why_empty(self) -> str:
        session = self.session
        if session.loading_tracks:
            return "Reading the labels."
        if self.review.looking:
            return "Looking for concerns. They show as soon as all tracks have been looked at."
        if not session.tracks:
            return "No tracks yet. Make some in Annotate (Alt+1)."
        if self.review.tally().total:
            return "Every concern is decided. Ctrl+Z takes the last decision back."
        return f"No concerns. {words.plural(len(session.tracks), 'track')} looked at."

    def _tally(self, drawing: Drawing) -> None:
        theme = self.session.theme
        tally = self.review.tally()
        y = HEADER + 14
        text = f"{tally.reviewed} of {tally.total} reviewed"
        x = 8 + drawing.text(8, y, text, BODY_STRONG, theme.text)
        parts = [
            (tally.accepted, "accepted", theme.good),
            (tally.fixed, "fixed", theme.accent),
            (tally.sent_back, "sent back or being fixed", theme.bad),
        ]
        details = ", ".join(f"{count} {what}" for count, what, _ in parts if count)
        if drawing.measure(details, SMALL) < self.width - x - 24:
            drawing.text(self.width - 8, y, details, SMALL, theme.text_2, anchor=1)
        bar = Rect(8, HEADER + 27, self.width - 16, 6)
        drawing.box(bar, theme.control, radius=2)
        x = bar.x
        for count, _, paint in parts:
            width = bar.width * count / max(tally.total, 1)
            if count:
                drawing.box(Rect(x, bar.y, max(width, 2), bar.height), paint)
            x += width
        drawing.zone(
            Rect(0, HEADER, self.width, 36), "", "tally", details or "Nothing is decided yet"
        )
        y = TOP_PX - 11
        drawing.line((0, TOP_PX - 22.5), (self.width, TOP_PX - 22.5), theme.line)
        drawing.text(8, y, "Risk", TINY, theme.text_3)
        drawing.text(54, y, "Check and track", TINY, theme.text_3)
        drawing.text(self.width - 10, y, "Value, limit", TINY, theme.text_3, anchor=1)
        drawing.line((0, TOP_PX - 0.5), (self.width, TOP_PX - 0.5), theme.line)

    def _row(self, drawing: Drawing, concern: Concern, y: float) -> None:
        theme = self.session.theme
        rect = Rect(0, y, self.width, ROW_PX)
        chosen = concern.id == self.review.current
        hot = self._hot is not None and self._hot.argument == concern.id
        if chosen or hot:
            drawing.box(rect, theme.selected if chosen else theme.hover)
        if chosen:
            drawing.box(Rect(0, y, 3, ROW_PX), theme.accent)
        quiet = theme.text_2
        paint = risk_colour(theme, concern.risk)
        drawing.text(10, y + 18, str(concern.risk), NUMBER_STRONG, paint)
        drawing.box(Rect(10, y + 32, 30, 3), theme.control, radius=1)
        drawing.box(Rect(10, y + 32, 30 * concern.risk / 100, 3), paint, radius=1)
        value, limit = value_words(concern)
        right = self.width - 12
        value_x = right - drawing.text(right, y + 17, value, NUMBER, theme.text, anchor=1)
        limit_x = right - drawing.text(right, y + 36, limit, NUMBER_TINY, quiet, anchor=1)
        drawing.text(
            54, y + 17, concern.kind.title, BODY_STRONG, theme.text, max_width=value_x - 62
        )
        draw_category(drawing, theme, 54, y + 36, concern.category)
        x = 76 + drawing.text(
            76, y + 36, concern.track, SMALL, theme.text, max_width=max(limit_x - 84, 20)
        )
        frames = frames_words(self.session, concern)
        if x + 8 + drawing.measure(frames, SMALL) < limit_x - 6:
            drawing.text(x + 8, y + 36, frames, SMALL, quiet)
        drawing.line((0, y + ROW_PX - 0.5), (self.width, y + ROW_PX - 0.5), theme.line)
        tip = f"{concern.kind.title} of {concern.track}, {frames}: {value}, limit {limit}"
        drawing.zone(rect, "review.show", concern.id, tip)


class DecisionPane(ReviewPane):
    """What is looked at, and the buttons that decide."""

    name = "decision"
    title = "Decision"
    icon = "check"
    home = ("main", "bottom")

    def layers(self) -> Sequence[Layer]:
        review = self.review
        key = (
            review.version, id(self.session.labels.document), review.current, self._hot,
            self.session.frame,
        )  # fmt: skip
        return (Layer("all", key, self._draw),)

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        return super().press(x, y, button, clicks)

    def _draw(self, drawing: Drawing) -> None:
        theme, review = self.session.theme, self.review
        drawing.box(Rect(0, 0, self.width, self.height), theme.raised)
        middle = self.height / 2
        concern = review.concern
        right = self.width - 12.0
        right = self._button(drawing, right, "review.skip", "", "Skip", "Tab", None) - 8
        for command, icon, label, key, fill in (
            ("review.send_back", "send_back", "Send back", "X", theme.bad),
            ("review.fix", "fix", "Fix", "F", theme.accent),
            ("review.accept", "check", "Accept", "A", theme.good),
        ):
            right = self._button(drawing, right, command, icon, label, key, fill) - 8
        room = right - 20
        if concern is None:
            text = "Choose a concern on the left." if review.open else "Nothing to decide."
            drawing.text(12, middle, text, BODY, theme.text_2, max_width=room)
            return
        frame = self.session.log.frames.nearest(concern.timestamp_ns)
        title = f"{concern.kind.title}, {concern.track}, frame {frame}"
        drawing.text(12, middle - 10, title, BODY_STRONG, theme.text, max_width=room)
        if drawing.measure(title, BODY_STRONG) > room:
            drawing.zone(Rect(8, 4, room, self.height - 8), "", "title", title)
        event = review.decision(concern)
        if event is not None:
            state = DONE_WORDS.get(review.state(concern), "decided")
            text = f"{state.capitalize()} by {event.attributes.get('author', '')}."
        else:
            number = [one.id for one in review.open].index(concern.id) + 1
            text = f"Concern {number} of {len(review.open)} open."
        drawing.text(12, middle + 10, text, SMALL, theme.text_2, max_width=room)

    def _button(
        self,
        drawing: Drawing,
        right: float,
        command: str,
        icon: str,
        label: str,
        key: str,
        fill: Colour | None,
    ) -> float:
        """A button of 36 px whose right edge is at `right`; returns its left edge."""
        theme = self.session.theme
        wide = round(
            24 + (22 if icon else 0) + drawing.measure(label, BODY_STRONG)
            + max(drawing.measure(key, NUMBER_TINY) + 9, 18) + 10
        )  # fmt: skip
        rect = Rect(right - wide, (self.height - 36) / 2, wide, 36)
        hot = self._hot is not None and self._hot.command == command
        able = self.review.concern is not None or command == "review.skip"
        ground = fill if fill is not None and able else theme.control
        drawing.box(rect, lighter(ground) if hot and able else ground, radius=RADIUS)
        if not able:
            ink = theme.text_3
        elif fill is None:
            ink = theme.text
        else:
            ink = {theme.good: theme.on_good, theme.bad: theme.on_bad}.get(fill, theme.on_accent)
        x, middle = rect.x + 12, rect.centre[1]
        if icon:
            drawing.text(x, middle, ICONS[icon], ICON, ink)
            x += 22
        x += drawing.text(x, middle, label, BODY_STRONG, ink) + 10
        draw_key(drawing, self.session, x, middle, key, on=fill is not None and able, ink=ink)
        tips = {
            "review.accept": f"It is right as it is ({key})",
            "review.fix": f"Open Annotate at this frame ({key})",
            "review.send_back": f"Somebody else shall mend it; say what, in one line ({key})",
            "review.skip": f"Look at the next one and decide later ({key})",
        }
        drawing.zone(rect, command, "", tips[command])
        return rect.x
