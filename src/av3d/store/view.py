"""What can be read of a project: its labels, now and then, and its journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection

from av3d.errors import Av3dError
from av3d.ontology.ontology import Ontology
from av3d.store import fsck, journal, replay, transactions
from av3d.store.database import Database
from av3d.store.decoding import damaged, decoded
from av3d.store.entities import read_entities
from av3d.store.errors import StoreError
from av3d.store.journal import JournalEntry
from av3d.store.loading import read_tracks
from av3d.store.references import LogReference, ProjectLog
from av3d.store.schema import PROJECT
from av3d.store.tasks import Author, Task
from av3d.tracks.change import Entity
from av3d.tracks.document import Document
from av3d.tracks.event import Event
from av3d.tracks.history import History, Step
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.store.migrations.migrate import Migration

Value = TypeVar("Value", bound=Entity)


@dataclass(frozen=True, eq=False)
class News:
    """What was committed after an entry of the journal.

    Attributes:
        position: number of the last entry.
        values: tracks and events that changed, by kind and ID; None where they were deleted.
        steps: the transactions of a session.
    """

    position: int
    values: Mapping[tuple[str, str], Entity | None]
    steps: tuple[Step, ...]


class ProjectView:
    """What can be read of a project; see `Project`, which can also write.

    Args:
        database: the opened database.
        session: whose undo `history` tells by default.
    """

    def __init__(self, database: Database, session: str) -> None:
        self._database = database
        self.session = session

    @property
    def where(self) -> str:
        """File path or URL, without a password."""
        return self._database.where

    @property
    def migration(self) -> Migration | None:
        """What opening did to a project of an older version, and where its copy of before is."""
        return self._database.migration

    def logs(self) -> tuple[ProjectLog, ...]:
        """The logs of the project, in the order in which they were added."""
        with self.reading() as connection:
            order = transactions.log_ids(connection)
            found = self._entities(connection, LogReference, PROJECT)
        found.sort(key=lambda reference: order.get(reference.id, 0))
        return tuple(reference.located(self._database.path) for reference in found)

    def log(self, name: str) -> ProjectLog:
        """One log; StoreError lists the names there are."""
        for entry in self.logs():
            if entry.name == name:
                return entry
        raise self._no_such_log(name)

    def tracks(self, log_name: str) -> tuple[Track, ...]:
        """All tracks of a log, sorted by category and number."""
        with self.reading() as connection:
            return self._tracks(connection, self._log_id(connection, log_name))

    def events(self, log_name: str) -> tuple[Event, ...]:
        """All events of a log, sorted by time."""
        with self.reading() as connection:
            events = self._entities(connection, Event, self._log_id(connection, log_name))
        return tuple(sorted(events, key=lambda event: (event.start_ns, event.id)))

    def document(self, log_name: str) -> Document:
        """Tracks and events of a log."""
        return self.document_and_position(log_name)[0]

    def document_and_position(self, log_name: str) -> tuple[Document, int]:
        """Tracks and events of a log, and the number of the last entry of the journal then."""
        with self.reading() as connection:
            document = self.document_in(connection, log_name)
            return document, journal.last_entry(connection)[0]

    def document_in(self, connection: Connection, log_name: str) -> Document:
        """Tracks and events of a log, as a connection of `reading` sees them."""
        log_id = self._log_id(connection, log_name)
        return Document.of(
            self._tracks(connection, log_id), self._entities(connection, Event, log_id)
        )

    def document_at(self, log_name: str, entry: int) -> Document:
        """Tracks and events of a log as they were after an entry of the journal; 0: before all.

        Raises:
            StoreError: there is no such log or entry, or the journal is damaged.
        """
        with self.reading() as connection:
            self._log_id(connection, log_name)
            state = replay.state_after(connection, entry, log_name)
        tracks: list[Track] = []
        events: list[Event] = []
        for (_, kind, _), tree in state.items():
            value = decoded(kind, tree, self.where)
            if isinstance(value, Track):
                tracks.append(value)
            elif isinstance(value, Event):
                events.append(value)
        tracks.sort(key=lambda track: (track.category, track.number, track.id))
        return Document.of(tracks, events)

    def tasks(self, log_name: str | None = None) -> tuple[Task, ...]:
        """The tasks of a log, or all, sorted by log and time."""
        with self.reading() as connection:
            tasks = self.tasks_in(connection)
        return tuple(task for task in tasks if log_name is None or task.log == log_name)

    def tasks_in(self, connection: Connection) -> tuple[Task, ...]:
        """All tasks, as a connection of `reading` sees them."""
        tasks = self._entities(connection, Task, PROJECT)
        return tuple(sorted(tasks, key=lambda task: (task.log, task.start_ns, task.id)))

    def authors(self) -> tuple[Author, ...]:
        """The authors that were entered, sorted by name. Others may stand in the journal too."""
        with self.reading() as connection:
            return tuple(self._entities(connection, Author, PROJECT))

    def ontology(self) -> Ontology:
        """The ontology: what can be labelled."""
        with self.reading() as connection:
            return self.ontology_in(connection)

    def ontology_in(self, connection: Connection) -> Ontology:
        """The ontology, as a connection of `reading` sees it."""
        found = self._entities(connection, Ontology, PROJECT)
        if not found:
            raise StoreError("the project has no ontology", self.where, "restore a backup")
        return found[0]

    @property
    def position(self) -> int:
        """Number of the last entry of the journal."""
        with self.reading() as connection:
            return journal.last_entry(connection)[0]

    def journal(self, log_name: str | None = None) -> tuple[JournalEntry, ...]:
        """All entries of the journal, oldest first, or those that changed a log."""
        return tuple(
            entry for entry in self.entries() if log_name is None or log_name in entry.logs
        )

    def entries(self, first: int = 1, last: int | None = None) -> Iterator[JournalEntry]:
        """Entries `first` to `last` of the journal, oldest first, read a page at a time."""
        with self.reading() as connection:
            names = transactions.log_names(connection)
            yield from journal.read_entries(connection, names, first, last)

    def entries_about(
        self, kind: str, entity_id: str, *, log_name: str | None = None, limit: int = 1000
    ) -> tuple[JournalEntry, ...]:
        """The newest entries that changed an entity, oldest first."""
        with self.reading() as connection:
            log_id = None if log_name is None else self._log_id(connection, log_name)
            ids = journal.entries_about(connection, kind, entity_id, log_id, limit)
            names = transactions.log_names(connection)
            return tuple(journal.read_entries_of(connection, names, ids))

    def history(self, session: str | None = None) -> History:
        """What undo and redo would do next in a session."""
        with self.reading() as connection:
            return History(journal.steps(connection, session or self.session))

    def news(self, entry: int, log_name: str, session: str) -> News:
        """What was committed after an entry of the journal; all of one moment.

        Args:
            entry: number of an entry, 0: before the first.
            log_name: whose tracks and events are told.
            session: whose transactions are told.
        """
        with self.reading() as connection:
            log_id = self._log_id(connection, log_name)
            last = journal.last_entry(connection)[0]
            if last <= entry:
                return News(last, {}, ())
            keys = journal.changed_since(connection, entry, log_id)
            values: dict[tuple[str, str], Entity | None] = dict.fromkeys(sorted(keys))
            track_ids = [entity_id for kind, entity_id in keys if kind == Track.kind]
            event_ids = [entity_id for kind, entity_id in keys if kind == Event.kind]
            found: list[Entity] = []
            if track_ids:
                found += self._tracks(connection, log_id, track_ids)
            if event_ids:
                found += self._entities(connection, Event, log_id, event_ids)
            values |= {(entity.kind, entity.id): entity for entity in found}
            return News(last, values, tuple(journal.steps(connection, session, entry)))

    def check(self, report: fsck.Progress | None = None) -> fsck.Report:
        """Prove that replaying the journal gives what is stored; see `av3d.store.fsck`."""
        with self.reading() as connection:
            return fsck.check(connection, self.where, report)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection whose queries all see the same moment; for the modules of this package."""
        with self._database.reading() as connection, self._named():
            yield connection

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Errors of the layers below, which do not know the project, name it."""
        try:
            yield
        except StoreError as error:
            if error.where:
                raise
            raise StoreError(error.what, self.where, error.fix) from error

    def _tracks(
        self, connection: Connection, log_id: int, ids: Iterable[str] | None = None
    ) -> tuple[Track, ...]:
        try:
            return read_tracks(connection, log_id, ids)
        except (
            Av3dError,
            ValueError,
            TypeError,
            AttributeError,
            LookupError,
            OverflowError,
        ) as error:
            raise damaged(error, self.where, Track.kind) from error

    def _entities(
        self,
        connection: Connection,
        of: type[Value],
        log_id: int,
        ids: Iterable[str] | None = None,
    ) -> list[Value]:
        kind: Any = of.kind
        trees = read_entities(connection, kind, log_id, ids)
        values = [decoded(kind, tree, self.where) for tree in trees]
        return [value for value in values if isinstance(value, of)]

    def _log_id(self, connection: Connection, name: str) -> int:
        found = transactions.log_ids(connection).get(name)
        if found is None:
            raise self._no_such_log(name)
        return found

    def _no_such_log(self, name: str) -> StoreError:
        names = ", ".join(entry.name for entry in self.logs()) or "none"
        return StoreError(f"no log {name!r}", self.where, f"logs in this project: {names}")
