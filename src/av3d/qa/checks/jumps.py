"""Places that an object cannot have got to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from av3d.ontology.motion import Motion
from av3d.qa.check import Check, Measure, TrackCheck, joined, stretches
from av3d.qa.finding import Finding, Severity
from av3d.qa.subject import Subject
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.operations.keyframes import delete_keyframe
from av3d.types import FloatArray

SIGMAS = 5.0
HARDEST_M_S2 = 10.0
"""Nothing on wheels or legs changes its velocity faster; what that explains is no jump."""
STEADY_S = 0.3
"""Velocities before and after a step are those of so long a time."""


class Teleport(TrackCheck):
    """A cuboid that is elsewhere for a frame, or a track that goes on elsewhere."""

    id = "teleport"
    title = "Jump"
    sentence = (
        "How far a cuboid is from where those before and after it say, by a robust fit that leaves it "
        "out; or how far a track goes on from where its velocity would have taken it. Above the limit a "
        "keyframe is off its object, or two objects are one track."
    )
    severity = Severity.ERROR
    unit = "m"
    digits = 2
    fix = "Take the keyframe away"
    defaults = {Motion.WHEELED: 0.5, Motion.LEGGED: 0.5, Motion.STATIC: 0.5, Motion.FREE: 0.7}

    def measure(self, subject: Subject) -> Measure | None:
        limit = self.limit_for(subject)
        if limit is None or len(subject.times_ns) < 3:
            return None
        course = subject.course
        strays_m = np.where(course.usable, np.nan, course.away_m)
        steps_m, margins = _steps(subject)
        stray = np.isfinite(strays_m)
        # Which frames stray was decided with allowance for noise and motion already.
        return Measure(
            subject.times_ns,
            np.where(stray, strays_m, steps_m),
            limit,
            np.where(stray, 0.0, margins),
        )

    def examine(self, subject: Subject) -> Iterator[Finding]:
        measure = self.measure(subject)
        if measure is None:
            return
        over = measure.beyond(above=True)
        with np.errstate(invalid="ignore"):
            rows = joined(stretches(over > 0), measure.times_ns)
        for first, stop in rows:
            row = first + int(np.nanargmax(over[first:stop]))
            value = float(measure.values[row])
            # A step lies between two frames, and a stray is one.
            alone = not subject.course.usable[row]
            start = first if alone or not first else first - 1
            span_ns = int(measure.times_ns[start]), int(measure.times_ns[stop - 1])
            where = "where the frames around it say" if alone else "where it was going to"
            what = (
                f"{subject.track.name} is {self.words(value)} from {where}; "
                f"the limit for a {subject.kind_name} is {self.words(measure.limit)}"
            )
            yield self.about(
                subject, span_ns, int(measure.times_ns[row]), value, measure.limit, what
            )

    def repair(self, finding: Finding, document: Document) -> tuple[Change, ...]:
        track = document.track(finding.track_id)
        alone = finding.start_ns == finding.end_ns == finding.timestamp_ns
        if not alone or track.keyframe_at(finding.timestamp_ns) is None or len(track.keyframes) < 3:
            return ()
        return delete_keyframe(document, track.id, finding.timestamp_ns)


def _steps(subject: Subject) -> tuple[FloatArray, FloatArray]:
    """How far each place is from where the velocities at both sides take the one before it, (M,).

    The second array is what noise and the hardest braking make of it; NaN where nothing can be said.
    """
    course = subject.course
    count = len(course.times_s)
    steps_m, margins = np.full(count, np.nan), np.zeros(count)
    for piece in course.pieces:
        rows = piece.start + np.flatnonzero(course.usable[piece])
        if len(rows) < 4:
            continue
        times_s, places_m = course.times_s[rows], course.places_m[rows]
        side = max(1, round(STEADY_S / float(np.median(np.diff(times_s)))))
        # From row k to k + 1, with the velocities of the rows k - side to k and k + 1 to k + 1 + side.
        at = np.arange(1, len(rows) - 2)
        back, ahead = np.maximum(at - side, 0), np.minimum(at + 1 + side, len(rows) - 1)
        before_s, after_s = times_s[at] - times_s[back], times_s[ahead] - times_s[at + 1]
        before_m_s = (places_m[at] - places_m[back]) / before_s[:, None]
        after_m_s = (places_m[ahead] - places_m[at + 1]) / after_s[:, None]
        step_s = times_s[at + 1] - times_s[at]
        way_m = (before_m_s + after_m_s) / 2 * step_s[:, None]
        off_m = np.hypot(*(places_m[at + 1] - places_m[at] - way_m).T)
        # The velocities are those of half a side earlier and later: with a steady acceleration their
        # mean is right all the same, with one that sets in between it is off by half of its change.
        changed_m_s = HARDEST_M_S2 * (before_s + after_s + 2 * step_s) / 4
        noise_m = course.noises_m[rows[at]] * np.sqrt(
            2 + step_s**2 * (1 / before_s**2 + 1 / after_s**2)
        )
        steps_m[rows[at + 1]] = off_m
        margins[rows[at + 1]] = SIGMAS * noise_m + changed_m_s * step_s / 2
    return steps_m, margins


CHECKS: list[type[Check]] = [Teleport]
