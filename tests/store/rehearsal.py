"""Two editors of one log who make random edits, and a plain model of what must come of it.

The model knows nothing of documents, digests or databases: it keeps the text of every track and event,
and for each session of work a pile of what was done and one of what was undone.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from random import Random

from sqlalchemy import func, select

from av3d.digests import canonical
from av3d.store import schema
from av3d.store.conflict import ConflictError
from av3d.store.editor import Editor
from av3d.store.journal import JournalEntry
from av3d.store.project import Project, open_project
from av3d.tracks.change import Entity, combined
from av3d.tracks.delta import Tree, as_value, patched
from av3d.tracks.document import EditError
from store.projects import new_project
from tracks.random_edits import OPERATIONS, possible, random_changes

LOG = "drive"
SESSIONS = ("ada", "ben")
MANY_TRACKS = 10

Key = tuple[str, str]
"""Kind and ID of a track or event."""

Action = Callable[[], JournalEntry | None]

Texts = dict[Key, str]
"""Canonical text of tracks and events."""


def texts_of(entities: Iterable[Entity]) -> Texts:
    return {(e.kind, e.id): canonical(e.as_json()) for e in entities}


def document_text(texts: Mapping[Key, str]) -> str:
    """What `Document.as_text` must give."""
    return "".join(f"{kind} {texts[kind, name]}\n" for kind, name in sorted(texts))


def short(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


@dataclass
class Transaction:
    """What was done, as text before and after; None where an entity was not there."""

    edits: dict[Key, tuple[str | None, str | None]]
    mentioned: set[Key]
    """The tracks that the entities refer to, before or after."""
    at: int
    """The entry that did it last, or did it again."""


@dataclass
class Session:
    done: list[Transaction] = field(default_factory=list)
    undone: list[Transaction] = field(default_factory=list)


def targets(text: str | None) -> set[Key]:
    """The tracks that a track or event refers to."""
    value = json.loads(text) if text else {}
    related = [target for _, target in value.get("relations", [])]
    return {("track", track_id) for track_id in [*related, *value.get("track_ids", [])]}


class Rehearsal:
    """Two editors, each with a connection of its own to one project, and the model.

    Every method is one step and checks what it can see at once; `check_all` looks at everything.
    """

    def __init__(self, location: str | Path) -> None:
        self.location = location
        new_project(location, LOG, "other", author="lead").close()
        self.projects = {name: self._open(name) for name in SESSIONS}
        self.editors = {name: self.projects[name].edit(LOG, session=name) for name in SESSIONS}
        self.texts: Texts = {}
        self.sessions = {name: Session() for name in SESSIONS}
        self.first = self.last = self.projects["ada"].position
        """Number of the last entry of the journal, by the model."""
        self.past = {self.first: short("")}
        """Digest of the text of the log after every entry."""
        self.counts: Counter[str] = Counter()

    def _open(self, name: str) -> Project:
        return open_project(self.location, author=name, session=name)

    def close(self) -> None:
        for project in self.projects.values():
            project.close()

    # -- steps ----------------------------------------------------------------------------------

    def edit(self, name: str, operation: str, random: Random) -> None:
        """An operation with random arguments on what an editor sees, which may be out of date."""
        editor = self.editors[name]
        if operation not in possible(editor.document):
            operation = random.choice(possible(editor.document))
        try:
            changes = random_changes(random, operation, editor.document)
        except EditError:
            self.counts[f"{operation}: refused"] += 1
            return
        self.counts[operation] += 1
        edits: dict[Key, tuple[str | None, str | None]] = {}
        for change in changes:
            before, after = _text(change.before), _text(change.after)
            first = (
                edits[change.kind, change.id][0] if (change.kind, change.id) in edits else before
            )
            edits[change.kind, change.id] = (first, after)
        edits = {key: (before, after) for key, (before, after) in edits.items() if before != after}
        self._attempt(name, edits, lambda: editor.apply(changes, operation))

    def undo(self, name: str) -> None:
        """Take back a session's last transaction."""
        session, editor = self.sessions[name], self.editors[name]
        if not session.done:
            assert editor.undo() is None
            return
        taken = session.done[-1]
        if self._hidden_dependence(name, taken):
            self.counts["undo left out"] += 1
            return
        backwards = {key: (after, before) for key, (before, after) in taken.edits.items()}
        if self._attempt(name, backwards, editor.undo, kind="undo"):
            session.undone.append(session.done.pop())

    def redo(self, name: str) -> None:
        """Make a session's last transaction again that was taken back."""
        session, editor = self.sessions[name], self.editors[name]
        if not session.undone:
            assert editor.redo() is None
            return
        again = session.undone[-1]
        if self._attempt(name, again.edits, editor.redo, kind="redo"):
            again.at = self.last
            session.done.append(session.undone.pop())

    def refresh(self, name: str) -> None:
        """See what the other did."""
        editor = self.editors[name]
        seen = texts_of([*editor.document.tracks.values(), *editor.document.events.values()])
        changed = editor.refresh()
        now = document_text(self.texts)
        assert editor.document.as_text() == now
        assert editor.position == self.last
        differs = {key for key in seen | self.texts if seen.get(key) != self.texts.get(key)}
        assert differs <= changed
        self.counts["refresh"] += 1

    def reopen(self, name: str) -> None:
        """Close the project, open it again and go on with the session."""
        self.projects[name].close()
        self.projects[name] = self._open(name)
        self.editors[name] = self.projects[name].edit(LOG, session=name)
        assert self.editors[name].document.as_text() == document_text(self.texts)
        self.counts["reopen"] += 1

    def elsewhere(self, name: str, random: Random) -> None:
        """An edit of another log of the project: no editor of this one minds."""
        project = self.projects[name]
        document = project.document("other")
        operation = random.choice(possible(document))
        try:
            changes = random_changes(random, operation, document)
            after = document.apply(changes)
        except EditError:
            return
        project.commit({"other": combined(changes)}, command="elsewhere", session="elsewhere")
        assert project.document("other").as_text() == after.as_text()
        self.last += 1
        self.past[self.last] = short(document_text(self.texts))
        self.counts["elsewhere"] += 1

    def restore(self, name: str, random: Random) -> None:
        """Go back to an entry of the journal."""
        entry = random.randint(self.first, self.last)
        project = self.projects[name]
        then = texts_of(_entities(project, entry))
        assert short(document_text(then)) == self.past[entry]
        edits = {
            key: (self.texts.get(key), then.get(key))
            for key in self.texts | then
            if self.texts.get(key) != then.get(key)
        }
        done = self._attempt(
            name, edits, lambda: project.restore(entry, log_name=LOG), kind="restore"
        )
        assert done == bool(edits)

    def look_back(self, random: Random) -> None:
        """The document as it was after any entry."""
        entry = random.randint(self.first, self.last)
        name = random.choice(SESSIONS)
        text = self.projects[name].document_at(LOG, entry).as_text()
        assert short(text) == self.past[entry]
        self.counts["look back"] += 1

    # -- the model ------------------------------------------------------------------------------

    def _attempt(
        self,
        name: str,
        edits: dict[Key, tuple[str | None, str | None]],
        action: Action,
        kind: str = "do",
    ) -> bool:
        """Do it, and see that it succeeds, conflicts or is refused as the model says."""
        stale = {key for key, (old, _) in edits.items() if self.texts.get(key) != old}
        after = {key: new for key, (_, new) in edits.items()}
        texts = {k: text for k, text in (self.texts | after).items() if text is not None}
        dangling = {key for text in texts.values() for key in targets(text)} - texts.keys()
        entry, refusal = _tried(action)
        if stale or dangling:
            assert self.projects[name].position == self.last
            if stale:
                assert isinstance(refusal, ConflictError), refusal
                self._check_conflicts(refusal, stale, edits)
            else:
                assert isinstance(refusal, EditError), refusal
            self.counts[f"{kind}: {'conflict' if stale else 'reference gone'}"] += 1
            return False
        assert refusal is None
        if entry is None:
            assert not edits
            assert self.projects[name].position == self.last
            self.counts[f"{kind}: nothing to do"] += 1
            return False
        self.last += 1
        assert entry.id == self.last
        assert (entry.author, entry.session) == (name, name)
        self.texts = texts
        self.past[entry.id] = short(document_text(texts))
        if kind in ("do", "restore"):
            mentioned = set[Key]().union(*map(targets, itertools.chain(*edits.values())))
            session = self.sessions[name]
            session.done.append(Transaction(edits, mentioned, entry.id))
            session.undone.clear()
        if kind != "restore":
            assert self.editors[name].document.as_text() == document_text(texts)
            assert self.editors[name].position == entry.id
        self.counts[f"{kind}: done"] += 1
        return True

    def _check_conflicts(
        self,
        refusal: ConflictError,
        stale: set[Key],
        edits: dict[Key, tuple[str | None, str | None]],
    ) -> None:
        """Exactly what is stale is told, with what was wanted and what is stored."""
        assert {(conflict.kind, conflict.id) for conflict in refusal.conflicts} == stale
        for conflict in refusal.conflicts:
            key = (conflict.kind, conflict.id)
            assert _text(conflict.theirs) == self.texts.get(key)
            assert (_text(conflict.base), _text(conflict.mine)) == edits[key]
            assert conflict.entry is not None

    def _hidden_dependence(self, name: str, taken: Transaction) -> bool:
        """Whether the other session has since gone there and back on the same tracks.

        Then taking this back is allowed, but what the other did can no longer be taken back, because
        it starts from what is no longer there: at the end not everything could be undone.
        """
        (other,) = set(SESSIONS) - {name}
        fits = all(self.texts.get(key) == after for key, (_, after) in taken.edits.items())
        return fits and any(
            later.at > taken.at
            and (
                later.edits.keys() & (taken.edits.keys() | taken.mentioned)
                or later.mentioned & taken.edits.keys()
            )
            for later in self.sessions[other].done
        )

    # -- at the end -----------------------------------------------------------------------------

    def check_all(self) -> None:
        """State, replay and model agree, and the project is sound."""
        text = document_text(self.texts)
        for name in SESSIONS:
            self.refresh(name)
            history = self.projects[name].history(name)
            for found in (history, self.editors[name].history):
                assert (found.undoable is None) == (not self.sessions[name].done)
                assert (found.redoable is None) == (not self.sessions[name].undone)
        project = self.projects["ada"]
        assert project.position == self.last
        assert project.document(LOG).as_text() == text
        assert document_text(replayed(project)) == text
        report = project.check()
        assert report.findings == ()
        assert report.entries == self.last

    def undo_all(self) -> int:
        """Take everything back, the newest first, until nothing is left at all; how many undos."""
        undos = 0
        while any(session.done for session in self.sessions.values()):
            name = max(SESSIONS, key=lambda n: max([0, *(t.at for t in self.sessions[n].done)]))
            count = len(self.sessions[name].done)
            self.undo(name)
            assert len(self.sessions[name].done) == count - 1
            undos += 1
        assert not self.texts
        for name in SESSIONS:
            assert self.editors[name].undo() is None
            self.refresh(name)
            assert self.editors[name].document.as_text() == ""
        project = self.projects["ada"]
        assert project.document(LOG).as_text() == ""
        with project.reading() as connection:
            tracks = select(schema.track.c.key).where(
                schema.track.c.log_id
                == select(schema.log.c.id).where(schema.log.c.name == LOG).scalar_subquery()
            )
            keyframes = select(func.count()).where(schema.keyframe.c.track_key.in_(tracks))
            assert connection.scalars(tracks).all() == []
            assert connection.scalar(keyframes) == 0
        return undos


def replayed(project: Project, log_name: str = LOG) -> Texts:
    """The text of a log's tracks and events by its journal alone."""
    trees: dict[Key, Tree | None] = {}
    for entry in project.entries():
        for change in entry.changes:
            if change.log == log_name:
                key = (change.kind, change.id)
                trees[key] = patched(trees.get(key), change.delta)
    return {key: canonical(as_value(tree)) for key, tree in trees.items() if tree is not None}


def pick_operation(random: Random, editor: Editor) -> str:
    """An operation for an editor; many tracks are deleted rather than copied."""
    if len(editor.document.tracks) > MANY_TRACKS and random.random() < 0.3:
        return "life.delete"
    return random.choice(list(OPERATIONS))


def rehearse(rehearsal: Rehearsal, random: Random) -> None:
    """One random step: mostly edits, now and then something else."""
    name = random.choice(SESSIONS)
    chance = random.random()
    if chance < 0.6:
        if random.random() < 0.6:
            rehearsal.refresh(name)
        rehearsal.edit(name, pick_operation(random, rehearsal.editors[name]), random)
    elif chance < 0.9:
        # Undo and redo come in runs, as when somebody looks for where it went wrong.
        for _ in range(random.randint(1, 4)):
            rehearsal.undo(name)
        for _ in range(random.randint(0, 4)):
            rehearsal.redo(name)
    elif chance < 0.93:
        rehearsal.refresh(name)
    elif chance < 0.94:
        rehearsal.reopen(name)
    elif chance < 0.95:
        rehearsal.restore(name, random)
    elif chance < 0.97:
        rehearsal.elsewhere(name, random)
    else:
        rehearsal.look_back(random)


def _tried(action: Action) -> tuple[JournalEntry | None, ConflictError | EditError | None]:
    try:
        return action(), None
    except (ConflictError, EditError) as error:
        return None, error


def _text(entity: Entity | None) -> str | None:
    return None if entity is None else canonical(entity.as_json())


def _entities(project: Project, entry: int) -> list[Entity]:
    document = project.document_at(LOG, entry)
    return [*document.tracks.values(), *document.events.values()]
