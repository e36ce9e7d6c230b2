"""What the processes do that are killed. Each tells what it is about to do, and what is done."""

from __future__ import annotations

import itertools
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

from killing.phases import Phases

from av3d.cli.main import run
from av3d.errors import Av3dError
from av3d.store.editor import Editor
from av3d.store.journal import JournalEntry
from av3d.store.project import open_project
from av3d.tracks.change import combined
from av3d.tracks.document import Document
from tracks.random_edits import possible, random_changes

Talk = Callable[..., None]
"""Tells facts to the parent; they are with it when the call returns."""

LOG = "drive"
MOST_TRACKS = 8


def edit(
    talk: Talk,
    phases: Phases,
    location: str,
    seed: int,
    *,
    most_edits: int = 30,
    checkpoints: bool = True,
) -> None:
    """Edit a project, undo, redo, and now and then close and open it."""
    random = Random(seed)
    for number in itertools.count():
        with open_project(location, session=f"{seed}-{number}") as project:
            editor = project.edit(LOG)
            talk(opened=editor.document.digest, position=editor.position)
            person = _Person(editor, random)
            for _ in range(random.randint(1, most_edits)):
                if checkpoints and random.random() < 0.1:
                    with phases.within("checkpoint"):
                        _fold_up(location, random.choice(("PASSIVE", "FULL", "TRUNCATE")))
                with phases.within("edit: making it up"):
                    intended, action = person.next()
                talk(intended=intended.digest)
                entry = action()
                assert entry is not None
                talk(done=editor.document.digest, entry=entry.id, chain=entry.digest)


class _Person:
    """Makes up edits, and knows what undo has to bring back."""

    def __init__(self, editor: Editor, random: Random) -> None:
        self._editor = editor
        self._random = random
        self._done: list[tuple[Document, Document]] = []
        self._undone: list[tuple[Document, Document]] = []

    def next(self) -> tuple[Document, Callable[[], JournalEntry | None]]:
        """What the labels will be, and what makes them so."""
        kind = self._random.random()
        if kind < 0.2 and self._done:
            self._undone.append(self._done.pop())
            return self._undone[-1][0], self._editor.undo
        if kind < 0.35 and self._undone:
            self._done.append(self._undone.pop())
            return self._done[-1][1], self._editor.redo
        before = self._editor.document
        while True:
            names = possible(before)
            name = self._random.choice(names)
            if len(before.tracks) > MOST_TRACKS:
                name = "life.delete"
            try:
                changes = combined(random_changes(self._random, name, before))
                after = before.apply(changes)
            except Av3dError:
                continue  # not every drawn edit is possible
            if changes:
                break
        self._done.append((before, after))
        self._undone.clear()
        return after, lambda: self._editor.apply(changes, name)


def _fold_up(location: str, how: str) -> None:
    """As another program may do it at any time."""
    with closing(sqlite3.connect(location)) as connection:
        connection.execute(f"PRAGMA wal_checkpoint({how})")


def import_labels(
    talk: Talk, phases: Phases, log: Path, folder: Path, variants: list[str], seed: int
) -> None:
    """Import into a project again and again, and now and then into a new one."""
    random = Random(seed)
    while True:
        name = "new.av3d" if random.random() < 0.4 else "p.av3d"
        variant = random.choice(variants)
        talk(intended=variant, name=name)
        if name == "new.av3d":
            (folder / name).unlink(missing_ok=True)
        arguments = ["--project", str(folder / name), "--replace", "--keyframe-every-s", variant]
        with phases.within("import: reading the log"):
            if run(["import", str(log), *arguments]):
                raise RuntimeError("import failed")
        talk(done=variant, name=name)


def export(
    talk: Talk, phases: Phases, folder: Path, formats: list[str], variants: list[str], seed: int
) -> None:
    """Export projects into folders that are there already."""
    random = Random(seed)
    while True:
        variant, of_format = random.choice(variants), random.choice(formats)
        talk(intended=variant, name=of_format)
        arguments = ["--format", of_format, "--out", str(folder / of_format), "--overwrite"]
        with phases.within("export: reading"):
            if run(["export", "--project", str(folder / f"{variant}.av3d"), *arguments]):
                raise RuntimeError("export failed")
        talk(done=variant, name=of_format)


def migrate(talk: Talk, phases: Phases, paths: list[Path]) -> None:
    """Open projects of version 1, one after the other."""
    for path in paths:
        talk(intended=str(path))
        with open_project(path) as project, phases.within("between steps"):
            digest = project.document("crossing").digest
        talk(done=str(path), digest=digest)
    signal.pause()  # until it is killed
