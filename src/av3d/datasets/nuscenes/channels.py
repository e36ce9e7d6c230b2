"""Names of camera channels: the six of nuScenes by viewing direction, others by their own name."""

from __future__ import annotations

import re

from av3d.calibration.rig import Rig
from av3d.datasets.camera_places import camera_places

CHANNEL_AZIMUTHS_DEG = {
    "CAM_FRONT": 0.0,
    "CAM_FRONT_LEFT": 55.0,
    "CAM_FRONT_RIGHT": -55.0,
    "CAM_BACK": 180.0,
    "CAM_BACK_LEFT": 110.0,
    "CAM_BACK_RIGHT": -110.0,
}
"""Where the cameras of the nuScenes vehicles look, counter-clockwise from straight ahead."""


def camera_channels(rig: Rig, cameras: list[str]) -> dict[str, str]:
    """A channel name for each camera, all different.

    The six names of nuScenes go to the cameras that look the same way, see `camera_places`. The others
    become CAM_<NAME>.

    Args:
        rig: gives the viewing directions.
        cameras: names, in the order in which a person wants to see them.
    """
    channels = camera_places(rig, cameras, CHANNEL_AZIMUTHS_DEG)
    taken = {*channels.values(), *CHANNEL_AZIMUTHS_DEG}
    for name in cameras:
        if name not in channels:
            wanted = "CAM_" + (re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") or "OTHER")
            channel, number = wanted, 2
            while channel in taken:
                channel, number = f"{wanted}_{number}", number + 1
            channels[name] = channel
            taken.add(channel)
    return {name: channels[name] for name in cameras}
