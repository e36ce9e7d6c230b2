"""What sensors of any rig are called in Argoverse 2, and their calibration tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from av3d.calibration.camera import Camera
from av3d.calibration.rig import Rig
from av3d.datasets.argoverse2.calibration import CAMERAS, LIDARS
from av3d.datasets.argoverse2.layout import CALIBRATION, EXTRINSICS, INTRINSICS
from av3d.datasets.argoverse2.tables import EXTRINSIC_TYPES, INTRINSIC_TYPES, TableWriter
from av3d.datasets.camera_places import camera_places
from av3d.datasets.log_folders import folder_name
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.types import FloatArray

RING_AZIMUTHS_DEG = {
    "ring_front_center": 0.0,
    "ring_front_left": 45.0,
    "ring_front_right": -45.0,
    "ring_side_left": 99.0,
    "ring_side_right": -99.0,
    "ring_rear_left": 153.0,
    "ring_rear_right": -153.0,
}
"""Where the ring cameras look, counter-clockwise from straight ahead: from the extrinsics of log
7fab2350, to a degree."""

MOST_PIXELS = 65_535
"""Image sizes have 16 bits."""


@dataclass(frozen=True)
class SensorNames:
    """Argoverse 2's names of a log's sensors.

    Attributes:
        lidars: by the log's names, of the first two.
        cameras: by the log's names.
    """

    lidars: Mapping[str, str]
    cameras: Mapping[str, str]

    @property
    def changed(self) -> str:
        """The names that differ, in words; "" if none does."""
        both = {**self.lidars, **self.cameras}
        return ", ".join(f"{own} as {theirs}" for own, theirs in both.items() if own != theirs)


def sensor_names(log: Log) -> SensorNames:
    """Names for all sensors of a log.

    The reference LiDAR is the upper one. Cameras get the names of the ring cameras that look the same
    way; others keep theirs.
    """
    lidars = list(log.lidars)
    lidars.sort(key=lambda name: name != log.reference_lidar)
    if set(lidars) <= set(LIDARS):
        named = {name: name for name in lidars}
    else:
        named = dict(zip(lidars, LIDARS, strict=False))
    cameras = {name: name for name in log.cameras if name in CAMERAS}
    others = [name for name in log.cameras if name not in cameras]
    free = {name: deg for name, deg in RING_AZIMUTHS_DEG.items() if name not in cameras}
    places = camera_places(log.rig, others, free)
    taken = {*cameras.values(), *places.values(), *CAMERAS, *LIDARS}
    for name in others:
        place = places.get(name)
        if place is None:
            wanted = folder_name(name)
            place, number = wanted, 2
            while place in taken:
                place, number = f"{wanted}_{number}", number + 1
            taken.add(place)
        cameras[name] = place
    return SensorNames(named, {name: cameras[name] for name in log.cameras})


def write_calibration(
    folder: Path, rig: Rig, names: SensorNames, pinholes: Mapping[str, Camera]
) -> None:
    """Write both tables of a log.

    Args:
        folder: of the log.
        rig: of the log.
        names: of the sensors.
        pinholes: cameras of the written images, by the log's names.
    """
    with TableWriter(folder / CALIBRATION / EXTRINSICS, EXTRINSIC_TYPES) as table:
        for camera, name in names.cameras.items():
            table.add([name, *transform_values(rig.camera(camera).ego_SE3_camera)])
        mounts = {name: rig.lidar(lidar).ego_SE3_lidar for lidar, name in names.lidars.items()}
        for name in LIDARS:
            # Argoverse 2's own program asks for both: where there is one, it stands for the other.
            table.add([name, *transform_values(mounts.get(name, next(iter(mounts.values()))))])
    with TableWriter(folder / CALIBRATION / INTRINSICS, INTRINSIC_TYPES) as table:
        for camera, name in names.cameras.items():
            pinhole = pinholes[camera]
            matrix = [pinhole.fx_px, pinhole.fy_px, pinhole.cx_px, pinhole.cy_px]
            # The written images are undistorted.
            table.add([name, *matrix, 0.0, 0.0, 0.0, pinhole.height_px, pinhole.width_px])


def transform_rows(a_SE3_b: SE3) -> FloatArray:
    """The seven numbers of each of N transforms, (N, 7)."""
    return np.column_stack([a_SE3_b.quaternion_wxyz, a_SE3_b.translation_m])


def transform_values(a_SE3_b: SE3) -> Sequence[float]:
    """The seven numbers of a transform as the tables have them: quaternion, then translation."""
    return [*a_SE3_b.quaternion_wxyz.tolist(), *a_SE3_b.translation_m.tolist()]
