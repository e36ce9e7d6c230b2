import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.render.point_grid import PointGrid, points_inside

CLOUD = np.random.default_rng(5).uniform(-30, 30, (4000, 3)).astype(np.float32)
cuboids = st.builds(
    lambda center, size, angles: Cuboid(SE3.from_euler(*angles, center), np.array(size)),
    st.tuples(*[st.floats(-40, 40)] * 3),
    st.tuples(*[st.floats(0.1, 25)] * 3),
    st.tuples(st.floats(-0.4, 0.4), st.floats(-0.4, 0.4), st.floats(-3.1, 3.1)),
)


@settings(max_examples=60, deadline=None)
@given(cuboids, st.sampled_from([0.5, 2.0, 7.0]), st.floats(-0.05, 0.5))
def test_the_grid_finds_exactly_the_points_inside(cuboid, cell_m, margin_m):
    expected = np.flatnonzero(cuboid.contains(CLOUD, margin_m))
    assert (PointGrid(CLOUD, cell_m).inside(cuboid, margin_m) == expected).all()
    assert (points_inside(CLOUD, cuboid, margin_m) == expected).all()


@pytest.mark.parametrize("count", [0, 1])
def test_tiny_clouds_work(count):
    points = np.zeros((count, 3), np.float32)
    unit, away = Cuboid.from_yaw([0, 0, 0], [1, 1, 1], 0), Cuboid.from_yaw([9, 0, 0], [1, 1, 1], 0)
    assert len(PointGrid(points).inside(unit)) == len(points_inside(points, unit)) == count
    assert len(PointGrid(points).inside(away)) == len(points_inside(points, away)) == 0


def test_a_cloud_wider_than_the_grid_gets_larger_cells():
    points = np.array([[0, 0, 0], [5000, 0, 0], [5000, 7000, 0], [2500, 3500, 1]], np.float32)
    grid = PointGrid(points)
    for index, point in enumerate(points):
        assert grid.inside(Cuboid.from_yaw(point, [1, 1, 1], 0.5)).tolist() == [index]
