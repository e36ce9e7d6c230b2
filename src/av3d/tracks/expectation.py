"""What the cuboids of a track may be expected to be worth, and which keyframe would help most."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from av3d.geometry.turn import turn_vectors
from av3d.tracks.columns import CODES, KeyframeColumns
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Provenance
from av3d.tracks.motion.expected_iou import expected_iou
from av3d.tracks.motion.fitting import motion_of
from av3d.tracks.motion.model import Motion
from av3d.tracks.track import Track
from av3d.types import FloatArray, IntArray


class Expectation:
    """A track that knows what overlaps to expect, as `av3d.tracks.motion.next_keyframe` asks it.

    What is judged is what the track shows: outside its keyframes the nearest one is held, and people
    may have said that it moves linearly. By how much that differs from what is most probable counts as
    error.

    Args:
        columns: the keyframes, N >= 1.
        interpolation: what somebody said of the motion.
        category: of the object.
    """

    def __init__(
        self, columns: KeyframeColumns, interpolation: Interpolation, category: str
    ) -> None:
        self._columns, self._interpolation, self._category = columns, interpolation, category

    @staticmethod
    def of(track: Track) -> Expectation | None:
        """That of a track; None where nothing can be said: it has one keyframe, and is not static."""
        if len(track.columns) == 1 and not track.static:
            return None
        return Expectation(track.columns, track.interpolation, track.category)

    @property
    def keyframe_times_ns(self) -> IntArray:
        """Of the keyframes, increasing, (N,)."""
        return self._columns.times_ns

    @cached_property
    def _shown(self) -> Motion:
        return motion_of(self._columns, self._interpolation, self._category)

    @cached_property
    def _believed(self) -> Motion:
        if self._interpolation.model != Model.LINEAR:
            return self._shown
        # Straight lines know no doubt; what the model believes that would be taken instead does.
        believed = replace(self._interpolation, model=Model.AUTOMATIC)
        return motion_of(self._columns, believed, self._category)

    def expected_iou(self, times_ns: IntArray, /) -> FloatArray:
        """Expected 3D overlap with the truth at times, (M,), by the smoother's covariance."""
        times_ns = np.asarray(times_ns, dtype=np.int64)
        covariances = self._errors(times_ns)
        if covariances is None:  # all keyframes are the same: it stands, as exactly as they say
            return np.ones(len(times_ns))
        return expected_iou(self._shown.sizes_at(times_ns), covariances)

    def _errors(self, times_ns: IntArray) -> FloatArray | None:
        """Second moments of the errors along, across, up and of the yaw, (M, 4, 4)."""
        believed = self._believed.states(times_ns)
        if believed.pose_covariances is None:
            return None
        known_ns = self._columns.times_ns
        held_ns = np.clip(times_ns, known_ns[0], known_ns[-1])
        if self._shown is self._believed and np.array_equal(held_ns, times_ns):
            return believed.pose_covariances.copy()
        shown = self._shown.states(held_ns)
        ways_m = np.einsum("nij,ni->nj", believed.rotations, shown.centers_m - believed.centers_m)
        turns = turn_vectors(np.swapaxes(believed.rotations, -1, -2) @ shown.rotations)
        errors = np.column_stack([ways_m, turns[:, 2]])
        return np.asarray(believed.pose_covariances + errors[:, :, None] * errors[:, None, :])

    def with_keyframe_at(self, time_ns: int, /) -> Expectation:
        """With one more keyframe, where the object is expected to be."""
        columns = self._columns
        asked_ns = np.array([time_ns], dtype=np.int64)
        state = self._believed.states(asked_ns)
        row = int(np.searchsorted(columns.times_ns, time_ns))

        def inserted(values: Any, value: Any) -> Any:
            return np.insert(values, row, value, axis=0)

        noises = columns.noises
        more = KeyframeColumns(
            inserted(columns.times_ns, time_ns),
            inserted(columns.centers_m, state.centers_m[0]),
            inserted(columns.rotations, state.rotations[0]),
            inserted(columns.sizes_lwh_m, self._shown.sizes_at(asked_ns)[0]),
            inserted(columns.provenances, CODES[Provenance.MANUAL]),
            None if noises is None else inserted(noises, np.full(4, np.nan)),
        )
        return Expectation(more, self._interpolation, self._category)


def frames_of(track: Track, times_ns: IntArray) -> IntArray:
    """Those of the times of frames at which a track is present, (M,) → (K,)."""
    times_ns = np.asarray(times_ns, dtype=np.int64)
    present = np.zeros(len(times_ns), dtype=bool)
    for span in track.presence:
        present |= (times_ns >= span.start_ns) & (times_ns <= span.end_ns)
    return np.asarray(times_ns[present])
