from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.simulate.cast import START_NS
from av3d.simulate.fast_rig import fast_rig
from av3d.simulate.picture import CameraPicture
from av3d.simulate.tracing import NOTHING
from av3d.simulate.world import World

TIME_NS = START_NS + 2_000_000_000


@pytest.mark.parametrize("camera", ["front", "left", "right", "back"])
def test_each_row_of_a_rolling_shutter_is_that_of_a_picture_taken_at_its_time(
    street: World, camera: str
) -> None:
    mount = fast_rig(160, 90).camera(camera)
    rolling = CameraPicture(street, mount)
    at_once = CameraPicture(street, replace(mount, readout_ns=0))
    owners, picture = rolling.owners(TIME_NS), rolling.take(TIME_NS)
    height = mount.camera.height_px
    for row in (height // 3, height - 4):
        time = TIME_NS + round(mount.readout_ns * ((row + 0.5) / height - 0.5))
        # A ray along an edge may fall to either side.
        assert (owners[row] == at_once.owners(time)[row]).mean() > 0.98
        off = np.abs(picture[row].astype(int) - at_once.take(time)[row]).max(axis=1)
        assert (off <= 3).mean() > 0.95


def test_a_rolling_shutter_moves_what_drives_past(street: World) -> None:
    mount = fast_rig(240, 135).camera("front")
    rolling = CameraPicture(street, mount).owners(TIME_NS)
    at_once = CameraPicture(street, replace(mount, readout_ns=0)).owners(TIME_NS)
    of_actors = (rolling != NOTHING) | (at_once != NOTHING)
    assert 30 < (rolling != at_once).sum() < 0.2 * of_actors.sum()


def test_no_ray_of_a_wide_lens_is_lost_inside_its_disk(street: World) -> None:
    picture = CameraPicture(street, fast_rig(160, 90).camera("right")).take(TIME_NS)
    height, width, _ = picture.shape
    v, u = np.mgrid[0:height, 0:width]
    radius = np.hypot((u - width / 2) / width, (v - height / 2) / height)
    black = (picture == 0).all(axis=2)
    assert not black[radius < 0.48].any()
    assert black[radius > 0.56].all()
