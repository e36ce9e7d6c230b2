"""Which model moves a track, and the model fitted to its keyframes."""

from __future__ import annotations

import numpy as np

from av3d.tracks.columns import KeyframeColumns
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.motion.axes import smooth_axes
from av3d.tracks.motion.heading import split_heading
from av3d.tracks.motion.linear import LinearMotion
from av3d.tracks.motion.model import Motion
from av3d.tracks.motion.posterior import Posterior
from av3d.tracks.motion.smooth import SmoothMotion
from av3d.types import NS_PER_S


def is_linear(columns: KeyframeColumns, interpolation: Interpolation) -> bool:
    """Whether `motion_of` gives a `LinearMotion`."""
    return interpolation.model != Model.SMOOTH or len(columns) == 1 or columns.one_pose


def motion_of(columns: KeyframeColumns, interpolation: Interpolation, category: str) -> Motion:
    """The motion of an object."""
    if is_linear(columns, interpolation):
        return LinearMotion(columns)
    del category
    start_ns, origin_m = int(columns.times_ns[0]), columns.centers_m[0]
    times_s = (columns.times_ns - start_ns) / NS_PER_S
    yaws, tilts = split_heading(columns.rotations)
    values = np.column_stack(
        [(columns.centers_m - origin_m)[:, :2], yaws, columns.centers_m[:, 2] - origin_m[2], tilts]
    )
    axes = smooth_axes(
        times_s,
        values,
        np.tile([0.03**2] * 3 + [0.01**2] * 3, (len(values), 1)),
        np.array([0.3, 0.3, 0.05, 1e-3, 1e-4, 1e-4]),
    )
    return SmoothMotion(
        columns,
        Posterior.of([(k, 1.0, axis) for k, axis in enumerate(axes.axes)]),
        origin_m,
        start_ns,
    )
