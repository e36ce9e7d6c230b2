"""The parts of the page that tell how good labels become: rates, rework, and time spent."""

from __future__ import annotations

from av3d.present.quality.chart import bars
from av3d.present.quality.effort import DAY_NS
from av3d.present.quality.history import JournalFacts
from av3d.present.quality.markup import Cell, cell, note, number, section, share, table, with_bar
from av3d.present.quality.report import Report, seconds_per
from av3d.present.quality.rework import Rework, merged
from av3d.present.quality.trend import HOUR_NS, Rate, day_words

MOST_TRACKS = 25
"""Tracks that took longest are listed."""
MOST_BARS = 60
"""Days or hours of a chart; the last ones."""


def trend_part(report: Report) -> str:
    """Findings per 100 cuboids by category, author and time."""
    trend = report.trend
    parts = ["<h3>By category</h3>", _rates("category", dict(trend.by_category))]
    if trend.by_author:
        parts += ["<h3>By author</h3>", _rates("author", dict(trend.by_author))]
        parts.append(
            note("A cuboid is the work of whoever changed the keyframe nearest to it last.")
        )
    if trend.by_time:
        by_hour = trend.step_ns == HOUR_NS
        rows = list(trend.by_time.items())
        shown = [
            (_short(start_ns, by_hour), rate.per_100, _rate(rate))
            for start_ns, rate in rows[-MOST_BARS:]
        ]
        what = "hour" if by_hour else "day"
        words = f"Findings per 100 cuboids by the {what} of the last change, UTC"
        parts += [f"<h3>By {what}</h3>", bars(shown, label=words), note(f"{words}.")]
    return section("Findings per 100 cuboids", *parts)


def _rates(what: str, rates: dict[str, Rate]) -> str:
    highest = max([rate.per_100 or 0.0 for rate in rates.values()], default=0.0)
    rows = [
        [
            cell(name or "no track"),
            number(rate.cuboids),
            number(rate.findings),
            number(rate.open),
            with_bar(number(rate.per_100, 2), highest),
        ]
        for name, rate in rates.items()
    ]
    # Bars stand at the left of their column, one below the other.
    return table([what, "cuboids", "findings", "open", "per 100 cuboids"], rows, "tnnnt")


def _rate(rate: Rate) -> str:
    return "" if rate.per_100 is None else f"{rate.per_100:.1f}"


def _short(start_ns: int, by_hour: bool) -> str:
    words = day_words(start_ns, hour=by_hour)
    return words[5:] if by_hour else words


def rework_part(report: Report, facts: JournalFacts) -> str:
    """How much of what programs made was done again."""
    by_provenance = merged(facts.rework, 0)
    if not by_provenance:
        return section("Rework", note("No program has made cuboids in this project."))
    heads = ["cuboids", "", "made", "changed", "removed", "share", "centre, median", "90 %",
             "heading, median", "90 %", "size, median", "90 %"]  # fmt: skip
    rows = []
    for name, one in by_provenance.items():
        rows.append(_rework(name, "", one, report.rework_share(name)))
        categories = merged(facts.rework, 1, name)
        if len(categories) > 1:
            rows += [
                _rework("", category, part, report.rework_share(name, category))
                for category, part in categories.items()
            ]
    parts = [
        table(heads, rows, "ttnnnnnnnnnn"),
        note(
            "Of cuboids that were fitted, imported or made by a model: how many a person has "
            "changed or removed since, and how far they are now from what the program made. Of "
            "interpolated ones: on how many a person has put a keyframe, how far from what was "
            "interpolated, and which part that is of these and those that still are."
        ),
    ]
    for name in by_provenance:
        days = merged(facts.rework, 2, name)
        if name != "interpolated" and len(days) > 1:
            shown = [
                (day_words(day * DAY_NS), part.share, f"{100 * (part.share or 0):.0f} %")
                for day, part in list(days.items())[-MOST_BARS:]
            ]
            words = f"Share of {name} cuboids that were done again, by the day they were made, UTC"
            parts += [f"<h3>{name.capitalize()}</h3>", bars(shown, label=words), note(f"{words}.")]
    return section("Rework", *parts)


def _rework(name: str, category: str, one: Rework, part: float | None) -> list[Cell]:
    middle, most = one.percentile(50), one.percentile(90)
    amounts: list[Cell] = []
    for place, (digits, unit) in enumerate(((2, "m"), (1, "°"), (2, "m"))):
        for spread in (middle, most):
            amounts.append(number(None if spread is None else spread[place], digits, unit))
    return [cell(name), cell(category), number(one.made), number(one.changed), number(one.removed),
            share(part), *amounts]  # fmt: skip


def effort_part(report: Report, facts: JournalFacts) -> str:
    """How long people worked."""
    effort = facts.effort
    if not effort.total_s:
        return section("Time spent", note("The journal tells no time: there are too few entries."))
    by_author = report.trend.by_author
    rows = []
    for name, one in sorted(effort.authors.items()):
        cuboids = by_author[name].cuboids if name in by_author else 0
        rows.append(
            [
                cell(name),
                number(one.total_s / 3600, 2, "h"),
                number(one.labelling_s / 3600, 2, "h"),
                number(one.reviewing_s / 3600, 2, "h"),
                number(one.entries),
                number(len(one.tracks)),
                number(seconds_per(one.labelling_s, len(one.tracks)), 1, "s"),
                number(seconds_per(one.labelling_s, facts.keyframes[name]), 1, "s"),
                number(seconds_per(one.labelling_s, cuboids), 2, "s"),
            ]
        )
    heads = ["author", "time", "labelling", "reviewing", "entries", "tracks", "per track",
             "per keyframe", "per cuboid"]  # fmt: skip
    days: dict[int, float] = {}
    for (_, day), seconds in effort.day_s.items():
        days[day] = days.get(day, 0.0) + seconds
    shown = [
        (day_words(day * DAY_NS), seconds / 3600, f"{seconds / 3600:.1f}")
        for day, seconds in sorted(days.items())[-MOST_BARS:]
    ]
    parts = [
        table(heads, rows, "tnnnnnnnn"),
        note(
            f"From the times of the entries in the journal; pauses of more than {effort.idle_s:g} s "
            "are left out, and so is what came before the first entry after one."
        ),
    ]
    if len(shown) > 1:
        parts += [
            "<h3>By day</h3>",
            bars(shown, label="Hours by day, UTC"),
            note("Hours by day, UTC."),
        ]
    longest = sorted(effort.seconds_of_tracks().items(), key=lambda item: (-item[1], item[0]))
    names = [
        [
            cell(facts.track_names.get(key, key[1])),
            cell(facts.log_names.get(key[0], f"#{key[0]}")),
            number(seconds, 0, "s"),
            cell(", ".join(sorted(a for (a, track) in effort.track_s if track == key))),
        ]
        for key, seconds in longest[:MOST_TRACKS]
    ]
    if names:
        parts += ["<h3>Tracks that took longest</h3>",
                  table(["track", "log", "time", "authors"], names, "ttnt")]  # fmt: skip
    return section("Time spent", *parts)
