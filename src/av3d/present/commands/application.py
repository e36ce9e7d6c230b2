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
    Command("log.open", "Open a log", "File", lambda w, _: w.begin_opening(), ("Ctrl+O",),
            needs_log=False),
    Command("log.sample", "Open the sample log", "File", lambda w, _: w.ask("sample"),
            needs_log=False),
    Command("log.close", "Close the log", "File", lambda w, _: w.ask("close")),
    Command("log.show", "Open a log by its path", "", lambda w, a: w.ask(f"open:{a}"),
            needs_log=False),
    Command("log.recent", "Open a recent log", "", lambda w, a: w.ask(f"recent:{a}"),
            needs_log=False),
    Command("log.forget", "Forget a recent log", "", lambda w, a: w.ask(f"forget:{a}"),
            needs_log=False),
    Command("open.row", "Choose in the list of folders", "", lambda w, a: w.opening.take(int(a)),
            needs_log=False),
    Command("open.enter", "Open what is chosen", "", lambda w, _: w.opening.press_enter(),
            needs_log=False),
    Command("labels.import", "Import labels", "File",
            lambda w, _: w.exchange.begin(importing=True),
            enabled=lambda w: w.session.labels.editable, separated=True,
            tip="From a file or folder in any format that av3d reads"),
    Command("labels.export", "Export labels", "File",
            lambda w, _: w.exchange.begin(importing=False),
            enabled=lambda w: bool(w.session.tracks), tip="As nuScenes, KITTI and others"),
    Command("exchange.format", "Choose the format of labels", "",
            lambda w, _: w.exchange.choose_format()),
    Command("exchange.path", "Type the path of labels", "", lambda w, _: w.exchange.type_path()),
    Command("exchange.go", "Begin to import or export", "", lambda w, _: w.exchange.go()),
    Command("exchange.close", "Do not import or export", "", lambda w, _: w.exchange.close()),
    Command("app.screenshot", "Save picture of the window", "File",
            lambda w, _: w.ask("screenshot"), ("Ctrl+P",), separated=True, needs_log=False),
    Command("work.cancel", "Stop the work in progress", "File",
            lambda w, _: w.session.works.cancel(), enabled=lambda w: w.session.works.busy,
            needs_log=False),
    Command("report.show", "Show a report", "", lambda w, a: w.ask(f"show:{a}"), needs_log=False),
    Command("text.copy", "Copy a text", "", lambda w, a: w.ask(f"copy:{a}"), needs_log=False),
    Command("log.check", "Check this log", "File", lambda w, _: w.findings.begin(),
            enabled=lambda w: not w.findings.checkup.running, separated=True),
    Command("log.findings", "Findings of the check", "File", _toggle_findings,
            enabled=lambda w: w.findings.open or w.findings.checkup.report is not None,
            checked=lambda w: w.findings.open),
    Command("log.check_save", "Save pictures and proposals of the check", "File",
            lambda w, _: w.findings.checkup.save(Path.cwd()), enabled=lambda w: w.findings.saves),
    Command("log.check_stop", "Stop checking", "", lambda w, _: w.findings.checkup.cancel()),
    Command("finding.show", "Go to a finding", "", lambda w, a: w.findings.choose(int(a))),
    Command("app.quit", "Quit", "File", lambda w, _: w.ask("quit"), ("Ctrl+Q",), separated=True,
            needs_log=False),
)  # fmt: skip
