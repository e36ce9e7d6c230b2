"""Counts of a project: how much it holds, who works in it, how large it is."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select, text

from av3d.store import schema, transactions
from av3d.store.new_database import COMPANIONS
from av3d.store.view import ProjectView


@dataclass(frozen=True)
class LogCounts:
    """How many labels a log has."""

    tracks: int = 0
    keyframes: int = 0
    events: int = 0


@dataclass(frozen=True)
class Activity:
    """What an author did: how many entries of the journal, and when the last one was made."""

    author: str
    entries: int
    last_ns: int


def count_labels(connection: Connection) -> dict[str, LogCounts]:
    """The labels of every log, by its name."""
    track, keyframe, entity = schema.track.c, schema.keyframe.c, schema.entity.c
    tracks = select(track.log_id, func.count()).group_by(track.log_id)
    keyframes = (
        select(track.log_id, func.count())
        .select_from(schema.keyframe.join(schema.track, keyframe.track_key == track.key))
        .group_by(track.log_id)
    )
    events = (
        select(entity.log_id, func.count()).where(entity.kind == "event").group_by(entity.log_id)
    )
    counts = [
        {log_id: int(count) for log_id, count in connection.execute(query)}
        for query in (tracks, keyframes, events)
    ]
    return {
        name: LogCounts(*(found.get(log_id, 0) for found in counts))
        for log_id, name in transactions.log_names(connection).items()
    }


def activity(connection: Connection) -> tuple[Activity, ...]:
    """What every author of the journal did, those who worked last first."""
    table = schema.journal.c
    last = func.max(table.time_ns)
    query = select(table.author, func.count(), last).group_by(table.author)
    return tuple(Activity(*row) for row in connection.execute(query.order_by(last.desc())))


def size_bytes(connection: Connection, project: ProjectView) -> int:
    """How much room the project takes: its file with what SQLite keeps beside it, or its database."""
    if connection.dialect.name != "sqlite":
        return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    total = 0
    for ending in ("", *COMPANIONS):
        with suppress(OSError):
            total += Path(project.where + ending).stat().st_size
    return total
