"""What tracks are to each other: the trailer is towed by the truck, the rider rides the bicycle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from av3d.tracks.change import Change
from av3d.tracks.document import Document, EditError
from av3d.tracks.operations.common import changed, made
from av3d.tracks.relation import Relation
from av3d.tracks.track import Track


def relate(document: Document, child_id: str, kind: str, parent_id: str) -> tuple[Change, ...]:
    """Say what a track is to another one; it may be several things to several tracks.

    Args:
        document: the labels.
        child_id: the track that belongs, such as a trailer.
        kind: "towed_by", "rides" or another one.
        parent_id: the track that it belongs to.

    Raises:
        EditError: one of the tracks is not there, the kind is no name, or the parent belongs to the
            child, directly or through others.
    """
    child, parent = document.track(child_id), document.track(parent_id)
    chain = belonging_chain(document.tracks, parent_id, child_id)
    if chain:
        raise EditError(
            f"{child.name} cannot belong to {parent.name}, which belongs to it",
            " → ".join(document.track(track_id).name for track_id in chain),
            "take that relation away first",
        )
    relation = made(lambda: Relation(kind, parent_id), child.name)
    if relation in child.relations:
        return ()
    return changed(child, replace(child, relations=(*child.relations, relation)))


def unrelate(
    document: Document, child_id: str, parent_id: str, kind: str | None = None
) -> tuple[Change, ...]:
    """Take away what a track is to another one; one kind of relation, or all.

    Raises:
        EditError: the child is not there. A relation that is not there is no error.
    """
    child = document.track(child_id)
    kept = tuple(
        relation
        for relation in child.relations
        if relation.track_id != parent_id or kind not in (None, relation.kind)
    )
    return () if kept == child.relations else changed(child, replace(child, relations=kept))


def belonging_chain(tracks: Mapping[str, Track], start_id: str, end_id: str) -> tuple[str, ...]:
    """The way from a track through those that it belongs to, to another; empty if there is none.

    Args:
        tracks: by ID.
        start_id: first of the chain.
        end_id: last of the chain; may be the first.
    """
    came_from: dict[str, str] = {start_id: ""}
    queue = [start_id]
    for track_id in queue:
        if track_id == end_id:
            chain = [track_id]
            while came_from[chain[-1]]:
                chain.append(came_from[chain[-1]])
            return tuple(reversed(chain))
        for relation in tracks[track_id].relations:
            if relation.track_id not in came_from and relation.track_id in tracks:
                came_from[relation.track_id] = track_id
                queue.append(relation.track_id)
    return ()


def check_no_circle(tracks: Mapping[str, Track], track_id: str) -> None:
    """Raise EditError when a track belongs to itself through others.

    Args:
        tracks: all of a document, by ID.
        track_id: the track.
    """
    for relation in tracks[track_id].relations:
        chain = belonging_chain(tracks, relation.track_id, track_id)
        if chain:
            raise EditError(
                f"{tracks[track_id].name} would belong to itself",
                " → ".join(tracks[link].name for link in (track_id, *chain)),
                "take one of these relations away first",
            )
