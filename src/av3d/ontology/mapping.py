"""Between the categories of an ontology and the class names of a format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from av3d.ontology.ontology import Ontology

Names = TypeVar("Names")


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


def _of(names: Mapping[str, Names], format_name: str, otherwise: Names) -> Names:
    """What a mapping says of a format, or of the dataset that it belongs to."""
    if format_name in names:
        return names[format_name]
    return names.get(format_name.partition("-")[0], otherwise)
