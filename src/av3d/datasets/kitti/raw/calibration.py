"""The calibration of a day: calib_cam_to_cam.txt, calib_velo_to_cam.txt, calib_imu_to_velo.txt.

Source: readme.txt of the raw data development kit. S, K, D: size, matrix and distortion of a camera
before rectification; R, T: points of camera 0 into the camera; the same names with _rect and P_rect
hold after rectification.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from av3d.calibration.camera import Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.datasets.kitti.calibration import KittiCalibration, matrix_of, rigid_of
from av3d.datasets.kitti.raw.layout import CALIBRATIONS
from av3d.datasets.kitti.velodyne import LIDAR
from av3d.errors import Av3dError, InputFileError
from av3d.geometry.se3 import SE3
from av3d.reading import read_text
from av3d.types import FloatArray

MAX_SIDE_PX = 65_535


@dataclass(frozen=True)
class _Entries:
    """A file of lines "name: values"."""

    path: Path
    lines: Mapping[str, tuple[int, list[str]]]

    def __contains__(self, name: str) -> bool:
        return name in self.lines

    def matrix(self, name: str, shape: tuple[int, int]) -> FloatArray:
        if name not in self.lines:
            raise InputFileError(f"there is no entry {name}", self.path, "copy the file again")
        number, words = self.lines[name]
        return matrix_of(words, shape, f"{self.path} line {number} ({name})")

    def rigid(self, rotation: str, translation: str) -> SE3:
        matrix = np.column_stack([self.matrix(rotation, (3, 3)), self.matrix(translation, (3, 1))])
        return rigid_of(matrix, f"{self.path} ({rotation}, {translation})")

    def size_px(self, name: str) -> tuple[int, int]:
        width, height = self.matrix(name, (1, 2))[0].tolist()
        if not (1 <= width <= MAX_SIDE_PX and 1 <= height <= MAX_SIDE_PX):
            raise InputFileError(f"{name} is no image size: {width:g} {height:g}", self.path)
        return round(width), round(height)


def read_raw_rig(folder: Path, *, rectified: bool, name: str) -> Rig:
    """The rig of a day.

    The ego frame is the imu's, or the Velodyne's where calib_imu_to_velo.txt is missing.

    Args:
        folder: folder with the three files.
        rectified: cameras as after rectification (drives "…_sync"), else with their lenses.
        name: name of the rig.

    Raises:
        InputFileError: a file or an entry is missing or broken.
    """
    cameras, velodyne, imu = (folder / file for file in CALIBRATIONS)
    entries = _read(cameras)
    placed = _read(velodyne)
    imu_entries = _read(imu) if imu.is_file() else None
    calibration = KittiCalibration(
        projections={
            number: entries.matrix(f"P_rect_{number:02}", (3, 4))
            for number in range(4)
            if f"P_rect_{number:02}" in entries
        },
        camera0_SE3_velodyne=placed.rigid("R", "T"),
        rectified_R_camera0=_rectifying(entries),
        velodyne_SE3_imu=None if imu_entries is None else imu_entries.rigid("R", "T"),
        path=cameras,
    )
    mounts = {}
    for number in range(4):
        if f"P_rect_{number:02}" in entries if rectified else f"K_{number:02}" in entries:
            mount = _rectified if rectified else _with_lens
            mounts[f"image_{number:02}"] = mount(entries, calibration, number)
    if not mounts:
        raise InputFileError("there is no camera in it", cameras, "copy the file again")
    notes = []
    if imu_entries is None:
        notes.append(f"There is no {imu.name}: the ego frame is the Velodyne's.")
    return Rig(
        name,
        {LIDAR: LidarMount(calibration.ego_SE3_velodyne)},
        mounts,
        source=f"KITTI raw calibration of {folder.name}",
        notes=tuple(notes),
    )


def read_ego_SE3_velodyne(folder: Path) -> SE3:
    """Pose of the Velodyne in the ego frame, the imu's, from calib_imu_to_velo.txt of a day.

    Raises:
        InputFileError: the file is missing or broken.
    """
    return _read(folder / CALIBRATIONS[2]).rigid("R", "T").inverse()


def calibration_texts(
    calibration: KittiCalibration, width_px: int, height_px: int
) -> dict[str, str]:
    """Name and text of the three files, for cameras without a lens that are rectified already.

    Args:
        calibration: the cameras and the Velodyne.
        width_px: of all images.
        height_px: of all images.
    """
    cameras: dict[str, FloatArray] = {}
    size, straight, nothing = np.array([width_px, height_px]), np.eye(3), np.zeros(3)
    for number, projection in calibration.projections.items():
        cameras |= {
            f"S_{number:02}": size,
            f"K_{number:02}": projection[:, :3],
            f"D_{number:02}": np.zeros(5),
            f"R_{number:02}": straight,
            f"T_{number:02}": nothing,
            f"S_rect_{number:02}": size,
            f"R_rect_{number:02}": calibration.rectified_R_camera0,
            f"P_rect_{number:02}": projection,
        }
    velodyne_SE3_imu = calibration.velodyne_SE3_imu or SE3.identity()
    placed = [
        {"R": transform.rotation, "T": transform.translation_m}
        for transform in (calibration.camera0_SE3_velodyne, velodyne_SE3_imu)
    ]
    return {
        name: "".join(
            f"{entry}: {' '.join(f'{value:.12e}' for value in np.ravel(values))}\n"
            for entry, values in entries.items()
        )
        for name, entries in zip(CALIBRATIONS, (cameras, *placed), strict=True)
    }


def _read(path: Path) -> _Entries:
    lines: dict[str, tuple[int, list[str]]] = {}
    for number, line in enumerate(read_text(path, "the calibration").splitlines(), start=1):
        name, colon, values = line.partition(":")
        if colon:
            lines[name.strip()] = number, values.split()
    return _Entries(path, lines)


def _rectifying(entries: _Entries) -> FloatArray:
    if "R_rect_00" not in entries:
        return np.eye(3)
    rotation = entries.matrix("R_rect_00", (3, 3))
    return rigid_of(
        np.column_stack([rotation, np.zeros(3)]), f"{entries.path} (R_rect_00)"
    ).rotation


def _rectified(entries: _Entries, calibration: KittiCalibration, number: int) -> CameraMount:
    width_px, height_px = entries.size_px(f"S_rect_{number:02}")
    return CameraMount(*calibration.camera(number, width_px, height_px))


def _with_lens(entries: _Entries, calibration: KittiCalibration, number: int) -> CameraMount:
    width_px, height_px = entries.size_px(f"S_{number:02}")
    matrix = entries.matrix(f"K_{number:02}", (3, 3))
    coefficients = entries.matrix(f"D_{number:02}", (1, 5))[0].tolist()
    camera_SE3_camera0 = entries.rigid(f"R_{number:02}", f"T_{number:02}")
    ego_SE3_camera0 = calibration.ego_SE3_velodyne @ calibration.camera0_SE3_velodyne.inverse()
    fx_px, fy_px, cx_px, cy_px = matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2]
    try:
        distortion = BrownConrady(*coefficients)
        camera = Camera(width_px, height_px, fx_px, fy_px, cx_px, cy_px, distortion)
        return CameraMount(camera, ego_SE3_camera0 @ camera_SE3_camera0.inverse())
    except Av3dError as error:
        raise InputFileError(
            f"image_{number:02}: {error.what}", entries.path, "correct the entries"
        ) from error
