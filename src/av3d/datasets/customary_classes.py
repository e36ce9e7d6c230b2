"""Class names of formats that have no list of their own, as av3d's categories, by custom."""

from __future__ import annotations

import re

from av3d.ontology.presets import default

OTHER = "other"

_CATEGORIES = {category.key for category in default().categories}
_CUSTOMS = {
    "bike": "bicycle",
    "bollard": "other",
    "construction_vehicle": "construction",
    "cyclist": "bicycle",
    "human": "pedestrian",
    "lorry": "truck",
    "motorbike": "motorcycle",
    "motorcyclist": "motorcycle",
    "passenger_car": "car",
    "people": "pedestrian",
    "person": "pedestrian",
    "suv": "car",
    "traffic_cone": "cone",
    "unknown": "other",
    "van": "car",
    "walker": "pedestrian",
}


def customary_category(name: str) -> str:
    """The category of a class: av3d's where it is known by custom, else the name as it is.

    Only the last part of a path counts: "vehicle.car" and "https://example.org/Car" are cars.
    """
    last = re.split(r"[./#:]", name.strip())[-1]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\s\-]+", "_", last).lower()
    found = _CUSTOMS.get(words, words)
    if found in _CATEGORIES:
        return found
    return name if name and name.isprintable() else OTHER
