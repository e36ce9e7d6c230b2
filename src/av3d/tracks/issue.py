"""Issues: what people say to each other about the labels, pinned to a track, a frame or a point.

An issue is an event of label ISSUE, and each answer, new state or new assignee is one of label
ISSUE_REPLY: two people who answer at once write two events and do not contradict each other. So issues
are in the journal, can be undone, and go along with exports and imports of projects.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from av3d.tracks.event import ISSUE, ISSUE_REPLY, Event
from av3d.types import Scalar

Point = tuple[float, float, float]


class IssueState(StrEnum):
    """How far an issue is."""

    OPEN = "open"
    RESOLVED = "resolved"
    WONT_FIX = "wont_fix"

    @property
    def words(self) -> str:
        """As people read it."""
        return {"open": "open", "resolved": "resolved", "wont_fix": "won't fix"}[self.value]


@dataclass(frozen=True)
class Message:
    """Something that somebody said in an issue.

    Attributes:
        id: of its event.
        author: who said it.
        time_ns: when, since 1970.
        text: what was said; may be empty where only the state or the assignee changes.
        state: what the issue is from then on; None: as before.
        assignee: who is asked to do something from then on, "" for nobody; None: as before.
    """

    id: str
    author: str
    time_ns: int
    text: str
    state: IssueState | None = None
    assignee: str | None = None


@dataclass(frozen=True)
class Issue:
    """What is to be talked about or put right.

    Attributes:
        id: of its event.
        number: people call it by that, from 1 in each log.
        title: in a few words.
        state: how far it is.
        author, time_ns: who opened it and when, since 1970.
        track_ids: the tracks that it is pinned to; a deleted track is none of them any more.
        subject: what the tracks were called when it was opened, "Car 21"; "" for none.
        timestamp_ns, end_ns: first and last time that it is pinned to, equal for one frame.
        place_m: the point that it is pinned to, world frame, or None.
        finding_id: the finding that it is about, "" for none.
        assignee: who is asked to do something, "" for nobody.
        messages: the first one opened it; in order of time.
    """

    id: str
    number: int
    title: str
    state: IssueState
    author: str
    time_ns: int
    track_ids: tuple[str, ...]
    subject: str
    timestamp_ns: int
    end_ns: int
    place_m: Point | None
    finding_id: str
    assignee: str
    messages: tuple[Message, ...]

    @property
    def name(self) -> str:
        """What people call it: "Issue 14"."""
        return f"Issue {self.number}"

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.state is IssueState.OPEN

    @property
    def answered_ns(self) -> int:
        """When something was last said, since 1970."""
        return self.messages[-1].time_ns

    def is_called(self, name: str) -> bool:
        """Whether a person may mean this issue by `name`: "14", "#14", "Issue 14" or its ID."""
        meant = name.strip().lower()
        return meant in (str(self.number), f"#{self.number}", self.name.lower(), self.id.lower())

    def as_dict(self) -> dict[str, Any]:
        """The issue as JSON values."""
        return {
            "id": self.id,
            "number": self.number,
            "title": self.title,
            "state": self.state.value,
            "author": self.author,
            "time_ns": self.time_ns,
            "tracks": list(self.track_ids),
            "subject": self.subject,
            "timestamp_ns": self.timestamp_ns,
            "end_ns": self.end_ns,
            "place_m": None if self.place_m is None else list(self.place_m),
            "finding": self.finding_id,
            "assignee": self.assignee,
            "messages": [
                {
                    "author": one.author,
                    "time_ns": one.time_ns,
                    "text": one.text,
                    "state": None if one.state is None else one.state.value,
                    "assignee": one.assignee,
                }
                for one in self.messages
            ],
        }


def issues_of(events: Iterable[Event]) -> tuple[Issue, ...]:
    """The issues among the events of a log, by number.

    Two people who open issues at once may choose the same number: the later one then gets the next
    that is free. Answers to an issue that is not there, because opening it was undone, are passed over.
    """
    answers: dict[str, list[Event]] = {}
    opened: list[Event] = []
    for event in events:
        if event.label == ISSUE:
            opened.append(event)
        elif event.label == ISSUE_REPLY:
            answers.setdefault(_text(event, "issue"), []).append(event)
    opened.sort(key=lambda event: (_whole(event, "time_ns"), event.id))
    wanted = {_whole(event, "number") for event in opened}
    taken: set[int] = set()
    found: list[Issue] = []
    for event in opened:
        number = _whole(event, "number")
        if number < 1 or number in taken:
            number = max((*wanted, *taken, 0)) + 1
        taken.add(number)
        found.append(_issue(event, number, answers.get(event.id, ())))
    return tuple(sorted(found, key=lambda issue: issue.number))


def _issue(event: Event, number: int, answers: Iterable[Event]) -> Issue:
    first = Message(
        event.id, _text(event, "author"), _whole(event, "time_ns"), event.note,
        _state(event) or IssueState.OPEN, _text(event, "assignee"),
    )  # fmt: skip
    later = sorted((_message(one) for one in answers), key=lambda one: (one.time_ns, one.id))
    messages = (first, *later)
    states = [one.state for one in messages if one.state is not None]
    assignees = [one.assignee for one in messages if one.assignee is not None]
    return Issue(
        event.id, number, _text(event, "title"), states[-1], first.author, first.time_ns,
        event.track_ids, _text(event, "subject"), event.start_ns, event.end_ns, _place(event),
        _text(event, "finding"), assignees[-1], messages,
    )  # fmt: skip


def _message(event: Event) -> Message:
    assignee = _text(event, "assignee") if "assignee" in event.attributes else None
    return Message(
        event.id, _text(event, "author"), _whole(event, "time_ns"), event.note, _state(event),
        assignee,
    )  # fmt: skip


def _state(event: Event) -> IssueState | None:
    try:
        return IssueState(_text(event, "state"))
    except ValueError:
        return None


def _place(event: Event) -> Point | None:
    x_m, y_m, z_m = (_metres(event.attributes.get(name)) for name in ("x_m", "y_m", "z_m"))
    return None if x_m is None or y_m is None or z_m is None else (x_m, y_m, z_m)


def _metres(value: Scalar | None) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _text(event: Event, name: str) -> str:
    value = event.attributes.get(name)
    return value if isinstance(value, str) else ""


def _whole(event: Event, name: str) -> int:
    value = event.attributes.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
