"""The commands `project issues`: what people say to each other about the labels."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from av3d.cli.console import print_json, remark, say, table
from av3d.cli.logs import JsonOption
from av3d.cli.projects import (
    AuthorOption,
    LogNameOption,
    OneLogOption,
    ProjectOption,
    local_time,
    log_names,
    log_time_ns,
    one_of,
    open_for_edit,
    the_log,
    track_id,
)
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.store.project import Project
    from av3d.tracks.document import Document
    from av3d.tracks.issue import Issue, IssueState

app = typer.Typer(help="Issues of the labels: asked, answered, resolved.", no_args_is_help=True)

STATES = ("open", "resolved", "wont_fix")
IssueArgument = Annotated[
    str, typer.Argument(metavar="ISSUE", help="Its number in the log, or its ID.")
]
TextArgument = Annotated[str, typer.Argument(metavar="TEXT", help="What is said.")]
AssigneeOption = Annotated[
    str | None, typer.Option("--assignee", metavar="AUTHOR", help="Who is asked to do something.")
]


@app.command("list")
def list_issues(
    project: ProjectOption,
    log: LogNameOption = None,
    state: Annotated[
        str | None,
        typer.Option("--state", metavar="STATE", help="Only open, resolved or wont_fix ones."),
    ] = None,
    track: Annotated[
        str | None, typer.Option("--track", metavar="TRACK", help="Only those on a track.")
    ] = None,
    assignee: AssigneeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the issues of a project by log and number."""
    from av3d.store.project import open_project
    from av3d.tracks.issue import issues_of

    wanted = None if state is None else one_of(state, STATES, "state", "--state")
    with open_project(project) as opened:
        starts_ns = {name: opened.log(name).start_ns for name in log_names(opened, log)}
        documents = {name: opened.document(name) for name in starts_ns}
        where = opened.where
    on = _tracks_called(documents, track, where)
    found = {
        name: [
            issue
            for issue in issues_of(document.events.values())
            if wanted in (None, issue.state)
            and assignee in (None, issue.assignee)
            and (track is None or on[name] in issue.track_ids)
        ]
        for name, document in documents.items()
    }
    if as_json:
        logs = {name: [issue.as_dict() for issue in issues] for name, issues in found.items()}
        print_json({"project": where, "logs": logs})
        return
    rows = [
        [
            str(issue.number), name, f"{(issue.timestamp_ns - starts_ns[name]) / 1e9:.2f} s",
            issue.state.words, issue.author, issue.assignee, _on(issue, documents[name]),
            str(len(issue.messages)), issue.title,
        ]
        for name, issues in found.items()
        for issue in issues
    ]  # fmt: skip
    if rows:
        headers = ["issue", "log", "at", "state", "by", "for", "on", "said", "title"]
        say(table(headers, rows, "rlrllllr"))
    else:
        remark("no issues")


@app.command("show")
def show(
    issue: IssueArgument, project: ProjectOption, log: OneLogOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Show all that was said in an issue."""
    from av3d.store.project import open_project

    with open_project(project) as opened:
        name = the_log(opened, log)
        document, start_ns = opened.document(name), opened.log(name).start_ns
        found = _issue(opened, name, document, issue)
    if as_json:
        print_json({"log": name, **found.as_dict()})
        return
    on = _on(found, document)
    at = f"{(found.timestamp_ns - start_ns) / 1e9:.2f} s"
    whom = f", for {found.assignee}" if found.assignee else ""
    say(f"{found.name}: {found.title}")
    say(f"{found.state.words}{whom}; log {name} at {at}" + (f", on {on}" if on else ""))
    for message in found.messages:
        changes = []
        if message.state is not None and message is not found.messages[0]:
            changes.append(message.state.words)
        if message.assignee is not None and message is not found.messages[0]:
            changes.append(f"for {message.assignee}" if message.assignee else "for nobody")
        told = f" [{', '.join(changes)}]" if changes else ""
        say(f"  {local_time(message.time_ns)}  {message.author}{told}: {message.text}".rstrip(": "))


@app.command("open")
def open_one(
    text: TextArgument,
    project: ProjectOption,
    log: OneLogOption = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="TIME",
            help="Seconds since the start of the log, or nanoseconds. Default: the start of the "
            "track, or of the log.",
        ),
    ] = None,
    track: Annotated[
        list[str] | None,
        typer.Option("--track", metavar="TRACK", help="It is on this track; may be repeated."),
    ] = None,
    title: Annotated[str, typer.Option("--title", help="In a few words.")] = "",
    assignee: AssigneeOption = None,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open an issue on tracks or at a time."""
    from av3d.tracks.issue import issues_of
    from av3d.tracks.operations.issues import open_issue

    with open_for_edit(project, author) as opened:
        entry = opened.log(the_log(opened, log))
        document = opened.document(entry.name)
        ids = [track_id(document, name, "--track") for name in track or []]
        if at is not None:
            at_ns = log_time_ns(at, entry.start_ns, "--at")
            if not entry.start_ns <= at_ns <= entry.end_ns:
                length_s = (entry.end_ns - entry.start_ns) / 1e9
                raise Av3dError(
                    f"{at} is not within log {entry.name}, which has {length_s:.2f} s", "--at",
                    "give a time of the log",
                )  # fmt: skip
        else:
            at_ns = document.tracks[ids[0]].start_ns if ids else entry.start_ns
        changes = open_issue(
            document, text=text, author=opened.author, time_ns=time.time_ns(), timestamp_ns=at_ns,
            track_ids=ids, assignee=assignee or "", title=title,
        )  # fmt: skip
        after = document.apply(changes)
        found = next(i for i in issues_of(after.events.values()) if i.id == changes[0].id)
        opened.apply(entry.name, changes, command=f"open {found.name}: {found.title}")
    _tell(entry.name, found, as_json)


@app.command("reply")
def reply_to(
    issue: IssueArgument,
    project: ProjectOption,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What is said.")] = "",
    log: OneLogOption = None,
    state: Annotated[
        str | None,
        typer.Option("--state", metavar="STATE", help="It is open, resolved or wont_fix now."),
    ] = None,
    assignee: AssigneeOption = None,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer an issue, resolve it or open it again, or give it to somebody."""
    from av3d.tracks.issue import issues_of
    from av3d.tracks.operations.issues import reply

    new = _state(state)
    with open_for_edit(project, author) as opened:
        name = the_log(opened, log)
        document = opened.document(name)
        before = _issue(opened, name, document, issue)
        changes = reply(
            document, before.id, text=text, author=opened.author, time_ns=time.time_ns(),
            state=new, assignee=assignee,
        )  # fmt: skip
        did = [] if new is None else [new.words]
        did += [] if assignee is None else [f"for {assignee or 'nobody'}"]
        opened.apply(name, changes, command=f"{before.name}: {', '.join(did) or 'reply'}")
        after = document.apply(changes)
        found = next(i for i in issues_of(after.events.values()) if i.id == before.id)
    _tell(name, found, as_json)


@app.command("remove")
def remove(
    issue: IssueArgument, project: ProjectOption, log: OneLogOption = None,
    author: AuthorOption = None,
) -> None:  # fmt: skip
    """Take an issue away with all that was said; the journal keeps it."""
    from av3d.tracks.operations.issues import delete_issue

    with open_for_edit(project, author) as opened:
        name = the_log(opened, log)
        document = opened.document(name)
        found = _issue(opened, name, document, issue)
        opened.apply(name, delete_issue(document, found.id), command=f"remove {found.name}")
    say(f"removed: {found.name} of log {name}, {found.title}")


def _issue(project: Project, log: str, document: Document, name: str) -> Issue:
    from av3d.tracks.issue import issues_of

    for issue in issues_of(document.events.values()):
        if issue.is_called(name):
            return issue
    raise Av3dError(
        f"log {log} has no issue {name[:60]!r}", project.where, "see `av3d project issues list`"
    )


def _tracks_called(
    documents: dict[str, Document], name: str | None, where: str
) -> dict[str, str | None]:
    """By log the ID of the track that is called so; None where there is none."""
    found: dict[str, str | None] = {
        log: next((t.id for t in document.tracks.values() if name and t.is_called(name)), None)
        for log, document in documents.items()
    }
    if name is not None and not any(found.values()):
        raise Av3dError(f"there is no track {name[:60]!r}", where, "see `av3d tracks`")
    return found


def _on(issue: Issue, document: Document) -> str:
    """What an issue is pinned to: the tracks as they are called now, or were called then."""
    names = [document.tracks[one].name for one in issue.track_ids if one in document.tracks]
    return ", ".join(names) or (f"{issue.subject} (deleted)" if issue.subject else "")


def _state(text: str | None) -> IssueState | None:
    from av3d.tracks.issue import IssueState

    return None if text is None else IssueState(one_of(text, STATES, "state", "--state"))


def _tell(log: str, issue: Issue, as_json: bool) -> None:
    facts: dict[str, Any] = {"log": log, **issue.as_dict()}
    if as_json:
        print_json(facts)
    else:
        whom = f", for {issue.assignee}" if issue.assignee else ""
        say(f"{issue.name} of log {log}: {issue.title} ({issue.state.words}{whom})")
