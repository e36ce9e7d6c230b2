from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import av3d
from av3d.render.evidence_picture import WIDTH_PX, before_and_after, value_over_time

FAULT_RGB = np.array([0xFF, 0x6B, 0x6B])


@pytest.fixture(scope="module")
def log(repository):
    return av3d.open_log(repository / "sample_logs" / "crossing")


def test_two_calibrations_stand_side_by_side_under_a_title(log):
    mount = log.rig.camera("front")
    wrong = replace(mount, ego_SE3_camera=mount.ego_SE3_camera.inverse())
    given = log.with_rig(replace(log.rig, cameras={**log.rig.cameras, "front": wrong}))
    picture = before_and_after(given, log, "front", 20, "the extrinsic is inverted")
    assert picture.shape == (36 + 540, 2 * WIDTH_PX + 4, 3)
    left, right = picture[100:, :WIDTH_PX], picture[100:, -WIDTH_PX:]
    assert (left != right).any(axis=2).mean() > 0.02
    same = before_and_after(log, log, "front", 20, "nothing")
    assert np.array_equal(same[100:, :WIDTH_PX], same[100:, -WIDTH_PX:])


def test_an_image_that_is_larger_than_the_calibration_says_has_its_supposed_size_drawn(log):
    mount = log.rig.camera("front")
    half = replace(mount, camera=mount.camera.scaled(480, 270))
    given = log.with_rig(replace(log.rig, cameras={**log.rig.cameras, "front": half}))
    picture = before_and_after(given, log, "front", 20, "images are 960x540 px")
    # Dashes down the image at half its width.
    column = picture[36:306, 478:483].astype(int)
    assert (np.abs(column - FAULT_RGB).sum(axis=2) < 60).any(axis=1).mean() > 0.3


def test_a_chart_marks_the_time_of_the_fault():
    times_s = np.linspace(0.0, 10.0, 500)
    values = np.where(np.abs(times_s - 5) < 0.1, 50.0, 8.0)
    picture = value_over_time("a jump", times_s, values, (4.9, 5.1), "speed, m/s").astype(int)
    reddish = picture[..., 0] - picture[..., 2] > 40
    columns = np.flatnonzero(reddish.sum(axis=0) > 100)
    middle = 76 + (1200 - 20 - 76) / 2
    assert columns.min() > middle - 30
    assert columns.max() < middle + 30


def test_a_long_curve_keeps_its_spikes():
    values = np.ones(200_000)
    values[123_456] = 9.0
    times_s = np.arange(200_000) / 100
    picture = value_over_time("spike", times_s, values, (1234.5, 1234.6), "m/s").astype(int)
    blue = (np.abs(picture - (0x4D, 0xB2, 0xF5)).sum(axis=2) < 120).any(axis=1)
    # The curve reaches from the lower part to the top of the chart.
    assert np.flatnonzero(blue).min() < 80
