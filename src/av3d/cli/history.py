"""The command `history`, and those that go back in it: `project restore`, `undo` and `redo`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from av3d.cli.console import print_json, remark, say, table
from av3d.cli.logs import JsonOption
from av3d.cli.projects import (
    AuthorOption,
    DryRunOption,
    ProjectOption,
    clock_ns,
    local_time,
    open_for_edit,
)
from av3d.errors import Av3dError
from av3d.store.change_words import change_in_words, changes_in_words

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from av3d.store.journal import EntityChange, JournalEntry
    from av3d.store.journal_search import Wanted
    from av3d.store.project import Project
    from av3d.tracks.history import Kind

SHOWN = 200
"""Changes that are listed one by one; --json has all."""
SHOWN_WHEN_DONE = 20
"""Changes that are listed after they were made; the journal has all."""


def history(
    project: ProjectOption,
    track: Annotated[
        str | None,
        typer.Option(
            "--track", metavar="TRACK", help='Only what changed a track, "Car 4" or its ID.'
        ),
    ] = None,
    log: Annotated[
        str | None, typer.Option("--log", metavar="NAME", help="Only what changed this log.")
    ] = None,
    author: Annotated[
        str | None, typer.Option("--author", help="Only what this author did.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="From 2026-03-01T14:30 on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Up to this date or time.")
    ] = None,
    entry: Annotated[
        int | None,
        typer.Option("--entry", metavar="N", help="Only this entry, with all that it changed."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=0, help="The newest N entries; 0: all.")
    ] = 50,
    as_json: JsonOption = False,
) -> None:
    """Say what was done to a project, by whom and when; the newest entry comes last."""
    from av3d.store.journal_search import Wanted, find_entries, read_found
    from av3d.store.project import open_project

    since_ns = None if since is None else clock_ns(since, "--since")
    until_ns = None if until is None else clock_ns(until, "--until", end=True)
    with open_project(project) as opened:
        if log is not None:
            opened.log(log)
        with opened.reading() as connection:
            ids = None if track is None else _track_ids(connection, track, log, opened)
            wanted = Wanted(log, ids, author, since_ns, until_ns)
            found = find_entries(connection, wanted)
            if entry is not None:
                if entry not in found:
                    raise _no_entry(entry, wanted, opened)
                found = [entry]
            shown = found[-limit:] if limit else found
            if as_json:
                _print_json(opened.where, len(found), read_found(connection, shown))
                return
            entries = read_found(connection, shown)
            if entry is not None:
                _print_entry(opened, connection, next(iter(entries)))
                return
            _print_entries(connection, entries)
        if len(shown) < len(found):
            remark(f"the newest {len(shown)} of {len(found):,} entries; --limit 0 shows all")
        if not found:
            remark("no entries")


def restore(
    project: ProjectOption,
    to: Annotated[
        int, typer.Option("--to", metavar="ENTRY", min=0, help="Number of an entry; 0: the start.")
    ],
    log: Annotated[
        str | None, typer.Option("--log", metavar="NAME", help="Only the labels of this log.")
    ] = None,
    dry_run: DryRunOption = False,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring back what a project held after an entry of its journal, as a new entry."""
    with open_for_edit(project, author) as opened:
        if dry_run:
            changes: Sequence[EntityChange] = opened.restoring(to, log_name=log)
            done = None
        else:
            done = opened.restore(to, log_name=log)
            changes = done.changes if done is not None else ()
        if as_json:
            number = None if done is None else done.id
            print_json(
                {
                    "project": opened.where,
                    "entry": number,
                    "changes": [change.as_json() for change in changes],
                }
            )
            return
        print_changes(opened, changes, done)
        if not changes:
            say(f"the project is as it was after entry {to}")
        elif dry_run:
            remark("nothing was changed; without --dry-run it becomes a new entry")
        elif done is not None:
            say(f"entry {done.id}: {done.command}")


def undo(
    project: ProjectOption,
    dry_run: DryRunOption = False,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> int:
    """Take back the author's last command that is not taken back yet.

    Edits in the window or from Python are undone there, or with `av3d project restore`.
    """
    from av3d.tracks.history import Kind

    return _again(project, Kind.UNDO, author, as_json, dry_run)


def redo(
    project: ProjectOption,
    dry_run: DryRunOption = False,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> int:
    """Do the last command again that `av3d project undo` took back."""
    from av3d.tracks.history import Kind

    return _again(project, Kind.REDO, author, as_json, dry_run)


def _again(project: str, kind: Kind, author: str | None, as_json: bool, dry_run: bool) -> int:
    with open_for_edit(project, author) as opened:
        planned = opened.again(kind) if dry_run else None
        done = None
        if not dry_run:
            done = opened.undo() if kind.value == "undo" else opened.redo()
        if planned is None and done is None:
            raise Av3dError(
                f"there is no command of {opened.author} to {kind.value}",
                opened.where,
                "edits in the window or from Python are undone there; "
                "`av3d project restore` goes back to any entry",
            )
        if planned is not None:
            target, changes = planned
            if as_json:
                listed = [change.as_json() for change in changes]
                print_json({"project": opened.where, "target": target.id, "changes": listed})
                return 0
            print_changes(opened, changes, None)
            remark(
                f"nothing was changed; it would {kind.value} entry {target.id}: {target.command}"
            )
        elif done is not None and as_json:
            print_json({"project": opened.where, **_tree(done)})
        elif done is not None:
            print_changes(opened, done.changes, done)
            say(f"entry {done.id}: {done.command}")
    return 0


def _track_ids(
    connection: Connection, name: str, log: str | None, project: Project
) -> tuple[str, ...]:
    from av3d.store.journal_search import find_tracks

    found = find_tracks(connection, name, log)
    if not found:
        raise Av3dError(
            f"there is and was no track {name[:60]!r}",
            project.where,
            "see `av3d tracks` for names and IDs",
        )
    logs = {track.log for track in found}
    if len(logs) > 1:
        raise Av3dError(
            f"there is a track {name[:60]!r} in {len(logs)} logs",
            project.where,
            f"say which with --log: {', '.join(sorted(logs))}",
        )
    for track in found:
        if track.deleted:
            remark(f"note: {track.name} ({track.id}) was deleted")
    return tuple(track.id for track in found)


def _no_entry(entry: int, wanted: Wanted, project: Project) -> Av3dError:
    from av3d.store.journal_search import Wanted

    if wanted == Wanted():
        return Av3dError(
            f"there is no entry {entry}", project.where, f"use 1 to {project.position}"
        )
    return Av3dError(
        f"entry {entry} is not among those that are asked for", project.where, "ask for it alone"
    )


def _print_entries(connection: Connection, entries: Iterable[JournalEntry]) -> None:
    from av3d.store.journal_search import PAGE, entity_names

    headers = ["entry", "time", "author", "command", "changed"]
    page: list[JournalEntry] = []

    def flush() -> None:
        if page:
            keys = [(c.log, c.kind, c.id) for entry in page for c in entry.changes]
            names = entity_names(connection, keys)
            rows = [_row(entry, changes_in_words(entry.changes, names)) for entry in page]
            say(table(headers, rows, "r"))
            page.clear()

    for entry in entries:
        page.append(entry)
        if len(page) == PAGE:  # a table of a million lines would have to fit into memory
            flush()
    flush()


def _row(entry: JournalEntry, changed: str) -> list[str]:
    command = entry.command if entry.target is None else f"{entry.command} ({entry.target})"
    return [
        str(entry.id),
        local_time(entry.time_ns),
        entry.author,
        " ".join(command.split()),
        changed,
    ]


def _print_entry(project: Project, connection: Connection, entry: JournalEntry) -> None:
    from av3d.store.journal_search import entity_names

    say(f"entry    {entry.id}")
    say(f"time     {local_time(entry.time_ns)}")
    say(f"author   {entry.author}, session {entry.session}")
    say(f"command  {entry.command}" + (f" ({entry.target})" if entry.target is not None else ""))
    own = [change for change in entry.changes if not change.log]
    names = entity_names(connection, [(c.log, c.kind, c.id) for c in own])
    lines = [change_in_words(change, names) for change in own]
    for log in entry.logs:
        of_log = f"{log}: " if len(entry.logs) > 1 else ""
        lines += [f"{of_log}{line}" for line in _described(project, log, entry)]
    for line in lines[:SHOWN]:
        say(f"  {line}")
    if len(lines) > SHOWN:
        say(f"  and {len(lines) - SHOWN:,} more; --json has all")


def _described(project: Project, log: str, entry: JournalEntry) -> tuple[str, ...]:
    """What an entry did to the labels of a log, with the times and distances of the values then."""
    from av3d.tracks.change import Change
    from av3d.tracks.describing import describe

    before, after = (project.document_at(log, number) for number in (entry.id - 1, entry.id))
    changes = []
    for change in entry.changes:
        if change.log == log and change.kind == "track":
            changes.append(Change(before.tracks.get(change.id), after.tracks.get(change.id)))
        elif change.log == log:
            changes.append(Change(before.events.get(change.id), after.events.get(change.id)))
    return describe(before, changes, project.log(log).start_ns)


def print_changes(
    project: Project, changes: Sequence[EntityChange], done: JournalEntry | None
) -> None:
    """List what changes to a project do, by the names that its tracks have now.

    Args:
        project: an open project.
        changes: those of a transaction, or those that it would make.
        done: its entry, if it was made; then few are listed.
    """
    from av3d.store.journal_search import entity_names

    with project.reading() as connection:
        names = entity_names(connection, [(c.log, c.kind, c.id) for c in changes])
    several = len({change.log for change in changes if change.log}) > 1
    most = SHOWN if done is None else SHOWN_WHEN_DONE
    for change in changes[:most]:
        of_log = f"{change.log}: " if several and change.log else ""
        say(f"  {of_log}{change_in_words(change, names)}")
    if len(changes) > most:
        where = "--json lists all" if done is None else f"see `av3d history --entry {done.id}`"
        say(f"  and {len(changes) - most:,} more; {where}")


def _print_json(where: str, found: int, entries: Iterable[JournalEntry]) -> None:
    """One document, written entry by entry, so that a million of them need no memory."""
    head = json.dumps({"project": where, "found": found}, ensure_ascii=False)
    say(head.removesuffix("}") + ', "entries": [')
    last: JournalEntry | None = None
    for entry in entries:
        if last is not None:
            say(json.dumps(_tree(last), ensure_ascii=False) + ",")
        last = entry
    if last is not None:
        say(json.dumps(_tree(last), ensure_ascii=False))
    say("]}")


def _tree(entry: JournalEntry) -> dict[str, Any]:
    return {**entry.header_as_json(), "changes": [change.as_json() for change in entry.changes]}
