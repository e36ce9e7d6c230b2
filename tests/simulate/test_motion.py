from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.simulate.cast import START_NS
from av3d.simulate.crossing import crossing, ego_motion
from av3d.simulate.ground import KERB_M, road_height_m, walk_height_m
from av3d.simulate.motion import Path, Speed, on_wheels

TIMES_NS = START_NS + np.arange(0, 4_200_000_000, 10_000_000)


def test_a_car_that_brakes_stands_where_the_formula_says() -> None:
    speed = Speed((0, 8), (4, 0))
    assert speed.distance_m(4) == pytest.approx(16)
    assert speed.distance_m(100) == pytest.approx(16)
    assert speed.distance_m(-1) == pytest.approx(-8)


@given(st.lists(st.floats(0, 12), min_size=1, max_size=5), st.floats(-2, 12))
def test_distance_is_the_integral_of_speed(speeds: list[float], time_s: float) -> None:
    speed = Speed(*[(float(k), v) for k, v in enumerate(speeds)])
    fine = np.linspace(0, time_s, 4001)
    v = speed.at(fine)
    integral = ((v[1:] + v[:-1]) / 2 * np.diff(fine)).sum()
    assert speed.distance_m(time_s) == pytest.approx(integral, abs=1e-3)


def test_a_quarter_turn_ends_at_a_right_angle() -> None:
    path = Path((0, 0), 0.0, [(10, 0), (8 * np.pi / 2, np.pi / 2), (10, 0)])
    x, y, yaw = path.at(path.length_m)
    assert yaw == pytest.approx(np.pi / 2)
    # Steering takes some way, so the corner is cut by a little.
    assert (x, y) == (pytest.approx(18, abs=0.15), pytest.approx(18, abs=0.15))


def test_a_path_goes_straight_on_past_its_ends() -> None:
    path = Path((1, 2), 0.0, [(10, 0)])
    assert [float(value) for value in path.at(-5)] == pytest.approx([-4, 2, 0])
    assert [float(value) for value in path.at(30)] == pytest.approx([31, 2, 0])


def test_uphill_lifts_the_nose() -> None:
    slope = lambda x, y: 0.1 * np.asarray(x)  # noqa: E731
    pose = on_wheels(np.array(3.0), np.array(0.0), np.array(0.0), 2.7, 1.6, slope)
    assert pose.rotation[2, 0] == pytest.approx(np.sin(np.arctan(0.1)))
    assert pose.translation_m.tolist() == pytest.approx([3, 0, 0.3])


def test_a_bank_rolls_the_car() -> None:
    bank = lambda x, y: 0.1 * np.asarray(y)  # noqa: E731
    pose = on_wheels(np.array(0.0), np.array(0.0), np.array(0.0), 2.7, 1.6, bank)
    # The left side (+y) is higher.
    assert pose.rotation[2, 1] == pytest.approx(np.sin(np.arctan(0.1)))


def test_the_pavement_is_a_step_above_the_road() -> None:
    assert walk_height_m(0, 0) == pytest.approx(float(road_height_m(0, 0)))
    assert walk_height_m(20, 20) == pytest.approx(float(road_height_m(20, 20)) + KERB_M)


def test_the_sensor_car_turns_pitches_and_rolls() -> None:
    pose = crossing(7).world_SE3_ego(TIMES_NS)
    roll, pitch, yaw = np.rad2deg(pose.roll_pitch_yaw_rad).T
    assert yaw[-1] - yaw[0] > 60
    assert np.ptp(pitch) > 2.5
    assert np.ptp(roll) > 2.5
    assert np.abs(pitch).max() > 1.5


def test_the_sensor_car_moves_without_jumps() -> None:
    pose = crossing(7).world_SE3_ego(TIMES_NS)
    velocity = np.diff(pose.translation_m, axis=0) / 0.01
    acceleration = np.diff(velocity, axis=0) / 0.01
    assert np.linalg.norm(acceleration, axis=1).max() < 6


def test_a_lap_leads_back_to_the_crossing() -> None:
    motion = ego_motion()
    lap_m = 4 * (8 * np.pi / 2 + 77.5)
    x, y, yaw = motion.path.at(np.array([5.0, 5.0 + lap_m]))
    assert np.hypot(x[1] - x[0], y[1] - y[0]) < 0.5
    assert yaw[1] - yaw[0] == pytest.approx(2 * np.pi)


def test_equal_seeds_give_equal_scenarios() -> None:
    first, second, other = crossing(3), crossing(3), crossing(4)
    for a, b in zip(first.actors, second.actors, strict=True):
        assert (a.name, a.attributes, a.track_id) == (b.name, b.attributes, b.track_id)
        assert a.size_lwh_m.tolist() == b.size_lwh_m.tolist()
        assert a.centers_m(START_NS).tolist() == b.centers_m(START_NS).tolist()
    looks = [[dict(actor.attributes) for actor in s.actors] for s in (first, other)]
    assert looks[0] != looks[1]


def test_cars_stop_start_and_turn() -> None:
    actors = [actor for actor in crossing(7).actors if actor.category == "car"][:6]
    kinds = set()
    for actor in actors:
        centers = actor.centers_m(TIMES_NS)
        speed = np.linalg.norm(np.diff(centers, axis=0), axis=1) / 0.01
        yaw = np.unwrap(actor.world_SE3_base(TIMES_NS).yaw_rad)
        if speed[0] > 3 and speed[-1] < 0.5:
            kinds.add("stops")
        if speed[0] < 0.1 and speed[-1] > 3:
            kinds.add("starts")
        if np.ptp(yaw) > 0.5:
            kinds.add("turns")
    assert kinds == {"stops", "starts", "turns"}
