"""Commands that ask before they do something."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from av3d.present.dialog import Dialog

if TYPE_CHECKING:
    from av3d.present.session import Session
    from av3d.present.workspace import Workspace


def ask(made: Callable[[Session], Dialog | None]) -> Callable[[Workspace, str], None]:
    """The action of a command that opens a dialog.

    Args:
        made: makes it from what is selected; None where there is nothing to ask: it was done at once,
            or the user was told why not.
    """

    def run(workspace: Workspace, _argument: str) -> None:
        chosen = workspace.session.selection
        workspace.dialog.close()
        workspace.session.edits.settle()
        if workspace.session.selection != chosen:
            # What was selected was only the preview of the dialog that was open.
            return
        dialog = made(workspace.session)
        if dialog is not None:
            workspace.dialog.begin(dialog)

    return run
