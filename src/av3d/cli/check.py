"""The command `check`: what is wrong in labels, how much of it, and how they came about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from av3d.cli.console import print_json, progress, remark, say, table
from av3d.cli.logs import JsonOption
from av3d.cli.projects import (
    AnyProjectOption,
    LabelledLogArgument,
    LabelsFormatOption,
    LabelsOfLogOption,
    LogNameOption,
    counted,
    log_names,
    one_of,
    shown,
)
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.ontology.ontology import Ontology
    from av3d.present.quality.given import GivenLabels
    from av3d.present.quality.history import JournalFacts
    from av3d.present.quality.report import Report
    from av3d.qa.check import Check

MOST_ROWS = 200
"""Findings of the table; --json and the page have all."""


def check(
    log_path: LabelledLogArgument = None,
    project: AnyProjectOption = None,
    log: LogNameOption = None,
    labels: LabelsOfLogOption = None,
    format: LabelsFormatOption = None,
    checks: Annotated[
        str | None,
        typer.Option("--checks", metavar="IDS", help="Only these checks: speed,overlap."),
    ] = None,
    without: Annotated[
        str | None, typer.Option("--without", metavar="IDS", help="All checks but these.")
    ] = None,
    no_points: Annotated[
        bool,
        typer.Option(
            "--no-points", help="Check without sweeps and images; leave out what needs them."
        ),
    ] = False,
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on",
            metavar="LEVEL",
            help="Exit with 1 on an error, or on a warning, that nobody has accepted.",
        ),
    ] = None,
    journal: Annotated[
        bool,
        typer.Option(
            "--journal",
            help="Of a project, also: what was done again, findings by author, time spent.",
        ),
    ] = False,
    idle_s: Annotated[
        float,
        typer.Option(
            "--idle-s", metavar="S", min=1, help="Longer pauses between entries are no work."
        ),
    ] = 120.0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="PAGE", help="Also write a page: FILE.html, or a folder for it."
        ),
    ] = None,
    pictures: Annotated[
        int, typer.Option("--pictures", metavar="N", min=0, help="Findings that it draws, at most.")
    ] = 100,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the page given by --out.")
    ] = False,
    listed: Annotated[
        bool, typer.Option("--list", help="List all checks with their limits, and check nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Check labels: sizes, motions, points, overlaps, identities, gaps."""
    from av3d.qa.finding import Severity

    levels = [level.value for level in (Severity.ERROR, Severity.WARNING)]
    if fail_on is not None:
        one_of(fail_on, levels, "level", "--fail-on")
    if project is not None and log_path is not None:
        raise Av3dError(
            "labels are those of a project or of a log", "LOG, --project", "give one of them"
        )
    if project is None and (log is not None or journal):
        raise Av3dError(
            "labels of a log have no project", "--log" if log else "--journal",
            "give --project, or leave it out",
        )  # fmt: skip
    if project is not None and (labels is not None or format is not None):
        raise Av3dError(
            "a project has its own labels", "--labels" if labels else "--format",
            "give LOG, or leave it out",
        )  # fmt: skip
    chosen = _chosen(checks, without)
    if listed:
        _list(chosen, _ontology(project), as_json)
        return 0
    target = _target(out, overwrite)
    report = _report(
        project, log, log_path, labels, format, chosen,
        read=not no_points, journal=journal or out is not None, idle_s=idle_s,
        strict=fail_on is not None,
    )  # fmt: skip
    if target is not None:
        from av3d.present.quality.page import write_page

        with progress() as show:
            write_page(report, target, pictures=pictures, overwrite=overwrite, progress=show)
    if as_json:
        print_json({**report.as_json(), "page": None if target is None else str(target)})
    else:
        _print(report, journal)
        if target is not None:
            remark(f"page: {target}")
    return 1 if fail_on is not None and report.open_at_least(Severity(fail_on)) else 0


def _chosen(wanted: str | None, without: str | None) -> tuple[Check, ...]:
    from av3d.present.quality.report import chosen_checks
    from av3d.qa.registry import all_checks

    known = [check.id for check in all_checks()]
    left_out = [one_of(name, known, "check", "--without") for name in _names(without)]
    asked = None
    if wanted is not None:
        asked = [one_of(name, known, "check", "--checks") for name in _names(wanted)]
    found = chosen_checks(all_checks(), asked, left_out)
    if not found:
        raise Av3dError("no check is left", "--checks, --without", "see `av3d check --list`")
    return found


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _target(out: Path | None, overwrite: bool) -> Path | None:
    """The file of the page, refused before minutes are spent on filling it."""
    from av3d.present.quality.page import check_writable

    if out is None:
        return None
    target = out if out.suffix.lower() in (".html", ".htm") else out / "index.html"
    check_writable(target, overwrite=overwrite)
    return target


def _ontology(project: str | None) -> Ontology:
    from av3d.ontology.presets import default
    from av3d.store.project import open_project

    if project is None:
        return default()
    with open_project(project) as opened:
        return opened.ontology()


def _report(
    project: str | None,
    logs: list[str] | None,
    log_path: Path | None,
    labels: Path | None,
    format: str | None,
    checks: tuple[Check, ...],
    *,
    read: bool,
    journal: bool,
    idle_s: float,
    strict: bool,
) -> Report:
    from av3d.present.quality.checking import check_labels
    from av3d.present.quality.report import Report
    from av3d.qa.registry import unknown_limits

    facts = None
    with progress() as show:
        if project is not None:
            given, facts = _of_project(project, logs, journal, idle_s, strict, show)
        elif log_path is not None:
            from av3d.present.quality.given import labels_of_log

            given = labels_of_log(log_path, labels, format)
        else:
            raise Av3dError("nothing to check", "LOG, --project", "give one of them")
        found = tuple(
            check_labels(one, given.ontology, checks, read=read, progress=show)
            for one in given.labels
        )
    for text in (*given.notes, *unknown_limits(given.ontology)):
        remark(f"note: {text}")
    asked = {check.id: check for one in found for check in one.inspection.checks}
    silent = [check.id for check in checks if check.id not in asked]
    if silent:
        remark(f"note: not asked, as they need points or images: {', '.join(silent)}")
    report = Report(given.of, given.ontology, tuple(asked.values()), found, given.missing, facts)
    for check_id, why in report.failed:
        if strict:
            raise Av3dError(
                f"the check {check_id!r} has failed", why, f"mend it, or add --without {check_id}"
            )
        remark(f"note: the check {check_id!r} has failed: {why}")
    if not asked and given.labels:
        raise Av3dError(
            "no check can be asked without points and images", "--no-points, --checks",
            "choose other checks, see `av3d check --list`",
        )  # fmt: skip
    return report


def _of_project(
    place: str, logs: list[str] | None, journal: bool, idle_s: float, strict: bool, show: Any
) -> tuple[GivenLabels, JournalFacts | None]:
    from av3d.present.quality.given import labels_of_project
    from av3d.present.quality.history import read_journal
    from av3d.store.project import open_project

    with open_project(place) as opened:
        names = log_names(opened, logs)
        given = labels_of_project(opened, names)
        for name, why in given.missing:
            # A gate that lets pass what it has not looked at is none.
            if strict or not given.labels:
                raise Av3dError(
                    f"the labels of {name} cannot be checked: {why}", given.of,
                    "move it back, say with `av3d project relocate` where it is now, or choose "
                    "other logs with --log",
                )  # fmt: skip
            remark(f"note: the labels of {name} are not checked: {why}")
        facts = read_journal(opened, names, idle_s=idle_s, progress=show) if journal else None
    return given, facts


def _list(checks: Sequence[Check], ontology: Ontology, as_json: bool) -> None:
    limits = [(check, limits_by_category(check, ontology)) for check in checks]
    if as_json:
        print_json(
            {
                "ontology": ontology.name,
                "checks": [
                    {
                        "id": one.id,
                        "title": one.title,
                        "sentence": one.sentence,
                        "severity": one.severity.value,
                        "unit": one.unit,
                        "fix": one.fix,
                        "repairs": one.repairs,
                        "reads_points": one.reads_points,
                        "reads_images": one.reads_images,
                        "limits": by_category,
                        "parameters": dict(one.parameters),
                    }
                    for one, by_category in limits
                ],
            }
        )
        return
    rows = [
        [one.id, one.title, one.severity.value, in_words(one, by_category)]
        for one, by_category in limits
    ]
    say(table(["id", "title", "severity", f"limits by ontology {ontology.name}"], rows))


def limits_by_category(check: Check, ontology: Ontology) -> dict[str, float | None]:
    """The limit of a check for each category of an ontology; None where it does not ask."""
    from av3d.qa.limits import Limits

    return {
        category.key: Limits.of(ontology, category.key).limit(check.id, check.defaults)
        for category in ontology.categories
    }


def in_words(check: Check, limits: dict[str, float | None]) -> str:
    """Limits, those of most categories first: "50.0 m/s; pedestrian 6.0 m/s"."""
    groups: dict[float, list[str]] = {}
    for category, limit in limits.items():
        if limit is not None:
            groups.setdefault(limit, []).append(category)
    if not groups:
        return "not asked" if check.defaults else "the category's own"
    order = sorted(groups.items(), key=lambda item: -len(item[1]))
    asked = sum(len(names) for names in groups.values())
    words = []
    for place, (limit, names) in enumerate(order):
        number = check.words(limit) or "own"
        whose = "" if place == 0 and asked == len(limits) else f"{shown(names, 4)} "
        words.append(f"{whose}{number}")
    return "; ".join(words)


def _print(report: Report, journal: bool) -> None:
    say(report.of)
    rate = report.per_100
    say(
        f"{counted(len(report.logs), 'log')}, {counted(report.track_count, 'track')}, "
        f"{counted(report.cuboid_count, 'cuboid')}, {counted(len(report.findings), 'finding')}"
        + ("" if rate is None else f", {rate:.2f} per 100 cuboids")
    )
    levels = [f"{counted(count, level.value)}" for level, count in report.by_severity().items()]
    done = len(report.findings) - report.open_count
    say(f"open: {', '.join(levels)}" + (f"; accepted: {done:,}" if done else ""))
    share = report.reviewed_share
    if share or report.open_issues:
        say(f"reviewed: {share or 0:.0%} of tracks; {counted(report.open_issues, 'open issue')}")
    if report.findings:
        say()
        _print_counts(report)
        say()
        _print_findings(report)
    if journal and report.journal is not None:
        _print_journal(report, report.journal)


def _print_counts(report: Report) -> None:
    rows = [
        [
            check.title,
            check.id,
            check.severity.value,
            f"{count:,}",
            f"{still:,}",
            "" if not report.cuboid_count else f"{100 * count / report.cuboid_count:.2f}",
        ]
        for check, count, still in report.by_check()
    ]
    say(table(["check", "id", "severity", "findings", "open", "per 100"], rows, "lllrrr"))


def _print_findings(report: Report) -> None:
    several = len(report.logs) > 1
    heads = ["risk", "severity", "check", "track", *(["log"] if several else []), "frames",
             "time", "value", "limit", "state"]  # fmt: skip
    by_name = {log.name: log.log for log in report.logs}
    rows = []
    for one in report.findings[:MOST_ROWS]:
        frames = by_name[one.log].frames
        first, last = (frames.nearest(time) for time in (one.finding.start_ns, one.finding.end_ns))
        rows.append(
            [
                str(one.finding.risk),
                one.finding.severity.value,
                one.check.title,
                one.finding.name,
                *([one.log] if several else []),
                str(first) if first == last else f"{first}–{last}",
                f"{one.time_s:.1f} s",
                one.value,
                one.limit,
                one.state,
            ]
        )
    say(table(heads, rows, "rlll" + ("l" if several else "") + "rrrrl"))
    if len(report.findings) > MOST_ROWS:
        remark(f"and {len(report.findings) - MOST_ROWS:,} of lower risk; --json and --out have all")


def _print_journal(report: Report, facts: JournalFacts) -> None:
    from av3d.present.quality.report import seconds_per
    from av3d.present.quality.rework import merged

    rows = []
    for name, one in merged(facts.rework, 0).items():
        amounts = one.percentile(50)
        share = report.rework_share(name)
        part = "" if share is None else f"{share:.1%}"
        rows.append(
            [name, f"{one.made:,}", f"{one.changed:,}", f"{one.removed:,}", part]
            + (["", "", ""] if amounts is None else
               [f"{amounts[0]:.2f} m", f"{amounts[1]:.1f}°", f"{amounts[2]:.2f} m"])
        )  # fmt: skip
    if rows:
        heads = ["rework of", "made", "changed", "removed", "share", "centre", "heading", "size"]
        say()
        say(table(heads, rows, "lrrrrrrr"))
    by_author = report.trend.by_author
    rows = []
    for name, one_effort in sorted(facts.effort.authors.items()):
        per_track = seconds_per(one_effort.labelling_s, len(one_effort.tracks))
        rate = by_author[name].per_100 if name in by_author else None
        rows.append(
            [
                name,
                f"{one_effort.entries:,}",
                f"{one_effort.total_s / 3600:.2f} h",
                f"{len(one_effort.tracks):,}",
                "" if per_track is None else f"{per_track:.1f} s",
                "" if rate is None else f"{rate:.2f}",
            ]
        )
    if rows:
        say()
        heads = ["author", "entries", "time", "tracks", "per track", "findings per 100"]
        say(table(heads, rows, "lrrrrr"))
