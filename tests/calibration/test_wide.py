"""Lenses that see beyond 90 degrees: alone, and in a camera."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.calibration.camera import NEAR_M, Camera, InvalidCameraError
from av3d.calibration.kannala_brandt import KannalaBrandt
from av3d.calibration.mei import Mei
from av3d.calibration.wide import MAX_ANGLE_RAD

# The cameras of TUM VI and of KITTI-360, and a lens of 190 degrees from edge to edge.
TUM_VI = Camera(512, 512, 190.978, 190.973, 254.932, 256.897, KannalaBrandt(
    0.0034823894, 0.0007150348, -0.0020532361, 0.00020293673,
))  # fmt: skip
KITTI_360 = Camera(
    1400, 1400, 1336.3, 1335.8, 716.9, 705.8, Mei(2.2134, 0.0168, 1.6548, 4e-4, 5e-4)
)
HEMISPHERE = Camera(1000, 1000, 301.0, 302.0, 499.5, 497.0, KannalaBrandt())
CAMERAS = {"TUM VI": TUM_VI, "KITTI-360": KITTI_360, "190 degrees": HEMISPHERE}
each_camera = pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS.keys())

fisheyes = st.builds(
    KannalaBrandt,
    st.floats(-0.2, 0.2), st.floats(-0.05, 0.05), st.floats(-0.02, 0.02), st.floats(-0.005, 0.005),
)  # fmt: skip
unified = st.builds(
    Mei,
    st.floats(0, 3), st.floats(-0.4, 0.2), st.floats(-0.2, 2), st.floats(-0.003, 0.003),
    st.floats(-0.003, 0.003),
)  # fmt: skip
lenses = fisheyes | unified


def directions(end_rad: float, rings: int = 40, spokes: int = 24) -> np.ndarray:
    """Unit directions up to an angle from the axis, (rings * spokes, 3)."""
    angle, about = np.meshgrid(
        np.linspace(0, end_rad, rings), np.linspace(0, 2 * np.pi, spokes, endpoint=False)
    )
    sine = np.sin(angle)
    return np.stack([sine * np.cos(about), sine * np.sin(about), np.cos(angle)], -1).reshape(-1, 3)


def image_grid(camera: Camera) -> np.ndarray:
    u = np.linspace(-0.5, camera.width_px - 0.5, 36)
    v = np.linspace(-0.5, camera.height_px - 0.5, 36)
    return np.stack(np.meshgrid(u, v), axis=-1)


@given(fisheyes)
def test_a_fisheye_is_that_of_opencv(lens):
    # OpenCV divides by z: only what is in front can be compared.
    rays = directions(min(lens.max_angle_rad, 1.5)) * 3.0
    expected, _ = cv2.fisheye.projectPoints(
        rays[:, None], np.zeros(3), np.zeros(3), np.eye(3), lens.coefficients
    )
    np.testing.assert_allclose(lens.bend(rays), expected[:, 0], atol=1e-12)


def test_a_fisheye_beside_and_behind_is_its_polynomial():
    lens = TUM_VI.lens
    for angle in (np.pi / 2, 2.0):
        ray = np.array([[np.sin(angle) * 0.6, np.sin(angle) * 0.8, np.cos(angle)]])
        powers = angle ** np.array([3, 5, 7, 9])
        radius = angle + lens.coefficients @ powers
        np.testing.assert_allclose(lens.bend(ray), [[0.6 * radius, 0.8 * radius]], atol=1e-14)


@given(unified)
def test_the_unified_model_is_a_pinhole_behind_a_sphere(lens):
    # A camera xi behind the centre of a unit sphere that takes a picture of it with OpenCV's lens.
    rays = directions(0.98 * lens.max_angle_rad)
    rays = rays[rays[:, 2] + lens.xi > 0.02]
    k1, k2, p1, p2 = lens.coefficients[1:]
    expected, _ = cv2.projectPoints(
        rays, np.zeros(3), np.array([0, 0, lens.xi]), np.eye(3), np.array([k1, k2, p1, p2])
    )
    np.testing.assert_allclose(lens.bend(rays * 7.0), expected[:, 0], atol=1e-9, rtol=1e-9)


def test_without_xi_the_unified_model_is_a_pinhole():
    wide, pinhole = (
        Camera(900, 600, 400.0, 410.0, 450.0, 300.0, lens) for lens in (Mei(0.0), None)
    )
    points = np.random.default_rng(1).uniform([-5, -5, 0.2], [5, 5, 9], (100, 3))
    np.testing.assert_allclose(wide.project(points)[0], pinhole.project(points)[0], atol=1e-9)


@settings(deadline=None)
@given(lenses)
def test_every_direction_in_the_field_comes_back(lens):
    camera = Camera(1000, 800, 300.0, 301.0, 499.0, 401.0, lens)
    rays = directions(0.999 * lens.max_angle_rad)
    pixels, seen = camera.project(rays * 4.0)
    assert seen.all()
    back, _ = camera.project(camera.unproject(pixels))
    # A lens made up at random may throw a ray kilometres beside the image, where floats are coarser.
    away = np.linalg.norm(pixels, axis=1)
    assert (np.linalg.norm(back - pixels, axis=1) <= 1e-6 + 1e-9 * away).all()
    inner = directions(0.9 * lens.max_angle_rad)
    np.testing.assert_allclose(camera.unproject(camera.project(inner)[0]), inner, atol=1e-7)


@settings(deadline=None)
@given(lenses)
def test_pixels_come_back_wherever_a_ray_reaches(lens):
    camera = Camera(1000, 800, 300.0, 301.0, 499.0, 401.0, lens)
    grid = image_grid(camera)
    rays = camera.unproject(grid)
    reached = np.isfinite(rays[..., 0])
    assert reached[18, 18]
    np.testing.assert_allclose(np.linalg.norm(rays[reached], axis=-1), 1, atol=1e-12)
    pixels, seen = camera.project(rays[reached] * 2.0)
    assert seen.all()
    np.testing.assert_allclose(pixels, grid[reached], atol=1e-6)


@settings(deadline=None)
@given(lenses)
def test_directions_beyond_the_field_never_fold_back(lens):
    camera = Camera(1000, 800, 300.0, 300.0, 499.5, 399.5, lens)
    rays = directions(np.pi, rings=300, spokes=16).reshape(16, 300, 3)
    pixels, seen = camera.project(rays)
    # Along each spoke what is seen is one first stretch, and on it pixels move outwards.
    assert (np.diff(seen.astype(int), axis=1) <= 0).all()
    assert np.isnan(pixels[~seen]).all()
    outwards = np.hypot(pixels[..., 0] - 499.5, pixels[..., 1] - 399.5)
    for spoke in range(16):
        assert (np.diff(outwards[spoke, seen[spoke]]) > 0).all()


def test_the_field_of_a_fisheye_ends_where_its_polynomial_turns_back():
    # 1 + 3 k1 θ² = 0
    assert KannalaBrandt(k1=-0.2).max_angle_rad == pytest.approx(np.sqrt(1 / 0.6), abs=1e-12)
    assert KannalaBrandt().max_angle_rad == MAX_ANGLE_RAD


def test_the_field_of_the_unified_model_ends_where_the_line_of_sight_touches_the_sphere():
    assert Mei(2.0).max_angle_rad == pytest.approx(np.arccos(-1 / 2))


def test_points_beside_and_behind_the_camera_are_seen():
    pixels, seen = TUM_VI.project([[5.0, 0, 0.0], [5.0, 0, -1.0], [0, 0, -5.0], [0, 0, 5.0]])
    assert seen.tolist() == [True, True, False, True]
    assert pixels[1, 0] > pixels[0, 0] > 512 - 40
    assert pixels[3].tolist() == [254.932, 256.897]


@each_camera
def test_only_what_touches_the_lens_is_too_near(camera):
    points = [[0, 0, NEAR_M * 0.99], [NEAR_M * 1.01, 0, 0], [0, 0, 0], [np.nan, 0, 1]]
    assert camera.project(points)[1].tolist() == [False, True, False, False]


@each_camera
def test_beyond_the_field_pixels_go_on_without_a_jump(camera):
    angle = np.linspace(0, 3.1, 5000)
    rays = np.stack([0.8 * np.sin(angle), 0.6 * np.sin(angle), np.cos(angle)], axis=-1)
    pixels = camera.project_beyond(rays)
    expected, seen = camera.project(rays)
    np.testing.assert_allclose(pixels[seen], expected[seen], atol=1e-9)
    step = np.linalg.norm(np.diff(pixels, axis=0), axis=-1)
    assert step.min() > 0
    assert step.max() < 2.0


@each_camera
def test_the_view_angle_holds_every_ray_of_the_image(camera):
    rays = camera.unproject(image_grid(camera)).reshape(-1, 3)
    angle = np.arccos(np.clip(rays[np.isfinite(rays[:, 0]), 2], -1, 1))
    assert angle.max() <= camera.view_angle_rad
    assert camera.view_angle_rad <= 1.03 * angle.max()


@each_camera
def test_a_scaled_image_shows_the_same_at_the_same_place(camera):
    half = camera.scaled(camera.width_px // 2, camera.height_px // 2)
    # The centre of pixel 300 is 300.5 pixels from the edge, so 150.25 on the half image.
    np.testing.assert_allclose(
        half.project(camera.unproject([[300.0, 200.0]]))[0], [[149.75, 99.75]], atol=1e-6
    )


def test_shapes_are_kept():
    assert TUM_VI.project(np.ones((2, 3, 3)))[0].shape == (2, 3, 2)
    assert TUM_VI.project(np.zeros((0, 3)))[0].shape == (0, 2)
    assert TUM_VI.unproject(np.zeros((0, 2))).shape == (0, 3)
    assert KITTI_360.unproject([700.0, 700.0]).shape == (3,)
    assert KITTI_360.project_beyond(np.ones((2, 3, 3))).shape == (2, 3, 2)


@pytest.mark.parametrize(
    ("lens", "message"),
    [
        (KannalaBrandt(k1=np.nan), "not a finite number"),
        (KannalaBrandt(k4=1e300), "1e\\+300, the limit is 1e\\+06"),
        (Mei(xi=np.inf), "not a finite number"),
        (Mei(xi=-1.5), "sees nothing"),
    ],
)
def test_coefficients_that_no_lens_has_are_refused(lens, message):
    with pytest.raises(InvalidCameraError, match=message):
        Camera(640, 480, 200.0, 200.0, 320.0, 240.0, lens)


def test_names_of_the_models():
    assert [camera.model for camera in CAMERAS.values()] == [
        "kannala-brandt", "mei", "kannala-brandt",
    ]  # fmt: skip
    assert TUM_VI.is_wide


@pytest.mark.skipif("AV3D_REAL_DATA" not in os.environ, reason="AV3D_REAL_DATA is not set")
def test_real_fisheyes_agree_with_opencv_on_their_images():
    from av3d.calibration.formats.formats import read_pieces

    path = Path(os.environ["AV3D_REAL_DATA"]) / "calib/kalibr/tum_vi.kalibr_imucam_chain.yaml"
    for camera in read_pieces(path, None, None).cameras.values():
        grid = image_grid(camera)
        rays = camera.unproject(grid)
        np.testing.assert_allclose(camera.project(rays)[0], grid, atol=1e-6)
        front = rays[rays[..., 2] > 0.05]
        expected, _ = cv2.fisheye.projectPoints(
            front[:, None], np.zeros(3), np.zeros(3), camera.matrix, camera.lens.coefficients
        )
        np.testing.assert_allclose(camera.project(front)[0], expected[:, 0], atol=1e-6)
