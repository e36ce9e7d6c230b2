"""The detection and the tracking task: which classes they have, and what their results look like.

Source: nuscenes-devkit 1.2.0, eval/detection and eval/tracking (README.md, utils.py, data_classes.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RESULTS = "results.json"
"""Name of the file in an export."""
MOST_BOXES = 500
"""So many boxes of one sample the toolkit takes, and no more."""

_PEOPLE = ("adult", "child", "construction_worker", "police_officer")
_TRACKED = {
    "vehicle.bicycle": "bicycle",
    "vehicle.bus.bendy": "bus",
    "vehicle.bus.rigid": "bus",
    "vehicle.car": "car",
    "vehicle.motorcycle": "motorcycle",
    **{f"human.pedestrian.{who}": "pedestrian" for who in _PEOPLE},
    "vehicle.trailer": "trailer",
    "vehicle.truck": "truck",
}


@dataclass(frozen=True, eq=False)
class Task:
    """One of the two tasks.

    Attributes:
        word: "detection" or "tracking", which the columns of its results start with.
        classes: its class of each nuScenes category that it has.
    """

    word: str
    classes: Mapping[str, str]

    @property
    def name_key(self) -> str:
        """The column with the class."""
        return f"{self.word}_name"

    @property
    def score_key(self) -> str:
        """The column with the score."""
        return f"{self.word}_score"

    def category_of(self, name: str) -> str | None:
        """The nuScenes category that becomes a class; None where several do."""
        found = [category for category, own in self.classes.items() if own == name]
        return found[0] if len(found) == 1 else None

    def usual_category(self, name: str) -> str | None:
        """The first nuScenes category that becomes a class; None for what is no class."""
        return next((category for category, own in self.classes.items() if own == name), None)


DETECTION = Task(
    "detection",
    {
        **_TRACKED,
        "movable_object.barrier": "barrier",
        "movable_object.trafficcone": "traffic_cone",
        "vehicle.construction": "construction_vehicle",
    },
)
TRACKING = Task("tracking", _TRACKED)

TRACKING_ID = "tracking_id"
"""The column with the identity in results of tracking."""
