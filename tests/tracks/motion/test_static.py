import numpy as np
import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.noise import Noise
from av3d.tracks.track import Track
from av3d.types import NS_PER_S

STATIC = Interpolation(Model.STATIC)


def placed(
    time_s: float, x_m: float, y_m: float = 0.0, yaw_rad: float = 0.0, noise: Noise | None = None
) -> Keyframe:
    pose = SE3.from_euler(0.0, 0.0, yaw_rad, np.array([x_m, y_m, 1.0]))
    cuboid = Cuboid(pose, np.array([4.0, 2.0, 1.5]))
    return Keyframe(round(time_s * NS_PER_S), cuboid, noise=noise)


def standing(*keyframes: Keyframe) -> Track:
    return Track("t", "car", keyframes, interpolation=STATIC)


def test_it_has_one_pose_at_all_times() -> None:
    track = standing(placed(0, 0.0), placed(2, 0.2), placed(9, 0.1))

    states = track.motion.states(np.arange(-5, 60) * NS_PER_S // 3)

    assert np.allclose(states.centers_m, [0.1, 0.0, 1.0])
    assert np.ptp(states.rotations, axis=0).max() == 0
    assert not states.velocities_m_s.any()


def test_an_exact_keyframe_decides_where_it_stands() -> None:
    exact = Noise(0.001, 0.001, 0.001, 0.001)
    track = standing(placed(0, 0.0), placed(2, 0.5, noise=exact), placed(9, 0.1))

    assert track.motion.states(np.array([0])).centers_m[0, 0] == pytest.approx(0.5, abs=0.01)


def test_noise_across_counts_across_the_cuboid() -> None:
    # Headed along y: what is vague along the cuboid is vague in y.
    vague_along = Noise(10.0, 0.01, 0.01, 0.01)
    track = standing(
        placed(0, 0.0, 0.0, np.pi / 2, vague_along),
        placed(2, 1.0, 1.0, np.pi / 2, Noise(0.01, 0.01, 0.01, 0.01)),
    )

    state = track.state_at(NS_PER_S)

    assert state is not None
    assert state.covariance is not None
    assert np.allclose(state.cuboid.center_m[:2], [0.5, 1.0], atol=1e-3)
    assert np.sqrt(state.covariance[[0, 1], [0, 1]]) == pytest.approx([0.01, 0.0071], abs=1e-3)


def test_headings_across_the_half_turn_have_their_mean() -> None:
    track = standing(placed(0, 0.0, yaw_rad=3.1), placed(2, 0.0, yaw_rad=-3.1))

    yaw_rad = SE3.trusted(track.motion.states(np.array([0])).rotations, np.zeros((1, 3))).yaw_rad

    assert abs(yaw_rad[0]) == pytest.approx(np.pi)


def test_more_keyframes_are_more_certain() -> None:
    def sigma_m(count: int) -> float:
        track = standing(*(placed(k, 0.05 * (-1) ** k) for k in range(count)))
        covariances = track.motion.states(np.array([0])).covariances
        assert covariances is not None
        return float(np.sqrt(covariances[0, 0, 0]))

    assert sigma_m(40) < sigma_m(4) / 2


def test_hundreds_of_keyframes_and_exact_ones_side_by_side_have_one_pose_too() -> None:
    exact = Noise(0.0, 0.0, 0.0, 0.0)
    track = standing(*(placed(k, 0.01 * (-1) ** k, noise=exact) for k in range(200)))

    centers_m = track.motion.states(np.arange(200) * NS_PER_S).centers_m

    assert np.allclose(centers_m, [0.0, 0.0, 1.0])
