from __future__ import annotations

from av3d.tracks.event import ISSUE, ISSUE_REPLY, Event
from av3d.tracks.issue import IssueState, issues_of

OPENED = Event(
    "i", ISSUE, 5, 9,
    {
        "number": 14, "title": "Too short", "state": "open", "author": "ada", "time_ns": 100,
        "subject": "Car 21", "x_m": 1.0, "y_m": 2.0, "z_m": 0.5, "finding": "f", "assignee": "eve",
    },
    "The box ends before the trunk.", ("car",),
)  # fmt: skip


def said(event_id: str, time_ns: int, text: str = "", **more: str) -> Event:
    values = {"issue": "i", "author": "eve", "time_ns": time_ns, **more}
    return Event(event_id, ISSUE_REPLY, 5, 9, values, text)


def test_an_issue_is_read_from_its_event() -> None:
    (issue,) = issues_of([OPENED])
    assert (issue.name, issue.title, issue.state) == ("Issue 14", "Too short", "open")
    assert (issue.author, issue.time_ns, issue.assignee) == ("ada", 100, "eve")
    assert (issue.track_ids, issue.subject, issue.finding_id) == (("car",), "Car 21", "f")
    assert (issue.timestamp_ns, issue.end_ns, issue.place_m) == (5, 9, (1.0, 2.0, 0.5))
    assert [one.text for one in issue.messages] == ["The box ends before the trunk."]
    assert all(issue.is_called(name) for name in ("14", "#14", "issue 14", "I"))


def test_the_last_word_on_state_and_assignee_counts_whatever_the_order_of_the_events() -> None:
    answers = [
        said("c", 300, "It does again.", state="open"),
        said("a", 200, state="resolved", assignee=""),
        said("b", 250, "Thanks!"),
    ]
    for events in ([OPENED, *answers], [*answers[::-1], OPENED]):
        (issue,) = issues_of(events)
        assert issue.state is IssueState.OPEN
        assert issue.assignee == ""
        assert [one.id for one in issue.messages] == ["i", "a", "b", "c"]
        assert issue.answered_ns == 300


def test_two_issues_of_one_number_are_told_apart_and_the_earlier_one_keeps_it() -> None:
    def opened(event_id: str, number: int, time_ns: int) -> Event:
        return Event(event_id, ISSUE, 0, 0, {"number": number, "time_ns": time_ns}, "?")

    events = [opened("late", 1, 20), opened("early", 1, 10), opened("other", 2, 30)]
    assert [(one.number, one.id) for one in issues_of(events)] == [
        (1, "early"), (2, "other"), (3, "late"),
    ]  # fmt: skip


def test_answers_to_an_issue_that_was_undone_are_passed_over() -> None:
    assert issues_of([said("a", 200, "Yes.")]) == ()


def test_an_issue_of_which_little_is_known_is_open() -> None:
    (issue,) = issues_of([Event("e", ISSUE, 3, 3, note="look here")])
    assert (issue.number, issue.state, issue.author, issue.place_m) == (1, "open", "", None)
    assert [one.text for one in issue.messages] == ["look here"]


def test_an_issue_as_json_values() -> None:
    (issue,) = issues_of([OPENED, said("a", 200, "Longer now.", state="wont_fix")])
    found = issue.as_dict()
    assert (found["number"], found["state"], found["place_m"]) == (14, "wont_fix", [1.0, 2.0, 0.5])
    assert found["messages"][1] == {
        "author": "eve", "time_ns": 200, "text": "Longer now.", "state": "wont_fix",
        "assignee": None,
    }  # fmt: skip
    assert issue.state.words == "won't fix"
