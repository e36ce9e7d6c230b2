"""What is found at many labels, told once with counts and some names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

NAMED = 3
"""Tracks that a message names."""


@dataclass(frozen=True)
class Blocker:
    """Why the ontology cannot be changed so.

    Attributes:
        what: which category, attribute or value, how many tracks or events have it, some of their
            names.
        fix: what to do.
    """

    what: str
    fix: str


@dataclass(frozen=True)
class Subject:
    """A track or event that something is found at."""

    log: str
    kind: str
    id: str
    name: str


class Findings:
    """What is found at many labels, told once with counts."""

    def __init__(self) -> None:
        # Subjects are keys of dicts: each counts once, in the order in which they are found.
        self._blocking: dict[tuple[str, str], dict[Subject, None]] = {}
        self._noted: dict[str, dict[Subject, None]] = {}

    def block(self, what: str, subject: Subject, fix: str) -> None:
        self._blocking.setdefault((what, fix), {})[subject] = None

    def note(self, what: str, subject: Subject) -> None:
        self._noted.setdefault(what, {})[subject] = None

    def blockers(self) -> tuple[Blocker, ...]:
        return tuple(
            Blocker(f"{what}: {_counted(subjects)}", fix)
            for (what, fix), subjects in self._blocking.items()
        )

    def notes(self) -> tuple[str, ...]:
        return tuple(f"{what}: {_counted(subjects)}" for what, subjects in self._noted.items())


def _counted(subjects: Iterable[Subject]) -> str:
    """As "5 tracks (Car 1, Car 2, Car 3 …)"."""
    names = [subject.name for subject in subjects]
    counts = Counter(subject.kind for subject in subjects)
    told = " and ".join(f"{n:,} {kind}{'s' if n != 1 else ''}" for kind, n in counts.items())
    return f"{told} ({', '.join(names[:NAMED])}{' …' if len(names) > NAMED else ''})"
