"""One set of labels from two: what agrees is settled, what differs is left to a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from av3d.qa.agreement.adjudication import own
from av3d.qa.agreement.averages import mean_track
from av3d.qa.agreement.differences import Difference, Differences
from av3d.tracks.document import Document
from av3d.tracks.event import RECORDS, Event
from av3d.tracks.keyframe import Provenance
from av3d.tracks.operations.issues import open_issue
from av3d.tracks.presence import Span
from av3d.tracks.proposal import PROPOSAL
from av3d.tracks.track import Track

MOST_LINES = 10
"""Differences of a track that its issue tells; the rest is counted."""


class Take(StrEnum):
    """What becomes of tracks that agree."""

    AVERAGE = "average"
    A = "a"
    B = "b"


@dataclass(frozen=True, eq=False)
class Consensus:
    """Labels made of two sets of them.

    Attributes:
        document: the labels, with an issue for each object that they differ in.
        agreed: tracks of which both sides say the same, as far as limits go.
        disputed: tracks that both have and that differ; they are A's, as they were.
        only_a, only_b: objects that only one side has; they are proposals.
    """

    document: Document
    agreed: int
    disputed: int
    only_a: int
    only_b: int


def consensus(
    differences: Differences,
    *,
    author: str,
    time_ns: int,
    take: Take = Take.AVERAGE,
    events: Iterable[Event] = (),
) -> Consensus:
    """Settle what agrees and leave the rest to a person.

    A track on which both agree is averaged, or taken from one side, and has the identity of A. One that
    differs in anything stays A's and gets an issue that says in what. An object that only one side has
    becomes a proposal, which a person accepts or rejects, with an issue of its own.

    Args:
        differences: of A and B.
        author: who opens the issues.
        time_ns: now, since 1970.
        take: what becomes of tracks that agree.
        events: of A; what happened on the road is kept, the record of a review is not.
    """
    a, agreeing = differences.a, differences.agreeing()
    settled = {ours.id: _settled(ours, theirs, take) for ours, theirs in agreeing}
    only_a = {
        one.ours.id
        for one in differences.all
        if one.kind.id == "agreement.extra" and one.whole and one.ours is not None
    }
    tracks = [
        settled.get(track.id) or (_as_proposal(track) if track.id in only_a else track)
        for track in a.tracks
    ]
    kept = [event for event in events if event.label not in RECORDS]
    document = Document.of(tracks, kept)
    about: dict[str, list[Difference]] = {}
    added: set[str] = set()
    for one in differences.all:
        if one.ours is not None:
            about.setdefault(one.ours.id, []).append(one)
        elif one.theirs is not None and one.theirs.id not in added:
            added.add(one.theirs.id)
            part = Span(one.finding.start_ns, one.finding.end_ns)
            track = _as_proposal(own(document, one.theirs, None if one.whole else part))
            document = Document.of([*document.tracks.values(), track], kept)
            about[track.id] = [one]
    for track_id, found in about.items():
        document = document.apply(
            open_issue(
                document,
                text=_told(found),
                author=author,
                time_ns=time_ns,
                timestamp_ns=found[0].finding.timestamp_ns,
                track_ids=[track_id],
                title=f"{found[0].kind.title}: {found[0].finding.name}",
                finding_id=found[0].finding.id,
            )
        )
    disputed = len(about) - len(added) - len(only_a)
    return Consensus(document, len(settled), disputed, len(only_a), len(added))


def _settled(ours: Track, theirs: Track, take: Take) -> Track:
    if take is Take.A:
        return ours
    if take is Take.AVERAGE:
        return mean_track([ours, theirs])
    return replace(
        theirs, id=ours.id, category=ours.category, number=ours.number, relations=ours.relations
    )


def _as_proposal(track: Track) -> Track:
    """The track as one that nobody vouches for yet: keyframes of hands come from other labels now."""
    keyframes = [
        replace(one, provenance=Provenance.IMPORTED) if one.provenance is Provenance.MANUAL else one
        for one in track.keyframes
    ]
    return replace(
        track, keyframes=tuple(keyframes), attributes={**track.attributes, PROPOSAL: True}
    )


def _told(found: list[Difference]) -> str:
    lines = [f"{one.kind.title}: {one.finding.what}." for one in found[:MOST_LINES]]
    if len(found) > MOST_LINES:
        lines.append(f"And {len(found) - MOST_LINES} more.")
    return "\n".join(lines)
