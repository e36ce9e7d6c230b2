"""Ground of a whole cloud, made and real."""

import os
from pathlib import Path

import numpy as np
import pytest

from av3d.logs.ground_points import ground_points

RNG = np.random.default_rng(4)


def plane(slope=0.0, height_m=-1.7, count=40_000, reach_m=40.0):
    """Ground that rises along x, with 2 cm of noise."""
    xy = RNG.uniform(-reach_m, reach_m, (count, 2))
    return np.column_stack([xy, height_m + slope * xy[:, 0] + RNG.normal(0, 0.02, count)])


def block(x, y, bottom, size=(4.4, 1.9, 1.5), count=1500):
    """Points on the sides of a car."""
    points = RNG.uniform(-0.5, 0.5, (count, 3)) * size
    side = RNG.integers(0, 2, count)
    points[side == 0, 1] = np.sign(points[side == 0, 1]) * size[1] / 2
    points[side == 1, 0] = np.sign(points[side == 1, 0]) * size[0] / 2
    return np.add(points, [x, y, bottom + size[2] / 2])


@pytest.mark.parametrize("slope", [0.0, 0.1, -0.25])
def test_flat_and_steep_streets_are_ground(slope):
    points = plane(slope).astype(np.float32)
    assert ground_points(points).mean() > 0.99


@pytest.mark.parametrize("slope", [0.0, 0.2])
def test_a_car_stays_but_for_its_lowest_edge(slope):
    car = block(10, 3, -1.7 + slope * 10)
    ground = plane(slope)
    hidden = (np.abs(ground[:, :2] - (10, 3)) < (2.2, 0.95)).all(axis=1)
    points = np.concatenate([ground[~hidden], car]).astype(np.float32)
    is_ground = ground_points(points)
    on_car = is_ground[-len(car) :]
    above = car[:, 2] - (-1.7 + slope * car[:, 0])
    assert not on_car[above > 0.6].any()
    assert is_ground[: -len(car)].mean() > 0.99


def test_points_under_the_ground_pull_nothing_down():
    strays = np.column_stack([RNG.uniform(-30, 30, (40, 2)), RNG.uniform(-6, -3, 40)])
    ground = plane()
    is_ground = ground_points(np.concatenate([ground, strays]).astype(np.float32))
    assert is_ground[: len(ground)].mean() > 0.98


def test_a_wall_stays():
    wall = np.column_stack(
        [np.full(4000, 15.0), RNG.uniform(-20, 20, 4000), RNG.uniform(-1.7, 3, 4000)]
    )
    is_ground = ground_points(np.concatenate([plane(), wall]).astype(np.float32))
    assert not is_ground[-4000:][wall[:, 2] > -1.2].any()


def test_no_points_and_few_points():
    assert ground_points(np.zeros((0, 3), np.float32)).shape == (0,)
    assert ground_points(np.full((1, 3), 500.0, np.float32)).tolist() == [False]


def test_classes_of_a_real_log_agree():
    folder = os.environ.get("AV3D_REAL_DATA")
    if not folder:
        pytest.skip("set AV3D_REAL_DATA to the folder with real logs")
    from av3d.datasets.registry import open_log

    cloud = open_log(Path(folder) / "pandaset" / "002").cloud(3)
    is_ground = ground_points(cloud.points_m)
    classes = cloud.extra["semantic"]
    near = np.hypot(cloud.points_m[:, 0], cloud.points_m[:, 1]) < 80
    # Ground, road, markings, sidewalk and driveway; then what drives or walks.
    assert is_ground[np.isin(classes, range(6, 13)) & near].mean() > 0.99
    assert is_ground[np.isin(classes, range(13, 33))].mean() < 0.12
