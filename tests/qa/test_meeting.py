"""How deep the cuboids of two tracks lie in each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.overlap import bev_iou
from av3d.geometry.se3 import SE3
from av3d.qa.meeting import common_rows, meeting
from av3d.tracks.presence import Span
from courses import CAR_M, STEP_NS, drive, subject_of, track_along

LOG = drive(6)


def standing(x_m=0.0, y_m=0.0, yaw_rad=0.0, size_lwh_m=CAR_M, frames=(0,)):
    places = [[x_m, y_m]] * len(frames)
    return subject_of(track_along(places, yaw_rad, size_lwh_m, frames=frames), LOG)


def test_one_car_behind_the_other_goes_in_by_what_they_share_of_their_length():
    met = meeting(standing(), standing(4.0))
    assert met is not None
    assert met.depths_m == pytest.approx([0.5])
    assert met.shared == pytest.approx([0.5 / 4.5])
    assert met.ious == pytest.approx([0.5 / 8.5])


def test_cars_that_touch_do_not_meet():
    assert meeting(standing(), standing(4.5)) is None


def test_the_way_out_may_be_along_a_side_of_either():
    # A car across the other's nose: its own side is the nearer way out.
    met = meeting(standing(), standing(3.0, 0.0, np.pi / 2))
    assert met is not None
    assert met.depths_m == pytest.approx([(4.5 + 1.9) / 2 - 3.0])


def test_what_lies_above_is_not_in_it():
    car = track_along([[0.0, 0.0]])
    pose = SE3.from_yaw(0.0, [0.0, 0.0, 0.8 + 1.5])
    raised = car.with_keyframes([replace(car.keyframes[0], cuboid=Cuboid(pose, np.array(CAR_M)))])
    assert meeting(standing(), standing()) is not None
    assert meeting(standing(), subject_of(raised, LOG)) is None


def test_only_frames_in_which_both_are_there_count():
    rows, others = common_rows(standing(frames=(0, 1, 2)), standing(frames=(2, 3)))
    assert (rows.tolist(), others.tolist()) == ([2], [0])
    assert meeting(standing(frames=(0, 1)), standing(frames=(2, 3))) is None


def test_after_a_gap_rows_are_those_of_the_same_frames():
    presence = (Span(0, 1 * STEP_NS), Span(4 * STEP_NS, 5 * STEP_NS))
    away = track_along([[0.0, 0.0]] * 4, frames=(0, 1, 4, 5), presence=presence)
    rows, others = common_rows(subject_of(away, LOG), standing(frames=(1, 2, 3, 4, 5)))
    assert (rows.tolist(), others.tolist()) == ([1, 2, 3], [0, 3, 4])


sides = st.floats(0.3, 8.0)
places = st.floats(-5.0, 5.0)
yaws = st.floats(-3.1, 3.1)


@settings(max_examples=40)
@given(places, places, yaws, yaws, sides, sides, sides, sides)
def test_the_shared_area_is_that_of_the_exact_intersection(x, y, yaw, yaw_2, l_1, w_1, l_2, w_2):
    one = standing(0.0, 0.0, yaw, (max(l_1, w_1), min(l_1, w_1), 1.6))
    other = standing(x, y, yaw_2, (max(l_2, w_2), min(l_2, w_2), 1.6))
    exact = bev_iou(one.states[0].cuboid, other.states[0].cuboid)
    met = meeting(one, other)
    assert (0.0 if met is None else met.ious[0]) == pytest.approx(exact, abs=1e-9)
