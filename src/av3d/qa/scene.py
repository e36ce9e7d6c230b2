"""All labels of a log, as checks of the whole look at them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from av3d.logs.log import Log
from av3d.ontology.ontology import Ontology
from av3d.qa.sight import Progress, Sight
from av3d.qa.subject import Subject


@dataclass(frozen=True, eq=False)
class Scene:
    """A log with its labels.

    Attributes:
        log: the log.
        ontology: the project's.
        subjects: all tracks, by ID.
        sight: the sweeps of the log, or None where nobody wants to wait for them.
        memory: of the inspection, by ID of the check: what a check wants to keep from one edit to the
            next. Checks themselves keep nothing.
        progress: told how far a check is that takes long; what it raises stops the inspection.
    """

    log: Log
    ontology: Ontology
    subjects: Mapping[str, Subject]
    sight: Sight | None = None
    memory: dict[str, Any] = field(default_factory=dict)
    progress: Progress | None = None

    def told(self, doing: str) -> Callable[[int, int], None] | None:
        """Who is told how much of something is done, and how much there is; None if nobody asks."""
        progress = self.progress
        if progress is None:
            return None
        return lambda done, all_of_it: progress(doing, done, all_of_it)
