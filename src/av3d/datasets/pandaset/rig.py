"""The nominal rig of PandaSet's vehicle: what a log folder itself does not hold."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from av3d.calibration.rig import Rig
from av3d.calibration.rig_toml import read_rig
from av3d.errors import InputFileError


@cache
def nominal_rig() -> Rig:
    """`calibration/pandaset/rig.toml`: LiDAR mounts, image sizes, and cameras that a log says
    nothing about. A wheel carries it as `av3d/_rigs/pandaset/rig.toml`.
    """
    installed = Path(str(resources.files("av3d"))) / "_rigs" / "pandaset" / "rig.toml"
    checkout = Path(__file__).parents[4] / "calibration" / "pandaset" / "rig.toml"
    for path in (installed, checkout):
        if path.is_file():
            return read_rig(path)
    raise InputFileError("the rig of PandaSet is missing", installed, "install av3d again")
