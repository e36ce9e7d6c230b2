from __future__ import annotations

import pytest

from av3d.calibration.nominal import nominal_rig
from av3d.errors import InputFileError


@pytest.mark.parametrize("name", ["kitti", "pandaset", "sample"])
def test_each_rig_that_ships_states_its_source_and_date(name: str) -> None:
    rig = nominal_rig(name)
    assert rig.source
    assert rig.date
    assert rig.lidars
    assert rig.cameras


def test_a_rig_that_does_not_ship_is_named() -> None:
    with pytest.raises(InputFileError, match="'hovercraft' is missing"):
        nominal_rig("hovercraft")
