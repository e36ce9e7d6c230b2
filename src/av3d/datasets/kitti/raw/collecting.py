"""Poses frame by frame, kept in little memory until tracklets are written track by track."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence

from av3d.datasets.kitti.raw.labelling import Posed
from av3d.datasets.kitti.raw.tracklets import Tracklet, TrackletPose

_PLACES, _CODES, _AMT = 9, 4, 5
"""Numbers of a pose: position, angles and size; state, occlusion, its keyframe, truncation; the rest."""

Size = tuple[float, float, float]


class _Poses:
    """The poses of one track as columns."""

    def __init__(self) -> None:
        self.frames = array("q")
        self.places = array("d")
        self.codes = array("h")
        self.amt = array("d")

    def add(self, frame: int, posed: Posed) -> None:
        pose = posed.pose
        self.frames.append(frame)
        self.places.extend((*pose.position_m, *pose.rotation_rad, *posed.size_lwh_m))
        self.codes.extend((pose.state, pose.occlusion, pose.occlusion_kf, pose.truncation))
        self.amt.extend(pose.amt)

    def pose(self, row: int) -> TrackletPose:
        x, y, z, rx, ry, rz = self.places[row * _PLACES : row * _PLACES + 6]
        state, occlusion, kf, truncation = self.codes[row * _CODES : (row + 1) * _CODES]
        amt = tuple(self.amt[row * _AMT : (row + 1) * _AMT])
        return TrackletPose((x, y, z), (rx, ry, rz), state, occlusion, bool(kf), truncation, amt)

    def size(self, row: int) -> Size:
        length, width, height = self.places[row * _PLACES + 6 : (row + 1) * _PLACES]
        return length, width, height

    def runs(self) -> Iterator[range]:
        """Rows of frames that follow each other: a tracklet has a pose for each of its frames."""
        start = 0
        for row in range(1, len(self.frames) + 1):
            if row == len(self.frames) or self.frames[row] != self.frames[row - 1] + 1:
                yield range(start, row)
                start = row


class Collected:
    """The poses of all tracks of a log, added frame by frame in the order of their numbers."""

    def __init__(self) -> None:
        self._tracks: dict[int, _Poses] = {}
        self._sizes: dict[int, Size] = {}

    def add(self, frame: int, posed: Sequence[Posed]) -> None:
        """Keep the poses of one frame, by its number."""
        for one in posed:
            self._tracks.setdefault(one.track, _Poses()).add(frame, one)

    @property
    def tracks(self) -> list[int]:
        """Positions of the tracks that have a pose, ascending."""
        return sorted(self._tracks)

    def tracks_of_tracklets(self) -> list[int]:
        """Position of the track of each tracklet, in the order in which they are written."""
        return [track for track in self.tracks for _ in self._tracks[track].runs()]

    def size_of(self, track: int) -> Size:
        """The size that a track has in most of its poses, the first of these if several are."""
        if track not in self._sizes:
            poses = self._tracks[track]
            counts = Counter(poses.size(row) for row in range(len(poses.frames)))
            self._sizes[track] = counts.most_common(1)[0][0]
        return self._sizes[track]

    def tracklets(self, types: Sequence[str]) -> Iterator[Tracklet]:
        """The tracklets, one at a time.

        Args:
            types: KITTI's type of each track, by position.
        """
        number = 0
        for track in self.tracks:
            poses, size = self._tracks[track], self.size_of(track)
            for run in poses.runs():
                own = tuple(poses.pose(row) for row in run)
                yield Tracklet(number, types[track], size, poses.frames[run.start], own)
                number += 1

    def other_sizes(self) -> Iterator[tuple[int, int, int, Size]]:
        """Track, tracklet, pose and size of each pose that has another size than its track."""
        number = 0
        for track in self.tracks:
            poses, usual = self._tracks[track], self.size_of(track)
            for run in poses.runs():
                for position, row in enumerate(run):
                    size = poses.size(row)
                    if size != usual:
                        yield track, number, position, size
                number += 1
