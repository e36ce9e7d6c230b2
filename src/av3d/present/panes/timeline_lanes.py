"""A lane of the timeline: presence, keyframes, how sure the track is, what was remarked."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from av3d.present import words
from av3d.present.certainty import Level, TrackCertainty
from av3d.present.drawing import (
    BODY,
    BODY_STRONG,
    ICON,
    ICON_TINY,
    NUMBER_TINY,
    SMALL_STRONG,
    Drawing,
    Polygon,
    Polyline,
    Rect,
    key_shape,
)
from av3d.present.icons import ICONS
from av3d.present.lanes import LaneRow
from av3d.present.marks import Mark, MarkKind
from av3d.present.panes.category_icon import draw_category
from av3d.present.session import Session
from av3d.present.theme import LANE, Colour, Theme, colour, faded, provenance_colour
from av3d.present.time_axis import TimeAxis
from av3d.render import palette
from av3d.render.palette import category_style
from av3d.tracks.columns import PROVENANCES
from av3d.tracks.proposal import is_proposal, score_of
from av3d.tracks.track import Track

LABELS = 280
KEY_STEP = 7
"""Keys nearer to each other than this many pixels are drawn as one bar."""
KEY_RADIUS = 6.0
MIDDLE = 12.5
"""Of bar and keys, in pixels below the top of a lane."""
FOOT = LANE - 3.0
"""Where the heat stands."""
HEAT_PX = {Level.LOW: 2.0, Level.MEDIUM: 4.0, Level.HIGH: 7.0}
MARK_ICONS = {MarkKind.FINDING: "flag", MarkKind.ISSUE: "issue", MarkKind.ACCEPTED: "accepted"}
EYE = 28
"""Width of the button at the end of a name that hides the track."""


def labels_width(width: float) -> float:
    """Width of the names left of the lanes in a timeline of this width."""
    return float(min(LABELS, max(width * 0.22, 150)))


def heat_colour(theme: Theme, level: Level) -> Colour:
    """Colour of the heat at a lane's foot; the height says the same."""
    if level is Level.LOW:
        return colour("#5A6472" if theme.name == "dark" else "#A3ADB8")
    if level is Level.MEDIUM:
        return colour("#E0A020")
    return colour("#FF5C5C")


def mark_colour(theme: Theme, kind: MarkKind) -> Colour:
    """Colour of a remark; the icon says the same."""
    return {
        MarkKind.FINDING: theme.bad,
        MarkKind.ISSUE: theme.warn,
        MarkKind.ACCEPTED: theme.good,
    }[kind]


class LanePainter:
    """Draws the lanes of a timeline.

    Args:
        session: what is being looked at.
        axis: where times are.
        width: of the pane in pixels.
        period_ns: of the frames: keys of neighbouring frames have nothing interpolated between them.
    """

    def __init__(self, session: Session, axis: TimeAxis, width: float, period_ns: int) -> None:
        self._session = session
        self._theme = session.theme
        self._axis = axis
        self._width = width
        self._labels = labels_width(width)
        self._gap_ns = period_ns * 3 // 2

    def heading(self, drawing: Drawing, row: LaneRow, y: float) -> None:
        """The heading of a category, with how many tracks it has."""
        theme = self._theme
        drawing.box(Rect(0, y, self._width, LANE), theme.raised)
        drawing.line((0, y + LANE - 0.5), (self._width, y + LANE - 0.5), theme.control)
        middle = y + LANE / 2
        icon = ICONS["chevron_right" if row.folded else "chevron_down"]
        drawing.text(8, middle, icon, ICON, theme.text_2)
        draw_category(drawing, theme, 28, middle, row.category)
        name = row.category.replace("_", " ").capitalize()
        count = words.count(row.count)
        room = self._labels - 52 - drawing.measure(count, NUMBER_TINY) - 20
        drawing.text(52, middle, name, SMALL_STRONG, theme.text, max_width=room)
        drawing.text(self._labels - 12, middle, count, NUMBER_TINY, theme.text_2, anchor=1)

    def lane(
        self,
        drawing: Drawing,
        track: Track,
        y: float,
        certainty: TrackCertainty | None,
        suggested_ns: int | None,
        marks: Iterable[Mark],
    ) -> None:
        """A whole lane whose top is at `y`."""
        selected = track.id in self._session.selection
        self._label(drawing, track, y, selected=selected)
        self._presence(drawing, track, y + MIDDLE)
        if certainty is not None:
            self._heat(drawing, certainty, y + FOOT)
        self._keys(drawing, track, y + MIDDLE)
        if suggested_ns is not None and self._in_sight(x := self._axis.x_of(suggested_ns)):
            theme = self._theme
            drawing.text(x, y + MIDDLE, ICONS["star"], ICON, theme.accent_text, anchor=0.5)
        for mark in marks:
            if self._in_sight(x := self._axis.x_of(mark.timestamp_ns)):
                paint = mark_colour(self._theme, mark.kind)
                # Beside the key, which it may be about.
                icon = ICONS[MARK_ICONS[mark.kind]]
                drawing.text(x + 13, y + MIDDLE - 2, icon, ICON_TINY, paint, anchor=0.5)

    def _in_sight(self, x: float) -> bool:
        return self._labels + 4 <= x <= self._width - 4

    def _label(self, drawing: Drawing, track: Track, y: float, *, selected: bool) -> None:
        session, theme = self._session, self._theme
        if selected:
            drawing.box(Rect(0, y, self._width, LANE), theme.selected)
            drawing.box(Rect(0, y, 3, LANE), theme.accent)
        bottom = y + LANE - 0.5
        drawing.line((0, bottom), (self._width, bottom), faded(theme.control, 0.6))
        middle = y + LANE / 2
        hidden = track.id in session.hidden
        draw_category(drawing, theme, 8, middle, track.category)
        keys = words.plural(len(track.times_ns), "key")
        keys_x = self._labels - EYE - 8
        keys_width = drawing.measure(keys, NUMBER_TINY)
        drawing.text(
            32, middle, self._name(track), BODY_STRONG if track.id == session.selected else BODY,
            theme.text_3 if hidden and not selected else theme.text,
            max_width=keys_x - keys_width - 40,
        )  # fmt: skip
        drawing.text(keys_x, middle, keys, NUMBER_TINY, theme.text_2, anchor=1)
        eye = ICONS["eye_off" if hidden else "eye"]
        drawing.text(self._labels - EYE + 4, middle, eye, ICON, theme.text_2)

    def _name(self, track: Track) -> str:
        """The name; of a proposal with its score: "Car 21 · 0.43"."""
        score = score_of(track) if is_proposal(track) else None
        return track.name if score is None else f"{track.name} · {words.number(score)}"

    def _clip(self, start_ns: int, end_ns: int) -> tuple[float, float] | None:
        """Left and right of a span inside the lanes, None if it is outside."""
        left, right = self._labels + 2, self._width - 2
        x0, x1 = max(self._axis.x_of(start_ns), left), min(self._axis.x_of(end_ns), right)
        return (x0, x1) if x1 >= x0 else None

    def _presence(self, drawing: Drawing, track: Track, middle: float) -> None:
        proposal = is_proposal(track)
        bar = colour(category_style(track.category).colour, 0.12 if proposal else 0.32)
        pieces = self._interpolated(track)
        line = provenance_colour(self._theme, "interpolated")
        dash = palette.PROVENANCE_STYLES["interpolated"].dash
        for span in track.presence:
            ends = self._clip(span.start_ns, span.end_ns)
            if ends is None:
                continue
            rect = Rect(ends[0], middle - 5, max(ends[1] - ends[0], 3), 10)
            outline = None if self._theme.name == "dark" else colour("#46505C", 0.5)
            drawing.box(rect, bar, None if proposal else outline, radius=2)
            if proposal:
                edge = colour(category_style(track.category).colour)
                for y in (rect.y, rect.bottom):
                    drawing.dashed(((rect.x, y), (rect.right, y)), palette.PROPOSAL_DASH, edge, 1.2)
            for start_ns, end_ns in pieces:
                inside = self._clip(max(start_ns, span.start_ns), min(end_ns, span.end_ns))
                if inside is not None and inside[1] > inside[0]:
                    left, right = inside
                    drawing.dashed(((left, middle), (right, middle)), dash, line, 1.5)

    def _interpolated(self, track: Track) -> list[tuple[int, int]]:
        """Where keyframes in a row leave frames between them; one piece for many such gaps."""
        times_ns = track.columns.times_ns
        wide = np.concatenate([[False], np.diff(times_ns) >= self._gap_ns, [False]])
        edges = np.flatnonzero(wide[1:] != wide[:-1])
        return [
            (int(times_ns[first]), int(times_ns[last]))
            for first, last in zip(edges[::2], edges[1::2], strict=True)
        ]

    def _heat(self, drawing: Drawing, certainty: TrackCertainty, foot: float) -> None:
        last: tuple[float, float, Level] | None = None
        for stretch in certainty.stretches:
            if stretch.end_ns < self._axis.start_ns or stretch.start_ns > self._axis.end_ns:
                continue
            ends = self._clip(stretch.start_ns, stretch.end_ns)
            if ends is None:
                continue
            if last is not None and ends[0] - last[0] < 2 and ends[0] - last[1] < 1:
                # Narrower than can be seen: the worst of them shows.
                last = (last[0], ends[1], max(last[2], stretch.level))
                continue
            if last is not None:
                self._bar(drawing, *last, foot)
            last = (*ends, stretch.level)
        if last is not None:
            self._bar(drawing, *last, foot)

    def _bar(self, drawing: Drawing, left: float, right: float, level: Level, foot: float) -> None:
        height = HEAT_PX[level]
        rect = Rect(left, foot - height, max(right - left, 1.5), height)
        drawing.box(rect, heat_colour(self._theme, level))

    def _keys(self, drawing: Drawing, track: Track, middle: float) -> None:
        """Shapes; where keys of a kind touch each other, a bar with a shape at both ends."""
        columns = track.columns
        xs = self._axis.xs_of(columns.times_ns)
        first = int(np.searchsorted(xs, self._labels + 4))
        last = int(np.searchsorted(xs, self._width - 4, side="right"))
        if first >= last:
            return
        xs, codes = xs[first:last], columns.provenances[first:last]
        cuts = 1 + np.flatnonzero((np.diff(xs) >= KEY_STEP) | (np.diff(codes) != 0))
        starts = [0, *cuts.tolist()]
        ends = [*cuts.tolist(), len(xs)]
        shown_x = -1e9
        for start, end in zip(starts, ends, strict=True):
            x0, x1 = float(xs[start]), float(xs[end - 1])
            kind = PROVENANCES[codes[start]].value
            paint = provenance_colour(self._theme, kind)
            if x1 > x0:
                drawing.box(Rect(x0, middle - 3, x1 - x0, 6), paint)
            for x in (x0, x1) if x1 > x0 else (x0,):
                if x - shown_x < 3:
                    continue
                shown_x = x
                shape = palette.PROVENANCE_STYLES[kind].shape
                drawing.add(
                    Polygon(key_shape(shape, (x, middle), KEY_RADIUS), paint, self._theme.bar)
                )

    def ends(self, drawing: Drawing, track: Track, y: float, hot_ns: int | None) -> None:
        """Grips beside the ends of presence; one of them may be under the pointer."""
        theme, middle = self._theme, y + MIDDLE
        for span in track.presence:
            for time_ns, way in ((span.start_ns, -1), (span.end_ns, 1)):
                x = self._axis.x_of(time_ns) + 9 * way
                if not self._labels < x < self._width:
                    continue
                hot = hot_ns == time_ns
                ink = theme.text if hot else theme.text_3
                corners = ((x - 3 * way, -6.0), (x, -6.0), (x, 6.0), (x - 3 * way, 6.0))
                points = tuple((corner_x, middle + dy) for corner_x, dy in corners)
                drawing.add(Polyline(points, ink, 2 if hot else 1.5))

    def hot_key(self, drawing: Drawing, track: Track, y: float, timestamp_ns: int) -> None:
        """The keyframe that a press would take hold of, larger."""
        keyframe = track.keyframe_at(timestamp_ns)
        if keyframe is None:
            return
        kind = keyframe.provenance.value
        place = (self._axis.x_of(timestamp_ns), y + MIDDLE)
        shape = key_shape(palette.PROVENANCE_STYLES[kind].shape, place, KEY_RADIUS + 2.5)
        drawing.add(Polygon(shape, provenance_colour(self._theme, kind), self._theme.text, 1.5))
