"""Copies of whole tracks: beside the original, at another time, in another log."""

from __future__ import annotations

from dataclasses import dataclass

from av3d.geometry.se3 import SE3
from av3d.present import words
from av3d.present.dialog import Amount, Dialog, Input, Option, Pick, Plan, Values
from av3d.present.operations.common import do
from av3d.present.selection import for_each, selected_tracks
from av3d.present.session import Session
from av3d.tracks.operations import copying
from av3d.tracks.operations.common import cuboid_at
from av3d.tracks.track import Track

SPACE_M = 0.5
"""Between a track and its copy beside it."""


@dataclass(eq=False)
class Clipboard:
    """The track that was copied last; it outlives the log, so that it can go into another one.

    Attributes:
        track: the track, or None.
        log: name of its log.
        time_ns: when it was copied: the time of the frame that showed.
        world_SE3_ego: the pose of the vehicle then.
    """

    track: Track | None = None
    log: str = ""
    time_ns: int = 0
    world_SE3_ego: SE3 | None = None


CLIPBOARD = Clipboard()
"""Of the process, as people expect of copying."""


def copy(session: Session) -> None:
    """Remember the leading track as a whole."""
    track = selected_tracks(session)[0]
    CLIPBOARD.track, CLIPBOARD.log = track, session.log.name
    CLIPBOARD.time_ns = session.timestamp_ns
    CLIPBOARD.world_SE3_ego = session.log.world_SE3_ego(session.timestamp_ns)
    session.say("info", f"{track.name} copied",
                "Paste track sets it in another frame, or in another log.")  # fmt: skip


def paste(session: Session) -> Dialog | None:
    """A new track like the copied one, moved to this frame."""
    track, source_SE3_ego = CLIPBOARD.track, CLIPBOARD.world_SE3_ego
    if track is None or source_SE3_ego is None:
        return None
    frame, now = session.frame, session.timestamp_ns
    same_log = CLIPBOARD.log == session.log.name
    world_SE3_ego = session.log.world_SE3_ego(now)
    places = (Option("ego", "As the vehicle saw it"), Option("world", "Where it was in the world"))
    times = (Option("here", f"As if copied at frame {frame}"), Option("same", "At its own time"))

    def inputs(_values: Values) -> tuple[Input, ...]:
        if not same_log:
            return ()
        return Pick("place", "Where", places), Pick("time", "When", times)

    def plan(values: Values) -> Plan:
        by_ego = values["place"] == "ego"
        world_SE3_source = world_SE3_ego @ source_SE3_ego.inverse() if by_ego else None
        shift_ns = now - CLIPBOARD.time_ns if values["time"] == "here" else 0
        return Plan(
            f"Paste {track.name}",
            lambda document: copying.paste_track(document, track, world_SE3_source, shift_ns),
            (f"A new track like {track.name} of {CLIPBOARD.log}, "
             f"with {words.plural(len(track.keyframes), 'keyframe')}.",),
        )  # fmt: skip

    start = {"place": "ego" if not same_log else "world", "time": "here"}
    return Dialog("paste_track", f"Paste {track.name}", "copy", "Paste", plan, inputs, start,
                  shows_new=True)  # fmt: skip


def duplicate(session: Session) -> Dialog:
    """A second track like the leading one, beside it."""
    track = selected_tracks(session)[0]
    now = session.timestamp_ns
    cuboid = cuboid_at(track, now if track.is_present(now) else track.start_ns)
    rotation = cuboid.frame_SE3_cuboid.rotation
    inputs = (
        Amount("left", "To its left", "m", 0.1, -500, 500, 2),
        Amount("forward", "Forward", "m", 0.1, -500, 500, 2),
        Amount("up", "Up", "m", 0.05, -50, 50, 2),
    )

    def plan(values: Values) -> Plan:
        own = [float(values[name]) for name in ("forward", "left", "up")]
        world_SE3_source = SE3.identity() if not any(own) else SE3(
            SE3.identity().rotation, rotation @ own
        )  # fmt: skip
        return Plan(
            f"Duplicate {track.name}",
            lambda document: copying.paste_track(document, track, world_SE3_source),
            (f"A new track like {track.name}, moved as a whole.",),
        )

    start = {"left": round(cuboid.width_m + SPACE_M, 1), "forward": 0.0, "up": 0.0}
    return Dialog("duplicate", f"Duplicate {track.name}", "copy", "Duplicate", plan,
                  lambda _values: inputs, start, shows_new=True)  # fmt: skip


def copy_as_seen(session: Session, step: int) -> None:
    """The cuboids of this frame as keyframes of the next one, as the vehicle sees them; goes there."""
    frame = session.frame + step
    if not 0 <= frame < session.frames:
        return
    now, then = session.timestamp_ns, session.log.frames[frame].timestamp_ns
    poses = session.log.world_SE3_ego(now), session.log.world_SE3_ego(then)
    here = [track.id for track in selected_tracks(session) if track.is_present(now)]
    if do(session, f"Copy to frame {frame} as the vehicle sees it",
          for_each(here, lambda d, i: copying.copy_cuboid(d, i, now, then, poses))):  # fmt: skip
        session.go_to(frame)
