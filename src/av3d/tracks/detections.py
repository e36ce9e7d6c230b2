"""Detections: cuboids of a detector at single times, without identity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.tracks.checking import TrackError
from av3d.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Detections:
    """Cuboids that a detector found in a log, as columns of N rows, in any order.

    Attributes:
        times_ns: timestamp of the frame in which each was found, (N,) int64.
        centers_m: in the world frame, (N, 3).
        quaternions_wxyz: from the cuboid's axes to the world, (N, 4).
        sizes_lwh_m: length, width, height, (N, 3).
        categories: av3d's or the project's category of each, N.
        scores: how sure the detector is, more is surer, (N,).
        labels: the detector's own class of each, N; empty if it has none of its own.

    Raises:
        TrackError: columns of other lengths, numbers that are not finite, sizes that are not above 0.
    """

    times_ns: IntArray
    centers_m: FloatArray
    quaternions_wxyz: FloatArray
    sizes_lwh_m: FloatArray
    categories: tuple[str, ...]
    scores: FloatArray
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.times_ns)
        shapes = {
            "centers_m": (self.centers_m.shape, (n, 3)),
            "quaternions_wxyz": (self.quaternions_wxyz.shape, (n, 4)),
            "sizes_lwh_m": (self.sizes_lwh_m.shape, (n, 3)),
            "categories": ((len(self.categories),), (n,)),
            "scores": (self.scores.shape, (n,)),
            "labels": ((len(self.labels) or n,), (n,)),
        }
        for name, (shape, wanted) in shapes.items():
            if shape != wanted:
                raise TrackError(f"{name} of shape {shape} for {n} detections", "detections")
        numbers = (self.centers_m, self.quaternions_wxyz, self.sizes_lwh_m, self.scores)
        if not all(np.isfinite(values).all() for values in numbers):
            raise TrackError("detections with numbers that are not finite", "detections")
        if n and not (self.sizes_lwh_m > 0).all():
            raise TrackError("detections with sizes that are not above 0", "detections")

    def __len__(self) -> int:
        return len(self.times_ns)
