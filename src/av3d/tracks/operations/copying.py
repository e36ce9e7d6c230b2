"""Copies: a cuboid to another frame, a shape to other tracks, a whole track to another place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.change import Change
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Provenance
from av3d.tracks.operations.anchors import BOTTOM, Anchor, cuboid_of, resized_keyframes
from av3d.tracks.operations.common import changed, cuboid_at, free_number, made
from av3d.tracks.operations.keyframes import set_keyframe
from av3d.tracks.operations.life import unused_id
from av3d.tracks.presence import Span
from av3d.tracks.track import Track


def copy_cuboid(
    document: Document,
    track_id: str,
    from_ns: int,
    to_ns: int,
    world_SE3_ego: tuple[SE3, SE3] | None = None,
) -> tuple[Change, ...]:
    """The cuboid of one frame as a manual keyframe of another, where presence grows to it.

    Args:
        document: the labels.
        track_id: the track.
        from_ns: time of the frame that has the cuboid, a keyframe or interpolated.
        to_ns: time of the frame that gets it.
        world_SE3_ego: the ego poses of the two frames; the cuboid then keeps its place as the ego
            vehicle sees it. Default: it keeps its place in the world.

    Raises:
        EditError: the object is not there at the first time, or it is static and would have to go
            with the ego vehicle.
    """
    track = document.track(track_id)
    if not track.is_present(from_ns):
        raise EditError(
            f"the object is not there at {from_ns} ns", track.name, "copy it from where it is"
        )
    cuboid = cuboid_at(track, from_ns)
    if world_SE3_ego is not None:
        if track.static:
            raise EditError(
                "a static track does not go with the ego vehicle",
                track.name,
                "copy the cuboid in the world, or let the track move first",
            )
        from_SE3, to_SE3 = world_SE3_ego
        cuboid = _moved(cuboid, to_SE3 @ from_SE3.inverse(), track)
    return set_keyframe(document, track_id, to_ns, cuboid)


def copy_shape(
    document: Document,
    track_id: str,
    to_ids: Iterable[str],
    *,
    at_ns: int | None = None,
    attributes: Iterable[str] = (),
    anchor: Anchor = BOTTOM,
) -> tuple[Change, ...]:
    """Other tracks take the size of a track, in all their keyframes, whose provenance stays.

    Args:
        document: the labels.
        track_id: the track that has the shape.
        to_ids: the tracks that get it; whether their size is free stays.
        at_ns: when it has it; needed where its size is free.
        attributes: names of attributes of the whole track to copy as well; those that the track does
            not have are taken away from the others.
        anchor: the point of every cuboid that stays where it is.

    Raises:
        EditError: the size is free and no time is given.
    """
    source, names = document.track(track_id), tuple(attributes)
    if at_ns is not None:
        size = cuboid_at(source, at_ns).size_lwh_m
    elif source.free_size:
        raise EditError(
            "the size of the track is free", source.name, "say at which time to copy it from"
        )
    else:
        size = source.keyframes[0].cuboid.size_lwh_m
    changes: list[Change] = []
    for to_id in dict.fromkeys(to_ids):
        track = document.track(to_id)
        if to_id == track_id:
            continue
        kept = {name: value for name, value in track.attributes.items() if name not in names}
        copied = {name: source.attributes[name] for name in names if name in source.attributes}
        keyframes = resized_keyframes(track, size, anchor)
        changes += changed(
            track, replace(track, keyframes=keyframes, attributes={**kept, **copied})
        )
    return tuple(changes)


def paste_track(
    document: Document,
    track: Track,
    world_SE3_source: SE3 | None = None,
    shift_ns: int = 0,
    new_id: str | None = None,
) -> tuple[Change, ...]:
    """A copy of a whole track, of this or another document, with an ID and number of its own.

    Category, attributes, presence, size rule, note, interpolation and the noise of keyframes are
    copied, and what it was to other tracks is not. Keyframes that are elsewhere or at other times than
    those of the source are manual.

    Args:
        document: the labels that get the copy.
        track: the track to copy.
        world_SE3_source: takes places of the copied track to those of the copy; default: the same.
        shift_ns: is added to all times.
        new_id: ID of the copy; default: a fresh one.

    Raises:
        EditError: there is a track of that ID already, or the copy would not be of this world.
    """
    track_id = unused_id(document, new_id)
    cuboids = [keyframe.cuboid for keyframe in track.keyframes]
    if world_SE3_source is not None and world_SE3_source != SE3.identity():
        cuboids = [_moved(cuboid, world_SE3_source, track) for cuboid in cuboids]

    def copied() -> Track:
        keyframes = tuple(
            keyframe
            if cuboid is keyframe.cuboid and not shift_ns
            else replace(
                keyframe,
                timestamp_ns=keyframe.timestamp_ns + shift_ns,
                cuboid=cuboid,
                provenance=Provenance.MANUAL,
            )
            for keyframe, cuboid in zip(track.keyframes, cuboids, strict=True)
        )
        presence = tuple(
            Span(span.start_ns + shift_ns, span.end_ns + shift_ns, span.starts, span.ends)
            for span in track.presence
        )
        number = free_number(document, track.category)
        return replace(
            track,
            id=track_id,
            number=number,
            keyframes=keyframes,
            presence=presence,
            relations=(),
        )

    return changed(None, made(copied, track.name))


def _moved(cuboid: Cuboid, a_SE3_world: SE3, track: Track) -> Cuboid:
    pose = a_SE3_world @ cuboid.frame_SE3_cuboid
    return cuboid_of(pose.rotation, pose.translation_m, cuboid.size_lwh_m, track)
