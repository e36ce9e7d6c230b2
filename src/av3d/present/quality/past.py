"""The tracks of a project as its journal made them, entry by entry, and who made each keyframe."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.store.errors import StoreError
from av3d.tracks.codec import track_from_json
from av3d.tracks.columns import CODES, PROVENANCES, StoredKeyframes
from av3d.tracks.delta import DeltaError, patched
from av3d.tracks.keyframe import Provenance
from av3d.tracks.noise import Noise
from av3d.tracks.track import Track

Pose = array
"""Centre (3), quaternion w, x, y, z (4) and length, width, height (3) of a cuboid, ten numbers."""

MANUAL, INTERPOLATED = CODES[Provenance.MANUAL], CODES[Provenance.INTERPOLATED]
MOST_MEASURED = 2_000
"""So many keyframes between others are compared with what was interpolated before; then every 100th."""
_PLACES = {"center_m": slice(0, 3), "quaternion_wxyz": slice(3, 7), "size_lwh_m": slice(7, 10)}


@dataclass(slots=True)
class PastKeyframe:
    """A keyframe with what the journal knows of it.

    Attributes:
        pose: the cuboid as it is now, or was last; replaced, never written to.
        code: its provenance, a place in `av3d.tracks.columns.PROVENANCES`.
        noise: as it is stored, or None.
        author: place in `Past.authors` of who changed it last.
        edited_ns: when that was.
        origin: the provenance of what a program made here first; INTERPOLATED where a person put a
            keyframe between others; MANUAL where no program had said anything.
        original: what the program made; None where no program did, or nobody has looked.
        made_ns: when the keyframe came to be.
    """

    pose: Pose[float]
    code: int
    noise: Any
    author: int
    edited_ns: int
    origin: int
    original: Pose[float] | None
    made_ns: int


@dataclass(slots=True)
class PastTrack:
    """A track that is there, or was.

    Attributes:
        header: its values without keyframes.
        there: whether it is there now.
        keys: its keyframes by time; those of a track that is gone are all in `gone`.
        gone: keyframes that were taken out, as they were last.
    """

    header: dict[str, Any]
    there: bool = True
    keys: dict[int, PastKeyframe] = field(default_factory=dict)
    gone: dict[int, PastKeyframe] = field(default_factory=dict)
    _value: Track | None = None
    _frame: Track | None = None

    @property
    def category(self) -> str:
        return str(self.header.get("category", ""))

    def changed(self, header: dict[str, Any] | None = None) -> None:
        """Its value has to be made anew; with another header, if one is given."""
        self._value = None
        if header is not None:
            self.header, self._frame = header, None

    def value(self) -> Track | None:
        """The track as it is now, None where it makes no sense; keyframes have no attributes."""
        if self._value is None and self.there and self.keys:
            try:
                self._value = self._made()
            except Av3dError:
                return None
        return self._value

    def _made(self) -> Track:
        order = sorted(self.keys)
        keys = [self.keys[time_ns] for time_ns in order]
        if self._frame is None:
            pose = keys[0].pose
            some: dict[str, Any] = {name: list(pose[place]) for name, place in _PLACES.items()}
            some |= {"timestamp_ns": order[0], "provenance": PROVENANCES[keys[0].code].value}
            self._frame = track_from_json({**self.header, "keyframes": [some]}, 0, "journal")
        poses = np.array([key.pose for key in keys])
        stored = StoredKeyframes.of(
            np.array(order, dtype=np.int64),
            poses[:, 0:3].copy(),
            poses[:, 3:7].copy(),
            poses[:, 7:10].copy(),
            [PROVENANCES[key.code].value for key in keys],
            [{}] * len(keys),
            [None if key.noise is None else Noise(*key.noise) for key in keys],
        )
        one = self._frame
        return Track.of_stored(
            one.id, one.category, stored, one.presence, one.number, one.attributes, one.static,
            True, one.relations, one.note, one.interpolation,
        )  # fmt: skip


class Past:
    """Follows the tracks through a journal.

    What a program made is remembered as it was, so that it can be told later what became of it.

    Attributes:
        tracks: by key of their log and ID, those that are gone too.
        authors: names, by place.
    """

    def __init__(self) -> None:
        self.tracks: dict[tuple[int, str], PastTrack] = {}
        self.authors: list[str] = []
        self._places: dict[str, int] = {}
        self._between = 0

    def author(self, name: str) -> int:
        """The place of a name."""
        place = self._places.get(name)
        if place is None:
            place = self._places[name] = len(self.authors)
            self.authors.append(name)
        return place

    def take(
        self, changes: Iterable[tuple[int, str, Any]], author: int, time_ns: int, entry: int
    ) -> None:
        """Take the changes of tracks that one entry made.

        Args:
            changes: key of the log, ID of the track, difference.
            author: place of who made them.
            time_ns: when.
            entry: number of the entry, for messages.

        Raises:
            StoreError: a difference does not fit what was there before.
        """
        changes = list(changes)
        # A keyframe that goes to another track, as tracks are split and merged, stays what it is.
        leaving: dict[tuple[int, int, bytes], PastTrack] = {}
        try:
            before = {
                (log_id, track_id): self.tracks[log_id, track_id].value()
                for log_id, track_id, delta in changes
                if _has_new(delta) and self._is_measured()
            }
            for log_id, track_id, delta in changes:
                self._remove(log_id, track_id, delta, leaving, len(changes) > 1)
            for log_id, track_id, delta in changes:
                known = before.get((log_id, track_id))
                self._put(log_id, track_id, delta, leaving, known, author, time_ns)
        except (DeltaError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreError(
                f"entry {entry} of the journal does not fit what was before", "",
                "run `av3d project fsck` on the project",
            ) from error  # fmt: skip

    def _is_measured(self) -> bool:
        """Whether what was interpolated is looked up: it takes longer than all the rest."""
        self._between += 1
        return self._between <= MOST_MEASURED or self._between % 100 == 0

    def _remove(
        self,
        log_id: int,
        track_id: str,
        delta: Any,
        leaving: dict[tuple[int, int, bytes], PastTrack],
        several: bool,
    ) -> None:
        track = self.tracks.get((log_id, track_id))
        if track is None:
            return
        if isinstance(delta, list):
            times_ns = list(track.keys) if delta[1] is None else []
            track.there = delta[1] is not None
        else:
            parts = delta.get("keyframes", {})
            times_ns = [int(t) for t, d in parts.items() if isinstance(d, list) and d[1] is None]
        for time_ns in times_ns:
            key = track.gone[time_ns] = track.keys.pop(time_ns)
            if several:
                leaving[log_id, time_ns, key.pose[:3].tobytes()] = track
        track.changed()

    def _put(
        self,
        log_id: int,
        track_id: str,
        delta: Any,
        leaving: dict[tuple[int, int, bytes], PastTrack],
        before: Track | None,
        author: int,
        time_ns: int,
    ) -> None:
        parts: dict[str, Any]
        if isinstance(delta, list):
            if delta[1] is None:
                return
            header = {key: item for key, item in delta[1].items() if key != "keyframes"}
            track = self.tracks.setdefault((log_id, track_id), PastTrack(header))
            track.changed(header)
            track.there, was_there = True, False
            parts = {time: [None, tree] for time, tree in delta[1]["keyframes"].items()}
        else:
            track = self.tracks[log_id, track_id]
            parts = delta.get("keyframes", {})
            was_there = True
            header_delta = {key: part for key, part in delta.items() if key != "keyframes"}
            if header_delta:
                track.changed(patched(track.header, header_delta) or {})
        for text, part in parts.items():
            at_ns = int(text)
            if isinstance(part, list):
                if part[1] is not None:
                    key = _new(part[1], author, time_ns)
                    if was_there and key.code == MANUAL and at_ns not in track.gone:
                        _compare(key, track, before, at_ns)
                    _adopt(key, leaving.get((log_id, at_ns, key.pose[:3].tobytes())), track, at_ns)
                    track.keys[at_ns] = key
            else:
                _change(track.keys[at_ns], part)
                track.keys[at_ns].author, track.keys[at_ns].edited_ns = author, time_ns
        track.changed()


def _has_new(delta: Any) -> bool:
    """Whether a person put keyframes into a track that was there."""
    return isinstance(delta, dict) and any(
        isinstance(part, list) and part[1] and part[1]["provenance"] == Provenance.MANUAL
        for part in delta.get("keyframes", {}).values()
    )


def _new(tree: Mapping[str, Any], author: int, time_ns: int) -> PastKeyframe:
    pose = array("d", [*tree["center_m"], *tree["quaternion_wxyz"], *tree["size_lwh_m"]])
    code = CODES[Provenance(tree["provenance"])]
    origin, original = (MANUAL, None) if code == MANUAL else (code, pose)
    return PastKeyframe(pose, code, tree.get("noise"), author, time_ns, origin, original, time_ns)


def _compare(key: PastKeyframe, track: PastTrack, before: Track | None, at_ns: int) -> None:
    """A keyframe where there was none: what was interpolated there is its origin."""
    if before is not None:
        state = before.state_at(at_ns)
        if state is not None:
            key.origin, key.original = INTERPOLATED, pose_of(state.cuboid)
    elif any(span[0] <= at_ns <= span[1] for span in track.header.get("presence", [])):
        key.origin = INTERPOLATED


def _adopt(key: PastKeyframe, leaving: PastTrack | None, track: PastTrack, at_ns: int) -> None:
    """What comes back, or comes from another track, has the origin that it had."""
    known = track.gone.pop(at_ns, None)
    if known is None and leaving is not None:
        known = leaving.gone.pop(at_ns, None)
    if known is None:
        return
    if known.origin != MANUAL:
        key.origin, key.original, key.made_ns = known.origin, known.original, known.made_ns
    if known.pose == key.pose:
        if key.original is known.pose:
            key.pose = known.pose  # that it is untouched is told by being the same
        key.author, key.edited_ns = known.author, known.edited_ns


def _change(key: PastKeyframe, part: Mapping[str, Any]) -> None:
    if not _PLACES.keys().isdisjoint(part):
        pose = array("d", key.pose)
        for name, place in _PLACES.items():
            if name in part:
                pose[place] = array("d", part[name][1])
        key.pose = pose
    if "noise" in part:
        key.noise = part["noise"][1]
    if "provenance" in part:
        key.code = CODES[Provenance(part["provenance"][1])]
        if key.origin == MANUAL and key.code != MANUAL:
            key.origin, key.original = key.code, key.pose


def pose_of(cuboid: Cuboid) -> Pose[float]:
    """The ten numbers of a cuboid of the world frame."""
    frame = cuboid.frame_SE3_cuboid
    values = np.concatenate([frame.translation_m, frame.quaternion_wxyz, cuboid.size_lwh_m])
    return array("d", values.tolist())
