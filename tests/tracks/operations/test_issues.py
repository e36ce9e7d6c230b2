from __future__ import annotations

import math

import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.document import Document, EditError
from av3d.tracks.event import ISSUE
from av3d.tracks.issue import Issue, IssueState, issues_of
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.issues import (
    TITLE_LENGTH,
    assign,
    delete_issue,
    open_issue,
    reply,
    set_state,
)
from av3d.tracks.operations.life import delete
from av3d.tracks.operations.merging import plan_merge
from av3d.tracks.track import Track

CUBOID = Cuboid.from_yaw([10.0, 2.0, 1.0], [4.0, 2.0, 1.6], 0.1)
ONE = Track("one", "car", (Keyframe(0, CUBOID),), number=1)
TWO = Track("two", "car", (Keyframe(100, CUBOID),), number=2)
EMPTY = Document.of([ONE, TWO])
EVE = {"author": "eve"}


def opened(document: Document = EMPTY, **more: object) -> Document:
    given = {
        "text": "Too short.", "author": "ada", "time_ns": 10, "timestamp_ns": 0,
        "track_ids": ["one"], **more,
    }  # fmt: skip
    return document.apply(open_issue(document, **given))  # type: ignore[arg-type]


def the(document: Document) -> Issue:
    (issue,) = issues_of(document.events.values())
    return issue


def test_an_issue_is_opened_on_a_track_a_frame_and_a_point() -> None:
    issue = the(opened(place_m=(1.0, 2.0, 3.0), assignee="eve", finding_id="f", end_ns=4))
    assert (issue.number, issue.title, issue.author, issue.assignee) == (
        1, "Too short.", "ada", "eve",
    )  # fmt: skip
    assert (issue.track_ids, issue.subject, issue.place_m) == (("one",), "Car 1", (1.0, 2.0, 3.0))
    assert (issue.timestamp_ns, issue.end_ns, issue.finding_id) == (0, 4, "f")


def test_numbers_go_up() -> None:
    three = opened(opened(opened()))
    assert [issue.number for issue in issues_of(three.events.values())] == [1, 2, 3]


def test_the_title_is_the_beginning_of_what_was_said() -> None:
    assert the(opened(text="  It\nends\tearly. ")).title == "It ends early."
    assert len(the(opened(text="word " * 40)).title) <= TITLE_LENGTH
    assert the(opened(title="Length")).title == "Length"


def test_an_answer_resolves_and_another_opens_again() -> None:
    document = opened()
    key = the(document).id
    document = document.apply(
        reply(document, key, text="Longer.", **EVE, time_ns=20, state=IssueState.RESOLVED)
    )
    assert the(document).state is IssueState.RESOLVED
    assert set_state(document, key, IssueState.RESOLVED, **EVE, time_ns=30) == ()
    document = document.apply(set_state(document, key, IssueState.OPEN, author="ada", time_ns=30))
    document = document.apply(assign(document, key, "mira", author="ada", time_ns=40))
    assert assign(document, key, "mira", author="ada", time_ns=50) == ()
    issue = the(document)
    assert (issue.state, issue.assignee, len(issue.messages)) == ("open", "mira", 4)


def test_two_people_who_answer_at_once_are_both_heard() -> None:
    document = opened()
    key = the(document).id
    answers = [reply(document, key, text=t, author=t, time_ns=20) for t in ("yes", "no")]
    both = document.apply([*answers[0], *answers[1]])
    assert {one.text for one in the(both).messages[1:]} == {"yes", "no"}


def test_who_has_a_slow_clock_still_answers_after_the_question() -> None:
    document = opened(time_ns=1_000)
    key = the(document).id
    document = document.apply(reply(document, key, text="Sure.", **EVE, time_ns=3))
    assert [one.text for one in the(document).messages] == ["Too short.", "Sure."]


def test_an_issue_outlives_its_track() -> None:
    document = opened()
    gone = document.apply(delete(document, ["one"]))
    issue = the(gone)
    assert (issue.track_ids, issue.subject) == ((), "Car 1")
    assert [one.text for one in issue.messages] == ["Too short."]


def test_an_issue_goes_along_when_tracks_are_merged() -> None:
    document = opened()
    merged = document.apply(plan_merge(document, ["one", "two"], "two").changes)
    assert the(merged).track_ids == ("two",)


def test_opening_is_undone_by_reversing_it() -> None:
    changes = open_issue(EMPTY, text="?", author="ada", time_ns=1, timestamp_ns=0)
    assert EMPTY.apply(changes).apply(c.reversed() for c in changes).events == {}


def test_an_issue_is_deleted_with_its_answers() -> None:
    document = opened()
    key = the(document).id
    document = document.apply(reply(document, key, text="Sure.", **EVE, time_ns=20))
    assert document.apply(delete_issue(document, key)).events == {}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": " \n"}, "nothing is said"),
        ({"track_ids": ["three"]}, "no such track"),
        ({"place_m": (1.0, math.nan, 0.0)}, "a point without a place"),
        ({"end_ns": -1}, "ends 1 ns before it starts"),
        ({"text": "\x00"}, "zero character"),
    ],
)
def test_what_makes_no_issue_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(EditError, match=said):
        opened(**given)


def test_what_is_not_there_or_says_nothing_is_refused() -> None:
    document = opened(issue_id="i")
    with pytest.raises(EditError, match="an event with this ID already"):
        opened(document, issue_id="i")
    with pytest.raises(EditError, match="no such issue"):
        reply(document, "j", text="?", **EVE, time_ns=1)
    with pytest.raises(EditError, match="nothing is said"):
        reply(document, "i", text="", **EVE, time_ns=1)
    assert document.event("i").label == ISSUE
