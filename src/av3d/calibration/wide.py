"""Lenses that may see beyond 90 degrees from their axis: what they have in common.

Such a lens maps directions, not points of a plane: the plane at depth 1 ends at 90 degrees.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from av3d.types import BoolArray, FloatArray

MAX_ANGLE_RAD = float(np.radians(175.0))
"""Where the search for the end of the valid field stops; straight back a direction has no side."""


class WideLens(ABC):
    """Maps directions of the camera frame to normalised image coordinates, to be scaled by fx and fy.

    Attributes:
        model: name of the model in files.
    """

    model: ClassVar[str]

    @property
    @abstractmethod
    def coefficients(self) -> FloatArray:
        """The numbers of the model, in the order in which its makers write them."""

    @property
    @abstractmethod
    def max_angle_rad(self) -> float:
        """Angle from the axis up to which the mapping is one-to-one, at most MAX_ANGLE_RAD."""

    @abstractmethod
    def bend(self, directions: FloatArray) -> FloatArray:
        """Normalised image coordinates (N, 2) of directions (N, 3) of any length within the field."""

    @abstractmethod
    def unbend(self, normalized: FloatArray) -> FloatArray:
        """Unit directions (N, 3) of normalised image coordinates (N, 2); NaN where no ray reaches."""

    def reaches(self, directions: FloatArray) -> BoolArray:
        """Which directions (N, 3) are within the field, (N,); NaN and zero vectors are not."""
        across = np.hypot(directions[:, 0], directions[:, 1])
        angle = np.arctan2(across, directions[:, 2])
        # The angle of a zero vector is 0. A ray at the very end of the field is still a ray.
        within = angle <= self.max_angle_rad + 1e-9
        return np.asarray(within & ((across > 0) | (directions[:, 2] > 0)))

    def bend_beyond(self, directions: FloatArray) -> FloatArray:
        """Like `bend` for all directions (N, 3): past the end of the field it goes straight on.

        There one radian counts like one unit, as it does in the middle of an ideal lens. The result
        is continuous except straight back, where a direction has no side.
        """
        across = np.hypot(directions[:, 0], directions[:, 1])
        excess = np.maximum(np.arctan2(across, directions[:, 2]) - self.max_angle_rad, 0.0)
        side = directions[:, :2] / np.maximum(across, 1e-300)[:, None]
        outside = np.flatnonzero(excess > 0)
        if len(outside):
            directions = directions.copy()
            directions[outside] = self.at_end(side[outside])
        bent = self.bend(directions)
        bent[outside] += excess[outside, None] * side[outside]
        return bent

    def at_end(self, side: FloatArray) -> FloatArray:
        """Unit directions (N, 3) at the end of the field, towards unit vectors (N, 2) of the image."""
        sine, cosine = np.sin(self.max_angle_rad), np.cos(self.max_angle_rad)
        return np.concatenate([sine * side, np.full((len(side), 1), cosine)], axis=1)
