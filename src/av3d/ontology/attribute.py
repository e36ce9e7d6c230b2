"""Attributes: what can be said of a track or an event beside its category."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from av3d.ontology.checks import (
    OntologyError,
    check_former,
    check_key,
    check_names,
    check_title,
    check_unique,
    frozen,
    given,
    prose,
)
from av3d.ontology.motion import Motion
from av3d.types import Scalar

MAX_TEXT_VALUE = 10_000
"""Characters of a value of a text attribute."""
MAX_WHOLE = 2**63
"""Whole numbers are smaller, as those of tracks are, so that every database can hold them."""


class AttributeKind(StrEnum):
    """What the values of an attribute are."""

    ENUM = "enum"
    BOOL = "bool"
    NUMBER = "number"
    TEXT = "text"


class Per(StrEnum):
    """Whether an attribute has one value for a whole track or may change from keyframe to keyframe."""

    TRACK = "track"
    KEYFRAME = "keyframe"


@dataclass(frozen=True)
class Value:
    """One value of an enum attribute.

    Attributes:
        key: what is stored ("parked").
        title: what people read ("Parked"); default: made from the key.
        categories: keys of the categories that may have it; () is all that have the attribute.
        motion: how the object moves while it has the value ("parked" is static); None: as its category.
        exports: by format, that format's name of it; "" says that the format leaves it out.
        formerly: keys that this one replaces.

    Raises:
        OntologyError: a text is not printable, or empty where it may not be.
    """

    key: str
    title: str = ""
    categories: tuple[str, ...] = ()
    motion: Motion | None = None
    exports: Mapping[str, str] = field(default_factory=dict, hash=False)
    formerly: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_key(self.key, "value")
        where = f"value {self.key!r}"
        object.__setattr__(self, "title", self.title or title_of(self.key))
        check_title(self.title, where)
        check_unique(self.categories, "category", where)
        check_names(self.exports, where)
        for old in self.formerly:
            check_key(old, "former value")
        object.__setattr__(self, "exports", frozen(self.exports))

    def as_json(self) -> dict[str, Any]:
        return given(
            {
                "key": self.key,
                "title": self.title if self.title != title_of(self.key) else "",
                "categories": list(self.categories),
                "motion": self.motion and self.motion.value,
                "exports": dict(self.exports),
                "formerly": list(self.formerly),
            }
        )


@dataclass(frozen=True)
class Attribute:
    """An attribute that categories or events may have.

    Attributes:
        key: what is stored; without dots, which names have that readers of datasets record.
        kind: what its values are.
        title: what people read; default: made from the key.
        values: of an enum, in the order in which they are offered.
        minimum, maximum: limits of a number, or None.
        unit: of a number, for people ("m/s").
        per: one value for the track, or one at each keyframe. A value that the track has holds at
            all keyframes that have none of their own.
        required: whether every track (or keyframe) of a category with it must have it.
        default: what new tracks get, or None.
        guidance: instructions for people, Markdown.
        exports: by format, that format's name of it; "" says that the format leaves it out.
        formerly: keys that this one replaces.

    Raises:
        OntologyError: something contradicts itself; names the attribute.
    """

    key: str
    kind: AttributeKind
    title: str = ""
    values: tuple[Value, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    per: Per = Per.TRACK
    required: bool = False
    default: Scalar | None = None
    guidance: str = ""
    exports: Mapping[str, str] = field(default_factory=dict, hash=False)
    formerly: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_key(self.key, "attribute", dots=False)
        where = f"attribute {self.key!r}"
        object.__setattr__(self, "title", self.title or title_of(self.key))
        check_title(self.title, where)
        self._check_kind(where)
        object.__setattr__(self, "guidance", prose(self.guidance, where))
        check_names(self.exports, where)
        object.__setattr__(self, "exports", frozen(self.exports))
        for old in self.formerly:
            check_key(old, "former attribute", dots=False)
        if isinstance(self.default, str):
            object.__setattr__(self, "default", prose(self.default, f"{where}, default"))
        if self.default is not None:
            wrong = self.problem_with(self.default) or (not str(self.default) and "is empty")
            if wrong:
                raise OntologyError(f"the default {wrong}", where, "correct it or leave it out")

    def _check_kind(self, where: str) -> None:
        if (self.kind == AttributeKind.ENUM) != bool(self.values):
            raise OntologyError(
                f"the kind is {self.kind} and it has {len(self.values)} values", where,
                "an enum has values, and nothing else has",
            )  # fmt: skip
        check_unique((value.key for value in self.values), "value", where)
        check_former({value.key: value.formerly for value in self.values}, "value", where)
        limits = [limit for limit in (self.minimum, self.maximum) if limit is not None]
        if self.kind != AttributeKind.NUMBER and (limits or self.unit):
            raise OntologyError(
                f"the kind is {self.kind} and it has a limit or a unit",
                where,
                "only numbers have them",
            )
        if self.unit:
            check_title(self.unit, f"{where}, unit")
        for name in ("minimum", "maximum"):
            limit = getattr(self, name)
            object.__setattr__(self, name, limit if limit is None else float(limit))
        if not all(map(math.isfinite, limits)) or limits != sorted(limits):
            raise OntologyError(
                f"its minimum {self.minimum} and maximum {self.maximum} allow no value", where,
                "correct them",
            )  # fmt: skip

    def value(self, key: object) -> Value | None:
        """The value of an enum with this key."""
        return next((value for value in self.values if value.key == key), None)

    def is_kind(self, value: Scalar) -> bool:
        """Whether a value is what `kind` says; numbers must be finite, whole ones have 64 bits."""
        match self.kind:
            case AttributeKind.BOOL:
                return isinstance(value, bool)
            case AttributeKind.NUMBER:
                # bool is an int to Python.
                if isinstance(value, bool | str):
                    return False
                return math.isfinite(value) if isinstance(value, float) else abs(value) < MAX_WHOLE
            case _:
                return isinstance(value, str)

    def accepts(self, value: Scalar, category: str = "") -> bool:
        """Whether a value is of the kind and, of an enum, one that the category may have.

        Limits of numbers do not count here: a number beyond them is still what it says.

        Args:
            value: the value.
            category: key of a category, or "" for any.
        """
        if self.kind != AttributeKind.ENUM:
            return self.is_kind(value)
        known = self.value(value)
        return known is not None and not (
            category and known.categories and category not in known.categories
        )

    def problem_with(self, value: Scalar, category: str = "") -> str:
        """What is wrong with a value, as the end of a sentence about it; "" if nothing is.

        Args:
            value: the value.
            category: key of the category of the track, or "" for any.
        """
        if not self.is_kind(value):
            return f"{value!r:.100} is no {self.kind}"
        if not self.accepts(value, category):
            if self.value(value):
                return f"{value!r} is not for {category}"
            return f"{value!r:.100} is none of {', '.join(known.key for known in self.values)}"
        if isinstance(value, str):
            if len(value) > MAX_TEXT_VALUE:
                return f"has {len(value):,} characters, limit {MAX_TEXT_VALUE:,}"
        elif self.minimum is not None and value < self.minimum:
            return f"{value:g} is below {self.minimum:g} {self.unit}".rstrip()
        elif self.maximum is not None and value > self.maximum:
            return f"{value:g} is above {self.maximum:g} {self.unit}".rstrip()
        return ""

    def as_json(self) -> dict[str, Any]:
        return given(
            {
                "key": self.key,
                "kind": self.kind.value,
                "title": self.title if self.title != title_of(self.key) else "",
                "values": [value.as_json() for value in self.values],
                "minimum": self.minimum,
                "maximum": self.maximum,
                "unit": self.unit,
                "per": self.per.value if self.per != Per.TRACK else "",
                "required": self.required or None,
                "default": self.default,
                "guidance": self.guidance,
                "exports": dict(self.exports),
                "formerly": list(self.formerly),
            }
        )


def title_of(key: str) -> str:
    """A title made of a key: "no_rider" is "No rider"."""
    words = key.replace("_", " ").strip() or key
    return words[:1].upper() + words[1:]
