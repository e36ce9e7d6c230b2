"""What `av3d compare` may be given as A and B: projects, files with labels, the labels of the log."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from av3d.cli.release_diff import State, state_of
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.logs.log import Log
    from av3d.ontology.ontology import Ontology
    from av3d.present.comparison import OtherLabels

OWN = "own"
"""Stands for the labels that come with the log."""
_PROJECT_URL = re.compile(r"(postgres|postgresql|sqlite)(\+\w+)?://", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """How files with labels are read.

    Attributes:
        format: of files with labels, None if it is to be recognised.
        link: whether detections become tracks.
        proposals: whether proposals of a detector count.
        min_score: below which nothing is read.
    """

    format: str | None
    link: bool
    proposals: bool
    min_score: float | None


@dataclass(frozen=True)
class Given:
    """One side as the user gave it.

    Attributes:
        text: what was written.
        project: the state of a project that it means, or None.
        path: the file or folder with labels; None: a project, or the log's own labels.
    """

    text: str
    project: State | None = None
    path: Path | None = None


def given_side(text: str) -> Given:
    """What a text stands for.

    Raises:
        Av3dError: there is nothing of that name.
    """
    from av3d.present.comparison import is_project_file
    from av3d.store.releases.file import is_release_file

    if text == OWN:
        return Given(text)
    path = Path(text)
    place = Path(text.rpartition("@")[0]) if "@" in text else path
    of_project = bool(_PROJECT_URL.match(text)) or is_project_file(path) or is_project_file(place)
    if of_project or (path.is_file() and is_release_file(path)):
        return Given(text, project=state_of(text, None))
    if not path.exists():
        raise Av3dError("there is no such project, file or folder", text, "check the path")
    return Given(text, path=path)


def logs_of(
    given: list[Given], names: list[str] | None, recording: Path | None
) -> list[tuple[str, Log]]:
    """The logs that both sides have: what the projects call them, and the recordings.

    Args:
        given: both sides.
        names: only these.
        recording: of the log, where the user gave it.

    Raises:
        Av3dError: there is none, or its recording is not at hand.
    """
    from av3d.datasets.registry import is_there, open_log

    if recording is not None:
        log = open_log(recording)
        return [(names[0] if names and len(names) == 1 else log.name, log)]
    states = [one.project for one in given if one.project is not None]
    if not states:
        raise Av3dError(
            "neither side is a project that knows the log", " and ".join(g.text for g in given),
            "say with --recording which log they belong to",
        )  # fmt: skip
    common = [
        name
        for name in states[0].labels.documents
        if all(name in state.labels.documents for state in states) and (not names or name in names)
    ]
    for name in names or ():
        if name not in common:
            raise Av3dError(f"there is no log {name!r} in both", "--log", "see `av3d project info`")
    if not common:
        raise Av3dError(
            "the two have no log in common", " and ".join(g.text for g in given),
            "compare labels of the same log",
        )  # fmt: skip
    logs = []
    for name in common:
        places = [s.recordings[name] for s in states if name in s.recordings]
        there = next(((path, kind) for path, kind in places if is_there(path)), None)
        if there is None:
            raise Av3dError(
                f"the recording of log {name} is not at hand", places[0][0] if places else name,
                "move it back, or say with --recording where it is",
            )  # fmt: skip
        logs.append((name, open_log(*there)))
    return logs


def labels_of(
    given: Given, name: str, log: Log, reading: Reading, ontology: Ontology
) -> OtherLabels:
    """The labels of a log that one side has; Av3dError if it has none."""
    from av3d.present.comparison import OtherLabels, labels_from_file

    if given.project is None:
        return labels_from_file(
            log, given.path, reading.format if given.path is not None else None, ontology,
            link=reading.link, min_score=reading.min_score,
        )  # fmt: skip
    document = given.project.labels.documents.get(name)
    if document is None:
        known = ", ".join(given.project.labels.documents) or "none"
        raise Av3dError(f"there is no log {name!r}", given.text, f"logs there: {known}")
    title = Path(given.text.partition("?")[0]).name
    return OtherLabels(title, tuple(document.tracks.values()))
