"""The tracks that are there at one time, as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.columns import PROVENANCES
from av3d.tracks.motion.linear import LinearMotion
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import FloatArray, IntArray, Uint8Array


@dataclass(frozen=True, eq=False)
class FrameCuboids:
    """The tracks that are there at a time; a row each, in the order of the document.

    The numbers are those of `Track.state_at`. An item is the state of a track, made when asked for.
    The arrays are read-only.

    Attributes:
        timestamp_ns: the time.
        tracks: the tracks, N.
        centers_m: centres in the world frame, (N, 3).
        rotations: orientations, world from cuboid, (N, 3, 3).
        sizes_lwh_m: length, width and height, (N, 3).
        known_velocities_m_s: of the centres in the world frame, (N, 3), as far as they are known: NaN
            for those that only a fit would tell.
        provenances: places in `av3d.tracks.columns.PROVENANCES`, (N,).
        keyframes: where a track has a keyframe at this very time, its place in the track, else -1,
            (N,).
    """

    timestamp_ns: int
    tracks: Sequence[Track]
    centers_m: FloatArray
    rotations: FloatArray
    sizes_lwh_m: FloatArray
    known_velocities_m_s: FloatArray
    provenances: Uint8Array
    keyframes: IntArray

    def __post_init__(self) -> None:
        for array in (
            self.centers_m,
            self.rotations,
            self.sizes_lwh_m,
            self.known_velocities_m_s,
            self.provenances,
            self.keyframes,
        ):
            array.flags.writeable = False

    @cached_property
    def velocities_m_s(self) -> FloatArray:
        """Of the centres in the world frame, (N, 3)."""
        velocities_m_s = self.known_velocities_m_s.copy()
        for row in np.flatnonzero(np.isnan(velocities_m_s[:, 0])).tolist():
            velocities_m_s[row] = self._state(row).velocity_m_s
        velocities_m_s.flags.writeable = False
        return velocities_m_s

    @property
    def track_ids(self) -> list[str]:
        """IDs of the tracks."""
        return [track.id for track in self.tracks]

    @property
    def world_SE3_cuboids(self) -> SE3:
        """Poses of all cuboids, (N,)."""
        return SE3.trusted(self.rotations, self.centers_m)

    def __len__(self) -> int:
        return len(self.tracks)

    def __iter__(self) -> Iterator[TrackState]:
        return (self[row] for row in range(len(self)))

    def __getitem__(self, row: int) -> TrackState:
        track = self.tracks[row]
        motion = track.motion
        if not isinstance(motion, LinearMotion) or track.is_dense:
            return self._state(row)
        is_held = not track.times_ns[0] <= self.timestamp_ns <= track.times_ns[-1]
        return TrackState(
            self.timestamp_ns,
            self.cuboid(row),
            PROVENANCES[self.provenances[row]],
            self.known_velocities_m_s[row],
            track.attributes_at(self.timestamp_ns),
            yaw_rate_rad_s=0.0 if is_held else motion.yaw_rate_at(self.timestamp_ns),
        )

    def _state(self, row: int) -> TrackState:
        state = self.tracks[row].state_at(self.timestamp_ns)
        assert state is not None
        return state

    def cuboid(self, row: int) -> Cuboid:
        """The cuboid of a track in the world frame; at a keyframe, the keyframe's own."""
        keyframe = int(self.keyframes[row])
        if keyframe >= 0:
            return self.tracks[row].keyframe_cuboid(keyframe)
        pose = SE3.trusted(self.rotations[row], self.centers_m[row])
        return Cuboid.trusted(pose, self.sizes_lwh_m[row])
