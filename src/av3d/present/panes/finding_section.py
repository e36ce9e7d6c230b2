"""What the checks have found of the selected track, in the inspector: where it is, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av3d.present.drawing import ICON, NUMBER_TINY, SMALL, SMALL_STRONG, TINY, Drawing, Rect
from av3d.present.finding_words import kind_of, measured_words, sentence
from av3d.present.icons import ICONS
from av3d.present.panes.controls import Control
from av3d.present.panes.pane import draw_key
from av3d.present.theme import RADIUS
from av3d.qa.finding import Finding
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.present.panes.inspector import InspectorPane

LINE = 24
MOST = 4
"""More findings than these wait for these to be put right."""


def draw_findings(
    pane: InspectorPane, drawing: Drawing, tracks: tuple[Track, ...], y: float
) -> float:
    """The open findings of the selected track, the riskiest first; returns where they end.

    Args:
        pane: the inspector.
        drawing: its body.
        tracks: what is selected.
        y: where they begin.
    """
    host = pane.host
    if host is None or len(tracks) != 1:
        return y
    found = host.flags.of_track(tracks[0].id)
    if not found:
        return y
    theme = pane.session.theme
    rows = found[:MOST]
    tall = LINE * (len(rows) + 1 + (len(found) > MOST)) + 8
    drawing.box(Rect(0, y, pane.width, tall), theme.raised)
    y += 4
    drawing.text(10, y + LINE / 2, ICONS["flag"], ICON, theme.bad)
    title = "1 finding" if len(found) == 1 else f"{len(found)} findings"
    drawing.text(34, y + LINE / 2, title, SMALL_STRONG, theme.text)
    key = pane.key_of("finding.next")
    if key:
        wide = drawing.measure(key, NUMBER_TINY) + 18
        draw_key(drawing, pane.session, pane.width - wide, y + LINE / 2, key)
        drawing.text(
            pane.width - wide - 6, y + LINE / 2, "next track", TINY, theme.text_2, anchor=1
        )
    y += LINE
    for finding in rows:
        _row(pane, drawing, finding, y)
        y += LINE
    if len(found) > MOST:
        more = f"and {len(found) - MOST} more; Review (Alt+2) has them all"
        drawing.text(34, y + LINE / 2, more, TINY, theme.text_2, max_width=pane.width - 44)
        y += LINE
    return y + 4


def _row(pane: InspectorPane, drawing: Drawing, finding: Finding, y: float) -> None:
    host, theme, session = pane.host, pane.session.theme, pane.session
    assert host is not None
    name = f"finding.{finding.id}"
    if pane.is_hot(name):
        drawing.box(Rect(4, y, pane.width - 8, LINE), theme.hover, radius=RADIUS)
    right = pane.width - 10.0
    if host.review.repairable(finding):
        wide = round(drawing.measure("Repair", SMALL) + 16)
        rect = Rect(right - wide, y + 2, wide, LINE - 4)
        fix = sentence(kind_of(finding.check).fix) or "Let the check put it right"
        pane.button(
            drawing, rect, f"repair.{finding.id}",
            lambda: pane.run("finding.repair", finding.id), "Repair", tip=fix,
            enabled=session.labels.editable,
        )  # fmt: skip
        right = rect.x - 8
    frame = session.log.frames.nearest(finding.timestamp_ns)
    text = f"frame {frame}"
    left = right - drawing.text(right, y + LINE / 2, text, TINY, theme.text_2, anchor=1) - 8
    words = measured_words(finding)
    drawing.text(34, y + LINE / 2, words, SMALL, theme.text, max_width=left - 34)
    pane.add(
        drawing, Rect(4, y, right - 8, LINE), name,
        Control(lambda: pane.run("finding.go", finding.id)),
        f"{sentence(finding.what)} Click to go there.",
    )  # fmt: skip
