"""Between an ontology and other names for the same: class names of formats, attributes of av3d's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from av3d.ontology.attribute import Attribute
from av3d.ontology.ontology import Ontology
from av3d.types import Scalar

Names = TypeVar("Names")

OWN = "av3d"
"""The format whose attributes (`motion`, `rider`) readers give and writers understand."""


def category_of(ontology: Ontology, format_name: str, label: str) -> str | None:
    """The category that a format's class name becomes; None if the ontology does not know it.

    A category that names the label among its imports goes first, then the first one that is exported
    as it.

    Args:
        ontology: the project's.
        format_name: "kitti-tracking", or "kitti" for all of that dataset's formats.
        label: the class name, as the format writes it.
    """
    for category in ontology.categories:
        if label in _of(category.imports, format_name, ()):
            return category.key
    if label:
        for category in ontology.categories:
            if _of(category.exports, format_name, "") == label:
                return category.key
    return None


def label_for(ontology: Ontology, format_name: str, category: str) -> str | None:
    """The class name of a format that a category is written as.

    Args:
        ontology: the project's.
        format_name: "kitti-tracking", or "kitti" for all of that dataset's formats.
        category: key of a category.

    Returns:
        The name; "" if the ontology says to leave such tracks out; None if it does not say anything,
        because it does not know the category, or not what the format calls it.
    """
    known = ontology.category(category)
    return _of(known.exports, format_name, None) if known else None


def attributes_from(
    ontology: Ontology, category: str, attributes: Mapping[str, Scalar]
) -> dict[str, Scalar]:
    """Attributes that a reader gives as the ontology calls them.

    Readers give `motion` and `rider` as av3d's own ontology has them, and records of their dataset such
    as `kitti.occluded`. The first are renamed where an attribute of the category is exported as them.
    The second stay, and are repeated under the name of the attribute that is exported to the dataset as
    them. Whatever the ontology has no place for stays as it is.

    Args:
        ontology: the project's.
        category: key of the category of the track.
        attributes: of a track or keyframe, from a reader.
    """
    known = _attributes_of(ontology, category)
    out: dict[str, Scalar] = {}
    for name, said in attributes.items():
        key, value = name, said
        if "." not in name and ontology.attribute(name) is None:
            key, value = _attribute_from(known, OWN, name, said) or (name, said)
        out[key] = value
    for name, said in attributes.items():
        format_name, dot, inner = name.partition(".")
        found = _attribute_from(known, format_name, inner, said) if dot else None
        if found is not None:
            out.setdefault(*found)
    return out


def attributes_for(
    ontology: Ontology, category: str, attributes: Mapping[str, Scalar], format_name: str = OWN
) -> dict[str, Scalar]:
    """Attributes of the ontology as a format calls them, by default as writers understand them.

    One that the ontology says nothing about stays as it is. One that the format leaves out (an export
    as "") is left out.
    """
    known = _attributes_of(ontology, category)
    out: dict[str, Scalar] = {}
    for name, said in attributes.items():
        attribute = next((attribute for attribute in known if attribute.key == name), None)
        target = _of(attribute.exports, format_name, None) if attribute is not None else None
        if attribute is None or target is None:
            out[name] = said
        elif target:
            value = attribute.value(said)
            as_text = _of(value.exports, format_name, None) if value is not None else None
            if as_text != "":
                out[target] = said if as_text is None else _BOOLS.get(as_text, as_text)
    return out


_BOOLS: Mapping[str, Scalar] = {"true": True, "false": False}
"""How values of enums name the values of a format that are no texts."""


def _attribute_from(
    known: Sequence[Attribute], format_name: str, name: str, said: Scalar
) -> tuple[str, Scalar] | None:
    """The attribute that is exported to a format as a name, and its value; None if there is none."""
    text = str(said).lower() if isinstance(said, bool) else str(said)
    for attribute in known:
        if _of(attribute.exports, format_name, "") != name:
            continue
        if not attribute.values and attribute.is_kind(said):
            return attribute.key, said
        for value in attribute.values:
            if _of(value.exports, format_name, value.key) == text:
                return attribute.key, value.key
    return None


def _attributes_of(ontology: Ontology, category: str) -> tuple[Attribute, ...]:
    known = ontology.category(category)
    return ontology.attributes_of(known) if known else ()


def _of(names: Mapping[str, Names], format_name: str, otherwise: Names) -> Names:
    """What a mapping says of a format, or of the dataset that it belongs to."""
    if format_name in names:
        return names[format_name]
    return names.get(format_name.partition("-")[0], otherwise)
