"""The review of a log: what is gone through, which of it is looked at, what was decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from av3d.present.finding_words import PLANNED, kind_of
from av3d.present.inspecting import Inspecting
from av3d.present.review_record import ReviewRecord
from av3d.present.review_sources import Source, Sources
from av3d.qa.check import Measure
from av3d.qa.finding import Finding, Severity, check_in
from av3d.tracks.change import Change
from av3d.tracks.decision import Decision, Verdict
from av3d.tracks.document import Document, EditError

if TYPE_CHECKING:
    from av3d.present.session import Session

DONE_WORDS = {
    Verdict.ACCEPTED: "accepted",
    Verdict.FIXING: "being fixed",
    Verdict.SENT_BACK: "sent back",
    Verdict.APPROVED: "approved",
}
TITLES = {
    Verdict.ACCEPTED: "Accept",
    Verdict.FIXING: "Fix",
    Verdict.SENT_BACK: "Send back",
    Verdict.APPROVED: "Approve",
}
ORDERS = {
    "risk": "risk, the highest first",
    "time": "time, from the start of the log",
    "track": "track, by name",
    "check": "check, by name",
}
SHOWN = {"open": "open", "decided": "decided", "all": "open and decided"}
NO_TRACK = "no track yet"
"""Whom a finding is about that has no label."""
USUAL_S = 20.0
"""How long a decision takes where nobody has decided yet."""
PACES_KEPT = 30
LONGEST_S = 300.0
"""Whoever decides nothing for longer has done something else."""


@dataclass(frozen=True)
class Tally:
    """How far the review is.

    Attributes:
        accepted, fixed, sent_back, fixing: what was decided; fixed are those that somebody began to
            fix and that are found no more.
        open: what waits.
    """

    accepted: int
    fixed: int
    sent_back: int
    fixing: int
    open: int

    @property
    def reviewed(self) -> int:
        """How many wait no more."""
        return self.accepted + self.fixed + self.sent_back + self.fixing

    @property
    def total(self) -> int:
        """How many there are and were."""
        return self.reviewed + self.open


class Review:
    """What is reviewed in a session, and the decisions on it; see `av3d.tracks.decision`.

    Args:
        session: whose labels.
        inspecting: what the checks find in them.

    Attributes:
        current: ID of the finding that is looked at, "" for none.
        check: ID of the check whose measure the chart shows; "" is that of the current finding.
        ended: whether the last decision left nothing open; what is found later shows by itself.
        order: one of ORDERS.
        shown: one of SHOWN.
        severities: only findings of these.
    """

    def __init__(self, session: Session, inspecting: Inspecting) -> None:
        self._session = session
        self.inspecting = inspecting
        self.record = ReviewRecord(session)
        self.sources = Sources(session, inspecting, self.record)
        self.current = ""
        self.check = ""
        self.ended = False
        self.order = "risk"
        self.shown = "open"
        self.severities = frozenset(Severity)
        self._rows: tuple[object, tuple[Finding, ...]] = (None, ())
        self._open: tuple[object, tuple[Finding, ...]] = (None, ())
        self._tally: tuple[object, Tally] = (None, Tally(0, 0, 0, 0, 0))
        self._paces_s: list[float] = []
        self._decided_s: float | None = None

    # What there is

    @property
    def version(self) -> object:
        """Another one whenever there are other findings or decisions."""
        return self.sources.version, self.record.version

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that the present source lists, decided or not, the riskiest first."""
        return self.sources.findings

    def decision(self, finding: Finding) -> Decision | None:
        """What counts for a finding, while all its tracks are as they were looked at."""
        return self.record.decision(finding)

    def state(self, finding: Finding) -> Verdict | None:
        """What was decided on a finding; None while it is open."""
        decision = self.decision(finding)
        return None if decision is None else decision.verdict

    @property
    def open(self) -> tuple[Finding, ...]:
        """What waits for a decision, in the order of the queue, and is not filtered out."""
        key = self.version, self.order, self.severities
        if self._open[0] != key:
            waiting = (one for one in self.findings if self.state(one) is None)
            self._open = key, self._listed(waiting)
        return self._open[1]

    @property
    def rows(self) -> tuple[Finding, ...]:
        """What the queue lists."""
        if self.shown == "open":
            return self.open
        key = self.version, self.order, self.severities, self.shown
        if self._rows[0] != key:
            found: Iterable[Finding] = self.findings
            if self.shown == "decided":
                found = (one for one in found if self.state(one) is not None)
            self._rows = key, self._listed(found)
        return self._rows[1]

    def _listed(self, found: Iterable[Finding]) -> tuple[Finding, ...]:
        keys: Mapping[str, Callable[[Finding], tuple[object, ...]]] = {
            "time": lambda one: (one.timestamp_ns,),
            "track": lambda one: (not one.track_ids, one.category, len(one.name), one.name),
            "check": lambda one: (kind_of(one.check).title,),
        }
        chosen = [one for one in found if one.severity in self.severities]
        if self.order in keys:
            # They come by risk, and stay so where they are alike.
            chosen.sort(key=keys[self.order])
        return tuple(chosen)

    @property
    def filtered(self) -> bool:
        """Whether some of what is open does not show."""
        return self.severities != frozenset(Severity) or self.shown == "decided"

    @property
    def finding(self) -> Finding | None:
        """The one that is looked at."""
        return self.sources.by_id(self.current)

    def of_track(self, track_id: str) -> tuple[Finding, ...]:
        """All that concerns a track, from the present source and from the checks."""
        return self.sources.of_track(track_id)

    def measure(self, track_id: str) -> Measure | None:
        """The values of the chart for a track."""
        return self.inspecting.measure(track_id, self.chart_check)

    @property
    def chart_check(self) -> str:
        """ID of the check whose measure the chart shows: the chosen one, else that of the finding.

        What is there without a measure of its own, a track of a plan or a difference, shows its speed.
        """
        finding = self.finding
        if self.check or finding is None or self.sources.source is not Source.CHECKS:
            return self.check or "speed"
        return finding.check

    def tally(self) -> Tally:
        """How far the review is."""
        if self._tally[0] != self.version:
            states = [self.state(one) for one in self.findings]
            self._tally = (
                self.version,
                Tally(
                    states.count(Verdict.ACCEPTED) + states.count(Verdict.APPROVED),
                    self._fixed(),
                    states.count(Verdict.SENT_BACK),
                    states.count(Verdict.FIXING),
                    states.count(None),
                ),
            )
        return self._tally[1]

    def _fixed(self) -> int:
        """Findings of the checks that somebody began to fix, and that are found no more.

        What its check has not answered on yet is not known to be fixed.
        """
        if self.sources.source is not Source.CHECKS:
            return 0
        known = {one.id for one in self.findings}
        begun = {
            one.finding_id for one in self.record.decisions.all if one.verdict is Verdict.FIXING
        }
        return sum(
            self.inspecting.has_answered(check)
            for finding_id in begun - known
            if (check := check_in(finding_id))
        )

    @property
    def left_s(self) -> float:
        """How long the rest takes at the pace of this session."""
        paces = sorted(self._paces_s)
        pace_s = paces[len(paces) // 2] if len(paces) >= 3 else USUAL_S
        return pace_s * len(self.open)

    # What the reviewer does

    def show_source(self, source: Source) -> None:
        """Go through other things."""
        if source is not self.sources.source:
            self.sources.source = source
            self.current, self.check, self.ended = "", "", False

    def show(self, finding_id: str) -> None:
        """Look at a finding: its tracks, at the frame in which it is worst."""
        finding = self.sources.by_id(finding_id)
        if finding is None:
            return
        self.current, self.check, self.ended = finding.id, "", False
        session = self._session
        session.select_many(finding.track_ids[:2])
        session.follow = False
        session.follow_camera = True
        session.go_to_time(finding.timestamp_ns)

    def step(self, step: int) -> None:
        """Look at the next (+1) or previous (-1) row of the queue."""
        ids = [one.id for one in self.rows]
        if not ids:
            return
        if self.current in ids:
            self.show(ids[(ids.index(self.current) + step) % len(ids)])
        else:
            self.show(ids[0 if step > 0 else -1])

    def decide(self, verdict: Verdict, note: str = "") -> bool:
        """Decide on the finding that is looked at; the next one shows. Whether it was kept."""
        finding = self.finding
        if finding is None:
            return False
        if not note and self.state(finding) is verdict and self.open:
            # Pressed once more: that it is decided need not be said again.
            self.show(self.open[0].id)
            return False
        return self._make(
            f"{TITLES[verdict]} {self._called(finding)}",
            finding,
            lambda document: self.record.decide(document, finding, verdict, note),
            stay=verdict is Verdict.FIXING,
        )

    def decide_track(self, verdict: Verdict, note: str = "") -> bool:
        """Approve the selected track as it is now, or send it back. Whether it was kept."""
        session = self._session
        track = session.selected_track
        if track is None:
            return False
        if verdict is Verdict.APPROVED and not self.record.may_approve():
            author, _ = self.record.who()
            session.say(
                "info", "Nothing was approved",
                f"{author} is an annotator in this project. A reviewer or a lead approves.",
            )  # fmt: skip
            return False
        finding = self.finding
        if finding is not None and finding.check == PLANNED and finding.track_id == track.id:
            # The row is this very decision: the next one shows.
            return self.decide(verdict, note)
        title = f"{TITLES[verdict]} {track.name}"

        def operation(document: Document) -> tuple[Change, ...]:
            return self.record.decide_track(document, track.id, verdict, note)

        return session.edits.do(title, operation, locked_too=True, by_hand=False)

    def repair(self, finding: Finding | None = None) -> bool:
        """Let the check put a finding right, and go on to the next one. Whether anything was done.

        Args:
            finding: default: the one that is looked at.
        """
        finding = finding or self.finding
        if finding is None or not self.repairable(finding):
            return False

        def operation(document: Document) -> tuple[Change, ...]:
            noted = self.record.decide(document, finding, Verdict.FIXING, "Repaired by the check")
            repaired = self.sources.repair(finding, document.apply(noted))
            if not repaired:
                # Such as between keyframes. That it was repaired is not to be said then.
                raise EditError(
                    "the check finds no keyframe there that it could change", finding.name,
                    "put it right by hand",
                )  # fmt: skip
            return (*noted, *repaired)

        return self._make(f"Repair {self._called(finding)}", finding, operation)

    def take(self, *, average: bool = False) -> bool:
        """Let the other labels replace these where they differ, or the mean of both do.

        Args:
            average: the mean.
        """
        finding, differences = self.finding, self.sources.differences
        if finding is None or differences is None:
            return False
        made = differences.take_average(finding) if average else differences.take_theirs(finding)
        if made is None:
            self._session.say(
                "info", "Nothing was changed",
                "There is nothing between the two." if average else "They agree there by now.",
            )  # fmt: skip
            return False
        verb = "Average" if average else "Take theirs"
        return self._make(f"{verb}: {self._called(finding)}", finding, made)

    def repairable(self, finding: Finding) -> bool:
        """Whether its check can put a finding right by itself."""
        return kind_of(finding.check).repairs and self.record.is_current(finding)

    def _called(self, finding: Finding) -> str:
        title = self.title(finding, " of ")
        return title[0].lower() + title[1:]

    def title(self, finding: Finding, between: str = ", ") -> str:
        """What it is and whom it is about: "Box overlap, Car 45 and Car 46"."""
        title = kind_of(finding.check).title
        named = finding.track_ids or finding.category
        return f"{title}{between}{self.names(finding)}" if named else title

    def names(self, finding: Finding) -> str:
        """Whom a finding is about: "Car 45 and Car 46"."""
        others = [
            track.name for name in finding.track_ids[1:] if (track := self._session.track(name))
        ]
        if not finding.track_ids:
            # What only other labels have is called as it is there.
            return finding.name if finding.category else NO_TRACK
        if len(others) > 1:
            return f"{finding.name} and {len(others)} more"
        return f"{finding.name} and {others[0]}" if others else finding.name

    def _make(
        self,
        title: str,
        finding: Finding,
        operation: Callable[[Document], tuple[Change, ...]],
        *,
        stay: bool = False,
    ) -> bool:
        ids = [one.id for one in self.open]
        row = ids.index(finding.id) if finding.id in ids else 0
        if not self._session.edits.do(title, operation, locked_too=True, by_hand=False):
            return False
        self._note_pace()
        rest = [one for one in self.open if one.id != finding.id]
        if rest and not stay:
            self.show(rest[min(row, len(rest) - 1)].id)
        self.ended = not rest
        return True

    def _note_pace(self) -> None:
        now_s = self._session.clock()
        if self._decided_s is not None and 0 < now_s - self._decided_s < LONGEST_S:
            self._paces_s = [*self._paces_s, now_s - self._decided_s][-PACES_KEPT:]
        self._decided_s = now_s
