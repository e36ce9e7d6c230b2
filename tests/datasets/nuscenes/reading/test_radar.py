"""Radar points, against the nuScenes toolkit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from nuscenes.utils.data_classes import RadarPointCloud

from av3d.datasets.registry import open_log
from av3d.errors import InputFileError


@pytest.fixture(scope="module")
def radar(database: Any) -> Any:
    log: Any = open_log(database.root / "scene-0061")
    return log.radars["RADAR_FRONT"]


def test_every_measurement_has_its_time_and_place_on_the_vehicle(radar: Any) -> None:
    assert len(radar) == 25
    assert radar.read(2).timestamp_ns == radar.timestamps_ns[2]
    assert radar.ego_SE3_radar.translation_m.tolist() == [3.4, 0.0, 0.5]


def test_points_are_those_of_the_toolkit_without_its_filters(radar: Any) -> None:
    states = list(range(18))
    expected = RadarPointCloud.from_file(str(radar.path(4)), states, states, states).points
    sweep = radar.read(4)
    assert len(sweep) == expected.shape[1] == 6
    assert np.array_equal(sweep.points_m, expected[:3].T)
    assert np.array_equal(sweep.rcs_dbsm, expected[5])
    assert np.array_equal(sweep.velocity_m_s, expected[6:8].T)
    assert np.array_equal(sweep.velocity_over_ground_m_s, expected[8:10].T)
    assert np.array_equal(sweep.extra["id"], expected[4])


def test_the_usual_filters_keep_what_the_toolkit_keeps(radar: Any) -> None:
    sweep = radar.read(4)
    expected = RadarPointCloud.from_file(str(radar.path(4))).points
    assert np.array_equal(sweep.points_m[sweep.is_valid], expected[:3].T)
    assert sweep.is_valid.tolist() == [True, True, False, False, False, True]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b"DATA binary", b"DATA ascii", "PCD data are 'ascii'"),
        (b"\nDATA", b"\nDAT", "no line DATA"),
        (b"POINTS 6", b"POINTS 600000", "600000 points of 43 bytes"),
        (b"POINTS 6", b"POINTS -1", "-1 points"),
        (b"POINTS 6", b"POINTS 99999999999999999999", "99999"),
        (b"FIELDS x y", b"FIELDS x x", "contradicts itself"),
        (b"SIZE 4", b"SIZE 3", "contradicts itself"),
        (b"COUNT 1", b"COUNT 9", "contradicts itself"),
        (b" rcs ", b" rxs ", "column 'rcs' is missing"),
    ],
)
def test_a_damaged_file_is_one_line(
    copy: Callable[..., Any], old: bytes, new: bytes, problem: str
) -> None:
    log: Any = open_log(copy(files=True).root / "scene-0061")
    radar = log.radars["RADAR_FRONT"]
    path = radar.path(0)
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))
    with pytest.raises(InputFileError, match=problem):
        radar.read(0)


def test_a_truncated_file_is_one_line_and_a_point_that_is_no_number_means_none(
    copy: Callable[..., Any],
) -> None:
    log: Any = open_log(copy(files=True).root / "scene-0061")
    radar = log.radars["RADAR_FRONT"]
    path = radar.path(0)
    data = path.read_bytes()
    path.write_bytes(data[:-20])
    with pytest.raises(InputFileError, match="bytes are there"):
        radar.read(0)
    start = data.index(b"DATA binary\n") + 12
    path.write_bytes(data[:start] + np.full(3, np.nan, "<f4").tobytes() + data[start + 12 :])
    assert len(radar.read(0)) == 0
