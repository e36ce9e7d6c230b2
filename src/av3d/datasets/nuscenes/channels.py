"""Names of camera channels: the six of nuScenes by viewing direction, others by their own name."""

from __future__ import annotations

import re

import numpy as np
from scipy.optimize import linear_sum_assignment

from av3d.calibration.rig import Rig

CHANNEL_AZIMUTHS_DEG = {
    "CAM_FRONT": 0.0,
    "CAM_FRONT_LEFT": 55.0,
    "CAM_FRONT_RIGHT": -55.0,
    "CAM_BACK": 180.0,
    "CAM_BACK_LEFT": 110.0,
    "CAM_BACK_RIGHT": -110.0,
}
"""Where the cameras of the nuScenes vehicles look, counter-clockwise from straight ahead."""

TOLERANCE_DEG = 40.0
STEEP_DEG = 45.0
"""A camera that looks up or down more than this is none of the six."""


def camera_channels(rig: Rig, cameras: list[str]) -> dict[str, str]:
    """A channel name for each camera, all different.

    The six names of nuScenes go to the cameras whose optical axes are closest to them, each once,
    within TOLERANCE_DEG. A camera already called by one of them keeps it. The others become
    CAM_<NAME>. Of cameras that look the same way within a degree, the first in the list wins.

    Args:
        rig: gives the viewing directions.
        cameras: names, in the order in which a person wants to see them.
    """
    channels = {name: name for name in cameras if name in CHANNEL_AZIMUTHS_DEG}
    free = [name for name in CHANNEL_AZIMUTHS_DEG if name not in channels]
    rest = [name for name in cameras if name not in channels]
    if free and rest:
        off_deg = np.array([[_off_deg(rig, name, channel) for channel in free] for name in rest])
        # The cameras of a stereo pair differ by tenths of a degree: a degree per place in the list.
        place = np.arange(len(rest))[:, None]
        cost = np.where(off_deg <= TOLERANCE_DEG, off_deg + place, 1e6)
        for row, column in zip(*linear_sum_assignment(cost), strict=True):
            if off_deg[row, column] <= TOLERANCE_DEG:
                channels[rest[row]] = free[column]
    taken = {*channels.values(), *CHANNEL_AZIMUTHS_DEG}
    for name in rest:
        if name not in channels:
            wanted = "CAM_" + (re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") or "OTHER")
            channel, number = wanted, 2
            while channel in taken:
                channel, number = f"{wanted}_{number}", number + 1
            channels[name] = channel
            taken.add(channel)
    return {name: channels[name] for name in cameras}


def _off_deg(rig: Rig, camera: str, channel: str) -> float:
    """Angle between the camera's azimuth and the channel's; huge for a camera that looks up or down."""
    x, y, z = rig.camera(camera).ego_SE3_camera.rotation[:, 2]
    if abs(np.degrees(np.arcsin(np.clip(z, -1, 1)))) > STEEP_DEG:
        return 1e6
    off = np.degrees(np.arctan2(y, x)) - CHANNEL_AZIMUTHS_DEG[channel]
    return float(abs((off + 180.0) % 360.0 - 180.0))
