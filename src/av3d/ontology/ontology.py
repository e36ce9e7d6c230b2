"""The ontology: what can be labelled, and how it should look; one value with a version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from av3d.digests import digest_of
from av3d.ontology.attribute import Attribute
from av3d.ontology.category import Category
from av3d.ontology.checks import (
    OntologyError,
    check_former,
    check_limits,
    check_title,
    check_unique,
    given,
    prose,
)
from av3d.ontology.event_kind import EventKind
from av3d.ontology.picture import MAX_TOTAL_BYTES, Picture
from av3d.ontology.relation_kind import RelationKind

MAX_VERSION = 2**31 - 1

Part = Category | Attribute | EventKind | RelationKind


@dataclass(frozen=True)
class Ontology:
    """Categories, attributes, kinds of events and of relations. Equal when all values are.

    Args:
        name: of the ontology ("nuscenes").
        version: counts up with every change that is given out.
        categories: in the order in which they are offered.
        attributes: of tracks and events.
        events: kinds of events.
        relations: kinds of relations between tracks.
        note: where it comes from, for people.
        checks: limits of the checks of `av3d.qa` for all categories, by name; a category's own go
            before them, False leaves a check out.

    Raises:
        OntologyError: a key is there twice, or something names what is not there.
    """

    kind: ClassVar[str] = "ontology"
    id: ClassVar[str] = "ontology"
    """A project has one ontology."""

    name: str
    version: int = 1
    categories: tuple[Category, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    events: tuple[EventKind, ...] = ()
    relations: tuple[RelationKind, ...] = ()
    note: str = ""
    checks: Mapping[str, float | bool] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        where = f"ontology {self.name[:100]!r}"
        check_title(self.name, where)
        if not 1 <= self.version <= MAX_VERSION:
            raise OntologyError(f"version {self.version}", where, "count versions from 1")
        object.__setattr__(self, "note", prose(self.note, where))
        object.__setattr__(self, "checks", check_limits(self.checks, where))
        lists: tuple[tuple[str, Sequence[Part]], ...] = (
            ("category", self.categories),
            ("attribute", self.attributes),
            ("event", self.events),
            ("relation", self.relations),
        )
        for what, parts in lists:
            check_unique((part.key for part in parts), what, where)
            check_former({part.key: part.formerly for part in parts}, what, where)
        self._check_named()
        hotkeys = [category.hotkey for category in self.categories if category.hotkey]
        check_unique(hotkeys, "hotkey", where)
        self._check_imports(where)
        self._check_pictures(where)

    def _check_pictures(self, where: str) -> None:
        contents: dict[str, bytes] = {}
        for picture in self.pictures:
            if contents.setdefault(picture.file, picture.content) != picture.content:
                raise OntologyError(
                    f"two pictures are called {picture.file!r}", where, "rename one of them"
                )
        total = sum(len(picture.content) for picture in self.pictures)
        if total > MAX_TOTAL_BYTES:
            raise OntologyError(
                f"its pictures have {total:,} bytes, limit {MAX_TOTAL_BYTES:,}", where,
                "make them smaller or take some out",
            )  # fmt: skip

    def _check_named(self) -> None:
        """Refuse keys that name nothing."""
        with_attributes: tuple[Category | EventKind, ...] = (*self.categories, *self.events)
        for part in with_attributes:
            what = "category" if isinstance(part, Category) else "event"
            _check_known(
                part.attributes, self._attributes, "attribute", f"{what} {part.key!r}, attributes"
            )
        for relation in self.relations:
            for side in ("children", "parents"):
                _check_known(
                    getattr(relation, side),
                    self._categories,
                    "category",
                    f"relation {relation.key!r}, {side}",
                )
        for attribute in self.attributes:
            for value in attribute.values:
                _check_known(
                    value.categories,
                    self._categories,
                    "category",
                    f"attribute {attribute.key!r}, value {value.key!r}",
                )

    def _check_imports(self, where: str) -> None:
        seen: dict[tuple[str, str], str] = {}
        for category in self.categories:
            for format_name, names in category.imports.items():
                for name in names:
                    other = seen.setdefault((format_name, name), category.key)
                    if other != category.key:
                        raise OntologyError(
                            f"{name!r} of {format_name} becomes both {other!r} and "
                            f"{category.key!r}",
                            where,
                            "take it out of the imports of one of them",
                        )

    @cached_property
    def _categories(self) -> Mapping[str, Category]:
        return {category.key: category for category in self.categories}

    @cached_property
    def _attributes(self) -> Mapping[str, Attribute]:
        return {attribute.key: attribute for attribute in self.attributes}

    @cached_property
    def _events(self) -> Mapping[str, EventKind]:
        return {event.key: event for event in self.events}

    @cached_property
    def _relations(self) -> Mapping[str, RelationKind]:
        return {relation.key: relation for relation in self.relations}

    def category(self, key: str) -> Category | None:
        """The category of a key, None if there is none."""
        return self._categories.get(key)

    def attribute(self, key: str) -> Attribute | None:
        """The attribute of a key, None if there is none."""
        return self._attributes.get(key)

    def event(self, key: str) -> EventKind | None:
        """The kind of events of a key, None if there is none."""
        return self._events.get(key)

    def relation(self, key: str) -> RelationKind | None:
        """The kind of relations of a key, None if there is none."""
        return self._relations.get(key)

    def attributes_of(self, part: Category | EventKind) -> tuple[Attribute, ...]:
        """The attributes of a category or of a kind of events, in its order."""
        return tuple(self._attributes[key] for key in part.attributes)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures of all categories."""
        return tuple(picture for category in self.categories for picture in category.pictures)

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON; `av3d.ontology.codec.from_json` reads them.

        Contents of pictures stand apart, by digest, so that an edit of a category does not put them
        into the journal once more.
        """
        return given(
            {
                "name": self.name,
                "version": self.version,
                "note": self.note,
                "categories": [part.as_json() for part in self.categories],
                "attributes": [part.as_json() for part in self.attributes],
                "events": [part.as_json() for part in self.events],
                "relations": [part.as_json() for part in self.relations],
                "checks": dict(self.checks),
                "contents": {p.content_digest: p.content_text for p in self.pictures},
            }
        )

    @cached_property
    def digest(self) -> str:
        """Equal for equal ontologies."""
        return digest_of(self.as_json())


def _check_known(keys: Iterable[str], known: Mapping[str, object], what: str, where: str) -> None:
    for key in keys:
        if key not in known:
            raise OntologyError(
                f"there is no {what} {key!r}", where, nearest(key, known, f"add the {what}")
            )


def nearest(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """What to do about a word that is not known: take the nearest one, or one of them."""
    # Imported here: only messages about mistakes need it.
    from difflib import get_close_matches

    names = [name for name in known if len(name) <= 100][:1000]
    close = get_close_matches(word[:100], names, n=1, cutoff=0.6)
    if close:
        return f"use {close[0]!r}" + (f" or {otherwise}" if otherwise else "")
    return otherwise or f"use one of: {' '.join(names)}"
