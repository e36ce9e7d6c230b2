"""What a project knows of a log: where its data is and how to know it again. Data is never copied."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from av3d.digests import digest_of
from av3d.files import real_path
from av3d.logs.log import Log
from av3d.remote import is_remote
from av3d.store.errors import StoreError
from av3d.tracks.checking import check_name, check_text, whole_ns


@dataclass(frozen=True)
class LogReference:
    """A log as it is stored in a project.

    Attributes:
        id: its name, unique within the project.
        dataset: kind of log, the dataset that reads it.
        path: where it was when it was added; a path or a URL.
        relative_path: the same, seen from the project's folder; "" if there is no such way.
        fingerprint: of the log when it was added.
        start_ns, end_ns: times of its first and last reference sweep.

    Raises:
        TrackError, StoreError: a value cannot be stored.
    """

    kind: ClassVar[str] = "log"

    id: str
    dataset: str
    path: str
    relative_path: str
    fingerprint: str
    start_ns: int
    end_ns: int

    def __post_init__(self) -> None:
        where = f"log {self.id!r}"
        check_name(self.id, "name", where)
        for what in ("dataset", "path", "relative_path", "fingerprint"):
            if not isinstance(getattr(self, what), str):
                raise StoreError(f"its {what} is no text", where)
            check_text(getattr(self, what), f"the {what}", where)
        for time_ns in (self.start_ns, self.end_ns):
            whole_ns(time_ns)

    @staticmethod
    def of(log: Log, project_file: Path | None) -> LogReference:
        """The reference to a log, for a project in a file or (None) on a server."""
        relative = ""
        if project_file is not None and not is_remote(log.source):
            try:
                relative = os.path.relpath(log.source, project_file.parent)
            except ValueError:  # another drive on Windows
                relative = ""
        return LogReference(
            log.name, log.kind, log.source, relative, log.fingerprint, log.start_ns, log.end_ns
        )

    @property
    def name(self) -> str:
        """What people call it."""
        return f"log {self.id}"

    def is_same_log(self, other: LogReference) -> bool:
        """Whether both are the same recording, wherever it lies."""
        mine, theirs = ((r.id, r.dataset, r.start_ns, r.end_ns) for r in (self, other))
        return mine == theirs

    def as_json(self) -> dict[str, Any]:
        """The reference as JSON values."""
        return {
            "id": self.id,
            "dataset": self.dataset,
            "path": self.path,
            "relative_path": self.relative_path,
            "fingerprint": self.fingerprint,
            "start_ns": self.start_ns,
            "end_ns": self.end_ns,
        }

    @cached_property
    def digest(self) -> str:
        """Equal for equal references; see `av3d.digests`."""
        return digest_of(self.as_json())

    def located(self, project_file: Path | None) -> ProjectLog:
        """The log where it is now, found through the project's own place if it was moved with it."""
        path = Path(self.path)
        if not path.exists() and self.relative_path and project_file is not None:
            moved = real_path(project_file.parent / self.relative_path)
            # The last part may name a scene inside of a log's files, which is nothing on the disk.
            only_moved = moved.parent.is_dir() and not path.parent.is_dir()
            path = moved if moved.exists() or only_moved else path
        return ProjectLog(self.id, self.dataset, path, self.fingerprint, self.start_ns, self.end_ns)


@dataclass(frozen=True)
class ProjectLog:
    """A log as a project refers to it; the log's data stays where it is.

    Attributes:
        name: unique within the project.
        kind: dataset that reads it.
        path: where it is now, found through the project's own place if it was moved with it.
        fingerprint: of the log when it was added.
        start_ns, end_ns: times of its first and last reference sweep.
    """

    name: str
    kind: str
    path: Path
    fingerprint: str
    start_ns: int
    end_ns: int
