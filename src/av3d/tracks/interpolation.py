"""How a track is filled between its keyframes, as far as somebody says it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from av3d.ontology.motion import Motion
from av3d.tracks.noise import Noise


class Model(StrEnum):
    """How an object moves between its keyframes.

    AUTOMATIC: by the model that explains the keyframes best. STATIC: it stands at one place,
    the mean of its keyframes.
    LINEAR: straight at constant speed from keyframe to keyframe, which are met exactly.
    SMOOTH: its velocity changes at random, in any direction. VEHICLE: the same, but it goes where it
    points. The mathematics is in docs/motion.md.
    """

    AUTOMATIC = "automatic"
    STATIC = "static"
    LINEAR = "linear"
    SMOOTH = "smooth"
    VEHICLE = "vehicle"


@dataclass(frozen=True)
class Interpolation:
    """What is said about the motion of a track. Nobody has to: the default fits all.

    Attributes:
        model: how it moves.
        moves: how an object of its kind can move; None: by its category.
        pinned: whether the motion goes exactly through the keyframes; else they are believed as far
            as hands, fits and imports are exact.
        hand: how exact the keyframes are that know no noise of their own, where that was learned over
            many tracks of the same hand; None: as this track alone tells.
    """

    model: Model = Model.AUTOMATIC
    moves: Motion | None = None
    pinned: bool = False
    hand: Noise | None = None

    def as_json(self) -> dict[str, Any]:
        """What differs from the default, as JSON values."""
        value: dict[str, Any] = {}
        if self.model != Model.AUTOMATIC:
            value["model"] = self.model.value
        if self.moves is not None:
            value["moves"] = self.moves.value
        if self.pinned:
            value["pinned"] = True
        if self.hand is not None:
            value["hand"] = self.hand.as_list()
        return value

    @property
    def words(self) -> str:
        """What people read: "linear, pinned"."""
        moves = "" if self.moves is None else f"moves {self.moves.value}"
        pinned = "pinned" if self.pinned else ""
        hand = "" if self.hand is None else f"hand exact to {self.hand.words}"
        return ", ".join(filter(None, (self.model.value, moves, pinned, hand)))


AUTOMATIC = Interpolation()
"""The default."""
