"""The commands `project ontology`: what can be labelled, changed with its labels, and checked."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from av3d.cli.console import print_json, remark, say, table
from av3d.cli.logs import JsonOption
from av3d.cli.projects import (
    AuthorOption,
    DryRunOption,
    LogNameOption,
    ProjectOption,
    counted,
    open_for_edit,
)
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av3d.ontology.ontology import Ontology
    from av3d.store.project import Project
    from av3d.tracks.conformity import Problem
    from av3d.tracks.ontology_change import OntologyPlan

app = typer.Typer(help="What can be labelled in a project.", no_args_is_help=True)

SHOWN = 50
"""Labels that are listed; --json has all."""

ProjectIfAny = Annotated[
    str | None, typer.Option("--project", help="Project file, or database URL.")
]


@app.command("list")
def list_installed(as_json: JsonOption = False) -> None:
    """List the ontologies that are installed."""
    from av3d.ontology.presets import preset, presets

    found = [preset(name) for name in presets()]
    facts = [
        {
            "name": name,
            "version": ontology.version,
            "categories": len(ontology.categories),
            "attributes": len(ontology.attributes),
            "events": len(ontology.events),
            "relations": len(ontology.relations),
            "note": ontology.note,
        }
        for name, ontology in zip(presets(), found, strict=True)
    ]
    if as_json:
        print_json({"ontologies": facts})
        return
    headers = ["name", "version", "categories", "attributes", "events", "relations"]
    say(table(headers, [[str(fact[key]) for key in headers] for fact in facts], "lrrrrr"))


@app.command("show")
def show(
    ontology: Annotated[
        str | None, typer.Argument(metavar="NAME|FILE", help="One that is not a project’s.")
    ] = None,
    project: ProjectIfAny = None,
    as_json: JsonOption = False,
) -> None:
    """Show the ontology of a project, of a file, or an installed one."""
    found = _ontology(ontology, project)
    if as_json:
        print_json(found.as_json())
    else:
        _print(found)


@app.command("export")
def export(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The .toml file to write.")],
    ontology: Annotated[
        str | None, typer.Argument(metavar="NAME", help="One that is not a project’s.")
    ] = None,
    project: ProjectIfAny = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file if it is there.")
    ] = False,
) -> None:
    """Write an ontology to a TOML file, to be changed and set again."""
    from av3d.ontology.file import write_ontology

    found = _ontology(ontology, project)
    if out.suffix.lower() != ".toml":
        raise Av3dError("an ontology is written as TOML", out, "give a name that ends in .toml")
    if out.exists() and not overwrite:
        raise Av3dError("the file is there already", out, "choose another name or --overwrite")
    write_ontology(found, out)
    say(f"ontology {found.name}, version {found.version} in {out}")


@app.command("set")
def set_ontology(
    ontology: Annotated[
        str, typer.Argument(metavar="NAME|FILE", help="A .toml, .yaml or .json file, or a name.")
    ],
    project: ProjectOption,
    dry_run: DryRunOption = False,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a project another ontology; its labels migrate, or you are told what is in the way."""
    from av3d.ontology.presets import load_ontology
    from av3d.store.ontology_change import change_ontology, plan_for

    new = load_ontology(ontology)
    with open_for_edit(project, author) as opened:
        entry = None
        if dry_run:
            plan = plan_for(opened, new)
        else:
            plan, entry = change_ontology(opened, new)
        if as_json:
            print_json(_plan_tree(plan, opened, None if entry is None else entry.id))
        else:
            _print_plan(plan)
        if plan.blockers:
            # The details are facts and stand on stdout; the one line says that nothing happened.
            raise Av3dError(
                f"{counted(len(plan.blockers), 'thing')} in the way of ontology {new.name}",
                opened.where,
                f"first: {plan.blockers[0].what}: {plan.blockers[0].fix}; nothing was changed",
            )
        if as_json:
            return
        if entry is not None:
            migrated = sum(len(changes) for changes in plan.changes.values())
            say(f"entry {entry.id}: {entry.command}, {counted(migrated, 'label')} migrated")
        elif dry_run:
            _print_migrations(plan)
            remark("nothing was changed")
        else:
            say("nothing differs")


@app.command("check")
def check(project: ProjectOption, log: LogNameOption = None, as_json: JsonOption = False) -> int:
    """List the labels that are not as the project's ontology says."""
    from av3d.store.project import open_project

    with open_project(project) as opened:
        names = [opened.log(name).name for name in log or []]
        names = names or [entry.name for entry in opened.logs()]
        starts_ns = {entry.name: entry.start_ns for entry in opened.logs()}
        found = list(_problems(opened, names))
        where = opened.where
    if as_json:
        problems = [
            {
                "log": name,
                "label": label,
                "id": problem.entity_id,
                "rule": problem.rule.value,
                "what": problem.what,
                "start_ns": problem.start_ns,
                "end_ns": problem.end_ns,
                "value": problem.value,
                "limit": problem.limit,
            }
            for name, label, problem in found
        ]
        print_json({"project": where, "count": len(problems), "problems": problems})
        return 1 if found else 0
    for name, label, problem in found[:SHOWN]:
        at_s = (problem.start_ns - starts_ns[name]) / 1e9
        of_log = f"{name}, " if len(names) > 1 else ""
        say(f"{of_log}{label} at {at_s:.2f} s: {problem.what}")
    if len(found) > SHOWN:
        say(f"and {len(found) - SHOWN:,} more; --json lists all")
    counts = Counter(problem.rule.value.replace("_", " ") for _, _, problem in found)
    told = ", ".join(f"{count:,} {rule}" for rule, count in counts.most_common())
    say(f"{counted(len(found), 'problem')}" + (f": {told}" if told else ""))
    return 1 if found else 0


def _ontology(name: str | None, project: str | None) -> Ontology:
    from av3d.ontology.presets import load_ontology
    from av3d.store.project import open_project

    if (name is None) == (project is None):
        raise Av3dError("one ontology is wanted", "NAME or --project", "give the one or the other")
    if project is not None:
        with open_project(project) as opened:
            return opened.ontology()
    assert name is not None
    return load_ontology(name)


def _problems(project: Project, names: list[str]) -> Iterator[tuple[str, str, Problem]]:
    """Log, name of the label and problem."""
    from av3d.tracks.conformity import event_problems, problems

    ontology = project.ontology()
    for name in names:
        document = project.document(name)
        for track in document.tracks.values():
            yield from ((name, track.name, found) for found in problems(track, ontology, document))
        for event in document.events.values():
            yield from ((name, event.name, found) for found in event_problems(event, ontology))


def _print(ontology: Ontology) -> None:
    say(f"{ontology.name}, version {ontology.version}")
    if ontology.note:
        say(ontology.note.strip())
    rows = [
        [
            category.hotkey,
            category.key,
            category.title,
            " x ".join(f"{side_m:g}" for side_m in category.size_lwh_m) + " m",
            category.motion.value,
            "" if category.longest_gap_s is None else f"{category.longest_gap_s:g} s",
            " ".join(category.attributes),
        ]
        for category in ontology.categories
    ]
    say()
    say(
        table(
            ["hotkey", "category", "title", "size", "motion", "gap", "attributes"], rows, "lllrlr"
        )
    )
    rows = [
        [
            attribute.key,
            attribute.kind.value,
            attribute.per.value,
            "yes" if attribute.required else "",
            " ".join(value.key for value in attribute.values),
        ]
        for attribute in ontology.attributes
    ]
    if rows:
        say()
        say(table(["attribute", "kind", "per", "required", "values"], rows))
    if ontology.events:
        say()
        say(f"events     {' '.join(event.key for event in ontology.events)}")
    if ontology.relations:
        say(f"relations  {' '.join(relation.key for relation in ontology.relations)}")


def _print_plan(plan: OntologyPlan) -> None:
    for blocker in plan.blockers:
        say(f"in the way: {blocker.what}: {blocker.fix}")
    for note in plan.notes:
        say(f"note: {note}")


def _print_migrations(plan: OntologyPlan) -> None:
    for log, changes in plan.changes.items():
        say(f"{log}: {counted(len(changes), 'label')} migrate")


def _plan_tree(plan: OntologyPlan, project: Project, entry: int | None) -> dict[str, Any]:
    return {
        "project": project.where,
        "entry": entry,
        "blockers": [{"what": item.what, "fix": item.fix} for item in plan.blockers],
        "notes": list(plan.notes),
        "changes": {
            log: [{"kind": change.kind, "id": change.id} for change in changes]
            for log, changes in plan.changes.items()
        },
    }
