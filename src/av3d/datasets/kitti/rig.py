"""A rig from one calibration file of the object or the tracking benchmark, without its log."""

from __future__ import annotations

from pathlib import Path

from av3d.calibration.nominal import nominal_rig
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.datasets.kitti.calibration import read_calibration
from av3d.datasets.kitti.layout import IMAGE_SUFFIXES, numbered
from av3d.datasets.kitti.log import image_size
from av3d.datasets.kitti.velodyne import LIDAR
from av3d.errors import Av3dError
from av3d.reading import read_text

MAX_BYTES = 100_000
"""A calibration file has 3 kB; others are not looked into."""


def is_calibration(path: Path) -> bool:
    """Whether a file is a calibration of the benchmarks: a .txt with the entry P2. Never raises."""
    try:
        if path.suffix != ".txt" or not path.is_file() or path.stat().st_size > MAX_BYTES:
            return False
        lines = read_text(path).splitlines()
    except (Av3dError, OSError):
        return False
    return any(line.split(maxsplit=1)[:1] in (["P2:"], ["P2"]) for line in lines)


def read_rig(path: Path) -> Rig:
    """The rectified cameras and the Velodyne of a calibration file.

    Image sizes come from the images beside it, image_2/NNNNNN.png or image_02/NNNN/; without any
    they are KITTI's usual ones, and a note says so.

    Raises:
        InputFileError: the file is broken.
    """
    calibration = read_calibration(path)
    usual = nominal_rig("kitti").camera("image_02").camera
    cameras, assumed = {}, []
    for number in calibration.projections:
        size_px = image_size(_images(path, number))
        if size_px is None:
            size_px = usual.width_px, usual.height_px
            assumed.append(f"image_0{number}")
        cameras[f"image_0{number}"] = CameraMount(*calibration.camera(number, *size_px))
    notes = []
    if assumed:
        size = f"{usual.width_px}x{usual.height_px}"
        notes.append(f"no images beside the file: {' '.join(assumed)} taken as {size} px")
    if calibration.velodyne_SE3_imu is None:
        notes.append("the calibration has no imu: the ego frame is the Velodyne's")
    return Rig(
        path.stem,
        {LIDAR: LidarMount(calibration.ego_SE3_velodyne)},
        cameras,
        source=f"KITTI calibration file {path.name}",
        notes=tuple(notes),
    )


def _images(calibration: Path, number: int) -> list[Path]:
    split = calibration.absolute().parent.parent
    found: list[Path] = []
    for suffix in IMAGE_SUFFIXES:
        found.append(split / f"image_{number}" / f"{calibration.stem}{suffix}")
    sequence = split / f"image_0{number}" / calibration.stem
    found.extend(numbered(sequence, IMAGE_SUFFIXES).values() if sequence.is_dir() else ())
    return [image for image in found if image.is_file()]
