"""Issues are opened, answered, resolved, given to somebody and deleted."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable

from av3d.tracks.change import Change
from av3d.tracks.document import Document, EditError
from av3d.tracks.event import ISSUE, ISSUE_REPLY, Event
from av3d.tracks.issue import Issue, IssueState, Point, issues_of
from av3d.tracks.operations.common import changed, made
from av3d.types import Scalar

TITLE_LENGTH = 60
"""Characters of a title that is made from what was said."""


def open_issue(
    document: Document,
    *,
    text: str,
    author: str,
    time_ns: int,
    timestamp_ns: int,
    end_ns: int | None = None,
    track_ids: Iterable[str] = (),
    place_m: Point | None = None,
    finding_id: str = "",
    assignee: str = "",
    title: str = "",
    issue_id: str | None = None,
) -> tuple[Change, ...]:
    """Say that something is to be put right or talked about.

    Args:
        document: the labels.
        text: what is said; not empty.
        author: who says it.
        time_ns: now, since 1970.
        timestamp_ns: the frame that it is pinned to.
        end_ns: last frame that it is pinned to; default: that one.
        track_ids: the tracks that it is pinned to.
        place_m: the point that it is pinned to, world frame.
        finding_id: the finding that it is about.
        assignee: who is asked to do something.
        title: in a few words; default: the beginning of the text.
        issue_id: its identity; default: a fresh one.

    Raises:
        EditError: nothing is said, a track is not there, or a value makes no sense.
    """
    tracks = [document.track(track_id) for track_id in track_ids]
    said = _said(text)
    new_id = str(uuid.uuid4()) if issue_id is None else issue_id
    if new_id in document.events:
        raise EditError(
            "there is an event with this ID already", f"event {new_id!r}", "use another"
        )
    values: dict[str, Scalar] = {
        "number": max((one.number for one in issues_of(document.events.values())), default=0) + 1,
        "title": title.strip() or _shortened(said),
        "state": IssueState.OPEN.value,
        "author": author,
        "time_ns": time_ns,
    }
    if tracks:
        values["subject"] = ", ".join(track.name for track in tracks)
    if place_m is not None:
        if not all(math.isfinite(metres) for metres in place_m):
            raise EditError("a point without a place", "the new issue", "give three numbers")
        values |= {
            name: round(float(metres), 4)
            for name, metres in zip(("x_m", "y_m", "z_m"), place_m, strict=True)
        }
    values |= {
        name: words for name, words in (("finding", finding_id), ("assignee", assignee)) if words
    }
    last_ns = timestamp_ns if end_ns is None else end_ns
    event = made(
        lambda: Event(
            new_id, ISSUE, timestamp_ns, last_ns, values, said, tuple(track.id for track in tracks)
        ),
        "the new issue",
    )
    return changed(None, event)


def reply(
    document: Document,
    issue_id: str,
    *,
    text: str,
    author: str,
    time_ns: int,
    state: IssueState | None = None,
    assignee: str | None = None,
) -> tuple[Change, ...]:
    """Answer an issue, and say what it is from now on.

    Args:
        document: the labels.
        issue_id: of the issue.
        text: what is said; may be empty where the state or the assignee changes.
        author: who says it.
        time_ns: now, since 1970. What is said before something that is there already, because two
            clocks differ, counts as said right after it.
        state: what the issue is from now on; None: as before.
        assignee: who is asked from now on, "" for nobody; None: as before.

    Raises:
        EditError: there is no such issue, or nothing is said.
    """
    issue = the_issue(document, issue_id)
    said = text.strip() if state is not None or assignee is not None else _said(text)
    values: dict[str, Scalar] = {
        "issue": issue.id,
        "author": author,
        "time_ns": max(time_ns, issue.answered_ns + 1),
    }
    if state is not None:
        values["state"] = state.value
    if assignee is not None:
        values["assignee"] = assignee
    event = made(
        lambda: Event(
            str(uuid.uuid4()), ISSUE_REPLY, issue.timestamp_ns, issue.end_ns, values, said
        ),
        issue.name,
    )
    return changed(None, event)


def set_state(
    document: Document,
    issue_id: str,
    state: IssueState,
    *,
    author: str,
    time_ns: int,
    text: str = "",
) -> tuple[Change, ...]:
    """Resolve an issue, say that it won't be fixed, or open it again; () where it is so already.

    Raises:
        EditError: there is no such issue.
    """
    if the_issue(document, issue_id).state is state and not text.strip():
        return ()
    return reply(document, issue_id, text=text, author=author, time_ns=time_ns, state=state)


def assign(
    document: Document, issue_id: str, assignee: str, *, author: str, time_ns: int, text: str = ""
) -> tuple[Change, ...]:
    """Ask somebody to put an issue right, or nobody with ""; () where it is so already.

    Raises:
        EditError: there is no such issue.
    """
    if the_issue(document, issue_id).assignee == assignee and not text.strip():
        return ()
    return reply(document, issue_id, text=text, author=author, time_ns=time_ns, assignee=assignee)


def delete_issue(document: Document, issue_id: str) -> tuple[Change, ...]:
    """Delete an issue with all that was answered; the journal keeps it.

    Raises:
        EditError: there is no such issue.
    """
    issue = the_issue(document, issue_id)
    return tuple(Change(document.event(message.id), None) for message in issue.messages)


def the_issue(document: Document, issue_id: str) -> Issue:
    """One issue; EditError when there is none."""
    for issue in issues_of(document.events.values()):
        if issue.id == issue_id:
            return issue
    raise EditError("there is no such issue", f"issue {issue_id!r}", "choose another")


def _said(text: str) -> str:
    said = text.strip()
    if not said:
        raise EditError("nothing is said", "the issue", "write what is wrong, in a sentence")
    return said


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"
