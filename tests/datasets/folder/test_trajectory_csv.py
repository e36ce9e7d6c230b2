from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from av3d.datasets.folder.trajectory_csv import LONG_TABLE, read_trajectory, write_trajectory
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3
from av3d.logs.trajectory import Trajectory

HEADER = "timestamp_ns,x_m,y_m,z_m,qw,qx,qy,qz\n"


def test_poses_survive_writing_and_reading(tmp_path: Path) -> None:
    poses = SE3.stack(
        [SE3.from_euler(0.1, -0.2, 3.0, (1.5, 2, 3)), SE3.from_euler(0, 0.3, -1, (4, 5, 6))]
    )
    path = tmp_path / "trajectory.csv"
    write_trajectory(Trajectory([10**18, 10**18 + 7], poses), path)
    back = read_trajectory(path)
    assert back.timestamps_ns.tolist() == [10**18, 10**18 + 7]
    np.testing.assert_allclose(back.world_SE3_ego.matrix, poses.matrix, atol=1e-7)


def test_columns_may_be_in_any_order_and_more(tmp_path: Path) -> None:
    path = tmp_path / "trajectory.csv"
    path.write_text(
        "\ufeffspeed, qw,qx,qy,qz, x_m,y_m,z_m, timestamp_ns\r\n9, 1,0,0,0, 1,2,3, 5\r\n\r\n",
        encoding="utf-8",
    )
    back = read_trajectory(path)
    assert back.timestamps_ns.tolist() == [5]
    assert back.world_SE3_ego[0].translation_m.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "column timestamp_ns is missing"),
        ("timestamp_ns,x_m\n", "column y_m is missing"),
        (HEADER, "there are no ego poses"),
        (HEADER + "1,2,3\n", "line 2 has 3 values, the header 8"),
        (HEADER + "1.7e18,0,0,0,1,0,0,0\n", "'1.7e18' is not a time in whole nanoseconds"),
        (HEADER + "-4,0,0,0,1,0,0,0\n", "'-4' is not a time"),
        (HEADER + "1,nan,0,0,1,0,0,0\n", "line 2: x_m is 'nan'"),
        (HEADER + "1,0,,0,1,0,0,0\n", "line 2: y_m is ''"),
        (HEADER + "1,0,0,0,0,0,0,0\n", "the quaternion of pose 0 is zero"),
        (HEADER + "2,0,0,0,1,0,0,0\n1,0,0,0,1,0,0,0\n", "pose times do not increase"),
        (HEADER + "1,0,0,0,1,0,0,0\n1,0,0,0,1,0,0,0\n", "pose times do not increase"),
        ('"open quote\n', "is not CSV"),
    ],
)
def test_a_bad_file_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "trajectory.csv"
    path.write_text(text)
    with pytest.raises(Av3dError, match=message) as caught:
        read_trajectory(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "trajectory.csv"
    path.write_bytes(HEADER.encode("utf-16"))
    with pytest.raises(Av3dError, match="is not UTF-8"):
        read_trajectory(path)


def long_table(last_line: str = "", count: int = 9_000) -> str:
    """Poses at 100 Hz along a curve, as text that is long enough to be read at once."""
    rows = [f"{10**18 + k * 10**7},{k * 0.1},0.5,-1e-3,1,0,0,{k * 1e-4}" for k in range(count)]
    return HEADER + "\n".join(rows) + "\n" + last_line


def test_a_long_table_reads_as_a_short_one_does(tmp_path: Path) -> None:
    long, short = tmp_path / "long.csv", tmp_path / "short.csv"
    text = long_table()
    assert len(text) > LONG_TABLE
    long.write_text(text)
    short.write_text("\n".join(text.splitlines()[:1000]) + "\n")
    many, few = read_trajectory(long), read_trajectory(short)
    assert len(many.timestamps_ns) == 9000
    assert many.timestamps_ns[:999].tolist() == few.timestamps_ns.tolist()
    assert many.world_SE3_ego.matrix[:999].tolist() == few.world_SE3_ego.matrix.tolist()


def test_a_long_table_may_have_other_columns_and_empty_lines(tmp_path: Path) -> None:
    path = tmp_path / "trajectory.csv"
    lines = long_table().splitlines()
    path.write_text("\n\n".join(["note," + lines[0], *('"a, b",' + line for line in lines[1:])]))
    assert len(read_trajectory(path).timestamps_ns) == 9000


@pytest.mark.parametrize(
    ("last_line", "message"),
    [
        ("1,2,3\n", "line 9002 has 3 values, the header 8"),
        ("1.7e18,0,0,0,1,0,0,0\n", "line 9002: '1.7e18' is not a time in whole nanoseconds"),
        ("0x7fffffffffffff,0,0,0,1,0,0,0\n", "line 9002: '0x7fffffffffffff' is not a time"),
        ("9223372036854775807,0,0,0,1,0,0,0\n", "line 9002: '9223372036854775807' is not a time"),
        (f"{2 * 10**18},nan,0,0,1,0,0,0\n", "line 9002: x_m is 'nan'"),
        (f"{2 * 10**18},,0,0,1,0,0,0\n", "line 9002: x_m is ''"),
        (f"{2 * 10**18},2e9,0,0,1,0,0,0\n", "line 9002: x_m is '2e9'"),
        (f"{2 * 10**18},0,0,0,0,0,0,0\n", "the quaternion of pose 9000 is zero"),
        ("7,0,0,0,1,0,0,0\n", "pose times do not increase: pose 9000"),
        ('"open quote\n', "is not CSV"),
    ],
)
def test_a_bad_line_of_a_long_table_is_named(tmp_path: Path, last_line: str, message: str) -> None:
    path = tmp_path / "trajectory.csv"
    path.write_text(long_table(last_line))
    with pytest.raises(Av3dError, match=message):
        read_trajectory(path)
