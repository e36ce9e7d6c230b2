"""Keyframes: too far apart, leaving too much doubt between them, or hardly any at all."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from av3d.qa.check import Check, Measure, TrackCheck, alike
from av3d.qa.finding import Severity
from av3d.qa.subject import Subject
from av3d.tracks.conformity import stays
from av3d.tracks.expectation import Expectation
from av3d.types import NS_PER_S


class KeyframeGap(TrackCheck):
    """A long way without a keyframe."""

    id = "keyframe-gap"
    title = "Keyframe far"
    sentence = (
        "Time from one keyframe to the next, of objects that move in between. Without a limit of the "
        "check that of the category counts (`longest_gap_s`); one frame more is no matter."
    )
    severity = Severity.NOTE
    unit = "s"
    digits = 2
    defaults = {}
    weight = 70

    def limit_for(self, subject: Subject) -> float | None:
        own = subject.limits.limit(self.id, {})
        if own is not None or subject.limits.off(self.id) or subject.category is None:
            return own
        return subject.category.longest_gap_s

    def measure(self, subject: Subject) -> Measure | None:
        limit = self.limit_for(subject)
        track, times_ns = subject.track, subject.times_ns
        if limit is None or track.static or not len(times_ns):
            return None
        values = np.full(len(times_ns), np.nan)
        for row, (before_ns, after_ns) in enumerate(pairwise(track.times_ns)):
            if after_ns - before_ns <= limit * NS_PER_S:
                continue
            # What does not move needs no keyframe in between, and what is absent has none.
            if stays(track.keyframe_cuboid(row), track.keyframe_cuboid(row + 1)):
                continue
            for span in track.presence:
                start_ns, end_ns = max(span.start_ns, before_ns), min(span.end_ns, after_ns)
                inside = (times_ns > start_ns) & (times_ns < end_ns)
                values[inside] = (end_ns - start_ns) / NS_PER_S
        # The frame at which the next keyframe was due may be a little late, or missing.
        late_s = 1.5 * subject.log.frame_period_ns / NS_PER_S
        return Measure(times_ns, values, limit, np.full(len(times_ns), late_s))

    def what(self, subject: Subject, value: float, limit: float) -> str:
        return (
            f"{subject.track.name} moves for {self.words(value)} without a keyframe; "
            f"the limit for a {subject.kind_name} is {self.words(limit)}"
        )


class Uncertain(TrackCheck):
    """Cuboids between keyframes that may be elsewhere."""

    id = "uncertain"
    title = "Expected overlap"
    sentence = (
        "Overlap with the truth that the motion model expects of cuboids without a keyframe. Below the "
        "limit one more keyframe helps."
    )
    severity = Severity.NOTE
    unit = "IoU"
    digits = 2
    above = False
    # Benchmarks ask .7 of vehicles; where no more than that is expected, half of the frames miss it.
    defaults = alike(0.8)
    weight = 80

    def measure(self, subject: Subject) -> Measure | None:
        limit = self.limit_for(subject)
        between = ~subject.at_keyframe
        if limit is None or not between.any():
            return None
        expectation = Expectation.of(subject.track)
        if expectation is None:
            return None
        values = np.full(len(subject.times_ns), np.nan)
        values[between] = expectation.expected_iou(subject.times_ns[between])
        return Measure(subject.times_ns, values, limit)

    def what(self, subject: Subject, value: float, limit: float) -> str:
        return (
            f"{subject.track.name} may be expected to overlap with its object by {self.words(value)} "
            f"between keyframes, limit {self.words(limit)}"
        )


class ShortTrack(TrackCheck):
    """A track of a moment."""

    id = "short-track"
    title = "Short track"
    sentence = (
        "Number of frames of a track that lasts 0.7 s or less and neither begins with the log "
        "nor ends with it. Objects are seen for longer: below the limit it mostly is a part of another "
        "track, or nothing."
    )
    severity = Severity.NOTE
    unit = "frames"
    digits = 0
    above = False
    defaults = alike(3.0)
    parameters = {"longest_s": 0.7}
    weight = 60
    lasting = True

    def measure(self, subject: Subject) -> Measure | None:
        limit, times_ns = self.limit_for(subject), subject.times_ns
        if limit is None or not len(times_ns):
            return None
        all_ns = subject.log.frames.timestamps_ns
        at_an_end = times_ns[0] == all_ns[0] or times_ns[-1] == all_ns[-1]
        lasts_s = (times_ns[-1] - times_ns[0]) / NS_PER_S
        if at_an_end or lasts_s > self.parameter(subject, "longest_s"):
            return None
        return Measure(times_ns, np.full(len(times_ns), float(len(times_ns))), limit)

    def what(self, subject: Subject, value: float, limit: float) -> str:
        count = "1 frame" if value == 1 else f"{value:.0f} frames"
        return f"{subject.track.name} is there for {count} only, limit {self.words(limit)}"


CHECKS: list[type[Check]] = [KeyframeGap, Uncertain, ShortTrack]
