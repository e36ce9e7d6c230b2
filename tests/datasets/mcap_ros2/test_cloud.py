from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcap_ros2._dynamic import serialize_dynamic

from av3d.datasets.mcap_ros2.cloud import Cloud, decode_cloud
from av3d.datasets.mcap_ros2.messages import CLOUD, decode, definition
from av3d.datasets.point_values import PointTimes, intensity_scale, tell_times
from av3d.errors import InputFileError

STAMP_NS = 1_700_000_000_123_456_789
ENCODE = serialize_dynamic(CLOUD, definition(CLOUD))[CLOUD]


def read(message: dict[str, Any]) -> Cloud:
    """Through the bytes of a bag and back."""
    return decode_cloud(decode(CLOUD, ENCODE(message)), "here")


def columns(count: int = 4) -> dict[str, npt.NDArray[Any]]:
    xyz = np.arange(1, 3 * count + 1, dtype=np.float32).reshape(-1, 3)
    return {"x": xyz[:, 0], "y": xyz[:, 1], "z": xyz[:, 2]}


def test_fields_may_come_in_any_order_and_type(write: SimpleNamespace) -> None:
    values = {
        "ring": np.array([3, 4], np.uint16), "z": np.array([1.5, 2.5]),
        "y": np.array([-1.0, -2.0]), "x": np.array([7.0, 8.0]),
        "intensity": np.array([9, 10], np.uint8),
    }  # fmt: skip
    found = read(write.cloud(STAMP_NS, "lidar", values))
    assert found.points_m.tolist() == [[7.0, -1.0, 1.5], [8.0, -2.0, 2.5]]
    assert found.points_m.dtype == np.float32
    assert found.values["ring"].tolist() == [3, 4]
    assert found.values["intensity"].tolist() == [9, 10]


def test_big_endian_clouds_are_read(write: SimpleNamespace) -> None:
    values = {**columns(), "ring": np.arange(4, dtype=np.uint16)}
    found = read(write.cloud(STAMP_NS, "lidar", values, is_bigendian=True))
    assert found.points_m.tolist() == np.column_stack(list(columns().values())).tolist()
    assert found.values["ring"].tolist() == [0, 1, 2, 3]


def test_rows_may_be_padded(write: SimpleNamespace) -> None:
    message = write.cloud(STAMP_NS, "lidar", columns())
    half = message["point_step"] * 2
    rows = [message["data"][:half] + b"pad!", message["data"][half:]]  # the last row is not padded
    message.update(height=2, width=2, row_step=half + 4, data=b"".join(rows))
    found = read(message)
    assert found.points_m.tolist() == np.column_stack(list(columns().values())).tolist()


@pytest.mark.parametrize("nothing", [[np.nan] * 3, [0.0, 0.0, 0.0], [np.inf, 1.0, 2.0]])
def test_points_without_a_return_are_left_out_and_counted(
    write: SimpleNamespace, nothing: list[float]
) -> None:
    values = {**write.points([[1, 2, 3], nothing, [4, 5, 6]]), "ring": np.arange(3, dtype=np.uint8)}
    found = read(write.cloud(STAMP_NS, "lidar", values))
    assert found.points_m.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert found.values["ring"].tolist() == [0, 2]
    assert found.returns == 3


def test_an_empty_cloud_is_a_sweep_without_points(write: SimpleNamespace) -> None:
    assert len(read(write.cloud(STAMP_NS, "lidar", columns(0))).points_m) == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"width": 5}, "48 bytes are too few for 5x1 points of 12 bytes"),
        ({"width": 2**31, "height": 2**31}, "limit 20,000,000"),
        ({"point_step": 8}, "a field ends at byte 12 of points of 8 bytes"),
        ({"point_step": 0}, "a field ends at byte 12 of points of 0 bytes"),
        ({"fields": []}, "no fields x, y, z"),
        ({"height": 2, "width": 2, "row_step": 2**32 - 1}, "too few for 2x2 points"),
    ],
)
def test_sizes_that_contradict_each_other_are_an_error(
    write: SimpleNamespace, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputFileError, match=words):
        read(write.cloud(STAMP_NS, "lidar", columns(), **changes))


OFFSETS_S = np.linspace(0.0, 0.0997, 50)


@pytest.mark.parametrize(
    ("name", "stored", "unit", "tolerance_ns"),
    [
        ("time", (OFFSETS_S - 0.1).astype(np.float32), "s", 10),  # Velodyne
        ("t", np.rint(OFFSETS_S * 1e9).astype(np.uint32), "ns", 1),  # Ouster
        ("offset_time", np.rint(OFFSETS_S * 1e9).astype(np.uint32), "ns", 1),  # Livox
        ("t", np.rint(OFFSETS_S * 1e6).astype(np.uint32), "us", 600),
        ("time", (OFFSETS_S * 1e3).astype(np.float32), "ms", 10),
        ("timestamp", STAMP_NS / 1e9 + OFFSETS_S, "s", 300),  # Hesai, RoboSense
        ("timestamp", STAMP_NS + OFFSETS_S * 1e9, "ns", 300),  # Livox driver 2: a double
        ("timestamp", (STAMP_NS + np.rint(OFFSETS_S * 1e9)).astype(np.uint64), "ns", 300),
        ("time_stamp", (STAMP_NS // 1000 + np.rint(OFFSETS_S * 1e6)).astype(np.uint64), "us", 1600),
    ],
)  # fmt: skip
def test_times_of_points_are_told_by_their_size(
    name: str, stored: npt.NDArray[Any], unit: str, tolerance_ns: int
) -> None:
    times = tell_times({name: stored}, STAMP_NS, 0.1)
    assert times is not None
    assert (times.unit, times.from_first) == (unit, False)
    start_s = -0.1 if stored.min() < 0 else 0.0
    expected_ns = np.rint((OFFSETS_S + start_s) * 1e9)
    assert np.abs(times.offsets_ns(stored, STAMP_NS) - expected_ns).max() <= tolerance_ns


def test_times_of_another_clock_start_at_the_stamp() -> None:
    since_boot = np.rint((5000 + OFFSETS_S) * 1e9).astype(np.uint64)
    times = tell_times({"t": since_boot}, STAMP_NS, 0.1)
    assert times == PointTimes("t", "ns", absolute=False, from_first=True)
    assert times.offsets_ns(since_boot, STAMP_NS)[[0, -1]].tolist() == [0, 99_700_000]


@pytest.mark.parametrize(
    "useless",
    [
        {"t": np.zeros(5, np.uint32)},
        {"time": np.full(5, np.nan, np.float32)},
        {"t": np.array([], np.uint32)},
        {"ring": np.arange(5)},
        {"time": np.array([0.0, 1e-30], np.float64)},
    ],
)
def test_times_that_make_no_sense_are_none(useless: dict[str, npt.NDArray[Any]]) -> None:
    assert tell_times(useless, STAMP_NS, 0.1) is None


@given(
    period_ms=st.sampled_from([50, 100, 200]),
    share=st.floats(0.2, 1.0),
    unit=st.sampled_from([("s", 1e9), ("us", 1e3), ("ns", 1.0)]),
    sign=st.sampled_from([-1, 1]),
)
def test_the_unit_is_found_for_any_rate_and_part_of_a_turn(
    period_ms: int, share: float, unit: tuple[str, float], sign: int
) -> None:
    period_ns = period_ms * 1e6
    stored = sign * np.linspace(0, share * period_ns, 100) / unit[1]
    times = tell_times({"time": stored}, STAMP_NS, period_ns / 1e9)
    assert times is not None
    assert (times.unit, times.absolute, times.from_first) == (unit[0], False, False)


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (np.array([0, 3], np.uint8), 255.0),
        (np.array([0.0, 0.7], np.float32), 1.0),
        (np.array([0.0, 200.0], np.float32), 255.0),
        (np.array([0.0, np.nan, 900.0], np.float32), 4095.0),
        (np.array([0, 60000], np.uint16), 65535.0),
        (np.array([0, 1], np.uint16), 255.0),
        (np.array([], np.float32), 1.0),
    ],
)
def test_the_largest_intensity_tells_the_scale(values: npt.NDArray[Any], scale: float) -> None:
    assert intensity_scale(values) == scale
