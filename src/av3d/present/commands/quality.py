"""Commands for the labels of the whole log: tasks, the report, comparison with other labels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from av3d.present.choices import Choice
from av3d.present.commands.command import Command
from av3d.present.drawing import Rect
from av3d.present.fields import Field
from av3d.present.quality_work import report_path, report_work
from av3d.present.review_sources import Source
from av3d.store.tasks import TaskState

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace
    from av3d.store.tasks import Task


def _ask_path(
    workspace: Workspace, name: str, text: str, hint: str, done: Callable[[Path], None]
) -> None:
    """Ask for a path in the place of the search."""
    rect = workspace.top_bar.search_rect

    def entered(typed: str) -> None:
        if typed.strip():
            done(Path(typed.strip()).expanduser())

    workspace.session.fields.open(
        Field(
            name, "top_bar", Rect(rect.x + 4, rect.y, rect.width - 8, rect.height), text=text,
            hint=hint, on_enter=entered, on_leave=lambda _text: None, select_all=True,
        )
    )  # fmt: skip


def _save_report(workspace: Workspace, argument: str) -> None:
    session = workspace.session

    def save(path: Path) -> None:
        session.edits.settle()
        session.begin(report_work(session, path))

    if argument:
        save(Path(argument))
        return
    text = str(report_path(session))
    _ask_path(workspace, "report.path", text, "File of the report, then Enter", save)


def _compare(workspace: Workspace, argument: str) -> None:
    from av3d.present.adjudicating import Adjudicating, compare_work

    session, review = workspace.session, workspace.review

    def show(differences: Adjudicating) -> None:
        review.sources.differences = differences
        review.show_source(Source.DIFFERENCES)
        workspace.desk.go("review")

    def compare(path: Path) -> None:
        session.begin(compare_work(session, "", path, show))

    if argument:
        compare(Path(argument))
        return
    hint = "Project, file or folder with other labels, then Enter"
    _ask_path(workspace, "compare.path", "", hint, compare)


def _own(workspace: Workspace, _argument: str) -> None:
    """Stop comparing."""
    sources = workspace.review.sources
    sources.differences = None
    if sources.source is Source.DIFFERENCES:
        workspace.review.show_source(Source.CHECKS)


def _asks(workspace: Workspace, task: Task) -> bool:
    """Whether it is asked first if a task is to be handed in: something that was said waits."""
    listing = workspace.table.by_name("issue.list")
    key = f" ({listing.key})" if listing.key else ""
    workspace.dialog.close()
    dialog = workspace.task_list.hand_in(task, f"See {listing.title!r}{key} in Review.")
    if dialog is not None:
        workspace.dialog.begin(dialog)
    return dialog is not None


def _tasks(state: TaskState, *before: TaskState) -> tuple[
    Callable[[Workspace, str], None], Callable[[Workspace], bool]
]:  # fmt: skip
    """The action that moves a task to a state, and whether there is one to be moved."""

    def move(workspace: Workspace, task: Task) -> Callable[[], None]:
        def action() -> None:
            if state is not TaskState.REVIEW or not _asks(workspace, task):
                workspace.task_list.move(task, state)

        return action

    def run(workspace: Workspace, _argument: str) -> None:
        found = workspace.task_list.those(*before)
        if len(found) == 1:
            move(workspace, found[0])()
            return
        items = tuple(Choice(task.name, move(workspace, task)) for task in found)
        rect = Rect(workspace.top_bar.menu_x("QA"), 0, 0, workspace.top_bar.height)
        workspace.session.choices.open("top_bar", rect, items)

    return run, lambda workspace: bool(workspace.task_list.those(*before))


_SUBMIT, _CAN_SUBMIT = _tasks(TaskState.REVIEW, TaskState.NEW, TaskState.LABELLING)
_BACK, _CAN_BACK = _tasks(TaskState.LABELLING, TaskState.REVIEW)
_DONE, _CAN_DONE = _tasks(TaskState.DONE, TaskState.REVIEW)

COMMANDS: tuple[Command, ...] = (
    Command("task.submit", "Hand the task in for review", "QA", _SUBMIT, ("Ctrl+Alt+R",),
            _CAN_SUBMIT, separated=True, tip="It is labelled; a reviewer looks at it next"),
    Command("task.send_back", "Send the task back", "QA", _BACK, ("Ctrl+Alt+X",), _CAN_BACK,
            tip="It goes back to labelling; what is wrong stands best in issues"),
    Command("task.done", "The task is done", "QA", _DONE, ("Ctrl+Alt+D",), _CAN_DONE,
            tip="Approves its tracks as they are, when nothing is in the way"),
    Command("report.save", "Save report", "QA", _save_report, ("Ctrl+Shift+S",), separated=True,
            tip="A page about the quality of the labels, for a browser"),
    Command("labels.compare", "Compare with other labels", "QA", _compare, ("Ctrl+Shift+O",),
            tip="Lists the differences to a project or file; take theirs, or the average"),
    Command("labels.compare_end", "Stop comparing", "QA", _own, ("Ctrl+Shift+U",),
            lambda w: w.review.sources.differences is not None),
)  # fmt: skip
