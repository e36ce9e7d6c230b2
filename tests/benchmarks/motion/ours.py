"""av3d's own motion models behind the interface of the protocols."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from motion.models import Given, States

from av3d.tracks.columns import CODES, KeyframeColumns
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Provenance
from av3d.tracks.motion.expected_iou import expected_iou
from av3d.tracks.motion.fitting import motion_of
from av3d.tracks.motion.model import Motion
from av3d.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class _Fit:
    motion: Motion
    size_lwh_m: FloatArray

    def states(self, times_ns: IntArray) -> States:
        states = self.motion.states(times_ns)
        return States(states.centers_m, states.rotations, states.covariances)

    def expected_iou(self, times_ns: IntArray) -> FloatArray:
        covariances = self.motion.states(times_ns).covariances
        if covariances is None:
            return np.ones(len(times_ns))
        return expected_iou(self.size_lwh_m, covariances)

    def next_keyframe(self, times_ns: IntArray) -> int:
        return int(self.expected_iou(times_ns).argmin())


class Av3d:
    """The model that a track of the category gets if nobody says anything, or the one that is named.

    It is told neither the noise of the keyframes nor anything else about the log.
    """

    advises = True

    def __init__(self, interpolation: Interpolation | None = None, name: str = "av3d") -> None:
        self.name = name
        self._interpolation = interpolation or Interpolation()

    def fit(self, given: Given) -> _Fit:
        count = len(given.times_ns)
        columns = KeyframeColumns(
            given.times_ns,
            given.centers_m,
            given.rotations,
            np.tile(given.size_lwh_m, (count, 1)),
            np.full(count, CODES[Provenance.MANUAL], dtype=np.uint8),
        )
        return _Fit(motion_of(columns, self._interpolation, given.category), given.size_lwh_m)


OURS = Av3d()
VARIANTS = (
    *(Av3d(Interpolation(model), f"av3d {model}") for model in Model if model != Model.AUTOMATIC),
    Av3d(Interpolation(pinned=True), "av3d pinned"),
)
"""What somebody may say instead; measured only when asked for."""
