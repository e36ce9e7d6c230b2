"""Commands about panes, their sizes and the theme."""

from __future__ import annotations

from av3d.present.commands.command import Command

COMMANDS: tuple[Command, ...] = (
    Command("layout.full", "Pane fills the window", "View", lambda w, _: w.desk.toggle_full(),
            ("F11",), checked=lambda w: w.desk.full is not None, separated=True),
    Command("layout.tab", "Points or camera", "", lambda w, _: w.desk.toggle_tab()),
    Command("layout.reset", "Usual layout of panes", "View", lambda w, _: w.desk.reset()),
    Command("pane.show", "Show a pane", "", lambda w, a: w.desk.bring_to_front(a)),
    Command("pane.close", "Close a pane", "", lambda w, a: w.desk.close(a)),
    Command("view.theme", "Light theme", "View", lambda w, _: w.session.toggle_theme(), (),
            checked=lambda w: w.session.theme.name == "light", needs_log=False),
)  # fmt: skip
