"""The rectified camera 0 frame of an export: in it KITTI's boxes stand upright.

KITTI writes one heading per box, about the y axis of the rectified camera 0 frame. Which rotation
makes a camera "rectified" is free as long as images and projection agree (that is what R0_rect is),
so the export turns y to where the boxes point down, and resamples the image accordingly. All boxes
of an upright world then keep their orientation in the text itself, except for what the vehicle
pitches and rolls while one calibration holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from av3d.calibration.camera import Camera
from av3d.calibration.nominal import nominal_rig
from av3d.calibration.pinhole import StandIn, pinhole_in_place_of, remap_tables
from av3d.calibration.rig import BODY_SE3_OPTICAL, CameraMount, Rig
from av3d.datasets.kitti.calibration import KittiCalibration, projection_of
from av3d.geometry.se3 import SE3
from av3d.types import Float32Array, FloatArray, Uint8Array

LEVEL_FROM_RAD = 1e-4
"""A smaller turn moves the image by less than .2 px and is left out, with the resampling."""

LEVEL_TO_RAD = np.radians(25.0)
"""A camera that looks further up or down is left as it is: levelling would cut its image."""

VIRTUAL = "virtual"
"""Name of the camera that is made up for logs without any."""


@dataclass(frozen=True, eq=False)
class Rectified:
    """A source camera and the ideal camera that stands in for it in the export.

    Attributes:
        name: camera of the log.
        mount: the camera and its place as the log has them.
        rectified_R_source: rotation from the source camera frame to the rectified one, (3, 3).
        camera: the pinhole camera of the written images.
    """

    name: str
    mount: CameraMount
    rectified_R_source: FloatArray
    camera: Camera

    @property
    def ego_SE3_rectified(self) -> SE3:
        return self.mount.ego_SE3_camera @ self.source_SE3_rectified

    @property
    def source_SE3_rectified(self) -> SE3:
        """The rectified frame has the source camera's origin."""
        return SE3(self.rectified_R_source.T, np.zeros(3))

    @property
    def stand_in(self) -> StandIn:
        """The pinhole in place of the source camera, before it is turned."""
        return pinhole_in_place_of(self.mount.camera)

    @property
    def turned_rad(self) -> float:
        """How far the rectified frame is turned from the source camera."""
        return float(Rotation.from_matrix(self.rectified_R_source).magnitude())

    @property
    def resamples(self) -> bool:
        """Whether images must be resampled; otherwise they are written as they are."""
        return self.mount.camera.lens is not None or self.turned_rad > 0

    def calibration(self) -> KittiCalibration:
        """The calibration of the export: velodyne and imu frame are both the ego frame."""
        projection = projection_of(self.camera, np.zeros(3))
        return KittiCalibration(
            projections=dict.fromkeys(range(4), projection),
            camera0_SE3_velodyne=self.mount.ego_SE3_camera.inverse(),
            rectified_R_camera0=self.rectified_R_source,
            velodyne_SE3_imu=SE3.identity(),
        )


class Resampler:
    """Turns source images into rectified ones; makes its lookup tables once."""

    def __init__(self, rectified: Rectified) -> None:
        self._maps: tuple[Float32Array, Float32Array] | None = None
        if rectified.resamples:
            self._maps = remap_tables(
                rectified.mount.camera, rectified.camera, rectified.rectified_R_source
            )

    def __call__(self, image: Uint8Array) -> Uint8Array:
        """The rectified image, (H, W, 3); black where the source camera does not see."""
        if self._maps is None:
            return image
        return np.asarray(cv2.remap(image, *self._maps, cv2.INTER_CUBIC), dtype=np.uint8)


def reference_camera(rig: Rig, with_images: tuple[str, ...]) -> str:
    """The camera that looks most nearly forward, among those with images if there are any.

    Returns VIRTUAL if the rig has no camera.
    """
    names = [name for name in rig.cameras if name in with_images] or list(rig.cameras)
    if not names:
        return VIRTUAL
    # The x component of the optical axis in the ego frame is the cosine of the angle to forward.
    return max(names, key=lambda name: rig.cameras[name].ego_SE3_camera.rotation[0, 2])


def rectify(rig: Rig, name: str, down_ego: FloatArray, count: int) -> Rectified:
    """Level a camera so that its y axis is the mean downward axis of cuboids.

    Args:
        rig: the rig of the log.
        name: the camera, or VIRTUAL.
        down_ego: sum of the downward height axes of cuboids in the ego frame, unit vectors, (3,).
        count: how many they are.
    """
    mount = _virtual_mount() if name == VIRTUAL else rig.camera(name)
    down = mount.ego_SE3_camera.rotation.T @ down_ego
    rotation = np.eye(3)
    length = float(np.linalg.norm(down))
    if length > 0.5 * max(count, 1):
        axis = np.cross(down / length, (0.0, 1.0, 0.0))
        sine = float(np.linalg.norm(axis))
        angle = float(np.arctan2(sine, down[1] / length))
        if LEVEL_FROM_RAD < angle < LEVEL_TO_RAD:
            rotation = Rotation.from_rotvec(axis / sine * angle).as_matrix()
    return Rectified(name, mount, rotation, _target_camera(mount.camera, rotation))


def _target_camera(source: Camera, rectified_R_source: FloatArray) -> Camera:
    """A pinhole whose image shows the same middle as that in place of the source.

    Without a turn it is that one, and has the source's intrinsic matrix if the source is no fisheye.
    """
    source = pinhole_in_place_of(source).camera
    cx, cy = source.cx_px, source.cy_px
    if not np.array_equal(rectified_R_source, np.eye(3)):
        # Turning by some degrees would push part of the view out of the image; moving the principal
        # point by the same amount keeps it in.
        x, y, z = rectified_R_source @ (0.0, 0.0, 1.0)
        cx, cy = cx - source.fx_px * x / z, cy - source.fy_px * y / z
    return Camera(source.width_px, source.height_px, source.fx_px, source.fy_px, cx, cy)


def _virtual_mount() -> CameraMount:
    """A camera like KITTI's at the ego origin, looking forward."""
    return CameraMount(nominal_rig("kitti").camera("image_02").camera, BODY_SE3_OPTICAL)
