"""Which tracks the list shows and in which order: search, categories, groups, sorting."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from av3d.present import words
from av3d.present.certainty import Level, TrackCertainty
from av3d.present.marks import MarkKind
from av3d.present.proposals import Proposals
from av3d.present.session import Session, name_order
from av3d.tracks.categories import category_title
from av3d.tracks.proposal import is_proposal
from av3d.tracks.track import Track

SORTS = ("name", "keys", "points", "distance", "state", "score")
SORT_WORDS = {
    "name": "category and number",
    "keys": "number of keys",
    "points": "points inside, most first",
    "distance": "distance, nearest first",
    "state": "what needs a look, first",
    "score": "score of a detector, surest first",
}


TOLD = 3
"""Findings of a track that a tip names."""


class TrackState(Enum):
    """What the list says of a track beside its numbers: icon, words, and how urgent it is.

    The first that is true counts.
    """

    FINDING = ("alert", "a check has found something", 0)
    ISSUE = ("messages", "somebody asks for something", 1)
    PROPOSAL = ("proposal", "a proposal that nobody has accepted yet", 1.5)
    UNSURE = ("look_again", "uncertain in some frames", 2)
    ONE_KEY = ("few_keys", "one key only", 3)
    UNKNOWN = ("", "", 5)
    FAIR = ("few_keys", "certain enough, but not in all frames", 4)
    STATIC = ("standing", "static", 6)
    SURE = ("check", "certain in all frames", 7)
    ACCEPTED = ("check_circle", "accepted", 8)

    def __init__(self, icon: str, words_: str, order: float) -> None:
        self.icon = icon
        self.words = words_
        self.order = order


@dataclass(frozen=True)
class Group:
    """The title of a category in the list.

    Attributes:
        category: its key.
        count: tracks that belong to it.
        shut: whether they are folded away.
    """

    category: str
    count: int
    shut: bool


class TrackList:
    """The tracks of a session, filtered, sorted and grouped.

    Args:
        session: whose tracks.

    Attributes:
        query: words that must all be found; "key:value" asks for an attribute.
        categories: only these; none: all.
        proposals: what a detector proposes in the log.
        only_proposals: only these, of all frames.
        only_findings: only tracks in which a check has found something, of all frames.
        all_tracks: also those that are not there in this frame.
        sort: one of SORTS.
        backwards: the other way round.
        grouped: by category, each under its title.
        shut: categories whose tracks are folded away.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.query = ""
        self.categories: frozenset[str] = frozenset()
        self.proposals = Proposals(session)
        self.only_proposals = False
        self.only_findings = False
        self.all_tracks = False
        self.sort = "name"
        self.backwards = False
        self.grouped = False
        self.shut: frozenset[str] = frozenset()
        self._rows: tuple[Track, ...] = ()
        self._rows_key: object = None
        self._ordered: tuple[object, list[Track]] = (None, [])
        self._present: tuple[object, list[Track]] = (None, [])
        self._lines: tuple[Track | Group, ...] = ()
        self._lines_key: object = None

    @property
    def rows(self) -> tuple[Track, ...]:
        """The tracks that are listed, in order, folded ones too."""
        session = self._session
        counts = session.supply.counts(session.frame) if self.sort == "points" else None
        boxes = session.supply.boxes(session.frame) if self.sort == "distance" else None
        states = tuple(map(self.state, session.tracks)) if self.sort == "state" else ()
        key = (
            session.frame, session.supply.revision, session.tracks, self.query, self.categories,
            self.all_tracks, self.only_proposals, self.only_findings and id(session.marks),
            self.sort, self.backwards, counts is None, boxes is None, states,
        )  # fmt: skip
        if key != self._rows_key:
            self._rows_key = key
            self._rows = self._sorted([track for track in self.present() if self.matches(track)])
        return self._rows

    @property
    def lines(self) -> tuple[Track | Group, ...]:
        """What the list shows: the rows, under the titles of their groups if there are any."""
        rows = self.rows
        if not self.grouped:
            return rows
        key = (rows, self.shut)
        if key != self._lines_key:
            self._lines_key = key
            groups: dict[str, list[Track]] = {}
            for track in rows:
                groups.setdefault(track.category, []).append(track)
            members_of = sorted(groups.items(), key=lambda group: name_order(group[1][0])[:2])
            lines: list[Track | Group] = []
            for category, members in members_of:
                shut = category in self.shut
                lines += [Group(category, len(members), shut), *(() if shut else members)]
            self._lines = tuple(lines)
        return self._lines

    def present(self) -> list[Track]:
        """The tracks before filtering, by category and number; not to be changed."""
        session = self._session
        if self._ordered[0] is not session.tracks:
            self._ordered = session.tracks, sorted(session.tracks, key=name_order)
        ordered = self._ordered[1]
        if self.all_tracks or self.only_proposals or self.only_findings:
            return ordered
        now = session.timestamp_ns
        if self._present[0] != (id(ordered), now):
            self._present = (
                (id(ordered), now),
                [track for track in ordered if track.is_present(now)],
            )
        return self._present[1]

    def matches(self, track: Track) -> bool:
        """Whether a track is of the categories and has all words of the query."""
        if self.categories and track.category not in self.categories:
            return False
        if self.only_proposals and not is_proposal(track):
            return False
        if self.only_findings and not self.findings(track):
            return False
        parts = self.query.lower().split()
        if not parts:
            return True
        attributes = {
            name.lower(): words.value(value).lower()
            for name, value in track.attributes_at(self._session.timestamp_ns).items()
        }
        said = [track.id, track.name, category_title(track.category), track.note]
        said += [f"{name} {value}" for name, value in attributes.items()]
        text = " ".join(said).lower()
        return all(_has(part, text, attributes) for part in parts)

    def findings(self, track: Track) -> list[str]:
        """What the checks have found in a track and nobody has decided yet, in words."""
        marks = self._session.marks.get(track.id, ())
        return [mark.text for mark in marks if mark.kind is MarkKind.FINDING]

    def said(self, track: Track) -> str:
        """What there is to say of a track, for tips."""
        marks = self._session.marks.get(track.id, ())
        told = [mark.text for mark in marks if mark.kind is not MarkKind.ACCEPTED]
        if not told:
            return "; ".join(mark.text for mark in marks) or self.state(track).words
        more = f"; and {len(told) - TOLD} more" if len(told) > TOLD else ""
        return "; ".join(told[:TOLD]) + more

    def state(self, track: Track) -> TrackState:
        """What the list says of a track."""
        session = self._session
        kinds = {mark.kind for mark in session.marks.get(track.id, ())}
        if MarkKind.FINDING in kinds:
            return TrackState.FINDING
        if MarkKind.ISSUE in kinds:
            return TrackState.ISSUE
        if MarkKind.ACCEPTED in kinds:
            return TrackState.ACCEPTED
        if is_proposal(track):
            return TrackState.PROPOSAL
        if track.static:
            return TrackState.STATIC
        if len(track.columns) == 1:
            return TrackState.ONE_KEY
        return _by_certainty(session.certainties.of(track))

    def _sorted(self, tracks: list[Track]) -> tuple[Track, ...]:
        session = self._session
        if self.sort == "points":
            counts: Mapping[str, int] = session.supply.counts(session.frame) or {}
            tracks.sort(key=lambda track: -counts.get(track.id, -1))
        elif self.sort == "distance":
            distances = self.distances_m()
            tracks.sort(key=lambda track: distances.get(track.id, float("inf")))
        elif self.sort == "keys":
            tracks.sort(key=lambda track: len(track.columns))
        elif self.sort == "score":
            tracks.sort(key=lambda track: -self.proposals.rank(track))
        elif self.sort == "state":
            tracks.sort(key=lambda track: (self.state(track).order, -len(self.findings(track))))
        return tuple(reversed(tracks)) if self.backwards else tuple(tracks)

    @property
    def scored(self) -> bool:
        """Whether the list shows scores in place of points."""
        return self.only_proposals or self.sort == "score"

    @property
    def decision_order(self) -> tuple[Track, ...]:
        """The proposals in the order in which they are gone through: as listed, else the surest first."""
        if self.only_proposals:
            return self.rows
        return self.proposals.tracks

    def distances_m(self) -> dict[str, float]:
        """Horizontal distances from the ego at this frame, by track ID."""
        session = self._session
        return {
            box.track.id: float((box.cuboid.center_m[:2] ** 2).sum() ** 0.5)
            for box in session.supply.boxes(session.frame) or ()
        }

    def chips(self) -> list[tuple[str, int]]:
        """Categories among the tracks before filtering, with counts, most frequent first."""
        found: dict[str, int] = {}
        for track in self.proposals.tracks if self.only_proposals else self.present():
            found[track.category] = found.get(track.category, 0) + 1
        return sorted(found.items(), key=lambda item: -item[1])

    def sort_by(self, sort: str) -> None:
        """Sort by a column; by the one it is sorted by already: the other way round."""
        if sort == self.sort:
            self.backwards = not self.backwards
        elif sort in SORTS:
            self.sort, self.backwards = sort, False

    def range_to(self, track_id: str, anchor: str | None) -> Sequence[str]:
        """The tracks in sight of the list from a chosen one to another, that one first."""
        ids = [line.id for line in self.lines if isinstance(line, Track)]
        if anchor not in ids or track_id not in ids:
            return [track_id]
        one, other = ids.index(anchor), ids.index(track_id)
        found = ids[min(one, other) : max(one, other) + 1]
        return found[::-1] if other > one else found


def _has(part: str, text: str, attributes: Mapping[str, str]) -> bool:
    """Whether one word of a query is found; "motion:parked" in the attribute motion alone."""
    name, colon, value = part.partition(":")
    if not colon:
        return part in text
    return any(
        name in (known, known.rpartition(".")[2], *re.split(r"[._]", known)) and value in said
        for known, said in attributes.items()
    )


def _by_certainty(certainty: TrackCertainty | None) -> TrackState:
    if certainty is None or not len(certainty.levels):
        return TrackState.UNKNOWN
    worst = int(certainty.levels.max())
    if worst == Level.HIGH:
        return TrackState.UNSURE
    return TrackState.SURE if worst == Level.LOW else TrackState.FAIR
