"""Long tracks, piece by piece."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.motion.chunks import MARGIN, PIECE, WHOLE, MotionInChunks, in_chunks
from av3d.tracks.motion.fitting import motion_of
from av3d.tracks.motion.linear import LinearMotion
from tracks.motion.paths import keyframes, ns, turning
from tracks.strategies import few


class Counting:
    """Straight lines, and how many keyframes each was made of."""

    def __init__(self):
        self.made = []

    def __call__(self, columns):
        self.made.append((int(columns.times_ns[0] // 10**9), len(columns)))
        return LinearMotion(columns)


def every_second(count):
    return keyframes(np.arange(count), turning)


def test_few_keyframes_are_one():
    fit = Counting()
    assert isinstance(in_chunks(every_second(WHOLE), fit), LinearMotion)
    assert fit.made == [(0, WHOLE)]


def test_of_many_only_what_is_asked_for_is_fitted_and_once():
    fit = Counting()
    motion = in_chunks(every_second(36_000), fit)
    assert fit.made == []
    for time_s in (100.5, 101.5, 143.0):
        motion.states(ns(time_s))
    assert fit.made == [(2 * PIECE - MARGIN, PIECE + 2 * MARGIN + 1)]
    motion.states(ns(-5, 35_999, 36_003))
    assert [first for first, _ in fit.made[1:]] == [0, 35_904 - MARGIN]


@pytest.mark.parametrize("count", [WHOLE + 1, 2 * PIECE, 2 * PIECE + 1, 2 * PIECE + 2, 200])
def test_pieces_of_straight_lines_are_the_straight_lines(count):
    columns = every_second(count)
    times_ns = ns(*np.random.default_rng(count).uniform(-3, count + 3, 300))
    whole, pieces = LinearMotion(columns), MotionInChunks(columns, LinearMotion)
    expected, found = whole.states(times_ns), pieces.states(times_ns)
    np.testing.assert_array_equal(found.times_ns, times_ns)
    np.testing.assert_allclose(found.centers_m, expected.centers_m, atol=1e-9)
    np.testing.assert_allclose(found.rotations, expected.rotations, atol=1e-12)
    np.testing.assert_allclose(found.yaw_rates_rad_s, expected.yaw_rates_rad_s, atol=1e-12)
    assert found.covariances is None


@few
@given(
    seed=st.integers(0, 999),
    category=st.sampled_from(["car", "pedestrian"]),
    gap_s=st.sampled_from([0.1, 0.5, 2.0]),
)
def test_pieces_agree_with_the_whole(monkeypatch_module, seed, category, gap_s):
    """At any time within a keyframe's error, and where pieces meet too."""
    rng = np.random.default_rng(seed)
    off = rng.normal(size=(150, 4)) * [0.02, 0.02, 0.01, 0.005]
    columns = keyframes(np.arange(150) * gap_s, lambda t: turning(t / (5 * gap_s)), off=off)
    said = Interpolation(model=Model.VEHICLE if category == "car" else Model.SMOOTH)
    pieces = motion_of(columns, said, category)
    with monkeypatch_module.context() as patch:
        patch.setattr("av3d.tracks.motion.chunks.WHOLE", 150)
        whole = motion_of(columns, said, category)
    assert isinstance(pieces, MotionInChunks)
    times_ns = ns(*rng.uniform(0, 149 * gap_s, 200), *(PIECE * gap_s + np.array([-1e-6, 1e-6])))
    found, expected = pieces.states(times_ns), whole.states(times_ns)
    assert np.linalg.norm(found.centers_m - expected.centers_m, axis=1).max() < 0.02
    assert np.abs(found.rotations - expected.rotations).max() < 0.02


def test_labels_of_every_frame_have_no_jump_where_pieces_meet():
    off = np.random.default_rng(1).normal(size=(200, 4)) * 0.02
    motion = motion_of(keyframes(np.arange(200) * 0.1, turning, off=off), Interpolation(), "car")
    meets_s = PIECE * 0.1
    before, after = motion.states(ns(meets_s - 1e-5, meets_s)).centers_m
    assert np.linalg.norm(after - before) < 1e-3


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch
