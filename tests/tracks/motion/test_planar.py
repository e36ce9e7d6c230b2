import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.optimize import least_squares

from av3d.tracks.motion.planar import (
    PlanarError,
    PlanarMeasurements,
    PlanarModel,
    PlanarPath,
)
from av3d.types import FloatArray

CAR = PlanarModel(psd=(1.0, 0.3, 0.003), speed_sigmas=(15.0, 1.0, 0.3), pivot_m=1.2)
TIMES_S = np.array([0.0, 0.8, 2.5, 3.0])
TURNING = np.array([[0.0, 0.0, 0.1], [4.1, 0.3, 0.2], [11.0, 3.5, 0.8], [12.6, 5.3, 1.0]])


def smooth_planar(
    times_s: FloatArray, poses: FloatArray, covariances: FloatArray, model: PlanarModel
) -> PlanarPath:
    return PlanarMeasurements(times_s, poses, covariances).smooth(model)


def noises(count: int, along: float = 0.05, across: float = 0.08, yaw: float = 0.02) -> FloatArray:
    return np.tile(np.diag([along, across, yaw]) ** 2, (count, 1, 1))


def matrix(pose: FloatArray) -> FloatArray:
    c, s = math.cos(pose[2]), math.sin(pose[2])
    return np.array([[c, -s, pose[0]], [s, c, pose[1]], [0.0, 0.0, 1.0]])


def log_pose(a: FloatArray, b: FloatArray) -> FloatArray:
    """Twist that leads from a to b in a second: x' = V rho with V the mean of all turns on the way."""
    turn_rad = b[2] - a[2]
    sine, versine = math.sin(turn_rad) / turn_rad, (1 - math.cos(turn_rad)) / turn_rad
    chord = (np.linalg.inv(matrix(a)) @ matrix(b))[:2, 2]
    rho = np.linalg.solve([[sine, -versine], [versine, sine]], chord)
    return np.array([*rho, turn_rad])


def dense_residuals(
    nodes: FloatArray,
    node_times_s: FloatArray,
    poses: FloatArray,
    covariances: FloatArray,
    model: PlanarModel,
) -> FloatArray:
    """The model written down once more, with other formulas; a node for each measurement or more."""
    nodes = nodes.reshape(-1, 6)
    psd = np.array(model.psd)
    residuals = []
    for a, b, dt in zip(nodes[:-1], nodes[1:], np.diff(node_times_s), strict=True):
        path = log_pose(a, b) - dt * (a[3:] + b[3:]) / 2
        residuals += [(b[3:] - a[3:]) / np.sqrt(psd * dt), path / np.sqrt(psd * dt**3 / 12)]
    for end in (nodes[0], nodes[-1]):
        residuals.append(end[3:] / np.array(model.speed_sigmas) / math.sqrt(2))
    gaps_s = np.diff(node_times_s)
    shares_s = np.append(gaps_s, 0) / 2 + np.append(0, gaps_s) / 2
    residuals += [
        n[3:] * np.sqrt(s / np.array(model.hold)) for n, s in zip(nodes, shares_s, strict=True)
    ]
    for time_s, pose, covariance in zip(TIMES_S, poses, covariances, strict=True):
        node = nodes[np.argmin(np.abs(node_times_s - time_s))]
        center = matrix(node) @ [model.pivot_m, 0.0, 1.0]
        error = np.linalg.inv(matrix(pose)) @ center
        local = np.array([error[0], error[1], node[2] - pose[2]])
        residuals.append(np.linalg.solve(np.linalg.cholesky(covariance), local))
    return np.concatenate(residuals)


@pytest.mark.parametrize(
    "model",
    [
        CAR,
        PlanarModel((1.0, 0.3, 0.02), (15.0, 1.0, 0.3), hold=(math.inf, 0.05, 0.02), pivot_m=-0.5),
        PlanarModel((0.1, 0.1, 0.1), (3.0, 3.0, 3.0), longest_step_s=10.0),
    ],
)
def test_agrees_with_dense_least_squares(model: PlanarModel) -> None:
    full = np.array([[0.01, 0.004, 0.001], [0.004, 0.02, -0.003], [0.001, -0.003, 0.002]])
    covariances = np.stack([full, *noises(2), 2 * full])

    path = smooth_planar(TIMES_S, TURNING, covariances, model)

    assert path.converged
    shift = np.concatenate([path.origin_m, np.zeros(4)])
    mode = path.nodes + shift
    dense = least_squares(
        dense_residuals,
        mode.ravel() + 0.01,
        args=(path.times_s, TURNING, covariances, model),
        xtol=1e-14,
    )
    assert np.allclose(dense.x.reshape(-1, 6), mode, atol=1e-5)
    inverse = np.linalg.inv(dense.jac.T @ dense.jac)
    for i in range(len(mode)):
        block = inverse[6 * i : 6 * i + 6, 6 * i : 6 * i + 12]
        assert np.allclose(path.covariances[i], block[:, :6], rtol=1e-3, atol=1e-6)
        if i + 1 < len(mode):
            assert np.allclose(path.cross_covariances[i], block[:, 6:], rtol=1e-3, atol=1e-6)


def test_evidence_is_the_density_of_the_measurements() -> None:
    """Along a line the model is linear, and the density of the keyframes can be written down."""
    model = PlanarModel((0.5, 1e-4, 1e-4), (4.0, 1e-3, 1e-3), longest_step_s=0.4)
    times_s = np.array([0.0, 1.0, 2.5])
    places = np.array([0.0, 3.0, 5.0])
    poses = np.stack([places, np.zeros(3), np.zeros(3)], axis=1)

    def evidence(scale: float) -> float:
        covariances = noises(3)
        covariances[:, 0, 0] = scale**2
        return smooth_planar(times_s, poses, covariances, model).log_evidence

    def exact(scale: float) -> float:
        # The speed is a Wiener process with its two ends held by 4 m/s * sqrt 2 each.
        fine_s = np.linspace(0, 2.5, 501)
        wiener = 0.5 * np.minimum.outer(fine_s, fine_s) + 1e6
        ends = wiener[:, [0, -1]]
        speeds = wiener - ends @ np.linalg.solve(ends[[0, -1]] + 32.0 * np.eye(2), ends.T)
        steps = (
            np.diff(fine_s, prepend=-fine_s[1]) / 2 + np.diff(fine_s, append=2.5 + fine_s[1]) / 2
        )
        reach = [
            np.where(fine_s <= t, steps, 0) - np.where(fine_s == t, steps / 2, 0) for t in times_s
        ]
        moves = np.array(reach)
        covariance = moves @ speeds @ moves.T + scale**2 * np.eye(3) + 1e6
        residual = np.linalg.solve(covariance, places)
        return float(-0.5 * places @ residual - 0.5 * np.linalg.slogdet(covariance)[1])

    assert evidence(0.5) - evidence(0.05) == pytest.approx(exact(0.5) - exact(0.05), abs=0.02)


def moved(poses: FloatArray, shift_m: FloatArray, turn_rad: float) -> FloatArray:
    c, s = math.cos(turn_rad), math.sin(turn_rad)
    places = poses[:, :2] @ np.array([[c, s], [-s, c]]) + shift_m
    return np.column_stack([places, poses[:, 2] + turn_rad])


@settings(max_examples=25, deadline=None)
@given(
    x_m=st.floats(-6e6, 6e6),
    y_m=st.floats(-6e6, 6e6),
    turn_rad=st.floats(-20, 20),
    query_s=st.floats(-2, 5),
)
def test_does_not_depend_on_where_the_world_begins(
    x_m: float, y_m: float, turn_rad: float, query_s: float
) -> None:
    shift_m = np.array([x_m, y_m])
    here = smooth_planar(TIMES_S, TURNING, noises(4), CAR)
    there = smooth_planar(TIMES_S, moved(TURNING, shift_m, turn_rad), noises(4), CAR)

    at = np.array([query_s])
    expected, states = here.at(at), there.at(at)

    assert np.allclose(states.poses, moved(expected.poses, shift_m, turn_rad), atol=1e-6)
    assert np.allclose(states.speeds, expected.speeds, atol=1e-6)
    assert np.allclose(states.accelerations, expected.accelerations, atol=1e-5)
    assert np.allclose(states.covariances, expected.covariances, atol=1e-7)
    assert there.log_evidence == pytest.approx(here.log_evidence, abs=1e-5)


def test_backwards_in_time_is_the_same_motion_with_opposite_speeds() -> None:
    forth = smooth_planar(TIMES_S, TURNING, noises(4), CAR)
    back = smooth_planar(3.0 - TIMES_S[::-1], TURNING[::-1], noises(4), CAR)

    states, reversed_states = forth.at(TIMES_S), back.at(3.0 - TIMES_S)

    assert np.allclose(states.poses, reversed_states.poses, atol=1e-7)
    assert np.allclose(states.speeds, -reversed_states.speeds, atol=1e-6)
    assert np.allclose(states.covariances, reversed_states.covariances, atol=1e-8)
    assert forth.log_evidence == pytest.approx(back.log_evidence, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    speed_m_s=st.floats(-15, 15),
    turn_rad_s=st.floats(-0.4, 0.4),
    gaps_s=st.lists(st.floats(0.01, 6), min_size=1, max_size=6),
)
def test_a_constant_twist_is_kept_exactly(
    speed_m_s: float, turn_rad_s: float, gaps_s: list[float]
) -> None:
    model = PlanarModel((1.0, 0.3, 0.01), (1e4, 1e4, 1e4))
    times_s = np.append(0.0, np.cumsum(gaps_s))
    queries_s = np.linspace(-1.0, times_s[-1] + 1.0, 50)
    twist = np.array([[0, -turn_rad_s, speed_m_s], [turn_rad_s, 0, 0], [0, 0, 0]])

    def truth(t: float) -> FloatArray:
        place = expm(t * twist)
        return np.array([place[0, 2], place[1, 2], t * turn_rad_s])

    path = smooth_planar(
        times_s, np.array([truth(t) for t in times_s]), noises(len(times_s)), model
    )
    states = path.at(queries_s)

    assert np.allclose(states.poses, [truth(t) for t in queries_s], atol=1e-3)
    assert np.allclose(states.speeds, [speed_m_s, 0, turn_rad_s], atol=1e-3)
    assert np.allclose(states.accelerations, [0, speed_m_s * turn_rad_s, 0], atol=1e-2)


def test_speeds_and_accelerations_are_the_derivatives_of_the_poses() -> None:
    path = smooth_planar(TIMES_S, TURNING, noises(4), CAR)
    queries_s = np.array([-0.5, 0.3, 0.79, 1.2, 2.2, 2.9, 3.6])
    h = 1e-4
    before, now, after = (path.at(queries_s + d) for d in (-h, 0.0, h))
    c, s = np.cos(now.poses[:, 2]), np.sin(now.poses[:, 2])

    def in_body(world: FloatArray) -> FloatArray:
        x, y, yaw = world.T
        return np.stack([c * x + s * y, -s * x + c * y, yaw], axis=1)

    assert np.allclose(in_body((after.poses - before.poses) / (2 * h)), now.speeds, atol=1e-6)
    bend = in_body((after.poses - 2 * now.poses + before.poses) / h**2)
    assert np.allclose(bend, now.accelerations, atol=1e-5)


def test_a_car_between_two_keyframes_of_a_turn_stays_on_the_road() -> None:
    """A quarter turn of 10 m radius, keyframes at its ends and a second before and after."""
    poses = np.array([[-5.0, 0, 0], [0, 0, 0], [10, 10, math.pi / 2], [10, 15, math.pi / 2]])
    times_s = np.array([0.0, 1.0, 1.0 + math.pi, 2.0 + math.pi])
    model = PlanarModel((1.0, 0.3, 0.02), (15.0, 1.0, 0.5))

    path = smooth_planar(times_s, poses, noises(4, 0.02, 0.02, 0.005), model)
    middle = path.at(np.array([1.0 + math.pi / 2]))

    on_arc = [10 * math.sin(math.pi / 4), 10 * (1 - math.cos(math.pi / 4))]
    assert np.allclose(middle.poses[0, :2], on_arc, atol=0.6)  # a straight line is 2.9 m off
    assert middle.poses[0, 2] == pytest.approx(math.pi / 4, abs=0.02)
    assert middle.speeds[0, 0] == pytest.approx(5.0, abs=0.6)


def test_a_reversing_car_has_negative_speed() -> None:
    poses = np.array([[0.0, 0, 0], [-2, 0, 0], [-4, 0, 0]])
    path = smooth_planar(np.array([0.0, 1.0, 2.0]), poses, noises(3), CAR)
    assert np.allclose(path.at(np.array([0.5, 1.5])).speeds[:, 0], -2.0, atol=0.05)


def test_a_standing_car_with_noisy_keyframes_neither_spins_nor_slides() -> None:
    rng = np.random.default_rng(5)
    times_s = np.arange(10) * 2.0
    poses = rng.normal(scale=[0.1, 0.1, 0.035], size=(10, 3))
    parked = PlanarModel((1e-5, 1e-5, 1e-7), (0.01, 0.01, 0.001))

    path = smooth_planar(times_s, poses, noises(10, 0.1, 0.1, 0.035), parked)
    states = path.at(np.linspace(0, 18, 100))

    assert np.allclose(states.poses, poses.mean(axis=0), atol=[0.05, 0.05, 0.01])
    assert np.all(np.abs(states.speeds) < [0.02, 0.02, 0.002])
    driving = smooth_planar(times_s, poses, noises(10, 0.1, 0.1, 0.035), CAR)
    assert path.log_evidence > driving.log_evidence + 5


def test_one_keyframe_stands_and_its_surroundings_grow_uncertain() -> None:
    path = smooth_planar(np.array([7.0]), TURNING[1:2], noises(1), CAR)
    states = path.at(np.array([6.0, 7.0, 9.0]))
    assert np.allclose(states.poses, TURNING[1])
    sigmas_m = np.sqrt(states.covariances[:, 0, 0])
    assert sigmas_m == pytest.approx([15.0, 0.05, 30.0], rel=0.01)


def test_pinned_keyframes_stay_where_they_are() -> None:
    pinned = np.tile(1e-12 * np.eye(3), (4, 1, 1))
    states = smooth_planar(TIMES_S, TURNING, pinned, CAR).at(TIMES_S)
    assert np.allclose(states.poses, TURNING, atol=1e-6)
    assert np.all(states.covariances < 1.01e-12)


@pytest.mark.parametrize("gap_s", [0.0, 1e-9, 1e-3])
def test_keyframes_at_almost_the_same_time_are_averaged(gap_s: float) -> None:
    poses = np.array([[0.0, 0, 0], [0.2, 0, 0], [10.0, 0, 0]])
    states = smooth_planar(np.array([0.0, gap_s, 2.0]), poses, noises(3), CAR).at(np.zeros(1))
    assert states.poses[0] == pytest.approx([0.1, 0, 0], abs=0.01)
    assert states.covariances[0, 0, 0] == pytest.approx(0.05**2 / 2, rel=0.02)


def test_a_gap_of_a_minute_is_bridged() -> None:
    poses = np.array([[0.0, 0, 0], [10.0, 0, 0], [500.0, 300.0, 2.0], [508.0, 310.0, 2.1]])
    path = smooth_planar(np.array([0.0, 1.0, 61.0, 62.0]), poses, noises(4), CAR)
    assert path.converged
    between = path.at(np.array([31.0]))
    assert np.all(np.isfinite(between.covariances))
    assert between.covariances[0, 0, 0] > 100.0


def test_what_no_car_does_ends_with_finite_numbers() -> None:
    poses = np.array([[0.0, 0, 0], [10.0, 0, 0], [5e5, 3e5, 2.0], [-8.0, 310.0, 9.1]])
    path = smooth_planar(np.array([0.0, 1e-3, 1e6, 1e6 + 1]), poses, noises(4), CAR)
    states = path.at(np.linspace(-1.0, 1e6 + 2, 100))
    assert len(path.times_s) < 100
    assert np.all(np.isfinite(states.poses))
    assert np.all(np.isfinite(states.covariances))


def test_many_dense_keyframes_give_the_line_they_scatter_about() -> None:
    rng = np.random.default_rng(1)
    times_s = np.arange(200) * 0.1
    truth = np.stack([8.0 * times_s, 0 * times_s, 0 * times_s], axis=1)
    poses = truth + rng.normal(scale=[0.05, 0.08, 0.02], size=truth.shape)

    states = smooth_planar(times_s, poses, noises(200), CAR).at(times_s)

    errors = states.poses - truth
    assert np.all(np.sqrt(np.mean(errors**2, axis=0)) < [0.03, 0.04, 0.012])
    normal = np.einsum("ni,nij,nj->n", errors, np.linalg.inv(states.covariances), errors)
    assert 1.5 < np.mean(normal) < 6.0  # three degrees of freedom, neighbours alike


def test_variance_between_keyframes_agrees_with_more_keyframes_that_say_nothing() -> None:
    """A measurement with huge noise adds a node, and must not change what is known there."""
    query_s = np.array([1.7])
    without = smooth_planar(TIMES_S, TURNING, noises(4), CAR).at(query_s)
    times_s = np.insert(TIMES_S, 2, 1.7)
    poses = np.insert(TURNING, 2, without.poses[0], axis=0)
    covariances = np.insert(noises(4), 2, 1e8 * np.eye(3), axis=0)

    node = smooth_planar(times_s, poses, covariances, CAR).at(query_s)

    assert np.allclose(node.poses, without.poses, atol=0.02)
    assert np.allclose(node.covariances, without.covariances, rtol=0.1, atol=5e-4)


def test_the_same_measurements_may_be_smoothed_with_other_noise_and_models() -> None:
    measurements = PlanarMeasurements(TIMES_S, TURNING, noises(4))
    parked = PlanarModel((1e-3, 1e-3, 1e-5), (0.03, 0.03, 0.003), longest_step_s=100.0)
    for model in (CAR, parked, CAR):
        path = measurements.smooth(model, variance_scale=4.0)
        alone = smooth_planar(TIMES_S, TURNING, 4.0 * noises(4), model)
        assert path.log_evidence == pytest.approx(alone.log_evidence, abs=1e-9)
        assert np.allclose(path.nodes, alone.nodes, atol=1e-12)


def path_of(**changed: object) -> PlanarPath:
    given: dict[str, object] = {"times_s": TIMES_S, "poses": TURNING, "covariances": noises(4)}
    return smooth_planar(**(given | changed), model=CAR)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"times_s": TIMES_S[::-1]}, "times are not finite and ascending"),
        ({"times_s": np.array([0, 1, 2, np.nan])}, "times are not finite and ascending"),
        ({"poses": np.full((4, 3), np.nan)}, "a pose or covariance is not finite"),
        ({"poses": TURNING[:3]}, "4 times, but poses"),
        ({"covariances": np.zeros((4, 3, 3))}, "not positive definite"),
        ({"times_s": np.empty(0)}, "0 times, but poses"),
    ],
)
def test_refuses_what_cannot_be_smoothed(changed: dict[str, object], message: str) -> None:
    with pytest.raises(PlanarError, match=message):
        path_of(**changed)


@pytest.mark.parametrize(
    "wrong",
    [{"psd": (0.0, 1, 1)}, {"hold": (1.0, -1, 1)}, {"pivot_m": math.nan}, {"longest_step_s": 0.0}],
)
def test_refuses_models_without_scale(wrong: dict[str, object]) -> None:
    with pytest.raises(PlanarError):
        PlanarModel(**({"psd": (1.0, 1.0, 1.0), "speed_sigmas": (1.0, 1.0, 1.0)} | wrong))  # type: ignore[arg-type]
