"""The command `compare`: how well two sets of labels agree, where they differ, one made of both."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from av3d.cli.comparison_words import comparison_lines
from av3d.cli.console import print_json, progress, remark, say
from av3d.cli.logs import JsonOption
from av3d.cli.projects import AuthorOption, LogNameOption, one_of
from av3d.cli.release_diff import State, state_of
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.logs.log import Log
    from av3d.ontology.ontology import Ontology
    from av3d.present.comparison import LogComparison, OtherLabels
    from av3d.qa.agreement.pairs import Criterion

OWN = "own"
MEASURES = ("iou", "bev", "distance")
TAKES = ("average", "a", "b")
TIMES = ("frames", "keyframes")
_PROJECT_URL = re.compile(r"(postgres|postgresql|sqlite)(\+\w+)?://", re.IGNORECASE)
_LIMIT = re.compile(
    r"\s*(?:(?P<category>[^<>:]+):)?\s*(?P<name>[a-z0-9_]+)\s*(?P<sign><=|>=|<|>)\s*"
    r"(?P<limit>[-+0-9.eE]+)\s*"
)
_SIGNS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def compare(
    a: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="The labels that are measured: a project (PROJECT@RELEASE and PROJECT@ENTRY, too), a "
            f"file or folder with labels, or `{OWN}` for those that come with the log.",
        ),
    ],
    b: Annotated[
        str,
        typer.Argument(
            metavar="B", help="Those that they are measured by. Default: the log’s own."
        ),
    ] = OWN,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", metavar="PATH", help="B, a file or folder with labels."),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option("--format", help="Kind of files with labels, if it is not recognised."),
    ] = None,
    log: LogNameOption = None,
    recording: Annotated[
        Path | None,
        typer.Option(
            "--recording", metavar="LOG", help="The log, where neither side is a project."
        ),
    ] = None,
    match: Annotated[
        str,
        typer.Option(
            "--match", help="By 3D overlap (iou), BEV overlap (bev) or centres (distance)."
        ),
    ] = "iou",
    limit: Annotated[
        float | None,
        typer.Option(
            "--limit",
            metavar="X",
            help="Least overlap, default 0.5; largest distance, default 2 m.",
        ),
    ] = None,
    any_class: Annotated[
        bool, typer.Option("--any-class", help="Categories need not be the same.")
    ] = False,
    bands: Annotated[
        str, typer.Option("--bands", metavar="M,M", help="Distances that are told apart.")
    ] = "20,40,60",
    at: Annotated[
        str,
        typer.Option("--at", help="Compare at all frames, or only at keyframes of B: keyframes."),
    ] = "frames",
    link: Annotated[
        bool, typer.Option("--link", help="Link detections without identity to tracks first.")
    ] = False,
    proposals: Annotated[
        bool, typer.Option("--proposals", help="Count proposals of a detector, too.")
    ] = False,
    min_score: Annotated[
        float | None,
        typer.Option("--min-score", metavar="S", help="Leave out what a detector scores lower."),
    ] = None,
    most: Annotated[
        int, typer.Option("--differences", metavar="N", min=0, help="List so many differences.")
    ] = 20,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Also write an HTML page.")
    ] = None,
    consensus: Annotated[
        Path | None,
        typer.Option(
            "--consensus",
            metavar="OUT",
            help="Write a project: what agrees is settled, what differs is left with issues.",
        ),
    ] = None,
    take: Annotated[
        str, typer.Option("--take", help="Of what agrees: the average, a or b.")
    ] = "average",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the page or project if it is there.")
    ] = False,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            metavar="RULE",
            help="Exit with 1 if it holds: recall<0.95, car:iou<0.8, differences>10. May be repeated.",
        ),
    ] = None,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> int:
    """Say how well two sets of labels agree, and in what they differ."""
    one_of(at, TIMES, "time to compare at", "--at")
    one_of(take, TAKES, "side to take", "--take")
    rules = [_Rule.of(text) for given in fail_on or () for text in given.split(",")]
    criterion, bands_m = _criterion(match, limit, any_class), _bands(bands)
    for path in (out, consensus):
        if path is not None and path.exists() and not overwrite:
            raise Av3dError("the file is there already", path, "choose another name or --overwrite")
    if labels is not None and b != OWN:
        raise Av3dError("B is given twice", f"{b}, --labels {labels}", "leave one of them out")
    reading = _Reading(format, link, proposals, min_score)
    given = [_given(text) for text in (a, str(labels) if labels is not None else b)]
    logs = _compared(given, reading, log, recording, criterion, bands_m, at == "keyframes")
    if out is not None:
        from av3d.files import new_file
        from av3d.present.comparison_page import page

        with new_file(out) as aside:
            aside.write_text(page(logs), encoding="utf-8")
    made = None
    if consensus is not None:
        from av3d.present.comparison import write_consensus
        from av3d.qa.agreement.consensus import Take

        made = write_consensus(
            logs, consensus, take=Take(take), author=author, time_ns=time.time_ns()
        )
    from av3d.present.comparison import facts

    told = facts(logs, None if as_json else most)
    broken = [rule.text for rule in rules if rule.holds(told)]
    if as_json:
        print_json({**told, "consensus": made, "failed": broken})
    else:
        for line in comparison_lines(told):
            say(line)
        if out is not None:
            remark(f"page: {out}")
        if made is not None:
            say(
                f"consensus: {made['agreed']} tracks settled, {made['disputed']} disputed, "
                f"{made['only_a']} only in A, {made['only_b']} only in B: {consensus}"
            )
    for text in broken:
        remark(f"failed: {text}")
    return 1 if broken else 0


@dataclass(frozen=True)
class _Rule:
    """Something that makes the command fail: "car:recall<0.95"."""

    text: str
    category: str
    name: str
    sign: str
    limit: float

    @staticmethod
    def of(text: str) -> _Rule:
        found = _LIMIT.fullmatch(text)
        try:
            limit = float(found["limit"]) if found else math.nan
        except ValueError:
            limit = math.nan
        if found is None or math.isnan(limit):
            raise Av3dError(
                f"not a rule: {text.strip()[:60]!r}", "--fail-on", "write it like recall<0.95"
            )
        category = (found["category"] or "").strip()
        return _Rule(text.strip(), category, found["name"], found["sign"], limit)

    def holds(self, told: Mapping[str, Any]) -> bool:
        values = self._values(told)
        if self.name not in values:
            names = " ".join(name for name, value in values.items() if _is_number(value))
            what = f"there is no number {self.name!r}"
            if self.category:
                what += f" of {self.category}"
            raise Av3dError(what, "--fail-on", f"use one of: {names}")
        value = values[self.name]
        # What there is nothing to tell of is not good enough: a check that saw nothing proves nothing.
        return not _is_number(value) or _SIGNS[self.sign](float(value), self.limit)

    def _values(self, told: Mapping[str, Any]) -> dict[str, Any]:
        if not self.category:
            detection = told["detection"] or {}
            numbers = {name: value for name, value in detection.items() if name != "errors"}
            tracking = told["tracking"] or {}
            return {**told["all"], **tracking, **numbers, "differences": told["differences"]}
        groups = {one["category"]: one for one in told["groups"] if one["distance"] is None}
        if self.category not in groups:
            known = ", ".join(groups)
            raise Av3dError(f"there are no {self.category!r}", "--fail-on", f"there are: {known}")
        tracking = told["tracking_by_category"].get(self.category, {})
        detection = told["detection_by_category"].get(self.category, {})
        return {
            **{n: v for n, v in groups[self.category].items() if n not in ("category", "distance")},
            **tracking,
            **{name: value for name, value in detection.items() if name == "ap"},
        }


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True)
class _Reading:
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
class _Given:
    """One side as the user gave it.

    Attributes:
        text: what was written.
        project: the state of a project that it means, or None.
        path: the file or folder with labels; None: a project, or the log's own labels.
    """

    text: str
    project: State | None = None
    path: Path | None = None


def _given(text: str) -> _Given:
    from av3d.present.comparison import is_project_file
    from av3d.store.releases.file import is_release_file

    if text == OWN:
        return _Given(text)
    path = Path(text)
    place = Path(text.rpartition("@")[0]) if "@" in text else path
    of_project = bool(_PROJECT_URL.match(text)) or is_project_file(path) or is_project_file(place)
    if of_project or (path.is_file() and is_release_file(path)):
        return _Given(text, project=state_of(text, None))
    if not path.exists():
        raise Av3dError("there is no such project, file or folder", text, "check the path")
    return _Given(text, path=path)


def _compared(
    given: list[_Given],
    reading: _Reading,
    names: list[str] | None,
    recording: Path | None,
    criterion: Criterion,
    bands_m: list[float],
    keyframes_only: bool,
) -> list[LogComparison]:
    """Compare all logs that are meant."""
    from av3d.ontology.presets import default
    from av3d.present.comparison import compared, counted

    states = [one.project for one in given if one.project is not None]
    ontology = states[0].labels.ontology if states else default()
    found = []
    with progress() as show:
        logs = _logs(given, names, recording)
        for done, (name, log) in enumerate(logs):
            show(name, done, len(logs))
            a, b = (
                counted(_labels(one, name, log, reading, ontology), proposals=reading.proposals)
                for one in given
            )
            for side in (a, b):
                for note in side.notes:
                    remark(f"note: {side.title}: {note}")
            first = given[0].project
            known = None if first is None else first.labels.documents.get(name)
            events = () if known is None else tuple(known.events.values())
            found.append(
                compared(
                    log, a, b, ontology, criterion, bands_m, keyframes_only=keyframes_only,
                    events=events,
                )
            )  # fmt: skip
    return found


def _logs(
    given: list[_Given], names: list[str] | None, recording: Path | None
) -> list[tuple[str, Log]]:
    """The logs that both sides have: what the projects call them, and the recordings."""
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


def _labels(
    given: _Given, name: str, log: Log, reading: _Reading, ontology: Ontology
) -> OtherLabels:
    """The labels of a log that one side has."""
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


def _criterion(match: str, limit: float | None, any_class: bool) -> Criterion:
    from av3d.qa.agreement.pairs import LIMITS, Criterion, Measure

    measure = Measure(one_of(match, MEASURES, "way to match", "--match"))
    chosen = LIMITS[measure] if limit is None else limit
    most = 50.0 if measure is Measure.DISTANCE else 1.0
    if not 0 < chosen <= most:
        what = "metres" if measure is Measure.DISTANCE else "of an overlap"
        raise Av3dError(f"not a limit: {chosen:g}", "--limit", f"give 0 to {most:g} {what}")
    return Criterion(measure, chosen, any_class)


def _bands(text: str) -> list[float]:
    try:
        found = [float(part) for part in text.split(",") if part.strip()]
    except ValueError:
        found = [math.nan]
    if any(not 0 < one < 1e6 for one in found) or found != sorted(set(found)):
        raise Av3dError(
            f"not distances: {text[:40]!r}", "--bands", "give metres that increase, like 20,40,60"
        )
    return found
