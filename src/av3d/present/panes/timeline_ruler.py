"""The ruler of the timeline: numbers of frames, the chosen span, the playhead, the whole log."""

from __future__ import annotations

import math

from av3d.present.drawing import (
    NUMBER_STRONG,
    NUMBER_TINY,
    TINY,
    TINY_STRONG,
    Drawing,
    Polygon,
    Rect,
)
from av3d.present.session import Session
from av3d.present.theme import Colour, colour, faded
from av3d.present.time_axis import TimeAxis
from av3d.render import palette

RULER = 22
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)


def draw_ruler(drawing: Drawing, session: Session, axis: TimeAxis, labels: float) -> None:
    """Ticks and numbers of the frames that show.

    Args:
        drawing: of the pane.
        session: what is being looked at.
        axis: where times are.
        labels: width of the names left of the lanes.
    """
    theme = session.theme
    width = axis.right + axis.left - labels
    drawing.box(Rect(0, 0, width, RULER), theme.bar)
    drawing.text(8, RULER / 2, "Track", TINY, theme.text_3)
    frames = session.log.frames
    visible = frames.between(axis.start_ns, axis.end_ns)
    if not visible:
        return
    per_frame = (axis.right - axis.left) / max(len(visible), 1)
    room = 12 + drawing.measure(str(visible[-1]), NUMBER_TINY) * 2
    step = next((step for step in STEPS if step * per_frame >= max(room, 56)), STEPS[-1])
    minor = next((size for size in STEPS if size * per_frame >= 7), step)
    last = len(frames) - 1
    last_x = axis.x_of(frames[last].timestamp_ns)
    every = math.gcd(step, minor)
    marked = [*range(-(-visible.start // every) * every, visible.stop, every)]
    for index in dict.fromkeys([*marked, *(visible[-1:] if last in visible else ())]):
        major, end = index % step == 0, index == last
        if not major and index % minor and not end:
            continue
        x = axis.x_of(int(frames.timestamps_ns[index]))
        drawing.line((x, RULER - (6 if major or end else 3)), (x, RULER), theme.text_3)
        # The last frame's number is always there; the one before it gives way.
        if end or (major and last_x - x > room / 2 + 14):
            text = str(index)
            middle = min(x, width - 2 - drawing.measure(text, NUMBER_TINY) / 2)
            drawing.text(middle, RULER / 2 - 2, text, NUMBER_TINY, theme.text_2, anchor=0.5)


def draw_span(
    drawing: Drawing, session: Session, axis: TimeAxis, labels: float, height: float
) -> None:
    """The chosen span over ruler and lanes."""
    span, theme = session.span, session.theme
    if span is None:
        return
    left = max(axis.x_of(span.start_ns), labels + 1)
    right = min(axis.x_of(span.end_ns), axis.right + axis.left - labels - 1)
    if right < left:
        return
    drawing.box(Rect(left, 0, max(right - left, 1), height), faded(theme.text, 0.1))
    for x, time_ns in ((left, span.start_ns), (right, span.end_ns)):
        if abs(axis.x_of(time_ns) - x) < 1:
            drawing.line((x, 0), (x, height), theme.text, 1.5)
            drawing.box(Rect(x - 2, 4, 4, RULER - 8), theme.text, radius=2)


def draw_span_words(drawing: Drawing, session: Session, labels: float) -> None:
    """How long the chosen span is, at the left end of the ruler: over the lanes it would hide keys."""
    if session.span is not None:
        text, theme = session.span.words(session.log.frames), session.theme
        drawing.text(labels - 12, RULER / 2, text, TINY_STRONG, theme.text, anchor=1)


def draw_playhead(
    drawing: Drawing, session: Session, axis: TimeAxis, labels: float, height: float
) -> None:
    """A line at the frame that shows, with its number."""
    theme = session.theme
    x = round(axis.x_of(session.timestamp_ns)) + 0.5
    white: Colour = (
        colour(palette.PROVENANCE_STYLES["manual"].colour) if theme.name == "dark" else theme.text
    )
    if x < labels:
        return
    drawing.line((x, RULER - 4), (x, height), white, 1.5)
    text = str(session.frame)
    width = max(drawing.measure(text, NUMBER_STRONG) + 12, 26)
    end = axis.right + axis.left - labels
    left = min(max(x - width / 2, labels + 1), end - width)
    drawing.box(Rect(left, 1, width, 17), white, radius=2)
    drawing.add(Polygon(((x - 5, 17.5), (x + 5, 17.5), (x, RULER + 1)), white))
    ink = theme.on_accent if theme.name == "dark" else theme.panel
    drawing.text(left + width / 2, 9.5, text, NUMBER_STRONG, ink, anchor=0.5)


def draw_overview(drawing: Drawing, session: Session, axis: TimeAxis, rect: Rect) -> None:
    """The whole log as a bar, with the part that shows, the span and the playhead in it."""
    theme, log = session.theme, session.log
    whole = TimeAxis(axis.left, axis.right, log.start_ns, log.end_ns)
    drawing.box(rect, theme.bar)
    middle = rect.centre[1]
    left, right = whole.x_of(axis.start_ns), whole.x_of(axis.end_ns)
    drawing.line((whole.left, middle), (whole.right, middle), theme.control, 2)
    drawing.box(
        Rect(left, middle - 4, max(right - left, 8), 8), theme.control, theme.border, radius=4
    )
    if session.span is not None:
        start, end = (whole.x_of(t) for t in (session.span.start_ns, session.span.end_ns))
        drawing.box(Rect(start, middle - 1.5, max(end - start, 2), 3), theme.text_2)
    x = whole.x_of(session.timestamp_ns)
    drawing.line((x, rect.y + 1), (x, rect.bottom - 1), theme.text, 1.5)
