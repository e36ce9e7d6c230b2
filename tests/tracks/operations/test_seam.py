import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.seam import miss_m
from av3d.tracks.track import Track

S = 1_000_000_000


def driving(*places: tuple[float, float]) -> Track:
    keyframes = tuple(
        Keyframe(round(t * S), Cuboid.from_yaw([x, 0, 0], [4, 2, 1.5], 0.0)) for t, x in places
    )
    return Track("A", "car", keyframes)


def miss(before: Track, after: Track) -> float:
    return miss_m(before, before.end_ns, after, after.start_ns)


def test_steady_motion_misses_nothing():
    assert miss(driving((0, 0), (1, 10)), driving((3, 30), (4, 40))) == pytest.approx(0)


def test_a_car_that_brakes_evenly_misses_nothing():
    # From 10 m/s to a stand in two seconds: 10 m.
    assert miss(driving((0, 0), (1, 10)), driving((3, 20), (4, 20))) == pytest.approx(0)


def test_one_keyframe_has_no_velocity_and_takes_the_other_ones():
    assert miss(driving((1, 10)), driving((3, 30), (4, 40))) == pytest.approx(0)
    assert miss(driving((0, 0), (1, 10)), driving((3, 33))) == pytest.approx(3)
    assert miss(driving((1, 10)), driving((3, 12))) == pytest.approx(2)


def test_the_velocity_is_that_of_the_last_second_and_not_of_two_noisy_keyframes():
    noisy = driving((0, 0), (9, 90), (9.9, 99.2), (10, 100))
    assert miss(noisy, driving((12, 120), (13, 130))) == pytest.approx(0)
