"""What people do with a log and with calibration files; nothing may end in more than one line."""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from fuzzing.labels import LabelSeed, import_damaged
from fuzzing.seeds import Seed

from av3d.cli.logs import _print_facts, log_facts
from av3d.cli.pictures import drawn_tracks
from av3d.cli.rig import convert
from av3d.datasets.registry import dataset, open_log
from av3d.errors import Av3dError
from av3d.logs.log import Log
from av3d.render.bev_picture import bev_picture
from av3d.render.camera_picture import camera_picture

LONGEST_LINE = 3000
"""Characters; a line that quotes a whole file is no help."""


RESULTS = ".out"
"""Added to the name of a case's folder: where what is made of it goes."""


class EscapedError(Exception):
    """A file outside the log was opened, which no link inside of it leads to."""


_watched: list[str] = []
_opened_outside: list[str] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event != "open" or not _watched:
        return
    name = arguments[0]
    if not isinstance(name, str | bytes):
        return
    path = os.path.normpath(Path.cwd() / os.fsdecode(name))
    if not any(path == root or path.startswith(root + os.sep) for root in _watched):
        _opened_outside.append(path)


@contextmanager
def inside(*folders: str) -> Iterator[None]:
    """Raise EscapedError if Python opens a file that is not below one of these folders."""
    if not hasattr(sys, "_av3d_fuzz_hook"):
        sys.addaudithook(_hook)
        sys._av3d_fuzz_hook = True  # type: ignore[attr-defined]
    allowed = [sys.prefix, sys.base_prefix, "/usr", "/proc", "/dev", "/sys", "/etc/ld.so.cache"]
    source = str(Path(__file__).parents[3])
    _opened_outside.clear()
    # Not `*.pyc` alone: linecache reads sources for tracebacks.
    _watched[:] = [*folders, *allowed, *(f"{source}/{name}" for name in ("src", "calibration"))]
    _watched.append(f"{source}/.venv")
    try:
        yield
    finally:
        _watched.clear()
    if _opened_outside:
        raise EscapedError(f"opened {_opened_outside[0]}")


def use(seed: Seed, folder: Path, chance: random.Random) -> None:
    """Open, look at and draw a damaged copy of a seed; raises what it raises.

    Args:
        seed: what the copy was made of.
        folder: the copy.
        chance: what is optional is left out by chance.
    """
    if isinstance(seed, LabelSeed):
        results = Path(f"{folder}{RESULTS}")
        cache = os.environ["XDG_CACHE_HOME"]
        with inside(str(folder), str(results), cache, *map(str, seed.others)):
            import_damaged(seed, folder, results, chance)
        return
    with (
        Path(os.devnull).open("w") as nowhere,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
        inside(str(folder), f"{folder}{RESULTS}", os.environ["XDG_CACHE_HOME"]),
    ):
        if seed.format:
            _use_log(folder / seed.opened[0], seed.format, chance)
        else:
            _use_rig([str(folder / name) for name in seed.opened], folder, chance)


def _use_log(path: Path, format: str, chance: random.Random) -> None:
    log = open_log(path, format if chance.random() < 0.7 else None)
    kind = dataset(log.kind)
    facts = log_facts(log)
    json.dumps(facts)
    _print_facts(log, facts)
    # A part that is broken does not keep people from looking at the others.
    failures: list[Av3dError] = []
    for part in (_clouds, _images, _labels, _pictures):
        try:
            part(log, chance)
        except Av3dError as error:
            failures.append(error)
    if kind.reads_rigs and chance.random() < 0.3:
        place = path.parent if format == "kitti-raw" else path
        if kind.recognise_rig(place):
            kind.read_rig(place)
    for error in failures:
        check_line(error)
    if failures:
        raise failures[0]


def _ends(count: int) -> list[int]:
    return sorted({0, count - 1})


def _clouds(log: Log, chance: random.Random) -> None:
    for frame in _ends(len(log.frames)):
        log.cloud(frame)


def _images(log: Log, chance: random.Random) -> None:
    for camera, stream in log.cameras.items():
        for image in _ends(len(stream)) if len(stream) else ():
            log.image(camera, image)


def _labels(log: Log, chance: random.Random) -> None:
    kind = dataset(log.kind)
    if kind.reads_labels:
        read = kind.read_labels(log)
        for track in read.tracks:
            track.state_at(log.start_ns)
            track.state_at((log.start_ns + log.end_ns) // 2)


def _pictures(log: Log, chance: random.Random) -> None:
    if chance.random() < 0.3:
        tracks = drawn_tracks(log, None)
        bev_picture(log, 0, tracks, size_px=(160, 120))
        for camera in list(log.cameras)[:1]:
            camera_picture(log, 0, camera, tracks, points=True)


def _use_rig(files: list[str], folder: Path, chance: random.Random) -> None:
    named = [f"front={file}" if chance.random() < 0.1 else file for file in files]
    out = Path(f"{folder}{RESULTS}")
    out.mkdir()
    try:
        with_json = chance.random() < 0.5
        convert(named, out / "rig.toml", None, None, False, None, True, with_json)
    except Av3dError:
        # Nothing half-written: neither the result nor anything beside it.
        if left := [entry.name for entry in out.iterdir()]:
            raise RuntimeError(f"left {left}") from None
        raise
    finally:
        shutil.rmtree(out)


def check_line(error: Av3dError) -> None:
    """An error is one line that says where; raises RuntimeError if not."""
    text = str(error)
    if len(text.splitlines()) != 1 or not text.isprintable():
        raise RuntimeError(f"not one line: {text[:200]!r}") from error
    if len(text) > LONGEST_LINE:
        raise RuntimeError(f"{len(text)} characters: {text[:200]!r}") from error
    if not error.what or not error.where:
        raise RuntimeError(f"does not say where: {text!r}") from error
