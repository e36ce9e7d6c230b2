"""The checks of a session's labels, made beside the window and again for what an edit has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from av3d.ontology.ontology import Ontology
from av3d.present.tasks import Report, State, Work
from av3d.qa.check import Check, Measure
from av3d.qa.finding import Finding, by_risk
from av3d.qa.inspection import Inspection
from av3d.qa.registry import CheckError, all_checks
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.present.session import Session

QUIET_S = 0.5
"""While labelling, checks wait until nothing was edited for so long: a key that is held makes one run."""
MEASURES_KEPT = 64


class Half:
    """Some of the checks: those that look at labels alone, or those that read sweeps and images.

    The former answer within moments, whatever the length of the log; the latter take the time that the
    log needs to be read, once.

    Args:
        session: whose labels.
        checks: which ones.
        reads: whether they read the log.
    """

    def __init__(self, session: Session, checks: Sequence[Check], *, reads: bool) -> None:
        self._session = session
        self._checks, self._reads = tuple(checks), reads
        self._inspection: Inspection | None = None
        self._work: Work[Any] | None = None
        self._checked: tuple[Track, ...] | None = None
        """The tracks that the findings are about."""
        self._asked: tuple[Track, ...] = ()
        self.stopped = False
        """Whether it was cancelled, or has failed: it rests until it is asked for again."""
        self._told: set[str] = set()
        self.findings: tuple[Finding, ...] = ()
        self.answered: frozenset[str] = frozenset()
        """IDs of the checks that the findings are all of: those that were made to the end."""

    @property
    def running(self) -> bool:
        """Whether checks are being made, or their outcome waits to be taken over."""
        return self._work is not None

    @property
    def current(self) -> bool:
        """Whether the findings are those of the labels as they are now."""
        return self._checked is self._session.tracks or not self._checks

    def poll(self) -> bool:
        """Take over what is ready, and begin what is due; whether something else is known now."""
        session, work = self._session, self._work
        if work is not None:
            if work in session.works.works:
                return False
            self._work = None
            if work.state is not State.DONE:
                self.stopped = True
                return False
            self._checked = self._asked
            self._tell()
            inspection, before = self._inspection, self.answered
            if inspection is not None:
                made = {check.id for check in inspection.checks}
                self.answered = frozenset(made - inspection.failed.keys())
            if work.result is None or work.result is self.findings:
                return self.answered != before
            self.findings = work.result
            return True
        if not self.stopped and not self.current:
            self._begin(session.labels.ontology)
        return False

    def _tell(self) -> None:
        """Say once which checks fail of their own fault; the others are made as ever."""
        failed = {} if self._inspection is None else self._inspection.failed
        for check_id in failed.keys() - self._told:
            self._told.add(check_id)
            title = next(check.title for check in self._checks if check.id == check_id)
            self._session.say("error", f"The check {title} has failed", failed[check_id])

    def _begin(self, ontology: Ontology) -> None:
        session = self._session
        inspection = self._inspection
        if inspection is None or inspection.ontology is not ontology:
            inspection = Inspection(session.log, ontology, self._checks, read=self._reads)
            self._inspection = inspection
        tracks = self._asked = session.tracks

        def run(report: Report) -> tuple[Finding, ...]:
            return inspection.update(tracks, progress=report)

        title = "Checking points and images" if self._reads else "Checking tracks"
        work = Work(title, run, failed="The checks failed", alone=False, quiet=True)
        self._work = session.begin(work)

    def begin_again(self) -> None:
        """Check everything anew."""
        if self._work is not None:
            self._work.cancel(silently=True)
        self._inspection, self._checked, self._work = None, None, None
        self.stopped = False

    def measure(self, track_id: str, check: Check) -> Measure | None:
        """What a check looks at over the frames of a track; None where it says nothing."""
        if self._inspection is None or check not in self._checks:
            return None
        return self._inspection.measure(track_id, check.id)

    def has(self, check: Check) -> bool:
        """Whether a check is one of these."""
        return check in self._checks


class Inspecting:
    """What the checks find in a session's labels, kept up to date.

    `poll` is called once per frame of the window and never waits.

    Args:
        session: whose labels.
        checks: which ones; default: all that are installed.

    Attributes:
        on: whether labels are also checked while they are edited; otherwise only when asked for.
    """

    def __init__(self, session: Session, checks: Sequence[Check] | None = None) -> None:
        self._session = session
        self._checks = None if checks is None else tuple(checks)
        self._halves: tuple[Half, ...] = ()
        self.on = True
        self._asked = False
        self._tracks: tuple[Track, ...] = ()
        self._since_s = -QUIET_S
        self._of_track: Mapping[str, tuple[Finding, ...]] = {}
        self._measures: dict[tuple[str, str], tuple[Track, Measure | None]] = {}
        self.findings: tuple[Finding, ...] = ()
        self.version = 0
        """Grows whenever other findings are known, and when a check has answered for the first time."""

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks that are made; loaded when they are first asked for."""
        if self._checks is None:
            try:
                self._checks = all_checks()
            except CheckError as error:
                self._checks = ()
                self._session.say("error", "The checks cannot be made", str(error))
        return self._checks

    def _load(self) -> tuple[Half, ...]:
        if not self._halves:
            reading = [check for check in self.checks if check.reads_points or check.reads_images]
            others = [check for check in self.checks if check not in reading]
            self._halves = (
                Half(self._session, others, reads=False), Half(self._session, reading, reads=True),
            )  # fmt: skip
        return self._halves

    @property
    def looking(self) -> bool:
        """Whether checks are being made."""
        return any(half.running for half in self._halves)

    @property
    def stopped(self) -> bool:
        """Whether checks that were due were cancelled, or have failed."""
        return any(half.stopped for half in self._halves)

    @property
    def complete(self) -> bool:
        """Whether the findings are those of all checks on the labels as they are now."""
        return bool(self._halves) and all(half.current for half in self._halves)

    @property
    def idle(self) -> bool:
        """Whether nobody has asked for checks: they are switched off."""
        return not (self.on or self._asked)

    def poll(self, *, now: bool = False) -> None:
        """Take over what is ready, and begin what is due; not in the middle of an edit.

        Args:
            now: at once, and also where checks while labelling are switched off: somebody reviews.
        """
        session = self._session
        if not session.has_log:
            return
        if session.tracks is not self._tracks:
            self._tracks, self._since_s = session.tracks, session.clock()
        changed = False
        resting = session.loading_tracks or session.edits.previewing or session.in_motion
        due = now or self._asked or (self.on and session.clock() - self._since_s >= QUIET_S)
        due = due and not resting
        for half in self._load() if due else self._halves:
            if half.running or due:
                changed |= half.poll()
        if self._asked and self.complete:
            self._asked = False
        if changed:
            self._take()

    def ask(self) -> None:
        """Check everything anew, as soon as may be."""
        self._asked = True
        for half in self._halves:
            half.begin_again()

    def _take(self) -> None:
        self.findings = by_risk([one for half in self._halves for one in half.findings])
        of_track: dict[str, list[Finding]] = {}
        for finding in self.findings:
            for track_id in finding.track_ids:
                of_track.setdefault(track_id, []).append(finding)
        self._of_track = {track_id: tuple(found) for track_id, found in of_track.items()}
        self._measures.clear()
        self.version += 1

    def has_answered(self, check_id: str) -> bool:
        """Whether a check was made to the end: what it does not find then is not there.

        After an edit it is the answer on the labels of before until the next one comes. A check that
        fails, or that has nothing to look at, never answers.
        """
        return any(check_id in half.answered for half in self._halves)

    def of_track(self, track_id: str) -> tuple[Finding, ...]:
        """All findings that concern a track, the riskiest first."""
        return self._of_track.get(track_id, ())

    def measure(self, track_id: str, check_id: str) -> Measure | None:
        """What a check looks at over the frames of a track; None where it says nothing, or not yet."""
        track = self._session.track(track_id)
        check = next((one for one in self.checks if one.id == check_id), None)
        if track is None or check is None:
            return None
        key = track_id, check_id
        known, measure = self._measures.get(key, (None, None))
        if known is track:
            return measure
        half = next(half for half in self._load() if half.has(check))
        measure = half.measure(track_id, check)
        if half.current:
            # What is told of a track that is being checked again soon is something else.
            while len(self._measures) >= MEASURES_KEPT:
                self._measures.pop(next(iter(self._measures)))
            self._measures[key] = track, measure
        return measure

    def measurable(self, track_id: str) -> Iterable[Check]:
        """The checks that have a value per frame of a track."""
        return [check for check in self.checks if self.measure(track_id, check.id) is not None]
