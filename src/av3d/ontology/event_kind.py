"""Kinds of events: what can happen on the time line of a log."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from av3d.ontology.attribute import title_of
from av3d.ontology.category import GREY
from av3d.ontology.checks import check_key, check_title, check_unique, colour, given, prose


class Extent(StrEnum):
    """How much of a log an event of a kind takes: a span with start and end, or all of it."""

    SPAN = "span"
    LOG = "log"


@dataclass(frozen=True)
class EventKind:
    """A kind of events, such as a cut-in or the weather.

    Attributes:
        key: what is stored ("cut_in").
        title: what people read; default: made from the key.
        colour: "#rrggbb".
        extent: whether such an event has a start and end, or holds for the whole log.
        attributes: keys of the attributes that its events have.
        guidance: instructions for people, Markdown.
        formerly: keys that this one replaces.

    Raises:
        OntologyError: something contradicts itself; names the kind.
    """

    key: str
    title: str = ""
    colour: str = GREY
    extent: Extent = Extent.SPAN
    attributes: tuple[str, ...] = ()
    guidance: str = ""
    formerly: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_key(self.key, "event")
        where = f"event {self.key!r}"
        object.__setattr__(self, "title", self.title or title_of(self.key))
        check_title(self.title, where)
        object.__setattr__(self, "colour", colour(self.colour, where))
        check_unique(self.attributes, "attribute", where)
        object.__setattr__(self, "guidance", prose(self.guidance, where))
        for old in self.formerly:
            check_key(old, "former event")

    def as_json(self) -> dict[str, Any]:
        return given(
            {
                "key": self.key,
                "title": self.title if self.title != title_of(self.key) else "",
                "colour": self.colour,
                "extent": self.extent.value,
                "attributes": list(self.attributes),
                "guidance": self.guidance,
                "formerly": list(self.formerly),
            }
        )
