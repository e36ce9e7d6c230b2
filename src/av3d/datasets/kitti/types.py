"""KITTI's names of object types and what they are in av3d."""

from __future__ import annotations

DONT_CARE = "DontCare"
"""Marks a region of the image that was not labelled; it is not an object."""

CATEGORY_OF_TYPE = {
    "Car": "car",
    "Van": "car",
    "Truck": "truck",
    "Pedestrian": "pedestrian",
    "Person_sitting": "pedestrian",
    # The label files of the tracking benchmark say Person where its text says Person_sitting.
    "Person": "pedestrian",
    "Cyclist": "bicycle",
    "Tram": "other",
    "Misc": "other",
}

TYPE_OF_CATEGORY = {
    "car": "Car",
    "truck": "Truck",
    "bus": "Truck",
    "pedestrian": "Pedestrian",
    "bicycle": "Cyclist",
}
"""Every other category becomes Misc, which KITTI has for trailers and anything unusual."""

EXACT = frozenset({("car", "Car"), ("truck", "Truck"), ("pedestrian", "Pedestrian")})
"""Pairs of category and type that mean the same; the others are reported as a loss."""


_BY_SMALL_LETTERS = {category: category for category in TYPE_OF_CATEGORY} | {
    kitti_type.lower(): category for kitti_type, category in CATEGORY_OF_TYPE.items()
}


def is_known(kitti_type: str) -> bool:
    """Whether a type says what it is: KITTI has it, or another program means one of these by it."""
    return kitti_type.lower() in _BY_SMALL_LETTERS


def category_of(kitti_type: str) -> str:
    """The category of a KITTI type; a type that is not known becomes "other".

    Other programs write "car" or "bus", which are taken for what they say.
    """
    return _BY_SMALL_LETTERS.get(kitti_type.lower(), "other")


def type_of(category: str, original: object = None) -> str:
    """The KITTI type to write for a category.

    Args:
        category: category of the track.
        original: the type that the track was read with. It is kept as long as it still belongs to
            the category, so that a Van stays a Van and a relabelled one does not.
    """
    if isinstance(original, str) and original and category_of(original) == category:
        return original
    return TYPE_OF_CATEGORY.get(category, "Misc")
