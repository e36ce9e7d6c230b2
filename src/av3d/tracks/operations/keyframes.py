"""Keyframes: set, delete and move one; make interpolated cuboids keyframes; confirm them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.change import Change
from av3d.tracks.checking import whole_ns
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.noise import Noise
from av3d.tracks.operations.anchors import (
    CENTER,
    Anchor,
    cuboid_of,
    resized_keyframes,
    with_cuboid,
)
from av3d.tracks.operations.common import changed, cuboid_at, in_force, made
from av3d.tracks.operations.presence import including
from av3d.tracks.track import Track
from av3d.types import Scalar


def set_keyframe(
    document: Document,
    track_id: str,
    at_ns: int,
    cuboid: Cuboid,
    *,
    provenance: Provenance = Provenance.MANUAL,
    attributes: Mapping[str, Scalar] | None = None,
    anchor: Anchor = CENTER,
    extend: bool = True,
    noise: Noise | None = None,
) -> tuple[Change, ...]:
    """A keyframe at a time, new or in place of the one that is there.

    A static track moves as a whole: all keyframes take the cuboid and its provenance. On a track of
    constant size another size is that of all keyframes, whose provenance stays.

    Args:
        document: the labels.
        track_id: the track.
        at_ns: the time.
        cuboid: in the world frame.
        provenance: who vouches for it.
        attributes: of the keyframe; default: those in force at the time.
        anchor: the point of the other cuboids that stays where it is when the size changes: the face
            opposite to the one that was dragged.
        extend: the object is there at the time: presence grows to it, or, in a gap, takes the time
            in as a span of its own. False leaves presence as it is.
        noise: how exact the pose is, where that is known, as of a fit to points.

    Raises:
        EditError: there is no such track, or the cuboid is not of this world.
    """
    track = document.track(track_id)
    timestamp_ns = made(lambda: whole_ns(at_ns), track.name)
    pose = cuboid.frame_SE3_cuboid
    cuboid_of(pose.rotation, pose.translation_m, cuboid.size_lwh_m, track)
    own = in_force(track, timestamp_ns).attributes if attributes is None else attributes
    keyframe = made(lambda: Keyframe(timestamp_ns, cuboid, provenance, own, noise), track.name)
    if track.static:
        others = tuple(with_cuboid(k, cuboid, provenance, noise) for k in track.keyframes)
    elif track.free_size:
        others = track.keyframes
    else:
        others = resized_keyframes(track, cuboid.size_lwh_m, anchor)
    keyframes = [other for other in others if other.timestamp_ns != timestamp_ns]
    presence = including(track.presence, timestamp_ns) if extend else track.presence
    return changed(track, replace(track, keyframes=(*keyframes, keyframe), presence=presence))


def delete_keyframe(document: Document, track_id: str, at_ns: int) -> tuple[Change, ...]:
    """Take a keyframe away; presence stays, and the attributes of the one before go on.

    Raises:
        EditError: there is none at the time, or it is the only one.
    """
    track = document.track(track_id)
    keyframe = _keyframe(track, at_ns)
    if len(track.keyframes) == 1:
        raise EditError("this is the only keyframe", track.name, "delete the track instead")
    kept = [other for other in track.keyframes if other is not keyframe]
    return changed(track, track.with_keyframes(kept))


def delete_keyframes(
    document: Document, track_ids: Iterable[str], start_ns: int, end_ns: int
) -> tuple[Change, ...]:
    """Take all keyframes from one time to another away, both included; else as `delete_keyframe`.

    Raises:
        EditError: a track would have none left.
    """
    changes: list[Change] = []
    for track_id in dict.fromkeys(track_ids):
        track = document.track(track_id)
        kept = [k for k in track.keyframes if not in_window(k.timestamp_ns, start_ns, end_ns)]
        if not kept:
            raise EditError("these are all its keyframes", track.name, "delete the track instead")
        if len(kept) < len(track.keyframes):
            changes += changed(track, track.with_keyframes(kept))
    return tuple(changes)


def move_keyframe(document: Document, track_id: str, at_ns: int, to_ns: int) -> tuple[Change, ...]:
    """Take a keyframe with its attributes to another time, past others too; it becomes manual.

    Presence grows to the new time as in `set_keyframe` and is never shortened.

    Raises:
        EditError: there is no keyframe at the time, or already one at the other time.
    """
    track = document.track(track_id)
    keyframe, time_ns = _keyframe(track, at_ns), made(lambda: whole_ns(to_ns), track.name)
    if time_ns == keyframe.timestamp_ns:
        return ()
    if track.keyframe_at(time_ns) is not None:
        raise EditError(
            f"there is a keyframe at {time_ns} ns already", track.name, "delete that one first"
        )
    moved = replace(keyframe, timestamp_ns=time_ns, provenance=Provenance.MANUAL, noise=None)
    keyframes = [moved if other is keyframe else other for other in track.keyframes]
    presence = including(track.presence, time_ns)
    return changed(track, replace(track, keyframes=tuple(keyframes), presence=presence))


def convert_interpolated(
    document: Document,
    track_ids: Iterable[str],
    frames_ns: Sequence[int],
    start_ns: int | None = None,
    end_ns: int | None = None,
    provenance: Provenance = Provenance.MANUAL,
) -> tuple[Change, ...]:
    """Interpolated cuboids become keyframes, with the attributes in force.

    Args:
        document: the labels.
        track_ids: the tracks.
        frames_ns: the times; those when an object is not there are passed over.
        start_ns: only from this time on; default: all.
        end_ns: only up to this time, included; default: all.
        provenance: who vouches for them.
    """
    times = [t for t in dict.fromkeys(frames_ns) if in_window(t, start_ns, end_ns)]
    changes: list[Change] = []
    for track_id in dict.fromkeys(track_ids):
        track = document.track(track_id)
        made = [
            Keyframe(time, cuboid_at(track, time), provenance, in_force(track, time).attributes)
            for time in times
            if track.is_present(time) and track.keyframe_at(time) is None
        ]
        if made:
            changes += changed(track, track.with_keyframes([*track.keyframes, *made]))
    return tuple(changes)


def confirm(
    document: Document,
    track_ids: Iterable[str],
    start_ns: int | None = None,
    end_ns: int | None = None,
) -> tuple[Change, ...]:
    """A person vouches for keyframes that were fitted, imported or made by a model.

    They are as exact as hands are from now on: what a fit or a smooth motion knew of its doubt said
    nothing about the person's look.

    Args:
        document: the labels.
        track_ids: the tracks.
        start_ns: only keyframes from this time on; default: all.
        end_ns: only keyframes up to this time, included; default: all.
    """
    changes: list[Change] = []
    for track_id in dict.fromkeys(track_ids):
        track = document.track(track_id)
        keyframes = [
            replace(keyframe, provenance=Provenance.MANUAL, noise=None)
            if keyframe.provenance is not Provenance.MANUAL
            and in_window(keyframe.timestamp_ns, start_ns, end_ns)
            else keyframe
            for keyframe in track.keyframes
        ]
        changes += changed(track, track.with_keyframes(keyframes))
    return tuple(changes)


def in_window(timestamp_ns: int, start_ns: int | None, end_ns: int | None) -> bool:
    """Whether a time is within two others, both included; None is no limit."""
    return (start_ns is None or start_ns <= timestamp_ns) and (
        end_ns is None or timestamp_ns <= end_ns
    )


def _keyframe(track: Track, timestamp_ns: int) -> Keyframe:
    found = track.keyframe_at(timestamp_ns)
    if found is None:
        raise EditError(
            f"there is no keyframe at {timestamp_ns} ns", track.name, "choose the time of one"
        )
    return found
