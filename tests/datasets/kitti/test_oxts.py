"""Poses as latitude, longitude and angles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.datasets.kitti.oxts import oxts_line, read_oxts
from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3

ROW = "49.0 8.4 110.0 0.0 0.0 {yaw} " + " ".join(["0"] * 24) + "\n"


def test_yaw_0_is_east_and_the_first_position_is_the_origin(tmp_path: Path) -> None:
    path = tmp_path / "0000.txt"
    path.write_text(ROW.format(yaw=0) + ROW.format(yaw=0).replace("8.4", "8.40001"))
    poses = read_oxts(path)
    np.testing.assert_array_equal(poses.translation_m[0], [0, 0, 0])
    # 1e-5 degrees of longitude at 49 degrees north
    east = 1e-5 * np.pi / 180 * 6378137 * np.cos(np.radians(49))
    np.testing.assert_allclose(poses.translation_m[1], [east, 0, 0], atol=1e-6)
    np.testing.assert_allclose(poses.rotation[0], np.eye(3), atol=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there are no oxts records"),
        (ROW.format(yaw=0) + "49 8.4 110\n", "line 2"),
        (ROW.format(yaw="north"), "line 1"),
        (ROW.format(yaw="nan"), "not a position and attitude"),
    ],
)
def test_a_broken_record_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "0000.txt"
    path.write_text(text)
    with pytest.raises(InputFileError, match=message):
        read_oxts(path)


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(
            *[st.floats(-3000, 3000)] * 2, st.floats(-100, 100),
            st.floats(-1, 1), st.floats(-1, 1), st.floats(-3.1, 3.1),
        ),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_written_poses_read_back_to_a_hundredth_of_a_millimetre(
    tmp_path_factory: pytest.TempPathFactory, values: list
) -> None:
    poses = [SE3.from_euler(r, p, y, np.array([x, north, z])) for x, north, z, r, p, y in values]
    lines = [
        oxts_line(pose.translation_m - poses[0].translation_m, pose, np.zeros(6)) for pose in poses
    ]
    assert all(len(line.split()) == 30 for line in lines)
    path = tmp_path_factory.mktemp("oxts") / "0000.txt"
    path.write_text("\n".join(lines))
    back = read_oxts(path)
    for pose, translation_m, rotation in zip(poses, back.translation_m, back.rotation, strict=True):
        np.testing.assert_allclose(
            translation_m, pose.translation_m - poses[0].translation_m, atol=1e-5
        )
        np.testing.assert_allclose(rotation, pose.rotation, atol=1e-9)
