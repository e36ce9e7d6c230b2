"""Filters of the list of tracks, as chips in its head: proposals, and each category."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av3d.present import words
from av3d.present.drawing import ICON, NUMBER, SMALL, Drawing, Rect
from av3d.present.icons import ICONS
from av3d.present.marks import MarkKind
from av3d.present.panes.category_icon import draw_category
from av3d.present.theme import RADIUS
from av3d.tracks.categories import category_title

if TYPE_CHECKING:
    from av3d.present.panes.tracks import TracksPane

HEIGHT = 24


def draw_chips(pane: TracksPane, drawing: Drawing, y: float) -> None:
    """The chips side by side, as many as there is room for; proposals and findings come first.

    Args:
        pane: the list.
        drawing: its head.
        y: where the line of chips begins.
    """
    x = 8.0
    proposals = len(pane.list.proposals.tracks)
    if proposals:
        x = _proposals(pane, drawing, x, y + 2, proposals)
    found = sum(
        any(mark.kind is MarkKind.FINDING for mark in marks)
        for marks in pane.session.marks.values()
    )
    if found or pane.list.only_findings:
        x = _findings(pane, drawing, x, y + 2, found)
    for key, count in pane.list.chips():
        text = words.count(count)
        width = round(8 + 16 + 5 + drawing.measure(text, NUMBER) + 8)
        if x + width > pane.width - 8:
            break
        rect = Rect(x, y + 2, width, HEIGHT)
        on = key in pane.list.categories
        _plate(pane, drawing, rect, on=on, hot=_is_hot(pane, "tracks.category", key))
        theme = pane.session.theme
        draw_category(drawing, theme, x + 8, rect.centre[1], key)
        drawing.text(x + 29, rect.centre[1], text, NUMBER, theme.text if on else theme.text_2)
        title = category_title(key)
        drawing.zone(rect, "tracks.category", key, "Show all" if on else f"Only {title}")
        x += width + 4


def _proposals(pane: TracksPane, drawing: Drawing, x: float, y: float, count: int) -> float:
    """The chip of proposals; where the next chip begins."""
    theme, on = pane.session.theme, pane.list.only_proposals
    number = words.count(count)
    label = "Proposals" if pane.wide else ""
    wide = drawing.measure(label, SMALL) + 6 if label else 0
    width = round(8 + 16 + 5 + wide + drawing.measure(number, NUMBER) + 8)
    rect = Rect(x, y, width, HEIGHT)
    _plate(pane, drawing, rect, on=on, hot=_is_hot(pane, "proposal.only", ""))
    middle, ink = rect.centre[1], theme.text if on else theme.text_2
    drawing.text(x + 8, middle, ICONS["proposal"], ICON, ink)
    drawing.text(x + 29, middle, label, SMALL, ink)
    drawing.text(x + 29 + wide, middle, number, NUMBER, ink)
    said = f"{words.plural(count, 'proposal')} of a detector wait for a decision"
    drawing.zone(rect, "proposal.only", "", "Show all tracks" if on else f"{said}: list only these")
    return x + width + 4


def _findings(pane: TracksPane, drawing: Drawing, x: float, y: float, count: int) -> float:
    """The chip of tracks with findings; where the next chip begins."""
    theme, on = pane.session.theme, pane.list.only_findings
    number = words.count(count)
    rect = Rect(x, y, round(8 + 16 + 5 + drawing.measure(number, NUMBER) + 8), HEIGHT)
    _plate(pane, drawing, rect, on=on, hot=_is_hot(pane, "finding.only", ""))
    middle, ink = rect.centre[1], theme.text if on else theme.text_2
    drawing.text(x + 8, middle, ICONS["alert"], ICON, theme.bad)
    drawing.text(x + 29, middle, number, NUMBER, ink)
    said = f"A check has found something in {words.plural(count, 'track')}"
    drawing.zone(rect, "finding.only", "", "Show all tracks" if on else f"{said}: list only these")
    return rect.right + 4


def _plate(pane: TracksPane, drawing: Drawing, rect: Rect, *, on: bool, hot: bool) -> None:
    theme = pane.session.theme
    drawing.box(
        rect, theme.selected if on else theme.control if hot else theme.raised,
        outline=theme.accent if on else None, radius=RADIUS,
    )  # fmt: skip


def _is_hot(pane: TracksPane, command: str, argument: str) -> bool:
    hot = pane.hot
    return hot is not None and (hot.command, hot.argument) == (command, argument)
