"""The numbers that checks go by, for one category: the ontology's before those of the check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from av3d.ontology.motion import Motion
from av3d.ontology.ontology import Ontology


@dataclass(frozen=True)
class Limits:
    """Numbers for the tracks of one category.

    In an ontology, `checks` of a category or of the whole ontology name them: "speed" is the limit of
    the check `speed`, "speed.window_s" its parameter `window_s`; false leaves a check out.

    Attributes:
        motion: how objects of the category move.
        own: those of the category.
        general: those of the ontology.
    """

    motion: Motion
    own: Mapping[str, float | bool]
    general: Mapping[str, float | bool]

    @staticmethod
    def of(ontology: Ontology, category: str) -> Limits:
        """Those of a category; one that the ontology does not know may move freely."""
        known = ontology.category(category)
        if known is None:
            return Limits(Motion.FREE, {}, ontology.checks)
        return Limits(known.motion, known.checks, ontology.checks)

    def limit(self, check: str, defaults: Mapping[Motion, float]) -> float | None:
        """The limit of a check; None if it does not ask about such objects.

        Args:
            check: its ID.
            defaults: the check's own limits by how objects move; those that are not in it are not
                asked about.
        """
        for given in (self.own, self.general):
            if check in given:
                value = given[check]
                return None if value is False else float(value)
        return defaults.get(self.motion)

    def off(self, check: str) -> bool:
        """Whether the ontology leaves a check out."""
        for given in (self.own, self.general):
            if check in given:
                return given[check] is False
        return False

    def parameter(self, check: str, name: str, default: float) -> float:
        """Another number of a check; false in the ontology stands for the default."""
        key = f"{check}.{name}"
        for given in (self.own, self.general):
            if given.get(key, False) is not False:
                return float(given[key])
        return default
