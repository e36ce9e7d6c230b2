from __future__ import annotations

from av3d.tracks.operations.issues import open_issue
from faulty_labels import Leap, checks, reviewing, tracks, words_of  # noqa: F401  # fixtures, too


def plan_all(workspace):
    workspace.run("review.plan")
    workspace.dialog.set("percent", 100.0)
    workspace.dialog.do()
    workspace.run("review.source", "plan")


def say(workspace, text, track_id):
    """Open an issue that belongs to no finding; its ID."""
    workspace.session.edits.do(
        "Open an issue",
        lambda document: open_issue(
            document, text=text, author="mira", time_ns=9, timestamp_ns=300_000_000,
            track_ids=[track_id],
        ),
        locked_too=True,
    )  # fmt: skip
    return workspace.issues.all[-1].id


def test_a_whole_track_that_is_sent_back_is_an_issue_too(reviewing):  # noqa: F811
    track_id = reviewing.session.selected
    reviewing.key("Shift+X")
    reviewing.session.fields.typed("too short in all frames")
    reviewing.key("Enter")
    assert reviewing.review.record.on_track(track_id).verdict == "sent_back"
    [issue] = reviewing.issues.all
    assert (issue.title, issue.track_ids) == ("too short in all frames", (track_id,))


def test_approving_a_track_of_a_plan_goes_on_to_the_next_one(reviewing, settle):  # noqa: F811
    plan_all(reviewing)
    settle(reviewing)
    first = reviewing.review.finding
    reviewing.key("Shift+A")
    assert reviewing.review.state(first) == "approved"
    assert reviewing.review.finding.id == reviewing.review.open[0].id != first.id


def test_nothing_is_red_on_a_track_that_a_plan_asks_for(reviewing, settle):  # noqa: F811
    assert reviewing.main.alarm is not None
    plan_all(reviewing)
    settle(reviewing)
    assert reviewing.review.finding.check == "planned"
    assert reviewing.main.alarm is None
    assert reviewing.review.chart_check == "speed"


def test_an_issue_of_no_finding_stays_in_sight(reviewing, settle):  # noqa: F811
    issue_id = say(reviewing, "rear is off", "jumper-3")
    reviewing.run("issue.show", issue_id)
    settle(reviewing)
    assert reviewing.issues.shown.id == issue_id
    assert (reviewing.session.selected, reviewing.session.frame) == ("jumper-3", 3)
    reviewing.key("J")
    assert reviewing.review.finding == reviewing.review.open[0]


def test_a_finding_that_is_gone_gives_way_to_the_next(reviewing, settle):  # noqa: F811
    review = reviewing.review
    gone = review.current = "review/leap/jumper-9/0"
    assert review.sources.by_id(gone) is None
    settle(reviewing)
    assert review.finding == review.open[0]


def test_the_inspector_tells_what_was_said_of_a_track(reviewing, settle):  # noqa: F811
    say(reviewing, "rear is off", "jumper-3")
    reviewing.key("Alt+1")
    reviewing.session.select("jumper-3")
    settle(reviewing)
    reviewing.refresh()
    assert {"1 open issue", "rear is off", "frame 3"} <= set(words_of(reviewing.inspector))


def test_a_repair_that_changes_nothing_is_not_noted_as_one(reviewing, monkeypatch):  # noqa: F811
    review = reviewing.review
    finding, waiting = review.finding, len(review.open)
    monkeypatch.setattr(Leap, "repair", lambda _check, _finding, _document: ())
    reviewing.key("R")
    assert review.state(finding) is None
    assert (review.finding, len(review.open)) == (finding, waiting)
    assert "no keyframe there" in reviewing.session.messages[-1].text
