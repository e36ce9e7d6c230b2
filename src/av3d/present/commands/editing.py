"""Commands that change labels: undo, redo, and the edits of the selected cuboid."""

from __future__ import annotations

from av3d.present.commands.command import Command

COMMANDS: tuple[Command, ...] = (
    Command("edit.undo", "Undo", "Edit", lambda w, _: w.session.undo(), ("Ctrl+Z",),
            lambda w: w.session.labels.undoable is not None),
    Command("edit.redo", "Redo", "Edit", lambda w, _: w.session.redo(),
            ("Ctrl+Shift+Z", "Ctrl+Y"), lambda w: w.session.labels.redoable is not None),
)  # fmt: skip
