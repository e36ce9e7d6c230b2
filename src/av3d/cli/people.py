"""The commands `project task` and `project author`: who labels what, and how far it is."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from av3d.cli.console import print_json, remark, say, table
from av3d.cli.logs import JsonOption
from av3d.cli.projects import (
    AuthorOption,
    OneLogOption,
    ProjectOption,
    one_of,
    open_for_edit,
    shown,
    span_ns,
    the_log,
)
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.store.project import Project
    from av3d.store.tasks import Task, TaskState
    from av3d.tracks.change import Change, Entity
    from av3d.tracks.document import Document

tasks = typer.Typer(
    help="Parts of logs to be labelled, and how far they are.", no_args_is_help=True
)
authors = typer.Typer(help="Who works in a project.", no_args_is_help=True)

TaskArgument = Annotated[
    str, typer.Argument(metavar="TASK", help="Title of the task, or its ID or the start of it.")
]
StateOption = Annotated[
    str | None, typer.Option("--state", metavar="STATE", help="new, labelling, review or done.")
]
TitleOption = Annotated[str | None, typer.Option("--title", help="What people call it.")]
AssigneeOption = Annotated[
    str | None, typer.Option("--assignee", metavar="AUTHOR", help="Who works on it.")
]
NoteOption = Annotated[str | None, typer.Option("--note", help="Free text.")]
FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="TIME",
        help="Seconds since the start of the log, or nanoseconds. Default: its start.",
    ),
]
ToOption = Annotated[
    str | None, typer.Option("--to", metavar="TIME", help="Likewise. Default: the end of the log.")
]
ForceOption = Annotated[
    str,
    typer.Option(
        "--force", metavar="REASON", help="Done though something is in the way; kept in the note."
    ),
]
ID_SHOWN = 8
"""Characters of an ID in a table; enough to name a task."""


@tasks.command("list")
def list_tasks(
    project: ProjectOption,
    log: Annotated[str | None, typer.Option("--log", help="Only of this log.")] = None,
    state: StateOption = None,
    assignee: AssigneeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the tasks of a project."""
    from av3d.store.project import open_project

    with open_project(project) as opened:
        if log is not None:
            opened.log(log)
        wanted = _state(state)
        found = [
            task
            for task in opened.tasks(log)
            if wanted in (None, task.state) and assignee in (None, task.assignee)
        ]
        starts_ns = {entry.name: entry.start_ns for entry in opened.logs()}
        where = opened.where
    if as_json:
        print_json({"project": where, "tasks": [task.as_json() for task in found]})
        return
    rows = [
        [
            task.id[:ID_SHOWN],
            task.log,
            *(
                _seconds(time_ns, starts_ns.get(task.log))
                for time_ns in (task.start_ns, task.end_ns)
            ),
            task.state.value,
            task.assignee,
            task.title,
        ]
        for task in found
    ]
    if rows:
        say(table(["task", "log", "from", "to", "state", "assignee", "title"], rows, "llrr"))
    else:
        remark("no tasks")


def overview(
    project: ProjectOption,
    log: Annotated[str | None, typer.Option("--log", help="Only of this log.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say how far the tasks of a project are, and what is in the way of being done."""
    from av3d.store.project import open_project
    from av3d.store.task_flow import task_facts

    with open_project(project) as opened:
        if log is not None:
            opened.log(log)
        tasks = opened.tasks(log)
        documents = {name: opened.document(name) for name in dict.fromkeys(t.log for t in tasks)}
        where = opened.where
    found = [task_facts(task, documents[task.log]) for task in tasks]
    if as_json:
        print_json({"project": where, "tasks": [facts.as_dict() for facts in found]})
        return
    rows = [
        [
            one.task.log, one.task.name, one.task.state.value, one.task.assignee,
            f"{one.tracks:,}", f"{one.approved:,}", f"{one.changed:,}",
            one.waiting.words or "nothing",
        ]
        for one in found
    ]  # fmt: skip
    if rows:
        headers = ["log", "task", "state", "assignee", "tracks", "approved", "changed since"]
        say(table([*headers, "in the way"], rows, "llllrrr"))
    else:
        remark("no tasks")


@tasks.command("add")
def add_task(
    project: ProjectOption,
    log: OneLogOption = None,
    start: FromOption = None,
    end: ToOption = None,
    title: TitleOption = None,
    state: StateOption = None,
    assignee: AssigneeOption = None,
    note: NoteOption = None,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a task: all of a log, or a part of it."""
    from av3d.store.task_flow import check_new
    from av3d.store.tasks import Task, TaskState, new_task_id

    with open_for_edit(project, author) as opened:
        where = opened.log(the_log(opened, log))
        task = Task(
            new_task_id(),
            where.name,
            *span_ns(where, start, end, "task"),
            title or "",
            _state(state) or TaskState.NEW,
            assignee or "",
            note or "",
        )
        check_new(task)
        _commit(opened, None, task, f"add {task.name}")
    _say_task(task, as_json)


@tasks.command("set")
def set_task(
    task: TaskArgument,
    project: ProjectOption,
    state: StateOption = None,
    assignee: AssigneeOption = None,
    title: TitleOption = None,
    note: NoteOption = None,
    force: ForceOption = "",
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a task: how far it is, who works on it."""
    with open_for_edit(project, author) as opened:
        before = _task(opened, task)
        given = {"assignee": assignee, "title": title, "note": note}
        new: dict[str, Any] = {name: text for name, text in given.items() if text is not None}
        after = _changed(opened, before, replace(before, **new), _state(state), force)
    _say_task(after, as_json)


@tasks.command("submit")
def submit(
    task: TaskArgument,
    project: ProjectOption,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hand a task in: it is labelled and waits for review.

    Open issues, and tracks that were sent back and are as they were, are named on stderr.
    """
    _go(project, task, "review", author, as_json)


@tasks.command("send-back")
def send_back(
    task: TaskArgument,
    project: ProjectOption,
    note: NoteOption = None,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send a task back to labelling; for reviewers. What is wrong stands best in issues."""
    _go(project, task, "labelling", author, as_json, note=note)


@tasks.command("done")
def done(
    task: TaskArgument,
    project: ProjectOption,
    force: ForceOption = "",
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Approve a task that was handed in, with its tracks as they are; for reviewers.

    Refused while tracks that a review plan asks for were not seen as they are, or issues are open.
    """
    _go(project, task, "done", author, as_json, force=force)


@tasks.command("remove")
def remove_task(task: TaskArgument, project: ProjectOption, author: AuthorOption = None) -> None:
    """Take a task away. Labels stay; that the task was approved goes with it."""
    from av3d.store.task_flow import removed
    from av3d.tracks.change import Change

    with open_for_edit(project, author) as opened:
        before = _task(opened, task)
        changes = removed(
            before, opened.document(before.log), opened.authors(), author=opened.author
        )
        opened.commit(
            {"": [Change(before, None)], before.log: changes}, command=f"remove {before.name}"
        )
    say(f"removed: {before.name}")


@authors.command("list")
def list_authors(project: ProjectOption, as_json: JsonOption = False) -> None:
    """List the authors that were entered; `av3d project info` has all of the journal."""
    from av3d.store.project import open_project

    with open_project(project) as opened:
        found, where = opened.authors(), opened.where
    if as_json:
        print_json({"project": where, "authors": [author.as_json() for author in found]})
        return
    rows = [[author.id, author.role.value, author.title, author.note] for author in found]
    if rows:
        say(table(["author", "role", "name", "note"], rows))
    else:
        remark("no authors were entered")


@authors.command("set")
def set_author(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As it stands in the journal.")],
    project: ProjectOption,
    title: Annotated[str | None, typer.Option("--title", help="The full name.")] = None,
    role: Annotated[
        str | None, typer.Option("--role", metavar="ROLE", help="annotator, reviewer or lead.")
    ] = None,
    note: NoteOption = None,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Enter an author, or change what is known of one. Where there are leads, they give the roles."""
    from av3d.store.task_flow import check_may_set_role
    from av3d.store.tasks import Author, Role

    with open_for_edit(project, author) as opened:
        known_authors = opened.authors()
        before = next((known for known in known_authors if known.id == name), None)
        given = {"title": title, "note": note}
        new: dict[str, Any] = {key: text for key, text in given.items() if text is not None}
        if role is not None:
            new["role"] = one_of(role, [known.value for known in Role], "role", "--role")
            check_may_set_role(known_authors, opened.author)
        after = replace(before or Author(name), **new)
        _commit(opened, before, after, f"author {name}")
    if as_json:
        print_json(after.as_json())
    else:
        say(f"{after.id}: {after.role.value}" + (f", {after.title}" if after.title else ""))


def _commit(project: Project, before: Entity | None, after: Entity | None, command: str) -> None:
    from av3d.tracks.change import Change

    change = Change(before, after)
    if not change.is_empty:
        project.commit({"": [change]}, command=command)


def _go(
    project: str,
    task: str,
    state: str,
    author: str | None,
    as_json: bool,
    *,
    note: str | None = None,
    force: str = "",
) -> None:
    """Move a task on or back."""
    with open_for_edit(project, author) as opened:
        before = _task(opened, task)
        wanted = before if note is None else replace(before, note=note)
        after = _changed(opened, before, wanted, _state(state), force)
    _say_task(after, as_json)


def _changed(
    project: Project, before: Task, wanted: Task, state: TaskState | None, force: str
) -> Task:
    """Change a task, and with it what its approval says of its tracks; the task as it is then."""
    from av3d.store.task_flow import moved
    from av3d.tracks.change import Change as Edit

    after = wanted
    changes: tuple[Change, ...] = ()
    if state is not None:
        document = project.document(before.log)
        after, changes = moved(
            wanted, state, document, project.authors(),
            author=project.author, time_ns=time.time_ns(), force=force,
        )  # fmt: skip
        _remark_unanswered(before, after, document)
    change = Edit(before, after)
    if changes or not change.is_empty:
        did = ", ".join(
            f"{name} {getattr(after, name)}"
            for name in ("assignee", "title", "note", "state")
            if getattr(after, name) != getattr(before, name) or (name == "state" and changes)
        )
        command = f"{before.name}: {did}"
        project.commit({"": [change], before.log: changes}, command=" ".join(command.split()))
    return after


def _remark_unanswered(before: Task, after: Task, document: Document) -> None:
    """Say what reviewers wait for when a task is handed in all the same."""
    from av3d.store.task_flow import unanswered
    from av3d.store.tasks import TaskState

    if after.state is not TaskState.REVIEW or before.state in (TaskState.REVIEW, TaskState.DONE):
        return
    left = unanswered(after, document)
    if left.issues:
        remark(f"{left.issue_words}; see `av3d project issues list --state open`")
    if left.sent_back:
        remark(f"{left.track_words}; see `av3d project review`")


def _task(project: Project, name: str) -> Task:
    found = project.tasks()
    for meant in (
        [task for task in found if task.id == name],
        [task for task in found if name.lower() == task.name.lower()],
        [task for task in found if len(name) >= ID_SHOWN // 2 and task.id.startswith(name)],
    ):
        if len(meant) == 1:
            return meant[0]
        if meant:
            ids = shown([task.id[:ID_SHOWN] for task in meant])
            raise Av3dError(
                f"{len(meant)} tasks are called {name[:60]!r}", project.where, f"use {ids}"
            )
    raise Av3dError(
        f"there is no task {name[:60]!r}", project.where, "see `av3d project task list`"
    )


def _state(text: str | None) -> TaskState | None:
    from av3d.store.tasks import TaskState

    if text is None:
        return None
    return TaskState(one_of(text, [state.value for state in TaskState], "state", "--state"))


def _say_task(task: Task, as_json: bool) -> None:
    if as_json:
        print_json(task.as_json())
    else:
        whose = f", {task.assignee}" if task.assignee else ""
        say(f"{task.id[:ID_SHOWN]} {task.name}: {task.state.value}{whose}")


def _seconds(time_ns: int, start_ns: int | None) -> str:
    return f"{(time_ns - (start_ns or 0)) / 1e9:.2f} s"
