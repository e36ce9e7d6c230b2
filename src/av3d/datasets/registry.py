"""Finding datasets: by name, and by looking at a path."""

from __future__ import annotations

import logging
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from itertools import islice
from pathlib import Path

from av3d.datasets.dataset import Dataset, DatasetError, no_progress
from av3d.errors import Av3dError
from av3d.logs.log import Log
from av3d.remote import fetch_all, is_remote, local_path, remote_address
from av3d.tracks.track import Track

GROUP = "av3d.datasets"

LEVELS_ABOVE = 4
"""Folders above a path that are asked whether they are the log: a part may lie deep inside."""
INSIDE = 100
"""Entries of a folder that are asked whether they are logs."""
NAMED = 5
"""Logs that a message names."""

logger = logging.getLogger(__name__)


@cache
def datasets() -> tuple[Dataset, ...]:
    """All installed datasets, built-in ones and plug-ins, sorted by name.

    A plug-in that does not load is left out with a warning, so that a broken one of somebody else
    does not keep a user from the logs that need it not.
    """
    found: list[Dataset] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            loaded = entry.load()
        except Exception as error:  # a third-party module may raise anything when it is imported
            logger.warning("dataset plug-in %s (%s) does not load: %s", *_of(entry), error)
            continue
        if isinstance(loaded, Dataset):
            found.append(loaded)
        else:
            logger.warning("dataset plug-in %s (%s) is not a Dataset", *_of(entry))
    return tuple(found)


def _of(entry: EntryPoint) -> tuple[str, str]:
    return entry.name, entry.value


def dataset(name: str, *, writes_labels: bool = False) -> Dataset:
    """The dataset of a name.

    Args:
        name: as in the entry point, for example "kitti-tracking".
        writes_labels: only one that can be exported to.

    Raises:
        DatasetError: there is none; lists the names there are.
    """
    known = {
        candidate.name: candidate
        for candidate in datasets()
        if candidate.writes_labels or not writes_labels
    }
    if name not in known:
        what = f"labels cannot be written as {name!r}" if writes_labels else f"no dataset {name!r}"
        raise DatasetError(what, "", f"use one of: {' '.join(known)}")
    return known[name]


def recognise(path: str | Path) -> Dataset:
    """The dataset that a path belongs to.

    Raises:
        DatasetError: the path is not there, or no dataset (or more than one) recognises it; the
            message names the formats there are.
    """
    here, shown = local_path(path), remote_address(path) or path
    matches = [candidate for candidate in datasets() if _recognises(candidate, here)]
    # A path may go on inside of a log's files (a scene of nuScenes), where the disk has nothing.
    if not matches and not here.exists():
        raise DatasetError("there is no such file or folder", shown, "check the path")
    if len(matches) == 1:
        return matches[0]
    if matches:
        names = " or ".join(match.name for match in matches)
        raise DatasetError(f"looks like {names}", shown, "say which with --format")
    if not is_remote(path):
        _raise_if_near(here)
    formats = ", ".join(candidate.name for candidate in datasets() if candidate.reads_logs)
    raise DatasetError(
        "not a log that av3d knows", shown,
        f"see docs/guide/bring-your-own-log.md, or say which with --format: {formats}",
    )  # fmt: skip


def _raise_if_near(path: Path) -> None:
    """DatasetError that says which log is meant, if it is above the path or directly in it."""
    for above in list(path.absolute().parents)[:LEVELS_ABOVE]:
        if _is_log(above):
            raise DatasetError("this is part of a log", path, f"give its folder: {above}")
    try:
        inside = sorted(islice(path.iterdir(), INSIDE)) if path.is_dir() else []
    except OSError:
        return
    logs = [entry.name for entry in inside if entry.is_dir() and _is_log(entry)]
    if logs:
        more = " …" if len(logs) > NAMED else ""
        raise DatasetError(
            "this is no log but a folder with logs", path,
            f"give one of those in it: {', '.join(logs[:NAMED])}{more}",
        )  # fmt: skip


def _is_log(path: Path) -> bool:
    return any(_recognises(candidate, path) for candidate in datasets())


def kinds_of(path: Path) -> tuple[str, ...]:
    """Names of the datasets that know a path as a log of theirs; none if it is no log."""
    return tuple(candidate.name for candidate in datasets() if _recognises(candidate, path))


def _recognises(candidate: Dataset, path: Path) -> bool:
    try:
        return candidate.reads_logs and candidate.recognise(path)
    except OSError:
        return False


def is_there(path: Path) -> bool:
    """Whether a path is on the disk, or names a part of what is there (a scene of nuScenes).

    A remote address counts as there; opening it tells.
    """
    return (
        is_remote(path)
        or path.exists()
        or any(_recognises(candidate, path) for candidate in datasets())
    )


def dataset_of_labels(log: Log, labels: Path | None, format: str | None = None) -> Dataset:
    """The dataset that reads labels: of the name, else the one that knows the file, else the log's own.

    Args:
        log: what the labels belong to.
        labels: where they are; None: in the log.
        format: name of a dataset.

    Raises:
        DatasetError: there is none of that name.
    """
    if format is None and labels is not None:
        knowing = [known for known in datasets() if known.recognise_labels(labels)]
        if len(knowing) == 1:
            return knowing[0]
    return dataset(format or log.kind)


def own_labels(log: Log) -> tuple[Track, ...]:
    """The tracks of the labels that come with a log; none if its kind has no labels.

    Raises:
        Av3dError: the log has no labels, or they are broken.
    """
    kind = dataset(log.kind)
    return kind.read_labels(log).tracks if kind.reads_labels else ()


def open_log(path: str | Path, format: str | None = None) -> Log:
    """Open a log; its kind is recognised from the path unless `format` names a dataset.

    Reads calibration, poses and timestamps; points and images are read when asked for. The path may
    be an address such as "s3://bucket/log" (docs/remote.md): files come when they are read.

    Raises:
        Av3dError: the path is not a log, or the log is broken; one line that says what to do.
    """
    kind = dataset(format) if format else recognise(path)
    here = local_path(path)
    if is_remote(path) and type(kind).__module__.split(".")[0] != __name__.split(".")[0]:
        # Somebody else's reader opens files itself, past `av3d.reading`.
        fetch_all(here, no_progress)
    try:
        return kind.open(here)
    except Av3dError as error:
        # What went wrong deep inside of a computation does not know which log it is about.
        error.where = error.where or str(remote_address(path) or path)
        if format and kind.looks_for and not _recognises(kind, here):
            error.fix = "; ".join(filter(None, [error.fix, f"{format} is {kind.looks_for}"]))
        raise
