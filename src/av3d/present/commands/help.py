"""Commands that help: palette, keys, menus, messages."""

from __future__ import annotations

from av3d.present.commands.command import Command

COMMANDS: tuple[Command, ...] = (
    Command("palette.open", "Search tracks, frames, commands", "Help",
            lambda w, _: w.open_palette(), ("Ctrl+K",), needs_log=False,
            tip="Cameras, categories, layouts and recent logs too"),
    Command("help.keys", "Keys and mouse", "Help", lambda w, _: w.toggle_help(), ("F1",),
            needs_log=False, tip="All keys; a click on a line changes its key"),
    Command("menu.first", "Open the menus by key", "Help", lambda w, _: w.menu.begin(), ("F10",),
            needs_log=False, tip="Then arrows, letters and Enter"),
    Command("keys.search", "Search the keys", "", lambda w, _: w.help.begin_search(),
            needs_log=False),
    Command("keys.close", "Close the page of keys", "", lambda w, _: w.help.close(),
            needs_log=False),
    Command("keys.change", "Change a key", "", lambda w, a: w.help.change(a), needs_log=False),
    Command("keys.cancel", "Leave the key as it is", "", lambda w, _: w.help.cancel_change(),
            needs_log=False),
    Command("keys.use", "Take the key from another command", "", lambda w, _: w.help.use_here(),
            needs_log=False),
    Command("keys.remove", "Take the keys of a command away", "", lambda w, _: w.help.remove(),
            needs_log=False),
    Command("keys.reset", "Usual key of a command", "", lambda w, a: w.help.reset(a),
            needs_log=False),
    Command("keys.reset_all", "Usual keys of all commands", "", lambda w, _: w.help.reset(),
            needs_log=False),
    Command("menu.open", "Open a menu", "", lambda w, a: w.open_menu(a),
            needs_log=False),
    Command("menu.run", "Choose in a menu", "", lambda w, a: w.run_from_overlay(a),
            needs_log=False),
    Command("palette.run", "Choose in the palette", "", lambda w, a: w.run_palette_row(int(a)),
            needs_log=False),
    Command("palette.track", "Select a track and show it", "", lambda w, a: w.show_track(a)),
    Command("palette.category", "Give a category", "", lambda w, a: w.editing.set_category(a)),
    Command("toast.close", "Close a message", "", lambda w, a: w.close_toast(int(a)),
            needs_log=False),
)  # fmt: skip
