import numpy as np
import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.logs.sweep import Sweep
from av3d.render.colours import (
    HeightRange,
    PointColour,
    height_range,
    highlight_inside,
    paint_cuboids,
    point_colours,
    ramp_colours,
)
from av3d.render.palette import POINT_RAMP, hex_to_rgb
from av3d.render.point_grid import PointGrid


def street(extra=()) -> np.ndarray:
    """Ground at z = 0.1, walls up to 4 m."""
    rng = np.random.default_rng(2)
    ground = np.column_stack([rng.uniform(-25, 25, (5000, 2)), rng.normal(0.1, 0.03, 5000)])
    wall = np.column_stack(
        [np.full(1500, 10.0), rng.uniform(-25, 25, 1500), rng.uniform(0, 4, 1500)]
    )
    return np.concatenate([ground, wall, np.reshape(extra, (-1, 3))]).astype(np.float32)


def cloud(points, intensity=None) -> Sweep:
    points = np.array(points, np.float32).reshape(-1, 3)
    return Sweep("ego", 0, points, None if intensity is None else np.array(intensity, np.float32))


def test_the_ramp_runs_through_its_stops():
    table = ramp_colours(steps=6)
    assert [tuple(row) for row in table] == [hex_to_rgb(colour) for colour in POINT_RAMP]


def test_the_height_range_starts_at_the_ground():
    heights = height_range(street())
    assert heights.low_m == pytest.approx(-0.1, abs=0.2)
    assert 2.0 <= heights.high_m <= 6.2


def test_a_tower_and_noise_below_the_ground_do_not_flatten_the_ramp():
    tower = np.column_stack([np.full(60, 5.0), np.full(60, 5.0), np.linspace(4, 90, 60)])
    noise = [[1.0, 1.0, -30.0]] * 20
    plain, disturbed = height_range(street()), height_range(street([*tower, *noise]))
    assert disturbed.low_m == pytest.approx(plain.low_m, abs=0.3)
    assert disturbed.high_m == pytest.approx(plain.high_m, abs=1.0)


@pytest.mark.parametrize("points", [np.zeros((0, 3)), np.array([[1, 2, 3.0]]), np.ones((500, 3))])
def test_every_cloud_has_a_height_range(points):
    heights = height_range(points.astype(np.float32))
    assert heights.high_m - heights.low_m >= 2.0


def test_low_points_are_dark_and_high_ones_light():
    colours = point_colours(cloud([[1, 0, 0], [1, 0, 4]]), heights=HeightRange(0, 4))
    assert colours[0] == pytest.approx(hex_to_rgb("#26344A"), abs=4)
    assert colours[1] == pytest.approx(hex_to_rgb("#D6D0A0"), abs=8)


def test_far_points_and_points_without_reflection_are_dimmer():
    points = [[1, 0, 4], [90, 0, 4], [1, 0, 4]]
    colours = point_colours(cloud(points, [1, 1, 0]), heights=HeightRange(0, 4)).sum(axis=1)
    assert colours[1] < colours[0]
    assert colours[2] < colours[0]


@pytest.mark.parametrize("colour", list(PointColour))
def test_every_colouring_is_deterministic_and_takes_any_cloud(colour):
    rng = np.random.default_rng(3)
    many = cloud(rng.normal(size=(500, 3)) * (40, 40, 3), rng.uniform(size=500))
    assert (point_colours(many, colour) == point_colours(many, colour.value)).all()
    for small in (cloud([]), cloud([[1, 2, 3]]), cloud([[1, 2, 3]], [0.0]), cloud([], [])):
        assert point_colours(small, colour).shape == (len(small), 3)


def test_intensity_is_spread_so_that_paint_differs_from_asphalt():
    values = np.concatenate([np.full(95, 0.02), np.full(5, 0.3)])
    colours = point_colours(cloud(np.zeros((100, 3)), values), "intensity").sum(axis=1)
    assert colours[-1] - colours[0] > 150


def test_near_is_lighter_than_far_by_distance():
    colours = point_colours(cloud([[1, 0, 0], [40, 0, 0], [500, 0, 0]]), "distance").sum(axis=1)
    assert colours[0] > colours[1] > colours[2]


def test_points_inside_cuboids_take_the_category_colour_and_the_selected_one_lights_up():
    points = np.array([[0, 0, 0], [5, 0, 0], [9, 9, 9]], np.float32)
    colours = np.zeros((3, 3), np.uint8)
    paint_cuboids(
        colours,
        PointGrid(points),
        [
            (Cuboid.from_yaw([0, 0, 0], [1, 1, 1], 0), "car"),
            (Cuboid.from_yaw([5, 0, 0], [1, 1, 1], 0), "bus"),
        ],
    )
    assert [tuple(row) for row in colours] == [
        hex_to_rgb("#4DB2F5"),
        hex_to_rgb("#379B43"),
        (0, 0, 0),
    ]
    for source in (points, PointGrid(points)):
        assert highlight_inside(colours, source, Cuboid.from_yaw([5, 0, 0], [1, 1, 1], 0)) == 1
    assert tuple(colours[1]) == hex_to_rgb("#FFE296")
