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
    "trafficcone": "cone",
    "unknown": "other",
    "van": "car",
    "walker": "pedestrian",
}


def customary_category(name: str) -> str:
    """The category of a class: av3d's where it is known by custom, else the name as it is.

    Of a path the last part that is known counts: "vehicle.bus.rigid" is a bus, "example.org/Car" a car.
    """
    for part in reversed(re.split(r"[./#:]", name.strip())):
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\s\-]+", "_", part).lower()
        words = words.removeprefix("type_")
        found = _CUSTOMS.get(words, words)
        if found in _CATEGORIES:
            return found
    return name if name and name.isprintable() else OTHER
