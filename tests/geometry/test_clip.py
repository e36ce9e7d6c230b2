import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from av3d.geometry.clip import (
    clip_polygon_to_rectangle,
    clip_polygons_to_near_plane,
    clip_polygons_to_rectangle,
    clip_segments_to_near_plane,
    clip_segments_to_rectangle,
)

LOW, HIGH = (-0.5, -0.5), (639.5, 479.5)
IMAGE = shapely.box(*LOW, *HIGH)

pixels = st.floats(-3000, 3000)


def near_plane(start, end, near_m=1.0):
    starts, ends, alive = clip_segments_to_near_plane(
        np.array([start], float), np.array([end], float), near_m
    )
    return starts[0].tolist(), ends[0].tolist(), bool(alive[0])


# Near plane


def test_a_segment_in_front_comes_back_bit_for_bit():
    assert near_plane([0.1, 0.2, 1.0], [5, 6, 7]) == ([0.1, 0.2, 1.0], [5, 6, 7], True)


def test_a_segment_behind_is_gone():
    assert near_plane([0, 0, 0.999], [0, 0, -3])[2] is False


def test_a_segment_is_cut_at_the_plane_from_either_end():
    assert near_plane([0, 0, 3], [4, 2, -1]) == ([0, 0, 3], [2, 1, 1], True)
    assert near_plane([4, 2, -1], [0, 0, 3]) == ([2, 1, 1], [0, 0, 3], True)


def test_cut_ends_lie_exactly_in_the_plane():
    rng = np.random.default_rng(0)
    starts, ends = rng.normal(size=(1000, 3)) * 20, rng.normal(size=(1000, 3)) * 20
    new_starts, new_ends, alive = clip_segments_to_near_plane(starts, ends, 0.05)
    assert (new_starts[alive, 2] >= 0.05).all()
    assert (new_ends[alive, 2] >= 0.05).all()
    assert (alive == ((starts[:, 2] >= 0.05) | (ends[:, 2] >= 0.05))).all()


def test_the_arguments_stay_as_they_are():
    starts, ends = np.array([[0.0, 0, 3]]), np.array([[0.0, 0, -3]])
    clip_segments_to_near_plane(starts, ends, 1.0)
    assert starts.tolist() == [[0, 0, 3]]
    assert ends.tolist() == [[0, 0, -3]]


def in_front(polygon, near_m):
    return clip_polygons_to_near_plane(polygon, np.zeros(len(polygon), int), near_m)[0]


def test_a_polygon_half_behind_keeps_its_front_half():
    square = np.array([[0.0, 0, 0], [2, 0, 0], [2, 0, 2], [0, 0, 2]])
    kept = in_front(square, 1.0)
    assert sorted(kept.tolist()) == [[0, 0, 1], [0, 0, 2], [2, 0, 1], [2, 0, 2]]
    assert len(in_front(square, 3.0)) == 0
    assert in_front(square, -1.0).tolist() == square.tolist()


@given(arrays(np.float64, (4, 3), elements=st.floats(-50, 50)))
def test_no_corner_of_a_cut_polygon_is_behind_the_plane(polygon):
    assert (in_front(polygon, 0.05)[:, 2] >= 0.05).all()


# Image rectangle


@given(pixels, pixels, pixels, pixels)
def test_segments_are_cut_as_shapely_cuts_them(x1, y1, x2, y2):
    starts, ends, alive = clip_segments_to_rectangle(
        np.array([[x1, y1]]), np.array([[x2, y2]]), LOW, HIGH
    )
    expected = shapely.MultiPoint([(x1, y1), (x2, y2)]).convex_hull.intersection(IMAGE)
    if not alive[0]:
        assert expected.length < 1e-6
        return
    found = shapely.MultiPoint([starts[0], ends[0]]).convex_hull
    assert found.length == pytest.approx(expected.length, abs=1e-6)
    ends_px = np.concatenate([starts, ends])
    assert (ends_px >= np.array(LOW) - 1e-6).all()
    assert (ends_px <= np.array(HIGH) + 1e-6).all()
    # The direction stays.
    assert np.dot(ends[0] - starts[0], [x2 - x1, y2 - y1]) >= -1e-6


def test_ends_on_the_image_come_back_bit_for_bit():
    start, end = np.array([[0.1, 0.2]]), np.array([[639.5, 479.5]])
    new_start, new_end, alive = clip_segments_to_rectangle(start, end, LOW, HIGH)
    assert alive.all()
    assert new_start.tolist() == start.tolist()
    assert new_end.tolist() == end.tolist()


def test_upright_level_and_empty_segments():
    starts = np.array([[10.0, -90], [-90, 10], [700, 10], [5, 5], [900, 900]])
    ends = np.array([[10.0, 900], [900, 10], [700, 20], [5, 5], [900, 900]])
    new_starts, new_ends, alive = clip_segments_to_rectangle(starts, ends, LOW, HIGH)
    assert alive.tolist() == [True, True, False, True, False]
    assert new_starts[:2].tolist() == [[10, -0.5], [-0.5, 10]]
    assert new_ends[:2].tolist() == [[10, 479.5], [639.5, 10]]


def test_slopes_too_small_to_divide_by_are_no_trouble():
    starts, ends = np.array([[-5.0, 0.0]]), np.array([[-5.0 + 1e-320, 5e-324]])
    assert not clip_segments_to_rectangle(starts, ends, LOW, HIGH)[2].any()


@given(st.lists(st.tuples(pixels, pixels), min_size=3, max_size=8))
def test_convex_polygons_are_cut_as_shapely_cuts_them(points):
    hull = shapely.MultiPoint(points).convex_hull
    if hull.geom_type != "Polygon" or hull.area < 1e-3:
        return
    outline = np.array(hull.exterior.coords)[:-1]
    kept = clip_polygon_to_rectangle(outline, LOW, HIGH)
    area = shapely.Polygon(kept).area if len(kept) >= 3 else 0.0
    assert area == pytest.approx(hull.intersection(IMAGE).area, rel=1e-9, abs=1e-6)


def test_a_polygon_around_the_image_becomes_the_image():
    around = np.array([[-1e6, -1e6], [1e6, -1e6], [1e6, 1e6], [-1e6, 1e6]])
    kept = clip_polygon_to_rectangle(around, LOW, HIGH)
    assert shapely.Polygon(kept).equals_exact(IMAGE.normalize(), 1e-6) or shapely.Polygon(
        kept
    ).area == pytest.approx(IMAGE.area)


def test_no_polygon_is_no_polygon():
    assert clip_polygon_to_rectangle(np.zeros((0, 2)), LOW, HIGH).shape == (0, 2)


# Many polygons at once


def test_polygons_stay_apart():
    near, beyond = [[0.0, 0], [9, 0], [9, 9]], [[700.0, 0], [800, 0], [800, 90]]
    across = [[600.0, 10], [700, 10], [700, 20], [600, 20]]
    kept, owner = clip_polygons_to_rectangle(
        np.array([*near, *beyond, *across]), np.array([0, 0, 0, 1, 1, 1, 2, 2, 2, 2]), LOW, HIGH
    )
    assert owner.tolist() == [0, 0, 0, 2, 2, 2, 2]
    assert kept[:3].tolist() == near
    assert kept[3:].tolist() == [[600, 10], [639.5, 10], [639.5, 20], [600, 20]]


@given(st.lists(st.lists(st.tuples(pixels, pixels), min_size=3, max_size=6), max_size=4))
def test_polygons_are_cut_together_as_each_is_alone(polygons):
    corners = np.array([point for polygon in polygons for point in polygon]).reshape(-1, 2)
    owner = np.repeat(np.arange(len(polygons)), [len(polygon) for polygon in polygons])
    kept, kept_owner = clip_polygons_to_rectangle(corners, owner, LOW, HIGH)
    for number, polygon in enumerate(polygons):
        alone = clip_polygon_to_rectangle(np.array(polygon), LOW, HIGH)
        assert kept[kept_owner == number].tolist() == alone.tolist()
