"""A rig: the sensors of one vehicle, where they sit and how they see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from av3d.calibration.camera import Camera
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3

BODY_SE3_OPTICAL = SE3(np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]), np.zeros(3))
"""A camera frame (x right, y down, z forward) in axes x forward, y left, z up."""


class RigError(Av3dError):
    """A rig that contradicts itself or lacks a sensor that is asked for."""


@dataclass(frozen=True)
class LidarMount:
    """A LiDAR on the vehicle: `ego_SE3_lidar` takes its points into the ego frame."""

    ego_SE3_lidar: SE3


@dataclass(frozen=True)
class CameraMount:
    """A camera on the vehicle and its clock.

    The row v of an image that is stamped t was exposed at

        t + clock_offset_ns + readout_ns * ((v + 0.5) / height_px - 0.5)

    so that the stamp, corrected by the offset, is the time of the middle of the image.

    Attributes:
        camera: intrinsics.
        ego_SE3_camera: takes camera-frame points into the ego frame.
        clock_offset_ns: what has to be added to the log's stamps of this camera's images.
        readout_ns: time from the top edge of the image to its bottom edge for a rolling shutter;
            negative if the bottom is read first; 0 for a global shutter.
    """

    camera: Camera
    ego_SE3_camera: SE3
    clock_offset_ns: int = 0
    readout_ns: int = 0


@dataclass(frozen=True)
class Rig:
    """The sensors of a vehicle, by name. Ego frame: x forward, y left, z up, metres.

    Args:
        name: short name of the vehicle or sensor set.
        lidars: mounts by LiDAR name; the first is the reference unless a log says otherwise.
        cameras: mounts by camera name, in the order in which a person wants to see them.
        source: where the calibration comes from.
        date: when it was made or taken over, ISO 8601 day, or "" if unknown.
    """

    name: str
    lidars: Mapping[str, LidarMount]
    cameras: Mapping[str, CameraMount]
    source: str = ""
    date: str = ""
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        both = set(self.lidars) & set(self.cameras)
        if both:
            raise RigError(f"sensor name {sorted(both)[0]!r} is used twice", self.name)
        object.__setattr__(self, "lidars", MappingProxyType(dict(self.lidars)))
        object.__setattr__(self, "cameras", MappingProxyType(dict(self.cameras)))

    def camera(self, name: str) -> CameraMount:
        """The mount of one camera; RigError names the cameras there are."""
        if name not in self.cameras:
            known = " ".join(self.cameras) or "none"
            raise RigError(f"no camera {name!r}", f"rig {self.name}", f"use one of: {known}")
        return self.cameras[name]

    def lidar(self, name: str) -> LidarMount:
        """The mount of one LiDAR; RigError names the LiDARs there are."""
        if name not in self.lidars:
            known = " ".join(self.lidars) or "none"
            raise RigError(f"no LiDAR {name!r}", f"rig {self.name}", f"use one of: {known}")
        return self.lidars[name]
