"""Entries of the journal as rows of a pane, of which only those in sight are drawn."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from av3d.present.drawing import ICON, NUMBER, SMALL, TINY, Drawing, Rect
from av3d.present.icons import ICONS
from av3d.present.panes.controls import Control, ControlsPane
from av3d.tracks.history import Kind

if TYPE_CHECKING:
    from av3d.present.journal import Journal, Line

ENTRY = 46
"""Height of a row: what was done, and below it who and what changed."""


def time_of_day(time_ns: int, now_ns: int) -> str:
    """When something was, for people, in local time: "14:02", with the day if it was not today."""
    when, now = (datetime.datetime.fromtimestamp(t / 1e9) for t in (time_ns, now_ns))
    clock = f"{when:%H:%M}"
    if when.date() == now.date():
        return clock
    year = f" {when:%Y}" if when.year != now.year else ""
    return f"{when.day} {when:%b}{year} {clock}"


def draw_entries(
    pane: ControlsPane,
    drawing: Drawing,
    y: float,
    journal: Journal,
    lines: Sequence[Line],
    undone: Collection[int],
) -> float:
    """Draw the rows that are in sight; returns where the last one ends.

    Args:
        pane: in whose column they are.
        drawing: where to.
        y: where the first one begins, which may be far above the pane.
        journal: for going back in it.
        lines: newest first.
        undone: numbers of those that were taken back.
    """
    first = max(int((pane.head_height - y) // ENTRY), 0)
    last = min(int((pane.height - y) // ENTRY) + 1, len(lines))
    for number in range(first, last):
        line = lines[number]
        _row(pane, drawing, y + number * ENTRY, journal, line, line.number in undone)
    return y + len(lines) * ENTRY


def _row(
    pane: ControlsPane, drawing: Drawing, y: float, journal: Journal, line: Line, undone: bool
) -> None:
    session, theme = pane.session, pane.session.theme
    rect = Rect(0, y, pane.width, ENTRY)
    name, back = f"entry.{line.number}", f"back.{line.number}"
    hot = pane.is_hot(name) or pane.is_hot(back)
    if hot:
        drawing.box(rect, theme.hover)
    icon = "undo" if line.kind is Kind.UNDO else "loop" if line.kind is Kind.REDO else "note"
    ink = theme.text_3 if undone or line.kind is Kind.UNDO else theme.text
    top, low = y + 15, y + 33
    drawing.text(8, top, ICONS[icon], ICON, theme.text_2)
    when = time_of_day(line.time_ns, session.wall_ns())
    right = pane.width - 12.0
    way = journal.way_to(line)
    offered = hot and bool(way) and session.labels.editable
    if offered:
        label = "Undo to here" if way == "undo" else "Redo to here"
        wide = round(drawing.measure(label, SMALL) + 18)
        tip = "Take back what was edited after this" if way == "undo" else "Make this again"
        place = Rect(right - wide + 4, y + 4, wide, 22)
        right -= wide
    else:
        right -= drawing.text(right, top, when, NUMBER, theme.text_2, anchor=1)
    title = f"{line.title} (undone)" if undone else line.title
    drawing.text(32, top, title, SMALL, ink, max_width=right - 40)
    said = f"{line.author}: {line.detail}" if line.detail else line.author
    drawing.text(32, low, said, TINY, theme.text_3, max_width=pane.width - 44)
    drawing.line((0, rect.bottom - 0.5), (pane.width, rect.bottom - 0.5), theme.control)
    told = f"{title}, {when}, {said}"
    if len(told) > 150:
        told = f"{told[:149]}…"
    pane.add(drawing, rect, name, Control(lambda: show_entry(pane, line)), told)
    if offered:
        pane.button(drawing, place, back, lambda: journal.go_to(line), label, tip=tip)


def show_entry(pane: ControlsPane, line: Line) -> None:
    """Select the tracks that an entry changed, and go where."""
    session = pane.session
    there = [track_id for track_id in line.track_ids if session.track(track_id) is not None]
    if there:
        session.select_many(there)
    if line.at_ns is not None:
        session.go_to_time(line.at_ns)
    if not there and line.track_ids:
        session.say("info", "Not there any more", f"{line.title}: its tracks were deleted.")
