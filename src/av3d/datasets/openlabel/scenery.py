"""Coordinate systems and streams of a log: what cuboids of an OpenLABEL file stand in."""

from __future__ import annotations

from typing import Any

from av3d.calibration.camera import Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.kannala_brandt import KannalaBrandt
from av3d.datasets.openlabel.words import (
    LOCAL_SYSTEM,
    SCENE_SYSTEM,
    SENSOR_SYSTEM,
    VEHICLE,
    WORLD,
    timestamp_of,
)
from av3d.geometry.se3 import SE3
from av3d.logs.frames import Frame
from av3d.logs.log import Log

QUATERNION_DECIMALS = 12
"""Exact to 1e-12 rad."""


class Scenery:
    """The frames of reference and the sensors of a log, in OpenLABEL's words.

    Attributes:
        vehicle, world: names of the coordinate systems; others than usual where a sensor has them.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        taken = {*log.rig.lidars, *log.rig.cameras}
        self.world, self.vehicle = _free(WORLD, taken), _free(VEHICLE, taken)

    def coordinate_systems(self) -> dict[str, Any]:
        """The tree: world, vehicle, sensors with their mounts."""
        rig = self._log.rig
        mounts = {name: mount.ego_SE3_lidar for name, mount in rig.lidars.items()}
        mounts |= {name: mount.ego_SE3_camera for name, mount in rig.cameras.items()}
        sensors = {
            name: {
                "type": SENSOR_SYSTEM,
                "parent": self.vehicle,
                "pose_wrt_parent": transform_data(pose),
                "children": [],
            }
            for name, pose in mounts.items()
        }
        return {
            self.world: {"type": SCENE_SYSTEM, "parent": "", "children": [self.vehicle]},
            self.vehicle: {
                "type": LOCAL_SYSTEM,
                "parent": self.world,
                "children": list(sensors),
            },
            **sensors,
        }

    def streams(self) -> dict[str, Any]:
        """The LiDARs, and the cameras with their intrinsics."""
        lidars = {name: self._stream("lidar", name) for name in self._log.lidars}
        cameras = {
            name: {
                **self._stream("camera", name),
                "stream_properties": intrinsics_of(self._log.rig.camera(name).camera),
            }
            for name in self._log.cameras
        }
        return lidars | cameras

    def _stream(self, kind: str, name: str) -> dict[str, Any]:
        # Other readers stop where a stream has no description and no address.
        log_name = self._log.name
        description = f"{kind} {name} of log {log_name}"
        return {"type": kind, "description": description, "uri": f"{log_name}/{name}"}

    def frame_properties(self, frame: Frame) -> dict[str, Any]:
        """Time and ego pose of a frame, and which image of each camera belongs to it."""
        log = self._log
        streams = {
            name: {
                "stream_properties": {
                    "sync": {
                        "frame_stream": index,
                        "timestamp": timestamp_of(log.image_time_ns(name, index)),
                    }
                }
            }
            for name, index in frame.images.items()
            if index is not None
        }
        transform = {
            "src": self.vehicle,
            "dst": self.world,
            "transform_src_to_dst": transform_data(log.world_SE3_ego(frame.timestamp_ns)),
        }
        return {
            "timestamp": timestamp_of(frame.timestamp_ns),
            **({"streams": streams} if streams else {}),
            "transforms": {f"{self.vehicle}_to_{self.world}": transform},
        }


def transform_data(pose: SE3) -> dict[str, list[float]]:
    """A pose as quaternion x, y, z, w and translation; it takes points of the child to the parent."""
    w, x, y, z = (pose.quaternion_wxyz.round(QUATERNION_DECIMALS) + 0.0).tolist()
    return {"quaternion": [x, y, z, w], "translation": (pose.translation_m + 0.0).tolist()}


def intrinsics_of(camera: Camera) -> dict[str, Any]:
    """Intrinsics: of a pinhole (with the lens in OpenCV's order), a fisheye, or MEI's model."""
    fx_px, fy_px, cx_px, cy_px = camera.fx_px, camera.fy_px, camera.cx_px, camera.cy_px
    size = {"width_px": camera.width_px, "height_px": camera.height_px}
    lens = camera.lens
    if lens is None or isinstance(lens, BrownConrady):
        coefficients = [0.0] * 5 if lens is None else lens.coefficients.tolist()
        if not any(coefficients[5:]):
            coefficients = coefficients[:5]
        matrix = [fx_px, 0.0, cx_px, 0.0, 0.0, fy_px, cy_px, 0.0, 0.0, 0.0, 1.0, 0.0]
        return {
            "intrinsics_pinhole": {
                **size,
                "camera_matrix": [float(value) for value in matrix],
                "distortion_coeffs": coefficients,
            }
        }
    values = {
        **size,
        "focal_length_x": fx_px,
        "focal_length_y": fy_px,
        "center_x_px": cx_px,
        "center_y_px": cy_px,
        "lens_coeffs": lens.coefficients.tolist(),
    }
    if isinstance(lens, KannalaBrandt):
        return {"intrinsics_fisheye": values}
    return {"intrinsics_custom": {"model": lens.model, **values}}


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name
