"""The trail of a review: who decided what and when, by the journal, and what counts of it now."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select

from av3d.store import journal, schema, transactions
from av3d.store.decoding import decoded
from av3d.store.replay import Key, State, apply
from av3d.store.tasks import Task
from av3d.tracks.decision import Decision, Decisions, decision_of
from av3d.tracks.delta import Tree
from av3d.tracks.document import Document
from av3d.tracks.event import REVIEW, Event
from av3d.tracks.history import Kind
from av3d.tracks.track import Track


class Standing(StrEnum):
    """What is left of a decision."""

    COUNTS = "counts"
    """The tracks are as they were looked at, and nobody says otherwise."""
    OVERRULED = "overruled"
    """Somebody else's word on the same values counts more."""
    CHANGED = "changed"
    """A track was changed, or deleted, after it was looked at."""
    REPLACED = "replaced"
    """The same author has decided again."""
    WITHDRAWN = "withdrawn"
    """It was taken back."""


@dataclass(frozen=True)
class Edit:
    """An entry of the journal that changed a track.

    Attributes:
        entry, time_ns, author, command: of the entry.
        track_id: of the track.
    """

    entry: int
    time_ns: int
    author: str
    command: str
    track_id: str

    def as_dict(self) -> dict[str, Any]:
        """The edit as JSON values."""
        return {
            "entry": self.entry,
            "time_ns": self.time_ns,
            "author": self.author,
            "command": self.command,
            "track": self.track_id,
        }


@dataclass(frozen=True)
class Act:
    """An entry of the journal in which somebody decided, or took a decision back.

    Attributes:
        entry, time_ns, author, command: of the entry.
        kind: whether it is an undo or a redo.
        decision: what was decided, or taken back.
        withdrawn: whether it was taken back.
        standing: what is left of it now.
        changed_by: edits of its tracks since, the oldest first; only where it was changed.
    """

    entry: int
    time_ns: int
    author: str
    command: str
    kind: Kind
    decision: Decision
    withdrawn: bool
    standing: Standing
    changed_by: tuple[Edit, ...] = ()

    @property
    def did(self) -> str:
        """In a word or two: "approved", "sent back", "withdrew: approved"."""
        words = self.decision.verdict.value.replace("_", " ")
        return f"withdrew: {words}" if self.withdrawn else words

    def as_dict(self) -> dict[str, Any]:
        """The act as JSON values."""
        decision = self.decision
        return {
            "entry": self.entry,
            "time_ns": self.time_ns,
            "author": self.author,
            "command": self.command,
            "kind": self.kind.value,
            "verdict": decision.verdict.value,
            "withdrawn": self.withdrawn,
            "tier": decision.tier,
            "tracks": list(decision.track_ids or decision.digests),
            "finding": decision.finding_id,
            "check": decision.check,
            "task": decision.task_id,
            "note": decision.note,
            "standing": self.standing.value,
            "changed_by": [edit.as_dict() for edit in self.changed_by],
        }


@dataclass(frozen=True)
class TaskMove:
    """An entry of the journal in which a task went on or back.

    Attributes:
        entry, time_ns, author: of the entry.
        task: what people call it.
        before, after: its states; "" where it was made or removed.
    """

    entry: int
    time_ns: int
    author: str
    task: str
    before: str
    after: str

    def as_dict(self) -> dict[str, Any]:
        """The move as JSON values."""
        return {
            "entry": self.entry,
            "time_ns": self.time_ns,
            "author": self.author,
            "task": self.task,
            "before": self.before,
            "after": self.after,
        }


_OF_ENTRY = (
    schema.journal.c.time_ns,
    schema.journal.c.author,
    schema.journal.c.command,
    schema.journal.c.kind.label("entry_kind"),
)


@dataclass(frozen=True)
class _Entry:
    """What the trail tells of an entry of the journal."""

    id: int
    time_ns: int
    author: str
    command: str
    kind: Kind


def acts(connection: Connection, log: str, document: Document, where: str) -> tuple[Act, ...]:
    """All decisions on a log that were ever made, the oldest first.

    Args:
        connection: to the project.
        log: name of the log.
        document: its labels now, of the same moment.
        where: the project, for messages.

    Raises:
        StoreError: the journal makes no sense.
    """
    made: list[tuple[_Entry, Decision, bool]] = []
    for entry, before, after in _steps(connection, Event.kind, log):
        was, became = (_decision(tree, where) for tree in (before, after))
        if became is not None and (was is None or _said(was) != _said(became)):
            made.append((entry, became, False))
        elif was is not None and after is None:
            made.append((entry, was, True))
    # Of each event the last word is what is stored; those before were replaced or taken back.
    withdrawn_later: dict[str, bool] = {}
    counting = {one.id for one in Decisions(document.events.values()).ruling(document.tracks)}
    found: list[Act] = []
    for entry, decision, withdrawn in reversed(made):
        if withdrawn or withdrawn_later.get(decision.id):
            standing = Standing.WITHDRAWN
        elif decision.id in withdrawn_later:
            standing = Standing.REPLACED
        elif decision.id in counting:
            standing = Standing.COUNTS
        elif decision.holds(document.tracks):
            standing = Standing.OVERRULED
        else:
            standing = Standing.CHANGED
        withdrawn_later[decision.id] = withdrawn
        found.append(
            Act(
                entry.id,
                entry.time_ns,
                entry.author,
                entry.command,
                entry.kind,
                decision,
                withdrawn,
                standing,
            )
        )
    return _with_edits(connection, log, found[::-1], document)


def task_moves(connection: Connection, log: str, where: str) -> tuple[TaskMove, ...]:
    """How the tasks of a log went, the oldest entry first; arguments as for `acts`."""
    found: list[TaskMove] = []
    for entry, before, after in _steps(connection, Task.kind, ""):
        tasks = [_task(tree, where) for tree in (before, after)]
        one = tasks[1] or tasks[0]
        states = ["" if task is None else task.state.value for task in tasks]
        if one is not None and one.log == log and states[0] != states[1]:
            found.append(TaskMove(entry.id, entry.time_ns, entry.author, one.name, *states))
    return tuple(found)


def _steps(
    connection: Connection, kind: str, log: str
) -> Iterator[tuple[_Entry, Tree | None, Tree | None]]:
    """What each entry of the journal made of each entity of a kind: the entry, before and after."""
    table, entries = schema.change, schema.journal
    log_id = transactions.log_ids(connection)[log] if log else schema.PROJECT
    query = (
        select(table, *_OF_ENTRY)
        .join(entries, entries.c.id == table.c.entry)
        .where(table.c.kind == kind, table.c.log_id == log_id)
        .order_by(table.c.entry, table.c.position)
    )
    state: State = {}
    for row in connection.execute(query, execution_options={"yield_per": journal.PAGE}):
        key: Key = (log, kind, row.entity_id)
        before = state.get(key)
        apply(state, key, journal.delta_of(row), row.entry)
        entry = _Entry(row.entry, row.time_ns, row.author, row.command, Kind(row.entry_kind))
        yield entry, before, state.get(key)


def _decision(tree: Tree | None, where: str) -> Decision | None:
    if tree is None or tree["label"] != REVIEW:
        return None
    event = decoded(Event.kind, tree, where)
    return decision_of(event) if isinstance(event, Event) else None


def _task(tree: Tree | None, where: str) -> Task | None:
    task = None if tree is None else decoded(Task.kind, tree, where)
    return task if isinstance(task, Task) else None


def _said(decision: Decision) -> tuple[object, ...]:
    """What was said, without the tracks, which are other ones after a merge."""
    return (
        decision.verdict, decision.author, decision.tier, decision.time_ns, decision.note,
        decision.track_digest, decision.others_digest, decision.digests,
    )  # fmt: skip


def _with_edits(
    connection: Connection, log: str, found: list[Act], document: Document
) -> tuple[Act, ...]:
    """The acts, each with what changed its tracks since."""
    concerned = [_changed_tracks(act, document) for act in found]
    edits = _edits(
        connection,
        log,
        set().union(*concerned),
        min((act.entry for act, ids in zip(found, concerned, strict=True) if ids), default=0),
    )
    return tuple(
        replace(
            act,
            changed_by=tuple(
                sorted(
                    (
                        edit
                        for name in ids
                        for edit in edits.get(name, ())
                        if edit.entry > act.entry
                    ),
                    key=lambda edit: (edit.entry, edit.track_id),
                )
            ),
        )
        if ids
        else act
        for act, ids in zip(found, concerned, strict=True)
    )


def _changed_tracks(act: Act, document: Document) -> set[str]:
    """IDs of the tracks of an act that are not as they were looked at."""
    decision = act.decision
    if act.standing is Standing.CHANGED:
        return {decision.track_id, *decision.track_ids, *decision.digests} - {""}
    if act.standing is not Standing.COUNTS:
        return set()
    return {
        track_id
        for track_id in decision.digests
        if track_id not in document.tracks or not decision.holds_for(document.tracks[track_id])
    }


def _edits(
    connection: Connection, log: str, track_ids: Collection[str], after: int
) -> dict[str, list[Edit]]:
    """What changed tracks after an entry of the journal, by ID of the track, the oldest first."""
    found: dict[str, list[Edit]] = {}
    if not track_ids:
        return found
    table, entries = schema.change, schema.journal
    query = (
        select(table.c.entry, table.c.entity_id, *_OF_ENTRY)
        .join(entries, entries.c.id == table.c.entry)
        .where(
            table.c.kind == Track.kind,
            table.c.log_id == transactions.log_ids(connection)[log],
            table.c.entry > after,
        )
        .order_by(table.c.entry, table.c.position)
    )
    for row in connection.execute(query, execution_options={"yield_per": journal.PAGE}):
        if row.entity_id in track_ids:
            edit = Edit(row.entry, row.time_ns, row.author, row.command, row.entity_id)
            found.setdefault(edit.track_id, []).append(edit)
    return found
