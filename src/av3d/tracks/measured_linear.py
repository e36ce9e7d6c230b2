"""Tracks of linear motion in physical time; see `measured`, which this is a part of.

Of such a track only the keyframes around a time matter, however many it has.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.columns import PROVENANCES
from av3d.tracks.keyframe import Provenance
from av3d.tracks.motion.linear import LinearMotion
from av3d.tracks.state import TrackState
from av3d.tracks.track import UNKNOWN_NS, Track
from av3d.types import NS_PER_S, FloatArray, IntArray

SEAM_PART = 0.25
"""Keyframes measured in less than this part of the time between their frames tell no velocity: the
end of one turn and the start of the next, at the seam of the scan."""

_AROUND = 4
"""Keyframes to each side of a time that are looked at first; a beam is at most a turn away."""
ROUNDS = 3
"""An object moves while the beam turns to it; each round leaves a twentieth of the error."""


class BeamTimes(Protocol):
    """What knows when a beam passed: a log (`Log.beam_times_ns`)."""

    def beam_times_ns(self, frame_times_ns: IntArray, positions_world_m: FloatArray, /) -> IntArray:
        """When the beam of the sweeps with these timestamps (N,) passed places (N, 3), (N,)."""


def in_sweep(
    tracks: Sequence[Track], frames_ns: Sequence[int], beam: BeamTimes
) -> list[TrackState]:
    """Tracks that are there, as the sweeps of frames show them; see `measured.states_in_sweep`."""
    wanted = []
    for track, frame_ns in zip(tracks, frames_ns, strict=True):
        row = bisect_right(track.times_ns, frame_ns) - 1
        # The two around the frame, and two more to each side in case the seam is there.
        first, last = max(row - 2, 0), min(row + 4, len(track.times_ns))
        wanted.append(_Wanted(track, frame_ns, first, last))
    _measure(wanted, beam)
    _meet_beam([item for item in wanted if item.is_between], beam)
    return [item.in_sweep() for item in wanted]


def at_times(
    tracks: Sequence[Track], times_ns: Sequence[int], frame_ns: int, beam: BeamTimes
) -> list[TrackState]:
    """Tracks that are there at a frame at times near it; see `measured.states_at`."""
    wanted = []
    for track, time_ns in zip(tracks, times_ns, strict=True):
        row = bisect_right(track.times_ns, time_ns)
        first = min(max(row - _AROUND, 0), max(len(track.times_ns) - 2, 0))
        last = max(min(row + _AROUND, len(track.times_ns)), min(2, len(track.times_ns)))
        wanted.append(_Wanted(track, frame_ns, first, last, time_ns))
    _measure(wanted, beam)
    return [item.at_time(beam) for item in wanted]


@dataclass(eq=False)
class _Wanted:
    """A track that is there at a frame, and the keyframes that are looked at.

    Attributes:
        track: the track.
        frame_ns: timestamp of the frame.
        first, last: the keyframes, first <= k < last.
        time_ns: physical time that is asked for.
        beam_ns: when the beam passed these keyframes, strictly increasing.
        fraction: between the keyframes around the frame, where the sweep shows the track.
    """

    track: Track
    frame_ns: int
    first: int
    last: int
    time_ns: int = 0
    beam_ns: list[int] | None = None
    fraction: float = 0.0

    @property
    def motion(self) -> LinearMotion:
        """That of the track."""
        return cast("LinearMotion", self.track.motion)

    @property
    def is_held(self) -> bool:
        """Whether the nearest keyframe holds, because the frame is before or after all of them."""
        times = self.track.times_ns
        return len(times) == 1 or not times[0] <= self.frame_ns <= times[-1]

    @property
    def is_between(self) -> bool:
        """Whether the frame is between two keyframes."""
        return not self.is_held and self.track.times_ns[self.left] != self.frame_ns

    @property
    def left(self) -> int:
        """The keyframe at or before the frame."""
        return bisect_right(self.track.times_ns, self.frame_ns) - 1

    def in_sweep(self) -> TrackState:
        """The state at the frame; `fraction` must be known between keyframes."""
        track, frame_ns = self.track, self.frame_ns
        if self.is_held:
            state = track.state_at(frame_ns)
            assert state is not None
            return state
        left = self.left
        right = min(left + 1, len(track.times_ns) - 1)
        if self.is_between:
            provenance, cuboid = (
                Provenance.INTERPOLATED,
                self.motion.cuboid_between(left, self.fraction),
            )
            pace = self._pace(left, right)
        else:
            provenance = PROVENANCES[track.columns.provenances[left]]
            cuboid = track.keyframe_cuboid(left)
            pace = self._pace(max(left - 1, 0), right)
        attributes = track.attributes_at(frame_ns)
        velocity_m_s, yaw_rate_rad_s = pace
        return TrackState(
            frame_ns, cuboid, provenance, velocity_m_s, attributes, yaw_rate_rad_s=yaw_rate_rad_s
        )

    def at_time(self, beam: BeamTimes) -> TrackState:
        """The state at `time_ns`."""
        attributes = self.track.attributes_at(self.frame_ns)
        if self.is_held:
            end = 0 if self.frame_ns <= self.track.times_ns[0] else -1
            cuboid = self.track.keyframe_cuboid(end)
            still = np.zeros(3)
            return TrackState(self.time_ns, cuboid, Provenance.INTERPOLATED, still, attributes)
        self._widen(beam)
        assert self.beam_ns is not None
        left = bisect_right(self.beam_ns, self.time_ns) - 1
        left = min(max(left, 0), len(self.beam_ns) - 2) + self.first
        cuboid, (velocity_m_s, yaw_rate_rad_s) = self._cuboid(left), self._pace(left, left + 1)
        return TrackState(
            self.time_ns,
            cuboid,
            Provenance.INTERPOLATED,
            velocity_m_s,
            attributes,
            yaw_rate_rad_s=yaw_rate_rad_s,
        )

    def _widen(self, beam: BeamTimes) -> None:
        """Look at more keyframes where the time is outside of those that are looked at."""
        count = len(self.track.times_ns)
        while True:
            assert self.beam_ns is not None
            before = self.first > 0 and self.time_ns < self.beam_ns[0]
            after = self.last < count and self.time_ns > self.beam_ns[-1]
            if not before and not after:
                return
            self.first = max(self.first - _AROUND, 0) if before else self.first
            self.last = min(self.last + _AROUND, count) if after else self.last
            _measure([self], beam)

    def _cuboid(self, left: int) -> Cuboid:
        """The cuboid at `time_ns` from the keyframes left and left + 1, or past the ends."""
        fraction = self._fraction(left)
        if 0 <= fraction <= 1:
            return self.motion.cuboid_between(left, fraction)
        # Past the ends of the track: not along two keyframes at the seam, whose distance is noise.
        if self._is_seam(left, left + 1):
            inner = left + 1 if fraction < 0 else left - 1
            if self.first <= inner < self.last - 1 and not self._is_seam(inner, inner + 1):
                return self.motion.cuboid_between(inner, self._fraction(inner))
            return self.motion.cuboid_between(left, min(max(fraction, 0.0), 1.0))
        return self.motion.cuboid_between(left, fraction)

    def _fraction(self, left: int) -> float:
        start, end = self._beam(left), self._beam(left + 1)
        return (self.time_ns - start) / (end - start)

    def _pace(self, left: int, right: int) -> tuple[FloatArray, float]:
        """Velocity and yaw rate between two keyframes, or further ones if measured at one time."""
        if self._is_seam(left, right):
            left, right = max(left - 1, self.first), min(right + 1, self.last - 1)
        centers_m = self.motion.centers_m
        start, end = self._beam(left), self._beam(right)
        if self._is_seam(left, right):
            start, end = self.track.times_ns[left], self.track.times_ns[right]
        duration_s = (end - start) / NS_PER_S
        way_m = np.asarray(centers_m[right] - centers_m[left])
        return way_m / duration_s, self.motion.turn_between(left, right) / duration_s

    def _is_seam(self, left: int, right: int) -> bool:
        frames_ns = self.track.times_ns[right] - self.track.times_ns[left]
        return self._beam(right) - self._beam(left) < SEAM_PART * frames_ns

    def _beam(self, keyframe: int) -> int:
        assert self.beam_ns is not None
        return self.beam_ns[keyframe - self.first]


def _measure(wanted: Sequence[_Wanted], beam: BeamTimes) -> None:
    """Ask for the beam's times of all keyframes that are looked at, as far as they are not known."""
    there = [item for item in wanted if len(item.track.times_ns) > 1]
    known = [item.track.beam_times_ns(beam) for item in there]
    rows = [
        (number, keyframe)
        for number, item in enumerate(there)
        for keyframe in range(item.first, item.last)
        if known[number][keyframe] == UNKNOWN_NS
    ]
    if rows:
        frame_ns = np.array([there[n].track.times_ns[k] for n, k in rows], dtype=np.int64)
        places_m = np.stack([there[n].motion.centers_m[k] for n, k in rows])
        for (n, k), time_ns in zip(rows, beam.beam_times_ns(frame_ns, places_m), strict=True):
            known[n][k] = time_ns
    for number, item in enumerate(there):
        times: list[int] = known[number][item.first : item.last].tolist()
        for row in range(1, len(times)):
            # Turns that overlap at the seam may pass an object in the wrong order.
            times[row] = max(times[row], times[row - 1] + 1)
        item.beam_ns = times


def _meet_beam(items: Sequence[_Wanted], beam: BeamTimes) -> None:
    """Where tracks between keyframes are when the beam of the frame passes them: sets `fraction`."""
    if not items:
        return
    lefts = [item.left for item in items]
    pairs = list(zip(items, lefts, strict=True))
    start_m = np.stack([item.motion.centers_m[left] for item, left in pairs])
    way_m = np.stack([item.motion.centers_m[left + 1] for item, left in pairs]) - start_m
    start_ns = np.array([item._beam(left) for item, left in pairs], dtype=np.int64)
    end_ns = np.array([item._beam(left + 1) for item, left in pairs], dtype=np.int64)
    frame_ns = np.array([item.frame_ns for item in items], dtype=np.int64)
    time_ns = frame_ns
    for round_ in range(ROUNDS + 1):
        part = np.clip((time_ns - start_ns) / (end_ns - start_ns), 0.0, 1.0)
        if round_ < ROUNDS:
            time_ns = beam.beam_times_ns(frame_ns, start_m + part[:, None] * way_m)
    for item, fraction in zip(items, part.tolist(), strict=True):
        item.fraction = fraction
