"""Which model moves a track, and the model fitted to its keyframes."""

from __future__ import annotations

import math
from functools import cache, partial

import numpy as np

from av3d.errors import Av3dError
from av3d.ontology.motion import Motion as Moves
from av3d.ontology.presets import preset, presets
from av3d.tracks.columns import KeyframeColumns
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.motion.broken import BrokenMotion, breaks
from av3d.tracks.motion.chunks import in_chunks
from av3d.tracks.motion.dense import DenseMotion, PartlyDenseMotion, dense_gaps
from av3d.tracks.motion.fit import Fit
from av3d.tracks.motion.hand import Hand
from av3d.tracks.motion.linear import LinearMotion
from av3d.tracks.motion.measurements import Measurements
from av3d.tracks.motion.model import Motion
from av3d.tracks.motion.posterior import Posterior, shares
from av3d.tracks.motion.separate import Separate
from av3d.tracks.motion.smooth import SmoothMotion
from av3d.tracks.motion.static import StaticMotion
from av3d.tracks.motion.upright import tilt
from av3d.tracks.motion.wheeled import wheeled_fit

RESTING = {Moves.STATIC: 0.98, Moves.WHEELED: 0.3, Moves.LEGGED: 0.3, Moves.FREE: 0.3}
"""How probable it is beforehand that an object rests, as far as `Separate` asks."""

WHEELED = {Moves.STATIC: 0.0, Moves.WHEELED: 0.95, Moves.LEGGED: 0.0, Moves.FREE: 0.5}
"""How probable it is beforehand that an object goes where it points."""

NARROW_M, WHEELED_IF_NARROW = 1.2, 0.5
"""Bicycles and scooters are walked, carried and leant on: of these it is less probable."""


def is_linear(columns: KeyframeColumns, interpolation: Interpolation) -> bool:
    """Whether `motion_of` gives a `LinearMotion`."""
    one = len(columns) == 1 or columns.one_pose
    return interpolation.model == Model.LINEAR or one or is_dense(columns, interpolation)


def is_dense(columns: KeyframeColumns, interpolation: Interpolation) -> bool:
    """Whether `motion_of` gives a `DenseMotion`."""
    automatic = interpolation.model == Model.AUTOMATIC
    if not automatic or len(columns) == 1 or columns.one_pose:
        return False
    return bool(dense_gaps(columns).all())


def motion_of(columns: KeyframeColumns, interpolation: Interpolation, category: str) -> Motion:
    """The motion of an object, fitted to its keyframes; that of many, piece by piece when asked for.

    Args:
        columns: the keyframes, N >= 1.
        interpolation: what somebody said about it.
        category: of the object; how its kind moves is looked up where nobody said it.
    """
    fit = partial(_smooth, interpolation, category)
    if is_dense(columns, interpolation):
        return DenseMotion(columns, partial(in_chunks, columns, fit))
    if is_linear(columns, interpolation):
        return LinearMotion(columns)
    if interpolation.model == Model.STATIC:
        return StaticMotion(columns, Hand.of(interpolation.hand))
    smooth = in_chunks(columns, fit)
    if interpolation.model == Model.AUTOMATIC and dense_gaps(columns).any():
        return PartlyDenseMotion(columns, smooth)
    return smooth


def _smooth(interpolation: Interpolation, category: str, columns: KeyframeColumns) -> Motion:
    """The smoother of keyframes."""
    rows = breaks(columns)
    if len(rows):
        return BrokenMotion(columns, rows, lambda part: motion_of(part, interpolation, category))
    measured = Measurements.of(columns, pinned=interpolation.pinned)
    fits = _fits(measured, columns, interpolation, category)
    weights = shares([prior + fit.log_evidence for prior, fit in fits]).tolist()
    axes, paths = tilt(measured), []
    for weight, (_, fit) in zip(weights, fits, strict=True):
        if weight:
            axes += [(coordinate, weight * share, axis) for coordinate, share, axis in fit.axes]
            paths += [(weight * share, path) for share, path in fit.paths]
    return SmoothMotion(columns, Posterior.of(axes, paths), measured.origin_m, measured.start_ns)


def _fits(
    measured: Measurements, columns: KeyframeColumns, interpolation: Interpolation, category: str
) -> list[tuple[float, Fit]]:
    """Fits of the families that come into question, with the logarithms of their priors."""
    moves = interpolation.moves or moves_of(category)
    length_m, width_m, _ = np.median(columns.sizes_lwh_m, axis=0).tolist()
    wheeled = WHEELED[moves]
    if wheeled and width_m < NARROW_M:
        wheeled = WHEELED_IF_NARROW
    if interpolation.model != Model.AUTOMATIC:
        wheeled = 1.0 if interpolation.model == Model.VEHICLE else 0.0
    separate = Separate(measured, Hand.of(interpolation.hand), RESTING[moves])
    on_wheels = wheeled_fit(separate, length_m) if wheeled else None
    fits = []
    if on_wheels is not None:
        fits.append((math.log(wheeled), on_wheels))
    if on_wheels is None or wheeled < 1:
        fits.append((math.log(max(1 - wheeled, 1e-300)), separate.fit()))
    return fits


def moves_of(category: str) -> Moves:
    """How objects of a category move, by any ontology that is installed; FREE where none knows it."""
    return _known_moves().get(category, Moves.FREE)


@cache
def _known_moves() -> dict[str, Moves]:
    known: dict[str, Moves] = {}
    for name in ("av3d", *presets()):
        try:
            categories = preset(name).categories
        except Av3dError:  # of a package that is broken; it says so where it is used
            continue
        for category in categories:
            known.setdefault(category.key, category.motion)
    return known
