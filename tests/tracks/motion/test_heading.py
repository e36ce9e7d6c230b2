import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from av3d.tracks.motion.heading import join_heading, split_heading

angle = st.floats(-3.1, 3.1)


def test_a_level_object_has_its_yaw_and_no_tilt() -> None:
    rotations = Rotation.from_euler("z", [[0.5], [1.0]]).as_matrix()
    yaws, tilts = split_heading(rotations)
    np.testing.assert_allclose(yaws, [0.5, 1.0], atol=1e-12)
    np.testing.assert_allclose(tilts, 0, atol=1e-12)


def test_a_car_uphill_is_tilted_about_the_axis_of_the_slope() -> None:
    # The slope goes up to the left of the world: headed there, up it; headed along x, leaning.
    slope = Rotation.from_euler("x", 0.1)
    rotations = (slope * Rotation.from_euler("z", [[np.pi / 2], [0.0]])).as_matrix()
    yaws, tilts = split_heading(rotations)
    np.testing.assert_allclose(yaws, [np.pi / 2, 0.0], atol=1e-12)
    np.testing.assert_allclose(tilts, [[0.1, 0.0], [0.1, 0.0]], atol=1e-12)


def test_a_yaw_that_passes_half_a_turn_goes_on() -> None:
    rotations = Rotation.from_euler("z", [[3.1], [3.2], [3.4]]).as_matrix()
    yaws, _ = split_heading(rotations)
    np.testing.assert_allclose(np.diff(yaws), [0.1, 0.2], atol=1e-12)


@given(st.lists(st.tuples(angle, angle, angle), min_size=1, max_size=5))
def test_the_parts_join_to_the_same_orientation(angles: list[tuple[float, float, float]]) -> None:
    rotations = Rotation.from_rotvec(np.array(angles)).as_matrix()
    np.testing.assert_allclose(join_heading(*split_heading(rotations)), rotations, atol=1e-6)
