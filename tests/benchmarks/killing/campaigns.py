"""One kind of process each: prepares what it works on, has it killed, and judges what is left."""

from __future__ import annotations

import shutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from random import Random

from killing import crashed_disk, victims
from killing.process import Facts, Hunter, Moment
from killing.verdict import (
    Labels,
    check_folder,
    check_whole,
    expect,
    tree_digest,
    version_of,
)

from av3d.cli.main import run
from av3d.store.project import open_project
from store.projects import new_project

sys.path.append(str(Path(__file__).parents[2] / "store" / "migrations"))
from old_projects import contents, copy_to

VARIANTS = ("0.1", "0.2", "1")
"""Spacings of keyframes, which make the same import other labels."""

FORMATS = ("folder", "kitti-tracking", "nuscenes")


class Campaign(ABC):
    """Kills one kind of process again and again."""

    name: str
    phases: Sequence[str]
    """What it is to be killed in now and then, however short it is."""
    longest_s: float
    """Until it is killed otherwise."""

    def __init__(self, hunter: Hunter, folder: Path, random: Random) -> None:
        self._hunter = hunter
        self._folder = folder
        self._random = random
        folder.mkdir(parents=True)

    @abstractmethod
    def once(self) -> None:
        """One kill, and a look at what is left.

        Raises:
            KillError: something is lost.
        """

    @abstractmethod
    def finish(self) -> None:
        """A last and full look."""

    def _moment(self) -> Moment:
        """Any moment, or one in a phase that would be hit too rarely."""
        if self._random.random() < 0.5:
            return Moment(self._random.uniform(0, self.longest_s))
        return Moment(self._random.choice((0, 0.0005, 0.003)), self._random.choice(self.phases))

    def _seed(self) -> int:
        return self._random.getrandbits(32)


class LongEdit(Campaign):
    """Edits of one project that lives through all kills."""

    name = "edit, one project"
    phases: Sequence[str] = (
        "edit: writing rows",
        "edit: commit",
        "checkpoint",
        "closing a project",
    )
    longest_s = 0.25

    def __init__(
        self, hunter: Hunter, folder: Path, random: Random, location: str | None = None
    ) -> None:
        super().__init__(hunter, folder, random)
        self._location = location or str(folder / "p.av3d")
        self._is_file = location is None
        if location:
            self.name = "edit, PostgreSQL"
            self.phases = self.phases[:2]
        with new_project(self._location) as project:
            document, position = project.document_and_position(victims.LOG)
        self._labels = Labels({(document.digest, position)})
        self.kills = 0

    def once(self) -> None:
        killed = self._hunter.kill(
            self.name,
            victims.edit,
            self._moment(),
            location=self._location,
            seed=self._seed(),
            checkpoints=self._is_file,
        )
        self.kills += 1
        self._labels.follow(killed.told)
        # Otherwise the next process finds what this one has left.
        if self._random.random() < 0.5:
            self._labels.check(self._location, fully=self.kills % 40 == 0)
            self._look_around()

    def finish(self) -> None:
        self._labels.check(self._location, fully=True, newest=10**9)
        self._look_around()

    def _look_around(self) -> None:
        if self._is_file:
            check_folder(self._folder, 0, ["p.av3d"])


class FreshEdit(Campaign):
    """Edits of a project that is new each time; the disk's view of it, too."""

    name = "edit, new projects"
    phases = ("edit: writing rows", "edit: commit", "closing a project")
    longest_s = 0.3

    def __init__(self, hunter: Hunter, folder: Path, random: Random) -> None:
        super().__init__(hunter, folder, random)
        self._template = folder / "template.av3d"
        with new_project(self._template) as project:
            document, position = project.document_and_position(victims.LOG)
        self._first = (document.digest, position)
        self.copies = 0

    def once(self) -> None:
        place = self._folder / "place"
        place.mkdir()
        path = place / "p.av3d"
        shutil.copy(self._template, path)
        # A log that nobody folds up holds all edits, whatever part of the file was written.
        all_in_log = self._random.random() < 0.4
        killed = self._hunter.kill(
            self.name,
            victims.edit,
            self._moment(),
            paused=lambda: crashed_disk.take_copy(path, self._folder / "disk"),
            location=str(path),
            seed=self._seed(),
            checkpoints=not all_in_log,
            most_edits=10**9 if all_in_log else 30,
        )
        labels = Labels({self._first})
        labels.follow(killed.told)
        for copy, states in crashed_disk.copies(
            self._folder / "disk", killed.told, labels, self._first, self._random, all_in_log
        ):
            Labels(states, labels.entries if states == labels.possible else {}).check(
                str(copy), fully=True
            )
            self.copies += 1
        labels.check(str(path), fully=True)
        check_folder(place, 0, ["p.av3d"])
        shutil.rmtree(place)
        shutil.rmtree(self._folder / "disk")

    def finish(self) -> None:
        check_folder(self._folder, 0, ["template.av3d"])


class Import(Campaign):
    """`av3d import`, into a project with `--replace` and into new ones."""

    name = "import"
    phases = (
        "opening: making the file",
        "opening a project",
        "edit: writing rows",
        "edit: commit",
        "closing a project",
    )
    longest_s = 0.8

    def __init__(self, hunter: Hunter, folder: Path, random: Random, log: Path) -> None:
        super().__init__(hunter, folder, random)
        self._log = log
        self._digests = {v: imported(log, folder / f"{v}.av3d", v) for v in VARIANTS}
        self._allowed = {f"{v}.av3d" for v in VARIANTS} | {"p.av3d"}
        shutil.copy(folder / "1.av3d", folder / "p.av3d")
        self._possible = {self._digests["1"]}
        self.kills = 0

    def once(self) -> None:
        killed = self._hunter.kill(
            self.name,
            victims.import_labels,
            self._moment(),
            self._log,
            self._folder,
            list(VARIANTS),
            self._seed(),
        )
        self.kills += 1
        for facts in killed.told:
            if facts["name"] == "p.av3d":
                self._follow(facts)
        self._check_new([facts for facts in killed.told if facts["name"] != "p.av3d"])
        with open_project(self._folder / "p.av3d") as project:
            digest = project.document("crossing").digest
            expect(digest in self._possible, "p.av3d holds other labels than were imported")
            self._possible = {digest}
            if self.kills % 20 == 0:
                check_whole(project)
        check_folder(self._folder, 1, self._allowed)

    def _follow(self, facts: Facts) -> None:
        if "done" in facts:
            self._possible = {self._digests[facts["done"]]}
        else:
            self._possible = {*self._possible, self._digests[facts["intended"]]}

    def _check_new(self, told: list[Facts]) -> None:
        """Look at the project that was made last, and remove it."""
        if not told:
            return
        variants = [facts["intended"] for facts in told if "intended" in facts]
        complete = "done" in told[-1]
        path = self._folder / "new.av3d"
        if not path.exists():
            expect(not complete, "a project was made by importing and is not there")
            return
        with open_project(path) as project:
            check_whole(project)
            tracks = len(project.tracks("crossing")) if project.logs() else 0
            if complete or tracks:
                # While it is made anew, the one of before may still be there.
                possible = {self._digests[v] for v in variants[-1 if complete else -2 :]}
                digest = project.document("crossing").digest
                expect(digest in possible, "a new project holds other labels than were imported")
        path.unlink()

    def finish(self) -> None:
        with open_project(self._folder / "p.av3d") as project:
            check_whole(project)


def command(arguments: list[str]) -> None:
    """Run a command that is not killed, and print nothing."""
    nowhere = StringIO()
    with redirect_stdout(nowhere), redirect_stderr(nowhere):
        if run(arguments):
            raise RuntimeError(nowhere.getvalue())


def imported(log: Path, path: Path, variant: str) -> str:
    """Import, and the digest of the labels."""
    command(["import", str(log), "--project", str(path), "--keyframe-every-s", variant])
    with open_project(path) as project:
        return project.document("crossing").digest


class Export(Campaign):
    """`av3d export --overwrite` into folders that were there before."""

    name = "export"
    phases = (
        "export: reading",
        "export: writing",
        "export: hashing",
        "export: swapping folders",
        "export: removing the old one",
    )
    longest_s = 0.8

    def __init__(
        self, hunter: Hunter, folder: Path, random: Random, log: Path, formats: Sequence[str]
    ) -> None:
        super().__init__(hunter, folder, random)
        self._formats = formats
        self._digests: dict[tuple[str, str], str] = {}
        for variant in VARIANTS[:2]:
            imported(log, folder / f"{variant}.av3d", variant)
            for of_format in self._formats:
                arguments = ["--project", str(folder / f"{variant}.av3d"), "--format", of_format]
                out = folder / of_format
                command(["export", *arguments, "--out", str(out), "--overwrite"])
                self._digests[of_format, variant] = tree_digest(out)
        self._possible = {f: {self._digests[f, VARIANTS[1]]} for f in self._formats}

    def once(self) -> None:
        killed = self._hunter.kill(
            self.name,
            victims.export,
            self._moment(),
            self._folder,
            list(self._formats),
            list(VARIANTS[:2]),
            self._seed(),
        )
        for facts in killed.told:
            of_format = facts["name"]
            if "done" in facts:
                self._possible[of_format] = {self._digests[of_format, facts["done"]]}
            else:
                self._possible[of_format].add(self._digests[of_format, facts["intended"]])
        for of_format, possible in self._possible.items():
            digest = tree_digest(self._folder / of_format)
            expect(digest in possible, f"{of_format} is neither the old export nor the new one")
            self._possible[of_format] = {digest}
        self._look_around()

    def _look_around(self) -> None:
        # Each format's folder may have one piece of the export that was interrupted last.
        endings = ("", "-wal", "-shm")
        projects = [f"{v}.av3d{ending}" for v in VARIANTS[:2] for ending in endings]
        check_folder(self._folder, len(self._formats), [*self._formats, *projects])

    def finish(self) -> None:
        self._look_around()
        for variant in VARIANTS[:2]:
            with open_project(self._folder / f"{variant}.av3d") as project:
                check_whole(project)


class Migrate(Campaign):
    """Opening projects of version 1."""

    name = "migrate"
    phases = (
        "opening a project",
        "migration: transaction begins",
        "migration: backup copy",
        "migration: check",
        "migration: commit",
        "closing a project",
    )
    longest_s = 0.6

    def __init__(self, hunter: Hunter, folder: Path, random: Random) -> None:
        super().__init__(hunter, folder, random)
        (folder / "source").mkdir()
        source = copy_to(folder / "source")
        self._before = contents(source)
        # What is asked of every migrated project is what one that was left alone holds.
        (folder / "whole").mkdir()
        with open_project(copy_to(folder / "whole")) as project:
            check_whole(project)
            self._digest = project.document("crossing").digest
        self._paths: list[Path] = []

    def once(self) -> None:
        # Some are killed several times before anybody looks.
        if not self._paths:
            for number in range(8):
                place = self._folder / f"place{number}"
                place.mkdir()
                self._paths.append(copy_to(place))
        killed = self._hunter.kill(self.name, victims.migrate, self._moment(), list(self._paths))
        for facts in killed.told:
            if "done" in facts:
                path = Path(facts["done"])
                expect(facts["digest"] == self._digest, f"{path} was opened with other labels")
                expect(version_of(path) != 1, f"{path} was migrated and is of version 1")
                self._check(path)
                self._paths.remove(path)
        if self._paths and self._random.random() < 0.7:
            self._check(self._paths.pop(0))

    def _check(self, path: Path) -> None:
        if version_of(path) == 1:
            expect(contents(path) == self._before, f"{path} is of version 1 and was changed")
            check_folder(path.parent, 1, self._names(path))
        with open_project(path) as project:
            expect(project.document("crossing").digest == self._digest, f"{path}: other labels")
            check_whole(project)
        backups = list(path.parent.glob("*-backup-*"))
        expect(len(backups) == 1, f"{path} has {len(backups)} backups")
        expect(contents(backups[0]) == self._before, f"{backups[0]} is not what was there before")
        check_folder(path.parent, 0, self._names(path))
        shutil.rmtree(path.parent)

    @staticmethod
    def _names(path: Path) -> list[str]:
        return [p.name for p in path.parent.iterdir() if p.name.startswith("p.")]

    def finish(self) -> None:
        while self._paths:
            self._check(self._paths.pop())
