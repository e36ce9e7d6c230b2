"""Where all tracks of a document are at one time.

A `Document` keeps a `Placement`. An edit writes the tracks that it touched behind all others and leaves
the rest where it is, so that it costs as little as it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from av3d.tracks.checking import MAX_TIME_NS
from av3d.tracks.frame_cuboids import FrameCuboids
from av3d.tracks.pool import SPARE, Found, Pool
from av3d.tracks.track import Track


class Placement:
    """Tracks laid out to be found at any time; a value, although placements share their arrays.

    Tracks whose motion is linear are found in arrays, and the others where they have a keyframe.
    Between its keyframes one that moves by another model is asked for its own `state_at`, and all but
    straight lines for their velocity when that is asked for: it takes a fit.

    Args:
        tracks: the tracks by ID, in their order.
    """

    def __init__(self, tracks: Mapping[str, Track]) -> None:
        self._pool = Pool()
        self._rows: dict[str, int] = {}
        self._tracks: list[Track] = []
        # Whether the poses of a track are found in arrays, and whether its velocities are.
        self._linear = np.empty((0, 2), dtype=bool)
        self._places = np.empty((0, 4), dtype=np.int64)
        self._lay_out(tracks)

    def changed(self, tracks: Mapping[str, Track], touched: Iterable[str]) -> Placement:
        """The placement of tracks that are the same except for some.

        Args:
            tracks: the tracks by ID, in their order.
            touched: IDs of those that may not be the same as in this placement.
        """
        in_use = int((self._places[:, 1] - self._places[:, 0]).sum())
        if self._pool.keyframe_count > 2 * in_use + SPARE:
            return Placement(tracks)
        result = object.__new__(Placement)
        result.__dict__.update(self.__dict__)
        result._rows = self._rows.copy()
        for track_id in touched:
            result._rows.pop(track_id, None)
        result._lay_out(tracks)
        return result

    def _lay_out(self, tracks: Mapping[str, Track]) -> None:
        """Take over the tracks that have a row, and write the others to the pool."""
        rows = np.array([self._rows.get(track_id, -1) for track_id in tracks], dtype=np.int64)
        old, new = np.flatnonzero(rows >= 0), np.flatnonzero(rows < 0)
        everyone = list(tracks.values())
        linear, places = np.empty((len(rows), 2), dtype=bool), np.empty((len(rows), 4), np.int64)
        linear[old], places[old] = self._linear[rows[old]], self._places[rows[old]]
        if len(new):
            added = [everyone[row] for row in new.tolist()]
            linear[new] = [
                (track.is_linear, track.is_linear and not track.is_dense) for track in added
            ]
            places[new] = self._pool.add(added)
        self._rows = {track_id: row for row, track_id in enumerate(tracks)}
        self._tracks, self._linear, self._places = everyone, linear, places

    def at(self, timestamp_ns: int) -> FrameCuboids:
        """All tracks that are there at a time."""
        # Beyond this there is neither a keyframe nor a span, and no 64 bits.
        time_ns = min(max(timestamp_ns, -MAX_TIME_NS), MAX_TIME_NS)
        rows = self._pool.present(self._places, time_ns)
        found = self._pool.at(self._places[rows], time_ns)
        tracks = [self._tracks[row] for row in rows.tolist()]
        straight, told = self._linear[rows].T
        found.velocities_m_s[~told] = np.nan
        for row in np.flatnonzero(~straight & (found.keyframes < 0)).tolist():
            _ask(tracks[row], timestamp_ns, found, row)
        return FrameCuboids(timestamp_ns, tracks, *found)


def _ask(track: Track, timestamp_ns: int, found: Found, row: int) -> None:
    """Put what the motion of a track says into a row; the numbers are those of `Track.state_at`."""
    times_ns = track.times_ns
    if not times_ns[0] <= timestamp_ns <= times_ns[-1]:
        return  # the nearest keyframe holds, which is in the row
    motion = track.motion
    asked_ns = np.array([timestamp_ns], dtype=np.int64)
    standing = motion.standing_at(timestamp_ns)
    if standing is not None:
        columns = track.columns
        found.centers_m[row] = columns.centers_m[standing]
        found.rotations[row] = columns.rotations[standing]
        found.sizes_lwh_m[row] = columns.sizes_lwh_m[standing]
        found.velocities_m_s[row] = 0.0
        return
    states = motion.states(asked_ns)
    found.centers_m[row] = states.centers_m[0]
    found.rotations[row] = states.rotations[0]
    found.sizes_lwh_m[row] = motion.sizes_at(asked_ns)[0]
    found.velocities_m_s[row] = states.velocities_m_s[0]
