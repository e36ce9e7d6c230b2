"""Whether cameras sit on the vehicle at all: not at the origin of its frame, nor on the road."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from av3d.doctor.check import Check
from av3d.doctor.finding import Finding, Severity
from av3d.doctor.mounts import LEAST_HEIGHT_M, ground_height_m
from av3d.logs.log import Log

AT_ORIGIN_M = 0.005
"""A camera this close to the origin has most likely no place given."""


class CameraPlace(Check):
    """A camera at the origin of the ego frame, or on the ground.

    Some ego frames have their origin at a camera; then the ground is far enough below it.
    """

    id = "calibration.place"
    severity = Severity.WARNING
    title = "Cameras sit on the vehicle, above the ground."
    reads_media = True

    def examine(self, log: Log) -> Iterator[Finding]:
        ground_m = ground_height_m(log, log.reference_lidar)
        for name, mount in log.rig.cameras.items():
            place_m = mount.ego_SE3_camera.translation_m
            height_m = None if ground_m is None else float(place_m[2]) - ground_m
            if height_m is not None and height_m > LEAST_HEIGHT_M:
                continue
            odd: list[str] = []
            if np.linalg.norm(place_m) < AT_ORIGIN_M:
                odd.append("it sits at the origin of the ego frame, (0, 0, 0)")
            if height_m is not None:
                odd.append(f"it is {height_m:+.1f} m above the ground")
            if odd:
                yield self.finding(
                    "; ".join(odd),
                    f"camera {name}",
                    "give its extrinsic the place where it is on the vehicle",
                    sensor=name,
                )
