"""The commands of `av3d project`: making, looking at, proving, copying and moving projects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from av3d.cli import (
    events,
    fill,
    hand,
    history,
    interpolation,
    issues,
    ontology,
    people,
    plans,
    proposals,
    review,
    size,
)
from av3d.cli.console import print_json, progress, remark, say, table
from av3d.cli.logs import JsonOption
from av3d.cli.projects import (
    AuthorOption,
    ProjectOption,
    counted,
    in_bytes,
    local_time,
    open_for_edit,
)
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.store.project import Project

app = typer.Typer(help="Make, look at, prove, copy and move projects.", no_args_is_help=True)
app.add_typer(people.tasks, name="task")
app.add_typer(people.authors, name="author")
app.add_typer(events.app, name="event")
app.add_typer(ontology.app, name="ontology")
app.add_typer(proposals.app, name="proposals")
app.add_typer(issues.app, name="issues")
app.add_typer(plans.app, name="plan")

OntologyOption = Annotated[
    str | None,
    typer.Option(
        "--ontology", metavar="NAME|FILE", help="What can be labelled. Default: av3d’s own."
    ),
]
TextFile = Annotated[Path, typer.Argument(metavar="FILE", help="What `dump` has written.")]


@app.command("new")
def new(
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="New file, or database URL.")],
    ontology: OntologyOption = None,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an empty project. `av3d import` makes one too."""
    from av3d.ontology.presets import default, load_ontology
    from av3d.store.project import open_project

    taken = load_ontology(ontology) if ontology is not None else default()
    with open_project(project, create=True, author=author, ontology=taken) as opened:
        first = next(opened.entries(1, 1))
        if first.session != opened.session:
            raise Av3dError("there is a project already", opened.where, "choose another place")
        if as_json:
            print_json(_facts(opened))
        else:
            say(f"new project with ontology {taken.name}, version {taken.version}: {opened.where}")


@app.command("info")
def info(project: ProjectOption, as_json: JsonOption = False) -> None:
    """State what is in a project: logs, labels, tasks, authors, journal."""
    from av3d.store.project import open_project

    with open_project(project) as opened:
        facts = _facts(opened)
    if as_json:
        print_json(facts)
    else:
        _print_facts(facts)


app.command("restore")(history.restore)
app.command("undo")(history.undo)
app.command("redo")(history.redo)
app.command("interpolation")(interpolation.interpolation)
app.command("hand")(hand.hand)
app.command("fill")(fill.fill)
app.command("size")(size.size)
app.command("review")(review.review)
app.command("approve")(review.approve)
app.command("send-back")(review.send_back)
app.command("withdraw")(review.withdraw)
app.command("tasks")(people.overview)


@app.command("fsck")
def fsck(project: ProjectOption, as_json: JsonOption = False) -> int:
    """Prove that replaying the journal gives exactly what is stored."""
    from av3d.store.project import open_project

    with open_project(project) as opened, progress() as show:
        report = opened.check(lambda done, total: show("entries", done, total))
    if as_json:
        findings = [{"where": finding.where, "what": finding.what} for finding in report.findings]
        counts = {
            name: getattr(report, name)
            for name in ("entries", "changes", "logs", "tracks", "keyframes", "others")
        }
        print_json({"project": report.where, "clean": report.clean, **counts, "findings": findings})
    else:
        for finding in report.findings:
            say(f"{finding.where}: {finding.what}")
        verdict = "is sound" if report.clean else f"has {counted(len(report.findings), 'fault')}"
        say(
            f"{report.where} {verdict}: {counted(report.entries, 'entry', 'entries')}, "
            f"{counted(report.tracks, 'track')} with {counted(report.keyframes, 'keyframe')}"
        )
    return 0 if report.clean else 1


@app.command("dump")
def dump(
    project: ProjectOption,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Text file, like p.jsonl.")],
    without_journal: Annotated[
        bool,
        typer.Option("--without-journal", help="Only the labels, not how they came about."),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file if it is there.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the whole project as lines of text, which `git diff` shows and `load` reads."""
    from av3d.store.exchange import write_text
    from av3d.store.project import open_project

    _check_new(out, overwrite)
    with open_project(project) as opened, progress() as show:
        write_text(
            opened,
            out,
            with_journal=not without_journal,
            progress=lambda done, total: show("entries", done, total),
        )
        where = opened.where
    size = out.stat().st_size
    if as_json:
        print_json({"project": where, "out": str(out.absolute()), "bytes": size})
    else:
        say(f"{where} as text in {out}, {in_bytes(size)}")


@app.command("load")
def load(
    file: TextFile,
    project: ProjectOption,
    without_journal: Annotated[
        bool,
        typer.Option(
            "--without-journal",
            help="Take only the labels, as one new entry; the project may be there already.",
        ),
    ] = False,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a project of a text, with its journal; or bring the text's labels into a project."""
    from av3d.store.exchange import has_journal, load_labels, read_text
    from av3d.store.project import default_author, open_project

    if has_journal(file) and not without_journal:
        with read_text(file, project) as opened:
            _print_loaded(opened, counted(opened.position, "entry", "entries"), as_json)
        return
    who = author or default_author()
    entry = load_labels(file, project, author=who, session=f"av3d commands of {who}")
    with open_project(project) as opened:
        what = "nothing differs" if entry is None else f"entry {entry.id}: {entry.command}"
        if entry is not None and not as_json:
            history.print_changes(opened, entry.changes, entry)
        _print_loaded(opened, what, as_json)


@app.command("backup")
def backup(
    project: ProjectOption,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The copy to make.")],
    as_json: JsonOption = False,
) -> None:
    """Copy a project's file as it is at one moment, also while others write."""
    from av3d.store.backup import backup as copy
    from av3d.store.project import open_project

    with open_project(project) as opened:
        copy(opened, out)
        where = opened.where
    with open_project(out) as made:
        position = made.position
    size = out.stat().st_size
    if as_json:
        print_json(
            {"project": where, "out": str(out.absolute()), "bytes": size, "entries": position}
        )
    else:
        say(f"{where} up to entry {position} in {out}, {in_bytes(size)}")


@app.command("relocate")
def relocate(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Where the log is now.")],
    project: ProjectOption,
    log: Annotated[str, typer.Option("--log", metavar="NAME", help="The log that was moved.")],
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell a project where one of its logs is now."""
    from av3d.datasets.registry import open_log

    with open_for_edit(project, author) as opened:
        before = opened.log(log)
        after = opened.relocate(log, open_log(path, before.kind))
        if as_json:
            print_json({"project": opened.where, "log": log, "path": str(after.path)})
            return
        say(f"log {log}: {before.path} → {after.path}")
        if after.fingerprint != before.fingerprint:
            remark("note: its files are not the same as when it was added")


def _check_new(out: Path, overwrite: bool) -> None:
    if out.exists() and not overwrite:
        raise Av3dError("the file is there already", out, "choose another name or --overwrite")


def _print_loaded(project: Project, what: str, as_json: bool) -> None:
    if as_json:
        print_json(_facts(project))
    else:
        say(f"{project.where}: {what}")


def _facts(project: Project) -> dict[str, Any]:
    """What `av3d project info --json` prints; times in nanoseconds."""
    from av3d.datasets.registry import is_there
    from av3d.store.schema import SCHEMA_VERSION
    from av3d.store.statistics import LogCounts, activity, count_labels, size_bytes
    from av3d.store.tasks import TaskState

    with project.reading() as connection:
        counts, active = count_labels(connection), activity(connection)
        size = size_bytes(connection, project)
    ontology, tasks = project.ontology(), project.tasks()
    last = next(project.entries(project.position), None)
    people = {author.id: author for author in project.authors()}
    names = [*people, *(who.author for who in active if who.author not in people)]
    by_name = {who.author: who for who in active}
    logs = []
    for log in project.logs():
        count = counts.get(log.name, LogCounts())
        logs.append(
            {
                "name": log.name,
                "kind": log.kind,
                "path": str(log.path),
                "found": is_there(log.path),
                "start_ns": log.start_ns,
                "end_ns": log.end_ns,
                "fingerprint": log.fingerprint,
                "tracks": count.tracks,
                "keyframes": count.keyframes,
                "events": count.events,
                "tasks": sum(task.log == log.name for task in tasks),
            }
        )
    return {
        "project": project.where,
        "schema_version": SCHEMA_VERSION,
        "bytes": size,
        "ontology": {
            "name": ontology.name,
            "version": ontology.version,
            "categories": len(ontology.categories),
            "digest": ontology.digest,
        },
        "logs": logs,
        "tasks": {state.value: sum(task.state is state for task in tasks) for state in TaskState},
        "authors": [
            {
                "name": name,
                "title": people[name].title if name in people else "",
                "role": people[name].role.value if name in people else "",
                "entries": by_name[name].entries if name in by_name else 0,
                "last_ns": by_name[name].last_ns if name in by_name else None,
            }
            for name in names
        ],
        "journal": {
            "entries": project.position,
            "last": None if last is None else last.header_as_json(),
        },
    }


def _print_facts(facts: dict[str, Any]) -> None:
    ontology, entries, last = (
        facts["ontology"],
        facts["journal"]["entries"],
        facts["journal"]["last"],
    )
    say(f"{facts['project']}  {in_bytes(facts['bytes'])}, schema version {facts['schema_version']}")
    categories = counted(ontology["categories"], "category", "categories")
    say(f"ontology  {ontology['name']}, version {ontology['version']}, {categories}")
    if last is not None:
        length, when = counted(entries, "entry", "entries"), local_time(last["time_ns"])
        say(f"journal   {length}, the last {when} by {last['author']}: {last['command']}")
    tasks = [f"{count} {state}" for state, count in facts["tasks"].items() if count]
    say(f"tasks     {', '.join(tasks) or 'none'}")
    for author in facts["authors"]:
        name = f"{author['title']} ({author['name']})" if author["title"] else author["name"]
        role = f", {author['role']}" if author["role"] else ""
        did = counted(author["entries"], "entry", "entries")
        when = f", last {local_time(author['last_ns'])}" if author["last_ns"] is not None else ""
        say(f"author    {name}{role}: {did}{when}")
    if not facts["logs"]:
        remark("no logs yet: add one with `av3d import`")
        return
    rows = [
        [
            log["name"],
            log["kind"],
            *(f"{log[count]:,}" for count in ("tracks", "keyframes", "events", "tasks")),
            log["path"] if log["found"] else f"not found: {log['path']}",
        ]
        for log in facts["logs"]
    ]
    say()
    say(table(["log", "kind", "tracks", "keys", "events", "tasks", "path"], rows, "llrrrr"))
    if any(not log["found"] for log in facts["logs"]):
        remark("note: tell the project with `av3d project relocate` where a log was moved to")
