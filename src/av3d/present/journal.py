"""What was done to the labels that show, newest first, read from the project a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from av3d.present.loader import Job
from av3d.tracks.history import Kind
from av3d.tracks.track import Track, name_of

if TYPE_CHECKING:
    from av3d.present.session import Session
    from av3d.store.journal import EntityChange, JournalEntry
    from av3d.store.project import Project

BLOCK = 100
"""Entries read at a time."""
PAGE = 60
"""Entries about the log that a page has, if there are as many."""
OF_TRACK = 200
"""Entries about one track that are read."""
ASKED, ASKED_TRACK = "journal", "track journal"

Names = Mapping[tuple[str, str, str], str]
"""What people call entities, by log, kind and ID."""


@dataclass(frozen=True)
class Line:
    """One transaction.

    Attributes:
        number: of the entry in the journal.
        time_ns: when, since 1970.
        author: who.
        title: what the user did, in words.
        detail: what it changed.
        kind: whether it does something or takes something back.
        target: what an undo or redo is about.
        session: of work; undo goes back within one.
        track_ids: the tracks that it changed.
        at_ns: time of the log of the first keyframe that it changed; None where it changed none.
    """

    number: int
    time_ns: int
    author: str
    title: str
    detail: str
    kind: Kind
    target: int | None
    session: str
    track_ids: tuple[str, ...]
    at_ns: int | None


class Journal:
    """The entries about the log of a session, as far back as somebody has looked.

    Args:
        session: whose project.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._where = ""
        self._position = 0
        self._first = 0
        self._count = 0
        self.lines: tuple[Line, ...] = ()
        self.undone: frozenset[int] = frozenset()
        self.problem = ""
        self._about: tuple[str, tuple[Line, ...]] = ("", ())

    @property
    def complete(self) -> bool:
        """Whether the oldest entry is among the lines."""
        return self._first <= 1

    @property
    def reading(self) -> bool:
        """Whether a page is on its way."""
        return ASKED in self._session.asked

    def update(self, *, older: bool = False) -> None:
        """Take over what was read, and ask for what is missing; once per frame of the window.

        Args:
            older: whether somebody looks at the oldest line, so that the page before is wanted.
        """
        session = self._session
        editor = session.labels.editor
        if editor is None:
            self._forget("")
            return
        if editor.project.where != self._where:
            self._forget(editor.project.where)
        self._take()
        if self.reading:
            return
        if editor.position != self._position:
            self._ask(editor.project, self._position + 1, editor.position)
        elif older and not self.complete:
            self._ask(editor.project, 1, self._first - 1)

    def _forget(self, where: str) -> None:
        if self.lines or self._where != where:
            self.lines, self.undone, self.problem = (), frozenset(), ""
            self._where, self._position, self._first = where, 0, 0
            self._session.asked.pop(ASKED, None)

    def _ask(self, project: Project, first: int, last: int) -> None:
        session = self._session
        log_name = session.log.name
        names: dict[tuple[str, str, str], str] = {
            (log_name, Track.kind, track.id): track.name for track in session.tracks
        }
        self._count += 1
        key = (ASKED, self._where, first, last, self._count)
        session.asked[ASKED] = Job(key, partial(read_page, project, log_name, names, first, last))

    def _take(self) -> None:
        """Add the page that has come."""
        job = self._session.asked.get(ASKED)
        if job is None:
            return
        loader = self._session.loader
        page: Page | None = loader.get(job.key)
        error = loader.error(job.key)
        if page is None and error is None:
            return
        del self._session.asked[ASKED]
        if page is None:
            self.problem = str(error)
            # Not asked for again with every frame of the window: with the next edit.
            editor = self._session.labels.editor
            self._position = editor.position if editor is not None else 0
            self._first = self._first or 1
            return
        self.problem = ""
        newer = page.last > self._position
        if newer and page.first > self._position + 1 and self._position:
            # More was done meanwhile than a page holds: begin anew with the newest.
            self.lines, self._first = (), 0
        self.lines = (*page.lines, *self.lines) if newer else (*self.lines, *page.lines)
        self._position = max(self._position, page.last)
        self._first = min(self._first, page.first) if self._first else page.first
        self.undone = undone_of(self.lines)

    def about(self, track_id: str) -> tuple[Line, ...] | None:
        """The newest entries about a track, newest first; None until they are read."""
        session = self._session
        editor = session.labels.editor
        if editor is None:
            return ()
        key = (ASKED_TRACK, editor.project.where, track_id, editor.position)
        lines: tuple[Line, ...] | None = session.loader.get(key)
        if lines is not None:
            self._about = track_id, lines
            session.asked.pop(ASKED_TRACK, None)
        elif session.loader.error(key) is None:
            names = {(session.log.name, Track.kind, t.id): t.name for t in session.tracks}
            work = partial(read_about, editor.project, session.log.name, names, track_id)
            asked = session.asked.get(ASKED_TRACK)
            if asked is None or asked.key != key:
                session.asked[ASKED_TRACK] = Job(key, work)
        # What was known before is shown while the news is read.
        return self._about[1] if self._about[0] == track_id else None

    def way_to(self, line: Line) -> str:
        """Whether "undo" or "redo" leads to what was right after a line; "" if nothing does, or it is so.

        Undo goes back within this session of work.
        """
        labels = self._session.labels
        editor = labels.editor
        if editor is None or line.session != editor.session or line.kind is not Kind.DO:
            return ""
        undoable, redoable = labels.undoable, labels.redoable
        if redoable is not None and line.number >= redoable:
            return "redo"
        return "undo" if undoable is not None and undoable > line.number else ""

    def go_to(self, line: Line) -> None:
        """Undo or redo until the labels are what they were right after a line."""
        step = {"undo": self._session.edits.undo, "redo": self._session.edits.redo}
        way = self.way_to(line)
        while way and self.way_to(line) == way:
            if not step[way]():
                return


@dataclass(frozen=True)
class Page:
    """Entries that were read: numbers `first` to `last`, and the lines of those about the log."""

    first: int
    last: int
    lines: tuple[Line, ...]


def read_page(project: Project, log_name: str, names: Names, first: int, last: int) -> Page:
    """The newest entries from `first` to `last`, on a worker thread.

    Args:
        project: the project.
        log_name: only what changed this log.
        names: of the tracks that are there.
        first: the oldest number that is wanted.
        last: the newest.

    Raises:
        StoreError: the project cannot be read.
    """
    lines: list[Line] = []
    begin = last + 1
    while begin > first and len(lines) < PAGE:
        end, begin = begin - 1, max(begin - BLOCK, first)
        entries = list(project.entries(begin, end))
        lines += [line_of(e, names, log_name) for e in reversed(entries) if log_name in e.logs]
    return Page(begin, last, tuple(lines))


def read_about(project: Project, log_name: str, names: Names, track_id: str) -> tuple[Line, ...]:
    """The newest entries about a track, newest first, on a worker thread."""
    entries = project.entries_about(Track.kind, track_id, log_name=log_name, limit=OF_TRACK)
    return tuple(line_of(entry, names, log_name) for entry in reversed(entries))


def line_of(entry: JournalEntry, names: Names, log_name: str) -> Line:
    """An entry in words."""
    from av3d.store.change_words import changes_in_words

    changes = [change for change in entry.changes if change.log == log_name]
    gone = {
        (change.log, change.kind, change.id): _last_name(change)
        for change in changes
        if change.kind == Track.kind and isinstance(change.delta, list)
    }
    times = [time_ns for change in changes for time_ns in _times_ns(change)]
    title = entry.command[:1].upper() + entry.command[1:]
    if entry.kind in (Kind.UNDO, Kind.REDO) and not title.lower().startswith(entry.kind.value):
        title = f"{entry.kind.value.capitalize()}: {title}"
    return Line(
        entry.id, entry.time_ns, entry.author, title or "Changed",
        changes_in_words(changes, {**gone, **names}), entry.kind, entry.target, entry.session,
        tuple(dict.fromkeys(c.id for c in changes if c.kind == Track.kind)),
        min(times, default=None),
    )  # fmt: skip


def _last_name(change: EntityChange) -> str:
    tree = change.delta[1] or change.delta[0]
    return name_of(tree["category"], tree["number"])


def _times_ns(change: EntityChange) -> list[int]:
    """Times of the keyframes that a change of a track touches."""
    delta: Any = change.delta
    if change.kind != Track.kind:
        return []
    tree = delta if isinstance(delta, dict) else delta[1] or delta[0]
    keyframes = tree.get("keyframes", {})
    return [int(time_ns) for time_ns in keyframes] if isinstance(keyframes, dict) else []


def undone_of(newest_first: Sequence[Line]) -> frozenset[int]:
    """Numbers of the transactions that were taken back and not made again."""
    decided: dict[int, Kind] = {}
    for line in newest_first:
        if line.target is not None and line.kind in (Kind.UNDO, Kind.REDO):
            decided.setdefault(line.target, line.kind)
    return frozenset(number for number, kind in decided.items() if kind is Kind.UNDO)
