"""An ontology from plain values, as its JSON, TOML and YAML files have them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from av3d.ontology.attribute import Attribute, AttributeKind, Per, Value
from av3d.ontology.category import Category
from av3d.ontology.checks import OntologyError
from av3d.ontology.event_kind import EventKind, Extent
from av3d.ontology.motion import Motion
from av3d.ontology.ontology import Ontology
from av3d.ontology.picture import MAX_BYTES, Picture
from av3d.ontology.relation_kind import RelationKind
from av3d.ontology.table import Table

PictureContent = Callable[[Table], bytes]
"""Gives the bytes of a picture by the table that names it."""

_CATEGORY_KEYS = (
    "key", "title", "colour", "hotkey", "size_lwh_m", "smallest_lwh_m", "largest_lwh_m", "motion",
    "longest_gap_s", "attributes", "guidance", "pictures", "exports", "imports", "formerly",
    "checks",
)  # fmt: skip
_ATTRIBUTE_KEYS = (
    "key", "kind", "title", "values", "minimum", "maximum", "unit", "per", "required", "default",
    "guidance", "exports", "formerly",
)  # fmt: skip
_VALUE_KEYS = ("key", "title", "categories", "motion", "exports", "formerly")
_EVENT_KEYS = ("key", "title", "colour", "extent", "attributes", "guidance", "formerly")
_RELATION_KEYS = ("key", "title", "children", "parents", "guidance", "formerly")
_KEYS = (
    "name", "version", "note", "categories", "attributes", "events", "relations", "checks",
    "contents",
)  # fmt: skip


def from_json(values: object) -> Ontology:
    """The ontology of what `Ontology.as_json` gives; pictures are in it.

    Raises:
        OntologyError: it is no ontology; says where in it.
    """
    return from_values(values, _nowhere)


def from_values(values: object, picture_content: PictureContent) -> Ontology:
    """The ontology of plain values.

    Args:
        values: tables and lists as a parser of TOML, YAML or JSON gives them.
        picture_content: where the bytes of pictures come from that are not in the values.

    Raises:
        OntologyError: it is no ontology; says where in it.
    """
    table = Table(values)
    table.only(_KEYS)
    contents = Table(table.values.get("contents", {}), "contents")

    def content(picture: Table) -> bytes:
        if "content" not in picture.values:
            return picture_content(picture)
        return _decoded(contents, picture.text("content"))

    return Ontology(
        table.text("name", None),
        table.whole("version", 1),
        tuple(_category(row, content) for row in table.tables("categories")),
        tuple(_attribute(row) for row in table.tables("attributes")),
        tuple(_event(row) for row in table.tables("events")),
        tuple(_relation(row) for row in table.tables("relations")),
        table.text("note"),
        table.limits("checks"),
    )


def _category(table: Table, picture_content: PictureContent) -> Category:
    table.only(_CATEGORY_KEYS)
    given: dict[str, Any] = {}
    for key in ("size_lwh_m", "colour"):
        if key in table.values:
            given[key] = table.size(key) if key == "size_lwh_m" else table.text(key)
    return Category(
        table.text("key", None),
        table.text("title"),
        hotkey=table.text("hotkey"),
        smallest_lwh_m=table.size("smallest_lwh_m"),
        largest_lwh_m=table.size("largest_lwh_m"),
        motion=table.word("motion", Motion, Motion.FREE),
        longest_gap_s=table.number("longest_gap_s"),
        attributes=table.texts("attributes"),
        guidance=table.text("guidance"),
        pictures=tuple(_picture(row, picture_content) for row in table.tables("pictures")),
        exports=table.names("exports"),
        imports=table.lists("imports"),
        formerly=table.texts("formerly"),
        checks=table.limits("checks"),
        **given,
    )


def _picture(table: Table, picture_content: PictureContent) -> Picture:
    table.only(("file", "caption", "content"))
    return Picture(table.text("file", None), picture_content(table), table.text("caption"))


def _decoded(contents: Table, digest: str) -> bytes:
    text = contents.text(digest, None)
    if len(text) > MAX_BYTES * 4 // 3 + 4:
        raise OntologyError(
            f"the picture has over {MAX_BYTES:,} bytes", contents.at(digest), "make it smaller"
        )
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise OntologyError(
            f"the picture is not Base64 ({error})", contents.at(digest), "copy the file again"
        ) from error


def _nowhere(picture: Table) -> bytes:
    raise OntologyError("the picture's content is missing", picture.place, "copy the text again")


def _attribute(table: Table) -> Attribute:
    table.only(_ATTRIBUTE_KEYS)
    return Attribute(
        table.text("key", None),
        table.word("kind", AttributeKind, None),
        table.text("title"),
        tuple(_value(row, table) for row in table.rows("values")),
        table.number("minimum"),
        table.number("maximum"),
        table.text("unit"),
        table.word("per", Per, Per.TRACK),
        table.flag("required"),
        table.scalar("default"),
        table.text("guidance"),
        table.names("exports"),
        table.texts("formerly"),
    )


def _value(row: object, attribute: Table) -> Value:
    """A value; one that has nothing but a key may be written as that alone."""
    if isinstance(row, str):
        return Value(row)
    table = Table(row, attribute.at("values"))
    table.only(_VALUE_KEYS)
    return Value(
        table.text("key", None),
        table.text("title"),
        table.texts("categories"),
        table.word("motion", Motion, None) if "motion" in table.values else None,
        table.names("exports"),
        table.texts("formerly"),
    )


def _event(table: Table) -> EventKind:
    table.only(_EVENT_KEYS)
    given = {"colour": table.text("colour")} if "colour" in table.values else {}
    return EventKind(
        table.text("key", None),
        table.text("title"),
        extent=table.word("extent", Extent, Extent.SPAN),
        attributes=table.texts("attributes"),
        guidance=table.text("guidance"),
        formerly=table.texts("formerly"),
        **given,
    )


def _relation(table: Table) -> RelationKind:
    table.only(_RELATION_KEYS)
    return RelationKind(
        table.text("key", None),
        table.text("title"),
        table.texts("children"),
        table.texts("parents"),
        table.text("guidance"),
        table.texts("formerly"),
    )
