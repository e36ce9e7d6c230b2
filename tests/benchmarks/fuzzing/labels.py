"""Importing damaged labels into a project: wholly, or in one line with nothing changed."""

from __future__ import annotations

import fnmatch
import os
import random
import shutil
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from fuzzing.seeds import Seed

from av3d.cli.main import run
from av3d.errors import Av3dError
from av3d.store.project import open_project

MOST_CHECKED_BYTES = 5_000_000
"""Of a project that is checked: a line that comes 20,000 times makes as many tracks, and the check of
them takes longer than their import."""


@dataclass(frozen=True)
class LabelSeed(Seed):
    """An export, and a project that its labels were imported into.

    Attributes:
        arguments: of `av3d import`; "{}" stands for the folder.
        holding: patterns of the files that hold labels: only those are damaged.
        project: the project.
        others: folders that may be read, too.
    """

    arguments: tuple[str, ...] = ()
    holding: tuple[str, ...] = ()
    project: Path = Path()
    others: tuple[Path, ...] = ()

    def may_be_damaged(self, name: str) -> bool:
        """Whether a file, by its path inside the folder, holds labels."""
        return any(fnmatch.fnmatch(name, pattern) for pattern in self.holding)


def import_damaged(seed: LabelSeed, folder: Path, results: Path, chance: random.Random) -> None:
    """Import the labels of a damaged copy of a seed.

    Raises:
        Av3dError: the line that the user sees; the project is as it was.
        RuntimeError: it is not, or there is more than one line.
    """
    results.mkdir()
    project = results / "p.av3d"
    fresh = chance.random() < 0.2
    if not fresh:
        shutil.copyfile(seed.project, project)
    try:
        before = None if fresh else _state(project)
        out, err = StringIO(), StringIO()
        given = [argument.replace("{}", str(folder)) for argument in seed.arguments]
        options = ["--project", str(project), "--author", "fuzz", "--replace"]
        if chance.random() < 0.3:
            options.append("--json")
        with redirect_stdout(out), redirect_stderr(err):
            code = run(["import", *given, *options])
        if code == 0 and project.stat().st_size > MOST_CHECKED_BYTES:
            return
        if code == 0:
            with open_project(project) as opened:
                report = opened.check()
                if not report.clean:
                    raise RuntimeError(f"imported, but {report.findings[:3]}")
            return
        if fresh and any(results.iterdir()):
            raise RuntimeError(f"refused, but made {[path.name for path in results.iterdir()]}")
        if not fresh and _state(project) != before:
            raise RuntimeError("refused, but the project is another one")
        _check(code, out.getvalue(), err.getvalue())
        raise Av3dError(err.getvalue().strip(), folder)
    finally:
        shutil.rmtree(results, ignore_errors=True)


def _check(code: int, out: str, err: str) -> None:
    lines = err.splitlines()
    if code != 2 or out.strip() or len(lines) != 1 or not lines[0].startswith("error: "):
        raise RuntimeError(f"code {code}, said {out[:200]!r} and {err[:600]!r}")
    if "out of memory" in err:
        raise MemoryError(err)
    if "has a defect" in err:
        raise RuntimeError(err)


def _state(project: Path) -> tuple[object, ...]:
    with open_project(project) as opened:
        last = opened.position
        digests = [opened.document(log.name).digest for log in opened.logs()]
        return (last, opened.ontology().digest, *digests)


def label_seed(of_format: str, out: Path) -> LabelSeed:
    """An export of the labels of a small log in a format."""
    from kill import make_log

    beside = out.parent / f"beside {out.name}"
    beside.mkdir(parents=True)
    log, first = make_log(beside), beside / "first.av3d"
    _must(["import", str(log), "--project", str(first), "--keyframe-every-s", "0.2"])
    exported = ["--project", str(first), "--format", of_format, "--out", str(out)]
    # A few tracks of each kind: it is imported a thousand times.
    _must(["export", *exported, "--max-distance-m", "45"])
    return seed_of_export(of_format, out, log, beside / "p.av3d")


def seed_of_export(of_format: str, out: Path, log: Path, project: Path) -> LabelSeed:
    """An export as it is, imported into a project once.

    Args:
        of_format: of the export.
        out: its folder.
        log: that was exported.
        project: that is made.
    """
    from round_trips import WAYS

    way = WAYS[of_format]
    arguments = way.arguments(out, log, of_format)
    _must(["import", *arguments, "--project", str(project)])
    named = tuple(argument.replace(str(out), "{}") for argument in arguments)
    return LabelSeed(
        out, (), "", arguments=named, holding=way.holding, project=project,
        others=(log, project.parent),
    )  # fmt: skip


def _must(arguments: list[str]) -> None:
    with Path(os.devnull).open("w") as quiet, redirect_stdout(quiet), redirect_stderr(quiet):
        if run(arguments):
            raise RuntimeError(f"av3d {' '.join(arguments)}")
