"""Labels of logs under all checks, with what reviewers have said of what was found."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from av3d.logs.log import Log
from av3d.ontology.ontology import Ontology
from av3d.present.label_statistics import CountedLabels
from av3d.present.quality.history import Progress
from av3d.qa.check import Check
from av3d.qa.finding import Finding
from av3d.qa.inspection import Inspection
from av3d.tracks.approval import Approval, approval_of
from av3d.tracks.decision import Decision, Decisions, Verdict
from av3d.tracks.issue import Issue, issues_of
from av3d.tracks.proposal import is_proposal
from av3d.tracks.review_plan import PlanProgress, plans_of
from av3d.tracks.review_plan import progress as plan_progress
from av3d.tracks.track import Track


@dataclass(frozen=True, eq=False)
class JudgedFinding:
    """What a check found, and what was said of it.

    Attributes:
        log: name of the log.
        finding: what was found.
        check: that found it.
        decision: what counts for these very labels; None while nobody has decided.
        frame: index of the frame to look at.
        time_s: of this frame, since the start of the log.
    """

    log: str
    finding: Finding
    check: Check
    decision: Decision | None
    frame: int
    time_s: float

    @property
    def is_open(self) -> bool:
        """Whether there is something to be done: nobody has accepted it, or approved its tracks."""
        settled = (Verdict.ACCEPTED, Verdict.APPROVED)
        return self.decision is None or self.decision.verdict not in settled

    @property
    def state(self) -> str:
        """For people: "open", "accepted", "approved", "being fixed", "sent back"."""
        if self.decision is None:
            return "open"
        return {Verdict.FIXING: "being fixed"}.get(
            self.decision.verdict, self.decision.verdict.value.replace("_", " ")
        )

    @property
    def value(self) -> str:
        """With its unit, "" for none."""
        return self.check.words(self.finding.value)

    @property
    def limit(self) -> str:
        """With its unit, "" for none."""
        return self.check.words(self.finding.limit)

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON values."""
        decision = self.decision
        return {
            "log": self.log,
            **{name: _told(value) for name, value in self.finding.as_dict().items()},
            "title": self.check.title,
            "unit": self.check.unit,
            "frame": self.frame,
            "time_s": self.time_s,
            "state": self.state,
            "decision": None
            if decision is None
            else {
                "verdict": decision.verdict.value,
                "author": decision.author,
                "tier": decision.tier,
                "time_ns": decision.time_ns,
                "note": decision.note,
            },
        }


@dataclass(frozen=True, eq=False)
class CheckedLog:
    """A log whose labels were looked at.

    Attributes:
        labels: its labels.
        log: its recording.
        inspection: what looked at them.
        findings: the riskiest first.
        decisions: of the log.
        approval: what of the labels is approved as it is.
        issues: by number.
        plans: how far the review plans of the log are.
    """

    labels: CountedLabels
    log: Log
    inspection: Inspection
    findings: tuple[JudgedFinding, ...]
    decisions: Decisions
    approval: Approval
    issues: tuple[Issue, ...]
    plans: tuple[PlanProgress, ...]

    @property
    def name(self) -> str:
        return self.labels.name

    @cached_property
    def tracks(self) -> tuple[Track, ...]:
        """Those that are labels; proposals are none yet."""
        return tuple(track for track in self.labels.tracks if not is_proposal(track))

    @cached_property
    def cuboids(self) -> Mapping[str, int]:
        """How many frames each track is in, by its ID."""
        found = {}
        for track in self.tracks:
            subject = self.inspection.subject(track.id)
            found[track.id] = 0 if subject is None else len(subject.frames)
        return found

    @property
    def cuboid_count(self) -> int:
        return sum(self.cuboids.values())

    @cached_property
    def reviewed(self) -> frozenset[str]:
        """IDs of tracks that a reviewer has decided on as a whole, as they are now."""
        return frozenset(
            track.id for track in self.tracks if self.decisions.on_track(track) is not None
        )

    def as_dict(self) -> dict[str, Any]:
        """The numbers of the log as JSON values."""
        return {
            "name": self.name,
            "frames": len(self.log.frames),
            "tracks": len(self.tracks),
            "cuboids": self.cuboid_count,
            "findings": len(self.findings),
            "open": sum(one.is_open for one in self.findings),
            "findings_per_100_cuboids": per_100(len(self.findings), self.cuboid_count),
            "reviewed_tracks": len(self.reviewed),
            "approved_tracks": len(self.approval.accepted),
            "issues": [issue.as_dict() for issue in self.issues],
            "plans": [plan.as_dict() for plan in self.plans],
        }


def check_labels(
    labels: CountedLabels,
    ontology: Ontology,
    checks: Sequence[Check] | None = None,
    *,
    read: bool = True,
    progress: Progress = lambda _text, _done, _total: None,
) -> CheckedLog:
    """Look at the labels of a log whose recording is at hand.

    Args:
        labels: of the log.
        ontology: the project's.
        checks: which ones; default: all that are installed.
        read: whether sweeps and images are read.
        progress: is told how far it is.
    """
    assert labels.log is not None
    inspection = Inspection(labels.log, ontology, checks, read=read)

    def show(text: str, done: int, total: int) -> None:
        progress(f"{labels.name}: {text[:1].lower()}{text[1:]}", done, total)

    inspection.update(labels.tracks, progress=show)
    return judged(labels, inspection)


def judged(labels: CountedLabels, inspection: Inspection) -> CheckedLog:
    """What an inspection of labels has found, with what reviewers have said of it.

    Args:
        labels: as the inspection has looked at them.
        inspection: of their log, up to date.
    """
    log = inspection.log
    decisions = Decisions(labels.events)
    tracks = {track.id: track for track in labels.tracks}
    by_id = {check.id: check for check in inspection.checks}
    start_ns = log.start_ns
    findings = []
    for finding in inspection.findings:
        frame = log.frames.nearest(finding.timestamp_ns)
        findings.append(
            JudgedFinding(
                labels.name,
                finding,
                by_id[finding.check],
                decisions.on_finding_of(
                    finding.id, [tracks[track_id] for track_id in finding.track_ids]
                ),
                frame,
                (log.frames[frame].timestamp_ns - start_ns) / 1e9,
            )
        )
    risks: dict[str, int] = {}
    for finding in inspection.findings:
        for track_id in finding.track_ids:
            risks[track_id] = max(risks.get(track_id, 0), finding.risk)
    plans = tuple(
        plan_progress(plan, labels.tracks, decisions, risks) for plan in plans_of(labels.events)
    )
    return CheckedLog(
        labels, log, inspection, tuple(findings), decisions,
        approval_of(labels.tracks, labels.events), issues_of(labels.events), plans,
    )  # fmt: skip


def _told(value: Any) -> Any:
    """A value that JSON has: it knows no infinite numbers."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def per_100(findings: int, cuboids: int) -> float | None:
    """Findings per 100 cuboids; None without cuboids."""
    return 100 * findings / cuboids if cuboids else None
