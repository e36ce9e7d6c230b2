"""The commands `project task` and `project author`: who labels what, and how far it is."""

from __future__ import annotations

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
    from av3d.store.tasks import Task
    from av3d.tracks.change import Entity

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
        wanted = None if state is None else _state(state)
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
    from av3d.store.tasks import Task, TaskState, new_task_id

    with open_for_edit(project, author) as opened:
        where = opened.log(the_log(opened, log))
        task = Task(
            new_task_id(),
            where.name,
            *span_ns(where, start, end, "task"),
            title or "",
            TaskState.NEW if state is None else _state(state),
            assignee or "",
            note or "",
        )
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
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a task: how far it is, who works on it."""
    with open_for_edit(project, author) as opened:
        before = _task(opened, task)
        given = {"assignee": assignee, "title": title, "note": note}
        new: dict[str, Any] = {name: text for name, text in given.items() if text is not None}
        if state is not None:
            new["state"] = _state(state)
        after = replace(before, **new)
        did = ", ".join(f"{name} {value}" for name, value in new.items()) or "nothing"
        _commit(opened, before, after, f"{before.name}: {did}")
    _say_task(after, as_json)


@tasks.command("remove")
def remove_task(task: TaskArgument, project: ProjectOption, author: AuthorOption = None) -> None:
    """Take a task away. Labels stay."""
    with open_for_edit(project, author) as opened:
        before = _task(opened, task)
        _commit(opened, before, None, f"remove {before.name}")
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
    """Enter an author, or change what is known of one."""
    from av3d.store.tasks import Author, Role

    with open_for_edit(project, author) as opened:
        before = next((known for known in opened.authors() if known.id == name), None)
        given = {"title": title, "note": note}
        new: dict[str, Any] = {key: text for key, text in given.items() if text is not None}
        if role is not None:
            new["role"] = one_of(role, [known.value for known in Role], "role", "--role")
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


def _state(text: str) -> Any:
    from av3d.store.tasks import TaskState

    return TaskState(one_of(text, [state.value for state in TaskState], "state", "--state"))


def _say_task(task: Task, as_json: bool) -> None:
    if as_json:
        print_json(task.as_json())
    else:
        whose = f", {task.assignee}" if task.assignee else ""
        say(f"{task.id[:ID_SHOWN]} {task.name}: {task.state.value}{whose}")


def _seconds(time_ns: int, start_ns: int | None) -> str:
    return f"{(time_ns - (start_ns or 0)) / 1e9:.2f} s"
