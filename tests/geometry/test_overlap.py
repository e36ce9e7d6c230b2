import numpy as np
import pytest
import shapely
from hypothesis import assume, example, given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.overlap import bev_iou, convex_intersection, footprint, iou_3d, polygon_area
from av3d.geometry.se3 import SE3

BOX = Cuboid.from_yaw([0, 0, 0], [4, 2, 1.5], 0.0)

near = st.floats(-4, 4)
size = st.floats(0.2, 6)
angle = st.floats(-np.pi, np.pi)
upright = st.builds(
    lambda x, y, z, length, width, height, yaw: Cuboid.from_yaw(
        [x, y, z], [length, width, height], yaw
    ),
    near, near, near, size, size, size, angle,
)  # fmt: skip
tilted = st.builds(
    lambda x, y, z, length, width, height, roll, pitch, yaw: Cuboid(
        SE3.from_euler(roll, pitch, yaw, [x, y, z]), np.array([length, width, height])
    ),
    near, near, near, size, size, size, angle, angle, angle,
)  # fmt: skip


def monte_carlo_iou(first: Cuboid, second: Cuboid, count: int = 400_000) -> float:
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (count, 3)) * first.size_lwh_m
    shared = second.contains(first.frame_SE3_cuboid.transform(points)).mean() * first.volume_m3
    return shared / (first.volume_m3 + second.volume_m3 - shared)


def flat(cuboid: Cuboid) -> shapely.Geometry:
    return shapely.MultiPoint(cuboid.corners_m()[:, :2]).convex_hull


# Literal cases


def test_half_a_length_apart():
    other = Cuboid.from_yaw([2, 0, 0], [4, 2, 1.5], 0.0)
    assert bev_iou(BOX, other) == pytest.approx(1 / 3)
    assert iou_3d(BOX, other) == pytest.approx(1 / 3)


def test_height_counts_in_3d_only():
    other = Cuboid.from_yaw([0, 0, 0.75], [4, 2, 1.5], 0.0)
    assert bev_iou(BOX, other) == pytest.approx(1.0)
    assert iou_3d(BOX, other) == pytest.approx(1 / 3)


def test_one_inside_the_other():
    small = Cuboid.from_yaw([0.5, 0.2, 0.1], [1, 1, 1], 0.7)
    assert bev_iou(BOX, small) == pytest.approx(1 / 8)
    assert iou_3d(BOX, small) == pytest.approx(1 / 12)


@pytest.mark.parametrize("shift", [[4, 0, 0], [0, 2, 0], [4, 2, 0], [50, 0, 0]])
def test_touching_and_apart_share_nothing(shift):
    other = Cuboid.from_yaw(shift, [4, 2, 1.5], 0.0)
    assert bev_iou(BOX, other) == 0.0
    assert iou_3d(BOX, other) == 0.0


def test_one_on_top_of_the_other_shares_nothing_in_3d():
    assert iou_3d(BOX, Cuboid.from_yaw([0, 0, 1.5], [4, 2, 1.5], 0.0)) == 0.0
    assert iou_3d(BOX, Cuboid(SE3.from_euler(0.1, 0, 0, [0, 0, 3]), BOX.size_lwh_m)) == 0.0


def test_turned_by_half_a_turn_is_the_same_box():
    turned = Cuboid.from_yaw([0, 0, 0], [4, 2, 1.5], np.pi)
    assert bev_iou(BOX, turned) == pytest.approx(1.0)
    assert iou_3d(BOX, turned) == pytest.approx(1.0)


def test_a_cross_of_two_boxes():
    turned = Cuboid.from_yaw([0, 0, 0], [4, 2, 1.5], np.pi / 2)
    assert iou_3d(BOX, turned) == pytest.approx(4 / (8 + 8 - 4))


def test_map_coordinates_keep_their_digits():
    far = np.array([4_500_000.0, 500_000.0, 300.0])
    first = Cuboid.from_yaw(far, [4, 2, 1.5], 0.3)
    second = Cuboid.from_yaw(far + np.array([0.5, 0.25, 0.125]), [4, 2, 1.5], 0.4)
    near_first = Cuboid.from_yaw([0, 0, 0], [4, 2, 1.5], 0.3)
    near_second = Cuboid.from_yaw([0.5, 0.25, 0.125], [4, 2, 1.5], 0.4)
    assert bev_iou(first, second) == pytest.approx(bev_iou(near_first, near_second), abs=1e-12)
    assert iou_3d(first, second) == pytest.approx(iou_3d(near_first, near_second), abs=1e-12)
    assert iou_3d(first, first) == pytest.approx(1.0, abs=1e-12)


def test_a_tiny_box_is_a_box():
    tiny = Cuboid.from_yaw([0, 0, 0], [1e-3, 1e-3, 1e-3], 0.4)
    assert bev_iou(tiny, tiny) == pytest.approx(1.0)
    assert iou_3d(tiny, tiny) == pytest.approx(1.0)


# Against shapely


@given(upright, upright)
def test_bev_agrees_with_shapely(first, second):
    a, b = flat(first), flat(second)
    shared = a.intersection(b).area
    assert bev_iou(first, second) == pytest.approx(shared / (a.area + b.area - shared), abs=1e-9)


@given(upright, upright)
def test_3d_of_upright_boxes_is_area_times_height(first, second):
    area = flat(first).intersection(flat(second)).area
    top = min(c.center_m[2] + c.height_m / 2 for c in (first, second))
    bottom = max(c.center_m[2] - c.height_m / 2 for c in (first, second))
    shared = area * max(0.0, top - bottom)
    expected = shared / (first.volume_m3 + second.volume_m3 - shared)
    assert iou_3d(first, second) == pytest.approx(expected, abs=1e-9)


@given(tilted, tilted)
def test_bev_of_tilted_boxes_is_that_of_their_shadows(first, second):
    a, b = flat(first), flat(second)
    shared = a.intersection(b).area
    assert bev_iou(first, second) == pytest.approx(shared / (a.area + b.area - shared), abs=1e-9)


# Tilted boxes


@pytest.mark.parametrize("seed", range(6))
def test_3d_of_tilted_boxes_agrees_with_counting_points(seed):
    rng = np.random.default_rng(seed)
    first, second = (
        Cuboid(SE3.from_euler(*rng.uniform(-3, 3, 3), rng.normal(size=3)), rng.uniform(1, 5, 3))
        for _ in range(2)
    )
    assert iou_3d(first, second) == pytest.approx(monte_carlo_iou(first, second), abs=2e-3)


@given(tilted)
@example(Cuboid(SE3.from_euler(0.1, 0.2, 0.3, [1e3, 2e3, 3e3]), np.array([4, 2, 1.5])))
def test_a_box_overlaps_itself_completely(cuboid):
    assert iou_3d(cuboid, cuboid) == pytest.approx(1.0, abs=1e-9)
    assert bev_iou(cuboid, cuboid) == pytest.approx(1.0, abs=1e-9)


@given(tilted, st.floats(1e-16, 1e-3))
def test_a_hair_of_tilt_changes_the_overlap_by_a_hair(cuboid, tilt):
    turned = Cuboid(
        cuboid.frame_SE3_cuboid @ SE3.from_euler(tilt, tilt / 2, 0, [0, 0, 0]), cuboid.size_lwh_m
    )
    assert iou_3d(cuboid, turned) >= 1 - 100 * tilt - 1e-9


@given(tilted, tilted)
def test_overlap_does_not_depend_on_the_order(first, second):
    assert iou_3d(first, second) == pytest.approx(iou_3d(second, first), abs=1e-9)
    assert bev_iou(first, second) == pytest.approx(bev_iou(second, first), abs=1e-9)


@given(tilted, tilted, tilted)
def test_3d_overlap_does_not_depend_on_the_frame(first, second, third):
    frame = third.frame_SE3_cuboid
    assert iou_3d(first.in_frame(frame), second.in_frame(frame)) == pytest.approx(
        iou_3d(first, second), abs=1e-9
    )


# Parts


@given(tilted)
def test_a_footprint_is_convex_and_counter_clockwise(cuboid):
    outline = footprint(cuboid)
    assert polygon_area(outline) == pytest.approx(flat(cuboid).area, rel=1e-9)


def test_an_upside_down_box_has_a_counter_clockwise_footprint_too():
    upside_down = Cuboid(SE3.from_euler(np.pi, 0, 0.3, [0, 0, 0]), np.array([4, 2, 1.5]))
    assert polygon_area(footprint(upside_down)) == pytest.approx(8.0)


def test_polygons_that_miss_each_other_share_no_corner():
    square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    assert convex_intersection(square, square + 5).shape == (0, 2)
    assert polygon_area(convex_intersection(square, square)) == pytest.approx(1.0)
    assert polygon_area(square[::-1]) == pytest.approx(-1.0)
    assert polygon_area(square[:2]) == 0.0


@given(upright, upright)
def test_the_intersection_lies_in_both(first, second):
    shared = convex_intersection(footprint(first), footprint(second))
    assume(len(shared) >= 3)
    for outline in (flat(first), flat(second)):
        assert outline.buffer(1e-9).covers(shapely.MultiPoint(shared))
