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
from av3d.tracks.noise import Noise
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
    size, point = _checked(size_lwh_m, anchor, cuboid, track)
    if np.array_equal(size, cuboid.size_lwh_m):
        return cuboid
    rotation = cuboid.frame_SE3_cuboid.rotation
    center_m = cuboid.center_m + rotation @ (point * (cuboid.size_lwh_m - size) / 2)
    return placed(cuboid, center_m, size, track)


def _checked(
    size_lwh_m: npt.ArrayLike, anchor: Anchor, cuboid: Cuboid, track: Track
) -> tuple[FloatArray, FloatArray]:
    """A size and an anchor that a cuboid of a track can take, (3,) each; EditError for others."""
    pose = cuboid.frame_SE3_cuboid
    if np.size(size_lwh_m) != 3:
        raise EditError(
            f"a size has three numbers, got {np.size(size_lwh_m)}",
            track.name,
            "give length, width, height",
        )
    size = cuboid_of(pose.rotation, pose.translation_m, size_lwh_m, track).size_lwh_m
    point = np.asarray(anchor, dtype=np.float64)
    if point.shape != (3,) or not (np.abs(point) <= 1).all():
        raise EditError(
            f"{anchor!r} is no point of a cuboid",
            track.name,
            "give three numbers from -1 to 1 along its length, width and height",
        )
    return size, point


def with_cuboid(
    keyframe: Keyframe,
    cuboid: Cuboid,
    provenance: Provenance | None = None,
    noise: Noise | None = None,
) -> Keyframe:
    """The keyframe with another cuboid, the same object where it has that cuboid.

    Args:
        keyframe: any.
        cuboid: in the world.
        provenance: who vouches for the new cuboid; default: who did for the old one, which is then as
            exact as that was.
        noise: how exact the new cuboid is, as far as they know.
    """
    if is_same_cuboid(cuboid, keyframe.cuboid):
        return keyframe
    if provenance is None:
        return replace(keyframe, cuboid=cuboid)
    return replace(keyframe, cuboid=cuboid, provenance=provenance, noise=noise)


def resized_keyframes(
    track: Track, size_lwh_m: npt.ArrayLike, anchor: Anchor
) -> tuple[Keyframe, ...]:
    """All keyframes of a track with one size, each with its own anchor fixed.

    Their provenance and noise stay: their places are still vouched for by whoever did, only the size
    that all have in common is another.
    """
    if track.columns.one_size and np.array_equal(size_lwh_m, track.columns.sizes_lwh_m[0]):
        return track.keyframes
    if track.static:  # one object for all, so that it stays static
        cuboid = resized(track.keyframes[0].cuboid, size_lwh_m, anchor, track)
        return tuple(with_cuboid(keyframe, cuboid) for keyframe in track.keyframes)
    size, point = _checked(size_lwh_m, anchor, track.keyframes[0].cuboid, track)
    # All at once and checked at the farthest: one by one, hundreds of them take a noticeable time.
    columns = track.columns
    offsets_m = point * (columns.sizes_lwh_m - size) / 2
    centers_m = columns.centers_m + np.einsum("nij,nj->ni", columns.rotations, offsets_m)
    farthest = int(np.abs(centers_m).max(axis=1).argmax())
    placed(track.keyframes[farthest].cuboid, centers_m[farthest], size, track)
    is_same = (columns.sizes_lwh_m == size).all(axis=1).tolist()
    return tuple(
        keyframe if same else _with_size(keyframe, center_m, size)
        for keyframe, center_m, same in zip(track.keyframes, centers_m, is_same, strict=True)
    )


def _with_size(keyframe: Keyframe, center_m: FloatArray, size_lwh_m: FloatArray) -> Keyframe:
    """The keyframe at a place with a size, both checked."""
    pose = keyframe.cuboid.frame_SE3_cuboid
    same_turn = SE3.trusted(pose.rotation, center_m, pose.quaternion_wxyz)
    return Keyframe.trusted(
        keyframe.timestamp_ns,
        Cuboid.trusted(same_turn, size_lwh_m),
        keyframe.provenance,
        keyframe.attributes,
        keyframe.noise,
    )
