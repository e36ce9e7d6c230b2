"""The nominal rig of KITTI's vehicle: what a folder of the benchmarks may lack."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from av3d.calibration.rig import Rig
from av3d.calibration.rig_toml import read_rig
from av3d.errors import InputFileError


@cache
def nominal_rig() -> Rig:
    """`calibration/kitti/rig.toml`; a wheel carries it as `av3d/_rigs/kitti/rig.toml`.

    Readers take from it the image size where there are no images, and the place of the velodyne
    where a calibration lacks the imu. Exports take from it the camera of logs without cameras.
    """
    installed = Path(str(resources.files("av3d"))) / "_rigs" / "kitti" / "rig.toml"
    checkout = Path(__file__).parents[4] / "calibration" / "kitti" / "rig.toml"
    for path in (installed, checkout):
        if path.is_file():
            return read_rig(path)
    raise InputFileError("the rig of KITTI is missing", installed, "install av3d again")
