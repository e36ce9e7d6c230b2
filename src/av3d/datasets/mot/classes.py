"""The classes of MOTChallenge and which of them av3d's categories are.

Source: A. Milan et al., MOT16: A Benchmark for Multi-Object Tracking, arXiv:1603.00831, table of label
IDs; the names are those of the official evaluation kit (TrackEval).
"""

from __future__ import annotations

CLASSES = {
    "pedestrian": 1,
    "person_on_vehicle": 2,
    "car": 3,
    "bicycle": 4,
    "motorbike": 5,
    "non_mot_vehicle": 6,
    "static_person": 7,
    "distractor": 8,
    "occluder": 9,
    "occluder_on_ground": 10,
    "occluder_full": 11,
    "reflection": 12,
    "crowd": 13,
}

EXACT = {"pedestrian": "pedestrian", "car": "car", "bicycle": "bicycle", "motorcycle": "motorbike"}
"""Categories of av3d that are a class."""

WIDER = {"truck": "car", "bus": "car", "construction": "car", "trailer": "non_mot_vehicle"}
"""Categories of av3d that have no class of their own, and the one that comes closest."""

OTHERWISE = "occluder_on_ground"
"""For cones and all else; evaluations of people pass it over."""


def mot_class(name: str) -> tuple[int, bool]:
    """The number of a class, and whether it is just what was asked for.

    Args:
        name: of a class, or a category of av3d's own ontology, or anything else.
    """
    known = EXACT.get(name, name if name in CLASSES else None)
    if known is not None:
        return CLASSES[known], True
    return CLASSES[WIDER.get(name, OTHERWISE)], False
