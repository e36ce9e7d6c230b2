"""What is said of labels and asked for in a review: issues and plans, as dialogs."""

from __future__ import annotations

import uuid

from av3d.present.dialog import Amount, Dialog, Input, Option, Pick, Plan, Switch, Values, Words
from av3d.present.operations.common import listed
from av3d.present.review import Review
from av3d.present.review_record import ReviewRecord, risks_of
from av3d.present.selection import selected_tracks
from av3d.present.session import Session
from av3d.tracks.categories import category_title
from av3d.tracks.decision import LEAD_TIER, REVIEWER_TIER
from av3d.tracks.operations.issues import open_issue
from av3d.tracks.operations.review_plans import delete_plan, plan_review
from av3d.tracks.proposal import is_proposal
from av3d.tracks.review_plan import ReviewPlan, chosen

PLAN_NAME = "Review"


def new_issue(session: Session) -> Dialog:
    """Say something about the selected tracks in this frame."""
    tracks = selected_tracks(session)
    box = session.selected_box()
    where = f"frame {session.frame}"
    subject = listed(track.name for track in tracks[:4]) if tracks else "the log"

    def plan(values: Values) -> Plan:
        author, _ = ReviewRecord(session).who()
        place = None if box is None else tuple(float(m) for m in box.state.cuboid.center_m)
        return Plan(
            f"Open an issue on {subject}",
            lambda document: open_issue(
                document, text=str(values["text"]), author=author, time_ns=session.wall_ns(),
                timestamp_ns=session.timestamp_ns, track_ids=session.selection,
                place_m=None if place is None else (place[0], place[1], place[2]),
                assignee=str(values["assignee"]).strip(),
            ),
            (f"Pinned to {subject}, {where}.",),
            session.selection,
        )  # fmt: skip

    inputs: tuple[Input, ...] = (
        Words("text", "What is to be said", "Rear edge is off the points"),
        Words("assignee", "Who is asked", "Nobody in particular"),
    )
    return Dialog(
        "issue", f"Issue on {subject}, {where}", "issue", "Open", plan, lambda _values: inputs,
        {"text": "", "assignee": ""}, records=True,
    )  # fmt: skip


def plan(session: Session, review: Review) -> Dialog:
    """Which tracks of the log are to be looked at."""
    before = review.record.plan
    inspecting = review.inspecting
    tracks = [track for track in session.tracks if not is_proposal(track)]
    categories = sorted({track.category for track in tracks})
    tiers = (
        Option(str(REVIEWER_TIER), "A reviewer"), Option(str(LEAD_TIER), "A lead")
    )  # fmt: skip
    inputs: tuple[Input, ...] = (
        Amount("percent", "At random, of all", "%", 5, 0, 100),
        Amount("riskiest", "And the riskiest", "tracks", 1, 0, 1_000_000),
        Amount(
            "risk", "And all from this risk on", "", 5, 0, 100, tip="0: risk is not asked about"
        ),
        *(Switch(f"all.{key}", f"All of {category_title(key)}") for key in categories),
        Pick("tier", "Whose word counts", tiers),
    )

    def made(values: Values) -> ReviewPlan:
        return ReviewPlan(
            before.id if before is not None else f"plan/{uuid.uuid4()}",
            before.name if before is not None else PLAN_NAME,
            float(values["percent"]) / 100,
            tuple(key for key in categories if values.get(f"all.{key}")),
            round(float(values["riskiest"])),
            round(float(values["risk"])),
            int(values["tier"]),
            before.seed if before is not None else 0,
        )

    def propose(values: Values) -> Plan:
        wanted = made(values)
        risks = risks_of(inspecting)
        count = len(chosen(wanted, tracks, risks))
        lines = [f"{count} of {len(tracks)} tracks are to be looked at."]
        if wanted.needs_risk and not inspecting.complete:
            # They are drawn once: those that are found to be risky later are not among them.
            lines.append(
                "The checks are not done yet: the riskiest are those of what they have found."
            )
        return Plan(
            f"Review plan: {wanted.words}",
            lambda document: plan_review(
                document, wanted, session.log.start_ns, session.log.end_ns, risk_by_track=risks
            ),
            tuple(lines),
            session.selection,
        )

    values: dict[str, object] = {
        "percent": 100 * before.fraction if before is not None else 10.0,
        "riskiest": float(before.riskiest) if before is not None else 10.0,
        "risk": float(before.least_risk) if before is not None else 0.0,
        "tier": str(before.tier if before is not None else REVIEWER_TIER),
    }
    for key in categories:
        values[f"all.{key}"] = before is not None and key in before.categories
    return Dialog(
        "plan", "Review plan", "review", "Keep", propose, lambda _values: inputs, values,
        records=True, watched=lambda: (inspecting.version, inspecting.complete),
    )  # fmt: skip


def drop_plan(session: Session) -> None:
    """Take the review plan away; what was decided stays."""
    plan_now = ReviewRecord(session).plan
    if plan_now is not None:
        session.edits.do(
            f"Remove review plan {plan_now.name}",
            lambda document: delete_plan(document, plan_now.id), locked_too=True,
        )  # fmt: skip
