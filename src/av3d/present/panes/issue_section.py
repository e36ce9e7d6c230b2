"""What people have said about the selected track and is still open, in the inspector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av3d.present.drawing import ICON, SMALL, SMALL_STRONG, TINY, Drawing, Rect
from av3d.present.icons import ICONS
from av3d.present.panes.controls import Control
from av3d.present.theme import RADIUS
from av3d.tracks.issue import Issue
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.present.panes.inspector import InspectorPane

LINE = 24
MOST = 3
"""More issues than these wait for these to be resolved."""


def draw_issues(
    pane: InspectorPane, drawing: Drawing, tracks: tuple[Track, ...], y: float
) -> float:
    """The open issues of the selected track, the last one first; returns where they end.

    Args:
        pane: the inspector.
        drawing: its body.
        tracks: what is selected.
        y: where they begin.
    """
    host = pane.host
    if host is None or len(tracks) != 1:
        return y
    found = [one for one in host.issues.all if one.is_open and tracks[0].id in one.track_ids]
    if not found:
        return y
    theme = pane.session.theme
    rows = found[::-1][:MOST]
    drawing.box(Rect(0, y, pane.width, LINE * (len(rows) + 1) + 8), theme.raised)
    y += 4
    drawing.text(10, y + LINE / 2, ICONS["issue"], ICON, theme.warn)
    title = "1 open issue" if len(found) == 1 else f"{len(found)} open issues"
    drawing.text(34, y + LINE / 2, title, SMALL_STRONG, theme.text)
    y += LINE
    for issue in rows:
        _row(pane, drawing, issue, y)
        y += LINE
    return y + 4


def _row(pane: InspectorPane, drawing: Drawing, issue: Issue, y: float) -> None:
    theme, session = pane.session.theme, pane.session
    name = f"issue.{issue.id}"
    if pane.is_hot(name):
        drawing.box(Rect(4, y, pane.width - 8, LINE), theme.hover, radius=RADIUS)
    wide = round(drawing.measure("Answer", SMALL) + 16)
    button = Rect(pane.width - 10.0 - wide, y + 2, wide, LINE - 4)

    def answer() -> None:
        pane.run("workspace.review", "")
        pane.run("issue.show", issue.id)

    pane.button(
        drawing, button, f"answer.{issue.id}", answer, "Answer",
        tip="Open it in Review, to answer or resolve it",
    )  # fmt: skip
    frame = session.log.frames.nearest(issue.timestamp_ns)
    right = button.x - 8
    left = right - drawing.text(
        right, y + LINE / 2, f"frame {frame}", TINY, theme.text_2, anchor=1
    )  # fmt: skip
    drawing.text(34, y + LINE / 2, issue.title, SMALL, theme.text, max_width=left - 42)
    said = "\n".join(f"{one.author}: {one.text}" for one in issue.messages if one.text)
    pane.add(
        drawing, Rect(4, y, right - 8, LINE), name,
        Control(lambda: session.go_to_time(issue.timestamp_ns)),
        f"{issue.name}. {said}\nClick to go to frame {frame}.",
    )  # fmt: skip
