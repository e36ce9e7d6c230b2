"""Events and tags: something on the time line of a log, such as rain, a cut-in or a near miss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from av3d.digests import digest_of
from av3d.tracks.checking import TrackError, check_name, check_text, checked_attributes, whole_ns
from av3d.types import Scalar

REVIEW = "review"
"""Label of the events that are decisions of a reviewer; see `av3d.tracks.decision`."""
ISSUE, ISSUE_REPLY = "issue", "issue_reply"
"""Labels of the events that are issues and the answers to them; see `av3d.tracks.issue`."""
REVIEW_PLAN = "review_plan"
"""Label of the events that say what is to be reviewed; see `av3d.tracks.review_plan`."""
RECORDS = frozenset({REVIEW, ISSUE, ISSUE_REPLY, REVIEW_PLAN})
"""Labels of the record of a review: no kinds of the ontology, and nothing that happened on the road."""


@dataclass(frozen=True)
class Event:
    """Something that holds from one time to another. Events are equal when all values are.

    Attributes:
        id: identity that survives every edit.
        label: what it is, one of the ontology's kinds of event ("rain", "cut_in"), or one of RECORDS.
        start_ns, end_ns: first and last time at which it holds; equal for a moment.
        attributes: values of the event.
        note: free text.
        track_ids: the tracks that take part, of the same log, in an order that says nothing.

    Raises:
        TrackError: it ends before it starts, or a text cannot be stored.
    """

    kind: ClassVar[str] = "event"

    id: str
    label: str
    start_ns: int
    end_ns: int
    attributes: Mapping[str, Scalar] = field(default_factory=dict, hash=False)
    note: str = ""
    track_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        where = f"event {self.id!r}"
        for text in (self.id, self.label, *self.track_ids):
            check_name(text, "ID or label", where)
        check_text(self.note, "the note", where)
        object.__setattr__(self, "start_ns", whole_ns(self.start_ns))
        object.__setattr__(self, "end_ns", whole_ns(self.end_ns))
        if self.end_ns < self.start_ns:
            raise TrackError(
                f"an event ends {self.start_ns - self.end_ns} ns before it starts", where
            )
        object.__setattr__(self, "attributes", checked_attributes(self.attributes))
        object.__setattr__(self, "track_ids", tuple(sorted(set(self.track_ids))))

    @property
    def name(self) -> str:
        """What people call it: "Cut in"."""
        return self.label.replace("_", " ").capitalize()

    @property
    def is_record(self) -> bool:
        """Whether it belongs to the record of a review, and is nothing that happened on the road."""
        return self.label in RECORDS

    def as_json(self) -> dict[str, Any]:
        """The event as JSON values."""
        return {
            "id": self.id,
            "label": self.label,
            "start_ns": self.start_ns,
            "end_ns": self.end_ns,
            "attributes": dict(sorted(self.attributes.items())),
            "note": self.note,
            "track_ids": list(self.track_ids),
        }

    @cached_property
    def digest(self) -> str:
        """Equal for equal events; see `av3d.digests`."""
        return digest_of(self.as_json())
