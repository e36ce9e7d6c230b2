"""Cuboids: oriented boxes with a front, in some frame of reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3
from av3d.types import BoolArray, FloatArray

CORNER_SIGNS: FloatArray = np.array(
    [
        [+1, +1, -1], [+1, -1, -1], [-1, -1, -1], [-1, +1, -1],
        [+1, +1, +1], [+1, -1, +1], [-1, -1, +1], [-1, +1, +1],
    ],
    dtype=np.float64,
)  # fmt: skip
"""Corner order: the floor counter-clockwise seen from below starting front left, then the roof."""

EDGES: tuple[tuple[int, int], ...] = (
    (0, 1), (1, 2), (2, 3), (3, 0),
    (4, 5), (5, 6), (6, 7), (7, 4),
    (0, 4), (1, 5), (2, 6), (3, 7),
)  # fmt: skip

FACES: dict[str, tuple[int, int, int, int]] = {
    "front": (4, 5, 1, 0),
    "back": (6, 7, 3, 2),
    "left": (7, 4, 0, 3),
    "right": (5, 6, 2, 1),
    "top": (7, 6, 5, 4),
    "bottom": (0, 1, 2, 3),
}
"""Corner indices of each face, in order around the face with the normal pointing outwards."""


LARGEST_M = 1e5
"""Largest side of a cuboid; a broken file may say 1e300, whose square overflows."""


class InvalidCuboidError(Av3dError):
    """A cuboid whose size is not positive and finite, or that has more than one pose."""


@dataclass(frozen=True, eq=False)
class Cuboid:
    """A cuboid in a frame: x along the length (heading), y along the width, z along the height.

    Two cuboids are equal when all their numbers are. The arrays are read-only.

    Args:
        frame_SE3_cuboid: pose of the centre in the frame of reference (single transform).
        size_lwh_m: length, width, height in metres, (3,), positive.

    Raises:
        InvalidCuboidError: a size is not positive and finite, or the pose is a batch.
    """

    frame_SE3_cuboid: SE3
    size_lwh_m: FloatArray

    def __post_init__(self) -> None:
        try:
            size = np.array(self.size_lwh_m, dtype=np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidCuboidError(f"the size of a cuboid is not numbers: {error}") from error
        if size.shape != (3,) or not np.isfinite(size).all() or not (size > 0).all():
            raise InvalidCuboidError(
                f"a cuboid needs a positive length, width and height in metres, got {size.tolist()}"
            )
        if size.max() > LARGEST_M:
            raise InvalidCuboidError(
                f"a cuboid has a side of {size.max():.3g} m, the limit is {LARGEST_M:.0e} m"
            )
        if self.frame_SE3_cuboid.shape:
            raise InvalidCuboidError("a cuboid has one pose, not a batch")
        size.flags.writeable = False
        object.__setattr__(self, "size_lwh_m", size)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Cuboid):
            return NotImplemented
        return self.frame_SE3_cuboid == other.frame_SE3_cuboid and np.array_equal(
            self.size_lwh_m, other.size_lwh_m
        )

    def __hash__(self) -> int:
        return hash((self.frame_SE3_cuboid, self.size_lwh_m.tobytes()))

    @staticmethod
    def trusted(frame_SE3_cuboid: SE3, size_lwh_m: FloatArray) -> Cuboid:
        """Skip the checks, for poses and sizes between those of checked cuboids.

        The array must be nobody else's: it becomes read-only.
        """
        size_lwh_m.flags.writeable = False
        value = object.__new__(Cuboid)
        object.__setattr__(value, "frame_SE3_cuboid", frame_SE3_cuboid)
        object.__setattr__(value, "size_lwh_m", size_lwh_m)
        return value

    @staticmethod
    def trusted_batch(frame_SE3_cuboids: SE3, sizes_lwh_m: FloatArray) -> list[Cuboid]:
        """As `trusted` for many: poses (N,), sizes (N, 3), which become read-only."""
        sizes_lwh_m.flags.writeable = False
        cuboids: list[Cuboid] = []
        for pose, size_lwh_m in zip(frame_SE3_cuboids.unstacked(), sizes_lwh_m, strict=True):
            value = object.__new__(Cuboid)
            value.__dict__["frame_SE3_cuboid"] = pose
            value.__dict__["size_lwh_m"] = size_lwh_m
            cuboids.append(value)
        return cuboids

    @staticmethod
    def from_yaw(center_m: npt.ArrayLike, size_lwh_m: npt.ArrayLike, yaw_rad: float) -> Cuboid:
        """A cuboid that stands upright in its frame, turned by `yaw_rad` about z."""
        return Cuboid(SE3.from_yaw(yaw_rad, center_m), np.asarray(size_lwh_m, dtype=np.float64))

    @property
    def center_m(self) -> FloatArray:
        """Centre in the frame of reference, (3,)."""
        return self.frame_SE3_cuboid.translation_m

    @property
    def yaw_rad(self) -> float:
        """Heading about z of the frame, in (-pi, pi]."""
        return float(self.frame_SE3_cuboid.yaw_rad)

    @property
    def length_m(self) -> float:
        return float(self.size_lwh_m[0])

    @property
    def width_m(self) -> float:
        return float(self.size_lwh_m[1])

    @property
    def height_m(self) -> float:
        return float(self.size_lwh_m[2])

    @property
    def volume_m3(self) -> float:
        return float(np.prod(self.size_lwh_m))

    def in_frame(self, a_SE3_frame: SE3) -> Cuboid:
        """The same cuboid seen from frame a."""
        pose = a_SE3_frame @ self.frame_SE3_cuboid
        if pose.shape:
            raise InvalidCuboidError("a cuboid has one pose, not a batch")
        return Cuboid.trusted(pose, self.size_lwh_m)

    def corners_m(self) -> FloatArray:
        """The eight corners in the frame of reference, (8, 3), ordered as CORNER_SIGNS."""
        return self.frame_SE3_cuboid.transform(CORNER_SIGNS * (self.size_lwh_m / 2))

    def contains(self, points_m: npt.ArrayLike, margin_m: float = 0.0) -> BoolArray:
        """Which points (N, 3) of the frame lie inside or on the surface, (N,).

        Args:
            points_m: points in the frame of the cuboid, metres.
            margin_m: grow (or, negative, shrink) every face by this much first.
        """
        points = np.asarray(points_m)
        # float32 clouds stay float32: a 180k-point sweep is tested for every cuboid of a frame.
        if points.dtype != np.float32:
            points = points.astype(np.float64, copy=False)
        rotation = self.frame_SE3_cuboid.rotation.astype(points.dtype)
        center_m = self.center_m.astype(points.dtype)
        half_m = self.size_lwh_m / 2 + margin_m
        # Two cheap cuts in the frame's own x and y leave few points for the exact test. They are
        # wider by what rounding can do.
        slack_m = 1e-3 + 8 * float(np.finfo(points.dtype).eps) * np.abs(self.center_m)
        reach_m = np.abs(self.frame_SE3_cuboid.rotation) @ np.maximum(half_m, 0.0) + slack_m
        near = np.flatnonzero(np.abs(points[:, 0] - center_m[0]) <= reach_m[0])
        near = near[np.abs(points[near, 1] - center_m[1]) <= reach_m[1]]
        along_m = np.abs((points[near] - center_m) @ rotation)
        inside: BoolArray = np.zeros(len(points), dtype=bool)
        inside[near[(along_m <= half_m).all(axis=1)]] = True
        return inside


def cuboid_corners_m(frame_SE3_cuboids: SE3, size_lwh_m: npt.ArrayLike) -> FloatArray:
    """Corners of many cuboids at once: poses (N,), sizes (N, 3) → (N, 8, 3)."""
    half_m = np.asarray(size_lwh_m, dtype=np.float64)[:, None, :] / 2
    return frame_SE3_cuboids.transform(CORNER_SIGNS[None] * half_m)
