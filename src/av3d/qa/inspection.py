"""All checks of the labels of a log, done again only for what an edit can have changed."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from av3d.errors import Av3dError
from av3d.logs.log import Log
from av3d.ontology.ontology import Ontology
from av3d.qa.check import Check, Measure, PairCheck, SceneCheck, TrackCheck
from av3d.qa.evidence import PointFacts
from av3d.qa.finding import Finding, by_risk
from av3d.qa.neighbours import Neighbours
from av3d.qa.registry import all_checks
from av3d.qa.scene import Scene
from av3d.qa.sight import Progress, Sight
from av3d.qa.subject import Subject
from av3d.tracks.proposal import is_proposal
from av3d.tracks.track import Track

Pair = tuple[str, str]


class Inspection:
    """The labels of a log under all checks. `update` takes the labels as they are now.

    Not to be used by two threads at once.

    Args:
        log: the log.
        ontology: the project's; another one needs another inspection.
        checks: which ones; default: all that are installed.
        read: whether sweeps and images are read at all; without, what needs them is not asked.

    Attributes:
        findings: of the last update, the riskiest first.
        failed: what a check of its own fault could not answer, by its ID: where and why, in words. It
            has no findings there; all others are asked as ever.
    """

    def __init__(
        self,
        log: Log,
        ontology: Ontology,
        checks: Sequence[Check] | None = None,
        *,
        read: bool = True,
    ) -> None:
        self.log, self.ontology = log, ontology
        chosen = all_checks() if checks is None else checks
        sight = Sight(log)
        self._sight = sight if read and sight.sees else None
        self.checks = tuple(
            check
            for check in chosen
            if (read and (sight.sees or not check.reads_points))
            or not (check.reads_points or check.reads_images)
        )
        self._subjects: dict[str, Subject] = {}
        self._of_track: dict[str, tuple[Finding, ...]] = {}
        self._of_pair: dict[Pair, tuple[Finding, ...]] = {}
        self._of_scene: tuple[Finding, ...] = ()
        self._neighbours = Neighbours()
        self._memory: dict[str, Any] = {}
        self._shown: dict[str, Track] = {}
        """The tracks that the sweeps were looked at for: an update that is stopped may be ahead."""
        self._stop: Exception | None = None
        self.findings: tuple[Finding, ...] = ()
        self.failed: dict[str, str] = {}

    def update(
        self, tracks: Iterable[Track], *, progress: Progress | None = None
    ) -> tuple[Finding, ...]:
        """Look at labels; those that are the same values as last time are not looked at again.

        Args:
            tracks: all labels of the log; proposals are no labels yet and left out.
            progress: told how far it is; what it raises stops the inspection, which can go on later.

        Returns:
            All findings, the riskiest first.

        Raises:
            Av3dError: a sweep or an image cannot be read.
        """
        progress = self._stoppable(progress)
        now = {track.id: track for track in tracks if not is_proposal(track)}
        known = self._subjects
        changed = [
            track
            for track in now.values()
            if track.id not in known or known[track.id].track is not track
        ]
        gone = known.keys() - now.keys()
        if not changed and not gone and known:
            return self.findings
        fresh, disturbed = self._looked_at(now, changed, progress)
        alone = {}
        for number, (track_id, one) in enumerate(fresh.items()):
            if progress is not None:
                progress("Checking tracks", number, len(fresh))
            alone[track_id] = tuple(self._alone(one))
        alone |= {track_id: self._by_points_again(one) for track_id, one in disturbed.items()}
        newest = {**known, **disturbed, **fresh}
        subjects = {track_id: newest[track_id] for track_id in now}
        neighbours = self._neighbours.changed(fresh.values(), gone)
        pairs = self._pairs_of(fresh, subjects, neighbours)
        scene = Scene(self.log, self.ontology, subjects, self._sight, self._memory, progress)
        whole = tuple(
            finding
            for check in self.checks
            if isinstance(check, SceneCheck)
            for finding in self._of_all(check, scene)
        )
        # Only now: what was stopped half way leaves everything as it was.
        self._subjects, self._neighbours, self._of_scene = subjects, neighbours, whole
        for track_id in gone:
            del self._of_track[track_id]
        self._of_track.update(alone)
        self._replace_pairs(fresh.keys() | gone, pairs)
        groups = [*self._of_track.values(), *self._of_pair.values(), self._of_scene]
        self.findings = by_risk([finding for group in groups for finding in group])
        return self.findings

    def _looked_at(
        self, now: Mapping[str, Track], changed: Sequence[Track], progress: Progress | None
    ) -> tuple[dict[str, Subject], dict[str, Subject]]:
        """Tracks as checks look at them, with what the sweeps say; and others next to them.

        Of the others the sweeps say something else now: points that were theirs are in the cuboid of
        another track, or are no more.
        """
        fresh = {track.id: Subject(track, self.log, self.ontology) for track in changed}
        if self._sight is None or not any(check.reads_points for check in self.checks):
            return fresh, {}
        # Not those that are new to the checks: an edit whose update was stopped may be undone by now.
        asked = [
            fresh.get(track_id) or self._subjects[track_id]
            for track_id, track in now.items()
            if self._shown.get(track_id) is not track
        ]
        gone = self._shown.keys() - now.keys()
        facts = self._sight.look(asked, gone=gone, progress=progress)
        self._shown = dict(now)
        disturbed = {
            track_id: one.with_points(facts[track_id])
            for track_id, one in self._subjects.items()
            if track_id in facts and track_id not in fresh and one.points is not facts[track_id]
        }
        fresh = {track_id: one.with_points(facts[track_id]) for track_id, one in fresh.items()}
        return fresh, disturbed

    def _stoppable(self, progress: Progress | None) -> Progress | None:
        """The same, but what it raises is told from what checks raise."""
        self._stop = None
        if progress is None:
            return None

        def told(doing: str, done: int, all_of_it: int) -> None:
            try:
                progress(doing, done, all_of_it)
            except Exception as stop:
                self._stop = stop
                raise

        return told

    def _answers(
        self, check: Check, whom: str, ask: Callable[[], Iterable[Finding]]
    ) -> tuple[Finding, ...]:
        """What a check finds; none where it fails: one bad check must not silence all others."""
        try:
            found = tuple(ask())
            for one in found:
                if not isinstance(one, Finding) or one.check != check.id:
                    raise TypeError(f"it gives {str(one)[:80]!r}, which is no finding of its own")
        except (Av3dError, MemoryError):
            raise
        except Exception as error:
            if error is self._stop or os.environ.get("AV3D_DEBUG"):
                raise
            self.failed.setdefault(check.id, f"{whom}: {described(error)}")
            return ()
        return found

    def _by_points_again(self, subject: Subject) -> tuple[Finding, ...]:
        """The findings of a track that is the same, but not the points in and around it."""
        asked = [c for c in self.checks if isinstance(c, TrackCheck) and c.reads_points]
        again = {check.id for check in asked}
        kept = [one for one in self._of_track[subject.track.id] if one.check not in again]
        return (*kept, *(finding for check in asked for finding in self._of(check, subject)))

    def _pairs_of(
        self, fresh: Mapping[str, Subject], subjects: Mapping[str, Subject], places: Neighbours
    ) -> dict[Pair, tuple[Finding, ...]]:
        """What pair checks find of pairs with one of these tracks, where they find anything."""
        checks = [check for check in self.checks if isinstance(check, PairCheck)]
        if not checks:
            return {}
        order = {track_id: row for row, track_id in enumerate(subjects)}
        reach_m = max(check.reach_m for check in checks)
        gaps = {(check.gap_s, check.gap_reach_m) for check in checks if check.gap_s}
        found: dict[Pair, tuple[Finding, ...]] = {}
        for track_id in fresh:
            apart_m = places.near(track_id, reach_m)
            follows = {gap: places.following(track_id, *gap) for gap in gaps}
            for other_id in apart_m.keys() | set().union(*follows.values()):
                first, second = sorted((track_id, other_id), key=order.__getitem__)
                if (first, second) in found:
                    continue
                found[first, second] = tuple(
                    finding
                    for check in checks
                    if apart_m.get(other_id, math.inf) <= check.reach_m
                    or other_id in follows.get((check.gap_s, check.gap_reach_m), ())
                    for finding in self._of_two(check, subjects[first], subjects[second])
                )
        return {pair: findings for pair, findings in found.items() if findings}

    def _replace_pairs(self, touched: set[str], pairs: Mapping[Pair, tuple[Finding, ...]]) -> None:
        for pair in [pair for pair in self._of_pair if not touched.isdisjoint(pair)]:
            del self._of_pair[pair]
        self._of_pair.update(pairs)

    def _alone(self, subject: Subject) -> Iterator[Finding]:
        for check in self.checks:
            if isinstance(check, TrackCheck):
                yield from self._of(check, subject)

    def _of(self, check: TrackCheck, subject: Subject) -> tuple[Finding, ...]:
        return self._answers(check, subject.track.name, lambda: check.examine(subject))

    def _of_two(self, check: PairCheck, one: Subject, other: Subject) -> tuple[Finding, ...]:
        whom = f"{one.track.name} and {other.track.name}"
        return self._answers(check, whom, lambda: check.examine(one, other))

    def _of_all(self, check: SceneCheck, scene: Scene) -> tuple[Finding, ...]:
        return self._answers(check, "the log", lambda: check.examine(scene))

    # What is known of a track

    def subject(self, track_id: str) -> Subject | None:
        """The track as checks look at it; None for one that is not there."""
        return self._subjects.get(track_id)

    def of_track(self, track_id: str) -> tuple[Finding, ...]:
        """All findings that concern a track, the riskiest first."""
        return tuple(finding for finding in self.findings if track_id in finding.track_ids)

    def points_of(self, track_id: str) -> PointFacts | None:
        """What the sweeps say of a track."""
        subject = self._subjects.get(track_id)
        return None if subject is None else subject.points

    def measure(self, track_id: str, check_id: str) -> Measure | None:
        """What a check looks at, over the frames of a track; None where there is no such number."""
        subject = self._subjects.get(track_id)
        check = next((one for one in self.checks if one.id == check_id), None)
        if subject is None or not isinstance(check, TrackCheck):
            return None
        try:
            return check.measure(subject)
        except Exception as error:
            self.failed.setdefault(check_id, f"{subject.track.name}: {described(error)}")
            return None


def described(error: Exception) -> str:
    """What a check has raised, and where, in one line."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f" ({Path(code.co_filename).name}, line {trace.tb_lineno})"
        trace = trace.tb_next
    said = " ".join(str(error).split())[:200]
    return type(error).__name__ + (f": {said}" if said else "") + place
