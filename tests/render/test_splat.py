import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.render.splat import PointBuffer, SplatError, splat
from av3d.render.views import OrthographicView, PerspectiveView

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
CANVAS = (0x0E, 0x11, 0x14)
BEV = OrthographicView(7, 5, metres_per_pixel=1.0)  # pixel (3, 2) is x = 0, y = 0
ORBIT = PerspectiveView(7, 5, distance_m=10.0, elevation_rad=0.0, fov_rad=1.0)


def draw(points, colours, view=BEV, **options):
    return splat(
        np.array(points, np.float32).reshape(-1, 3),
        np.array(colours, np.uint8).reshape(-1, 3),
        view,
        **options,
    )


def test_a_point_is_one_pixel_and_the_rest_is_canvas():
    picture = draw([[1.0, -2.0, 0.0]], [RED], point_px=1)
    expected = np.full((5, 7, 3), CANVAS, np.uint8)
    expected[1, 5] = RED
    assert (picture == expected).all()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_from_above_the_higher_point_shows_in_both_orders(order):
    points, colours = np.array([[0, 0, -1.0], [0, 0, 2.0]]), np.array([RED, GREEN])
    picture = draw(points[list(order)], colours[list(order)], point_px=1)
    assert tuple(picture[2, 3]) == GREEN


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_in_perspective_the_nearer_point_shows_in_both_orders(order):
    points, colours = np.array([[5.0, 0, 0], [-5.0, 0, 0]]), np.array([RED, GREEN])
    picture = draw(points[list(order)], colours[list(order)], ORBIT, point_px=1)
    assert tuple(picture[2, 3]) == GREEN


def test_heights_on_both_sides_of_zero_are_ordered():
    heights = [-3.0, -0.5, -0.0, 1e-6, 0.5, 3.0]
    for low, high in itertools.pairwise(heights):
        if low != high:
            assert tuple(draw([[0, 0, high], [0, 0, low]], [GREEN, RED], point_px=1)[2, 3]) == GREEN
            assert tuple(draw([[0, 0, low], [0, 0, high]], [RED, GREEN], point_px=1)[2, 3]) == GREEN


def test_of_two_points_at_one_depth_the_first_shows():
    assert tuple(draw([[0, 0, 1], [0, 0, 1]], [RED, GREEN], point_px=1)[2, 3]) == RED


@pytest.mark.parametrize(
    ("size", "columns", "rows"),
    [
        (1, [3], [2]),
        (2, [3, 4], [2, 3]),
        (3, [2, 3, 4], [1, 2, 3]),
        (4, [2, 3, 4, 5], [1, 2, 3, 4]),
    ],
)
def test_a_point_covers_a_square_around_it(size, columns, rows):
    picture = draw([[-0.1, -0.1, 0.0]], [RED], point_px=size)
    drawn = np.argwhere((picture == RED).all(axis=2))
    assert sorted({int(row) for row, _ in drawn}) == rows
    assert sorted({int(column) for _, column in drawn}) == columns


def test_points_are_cut_at_the_borders():
    corners = [[2, 3, 0], [2, -3, 0], [-2, 3, 0], [-2, -3, 0]]
    picture = draw(corners, [RED] * 4, point_px=3)
    assert (picture == RED).all(axis=2).sum() == 4 * 4
    outside = [[5, 0, 0], [-5, 0, 0], [0, 6, 0], [0, -6, 0], [1e30, 0, 0], [0, -1e30, 0]]
    assert (draw(outside, [RED] * 6, point_px=3) == CANVAS).all()


def test_points_behind_the_camera_are_not_drawn():
    points = [[-11.0, 0, 0], [-10.0, 0, 0], [-9.96, 0, 0], [-1000.0, 1.0, 1.0]]
    assert (draw(points, [RED] * 4, ORBIT, point_px=3) == CANVAS).all()


def test_points_that_are_not_finite_are_not_drawn():
    bad = [[np.nan, 0, 0], [0, np.nan, 0], [np.inf, 0, 0], [0, -np.inf, 0]]
    assert (draw(bad, [RED] * 4) == CANVAS).all()
    assert (draw(bad, [RED] * 4, ORBIT) == CANVAS).all()


@pytest.mark.parametrize("view", [BEV, ORBIT])
def test_an_empty_cloud_is_an_empty_canvas(view):
    assert (draw([], [], view) == CANVAS).all()


def test_a_picture_with_opacity_equals_the_one_without():
    rng = np.random.default_rng(1)
    points = rng.normal(size=(500, 3)) * (2, 3, 1)
    colours = rng.integers(0, 256, (500, 3))
    with_alpha = draw(points, colours, out=np.zeros((5, 7, 4), np.uint8))
    assert (with_alpha[..., :3] == draw(points, colours)).all()
    assert (with_alpha[..., 3] == 255).all()


def test_every_pixel_of_a_used_picture_is_written_again():
    out = np.full((5, 7, 4), 128, np.uint8)
    buffer = PointBuffer.of_size(7, 5)
    draw([[0, 0, 0]], [RED], out=out, buffer=buffer, point_px=1)
    draw([[1, 1, 0]], [GREEN], out=out, buffer=buffer, point_px=1)
    assert (out[..., 0] < 25).all()
    assert out[1, 2].tolist() == [0, 255, 0, 255]


clouds = st.lists(
    st.tuples(st.floats(-8, 8, width=32), st.floats(-8, 8, width=32), st.floats(-8, 8, width=32)),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(clouds, st.sampled_from([BEV, ORBIT]), st.integers(1, 4))
def test_each_pixel_shows_the_closest_point_that_covers_it(points, view, size):
    points = np.array(points, np.float32).reshape(-1, 3)
    buffer = PointBuffer.of_size(7, 5)
    splat(points, np.zeros_like(points, dtype=np.uint8), view, size, buffer=buffer)
    assert (buffer.indices() == reference_indices(points, view, size)).all()


def reference_indices(points, view, size):
    """The same by a plain loop over points, sorted from far to near."""
    rows = np.hstack([points.astype(float), np.ones((len(points), 1))]) @ view.splat_matrix.T
    found = np.full((view.height_px, view.width_px), -1)
    for index in sorted(range(len(points)), key=lambda i: (-np.float32(rows[i, 2]), -i)):
        u, v, depth = rows[index]
        if isinstance(view, PerspectiveView):
            if depth < 0.05:
                continue
            u, v = u / depth, v / depth
        left, top = (int(np.floor(value - (size - 1) / 2 + 0.5)) for value in (u, v))
        for row in range(max(top, 0), min(top + size, view.height_px)):
            for column in range(max(left, 0), min(left + size, view.width_px)):
                found[row, column] = index
    return found


def test_picking_finds_the_drawn_point_next_to_the_cursor():
    buffer = PointBuffer.of_size(7, 5)
    draw([[2, 3, 0], [-2, -3, 0], [-2, -3, 5]], [RED, GREEN, BLUE], point_px=1, buffer=buffer)
    assert buffer.point_near((0.4, 0.0), 2) == 0
    assert buffer.point_near((6.0, 3.0), 2) == 2
    assert buffer.point_near((3.0, 2.0), 2) is None
    assert buffer.point_near((-50.0, -50.0), 2) is None


def test_wrong_arrays_are_refused_before_the_kernels_read_them():
    points, colours = np.zeros((3, 3), np.float32), np.zeros((3, 3), np.uint8)
    with pytest.raises(SplatError, match=r"points have shape \(3, 2\)"):
        splat(points[:, :2], colours, BEV)
    with pytest.raises(SplatError, match="colours are"):
        splat(points, colours[:2], BEV)
    with pytest.raises(SplatError, match="use 1 to 16 px"):
        splat(points, colours, BEV, 0)
    with pytest.raises(SplatError, match="the picture is"):
        splat(points, colours, BEV, out=np.zeros((7, 5, 4), np.uint8))
    with pytest.raises(SplatError, match="the picture is"):
        splat(points, colours, BEV, out=np.zeros((5, 7, 8), np.uint8)[..., ::2])
    with pytest.raises(SplatError, match="the picture is"):
        splat(points, colours, BEV, out=np.zeros((5, 7, 4), np.float32))
    with pytest.raises(SplatError, match="the buffer is"):
        splat(points, colours, BEV, buffer=PointBuffer.of_size(5, 7))
