import numpy as np

from av3d.tracks.interpolation import Interpolation
from av3d.tracks.motion.fitting import motion_of
from av3d.tracks.motion.smooth import SmoothMotion
from tracks.motion.paths import keyframes, ns, turning


def test_times_come_in_any_order_and_more_than_once():
    motion = motion_of(keyframes([0, 1, 2.5], turning), Interpolation(), "car")
    assert isinstance(motion, SmoothMotion)
    mixed, sorted_ = motion.states(ns(2, 0.5, 2, -1)), motion.states(ns(-1, 0.5, 2))
    np.testing.assert_allclose(mixed.centers_m, sorted_.centers_m[[2, 1, 2, 0]], atol=1e-12)
    np.testing.assert_allclose(mixed.covariances, sorted_.covariances[[2, 1, 2, 0]], atol=1e-12)
    assert len(motion.states(ns())) == 0


def test_nanoseconds_of_real_clocks_are_kept():
    """Since 1970, where a float knows only each quarter of a microsecond."""
    start_ns = 1_557_539_924_123_456_789
    at_zero = keyframes([0, 1, 2.5], turning)
    motion = motion_of(at_zero, Interpolation(), "car")
    later = at_zero.__class__(
        at_zero.times_ns + start_ns,
        at_zero.centers_m,
        at_zero.rotations,
        at_zero.sizes_lwh_m,
        at_zero.provenances,
    )
    moved = motion_of(later, Interpolation(), "car")
    asked = ns(0.3, 1.7) + 1
    np.testing.assert_array_equal(
        moved.states(asked + start_ns).centers_m, motion.states(asked).centers_m
    )


def test_outside_the_keyframes_the_speed_goes_on_ever_less_certain():
    motion = motion_of(keyframes([0, 1, 2], lambda t: (5 * t, 0, 0, 0)), Interpolation(), "car")
    found = motion.states(ns(2, 2.1, 3, 4))
    np.testing.assert_allclose(found.centers_m[:, 0], [10, 10.5, 15, 20], atol=0.3)
    assert (np.diff(found.covariances[:, 0, 0]) > 0).all()
