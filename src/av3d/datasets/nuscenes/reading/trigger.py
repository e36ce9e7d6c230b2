"""Whether the cameras of a scene fire when the beam of the LiDAR passes, as those of nuScenes do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from av3d.calibration.rig import Rig
from av3d.datasets.nuscenes.reading.lidar import TURN_NS, spin_ns
from av3d.datasets.nuscenes.reading.scene import Channel
from av3d.types import NS_PER_MS, IntArray

LATE_NS = 2 * NS_PER_MS
"""The cameras' stamps are this much after the beam passes the middle of their view."""
TOLERANCE_NS = 5 * NS_PER_MS
"""Largest departure of a camera's usual phase; the LiDAR's stamps scatter by 2.5 ms themselves."""
STEADY_NS = 15 * NS_PER_MS
"""A phase that varies more over the samples (10th to 90th percentile) is none."""
SAMPLES_APART_NS = 4 * TURN_NS
"""Sweeps this far apart are samples without what is between them."""
TELLING = 3
"""Fewer cameras do not show a turn."""


def camera_phases_ns(lidar: Channel, cameras: Sequence[Channel]) -> dict[str, int]:
    """Usual stamp of an image minus that of its sample's sweep, of cameras with a steady one."""
    sweep_ns = {datum.sample: datum.timestamp_ns for datum in lidar.data if datum.is_key}
    phases: dict[str, int] = {}
    for channel in cameras:
        apart_ns = [
            datum.timestamp_ns - sweep_ns[datum.sample]
            for datum in channel.data
            if datum.is_key and datum.sample in sweep_ns
        ]
        if apart_ns and np.ptp(np.percentile(apart_ns, (10, 90))) <= STEADY_NS:
            phases[channel.name] = round(float(np.median(apart_ns)))
    return phases


def is_spinning(
    lidar: str, timestamps_ns: IntArray, rig: Rig, phases_ns: Mapping[str, int]
) -> bool:
    """Whether sweeps and cameras are timed like those of the nuScenes vehicles.

    The tables do not say how a LiDAR scans, and an export of other data has the same channel names.
    But each camera of nuScenes fires when the beam passes the middle of its view, which gives the
    turn away: the phases of all cameras must fit their directions.
    """
    # Samples alone may be any number of turns apart; sweeps between them come with the turns.
    step_ns = float(np.median(np.diff(timestamps_ns))) if len(timestamps_ns) > 1 else TURN_NS
    if not (0.8 * TURN_NS <= step_ns <= 1.2 * TURN_NS or step_ns >= SAMPLES_APART_NS):
        return False
    if len(phases_ns) < TELLING:
        return False
    lidar_SE3_ego = rig.lidar(lidar).ego_SE3_lidar.inverse()
    for camera, phase_ns in phases_ns.items():
        view = lidar_SE3_ego.rotate(rig.camera(camera).ego_SE3_camera.rotation[:, 2])
        if not -TURN_NS - TOLERANCE_NS <= phase_ns - LATE_NS <= TOLERANCE_NS:
            return False
        apart_ns = phase_ns - LATE_NS - int(spin_ns(view))
        # Near the left end of one turn is near the left start of the next.
        if abs((apart_ns + TURN_NS // 2) % TURN_NS - TURN_NS // 2) > TOLERANCE_NS:
            return False
    return True
