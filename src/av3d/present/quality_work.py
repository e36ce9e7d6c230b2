"""What the QA menu does with a whole log: tasks that move on, the report, other labels."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from av3d.errors import Av3dError
from av3d.present.dialog import Dialog, Plan
from av3d.present.tasks import Report, Work
from av3d.store.tasks import TaskState
from av3d.tracks.change import Change

if TYPE_CHECKING:
    from av3d.present.session import Session
    from av3d.store.tasks import Task

WORDS = {
    TaskState.LABELLING: "sent back to labelling",
    TaskState.REVIEW: "handed in for review",
    TaskState.DONE: "done",
}


@dataclass
class TaskList:
    """The tasks of the log that shows; read anew when they are asked for and the labels have changed.

    Args:
        session: whose project.
    """

    session: Session

    def __post_init__(self) -> None:
        self._key: object = None
        self._tasks: tuple[Task, ...] = ()

    def those(self, *states: TaskState) -> tuple[Task, ...]:
        """The tasks of the log in some states, by time."""
        editor = self.session.labels.editor
        if editor is None:
            return ()
        # Tasks change seldom: what others did to them shows with the next edit, or after a while.
        key = editor.project.where, editor.position, int(time.monotonic() // 5)
        if key != self._key:
            self._key = key
            try:
                self._tasks = editor.project.tasks(editor.log_name)
            except Av3dError:
                self._tasks = ()
        return tuple(task for task in self._tasks if task.state in states)

    def move(self, task: Task, state: TaskState) -> bool:
        """Move a task on or back; what is in the way is told. Whether it was moved."""
        from av3d.store.task_flow import moved

        session, editor = self.session, self.session.labels.editor
        if editor is None:
            return False
        session.edits.settle()
        project = editor.project
        try:
            after, changes = moved(
                task, state, editor.document, project.authors(), author=project.author,
                time_ns=session.wall_ns(),
            )  # fmt: skip
            project.commit(
                {"": [Change(task, after)], editor.log_name: changes},
                command=f"Task {task.name} {WORDS[state]}", session=editor.session,
            )  # fmt: skip
            editor.refresh()
        except Av3dError as error:
            session.say("error", f"Task {task.name}: not {WORDS[state]}", str(error))
            return False
        self._key = None
        session.edits.show()
        session.say("info", f"Task {task.name}", f"It is {WORDS[state]}.")
        return True

    def hand_in(self, task: Task, where: str) -> Dialog | None:
        """Asks whether a task is to be handed in although something that was said is not answered.

        Args:
            task: which.
            where: the open issues are listed, in words.

        Returns:
            None where there is nothing to ask.
        """
        from av3d.store.task_flow import unanswered

        session = self.session
        session.edits.settle()

        def lines() -> tuple[str, ...]:
            left = unanswered(task, session.labels.document)
            return tuple(
                line
                for words, line in (
                    (left.issue_words, f"{left.issue_words}. {where}"),
                    (left.track_words, f"{left.track_words}."),
                )
                if words
            )

        if not lines():
            return None
        return Dialog(
            "hand_in", f"Hand {task.name} in all the same?", "alert", "Hand in",
            # Who answers the last of it while this is asked still wants to hand it in.
            lambda _values: Plan("", lambda _document: (), lines() or ("Nothing is open.",)),
            records=True, action=lambda: self.move(task, TaskState.REVIEW),
        )  # fmt: skip


def report_work(session: Session, target: Path) -> Work[Path]:
    """Write the page about the quality of the labels, beside the window."""
    log, ontology, document = session.log, session.labels.ontology, session.labels.document
    editor = session.labels.editor
    name = log.name if editor is None else editor.log_name
    project = None if editor is None else editor.project

    def run(report: Report) -> Path:
        from av3d.present.quality.saving import save_report
        from av3d.qa.inspection import Inspection

        inspection = Inspection(log, ontology)
        inspection.update(document.tracks.values(), progress=report)
        save_report(target, inspection, document, project, name, progress=report)
        return target

    return Work(
        "Writing the report", run, failed="The report was not written",
        then=lambda path: session.say("info", "Report saved", str(path)),
    )  # fmt: skip


def report_path(session: Session) -> Path:
    """Where the report goes unless the user says something else: beside the project, or at home."""
    where = session.labels.where
    folder = Path(where).parent if where and "://" not in where else Path.home()
    return folder / f"{session.log.name}-report.html"
