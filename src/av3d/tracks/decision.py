"""Decisions of reviewers: what was said of a finding or of a whole track, by whom, and whether it counts.

A decision is an event of label REVIEW, so it is in the journal and can be undone. Each author has an
event of their own for a finding or a track: two people who decide at once do not contradict the
database, and a withdrawn decision lets the ones below it speak again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from av3d.digests import digest_of_text
from av3d.tracks.event import REVIEW, Event
from av3d.types import Scalar

STATE, DIGEST, OTHERS_DIGEST = "state", "track_digest", "others_digest"
"""Attributes of a decision: what was decided, and the digests of the tracks that were looked at."""
TASK_DIGEST = "digest."
"""What attributes are called that hold the digests of a task's tracks: this and the ID."""

ANNOTATOR_TIER, REVIEWER_TIER, LEAD_TIER = 0, 1, 2
"""How much a word counts: that of a higher tier overrules one of a lower, whenever it was said."""


class Decided(Protocol):
    """What a decision needs to know of a track; a `Track` is one."""

    @property
    def id(self) -> str:
        """Its identity."""

    @property
    def digest(self) -> str:
        """Of its values."""

    @property
    def start_ns(self) -> int:
        """When the object is first there."""

    @property
    def end_ns(self) -> int:
        """When it is last there."""


class Verdict(StrEnum):
    """What was decided."""

    ACCEPTED = "accepted"
    """Of a finding: it is right as it is."""
    FIXING = "fixing"
    """Of a finding: whoever decided is about to put it right."""
    SENT_BACK = "sent_back"
    """Of a finding or a track: somebody has to put it right."""
    APPROVED = "approved"
    """Of a track or a task: the labels are right as they are."""

    @property
    def refuses(self) -> bool:
        """Whether the labels are not to be used as they are."""
        return self in (Verdict.FIXING, Verdict.SENT_BACK)


@dataclass(frozen=True)
class Decision:
    """What somebody said of a finding, of a whole track, or of a task.

    Attributes:
        id: of its event.
        verdict: what was decided.
        author: who decided; "" where an old project does not tell.
        tier: how much the word counts: ANNOTATOR_TIER, REVIEWER_TIER or LEAD_TIER.
        time_ns: when, since 1970; 0 in projects of before there were tiers.
        track_id: the track that it is about, "" for none.
        track_ids: all tracks concerned.
        finding_id, check: what it answers; "" for a decision on a whole track or a task.
        task_id: the task that was approved, "" for none.
        start_ns, end_ns: of the finding, the track or the task.
        value, limit: of the finding; NaN where there are none.
        note: what was said.
        track_digest, others_digest: of the tracks as they were looked at; see `digest_of_others`.
        digests: of a task: by ID the digests of its tracks.
    """

    id: str
    verdict: Verdict
    author: str
    tier: int
    time_ns: int
    track_id: str
    track_ids: tuple[str, ...]
    finding_id: str
    check: str
    task_id: str
    start_ns: int
    end_ns: int
    value: float
    limit: float
    note: str
    track_digest: str
    others_digest: str
    digests: Mapping[str, str]

    @property
    def is_old(self) -> bool:
        """Whether an av3d made it that knew no tiers: then accepting meant that the track is right."""
        return self.time_ns == 0

    @property
    def is_of_track(self) -> bool:
        """Whether it is on a whole track."""
        return not self.finding_id and not self.task_id

    @property
    def weight(self) -> tuple[int, int, bool]:
        """What is compared to tell which of several decisions rules: the largest does."""
        return self.tier, self.time_ns, self.verdict.refuses

    def was_about(self, track_digest: str, others_digest: str = "") -> bool:
        """Whether it was made on these very values."""
        return self.track_digest == track_digest and self.others_digest == others_digest

    def holds(self, tracks: Mapping[str, Decided]) -> bool:
        """Whether the tracks are as they were looked at: what was changed since is not decided on.

        Args:
            tracks: of the log by ID, as they are now.
        """
        if self.task_id:
            return any(self.holds_for(track) for track in tracks.values())
        if self.is_old:
            # What it says of several tracks is true of those that it has the digest of.
            return any(
                tracks[name].digest == self.track_digest
                for name in self.track_ids
                if name in tracks
            )
        if not self.track_id:
            return not self.track_digest
        track = tracks.get(self.track_id)
        if track is None or track.digest != self.track_digest:
            return False
        others = [tracks[name] for name in self.track_ids if name != track.id and name in tracks]
        return digest_of_others(others) == self.others_digest

    def holds_for(self, track: Decided) -> bool:
        """Whether a task was approved with a track as it is now."""
        known = self.digests.get(track.id)
        return known is not None and known == track.digest


def decision_of(event: Event) -> Decision | None:
    """The decision that an event is; None for other events, and for what makes no sense of one."""
    if event.label != REVIEW:
        return None
    values = event.attributes
    try:
        verdict = Verdict(str(values.get(STATE, "")))
    except ValueError:
        return None
    time_ns, task_id = _whole(values.get("time_ns")), _text(values.get("task"))
    # Before there were tiers, decisions were on findings only and named them with the ID of the event.
    finding_id = _text(values.get("finding")) if time_ns else event.id
    track_id = _text(values.get("track")) if time_ns else next(iter(event.track_ids), "")
    return Decision(
        event.id,
        verdict,
        _text(values.get("author")),
        _whole(values.get("tier")) if time_ns else REVIEWER_TIER,
        time_ns,
        track_id,
        event.track_ids,
        finding_id,
        _text(values.get("check")),
        task_id,
        event.start_ns,
        event.end_ns,
        _number(values.get("value")),
        _number(values.get("limit")),
        event.note,
        _text(values.get(DIGEST)),
        _text(values.get(OTHERS_DIGEST)),
        {
            name.removeprefix(TASK_DIGEST): str(value)
            for name, value in (values.items() if task_id else ())
            if name.startswith(TASK_DIGEST)
        },
    )


def decisions_of(events: Iterable[Event]) -> tuple[Decision, ...]:
    """All decisions among events, those that count no more too, the oldest first."""
    found = [decision for event in events if (decision := decision_of(event)) is not None]
    return tuple(sorted(found, key=lambda one: (one.time_ns, one.id)))


def ruling(decisions: Iterable[Decision]) -> Decision | None:
    """Which of several decisions counts: of the highest tier the last one; None for none."""
    return max(decisions, key=lambda one: one.weight, default=None)


class Decisions:
    """The decisions of a log, to be asked by finding and by track.

    Args:
        events: of the log; others than decisions may be among them.
    """

    def __init__(self, events: Iterable[Event]) -> None:
        self.all = decisions_of(events)
        self._of_finding: dict[str, list[Decision]] = {}
        self._of_track: dict[str, list[Decision]] = {}
        for decision in self.all:
            if decision.finding_id:
                self._of_finding.setdefault(decision.finding_id, []).append(decision)
            elif not decision.task_id:
                self._of_track.setdefault(decision.track_id, []).append(decision)

    def on_finding(
        self, finding_id: str, track_digest: str, others_digest: str = ""
    ) -> Decision | None:
        """What counts for a finding in these very values; None while nobody has decided.

        Args:
            finding_id: of the finding.
            track_digest: of the track that it is about, as it was looked at; "" without one.
            others_digest: of the other tracks; "" without any.
        """
        return ruling(
            one
            for one in self._of_finding.get(finding_id, ())
            if one.was_about(track_digest, others_digest)
        )

    def on_finding_of(self, finding_id: str, tracks: Sequence[Decided]) -> Decision | None:
        """What counts for a finding on tracks as they are now.

        Where nobody has decided on the finding itself, it is settled by whoever has approved all of its
        tracks as a whole: they are right in all frames.

        Args:
            finding_id: of the finding.
            tracks: those concerned, the one that it is about first; () for what has no track.
        """
        first = tracks[0].digest if tracks else ""
        own = self.on_finding(finding_id, first, digest_of_others(tracks[1:]))
        if own is not None or not tracks:
            return own
        wholes = [self.on_track(track) for track in tracks]
        approved = all(one is not None and one.verdict is Verdict.APPROVED for one in wholes)
        return wholes[0] if approved else None

    def on_track(self, track: Decided, tier: int = ANNOTATOR_TIER) -> Decision | None:
        """What counts for a whole track as it is now; None while nobody has decided.

        Args:
            track: as it is now.
            tier: only decisions of this tier or a higher one.
        """
        return ruling(
            one
            for one in self._of_track.get(track.id, ())
            if one.tier >= tier and one.track_digest == track.digest
        )

    def ruling(self, tracks: Mapping[str, Decided]) -> Iterator[Decision]:
        """All that counts as the tracks are now: one decision for each finding and track, and the tasks.

        Args:
            tracks: of the log by ID, as they are now.
        """
        for group in (*self._of_finding.values(), *self._of_track.values()):
            ruled = ruling(one for one in group if one.holds(tracks))
            if ruled is not None:
                yield ruled
        yield from (one for one in self.all if one.task_id and one.holds(tracks))

    def before(self, track_id: str) -> Decision | None:
        """The last decision on a whole track, whether it still counts or not."""
        return next(reversed(self._of_track.get(track_id, [])), None)


def digest_of_others(tracks: Iterable[Decided]) -> str:
    """The digest of the tracks that a decision concerns besides the first; "" for none.

    Of one track it is that track's own, which holds its ID; of several that of all, in any order.
    """
    digests = sorted(track.digest for track in tracks)
    return digest_of_text(*digests) if len(digests) > 1 else "".join(digests)


def _text(value: Scalar | None) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Scalar | None) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _number(value: Scalar | None) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and value is not None else math.nan
