"""Whether everything is there that was told to be done."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from killing.process import Facts, KillError
from killing.victims import LOG

from av3d.store.project import Project, open_project

State = tuple[str, int]
"""Digest of the labels, and number of the last entry of the journal."""


def expect(is_so: bool, what: str) -> None:
    if not is_so:
        raise KillError(what)


@dataclass
class Labels:
    """What a project that is edited may hold now.

    Attributes:
        possible: one state, or two after a kill during an edit.
        entries: digests of the entries of the journal that were acknowledged, by number.
    """

    possible: set[State]
    entries: dict[int, str] = field(default_factory=dict)

    def follow(self, told: Iterable[Facts]) -> None:
        """Take over what a process told, which was killed then."""
        intended: str | None = None
        for facts in told:
            if "opened" in facts:
                state = (facts["opened"], facts["position"])
                expect(state in self.possible, f"opened as {state}, not as one of {self.possible}")
                self.possible = {state}
            elif "intended" in facts:
                intended = facts["intended"]
            else:
                ((_, last),) = self.possible
                expect(facts["done"] == intended, "the labels are not what the edit makes of them")
                expect(facts["entry"] == last + 1, f"entry {facts['entry']} follows {last}")
                self.entries[facts["entry"]] = facts["chain"]
                self.possible = {(facts["done"], facts["entry"])}
                intended = None
        if intended is not None:
            ((_, last),) = self.possible
            self.possible.add((intended, last + 1))

    def check(self, location: str, *, fully: bool, newest: int = 50) -> None:
        """Open the project and compare."""
        with open_project(location) as project:
            self.possible = {self.check_open(project, fully=fully, newest=newest)}

    def check_open(self, project: Project, *, fully: bool, newest: int = 50) -> State:
        document, position = project.document_and_position(LOG)
        state = (document.digest, position)
        expect(state in self.possible, f"{state} is none of {self.possible}")
        wanted = sorted(self.entries)[-newest:]
        if wanted:
            found = {e.id: e.digest for e in project.entries(wanted[0], wanted[-1])}
            for number in wanted:
                expect(found.get(number) == self.entries[number], f"entry {number} is another one")
        if fully:
            check_whole(project)
        return state


def check_whole(project: Project) -> None:
    report = project.check()
    expect(report.clean, f"{project.where}: {report.findings[:3]}")


def tree_digest(folder: Path) -> str:
    """Of the names and contents of all files in a folder."""
    state = hashlib.blake2b()
    for path in sorted(folder.rglob("*")):
        state.update(f"{path.relative_to(folder)}\0{path.is_dir()}\0".encode())
        if path.is_file():
            state.update(hashlib.blake2b(path.read_bytes()).digest())
    return state.hexdigest()


def check_folder(folder: Path, most_parts: int, allowed: Iterable[str]) -> None:
    """Nothing but the projects, and at most some pieces of what was interrupted last."""
    names = {path.name for path in folder.iterdir()}
    parts = {name for name in names if ".part" in name}
    # SQLite's companions of a piece count as one with it.
    pieces = {name for name in parts if not name.endswith(("-wal", "-shm", "-journal"))}
    expect(len(pieces) <= most_parts, f"{len(pieces)} pieces were left in {folder}: {pieces}")
    others = names - parts - set(allowed)
    expect(not others, f"left in {folder}: {others}")


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT value FROM meta").fetchone()[0])
