"""Findings per 100 cuboids by who made them, what they are, and when they were made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import numpy as np

from av3d.present.quality.checking import CheckedLog, per_100
from av3d.present.quality.effort import DAY_NS
from av3d.present.quality.history import JournalFacts
from av3d.types import NS_PER_S

HOUR_NS = 3_600 * NS_PER_S
BY_HOUR_NS = 2 * DAY_NS
"""Work that took no longer is told by the hour, else by the day."""

Name = TypeVar("Name", bound=Hashable)


@dataclass
class Rate:
    """Findings in so many cuboids.

    Attributes:
        cuboids: cuboids of tracks at frames.
        findings: all of them.
        open: those that nobody has accepted as right.
    """

    cuboids: int = 0
    findings: int = 0
    open: int = 0

    @property
    def per_100(self) -> float | None:
        """Findings per 100 cuboids, None without any."""
        return per_100(self.findings, self.cuboids)

    def as_json(self) -> dict[str, float | int | None]:
        """The numbers as JSON values."""
        return {
            "cuboids": self.cuboids,
            "findings": self.findings,
            "open": self.open,
            "findings_per_100_cuboids": self.per_100,
        }


@dataclass(frozen=True)
class Trend:
    """Rates by what they may depend on.

    Attributes:
        by_category: of all labels.
        by_author: by who changed the nearest keyframe of the track last; empty without a journal.
        by_time: by the start of the day or hour (since 1970, UTC) when that was, in order.
        step_ns: a day or an hour.
    """

    by_category: Mapping[str, Rate]
    by_author: Mapping[str, Rate]
    by_time: Mapping[int, Rate]
    step_ns: int


def trend_of(logs: Sequence[CheckedLog], facts: JournalFacts | None) -> Trend:
    """The rates of some logs.

    A cuboid is the work of whoever changed the keyframe nearest to it last, and so is a finding in
    its worst frame. What has no track counts for no author and under the category "".

    Args:
        logs: that were looked at.
        facts: of the journal of their project, or None for labels without one.
    """
    by_category: defaultdict[str, Rate] = defaultdict(Rate)
    for log in logs:
        for track in log.tracks:
            by_category[track.category].cuboids += log.cuboids[track.id]
        for judged in log.findings:
            _count(by_category[judged.finding.category], judged.is_open)
    by_author: defaultdict[str, Rate] = defaultdict(Rate)
    by_time: defaultdict[int, Rate] = defaultdict(Rate)
    step_ns = DAY_NS
    if facts is not None:
        edits = [made.edited_ns for made in facts.made_by.values()]
        if edits:
            first_ns, last_ns = min(e.min() for e in edits), max(e.max() for e in edits)
            step_ns = HOUR_NS if last_ns - first_ns < BY_HOUR_NS else DAY_NS
        for log in logs:
            _add(log, facts, by_author, by_time, step_ns)
    return Trend(_sorted(by_category), _sorted(by_author), _sorted(by_time), step_ns)


def _add(
    log: CheckedLog,
    facts: JournalFacts,
    by_author: defaultdict[str, Rate],
    by_time: defaultdict[int, Rate],
    step_ns: int,
) -> None:
    for track in log.tracks:
        made = facts.made_by.get((log.name, track.id))
        subject = log.inspection.subject(track.id)
        if made is None or subject is None or not len(subject.times_ns):
            continue
        rows = made.rows(subject.times_ns)
        for place, count in zip(*np.unique(made.authors[rows], return_counts=True), strict=True):
            by_author[facts.authors[place]].cuboids += int(count)
        bins = made.edited_ns[rows] // step_ns * step_ns
        for start_ns, count in zip(*np.unique(bins, return_counts=True), strict=True):
            by_time[int(start_ns)].cuboids += int(count)
    for judged in log.findings:
        made = facts.made_by.get((log.name, judged.finding.track_id))
        if made is not None:
            row = made.rows(np.array([judged.finding.timestamp_ns], dtype=np.int64))[0]
            _count(by_author[facts.authors[made.authors[row]]], judged.is_open)
            _count(by_time[int(made.edited_ns[row]) // step_ns * step_ns], judged.is_open)


def _count(rate: Rate, is_open: bool) -> None:
    rate.findings += 1
    rate.open += is_open


def _sorted(rates: Mapping[Name, Rate]) -> dict[Name, Rate]:
    return dict(sorted(rates.items(), key=lambda item: item[0]))  # type: ignore[arg-type,return-value]


def day_words(time_ns: int, *, hour: bool = False) -> str:
    """A time since 1970 as a day, or an hour, in UTC; a report is the same wherever it is made."""
    return _in_utc(time_ns, "%Y-%m-%d %H:00" if hour else "%Y-%m-%d")


def minute_words(time_ns: int) -> str:
    """A time since 1970 to the minute, "2026-03-01 09:44", in UTC."""
    return _in_utc(time_ns, "%Y-%m-%d %H:%M")


def _in_utc(time_ns: int, pattern: str) -> str:
    try:
        when = datetime.fromtimestamp(time_ns // NS_PER_S, UTC)
    except (ValueError, OverflowError, OSError):
        return f"{time_ns} ns"  # no clock shows it
    return when.strftime(pattern)
