"""Headings: front and back exchanged for a while, and objects that go backwards all the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from av3d.ontology.motion import Motion
from av3d.qa.check import Check, Measure, TrackCheck
from av3d.qa.finding import Finding
from av3d.qa.subject import Subject
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.operations.spans import FrameSpan, flip_heading
from av3d.types import FloatArray

FLIP_DEG = 135.0
"""A heading that jumps by more has front and back exchanged; by less it is a wrong one."""
TURN_DEG_S = 60.0
"""Between two keyframes an object may turn as fast."""
MOST_TURN_DEG = 75.0
"""More than so it does not turn between two keyframes, ..."""
LONGEST_S = 4.0
"""... unless they are further apart."""
SIGMAS = 3.0
MOVES_M_S = 1.0
"""From this speed on the way says where the front is."""
ASKEW = 0.5
"""Cosine of 60°: the way is along the heading, forwards or backwards, if it is within this angle."""


@dataclass(frozen=True)
class Section:
    """Rows of a track between two jumps of the heading.

    Attributes:
        first, last: rows, both included.
        jump_deg: the larger of the jumps at its ends.
        jump_row: the row that comes after it.
    """

    first: int
    last: int
    jump_deg: float
    jump_row: int


class HeadingFlip(TrackCheck):
    """A heading that jumps."""

    id = "heading-flip"
    title = "Heading flip"
    sentence = (
        "By how much the heading differs from that of the keyframe before, less what an object turns "
        "in the time and what noise explains. About 180° means that front and back are exchanged "
        "for a while; the part is named that goes against the motion, else the shorter one."
    )
    unit = "°"
    digits = 0
    fix = "Flip the heading there"
    # People turn on the spot, and their headings are hard to see.
    defaults = {Motion.WHEELED: 45.0, Motion.LEGGED: 100.0, Motion.STATIC: 60.0}
    weight = 95

    def measure(self, subject: Subject) -> Measure | None:
        limit = self.limit_for(subject)
        if limit is None or len(subject.times_ns) < 2:
            return None
        values, margins = jumps_deg(subject)
        return Measure(subject.times_ns, values, limit, margins)

    def examine(self, subject: Subject) -> Iterator[Finding]:
        measure = self.measure(subject)
        if measure is None:
            return
        for section in _wrong_sections(subject, measure):
            span_ns = int(measure.times_ns[section.first]), int(measure.times_ns[section.last])
            row = min(max(section.jump_row, section.first), section.last)
            frames = section.last - section.first + 1
            length = "1 frame" if frames == 1 else f"{frames} frames"
            what = (
                f"{subject.track.name} has a heading {self.words(section.jump_deg)} off for {length}; "
                f"the limit from one keyframe to the next is {self.words(measure.limit)}"
            )
            yield self.about(
                subject, span_ns, int(measure.times_ns[row]), section.jump_deg, measure.limit, what
            )

    def repair(self, finding: Finding, document: Document) -> tuple[Change, ...]:
        if finding.value < FLIP_DEG:
            return ()
        return _flipped(document, finding.track_id, finding.start_ns, finding.end_ns)


class HeadingMotion(TrackCheck):
    """Front and back exchanged for all of a track."""

    id = "heading-motion"
    title = "Heading against motion"
    sentence = (
        "How far the object has gone backwards, less its way forwards. Who backs out of a parking space "
        "or turns in three moves stays below the limit; above it front and back are exchanged. Logs "
        "without ego poses are not asked."
    )
    unit = "m"
    fix = "Flip the heading of the whole track"
    defaults = {Motion.WHEELED: 5.0}
    needs_ground = True

    def measure(self, subject: Subject) -> Measure | None:
        limit = self.limit_for(subject)
        if limit is None or len(subject.times_ns) < 3 or subject.track.static:
            return None
        # A part that is flipped is told as such: here it counts as if it were put right.
        flips = np.zeros(len(subject.times_ns), dtype=bool)
        values, margins = jumps_deg(subject)
        jumps = Measure(subject.times_ns, values, HeadingFlip.defaults[Motion.WHEELED], margins)
        for section in _wrong_sections(subject, jumps):
            if section.jump_deg >= FLIP_DEG:
                flips[section.first : section.last + 1] = True
        steps_m = np.where(flips, -1.0, 1.0) * ways_ahead_m(subject)
        return Measure(subject.times_ns, np.cumsum(-np.nan_to_num(steps_m)), limit)

    def examine(self, subject: Subject) -> Iterator[Finding]:
        measure = self.measure(subject)
        # What counts is the way in the end: a car may back up far and go on forwards.
        if measure is None or not measure.values[-1] > measure.limit:
            return
        value = float(measure.values[-1])
        fastest = int(np.argmin(np.nan_to_num(ways_ahead_m(subject))))
        times_ns = measure.times_ns
        what = (
            f"{subject.track.name} goes {self.words(value)} backwards; the limit for a "
            f"{subject.kind_name} is {self.words(measure.limit)}"
        )
        span_ns = int(times_ns[0]), int(times_ns[-1])
        yield self.about(subject, span_ns, int(times_ns[fastest]), value, measure.limit, what)

    def repair(self, finding: Finding, document: Document) -> tuple[Change, ...]:
        track = document.track(finding.track_id)
        first_ns, last_ns = track.times_ns[0], track.times_ns[-1]
        return _flipped(
            document, track.id, min(first_ns, finding.start_ns), max(last_ns, finding.end_ns)
        )


def jumps_deg(subject: Subject) -> tuple[FloatArray, FloatArray]:
    """By how much headings differ from those of the keyframe before, and what explains it, (M,) each.

    NaN where there is no keyframe, or none before it.
    """
    count = len(subject.times_ns)
    values, margins = np.full(count, np.nan), np.zeros(count)
    noises = np.degrees(subject.course.axis_noises_rad)
    rate_deg_s = TURN_DEG_S if subject.has_ground else 2 * TURN_DEG_S
    for piece in subject.stretches:
        rows = piece.start + np.flatnonzero(subject.at_keyframe[piece])
        if len(rows) < 2:
            continue
        turned = np.diff(subject.yaws_rad[rows])
        values[rows[1:]] = np.degrees(np.abs((turned + np.pi) % (2 * np.pi) - np.pi))
        apart_s = np.diff(subject.course.times_s[rows])
        most = np.minimum(rate_deg_s * apart_s, MOST_TURN_DEG)
        most = np.where(apart_s > LONGEST_S, np.inf, most)
        margins[rows[1:]] = most + SIGMAS * np.hypot(noises[rows[1:]], noises[rows[:-1]])
    return values, margins


def ways_ahead_m(subject: Subject) -> FloatArray:
    """Way of the centre along the heading at each frame, negative backwards, (M,).

    NaN where it hardly moves, or goes elsewhere than along its heading.
    """
    course = subject.course
    fits = course.moving(0.4)
    velocities_m_s, yaws_rad = fits.derivatives[:, 1], subject.yaws_rad
    speeds_m_s = np.hypot(*velocities_m_s.T)
    ahead = velocities_m_s[:, 0] * np.cos(yaws_rad) + velocities_m_s[:, 1] * np.sin(yaws_rad)
    sure = speeds_m_s > MOVES_M_S + SIGMAS * fits.spreads[:, 1] * course.noises_m
    lasts_s = np.zeros(len(speeds_m_s))
    for piece in course.pieces:
        if piece.stop - piece.start >= 2:
            lasts_s[piece] = np.gradient(course.times_s[piece])
    return np.where(sure & (np.abs(ahead) > ASKEW * speeds_m_s), ahead * lasts_s, np.nan)


def _wrong_sections(subject: Subject, jumps: Measure) -> Iterator[Section]:
    """The parts of a track, between jumps of the heading, that are the wrong ones."""
    with np.errstate(invalid="ignore"):
        beyond = jumps.beyond(above=True) > 0
    if not beyond.any():
        return
    ways_m = np.nan_to_num(ways_ahead_m(subject)) if subject.has_ground else None
    for piece in subject.stretches:
        rows = piece.start + np.flatnonzero(beyond[piece])
        if not len(rows):
            continue
        edges = [piece.start, *rows.tolist(), piece.stop]
        odd, even = slice(1, len(edges) - 1, 2), slice(0, len(edges) - 1, 2)
        parts = list(pairwise(edges))
        lengths = [sum(b - a for a, b in parts[kind]) for kind in (even, odd)]
        flips = bool((jumps.values[rows] >= FLIP_DEG).any())
        if flips and ways_m is not None:
            forwards = [
                sum(float(ways_m[a:b].sum()) for a, b in parts[kind]) for kind in (even, odd)
            ]
            if abs(forwards[0] - forwards[1]) > 1.0:
                lengths = [round(1000 * way_m) for way_m in forwards]
        wrong = odd if lengths[0] >= lengths[1] else even
        for first, stop in parts[wrong]:
            ends = [row for row in (first, stop) if row in rows]
            row = max(ends, key=lambda row: float(jumps.values[row]))
            yield Section(first, stop - 1, float(jumps.values[row]), row)


def _flipped(document: Document, track_id: str, start_ns: int, end_ns: int) -> tuple[Change, ...]:
    """Half a turn of the keyframes of a span; what is between them follows."""
    times_ns = document.track(track_id).times_ns
    return flip_heading(document, [track_id], FrameSpan(start_ns, end_ns, times_ns))


CHECKS: list[type[Check]] = [HeadingFlip, HeadingMotion]
