"""Where a track is at one time, and how it moves there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.keyframe import Provenance
from av3d.types import FloatArray, Scalar


@dataclass(frozen=True, eq=False)
class TrackState:
    """A track at one time.

    Attributes:
        timestamp_ns: the time asked for.
        cuboid: in the world frame.
        provenance: that of the keyframe at this very time, else INTERPOLATED.
        velocity_m_s: of the centre in the world frame, (3,); zero where a keyframe is held.
        attributes: of the track, overlaid by those of the latest keyframe at or before the time;
            before the first keyframe, by those of the first.
        acceleration_m_s2: of the centre in the world frame, (3,); zero where a keyframe is held.
        yaw_rate_rad_s: turning speed about the vertical; zero where a keyframe is held.
        covariance: of the error of the pose in the cuboid's axes (`av3d.tracks.motion.states`), (6, 6):
            along, across, up in metres, roll, pitch, yaw in radians; None where the model tells none.
    """

    timestamp_ns: int
    cuboid: Cuboid
    provenance: Provenance
    velocity_m_s: FloatArray
    attributes: Mapping[str, Scalar]
    acceleration_m_s2: FloatArray = field(default_factory=lambda: np.zeros(3))
    yaw_rate_rad_s: float = 0.0
    covariance: FloatArray | None = None

    @property
    def speed_m_s(self) -> float:
        """Horizontal speed."""
        return float(np.hypot(self.velocity_m_s[0], self.velocity_m_s[1]))
