"""Point cloud files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from av3d.datasets.kitti.velodyne import points_bytes, read_points
from av3d.errors import InputFileError
from av3d.logs.sweep import Sweep


def test_points_read_back_as_they_were_written(tmp_path: Path) -> None:
    points = np.array([[1, 2, 3], [-4, 5, -6]], np.float32)
    intensity = np.array([0.25, 1.0], np.float32)
    (tmp_path / "0.bin").write_bytes(points_bytes(Sweep("velodyne", 0, points, intensity)))
    back, back_intensity = read_points(tmp_path / "0.bin")
    np.testing.assert_array_equal(back, points)
    np.testing.assert_array_equal(back_intensity, intensity)


def test_intensities_of_other_lidars_are_scaled(tmp_path: Path) -> None:
    np.array([[1, 2, 3, 255], [1, 2, 3, 51]], "<f4").tofile(tmp_path / "0.bin")
    np.testing.assert_allclose(read_points(tmp_path / "0.bin")[1], [1.0, 0.2])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty, 0 bytes"),
        (b"\0" * 30, "truncated: 30 bytes"),
        (np.array([1, np.nan, 3, 0], "<f4").tobytes(), "not finite"),
    ],
)
def test_a_broken_cloud_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "0.bin").write_bytes(data)
    with pytest.raises(InputFileError, match=message):
        read_points(tmp_path / "0.bin")
