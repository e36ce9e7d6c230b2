"""The cuboids of a track at the frames of its log as arrays that can be bent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3, rotation_about_z
from av3d.qa.subject import Subject
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from av3d.types import NS_PER_S, Scalar

STANDS_M = 0.5
"""Centres of what stands stay within this."""


@dataclass
class Path:
    """A track as M cuboids, which may be changed; `track` makes a track of them.

    Attributes:
        subject: the track.
        centers_m, rotations, sizes_lwh_m: as those of the subject, (M, 3), (M, 3, 3), (M, 3).
    """

    subject: Subject
    centers_m: np.ndarray
    rotations: np.ndarray
    sizes_lwh_m: np.ndarray

    @staticmethod
    def of(subject: Subject) -> Path:
        """The cuboids of a track, to be changed."""
        return Path(
            subject,
            subject.centers_m.copy(),
            subject.rotations.copy(),
            subject.sizes_lwh_m.copy(),
        )

    def turn(self, rows: slice, angles_rad: np.ndarray | float) -> None:
        """Turn cuboids about their own centres, about the world's z."""
        turns = rotation_about_z(np.broadcast_to(angles_rad, len(self.centers_m[rows])))
        self.rotations[rows] = turns @ self.rotations[rows]

    def track(self, keep: np.ndarray | None = None, **changes: object) -> Track:
        """A track with a keyframe at every frame of `keep` (default: all), or fewer changes.

        Keyframes that were there and are not changed stay the same values. Presence is as it was,
        unless `changes` say otherwise.
        """
        old, times_ns = self.subject.track, self.subject.times_ns.tolist()
        rows = range(len(times_ns)) if keep is None else np.flatnonzero(keep).tolist()
        keyframes = [self._keyframe(row, times_ns[row]) for row in rows]
        presence = (Span(min(old.start_ns, times_ns[0]), max(old.end_ns, times_ns[-1])),)
        if len(old.presence) > 1:
            presence = old.presence
        made: dict[str, object] = {
            "keyframes": tuple(keyframes),
            "presence": presence,
            "free_size": None,
            **changes,
        }
        return replace(old, **made)  # type: ignore[arg-type]

    def _keyframe(self, row: int, time_ns: int) -> Keyframe:
        cuboid = Cuboid(SE3(self.rotations[row], self.centers_m[row]), self.sizes_lwh_m[row])
        there = self.subject.track.keyframe_at(time_ns)
        if there is None:
            return Keyframe(time_ns, cuboid)
        return there if there.cuboid == cuboid else replace(there, cuboid=cuboid)


def headings(subject: Subject) -> np.ndarray:
    """Unit vectors along the cuboids' lengths in the plane, (M, 3)."""
    yaws_rad = subject.yaws_rad
    return np.stack([np.cos(yaws_rad), np.sin(yaws_rad), np.zeros(len(yaws_rad))], axis=1)


def way_m(subject: Subject) -> float:
    """How far it is from the first to the last place, seen from above."""
    return float(np.hypot(*(subject.centers_m[-1] - subject.centers_m[0])[:2]))


def speed_m_s(subject: Subject) -> float:
    """The mean speed from the first to the last place."""
    seconds = (subject.times_ns[-1] - subject.times_ns[0]) / NS_PER_S
    return way_m(subject) / seconds if seconds > 0 else 0.0


def stands(subject: Subject) -> bool:
    """Whether all centres are within STANDS_M of each other, for a second or longer."""
    spread_m = np.ptp(subject.centers_m[:, :2], axis=0)
    seconds = (subject.times_ns[-1] - subject.times_ns[0]) / NS_PER_S
    return bool(has_poses(subject) and seconds >= 1 and np.hypot(*spread_m) < STANDS_M)


def has_poses(subject: Subject) -> bool:
    """Whether the motion of the ego is known: without, nothing is known of that of others either."""
    return not subject.log.trajectory.is_identity


def period_s(subject: Subject) -> float:
    """Time from one frame of the log to the next."""
    return subject.log.frame_period_ns / NS_PER_S


def span_of(
    subject: Subject, seconds: float, rng: np.random.Generator, margin: int = 2
) -> slice | None:
    """Rows in a row that last for `seconds`, at random, with `margin` rows before and after.

    None if the track is not long enough.
    """
    count = max(round(seconds / period_s(subject)), 1)
    fits = [
        (rows.start + margin, rows.stop - margin - count)
        for rows in subject.stretches
        if rows.stop - rows.start >= count + 2 * margin
    ]
    if not fits:
        return None
    low, high = fits[int(rng.integers(len(fits)))]
    first = int(rng.integers(low, high + 1))
    return slice(first, first + count)


def bump(count: int) -> np.ndarray:
    """0 to 1 and back, smooth at both ends, (count,): (1 - cos) / 2."""
    return (1 - np.cos(2 * np.pi * np.arange(1, count + 1) / (count + 1))) / 2


def sideways(rng: np.random.Generator) -> float:
    """Left or right."""
    return float(rng.choice([-1.0, 1.0]))


def direction(rng: np.random.Generator) -> np.ndarray:
    """A direction in the plane, (3,)."""
    angle = rng.uniform(-np.pi, np.pi)
    return np.array([np.cos(angle), np.sin(angle), 0.0])


def with_attributes(track: Track, values: Mapping[str, Scalar]) -> Track:
    """The track with values that hold for all of it, whatever its keyframes said."""
    return replace(
        track,
        attributes={**track.attributes, **values},
        keyframes=tuple(
            replace(
                keyframe,
                attributes={k: v for k, v in keyframe.attributes.items() if k not in values},
            )
            if values.keys() & keyframe.attributes.keys()
            else keyframe
            for keyframe in track.keyframes
        ),
    )
