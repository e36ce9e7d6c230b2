import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.calibration.camera import Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.kannala_brandt import KannalaBrandt
from av3d.calibration.mei import Mei
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.present.image_view import ImageView
from av3d.present.projectors import (
    ImageProjector,
    OrbitProjector,
    PlanProjector,
    SideProjector,
    across_view,
    on_plane,
    pixels_per_metre,
    ray_at,
)
from av3d.render.views import OrthographicView, PerspectiveView

LENSES = {
    "pinhole": Camera(1920, 1080, 1000.0, 1000.0, 959.5, 539.5),
    "brown-conrady": Camera(
        1920, 1080, 930.4514, 930.0891, 991.6883, 541.6057,
        BrownConrady(-0.1582, -0.0266, -0.00015221, 0.00059011, 0.0449),
    ),
    "fisheye": Camera(
        1000, 1000, 301.0, 302.0, 499.5, 497.0, KannalaBrandt(0.003, 0.0007, -0.002)
    ),
    "mei": Camera(
        1400, 1400, 1336.3, 1335.8, 716.9, 705.8, Mei(2.2134, 0.0168, 1.6548, 4e-4, 5e-4)
    ),
}  # fmt: skip
each_lens = pytest.mark.parametrize("camera", LENSES.values(), ids=LENSES.keys())

CAR = Cuboid.from_yaw([0.5, 0.8, 9.0], [4.6, 1.9, 1.6], 0.4)
near = st.tuples(st.floats(-3, 3), st.floats(-1.5, 1.5), st.floats(-3, 3))


def image_view(camera: Camera) -> ImageView:
    return ImageView.fill((620, 500), (camera.width_px, camera.height_px)).zoomed(2.0, (300, 260))


def rolling(camera: Camera) -> ImageProjector:
    """A car that is passed at 20 m/s and turns while the image is read."""
    top = CAR.frame_SE3_cuboid
    turned = top.rotation @ SE3.from_yaw(0.02, [0, 0, 0]).rotation
    bottom = SE3(turned, top.translation_m + np.array([-0.6, 0.02, 0.1]))
    return ImageProjector(
        camera, image_view(camera), top.interpolate(bottom, 0.5), (top, bottom), (7.0, 40.0)
    )


def test_the_middle_of_the_canvas_is_the_middle_of_the_plan():
    projector = PlanProjector(OrthographicView(200, 100, center_m=(3.0, 4.0)))
    pixels, seen = projector.project(np.array([[3.0, 4.0, 9.0]]))
    assert pixels.tolist() == [[100.0, 50.0]]
    assert seen.tolist() == [True]


def test_forward_is_up_in_the_plan():
    projector = PlanProjector(OrthographicView(200, 100, metres_per_pixel=0.1))
    assert projector.project(np.array([[2.0, 1.0, 0.0]]))[0][0] == pytest.approx([90, 30])


def test_a_side_view_is_turned_with_the_cuboid():
    # It stands across at (10, 5); seen from its right side its front is to the right.
    view = OrthographicView(200, 100, metres_per_pixel=0.1, up_rad=np.pi / 2)
    pose = SE3.from_yaw(np.pi / 2, [10.0, 5.0, 1.0])
    projector = SideProjector(view, pose, (0, 2, 1), (1, 1, -1), (30.0, 40.0))
    front, roof = projector.project(np.array([[10.0, 7.0, 1.0], [10.0, 5.0, 2.0]]))[0]
    assert front == pytest.approx([30 + 100 + 20, 40 + 50])
    assert roof == pytest.approx([30 + 100, 40 + 50 - 10])
    assert projector.axes == (0, 2)
    origin_m, direction = projector.ray(130.0, 90.0)
    assert origin_m == pytest.approx([10, 5, 1])
    assert direction == pytest.approx([-1, 0, 0], abs=1e-12)  # from its right, x = 11, to its left


def test_what_is_behind_the_orbit_camera_is_not_seen():
    projector = OrbitProjector(PerspectiveView(200, 100, distance_m=10.0))
    pixels, seen = projector.project(np.array([[-30.0, 0, 5], [0, 0, 0]]))
    assert seen.tolist() == [False, True]
    assert pixels[1] == pytest.approx([100, 50])


def test_places_beyond_what_a_fisheye_sees_have_no_ray():
    camera = LENSES["fisheye"]
    view = ImageView.fit((1000, 1000), (1000, 1000))
    assert ImageProjector(camera, view).ray(-2000.0, 500.0) is None


@pytest.mark.parametrize(
    "projector",
    [
        PlanProjector(OrthographicView(640, 480, (1.0, 2.0), 0.03, 0.7)),
        SideProjector(
            OrthographicView(200, 150, metres_per_pixel=0.02, up_rad=np.pi / 2),
            SE3.from_euler(0.1, -0.2, 2.0, [1, 2, 3]), (1, 2, 0), (1, 1, 1), (9, 8),
        ),
        OrbitProjector(PerspectiveView(640, 480, (0, 1, 9), 20.0, 0.5, 0.4)),
        *(ImageProjector(camera, image_view(camera)) for camera in LENSES.values()),
        *(rolling(camera) for camera in LENSES.values()),
    ],
)  # fmt: skip
@given(near)
def test_a_point_lies_on_the_ray_of_its_place(projector, offset):
    point_m = CAR.center_m + offset
    origin_m, direction = ray_at(projector, point_m)
    way_m = point_m - origin_m
    assert np.linalg.norm(direction) == pytest.approx(1)
    assert np.linalg.norm(way_m - (way_m @ direction) * direction) < 1e-6
    if projector.axes is None:
        assert way_m @ direction > 0


@each_lens
def test_points_ride_on_an_object_that_moves_during_the_readout(camera):
    projector = rolling(camera)
    top, bottom = projector.over_readout
    place, _ = projector.project(projector.camera_SE3_cuboid.translation_m[None])
    u, v = projector.view.to_image(place[0, 0] - 7, place[0, 1] - 40)
    part = (v + 0.5) / camera.height_px
    there_m = (1 - part) * top.translation_m + part * bottom.translation_m
    assert camera.project(there_m)[0] == pytest.approx([u, v], abs=1e-5)


@each_lens
def test_an_object_that_stands_still_is_seen_as_by_a_global_shutter(camera):
    view, pose = image_view(camera), CAR.frame_SE3_cuboid
    still = ImageProjector(camera, view, pose, (pose, pose))
    plain = ImageProjector(camera, view)
    np.testing.assert_allclose(
        still.project(CAR.corners_m())[0], plain.project(CAR.corners_m())[0], atol=1e-6
    )


def test_pixels_per_metre_in_a_pinhole_are_focal_length_over_depth():
    camera = LENSES["pinhole"]
    projector = ImageProjector(camera, ImageView.fit((960, 540), (1920, 1080)))
    rates = pixels_per_metre(projector, np.array([[0.0, 0.0, 10.0], [0.0, 0.0, -5.0]]))
    np.testing.assert_allclose(rates[0], [[50, 0, 0], [0, 50, 0]], atol=1e-3)
    assert np.isnan(rates[1]).all()
    assert across_view(rates)[0] == pytest.approx(50, abs=1e-3)


@given(st.lists(st.floats(-50, 50), min_size=6, max_size=6))
def test_across_the_view_is_the_largest_singular_value(values):
    rates = np.array(values).reshape(1, 2, 3)
    largest = np.linalg.svd(rates[0], compute_uv=False)[0]
    assert across_view(rates)[0] == pytest.approx(largest, rel=1e-6, abs=1e-9)


def test_a_ray_that_rises_never_meets_the_ground():
    projector = OrbitProjector(PerspectiveView(200, 100, distance_m=10.0, elevation_rad=0.2))
    up = np.array([0.0, 0.0, 1.0])
    assert on_plane(projector, 100, -400, np.zeros(3), up) is None
    assert on_plane(projector, 100, 50, np.zeros(3), up) == pytest.approx([0, 0, 0], abs=1e-9)
