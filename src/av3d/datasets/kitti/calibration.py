"""KITTI calibration files: projection matrices and the chain imu → velodyne → camera 0.

Source: readme.txt of the KITTI object and tracking development kits; A. Geiger et al., "Vision meets
robotics: the KITTI dataset", IJRR 2013, section on calibration.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from av3d.calibration.camera import Camera
from av3d.errors import Av3dError, InputFileError
from av3d.geometry.se3 import SE3
from av3d.reading import read_text
from av3d.types import FloatArray

SHAPES = {
    "P0": (3, 4), "P1": (3, 4), "P2": (3, 4), "P3": (3, 4),
    "R0_rect": (3, 3), "Tr_velo_to_cam": (3, 4), "Tr_imu_to_velo": (3, 4),
}  # fmt: skip
"""Entries in the order in which they are written; toolkits read them by line number."""

OTHER_NAMES = {
    "R_rect": "R0_rect",
    "Tr_velo_cam": "Tr_velo_to_cam",
    "Tr_imu_velo": "Tr_imu_to_velo",
}
"""The download of the tracking benchmark names three entries differently and leaves the colon out."""


@dataclass(frozen=True, eq=False)
class KittiCalibration:
    """One calibration file.

    Attributes:
        projections: P0 to P3 as far as the file has them, by camera number, (3, 4) each: pixels of
            points in the rectified camera 0 frame.
        camera0_SE3_velodyne: Tr_velo_to_cam, into camera 0 before rectification.
        rectified_R_camera0: R0_rect, (3, 3).
        velodyne_SE3_imu: Tr_imu_to_velo; None if the file has none.
        path: the file, for messages.
    """

    projections: Mapping[int, FloatArray]
    camera0_SE3_velodyne: SE3
    rectified_R_camera0: FloatArray = field(default_factory=lambda: np.eye(3))
    velodyne_SE3_imu: SE3 | None = None
    path: Path = Path()

    @property
    def rectified_SE3_velodyne(self) -> SE3:
        """Points of the velodyne frame in the rectified camera 0 frame, in which labels are."""
        return SE3(self.rectified_R_camera0, np.zeros(3)) @ self.camera0_SE3_velodyne

    @property
    def ego_SE3_velodyne(self) -> SE3:
        """The ego frame is that of the imu; without one it is the velodyne frame."""
        imu = self.velodyne_SE3_imu
        return SE3.identity() if imu is None else imu.inverse()

    @property
    def ego_SE3_rectified(self) -> SE3:
        """The rectified camera 0 frame, in which labels are, on the vehicle."""
        return self.ego_SE3_velodyne @ self.rectified_SE3_velodyne.inverse()

    def camera(self, number: int, width_px: int, height_px: int) -> tuple[Camera, SE3]:
        """A rectified camera and its pose `ego_SE3_camera`.

        A projection P = K [1 | t] is a pinhole K whose centre lies at -t in the rectified camera 0
        frame; t is K⁻¹ times the fourth column, all three rows of it.

        Raises:
            InputFileError: the file has no such camera, or P is not of this form.
        """
        if number not in self.projections:
            raise InputFileError(
                f"there is no entry P{number}", self.path, f"add the projection of camera {number}"
            )
        projection = self.projections[number]
        matrix = projection[:, :3]
        fx, fy = matrix[0, 0], matrix[1, 1]
        square = np.array([[fx, 0, matrix[0, 2]], [0, fy, matrix[1, 2]], [0, 0, 1]])
        if fx <= 0 or fy <= 0 or np.abs(matrix - square).max() > 1e-6 * max(fx, fy):
            raise InputFileError(
                f"P{number} is not the projection of a rectified camera (fx 0 cx; 0 fy cy; 0 0 1)",
                self.path,
                "correct the entry",
            )
        try:
            offset_m = np.linalg.solve(matrix, projection[:, 3])
            camera = Camera(width_px, height_px, fx, fy, matrix[0, 2], matrix[1, 2])
            return camera, self.ego_SE3_rectified @ SE3(np.eye(3), -offset_m)
        except (Av3dError, np.linalg.LinAlgError) as error:
            what = error.what if isinstance(error, Av3dError) else str(error)
            raise InputFileError(f"P{number}: {what}", self.path, "correct the entry") from error

    def text(self) -> str:
        """The file as KITTI writes it, with the digits that keep a transform exact to 1e-12."""
        imu = self.velodyne_SE3_imu or SE3.identity()
        entries = {
            **{f"P{number}": matrix for number, matrix in self.projections.items()},
            "R0_rect": self.rectified_R_camera0,
            "Tr_velo_to_cam": self.camera0_SE3_velodyne.matrix[:3],
            "Tr_imu_to_velo": imu.matrix[:3],
        }
        return "".join(
            f"{name}: {' '.join(f'{value:.12e}' for value in entries[name].ravel())}\n"
            for name in SHAPES
            if name in entries
        )


def projection_of(camera: Camera, position_m: FloatArray) -> FloatArray:
    """P = K [1 | -position] of a rectified camera at a position in rectified camera 0, (3, 4)."""
    return np.column_stack([camera.matrix, -camera.matrix @ position_m])


def read_calibration(path: Path) -> KittiCalibration:
    """Read a calibration file of the object or the tracking benchmark.

    Raises:
        InputFileError: the file cannot be read, an entry is missing, has a wrong number of values
            or is not a rotation; the message names file, line and entry.
    """
    text = read_text(path)
    if not text.strip():
        raise InputFileError("the calibration is empty", path, "copy the file again")
    matrices: dict[str, FloatArray] = {}
    places: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        name = OTHER_NAMES.get(words[0].rstrip(":"), words[0].rstrip(":"))
        if name not in SHAPES:
            continue
        places[name] = f"{path} line {number} ({words[0].rstrip(':')})"
        matrices[name] = matrix_of(words[1:], SHAPES[name], places[name])
    for name in ("P2", "Tr_velo_to_cam"):
        if name not in matrices:
            raise InputFileError(f"there is no entry {name}", path, "copy the file again")
    rectify = matrices.get("R0_rect", np.eye(3))
    imu = matrices.get("Tr_imu_to_velo")
    return KittiCalibration(
        projections={n: matrices[f"P{n}"] for n in range(4) if f"P{n}" in matrices},
        camera0_SE3_velodyne=rigid_of(matrices["Tr_velo_to_cam"], places["Tr_velo_to_cam"]),
        rectified_R_camera0=rigid_of(
            np.column_stack([rectify, np.zeros(3)]), places.get("R0_rect", str(path))
        ).rotation,
        # Converted data without an imu often carries zeros here.
        velodyne_SE3_imu=None
        if imu is None or not imu.any()
        else rigid_of(imu, places["Tr_imu_to_velo"]),
        path=path,
    )


def matrix_of(words: list[str], shape: tuple[int, int], where: str) -> FloatArray:
    """Words of a line as a matrix; InputFileError names the place if they are not its numbers."""
    expected = shape[0] * shape[1]
    try:
        values = [float(word) for word in words]
    except ValueError as error:
        raise InputFileError(
            f"a value is not a number: {' '.join(words)[:60]!r}", where, "correct the line"
        ) from error
    if len(values) != expected or not all(math.isfinite(value) for value in values):
        raise InputFileError(
            f"{len(values)} values where {expected} finite numbers are expected",
            where,
            "correct the line",
        )
    return np.array(values).reshape(shape)


def rigid_of(matrix: FloatArray, where: str) -> SE3:
    """A transform of a matrix (3, 4); InputFileError names the place if it is none."""
    try:
        return SE3.from_matrix(matrix)
    except Av3dError as error:
        raise InputFileError(error.what, where, "correct the line") from error
