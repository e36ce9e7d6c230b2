"""Commands about time: playing, frames, keyframes, and which tracks have lanes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from av3d.present import words
from av3d.present.certainty import TrackCertainty
from av3d.present.choices import Choice
from av3d.present.commands.choosing import choices_of
from av3d.present.commands.command import Command, has_selection
from av3d.present.drawing import Rect
from av3d.present.lanes import LaneMode
from av3d.present.layout import REVIEW
from av3d.present.playback import SPEEDS
from av3d.present.tasks import Report, Work
from av3d.tracks.keyframe import Provenance
from av3d.tracks.operations.keyframes import confirm
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace

Action = Callable[["Workspace", str], None]


# Playing


def _set_speed(workspace: Workspace, argument: str) -> None:
    session = workspace.session
    session.playback.set_speed(float(argument), session.frame, session.clock())


def _step_speed(step: int) -> Action:
    def action(workspace: Workspace, _argument: str) -> None:
        at = SPEEDS.index(workspace.session.playback.speed) + step
        _set_speed(workspace, str(SPEEDS[min(max(at, 0), len(SPEEDS) - 1)]))

    return action


def _choose_speed(workspace: Workspace, argument: str) -> None:
    """A list below the button; the argument is its place in the header."""
    now = workspace.session.playback.speed
    items = tuple(
        Choice(
            f"{speed:g}×",
            lambda speed=speed: _set_speed(workspace, str(speed)),  # type: ignore[misc]
            on=speed == now,
        )
        for speed in SPEEDS
    )
    workspace.session.choices.open("timeline_head", _anchor(argument), items)


def _anchor(argument: str) -> Rect:
    """A place written as "x y width height"; from keys and menus the corner of the header."""
    parts = [float(part) for part in argument.split()]
    return Rect(*parts) if len(parts) == 4 else Rect(0, 0, 0, 32)


def _toggle_loop(workspace: Workspace, _argument: str) -> None:
    workspace.session.playback.loop = not workspace.session.playback.loop


# Frames and keyframes


def _step(frames: int) -> Action:
    return lambda workspace, _: workspace.session.go_to(workspace.session.frame + frames)


def _go_to_end_key(row: int) -> Action:
    def action(workspace: Workspace, _argument: str) -> None:
        track = workspace.session.selected_track
        if track is not None:
            workspace.session.go_to_time(track.times_ns[row])

    return action


def _go_to_edge(step: int) -> Action:
    """To the next (+1) or previous (-1) frame where the selected track comes or goes."""

    def action(workspace: Workspace, _argument: str) -> None:
        session = workspace.session
        track = session.selected_track
        if track is None:
            return
        nearest = session.log.frames.nearest
        edges = {nearest(t) for span in track.presence for t in (span.start_ns, span.end_ns)}
        ahead = [frame for frame in edges if (frame - session.frame) * step > 0]
        if ahead:
            session.go_to(min(ahead) if step > 0 else max(ahead))

    return action


def _confirm_here(workspace: Workspace, _argument: str) -> None:
    session = workspace.session
    track, now = session.selected_track, session.timestamp_ns
    if track is not None:
        title = f"Confirm the keyframe of {track.name} at frame {session.frame}"
        session.edits.do(title, lambda document: confirm(document, [track.id], now, now))


def _has_doubtful_key(workspace: Workspace) -> bool:
    """Whether there is a keyframe here that no person vouches for."""
    session = workspace.session
    track = session.selected_track
    keyframe = track.keyframe_at(session.timestamp_ns) if track is not None else None
    return keyframe is not None and keyframe.provenance is not Provenance.MANUAL


def _go_to_suggested(workspace: Workspace, _argument: str) -> None:
    session = workspace.session
    track = session.selected_track
    if track is None:
        return
    suggestion = session.certainties.suggest_now(track)
    if suggestion is not None:
        session.go_to_time(suggestion.time_ns)
        return
    why = (
        "One keyframe says nothing about how it moves. Set a second one."
        if len(track.times_ns) == 1
        else "All its frames have keyframes."
    )
    session.say("info", f"No frame to suggest for {track.name}", why)


def _go_to_least(workspace: Workspace, _argument: str) -> None:
    session = workspace.session
    track = session.selected_track
    if track is not None:
        _show_least(workspace, [(track, session.certainties.judge_now(track))])


def _go_to_least_of_all(workspace: Workspace, _argument: str) -> None:
    """Tracks that nobody has looked at are judged first, while the window goes on."""
    session = workspace.session
    tracks, certainties = session.tracks, session.certainties
    unknown = certainties.unknown(tracks)

    def judged(report: Report) -> list[tuple[Track, TrackCertainty | None]]:
        found = []
        for number, track in enumerate(unknown):
            report("", number, len(unknown))
            found.append((track, certainties.judge(track)))
        return found

    def then(found: list[tuple[Track, TrackCertainty | None]]) -> None:
        for track, certainty in found:
            # One that was edited meanwhile is another track.
            if session.track(track.id) is track:
                certainties.learn(track, certainty)
        _show_least(workspace, [(track, certainties.of(track)) for track in session.tracks])

    if unknown:
        session.works.add(Work("Judging tracks", judged, then=then, alone=False))
    else:
        then([])


def _show_least(workspace: Workspace, judged: list[tuple[Track, TrackCertainty | None]]) -> None:
    """Go to the least certain frame of some tracks, and say how certain it is."""
    session = workspace.session
    found = [
        (certainty.least[1], certainty.least[0], track)
        for track, certainty in judged
        if certainty is not None and certainty.least is not None
    ]
    if not found:
        what = judged[0][0].name if len(judged) == 1 else "any track"
        why = "Only frames between two keyframes can be judged."
        session.say("info", f"No uncertain frame of {what}", why)
        return
    overlap, time_ns, track = min(found, key=lambda item: item[:2])
    session.go_to_time(time_ns)
    if track.id != session.selected:
        workspace.show_track(track.id)
    session.say(
        "info",
        f"{track.name} at frame {session.frame}",
        f"Expected overlap with the truth {words.number(100 * overlap, 0)} %.",
    )


# Lanes


def _set_lanes(mode: LaneMode) -> Action:
    def action(workspace: Workspace, _argument: str) -> None:
        workspace.timeline.lanes.mode = mode

    return action


def _choose_lanes(workspace: Workspace, argument: str) -> None:
    items = tuple(
        Choice(
            mode.words.capitalize(),
            lambda mode=mode: workspace.run(f"lanes.{mode.value}"),  # type: ignore[misc]
            on=mode is workspace.timeline.lanes.mode,
        )
        for mode in LaneMode
    )
    workspace.session.choices.open("timeline_head", _anchor(argument), items)


AROUND_S = 1.0
"""So much before and after a finding is played in Review."""

MENUS_OF_PLACES = {
    "key": (
        "edit.delete_keyframe", "key.confirm", "key.previous", "key.next", "span.from", "span.to",
    ),
    "span": (
        "span.delete", "span.convert", "span.simplify", "span.confirm", "span.flip", "span.absent",
        "span.present", "play.loop", "span.clear",
    ),
    "lane": (
        "edit.keyframe", "key.suggested", "certainty.least", "edge.previous", "edge.next",
        "span.from", "span.to", "span.track",
    ),
}  # fmt: skip
"""Commands for what lies under the pointer."""


def _open_menu(workspace: Workspace, argument: str) -> None:
    """Commands that fit a place of the timeline; the argument is what lies there, x and y."""
    kind, x, y = argument.split() if argument else ("lane", "0", "0")
    names = MENUS_OF_PLACES.get(kind, MENUS_OF_PLACES["lane"])
    if kind in ("ruler", "span start", "span end"):
        names = ("span.from", "span.to", "span.clear", "play.loop", "timeline.whole")
    items = choices_of(workspace, names, ("span.from", "play.loop"))
    anchor = Rect(float(x), float(y), 0, 0)
    workspace.session.choices.open("timeline", anchor, items)


def _toggle_play(workspace: Workspace, _argument: str) -> None:
    """In Review what is played is the finding: people want to see what moves wrongly, again and again."""
    session = workspace.session
    finding = workspace.review.finding if workspace.desk.base == REVIEW else None
    if finding is None or session.playback.playing:
        session.toggle_play()
    else:
        session.play_around(finding.timestamp_ns, AROUND_S)


def _show_whole(workspace: Workspace, _argument: str) -> None:
    timeline = workspace.timeline
    start_ns, end_ns = timeline.bounds_ns
    timeline.show(timeline.axis.showing(start_ns, end_ns - start_ns, timeline.bounds_ns))


COMMANDS: tuple[Command, ...] = (
    Command("play.toggle", "Play or stop", "Timeline", _toggle_play, ("Space",),
            checked=lambda w: w.session.playback.playing,
            tip="In Review two seconds around the finding"),
    Command("play.slower", "Play slower", "Timeline", _step_speed(-1), (",",)),
    Command("play.faster", "Play faster", "Timeline", _step_speed(1), (".",)),
    Command("play.speeds", "Speed of playing", "Timeline", _choose_speed),
    Command("play.loop", "Play in a loop", "Timeline", _toggle_loop,
            checked=lambda w: w.session.playback.loop, tip="The span, where one is chosen, else the log"),
    Command("frame.next", "Next frame", "Timeline", _step(1), ("Right",), separated=True),
    Command("frame.previous", "Previous frame", "Timeline", _step(-1), ("Left",)),
    Command("frame.next10", "10 frames on", "Timeline", _step(10), ("Shift+Right",)),
    Command("frame.previous10", "10 frames back", "Timeline", _step(-10), ("Shift+Left",)),
    Command("frame.first", "First frame", "Timeline", lambda w, _: w.session.go_to(0), ("Home",)),
    Command("frame.last", "Last frame", "Timeline",
            lambda w, _: w.session.go_to(w.session.frames - 1), ("End",)),
    Command("frame.ask", "Type a frame or a time", "Timeline",
            lambda w, _: w.timeline_head.ask_frame(), ("Ctrl+J",), tip="14, or 1.4 s"),
    Command("frame.go", "Go to a frame", "", lambda w, a: w.session.go_to(int(a))),
    Command("key.next", "Next keyframe", "Timeline", lambda w, _: w.session.go_to_keyframe(1),
            ("PageDown",), has_selection, separated=True),
    Command("key.previous", "Previous keyframe", "Timeline",
            lambda w, _: w.session.go_to_keyframe(-1), ("PageUp",), has_selection),
    Command("key.first", "First keyframe", "Timeline", _go_to_end_key(0), ("Ctrl+Home",),
            has_selection),
    Command("key.last", "Last keyframe", "Timeline", _go_to_end_key(-1), ("Ctrl+End",),
            has_selection),
    Command("key.confirm", "Confirm keyframe", "Timeline", _confirm_here, ("Shift+K",),
            _has_doubtful_key, tip="You vouch for it: it counts as set by hand from now on"),
    Command("key.suggested", "Suggested keyframe", "Timeline", _go_to_suggested, ("N",),
            has_selection, tip="The frame where one more keyframe would help the track most"),
    Command("certainty.least", "Least certain frame of the track", "Timeline", _go_to_least,
            ("Shift+N",), has_selection),
    Command("certainty.least_of_all", "Least certain frame of all tracks", "Timeline",
            _go_to_least_of_all, ("Ctrl+N",)),
    Command("edge.next", "Next start or end of the track", "Timeline", _go_to_edge(1),
            ("Ctrl+PageDown",), has_selection),
    Command("edge.previous", "Previous start or end of the track", "Timeline", _go_to_edge(-1),
            ("Ctrl+PageUp",), has_selection),
    *(Command(f"lanes.{mode.value}", f"Lanes: {mode.words}", "Timeline", _set_lanes(mode),
              checked=lambda w, mode=mode: w.timeline.lanes.mode is mode,  # type: ignore[misc]
              separated=mode is LaneMode.NEAR)
      for mode in LaneMode),
    Command("timeline.whole", "Show the whole log", "Timeline", _show_whole, ("Shift+0",),
            lambda w: w.timeline.zoomed),
    Command("lanes.choose", "Which tracks have lanes", "", _choose_lanes),
    Command("timeline.menu", "Commands for a place of the timeline", "", _open_menu),
)  # fmt: skip
