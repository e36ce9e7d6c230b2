"""Tracks: one object for a whole log, as keyframes in the world frame and spans of presence."""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, cast
from weakref import WeakKeyDictionary

import numpy as np

from av3d.digests import canonical, digest_of_text
from av3d.geometry.cuboid import Cuboid
from av3d.tracks.checking import (
    TrackError,
    check_name,
    check_text,
    checked_attributes,
    checked_number,
)
from av3d.tracks.columns import PROVENANCES, KeyframeColumns, StoredKeyframes
from av3d.tracks.interpolation import AUTOMATIC, Interpolation
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.motion.dense import DenseMotion
from av3d.tracks.motion.fitting import is_dense, is_linear, motion_of
from av3d.tracks.motion.linear import LinearMotion
from av3d.tracks.motion.model import Motion
from av3d.tracks.presence import Span, checked_presence
from av3d.tracks.relation import Relation
from av3d.tracks.state import TrackState
from av3d.types import IntArray, Scalar

UNKNOWN_NS = int(np.iinfo(np.int64).min)
"""Stands for a time that has not been asked for."""


@dataclass(frozen=True)
class Track:
    """One object for a whole log. Tracks are equal when all values are.

    Args:
        id: identity that survives every edit, import and export.
        category: one of the project's categories, for example "car".
        keyframes: sorted by time, at least one, no two at the same time.
        presence: when the object is there; default: from the first to the last keyframe.
        number: people call the track by category and number, "Car 21".
        attributes: values that hold for the whole track.
        static: the object stands still for the whole log: all keyframes have the same cuboid.
        free_size: whether keyframes may differ in size; default: whether they do.
        relations: what the track is to others ("towed_by" a truck).
        note: free text for colleagues.
        interpolation: how it moves between its keyframes, as far as somebody says it.

    Raises:
        TrackError: no keyframe, or two at one time, or spans that overlap, or an ID or category
            that is empty or not printable, or a static track that moves, or one of constant size
            that changes it, or a track that belongs to itself, or a number beyond 31 bits.
    """

    kind: ClassVar[str] = "track"

    id: str
    category: str
    keyframes: tuple[Keyframe, ...]
    presence: tuple[Span, ...] = ()
    number: int = 0
    attributes: Mapping[str, Scalar] = field(default_factory=dict, hash=False)
    static: bool = False
    free_size: bool | None = None
    relations: tuple[Relation, ...] = ()
    note: str = ""
    interpolation: Interpolation = AUTOMATIC

    def __post_init__(self) -> None:
        where = f"track {self.id!r}"
        for text in (self.id, self.category):
            check_name(text, "ID or category", where)
        check_text(self.note, "the note", where)
        object.__setattr__(self, "number", checked_number(self.number, where))
        given = cast("tuple[Keyframe, ...] | StoredKeyframes", self.keyframes)
        if not len(given):
            raise TrackError("a track needs at least one keyframe", self.id)
        if isinstance(given, StoredKeyframes):  # see `of_stored`
            object.__setattr__(self, "_stored_keyframes", given)
            object.__delattr__(self, "keyframes")
        else:
            keyframes = tuple(sorted(given, key=lambda keyframe: keyframe.timestamp_ns))
            object.__setattr__(self, "keyframes", keyframes)
        times_ns = self.columns.times_ns
        not_later = np.flatnonzero(times_ns[1:] <= times_ns[:-1])
        if len(not_later):
            raise TrackError(f"two keyframes at {times_ns[not_later[0]]} ns", where)
        presence = checked_presence(self.presence, where) or (
            Span(int(times_ns[0]), int(times_ns[-1])),
        )
        object.__setattr__(self, "presence", presence)
        object.__setattr__(self, "attributes", checked_attributes(self.attributes))
        object.__setattr__(self, "relations", tuple(sorted(set(self.relations))))
        self._check_kinds(where)

    def _check_kinds(self, where: str) -> None:
        """Check what static, constant in size and related mean, and fill in `free_size`."""
        one_size = self.columns.one_size
        if self.free_size is None:
            object.__setattr__(self, "free_size", not one_size)
        elif not (self.free_size or one_size):
            raise TrackError(
                "a track of constant size has keyframes of different sizes",
                where,
                "give all of them one size, or let its size be free",
            )
        if self.static and not self._stands:
            raise TrackError(
                "a static track has keyframes at different places",
                where,
                "give all of them one cuboid, or do not call it static",
            )
        if any(relation.track_id == self.id for relation in self.relations):
            raise TrackError("a track cannot belong to itself", where)

    @property
    def _stands(self) -> bool:
        stored = self._stored
        if stored is not None:
            return self.columns.one_pose and self.columns.one_size and stored.one_quaternion
        first = self.keyframes[0].cuboid
        return all(is_same_cuboid(keyframe.cuboid, first) for keyframe in self.keyframes)

    @staticmethod
    def of_stored(
        track_id: str,
        category: str,
        stored: StoredKeyframes,
        presence: tuple[Span, ...],
        number: int,
        attributes: Mapping[str, Scalar],
        static: bool,
        free_size: bool,
        relations: tuple[Relation, ...],
        note: str,
        interpolation: Interpolation = AUTOMATIC,
    ) -> Track:
        """The track of keyframes as a database holds them; they become values when asked for.

        `stored` are the keyframes in order of time; the rest is as for the class, which also says
        what is refused.
        """
        return Track(
            track_id,
            category,
            stored,  # type: ignore[arg-type]  # taken apart when the track is made
            presence,
            number,
            attributes,
            static,
            free_size,
            relations,
            note,
            interpolation,
        )

    @property
    def _stored(self) -> StoredKeyframes | None:
        found: StoredKeyframes | None = self.__dict__.get("_stored_keyframes")
        return found

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Make the keyframes of a track from a database when they are first asked for."""
            stored = self.__dict__.get("_stored_keyframes")
            if name != "keyframes" or stored is None:
                raise AttributeError(f"a track has no {name!r}", name=name, obj=self)
            # Of two threads that come at once both make them, and both get what is then kept.
            return self.__dict__.setdefault("keyframes", stored.keyframes())

    @cached_property
    def columns(self) -> KeyframeColumns:
        """The keyframes as arrays."""
        stored = self._stored
        return stored.columns if stored is not None else KeyframeColumns.of(self.keyframes)

    @cached_property
    def motion(self) -> Motion:
        """Between the keyframes."""
        return motion_of(self.columns, self.interpolation, self.category)

    @cached_property
    def is_linear(self) -> bool:
        """Whether `motion` is a `LinearMotion`, without making it."""
        return is_linear(self.columns, self.interpolation)

    @cached_property
    def is_dense(self) -> bool:
        """Whether `motion` is a `DenseMotion`: it goes straight, but how fast takes a fit."""
        return is_dense(self.columns, self.interpolation)

    @cached_property
    def times_ns(self) -> list[int]:
        """Timestamps of the keyframes; not to be changed."""
        times_ns: list[int] = self.columns.times_ns.tolist()
        return times_ns

    def keyframe_cuboid(self, row: int) -> Cuboid:
        """The cuboid of a keyframe, counted like an item of `keyframes`."""
        # Where keyframes were given, theirs; where they were not yet asked for, only this one.
        stored = self._stored
        if stored is None or "keyframes" in self.__dict__:
            return self.keyframes[row].cuboid
        return stored.cuboid(row)

    @cached_property
    def _beam_times_ns(self) -> WeakKeyDictionary[object, IntArray]:
        return WeakKeyDictionary()

    def beam_times_ns(self, beam: object) -> IntArray:
        """What is known of when a beam passed the keyframes, (N,), UNKNOWN_NS where nothing is.

        `av3d.tracks.measured` fills it in; it is kept here because it is worth keeping for as long
        as the track and the log, `beam`, live.
        """
        return self._beam_times_ns.setdefault(
            beam, np.full(len(self.times_ns), UNKNOWN_NS, dtype=np.int64)
        )

    @cached_property
    def beam_motions(self) -> WeakKeyDictionary[object, Motion]:
        """The motion on the clocks of beams, which `av3d.tracks.measured` fills in."""
        return WeakKeyDictionary()

    @cached_property
    def _starts_ns(self) -> list[int]:
        return [span.start_ns for span in self.presence]

    @property
    def name(self) -> str:
        """What people call it: "Car 21"."""
        return name_of(self.category, self.number)

    @property
    def start_ns(self) -> int:
        return self.presence[0].start_ns

    @property
    def end_ns(self) -> int:
        return self.presence[-1].end_ns

    def is_called(self, name: str) -> bool:
        """Whether a person may mean this track by `name`: "Car 21" or its ID, in any case."""
        return name.lower() in (self.name.lower(), self.id.lower())

    def is_present(self, timestamp_ns: int) -> bool:
        """Whether the object is there at a time."""
        row = bisect_right(self._starts_ns, timestamp_ns) - 1
        return row >= 0 and self.presence[row].contains(timestamp_ns)

    def keyframe_at(self, timestamp_ns: int) -> Keyframe | None:
        """The keyframe at exactly this time."""
        row = bisect_right(self.times_ns, timestamp_ns) - 1
        found = row >= 0 and self.times_ns[row] == timestamp_ns
        return self.keyframes[row] if found else None

    def attributes_at(self, timestamp_ns: int) -> Mapping[str, Scalar]:
        """Attributes of the track, overlaid by those of the latest keyframe; see `TrackState`."""
        row = max(bisect_right(self.times_ns, timestamp_ns) - 1, 0)
        stored = self._stored
        own = self.keyframes[row].attributes if stored is None else stored.attributes[row]
        return MappingProxyType({**self.attributes, **own}) if own else self.attributes

    def state_at(self, timestamp_ns: int) -> TrackState | None:
        """The track at a time; None when the object is not there.

        At a keyframe it has the keyframe's cuboid, between keyframes that of `motion`; between two that
        are the same it stands. Sizes are linear in time. Within presence but outside the keyframes the
        nearest keyframe holds.
        """
        return self.state_near(timestamp_ns, present_at_ns=timestamp_ns)

    def state_near(self, timestamp_ns: int, *, present_at_ns: int) -> TrackState | None:
        """The track at a time close to a frame that decides about presence.

        An image is exposed up to one sweep before or after its frame's time. The object is drawn
        in it if it is there at the frame's time, at the place it has at the image's time; the
        motion then continues past the first or last keyframe. At a frame before or after all
        keyframes, where the nearest one holds, it holds for the frame's images too.

        Args:
            timestamp_ns: time of the state.
            present_at_ns: the frame's time; None is returned if the object is not there then.
        """
        if not self.is_present(present_at_ns):
            return None
        times = self.times_ns
        row = bisect_right(times, timestamp_ns) - 1
        attributes = self.attributes_at(timestamp_ns)
        if row >= 0 and times[row] == timestamp_ns:
            cuboid = self.keyframe_cuboid(row)
            provenance = PROVENANCES[self.columns.provenances[row]]
        else:
            provenance = Provenance.INTERPOLATED
            hold = not times[0] <= present_at_ns <= times[-1]
            if len(times) == 1 or (hold and not times[0] <= timestamp_ns <= times[-1]):
                cuboid = self.keyframe_cuboid(0 if timestamp_ns < times[0] else -1)
                return TrackState(timestamp_ns, cuboid, provenance, np.zeros(3), attributes)
            cuboid = None
        return self.moving_state(self.motion, timestamp_ns, attributes, cuboid, provenance)

    def moving_state(
        self,
        motion: Motion,
        timestamp_ns: int,
        attributes: Mapping[str, Scalar],
        cuboid: Cuboid | None = None,
        provenance: Provenance = Provenance.INTERPOLATED,
    ) -> TrackState:
        """The state that a motion gives at a time, with its own cuboid or that of a keyframe.

        Args:
            motion: of this track, on its own clock or another.
            timestamp_ns: on the same clock.
            attributes: of the state.
            cuboid: of a keyframe at this very time.
            provenance: of that keyframe.
        """
        if isinstance(motion, LinearMotion) and not isinstance(motion, DenseMotion):
            cuboid = motion.cuboid_at(timestamp_ns) if cuboid is None else cuboid
            velocity_m_s = motion.velocity_at(timestamp_ns)
            yaw_rate_rad_s = motion.yaw_rate_at(timestamp_ns)
            return TrackState(
                timestamp_ns,
                cuboid,
                provenance,
                velocity_m_s,
                attributes,
                yaw_rate_rad_s=yaw_rate_rad_s,
            )
        times_ns = np.array([timestamp_ns], dtype=np.int64)
        states = motion.states(times_ns)
        covariance = None if states.covariances is None else states.covariances[0]
        standing = motion.standing_at(timestamp_ns)
        if standing is not None:
            cuboid = self.keyframe_cuboid(standing) if cuboid is None else cuboid
            still = np.zeros(3)
            return TrackState(
                timestamp_ns, cuboid, provenance, still, attributes, covariance=covariance
            )
        return TrackState(
            timestamp_ns,
            states.cuboid(0, motion.sizes_at(times_ns)[0]) if cuboid is None else cuboid,
            provenance,
            states.velocities_m_s[0],
            attributes,
            states.accelerations_m_s2[0],
            float(states.yaw_rates_rad_s[0]),
            covariance,
        )

    def as_json(self) -> dict[str, Any]:
        """The track as JSON values; attributes are sorted by name, keyframes and spans by time."""
        return {
            **self.header_as_json(),
            "keyframes": [keyframe.as_json() for keyframe in self.keyframes],
        }

    def header_as_json(self) -> dict[str, Any]:
        """`as_json` without the keyframes; an interpolation as everybody's is left out."""
        interpolation = self.interpolation.as_json()
        return {
            "id": self.id,
            "category": self.category,
            "number": self.number,
            "static": self.static,
            "free_size": self.free_size,
            "attributes": dict(sorted(self.attributes.items())),
            "relations": [relation.as_json() for relation in self.relations],
            "note": self.note,
            "presence": [span.as_json() for span in self.presence],
            **({"interpolation": interpolation} if interpolation else {}),
        }

    @cached_property
    def digest(self) -> str:
        """Equal for equal tracks; see `av3d.digests`."""
        # By the digests of the keyframes, which an edit of one of them leaves in place.
        stored = self._stored
        if stored is None:
            digests = [keyframe.digest for keyframe in self.keyframes]
        else:
            digests = stored.digests()
            if "keyframes" in self.__dict__:
                # An edit keeps most of them; they need not compute theirs again.
                for keyframe, digest in zip(self.keyframes, digests, strict=True):
                    keyframe.__dict__["digest"] = digest  # the place of a cached property
        return digest_of_text(canonical(self.header_as_json()), *digests)

    def with_keyframes(self, keyframes: Iterable[Keyframe]) -> Track:
        """The same track with other keyframes; presence stays."""
        return replace(self, keyframes=tuple(keyframes))


def is_same_cuboid(one: Cuboid, other: Cuboid) -> bool:
    """Whether cuboids are equal, and will be when their quaternions have been stored and read."""
    return one is other or (
        one == other
        and np.array_equal(
            one.frame_SE3_cuboid.quaternion_wxyz, other.frame_SE3_cuboid.quaternion_wxyz
        )
    )


def name_of(category: str, number: int) -> str:
    """What people call a track: "Car 21"."""
    return f"{category.replace('_', ' ').capitalize()} {number}"


def new_track_id() -> str:
    """A fresh identity for a track."""
    return str(uuid.uuid4())
