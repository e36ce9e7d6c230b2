import numpy as np
import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.motion.broken import breaks
from av3d.tracks.noise import Noise
from av3d.tracks.track import Track

S = 1_000_000_000
EXACT = Noise(0.0, 0.0, 0.0, 0.0)


def key(time_s: float, x_m: float, y_m: float = 0.0, noise: Noise | None = None) -> Keyframe:
    cuboid = Cuboid.from_yaw([x_m, y_m, 0.0], [4.5, 1.9, 1.6], 0.0)
    return Keyframe(round(time_s * S), cuboid, noise=noise)


def car(*keyframes: Keyframe) -> Track:
    return Track("a", "car", keyframes)


JUMP = (key(4, 20, 0, EXACT), key(4.1, 20.5, 3, EXACT))
JUMPING = car(key(0, 0), key(2, 10), *JUMP, key(6, 30, 3), key(8, 40, 3))


def test_a_break_lies_between_two_exact_keyframes():
    assert breaks(JUMPING.columns).tolist() == [2]
    assert breaks(car(key(0, 0), key(1, 1)).columns).tolist() == []
    alone = car(key(0, 0), key(1, 1, noise=EXACT), key(2, 2))
    assert breaks(alone.columns).tolist() == []
    doubted = car(key(0, 0, noise=EXACT), key(1, 1, noise=Noise(0.0, 0.0, 0.0, 0.01)))
    assert breaks(doubted.columns).tolist() == []


def test_nothing_swings_through_a_jump():
    times_ns = np.array([S, 3 * S, 39 * S // 10, 42 * S // 10, 5 * S, 7 * S])
    beside_m = JUMPING.motion.states(times_ns).centers_m[:, 1]
    np.testing.assert_allclose(beside_m, [0, 0, 0, 3, 3, 3], atol=0.005)


def test_without_a_break_it_would():
    smoothed = car(*(key(k.timestamp_ns / S, *k.cuboid.center_m[:2]) for k in JUMPING.keyframes))
    beside_m = smoothed.motion.states(np.array([3 * S, 5 * S])).centers_m[:, 1]
    assert np.abs(beside_m - [0, 3]).max() > 0.1


def test_each_piece_moves_as_if_it_were_alone():
    head, tail = car(*JUMPING.keyframes[:3]), car(*JUMPING.keyframes[3:])
    for track, times_s in ((head, [-1, 0.5, 3.3]), (tail, [4.3, 5.5, 9])):
        times_ns = np.array([round(t * S) for t in times_s])
        whole, alone = JUMPING.motion.states(times_ns), track.motion.states(times_ns)
        np.testing.assert_array_equal(whole.centers_m, alone.centers_m)
        np.testing.assert_array_equal(whole.covariances, alone.covariances)


def test_across_a_break_the_way_is_straight():
    states = JUMPING.motion.states(np.array([4 * S + S // 20]))
    np.testing.assert_allclose(states.centers_m, [[20.25, 1.5, 0]], atol=1e-9)
    np.testing.assert_allclose(states.velocities_m_s, [[5, 30, 0]], atol=1e-6)


def test_a_piece_of_one_keyframe_rests():
    one = car(key(0, 0, 0, EXACT), key(0.1, 5, 0, EXACT), key(3, 6))
    assert one.motion.states(np.array([-S])).centers_m.tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("count", [2, 30])
def test_where_all_keyframes_are_exact_it_is_linear(count):
    random = np.random.default_rng(3)
    track = car(*(key(n, *random.uniform(-9, 9, 2), EXACT) for n in range(count)))
    times_ns = random.integers(0, (count - 1) * S, 20)
    known_s = np.arange(count)
    for axis in (0, 1):
        expected = np.interp(times_ns / S, known_s, track.columns.centers_m[:, axis])
        found = track.motion.states(times_ns).centers_m[:, axis]
        np.testing.assert_allclose(found, expected, atol=1e-9)


def test_its_doubt_is_told_everywhere():
    times_ns = np.linspace(-S, 9 * S, 101).astype(np.int64)
    covariances = JUMPING.motion.states(times_ns).covariances
    assert (np.linalg.eigvalsh(covariances) > -1e-12).all()  # 0 at an exact keyframe
    assert (covariances[:, 0, 0] > 0).all()
