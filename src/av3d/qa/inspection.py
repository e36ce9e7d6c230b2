"""All checks of the labels of a log, done again only for what an edit can have changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from av3d.logs.log import Log
from av3d.ontology.ontology import Ontology
from av3d.qa.check import Check, Measure, PairCheck, SceneCheck, TrackCheck
from av3d.qa.evidence import PointFacts
from av3d.qa.finding import Finding, by_risk
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
        self._memory: dict[str, Any] = {}
        self.findings: tuple[Finding, ...] = ()

    def update(
        self, tracks: Iterable[Track], *, progress: Progress | None = None
    ) -> tuple[Finding, ...]:
        """Look at labels; those that are the same values as last time are not looked at again.

        Args:
            tracks: all labels of the log; proposals are no labels yet and left out.
            progress: told how far it is; what it raises stops the inspection, which can go on later.

        Returns:
            All findings, the riskiest first.
        """
        now = {track.id: track for track in tracks if not is_proposal(track)}
        known = self._subjects
        changed = [
            track
            for track in now.values()
            if track.id not in known or known[track.id].track is not track
        ]
        gone = known.keys() - now.keys()
        if not changed and not gone and self._subjects:
            return self.findings
        fresh = [Subject(track, self.log, self.ontology) for track in changed]
        if self._sight is not None and any(check.reads_points for check in self.checks):
            facts = self._sight.look(fresh, progress=progress)
            fresh = [replace(one, points=facts.get(one.track.id)) for one in fresh]
        found = {one.track.id: tuple(self._alone(one)) for one in fresh}
        touched = {one.track.id for one in fresh} | gone
        subjects = {track_id: one for track_id, one in known.items() if track_id in now}
        subjects.update((one.track.id, one) for one in fresh)
        order = {track_id: row for row, track_id in enumerate(now)}
        pairs = {
            pair: of_pair
            for pair, of_pair in self._of_pair.items()
            if not touched.intersection(pair)
        }
        for pair in self._pairs(subjects, touched - gone, order):
            one, other = (subjects[track_id] for track_id in pair)
            pairs[pair] = tuple(self._together(one, other))
        # Only now: what was stopped half way leaves everything as it was.
        self._subjects = {track_id: subjects[track_id] for track_id in now}
        self._of_track = {
            track_id: found.get(track_id, self._of_track.get(track_id, ())) for track_id in now
        }
        self._of_pair = pairs
        scene = Scene(self.log, self.ontology, self._subjects, self._sight, self._memory)
        self._of_scene = tuple(
            finding
            for check in self.checks
            if isinstance(check, SceneCheck)
            for finding in check.examine(scene)
        )
        groups = [*self._of_track.values(), *self._of_pair.values(), self._of_scene]
        self.findings = by_risk([finding for group in groups for finding in group])
        return self.findings

    def _alone(self, subject: Subject) -> Iterator[Finding]:
        for check in self.checks:
            if isinstance(check, TrackCheck):
                yield from check.examine(subject)

    def _together(self, one: Subject, other: Subject) -> Iterator[Finding]:
        for check in self.checks:
            if isinstance(check, PairCheck):
                yield from check.examine(one, other)

    def _pairs(
        self, subjects: dict[str, Subject], touched: set[str], order: dict[str, int]
    ) -> list[Pair]:
        """Pairs with a touched track that pair checks ask about, each in the order of the labels."""
        checks = [check for check in self.checks if isinstance(check, PairCheck)]
        if not checks:
            return []
        reach_m = max(check.reach_m for check in checks)
        found: set[Pair] = set()
        for track_id in touched:
            for other_id, other in subjects.items():
                if other_id == track_id:
                    continue
                if _meet(subjects[track_id], other, reach_m) or any(
                    _follow(subjects[track_id], other, check) for check in checks
                ):
                    first, second = sorted((track_id, other_id), key=order.__getitem__)
                    found.add((first, second))
        return sorted(found, key=lambda pair: (order[pair[0]], order[pair[1]]))

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
        return check.measure(subject)


def _meet(one: Subject, other: Subject, reach_m: float) -> bool:
    """Whether two tracks come close to each other in a frame in which both are there."""
    _, rows, others = np.intersect1d(
        one.frames, other.frames, assume_unique=True, return_indices=True
    )
    apart_m = one.centers_m[rows, :2] - other.centers_m[others, :2]
    return bool(len(rows)) and bool((np.hypot(*apart_m.T) <= reach_m).any())


def _follow(one: Subject, other: Subject, check: PairCheck) -> bool:
    """Whether one of two tracks begins soon after the other has ended, near there."""
    if not check.gap_s or not len(one.frames) or not len(other.frames):
        return False
    for first, second in ((one, other), (other, one)):
        gap_s = (int(second.times_ns[0]) - int(first.times_ns[-1])) / 1e9
        if 0 < gap_s <= check.gap_s:
            way_m = second.centers_m[0, :2] - first.centers_m[-1, :2]
            return bool(np.hypot(*way_m) <= check.gap_reach_m)
    return False
