"""What the keys do to the selected cuboids: steps, turns, fits, keyframes, copies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from av3d.assist.error import AssistError
from av3d.errors import Av3dError
from av3d.geometry.cuboid import FACES, Cuboid
from av3d.geometry.se3 import SE3
from av3d.present import aids
from av3d.present.edits import Operation
from av3d.present.group import Group, joined
from av3d.present.nudging import Nudge, Pace, flipped, nudged
from av3d.present.session import Session
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.keyframe import Provenance
from av3d.tracks.operations import keyframes, life, shape, spans
from av3d.tracks.operations.common import cuboid_at
from av3d.tracks.track import Track

KEPT_AFTER_S = 0.6
"""Steps by keys that follow each other faster are one step of undo."""
BASE_NS = 500_000_000
"""A prediction goes on as the object has moved for so long."""
STILL_M_S = 0.3
"""Slower objects are taken to stand."""


@dataclass(frozen=True, eq=False)
class Copied:
    """A cuboid that was copied: of which track, and where it is in the world."""

    track: Track
    cuboid: Cuboid


class Editing:
    """Edits of the selection by keys and menu.

    Args:
        session: whose selection.

    Attributes:
        copied: the cuboid that paste would set, or None.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.copied: Copied | None = None
        self._nudged: tuple[Group, Cuboid] | None = None

    @property
    def can_edit(self) -> bool:
        """Whether the leading track of the selection is there in this frame."""
        session = self.session
        track = session.selected_track
        return track is not None and track.is_present(session.timestamp_ns)

    # Steps

    @property
    def pace(self) -> Pace:
        """How far a step goes: Shift is coarse, Alt is fine."""
        held = self.session.modifiers
        if "Shift" in held:
            return Pace.COARSE
        return Pace.FINE if "Alt" in held else Pace.USUAL

    def nudge(self, nudge: Nudge) -> None:
        """One step along the cuboid's own axes, or about its height axis; kept after a moment."""
        session, edits = self.session, self.session.edits
        last = self._nudged
        goes_on = (
            last is not None
            and edits.continues(_title(last[0]))
            and last[0].frame == session.frame
            and (last[0].leader, *(other for other, _ in last[0].others)) == session.selection
        )
        if last is not None and goes_on:
            group, start = last
        else:
            edits.settle()
            found = Group.of(session)
            if found is None:
                return
            group, start = found, found.start
        cuboid = nudged(start, nudge, self.pace)
        if edits.preview_until(_title(group), group.operation(cuboid), KEPT_AFTER_S):
            self._nudged = group, cuboid

    # Shape and place

    def change(self, title: str, made: Callable[[Track, Cuboid], Cuboid]) -> None:
        """Change each selected cuboid of this frame by itself, as one step of undo.

        Args:
            title: "Put on the ground": the names follow.
            made: the new cuboid of a track from the old one, both in the ego frame.
        """
        session = self.session
        session.edits.settle()
        steps: list[Operation] = []
        whom: list[Track] = []
        try:
            for track_id in session.selection:
                box = session.box_of(track_id)
                if box is not None:
                    cuboid = made(box.track, box.cuboid)
                    steps.append(session.edits.set_cuboid(track_id, cuboid))
                    whom.append(box.track)
        except Av3dError as error:
            session.say("error", f"{title}: not done", str(error))
            return
        if steps:
            session.edits.do(f"{title} {_names(whom)}", joined(steps))

    def flip_here(self) -> None:
        """Make the back the front, in this frame only."""
        self.change("Flip", lambda _track, cuboid: flipped(cuboid))

    def flip(self) -> None:
        """Make the back the front, for the whole track: one frame alone is hardly ever wrong."""
        self._on_whole("Flip", spans.flip_heading)

    def quarter(self) -> None:
        """Make the left side the front, for the whole track; length and width are swapped."""
        self._on_whole("Turn by 90 °", spans.turn_quarter)

    def _on_whole(
        self,
        title: str,
        operation: Callable[[Document, Sequence[str], spans.FrameSpan], tuple[Change, ...]],
    ) -> None:
        session = self.session
        session.edits.settle()
        chosen = self._chosen()
        times_ns = session.log.frames.timestamps_ns.tolist()
        keys_ns = [key.timestamp_ns for track in chosen for key in track.keyframes]
        span = spans.FrameSpan(
            min([times_ns[0], *keys_ns]), max([times_ns[-1], *keys_ns]), times_ns
        )
        ids = [track.id for track in chosen]
        session.edits.do(f"{title}: {_names(chosen)}", lambda d: operation(d, ids, span))

    def to_ground(self) -> None:
        """Put each selected cuboid on the ground under it; in tilt mode it leans with the slope."""
        session = self.session
        self.change(
            "Put on the ground",
            lambda _track, cuboid: aids.stood_on_ground(session, cuboid, tilt=session.tilt),
        )

    def shrink(self, faces: Sequence[str] = tuple(FACES)) -> None:
        """Bring faces to the outermost points; not the bottom of all faces, which is the ground's."""
        chosen = [face for face in faces if face != "bottom" or len(faces) == 1]
        self.change(
            "Shrink to the points",
            lambda _track, cuboid: aids.shrunk(self.session, cuboid, chosen),
        )

    def fit(self, *, size: bool = False) -> None:
        """Move each selected cuboid onto its points.

        Args:
            size: fit the size as well, in any case; else only while the track has one keyframe, or
                where its size is free.
        """
        session = self.session
        session.edits.settle()
        steps: list[Operation] = []
        whom: list[Track] = []
        said = ""
        try:
            for track_id in session.selection:
                box = session.box_of(track_id)
                if box is None:
                    continue
                keep = not (size or _size_is_open(box.track, session.timestamp_ns))
                found = aids.fit(session, box.track, box.cuboid, keep_size=keep)
                steps.append(
                    session.edits.set_cuboid(track_id, found.cuboid, provenance=Provenance.FITTED)
                )
                whom.append(box.track)
                said = found.words
        except Av3dError as error:
            session.say("error", "Fit: not done", str(error))
            return
        if steps and session.edits.do(f"Fit {_names(whom)}", joined(steps)):
            session.hint = said

    # Keyframes

    def set_keyframe(self) -> None:
        """A keyframe of each selected track here, where it is; it comes to be here if it is not."""
        session = self.session
        session.edits.settle()
        time_ns = session.timestamp_ns
        steps: list[Operation] = []
        for track in self._chosen():
            box = session.box_of(track.id)
            if box is not None:
                steps.append(session.edits.set_cuboid(track.id, box.cuboid))
            else:
                cuboid = cuboid_at(track, time_ns)
                steps.append(_at(track.id, time_ns, cuboid))
        session.edits.do(f"Keyframe of {_names(self._chosen())}", joined(steps))

    def delete_keyframe(self) -> None:
        """Take away the keyframes of the selected tracks in this frame."""
        session = self.session
        session.edits.settle()
        time_ns = session.timestamp_ns
        chosen = [track for track in self._chosen() if track.keyframe_at(time_ns) is not None]
        if not chosen:
            session.say(
                "info", f"No keyframe at frame {session.frame}",
                "PgUp and PgDn go to keyframes, Shift+Del deletes the whole track.",
            )  # fmt: skip
            return
        steps: list[Operation] = [
            lambda document, track_id=track.id: keyframes.delete_keyframe(  # type: ignore[misc]
                document, track_id, time_ns
            )
            for track in chosen
        ]
        session.edits.do(f"Delete the keyframe of {_names(chosen)}", joined(steps))

    def toggle_static(self) -> None:
        """The selected objects stand still for the whole log, or no longer."""
        session = self.session
        session.edits.settle()
        chosen, time_ns = self._chosen(), session.timestamp_ns
        if all(track.static for track in chosen):
            steps: list[Operation] = [
                lambda document, track_id=track.id: shape.unset_static(document, track_id)  # type: ignore[misc]
                for track in chosen
            ]
            session.edits.do(f"Not static: {_names(chosen)}", joined(steps))
            return
        steps = [
            lambda document, track_id=track.id: shape.set_static(document, track_id, time_ns)  # type: ignore[misc]
            for track in chosen
        ]
        session.edits.do(f"Static: {_names(chosen)}", joined(steps))

    def set_category(self, key: str) -> None:
        """Give the selected tracks a category; without any, new cuboids get it."""
        session = self.session
        session.edits.settle()
        chosen = [track for track in self._chosen() if track.category != key]
        category = session.labels.ontology.category(key)
        if category is None:
            return
        session.set_category(key)
        if not chosen:
            return
        steps: list[Operation] = [
            lambda document, track_id=track.id: life.change_category(document, track_id, key)  # type: ignore[misc]
            for track in chosen
        ]
        session.edits.do(f"Call {_names(chosen)} {category.title}", joined(steps))

    # Copies

    def copy_to(self, step: int, *, fit: bool = False) -> None:
        """Set a keyframe in the next (+1) or previous (-1) frame, and go there.

        Something that stands keeps its place in the world. Of something that moves, outside of its
        keyframes, it is where it would have got to.

        Args:
            step: how many frames on.
            fit: then move it onto its points.
        """
        session = self.session
        session.edits.settle()
        frame = session.frame + step
        if not 0 <= frame < session.frames:
            return
        time_ns = session.log.frames[frame].timestamp_ns
        steps: list[Operation] = []
        whom: list[Track] = []
        try:
            for track in self._chosen():
                if session.box_of(track.id) is None:
                    continue
                if track.keyframe_at(time_ns) is not None and not fit:
                    continue
                steps.append(self._copied_to(track, frame, fit=fit))
                whom.append(track)
        except AssistError as error:
            session.say("error", f"Fit at frame {frame}: not done", str(error))
            return
        if not whom:
            session.say("info", f"Frame {frame} has a keyframe already", "It was not changed.")
        else:
            session.edits.do(f"Copy {_names(whom)} to frame {frame}", joined(steps))
        session.go_to(frame)

    def _copied_to(self, track: Track, frame: int, *, fit: bool) -> Operation:
        session = self.session
        time_ns = session.log.frames[frame].timestamp_ns
        world = predicted(track, session.timestamp_ns, time_ns)
        if not fit:
            return _at(track.id, time_ns, world)
        cuboid = world.in_frame(session.log.world_SE3_ego(time_ns).inverse())
        found = aids.fit(session, track, cuboid, keep_size=True, frame=frame)
        return session.edits.set_cuboid(
            track.id, found.cuboid, frame=frame, provenance=Provenance.FITTED
        )

    def copy(self) -> None:
        """Remember the leading cuboid as it is now."""
        session = self.session
        box = session.selected_box()
        if box is not None:
            self.copied = Copied(box.track, box.state.cuboid)
            session.hint = f"{box.track.name} copied. Ctrl+V sets it in another frame"

    def paste(self) -> None:
        """Set the remembered cuboid as a keyframe of its track in this frame, where it was."""
        session, copied = self.session, self.copied
        session.edits.settle()
        if copied is None:
            return
        track_id, time_ns = copied.track.id, session.timestamp_ns
        if session.track(track_id) is None:
            self.paste_new()
            return
        session.edits.do(f"Paste {copied.track.name}", _at(track_id, time_ns, copied.cuboid))
        session.select(track_id)

    def paste_new(self, place_m: Sequence[float] | None = None) -> None:
        """Make a new track of the remembered cuboid.

        Args:
            place_m: x and y of the ego frame where it goes, on the ground; None: where it was.
        """
        session, copied = self.session, self.copied
        session.edits.settle()
        if copied is None:
            return
        time_ns = session.timestamp_ns
        world_SE3_ego = session.log.world_SE3_ego(time_ns)
        cuboid = copied.cuboid
        if place_m is not None:
            local = cuboid.in_frame(world_SE3_ego.inverse())
            pose = local.frame_SE3_cuboid
            centre = np.array([place_m[0], place_m[1], local.center_m[2]])
            local = Cuboid(SE3(pose.rotation, centre), local.size_lwh_m)
            # Where no ground shows it keeps its height, and is seen where it is.
            with suppress(AssistError):
                local = aids.stood_on_ground(session, local)
            cuboid = local.in_frame(world_SE3_ego)
        document = session.labels.document
        before = set(document.tracks)
        category = copied.track.category
        made = session.edits.do(
            f"Paste {copied.track.name} as a new track",
            lambda document: life.create(document, category, time_ns, cuboid),
        )
        new = set(session.labels.document.tracks) - before
        if made and new:
            session.select(next(iter(new)))

    def _chosen(self) -> list[Track]:
        session = self.session
        found = [session.track(track_id) for track_id in session.selection]
        return [track for track in found if track is not None]


def predicted(track: Track, now_ns: int, then_ns: int) -> Cuboid:
    """Where a track is expected at another time, in the world.

    Between its keyframes that is where it is anyway. Outside, what moves goes on as it has moved until
    now, and what stands stays.
    """
    first_ns, last_ns = track.times_ns[0], track.times_ns[-1]
    if first_ns <= then_ns <= last_ns:
        return cuboid_at(track, then_ns)
    now = cuboid_at(track, now_ns)
    base_ns = (
        max(first_ns, now_ns - BASE_NS) if then_ns > now_ns else min(last_ns, now_ns + BASE_NS)
    )
    if base_ns == now_ns or track.static:
        return now
    base = cuboid_at(track, base_ns)
    way_m = float(np.linalg.norm(now.center_m - base.center_m))
    if way_m / abs(now_ns - base_ns) * 1e9 < STILL_M_S:
        return now
    part = (then_ns - base_ns) / (now_ns - base_ns)
    pose = base.frame_SE3_cuboid.interpolate(now.frame_SE3_cuboid, part)
    return Cuboid(SE3(pose.rotation, pose.translation_m), now.size_lwh_m)


def _at(track_id: str, time_ns: int, cuboid: Cuboid) -> Operation:
    """A keyframe of a track at a time, the cuboid in the world."""
    return lambda document: keyframes.set_keyframe(document, track_id, time_ns, cuboid)


def _size_is_open(track: Track, time_ns: int) -> bool:
    """Whether a fit may find another size: no other keyframe has said what it is."""
    others = [key for key in track.keyframes if key.timestamp_ns != time_ns]
    return track.free_size or not others


def _title(group: Group) -> str:
    return f"Nudge {group.words}"


def _names(tracks: Sequence[Track]) -> str:
    if not tracks:
        return "nothing"
    return tracks[0].name if len(tracks) == 1 else f"{tracks[0].name} and {len(tracks) - 1} more"
