"""The sweeps of a log, looked at around cuboids."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from av3d.logs.log import Log
from av3d.qa.evidence import NUMBERS, PointFacts
from av3d.qa.near_points import ROOM_M, NearPoints, cells_of, reach_of
from av3d.qa.resuming import Places, places_of
from av3d.qa.subject import Subject
from av3d.types import BoolArray, Float32Array, FloatArray, IntArray

Progress = Callable[[str, int, int], None]
"""What is being done, how much of it is done, and how much there is; may raise to stop."""

KEPT_BYTES = 200_000_000
"""Points around cuboids are kept up to this; of the frames that were not asked for longest none."""


@dataclass(frozen=True, eq=False)
class _Looked:
    """A track that was looked at: its cuboids, then the places where it would be (`Places`).

    Attributes:
        frames: (R,), each part increasing.
        cuboids: rows of 15 numbers in the ego frames, see `av3d.qa.point_kernels`, (R, 15).
        there: how many of them are cuboids of the track.
        numbers: what was seen, (R, NUMBERS).
        places: of the others, if there are any.
        facts: the numbers by name.
    """

    frames: IntArray
    cuboids: FloatArray
    there: int
    numbers: Float32Array
    places: Places | None
    facts: PointFacts


@dataclass(frozen=True, eq=False)
class _Frame:
    """What is looked at in one frame.

    Attributes:
        rows: IDs of tracks, and which of their rows it is, N of them.
        cuboids: (N, 15).
        there: which are cuboids of tracks; the others only may be, (N,).
    """

    rows: tuple[tuple[str, int], ...]
    cuboids: FloatArray
    there: BoolArray


_NOTHING = _Frame((), np.zeros((0, 15)), np.zeros(0, dtype=bool))


class Sight:
    """Looks at the points in and around cuboids.

    It remembers what it was shown, and looks again only at what changed: cuboids, and those next to them,
    whose points may be theirs or not. Not to be used by two threads at once.

    Args:
        log: whose sweeps.
        kept_bytes: about how much memory points around cuboids may take.
    """

    def __init__(self, log: Log, kept_bytes: int = KEPT_BYTES) -> None:
        self._log = log
        self._kept_bytes = kept_bytes
        self._kept: OrderedDict[int, NearPoints] = OrderedDict()
        self._bytes = 0
        self._tracks: dict[str, _Looked] = {}
        self._at: dict[int, _Frame] = {}
        self._ego_SE3_world: dict[int, tuple[FloatArray, FloatArray]] = {}

    @property
    def sees(self) -> bool:
        """Whether the log has sweeps at all."""
        return bool(self._log.lidars)

    def look(
        self,
        subjects: Sequence[Subject],
        *,
        gone: Collection[str] = (),
        progress: Progress | None = None,
    ) -> Mapping[str, PointFacts]:
        """Look at tracks that are new or edited.

        Args:
            subjects: these tracks.
            gone: IDs of tracks that are there no more.
            progress: told how far it is; what it raises leaves everything as it was.

        Returns:
            What the sweeps say of all tracks that were shown until now, by ID. Of a track that was not
            given and has no edited one next to it, that is the same object as last time.
        """
        asked = {one.track.id: self._asked(one) for one in subjects}
        old = {
            track_id: self._tracks[track_id]
            for track_id in (*asked, *gone)
            if track_id in self._tracks
        }
        at = self._placed(asked, old)
        numbers = {track_id: looked.numbers for track_id, looked in asked.items()}
        todo: dict[int, dict[str, set[int]]] = {}
        moved: dict[int, list[FloatArray]] = {}
        for track_id in {**old, **asked}:
            self._compare(old.get(track_id), asked.get(track_id), track_id, todo, moved)
        tracks = {**self._tracks, **asked}
        for track_id in gone:
            tracks.pop(track_id, None)
        for frame, cuboids in moved.items():
            self._disturbed(frame, np.stack(cuboids), at.get(frame, _NOTHING), todo)
        for number, frame in enumerate(sorted(todo)):
            if progress is not None:
                progress("Looking at points", number, len(todo))
            rows = todo[frame]
            seen = self._seen(frame, rows, at[frame])
            for track_id, of_track in rows.items():
                if track_id not in asked and numbers.get(track_id) is None:
                    numbers[track_id] = tracks[track_id].numbers.copy()
                numbers[track_id][sorted(of_track)] = seen[track_id]
        # Only now: what was stopped half way leaves everything as it was.
        for track_id, filled in numbers.items():
            # Most of what lies next to an edited cuboid says what it said before.
            if track_id in asked or not np.array_equal(
                filled, tracks[track_id].numbers, equal_nan=True
            ):
                tracks[track_id] = _filled(tracks[track_id], filled)
        self._tracks, self._at = tracks, at
        return {track_id: looked.facts for track_id, looked in tracks.items()}

    def _asked(self, subject: Subject) -> _Looked:
        """The cuboids of a track in the ego frames of the sweeps; nothing is seen yet."""
        places = places_of(subject)
        frames, centers_m = subject.frames, subject.centers_m
        rotations, sizes_lwh_m = subject.rotations, subject.sizes_lwh_m
        if places is not None:
            frames = np.concatenate([frames, places.frames])
            centers_m = np.concatenate([centers_m, places.centers_m])
            rotations = np.concatenate([rotations, places.rotations])
            sizes_lwh_m = np.concatenate([sizes_lwh_m, places.sizes_lwh_m])
        count = len(frames)
        cuboids = np.empty((count, 15))
        if count:
            turns, shifts = zip(*(self._ego(frame) for frame in frames.tolist()), strict=True)
            turn = np.stack(turns)
            cuboids[:, :3] = np.einsum("tij,tj->ti", turn, centers_m) + np.stack(shifts)
            cuboids[:, 3:12] = np.matmul(turn, rotations).reshape(-1, 9)
            cuboids[:, 12:] = sizes_lwh_m / 2
        numbers = np.full((count, NUMBERS), np.nan, dtype=np.float32)
        there = len(subject.frames)
        return _Looked(frames, cuboids, there, numbers, places, PointFacts.of(numbers[:there]))

    def _ego(self, frame: int) -> tuple[FloatArray, FloatArray]:
        """Rotation and translation of ego_SE3_world at a frame."""
        found = self._ego_SE3_world.get(frame)
        if found is None:
            pose = self._log.world_SE3_ego(self._log.frames[frame].timestamp_ns).inverse()
            found = self._ego_SE3_world[frame] = pose.rotation, pose.translation_m
        return found

    def _placed(self, asked: Mapping[str, _Looked], old: Collection[str]) -> dict[int, _Frame]:
        """What is looked at in each frame, with some tracks replaced."""
        coming: dict[int, list[tuple[str, int]]] = {}
        for track_id in old:
            for frame in self._tracks[track_id].frames.tolist():
                coming.setdefault(frame, [])
        for track_id, looked in asked.items():
            for row, frame in enumerate(looked.frames.tolist()):
                coming.setdefault(frame, []).append((track_id, row))
        at = dict(self._at)
        for frame, rows in coming.items():
            before = at.get(frame, _NOTHING)
            kept = [k for k, (track_id, _) in enumerate(before.rows) if track_id not in old]
            new = [(asked[track_id], row) for track_id, row in rows]
            at[frame] = _Frame(
                (*(before.rows[k] for k in kept), *rows),
                np.concatenate([before.cuboids[kept], *(one.cuboids[r : r + 1] for one, r in new)]),
                np.concatenate(
                    [before.there[kept], np.array([r < one.there for one, r in new], bool)]
                ),
            )
        return at

    @staticmethod
    def _compare(
        old: _Looked | None,
        new: _Looked | None,
        track_id: str,
        todo: dict[int, dict[str, set[int]]],
        moved: dict[int, list[FloatArray]],
    ) -> None:
        """Take over what is known of cuboids that did not change; list what did, and where it was."""
        known: dict[tuple[int, bool], int] = {}
        if old is not None:
            known = {(frame, row < old.there): row for row, frame in enumerate(old.frames.tolist())}
        if new is not None:
            for row, frame in enumerate(new.frames.tolist()):
                there = row < new.there
                before = known.pop((frame, there), None)
                if before is not None and old is not None:
                    if np.array_equal(old.cuboids[before], new.cuboids[row]):
                        new.numbers[row] = old.numbers[before]
                        continue
                    if there:
                        moved.setdefault(frame, []).append(old.cuboids[before])
                todo.setdefault(frame, {}).setdefault(track_id, set()).add(row)
                if there:
                    moved.setdefault(frame, []).append(new.cuboids[row])
        if old is not None:
            for (frame, there), row in known.items():
                if there:
                    moved.setdefault(frame, []).append(old.cuboids[row])

    @staticmethod
    def _disturbed(
        frame: int, cuboids: FloatArray, here: _Frame, todo: dict[int, dict[str, set[int]]]
    ) -> None:
        """List the rows at a frame that lie next to cuboids which came, went or moved."""
        reach_m = (
            np.hypot(*reach_of(here.cuboids).T)[:, None] + np.hypot(*cuboids[:, 12:14].T) + 0.5
        )
        apart_m = here.cuboids[:, None, :2] - cuboids[None, :, :2]
        near: BoolArray = ((apart_m**2).sum(axis=2) <= reach_m**2).any(axis=1)
        for number in np.flatnonzero(near).tolist():
            track_id, row = here.rows[number]
            todo.setdefault(frame, {}).setdefault(track_id, set()).add(row)

    def _seen(
        self, frame: int, rows: Mapping[str, set[int]], here: _Frame
    ) -> dict[str, Float32Array]:
        """Look at rows of tracks at one frame: their numbers, in the order of the rows."""
        targets = [(track_id, row) for track_id, those in rows.items() for row in sorted(those)]
        number = {row: k for k, row in enumerate(here.rows)}
        chosen = [number[row] for row in targets]
        own = np.where(here.there, np.cumsum(here.there) - 1, -1)
        others = here.cuboids[here.there]
        # A place where a track would be is none of its own cuboids: it is not there in that frame.
        by_points, by_beams = self._near(frame, here.cuboids[chosen]).look(
            here.cuboids[chosen], others, own[chosen]
        )
        seen = np.concatenate([by_points, by_beams], axis=1)
        found: dict[str, Float32Array] = {}
        first = 0
        for track_id, asked in rows.items():
            found[track_id] = seen[first : first + len(asked)]
            first += len(asked)
        return found

    def _near(self, frame: int, cuboids: FloatArray) -> NearPoints:
        """The points around cuboids of a frame; its sweep is read where they are not kept."""
        wanted = cells_of(cuboids)
        kept = self._kept.get(frame)
        if kept is None or not kept.covers(wanted):
            keys = cells_of(cuboids, ROOM_M)
            if kept is not None:
                keys = np.union1d(keys, kept.keys)
                self._bytes -= kept.nbytes
            mount = self._log.rig.lidar(self._log.reference_lidar)
            kept = NearPoints.of(
                self._log.cloud(frame).points_m, keys, mount.ego_SE3_lidar.translation_m
            )
            self._kept[frame] = kept
            self._bytes += kept.nbytes
        self._kept.move_to_end(frame)
        while self._bytes > self._kept_bytes and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.nbytes
        return kept


def _filled(looked: _Looked, numbers: Float32Array) -> _Looked:
    """The same with what was seen."""
    elsewhere = None if looked.places is None else PointFacts.of(numbers[looked.there :])
    facts = PointFacts.of(numbers[: looked.there], looked.places, elsewhere)
    return _Looked(looked.frames, looked.cuboids, looked.there, numbers, looked.places, facts)
