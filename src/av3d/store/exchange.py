"""A whole project as text that `git diff` can show, out and in without loss.

docs/formats/project-text.md describes the format for users.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection

from av3d.errors import OutputError
from av3d.files import new_file
from av3d.ontology.ontology import Ontology
from av3d.reading import open_file
from av3d.store import journal, replay, transactions
from av3d.store.database import Database
from av3d.store.errors import StoreError
from av3d.store.exchange_journal import journal_lines, restore_journal
from av3d.store.exchange_labels import Labelled, label_lines, read_labels
from av3d.store.exchange_lines import END, FORMAT, VERSION, Lines, line_of
from av3d.store.fsck import Progress
from av3d.store.journal import EntityChange, JournalEntry
from av3d.store.new_database import COMPANIONS, publish
from av3d.store.postgres import parse_url
from av3d.store.project import RESTORED_KINDS, Project, open_project
from av3d.store.references import LogReference
from av3d.store.tasks import Task
from av3d.store.transactions import LOG
from av3d.store.view import ProjectView
from av3d.tracks.delta import Tree
from av3d.tracks.history import Kind

WHAT = "the project's text"


def write_text(
    project: ProjectView,
    path: Path,
    *,
    with_journal: bool = True,
    progress: Progress | None = None,
) -> None:
    """Write a project, as it is at one moment, to a text file, aside first.

    The same project gives the same bytes, in any database.

    Args:
        project: an open project.
        path: the file; one that is there is replaced.
        with_journal: False leaves out how the labels came about.
        progress: told about entries of the journal.

    Raises:
        OutputError: the file cannot be written; nothing is left of it.
        StoreError: the project cannot be read.
    """
    _check_is_not(path, project)
    with (
        project.reading() as connection,
        new_file(path) as aside,
        aside.open("w", encoding="utf-8", newline="\n") as file,
    ):
        file.write(line_of(FORMAT, {"version": VERSION, "journal": with_journal}))
        file.writelines(label_lines(connection))
        if with_journal:
            file.writelines(_told(journal_lines(connection), connection, progress))
        file.write(line_of(END, FORMAT))


def has_journal(path: Path) -> bool:
    """Whether a project's text holds its journal.

    Raises:
        InputFileError, StoreError: the file cannot be read, or is none.
    """
    with open_file(path, WHAT) as file:
        return Lines(file, path).has_journal


def read_text(
    path: Path, location: str | Path, *, author: str | None = None, session: str | None = None
) -> Project:
    """Make a project of a text with its journal, and open it.

    Everything is checked: every line, that every entry of the journal is what was written, and that
    the journal gives exactly the labels of the text.

    Args:
        path: the text.
        location: where the project shall be: a file that is not there, or the URL of a database in
            which there is no project.
        author: who works in the project that is opened; default: the login name.
        session: of the project that is opened; default: a new one.

    Raises:
        InputFileError: the file cannot be read.
        StoreError: the text is not right, says on which line; or there is a project already, or the
            database refuses. Nothing is left.
    """
    with new_place(location) as place, open_file(path, WHAT) as file:
        lines = Lines(file, path)
        if not lines.has_journal:
            raise StoreError(
                "this text has no journal", path, "load its labels with --without-journal"
            )
        database = Database(place, create=True)
        try:
            with database.writing() as connection:
                if journal.last_entry(connection)[0]:
                    raise _there_already(database.where)
                restore_journal(connection, lines, read_labels(lines, exact=True))
        finally:
            database.close()
    return open_project(location, author=author, session=session)


def load_labels(
    path: Path, location: str | Path, *, author: str | None = None, session: str | None = None
) -> JournalEntry | None:
    """Bring the labels of a text into a project as one transaction, whatever its journal says.

    The logs that the text names have exactly its labels afterwards, and the project its ontology and
    authors; what the project has of other logs stays. A log that the project has already stays where
    it was found.

    Args:
        path: the text, with or without a journal, perhaps edited by hand.
        location: a project, or where a new one shall be.
        author: who does it; default: the login name.
        session: of work, to which undo belongs; default: a new one.

    Returns:
        The new entry of the journal, "load FILE"; None when nothing differs.

    Raises:
        InputFileError: the file cannot be read.
        StoreError: the text is not right, says on which line; or the project has another log of that
            name, or the database refuses. Nothing was changed.
        EditError: a track or event would refer to a track that is not there.
    """
    with open_file(path, WHAT) as file:
        lines = Lines(file, path)
        items = list(read_labels(lines, exact=False))
        if lines.has_journal:
            lines.skip_rest()
        else:
            lines.finish()
    ontology = next(item.value for item in items if isinstance(item.value, Ontology))
    sqlite = _sqlite_path(location)
    with (
        new_place(location) if sqlite and not sqlite.exists() else _same(location) as place,
        open_project(
            place, create=True, author=author, session=session, ontology=ontology
        ) as project,
        project.writing() as connection,
    ):
        return _load(connection, items, f"load {path.name}", project)


def _load(
    connection: Connection, items: list[Labelled], command: str, project: Project
) -> JournalEntry | None:
    logs = {item.key[2]: item for item in items if item.key[1] == LOG}
    stored = replay.stored_state(connection)
    new = [
        EntityChange("", LOG, name, None, item.digest, [None, item.tree])
        for name, item in logs.items()
        if not _is_there(item, stored)
    ]
    author, session = project.author, project.session
    if new:
        transactions.write(
            connection, new, author=author, session=session, command=command, kind=Kind.FIXED
        )
    now = {key: tree for key, tree in stored.items() if _log(key, tree) in {"", *logs}}
    then = {item.key: item.tree for item in items}
    changes = replay.changes_between(now, then, RESTORED_KINDS)
    if not changes:
        return None
    return transactions.write(connection, changes, author=author, session=session, command=command)


def _log(key: replay.Key, tree: Tree) -> str:
    """The log that an entity is about, "" for the whole project."""
    log, kind, _ = key
    return str(tree["log"]) if kind == Task.kind else log


def _is_there(item: Labelled, stored: replay.State) -> bool:
    """Whether the project has a log already; StoreError if it is another one of that name."""
    tree = stored.get(item.key)
    if tree is None:
        return False
    theirs = LogReference(**tree)
    if not (isinstance(item.value, LogReference) and theirs.is_same_log(item.value)):
        raise item.line.wrong(
            f"the project has another log named {item.key[2]!r}: {theirs.path}",
            "load it into another project",
        )
    return True


def _told(lines: Iterator[str], connection: Connection, progress: Progress | None) -> Iterator[str]:
    """The lines, with progress told every thousand; changes count like entries, roughly."""
    total = journal.last_entry(connection)[0] if progress else 0
    done = 0
    for line in lines:
        yield line
        done += line.startswith('{"entry"')
        if progress and done % 1000 == 0:
            progress(done, total)


def _check_is_not(path: Path, project: ProjectView) -> None:
    """Refuse to write over the project itself, or over what SQLite keeps beside it."""
    target = os.path.realpath(path)
    own = [os.path.realpath(project.where) + ending for ending in ("", *COMPANIONS)]
    if target in own:
        raise OutputError("this is the project itself", path, "choose another file")


def _sqlite_path(location: str | Path) -> Path | None:
    """The file of a project; None if it is on a server."""
    url = None if isinstance(location, Path) else parse_url(location)
    if url is not None and url.get_backend_name() != "sqlite":
        return None
    return Path(location if url is None else url.database or ":memory:").expanduser().absolute()


@contextmanager
def _same(location: str | Path) -> Iterator[str | Path]:
    yield location


@contextmanager
def new_place(location: str | Path) -> Iterator[str | Path]:
    """Where to make a new project: a file beside, which gets its name when the block ends well.

    On a server, its own place: there one transaction makes it appear.
    """
    path = _sqlite_path(location)
    if path is None:
        yield location
        return
    if path.exists():
        raise _there_already(str(path))
    if not path.parent.is_dir():
        raise StoreError("the folder of the project does not exist", path.parent, "make it first")
    aside = path.with_name(f".{path.stem[:40]}.{uuid.uuid4().hex[:8]}.part")
    try:
        yield aside
        publish(aside, path)
    except FileExistsError as error:
        raise _there_already(str(path)) from error
    except StoreError as error:
        if error.where == str(aside):
            raise StoreError(error.what, path, error.fix) from error
        raise
    except OSError as error:
        raise StoreError(
            f"cannot make the project: {error.strerror or error}",
            path,
            "check the permissions of the folder and the space on its disk",
        ) from error
    finally:
        for ending in ("", *COMPANIONS):
            with suppress(OSError):
                Path(f"{aside}{ending}").unlink(missing_ok=True)


def _there_already(where: str) -> StoreError:
    return StoreError("there is a project already", where, "choose another place")
