"""The values of many cuboids side by side."""

from __future__ import annotations

import numpy as np
import pytest

from av3d.datasets.nuscenes.gathering import gathered, quaternions_wxyz, stacked
from av3d.geometry.se3 import SE3


def test_arrays_are_gathered_in_their_order() -> None:
    found = gathered([np.array([1.0, 2.0]), np.array([3.0, 4.0])], (2,))
    assert found.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_a_transposed_array_is_gathered_as_it_reads() -> None:
    matrix = np.arange(9.0).reshape(3, 3)
    assert gathered([matrix, matrix.T], (3, 3)).tolist() == [matrix.tolist(), matrix.T.tolist()]


def test_none_are_gathered_to_none() -> None:
    assert gathered([], (3,)).shape == (0, 3)
    assert stacked([]).shape == (0,)


def test_quaternions_that_are_known_are_kept_and_others_computed() -> None:
    known = SE3.from_quaternion([0.6, 0.0, 0.0, 0.8], [0.0, 0.0, 0.0])
    turned = SE3.from_yaw(np.pi / 2, [1.0, 2.0, 3.0])
    found = quaternions_wxyz([known, turned])
    assert found[0].tolist() == [0.6, 0.0, 0.0, 0.8]
    assert found[1] == pytest.approx([np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5)])
