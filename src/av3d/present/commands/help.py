"""Commands that help: palette, keys, menus, messages."""

from __future__ import annotations

from av3d.present.commands.command import Command

COMMANDS: tuple[Command, ...] = (
    Command("palette.open", "Search tracks, frames, commands", "Help",
            lambda w, _: w.open_palette(), ("Ctrl+K",), needs_log=False),
    Command("help.keys", "Keys", "Help", lambda w, _: w.toggle_help(), ("F1",),
            needs_log=False),
    Command("menu.open", "Open a menu", "", lambda w, a: w.open_menu(a),
            needs_log=False),
    Command("menu.run", "Choose in a menu", "", lambda w, a: w.run_from_overlay(a),
            needs_log=False),
    Command("palette.run", "Choose in the palette", "", lambda w, a: w.run_palette_row(int(a)),
            needs_log=False),
    Command("palette.track", "Select a track and show it", "", lambda w, a: w.show_track(a)),
    Command("toast.close", "Close a message", "", lambda w, a: w.close_toast(int(a)),
            needs_log=False),
)  # fmt: skip
