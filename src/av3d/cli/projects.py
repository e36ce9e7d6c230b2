"""What all commands on projects share: options, opening, tracks by name, times as people write them."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from av3d.errors import Av3dError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from av3d.logs.log import Log
    from av3d.ontology.ontology import Ontology
    from av3d.store.project import Project
    from av3d.store.references import ProjectLog
    from av3d.tracks.document import Document

PROJECT_HELP = "Project file, or database URL (postgresql://host/labels)."
ProjectOption = Annotated[str, typer.Option("--project", help=PROJECT_HELP)]
AnyProjectOption = Annotated[str | None, typer.Option("--project", help=PROJECT_HELP)]
LabelledLogArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="[LOG]", help="Instead of a project: a log, for its labels or those of --labels."
    ),
]
LabelsOfLogOption = Annotated[
    Path | None,
    typer.Option("--labels", help="File or folder with labels of LOG, if not in it."),
]
LabelsFormatOption = Annotated[
    str | None,
    typer.Option("--format", help="Kind of the labels (and of the log, if they lie in it)."),
]
LogNameOption = Annotated[
    list[str] | None,
    typer.Option("--log", metavar="NAME", help="Only this log of the project; may be repeated."),
]
OneLogOption = Annotated[
    str | None, typer.Option("--log", metavar="NAME", help="The log, if the project has several.")
]
AuthorOption = Annotated[
    str | None, typer.Option("--author", help="Name for the journal. Default: login name.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
]

_SECONDS = re.compile(r"[+-]?[0-9]{1,9}(\.[0-9]{0,9})?s?")
_NANOSECONDS = re.compile(r"[+-]?[0-9]{10,19}")


def open_for_edit(
    location: str, author: str | None, *, create: bool = False, ontology: Ontology | None = None
) -> Project:
    """Open a project for a command that changes it.

    All commands of an author are one session, so that `av3d project undo` takes back the last one,
    whichever process it was.
    """
    from av3d.store.project import default_author, open_project

    who = author or default_author()
    session = f"av3d commands of {who}"
    return open_project(location, create=create, author=who, session=session, ontology=ontology)


def the_log(project: Project, name: str | None) -> str:
    """The name of the log that is meant: the one that is named, or the only one there is."""
    if name is not None:
        return project.log(name).name
    names = [log.name for log in project.logs()]
    if len(names) == 1:
        return names[0]
    if not names:
        raise Av3dError("the project has no logs", project.where, "add one with `av3d import`")
    raise Av3dError(
        f"the project has {len(names)} logs", project.where, f"say which with --log: {shown(names)}"
    )


def recorded_log(entry: ProjectLog) -> Log:
    """The recording of a log of a project.

    Raises:
        Av3dError: it is not where it was.
    """
    from av3d.datasets.registry import is_there, open_log

    if not is_there(entry.path):
        raise Av3dError(
            f"the log {entry.name} is not where it was",
            entry.path,
            "move it back, or say with `av3d project relocate` where it is now",
        )
    return open_log(entry.path, entry.kind)


def log_names(project: Project, wanted: list[str] | None) -> list[str]:
    """The names of the logs that are meant, in the order of the project: those named, or all."""
    names = [entry.name for entry in project.logs()]
    if not names:
        raise Av3dError("the project has no logs", project.where, "add one with `av3d import`")
    for name in wanted or []:
        project.log(name)
    return [name for name in names if not wanted or name in wanted]


def one_of(text: str, known: Iterable[str], what: str, option: str) -> str:
    """A word that the user wrote for an option, which must be one of a few."""
    if text not in known:
        raise Av3dError(f"there is no {what} {text[:40]!r}", option, f"use {', '.join(known)}")
    return text


def track_id(document: Document, name: str, option: str) -> str:
    """The ID of the track that people call so, or that has this ID."""
    found = [track.id for track in document.tracks.values() if track.is_called(name)]
    if not found:
        raise Av3dError(f"there is no track {name[:60]!r}", option, "see `av3d tracks`")
    return found[0]


def shown(names: list[str], most: int = 10) -> str:
    """Names for a message, not too many."""
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")


def log_time_ns(text: str, start_ns: int, option: str) -> int:
    """A time of a log: seconds since its start ("2.5"), or nanoseconds as they are stored.

    Args:
        text: what the user wrote.
        start_ns: of the log.
        option: that it was written for, for the message.
    """
    if _NANOSECONDS.fullmatch(text):
        return int(text)
    if _SECONDS.fullmatch(text):
        return start_ns + round(float(text.removesuffix("s")) * 1e9)
    raise Av3dError(
        f"not a time: {text[:40]!r}",
        option,
        "write seconds since the start of the log, like 2.5, or nanoseconds as they are stored",
    )


def span_ns(log: ProjectLog, start: str | None, end: str | None, what: str) -> tuple[int, int]:
    """First and last time of a part of a log; all of it where --from and --to say nothing.

    Args:
        log: that it is a part of.
        start: what the user wrote for --from.
        end: what the user wrote for --to.
        what: it is, "task", for the message.
    """
    start_ns = log.start_ns if start is None else log_time_ns(start, log.start_ns, "--from")
    end_ns = log.end_ns if end is None else log_time_ns(end, log.start_ns, "--to")
    if not log.start_ns <= start_ns <= log.end_ns or not log.start_ns <= end_ns <= log.end_ns:
        length_s = (log.end_ns - log.start_ns) / 1e9
        raise Av3dError(
            f"the {what} is not within log {log.name}, which has {length_s:.2f} s",
            "--from, --to",
            "give times of the log",
        )
    if end_ns < start_ns:
        raise Av3dError(
            f"the {what} ends {(start_ns - end_ns) / 1e9:g} s before it starts",
            "--from, --to",
            "give an end after the start",
        )
    return start_ns, end_ns


def clock_ns(text: str, option: str, *, end: bool = False) -> int:
    """A date and time as people write it, in the local zone if it names none, since 1970.

    Args:
        text: "2026-03-01", "2026-03-01 14:30" or with a zone "2026-03-01T14:30+01:00".
        option: that it was written for, for the message.
        end: a date alone is the end of that day.
    """
    from av3d.tracks.checking import MAX_TIME_NS  # it brings numpy, which `--help` can do without

    try:
        value = datetime.fromisoformat(text)
        if value.time() == time() and len(text) <= len("2026-03-01") and end:
            value += timedelta(days=1, microseconds=-1)
        time_ns = round(value.astimezone().timestamp() * 1e9)
        return max(-MAX_TIME_NS, min(time_ns, MAX_TIME_NS))
    except (ValueError, OverflowError, OSError) as error:
        raise Av3dError(
            f"not a date: {text[:40]!r}", option, "write it like 2026-03-01 or 2026-03-01T14:30"
        ) from error


def local_time(time_ns: int) -> str:
    """A time of the journal for people, to the second."""
    try:
        return f"{datetime.fromtimestamp(time_ns // 10**9).astimezone():%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return f"{time_ns} ns"  # no clock shows it


def in_bytes(count: int) -> str:
    """A size for people."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun: "1 track", "2,000 tracks"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
