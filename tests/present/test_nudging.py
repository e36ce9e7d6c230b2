import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.present.nudging import Nudge, Pace, flipped, nudged, quarter_turned

NORTH = Cuboid.from_yaw([10.0, 2.0, 0.8], [4.0, 2.0, 1.6], np.pi / 2)
"""It heads along +y, so its left is -x."""

angles = st.floats(-3, 3)
cuboids = st.builds(
    lambda roll, pitch, yaw: Cuboid(
        SE3.from_euler(roll, pitch, yaw, [1, 2, 3]), np.array([4.0, 2.0, 1.6])
    ),
    angles, st.floats(-1.5, 1.5), angles,
)  # fmt: skip


@pytest.mark.parametrize(
    ("nudge", "way_m"),
    [
        (Nudge.FORWARD, [0, 0.05, 0]),
        (Nudge.BACK, [0, -0.05, 0]),
        (Nudge.LEFT, [-0.05, 0, 0]),
        (Nudge.RIGHT, [0.05, 0, 0]),
        (Nudge.UP, [0, 0, 0.05]),
        (Nudge.DOWN, [0, 0, -0.05]),
    ],
)
def test_a_step_is_along_the_objects_own_axes(nudge, way_m):
    moved = nudged(NORTH, nudge)
    assert moved.center_m - NORTH.center_m == pytest.approx(way_m, abs=1e-12)
    np.testing.assert_array_equal(moved.frame_SE3_cuboid.rotation, NORTH.frame_SE3_cuboid.rotation)
    np.testing.assert_array_equal(moved.size_lwh_m, NORTH.size_lwh_m)


@pytest.mark.parametrize(("pace", "degrees"), [(Pace.FINE, 0.2), (Pace.USUAL, 1), (Pace.COARSE, 5)])
def test_turning_left_adds_to_the_heading(pace, degrees):
    left, right = nudged(NORTH, Nudge.TURN_LEFT, pace), nudged(NORTH, Nudge.TURN_RIGHT, pace)
    assert np.degrees(left.yaw_rad) == pytest.approx(90 + degrees)
    assert np.degrees(right.yaw_rad) == pytest.approx(90 - degrees)
    np.testing.assert_array_equal(left.center_m, NORTH.center_m)


@pytest.mark.parametrize(("pace", "step_m"), [(Pace.FINE, 0.01), (Pace.COARSE, 0.25)])
def test_steps_are_finer_and_coarser(pace, step_m):
    assert nudged(NORTH, Nudge.FORWARD, pace).center_m[1] == pytest.approx(2 + step_m)


@given(cuboids)
def test_left_and_right_undo_each_other(cuboid):
    back = nudged(nudged(cuboid, Nudge.TURN_LEFT), Nudge.TURN_RIGHT)
    np.testing.assert_allclose(back.corners_m(), cuboid.corners_m(), atol=1e-12)


def corner_set(cuboid):
    corners_m = cuboid.corners_m() - cuboid.center_m
    order = np.lexsort(np.round(corners_m, 6).T)
    return corners_m[order]


@given(cuboids)
def test_another_front_leaves_the_box_where_it_is(cuboid):
    assert corner_set(flipped(cuboid)) == pytest.approx(corner_set(cuboid), abs=1e-8)
    assert corner_set(quarter_turned(cuboid)) == pytest.approx(corner_set(cuboid), abs=1e-8)


def test_flipped_looks_back():
    assert flipped(NORTH).yaw_rad == pytest.approx(-np.pi / 2)


def test_quarter_turned_looks_left():
    turned = quarter_turned(NORTH)
    assert turned.yaw_rad == pytest.approx(np.pi)
    assert turned.size_lwh_m.tolist() == [2.0, 4.0, 1.6]


@given(cuboids)
def test_two_flips_and_four_quarter_turns_give_the_same_numbers(cuboid):
    assert flipped(flipped(cuboid)) == cuboid
    assert quarter_turned(quarter_turned(quarter_turned(quarter_turned(cuboid)))) == cuboid
