"""Trouble with the place of a project: what is said, what is kept, and whether work goes on.

`python tests/benchmarks/trouble.py [--json]`

In each case a project is edited, trouble comes, one edit is tried, the cause goes away, and the same
open project is edited again. Then every edit that was acknowledged has to be found, in the open
project and by another process, `check` (what `av3d project fsck` runs) has to be clean, and the message
has to be one line. Ends with 1 if anything is lost.

Cases that need a small disk are left out where mounting is not allowed; those on PostgreSQL where its
programs are not installed. Root becomes another user where rights are the trouble.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from av3d.calibration.rig import LidarMount, Rig
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.store.database import Database, StoreError
from av3d.store.project import Project, open_project
from av3d.tracks.change import Change
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track

sys.path.append(str(Path(__file__).parents[1]))
from databases import fill_up
from postgres import NoServerError, Server

LOG = "drive"
NOBODY = 65534
READ = """
import sys
from av3d.store.project import open_project
with open_project(sys.argv[1]) as project:
    print(project.check().clean, *sorted(track.id for track in project.tracks("drive")))
"""
LOCK = """
import sys
from av3d.store.database import Database
with Database(sys.argv[1], create=False).writing():
    print("locked", flush=True)
    sys.stdin.readline()
"""


class NoSweeps(SweepStream):
    """Of a log that is only a name here."""

    def read(self, index: int) -> Sweep:
        """Never called."""
        raise NotImplementedError


@dataclass
class Outcome:
    """What one case came to."""

    name: str
    said: list[str] = field(default_factory=list)
    acknowledged: int = 0
    found: int = 0
    elsewhere: int = 0
    clean: bool = False
    left_out: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing was lost, nothing is there that was refused, and each message is a line."""
        kept = self.acknowledged == self.found == self.elsewhere
        return bool(self.left_out) or (
            kept and self.clean and bool(self.said) and not any("\n" in line for line in self.said)
        )


class Work:
    """Somebody who edits a project."""

    def __init__(self, location: str | Path, outcome: Outcome) -> None:
        self.location = str(location)
        self.outcome = outcome
        open_project(location, create=True).close()
        self.open()
        rig = Rig("car", {"top": LidarMount(SE3.identity())}, {})
        sweeps = {"top": NoSweeps((0, 100))}
        log = Log(
            name=LOG,
            kind="folder",
            path=Path.cwd(),
            rig=rig,
            trajectory=Trajectory.identity(),
            lidars=sweeps,
            cameras={},
        )
        self.project.add_log(log)
        self.ids: list[str] = []
        for _ in range(20):
            self.edit()

    def open(self) -> None:
        """Open the project (again)."""
        self.project = Project(Database(self.location, create=False, lock_timeout_s=1.0))

    def edit(self, keyframes: int = 2) -> None:
        """Make a track."""
        name = f"track{len(self.ids):03}"
        cuboid = Cuboid(SE3.from_euler(0.1, 0.2, 0.3, [1, 2, 3]), np.array([4.5, 1.9, 1.6]))
        track = Track(name, "car", tuple(Keyframe(time, cuboid) for time in range(keyframes)))
        self.project.apply(LOG, [Change(None, track)], command="create")
        self.ids.append(name)

    def try_edit(self, keyframes: int = 2) -> None:
        """Make a track while there is trouble."""
        try:
            self.edit(keyframes)
        except StoreError as error:
            self.outcome.said.append(str(error))

    def finish(self) -> None:
        """Edit once more, and count."""
        self.edit()
        self.outcome.acknowledged = len(self.ids)
        found = {track.id for track in self.project.tracks(LOG)}
        self.outcome.found = len(found & set(self.ids)) - len(found - set(self.ids))
        clean = self.project.check().clean
        other = subprocess.run(
            [sys.executable, "-c", READ, self.location],
            capture_output=True,
            text=True,
            check=False,
        )
        words = other.stdout.split() or [other.stderr[-300:]]
        self.outcome.elsewhere = len(set(words) & set(self.ids))
        self.outcome.clean = clean and words[0] == "True"
        self.project.close()


# -- cases: each makes trouble, tries an edit, and takes the trouble away ---------------------------


def deleted(work: Work) -> None:
    """File deleted underneath."""
    Path(work.location).unlink()
    work.try_edit()


def all_deleted(work: Work) -> None:
    """File and its -wal and -shm deleted underneath."""
    for path in Path(work.location).parent.iterdir():
        path.unlink()
    work.try_edit()


def log_deleted(work: Work) -> None:
    """Only the -wal file deleted underneath."""
    Path(f"{work.location}-wal").unlink()
    work.try_edit()


def folder_deleted(work: Work) -> None:
    """The whole folder deleted; the copy in the user's folder is moved back."""
    folder = Path(work.location).parent
    shutil.rmtree(folder)
    work.try_edit()
    with suppress(StoreError):
        work.project.close()
    folder.mkdir()
    rescued = Path(os.environ["XDG_DATA_HOME"]) / "av3d" / "rescued"
    next(rescued.iterdir()).rename(work.location)
    work.open()


def moved(work: Work) -> None:
    """File renamed underneath."""
    Path(work.location).rename(f"{work.location}.old")
    work.try_edit()


def replaced(work: Work) -> None:
    """File replaced by an older copy; what was open is moved back."""
    path = Path(work.location)
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.replace(path)
    work.try_edit()
    with suppress(StoreError):
        work.project.close()
    next(path.parent.glob("*rescued*")).replace(path)
    work.open()


def read_only_folder(work: Work) -> None:
    """Folder without the right to write, opened anew."""
    folder = Path(work.location).parent
    work.project.close()
    with as_somebody_else(folder):
        folder.chmod(0o500)
        work.open()
        work.try_edit()
        folder.chmod(0o700)
        work.edit()
        work.project.close()
    work.open()


def read_only_file(work: Work) -> None:
    """File without the right to write, opened anew."""
    path = Path(work.location)
    work.project.close()
    with as_somebody_else(path.parent):
        path.chmod(0o400)
        work.open()
        work.try_edit()
        path.chmod(0o600)
        work.edit()
        work.project.close()
    work.open()


def locked(work: Work) -> None:
    """Another process writes for longer than the time to wait."""
    other = subprocess.Popen(
        [sys.executable, "-c", LOCK, work.location],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert other.stdout is not None
    other.stdout.readline()
    work.try_edit()
    other.communicate(b"\n")


def write_fails(work: Work) -> None:
    """The system refuses to let the file grow."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    largest = max(path.stat().st_size for path in Path(work.location).parent.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, limits[1]))
    try:
        work.try_edit(keyframes=5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def disk_full(work: Work) -> None:
    """A disk of 2 MB is full; then it has room again."""
    filler = Path(work.location).with_name("filler")
    fill_up(filler)
    for _ in range(50):
        if not work.outcome.said:
            work.try_edit(keyframes=200)
    filler.unlink()


def opened_on_full_disk(work: Work) -> None:
    """A project is opened on a full disk; then there is room again."""
    work.project.close()
    filler = Path(work.location).with_name("filler")
    fill_up(filler)
    work.open()
    work.project.tracks(LOG)
    work.try_edit()
    filler.unlink()


def server_stopped(work: Work, server: Server) -> None:
    """The PostgreSQL server is stopped, and started again."""
    server.stop()
    work.try_edit()
    server.start()


def server_read_only(work: Work, server: Server) -> None:
    """The PostgreSQL server is restarted unseen, and takes no writes for a while."""
    server.stop()
    server.start()
    work.edit()
    name = work.location.rpartition("/")[2]
    server.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    server.stop()
    server.start()
    work.try_edit()
    server.run(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    server.stop()
    server.start()


def server_locked(work: Work, _server: Server) -> None:
    """Another process writes to the PostgreSQL project for longer than the time to wait."""
    locked(work)


ANYWHERE: tuple[Callable[[Work], None], ...] = (
    *(deleted, all_deleted, log_deleted, folder_deleted, moved, replaced),
    *(read_only_folder, read_only_file, locked, write_fails),
)
SMALL_DISK: tuple[Callable[[Work], None], ...] = (disk_full, opened_on_full_disk)
SERVER: tuple[Callable[[Work, Server], None], ...] = (
    *(server_stopped, server_read_only, server_locked),
)


@contextmanager
def as_somebody_else(folder: Path) -> Iterator[None]:
    """Root may do everything, so it becomes another user, who owns the folder."""
    root = os.geteuid() == 0
    if root:
        for path in (folder, *folder.iterdir()):
            os.chown(path, NOBODY, NOBODY)
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
            os.setegid(0)


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A disk of 2 MB on a folder; False where that is not allowed."""
    command = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=0777", "tmpfs", folder]
    mounted = not subprocess.run(command, capture_output=True, check=False).returncode
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", folder], check=True)


def run_all() -> list[Outcome]:
    """All cases, each with a project of its own."""
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="av3d-trouble-") as name:
        top = Path(name)
        top.chmod(0o755)
        os.environ["XDG_DATA_HOME"] = str(top / "data")
        for case in (*ANYWHERE, *SMALL_DISK):
            outcome = _outcome(case, outcomes)
            folder = top / case.__name__
            folder.mkdir()
            if case in ANYWHERE:
                _run(outcome, folder / "p.av3d", case)
                continue
            with small_disk(folder) as mounted:
                if mounted:
                    _run(outcome, folder / "p.av3d", case)
                else:
                    outcome.left_out = "mounting a small disk is not allowed"
        try:
            server = Server()
        except NoServerError as error:
            for on_server in SERVER:
                _outcome(on_server, outcomes).left_out = str(error)
            return outcomes
        with server:
            for on_server in SERVER:
                outcome = _outcome(on_server, outcomes)
                with server.database() as url:
                    _run(outcome, url, lambda work, case=on_server: case(work, server))
    return outcomes


def _outcome(case: Callable[..., None], outcomes: list[Outcome]) -> Outcome:
    outcomes.append(Outcome((case.__doc__ or "").strip().rstrip(".")))
    return outcomes[-1]


def _run(outcome: Outcome, location: str | Path, case: Callable[[Work], None]) -> None:
    work = Work(location, outcome)
    case(work)
    work.finish()


def main() -> int:
    """Run the cases and print them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    outcomes = run_all()
    if options.json:
        print(json.dumps([asdict(outcome) for outcome in outcomes], indent=1))
    else:
        for outcome in outcomes:
            _print(outcome)
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def _print(outcome: Outcome) -> None:
    print(outcome.name)
    if outcome.left_out:
        print(f"  left out: {outcome.left_out}")
        return
    for line in outcome.said:
        print(f"  error: {line}")
    print(
        f"  {'nothing lost' if outcome.passed else 'FAILED'}: {outcome.acknowledged} edits "
        f"acknowledged, {outcome.found} found, {outcome.elsewhere} by another process, "
        f"check {'clean' if outcome.clean else 'with findings'}"
    )


if __name__ == "__main__":
    sys.exit(main())
