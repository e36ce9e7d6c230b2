"""The categories of av3d's own ontology: their order and what people read.

Dataset folders translate their own class names to these and back; the original name is kept on the
track as the attribute "<dataset>.label".
"""

from __future__ import annotations

from av3d.ontology.presets import default

CATEGORIES = default().categories
"""In the order of their number keys; the tenth is on 0."""


def category_title(key: str) -> str:
    """What people read for a category; a key that av3d does not know is made readable."""
    known = default().category(key)
    return known.title if known else key.replace("_", " ").capitalize()
