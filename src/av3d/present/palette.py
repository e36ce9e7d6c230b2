"""What the palette finds: commands, tracks, frames, times, cameras, categories, layouts, recent logs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from av3d.present import words
from av3d.present.commands import Command
from av3d.present.finding import fit
from av3d.present.icons import ICONS
from av3d.present.reasons import why_not
from av3d.render.palette import category_style

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace

SYNONYMS: dict[str, tuple[str, ...]] = {
    "view.bev": ("bev", "top view", "map", "orthographic"),
    "view.3d": ("perspective", "orbit"),
    "view.follow": ("lock camera", "track camera"),
    "view.centre": ("center", "focus", "go to"),
    "view.all": ("reset view", "home", "ego"),
    "view.theme": ("dark", "bright", "colours of the window"),
    "view.trails": ("trajectory", "path"),
    "view.scale": ("zoom", "dpi", "font size", "text size"),
    "points.ground": ("road", "floor"),
    "points.colour": ("color", "intensity", "height", "rgb"),
    "points.more_sweeps": ("accumulate", "merge", "aggregate", "join"),
    "points.crop": ("isolate", "clip"),
    "camera.check": ("overlay", "projection", "extrinsic"),
    "edit.undo": ("take back", "revert"),
    "edit.redo": ("again", "repeat"),
    "edit.box": ("create", "add", "draw", "bounding box", "label", "object"),
    "edit.turn_left": ("rotate", "yaw", "heading"),
    "edit.turn_right": ("rotate", "yaw", "heading"),
    "edit.quarter": ("rotate", "yaw"),
    "edit.flip": ("rotate 180", "reverse", "heading", "direction"),
    "edit.flip_here": ("rotate 180", "reverse"),
    "edit.tilt": ("rotate", "pitch", "roll", "slope"),
    "edit.fit": ("snap", "auto", "align", "tighten"),
    "edit.ground": ("floor", "drop", "snap"),
    "edit.shrink": ("tighten", "snap"),
    "edit.keyframe": ("set key", "add key", "stamp"),
    "edit.delete_track": ("remove", "object"),
    "edit.delete_keyframe": ("remove", "key"),
    "edit.fill": ("interpolate", "propagate", "track automatically"),
    "edit.copy_next": ("propagate", "duplicate"),
    "key.suggested": ("best keyframe", "suggestion", "next best"),
    "certainty.least": ("uncertain", "worst"),
    "track.static": ("parked", "stopped", "still"),
    "play.toggle": ("pause", "stop"),
    "frame.ask": ("go to frame", "jump", "seek"),
    "help.keys": ("shortcuts", "hotkeys", "bindings", "keymap", "keyboard"),
    "log.open": ("load", "dataset", "folder"),
    "log.check": ("doctor", "verify", "calibration", "synchronisation"),
    "app.quit": ("exit", "close"),
    "app.screenshot": ("image", "capture"),
    "workspace.review": ("qa", "quality"),
    "layout.full": ("maximise", "fullscreen"),
}
"""Words that people use in other programs."""

KEPT = 12
"""Commands that are offered again first."""
MOST = 60
"""Lines of the list; who wants more types more."""

_TIME = re.compile(r"(?:(?:at|time|go to)\s+)?(\d+(?:[.,]\d+)?)\s*(s|sec|seconds)?")
_FRAME = re.compile(r"(?:(?:go to\s+)?f(?:rame)?\s+)?(\d+)")


@dataclass(frozen=True)
class Found:
    """A line of the palette: runs a command with an argument.

    Attributes:
        icon: a character of the icon font, "" for none.
        icon_colour: "#RRGGBB", "" for that of text.
        title: what it is.
        note: more about it: the menu, a path.
        command, argument: what it runs.
        keys: the key of the command.
        reason: why it cannot be done now, "" if it can.
    """

    icon: str
    icon_colour: str
    title: str
    note: str
    command: str
    argument: str = ""
    keys: str = ""
    reason: str = ""


class Search:
    """Finds what is typed, the likeliest first; what was used last comes before what fits as well.

    Args:
        workspace: whose commands, tracks and so on.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._used: list[tuple[str, str]] = []

    def used(self, found: Found) -> None:
        """Take down that a line was chosen."""
        name = (found.command, found.argument)
        self._used = [name, *(other for other in self._used if other != name)][:KEPT]

    def results(self, query: str) -> list[Found]:
        """What a query finds; "" finds what was used last, and then every command."""
        query = query.strip()
        ranked: list[tuple[float, int, Found]] = []
        for number, (score, found) in enumerate(self._scored(query)):
            name = (found.command, found.argument)
            recent = self._used.index(name) if name in self._used else None
            bonus = 0.0 if recent is None else (0.2 - 0.01 * recent) * (5 if not query else 1)
            penalty = 0.25 if found.reason and query else 0.0
            ranked.append((-(score + bonus - penalty), number, found))
        ranked.sort(key=lambda row: row[:2])
        return [found for _, _, found in ranked[:MOST]]

    def _scored(self, query: str) -> Iterator[tuple[float, Found]]:
        if query and self._workspace.session.has_log:
            yield from self._places(query)
            yield from self._things(query)
        if query:
            yield from self._logs(query)
        yield from self._commands(query)

    def _commands(self, query: str) -> Iterator[tuple[float, Found]]:
        for command in self._workspace.table.commands:
            if not command.menu or command.name == "palette.open":
                continue
            found = self._command(command)
            others = (found.title, command.tip, command.menu, *SYNONYMS.get(command.name, ()))
            score = max(fit(query, found.title, others[1:]), fit(query, command.title, others))
            if score > 0:
                yield score, found

    def _command(self, command: Command) -> Found:
        reason = why_not(self._workspace, command)
        title = command.title
        if command.name.startswith("category."):
            title = self._category_title(command) or title
        icon = ""
        if command.checked is not None and command.checked(self._workspace):
            icon = ICONS["check"]
        return Found(icon, "", title, reason or command.menu, command.name, "", command.key, reason)

    def _category_title(self, command: Command) -> str:
        """What a number key gives, "Category: Car"."""
        categories = self._workspace.session.labels.ontology.categories
        digit = command.name.rpartition(".")[2]
        named = [category for category in categories if category.hotkey == digit]
        place = int(digit) - 1
        if not named and place < len(categories) and not categories[place].hotkey:
            named = [categories[place]]
        return f"Category: {named[0].title}" if named else ""

    def _places(self, query: str) -> Iterator[tuple[float, Found]]:
        session = self._workspace.session
        start_ns = session.log.start_ns
        frame = _FRAME.fullmatch(query.lower())
        if frame is not None and int(frame[1]) < session.frames:
            number = int(frame[1])
            when = words.seconds(session.log.frames[number].timestamp_ns - start_ns)
            yield (
                2.0,
                Found(ICONS["timeline"], "", f"Frame {number}", when, "frame.go", str(number)),
            )
        time = _TIME.fullmatch(query.lower())
        if time is None or not (time[2] or "." in time[1] or "," in time[1]):
            return
        seconds = float(time[1].replace(",", "."))
        last_ns = session.log.frames[session.frames - 1].timestamp_ns
        wanted_ns = start_ns + round(seconds * 1e9)
        if wanted_ns <= last_ns:
            number = session.log.frames.nearest(wanted_ns)
            title = f"Time {words.seconds(wanted_ns - start_ns)}"
            yield (
                2.0,
                Found(ICONS["timeline"], "", title, f"frame {number}", "frame.go", str(number)),
            )

    def _things(self, query: str) -> Iterator[tuple[float, Found]]:
        session = self._workspace.session
        for track in session.tracks:
            score = fit(query, track.name, (track.id,))
            # "1" means a frame or Car 1, and not each of Car 10 to 19.
            if score <= 0 or (query.isdigit() and str(track.number) != query):
                continue
            style = category_style(track.category)
            here = track.is_present(session.timestamp_ns)
            note = "track" if here else "track, not in this frame"
            yield (
                score + 0.05,
                Found(style.glyph, style.colour, track.name, note, "palette.track", track.id),
            )
        for camera in session.log.cameras:
            title = f"Camera: {words.camera_title(camera)}"
            score = fit(query, title, (camera,))
            if score > 0:
                yield score, Found(ICONS["camera"], "", title, "camera", "camera.show", camera)
        for name in self._workspace.desk.tabs:
            score = fit(query, f"Layout {name}", ("workspace", "panes"))
            if score > 0:
                yield (
                    score - 0.02,
                    Found(ICONS["layout"], "", f"Layout: {name}", "layout", "layout.show", name),
                )
        numbered = {
            self._category_title(row)
            for row in self._workspace.table.commands
            if row.name.startswith("category.")
        }
        reason = "" if session.labels.editable else "These labels can only be looked at"
        for category in session.labels.ontology.categories:
            title = f"Category: {category.title}"
            score = fit(query, title, (category.key,))
            if score > 0 and title not in numbered:
                yield (
                    score,
                    replace(
                        self._category(category.key, title),
                        reason=reason, note=reason or "category",
                    ),
                )  # fmt: skip

    @staticmethod
    def _category(key: str, title: str) -> Found:
        style = category_style(key)
        return Found(style.glyph, style.colour, title, "category", "palette.category", key)

    def _logs(self, query: str) -> Iterator[tuple[float, Found]]:
        for log in self._workspace.start.recent:
            path = log.path.rstrip("/")
            name = PurePosixPath(path).name
            score = fit(query, name, (path, "open recent log"))
            if score > 0:
                yield (
                    score - 0.05,
                    Found(ICONS["database"], "", f"Open {name}", path, "log.recent", log.path),
                )
