"""What is remarked on tracks at times: findings, decisions and issues, for the timeline and the lists."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MarkKind(StrEnum):
    """What a mark says; each has an icon of its own."""

    FINDING = "finding"
    """A check has found something."""
    ISSUE = "issue"
    """A person asks for something."""
    ACCEPTED = "accepted"
    """A person has looked and agrees."""


@dataclass(frozen=True)
class Mark:
    """A remark on a track at a time.

    Attributes:
        timestamp_ns: of the frame that it is about.
        kind: what it says.
        text: in words, for tips.
    """

    timestamp_ns: int
    kind: MarkKind
    text: str
