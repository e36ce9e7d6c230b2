"""The tables of docs/guide/keys.md, made of the command table (`make keys`)."""

from __future__ import annotations

import sys
from pathlib import Path

from av3d.present.commands import COMMANDS, MENUS, Command
from av3d.present.commands.mouse import GESTURES

BEGIN = "<!-- made of the command table by `make keys`; changes below are overwritten -->"
"""What comes after it is made anew."""


def tables() -> str:
    """All commands that have keys, by menu, and all gestures of the mouse, as Markdown."""
    lines: list[str] = [BEGIN, ""]
    for menu in (*MENUS, ""):
        rows = [command for command in COMMANDS if command.menu == menu and command.keys]
        if rows:
            lines += [f"### {menu or 'Without a menu'}", "", "| keys | what they do |", "|---|---|"]
            lines += [f"| {_keys(command)} | {_words(command)} |" for command in rows]
            lines.append("")
    lines += ["### Mouse", "", "| where | gesture | what it does |", "|---|---|---|"]
    lines += [f"| {one.place} | {one.gesture} | {one.title} |" for one in GESTURES]
    return "\n".join(lines) + "\n"


def _keys(command: Command) -> str:
    return " ".join(f"`` {key} ``" if key == "`" else f"`{key}`" for key in command.keys)


def _words(command: Command) -> str:
    where = " (Review only)" if command.workspace == "review" else ""
    text = f"{command.title}{where}"
    return f"{text}: {command.tip[:1].lower()}{command.tip[1:]}" if command.tip else text


def updated(text: str) -> str:
    """A page with the tables made anew below the mark; at its end if it has none."""
    head, _, _ = text.partition(BEGIN)
    return head.rstrip() + "\n\n" + tables()


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(updated(page.read_text(encoding="utf-8")), encoding="utf-8")
