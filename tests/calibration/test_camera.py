import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.calibration.camera import NEAR_M, Camera, InvalidCameraError
from av3d.calibration.distortion import BrownConrady

PINHOLE = Camera(1920, 1080, 1000.0, 1010.0, 960.0, 540.0)
FRONT = Camera(
    1920, 1080, 1970.0131, 1970.0091, 970.0002, 483.2988,
    BrownConrady(-0.5894, 0.66, 0.0011, -0.001, -1.0088),
)  # fmt: skip
LEFT = Camera(
    1920, 1080, 930.4514, 930.0891, 991.6883, 541.6057,
    BrownConrady(-0.1582, -0.0266, -0.00015221, 0.00059011, 0.0449),
)  # fmt: skip
WIDE = Camera(
    1280, 960, 420.0, 425.0, 640.0, 470.0,
    BrownConrady(8.5, 5.2, 1e-4, -2e-4, 0.3, 8.9, 8.1, 1.6),
)  # fmt: skip
CAMERAS = {"pinhole": PINHOLE, "front": FRONT, "left": LEFT, "wide": WIDE}
each_camera = pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS.keys())

realistic = st.builds(
    lambda focal, cx, cy, k1, k2, p1, p2, k3: Camera(
        1920, 1080, focal, focal * 1.01, cx, cy, BrownConrady(k1, k2, p1, p2, k3)
    ),
    st.floats(600, 3000), st.floats(860, 1060), st.floats(440, 640),
    st.floats(-0.6, 0.3), st.floats(-0.2, 0.7), st.floats(-0.003, 0.003),
    st.floats(-0.003, 0.003), st.floats(-1.1, 0.1),
)  # fmt: skip


def image_grid(camera: Camera, step: int = 40) -> np.ndarray:
    u = np.append(np.arange(-0.5, camera.width_px - 0.5, step), camera.width_px - 0.5)
    v = np.append(np.arange(-0.5, camera.height_px - 0.5, step), camera.height_px - 0.5)
    return np.stack(np.meshgrid(u, v), axis=-1)


def test_the_optical_axis_meets_the_principal_point():
    pixels, seen = PINHOLE.project([[0.0, 0.0, 10.0], [1.0, 0.0, 10.0], [0.0, 1.0, 10.0]])
    assert seen.all()
    assert pixels.tolist() == [[960, 540], [1060, 540], [960, 641]]


@each_camera
def test_projection_is_that_of_opencv(camera):
    points = np.random.default_rng(0).normal(size=(5000, 3)) * [20, 5, 30]
    pixels, seen = camera.project(points)
    distortion = None if camera.lens is None else camera.lens.coefficients
    expected, _ = cv2.projectPoints(
        points[seen], np.zeros(3), np.zeros(3), camera.matrix, distortion
    )
    assert seen.sum() > 500
    np.testing.assert_allclose(pixels[seen], expected[:, 0], atol=1e-9, rtol=1e-12)


@each_camera
def test_points_behind_the_near_plane_are_not_seen(camera):
    points = [[0, 0, -5], [0, 0, 0], [1, 1, NEAR_M * 0.999], [0, 0, np.nan], [0, 0, 1e-310]]
    pixels, seen = camera.project(points)
    assert not seen.any()
    assert np.isnan(pixels).all()
    assert camera.project([0.0, 0.0, NEAR_M])[1]


@each_camera
def test_every_pixel_of_the_image_has_its_ray_and_back(camera):
    grid = image_grid(camera)
    if camera is FRONT:
        # This calibration turns back .52 focal lengths from the middle; the corners are at .58.
        inside = np.hypot(grid[..., 0] - 970, grid[..., 1] - 483) < 1020
        assert np.isnan(camera.unproject(grid[[0, 0, -1, -1], [0, -1, 0, -1]])).any()
        grid = grid[inside]
    rays = camera.unproject(grid)
    assert np.isfinite(rays).all()
    np.testing.assert_allclose(np.linalg.norm(rays, axis=-1), 1, atol=1e-12)
    pixels, seen = camera.project(rays * 7.5)
    assert seen.all()
    np.testing.assert_allclose(pixels, grid, atol=1e-6)


@given(realistic)
def test_pixels_come_back_for_any_lens_wherever_a_ray_reaches(camera):
    grid = image_grid(camera, step=240)
    rays = camera.unproject(grid)
    reached = np.isfinite(rays[..., 0])
    assert reached.any()
    pixels, seen = camera.project(rays[reached])
    assert seen.all()
    np.testing.assert_allclose(pixels, grid[reached], atol=1e-6)


@given(realistic)
def test_directions_outside_the_field_never_fold_back_into_the_image(camera):
    # One ray per direction: if two rays meet in one pixel, one of them must not be seen.
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    radius = np.linspace(0.01, 30, 400)
    rays = np.stack(
        [
            radius[:, None] * np.cos(angle),
            radius[:, None] * np.sin(angle),
            np.ones((400, 24)),
        ],
        axis=-1,
    )
    pixels, seen = camera.project(rays)
    outwards = np.hypot(pixels[..., 0] - camera.cx_px, pixels[..., 1] - camera.cy_px)
    # Along each direction what is seen is a first stretch, and pixels move outwards on it.
    assert (np.diff(seen.astype(int), axis=0) <= 0).all()
    for spoke in range(24):
        assert (np.diff(outwards[seen[:, spoke], spoke]) > 0).all()


def test_a_point_that_the_plain_formula_folds_into_the_image_is_not_seen():
    # 45 degrees to the side: far outside the 52 degree view of the front camera.
    point = np.array([[1.0, 0.2, 1.0]])
    folded, _ = cv2.projectPoints(
        point, np.zeros(3), np.zeros(3), FRONT.matrix, FRONT.lens.coefficients
    )
    folded_front = Camera(8000, 8000, 1970.0, 1970.0, 4000.0, 4000.0, FRONT.lens)
    assert abs(folded).max() < 8000  # OpenCV puts it somewhere
    assert not FRONT.project(point)[1].any()
    assert not folded_front.project(point)[1].any()


@each_camera
def test_shapes_are_kept(camera):
    pixels, seen = camera.project(np.ones((2, 3, 3)))
    assert (pixels.shape, seen.shape) == ((2, 3, 2), (2, 3))
    pixels, seen = camera.project(np.zeros((0, 3)))
    assert (pixels.shape, seen.shape) == ((0, 2), (0,))
    pixels, seen = camera.project([0.0, 0.0, 5.0])
    assert (pixels.shape, seen.shape) == ((2,), ())
    assert camera.unproject([3.0, 4.0]).shape == (3,)


def test_the_image_reaches_half_a_pixel_beyond_the_outer_centres():
    pixels = [[-0.5, -0.5], [1919.5, 1079.5], [-0.51, 0], [0, 1079.51], [np.nan, 0]]
    assert PINHOLE.contains(pixels).tolist() == [True, True, False, False, False]


@each_camera
def test_a_scaled_image_shows_the_same_at_the_same_place(camera):
    half = camera.scaled(camera.width_px // 2, camera.height_px // 2)
    ray = camera.unproject([[100.0, 200.0]])
    # The centre of pixel 100 is 100.5 pixels from the edge, so 50.25 on the half image.
    np.testing.assert_allclose(half.project(ray)[0], [[49.75, 99.75]], atol=1e-6)


@each_camera
def test_the_bounds_at_depth_1_hold_every_ray_of_the_image(camera):
    left, top, right, bottom = camera.normalized_bounds
    rays = camera.unproject(image_grid(camera, step=7)).reshape(-1, 3)
    rays = rays[np.isfinite(rays[:, 0])]
    rays = rays / rays[:, 2:] * (1 - 1e-15)
    assert (rays[:, 0] >= left).all()
    assert (rays[:, 0] <= right).all()
    assert (rays[:, 1] >= top).all()
    assert (rays[:, 1] <= bottom).all()
    # And they are not much wider.
    assert right - left < 1.2 * np.ptp(rays[:, 0])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0, 1080, 1, 1, 0, 0), "at least one pixel"),
        ((1920, -1, 1, 1, 0, 0), "at least one pixel"),
        ((1920, 1080, 0, 1, 0, 0), "positive"),
        ((1920, 1080, 1, -1, 0, 0), "positive"),
        ((1920, 1080, np.nan, 1, 0, 0), "finite"),
        ((1920, 1080, 1, 1, np.inf, 0), "finite"),
        ((1920, 1080, 1, 1, 0, 0, BrownConrady(k1=np.nan)), "finite"),
    ],
)
def test_intrinsics_that_no_camera_has_are_refused(values, message):
    with pytest.raises(InvalidCameraError, match=message):
        Camera(*values)


def test_equal_cameras_are_equal():
    assert Camera(1920, 1080, 1000.0, 1010.0, 960.0, 540.0) == PINHOLE
    assert len({FRONT, LEFT, FRONT}) == 2


@pytest.mark.parametrize("intrinsics", [(1e-300, 500, 320, 240), (500, 500, 1e300, 240)])
def test_intrinsics_that_would_overflow_are_refused(intrinsics):
    with pytest.raises(InvalidCameraError, match="no camera has"):
        Camera(640, 480, *intrinsics)
