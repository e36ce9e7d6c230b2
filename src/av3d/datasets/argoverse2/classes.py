"""Argoverse 2's class names and av3d's categories."""

from __future__ import annotations

from collections.abc import Mapping

LABEL = "av2.label"
"""Attribute of tracks and keyframes with the class that was read, or that the ontology names."""

CATEGORY: Mapping[str, str] = {
    "REGULAR_VEHICLE": "car",
    "LARGE_VEHICLE": "truck",
    "BOX_TRUCK": "truck",
    "TRUCK": "truck",
    "TRUCK_CAB": "truck",
    "BUS": "bus",
    "SCHOOL_BUS": "bus",
    "ARTICULATED_BUS": "bus",
    "VEHICULAR_TRAILER": "trailer",
    "MESSAGE_BOARD_TRAILER": "trailer",
    "TRAFFIC_LIGHT_TRAILER": "trailer",
    "MOTORCYCLE": "motorcycle",
    "BICYCLE": "bicycle",
    "PEDESTRIAN": "pedestrian",
    "OFFICIAL_SIGNALER": "pedestrian",
    "BICYCLIST": "pedestrian",
    "MOTORCYCLIST": "pedestrian",
    "WHEELED_RIDER": "pedestrian",
    "CONSTRUCTION_CONE": "cone",
    "CONSTRUCTION_BARREL": "other",
    "BOLLARD": "other",
    "SIGN": "other",
    "STOP_SIGN": "other",
    "MOBILE_PEDESTRIAN_CROSSING_SIGN": "other",
    "WHEELED_DEVICE": "other",
    "WHEELCHAIR": "other",
    "STROLLER": "other",
    "DOG": "other",
    "ANIMAL": "other",
    "RAILED_VEHICLE": "other",
}
"""av3d's category of each of the 30 classes. Riders are people: Argoverse 2 gives them a cuboid of their
own beside that of the bicycle, motorcycle or device."""
