"""The queue of a review: findings, tracks of a plan or differences, and how far the review is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from av3d.present import words
from av3d.present.choices import Choice
from av3d.present.drawing import (
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
    Zone,
)
from av3d.present.finding_words import SEVERITY_WORDS, frames_words, kind_of, sentence, value_words
from av3d.present.icons import ICONS
from av3d.present.panes.category_icon import draw_category
from av3d.present.panes.pane import Button, Layer, Pane, draw_button, draw_key, draw_message
from av3d.present.review import DONE_WORDS, ORDERS, SHOWN, Review
from av3d.present.review_sources import Source
from av3d.present.session import Session
from av3d.present.theme import HEADER, ROW, Colour, Theme, colour
from av3d.qa.finding import Finding, Severity
from av3d.tracks.decision import Verdict

ROW_PX = 52
TOP_PX = HEADER + 60
"""Header, tally and heads of the columns."""
HIGH, MEDIUM = 80, 50
"""From these risks on, words and bars are red, or amber."""
VERDICT_ICONS = {
    Verdict.ACCEPTED: "check_circle",
    Verdict.APPROVED: "check_circle",
    Verdict.FIXING: "fix",
    Verdict.SENT_BACK: "send_back",
}


def risk_colour(theme: Theme, risk: int) -> Colour:
    """Of a risk; the number says the same."""
    return theme.bad if risk >= HIGH else theme.warn if risk >= MEDIUM else theme.text_2


def bad_on_selected(theme: Theme) -> Colour:
    """Red that can be read on a selected row."""
    return colour("#FF8080") if theme.name == "dark" else theme.bad


def verdict_colour(theme: Theme, verdict: Verdict) -> Colour:
    """Of a decision; the icon says the same."""
    if verdict in (Verdict.ACCEPTED, Verdict.APPROVED):
        return theme.good
    return theme.bad if verdict is Verdict.SENT_BACK else theme.accent_text


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

    def _head(self, drawing: Drawing, icon: str, title: str, note: str = "") -> float:
        """Icon, title and a note at the right; returns the right edge of the title."""
        theme = self.session.theme
        drawing.box(Rect(0, 0, self.width, HEADER), theme.raised)
        drawing.text(8, HEADER / 2, ICONS[icon], ICON, theme.text)
        x = 32 + drawing.text(32, HEADER / 2, title, SMALL_STRONG, theme.text)
        room = self.width - 8 - x - 16
        if note and drawing.measure(note, SMALL) <= room:
            drawing.text(self.width - 8, HEADER / 2, note, SMALL, theme.text_2, anchor=1)
        return x

    def _is_hot(self, command: str, argument: str = "") -> bool:
        hot = self._hot
        return hot is not None and (hot.command, hot.argument) == (command, argument)


class QueuePane(ReviewPane):
    """What waits for a decision, the riskiest first; a click looks at one."""

    name = "queue"
    title = "Findings"
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
        self._grip: float | None = None

    @property
    def _room(self) -> float:
        return max(self.height - TOP_PX - ROW, 1.0)

    def _last(self) -> float:
        return max(len(self.review.rows) * ROW_PX - self._room, 0.0)

    def update(self) -> None:
        """Keep the row that is looked at in sight when it becomes another one."""
        review = self.review
        if review.current != self._followed:
            ids = [one.id for one in review.rows]
            if review.current in ids:
                self._followed = review.current
                top = ids.index(review.current) * ROW_PX
                self._scroll = min(max(self._scroll, top + ROW_PX - self._room), top)
        self._scroll = min(max(self._scroll, 0.0), self._last())

    def layers(self) -> Sequence[Layer]:
        review, inspecting = self.review, self.review.inspecting
        key = (
            review.version, review.current, self._scroll, self._hot, review.order, review.shown,
            review.severities, inspecting.looking, inspecting.stopped, inspecting.idle,
            self.session.loading_tracks, id(self.session.tracks),
        )  # fmt: skip
        return (Layer("all", key, self._draw),)

    # Pointer

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        self._scroll = min(max(self._scroll - notches * ROW_PX, 0.0), self._last())

    def zone_at(self, x: float, y: float) -> Zone | None:
        zone = super().zone_at(x, y)
        if zone is not None and zone.command == "review.show":
            return zone if TOP_PX <= y < self.height - ROW else None
        return zone

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        if x >= self.width - 8 and TOP_PX <= y < self.height - ROW and self._last() > 0:
            self._grip = y - self._scroll_bar().y
            return True
        zone = self.zone_at(x, y)
        if zone is not None and button is Button.LEFT and not zone.argument:
            offers = {
                "review.source": self._offer_sources,
                "review.order": self._offer_orders,
                "review.filter": self._offer_filters,
            }
            if zone.command in offers:
                offers[zone.command](zone.rect)
                return False
        return super().press(x, y, button, clicks)

    def drag(self, x: float, y: float, dx: float, dy: float) -> None:
        if self._grip is not None:
            free = max(self._room - self._scroll_bar().height, 1)
            share = (y - self._grip - TOP_PX) / free
            self._scroll = min(max(share, 0.0), 1.0) * self._last()

    def release(self, x: float, y: float) -> None:
        self._grip = None

    def _scroll_bar(self) -> Rect:
        share = self._room / max(len(self.review.rows) * ROW_PX, 1)
        tall = max(share * self._room, 24)
        top = TOP_PX + (self._room - tall) * self._scroll / max(self._last(), 1)
        return Rect(self.width - 5, top, 4, tall)

    def _offer(self, anchor: Rect, items: list[Choice]) -> None:
        self.session.choices.open(self.name, anchor, tuple(items))

    def _run(self, command: str, argument: str) -> Callable[[], None]:
        return lambda: self.run(command, argument)

    def _offer_sources(self, anchor: Rect) -> None:
        sources = self.review.sources
        items = []
        for source in Source:
            able = sources.has(source)
            items.append(
                Choice(source.heading, self._run("review.source", source.value), enabled=able,
                       on=sources.source is source)
            )  # fmt: skip
        self._offer(anchor, items)

    def _offer_orders(self, anchor: Rect) -> None:
        self._offer(
            anchor,
            [
                Choice(
                    f"By {what}", self._run("review.order", order), on=order == self.review.order
                )
                for order, what in ORDERS.items()
            ],
        )

    def _offer_filters(self, anchor: Rect) -> None:
        review = self.review
        items = [
            Choice(f"Show {what}", self._run("review.filter", shown), on=shown == review.shown)
            for shown, what in SHOWN.items()
        ]
        for severity in Severity:
            title = f"{severity.value.capitalize()}s"
            items.append(
                Choice(title, self._run("review.filter", severity.value),
                       on=severity in review.severities, separated=severity is Severity.ERROR)
            )  # fmt: skip
        self._offer(anchor, items)

    # Drawing

    def _draw(self, drawing: Drawing) -> None:
        session, theme, review = self.session, self.session.theme, self.review
        drawing.box(Rect(0, 0, self.width, self.height), theme.panel)
        rows = review.rows
        first = int(self._scroll // ROW_PX)
        y = TOP_PX + first * ROW_PX - self._scroll
        for finding in rows[first:]:
            if y >= self.height - ROW:
                break
            self._row(drawing, finding, y)
            y += ROW_PX
        if not rows:
            body = Rect(0, TOP_PX, self.width, self.height - TOP_PX - ROW)
            icon = "check_circle" if self._is_clean() else "review"
            draw_message(drawing, session, body, icon, self._why_empty())
        # Drawn last: rows that are half in sight lie below.
        drawing.box(Rect(0, 0, self.width, TOP_PX), theme.panel)
        self._title(drawing)
        self._tally(drawing)
        self._foot(drawing)
        if self._last() > 0:
            drawing.box(self._scroll_bar(), theme.control, radius=2)

    def _title(self, drawing: Drawing) -> None:
        session, theme, review = self.session, self.session.theme, self.review
        drawing.box(Rect(0, 0, self.width, HEADER), theme.raised)
        drawing.text(8, HEADER / 2, ICONS["review"], ICON, theme.text)
        title = review.sources.source.heading
        several = any(review.sources.has(one) for one in Source if one is not Source.CHECKS)
        x = 32 + drawing.text(32, HEADER / 2, title, SMALL_STRONG, theme.text)
        if several:
            drawing.text(x + 4, HEADER / 2, ICONS["chevron_down"], ICON, theme.text_2)
            tip = "Go through findings, tracks of the review plan, or differences to other labels"
            drawing.zone(Rect(4, 2, x + 20, HEADER - 4), "review.source", "", tip)
        left = draw_button(
            drawing, session, self.width - 4, HEADER / 2, "review.filter", icon="filter",
            plain=not review.filtered, on=review.filtered, hot=self._is_hot("review.filter"),
            tip=f"Shows {SHOWN[review.shown]}; click to filter",
        )  # fmt: skip
        draw_button(
            drawing, session, left - 4, HEADER / 2, "review.order", icon="sort",
            label=review.order.capitalize(), plain=True, hot=self._is_hot("review.order"),
            tip=f"Ordered by {ORDERS[review.order]}; click for another order",
        )  # fmt: skip

    def _foot(self, drawing: Drawing) -> None:
        session, theme, review = self.session, self.session.theme, self.review
        foot = Rect(0, self.height - ROW, self.width, ROW)
        drawing.box(foot, theme.panel)
        drawing.line((0, foot.y + 0.5), (self.width, foot.y + 0.5), theme.line)
        count = len(review.open)
        text = f"{words.count(count)} open"
        right = self.width - 8 - drawing.measure("next, previous", SMALL)
        if count:
            minutes = review.left_s / 60
            left = f"{max(round(minutes), 1)} min" if minutes < 90 else f"{minutes / 60:.0f} h"
            longer = f"{text}, about {left} left"
            if drawing.measure(longer, SMALL) <= right - 66:
                text = longer
        drawing.text(8, foot.centre[1], text, SMALL, theme.text_2, max_width=right - 66)
        drawing.text(right, foot.centre[1], "next, previous", SMALL, theme.text_2)
        for key in ("K", "J"):
            right -= 24
            draw_key(drawing, session, right, foot.centre[1], key)

    def _is_clean(self) -> bool:
        inspecting = self.review.inspecting
        return inspecting.complete and not self.review.findings

    def _why_empty(self) -> str:
        session, review = self.session, self.review
        inspecting, source = review.inspecting, review.sources.source
        if session.loading_tracks:
            return "Reading the labels."
        if not session.tracks:
            return "No tracks yet. Make some in Annotate (Alt+1)."
        if review.filtered and review.findings:
            return "Nothing of what the filter lets through. Choose another filter."
        if review.findings:
            return f"Every {source.one} is decided. Ctrl+Z takes the last decision back."
        if source is Source.PLAN:
            return "The plan asks for no track. Choose QA, then Review plan."
        if source is Source.DIFFERENCES:
            return "No differences. The labels agree."
        if inspecting.looking:
            return "Checking the tracks. Findings show as soon as all have been looked at."
        if inspecting.stopped:
            return "The checks were stopped. Check again (F7) begins anew."
        return f"All checks pass. {words.plural(len(session.tracks), 'track')} checked."

    def _tally(self, drawing: Drawing) -> None:
        theme, review = self.session.theme, self.review
        tally = review.tally()
        progress = review.record.progress(review.inspecting)
        y = HEADER + 14
        parts = [
            (tally.accepted, "accepted", theme.good),
            (tally.fixed, "fixed", theme.accent),
            (tally.fixing, "being fixed", theme.warn),
            (tally.sent_back, "sent back", theme.bad),
        ]
        details = ", ".join(f"{count} {what}" for count, what, _ in parts if count)
        text = f"{tally.reviewed} of {tally.total} reviewed"
        tip = details or "Nothing is decided yet"
        if progress is not None:
            seen = progress.all
            text = f"{seen.seen} of {seen.chosen} tracks reviewed"
            tip = (
                f"Plan {progress.plan.name}: {progress.plan.words}. {seen.seen} of {seen.chosen} "
                f"tracks are decided on as they are now. Findings: {tip.lower()}"
            )
        x = 8 + drawing.text(8, y, text, BODY_STRONG, theme.text)
        # Where there is no room they are shorter; a part of them would not add up.
        brief = details.replace("being fixed", "fixing").replace("sent back", "back")
        for wording in (details, brief):
            if drawing.measure(wording, TINY) < self.width - x - 16:
                drawing.text(self.width - 8, y, wording, TINY, theme.text_2, anchor=1)
                break
        bar = Rect(8, HEADER + 27, self.width - 16, 6)
        drawing.box(bar, theme.control, radius=2)
        if progress is not None:
            share = progress.all.fraction
            drawing.box(Rect(bar.x, bar.y, bar.width * share, bar.height), theme.good)
        else:
            x = bar.x
            for count, _, paint in parts:
                width = bar.width * count / max(tally.total, 1)
                if count:
                    drawing.box(Rect(x, bar.y, max(width, 2), bar.height), paint)
                x += width
        drawing.zone(Rect(0, HEADER, self.width, 36), "", "tally", tip)
        y = TOP_PX - 11
        drawing.line((0, TOP_PX - 22.5), (self.width, TOP_PX - 22.5), theme.line)
        drawing.text(8, y, "Risk", TINY, theme.text_3)
        drawing.text(54, y, "Check and track", TINY, theme.text_3)
        drawing.text(self.width - 10, y, "Value, limit", TINY, theme.text_3, anchor=1)
        drawing.line((0, TOP_PX - 0.5), (self.width, TOP_PX - 0.5), theme.line)

    def _row(self, drawing: Drawing, finding: Finding, y: float) -> None:
        session, theme, review = self.session, self.session.theme, self.review
        kind = kind_of(finding.check)
        rect = Rect(0, y, self.width, ROW_PX)
        chosen = finding.id == review.current
        if chosen or self._is_hot("review.show", finding.id):
            drawing.box(rect, theme.selected if chosen else theme.hover)
        if chosen:
            drawing.box(Rect(0, y, 3, ROW_PX), theme.accent)
        quiet = theme.text_2
        paint = risk_colour(theme, finding.risk)
        if chosen and paint == theme.bad:
            paint = bad_on_selected(theme)
        drawing.text(10, y + 18, str(finding.risk), NUMBER_STRONG, paint)
        drawing.box(Rect(10, y + 32, 30, 3), theme.control, radius=1)
        drawing.box(Rect(10, y + 32, 30 * finding.risk / 100, 3), paint, radius=1)
        value, limit = value_words(finding)
        right = self.width - 12
        verdict = review.state(finding)
        if verdict is not None:
            icon = ICONS[VERDICT_ICONS[verdict]]
            drawing.text(right, y + 17, icon, ICON, verdict_colour(theme, verdict), anchor=1)
            right -= 22
        value_x = right - drawing.text(right, y + 17, value, NUMBER, theme.text, anchor=1)
        right = self.width - 12
        limit_x = right - drawing.text(right, y + 36, limit, NUMBER_TINY, quiet, anchor=1)
        drawing.text(54, y + 17, kind.title, BODY_STRONG, theme.text, max_width=value_x - 62)
        if finding.track_ids or finding.category:
            draw_category(drawing, theme, 54, y + 36, finding.category)
        else:
            drawing.text(54, y + 36, ICONS["proposal"], ICON, quiet)
        names = review.names(finding)
        x = 76 + drawing.text(76, y + 36, names, SMALL, theme.text, max_width=max(limit_x - 84, 20))
        frames = frames_words(session.log, finding)
        if x + 8 + drawing.measure(frames, SMALL) < limit_x - 6:
            drawing.text(x + 8, y + 36, frames, SMALL, quiet)
        drawing.line((0, y + ROW_PX - 0.5), (self.width, y + ROW_PX - 0.5), theme.line)
        done = f" {DONE_WORDS[verdict].capitalize()}." if verdict is not None else ""
        tip = (
            f"{names}, {frames}: {sentence(finding.what)}{done} "
            f"{SEVERITY_WORDS[finding.severity].capitalize()}."
        )
        drawing.zone(rect, "review.show", finding.id, tip)
