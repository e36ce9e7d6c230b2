import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from av3d.calibration.distortion import MAX_RADIUS, BrownConrady

LENSES = {
    "PandaSet front": BrownConrady(-0.5894, 0.66, 0.0011, -0.001, -1.0088),
    "PandaSet back": BrownConrady(-0.1619, 0.0113, -0.00028815, -7.9827e-05, 0.0067),
    "PandaSet left": BrownConrady(-0.1582, -0.0266, -0.00015221, 0.00059011, 0.0449),
    "KITTI raw": BrownConrady(-0.3728755, 0.2037299, 0.002219027, 0.001383707, -0.07233722),
    "strong barrel": BrownConrady(-0.4, 0.15, 0.002, 0.003, -0.02),
    "pincushion": BrownConrady(0.2, 0.1, -0.002, 0.001, 0.05),
    "rational": BrownConrady(0.5, -2.0, 1e-4, -2e-4, 0.8, 0.9, -1.8, 0.7),
    "rational, wide": BrownConrady(8.5, 5.2, 1e-4, -2e-4, 0.3, 8.9, 8.1, 1.6),
    "none": BrownConrady(),
}
lenses = st.builds(
    BrownConrady,
    k1=st.floats(-0.6, 0.4),
    k2=st.floats(-0.3, 0.7),
    p1=st.floats(-0.004, 0.004),
    p2=st.floats(-0.004, 0.004),
    k3=st.floats(-1.1, 0.2),
)


def disk(radius: float, rings: int = 60, spokes: int = 36) -> np.ndarray:
    r, angle = np.meshgrid(np.linspace(0, radius, rings), np.linspace(0, 2 * np.pi, spokes))
    return np.stack([r * np.cos(angle), r * np.sin(angle)], axis=-1).reshape(-1, 2)


def opencv_distort(lens: BrownConrady, points: np.ndarray) -> np.ndarray:
    rays = np.concatenate([points, np.ones((len(points), 1))], axis=1)
    pixels, _ = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), np.eye(3), lens.coefficients)
    return pixels[:, 0]


@pytest.mark.parametrize("lens", LENSES.values(), ids=LENSES.keys())
def test_distortion_is_that_of_opencv(lens):
    points = disk(min(lens.max_radius, 2.0))
    np.testing.assert_allclose(lens.distort(points), opencv_distort(lens, points), atol=1e-13)


@pytest.mark.parametrize("lens", LENSES.values(), ids=LENSES.keys())
def test_undistortion_is_that_of_opencv_where_opencv_converges(lens):
    distorted = lens.distort(disk(0.3 * min(lens.max_radius, 2.0)))
    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 500, 1e-15)
    expected = cv2.undistortPointsIter(
        distorted, np.eye(3), lens.coefficients, None, None, criteria
    )
    np.testing.assert_allclose(lens.undistort(distorted), expected[:, 0], atol=1e-9)


@pytest.mark.parametrize("lens", LENSES.values(), ids=LENSES.keys())
def test_undistortion_takes_back_the_whole_field(lens):
    points = disk(0.995 * lens.max_radius)
    np.testing.assert_allclose(lens.undistort(lens.distort(points)), points, atol=1e-9)


@given(lenses)
def test_undistortion_takes_back_any_lens(lens):
    points = disk(0.99 * min(lens.max_radius, 3.0), rings=20, spokes=12)
    np.testing.assert_allclose(lens.undistort(lens.distort(points)), points, atol=1e-9)


def least_stretch(lens: BrownConrady, radius: float) -> float:
    """By how much the lens stretches areas on a circle, at the place where it does so least.

    Negative where it turns a neighbourhood over; from central differences.
    """
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    circle = radius * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    h = 1e-5 * radius
    right, down = np.array([h, 0]), np.array([0, h])
    along_x = (lens.distort(circle + right) - lens.distort(circle - right)) / (2 * h)
    along_y = (lens.distort(circle + down) - lens.distort(circle - down)) / (2 * h)
    return float((along_x[:, 0] * along_y[:, 1] - along_x[:, 1] * along_y[:, 0]).min())


@given(lenses)
@example(BrownConrady(k1=-0.00390625, p2=0.00390625))
def test_the_field_ends_where_the_lens_turns_back(lens):
    # Up to its end the lens turns nothing over; there it first flattens some place to nothing.
    limit = lens.max_radius
    inside = [least_stretch(lens, part * limit) for part in np.linspace(0.02, 0.99, 50)]
    assert min(inside) > 0
    if limit < MAX_RADIUS:
        assert abs(least_stretch(lens, limit)) < 1e-3 * max(inside)


def test_the_field_of_a_radial_lens_is_a_root():
    # r (1 + k1 r²) turns back at 1 + 3 k1 r² = 0.
    assert BrownConrady(k1=-0.3).max_radius == pytest.approx(np.sqrt(1 / 0.9), abs=1e-12)


def test_the_field_of_a_rational_lens_ends_before_its_pole():
    # radial = 1 / (1 - r²) has its pole at 1 and grows until there.
    assert BrownConrady(k4=-1.0).max_radius == pytest.approx(1.0, abs=1e-9)


def test_lenses_that_never_turn_back_have_the_largest_field():
    assert BrownConrady().max_radius == MAX_RADIUS
    assert BrownConrady(k1=0.2).max_radius == MAX_RADIUS


def test_what_no_ray_reaches_is_nan():
    lens = LENSES["PandaSet front"]
    edge = lens.distort(np.array([[lens.max_radius, 0.0]]))
    found = lens.undistort(np.concatenate([edge * 1.05, [[np.nan, 0]], [[np.inf, 0]], [[0.1, 0]]]))
    assert np.isnan(found[:3]).all()
    assert np.isfinite(found[3]).all()


def test_any_shape_of_points_comes_back():
    lens = LENSES["KITTI raw"]
    assert lens.undistort(np.zeros((2, 3, 2))).shape == (2, 3, 2)
    assert lens.undistort(np.zeros((0, 2))).shape == (0, 2)
    assert lens.undistort(np.zeros(2)).tolist() == [0, 0]
    assert lens.distort(np.zeros((2, 3, 2))).shape == (2, 3, 2)


def test_coefficients_are_in_opencv_order():
    lens = BrownConrady(k1=1, k2=2, p1=3, p2=4, k3=5, k4=6, k5=7, k6=8)
    assert lens.coefficients.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
