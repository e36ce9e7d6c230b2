"""One person at work on the labels of one log, while others may work on them too."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from av3d.store.errors import StoreError
from av3d.store.journal import JournalEntry
from av3d.store.project import Project, new_session
from av3d.store.view import News
from av3d.tracks.change import Change, combined
from av3d.tracks.history import History
from av3d.tracks.track import Track


class Editor:
    """The document of a log in memory, in step with the project. For one thread, but for `news`.

    Every edit is on the disk before `document` shows it. What others commit appears with `refresh`.

    Args:
        project: an open project.
        log_name: the log to work on.
        session: to go on with; default: a new one. Undo goes back within a session.

    Attributes:
        document: the labels as of `position`.
        position: number of the last entry of the journal that `document` holds.
    """

    def __init__(self, project: Project, log_name: str, *, session: str | None = None) -> None:
        self.project = project
        self.log_name = log_name
        self.session = session or new_session()
        self.document, self.position = project.document_and_position(log_name)
        self._history = project.history(self.session)

    @property
    def history(self) -> History:
        """What undo and redo do next, as far as `position`."""
        return self._history

    def apply(self, changes: Iterable[Change], command: str) -> JournalEntry | None:
        """Make changes that an operation gave for `document`, as one transaction.

        Args:
            changes: they may follow each other on one track; see `combined`.
            command: what the user did, for the journal.

        Returns:
            The new entry; None when the changes change nothing.

        Raises:
            ConflictError: somebody changed one of the tracks since; it holds both versions, nothing
                was changed. `refresh` and repeat the edit.
            EditError: the changes do not fit `document`.
            StoreError: the database refuses; nothing was changed.
        """
        changes = combined(changes)
        if not changes:
            return None
        edited = self.document.apply(changes)
        entry = self.project.commit({self.log_name: changes}, command=command, session=self.session)
        self.document = edited
        if entry.id != self.position + 1:
            return self._committed(entry)
        self._history.push(entry.step)
        self.position = entry.id
        return entry

    def undo(self) -> JournalEntry | None:
        """Take back this session's last transaction; None when there is none. See `Project.undo`."""
        return self._committed(self.project.undo(session=self.session))

    def redo(self) -> JournalEntry | None:
        """Make the last transaction again that was taken back; None when there is none."""
        return self._committed(self.project.redo(session=self.session))

    def refresh(self) -> set[tuple[str, str]]:
        """Take over what others have committed.

        Returns:
            Kind and ID of every track and event that changed.
        """
        return self.take(*self.news())

    def news(self) -> tuple[int, News]:
        """What others have committed, and since which position: for `take`. May run on any thread."""
        since = self.position
        return since, self.project.news(since, self.log_name, self.session)

    def take(self, since: int, news: News) -> set[tuple[str, str]]:
        """Take over what `news` gave, unless something was done since then; see `refresh`."""
        if since != self.position:
            return set()
        changes = []
        for (kind, entity_id), after in news.values.items():
            group = self.document.tracks if kind == Track.kind else self.document.events
            before = group.get(entity_id)
            if before or after:
                changes.append(Change(before, after))
        self.document = self.document.apply(changes)
        for step in news.steps:
            self._history.push(step)
        self.position = news.position
        return set(news.values)

    def _committed(self, entry: JournalEntry | None) -> JournalEntry | None:
        if entry is not None:
            # What is committed stays so, even if it cannot be read now; the next `refresh` tries again.
            with suppress(StoreError):
                self.refresh()
        return entry
