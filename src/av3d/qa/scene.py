"""All labels of a log, as checks of the whole look at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from av3d.logs.log import Log
from av3d.ontology.ontology import Ontology
from av3d.qa.sight import Sight
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
    """

    log: Log
    ontology: Ontology
    subjects: Mapping[str, Subject]
    sight: Sight | None = None
    memory: dict[str, Any] = field(default_factory=dict)
