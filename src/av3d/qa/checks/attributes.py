"""Categories and attributes that are not as the ontology says."""

from __future__ import annotations

from collections.abc import Iterator

from av3d.qa.check import Check, TrackCheck, alike
from av3d.qa.finding import Finding, Severity
from av3d.qa.subject import Subject
from av3d.tracks.conformity import Rule, problems

RULES = frozenset(
    {
        Rule.UNKNOWN_CATEGORY,
        Rule.UNKNOWN_ATTRIBUTE,
        Rule.MISSING_ATTRIBUTE,
        Rule.ATTRIBUTE_VALUE,
    }
)
"""What of the conformity of a track is told here; sizes, gaps and motion have checks of their own."""
TOLD = 3
"""So many are told in words."""


class Attributes(TrackCheck):
    """A category, an attribute or a value that the ontology does not know, or one that is missing."""

    id = "attributes"
    title = "Attributes"
    sentence = (
        "Number of things about a track that are not as the ontology says: an unknown category, a "
        "required attribute that is missing, an attribute that the category does not have, a value that "
        "is not allowed."
    )
    severity = Severity.ERROR
    digits = 0
    defaults = alike(0.0)
    weight = 90

    def examine(self, subject: Subject) -> Iterator[Finding]:
        limit = self.limit_for(subject)
        if limit is None:
            return
        found = [one for one in problems(subject.track, subject.ontology) if one.rule in RULES]
        if not len(found) > limit:
            return
        told = "; ".join(one.what for one in found[:TOLD])
        more = f"; and {len(found) - TOLD} more" if len(found) > TOLD else ""
        start_ns = min(one.start_ns for one in found)
        span_ns = start_ns, max(one.end_ns for one in found)
        # What is wrong in words is as wrong as a hundred of it.
        yield self.about(
            subject, span_ns, start_ns, float(len(found)), limit,
            f"{subject.track.name}: {told}{more}", risk=self.weight,
        )  # fmt: skip


CHECKS: list[type[Check]] = [Attributes]
