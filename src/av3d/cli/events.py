"""The commands `project event`: what happens on the time line of a log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from av3d.cli.console import print_json, remark, say, table
from av3d.cli.logs import JsonOption
from av3d.cli.people import FromOption, NoteOption, ToOption
from av3d.cli.projects import (
    AuthorOption,
    LogNameOption,
    OneLogOption,
    ProjectOption,
    open_for_edit,
    shown,
    span_ns,
    the_log,
    track_id,
)
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from av3d.store.references import ProjectLog
    from av3d.tracks.document import Document
    from av3d.tracks.event import Event
    from av3d.types import Scalar

app = typer.Typer(help="Events and tags of logs: weather, a cut-in.", no_args_is_help=True)
ID_SHOWN = 8


@app.command("list")
def list_events(
    project: ProjectOption, log: LogNameOption = None, as_json: JsonOption = False
) -> None:
    """List the events of a project by log and time; not the record of reviews."""
    from av3d.store.project import open_project

    with open_project(project) as opened:
        logs = [opened.log(name) for name in log] if log else list(opened.logs())
        documents = {entry.name: opened.document(entry.name) for entry in logs}
        where = opened.where
    if as_json:
        found = {
            name: [event.as_json() for event in _sorted(document)]
            for name, document in documents.items()
        }
        print_json({"project": where, "logs": found})
        return
    rows = [
        _row(entry, event, documents[entry.name])
        for entry in logs
        for event in _sorted(documents[entry.name])
    ]
    if rows:
        say(table(["event", "log", "kind", "from", "to", "values", "tracks"], rows, "lllrr"))
    else:
        remark("no events")


@app.command("add")
def add(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="What it is, one of the ontology’s kinds.")
    ],
    project: ProjectOption,
    log: OneLogOption = None,
    start: FromOption = None,
    end: ToOption = None,
    track: Annotated[
        list[str] | None,
        typer.Option("--track", metavar="TRACK", help="A track that takes part; may be repeated."),
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="An attribute; may be repeated."),
    ] = None,
    note: NoteOption = None,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add an event. Without --from and --to it tags the whole log, which has each tag once."""
    from av3d.ontology.ontology import nearest
    from av3d.tracks.conformity import event_problems
    from av3d.tracks.event import RECORDS
    from av3d.tracks.operations.events import add_event, tag_log

    with open_for_edit(project, author) as opened:
        where = opened.log(the_log(opened, log))
        ontology = opened.ontology()
        if kind in RECORDS:
            raise Av3dError(
                f"{kind!r} is a word of reviews", opened.where,
                "use `av3d project issues open`, `approve`, `send-back` or `plan set`",
            )  # fmt: skip
        if ontology.event(kind) is None:
            known = [known.key for known in ontology.events]
            raise Av3dError(
                f"ontology {ontology.name} has no event {kind[:60]!r}", opened.where,
                nearest(kind, known),
            )  # fmt: skip
        document = opened.document(where.name)
        start_ns, end_ns = span_ns(where, start, end, "event")
        attributes = _values(value or [])
        if start is None and end is None and not track and note is None:
            # A tag, which a log has once: saying it again corrects it.
            changes = tag_log(document, kind, start_ns, end_ns, attributes=attributes or None)
            if not changes:
                raise Av3dError(
                    f"log {where.name} has this event already", opened.where,
                    "change its values with --set, or say which part of the log with --from, --to",
                )  # fmt: skip
        else:
            changes = add_event(
                document, kind, start_ns, end_ns,
                track_ids=[track_id(document, name, "--track") for name in track or []],
                attributes=attributes, note=note or "",
            )  # fmt: skip
        did = "add" if changes[0].before is None else "change"
        opened.apply(where.name, changes, command=f"{did} event {kind}")
        event = document.apply(changes).event(changes[0].id)
    if as_json:
        print_json(event.as_json())
    else:
        say(f"{event.id[:ID_SHOWN]} {event.name} of log {where.name}")
    for problem in event_problems(event, ontology):
        remark(f"note: {problem.what}")


@app.command("remove")
def remove(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="ID of the event, or its start.")],
    project: ProjectOption,
    log: OneLogOption = None,
    author: AuthorOption = None,
) -> None:
    """Take an event away."""
    from av3d.tracks.operations.events import delete_event

    with open_for_edit(project, author) as opened:
        names = [the_log(opened, log)] if log else [entry.name for entry in opened.logs()]
        documents = {name: opened.document(name) for name in names}
        found = [
            (name, known)
            for name, document in documents.items()
            for known in document.events.values()
            if known.id == event or (len(event) >= ID_SHOWN // 2 and known.id.startswith(event))
        ]
        if len(found) != 1:
            what = f"there is no event {event[:60]!r}"
            fix = "see `av3d project event list`"
            if found:
                what, fix = f"{len(found)} events begin with {event[:60]!r}", "write the whole ID"
            raise Av3dError(what, opened.where, fix)
        ((name, known),) = found
        if known.is_record:
            raise Av3dError(
                f"{known.name} {known.id[:ID_SHOWN]} belongs to the record of a review", opened.where,
                "use `av3d project withdraw`, `issues remove` or `plan remove`",
            )  # fmt: skip
        changes = delete_event(documents[name], known.id)
        opened.apply(name, changes, command=f"remove event {known.label}")
    say(f"removed: {known.name} of log {name}")


def _sorted(document: Document) -> Sequence[Event]:
    found = [event for event in document.events.values() if not event.is_record]
    return sorted(found, key=lambda event: (event.start_ns, event.id))


def _row(log: ProjectLog, event: Event, document: Document) -> list[str]:
    times = [
        f"{(time_ns - log.start_ns) / 1e9:.2f} s" for time_ns in (event.start_ns, event.end_ns)
    ]
    values = [f"{name}={value}" for name, value in event.attributes.items()]
    tracks = [
        document.tracks[known].name if known in document.tracks else known
        for known in event.track_ids
    ]
    return [event.id[:ID_SHOWN], log.name, event.label, *times, shown(values), shown(tracks)]


def _values(texts: Sequence[str]) -> Mapping[str, Scalar]:
    """Attributes of "name=value"; numbers, true and false are taken as such."""
    values: dict[str, Scalar] = {}
    for text in texts:
        name, equals, said = text.partition("=")
        if not (name and equals):
            raise Av3dError(f"not an attribute: {text[:60]!r}", "--set", "write it like heavy=true")
        try:
            value = json.loads(said)
        except (ValueError, RecursionError):
            value = said
        values[name] = value if isinstance(value, bool | int | float) else said
    return values
