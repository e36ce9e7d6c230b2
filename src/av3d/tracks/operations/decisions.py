"""A reviewer decides on a finding or a whole track, and takes a decision back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from av3d.digests import digest_of_text
from av3d.tracks.change import Change
from av3d.tracks.decision import (
    DIGEST,
    OTHERS_DIGEST,
    STATE,
    TASK_DIGEST,
    Verdict,
    digest_of_others,
)
from av3d.tracks.document import Document, EditError
from av3d.tracks.event import REVIEW, Event
from av3d.tracks.operations.common import changed, made
from av3d.tracks.operations.events import delete_event
from av3d.tracks.proposal import is_proposal
from av3d.tracks.track import Track
from av3d.types import Scalar

OF_FINDING = (Verdict.ACCEPTED, Verdict.FIXING, Verdict.SENT_BACK)
OF_TRACK = (Verdict.APPROVED, Verdict.SENT_BACK)


def decide(
    document: Document,
    finding_id: str,
    verdict: Verdict,
    *,
    author: str,
    tier: int,
    time_ns: int,
    start_ns: int,
    end_ns: int,
    track_ids: tuple[str, ...] = (),
    track_digest: str = "",
    others_digest: str = "",
    check: str = "",
    value: float = math.nan,
    limit: float = math.nan,
    note: str = "",
) -> tuple[Change, ...]:
    """Decide on a finding. What the author said of it before is replaced; the journal keeps it.

    Args:
        document: the labels.
        finding_id: of the finding.
        verdict: ACCEPTED, FIXING or SENT_BACK.
        author: who decides.
        tier: of the author, see `av3d.tracks.decision`.
        time_ns: now, since 1970.
        start_ns: first time of the finding.
        end_ns: its last time.
        track_ids: of the tracks concerned, the one that it is about first.
        track_digest: of that track as it was looked at, which may be another than it is by now.
        others_digest: of the others, see `digest_of_others`.
        check: what found it.
        value: of the finding; NaN for none.
        limit: likewise.
        note: what the author says.

    Raises:
        EditError: a track is not there, or a finding cannot get this verdict.
    """
    if verdict not in OF_FINDING:
        raise EditError(
            f"a finding is not {verdict}", finding_id, "accept it, fix it or send it back"
        )
    values: dict[str, Scalar] = {
        STATE: verdict.value,
        "author": author,
        "tier": tier,
        "time_ns": time_ns,
        "finding": finding_id,
        "check": check,
        "track": track_ids[0] if track_ids else "",
        DIGEST: track_digest,
        OTHERS_DIGEST: others_digest,
    }
    values |= {
        name: round(number, 4)
        for name, number in (("value", value), ("limit", limit))
        if math.isfinite(number)
    }
    event_id = finding_decision_id(finding_id, author)
    return _said(document, event_id, start_ns, end_ns, track_ids, values, note)


def decide_track(
    document: Document,
    track_id: str,
    verdict: Verdict,
    *,
    author: str,
    tier: int,
    time_ns: int,
    note: str = "",
) -> tuple[Change, ...]:
    """Approve a whole track as it is now, or send it back; what the author said before is replaced.

    Args:
        document: the labels.
        track_id: the track.
        verdict: APPROVED or SENT_BACK.
        author: who decides.
        tier: of the author, see `av3d.tracks.decision`.
        time_ns: now, since 1970.
        note: what the author says.

    Raises:
        EditError: there is no such track, or it is a proposal, or a track cannot get this verdict.
    """
    track = document.track(track_id)
    if verdict not in OF_TRACK:
        raise EditError(f"a whole track is not {verdict}", track.name, "approve it or send it back")
    if verdict is Verdict.APPROVED and is_proposal(track):
        raise EditError("a proposal is no label yet", track.name, "accept it first")
    values: dict[str, Scalar] = {
        STATE: verdict.value,
        "author": author,
        "tier": tier,
        "time_ns": time_ns,
        "track": track.id,
        DIGEST: track.digest,
        OTHERS_DIGEST: digest_of_others(()),
    }
    event_id = track_decision_id(track_id, author)
    span_ns = (track.start_ns, track.end_ns)
    return _said(document, event_id, *span_ns, (track.id,), values, note)


def approve_track(
    document: Document, track_id: str, *, author: str, tier: int, time_ns: int, note: str = ""
) -> tuple[Change, ...]:
    """Approve a whole track as it is now; see `decide_track`."""
    return decide_track(
        document, track_id, Verdict.APPROVED, author=author, tier=tier, time_ns=time_ns, note=note
    )


def send_back_track(
    document: Document, track_id: str, *, author: str, tier: int, time_ns: int, note: str = ""
) -> tuple[Change, ...]:
    """Send a whole track back as it is now; see `decide_track`."""
    return decide_track(
        document, track_id, Verdict.SENT_BACK, author=author, tier=tier, time_ns=time_ns, note=note
    )


def approve_task(
    document: Document,
    task_id: str,
    start_ns: int,
    end_ns: int,
    tracks: Iterable[Track],
    *,
    author: str,
    tier: int,
    time_ns: int,
    note: str = "",
) -> tuple[Change, ...]:
    """Approve a part of the log with the tracks that are there as they are now.

    The event keeps a digest for each track and refers to none: a track that is changed or deleted
    later is no part of it any more, and the others still are.

    Args:
        document: the labels.
        task_id: of the task.
        start_ns: first time of the part.
        end_ns: its last time.
        tracks: those of the part.
        author: who approves.
        tier: of the author.
        time_ns: now, since 1970.
        note: what the author says.
    """
    values: dict[str, Scalar] = {
        STATE: Verdict.APPROVED.value,
        "author": author,
        "tier": tier,
        "time_ns": time_ns,
        "task": task_id,
    }
    values |= {f"{TASK_DIGEST}{track.id}": track.digest for track in tracks}
    return _said(document, task_decision_id(task_id), start_ns, end_ns, (), values, note)


def withdraw(document: Document, decision_id: str) -> tuple[Change, ...]:
    """Take a decision back: as if it had not been made; the journal keeps it.

    Raises:
        EditError: there is no such decision.
    """
    event = document.event(decision_id)
    if event.label != REVIEW:
        raise EditError(f"{event.name} is no decision", f"event {decision_id!r}", "choose another")
    return delete_event(document, decision_id)


def finding_decision_id(finding_id: str, author: str) -> str:
    """ID of the event that holds what an author said of a finding."""
    return f"decision/{digest_of_text(finding_id, chr(0), author)}"


def track_decision_id(track_id: str, author: str) -> str:
    """ID of the event that holds what an author said of a whole track."""
    return f"decision/{digest_of_text('track', chr(0), track_id, chr(0), author)}"


def task_decision_id(task_id: str) -> str:
    """ID of the event that holds the approval of a task."""
    return f"decision/{digest_of_text('task', chr(0), task_id)}"


def _said(
    document: Document,
    event_id: str,
    start_ns: int,
    end_ns: int,
    track_ids: tuple[str, ...],
    attributes: Mapping[str, Scalar],
    note: str,
) -> tuple[Change, ...]:
    ids = tuple(document.track(track_id).id for track_id in track_ids)
    event = made(
        lambda: Event(event_id, REVIEW, start_ns, end_ns, attributes, note, ids), "the decision"
    )
    return changed(document.events.get(event_id), event)
