"""Rigs that ship with av3d, for what a log folder itself does not hold."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from av3d.calibration.rig import Rig
from av3d.calibration.rig_toml import read_rig
from av3d.errors import InputFileError


@cache
def nominal_rig(name: str) -> Rig:
    """`calibration/<name>/rig.toml`; a wheel carries it as `av3d/_rigs/<name>/rig.toml`.

    Raises:
        InputFileError: there is none; the installation is damaged.
    """
    installed = Path(str(resources.files("av3d"))) / "_rigs" / name / "rig.toml"
    checkout = Path(__file__).parents[3] / "calibration" / name / "rig.toml"
    for path in (installed, checkout):
        if path.is_file():
            return read_rig(path)
    raise InputFileError(f"the nominal rig {name!r} is missing", installed, "install av3d again")
