"""The quality of labels as numbers: what `av3d check` prints and the page shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from av3d.ontology.ontology import Ontology
from av3d.present.quality.checking import CheckedLog, JudgedFinding, per_100
from av3d.present.quality.effort import DAY_NS
from av3d.present.quality.history import JournalFacts
from av3d.present.quality.past import INTERPOLATED
from av3d.present.quality.rework import merged
from av3d.present.quality.trend import Trend, day_words, trend_of
from av3d.qa.check import Check
from av3d.qa.finding import Severity
from av3d.tracks.keyframe import Provenance

INTERPOLATED_NAME = Provenance.INTERPOLATED.value


@dataclass(frozen=True, eq=False)
class Report:
    """The quality of the labels of some logs.

    Attributes:
        of: the project or log, as people name it.
        ontology: by which it was looked at.
        checks: that were asked.
        logs: that were looked at.
        missing: names of logs that could not be, and why, in words.
        journal: what the journal tells; None for labels that have none, or where nobody asked.
    """

    of: str
    ontology: Ontology
    checks: tuple[Check, ...]
    logs: tuple[CheckedLog, ...]
    missing: tuple[tuple[str, str], ...] = ()
    journal: JournalFacts | None = None

    @cached_property
    def findings(self) -> tuple[JudgedFinding, ...]:
        """Of all logs, the riskiest first."""
        found = [judged for log in self.logs for judged in log.findings]
        # Those of one log are in order already; sorting keeps it among equals.
        return tuple(sorted(found, key=lambda one: -one.finding.risk))

    @cached_property
    def failed(self) -> tuple[tuple[str, str], ...]:
        """IDs of checks that failed of their own fault, and where and why, in words."""
        found: dict[str, str] = {}
        for log in self.logs:
            for check_id, why in log.inspection.failed.items():
                found.setdefault(check_id, f"{log.name}, {why}")
        return tuple(found.items())

    @cached_property
    def trend(self) -> Trend:
        """Findings per 100 cuboids by author, category and time."""
        return trend_of(self.logs, self.journal)

    @cached_property
    def interpolated(self) -> Mapping[str, int] | None:
        """By category how many cuboids are interpolated now; None where a recording is missing."""
        if self.missing:
            return None
        found: Counter[str] = Counter()
        for log in self.logs:
            for track in log.tracks:
                subject = log.inspection.subject(track.id)
                if subject is not None:
                    found[track.category] += int((subject.provenances == INTERPOLATED).sum())
        return found

    def rework_share(self, provenance: str, category: str | None = None) -> float | None:
        """Part of the cuboids of a provenance that was done again; None where that is not known.

        Of interpolated ones: of those that a person has put a keyframe on, and those that are still
        interpolated.
        """
        if self.journal is None:
            return None
        parts = merged(self.journal.rework, 1, provenance)
        chosen = [one for name, one in parts.items() if category in (None, name)]
        made = sum(one.made for one in chosen)
        if provenance == INTERPOLATED_NAME:
            if self.interpolated is None:
                return None
            made += sum(
                count for name, count in self.interpolated.items() if category in (None, name)
            )
        return sum(one.changed + one.removed for one in chosen) / made if made else None

    @property
    def cuboid_count(self) -> int:
        return sum(log.cuboid_count for log in self.logs)

    @property
    def track_count(self) -> int:
        return sum(len(log.tracks) for log in self.logs)

    @property
    def per_100(self) -> float | None:
        """Findings per 100 cuboids, None without cuboids."""
        return per_100(len(self.findings), self.cuboid_count)

    @property
    def open_count(self) -> int:
        """Findings that nobody has accepted as right."""
        return sum(one.is_open for one in self.findings)

    @property
    def reviewed_share(self) -> float | None:
        """Part of the tracks that a reviewer has decided on as they are; None without tracks."""
        if not self.track_count:
            return None
        return sum(len(log.reviewed) for log in self.logs) / self.track_count

    @property
    def open_issues(self) -> int:
        return sum(issue.is_open for log in self.logs for issue in log.issues)

    def by_check(self) -> list[tuple[Check, int, int]]:
        """Checks that found something with findings and open ones, most first."""
        found = Counter(one.finding.check for one in self.findings)
        still = Counter(one.finding.check for one in self.findings if one.is_open)
        rows = [
            (check, found[check.id], still[check.id]) for check in self.checks if found[check.id]
        ]
        return sorted(rows, key=lambda row: (-row[1], row[0].id))

    def by_severity(self) -> dict[Severity, int]:
        """Open findings of each severity, worst first."""
        counts = Counter(one.finding.severity for one in self.findings if one.is_open)
        return {severity: counts[severity] for severity in Severity}

    def open_at_least(self, severity: Severity) -> int:
        """Open findings that matter so much or more."""
        return sum(
            count for level, count in self.by_severity().items() if level.rank <= severity.rank
        )

    def as_json(self) -> dict[str, Any]:
        """The report as JSON values."""
        value: dict[str, Any] = {
            "of": self.of,
            "ontology": self.ontology.name,
            "checks": [
                {"id": check.id, "title": check.title, "severity": check.severity.value,
                 "unit": check.unit, "sentence": check.sentence}
                for check in self.checks
            ],
            "logs": [log.as_dict() for log in self.logs],
            "not_checked": [{"log": name, "why": why} for name, why in self.missing],
            "failed_checks": [{"check": check_id, "why": why} for check_id, why in self.failed],
            "summary": {
                "tracks": self.track_count,
                "cuboids": self.cuboid_count,
                "findings": len(self.findings),
                "open": self.open_count,
                "open_by_severity": {
                    level.value: count for level, count in self.by_severity().items()
                },
                "by_check": {check.id: count for check, count, _ in self.by_check()},
                "findings_per_100_cuboids": self.per_100,
                "reviewed_share": self.reviewed_share,
                "open_issues": self.open_issues,
            },
            "findings": [one.as_dict() for one in self.findings],
            "trend": trend_json(self.trend),
        }  # fmt: skip
        if self.journal is not None:
            value["journal"] = self._journal_json(self.journal)
        return value

    def _journal_json(self, facts: JournalFacts) -> dict[str, Any]:
        rework: dict[str, Any] = {}
        for name, one in merged(facts.rework, 0).items():
            by_category = {
                key: {**part.as_json(), "share": self.rework_share(name, key)}
                for key, part in merged(facts.rework, 1, name).items()
            }
            by_day = {
                day_words(key * DAY_NS): part.as_json()
                for key, part in merged(facts.rework, 2, name).items()
                # How many were interpolated on a day, nobody knows.
                if name != INTERPOLATED_NAME
            }
            rework[name] = {
                **one.as_json(),
                "share": self.rework_share(name),
                "by_category": by_category,
                "by_day": by_day,
            }
        return journal_json(facts, rework)


def trend_json(trend: Trend) -> dict[str, Any]:
    """A trend as JSON values."""
    return {
        "by_category": {name: rate.as_json() for name, rate in trend.by_category.items()},
        "by_author": {name: rate.as_json() for name, rate in trend.by_author.items()},
        "by_time": [
            {"from_ns": start_ns, "to_ns": start_ns + trend.step_ns, **rate.as_json()}
            for start_ns, rate in trend.by_time.items()
        ],
    }


def journal_json(facts: JournalFacts, rework: Mapping[str, Any]) -> dict[str, Any]:
    """What the journal tells as JSON values, with the rework as such."""
    effort = facts.effort
    return {
        "entries": facts.entries,
        "last_ns": facts.last_ns,
        "rework": rework,
        "effort": {
            "idle_after_s": effort.idle_s,
            "hours": effort.total_s / 3600,
            "authors": {
                name: {
                    "entries": one.entries,
                    "hours": one.total_s / 3600,
                    "labelling_s": one.labelling_s,
                    "reviewing_s": one.reviewing_s,
                    "other_s": one.other_s,
                    "spells": one.spells,
                    "tracks": len(one.tracks),
                    "seconds_per_track": seconds_per(one.labelling_s, len(one.tracks)),
                    "keyframes": facts.keyframes[name],
                    "seconds_per_keyframe": seconds_per(one.labelling_s, facts.keyframes[name]),
                }
                for name, one in sorted(effort.authors.items())
            },
            "tracks": [
                {
                    "author": author,
                    "log": facts.log_names.get(log_id, f"#{log_id}"),
                    "track": track_id,
                    "name": facts.track_names.get((log_id, track_id), track_id),
                    "seconds": seconds,
                }
                for (author, (log_id, track_id)), seconds in sorted(effort.track_s.items())
            ],
            "days": [
                {"author": author, "day": day_words(day * DAY_NS), "seconds": seconds}
                for (author, day), seconds in sorted(
                    effort.day_s.items(), key=lambda item: (item[0][1], item[0][0])
                )
            ],
        },
    }


def seconds_per(seconds: float, count: int) -> float | None:
    """Seconds for one of `count`; None for none."""
    return seconds / count if count else None


def chosen_checks(
    every: Sequence[Check], wanted: Sequence[str] | None, without: Sequence[str]
) -> tuple[Check, ...]:
    """The checks that are asked: those wanted, or all, but for some; names are known to be right."""
    return tuple(
        check
        for check in every
        if (wanted is None or check.id in wanted) and check.id not in without
    )
