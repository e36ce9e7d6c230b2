"""Plans of what is to be reviewed are made, changed and taken away."""

from __future__ import annotations

from collections.abc import Mapping

from av3d.tracks.change import Change
from av3d.tracks.document import Document, EditError
from av3d.tracks.event import REVIEW_PLAN, Event
from av3d.tracks.operations.common import changed, made
from av3d.tracks.operations.events import delete_event
from av3d.tracks.review_plan import ReviewPlan, drawn, plans_of


def plan_review(
    document: Document,
    plan: ReviewPlan,
    start_ns: int,
    end_ns: int,
    *,
    risk_by_track: Mapping[str, int] | None = None,
) -> tuple[Change, ...]:
    """Say what is to be reviewed in a log; a plan with the same ID is replaced.

    The riskiest tracks are drawn now: see `av3d.tracks.review_plan.drawn`.

    Args:
        document: the labels.
        plan: what is to be looked at.
        start_ns: of the log.
        end_ns: of the log.
        risk_by_track: by ID the risk of its riskiest finding; for a plan that asks how risky tracks are.

    Raises:
        EditError: another plan has the name, or the ID is that of another event, or it is not known
            how risky the tracks are.
    """
    if plan.needs_risk:
        if risk_by_track is None:
            raise EditError(
                "it is not known how risky the tracks are", f"review plan {plan.name!r}",
                "have the labels checked first",
            )  # fmt: skip
        plan = drawn(plan, document.tracks.values(), risk_by_track)
    before = document.events.get(plan.id)
    if before is not None and before.label != REVIEW_PLAN:
        raise EditError("there is an event with this ID already", f"event {plan.id!r}")
    for other in plans_of(document.events.values()):
        if other.name == plan.name and other.id != plan.id:
            raise EditError(
                f"there is a review plan {plan.name!r} already", "", "choose another name"
            )
    event = made(
        lambda: Event(plan.id, REVIEW_PLAN, start_ns, end_ns, plan.attributes()),
        f"review plan {plan.name!r}",
    )
    return changed(before, event)


def delete_plan(document: Document, plan_id: str) -> tuple[Change, ...]:
    """Take a plan away; what was decided stays.

    Raises:
        EditError: there is no such plan.
    """
    if document.event(plan_id).label != REVIEW_PLAN:
        raise EditError("this is no review plan", f"event {plan_id!r}", "choose another")
    return delete_event(document, plan_id)
