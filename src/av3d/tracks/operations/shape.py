"""What all keyframes of a track have in common: standing still, and one size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.anchors import (
    BOTTOM,
    Anchor,
    cuboid_of,
    resized_keyframes,
    with_cuboid,
)
from av3d.tracks.operations.common import changed, cuboid_at
from av3d.tracks.track import Track
from av3d.types import FloatArray

_ROUNDS = 300
"""Of the search for a median; a round that moves it by less than _SETTLED ends it."""
_SETTLED = 1e-12


class Size(StrEnum):
    """Which size of its keyframes a track takes as its one size."""

    MEDIAN = "median"
    LARGEST = "largest"


def set_static(document: Document, track_id: str, at_ns: int | None = None) -> tuple[Change, ...]:
    """The object stands still for the whole log: all keyframes take one cuboid.

    Args:
        document: the labels.
        track_id: the track.
        at_ns: the cuboid is that of this time, and keyframes that had another become manual.
            Default: the robust mean of the keyframes (`mean_cuboid`); they become fitted.
    """
    track = document.track(track_id)
    if at_ns is None:
        cuboid, provenance = mean_cuboid(track), Provenance.FITTED
    else:
        cuboid, provenance = cuboid_at(track, at_ns), Provenance.MANUAL
    keyframes = tuple(with_cuboid(keyframe, cuboid, provenance) for keyframe in track.keyframes)
    return changed(track, replace(track, keyframes=keyframes, static=True))


def unset_static(document: Document, track_id: str) -> tuple[Change, ...]:
    """The object may move; its keyframes stay where they are."""
    track = document.track(track_id)
    return changed(track, replace(track, static=False))


def set_free_size(document: Document, track_id: str) -> tuple[Change, ...]:
    """Keyframes may differ in size; those that there are stay."""
    track = document.track(track_id)
    return changed(track, replace(track, free_size=True))


def set_constant_size(
    document: Document,
    track_id: str,
    size_lwh_m: Size | npt.ArrayLike = Size.MEDIAN,
    anchor: Anchor = BOTTOM,
) -> tuple[Change, ...]:
    """All keyframes take one size, and none may differ from now on; their provenance stays.

    Args:
        document: the labels.
        track_id: the track.
        size_lwh_m: a size, (3,), or the median or largest length, width and height of the keyframes,
            each for itself. Where a person has set keyframes, the median is that of these.
        anchor: the point of every cuboid that stays where it is.

    Raises:
        EditError: the size is not positive and finite.
    """
    track = document.track(track_id)
    if isinstance(size_lwh_m, Size):
        sizes = [keyframe.cuboid.size_lwh_m for keyframe in track.keyframes]
        if size_lwh_m is Size.LARGEST:
            size_lwh_m = np.max(sizes, axis=0)
        else:
            size_lwh_m = _median_size(_vouched(track))
    keyframes = resized_keyframes(track, size_lwh_m, anchor)
    return changed(track, replace(track, keyframes=keyframes, free_size=False))


def mean_cuboid(track: Track) -> Cuboid:
    """Where a track stands that should not move, whatever a few of its keyframes say.

    Where a person has set keyframes only these count, else all do, each as much as any other. The
    centre is the geometric median (Y. Vardi, C.-H. Zhang, "The multivariate L1-median and associated
    data depth", PNAS 2000), the orientation the median rotation by the same rounds on rotation vectors
    (R. Hartley, K. Aftab, J. Trumpf, "L1 rotation averaging using the Weiszfeld algorithm", CVPR 2011),
    length, width and height are medians each for itself.
    """
    keyframes = _vouched(track)
    first = keyframes[0].cuboid
    if all(keyframe.cuboid == first for keyframe in keyframes):
        return first
    centers_m = np.stack([keyframe.cuboid.center_m for keyframe in keyframes])
    center_m = _median_point(centers_m)
    rotations = Rotation.from_matrix(
        np.stack([keyframe.cuboid.frame_SE3_cuboid.rotation for keyframe in keyframes])
    )
    return cuboid_of(
        _median_rotation(rotations).as_matrix(), center_m, _median_size(keyframes), track
    )


def _vouched(track: Track) -> Sequence[Keyframe]:
    """The keyframes that a person has set, or all where there is none."""
    manual = [k for k in track.keyframes if k.provenance is Provenance.MANUAL]
    return manual or track.keyframes


def _median_size(keyframes: Sequence[Keyframe]) -> FloatArray:
    sizes = [keyframe.cuboid.size_lwh_m for keyframe in keyframes]
    return np.asarray(np.median(sizes, axis=0))


def _median_point(points: FloatArray) -> FloatArray:
    """The point with the least sum of distances to points, (N, 3) → (3,)."""
    found = points.mean(axis=0)
    for _ in range(_ROUNDS):
        # A median that is one of the points is approached ever more slowly: look whether this is it.
        nearest = points[np.argmin(np.linalg.norm(points - found, axis=1))]
        if not _step(points - nearest).any():
            return np.asarray(nearest)
        step = _step(points - found)
        found = found + step
        if np.linalg.norm(step) < _SETTLED:
            break
    return np.asarray(found)


def _median_rotation(rotations: Rotation) -> Rotation:
    """The rotation with the least sum of angles to rotations; as `_median_point`."""
    # The mean of quaternions as axes of an ellipsoid is not led astray by headings that are flipped.
    found = rotations.mean()
    for _ in range(_ROUNDS):
        vectors = (found.inv() * rotations).as_rotvec()
        nearest = rotations[int(np.argmin(np.linalg.norm(vectors, axis=1)))]
        if not _step((nearest.inv() * rotations).as_rotvec()).any():
            return nearest
        step = _step(vectors)
        found = found * Rotation.from_rotvec(step)
        if np.linalg.norm(step) < _SETTLED:
            break
    return found


def _step(vectors: FloatArray) -> FloatArray:
    """The way to a better median, (3,), of the ways to the points, (N, 3)."""
    lengths = np.linalg.norm(vectors, axis=1)
    away = lengths > _SETTLED
    weights = 1.0 / lengths[away]
    pull = weights @ vectors[away]
    # Points that are here hold it back, and hold it fast if they are many enough.
    strength, here = float(np.linalg.norm(pull)), int((~away).sum())
    if strength <= here:
        return np.zeros(3)
    return np.asarray((1.0 - here / strength) * pull / weights.sum())
