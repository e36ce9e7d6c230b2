"""What a check of a log is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from av3d.doctor.finding import Finding, Severity
from av3d.logs.log import Log


class Check(ABC):
    """One question to a log; yields a finding for each thing that is wrong.

    Attributes:
        id: names the check, for example "poses.jump".
        severity: of its findings.
        title: one sentence that says what it looks for.
        reads_media: whether it decodes images or sweeps, which takes seconds.
    """

    id: str
    severity: Severity
    title: str
    reads_media: bool = False

    @abstractmethod
    def examine(self, log: Log) -> Iterator[Finding]:
        """Yield what is found; nothing for a log that is right."""

    def finding(self, what: str, where: str, fix: str = "", **more: Any) -> Finding:
        """A finding of this check; further arguments are attributes of Finding."""
        return Finding(self.id, self.severity, what, where, fix, **more)
