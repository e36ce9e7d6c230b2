"""The buttons above the frames of a track."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av3d.present.drawing import SMALL, TINY, Drawing, Rect
from av3d.present.panes.pane import draw_button

if TYPE_CHECKING:
    from av3d.present.panes.frames import FramesPane

HEAD = 28
ROW_WORDS = ("Auto", "Top", "Top, side", "All sides")


def draw_head(pane: FramesPane, drawing: Drawing) -> None:
    """Which frames show, and what can be done with the chosen ones."""
    session, theme, cells = pane.session, pane.session.theme, pane.cells
    drawing.box(Rect(0, 0, pane.width, HEAD), theme.panel)
    middle = HEAD / 2
    track = session.selected_track
    right = pane.width - 4.0
    rows = ROW_WORDS[pane.rows] if pane.rows else ROW_WORDS[len(pane.sides)]
    buttons = [
        ("frames.rows", rows, "", "Which sides show; click for others"),
        ("frames.all", "All", "", "Choose all frames that show (Ctrl+A over this pane)"),
    ]
    if track is not None:
        buttons += [
            ("frames.same_size", "Same size", "", "The first chosen frame's size for all"),
            ("frames.delete", "Delete keys", "Del", "Delete the keyframes of chosen frames"),
            ("frames.flip", "Flip", "", "Flip the heading in the chosen frames (Shift+G)"),
            ("frames.keep", "Keep", "K", "Make keyframes of what shows in the chosen frames"),
            ("frames.fit", "Fit", "T", "Fit the chosen frames to their points"),
        ]
    for command, label, key, tip in buttons:
        if right < 330:
            break
        right = draw_button(
            drawing, session, right, middle, command, label=label, key=key,
            on=command == "frames.all" and cells.chosen == set(cells.frames), tip=tip,
            hot=pane.hot is not None and pane.hot.command == command, height=22,
        ) - 4  # fmt: skip
    text = "Nothing selected"
    if track is not None:
        text = track.name
        if cells.frames:
            first, last = cells.frames[0], cells.frames[-1]
            text += f", frames {first} to {last}" if last > first else f", frame {first}"
        if session.span is not None:
            text += " of the span"
        if cells.chosen:
            text += f", {len(cells.chosen)} chosen"
    x = 10 + drawing.text(8, middle, text, SMALL, theme.text, max_width=max(right - 16, 0)) + 10
    hint = "Drag edges. Click chooses, Ctrl and Shift choose more, Alt moves the chosen alike"
    if track is not None and x + drawing.measure(hint, TINY) < right - 8:
        drawing.text(x, middle, hint, TINY, theme.text_3)
