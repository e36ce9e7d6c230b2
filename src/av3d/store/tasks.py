"""Tasks and authors: which part of which log is labelled by whom, and how far it is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar

from av3d.digests import digest_of
from av3d.store.errors import StoreError
from av3d.tracks.checking import check_name, check_text, whole_ns


class TaskState(StrEnum):
    """How far a task is."""

    NEW = "new"
    LABELLING = "labelling"
    REVIEW = "review"
    DONE = "done"


class Role(StrEnum):
    """What an author does in a project."""

    ANNOTATOR = "annotator"
    REVIEWER = "reviewer"
    LEAD = "lead"


@dataclass(frozen=True)
class Task:
    """A part of a log to be labelled.

    Attributes:
        id: identity that survives every edit.
        log: name of the log.
        start_ns, end_ns: first and last time of the part.
        title: what people call it.
        state: how far it is.
        assignee: author who works on it; "" when nobody does yet.
        note: free text.

    Raises:
        TrackError, StoreError: a text cannot be stored, or it ends before it starts.
    """

    kind: ClassVar[str] = "task"

    id: str
    log: str
    start_ns: int
    end_ns: int
    title: str = ""
    state: TaskState = TaskState.NEW
    assignee: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        where = f"task {self.title or self.id!r}"
        for text in (self.id, self.log):
            check_name(text, "ID or log", where)
        for what in ("title", "assignee", "note"):
            check_text(getattr(self, what), f"the {what}", where)
        object.__setattr__(self, "start_ns", whole_ns(self.start_ns))
        object.__setattr__(self, "end_ns", whole_ns(self.end_ns))
        object.__setattr__(self, "state", TaskState(self.state))
        if self.end_ns < self.start_ns:
            raise StoreError(f"it ends {self.start_ns - self.end_ns} ns before it starts", where)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.title or f"task on {self.log}"

    def as_json(self) -> dict[str, Any]:
        """The task as JSON values."""
        return {
            "id": self.id,
            "log": self.log,
            "start_ns": self.start_ns,
            "end_ns": self.end_ns,
            "title": self.title,
            "state": self.state.value,
            "assignee": self.assignee,
            "note": self.note,
        }

    @cached_property
    def digest(self) -> str:
        """Equal for equal tasks; see `av3d.digests`."""
        return digest_of(self.as_json())


@dataclass(frozen=True)
class Author:
    """Somebody who works in a project.

    Attributes:
        id: the name that stands in the journal.
        title: the full name; "" if it is not known.
        role: what the author does.
        note: free text.
    """

    kind: ClassVar[str] = "author"

    id: str
    title: str = ""
    role: Role = Role.ANNOTATOR
    note: str = ""

    def __post_init__(self) -> None:
        where = f"author {self.id!r}"
        check_name(self.id, "name", where)
        check_text(self.title, "the title", where)
        check_text(self.note, "the note", where)
        object.__setattr__(self, "role", Role(self.role))

    @property
    def name(self) -> str:
        """What people call the author."""
        return self.title or self.id

    def as_json(self) -> dict[str, Any]:
        """The author as JSON values."""
        return {"id": self.id, "title": self.title, "role": self.role.value, "note": self.note}

    @cached_property
    def digest(self) -> str:
        """Equal for equal authors; see `av3d.digests`."""
        return digest_of(self.as_json())


def new_task_id() -> str:
    """A fresh identity for a task."""
    return str(uuid.uuid4())
