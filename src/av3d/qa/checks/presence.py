"""When a track is there: not in gaps and beyond its ends while its points are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from av3d.qa.check import Check, TrackCheck, alike
from av3d.qa.evidence import PointFacts
from av3d.qa.finding import Finding
from av3d.qa.resuming import AFTER, BEFORE, Places
from av3d.qa.subject import Subject
from av3d.types import NS_PER_S, BoolArray, IntArray

NEAR_S = 0.5
"""How many points the object has is asked of its cuboids this close to the gap."""


class TrackGap(TrackCheck):
    """Not there, while its points are."""

    id = "track-gap"
    title = "Track gap"
    sentence = (
        "Frames of a gap in which there are points where the object would be, of all of them; also of "
        "the moments before it first and after it last is there. What is in other cuboids does not count."
    )
    unit = "%"
    digits = 0
    fix = "Let it be there as long as it is seen"
    defaults = alike(50.0)
    parameters = {"points": 10.0, "part": 50.0}
    """At least so many points, and so many percent of those that its cuboids have nearby."""
    reads_points = True

    def examine(self, subject: Subject) -> Iterator[Finding]:
        limit, facts = self.limit_for(subject), subject.points
        if limit is None or facts is None or facts.places is None or facts.elsewhere is None:
            return
        for part in np.unique(facts.places.part).tolist():
            at = np.flatnonzero(facts.places.part == part)
            found = self._found(subject, facts, facts.places, facts.elsewhere, at)
            percent = 100 * float(found.mean())
            if percent <= limit:
                continue
            times_ns = np.sort(facts.places.times_ns[at])
            rows = at[found]
            best = rows[int(np.argmax(facts.elsewhere.own[rows]))]
            points = int(facts.elsewhere.own[best])
            count = int(np.ptp(facts.places.frames[at])) + 1
            name = subject.track.name
            where = {BEFORE: "before it is there", AFTER: "after it was there last"}.get(
                part, f"in a gap of {count} frame{'s' if count > 1 else ''}"
            )
            yield self.about(
                subject, (int(times_ns[0]), int(times_ns[-1])), int(facts.places.times_ns[best]),
                percent, limit,
                f"{points} points are where {name} would be, {where}",
            )  # fmt: skip

    def _found(
        self,
        subject: Subject,
        facts: PointFacts,
        places: Places,
        elsewhere: PointFacts,
        at: IntArray,
    ) -> BoolArray:
        """At which of these places there are as many points as the object has."""
        fewest = self.parameter(subject, "points")
        share = self.parameter(subject, "part") / 100
        first_ns, last_ns = places.times_ns[at].min(), places.times_ns[at].max()
        near = subject.times_ns >= first_ns - NEAR_S * NS_PER_S
        near &= subject.times_ns <= last_ns + NEAR_S * NS_PER_S
        usual = facts.above_ground[near]
        if not len(usual) or not np.isfinite(usual).any():
            return np.zeros(len(at), dtype=bool)
        wanted = max(fewest, share * float(np.nanmedian(usual)))
        with np.errstate(invalid="ignore"):
            return np.asarray(elsewhere.own[at] >= wanted)


CHECKS: list[type[Check]] = [TrackGap]
