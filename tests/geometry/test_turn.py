import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from av3d.geometry.turn import turn_vectors


@pytest.mark.parametrize(
    "vector",
    [[0, 0, 0], [0, 0, 1], [0.5, 0, 0], [0, -3.1, 0], [1, 2, 2], [-1, -1.5, 2], [1e-9, 0, -2e-9]],
)
def test_a_turn_is_its_axis_times_its_angle(vector):
    matrix = Rotation.from_rotvec(vector).as_matrix()
    np.testing.assert_allclose(turn_vectors(matrix), vector, atol=1e-15, rtol=1e-14)


@pytest.mark.parametrize("axis", [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.6, 0.8, 0], [0.6, 0, -0.8]])
def test_half_a_turn_is_a_half_turn_about_its_axis_in_either_direction(axis):
    half = Rotation.from_rotvec(np.pi * np.array(axis)).as_matrix()
    found = turn_vectors(half) / np.pi
    np.testing.assert_allclose(np.abs(found @ axis), 1, atol=1e-14)


@given(st.lists(st.tuples(*[st.floats(-6, 6)] * 3), min_size=1, max_size=4))
def test_many_turns_are_found_at_once_and_are_no_longer_than_half_a_turn(vectors):
    rotations = Rotation.from_rotvec(np.array(vectors)).as_matrix()
    found = turn_vectors(rotations[:, None])
    assert found.shape == (len(vectors), 1, 3)
    assert np.linalg.norm(found, axis=-1).max() <= np.pi + 1e-15
    again = Rotation.from_rotvec(found[:, 0]).as_matrix()
    np.testing.assert_allclose(again, rotations, atol=4e-15)
    for row, rotation in enumerate(rotations):
        assert turn_vectors(rotation).tolist() == found[row, 0].tolist()


def test_of_no_turns_there_is_no_vector():
    assert turn_vectors(np.empty((0, 3, 3))).shape == (0, 3)
