"""av3d's own motion models behind the interface of the protocols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from motion.models import Given, States

from av3d.tracks.columns import CODES, KeyframeColumns
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Provenance
from av3d.tracks.motion.expected_iou import expected_iou
from av3d.tracks.motion.fitting import motion_of
from av3d.tracks.motion.learning import learned_hand
from av3d.tracks.motion.model import Motion
from av3d.tracks.motion.next_keyframe import next_keyframe
from av3d.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class _Fit:
    motion: Motion
    interpolation: Interpolation
    category: str

    @property
    def keyframe_times_ns(self) -> IntArray:
        return self.motion.columns.times_ns

    def states(self, times_ns: IntArray) -> States:
        states = self.motion.states(times_ns)
        return States(states.centers_m, states.rotations, states.covariances)

    def expected_iou(self, times_ns: IntArray) -> FloatArray:
        covariances = self.motion.states(times_ns).covariances
        if covariances is None:
            return np.ones(len(times_ns))
        return expected_iou(self.motion.columns.sizes_lwh_m[0], covariances)

    def with_keyframe_at(self, time_ns: int) -> _Fit:
        columns = self.motion.columns
        state = self.motion.states(np.array([time_ns], dtype=np.int64))
        row = int(np.searchsorted(columns.times_ns, time_ns))
        return _fit(
            np.insert(columns.times_ns, row, time_ns),
            np.insert(columns.centers_m, row, state.centers_m[0], axis=0),
            np.insert(columns.rotations, row, state.rotations[0], axis=0),
            columns.sizes_lwh_m[0],
            self.interpolation,
            self.category,
        )

    def next_keyframe(self, times_ns: IntArray) -> int:
        suggestion = next_keyframe(self, times_ns)
        assert suggestion is not None
        return int(np.searchsorted(times_ns, suggestion.time_ns))


def _fit(
    times_ns: IntArray,
    centers_m: FloatArray,
    rotations: FloatArray,
    size_lwh_m: FloatArray,
    interpolation: Interpolation,
    category: str,
) -> _Fit:
    columns = _columns(times_ns, centers_m, rotations, size_lwh_m)
    return _Fit(motion_of(columns, interpolation, category), interpolation, category)


def _columns(
    times_ns: IntArray, centers_m: FloatArray, rotations: FloatArray, size_lwh_m: FloatArray
) -> KeyframeColumns:
    count = len(times_ns)
    return KeyframeColumns(
        times_ns,
        centers_m,
        rotations,
        np.tile(size_lwh_m, (count, 1)),
        np.full(count, CODES[Provenance.MANUAL], dtype=np.uint8),
    )


class Av3d:
    """The model that a track of the category gets if nobody says anything, or the one that is named.

    It is told neither the noise of the keyframes nor anything else about the log.
    """

    advises = True

    def __init__(self, interpolation: Interpolation | None = None, name: str = "av3d") -> None:
        self.name = name
        self._interpolation = interpolation or Interpolation()

    def fit(self, given: Given) -> _Fit:
        return _fit(
            given.times_ns, given.centers_m, given.rotations, given.size_lwh_m,
            self._interpolation, given.category,
        )  # fmt: skip


class LearnsHand(Av3d):
    """The same, told how noisy the keyframes of all spans of the log are as they themselves say.

    That is what `av3d project hand` does. Of protocols that edit, the keyframes are not known before.
    """

    def __init__(self) -> None:
        super().__init__(name="av3d hand")

    def learned(self, givens: Sequence[Given]) -> Av3d:
        """The model that knows the hand of these keyframes, of the spans of one log."""
        tracks = [
            _columns(given.times_ns, given.centers_m, given.rotations, given.size_lwh_m)
            for given in givens
        ]
        return Av3d(Interpolation(hand=learned_hand(tracks)), self.name)


OURS = Av3d()
HAND = LearnsHand()
VARIANTS = (
    *(Av3d(Interpolation(model), f"av3d {model}") for model in Model if model != Model.AUTOMATIC),
    Av3d(Interpolation(pinned=True), "av3d pinned"),
)
"""What somebody may say instead; measured only when asked for."""
