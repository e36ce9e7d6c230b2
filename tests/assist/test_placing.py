from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assist.scene import LIDAR_M, ground_and_wall, seen_of
from av3d.assist.floor import GroundPlane
from av3d.assist.placing import Placed, Rectangle, cuboid_at, cuboid_from_rectangle
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.overlap import bev_iou, iou_3d
from av3d.geometry.se3 import SE3
from av3d.ontology.category import Category
from av3d.ontology.presets import default
from av3d.types import FloatArray

UP = np.array([0.0, 0.0, 1.0])
FLAT = GroundPlane(np.zeros(3), UP, UP, 0.02, 100)


def category(key: str) -> Category:
    found = default().category(key)
    assert found is not None
    return found


def car(x: float, y: float, yaw_rad: float) -> Cuboid:
    return Cuboid.from_yaw([x, y, 0.8], [4.5, 1.9, 1.6], yaw_rad)


def skin(cuboid: Cuboid) -> FloatArray:
    """What the LiDAR sees of a body that is a little smaller than its cuboid, (N, 3)."""
    return seen_of(Cuboid(cuboid.frame_SE3_cuboid, cuboid.size_lwh_m - np.array([0.3, 0.3, 0.1])))


def bounds(cuboid: Cuboid, margin_m: float) -> tuple[FloatArray, FloatArray]:
    corners = cuboid.corners_m()[:, :2]
    return corners.min(axis=0) - margin_m, corners.max(axis=0) + margin_m


def dragged(points_m: FloatArray, start: object, end: object, key: str, *, fit: bool) -> Placed:
    rectangle = Rectangle.of(np.asarray(start), np.asarray(end))
    cloud = points_m.astype(np.float32)
    return cuboid_from_rectangle(cloud, rectangle, category(key), FLAT, fit=fit, sensor_m=LIDAR_M)


def test_a_plain_rectangle_is_the_footprint() -> None:
    placed = dragged(skin(car(12, 4, 0)), (9.0, 2.5), (15.0, 5.0), "car", fit=False)
    assert placed.cuboid.center_m[:2] == pytest.approx([12.0, 3.75])
    assert placed.cuboid.size_lwh_m[:2] == pytest.approx([6.0, 2.5])


@pytest.mark.parametrize(
    ("start", "end", "yaw_deg"),
    [
        ((9, 2), (15, 5), 0.0),
        ((15, 5), (9, 2), 180.0),
        ((9, 2), (11, 8), 90.0),
        ((9, 8), (11, 2), -90.0),
    ],
)
def test_a_plain_rectangle_heads_the_way_it_was_dragged(
    start: tuple[float, float], end: tuple[float, float], yaw_deg: float
) -> None:
    placed = dragged(ground_and_wall(), start, end, "car", fit=False)
    assert math.degrees(placed.cuboid.yaw_rad) == pytest.approx(yaw_deg)


def test_a_rectangle_of_a_turned_view_keeps_its_direction() -> None:
    yaw = math.radians(30)
    along, across = (
        np.array([math.cos(yaw), math.sin(yaw)]),
        np.array([-math.sin(yaw), math.cos(yaw)]),
    )
    start = np.array([12.0, 4.0])
    rectangle = Rectangle.of(start, start + 5 * along + 2 * across, yaw)
    placed = cuboid_from_rectangle(skin(car(12, 4, 0)), rectangle, category("car"), FLAT, fit=False)
    assert placed.cuboid.yaw_rad == pytest.approx(yaw)
    assert placed.cuboid.size_lwh_m[:2] == pytest.approx([5.0, 2.0])


def test_height_comes_from_the_points_and_the_ground() -> None:
    placed = dragged(skin(car(12, 4, 0)), (9, 2.5), (15, 5.5), "car", fit=False)
    assert placed.cuboid.center_m[2] - placed.cuboid.height_m / 2 == pytest.approx(0.0, abs=0.01)
    assert placed.cuboid.height_m == pytest.approx(1.6, abs=0.08)


def test_a_branch_over_a_car_does_not_raise_it() -> None:
    rng = np.random.default_rng(2)
    branch = rng.uniform([11, 3.5, 3.0], [13, 4.5, 3.4], (60, 3))
    points = np.concatenate([skin(car(12, 4, 0)), branch])
    assert dragged(points, (9, 2.5), (15, 5.5), "car", fit=True).cuboid.height_m < 1.8


def test_an_empty_rectangle_has_the_usual_height_and_says_why() -> None:
    placed = dragged(ground_and_wall(), (20, 5), (25, 7), "truck", fit=False)
    assert placed.points == 0
    assert placed.cuboid.height_m == pytest.approx(3.2)
    assert "usual height" in placed.how


@settings(max_examples=25, deadline=None)
@given(st.floats(10, 30), st.floats(-5, 15), st.floats(-math.pi, math.pi), st.floats(0.05, 0.5))
def test_a_fitted_rectangle_finds_a_car_at_any_heading(
    x: float, y: float, yaw_rad: float, margin_m: float
) -> None:
    truth = car(x, y, yaw_rad)
    placed = dragged(skin(truth), *bounds(truth, margin_m), "car", fit=True)
    assert bev_iou(placed.cuboid, truth) > 0.7


def test_of_a_car_seen_from_behind_the_far_end_is_where_its_usual_length_puts_it() -> None:
    truth = car(15, 0, 0)
    points = skin(truth)
    back = points[points[:, 0] < 13.2]
    placed = dragged(back, *bounds(truth, 0.3), "car", fit=True)
    front = placed.cuboid.center_m[0] + placed.cuboid.length_m / 2
    rear = placed.cuboid.center_m[0] - placed.cuboid.length_m / 2
    assert rear == pytest.approx(12.75, abs=0.15)
    assert front == pytest.approx(17.25, abs=0.4)


def test_a_rectangle_around_the_visible_points_alone_reaches_past_itself() -> None:
    truth = car(15, 4, 0)
    points = skin(truth)
    back = points[points[:, 0] < 13.4]
    placed = dragged(back, (12.5, 2.9), (13.6, 5.1), "car", fit=True)
    assert placed.cuboid.length_m > 3.5
    assert placed.cuboid.center_m[0] > 14.3


def test_what_stands_in_a_corner_of_the_rectangle_is_left_out() -> None:
    truth = car(16, 5, math.radians(45))
    low, high = bounds(truth, 0.3)
    rng = np.random.default_rng(3)
    pillar = rng.uniform(
        [high[0] - 0.7, low[1] + 0.2, 0], [high[0] - 0.2, low[1] + 0.7, 2], (80, 3)
    )
    placed = dragged(np.concatenate([skin(truth), pillar]), low, high, "car", fit=True)
    assert bev_iou(placed.cuboid, truth) > 0.75


@pytest.mark.parametrize(
    ("hint", "yaw_deg"), [(None, 10.0), ((-1.0, 0.0), -170.0), ((1.0, 0.2, 0.0), 10.0)]
)
def test_a_fitted_heading_follows_the_motion_else_the_ego(
    hint: tuple[float, ...] | None, yaw_deg: float
) -> None:
    truth = car(14, 4, math.radians(10))
    rectangle = Rectangle.of(*bounds(truth, 0.2))
    placed = cuboid_from_rectangle(
        skin(truth), rectangle, category("car"), FLAT, fit=True, motion_hint=hint, sensor_m=LIDAR_M
    )
    assert math.degrees(placed.cuboid.yaw_rad) == pytest.approx(yaw_deg, abs=4)


def test_too_few_points_to_fit_leave_the_rectangle_and_say_so() -> None:
    points = np.array([[12.0, 3.0, 0.8], [12.1, 3.0, 0.9], [12.2, 3.0, 1.0]])
    placed = dragged(points, (10, 2), (14, 4), "car", fit=True)
    assert placed.cuboid.size_lwh_m[:2] == pytest.approx([4.0, 2.0])
    assert "only 3 points" in placed.how


def test_a_pedestrian_gets_the_usual_size_about_its_points() -> None:
    rng = np.random.default_rng(4)
    person = np.array([10.0, 2.0, 0.0]) + rng.uniform([-0.2, -0.2, 0], [0.2, 0.2, 1.7], (60, 3))
    placed = dragged(person, (9.4, 1.4), (10.6, 2.6), "pedestrian", fit=True)
    assert placed.cuboid.size_lwh_m[:2] == pytest.approx([0.8, 0.7])
    assert placed.cuboid.center_m[:2] == pytest.approx([10.0, 2.0], abs=0.15)
    assert placed.cuboid.height_m == pytest.approx(1.75, abs=0.08)


def test_an_unknown_object_is_as_large_as_its_points() -> None:
    rng = np.random.default_rng(5)
    crate = np.array([10.0, 2.0, 0.0]) + rng.uniform([-1, -0.5, 0.2], [1, 0.5, 0.9], (300, 3))
    placed = cuboid_from_rectangle(
        crate, Rectangle.of((8.7, 1.2), (11.3, 2.8)), None, FLAT, fit=True
    )
    assert placed.cuboid.size_lwh_m == pytest.approx([2.2, 1.2, 0.95], abs=0.3)


def test_a_click_on_a_cluster_finds_its_car() -> None:
    truth = car(14, 4, math.radians(20))
    scene = np.concatenate([ground_and_wall(), skin(truth), skin(car(22, 4, 0))]).astype(np.float32)
    corner = truth.center_m[:2] - np.array([0.8, 0.6])
    placed = cuboid_at(scene, corner, category("car"), FLAT, sensor_m=LIDAR_M)
    assert iou_3d(placed.cuboid, truth) > 0.7


def test_a_click_where_nothing_stands_gives_the_usual_size_on_the_ground() -> None:
    placed = cuboid_at(ground_and_wall(), (20.0, 8.0), category("car"), FLAT, heading_hint=(0, 1))
    assert placed.cuboid.center_m == pytest.approx([20.0, 8.0, 0.8])
    assert placed.cuboid.size_lwh_m == pytest.approx([4.5, 1.9, 1.6])
    assert math.degrees(placed.cuboid.yaw_rad) == pytest.approx(90.0)
    assert "only 0 points" in placed.how


def test_no_cloud_at_all_still_gives_a_cuboid() -> None:
    empty = np.zeros((0, 3), dtype=np.float32)
    assert cuboid_at(empty, (20.0, 8.0), category("cone"), None).cuboid.height_m == pytest.approx(
        0.9
    )
    rectangle = Rectangle.of((1, 1), (1, 1))
    placed = cuboid_from_rectangle(empty, rectangle, None, None, fit=True)
    assert (placed.cuboid.size_lwh_m > 0).all()


def test_the_cuboid_stands_along_up_in_a_pitched_and_rolled_ego() -> None:
    world_SE3_ego = SE3.from_euler(0.04, -0.08, 0.3, [0.0, 0.0, 0.0])
    truth = car(16, 6, math.radians(25))
    ego_SE3_world = world_SE3_ego.inverse()
    up = ego_SE3_world.rotate(UP)
    ground = GroundPlane(np.zeros(3), up, up, 0.02, 100)
    seen_truth = truth.in_frame(ego_SE3_world)
    low, high = bounds(seen_truth, 0.3)
    placed = cuboid_from_rectangle(
        ego_SE3_world.transform(skin(truth)), Rectangle.of(low, high), category("car"), ground,
        fit=True, up=up, sensor_m=ego_SE3_world.transform(LIDAR_M),
    )  # fmt: skip
    assert placed.cuboid.frame_SE3_cuboid.rotation[:, 2] == pytest.approx(up, abs=1e-9)
    assert iou_3d(placed.cuboid, seen_truth) > 0.7


def test_the_same_gesture_gives_the_same_cuboid() -> None:
    truth = car(14, 4, 0.4)
    low, high = bounds(truth, 0.3)
    first = dragged(skin(truth), low, high, "car", fit=True)
    assert dragged(skin(truth), low, high, "car", fit=True).cuboid == first.cuboid
