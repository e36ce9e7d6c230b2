"""What the inspector says of a proposal: that nobody vouches for it yet, and what can be decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av3d.present import words
from av3d.present.drawing import ICON, SMALL_STRONG, Drawing, Rect
from av3d.present.icons import ICONS
from av3d.present.theme import CONTROL
from av3d.tracks.proposal import is_proposal, score_of
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.present.panes.inspector import InspectorPane

LINE = 26


def draw_proposal(
    pane: InspectorPane, drawing: Drawing, tracks: tuple[Track, ...], y: float
) -> float:
    """The line and its buttons, for proposals among the selected tracks; returns where it ends.

    Args:
        pane: the inspector.
        drawing: its body.
        tracks: what is selected.
        y: where it begins.
    """
    proposals = [track for track in tracks if is_proposal(track)]
    if not proposals:
        return y
    theme = pane.session.theme
    said = words.plural(len(proposals), "proposal")
    if len(tracks) == 1:
        score = score_of(tracks[0])
        said = "Proposal" if score is None else f"Proposal, score {words.number(score)}"
    drawing.box(Rect(0, y, pane.width, LINE + CONTROL + 12), theme.raised)
    middle = y + 4 + LINE / 2
    drawing.text(10, middle, ICONS["proposal"], ICON, theme.warn)
    drawing.text(34, middle, said, SMALL_STRONG, theme.text, max_width=pane.width - 44)
    wide = (pane.width - 26) / 2
    buttons = (
        ("proposal.accept", "Accept", "Somebody vouches for it; the next proposal shows"),
        ("proposal.reject", "Reject", "Deletes it; the next proposal shows"),
    )
    for number, (command, label, tip) in enumerate(buttons):
        key = pane.key_of(command)
        rect = Rect(round(10 + number * (wide + 6)), y + LINE + 4, round(wide), CONTROL)
        pane.button(
            drawing, rect, command, lambda command=command: pane.run(command, ""), label,  # type: ignore[misc]
            key=key, tip=f"{tip} ({key})" if key else tip, enabled=pane.able(command),
        )  # fmt: skip
    return y + LINE + CONTROL + 12
