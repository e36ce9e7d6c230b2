"""Overlaps of many pairs at once are those that are computed one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.overlap import bev_iou, iou_3d
from av3d.geometry.se3 import SE3
from av3d.qa.agreement.overlap_kernels import overlaps
from av3d.types import FloatArray


def overlap(one: Cuboid, other: Cuboid) -> FloatArray:
    arrays = []
    for cuboid in (one, other):
        pose = cuboid.frame_SE3_cuboid
        parts = (pose.translation_m, pose.rotation, cuboid.size_lwh_m)
        arrays += [np.array(part, dtype=np.float64)[None] for part in parts]
    found, row = np.zeros((1, 3)), np.zeros(1, dtype=np.int64)
    overlaps(*arrays, row, row, found)
    return found[0]


def level(x: float, y: float, z: float, yaw: float = 0.0) -> Cuboid:
    return Cuboid.from_yaw([x, y, z], [4.0, 2.0, 1.5], yaw)


def test_a_cuboid_overlaps_wholly_with_itself() -> None:
    tilted = Cuboid(SE3.from_euler(0.1, -0.2, 0.7, [3.0, 2.0, 1.0]), [4.0, 2.0, 1.5])
    assert overlap(tilted, tilted) == pytest.approx([1.0, 1.0, 1.0])


def test_half_a_length_apart_a_third_is_shared() -> None:
    assert overlap(level(0, 0, 0), level(2, 0, 0)) == pytest.approx([1 / 3, 1 / 3, 1.0])


def test_half_a_height_apart_only_the_height_differs() -> None:
    assert overlap(level(0, 0, 0), level(0, 0, 0.75)) == pytest.approx([1 / 3, 1.0, 1 / 3])


def test_side_by_side_nothing_is_shared() -> None:
    assert overlap(level(0, 0, 0), level(0, 2, 0)) == pytest.approx([0.0, 0.0, 1.0], abs=1e-9)


def test_map_coordinates_keep_their_digits() -> None:
    far = overlap(level(500_000, 5_000_000, 40), level(500_002, 5_000_000, 40))
    assert far == pytest.approx([1 / 3, 1 / 3, 1.0])


_angle = st.floats(-np.pi, np.pi)
_tilt = st.floats(-0.4, 0.4)
_place = st.tuples(*[st.floats(-2.0, 2.0)] * 3)
_size = st.tuples(*[st.floats(0.3, 5.0)] * 3)


@settings(max_examples=25, deadline=None)
@given(_place, _size, _size, _angle, _angle, _tilt, _tilt)
def test_they_are_the_exact_ones_whatever_way_cuboids_are_turned(
    place: tuple[float, ...], size: tuple[float, ...], other_size: tuple[float, ...],
    yaw: float, other_yaw: float, roll: float, pitch: float,
) -> None:  # fmt: skip
    one = Cuboid(SE3.from_euler(roll, pitch, yaw, [10.0, -4.0, 0.5]), size)
    center_m = np.array([10.0, -4.0, 0.5]) + place
    other = Cuboid(SE3.from_euler(-pitch, roll / 2, other_yaw, center_m), other_size)
    found = overlap(one, other)
    assert found[0] == pytest.approx(iou_3d(one, other), abs=1e-6)
    assert found[1] == pytest.approx(bev_iou(one, other), abs=1e-6)
    assert found[:2] == pytest.approx(overlap(other, one)[:2], abs=1e-6)
