"""The review of a log: which concerns there are, which one is looked at, what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from av3d.present.concerns import (
    Concern,
    Measures,
    attributes_of,
    by_risk,
    concerns_of,
    measure,
    with_points,
)
from av3d.present.tasks import Report, State, Work
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.event import REVIEW, Event
from av3d.tracks.operations.events import add_event, change_event
from av3d.tracks.proposal import is_proposal
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.present.session import Session

ACCEPTED, FIXING, SENT_BACK = "accepted", "fixing", "sent_back"
DONE_WORDS = {ACCEPTED: "accepted", FIXING: "being fixed", SENT_BACK: "sent back"}
TITLES = {ACCEPTED: "Accept", FIXING: "Fix", SENT_BACK: "Send back"}
COUNTED_FRAMES = 40
"""Frames of a log in which points are counted at most, evenly spread: each is read for it."""


@dataclass(frozen=True, eq=False)
class Looked:
    """What was found in a track as it was then."""

    track: Track
    measures: Measures
    concerns: tuple[Concern, ...]


@dataclass(frozen=True)
class Tally:
    """How far the review is.

    Attributes:
        accepted, fixed, sent_back: what was decided; fixed are those whose track was changed since
            and no longer gives concern.
        open: what waits.
    """

    accepted: int
    fixed: int
    sent_back: int
    open: int

    @property
    def reviewed(self) -> int:
        return self.accepted + self.fixed + self.sent_back

    @property
    def total(self) -> int:
        return self.reviewed + self.open


class Review:
    """Concerns of a session's tracks and the decisions on them.

    A decision is an event on the track, of label REVIEW, with its state, author, check, value, limit
    and the digest of the track that was looked at in the attributes: it is in the journal, can be
    undone, and counts no more once the track is another.

    Args:
        session: whose tracks.

    Attributes:
        current: ID of the concern that is looked at, "" for none.
        check: name of the measure that the chart shows; "" is that of the current concern.
        ended: whether the last decision left nothing open; what is found later shows by itself.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._looked: dict[str, Looked] = {}
        self._counted: dict[str, Track] = {}
        self._work: Work[Any] | None = None
        self._concerns: tuple[Concern, ...] = ()
        self._failed: tuple[Track, ...] | None = None
        self._version = 0
        self._open_version = -1
        self._open_of: Document | None = None
        self._open: tuple[Concern, ...] = ()
        self.current = ""
        self.check = ""
        self.ended = False

    # Looking

    def poll(self) -> None:
        """Have all tracks looked at that are new or changed; not in the middle of an edit."""
        session = self._session
        if session.loading_tracks or session.edits.previewing:
            return
        tracks, work = session.tracks, self._work
        if work is not None:
            if work in session.works.works:
                return
            # What was stopped, or has failed, is not begun again for the same tracks.
            self._failed = None if work.state is State.DONE else tracks
            self._work = None
        if self._failed is tracks:
            return
        # A proposal is no label yet: it is accepted or rejected, not reviewed.
        labelled = [track for track in tracks if not is_proposal(track)]
        todo = [track for track in labelled if not self._knows(track)]
        gone = self._looked.keys() - {track.id for track in labelled}
        for track_id in gone:
            del self._looked[track_id]
        if todo:
            self._look(todo)
        else:
            if gone:
                self._take(())
            uncounted = [t for t in labelled if self._counted.get(t.id) is not t]
            if uncounted and session.log.lidars:
                self._count(uncounted)

    def _knows(self, track: Track) -> bool:
        looked = self._looked.get(track.id)
        return looked is not None and looked.track is track

    def _look(self, todo: Sequence[Track]) -> None:
        session = self._session
        frames_ns = session.log.frames.timestamps_ns
        ontology = session.labels.ontology

        def run(report: Report) -> list[Looked]:
            found: list[Looked] = []
            for number, track in enumerate(todo):
                report("", number, len(todo))
                measures = measure(track, frames_ns, ontology)
                found.append(Looked(track, measures, concerns_of(track, measures)))
            return found

        self._begin(Work("Looking for concerns", run, then=self._take, alone=False))

    def _count(self, todo: Sequence[Track]) -> None:
        """Count the points in the cuboids of some frames, and look at the tracks again."""
        session, supply = self._session, self._session.supply
        count = len(session.log.frames)
        indices = np.unique(
            np.linspace(0, count - 1, min(count, COUNTED_FRAMES)).round().astype(int)
        )
        times_ns = session.log.frames.timestamps_ns
        tracks = tuple(todo)

        def run(report: Report) -> dict[str, dict[int, int]]:
            points: dict[str, dict[int, int]] = {track.id: {} for track in tracks}
            for number, index in enumerate(indices.tolist()):
                report("", number, len(indices))
                for track_id, inside in supply.count_points(index, tracks).items():
                    points[track_id][int(times_ns[index])] = inside
            return points

        def then(points: dict[str, dict[int, int]]) -> None:
            found: list[Looked] = []
            for track in tracks:
                self._counted[track.id] = track
                looked = self._looked.get(track.id)
                if looked is not None and looked.track is track:
                    measures = with_points(looked.measures, points[track.id])
                    found.append(Looked(track, measures, concerns_of(track, measures)))
            self._take(found)

        self._begin(Work("Counting points", run, then=then, alone=False))

    def _begin(self, work: Work[Any]) -> None:
        self._work = self._session.works.add(work)

    def _take(self, found: Sequence[Looked]) -> None:
        for looked in found:
            self._looked[looked.track.id] = looked
        self._concerns = by_risk([c for looked in self._looked.values() for c in looked.concerns])
        self._version += 1
        if self.concern is None:
            self.current = ""

    @property
    def looking(self) -> bool:
        """Whether tracks are being looked at."""
        return self._work is not None and not self._work.finished

    @property
    def version(self) -> int:
        """Grows whenever other concerns are known."""
        return self._version

    # Concerns and decisions

    def decision(self, concern: Concern) -> Event | None:
        """What was decided on a concern, while its track is as it was."""
        event = self._session.labels.document.events.get(concern.id)
        if event is None or event.attributes.get("track_digest") != concern.digest:
            return None
        return event

    def state(self, concern: Concern) -> str:
        """ACCEPTED, FIXING, SENT_BACK or "" for open."""
        event = self.decision(concern)
        return "" if event is None else str(event.attributes.get("state", ""))

    @property
    def open(self) -> tuple[Concern, ...]:
        """What waits for a decision, the riskiest first."""
        document = self._session.labels.document
        if self._version != self._open_version or document is not self._open_of:
            self._open_version, self._open_of = self._version, document
            self._open = tuple(c for c in self._concerns if not self.state(c))
        return self._open

    @property
    def concern(self) -> Concern | None:
        """The one that is looked at."""
        return next((c for c in self._concerns if c.id == self.current), None)

    @property
    def decisions(self) -> tuple[Event, ...]:
        """All decisions of the log, old ones too."""
        events = self._session.labels.document.events.values()
        return tuple(event for event in events if event.label == REVIEW)

    def of_track(self, track_id: str) -> tuple[Concern, ...]:
        """All concerns of a track."""
        looked = self._looked.get(track_id)
        return looked.concerns if looked is not None else ()

    def measures_of(self, track_id: str) -> Measures | None:
        """What is known of a track at each frame."""
        looked = self._looked.get(track_id)
        return looked.measures if looked is not None else None

    def tally(self) -> Tally:
        """How far the review is."""
        states = [self.state(concern) for concern in self._concerns]
        known = {concern.id for concern in self._concerns}
        gone = sum(
            event.attributes.get("state") == FIXING and event.id not in known
            for event in self.decisions
        )
        return Tally(
            states.count(ACCEPTED), gone, states.count(SENT_BACK) + states.count(FIXING),
            states.count(""),
        )  # fmt: skip

    # What the reviewer does

    def show(self, concern_id: str) -> None:
        """Look at a concern: its track, at the frame of its worst value."""
        concern = next((c for c in self._concerns if c.id == concern_id), None)
        if concern is None:
            return
        self.current, self.check, self.ended = concern.id, "", False
        session = self._session
        session.select(concern.track_id)
        session.follow = False
        session.follow_camera = True
        session.go_to_time(concern.timestamp_ns)

    def step(self, step: int) -> None:
        """Look at the next (+1) or previous (-1) open concern."""
        rows = self.open
        if not rows:
            return
        ids = [concern.id for concern in rows]
        if self.current in ids:
            self.show(ids[(ids.index(self.current) + step) % len(ids)])
        else:
            self.show(ids[0 if step > 0 else -1])

    def decide(self, state: str, note: str = "") -> bool:
        """Decide on the concern that is looked at; the next one shows. Whether it was kept."""
        concern = self.concern
        if concern is None:
            return False
        if not note and self.state(concern) == state and self.open:
            # Pressed once more: that it is decided need not be said again.
            self.show(self.open[0].id)
            return False
        ids = [one.id for one in self.open]
        row = ids.index(concern.id) if concern.id in ids else 0
        title = f"{TITLES[state]} {concern.kind.title.lower()} of {concern.track}"
        values = attributes_of(concern, state, self._author())

        def operation(document: Document) -> tuple[Change, ...]:
            if concern.id in document.events:
                return change_event(document, concern.id, attributes=values, note=note)
            return add_event(
                document, REVIEW, concern.start_ns, concern.end_ns, track_ids=[concern.track_id],
                attributes=values, note=note, event_id=concern.id,
            )  # fmt: skip

        if not self._session.edits.do(title, operation, locked_too=True):
            return False
        rest = self.open
        if rest and state != FIXING:
            self.show(rest[min(row, len(rest) - 1)].id)
        self.ended = not rest
        return True

    def _author(self) -> str:
        from av3d.store.project import default_author

        editor = self._session.labels.editor
        return editor.project.author if editor is not None else default_author()
