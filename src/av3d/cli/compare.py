"""The command `compare`: how well two sets of labels agree, where they differ, one made of both."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from av3d.cli.comparison_rules import Rule
from av3d.cli.comparison_sides import OWN, Given, Reading, given_side, labels_of, logs_of
from av3d.cli.comparison_words import comparison_lines
from av3d.cli.console import print_json, progress, remark, say
from av3d.cli.logs import JsonOption
from av3d.cli.projects import AuthorOption, LogNameOption, log_time_ns, one_of
from av3d.cli.selecting import FromOption, ToOption
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.logs.log import Log
    from av3d.present.comparison import LogComparison
    from av3d.qa.agreement.pairs import Criterion

MEASURES = ("iou", "bev", "distance")
TAKES = ("average", "a", "b")
TIMES = ("frames", "keyframes")


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
    start: FromOption = None,
    end: ToOption = None,
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
            help="Write a new project: what agrees is settled, what differs is left with issues.",
        ),
    ] = None,
    take: Annotated[
        str, typer.Option("--take", help="Of what agrees: the average, a or b.")
    ] = "average",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the page if it is there.")
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
    rules = [Rule.of(text) for given in fail_on or () for text in given.split(",")]
    criterion, bands_m = _criterion(match, limit, any_class), _bands(bands)
    if out is not None:
        from av3d.present.quality.page import check_writable

        check_writable(out, overwrite=overwrite)
    if consensus is not None and consensus.exists():
        raise Av3dError("the file is there already", consensus, "choose another name")
    if labels is not None and b != OWN:
        raise Av3dError("B is given twice", f"{b}, --labels {labels}", "leave one of them out")
    reading = Reading(format, link, proposals, min_score)
    for text, option in ((start, "--from"), (end, "--to")):
        if text is not None:
            log_time_ns(text, 0, option)  # before logs are read
    times = _Times(at == "keyframes", start, end)
    given = [given_side(text) for text in (a, str(labels) if labels is not None else b)]
    logs = _compared(given, reading, log, recording, criterion, bands_m, times)
    from av3d.present.comparison import facts, write_consensus
    from av3d.qa.agreement.consensus import Take

    told = facts(logs)
    broken = [rule.text for rule in rules if rule.holds(told)]
    if out is not None:
        from av3d.files import new_file
        from av3d.present.comparison_page import page

        with new_file(out) as aside:
            aside.write_text(page(logs, told), encoding="utf-8")
    made = None
    if consensus is not None:
        made = write_consensus(
            logs, consensus, take=Take(take), author=author, time_ns=time.time_ns()
        )
    if as_json:
        print_json({**told, "consensus": made, "failed": broken})
    else:
        for line in comparison_lines(told, most):
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
class _Times:
    """At which times labels are compared; see the options."""

    keyframes_only: bool
    start: str | None
    end: str | None

    def span_ns(self, log: Log) -> tuple[int | None, int | None]:
        """First and last time of a log, None for no limit."""
        first, last = (
            None if text is None else log_time_ns(text, log.start_ns, option)
            for text, option in ((self.start, "--from"), (self.end, "--to"))
        )
        return first, last


def _compared(
    given: list[Given],
    reading: Reading,
    names: list[str] | None,
    recording: Path | None,
    criterion: Criterion,
    bands_m: list[float],
    times: _Times,
) -> list[LogComparison]:
    """Compare all logs that are meant."""
    from av3d.ontology.presets import default
    from av3d.present.comparison import compared, counted

    states = [one.project for one in given if one.project is not None]
    ontology = states[0].labels.ontology if states else default()
    found = []
    with progress() as show:
        logs = logs_of(given, names, recording)
        for done, (name, log) in enumerate(logs):
            show(name, done, len(logs))
            a, b = (
                counted(labels_of(one, name, log, reading, ontology), proposals=reading.proposals)
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
                    log, a, b, ontology, criterion, bands_m,
                    keyframes_only=times.keyframes_only, span_ns=times.span_ns(log),
                    events=events,
                )
            )  # fmt: skip
    return found


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
