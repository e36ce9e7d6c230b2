"""What two sets of labels differ in, object by object, as a list that a person goes through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from av3d.ontology.ontology import Ontology
from av3d.qa.agreement import kinds
from av3d.qa.agreement.assignment import assigned
from av3d.qa.agreement.errors import Habits, wrapped
from av3d.qa.agreement.kinds import Kind
from av3d.qa.agreement.pairs import Pairs
from av3d.qa.agreement.side import Side
from av3d.qa.check import joined, stretches
from av3d.qa.finding import Finding, by_risk
from av3d.qa.limits import Limits
from av3d.tracks.difference import ASIDE, WAYS
from av3d.tracks.track import Track
from av3d.types import NS_PER_S, BoolArray, FloatArray, IntArray

NEAR_M = 2.0
"""Cuboids that do not overlap are one object up to this distance of their centres, as in nuScenes."""
LEAST_OVERLAP = 0.1
"""From which overlap on they are one object however far apart their centres are: long vehicles."""
SAME_CLASS = 0.25
"""What a common category is worth, of an overlap of 1 and a distance of 0."""
FLIPPED_RAD = np.deg2rad(150.0)
"""Headings farther apart are the wrong way around."""


@dataclass(frozen=True, eq=False)
class Difference:
    """One thing in which A and B differ.

    Attributes:
        kind: in what.
        finding: of A's labels, as checks have them; about no track where A has none.
        ours: the track of A, None where it has none.
        theirs: the track of B, None where it has none.
        partner: the track of A that B's one is for most of the time, where that is another than `ours`.
        whole: of a missing track: whether the other side has nothing of it at all.
    """

    kind: Kind
    finding: Finding
    ours: Track | None
    theirs: Track | None
    partner: Track | None = None
    whole: bool = False


class Differences:
    """All differences of two sets of labels of one log.

    Args:
        a: the labels that are looked at.
        b: the other ones.
        ontology: has the limits (`av3d.qa.agreement.kinds`).
    """

    def __init__(self, a: Side, b: Side, ontology: Ontology) -> None:
        self.a, self.b, self._ontology = a, b, ontology
        self._habits: dict[str, Habits] = {}
        self._step_ns = int(np.median(np.diff(a.times_ns))) if len(a.times_ns) > 1 else 0

    # Who is who

    @cached_property
    def matches(self) -> Pairs:
        """Cuboids that are the same one by any means: overlap, distance, category."""
        pairs = Pairs.near(self.a, self.b)
        overlap, apart_m = pairs.overlaps[:, 0], pairs.distances_m
        near = np.maximum(0.0, 1.0 - apart_m / NEAR_M)
        alike = 0.5 * (overlap + near) + SAME_CLASS * pairs.same_class
        good = np.flatnonzero((overlap >= LEAST_OVERLAP) | (near > 0.0))
        return pairs[good[assigned(pairs.a_rows[good], pairs.b_rows[good], alike[good])]]

    @cached_property
    def partners(self) -> dict[int, int]:
        """The track of B for each of A, by their places: one for good, as long as can be in sum."""
        ours = self.a.rows[self.matches.a_rows]
        theirs = self.b.rows[self.matches.b_rows]
        codes, counts = np.unique(ours * max(1, len(self.b.tracks)) + theirs, return_counts=True)
        ours, theirs = np.divmod(codes, max(1, len(self.b.tracks)))
        chosen = assigned(ours, theirs, counts.astype(np.float64))
        return dict(zip(ours[chosen].tolist(), theirs[chosen].tolist(), strict=True))

    @cached_property
    def _owners(self) -> dict[int, int]:
        return {theirs: ours for ours, theirs in self.partners.items()}

    @cached_property
    def _common(self) -> tuple[IntArray, IntArray]:
        """Cuboids of partners that are there in one frame, on each other or nobody: rows of A and B."""
        partner = np.full(max(1, len(self.b.tracks)), -1, dtype=np.int64)
        for theirs, ours in self._owners.items():
            partner[theirs] = ours
        asked = partner[self.b.rows] if len(self.b) else np.zeros(0, np.int64)
        some = np.flatnonzero(asked >= 0)
        many = max(1, len(self.a.tracks))
        own = self.a.frames * many + self.a.rows
        order = np.argsort(own, kind="stable")
        codes = self.b.frames[some] * many + asked[some]
        places = np.searchsorted(own[order], codes)
        places = np.minimum(places, max(0, len(own) - 1))
        there = own[order][places] == codes if len(own) else np.zeros(len(codes), dtype=bool)
        if not there.any():
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        i, j = order[places[there]], some[there]
        # One that lies on somebody else's is a matter of identity, not of place.
        taken = [np.full(len(side), -1, dtype=np.int64) for side in (self.a, self.b)]
        taken[0][self.matches.a_rows] = self.matches.b_rows
        taken[1][self.matches.b_rows] = self.matches.a_rows
        free = (taken[0][i] < 0) & (taken[1][j] < 0)
        kept = free | (taken[0][i] == j)
        return i[kept], j[kept]

    # What differs

    @cached_property
    def all(self) -> tuple[Difference, ...]:
        """The riskiest first."""
        found: dict[str, Difference] = {}
        groups = (self._missing(), self._extra(), self._identities(), self._values())
        for group in groups:
            for one in group:
                finding = one.finding
                # Two objects of the other side that are missing in one place at one time.
                while finding.id in found:
                    finding = replace(finding, timestamp_ns=finding.timestamp_ns + 1)
                found[finding.id] = replace(one, finding=finding)
        order = by_risk([one.finding for one in found.values()])
        return tuple(found[finding.id] for finding in order)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The differences as a queue of a review has them, the riskiest first."""
        return tuple(one.finding for one in self.all)

    def agreeing(self) -> tuple[tuple[Track, Track], ...]:
        """Tracks of A and B that are one object and differ in nothing."""
        different = {
            track.id for one in self.all for track in (one.ours, one.partner) if track is not None
        }
        others = {one.theirs.id for one in self.all if one.theirs is not None}
        pairs = [(self.a.tracks[i], self.b.tracks[j]) for i, j in sorted(self.partners.items())]
        return tuple(
            (ours, theirs)
            for ours, theirs in pairs
            if ours.id not in different and theirs.id not in others
        )

    def _missing(self) -> Iterator[Difference]:
        lonely = np.ones(len(self.b), dtype=bool)
        lonely[self.matches.b_rows] = False
        lonely[self._common[1]] = False  # that one is there too, though elsewhere
        for track, rows, whole in self._stretches(self.b, lonely):
            owner = self._owners.get(track)
            ours = None if owner is None else self.a.tracks[owner]
            theirs = self.b.tracks[track]
            what = f"{self.b.title} has {theirs.name} here for {{value}}"
            yield self._gap(
                kinds.BY_ID["agreement.missing"], self.b, rows, ours, theirs, what, whole
            )

    def _extra(self) -> Iterator[Difference]:
        lonely = np.ones(len(self.a), dtype=bool)
        lonely[self.matches.a_rows] = False
        lonely[self._common[0]] = False
        for track, rows, whole in self._stretches(self.a, lonely):
            partner = self.partners.get(track)
            theirs = None if partner is None else self.b.tracks[partner]
            what = f"{self.b.title} has nothing here for {{value}}"
            ours = self.a.tracks[track]
            yield self._gap(kinds.BY_ID["agreement.extra"], self.a, rows, ours, theirs, what, whole)

    def _stretches(self, side: Side, chosen: BoolArray) -> Iterator[tuple[int, IntArray, bool]]:
        """Tracks with cuboids that are chosen, these in stretches, and whether they are all it has."""
        for track, rows in _by_track(side):
            if not chosen[rows].any():
                continue
            whole = bool(chosen[rows].all())
            limit_s = self._limit(kinds.BY_ID["agreement.missing"], side.tracks[track].category)
            if limit_s is None:
                continue
            for first, last in joined(stretches(chosen[rows]), side.times_ns[side.frames[rows]]):
                part = rows[first:last]
                if whole or self._lasts_s(side, part) > limit_s:
                    yield track, part, whole

    def _gap(
        self, kind: Kind, side: Side, rows: IntArray, ours: Track | None, theirs: Track | None,
        what: str, whole: bool,
    ) -> Difference:  # fmt: skip
        """A stretch of cuboids that only one side has."""
        value = self._lasts_s(side, rows)
        limit = self._limit(kind, (ours or theirs).category) or 0.0  # type: ignore[union-attr]
        nearest = int(rows[int(np.argmin(side.ranges_m[rows]))])
        finding = self._finding(
            kind, side, rows, nearest, value, limit, what.format(value=kind.words(value)),
            ours, theirs,
        )  # fmt: skip
        return Difference(kind, finding, ours, theirs, whole=whole)

    def _identities(self) -> Iterator[Difference]:
        """Cuboids that lie on each other and belong to tracks that are not partners."""
        kind = kinds.BY_ID["agreement.identity"]
        ours, theirs = self.a.rows[self.matches.a_rows], self.b.rows[self.matches.b_rows]
        partner = np.array([self.partners.get(row, -1) for row in ours.tolist()], dtype=np.int64)
        other = np.flatnonzero(partner != theirs)
        codes = ours[other] * max(1, len(self.b.tracks)) + theirs[other]
        for code in np.unique(codes).tolist():
            i, j = divmod(code, max(1, len(self.b.tracks)))
            rows = self.matches.a_rows[other[codes == code]]
            times_ns = self.a.times_ns[self.a.frames[rows]]
            own, their = self.a.tracks[i], self.b.tracks[j]
            owner = self._owners.get(j)
            known = None if owner is None else self.a.tracks[owner]
            limit = self._limit(kind, own.category)
            if limit is None:
                continue
            # A stretch ends where the same two do not meet for a while.
            breaks = np.flatnonzero(np.diff(times_ns) > max(NS_PER_S, 3 * self._step_ns)) + 1
            for part in np.split(rows, breaks):
                value = self._lasts_s(self.a, part)
                if value <= limit:
                    continue
                who = "an object of its own" if known is None else known.name
                what = f"{self.b.title} says this is {who}, for {kind.words(value)}"
                finding = self._finding(
                    kind, self.a, part, int(part[0]), value, limit, what, own, their, known
                )
                yield Difference(kind, finding, own, their, known)

    def _values(self) -> Iterator[Difference]:
        """Place, size, heading and category of partners."""
        a, b = self.a, self.b
        i, j = self._common
        way_m = b.centers_m[j] - a.centers_m[i]
        apart_m = np.linalg.norm(way_m, axis=1)
        sizes_m = np.abs(b.sizes_lwh_m[j] - a.sizes_lwh_m[i]).max(axis=1, initial=0.0)
        owners = a.rows[i]
        order = np.lexsort((a.frames[i], owners))
        edges = np.flatnonzero(np.diff(owners[order], prepend=-1))
        for part in np.split(order, edges[1:]) if len(order) else ():
            ours, theirs = a.tracks[int(owners[part[0]])], b.tracks[int(b.rows[j[part[0]]])]
            rows, others = i[part], j[part]
            if ours.category != theirs.category:
                yield self._category(rows, ours, theirs)
            habits = self._habit(theirs.category)
            turned = np.abs(wrapped(b.yaws_rad[others] - a.yaws_rad[rows], habits.period_rad))
            turned = np.where(habits.heading, turned, np.nan)
            for kind_id, values in (
                ("agreement.moved", apart_m[part]),
                ("agreement.size", sizes_m[part]),
                ("agreement.heading", np.rad2deg(turned)),
            ):
                yield from self._beyond(kinds.BY_ID[kind_id], rows, others, values, ours, theirs)

    def _beyond(
        self, kind: Kind, rows: IntArray, others: IntArray, values: FloatArray, ours: Track,
        theirs: Track,
    ) -> Iterator[Difference]:  # fmt: skip
        """Stretches in which a value of two partners is above its limit."""
        limit = self._limit(kind, ours.category)
        if limit is None:
            return
        with np.errstate(invalid="ignore"):
            beyond = values > limit
        for first, last in joined(stretches(beyond), self.a.times_ns[self.a.frames[rows]]):
            worst = first + int(np.nanargmax(values[first:last]))
            value = float(values[worst])
            what = self._words(kind, int(rows[worst]), int(others[worst]), value)
            finding = self._finding(
                kind, self.a, rows[first:last], int(rows[worst]), value, limit, what, ours, theirs
            )
            yield Difference(kind, finding, ours, theirs)

    def _category(self, rows: IntArray, ours: Track, theirs: Track) -> Difference:
        kind = kinds.BY_ID["agreement.category"]
        nearest = int(rows[int(np.argmin(self.a.ranges_m[rows]))])
        what = f"{self.b.title} calls it {theirs.name}"
        nan = float("nan")
        finding = self._finding(kind, self.a, rows, nearest, nan, nan, what, ours, theirs)
        return Difference(kind, finding, ours, theirs)

    def _words(self, kind: Kind, row: int, other: int, value: float) -> str:
        """What one sentence says of the worst frame."""
        title, told = self.b.title, kind.words(value)
        if kind.id == "agreement.moved":
            way_m = self.b.centers_m[other] - self.a.centers_m[row]
            along_m = self.a.rotations[row].T @ way_m
            aside = np.flatnonzero(np.abs(along_m) >= ASIDE * np.abs(along_m).max())
            words = " and ".join(WAYS[axis][int(along_m[axis] < 0)] for axis in aside.tolist())
            return f"{title} has it {told} {words}"
        if kind.id == "agreement.size":
            size = " × ".join(f"{side:.2f}" for side in self.b.sizes_lwh_m[other].tolist())
            return f"{title} has it {size} m large, {told} off"
        if np.deg2rad(value) >= FLIPPED_RAD:
            return f"{title} has it the other way around, {told}"
        return f"{title} has it turned by {told}"

    def _finding(
        self, kind: Kind, side: Side, rows: IntArray, worst: int, value: float, limit: float,
        what: str, ours: Track | None, theirs: Track | None, partner: Track | None = None,
    ) -> Finding:  # fmt: skip
        times_ns = side.times_ns[side.frames[rows]]
        shown = ours or theirs
        assert shown is not None
        name = shown.name if ours is not None else f"{shown.name} ({self.b.title})"
        place_m = tuple(side.centers_m[worst].tolist())
        size_m = tuple(side.sizes_lwh_m[worst].tolist())
        tracks = tuple(track.id for track in (ours, partner) if track is not None)
        return Finding(
            kind.id, kind.severity, tracks, name, shown.category, int(times_ns[0]),
            int(times_ns[-1]), int(side.times_ns[side.frames[worst]]), value, limit, what,
            kind.risk(value, limit), "" if ours is None else ours.digest,
            "" if theirs is None else theirs.digest, place_m, size_m,
        )  # fmt: skip

    def _limit(self, kind: Kind, category: str) -> float | None:
        return Limits.of(self._ontology, category).limit(kind.id, kind.defaults)

    def _habit(self, category: str) -> Habits:
        if category not in self._habits:
            self._habits[category] = Habits.of(self._ontology, category)
        return self._habits[category]

    def _lasts_s(self, side: Side, rows: IntArray) -> float:
        """How long cuboids in a row last, each for a frame."""
        times_ns = side.times_ns[side.frames[rows]]
        return (int(times_ns[-1]) - int(times_ns[0]) + self._step_ns) / NS_PER_S


def _by_track(side: Side) -> Iterator[tuple[int, IntArray]]:
    """The cuboids of each track that has some, in order of time."""
    order = np.lexsort((side.frames, side.rows))
    edges = np.flatnonzero(np.diff(side.rows[order], prepend=-1))
    for part in np.split(order, edges[1:]) if len(order) else ():
        yield int(side.rows[part[0]]), part
