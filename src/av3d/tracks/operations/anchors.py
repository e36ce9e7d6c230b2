"""Resizing: which point of a cuboid stays where it is when its size changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from av3d.errors import Av3dError
from av3d.geometry.cuboid import FACES, Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.document import EditError
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track, is_same_cuboid
from av3d.types import FloatArray

Anchor = tuple[float, float, float]
"""A point of a cuboid in its own axes as parts of half its length, width and height, -1 to 1."""

CENTER: Anchor = (0.0, 0.0, 0.0)
BOTTOM: Anchor = (0.0, 0.0, -1.0)
"""The centre of the bottom face: what stands on the road goes on standing on it."""

_NORMALS: dict[str, Anchor] = {
    "front": (1.0, 0.0, 0.0),
    "back": (-1.0, 0.0, 0.0),
    "left": (0.0, 1.0, 0.0),
    "right": (0.0, -1.0, 0.0),
    "top": (0.0, 0.0, 1.0),
    "bottom": BOTTOM,
}


def face_normal(face: str) -> Anchor:
    """Where a face looks in the cuboid's own axes; its negative anchors the opposite face.

    Raises:
        EditError: there is no such face.
    """
    if face not in _NORMALS:
        raise EditError(f"a cuboid has no face {face!r}", "", f"name one of {' '.join(FACES)}")
    return _NORMALS[face]


def cuboid_of(
    rotation: FloatArray, center_m: npt.ArrayLike, size_lwh_m: npt.ArrayLike, track: Track
) -> Cuboid:
    """A checked cuboid of the world for a track.

    Args:
        rotation: of the cuboid in the world, (3, 3).
        center_m: in the world, (3,).
        size_lwh_m: (3,).
        track: named when the cuboid is impossible.

    Raises:
        EditError: a number is not finite or of this world, or a size is not positive.
    """
    try:
        pose = SE3(rotation, np.asarray(center_m, dtype=np.float64))
        return Cuboid(pose, np.asarray(size_lwh_m, dtype=np.float64))
    except (Av3dError, TypeError, ValueError) as error:
        what = error.what if isinstance(error, Av3dError) else str(error)
        raise EditError(what, track.name, "give finite numbers and a positive size") from error


def placed(cuboid: Cuboid, center_m: FloatArray, size_lwh_m: npt.ArrayLike, track: Track) -> Cuboid:
    """A checked cuboid that is turned just as another one; arguments and errors as for `cuboid_of`."""
    pose = cuboid.frame_SE3_cuboid
    made = cuboid_of(pose.rotation, center_m, size_lwh_m, track)
    # The quaternion goes along: made anew from the matrix, its last digits would be others.
    center_m = made.frame_SE3_cuboid.translation_m
    same_turn = SE3.trusted(pose.rotation, center_m, pose.quaternion_wxyz)
    return Cuboid(same_turn, made.size_lwh_m)


def resized(cuboid: Cuboid, size_lwh_m: npt.ArrayLike, anchor: Anchor, track: Track) -> Cuboid:
    """The cuboid with another size, the same object where it has that size.

    Args:
        cuboid: in the world.
        size_lwh_m: the new length, width and height, (3,).
        anchor: the point that stays where it is.
        track: whose cuboid it is.

    Raises:
        EditError: the size is not positive and finite, or the anchor is outside the cuboid.
    """
    size = np.asarray(size_lwh_m, dtype=np.float64)
    if np.array_equal(size, cuboid.size_lwh_m):
        return cuboid
    point = np.asarray(anchor, dtype=np.float64)
    if point.shape != (3,) or not (np.abs(point) <= 1).all():
        raise EditError(
            f"{anchor!r} is no point of a cuboid",
            track.name,
            "give three numbers from -1 to 1 along its length, width and height",
        )
    if size.shape != (3,):
        raise EditError(
            f"a size has three numbers, got {size.size}", track.name, "give length, width, height"
        )
    rotation = cuboid.frame_SE3_cuboid.rotation
    cuboid_of(rotation, cuboid.center_m, size, track)  # says what is wrong with the size
    center_m = cuboid.center_m + rotation @ (point * (cuboid.size_lwh_m - size) / 2)
    return placed(cuboid, center_m, size, track)


def with_cuboid(
    keyframe: Keyframe, cuboid: Cuboid, provenance: Provenance | None = None
) -> Keyframe:
    """The keyframe with another cuboid, the same object where it has that cuboid.

    Args:
        keyframe: any.
        cuboid: in the world.
        provenance: who vouches for the new cuboid; default: who did for the old one.
    """
    if is_same_cuboid(cuboid, keyframe.cuboid):
        return keyframe
    return replace(keyframe, cuboid=cuboid, provenance=provenance or keyframe.provenance)


def resized_keyframes(
    track: Track, size_lwh_m: npt.ArrayLike, anchor: Anchor
) -> tuple[Keyframe, ...]:
    """All keyframes of a track with one size, each with its own anchor fixed.

    Their provenance stays: their places are still vouched for by whoever did, only the size that all
    have in common is another.
    """
    if track.columns.one_size and np.array_equal(size_lwh_m, track.columns.sizes_lwh_m[0]):
        return track.keyframes
    if track.static:  # one object for all, so that it stays static
        cuboid = resized(track.keyframes[0].cuboid, size_lwh_m, anchor, track)
        return tuple(with_cuboid(keyframe, cuboid) for keyframe in track.keyframes)
    return tuple(
        with_cuboid(keyframe, resized(keyframe.cuboid, size_lwh_m, anchor, track))
        for keyframe in track.keyframes
    )
