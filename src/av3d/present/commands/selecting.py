"""Commands that select, find, list and hide tracks, and show what is known of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from av3d.present.commands.command import Command, has_selection
from av3d.present.track_list import SORTS

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace


def _all_tracks(workspace: Workspace, _argument: str) -> None:
    workspace.tracks.list.all_tracks = not workspace.tracks.list.all_tracks


def _sort(workspace: Workspace, sort: str) -> None:
    """By a column, or, from menu and palette, by the next one."""
    listed = workspace.tracks.list
    listed.sort_by(sort or SORTS[(SORTS.index(listed.sort) + 1) % len(SORTS)])


def _group(workspace: Workspace, _argument: str) -> None:
    workspace.tracks.list.grouped = not workspace.tracks.list.grouped


def _fold(workspace: Workspace, category: str) -> None:
    workspace.tracks.list.shut ^= {category}


def _category(workspace: Workspace, category: str) -> None:
    workspace.tracks.list.categories ^= {category}


def _hide(workspace: Workspace, track_id: str) -> None:
    """One track, or all that are selected: shown if all of them are hidden, else hidden."""
    session = workspace.session
    ids = frozenset([track_id] if track_id else session.selection)
    session.hide(session.hidden - ids if ids <= session.hidden else session.hidden | ids)


def _only_selected(workspace: Workspace, _argument: str) -> None:
    session = workspace.session
    others = {track.id for track in session.tracks} - set(session.selection)
    session.hide(() if session.hidden == others else others)


def _only_selected_show(workspace: Workspace) -> bool:
    session = workspace.session
    return bool(session.selection) and session.hidden == (
        {track.id for track in session.tracks} - set(session.selection)
    )


def _tab(tab: str) -> Callable[[Workspace, str], None]:
    return lambda workspace, _: workspace.inspector.show_tab(tab)


def _has_tab(tab: str) -> Callable[[Workspace], bool]:
    return lambda workspace: workspace.inspector.tab == tab


def _is_grouped(workspace: Workspace) -> bool:
    return workspace.tracks.list.grouped


def _are_all(workspace: Workspace) -> bool:
    return workspace.tracks.list.all_tracks


def _toggle_world(workspace: Workspace, _argument: str) -> None:
    workspace.inspector.cuboid.toggle_world()


def _is_world(workspace: Workspace) -> bool:
    return workspace.inspector.cuboid.world


def _fit_suggested(workspace: Workspace, _argument: str) -> None:
    """Go where one more keyframe would help most, and fit the cuboid to the points there."""
    session = workspace.session
    track = session.selected_track
    found = None if track is None else session.certainties.suggest_now(track)
    # Where there is none, this says why.
    workspace.run("key.suggested")
    if found is not None:
        workspace.run("edit.fit")


def _note(workspace: Workspace, _argument: str) -> None:
    workspace.inspector.begin_note()


def _type(name: str) -> Callable[[Workspace, str], None]:
    def action(workspace: Workspace, _argument: str) -> None:
        workspace.inspector.show_tab("cuboid")
        workspace.inspector.begin_value(name)

    return action


COMMANDS: tuple[Command, ...] = (
    Command("track.next", "Next track", "Track", lambda w, _: w.session.select_step(1), ("Tab",),
            separated=True),
    Command("track.previous", "Previous track", "Track", lambda w, _: w.session.select_step(-1),
            ("Shift+Tab",)),
    Command("track.below", "Track below in the list", "Track", lambda w, _: w.tracks.step(1),
            ("Down",)),
    Command("track.above", "Track above in the list", "Track", lambda w, _: w.tracks.step(-1),
            ("Up",)),
    Command("track.below_too", "Select the track below too", "",
            lambda w, _: w.tracks.step(1, extend=True), ("Shift+Down",)),
    Command("track.above_too", "Select the track above too", "",
            lambda w, _: w.tracks.step(-1, extend=True), ("Shift+Up",)),
    Command("track.all", "Select all listed tracks", "Track",
            lambda w, _: w.tracks.select_listed(), ("Ctrl+A",)),
    Command("track.clear", "Clear the selection", "Track", lambda w, _: w.escape(), ("Esc",)),
    Command("track.select", "Select a track", "", lambda w, a: w.session.select(a)),
    Command("track.note", "Write a note", "Track", _note, (), has_selection, separated=True),
    Command("tracks.hide", "Hide or show selected tracks", "Track", _hide, ("Alt+H",),
            has_selection, tip="Views do not draw hidden tracks; the list has them all the same"),
    Command("tracks.only", "Show only selected tracks", "Track", _only_selected, ("Alt+Shift+H",),
            has_selection, checked=_only_selected_show),
    Command("tracks.show_all", "Show all tracks", "Track", lambda w, _: w.session.hide(()), (),
            lambda w: bool(w.session.hidden)),
    Command("tracks.search", "Find a track", "Track", lambda w, _: w.begin_search(), ("/", "Ctrl+F"),
            separated=True),
    Command("tracks.clear_search", "Clear the search", "", lambda w, _: w.set_query("")),
    Command("tracks.sort", "Sort the list by the next column", "Track", _sort),
    Command("tracks.group", "Group the list by category", "Track", _group,
            checked=_is_grouped),
    Command("tracks.fold", "Fold a category of the list", "", _fold),
    Command("tracks.all", "List the tracks of all frames", "Track", _all_tracks,
            checked=_are_all),
    Command("tracks.category", "Show only a category", "", _category),
    Command("inspector.cuboid", "Inspector: cuboid", "View", _tab("cuboid"),
            checked=_has_tab("cuboid"), separated=True),
    Command("inspector.track", "Inspector: track", "View", _tab("track"), checked=_has_tab("track")),
    Command("inspector.history", "Inspector: history of the track", "View", _tab("history"),
            checked=_has_tab("history")),
    Command("inspector.world", "Inspector: values in the world frame", "View",
            _toggle_world, checked=_is_world),
    Command("edit.fit_suggested", "Go to the suggested keyframe and fit", "Cuboid", _fit_suggested,
            ("Alt+N",), lambda w: has_selection(w) and w.session.labels.editable,
            tip="The frame where one more keyframe would help the track most"),
    Command("inspector.place", "Type the place of the cuboid", "Edit", _type("x"), (),
            has_selection, separated=True),
    Command("inspector.size", "Type the size of the cuboid", "Edit", _type("length"), (),
            has_selection),
    Command("inspector.heading", "Type the heading of the cuboid", "Edit", _type("yaw"), (),
            has_selection),
)  # fmt: skip
