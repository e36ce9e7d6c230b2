"""Two cuboids in one place: overlaps, and two tracks on one object."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from av3d.qa.check import Check, PairCheck, alike
from av3d.qa.finding import Finding, Severity
from av3d.qa.meeting import Meeting, common_rows, meeting
from av3d.qa.subject import Subject
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.operations.merging import plan_merge
from av3d.types import BoolArray, FloatArray

REACH_M = 20.0
"""Centres of two long vehicles in each other are not farther apart than this."""
SAME_FOR_FRAMES = 3
"""One object that is labelled twice is so for more frames than two that only brush past each other."""
TOGETHER_M = 1.0
"""What is towed or ridden stays as far away from its other half, but for this."""


class Overlap(PairCheck):
    """Two cuboids that lie in each other."""

    id = "overlap"
    title = "Box overlap"
    sentence = (
        "How deep the cuboids of two tracks lie in each other, seen from above. Nothing solid does; "
        "what is towed or ridden may."
    )
    unit = "m"
    digits = 2
    defaults = alike(0.3)
    parameters = {"part": 0.5}
    """Limit of what is small, as part of its narrower side: half of a pedestrian is as bad."""
    reach_m = REACH_M

    def examine(self, one: Subject, other: Subject) -> Iterator[Finding]:
        limits_m = self.limit_for(one), self.limit_for(other)
        if limits_m[0] is None or limits_m[1] is None:
            return
        met = meeting(one, other)
        if met is None or _belong(one, other):
            return
        # The narrowest side of the two, over the log: a size that is wrong once must not hide it.
        narrow_m = min(float(np.median(x.sizes_lwh_m[:, :2].min(axis=1))) for x in (one, other))
        part = min(self.parameter(one, "part"), self.parameter(other, "part"))
        limit_m = min(max(limits_m[0], limits_m[1]), part * narrow_m)
        _, doubles, _ = _doubles(one, other, met)
        beyond = (met.depths_m > limit_m) & ~doubles
        rows = np.flatnonzero(beyond)
        if not len(rows):
            return
        # Once for the two, however often they touch: who mends it goes through all of it.
        worst = rows[int(np.argmax(met.depths_m[rows]))]
        depth_m = float(met.depths_m[worst])
        yield self.about(
            one, other, (int(met.times_ns[rows[0]]), int(met.times_ns[rows[-1]])),
            int(met.times_ns[worst]), depth_m, limit_m,
            f"Lies {self.words(depth_m)} deep in {other.track.name}, limit {self.words(limit_m)}",
        )  # fmt: skip


class Duplicate(PairCheck):
    """Two tracks on one object."""

    id = "duplicate"
    title = "Duplicate"
    sentence = (
        "Area that two tracks cover together, of what the smaller one covers, or both if their "
        "categories differ. Above the limit for some frames they are one object."
    )
    severity = Severity.ERROR
    unit = "%"
    digits = 0
    fix = "Merge the two tracks"
    defaults = alike(40.0)
    reach_m = REACH_M

    def examine(self, one: Subject, other: Subject) -> Iterator[Finding]:
        met = meeting(one, other)
        if met is None or _belong(one, other):
            return
        likeness, doubles, limit = _doubles(one, other, met)
        rows = np.flatnonzero(doubles)
        if not len(rows):
            return
        # About the one that is there for less time: it is what somebody made a second time.
        extra, kept = (one, other) if len(one.frames) < len(other.frames) else (other, one)
        worst = rows[int(np.argmax(likeness[rows]))]
        value = float(likeness[worst])
        yield self.about(
            extra, kept, (int(met.times_ns[rows[0]]), int(met.times_ns[rows[-1]])),
            int(met.times_ns[worst]), value, limit,
            f"Shares {self.words(value)} of its ground with {kept.track.name} and more than "
            f"{self.words(limit)} for {len(rows)} frame{'' if len(rows) == 1 else 's'}",
        )  # fmt: skip

    def repair(self, finding: Finding, document: Document) -> tuple[Change, ...]:
        return plan_merge(document, finding.track_ids).changes


DUPLICATE = Duplicate()


def _doubles(one: Subject, other: Subject, met: Meeting) -> tuple[FloatArray, BoolArray, float]:
    """Where two tracks are one object: none of the frames if they are so for a moment only.

    Returns:
        How much of the ground they share where they meet, in %, (K,); in which of these frames they
        are one object, (K,); and the limit.
    """
    limits = (DUPLICATE.limit_for(one), DUPLICATE.limit_for(other))
    alike = one.track.category == other.track.category
    likeness = 100.0 * (met.shared if alike else met.ious)
    if limits[0] is None or limits[1] is None:
        return likeness, np.zeros(len(likeness), dtype=bool), np.inf
    limit = max(limits[0], limits[1])
    beyond = likeness > limit
    long_enough = np.count_nonzero(beyond) >= min(SAME_FOR_FRAMES, met.together)
    return likeness, beyond & long_enough, limit


def _belong(one: Subject, other: Subject) -> bool:
    """Whether two tracks may lie in each other: one is towed by the other, or rides it.

    Nobody has to have said so, where the ontology has a relation for such categories and the two go
    along together.
    """
    if any(
        relation.track_id == b.track.id
        for a, b in ((one, other), (other, one))
        for relation in a.track.relations
    ):
        return True
    categories = one.track.category, other.track.category
    if not any(
        kind.children
        and kind.parents
        and (kind.allows(*categories) or kind.allows(*categories[::-1]))
        for kind in one.ontology.relations
    ):
        return False
    rows, others = common_rows(one, other)
    apart_m = np.linalg.norm(one.centers_m[rows] - other.centers_m[others], axis=1)
    return bool(np.ptp(apart_m) < TOGETHER_M)


CHECKS: list[type[Check]] = [Overlap, Duplicate]
