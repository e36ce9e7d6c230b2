"""The commands `project plan`: which tracks are to be reviewed, and how many of them were."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated

import typer

from av3d.cli.console import print_json, progress, remark, say, table
from av3d.cli.logs import JsonOption
from av3d.cli.projects import (
    AuthorOption,
    LogNameOption,
    OneLogOption,
    ProjectOption,
    log_names,
    open_for_edit,
    recorded_log,
    shown,
    the_log,
)
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.store.project import Project
    from av3d.tracks.document import Document

app = typer.Typer(
    help="Review plans: samples of tracks that are to be looked at.", no_args_is_help=True
)
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What people call the plan.")]


@app.command("set")
def set_plan(
    name: NameArgument,
    project: ProjectOption,
    log: OneLogOption = None,
    percent: Annotated[
        float,
        typer.Option("--percent", metavar="P", help="So many of a hundred tracks, at random."),
    ] = 0.0,
    category: Annotated[
        list[str] | None,
        typer.Option("--category", metavar="KEY", help="All tracks of it; may be repeated."),
    ] = None,
    riskiest: Annotated[
        int,
        typer.Option("--riskiest", metavar="N", help="The N tracks with the riskiest findings."),
    ] = 0,
    least_risk: Annotated[
        int, typer.Option("--least-risk", metavar="R", help="All with a finding of risk R, to 100.")
    ] = 0,
    lead: Annotated[
        bool, typer.Option("--lead", help="Only the word of a lead counts, not that of reviewers.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Another one draws another sample.")] = 0,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a plan, or make it anew; for reviewers. The riskiest are drawn now."""
    from av3d.store.task_flow import reviewer_tier
    from av3d.tracks.checking import TrackError
    from av3d.tracks.decision import LEAD_TIER, REVIEWER_TIER
    from av3d.tracks.operations.review_plans import plan_review
    from av3d.tracks.review_plan import ReviewPlan, chosen, plan_of, plans_of

    with open_for_edit(project, author) as opened:
        entry = opened.log(the_log(opened, log))
        document = opened.document(entry.name)
        reviewer_tier(opened.authors(), opened.author, f"review plan {name!r}")
        known = {plan.name: plan.id for plan in plans_of(document.events.values())}
        _check_categories(opened, document, category or [])
        try:
            plan = ReviewPlan(
                known.get(name) or str(uuid.uuid4()), name, percent / 100, tuple(category or ()),
                riskiest, least_risk, LEAD_TIER if lead else REVIEWER_TIER, seed,
            )  # fmt: skip
        except TrackError as error:
            raise Av3dError(
                error.what, f"review plan {name!r}",
                "say what it chooses: --percent 10, --category pedestrian, --riskiest 20",
            ) from error  # fmt: skip
        risks = _risks(opened, entry.name, document) if plan.needs_risk else None
        changes = plan_review(document, plan, entry.start_ns, entry.end_ns, risk_by_track=risks)
        if changes:
            did = "change" if name in known else "add"
            opened.apply(entry.name, changes, command=f"{did} review plan {name}")
            document = document.apply(changes)
    made = plan_of(document.event(plan.id)) or plan
    ids = chosen(made, document.tracks.values())
    if as_json:
        in_order = [track for track in document.tracks if track in ids]
        print_json({"log": entry.name, **made.as_dict(), "chosen": in_order})
    else:
        say(
            f"{name} of log {entry.name}: {made.words}; {len(ids)} of {len(document.tracks)} tracks"
        )


@app.command("list")
def list_plans(
    project: ProjectOption, log: LogNameOption = None, as_json: JsonOption = False
) -> None:
    """List the plans, what they choose and how much of it was seen as it is now."""
    from av3d.store.project import open_project
    from av3d.tracks.decision import Decisions
    from av3d.tracks.review_plan import plans_of
    from av3d.tracks.review_plan import progress as how_far

    with open_project(project) as opened:
        documents = {name: opened.document(name) for name in log_names(opened, log)}
        where = opened.where
    found = {
        name: [
            how_far(plan, tuple(document.tracks.values()), Decisions(document.events.values()))
            for plan in plans_of(document.events.values())
        ]
        for name, document in documents.items()
    }
    if as_json:
        logs = {name: [plan.as_dict() for plan in plans] for name, plans in found.items()}
        print_json({"project": where, "logs": logs})
        return
    rows = [
        [
            name, one.plan.name, f"{one.all.seen:,}", f"{one.all.chosen:,}",
            f"{100 * one.all.fraction:.0f} %", one.plan.words,
            shown([documents[name].tracks[track].name for track in one.unseen], 4),
        ]
        for name, plans in found.items()
        for one in plans
    ]  # fmt: skip
    if rows:
        headers = ["log", "plan", "seen", "of", "", "what", "not seen as they are"]
        say(table(headers, rows, "llrrr"))
    else:
        remark("no review plans")


@app.command("remove")
def remove(
    name: NameArgument, project: ProjectOption, log: OneLogOption = None,
    author: AuthorOption = None,
) -> None:  # fmt: skip
    """Take a plan away; for reviewers. What was decided stays."""
    from av3d.store.task_flow import reviewer_tier
    from av3d.tracks.operations.review_plans import delete_plan
    from av3d.tracks.review_plan import plans_of

    with open_for_edit(project, author) as opened:
        reviewer_tier(opened.authors(), opened.author, f"review plan {name!r}")
        of = the_log(opened, log)
        document = opened.document(of)
        found = [plan for plan in plans_of(document.events.values()) if plan.name == name]
        if not found:
            raise Av3dError(
                f"log {of} has no review plan {name[:60]!r}", opened.where,
                "see `av3d project plan list`",
            )  # fmt: skip
        opened.apply(of, delete_plan(document, found[0].id), command=f"remove review plan {name}")
    say(f"removed: review plan {name} of log {of}")


def _check_categories(project: Project, document: Document, wanted: list[str]) -> None:
    """A plan for a category that nothing can have is a slip of the pen."""
    known = [category.key for category in project.ontology().categories]
    there = {track.category for track in document.tracks.values()}
    for key in wanted:
        if key not in known and key not in there:
            raise Av3dError(
                f"there is no category {key[:60]!r}", "--category", f"use {shown(known)}"
            )


def _risks(project: Project, log: str, document: Document) -> dict[str, int]:
    """By track the risk of its riskiest finding, which needs the recording."""
    from av3d.qa.inspection import Inspection

    inspection = Inspection(recorded_log(project.log(log)), project.ontology())
    with progress() as show:
        findings = inspection.update(document.tracks.values(), progress=show)
    risks: dict[str, int] = {}
    for finding in findings:
        for track in finding.track_ids:
            risks[track] = max(risks.get(track, 0), finding.risk)
    return risks
