"""The list of what was done to the labels, by whom and when; going back in it."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from av3d.present.dock import Side
from av3d.present.drawing import Drawing, Measure, Rect
from av3d.present.journal import Journal
from av3d.present.panes.controls import ControlsPane
from av3d.present.panes.journal_rows import ENTRY, draw_entries
from av3d.present.panes.pane import draw_message
from av3d.present.session import Session


class HistoryPane(ControlsPane):
    """The journal of the log, newest first."""

    name = "history"
    title = "History"
    icon = "history"
    home: tuple[str, Side] = ("inspector", "centre")

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.journal = Journal(session)

    def update(self) -> None:
        super().update()
        near_end = self._scroll + self.room > len(self.journal.lines) * ENTRY - 2 * self.room
        self.journal.update(older=near_end)

    def body_key(self) -> Hashable:
        journal, labels = self.journal, self.session.labels
        return (
            journal.lines, journal.undone, journal.reading, journal.problem, labels.undoable,
            labels.redoable, labels.editor is None,
        )  # fmt: skip

    def head_key(self) -> Hashable:
        return None

    def draw_head(self, drawing: Drawing) -> None:
        """Nothing: its title is on the bar above it."""

    def draw_body(self, drawing: Drawing, y: float) -> float:
        journal = self.journal
        if not journal.lines:
            rect = Rect(0, 0, self.width, self.height)
            text = "Nothing was edited yet. Edits are listed here, and can be taken back."
            if journal.reading:
                text = "Reading what was done."
            elif journal.problem:
                text = f"The history cannot be read: {journal.problem}"
            draw_message(drawing, self.session, rect, "history", text)
            return y
        return draw_entries(self, drawing, y, journal, journal.lines, journal.undone)
