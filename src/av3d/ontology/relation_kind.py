"""Kinds of relations: how two tracks can belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from av3d.ontology.attribute import title_of
from av3d.ontology.checks import check_key, check_title, check_unique, given, prose


@dataclass(frozen=True)
class RelationKind:
    """A kind of relations from a track to another one, its parent.

    Attributes:
        key: what is stored ("towed_by": from a trailer to its truck).
        title: what people read; default: made from the key.
        children: keys of the categories whose tracks can have it; () is all.
        parents: keys of the categories of the tracks it can lead to; () is all.
        guidance: instructions for people, Markdown.
        formerly: keys that this one replaces.

    Raises:
        OntologyError: something contradicts itself; names the kind.
    """

    key: str
    title: str = ""
    children: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    guidance: str = ""
    formerly: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_key(self.key, "relation")
        where = f"relation {self.key!r}"
        object.__setattr__(self, "title", self.title or title_of(self.key))
        check_title(self.title, where)
        check_unique(self.children, "child", where)
        check_unique(self.parents, "parent", where)
        object.__setattr__(self, "guidance", prose(self.guidance, where))
        for old in self.formerly:
            check_key(old, "former relation")

    def allows(self, child: str, parent: str) -> bool:
        """Whether a track of category `child` may have it to one of category `parent`."""
        return (not self.children or child in self.children) and (
            not self.parents or parent in self.parents
        )

    def as_json(self) -> dict[str, Any]:
        return given(
            {
                "key": self.key,
                "title": self.title if self.title != title_of(self.key) else "",
                "children": list(self.children),
                "parents": list(self.parents),
                "guidance": self.guidance,
                "formerly": list(self.formerly),
            }
        )
