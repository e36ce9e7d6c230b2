"""Random arguments for the operations of a review: decisions, issues and plans."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from av3d.tracks.decision import Verdict
from av3d.tracks.issue import IssueState
from av3d.tracks.review_plan import ReviewPlan

if TYPE_CHECKING:
    from tracks.random_edits import Draw

Arguments = tuple[Sequence[Any], Mapping[str, Any]]
AUTHORS = ("anna", "jürg 🙂", "\u202eada")
FINDINGS = ("review/speed/t/0", "review/overlap/a+b/17", "ü")


def _who(d: Draw) -> dict[str, Any]:
    return {"author": d.one(AUTHORS), "time_ns": d.random.randrange(2**61)}


def _judge(d: Draw) -> dict[str, Any]:
    return {**_who(d), "tier": d.one((0, 1, 2)), "note": d.text()}


def _decide(d: Draw) -> Arguments:
    start_ns, end_ns = d.times()
    track = d.track()
    verdict = d.one((Verdict.ACCEPTED, Verdict.FIXING, Verdict.SENT_BACK))
    more = {"start_ns": start_ns, "end_ns": end_ns, "track_digest": track.digest}
    values = {"track_ids": (track.id,), "check": "speed", "value": d.one((1.5, float("nan")))}
    return (d.one(FINDINGS), verdict), {**_judge(d), **more, **values}


def _open_issue(d: Draw) -> Arguments:
    values = {
        "text": d.text(), "timestamp_ns": d.time(), "track_ids": d.ids(), "issue_id": d.new_id(),
        "place_m": d.maybe((1.0, -2.5, 1e6)), "finding_id": d.one(FINDINGS),
        "assignee": d.one(("", *AUTHORS)),
    }  # fmt: skip
    return (), {**_who(d), **values}


def _plan_review(d: Draw) -> Arguments:
    plan = ReviewPlan(
        d.one(("plan", "überblick")), d.one(("first", "zweiter")), d.one((0.1, 0.5, 1.0)),
        d.one(((), ("car",), ("車 🚗", "truck"))), seed=d.random.randrange(5),
    )  # fmt: skip
    return (plan, *d.times()), {}


OF_REVIEWS: dict[str, Callable[[Draw], Arguments]] = {
    "decisions.decide": _decide,
    "decisions.decide_track": lambda d: (
        (d.id(), d.one((Verdict.APPROVED, Verdict.SENT_BACK))),
        _judge(d),
    ),
    "decisions.approve_track": lambda d: ((d.id(),), _judge(d)),
    "decisions.send_back_track": lambda d: ((d.id(),), _judge(d)),
    "decisions.approve_task": lambda d: (
        (d.one(("task 1", "ü")), *d.times(), list(d.document.tracks.values())[:3]),
        _judge(d),
    ),
    "decisions.withdraw": lambda d: ((d.event_id(),), {}),
    "issues.open_issue": _open_issue,
    "issues.reply": lambda d: (
        (d.event_id(),),
        {**_who(d), "text": d.text(), "state": d.maybe(d.one(tuple(IssueState)))},
    ),
    "issues.set_state": lambda d: ((d.event_id(), d.one(tuple(IssueState))), _who(d)),
    "issues.assign": lambda d: ((d.event_id(), d.one(("", *AUTHORS))), _who(d)),
    "issues.delete_issue": lambda d: ((d.event_id(),), {}),
    "review_plans.plan_review": _plan_review,
    "review_plans.delete_plan": lambda d: ((d.event_id(),), {}),
}
"""Arguments after the document, by module and name."""

NEED_EVENTS = ("withdraw", "reply", "set_state", "assign", "delete_issue", "delete_plan")
"""What can be done only where there is an event."""
