"""Rigid transforms in 3D, one or many at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from av3d.errors import Av3dError
from av3d.geometry.turn import turn_vectors
from av3d.types import FloatArray

ROTATION_TOLERANCE = 1e-4
"""Largest entry of |R R^T - 1| that is accepted; text calibrations carry five to seven digits."""

FARTHEST_M = 1e9
"""Largest coordinate of a translation. A broken file may say 1e300, whose square overflows; on Earth
nothing is further away."""

UNIT_TOLERANCE = 1e-9
"""How far the norm of a quaternion may be from 1 to count as a unit quaternion with rounded digits."""


class NotARigidTransformError(Av3dError):
    """A matrix or quaternion that does not describe a rotation and a translation."""


@dataclass(frozen=True, eq=False)
class SE3:
    """A rigid transform `a_SE3_b`: takes points of frame b into frame a.

    Values broadcast like numpy arrays: `rotation` is (..., 3, 3), `translation_m` is (..., 3) with
    the same leading shape. Rotations are proper (right-handed) and orthonormal. The arrays are
    read-only, and two transforms are equal when all their numbers are.

    Args:
        rotation: rotation matrices, (..., 3, 3).
        translation_m: translations in metres, (..., 3).

    Raises:
        NotARigidTransformError: a matrix is not a rotation within ROTATION_TOLERANCE, or a value is
            not finite, or a translation is longer than FARTHEST_M.
    """

    rotation: FloatArray
    translation_m: FloatArray

    def __post_init__(self) -> None:
        rotation = _numbers(self.rotation)
        translation_m = _numbers(self.translation_m)
        if rotation.shape[-2:] != (3, 3) or translation_m.shape != rotation.shape[:-1]:
            raise NotARigidTransformError(
                f"a transform needs matching (..., 3, 3) and (..., 3) arrays, got {rotation.shape} "
                f"and {translation_m.shape}"
            )
        if not np.isfinite(rotation).all():
            raise NotARigidTransformError("a transform has a value that is not a finite number")
        _check_place(translation_m)
        with np.errstate(over="ignore", invalid="ignore"):
            error = np.abs(rotation @ np.swapaxes(rotation, -1, -2) - np.eye(3)).max(initial=0.0)
        if not error <= ROTATION_TOLERANCE:  # also where it overflows to what is no number
            raise NotARigidTransformError(
                f"the matrix is not a rotation (R R^T differs from 1 by {error:.2g}, "
                f"limit {ROTATION_TOLERANCE:.0e})"
            )
        if (np.linalg.det(rotation) < 0).any():
            raise NotARigidTransformError(
                "the matrix mirrors (determinant -1) and is not a rotation"
            )
        rotation.flags.writeable = False
        translation_m.flags.writeable = False
        object.__setattr__(self, "rotation", rotation)
        object.__setattr__(self, "translation_m", translation_m)

    @staticmethod
    def trusted(
        rotation: FloatArray, translation_m: FloatArray, quaternion_wxyz: FloatArray | None = None
    ) -> SE3:
        """Skip the checks, for results of operations that keep a rotation a rotation.

        Only for code that computes many: float64 arrays of matching shapes that are nobody else's,
        because they become read-only. The quaternion, if given, is remembered as `from_quaternion`
        does it.
        """
        rotation.flags.writeable = False
        translation_m.flags.writeable = False
        value = object.__new__(SE3)
        object.__setattr__(value, "rotation", rotation)
        object.__setattr__(value, "translation_m", translation_m)
        return value if quaternion_wxyz is None else value._with_quaternion(quaternion_wxyz)

    @staticmethod
    def identity(shape: tuple[int, ...] = ()) -> SE3:
        """The identity, repeated to the leading `shape`."""
        return SE3.trusted(np.broadcast_to(np.eye(3), (*shape, 3, 3)).copy(), np.zeros((*shape, 3)))

    @staticmethod
    def from_matrix(matrix: npt.ArrayLike) -> SE3:
        """From homogeneous matrices, (..., 4, 4) or (..., 3, 4).

        Small departures from a rotation (rounded text files) are removed by projecting on the
        nearest rotation; larger ones raise NotARigidTransformError, as does a last row that is not
        0 0 0 1 (a transposed or projective matrix).
        """
        array = _numbers(matrix)
        if array.shape[-2:] not in ((4, 4), (3, 4)):
            raise NotARigidTransformError(f"expected a 3x4 or 4x4 matrix, got shape {array.shape}")
        if array.shape[-2] == 4:
            row_error = np.abs(array[..., 3, :] - (0.0, 0.0, 0.0, 1.0))
            if not (row_error <= ROTATION_TOLERANCE).all():
                raise NotARigidTransformError("the last row of the 4x4 matrix is not 0 0 0 1")
        checked = SE3(array[..., :3, :3], array[..., :3, 3])
        return SE3.trusted(nearest_rotation(checked.rotation), checked.translation_m)

    @staticmethod
    def from_quaternion(quaternion_wxyz: npt.ArrayLike, translation_m: npt.ArrayLike) -> SE3:
        """From quaternions (..., 4) in order w, x, y, z (any positive norm) and translations (..., 3).

        The numbers are remembered: `quaternion_wxyz` gives back unit quaternions with w >= 0 digit
        for digit, so that what is read from a file and written again is the same text.
        """
        quaternion = _numbers(quaternion_wxyz)
        if quaternion.shape[-1:] != (4,):
            raise NotARigidTransformError(f"a quaternion has 4 values, got {quaternion.shape}")
        norm = np.linalg.norm(quaternion, axis=-1, keepdims=True)
        if not (np.isfinite(norm).all() and (norm > 1e-6).all()):
            raise NotARigidTransformError("a quaternion is zero or not finite")
        translation = _numbers(translation_m)
        if translation.shape != (*quaternion.shape[:-1], 3):
            raise NotARigidTransformError(
                f"quaternions of shape {quaternion.shape} need translations of shape "
                f"{(*quaternion.shape[:-1], 3)}, got {translation.shape}"
            )
        _check_place(translation)
        # Dividing a unit quaternion by its norm would change last digits.
        given = np.where(np.abs(norm - 1.0) <= UNIT_TOLERANCE, quaternion, quaternion / norm)
        # From the numbers that are remembered, so that they give the same matrix when they are read.
        matrices = Rotation.from_quat(np.roll(given, -1, axis=-1).reshape(-1, 4)).as_matrix()
        # A matrix made of a unit quaternion is a rotation; for 200,000 keyframes checking takes long.
        value = SE3.trusted(matrices.reshape(*quaternion.shape[:-1], 3, 3), translation)
        return value._with_quaternion(np.where(given[..., :1] < 0, -given, given))

    def _with_quaternion(self, quaternion_wxyz: FloatArray) -> SE3:
        """The same value, which from now on remembers the quaternion that it is made of."""
        quaternion_wxyz.flags.writeable = False
        object.__setattr__(self, "_quaternion_wxyz", quaternion_wxyz)
        return self

    @staticmethod
    def from_yaw(yaw_rad: npt.ArrayLike, translation_m: npt.ArrayLike) -> SE3:
        """A rotation about +z by `yaw_rad` (...) and translations (..., 3)."""
        yaw, translation = _numbers(yaw_rad), _numbers(translation_m)
        if translation.shape != (*yaw.shape, 3):
            raise NotARigidTransformError(
                f"yaw angles of shape {yaw.shape} need translations of shape {(*yaw.shape, 3)}, got "
                f"{translation.shape}"
            )
        if not np.isfinite(yaw).all():
            raise NotARigidTransformError("a transform has a value that is not a finite number")
        _check_place(translation)
        return SE3.trusted(rotation_about_z(yaw), translation)

    @staticmethod
    def from_euler(
        roll_rad: float, pitch_rad: float, yaw_rad: float, translation_m: npt.ArrayLike
    ) -> SE3:
        """One transform with R = Rz(yaw) Ry(pitch) Rx(roll), the convention of roll_pitch_yaw_rad."""
        matrix = Rotation.from_euler("ZYX", [yaw_rad, pitch_rad, roll_rad]).as_matrix()
        return SE3(matrix, _numbers(translation_m))

    @staticmethod
    def stack(transforms: Sequence[SE3]) -> SE3:
        """Stack transforms of equal shape along a new first axis; an empty sequence gives shape (0,)."""
        if not transforms:
            return SE3.identity((0,))
        shape = (len(transforms), *transforms[0].shape)
        # A third of the time that np.stack takes for a thousand of them.
        rotation = np.concatenate([transform.rotation for transform in transforms])
        translation_m = np.concatenate([transform.translation_m for transform in transforms])
        return SE3.trusted(rotation.reshape(*shape, 3, 3), translation_m.reshape(*shape, 3))

    @property
    def shape(self) -> tuple[int, ...]:
        """The leading (batch) shape; () for a single transform."""
        return self.translation_m.shape[:-1]

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a single transform has no length")
        return self.shape[0]

    def __bool__(self) -> bool:
        return True  # not the length: `if pose:` asks whether there is one

    def __iter__(self) -> Iterator[SE3]:
        return iter(self.unstacked())

    def unstacked(self) -> list[SE3]:
        """The transforms along the first axis, as indexing gives them, in a fifth of the time."""
        if not self.shape:
            raise TypeError("a single transform has no parts")
        parts: list[SE3] = []
        # Parts of read-only arrays are read-only.
        for rotation, translation_m in zip(self.rotation, self.translation_m, strict=True):
            part = object.__new__(SE3)
            part.__dict__["rotation"] = rotation
            part.__dict__["translation_m"] = translation_m
            parts.append(part)
        given: FloatArray | None = self.__dict__.get("_quaternion_wxyz")
        if given is not None:
            for part, quaternion_wxyz in zip(parts, given, strict=True):
                part.__dict__["_quaternion_wxyz"] = quaternion_wxyz
        return parts

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SE3):
            return NotImplemented
        return np.array_equal(self.rotation, other.rotation) and np.array_equal(
            self.translation_m, other.translation_m
        )

    def __hash__(self) -> int:
        # Adding 0 makes -0.0 and 0.0, which are equal, the same bytes.
        return hash(((self.rotation + 0.0).tobytes(), (self.translation_m + 0.0).tobytes()))

    def __getitem__(self, index: int | slice | npt.NDArray[np.generic]) -> SE3:
        if not self.shape:
            raise IndexError("a single transform cannot be indexed")
        value = SE3.trusted(self.rotation[index], self.translation_m[index])
        given: FloatArray | None = self.__dict__.get("_quaternion_wxyz")
        return value if given is None else value._with_quaternion(given[index])

    def __matmul__(self, other: SE3) -> SE3:
        """`a_SE3_b @ b_SE3_c` is `a_SE3_c`; leading shapes broadcast."""
        rotation = self.rotation @ other.rotation
        moved = np.einsum("...ij,...j->...i", self.rotation, other.translation_m)
        return SE3.trusted(rotation, moved + self.translation_m)

    def inverse(self) -> SE3:
        """`b_SE3_a` of `a_SE3_b`."""
        rotation = np.swapaxes(self.rotation, -1, -2)
        return SE3.trusted(rotation, -np.einsum("...ij,...j->...i", rotation, self.translation_m))

    def transform(self, points_m: npt.ArrayLike) -> FloatArray:
        """Points of frame b in frame a.

        For a single transform, points are (..., 3). For a batch of shape B, points are (*B, N, 3).
        """
        points = np.asarray(points_m, dtype=np.float64)
        if not self.shape:
            return points @ self.rotation.T + self.translation_m
        moved = points @ np.swapaxes(self.rotation, -1, -2)
        return np.asarray(moved + self.translation_m[..., None, :], dtype=np.float64)

    def rotate(self, vectors: npt.ArrayLike) -> FloatArray:
        """Directions of frame b in frame a; shapes as in `transform`."""
        return np.asarray(vectors, dtype=np.float64) @ np.swapaxes(self.rotation, -1, -2)

    @property
    def matrix(self) -> FloatArray:
        """Homogeneous matrices, (..., 4, 4)."""
        out = np.zeros((*self.shape, 4, 4))
        out[..., :3, :3] = self.rotation
        out[..., :3, 3] = self.translation_m
        out[..., 3, 3] = 1.0
        return out

    @property
    def quaternion_wxyz(self) -> FloatArray:
        """Unit quaternions w, x, y, z with w >= 0, (..., 4); read-only."""
        given: FloatArray | None = self.__dict__.get("_quaternion_wxyz")
        if given is not None:
            return given
        xyzw = Rotation.from_matrix(self.rotation.reshape(-1, 3, 3)).as_quat()
        wxyz = np.roll(xyzw, 1, axis=-1)
        wxyz *= np.where(wxyz[:, :1] < 0, -1.0, 1.0)
        found = np.asarray(wxyz.reshape(*self.shape, 4), dtype=np.float64)
        if not self.shape:
            # A keyframe is asked several times until it is stored; batches are large.
            self._with_quaternion(found)
        return found

    @property
    def knows_quaternion(self) -> bool:
        """Whether `quaternion_wxyz` is remembered; otherwise those of many are best computed together."""
        return "_quaternion_wxyz" in self.__dict__

    @property
    def yaw_rad(self) -> FloatArray:
        """Heading: angle of the x axis of b about z of a, in (-pi, pi], (...)."""
        # numpy has two arctan2, which differ in the last digit: which one it takes for values that do
        # not lie side by side depends on where in memory the result happens to be.
        yaw = np.arctan2(self.rotation[..., 1, 0].copy(), self.rotation[..., 0, 0].copy())
        # arctan2 of a y that is a hair below zero gives -pi, which is the same heading as pi.
        return np.asarray(np.where(yaw <= -np.pi, np.pi, yaw))

    @property
    def roll_pitch_yaw_rad(self) -> FloatArray:
        """Angles of R = Rz(yaw) Ry(pitch) Rx(roll), (..., 3) in the order roll, pitch, yaw."""
        angles = Rotation.from_matrix(self.rotation.reshape(-1, 3, 3)).as_euler("ZYX")
        return np.asarray(angles[:, ::-1].reshape(*self.shape, 3), dtype=np.float64)

    def interpolate(self, other: SE3, fraction: npt.ArrayLike) -> SE3:
        """Between self (0) and other (1): linear translation, shortest-path rotation (slerp).

        Shapes of self, other and fraction broadcast. Fractions outside 0..1 extrapolate at constant
        velocity. Source of the formula: K. Shoemake, "Animating rotation with quaternion curves",
        SIGGRAPH 1985, written with the rotation vector of the relative rotation.
        """
        fraction_ = np.asarray(fraction, dtype=np.float64)
        relative = np.swapaxes(self.rotation, -1, -2) @ other.rotation
        vector = turn_vectors(relative) * fraction_[..., None]
        step = Rotation.from_rotvec(vector.reshape(-1, 3)).as_matrix().reshape(*vector.shape, 3)
        translation_m = self.translation_m + fraction_[..., None] * (
            other.translation_m - self.translation_m
        )
        return SE3.trusted(self.rotation @ step, translation_m)

    def angle_to_rad(self, other: SE3) -> FloatArray:
        """Angle of the rotation between self and other, (...)."""
        relative = np.swapaxes(self.rotation, -1, -2) @ other.rotation
        return np.asarray(np.linalg.norm(turn_vectors(relative), axis=-1))


def rotation_about_z(yaw_rad: npt.ArrayLike) -> FloatArray:
    """Rotation matrices about +z, (..., 3, 3) for angles (...)."""
    yaw = np.asarray(yaw_rad, dtype=np.float64)
    rotation = np.zeros((*yaw.shape, 3, 3))
    rotation[..., 0, 0] = rotation[..., 1, 1] = np.cos(yaw)
    rotation[..., 1, 0] = np.sin(yaw)
    rotation[..., 0, 1] = -rotation[..., 1, 0]
    rotation[..., 2, 2] = 1.0
    return rotation


def nearest_rotation(matrix: FloatArray) -> FloatArray:
    """The rotation closest to each matrix in the Frobenius norm, (..., 3, 3).

    Orthogonal Procrustes by SVD (Schönemann 1966), determinant kept at +1.
    """
    u, _, vt = np.linalg.svd(matrix)
    sign = np.sign(np.linalg.det(u @ vt))
    u[..., :, 2] *= sign[..., None]
    return np.asarray(u @ vt)


def wrap_angle_rad(angle_rad: npt.ArrayLike) -> FloatArray:
    """Angles wrapped into (-pi, pi]; those that are there already come back unchanged."""
    angle = np.asarray(angle_rad, dtype=np.float64)
    wrapped = angle - 2.0 * np.pi * np.ceil((angle - np.pi) / (2.0 * np.pi))
    # Rounding may put an angle a hair outside, where it would count as the other end.
    wrapped = np.where(np.abs(wrapped) >= np.pi, np.pi, wrapped)
    return np.asarray(np.where((angle > -np.pi) & (angle <= np.pi), angle, wrapped))


def _check_place(translation_m: FloatArray) -> None:
    if not np.isfinite(translation_m).all():
        raise NotARigidTransformError("a transform has a value that is not a finite number")
    farthest_m = float(np.abs(translation_m).max(initial=0.0))
    if farthest_m > FARTHEST_M:
        raise NotARigidTransformError(
            f"a translation of {farthest_m:.3g} m is not of this world, limit {FARTHEST_M:.0e} m"
        )


def _numbers(values: npt.ArrayLike) -> FloatArray:
    """A copy of values as floats; anything else is an error of this module."""
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise NotARigidTransformError(f"a transform needs numbers: {error}") from error
