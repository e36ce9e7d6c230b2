import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation, Slerp

from av3d.geometry.se3 import SE3, NotARigidTransformError, nearest_rotation, wrap_angle_rad

angles = st.floats(-np.pi, np.pi)
metres = st.floats(-1e3, 1e3)
poses = st.builds(
    lambda roll, pitch, yaw, x, y, z: SE3.from_euler(roll, pitch, yaw, [x, y, z]),
    angles, angles, angles, metres, metres, metres,
)  # fmt: skip


def random_poses(count: int, seed: int = 0) -> SE3:
    rng = np.random.default_rng(seed)
    return SE3(
        Rotation.random(count, random_state=seed).as_matrix(), rng.normal(size=(count, 3)) * 50
    )


# Making


def test_a_quarter_turn_to_the_left_takes_forward_to_left():
    world_SE3_ego = SE3.from_yaw(np.pi / 2, [10.0, 0.0, 0.0])
    np.testing.assert_allclose(
        world_SE3_ego.transform([1.0, 0.0, 0.0]), [10.0, 1.0, 0.0], atol=1e-15
    )


def test_quaternions_are_w_first_and_may_have_any_norm():
    half = np.sqrt(0.5)
    turned = SE3.from_quaternion([3 * half, 0.0, 0.0, 3 * half], [0.0, 0.0, 0.0])
    assert turned.yaw_rad == pytest.approx(np.pi / 2)
    np.testing.assert_allclose(turned.quaternion_wxyz, [half, 0, 0, half], atol=1e-15)


def test_euler_angles_turn_about_x_first_and_z_last():
    pose = SE3.from_euler(0.1, 0.2, 0.3, [0, 0, 0])
    z, y, x = (Rotation.from_rotvec(v).as_matrix() for v in ([0, 0, 0.3], [0, 0.2, 0], [0.1, 0, 0]))
    np.testing.assert_allclose(pose.rotation, z @ y @ x, atol=1e-15)
    np.testing.assert_allclose(pose.roll_pitch_yaw_rad, [0.1, 0.2, 0.3], atol=1e-15)


def test_a_rounded_matrix_becomes_the_nearest_rotation():
    exact = SE3.from_euler(0.4, -0.2, 2.0, [1, 2, 3])
    read = SE3.from_matrix(np.round(exact.matrix, 5))
    assert np.abs(read.rotation @ read.rotation.T - np.eye(3)).max() < 1e-15
    assert float(read.angle_to_rad(exact)) < 1e-5


def test_a_3x4_matrix_is_enough():
    exact = SE3.from_euler(0.4, -0.2, 2.0, [1, 2, 3])
    np.testing.assert_allclose(SE3.from_matrix(exact.matrix[:3]).matrix, exact.matrix, atol=1e-15)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (2 * np.eye(4), "last row"),
        (np.diag([2.0, 2.0, 2.0, 1.0]), "not a rotation"),
        (np.diag([0.0, 0.0, 0.0, 1.0]), "not a rotation"),
        (np.diag([1.0, 1.0, -1.0, 1.0]), "mirrors"),
        (np.full((4, 4), np.nan), "last row"),
        (np.vstack([np.full((3, 4), np.inf), [0, 0, 0, 1]]), "finite"),
        (SE3.from_yaw(0.3, [1.0, 2.0, 3.0]).matrix.T, "last row"),
        (np.eye(3), "shape"),
        ([[1, 2], [3]], "numbers"),
        ("rotation", "numbers"),
        (None, "shape"),
    ],
)
def test_what_is_not_a_rigid_transform_is_refused(matrix, message):
    with pytest.raises(NotARigidTransformError, match=message):
        SE3.from_matrix(matrix)


@pytest.mark.parametrize("quaternion", [[0, 0, 0, 0], [np.nan, 0, 0, 1], [1, 0, 0], "wxyz"])
def test_what_is_not_a_quaternion_is_refused(quaternion):
    with pytest.raises(NotARigidTransformError):
        SE3.from_quaternion(quaternion, [0, 0, 0])


@pytest.mark.parametrize(
    ("yaw", "translation"),
    [(np.nan, [0, 0, 0]), (0.0, [0, np.inf, 0]), (0.0, [0, 0]), ([0, 1], [0, 0, 0])],
)
def test_a_yaw_needs_a_finite_angle_and_a_translation_for_each(yaw, translation):
    with pytest.raises(NotARigidTransformError):
        SE3.from_yaw(yaw, translation)


# Values


def test_a_transform_cannot_be_changed_from_outside():
    rotation, translation = np.eye(3), np.zeros(3)
    pose = SE3(rotation, translation)
    rotation[0, 0] = translation[0] = 7.0
    assert pose == SE3.identity()
    for array in (
        pose.rotation,
        pose.translation_m,
        pose.inverse().rotation,
        (pose @ pose).rotation,
    ):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


def test_equal_numbers_make_equal_transforms():
    assert SE3.from_yaw(0.3, [1, 2, 3]) == SE3.from_yaw(0.3, [1, 2, 3])
    assert SE3.from_yaw(0.3, [1, 2, 3]) != SE3.from_yaw(0.3, [1, 2, 3.001])
    assert hash(SE3.from_yaw(0.0, [0, 0, 0.0])) == hash(SE3.from_yaw(-0.0, [0, 0, -0.0]))


def test_a_single_transform_is_true_and_has_no_length():
    pose = SE3.identity()
    assert pose
    with pytest.raises(TypeError):
        len(pose)
    with pytest.raises(TypeError):
        list(pose)
    with pytest.raises(IndexError):
        pose[0]


# Batches


def test_a_batch_is_indexed_sliced_and_stacked_like_an_array():
    batch = random_poses(5)
    assert batch.shape == (5,)
    assert len(batch) == 5
    assert batch[2].shape == ()
    assert len(batch[1:4]) == 3
    assert SE3.stack([batch[0], batch[3]]) == batch[np.array([0, 3])]
    assert [pose.shape for pose in batch] == [()] * 5
    assert SE3.stack([]).shape == (0,)


def test_a_batch_moves_each_set_of_points_by_its_own_transform():
    batch = random_poses(4)
    points = np.random.default_rng(1).normal(size=(4, 7, 3))
    moved = batch.transform(points)
    turned = batch.rotate(points)
    for index in range(4):
        np.testing.assert_allclose(moved[index], batch[index].transform(points[index]), atol=1e-12)
        np.testing.assert_allclose(turned[index], batch[index].rotate(points[index]), atol=1e-12)


def test_one_and_many_compose_in_both_orders():
    one, many = random_poses(1)[0], random_poses(6, seed=2)
    for index in range(6):
        np.testing.assert_allclose((one @ many)[index].matrix, one.matrix @ many[index].matrix)
        np.testing.assert_allclose((many @ one)[index].matrix, many[index].matrix @ one.matrix)


def test_batch_properties_have_the_batch_shape():
    grid = SE3.from_yaw(np.zeros((2, 3)), np.zeros((2, 3, 3)))
    assert grid.quaternion_wxyz.shape == (2, 3, 4)
    assert grid.roll_pitch_yaw_rad.shape == (2, 3, 3)
    assert grid.matrix.shape == (2, 3, 4, 4)
    assert grid.angle_to_rad(grid).shape == (2, 3)
    empty = SE3.identity((0,))
    assert (empty @ empty).inverse().shape == (0,)
    assert empty.quaternion_wxyz.shape == (0, 4)


# Composition and inverse


@given(poses, poses, st.tuples(metres, metres, metres))
def test_composition_is_one_transform_after_the_other(a_SE3_b, b_SE3_c, point):
    np.testing.assert_allclose(
        (a_SE3_b @ b_SE3_c).transform(point), a_SE3_b.transform(b_SE3_c.transform(point)), atol=1e-9
    )


@given(poses)
def test_the_inverse_takes_back(pose):
    np.testing.assert_allclose((pose @ pose.inverse()).matrix, np.eye(4), atol=1e-9)
    np.testing.assert_allclose((pose.inverse() @ pose).matrix, np.eye(4), atol=1e-9)


@given(poses)
def test_quaternions_and_matrices_round_trip(pose):
    assert pose.quaternion_wxyz[0] >= 0
    again = SE3.from_quaternion(pose.quaternion_wxyz, pose.translation_m)
    np.testing.assert_allclose(again.matrix, pose.matrix, atol=1e-14)
    np.testing.assert_allclose(SE3.from_matrix(pose.matrix).matrix, pose.matrix, atol=1e-14)


# Quaternions that are remembered


@given(poses)
def test_unit_quaternions_come_back_digit_for_digit(pose):
    wxyz = pose.quaternion_wxyz
    read = SE3.from_quaternion(wxyz, pose.translation_m)
    assert read.quaternion_wxyz.tolist() == wxyz.tolist()
    # Made again from the matrix, the last digits may differ: reading that is no fixed point.
    again = SE3.from_quaternion(read.quaternion_wxyz, read.translation_m)
    assert again.rotation.tolist() == read.rotation.tolist()


def test_digits_of_a_file_are_kept_and_other_norms_made_one():
    kept = [0.923879532511, 0.0, 0.0, 0.382683432365]
    assert SE3.from_quaternion(kept, [0, 0, 0]).quaternion_wxyz.tolist() == kept
    assert SE3.from_quaternion([2, 0, 0, 0], [0, 0, 0]).quaternion_wxyz.tolist() == [1, 0, 0, 0]
    rough = SE3.from_quaternion([0.92, 0.0, 0.0, 0.38], [0, 0, 0]).quaternion_wxyz
    assert np.linalg.norm(rough) == pytest.approx(1, abs=1e-15)


def test_a_quaternion_that_was_asked_for_is_kept_and_nobody_writes_to_it():
    pose = SE3.from_euler(0.1, 0.2, 0.3, np.zeros(3))
    kept = pose.quaternion_wxyz
    assert pose.quaternion_wxyz is kept
    assert not kept.flags.writeable
    grid = SE3.stack([pose, pose.inverse()])
    one_by_one = [SE3(part.rotation, part.translation_m).quaternion_wxyz for part in grid]
    np.testing.assert_array_equal(grid.quaternion_wxyz, one_by_one)
    np.testing.assert_array_equal(grid[1].quaternion_wxyz, one_by_one[1])


def test_of_the_two_quaternions_of_a_turn_that_with_positive_w_is_kept():
    kept = [0.923879532511, 0.0, 0.0, 0.382683432365]
    pose = SE3.from_quaternion([-x for x in kept], [0, 0, 0])
    assert pose.quaternion_wxyz.tolist() == kept
    half_a_turn = SE3.from_quaternion([0.0, 0.0, 0.0, -1.0], [0, 0, 0])
    assert half_a_turn.quaternion_wxyz.tolist() == [0, 0, 0, -1]


def test_only_the_pose_that_was_read_remembers_its_quaternion():
    """What is computed from it is another rotation, and has a quaternion of its own."""
    read = SE3.from_quaternion([0.923879532511, 0.0, 0.0, 0.382683432365], [1, 2, 3])
    for made in (read.inverse(), read @ read, read.interpolate(SE3.identity(), 0.5)):
        expected = SE3(made.rotation, made.translation_m).quaternion_wxyz
        assert made.quaternion_wxyz.tolist() == expected.tolist()
    with pytest.raises(ValueError, match="read-only"):
        read.quaternion_wxyz[0] = 1.0


def test_a_batch_remembers_the_quaternion_of_each():
    given_wxyz = np.array([[1, 0, 0, 0], [-0.6, 0, 0, -0.8], [0, 0, 2, 0]], dtype=float)
    batch = SE3.from_quaternion(given_wxyz, np.zeros((3, 3)))
    assert batch[1].quaternion_wxyz.tolist() == [0.6, 0, 0, 0.8]
    assert batch[1:].quaternion_wxyz.tolist() == [[0.6, 0, 0, 0.8], [0, 0, 1, 0]]


# Interpolation


def test_interpolation_agrees_with_slerp():
    start, end = random_poses(1, seed=3)[0], random_poses(1, seed=4)[0]
    fraction = np.linspace(0, 1, 11)
    slerp = Slerp([0, 1], Rotation.from_matrix(np.stack([start.rotation, end.rotation])))
    between = start.interpolate(end, fraction)
    np.testing.assert_allclose(between.rotation, slerp(fraction).as_matrix(), atol=1e-14)
    np.testing.assert_allclose(
        between.translation_m,
        start.translation_m + fraction[:, None] * (end.translation_m - start.translation_m),
        atol=1e-12,
    )


@given(poses, poses)
def test_interpolation_meets_both_ends(start, end):
    np.testing.assert_allclose(start.interpolate(end, 0.0).matrix, start.matrix, atol=1e-9)
    np.testing.assert_allclose(start.interpolate(end, 1.0).matrix, end.matrix, atol=1e-9)


@given(poses, poses, st.floats(0, 1))
def test_interpolation_takes_the_short_way_at_constant_speed(start, end, fraction):
    angle = float(start.angle_to_rad(end))
    between = start.interpolate(end, fraction)
    assert float(start.angle_to_rad(between)) == pytest.approx(fraction * angle, abs=1e-6)
    assert float(between.angle_to_rad(end)) == pytest.approx((1 - fraction) * angle, abs=1e-6)


def test_a_heading_across_pi_does_not_swing_round():
    start, end = SE3.from_yaw(np.radians(179), [0, 0, 0]), SE3.from_yaw(np.radians(-179), [0, 0, 0])
    middle = start.interpolate(end, 0.5)
    assert abs(float(middle.yaw_rad)) == pytest.approx(np.pi)
    assert float(start.interpolate(end, 0.25).yaw_rad) == pytest.approx(np.radians(179.5))


def test_past_the_ends_the_motion_goes_on_at_the_same_speed():
    start, end = SE3.from_yaw(0.0, [0, 0, 0]), SE3.from_yaw(0.1, [2, 0, 0])
    beyond = start.interpolate(end, 2.5)
    assert float(beyond.yaw_rad) == pytest.approx(0.25)
    np.testing.assert_allclose(beyond.translation_m, [5, 0, 0])
    before = start.interpolate(end, -1.0)
    assert float(before.yaw_rad) == pytest.approx(-0.1)


def test_interpolation_of_batches_broadcasts():
    starts, ends = random_poses(4, seed=5), random_poses(4, seed=6)
    each = starts.interpolate(ends, [0.0, 0.2, 0.5, 1.0])
    for index, fraction in enumerate([0.0, 0.2, 0.5, 1.0]):
        np.testing.assert_allclose(
            each[index].matrix, starts[index].interpolate(ends[index], fraction).matrix, atol=1e-12
        )
    assert starts[0].interpolate(ends, 0.5).shape == (4,)


# Angles


@pytest.mark.parametrize(
    ("angle", "wrapped"),
    [
        (0.0, 0.0),
        (np.pi, np.pi),
        (-np.pi, np.pi),
        (3 * np.pi, np.pi),
        (1.5 * np.pi, -0.5 * np.pi),
        (-2 * np.pi, 0.0),
    ],
)
def test_angles_wrap_into_minus_pi_to_pi(angle, wrapped):
    assert float(wrap_angle_rad(angle)) == pytest.approx(wrapped, abs=1e-15)


@given(st.floats(-1e6, 1e6))
@example(float(np.nextafter(np.pi, 4)))
@example(float(np.nextafter(-np.pi, -4)))
@example(float(np.nextafter(3 * np.pi, 10)))
def test_wrapping_keeps_the_direction_and_the_range(angle):
    wrapped = float(wrap_angle_rad(angle))
    assert -np.pi < wrapped <= np.pi
    assert np.cos(wrapped) == pytest.approx(np.cos(angle), abs=1e-9)
    assert np.sin(wrapped) == pytest.approx(np.sin(angle), abs=1e-9)


@given(st.floats(-np.pi, np.pi, exclude_min=True))
def test_an_angle_in_range_comes_back_bit_for_bit(angle):
    assert float(wrap_angle_rad(angle)) == angle


@pytest.mark.parametrize("yaw", [np.pi, -np.pi, 3 * np.pi, -5 * np.pi])
def test_headings_never_are_minus_pi(yaw):
    heading = float(SE3.from_yaw(yaw, [0, 0, 0]).yaw_rad)
    assert heading > -np.pi
    assert abs(heading) == pytest.approx(np.pi)


def test_the_nearest_rotation_never_mirrors():
    mirrored = np.diag([1.0, 1.0, -1.0])
    assert np.linalg.det(nearest_rotation(mirrored)) == pytest.approx(1.0)


def test_a_matrix_whose_product_overflows_is_no_rotation():
    huge = np.array([[1e200, -1e200, 0], [1e200, 1e200, 0], [0, 0, 1]])
    with pytest.raises(NotARigidTransformError, match="not a rotation"):
        SE3(huge, np.zeros(3))


def test_a_quaternion_of_each_transform_needs_a_translation_of_its_own():
    with pytest.raises(NotARigidTransformError, match=r"\(2, 3\)"):
        SE3.from_quaternion([[1, 0, 0, 0], [0, 1, 0, 0]], [0, 0, 0])
    with pytest.raises(NotARigidTransformError, match="finite"):
        SE3.from_quaternion([1, 0, 0, 0], [0, np.nan, 0])
    with pytest.raises(NotARigidTransformError, match="not of this world"):
        SE3.from_quaternion([1, 0, 0, 0], [0, 1e300, 0])


@given(st.tuples(*[st.floats(-5, 5)] * 4).filter(lambda q: sum(x * x for x in q) > 1e-3))
def test_a_pose_that_is_made_of_its_own_quaternion_is_equal(wxyz):
    pose = SE3.from_quaternion(wxyz, [1, 2, 3])
    assert SE3.from_quaternion(pose.quaternion_wxyz, pose.translation_m) == pose


def test_the_parts_of_a_batch_are_what_indexing_gives():
    wxyz = np.array([[1.0, 0, 0, 0], [0.6, 0, 0.8, 0]])
    batch = SE3.from_quaternion(wxyz, [[1, 2, 3], [4, 5, 6]])
    for one in (batch, SE3.trusted(batch.rotation, batch.translation_m)):
        parts = one.unstacked()
        assert parts == [one[0], one[1]] == list(one)
        for part, index in zip(parts, range(2), strict=True):
            assert part.quaternion_wxyz.tolist() == one[index].quaternion_wxyz.tolist()
            with pytest.raises(ValueError, match="read-only"):
                part.translation_m[0] = 7.0
    assert SE3.identity((2, 3)).unstacked()[1].shape == (3,)
    with pytest.raises(TypeError, match="single"):
        SE3.identity().unstacked()
