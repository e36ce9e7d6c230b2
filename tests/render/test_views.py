import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.render.views import InvalidViewError, OrthographicView, PerspectiveView, fit_points

angles = st.floats(-3.1, 3.1)
places = st.floats(-200, 200)
bev_views = st.builds(
    OrthographicView,
    st.integers(1, 2000),
    st.integers(1, 2000),
    st.tuples(places, places),
    st.floats(0.01, 2),
    angles,
)
orbit_views = st.builds(
    PerspectiveView,
    st.integers(10, 2000),
    st.integers(10, 2000),
    st.tuples(places, places, st.floats(-5, 5)),
    st.floats(2, 200),
    angles,
    st.floats(-1.5, 1.5),
    st.floats(0.3, 2.0),
)
pixels = st.tuples(st.floats(0, 2000), st.floats(0, 2000))


def test_from_above_forward_is_up_and_left_is_left():
    view = OrthographicView(201, 101, metres_per_pixel=0.5)
    ahead, left = view.to_pixels([[10.0, 0.0, 3.0], [0.0, 10.0, -3.0]])
    assert ahead == pytest.approx((100, 30))
    assert left == pytest.approx((80, 50))


def test_from_above_the_up_direction_turns_the_world():
    view = OrthographicView(201, 101, metres_per_pixel=0.5, up_rad=np.pi / 2)
    assert view.to_pixels([0.0, 10.0, 0.0]) == pytest.approx((100, 30))


@given(bev_views, st.lists(st.tuples(places, places), min_size=1, max_size=5))
def test_from_above_pixels_and_places_round_trip(view, points):
    assert view.to_plane(view.to_pixels(points)) == pytest.approx(np.array(points), abs=1e-9)


@given(bev_views, pixels, st.floats(0.3, 3))
def test_from_above_zoom_keeps_the_place_under_the_cursor(view, pixel, factor):
    zoomed = view.zoomed(factor, pixel)
    assert zoomed.to_pixels(view.to_plane(pixel)) == pytest.approx(pixel, abs=1e-6)


@given(bev_views, pixels, st.tuples(st.floats(-500, 500), st.floats(-500, 500)))
def test_from_above_what_is_grabbed_follows_the_cursor(view, pixel, delta):
    moved = view.panned(delta)
    assert moved.to_pixels(view.to_plane(pixel)) == pytest.approx(np.add(pixel, delta), abs=1e-6)


@given(bev_views, st.lists(st.tuples(places, places, places), min_size=1, max_size=5))
def test_from_above_the_splat_matrix_agrees_with_to_pixels(view, points):
    rows = np.hstack([points, np.ones((len(points), 1))]) @ view.splat_matrix.T
    assert rows[:, :2] == pytest.approx(view.to_pixels(points), abs=1e-6)
    assert rows[:, 2] == pytest.approx(-np.array(points)[:, 2])


def test_fit_points_shows_all_of_them():
    points = np.array([[5.0, -3.0, 0.0], [45.0, 30.0, 2.0], [20.0, 60.0, 1.0]])
    view = fit_points(OrthographicView(400, 300, up_rad=0.7), points)
    on_canvas = view.to_pixels(points)
    assert (on_canvas > 0).all()
    assert (on_canvas < (400, 300)).all()
    assert fit_points(view, np.zeros((0, 3))) == view


def test_the_orbit_camera_looks_at_its_target():
    view = PerspectiveView(640, 480, (3.0, -4.0, 1.0), 20.0, 0.3, 0.6)
    assert view.to_pixels(view.target_m) == pytest.approx((319.5, 239.5))
    assert view.depth_m(view.target_m) == pytest.approx(20.0)


def test_the_orbit_camera_sees_left_on_the_left_and_up_at_the_top():
    view = PerspectiveView(640, 480, azimuth_rad=0.0, elevation_rad=0.3)
    left, above = view.to_pixels([[0.0, 2.0, 0.0], [0.0, 0.0, 2.0]])
    assert left[0] < 319
    assert above[1] < 239


def test_a_point_behind_the_orbit_camera_has_no_pixel():
    view = PerspectiveView(640, 480, distance_m=10.0, elevation_rad=0.0)
    assert np.isnan(view.to_pixels([-20.0, 0.0, 0.0])).all()


@given(orbit_views, st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_the_ray_of_a_pixel_projects_back_to_it(view, part):
    pixel = np.multiply(part, (view.width_px, view.height_px))
    origin, direction = view.ray(pixel)
    assert np.linalg.norm(direction) == pytest.approx(1)
    # At 7.5 m depth: on a very wide canvas 7.5 m along the outermost ray are still at the camera.
    along_m = 7.5 / (direction @ view.frame_SE3_view.rotation[:, 2])
    assert view.to_pixels(origin + along_m * direction) == pytest.approx(pixel, abs=1e-4)


@given(orbit_views, pixels, st.floats(0.3, 3))
def test_orbit_zoom_keeps_what_is_under_the_cursor(view, pixel, factor):
    ray = view.camera.unproject(pixel)
    place = view.frame_SE3_view.transform(ray / ray[2] * view.distance_m)
    assert view.zoomed(factor, pixel).to_pixels(place) == pytest.approx(pixel, abs=1e-4)


@given(orbit_views, st.tuples(st.floats(-500, 500), st.floats(-500, 500)))
def test_orbit_pan_moves_the_target_by_the_drag(view, delta):
    middle = ((view.width_px - 1) / 2, (view.height_px - 1) / 2)
    moved = view.panned(delta).to_pixels(view.target_m)
    assert moved == pytest.approx(np.add(middle, delta), abs=1e-4)


@given(orbit_views, angles, angles)
def test_orbiting_keeps_target_and_distance(view, azimuth, elevation):
    turned = view.orbited(azimuth, elevation)
    assert turned.depth_m(view.target_m) == pytest.approx(view.distance_m)
    assert abs(turned.elevation_rad) <= np.pi / 2


def test_looking_straight_down_shows_what_the_birds_eye_view_shows():
    view = PerspectiveView(200, 200, elevation_rad=np.pi / 2)
    ahead, left = view.to_pixels([[5.0, 0.0, 0.0], [0.0, 5.0, 0.0]])
    assert ahead[0] == pytest.approx(99.5)
    assert ahead[1] < 99.5
    assert left[1] == pytest.approx(99.5)
    assert left[0] < 99.5


def test_a_pixel_meets_the_ground_below_the_horizon_only():
    view = PerspectiveView(640, 480, elevation_rad=0.2)
    ground = view.on_plane((319.5, 300.0), 0.0)
    assert ground is not None
    assert ground[2] == pytest.approx(0)
    assert view.to_pixels(ground) == pytest.approx((319.5, 300.0))
    assert view.on_plane((319.5, 0.0), 0.0) is None


def test_views_without_pixels_or_scale_are_refused():
    with pytest.raises(InvalidViewError, match="at least one pixel"):
        OrthographicView(0, 10)
    with pytest.raises(InvalidViewError, match="positive scale"):
        OrthographicView(10, 10, metres_per_pixel=0.0)
    with pytest.raises(InvalidViewError, match="positive distance"):
        PerspectiveView(10, 10, distance_m=float("nan"))
