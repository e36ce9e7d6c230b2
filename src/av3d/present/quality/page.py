"""The quality of labels as one HTML file: everything is in it, and nothing is fetched."""

from __future__ import annotations

import os
from pathlib import Path

from av3d import __version__
from av3d.errors import OutputError
from av3d.files import new_file
from av3d.present.quality.effort import worked_words
from av3d.present.quality.history import Progress
from av3d.present.quality.markup import Cell, cell, note, number, section, table, text
from av3d.present.quality.page_findings import MOST_PICTURES, findings_part
from av3d.present.quality.page_journal import effort_part, rework_part, trend_part
from av3d.present.quality.page_review import review_part
from av3d.present.quality.page_style import SCRIPT, style
from av3d.present.quality.report import Report
from av3d.present.quality.trend import minute_words

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'"
)
"""What a browser lets the page do: show what is in it."""


def write_page(
    report: Report,
    target: Path,
    *,
    pictures: int = MOST_PICTURES,
    overwrite: bool = False,
    progress: Progress = lambda _text, _done, _total: None,
) -> None:
    """Write the page; the file appears when it is complete.

    Args:
        report: what it shows.
        target: the HTML file.
        pictures: so many findings are shown with pictures at most.
        overwrite: replace a file that is there.
        progress: is told how many pictures are drawn.

    Raises:
        OutputError: a file is there, or the disk refuses; nothing was changed then.
    """
    check_writable(target, overwrite=overwrite)
    content = page(report, pictures=pictures, progress=progress)
    with new_file(target) as aside:
        aside.write_text(content, encoding="utf-8")


def check_writable(target: Path, *, overwrite: bool) -> None:
    """Refuse a file that may not be written, before minutes are spent on its content.

    Raises:
        OutputError: it is there, and not to be replaced or no page; or its folder takes no files.
    """
    if target.is_dir():
        raise OutputError("the output is a folder, not a file", target, "add a file name")
    if target.exists() and not overwrite:
        raise OutputError("the output file exists", target, "choose another or add --overwrite")
    if target.exists() and not _is_page(target):
        # A project that was named by mistake is more than a page.
        raise OutputError("the output file exists and is no page", target, "choose another")
    folder = next((parent for parent in target.absolute().parents if parent.exists()), None)
    if folder is not None and not folder.is_dir():
        raise OutputError("this is a file, not a folder", folder, "choose another place")
    if folder is not None and not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError("this folder may not be written to", folder, "choose another place")


def _is_page(target: Path) -> bool:
    """Whether a file is HTML, as far as its first bytes say, or empty."""
    with target.open("rb") as file:
        start = file.read(64).lstrip().lower()
    return not start or start.startswith((b"<!doctype html", b"<html"))


def page(
    report: Report,
    *,
    pictures: int = MOST_PICTURES,
    progress: Progress = lambda _text, _done, _total: None,
) -> str:
    """The page as text: the same for the same labels and journal, whenever it is made."""
    facts = report.journal
    parts = [
        _head(report),
        _tiles(report),
        *(note(f"{name} was not checked: {why}.") for name, why in report.missing),
        *(note(f"The check {check_id} has failed: {why}.") for check_id, why in report.failed),
        _checks(report),
        findings_part(report, pictures=pictures, progress=progress),
        review_part(report),
        trend_part(report),
        *([] if facts is None else [rework_part(report, facts), effort_part(report, facts)]),
        _logs(report),
    ]
    title = text(f"Quality of {_name(report)}")
    body = "\n".join(part for part in parts if part)
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="generator" content="av3d {text(__version__)}">\n'
        f"<title>{title}</title>\n<style>\n{style()}</style>\n</head>\n<body>\n{body}\n"
        f"<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )


def _head(report: Report) -> str:
    parts = [", ".join(log.name for log in report.logs[:8])]
    if len(report.logs) > 8:
        parts[0] += f" and {len(report.logs) - 8:,} more"
    parts.append(f"ontology {report.ontology.name}")
    parts.append(f"{len(report.checks)} checks")
    if report.journal is not None and report.journal.entries:
        last = minute_words(report.journal.last_ns)
        parts.append(f"journal up to entry {report.journal.entries:,}, {last} UTC")
    parts.append(f"av3d {__version__}")
    words = " \N{MIDDLE DOT} ".join(parts)
    return f'<header><h1>Quality of {text(_name(report))}</h1>\n<p class="sub">{text(words)}</p></header>'


def _name(report: Report) -> str:
    """Without the folder: the page of a project that was moved is the same."""
    return report.of.rstrip("/").rpartition("/")[2] or report.of


def _tiles(report: Report) -> str:
    share = report.reviewed_share
    rate = report.per_100
    levels = report.by_severity()
    tiles = [
        (f"{report.track_count:,}", "tracks"),
        (f"{report.cuboid_count:,}", "cuboids"),
        ("\N{EN DASH}" if rate is None else f"{rate:.2f}", "findings per 100 cuboids"),
        *(
            (f"{count:,}", f"open {level.value}{'' if count == 1 else 's'}")
            for level, count in levels.items()
        ),
        ("\N{EN DASH}" if share is None else f"{100 * share:.0f} %", "of tracks reviewed"),
        (f"{report.open_issues:,}", f"issue{'' if report.open_issues == 1 else 's'} open"),
    ]
    if report.journal is not None:
        tiles.append((worked_words(report.journal.effort.total_s), "time spent"))
    inside = "".join(
        f'<div class="tile"><b>{value}</b><span>{words}</span></div>' for value, words in tiles
    )
    return f'<div class="tiles">{inside}</div>'


def _checks(report: Report) -> str:
    """What each check found, and what it measures."""
    found = {check.id: (count, still) for check, count, still in report.by_check()}
    order = [check for check, _, _ in report.by_check()]
    silent = [check.title for check in report.checks if check.id not in found]
    rows = [
        [
            cell(check.title),
            Cell(f'<span class="sev {check.severity}">{check.severity}</span>'),
            number(found[check.id][0]),
            number(found[check.id][1]),
            number(
                None if not report.cuboid_count else 100 * found[check.id][0] / report.cuboid_count,
                2,
            ),
            cell(check.sentence),
        ]
        for check in order
    ]
    heads = ["check", "severity", "findings", "open", "per 100 cuboids", "what it asks"]
    return section(
        "Checks",
        table(heads, rows, "ttnnnw") if rows else "",
        note(f"Nothing found by: {', '.join(silent)}.") if silent else "",
    )


def _logs(report: Report) -> str:
    rows = [
        [
            cell(log.name),
            number(len(log.log.frames)),
            number(len(log.tracks)),
            number(log.cuboid_count),
            number(len(log.findings)),
            number(100 * len(log.findings) / log.cuboid_count if log.cuboid_count else None, 2),
            number(len(log.reviewed)),
            number(len(log.approval.accepted)),
            number(sum(issue.is_open for issue in log.issues)),
        ]
        for log in report.logs
    ]
    heads = ["log", "frames", "tracks", "cuboids", "findings", "per 100", "tracks reviewed",
             "approved", "issues open"]  # fmt: skip
    return section("Logs", table(heads, rows, "tnnnnnnnn"))
