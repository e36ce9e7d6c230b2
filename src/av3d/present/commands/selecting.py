"""Commands that select and find tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av3d.present.commands.command import Command

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace


def _all_tracks(workspace: Workspace, _argument: str) -> None:
    workspace.tracks.all_tracks = not workspace.tracks.all_tracks


COMMANDS: tuple[Command, ...] = (
    Command("track.next", "Next track", "Track", lambda w, _: w.session.select_step(1), ("Tab",)),
    Command("track.previous", "Previous track", "Track", lambda w, _: w.session.select_step(-1),
            ("Shift+Tab",)),
    Command("track.clear", "Clear the selection", "Track", lambda w, _: w.escape(), ("Esc",)),
    Command("track.select", "Select a track", "", lambda w, a: w.session.select(a)),
    Command("tracks.search", "Find a track", "Track", lambda w, _: w.begin_search(), ("/", "Ctrl+F"),
            separated=True),
    Command("tracks.clear_search", "Clear the search", "", lambda w, _: w.set_query("")),
    Command("tracks.sort", "Sort by name, points or distance", "Track",
            lambda w, _: w.tracks.next_sort()),
    Command("tracks.all", "Tracks of all frames", "Track", _all_tracks,
            checked=lambda w: w.tracks.all_tracks),
    Command("tracks.category", "Show only a category", "", lambda w, a: w.tracks.toggle_category(a)),
)  # fmt: skip
