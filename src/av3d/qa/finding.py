"""What a check says: one thing in the labels that a person should look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from av3d.digests import digest_of_text

ID_START = "review/"
"""Begins the ID of every finding; its check follows."""


class Severity(StrEnum):
    """How much a finding matters, worst first."""

    ERROR = "error"
    """The labels are wrong there: no object does that, or what the ontology demands is missing."""
    WARNING = "warning"
    """Probably wrong: a person should look."""
    NOTE = "note"
    """Right in most cases; a person may look when there is time."""

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class Finding:
    """Something that a check found.

    Attributes:
        check: ID of the check, "acceleration".
        severity: how much it matters.
        track_ids: the tracks concerned, the one that it is about first; () for something that has
            no label yet.
        name: what people call it: "Car 21", or "Unlabelled" for what has no track.
        category: of the first track; "" without one.
        start_ns, end_ns: first and last time at which it holds, timestamps of frames.
        timestamp_ns: where it is worst: the frame to look at.
        value, limit: what was found, and what it should not exceed or fall below; in the check's unit.
            NaN where there is no number.
        what: one sentence with numbers and units, that says what is wrong.
        risk: 0 to 100; the queue is in this order.
        digest: of the first track as it was looked at, "" without one.
        others_digest: of the other tracks, "" without any. A decision on a finding counts for these
            very values.
        place_m: where it is, world frame, or None for the place of the track at `timestamp_ns`.
        size_lwh_m: about how large what has no label is, or None.
    """

    check: str
    severity: Severity
    track_ids: tuple[str, ...]
    name: str
    category: str
    start_ns: int
    end_ns: int
    timestamp_ns: int
    value: float
    limit: float
    what: str
    risk: int
    digest: str = ""
    others_digest: str = ""
    place_m: tuple[float, float, float] | None = field(default=None, compare=False)
    size_lwh_m: tuple[float, float, float] | None = field(default=None, compare=False)

    @property
    def track_id(self) -> str:
        """The track that it is about, "" for none."""
        return self.track_ids[0] if self.track_ids else ""

    @property
    def id(self) -> str:
        """Names the finding, also after a restart: one per check, tracks and time."""
        tracks = "+".join(self.track_ids)
        if len(tracks) > 80:
            tracks = digest_of_text(tracks)[:32]
        place = ""
        if not self.track_ids and self.place_m is not None:
            place = "/" + ",".join(f"{metres:.0f}" for metres in self.place_m[:2])
        return f"{ID_START}{self.check}/{tracks}/{self.timestamp_ns}{place}"

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON values; numbers that there are not are None."""
        return {
            "id": self.id,
            "check": self.check,
            "severity": self.severity.value,
            "tracks": list(self.track_ids),
            "name": self.name,
            "category": self.category,
            "start_ns": self.start_ns,
            "end_ns": self.end_ns,
            "timestamp_ns": self.timestamp_ns,
            "value": None if self.value != self.value else self.value,
            "limit": None if self.limit != self.limit else self.limit,
            "what": self.what,
            "risk": self.risk,
            "place_m": None if self.place_m is None else list(self.place_m),
        }


def check_in(finding_id: str) -> str:
    """ID of the check whose finding an ID names; "" for IDs of other things."""
    if not finding_id.startswith(ID_START):
        return ""
    return finding_id.removeprefix(ID_START).partition("/")[0]


def by_risk(findings: list[Finding]) -> tuple[Finding, ...]:
    """The riskiest first; equal ones by time and name, so that the order is the same every time."""
    return tuple(
        sorted(findings, key=lambda one: (-one.risk, one.timestamp_ns, one.name, one.check, one.id))
    )
