"""The part of the page with the findings: a table of all, and the riskiest with their pictures."""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass, field

from av3d.errors import Av3dError
from av3d.present.quality.chart import measure_chart
from av3d.present.quality.checking import CheckedLog, JudgedFinding
from av3d.present.quality.finding_picture import picture_from_above, picture_in_image, webp
from av3d.present.quality.history import Progress
from av3d.present.quality.markup import Cell, cell, note, number, section, table, text
from av3d.present.quality.report import Report
from av3d.qa.finding import Severity

ABOVE_PX, IMAGE_PX = (640, 400), (420, 260)
MOST_PICTURES = 100
"""So many findings are shown with pictures."""
MOST_BYTES = 14_000_000
"""Pictures of a page take no more, as text; mail programs refuse more than 25 MB."""
EACH_CHECK = 3
"""Of each check so many are shown first, however risky those of other checks are."""
MOST_ROWS = 3_000
"""Rows of the table; browsers get slow with more."""


@dataclass
class _Pictures:
    """What was drawn, and what was not."""

    cards: dict[int, str] = field(default_factory=dict)
    size: int = 0
    full: bool = False
    unread: Counter[str] = field(default_factory=Counter)


def findings_part(
    report: Report, *, pictures: int, progress: Progress = lambda _text, _done, _total: None
) -> str:
    """The table of findings and the cards with pictures.

    Args:
        report: what was found.
        pictures: so many findings are shown with pictures at most.
        progress: is told how many are drawn.
    """
    if not report.findings:
        return section("Findings", note("Nothing was found."))
    wanted = chosen(report, pictures)
    drawn = _Pictures()
    by_name = {log.name: log for log in report.logs}
    # One sweep is read for all findings of its frame.
    order = sorted(
        wanted, key=lambda row: (report.findings[row].log, report.findings[row].frame, row)
    )
    rank = {row: place for place, row in enumerate(wanted)}
    drawable = dict.fromkeys(order, "")
    for done, row in enumerate(order):
        progress("Drawing findings", done, len(order))
        judged = report.findings[row]
        drawable[row] = _card(by_name[judged.log], judged, row, drawn)
    # The first ones are kept where not all have room.
    for row in sorted(order, key=rank.__getitem__):
        size = len(drawable[row])
        if drawn.size + size > MOST_BYTES:
            drawn.full = True
            continue
        drawn.size += size
        drawn.cards[row] = drawable[row]
    shown = report.findings[:MOST_ROWS]
    parts = [_tools(), _table(report, drawn), *_notes(report, len(shown), drawn)]
    parts += [drawn.cards[row] for row in sorted(drawn.cards)]
    return section("Findings", *parts)


def chosen(report: Report, most: int) -> list[int]:
    """Places of the findings to draw: some of each check, then the riskiest; open ones first."""
    of_check: Counter[str] = Counter()
    keys = []
    for row, judged in enumerate(report.findings):
        known = (judged.finding.check, judged.is_open)
        of_check[str(known)] += 1
        first = of_check[str(known)] <= EACH_CHECK
        keys.append((not judged.is_open, not first, row))
    return [row for _, _, row in sorted(keys)[: max(most, 0)]]


def _tools() -> str:
    """What filters the table; the script shows it, so that without one nothing is there for nothing."""
    levels = "".join(f'<option value="{one}">{one}</option>' for one in Severity)
    return (
        '<div class="tools" id="tools" hidden>'
        '<label>Find <input id="words" type="search" size="18"></label>'
        f'<label>Severity <select id="level"><option value="">all</option>{levels}</select></label>'
        '<label>State <select id="state"><option value="">all</option>'
        '<option value="open">open</option><option value="closed">accepted</option></select></label>'
        '<label><span class="number" id="count"></span></label></div>'
    )


def _table(report: Report, drawn: _Pictures) -> str:
    several = len(report.logs) > 1
    heads = ["", "check", "severity", "track", *(["log"] if several else []), "frame", "time",
             "value", "limit", "risk", "state"]  # fmt: skip
    rows, attributes = [], []
    for row, judged in enumerate(report.findings[:MOST_ROWS]):
        finding = judged.finding
        name = text(row + 1)
        linked = f'<a href="#f{row + 1}">{name}</a>' if row in drawn.cards else name
        rows.append(
            [
                Cell(linked, row + 1),
                cell(judged.check.title),
                Cell(f'<span class="sev {finding.severity}">{finding.severity}</span>'),
                cell(finding.name),
                *([cell(judged.log)] if several else []),
                number(judged.frame),
                number(judged.time_s, 1, "s"),
                Cell(text(judged.value), finding.value),
                Cell(text(judged.limit), finding.limit),
                number(finding.risk),
                cell(judged.state),
            ]
        )
        attributes.append(
            f'data-row="{row + 1}" data-level="{finding.severity}" data-open="{int(judged.is_open)}"'
        )
    kinds = "nttt" + ("t" if several else "") + "nnnnnt"
    return table(heads, rows, kinds, name="findings", row_attributes=attributes)


def _notes(report: Report, shown: int, drawn: _Pictures) -> list[str]:
    total = len(report.findings)
    notes = []
    if shown < total:
        notes.append(
            note(
                f"{total - shown:,} findings of lower risk are not in the table; --json lists all."
            )
        )
    if len(drawn.cards) < total:
        why = "more would make the page too large" if drawn.full else "--pictures N shows more"
        notes.append(
            note(
                f"{len(drawn.cards):,} of {total:,} findings are shown with pictures: "
                f"up to {EACH_CHECK} of each check, then the riskiest; {why}."
            )
        )
    for why, count in sorted(drawn.unread.items()):
        notes.append(note(f"{count:,} pictures could not be drawn: {why}"))
    return notes


def _card(checked: CheckedLog, judged: JudgedFinding, row: int, drawn: _Pictures) -> str:
    finding = judged.finding
    left = right = ""
    try:
        picture = picture_from_above(checked, judged, ABOVE_PX)
        words = f"Frame {judged.frame} from above, forward is up"
        left = _figure(webp(picture), ABOVE_PX, words)
    except Av3dError as error:
        drawn.unread[str(error)] += 1
    try:
        found = picture_in_image(checked, judged, IMAGE_PX)
        if found is not None:
            right = _figure(
                webp(found[1]), IMAGE_PX, f"{found[0].replace('_', ' ')}, frame {judged.frame}"
            )
    except Av3dError as error:
        drawn.unread[str(error)] += 1
    chart = measure_chart(checked, judged)
    if chart:
        right += (
            f"<figure>{chart}<figcaption>{text(judged.check.title)} over time</figcaption></figure>"
        )
    said = ""
    if judged.decision is not None:
        one = judged.decision
        by = f" by {one.author}" if one.author else ""
        words = f"{judged.state[:1].upper()}{judged.state[1:]}{by}{': ' + one.note if one.note else '.'}"
        said = f'<p class="note">{text(words)}</p>'
    at = f"{judged.log}, frame {judged.frame}, {judged.time_s:.1f} s"
    return (
        f'<article class="card" id="f{row + 1}" data-row="{row + 1}">'
        f"<h3><span>{row + 1}. {text(judged.check.title)}: {text(finding.name)}</span>"
        f'<span class="sev {finding.severity}">{finding.severity}, risk {finding.risk}</span>'
        f'<span class="at number">{text(at)}</span></h3>'
        f'<p class="why">{text(finding.what)}.</p>{said}'
        f'<div class="shown"><div>{left}</div><div>{right}</div></div></article>'
    ).replace("..</p>", ".</p>")


def _figure(data: bytes, size_px: tuple[int, int], words: str) -> str:
    encoded = base64.b64encode(data).decode("ascii")
    width, height = size_px
    return (
        f'<figure><img src="data:image/webp;base64,{encoded}" width="{width}" height="{height}" '
        f'alt="{text(words)}"><figcaption>{text(words)}</figcaption></figure>'
    )
