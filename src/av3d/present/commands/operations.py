"""Commands of all operations on tracks: what they are called, when they can be done, their keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from av3d.present.commands.asking import ask
from av3d.present.commands.command import Command, has_selection
from av3d.present.operations import belonging, copies, events, identity, names, presence, shape

if TYPE_CHECKING:
    from av3d.present.session import Session
    from av3d.present.workspace import Workspace

Action = Callable[["Workspace", str], None]


def _do(action: Callable[[Session], None]) -> Action:
    """An edit that is made at once."""

    def run(workspace: Workspace, _argument: str) -> None:
        workspace.session.edits.settle()
        action(workspace.session)

    return run


def _selected(count: int, most: int | None = None) -> Callable[[Workspace], bool]:
    def enabled(workspace: Workspace) -> bool:
        chosen = len(workspace.session.selection)
        return can_edit(workspace) and chosen >= count and (most is None or chosen <= most)

    return enabled


def can_edit(workspace: Workspace) -> bool:
    """Whether a track is selected and edits would be kept."""
    return has_selection(workspace) and workspace.session.labels.editable


def _is_here(workspace: Workspace) -> bool:
    session = workspace.session
    track = session.selected_track
    return can_edit(workspace) and track is not None and track.is_present(session.timestamp_ns)


def _is_away(workspace: Workspace) -> bool:
    return can_edit(workspace) and not _is_here(workspace)


def _is_inside(workspace: Workspace) -> bool:
    """Whether all selected tracks are there before this frame and from it on."""
    session = workspace.session
    found = [session.track(track_id) for track_id in session.selection]
    now = session.timestamp_ns
    return can_edit(workspace) and all(
        t is not None and t.start_ns < now <= t.end_ns for t in found
    )


def _has_key_here(workspace: Workspace) -> bool:
    session = workspace.session
    track = session.selected_track
    return (
        can_edit(workspace)
        and track is not None
        and track.keyframe_at(session.timestamp_ns) is not None
    )


def _has_gap(workspace: Workspace) -> bool:
    session = workspace.session
    found = (session.track(track_id) for track_id in session.selection)
    return can_edit(workspace) and any(t is not None and len(t.presence) > 1 for t in found)


def _has_relation(workspace: Workspace) -> bool:
    track = workspace.session.selected_track
    return can_edit(workspace) and track is not None and bool(track.relations)


def _is_editable(workspace: Workspace) -> bool:
    return workspace.session.labels.editable


def _has_events(workspace: Workspace) -> bool:
    return _is_editable(workspace) and bool(events.own_events(workspace.session))


def _has_copied(workspace: Workspace) -> bool:
    return _is_editable(workspace) and copies.CLIPBOARD.track is not None


COMMANDS: tuple[Command, ...] = (
    Command("track.category", "Change category", "Track", ask(names.category), ("Shift+C",),
            can_edit, separated=True,
            tip="All categories of the ontology; the number stays if it is free"),
    Command("track.number", "Change number", "Track", ask(names.number), ("Ctrl+R",), can_edit),
    Command("track.motion", "Motion between keyframes", "Track", ask(shape.motion), (), can_edit,
            tip="Automatic, static, linear, smooth or as a vehicle"),
    Command("track.size", "One size or free size", "Track", ask(shape.size), ("Shift+M",), can_edit),
    Command("track.static_mean", "Static at the mean place", "Track", _do(shape.static_mean), (),
            can_edit, tip="It stands where its keyframes say on the whole, whatever a few of them say"),
    Command("track.attributes", "Attributes in a span", "Track", ask(belonging.attributes_on_span),
            (), can_edit, tip="In the chosen span, or for the whole track"),
    Command("track.merge", "Merge selected tracks", "Track", ask(identity.merge), ("J",),
            _selected(2), separated=True, tip="One track of several; says what is given up"),
    Command("track.find_again", "Find the track again", "Track", ask(identity.find_again),
            ("Shift+J",), _selected(1, 1),
            tip="Tracks that begin after this one ends and may be the same object"),
    Command("track.split", "Split at this frame", "Track", _do(identity.split), ("X",), _is_inside,
            tip="This frame and what follows become a track of their own"),
    Command("track.swap", "Swap identities from here on", "Track", ask(identity.swap), ("Shift+X",),
            _selected(2, 2), tip="Of the two selected tracks"),
    Command("track.copy", "Copy track", "Track", _do(copies.copy), ("Ctrl+Alt+C",), has_selection,
            separated=True, tip="With all its keyframes, for this log or another one"),
    Command("track.paste", "Paste track", "Track", ask(copies.paste), ("Ctrl+Alt+V",), _has_copied,
            tip="As a new track, at this frame"),
    Command("track.duplicate", "Duplicate track", "Track", ask(copies.duplicate), ("Ctrl+D",),
            can_edit, tip="Beside it, with all its keyframes"),
    Command("track.copy_shape", "Copy shape to other selected tracks", "Track",
            ask(shape.copy_shape), (), _selected(2),
            tip="Size of the leading track, and its attributes if wanted"),
    Command("edit.copy_seen_next", "Copy to next frame as the vehicle sees it", "Edit",
            _do(lambda session: copies.copy_as_seen(session, 1)), (), _is_here,
            tip="For what goes along with the vehicle"),
    Command("edit.copy_seen_previous", "Copy to previous frame as the vehicle sees it", "Edit",
            _do(lambda session: copies.copy_as_seen(session, -1)), (), _is_here),
    Command("presence.from", "There from here on", "Track", _do(presence.from_here), ("Ctrl+[",),
            can_edit, separated=True, tip="Not there before this frame; keyframes stay"),
    Command("presence.until", "There until here", "Track", _do(presence.until_here), ("Ctrl+]",),
            can_edit, tip="Not there after this frame; keyframes stay"),
    Command("presence.not_here", "Not there in this frame", "Track", _do(presence.not_here),
            ("Ctrl+Backspace",), _is_here),
    Command("presence.here", "There up to this frame", "Track", _do(presence.here_too), ("Ctrl+\\",),
            _is_away, tip="The nearest time at which it is there grows to this frame"),
    Command("presence.only_here", "There in this frame alone", "Track", _do(presence.only_here), (),
            _is_away, tip="Beside the times at which it is there"),
    Command("presence.join", "There without gaps", "Track", _do(presence.without_gaps), (),
            _has_gap, tip="From where it comes first to where it goes last"),
    Command("presence.all", "There in all frames", "Track", _do(presence.everywhere), (), can_edit),
    Command("presence.reasons", "Why it comes and goes", "Track", ask(presence.reasons), (),
            can_edit, tip="Hidden, out of view or out of range"),
    Command("presence.drop", "Delete keyframes where it is not there", "Track",
            _do(presence.drop_absent), (), can_edit),
    Command("track.relate", "Belongs to another track", "Track", ask(belonging.relate),
            ("Ctrl+Alt+B",), can_edit, separated=True,
            tip="Towed by, rides and others; a second selected track is the other one"),
    Command("track.unrelate", "No longer belongs", "Track", ask(belonging.unrelate), (),
            _has_relation),
    Command("track.retime", "Move keyframe to another frame", "Timeline", ask(events.retime),
            ("Ctrl+Shift+J",), _has_key_here, separated=True,
            tip="With its values; on the timeline a drag does the same"),
    Command("track.simplify", "Simplify keyframes", "Timeline", ask(shape.thin), ("Ctrl+Shift+K",),
            can_edit, tip="In the span, or all; shows how many stay and what changes"),
    Command("span.change", "Move, turn and resize in the span", "Timeline", ask(shape.batch),
            ("Shift+B",), can_edit, tip="All frames of the span at once, or all of the track"),
    Command("span.quarter", "Turn by 90 ° in the span", "Timeline", _do(shape.quarter_in_span), (),
            lambda w: can_edit(w) and w.session.span is not None,
            tip="The left side becomes the front; length and width are swapped"),
    Command("event.add", "Add an event", "Timeline", ask(events.add), ("Ctrl+E",), _is_editable,
            separated=True, tip="In the span, or in this frame; selected tracks take part"),
    Command("event.change", "Change an event", "Timeline", ask(events.change), (), _has_events,
            tip="Its note or its time; or delete it"),
    Command("event.tag", "Tag the log", "Timeline", ask(events.tag), (), _is_editable,
            tip="What holds for all of it, such as rain"),
    Command("tracks.learn_hand", "Learn how exact keyframes are", "Edit", _do(shape.learn_hand), (),
            _is_editable, separated=True,
            tip="From all tracks together; motion between keyframes and certainty follow it"),
    Command("tracks.of_category", "Select all of this category", "Edit", _do(names.of_category),
            ("Ctrl+Shift+A",), has_selection, separated=True),
    Command("tracks.in_frame", "Select all in this frame", "Edit", _do(names.in_frame), ()),
    Command("tracks.invert", "Invert the selection in this frame", "Edit", _do(names.invert),
            ("Ctrl+I",)),
)  # fmt: skip
