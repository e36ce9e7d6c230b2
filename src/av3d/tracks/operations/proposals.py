"""Proposals of a detector become tracks that somebody vouches for, or go."""

from __future__ import annotations

from collections.abc import Iterable

from av3d.tracks.change import Change
from av3d.tracks.document import Document, EditError
from av3d.tracks.operations.common import changed
from av3d.tracks.operations.life import delete
from av3d.tracks.proposal import PROPOSAL, accepted, is_proposal, score_of
from av3d.tracks.track import Track


def accept_proposals(document: Document, track_ids: Iterable[str]) -> tuple[Change, ...]:
    """Take the mark of a proposal from tracks; score, keyframes and provenance stay.

    Nothing changes on a track that has no mark.

    Raises:
        EditError: there is no such track.
    """
    tracks = [document.track(track_id) for track_id in dict.fromkeys(track_ids)]
    return tuple(change for track in tracks for change in changed(track, accepted(track)))


def accepted_by_edit(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Changes that somebody makes: whose proposal is edited is accepted, and so are copies of one.

    Where it is, when it is there, what it is and its attributes count as edits; a note, relations and
    how it moves between keyframes do not.
    """
    return tuple(
        Change(change.before, accepted(change.after))
        if isinstance(change.after, Track)
        and change.after.attributes.get(PROPOSAL) is True
        and _is_edited(change.before, change.after)
        else change
        for change in changes
    )


def _is_edited(before: object, after: Track) -> bool:
    if not isinstance(before, Track):
        return True
    same = (before.category, before.number, before.static, before.presence, before.attributes) == (
        after.category, after.number, after.static, after.presence, after.attributes)  # fmt: skip
    return not same or before.keyframes != after.keyframes


def reject_proposals(document: Document, track_ids: Iterable[str]) -> tuple[Change, ...]:
    """Delete proposals, and what refers to them, as `av3d.tracks.operations.life.delete` does.

    Raises:
        EditError: there is no such track, or it is none of a detector's proposals (any more).
    """
    chosen = list(dict.fromkeys(track_ids))
    for track_id in chosen:
        track = document.track(track_id)
        if not is_proposal(track):
            raise EditError("this is no proposal", track.name, "delete the track instead")
    return delete(document, chosen)


def proposals_of(
    document: Document, *, score_from: float | None = None, score_below: float | None = None
) -> tuple[str, ...]:
    """IDs of the proposals, of those with such scores only.

    Args:
        document: the labels.
        score_from: the lowest score; None for any.
        score_below: all have a lower one; None for any. A proposal without a score has neither.
    """
    found = []
    for track in document.tracks.values():
        if not is_proposal(track):
            continue
        score = score_of(track)
        if score_from is not None and (score is None or score < score_from):
            continue
        if score_below is not None and (score is None or score >= score_below):
            continue
        found.append(track.id)
    return tuple(found)
