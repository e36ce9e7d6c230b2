"""The categories of av3d's own ontology: display name, size prior and order.

Dataset folders translate their own class names to these and back; the original name is kept on the
track as the attribute "<dataset>.label".
"""

from __future__ import annotations

from dataclasses import dataclass

from av3d.ontology.presets import default


@dataclass(frozen=True)
class Category:
    """A category.

    Attributes:
        key: what is stored ("car").
        title: what people read ("Car").
        size_lwh_m: a usual length, width and height in metres, for new cuboids.
    """

    key: str
    title: str
    size_lwh_m: tuple[float, float, float]


CATEGORIES: tuple[Category, ...] = tuple(
    Category(known.key, known.title, known.size_lwh_m) for known in default().categories
)
"""In the order of their number keys; the tenth is on 0."""

BY_KEY = {category.key: category for category in CATEGORIES}


def category(key: str) -> Category:
    """The category of a key; an unknown key becomes a category of its own with the size of other."""
    known = BY_KEY.get(key)
    return known or Category(key, key.replace("_", " ").capitalize(), BY_KEY["other"].size_lwh_m)
