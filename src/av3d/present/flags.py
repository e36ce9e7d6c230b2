"""Findings and issues beside the labels while they are edited: marks, and the way there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from av3d.present.finding_words import measured_words
from av3d.present.marks import Mark, MarkKind
from av3d.present.review import DONE_WORDS, Review
from av3d.present.words import plural
from av3d.qa.finding import Finding
from av3d.tracks.decision import Verdict

if TYPE_CHECKING:
    from av3d.present.session import Session


class Flags:
    """What is remarked on the tracks of a session.

    Args:
        session: whose tracks; it gets the marks.
        review: what is found, decided and said.
    """

    def __init__(self, session: Session, review: Review) -> None:
        self._session = session
        self._review = review
        self._marked: object = None
        self._open: tuple[Finding, ...] = ()
        self._of_track: Mapping[str, tuple[Finding, ...]] = {}
        self._at = ""
        self._words: tuple[object, list[Mark]] = (None, [])
        """The marks of all findings, in their order."""

    def tick(self) -> None:
        """Once per frame: mark what is found and said anew."""
        review, inspecting = self._review, self._review.inspecting
        key = inspecting.version, review.record.version
        if key == self._marked:
            return
        self._marked = key
        if self._words[0] is not inspecting.findings:
            self._words = inspecting.findings, [_mark(one) for one in inspecting.findings]
        found = zip(inspecting.findings, self._words[1], strict=True)
        waiting = [(one, mark) for one, mark in found if review.record.decision(one) is None]
        self._open = tuple(one for one, _ in waiting)
        of_track: dict[str, list[Finding]] = {}
        marks: dict[str, list[Mark]] = {}
        for finding, mark in waiting:
            for track_id in finding.track_ids:
                of_track.setdefault(track_id, []).append(finding)
                marks.setdefault(track_id, []).append(mark)
        for issue in review.record.issues:
            for track_id in issue.track_ids if issue.is_open else ():
                mark = Mark(issue.timestamp_ns, MarkKind.ISSUE, f"{issue.name}: {issue.title}")
                marks.setdefault(track_id, []).append(mark)
        for track_id in {one.track_id for one in review.record.decisions.all if one.is_of_track}:
            decision = review.record.on_track(track_id)
            if decision is not None and decision.verdict is Verdict.APPROVED:
                said = f"{DONE_WORDS[decision.verdict].capitalize()} by {decision.author}"
                marks.setdefault(track_id, []).append(
                    Mark(decision.start_ns, MarkKind.ACCEPTED, said)
                )
        self._of_track = {track_id: tuple(found) for track_id, found in of_track.items()}
        self._session.marks = {
            track_id: tuple(sorted(found, key=lambda mark: mark.timestamp_ns))
            for track_id, found in marks.items()
        }

    @property
    def open(self) -> tuple[Finding, ...]:
        """What nobody has decided yet, the riskiest first."""
        return self._open

    @property
    def words(self) -> str:
        """How many there are: "3 findings", "" for none."""
        return plural(len(self._open), "finding") if self._open else ""

    def of_track(self, track_id: str) -> tuple[Finding, ...]:
        """What nobody has decided yet of a track, the riskiest first."""
        return self._of_track.get(track_id, ())

    @property
    def here(self) -> Finding | None:
        """The finding of the selected track that is nearest in time, the riskier one of two."""
        now_ns = self._session.timestamp_ns
        found = self.of_track(self._session.selected or "")

        def away_ns(finding: Finding) -> int:
            return max(finding.start_ns - now_ns, now_ns - finding.end_ns, 0)

        return min(found, key=away_ns, default=None)

    @property
    def repairable(self) -> Finding | None:
        """The finding of the selected track here that its check can put right."""
        finding = self.here
        return finding if finding is not None and self._review.repairable(finding) else None

    def find(self, finding_id: str) -> Finding | None:
        """An open finding by its ID."""
        return next((one for one in self._open if one.id == finding_id), None)

    def step(self, step: int) -> Finding | None:
        """The next (+1) or previous (-1) open finding, by risk."""
        rows = self._open
        if not rows:
            return None
        ids = [one.id for one in rows]
        if self._at in ids:
            number = (ids.index(self._at) + step) % len(rows)
        else:
            number = 0 if step > 0 else len(rows) - 1
        self._at = ids[number]
        return rows[number]


def _mark(finding: Finding) -> Mark:
    return Mark(finding.timestamp_ns, MarkKind.FINDING, measured_words(finding))
