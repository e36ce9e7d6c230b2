"""The categories that av3d knows without an ontology: display name, size prior and order.

Dataset folders translate their own class names to these and back; the original name is kept on the
track as the attribute "<dataset>.label".
"""

from __future__ import annotations

from dataclasses import dataclass


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


CATEGORIES: tuple[Category, ...] = (
    Category("car", "Car", (4.5, 1.9, 1.6)),
    Category("truck", "Truck", (8.0, 2.5, 3.2)),
    Category("bus", "Bus", (11.5, 2.9, 3.3)),
    Category("trailer", "Trailer", (10.0, 2.6, 3.6)),
    Category("construction", "Construction vehicle", (6.5, 2.7, 3.0)),
    Category("motorcycle", "Motorcycle", (2.1, 0.8, 1.5)),
    Category("bicycle", "Bicycle", (1.8, 0.6, 1.6)),
    Category("pedestrian", "Pedestrian", (0.8, 0.7, 1.75)),
    Category("cone", "Traffic cone", (0.4, 0.4, 0.9)),
    Category("other", "Other", (1.0, 1.0, 1.0)),
)
"""In the order of their number keys; the tenth is on 0."""

BY_KEY = {category.key: category for category in CATEGORIES}


def category(key: str) -> Category:
    """The category of a key; an unknown key becomes a category of its own with the size of other."""
    known = BY_KEY.get(key)
    return known or Category(key, key.replace("_", " ").capitalize(), BY_KEY["other"].size_lwh_m)
