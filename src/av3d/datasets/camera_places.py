"""Which cameras of a rig stand in for the cameras that a format has names for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from av3d.calibration.rig import Rig

TOLERANCE_DEG = 40.0
STEEP_DEG = 45.0
"""A camera that looks up or down more than this stands in for none."""


def camera_places(
    rig: Rig, cameras: Sequence[str], azimuths_deg: Mapping[str, float]
) -> dict[str, str]:
    """The format's name for each camera that has one, all different.

    Names go to the cameras whose optical axes are closest to them, each once, within TOLERANCE_DEG. A
    camera already called by one of them keeps it. Of cameras that look the same way within a degree,
    the first in the list wins.

    Args:
        rig: gives the viewing directions.
        cameras: names, in the order in which a person wants to see them.
        azimuths_deg: where the format's cameras look, counter-clockwise from straight ahead, by name.
    """
    places = {name: name for name in cameras if name in azimuths_deg}
    free = [name for name in azimuths_deg if name not in places]
    rest = [name for name in cameras if name not in places]
    if free and rest:
        off_deg = np.array(
            [[_off_deg(rig, name, azimuths_deg[place]) for place in free] for name in rest]
        )
        # The cameras of a stereo pair differ by tenths of a degree: a degree per place in the list.
        order = np.arange(len(rest))[:, None]
        cost = np.where(off_deg <= TOLERANCE_DEG, off_deg + order, 1e6)
        for row, column in zip(*linear_sum_assignment(cost), strict=True):
            if off_deg[row, column] <= TOLERANCE_DEG:
                places[rest[row]] = free[column]
    return {name: places[name] for name in cameras if name in places}


def _off_deg(rig: Rig, camera: str, azimuth_deg: float) -> float:
    """Angle between the camera's azimuth and another; huge for a camera that looks up or down."""
    x, y, z = rig.camera(camera).ego_SE3_camera.rotation[:, 2]
    if abs(np.degrees(np.arcsin(np.clip(z, -1, 1)))) > STEEP_DEG:
        return 1e6
    off = np.degrees(np.arctan2(y, x)) - azimuth_deg
    return float(abs((off + 180.0) % 360.0 - 180.0))
