"""Commands of the whole application and of its log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from av3d.present.commands.command import Command

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace


def _toggle_findings(workspace: Workspace, _argument: str) -> None:
    workspace.findings.open = not workspace.findings.open


COMMANDS: tuple[Command, ...] = (
    Command("app.screenshot", "Save picture of the window", "File",
            lambda w, _: w.ask("screenshot"), ("Ctrl+P",)),
    Command("log.check", "Check this log", "File", lambda w, _: w.findings.begin(),
            enabled=lambda w: not w.findings.checkup.running, separated=True),
    Command("log.findings", "Findings of the check", "File", _toggle_findings,
            enabled=lambda w: w.findings.open or w.findings.checkup.report is not None,
            checked=lambda w: w.findings.open),
    Command("log.check_save", "Save pictures and proposals of the check", "File",
            lambda w, _: w.findings.checkup.save(Path.cwd()), enabled=lambda w: w.findings.saves),
    Command("log.check_stop", "Stop checking", "", lambda w, _: w.findings.checkup.cancel()),
    Command("finding.show", "Go to a finding", "", lambda w, a: w.findings.choose(int(a))),
    Command("app.quit", "Quit", "File", lambda w, _: w.ask("quit"), ("Ctrl+Q",), separated=True),
)  # fmt: skip
