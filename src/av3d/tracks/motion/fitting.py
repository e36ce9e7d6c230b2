"""Which model moves a track, and the model fitted to its keyframes."""

from __future__ import annotations

from av3d.tracks.columns import KeyframeColumns
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.motion.linear import LinearMotion
from av3d.tracks.motion.model import Motion


def is_linear(columns: KeyframeColumns, interpolation: Interpolation) -> bool:
    """Whether `motion_of` gives a `LinearMotion`."""
    return True


def motion_of(columns: KeyframeColumns, interpolation: Interpolation, category: str) -> Motion:
    """The motion of an object."""
    return LinearMotion(columns)
