"""What a process is doing, told in a byte of memory that outlives it."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

PHASES = (
    "between steps",
    "edit: making it up",
    "edit: transaction begins",
    "edit: writing rows",
    "edit: commit",
    "checkpoint",
    "opening a project",
    "opening: making the file",
    "closing a project",
    "migration: transaction begins",
    "migration: backup copy",
    "migration: step",
    "migration: check",
    "migration: commit",
    "import: reading the log",
    "import: reading labels",
    "export: reading",
    "export: writing",
    "export: hashing",
    "export: swapping folders",
    "export: removing the old one",
)


class Phases:
    """The phase of the process forked last."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 1)

    @property
    def now(self) -> str:
        return PHASES[self._memory[0]]

    @contextmanager
    def within(self, phase: str) -> Iterator[None]:
        before, self._memory[0] = self._memory[0], PHASES.index(phase)
        try:
            yield
        finally:
            self._memory[0] = before

    def reset(self) -> None:
        self._memory[0] = 0

    def watch(self) -> None:
        """Tell from now on what this process does. In a forked child, which has no other work."""
        import shutil

        from sqlalchemy.engine.default import DefaultDialect

        from av3d import files
        from av3d.datasets import exporting
        from av3d.datasets.folder.dataset import FolderDataset
        from av3d.datasets.registry import datasets
        from av3d.store import database, editor, transactions
        from av3d.store.migrations import migrate

        self._tell(editor.Editor, "apply", "edit: transaction begins")
        self._tell(editor.Editor, "undo", "edit: transaction begins")
        self._tell(editor.Editor, "redo", "edit: transaction begins")
        self._tell(transactions, "write", "edit: writing rows")
        self._tell(database.Database, "__init__", "opening a project")
        self._tell(database.Database, "close", "closing a project")
        self._tell(migrate, "migrate", "migration: transaction begins")
        self._tell(migrate, "_back_up", "migration: backup copy")
        self._tell(migrate.fsck, "check", "migration: check")
        self._tell(files, "_exchange", "export: swapping folders")
        self._tell(shutil, "rmtree", "export: removing the old one")
        self._tell(exporting, "write_manifest", "export: hashing")
        for kind in {type(dataset) for dataset in datasets() if dataset.writes_labels}:
            self._tell(kind, "write_labels", "export: writing")
        self._tell(FolderDataset, "read_labels", "import: reading labels")
        steps = {
            version: replace(step, run=self._telling(step.run, "migration: step"))
            for version, step in migrate.STEPS.items()
        }
        migrate.STEPS = steps  # type: ignore[assignment]  # for this process only
        made = database.new_database

        @contextmanager
        def new_database(*arguments: Any) -> Iterator[Any]:
            with self.within("opening: making the file"), made(*arguments) as connection:
                yield connection

        database.new_database = new_database
        commit = DefaultDialect.do_commit

        def do_commit(dialect: DefaultDialect, connection: Any) -> None:
            kind = "migration" if self.now.startswith("migration") else "edit"
            with self.within(f"{kind}: commit"):
                commit(dialect, connection)

        DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]

    def _tell(self, place: Any, name: str, phase: str) -> None:
        setattr(place, name, self._telling(getattr(place, name), phase))

    def _telling(self, function: Callable[..., Any], phase: str) -> Callable[..., Any]:
        def telling(*arguments: Any, **more: Any) -> Any:
            with self.within(phase):
                return function(*arguments, **more)

        return telling
