"""The time line of a review: one track, its findings, decisions and issues."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from av3d.present.drawing import (
    ICON,
    NUMBER_TINY,
    SMALL,
    SMALL_STRONG,
    Drawing,
    Measure,
    Polygon,
    Rect,
    key_shape,
)
from av3d.present.finding_words import frames_words, measured_words
from av3d.present.icons import ICONS
from av3d.present.panes.category_icon import draw_category
from av3d.present.panes.pane import Button, Layer, draw_message
from av3d.present.panes.review import VERDICT_ICONS, ReviewPane, verdict_colour
from av3d.present.review import DONE_WORDS, Review
from av3d.present.review_sources import Source
from av3d.present.session import Session
from av3d.present.theme import (
    LIGHT,
    colour,
    faded,
    provenance_colour,
)
from av3d.render.palette import PROVENANCE_STYLES, category_style

LABELS_PX = 140
RIGHT_PX = 32
"""Room right of the last frame, for the mark of a finding that ends there."""
RULER_PX = 24
TICK_ROOM_PX = 44
"""Numbers on an axis are at least this far apart."""


def tick_step(count: float, room_px: float, least: float = 1.0) -> float:
    """A round step (1, 2 or 5 times a power of ten) with room for its numbers."""
    step = least
    for factor in (2, 2.5, 2) * 12:
        if count / step * TICK_ROOM_PX <= max(room_px, 1.0):
            break
        step *= factor
    return step


class ReviewTimeline(ReviewPane):
    """One lane: presence and keyframes of the track, and below it its findings."""

    name = "review_timeline"
    title = "Track over time"
    icon = "timeline"
    home = ("decision", "bottom")

    def __init__(
        self,
        session: Session,
        measure: Measure,
        run: Callable[[str, str], None],
        review: Review,
    ) -> None:
        super().__init__(session, measure, run, review)
        self._scrubbing = False

    def layers(self) -> Sequence[Layer]:
        session, review = self.session, self.review
        key = (session.supply.revision, session.selected, review.version, review.current, self._hot)
        documents = id(session.labels.document)
        return (
            Layer("lanes", (key, documents), self._draw),
            Layer("playhead", session.frame, self._playhead),
        )

    def x_of(self, timestamp_ns: float) -> float:
        """Where a time is."""
        log = self.session.log
        span_ns = max(log.end_ns - log.start_ns, 1)
        room = self.width - LABELS_PX - 10 - RIGHT_PX
        return LABELS_PX + 10 + room * (timestamp_ns - log.start_ns) / span_ns

    def _time_at(self, x: float) -> int:
        log = self.session.log
        room = max(self.width - LABELS_PX - 10 - RIGHT_PX, 1)
        share = min(max((x - LABELS_PX - 10) / room, 0.0), 1.0)
        return round(log.start_ns + share * (log.end_ns - log.start_ns))

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        if button is not Button.LEFT or x < LABELS_PX:
            return super().press(x, y, button, clicks)
        zone = self.zone_at(x, y)
        if zone is not None and zone.command:
            self.run(zone.command, zone.argument)
            return False
        self._scrubbing = True
        self.session.go_to_time(self._time_at(x))
        return True

    def drag(self, x: float, y: float, dx: float, dy: float) -> None:
        if self._scrubbing:
            self.session.go_to_time(self._time_at(x))

    def release(self, x: float, y: float) -> None:
        self._scrubbing = False

    def _draw(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        drawing.box(Rect(0, 0, self.width, self.height), theme.panel)
        drawing.box(Rect(LABELS_PX, 0, self.width - LABELS_PX, RULER_PX), theme.bar)
        frames = session.log.frames
        last = session.frames - 1
        step = max(int(tick_step(session.frames, self.width - LABELS_PX - 10 - RIGHT_PX)), 1)
        for frame in sorted({*range(0, last + 1, step), last}):
            x = self.x_of(frames[frame].timestamp_ns)
            if frame != last and self.x_of(frames[last].timestamp_ns) - x < TICK_ROOM_PX / 2:
                continue
            drawing.line((x, RULER_PX - 5), (x, RULER_PX), theme.text_3)
            drawing.text(x, RULER_PX / 2 - 2, str(frame), NUMBER_TINY, theme.text_2, anchor=0.5)
        lane_px = (self.height - RULER_PX) / 2
        drawing.line((LABELS_PX - 0.5, 0), (LABELS_PX - 0.5, self.height), theme.line)
        track = session.selected_track
        if track is None:
            body = Rect(LABELS_PX, RULER_PX, self.width - LABELS_PX, self.height - RULER_PX)
            text = "Choose a finding to see its track."
            if self.review.finding is not None:
                text = "What was found has no track yet. Fix (F) makes one in Annotate."
                if self.review.sources.source is Source.DIFFERENCES:
                    text = "Only the other labels have it. Take theirs (T) adds it."
            draw_message(drawing, session, body, "timeline", text)
            return
        middle = RULER_PX + lane_px / 2
        review_source = self.review.sources.source
        style = category_style(track.category)
        draw_category(drawing, theme, 12, middle, track.category)
        drawing.text(34, middle, track.name, SMALL_STRONG, theme.text, max_width=LABELS_PX - 40)
        here = (
            f"{review_source.heading} here" if len(review_source.heading) < 12 else "Findings here"
        )
        drawing.text(12, middle + lane_px, here, SMALL, theme.text_2, max_width=LABELS_PX - 20)
        for span in track.presence:
            x0, x1 = self.x_of(span.start_ns), self.x_of(span.end_ns)
            bar = Rect(x0, middle - 6, max(x1 - x0, 2), 12)
            drawing.box(bar, faded(colour(style.colour), 0.32))
            drawing.dashed([(x0, middle), (x1, middle)], (7, 4), theme.text_2, 1.5)
        drawn = -math.inf
        for keyframe in track.keyframes:
            x = self.x_of(keyframe.timestamp_ns)
            if x - drawn < 9:
                continue
            drawn = x
            shape = PROVENANCE_STYLES[keyframe.provenance.value].shape
            paint = provenance_colour(theme, keyframe.provenance.value)
            drawing.add(Polygon(key_shape(shape, (x, middle), 5), paint, theme.bar))
        self._findings(drawing, middle + lane_px)
        self._issues(drawing, middle)

    def _findings(self, drawing: Drawing, middle: float) -> None:
        theme, review = self.session.theme, self.review
        findings = review.of_track(self.session.selected or "")
        # The one that is looked at lies above the others.
        for finding in sorted(findings, key=lambda one: one.id == review.current):
            x0, x1 = self.x_of(finding.start_ns), self.x_of(finding.end_ns)
            chosen = finding.id == review.current
            verdict = review.state(finding)
            paint = theme.bad if verdict is None else verdict_colour(theme, verdict)
            bar = Rect(x0 - 2, middle - 5, max(x1 - x0, 0) + 4, 10)
            drawing.box(bar, faded(paint, 1.0 if chosen else 0.45), radius=2)
            icon = "flag" if verdict is None else VERDICT_ICONS[verdict]
            drawing.text(bar.right + 5, middle, ICONS[icon], ICON, paint)
            state = f", {DONE_WORDS[verdict]}" if verdict is not None else ""
            tip = f"{measured_words(finding)}, {frames_words(self.session.log, finding)}{state}"
            drawing.zone(
                Rect(bar.x - 3, middle - 12, bar.width + 28, 24), "review.show", finding.id, tip
            )

    def _issues(self, drawing: Drawing, middle: float) -> None:
        """Where issues of the track are pinned."""
        theme = self.session.theme
        for issue in self.review.record.issues:
            if self.session.selected not in issue.track_ids:
                continue
            x = self.x_of(issue.timestamp_ns)
            paint = theme.warn if issue.is_open else theme.good
            icon = ICONS["issue" if issue.is_open else "check_circle"]
            drawing.text(x, middle - 15, icon, ICON, paint, anchor=0.5)
            tip = f"{issue.name}, {issue.state.words}: {issue.title}"
            drawing.zone(Rect(x - 10, middle - 24, 20, 18), "issue.show", issue.id, tip)

    def _playhead(self, drawing: Drawing) -> None:
        x = self.x_of(self.session.timestamp_ns)
        text = str(self.session.frame)
        ink, paper = colour("#15181C"), colour("#FFFFFF")
        if self.session.theme is LIGHT:
            ink, paper = paper, ink
        drawing.line((x, RULER_PX - 2), (x, self.height), paper, 1.5)
        width = max(drawing.measure(text, NUMBER_TINY) + 12, 24)
        drawing.box(Rect(x - width / 2, 1, width, 18), paper, radius=3)
        drawing.text(x, 10, text, NUMBER_TINY, ink, anchor=0.5)
