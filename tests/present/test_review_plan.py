"""The review plan of the window, and the checks that say how risky tracks are."""

from __future__ import annotations

from av3d.present.tasks import WorkQueue
from faulty_labels import checks, tracks  # noqa: F401  # fixtures

WAIT = "The checks are not done yet: the riskiest are those of what they have found."


def ask_for_the_riskiest(workspace, count):
    workspace.run("review.plan")
    workspace.dialog.set("percent", 0.0)
    workspace.dialog.set("riskiest", float(count))


def test_a_plan_waits_for_no_check_but_says_what_is_not_known(editing, settle):
    waiting = []
    editing.session.works = WorkQueue(start=waiting.append)
    editing.key("Alt+2")
    settle(editing)
    ask_for_the_riskiest(editing, 1)
    assert editing.dialog.lines == ("0 of 3 tracks are to be looked at.", WAIT)
    while waiting:
        waiting.pop()()
        settle(editing)
    assert editing.dialog.lines == ("1 of 3 tracks are to be looked at.",)
    editing.dialog.do()
    assert editing.review.record.plan.risky == ("jumper-1",)


def test_a_plan_that_asks_about_no_risk_needs_no_check(editing, settle):
    editing.session.works = WorkQueue(start=lambda run: None)
    editing.key("Alt+2")
    settle(editing)
    editing.run("review.plan")
    editing.dialog.set("riskiest", 0.0)
    assert editing.dialog.lines == ("1 of 3 tracks are to be looked at.",)
    editing.dialog.do()
    assert editing.review.record.plan.riskiest == 0
