"""The command `release diff`: what changed between two states of labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from av3d.cli.console import print_json, remark, say
from av3d.cli.logs import JsonOption
from av3d.cli.projects import AnyProjectOption, LogNameOption
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.store.project import Project
    from av3d.store.releases.labels import Labels

MOST = 100
"""Tracks of a log that are listed; --all lists the rest."""

_MOMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


def diff(
    before: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="A release or a journal entry of --project, `now`, another project (its labels as "
            "they are, or PROJECT@RELEASE), or a release’s file.",
        ),
    ],
    after: Annotated[str, typer.Argument(metavar="B", help="The same; default: now.")] = "now",
    project: AnyProjectOption = None,
    log: LogNameOption = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Also write a page with drawings."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help=f"List all tracks, not the first {MOST} of a log.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the page if it is there.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Say what changed from A to B: tracks, categories, moves."""
    from av3d.store.releases.comparison import compare
    from av3d.store.releases.words import difference_as_json, difference_lines

    if html is not None and html.exists() and not overwrite:
        raise Av3dError("the file is there already", html, "choose another name or --overwrite")
    sides = [state_of(text, project) for text in (before, after)]
    for name in log or ():
        if not any(name in side.labels.documents for side in sides):
            raise Av3dError(f"neither side has a log {name!r}", "--log", "see `av3d project info`")
    old, new = (_only(side.labels, log) for side in sides)
    common = old.documents.keys() & new.documents.keys()
    times = {name: ns for name in common if (ns := _frame_times_ns(name, sides)) is not None}
    found = compare(old, new, times)
    if html is not None:
        from av3d.files import new_file
        from av3d.store.releases.page import page

        with new_file(html) as aside:
            aside.write_text(page(found), encoding="utf-8")
    if as_json:
        print_json(difference_as_json(found))
    else:
        for line in difference_lines(found, None if everything else MOST):
            say(line)
        if html is not None:
            remark(f"page: {html}")


@dataclass(frozen=True)
class State:
    """One of the two states that are compared.

    Attributes:
        labels: the state.
        recordings: by log where its recording is, and of which kind it is.
    """

    labels: Labels
    recordings: Mapping[str, tuple[Path, str]]


def state_of(text: str, project: str | None) -> State:
    """The labels that a text stands for: see the arguments of `diff`.

    Raises:
        Av3dError: there are none.
    """
    from av3d.store.project import open_project
    from av3d.store.releases.file import is_release_file, sound_release_file
    from av3d.store.releases.labels import labels_at
    from av3d.store.releases.making import no_such_release, releases

    # In postgresql://user@host/labels the part after the @ is no moment.
    place, at, moment = text.rpartition("@")
    if at and _MOMENT.fullmatch(moment) and (Path(place).exists() or place.count("/") > 2):
        with open_project(place) as opened:
            found = _moment(opened, moment)
            if found is None:
                raise no_such_release(moment, releases(opened), opened.where)
            return found
    known = None
    if project is not None and _MOMENT.fullmatch(text):
        with open_project(project) as opened:
            found = _moment(opened, text)
            known = no_such_release(text, releases(opened), opened.where)
        if found is not None:
            return found
    if Path(text).is_file() and is_release_file(Path(text)):
        return State(sound_release_file(Path(text)).labels, {})
    if "://" in text or Path(text).exists():
        with open_project(text) as opened:
            # "now" of two projects would not tell them apart.
            name = text.rstrip("/").rpartition("/")[2].partition("?")[0]
            return State(replace(labels_at(opened), title=name), _recordings(opened))
    raise known or Av3dError(
        f"there is no project and no release’s file {text[:200]!r}",
        "release diff",
        "give a file, or --project for the names of releases",
    )


def _moment(project: Project, text: str) -> State | None:
    """The labels of a project at an entry, now, or at a release; None if it has none of that name."""
    from av3d.store.releases.labels import labels_at, labels_of
    from av3d.store.releases.making import releases
    from av3d.store.releases.release import NOW

    if text == NOW or text.isdigit():
        entry = None if text == NOW else int(text)
        return State(labels_at(project, entry), _recordings(project))
    for release in releases(project):
        if release.id == text:
            return State(labels_of(project, release), _recordings(project))
    return None


def _recordings(project: Project) -> dict[str, tuple[Path, str]]:
    return {entry.name: (entry.path, entry.kind) for entry in project.logs()}


def _only(labels: Labels, logs: list[str] | None) -> Labels:
    if not logs:
        return labels
    kept = {name: document for name, document in labels.documents.items() if name in logs}
    return replace(labels, documents=kept)


def _frame_times_ns(name: str, sides: list[State]) -> list[int] | None:
    """The times of the frames of a log; None where its recording is not at hand."""
    from av3d.datasets.registry import is_there, open_log

    for path, kind in (side.recordings[name] for side in sides if name in side.recordings):
        try:
            if is_there(path):
                times_ns: list[int] = open_log(path, kind).frames.timestamps_ns.tolist()
                return times_ns
        except Av3dError as error:
            remark(f"note: {name} is compared without its recording: {error.what}")
    return None
