import numpy as np
import pytest

from av3d.tracks.columns import KeyframeColumns
from av3d.tracks.interpolation import Interpolation
from av3d.tracks.motion.fitting import motion_of
from av3d.tracks.motion.linear import LinearMotion
from tracks.motion.paths import driving, keyframes, ns, turning


def growing(times_s, lengths_m):
    columns = keyframes(times_s, driving)
    sizes = columns.sizes_lwh_m.copy()
    sizes[:, 0] = lengths_m
    return KeyframeColumns(
        columns.times_ns, columns.centers_m, columns.rotations, sizes, columns.provenances
    )


@pytest.mark.parametrize("make", [LinearMotion, lambda c: motion_of(c, Interpolation(), "truck")])
def test_sizes_are_linear_in_time_and_held_outside(make):
    motion = make(growing([1.7e9, 1.7e9 + 2, 1.7e9 + 6], [4.0, 6.0, 10.0]))
    asked = ns(1.7e9 - 1, 1.7e9 + 0.5, 1.7e9 + 5, 1.7e9 + 9)
    assert motion.sizes_at(asked)[:, 0] == pytest.approx([4.0, 4.5, 9.0, 10.0])
    assert motion.cuboid_at(int(asked[1])).length_m == pytest.approx(4.5)


def test_one_size_is_the_size_at_all_times():
    motion = motion_of(keyframes([0, 1, 2], turning), Interpolation(), "car")
    assert motion.sizes_at(ns(-1, 0.4, 9)).tolist() == [[4.5, 1.9, 1.6]] * 3


def test_at_one_time_it_is_what_it_is_at_many():
    motion = motion_of(keyframes([0, 1, 2], turning), Interpolation(), "car")
    many = motion.states(ns(0.3, 1.6))
    for row, time_ns in enumerate(ns(0.3, 1.6).tolist()):
        cuboid = motion.cuboid_at(time_ns)
        np.testing.assert_allclose(cuboid.center_m, many.centers_m[row], atol=1e-12)
        np.testing.assert_allclose(
            cuboid.frame_SE3_cuboid.rotation, many.rotations[row], atol=1e-12
        )
        np.testing.assert_allclose(
            motion.velocity_at(time_ns), many.velocities_m_s[row], atol=1e-12
        )


def test_it_stands_between_copies_only():
    motion = motion_of(
        keyframes([0, 2, 4, 6], lambda t: (min(t, 2.0) + max(t - 4, 0.0), 0, 0, 0)),
        Interpolation(),
        "car",
    )
    stands = [motion.standing_at(int(time_ns)) for time_ns in ns(-1, 1, 2.5, 4, 4.5, 7)]
    assert stands == [None, None, 1, 1, None, None]
    # A box that grows does not stand.
    changing = growing([0, 1], [4.0, 5.0])
    assert LinearMotion(changing).standing_at(ns(0.5)[0]) is None
