"""What people have said of a session's labels: decisions, issues and review plans, as they count now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from av3d.errors import Av3dError
from av3d.present.finding_words import PLANNED
from av3d.present.inspecting import Inspecting
from av3d.qa.agreement.kinds import BY_ID as DIFFERENCES
from av3d.qa.finding import Finding, Severity
from av3d.tracks.change import Change
from av3d.tracks.decision import (
    ANNOTATOR_TIER,
    LEAD_TIER,
    REVIEWER_TIER,
    Decision,
    Decisions,
    Verdict,
    digest_of_others,
)
from av3d.tracks.document import Document
from av3d.tracks.issue import Issue, issues_of
from av3d.tracks.operations.decisions import decide, decide_track
from av3d.tracks.operations.issues import open_issue
from av3d.tracks.review_plan import PlanProgress, ReviewPlan, plans_of, progress
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.present.session import Session

TIER_WORDS = {ANNOTATOR_TIER: "annotator", REVIEWER_TIER: "reviewer", LEAD_TIER: "lead"}


class ReviewRecord:
    """The record of a review, read from the document and written to it.

    Args:
        session: whose labels.

    Attributes:
        plan_id: of the plan that is followed; "" is the first one.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.plan_id = ""
        self._document: Document | None = None
        self._version = 0
        self._decisions = Decisions(())
        self._issues: tuple[Issue, ...] = ()
        self._plans: tuple[ReviewPlan, ...] = ()
        self._states: dict[str, tuple[Finding, Decision | None]] = {}
        self._tracks: dict[str, Decision | None] = {}
        self._progress: tuple[object, PlanProgress | None] = (None, None)
        self._planned: tuple[object, tuple[Finding, ...]] = (None, ())
        self._who: tuple[object, tuple[str, int]] = (None, ("", REVIEWER_TIER))

    def _read(self) -> None:
        document = self._session.labels.document
        if document is self._document:
            return
        records = [event for event in document.events.values() if event.is_record]
        self._decisions, self._issues = Decisions(records), issues_of(records)
        self._plans = plans_of(records)
        self._document = document
        self._version += 1
        self._states.clear()
        self._tracks.clear()

    @property
    def version(self) -> int:
        """Grows with every edit."""
        self._read()
        return self._version

    # Decisions

    @property
    def decisions(self) -> Decisions:
        """All decisions of the log, those that count no more too."""
        self._read()
        return self._decisions

    def decision(self, finding: Finding) -> Decision | None:
        """What counts for a finding; None while it is open, or once a track of it was changed."""
        self._read()
        known = self._states.get(finding.id)
        if known is None or known[0] is not finding:
            known = self._states[finding.id] = finding, self._ruling(finding)
        return known[1]

    def _ruling(self, finding: Finding) -> Decision | None:
        planned = finding.check == PLANNED
        if not self.is_current(finding):
            return None
        if planned:
            track = self._track(finding.track_id)
            plan = self.plan
            if track is None or plan is None:
                return None
            return self._decisions.on_track(track, plan.tier)
        if finding.check in DIFFERENCES:  # what others have instead is a question of its own
            return self._decisions.on_finding(finding.id, finding.digest, self._others(finding))
        found = (self._track(track_id) for track_id in finding.track_ids)
        return self._decisions.on_finding_of(finding.id, [one for one in found if one is not None])

    def is_current(self, finding: Finding) -> bool:
        """Whether the tracks of a finding are those that were looked at."""
        track = self._track(finding.track_id)
        if not finding.track_ids:
            return True
        there = all(self._track(track_id) is not None for track_id in finding.track_ids)
        return track is not None and there and finding.digest in ("", track.digest)

    def _track(self, track_id: str) -> Track | None:
        return self._session.labels.document.tracks.get(track_id)

    def _others(self, finding: Finding) -> str:
        found = (self._track(track_id) for track_id in finding.track_ids[1:])
        return digest_of_others(track for track in found if track is not None)

    def on_track(self, track_id: str) -> Decision | None:
        """What counts for a whole track as it is now."""
        self._read()
        if track_id not in self._tracks:
            track = self._track(track_id)
            self._tracks[track_id] = None if track is None else self._decisions.on_track(track)
        return self._tracks[track_id]

    def changed_since(self, track_id: str) -> Decision | None:
        """The last decision on a whole track, if the track was changed after it."""
        before = self.decisions.before(track_id)
        return before if before is not None and self.on_track(track_id) is None else None

    def who(self) -> tuple[str, int]:
        """Who decides now, and how much the word counts.

        In a project in which nobody is registered everybody is a reviewer.
        """
        from av3d.store.project import default_author
        from av3d.store.task_flow import tier_of

        editor = self._session.labels.editor
        if editor is None:
            return default_author(), REVIEWER_TIER
        author = editor.project.author
        if self._who[0] != (id(editor), author):
            try:
                tier = tier_of(editor.project.authors(), author)
            except Av3dError:
                tier = REVIEWER_TIER
            self._who = (id(editor), author), (author, tier)
        return self._who[1]

    def may_approve(self) -> bool:
        """Whether the word of who decides now counts as that of a reviewer."""
        return self.who()[1] >= REVIEWER_TIER

    def decide(
        self, document: Document, finding: Finding, verdict: Verdict, note: str = ""
    ) -> tuple[Change, ...]:
        """The changes of a decision on a finding; sent back, it is an issue, too.

        Raises:
            EditError: the labels have changed so that it makes no sense.
        """
        author, tier = self.who()
        now_ns = self._session.wall_ns()
        if finding.check == PLANNED:
            verdict = Verdict.APPROVED if verdict is Verdict.ACCEPTED else verdict
            changes = decide_track(
                document, finding.track_id, verdict, author=author, tier=tier, time_ns=now_ns,
                note=note,
            )  # fmt: skip
        else:
            changes = decide(
                document, finding.id, verdict, author=author, tier=tier, time_ns=now_ns,
                start_ns=finding.start_ns, end_ns=finding.end_ns, track_ids=finding.track_ids,
                track_digest=finding.digest, others_digest=self._others(finding),
                check=finding.check, value=finding.value, limit=finding.limit, note=note,
            )  # fmt: skip
        if verdict is not Verdict.SENT_BACK or not note:
            return changes
        opened = open_issue(
            document.apply(changes), text=note, author=author, time_ns=now_ns,
            timestamp_ns=finding.timestamp_ns, track_ids=finding.track_ids,
            place_m=self.place_of(finding), finding_id=finding.id,
        )  # fmt: skip
        return (*changes, *opened)

    def place_of(self, finding: Finding) -> tuple[float, float, float] | None:
        """Where a finding is, world frame; of a track the middle of its cuboid where it is worst."""
        if finding.place_m is not None:
            return finding.place_m
        session = self._session
        box = session.box_of(finding.track_id, session.log.frames.nearest(finding.timestamp_ns))
        if box is None:
            return None
        x_m, y_m, z_m = box.state.cuboid.center_m.tolist()
        return x_m, y_m, z_m

    def decide_track(
        self, document: Document, track_id: str, verdict: Verdict, note: str = ""
    ) -> tuple[Change, ...]:
        """The changes of a decision on a whole track; sent back, it is an issue, too.

        Raises:
            EditError: there is no such track.
        """
        author, tier = self.who()
        now_ns = self._session.wall_ns()
        changes = decide_track(
            document, track_id, verdict, author=author, tier=tier, time_ns=now_ns, note=note
        )
        if verdict is not Verdict.SENT_BACK or not note:
            return changes
        opened = open_issue(
            document.apply(changes), text=note, author=author, time_ns=now_ns,
            timestamp_ns=self._session.timestamp_ns, track_ids=(track_id,),
        )  # fmt: skip
        return (*changes, *opened)

    # Issues

    @property
    def issues(self) -> tuple[Issue, ...]:
        """All issues of the log, by number."""
        self._read()
        return self._issues

    # Plans

    @property
    def plans(self) -> tuple[ReviewPlan, ...]:
        """The review plans of the log, by name."""
        self._read()
        return self._plans

    @property
    def plan(self) -> ReviewPlan | None:
        """The plan that is followed."""
        plans = self.plans
        return next(
            (plan for plan in plans if plan.id == self.plan_id), plans[0] if plans else None
        )

    def progress(self, inspecting: Inspecting) -> PlanProgress | None:
        """How far the plan is that is followed; None without one."""
        plan = self.plan
        if plan is None:
            return None
        key = self.version, plan, inspecting.version
        if self._progress[0] != key:
            tracks: Sequence[Track] = tuple(self._session.labels.document.tracks.values())
            found = progress(plan, tracks, self._decisions, risks_of(inspecting))
            self._progress = key, found
        return self._progress[1]

    def planned(self, inspecting: Inspecting) -> tuple[Finding, ...]:
        """The tracks that the plan asks for as rows of the queue, the riskiest first."""
        from av3d.tracks.review_plan import chosen

        plan = self.plan
        if plan is None:
            return ()
        key = self.version, plan, inspecting.version
        if self._planned[0] != key:
            tracks = self._session.labels.document.tracks
            risks = risks_of(inspecting)
            wanted = chosen(plan, tracks.values(), risks)
            rows = [
                _row(track, risks.get(track.id, 0))
                for track in tracks.values()
                if track.id in wanted
            ]
            rows.sort(key=lambda one: (-one.risk, one.category, len(one.name), one.name))
            self._planned = key, tuple(rows)
        return self._planned[1]


def risks_of(inspecting: Inspecting) -> Mapping[str, int]:
    """By ID of the track the risk of its riskiest finding."""
    found: dict[str, int] = {}
    for finding in inspecting.findings:
        for track_id in finding.track_ids:
            found.setdefault(track_id, finding.risk)
    return found


def _row(track: Track, risk: int) -> Finding:
    nan = float("nan")
    return Finding(
        PLANNED, Severity.NOTE, (track.id,), track.name, track.category, track.start_ns, track.end_ns,
        track.start_ns, nan, nan, f"The review plan asks for a look at {track.name}", risk,
    )  # fmt: skip
