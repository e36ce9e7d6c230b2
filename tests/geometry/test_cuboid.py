import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import (
    CORNER_SIGNS,
    EDGES,
    FACES,
    Cuboid,
    InvalidCuboidError,
    cuboid_corners_m,
)
from av3d.geometry.se3 import SE3

SLOPE = SE3.from_euler(0.2, -0.3, 2.5, [10.0, -4.0, 1.0])


def test_corners_of_an_upright_cuboid():
    corners = Cuboid.from_yaw([10.0, 0.0, 1.0], [4.0, 2.0, 1.5], 0.0).corners_m()
    assert corners[0].tolist() == [12.0, 1.0, 0.25]  # front left, on the floor
    assert corners[6].tolist() == [8.0, -1.0, 1.75]  # back right, on the roof


def test_the_heading_is_the_long_axis():
    cuboid = Cuboid.from_yaw([0.0, 0.0, 0.0], [4.0, 2.0, 1.5], np.pi / 2)
    np.testing.assert_allclose(cuboid.corners_m().max(axis=0), [1.0, 2.0, 0.75], atol=1e-15)
    assert cuboid.yaw_rad == pytest.approx(np.pi / 2)


@pytest.mark.parametrize(
    ("face", "axis", "sign"),
    [
        ("front", 0, 1), ("back", 0, -1), ("left", 1, 1), ("right", 1, -1), ("top", 2, 1),
        ("bottom", 2, -1),
    ],
)  # fmt: skip
def test_faces_lie_where_they_say_and_wind_outwards(face, axis, sign):
    a, b, c, d = CORNER_SIGNS[list(FACES[face])]
    assert {p[axis] for p in (a, b, c, d)} == {sign}
    normal = np.cross(b - a, c - b)
    expected = np.zeros(3)
    expected[axis] = 4 * sign
    np.testing.assert_array_equal(normal, expected)
    np.testing.assert_array_equal(a + c, b + d)  # in order around the face


def test_every_edge_is_parallel_to_an_axis_and_belongs_to_two_faces():
    assert len({frozenset(edge) for edge in EDGES}) == 12
    for a, b in EDGES:
        assert np.count_nonzero(CORNER_SIGNS[a] != CORNER_SIGNS[b]) == 1
        assert sum({a, b} <= set(face) for face in FACES.values()) == 2


def test_many_cuboids_at_once_have_the_corners_of_each():
    poses = SE3.stack([SLOPE, SLOPE.inverse(), SE3.identity()])
    sizes = np.array([[4.0, 2.0, 1.5], [0.5, 0.6, 1.7], [12.0, 2.9, 3.3]])
    corners = cuboid_corners_m(poses, sizes)
    for index in range(3):
        np.testing.assert_allclose(corners[index], Cuboid(poses[index], sizes[index]).corners_m())


def test_another_frame_moves_the_corners_with_it():
    cuboid = Cuboid.from_yaw([3.0, 2.0, 1.0], [4.0, 2.0, 1.5], 0.4)
    np.testing.assert_allclose(
        cuboid.in_frame(SLOPE).corners_m(), SLOPE.transform(cuboid.corners_m()), atol=1e-12
    )


@pytest.mark.parametrize(
    "size",
    [[4, 2, 0], [4, -2, 1], [4, 2], [np.nan, 2, 1], [np.inf, 2, 1], "4x2x1", None, [[4], [2, 1]]],
)
def test_a_size_that_no_object_has_is_refused(size):
    with pytest.raises(InvalidCuboidError):
        Cuboid(SE3.identity(), size)


def test_a_batch_of_poses_is_refused():
    with pytest.raises(InvalidCuboidError, match="one pose"):
        Cuboid(SE3.identity((2,)), [4, 2, 1])


def test_a_cuboid_cannot_be_changed_from_outside():
    size = np.array([4.0, 2.0, 1.5])
    cuboid = Cuboid.from_yaw([0, 0, 0], size, 0.0)
    size[0] = 9.0
    assert cuboid.length_m == 4.0
    with pytest.raises(ValueError, match="read-only"):
        cuboid.size_lwh_m[0] = 9.0
    with pytest.raises(ValueError, match="read-only"):
        cuboid.center_m[0] = 9.0


def test_equal_numbers_make_equal_cuboids():
    def make(height: float) -> Cuboid:
        return Cuboid.from_yaw([1, 2, 3], [4, 2, height], 0.3)

    assert make(1.5) == make(1.5)
    assert hash(make(1.5)) == hash(make(1.5))
    assert make(1.5) != make(1.6)


# Points inside


def test_the_surface_is_inside():
    cuboid = Cuboid.from_yaw([0, 0, 0], [4, 2, 1.5], 0.0)
    points = [[2, 1, 0.75], [2.001, 0, 0], [0, 1.001, 0], [0, 0, 0.751], [0, 0, 0]]
    assert cuboid.contains(points).tolist() == [True, False, False, False, True]


def test_a_margin_grows_and_shrinks_every_face():
    cuboid = Cuboid.from_yaw([0, 0, 0], [4, 2, 1.5], 0.0)
    points = np.array([[2.05, 0, 0], [1.95, 0, 0]])
    assert cuboid.contains(points, margin_m=0.1).tolist() == [True, True]
    assert cuboid.contains(points, margin_m=-0.1).tolist() == [False, False]
    assert not cuboid.contains([[0.0, 0.0, 0.0]], margin_m=-2.0).any()


def test_whole_numbers_are_points_too():
    cuboid = Cuboid.from_yaw([0.9, 0, 0], [1.0, 1.0, 1.0], 0.0)
    assert cuboid.contains(np.array([[0, 0, 0], [1, 0, 0]])).tolist() == [False, True]


def test_no_points_and_points_that_are_not_finite_are_not_inside():
    cuboid = Cuboid.from_yaw([0, 0, 0], [4, 2, 1.5], 0.0)
    assert cuboid.contains(np.zeros((0, 3), np.float32)).shape == (0,)
    assert not cuboid.contains(np.array([[np.nan, 0, 0], [np.inf, 0, 0]])).any()


@given(
    st.tuples(*[st.floats(-np.pi, np.pi)] * 3),
    st.tuples(*[st.floats(-200, 200)] * 3),
    st.tuples(*[st.floats(0.2, 15)] * 3),
    st.integers(0, 2**32 - 1),
)
def test_points_inside_by_construction_are_found_in_both_precisions(angles, center, size, seed):
    cuboid = Cuboid(SE3.from_euler(*angles, center), size)
    unit = np.random.default_rng(seed).uniform(-1.6, 1.6, (500, 3))
    # Points within a millimetre of a face may round to either side.
    local = unit * cuboid.size_lwh_m / 2
    near_a_face = (np.abs(np.abs(local) - cuboid.size_lwh_m / 2) < 1e-3).any(axis=1)
    points = cuboid.frame_SE3_cuboid.transform(local)
    expected = (np.abs(unit) <= 1).all(axis=1)
    for dtype in (np.float64, np.float32):
        found = cuboid.contains(points.astype(dtype))
        np.testing.assert_array_equal(found[~near_a_face], expected[~near_a_face])


def test_many_cuboids_are_made_at_once():
    poses = SE3.from_yaw([0.0, 0.5], [[1, 2, 3], [4, 5, 6]])
    sizes = np.array([[4, 2, 1.5], [5, 2, 2]])
    found = Cuboid.trusted_batch(poses, sizes)
    assert found == [Cuboid(poses[0], sizes[0]), Cuboid(poses[1], sizes[1])]
    with pytest.raises(ValueError, match="read-only"):
        found[0].size_lwh_m[0] = 7.0
