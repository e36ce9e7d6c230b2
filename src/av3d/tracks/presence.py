"""Presence: the spans of time in which an object is there, and why they begin and end."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from av3d.tracks.checking import TrackError, whole_ns


class Edge(StrEnum):
    """Why an object is there from a time on, or no longer."""

    VIEW = "view"
    """It enters or leaves what the sensors see; also: nobody has said why."""
    OCCLUDED = "occluded"
    """It comes out from behind something, or goes behind it."""
    RANGE = "range"
    """It comes within the range of the sensors, or gets out of it."""


STARTS = {Edge.VIEW: "enters", Edge.OCCLUDED: "reappears", Edge.RANGE: "comes into range"}
"""What people read at the start of a span."""

ENDS = {Edge.VIEW: "leaves", Edge.OCCLUDED: "is hidden", Edge.RANGE: "gets out of range"}
"""What people read at the end of a span."""


@dataclass(frozen=True)
class Span:
    """A closed interval of time.

    Attributes:
        start_ns, end_ns: first and last time.
        starts, ends: why the object is there from the one on, and not after the other.
    """

    start_ns: int
    end_ns: int
    starts: Edge = Edge.VIEW
    ends: Edge = Edge.VIEW

    def __post_init__(self) -> None:
        object.__setattr__(self, "start_ns", whole_ns(self.start_ns))
        object.__setattr__(self, "end_ns", whole_ns(self.end_ns))
        if self.end_ns < self.start_ns:
            raise TrackError(f"a span ends {self.start_ns - self.end_ns} ns before it starts")

    def contains(self, timestamp_ns: int) -> bool:
        return self.start_ns <= timestamp_ns <= self.end_ns

    def as_json(self) -> list[Any]:
        """[start, end], and both edges where one of them says something."""
        times: list[Any] = [self.start_ns, self.end_ns]
        if self.starts is self.ends is Edge.VIEW:
            return times
        return [*times, self.starts.value, self.ends.value]


def checked_presence(spans: Iterable[Span], where: str) -> tuple[Span, ...]:
    """The spans in order of time; TrackError when two of them overlap."""
    ordered = tuple(sorted(spans, key=lambda span: span.start_ns))
    for first, second in itertools.pairwise(ordered):
        if second.start_ns <= first.end_ns:
            raise TrackError("spans of presence overlap", where)
    return ordered
