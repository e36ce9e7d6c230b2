"""What a review goes through: findings of the checks, tracks of a plan, differences to other labels."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from av3d.present.inspecting import Inspecting
from av3d.qa.finding import Finding
from av3d.qa.registry import check_of
from av3d.tracks.change import Change
from av3d.tracks.document import Document

if TYPE_CHECKING:
    from av3d.present.adjudicating import Adjudicating
    from av3d.present.review_record import ReviewRecord
    from av3d.present.session import Session


class Source(StrEnum):
    """Where the rows of the queue come from."""

    CHECKS = "checks"
    PLAN = "plan"
    DIFFERENCES = "differences"

    @property
    def heading(self) -> str:
        """What the head of the queue says."""
        return {"checks": "Findings", "plan": "Tracks to review", "differences": "Differences"}[
            self
        ]

    @property
    def one(self) -> str:
        """One row, in words."""
        return {"checks": "finding", "plan": "track", "differences": "difference"}[self]


class Sources:
    """The rows of the queue, from one source at a time.

    Args:
        session: whose labels.
        inspecting: what the checks find in them.
        record: says which tracks the plan asks for.

    Attributes:
        source: the one that is gone through.
        differences: those to other labels; None until labels were compared.
    """

    def __init__(self, session: Session, inspecting: Inspecting, record: ReviewRecord) -> None:
        self._session = session
        self._inspecting = inspecting
        self._record = record
        self.source = Source.CHECKS
        self.differences: Adjudicating | None = None
        self._by_id: tuple[object, dict[str, Finding]] = (None, {})

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All rows of the present source, the riskiest first."""
        if self.source is Source.PLAN:
            return self._record.planned(self._inspecting)
        if self.source is Source.DIFFERENCES:
            return self.differences.findings if self.differences is not None else ()
        return self._inspecting.findings

    @property
    def version(self) -> object:
        """Another one whenever there are other rows."""
        return self.source, self._inspecting.version, id(self.findings)

    def has(self, source: Source) -> bool:
        """Whether a source is there to be gone through."""
        if source is Source.PLAN:
            return self._record.plan is not None
        return source is Source.CHECKS or self.differences is not None

    def by_id(self, finding_id: str) -> Finding | None:
        """A row by its ID."""
        if not finding_id:
            return None
        if self._by_id[0] != self.version:
            self._by_id = self.version, {one.id: one for one in self.findings}
        return self._by_id[1].get(finding_id)

    def of_track(self, track_id: str) -> tuple[Finding, ...]:
        """The rows that concern a track."""
        if self.source is not Source.DIFFERENCES:
            return self._inspecting.of_track(track_id)
        return tuple(one for one in self.findings if track_id in one.track_ids)

    def repair(self, finding: Finding, document: Document) -> tuple[Change, ...]:
        """What the check of a finding does to put it right.

        Raises:
            EditError: the labels have changed so that it cannot be done.
        """
        check = check_of(finding.check)
        return () if check is None else check.repair(finding, document)
