"""Which panes are drawn anew with a picture of the window, when not all can be at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from av3d.present.drawing import Drawing
from av3d.present.panes.pane import Pace, Pane

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace

FIRST = ("main", "camera")
"""What is looked at first in another frame: never waits, and the others do until it is there."""
THEN = ("timeline",)
BUDGET_S = 0.012
"""A picture takes panes until this time has gone; the others come with the next ones."""
WAITS_AT_MOST = 4
"""Pictures that a pane lets go by before it is drawn anew whatever the time."""


class Refreshing:
    """Draws what has changed, first what the user looks at.

    Another frame of the log changes nearly all panes. All of them at once would take longer than the
    decoding; so each picture has some time for it, and the rest follows with the next ones.

    Args:
        workspace: whose panes.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._turn = 0
        self._waits: dict[str, int] = {}
        self._looks: object = None

    @property
    def waiting(self) -> bool:
        """Whether panes wait for the next picture."""
        return bool(self._waits)

    def refresh(self) -> dict[str, dict[str, Drawing]]:
        """Draw what has changed: drawings by pane and layer."""
        workspace = self._workspace
        session, layout = workspace.session, workspace.layout
        looks = session.theme.name, session.scale, layout.width, layout.height, layout.panes
        # Panes of two looks beside each other are worse than a late picture.
        together, self._looks = looks != self._looks, looks
        clock = session.clock
        began_s = clock()
        changed: dict[str, dict[str, Drawing]] = {}
        waits: dict[str, int] = {}
        arrived = not session.has_log or workspace.wishes.frame_shows()
        for pane in self._due():
            waited = self._waits.get(pane.name, 0)
            late = clock() - began_s > BUDGET_S or not (arrived or pane.name in THEN)
            if late and not together and pane.name not in FIRST and waited < WAITS_AT_MOST:
                waits[pane.name] = waited + 1
                continue
            layers = pane.refresh()
            if layers:
                changed[pane.name] = layers
        self._waits = waits
        for overlay in workspace.visible_overlays():
            overlay.rect = overlay.place(layout.width, layout.height)
            layers = overlay.refresh()
            if layers:
                changed[overlay.name] = layers
        return changed

    def _due(self) -> list[Pane]:
        """The panes to refresh: while the pointer moves a cuboid others than its own take turns.

        The pane under the hand must follow it. One other is drawn with each picture: in turns one of
        those that show the cuboid too, and one of the lists and words.
        """
        workspace = self._workspace
        panes = sorted(workspace.visible_panes(), key=_order)
        held = workspace.mouse.held
        if not workspace.session.in_motion or held is None:
            return panes
        self._turn += 1
        pace = (Pace.TURNS, Pace.WORDS)[self._turn % 2]
        waiting = _in_turns([pane for pane in panes if pane.pace is pace and pane is not held])
        turn = self._turn // 2 % max(len(waiting), 1)
        due = {id(held), *map(id, waiting[turn : turn + 1])}
        return [pane for pane in panes if pane.pace is Pace.ALWAYS or id(pane) in due]


def _in_turns(panes: Sequence[Pane]) -> list[Pane]:
    """In which order panes have their turns: those that need several have one after each other pane."""
    long = [pane for pane in panes if pane.turns > 1]
    others = [pane for pane in panes if pane.turns == 1]
    return [each for pane in others for each in (pane, *long)] or long


def _order(pane: Pane) -> int:
    order = (*FIRST, *THEN)
    return order.index(pane.name) if pane.name in order else len(order)
