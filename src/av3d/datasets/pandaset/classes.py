"""PandaSet's class names and av3d's categories."""

from __future__ import annotations

from collections.abc import Mapping

from av3d.types import Scalar

CATEGORY: Mapping[str, str] = {
    "Car": "car",
    "Pickup Truck": "truck",
    "Medium-sized Truck": "truck",
    "Semi-truck": "truck",
    "Bus": "bus",
    "Towed Object": "trailer",
    "Other Vehicle - Construction Vehicle": "construction",
    "Motorcycle": "motorcycle",
    "Motorized Scooter": "motorcycle",
    "Bicycle": "bicycle",
    "Pedestrian": "pedestrian",
    "Pedestrian with Object": "pedestrian",
    "Cones": "cone",
    "Pylons": "cone",
    "Emergency Vehicle": "other",
    "Other Vehicle - Uncommon": "other",
    "Other Vehicle - Pedicab": "other",
    "Personal Mobility Device": "other",
    "Train": "other",
    "Trolley": "other",
    "Tram / Subway": "other",
    "Animals - Bird": "other",
    "Animals - Other": "other",
    "Road Barriers": "other",
    "Signs": "other",
    "Construction Signs": "other",
    "Temporary Construction Barriers": "other",
    "Rolling Containers": "other",
}
"""av3d's category of each label that PandaSet gives to cuboids. Pickups count as trucks, as nuScenes
does it."""

VEHICLE_SEMANTICS = frozenset(range(13, 30))
"""Semantic classes (annotations/semseg/classes.json) of things that drive: 13 Car to 29 Tram."""

_MOTION: Mapping[Scalar, str] = {
    "Moving": "moving",
    "Stopped": "stopped",
    "Parked": "parked",
    "Standing": "standing",
    "Walking": "moving",
    "Sitting": "sitting",
    "Lying": "lying",
}
_RIDER: Mapping[Scalar, bool] = {"With Rider": True, "Without Rider": False}


def generic_attributes(attributes: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """The attributes that all of av3d understands, from PandaSet's own: `motion` and `rider`."""
    found: dict[str, Scalar] = {}
    for name in ("pandaset.object_motion", "pandaset.pedestrian_behavior"):
        motion = _MOTION.get(attributes.get(name, ""))
        if motion is not None:
            found["motion"] = motion
    rider = _RIDER.get(attributes.get("pandaset.rider_status", ""))
    if rider is not None:
        found["rider"] = rider
    return found
