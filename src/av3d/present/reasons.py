"""Why a command cannot be done now, in words: for menus and the palette, where it is greyed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av3d.present.commands.command import Command, has_cameras, has_lidars

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace

OF_COMMANDS = {
    "work.cancel": "Nothing is at work",
    "log.check": "The check is at work",
    "log.findings": "Check the log first",
    "log.check_save": "The check has found nothing that has a picture",
    "labels.import": "These labels can only be looked at",
    "labels.export": "There are no tracks",
    "edit.undo": "Nothing to undo",
    "edit.redo": "Nothing to redo",
    "edit.paste": "Copy a cuboid first",
    "edit.paste_new": "Copy a cuboid first",
    "review.accept": "No finding is chosen",
    "review.fix": "No finding is chosen",
    "review.repair": "The check cannot put this right by itself",
    "review.send_back": "No finding is chosen",
    "review.next": "There is no finding",
    "review.previous": "There is no finding",
    "review.skip": "There is no finding",
    "review.theirs": "Compare with other labels first",
    "review.average": "Compare with other labels first",
    "labels.compare_end": "Nothing is compared",
    "task.submit": "No task of this log is being labelled",
    "task.send_back": "No task of this log is in review",
    "task.done": "No task of this log is in review",
    "review.drop_plan": "There is no review plan",
    "issue.resolve": "No open issue shows",
    "issue.wont_fix": "No open issue shows",
    "issue.reopen": "No closed issue shows",
    "finding.next": "No check has found anything",
    "finding.previous": "No check has found anything",
    "finding.repair": "No check can put anything right here",
    "points.more_sweeps": "There are no more sweeps to join",
    "points.fewer_sweeps": "Only the sweep of the frame shows",
    "points.moving": "Join sweeps first",
    "points.ground": "Without points there is no ground",
    "tracks.show_all": "No track is hidden",
    "timeline.whole": "The whole log shows",
    "key.confirm": "No keyframe of the selected track here waits for a person",
    "span.clear": "No span is chosen",
    "track.merge": "Select two tracks or more",
    "track.swap": "Select two tracks",
    "track.copy_shape": "Select the track to copy from, then others with Ctrl",
    "track.find_again": "Select the track that was lost, and no other",
    "track.split": "The track does not go on from before this frame",
    "track.paste": "Copy a track first",
    "track.unrelate": "The track belongs to nothing",
    "track.retime": "There is no keyframe of the track in this frame",
    "presence.join": "The track has no gap",
    "presence.here": "The track is there in this frame",
    "presence.only_here": "The track is there in this frame",
    "event.change": "There is no event",
}
"""Where nothing more general applies."""

EDITING = ("Edit", "Cuboid")
"""Menus in which nearly everything changes labels."""

EDITS = ("track.", "presence.", "event.", "span.")
"""The same of commands in other menus."""


def why_not(workspace: Workspace, command: Command) -> str:
    """What a command lacks to be done now, as a sentence without a full stop; "" if it can be done."""
    if workspace.can(command):
        return ""
    session = workspace.session
    if command.workspace not in ("", workspace.desk.base):
        return f"Only in {command.workspace.capitalize()}"
    if command.enabled is has_cameras:
        return "This log has no cameras"
    if command.enabled is has_lidars:
        return "This log has one LiDAR"
    if command.name.startswith("category."):
        return f"No category has the key {command.key}" if command.key else "No such category"
    edits = command.menu in EDITING or command.name.startswith(EDITS)
    if edits and not session.labels.editable:
        return "These labels can only be looked at"
    if command.name in OF_COMMANDS:
        return OF_COMMANDS[command.name]
    if session.selected is None:
        return "Select a track first"
    if command.name.startswith("span.") and session.span is None:
        return "Choose a span first: hold Shift and drag on the ruler of the timeline"
    track = session.selected_track
    if track is not None and session.selected_box() is None:
        return f"{track.name} is not there in this frame"
    return "It would change nothing now"
