"""How exact the cuboid of a keyframe is."""

from __future__ import annotations

import math
from dataclasses import dataclass

from av3d.tracks.checking import TrackError

LARGEST_SIGMA = 1e6
"""Metres or radians; what is less exact is no keyframe."""


@dataclass(frozen=True)
class Noise:
    """Standard deviations of the error of a cuboid's pose, in the axes of the cuboid.

    Attributes:
        along_m: forward and backward.
        across_m: to the left and right.
        up_m: up and down.
        yaw_rad: of the heading.

    Raises:
        TrackError: one is not a number from 0 to LARGEST_SIGMA.
    """

    along_m: float
    across_m: float
    up_m: float
    yaw_rad: float

    def __post_init__(self) -> None:
        for name in ("along_m", "across_m", "up_m", "yaw_rad"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TrackError(f"the noise {name} of a keyframe is not a number")
            if not 0 <= value <= LARGEST_SIGMA:  # false for NaN
                raise TrackError(f"the noise {name} of a keyframe is {value}", "", "0 or more")
            object.__setattr__(self, name, float(value) + 0.0)

    def as_list(self) -> list[float]:
        """The four numbers in the order of the attributes."""
        return [self.along_m, self.across_m, self.up_m, self.yaw_rad]

    @property
    def words(self) -> str:
        """What people read: "0.05 m along, 0.05 m across, 0.03 m up, 1°"."""
        ways = (self.along_m, "along"), (self.across_m, "across"), (self.up_m, "up")
        lengths = [f"{length_words(sigma_m)} {way}" for sigma_m, way in ways]
        return f"{', '.join(lengths)}, {math.degrees(self.yaw_rad):.3g}°"


def length_words(length_m: float) -> str:
    """A length as people read it."""
    return f"{length_m:.2f} m" if length_m >= 0.005 else f"{length_m * 1000:.2g} mm"
