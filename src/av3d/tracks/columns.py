"""The keyframes of a track as arrays: what is done to many of them is done to all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from av3d.geometry.cuboid import LARGEST_M, Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.checking import MAX_TIME_NS, TrackError
from av3d.tracks.keyframe import Keyframe, Provenance, keyframe_digest
from av3d.tracks.noise import Noise
from av3d.types import BoolArray, FloatArray, IntArray, Scalar, Uint8Array

PROVENANCES = tuple(Provenance)
"""Arrays hold a provenance as its place in this list."""

CODES = {provenance: code for code, provenance in enumerate(PROVENANCES)}
"""The place of each provenance in PROVENANCES."""


@dataclass(frozen=True, eq=False)
class KeyframeColumns:
    """Keyframes as arrays with a row each, not to be written to.

    Attributes:
        times_ns: their times, (N,).
        centers_m: centres of the cuboids, world frame, (N, 3).
        rotations: orientations, world from cuboid, (N, 3, 3).
        sizes_lwh_m: length, width and height, (N, 3).
        provenances: places in PROVENANCES, (N,).
        noises: standard deviations along, across and up (metres) and of the yaw (radians), NaN where
            a keyframe does not know its own, (N, 4); None where no keyframe does.
    """

    times_ns: IntArray
    centers_m: FloatArray
    rotations: FloatArray
    sizes_lwh_m: FloatArray
    provenances: Uint8Array
    noises: FloatArray | None = None

    @staticmethod
    def of(keyframes: Sequence[Keyframe]) -> KeyframeColumns:
        """The arrays of keyframes, at least one."""
        count = len(keyframes)
        cuboids = [keyframe.cuboid for keyframe in keyframes]
        poses = [cuboid.frame_SE3_cuboid for cuboid in cuboids]
        # Concatenating is several times as fast as stacking for arrays that are so small.
        return KeyframeColumns(
            np.array([keyframe.timestamp_ns for keyframe in keyframes], dtype=np.int64),
            np.concatenate([pose.translation_m for pose in poses]).reshape(count, 3),
            np.concatenate([pose.rotation for pose in poses]).reshape(count, 3, 3),
            np.concatenate([cuboid.size_lwh_m for cuboid in cuboids]).reshape(count, 3),
            np.array([CODES[keyframe.provenance] for keyframe in keyframes], dtype=np.uint8),
            _noises([keyframe.noise for keyframe in keyframes]),
        )

    def __len__(self) -> int:
        return len(self.times_ns)

    def __getitem__(self, rows: slice | BoolArray) -> KeyframeColumns:
        return KeyframeColumns(
            self.times_ns[rows],
            self.centers_m[rows],
            self.rotations[rows],
            self.sizes_lwh_m[rows],
            self.provenances[rows],
            None if self.noises is None else self.noises[rows],
        )

    @cached_property
    def one_size(self) -> bool:
        """Whether all cuboids have the same size."""
        return bool((self.sizes_lwh_m == self.sizes_lwh_m[0]).all())

    @cached_property
    def one_pose(self) -> bool:
        """Whether all cuboids are at the same place and turned the same way."""
        same_place = (self.centers_m == self.centers_m[0]).all()
        return bool(same_place and (self.rotations == self.rotations[0]).all())


@dataclass(frozen=True, eq=False)
class StoredKeyframes:
    """Keyframes as a database holds them. Most of those that are read nobody looks at one by one.

    Attributes:
        columns: their numbers.
        quaternions_wxyz: unit quaternions of the orientations, as they are stored, (N, 4).
        attributes: of each, checked, N.
    """

    columns: KeyframeColumns
    quaternions_wxyz: FloatArray
    attributes: Sequence[Mapping[str, Scalar]]

    def noise(self, row: int) -> Noise | None:
        """That of one keyframe."""
        noises = self.columns.noises
        if noises is None or np.isnan(noises[row, 0]):
            return None
        return Noise(*noises[row].tolist())

    @staticmethod
    def of(
        times_ns: IntArray,
        centers_m: FloatArray,
        quaternions_wxyz: FloatArray,
        sizes_lwh_m: FloatArray,
        provenances: Sequence[str],
        attributes: Sequence[Mapping[str, Scalar]],
        noises: Sequence[Noise | None] | None = None,
    ) -> StoredKeyframes:
        """Keyframes of any number of tracks, those of one in order of time and side by side.

        The arrays must be nobody else's: they become read-only.

        Args:
            times_ns: (N,) int64.
            centers_m: world frame, (N, 3).
            quaternions_wxyz: world from cuboid, (N, 4), any positive norm.
            sizes_lwh_m: (N, 3).
            provenances: by name, N; not "interpolated".
            attributes: of each keyframe, as `checked_attributes` gives them, N.
            noises: of each keyframe, N; None where no keyframe knows its own.

        Raises:
            Av3dError: a value that no keyframe can have.
        """
        poses = SE3.from_quaternion(quaternions_wxyz, centers_m)
        if not ((sizes_lwh_m > 0) & (sizes_lwh_m <= LARGEST_M)).all():
            raise TrackError(f"a keyframe has a side that is not within 0 to {LARGEST_M:.0e} m")
        if len(times_ns) and not -MAX_TIME_NS < times_ns.min() <= times_ns.max() < MAX_TIME_NS:
            raise TrackError("a keyframe has a time beyond all clocks")
        columns = KeyframeColumns(
            times_ns,
            poses.translation_m,
            poses.rotation,
            sizes_lwh_m,
            _codes(provenances),
            None if noises is None else _noises(noises),
        )
        for array in (times_ns, sizes_lwh_m, columns.provenances):
            array.flags.writeable = False
        return StoredKeyframes(columns, poses.quaternion_wxyz, attributes)

    @property
    def one_quaternion(self) -> bool:
        """Whether all orientations have the same quaternion."""
        return bool((self.quaternions_wxyz == self.quaternions_wxyz[0]).all())

    def __len__(self) -> int:
        return len(self.columns)

    def __getitem__(self, rows: slice) -> StoredKeyframes:
        return StoredKeyframes(
            self.columns[rows], self.quaternions_wxyz[rows], self.attributes[rows]
        )

    def cuboid(self, row: int) -> Cuboid:
        """The cuboid of one keyframe."""
        columns = self.columns
        pose = SE3.trusted(
            columns.rotations[row], columns.centers_m[row], self.quaternions_wxyz[row]
        )
        return Cuboid.trusted(pose, columns.sizes_lwh_m[row])

    def digests(self) -> list[str]:
        """The digest of each keyframe."""
        columns = self.columns
        # Adding zero as `Keyframe.as_json` does it.
        numbers = (columns.centers_m + 0.0, self.quaternions_wxyz + 0.0, columns.sizes_lwh_m)
        return [
            keyframe_digest(
                time_ns, center_m, wxyz, size_lwh_m, PROVENANCES[code], attributes, noise
            )
            for time_ns, center_m, wxyz, size_lwh_m, code, attributes, noise in zip(
                columns.times_ns.tolist(),
                *(array.tolist() for array in numbers),
                columns.provenances.tolist(),
                self.attributes,
                [None if noise is None else noise.as_list() for noise in self._all_noises()],
                strict=True,
            )
        ]

    def _all_noises(self) -> list[Noise | None]:
        if self.columns.noises is None:
            return [None] * len(self)
        return [self.noise(row) for row in range(len(self))]

    def keyframes(self) -> tuple[Keyframe, ...]:
        """All of them as values."""
        columns = self.columns
        poses = SE3.trusted(columns.rotations, columns.centers_m, self.quaternions_wxyz)
        return tuple(
            Keyframe.trusted(time_ns, cuboid, PROVENANCES[code], attributes, noise)
            for time_ns, cuboid, code, attributes, noise in zip(
                columns.times_ns.tolist(),
                Cuboid.trusted_batch(poses, columns.sizes_lwh_m),
                columns.provenances.tolist(),
                self.attributes,
                self._all_noises(),
                strict=True,
            )
        )


def _noises(noises: Sequence[Noise | None]) -> FloatArray | None:
    if not any(noises):
        return None
    unknown = [np.nan] * 4
    return np.array([unknown if noise is None else noise.as_list() for noise in noises])


def _codes(provenances: Sequence[str]) -> Uint8Array:
    known: dict[str, int] = {name: code for name, code in CODES.items() if name != "interpolated"}
    try:
        return np.array([known[name] for name in provenances], dtype=np.uint8)
    except KeyError as error:
        raise TrackError(
            f"a keyframe has the provenance {error.args[0]!r}", "", f"one of {' '.join(known)}"
        ) from error
