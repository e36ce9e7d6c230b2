import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.calibration.camera import Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.kannala_brandt import KannalaBrandt
from av3d.calibration.mei import Mei
from av3d.calibration.projection import project_cuboid, project_cuboids, visible_faces
from av3d.calibration.shutter import freeze_points, freeze_poses, row_fractions
from av3d.geometry.cuboid import EDGES, Cuboid, cuboid_corners_m
from av3d.geometry.se3 import SE3

PINHOLE = Camera(1920, 1080, 1000.0, 1000.0, 959.5, 539.5)
LEFT = Camera(
    1920, 1080, 930.4514, 930.0891, 991.6883, 541.6057,
    BrownConrady(-0.1582, -0.0266, -0.00015221, 0.00059011, 0.0449),
)  # fmt: skip
FISHEYE = Camera(1000, 1000, 301.0, 302.0, 499.5, 497.0, KannalaBrandt(0.003, 0.0007, -0.002))
DISK = Camera(1400, 1400, 1336.3, 1335.8, 716.9, 705.8, Mei(2.2134, 0.0168, 1.6548, 4e-4, 5e-4))
CAMERAS = {"pinhole": PINHOLE, "left": LEFT, "fisheye": FISHEYE, "disk": DISK}
each_camera = pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS.keys())

ALONG = np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]])
places = st.tuples(st.floats(-9, 9), st.floats(-4, 4), st.floats(-5, 20))
ways = st.tuples(*[st.floats(-0.6, 0.6)] * 3)


def test_what_stands_still_is_where_it_is():
    points = np.array([[1.0, 0.5, 8.0], [-3.0, 0.1, 4.0]])
    assert freeze_points(PINHOLE, points, points).tolist() == points.tolist()


def test_a_point_that_moves_across_is_seen_when_its_row_is_exposed():
    # 270 rows below the middle: at three quarters of the readout.
    top, bottom = np.array([0.0, 2.7, 10.0]), np.array([0.8, 2.7, 10.0])
    assert freeze_points(PINHOLE, top, bottom) == pytest.approx([0.6, 2.7, 10.0])
    assert row_fractions(PINHOLE, top, bottom) == pytest.approx(0.75)


def test_a_point_that_falls_with_the_rows_solves_for_its_row():
    # v = 539.5 + 100 y and y = -1 + 2 s: s = (540 + 100 (2 s - 1)) / 1080, so s = 440 / 880.
    found = row_fractions(PINHOLE, np.array([0, -1.0, 10]), np.array([0, 1.0, 10]))
    assert found == pytest.approx(0.5, abs=1e-10)
    # y from 0 to 2: s = (540 + 200 s) / 1080, s = 540 / 880.
    found = row_fractions(PINHOLE, np.array([0, 0.0, 10]), np.array([0, 2.0, 10]))
    assert found == pytest.approx(540 / 880, abs=1e-10)


def test_above_and_below_the_image_the_time_is_that_of_its_edge():
    top = np.array([[0.0, -9.0, 10.0], [0.0, 9.0, 10.0]])
    bottom = top + np.array([1.0, 0, 0])
    assert freeze_points(PINHOLE, top, bottom)[:, 0].tolist() == [0, 1]


@each_camera
@settings(deadline=None)
@given(st.lists(st.tuples(places, ways), min_size=1, max_size=30))
def test_every_point_is_in_the_row_of_its_time(camera, points):
    top = np.array([place for place, _ in points])
    bottom = top + np.array([way for _, way in points])
    fractions = row_fractions(camera, top, bottom)
    assert ((fractions >= 0) & (fractions <= 1)).all()
    frozen = freeze_points(camera, top, bottom)
    pixels, seen = camera.project(frozen)
    on_image = seen & camera.contains(pixels)
    rows = fractions[on_image] * camera.height_px - 0.5
    np.testing.assert_allclose(pixels[on_image, 1], rows, atol=1e-6)


def test_points_without_a_place_stay_without():
    top = np.array([[np.nan, 0, 5], [0, 0, 5.0]])
    found = freeze_points(PINHOLE, top, top)
    assert np.isnan(found[0]).all()
    assert found[1].tolist() == [0, 0, 5]


def test_shapes_are_kept():
    assert freeze_points(FISHEYE, np.ones((2, 4, 3)), np.ones((2, 4, 3))).shape == (2, 4, 3)
    assert freeze_points(FISHEYE, np.zeros((0, 3)), np.zeros((0, 3))).shape == (0, 3)
    assert freeze_points(FISHEYE, np.ones(3), np.ones(3)).shape == (3,)


def test_a_pose_turns_with_its_time():
    top = SE3.from_yaw(np.array([0.0]), [[0.0, 0, 10]])
    bottom = SE3.from_yaw(np.array([0.2]), [[0.0, 0, 10]])
    assert freeze_poses(PINHOLE, top, bottom).yaw_rad == pytest.approx([0.1])
    given = freeze_poses(PINHOLE, top, bottom, np.array([[0.0, 0.25, 1.0]]))
    assert given.yaw_rad == pytest.approx(np.array([[0, 0.05, 0.2]]))


# Cuboids


def test_a_pole_that_passes_leans():
    # 10 m ahead, 1 m/readout to the right: straight, sheared by 1 px in x for 10.8 px in y.
    pole = Cuboid(SE3(ALONG, np.array([0.0, 0, 10])), np.array([0.001, 0.001, 6.0]))
    seen = project_cuboids(
        PINHOLE, SE3.stack([pole.frame_SE3_cuboid]), pole.size_lwh_m[None],
        over_readout=(
            SE3(ALONG[None], np.array([[-0.5, 0, 10]])), SE3(ALONG[None], np.array([[0.5, 0, 10]])),
        ),
    )[0]  # fmt: skip
    assert seen is not None
    points = np.concatenate([seen.starts_px, seen.ends_px])
    np.testing.assert_allclose((points[:, 1] - 539.5) * 100 / 1080, points[:, 0] - 959.5, atol=0.1)
    assert seen.bounds_px == pytest.approx((931.7, 239.5, 987.3, 839.5), abs=0.2)
    assert seen.full_bounds_px == pytest.approx(seen.bounds_px, abs=0.01)


def random_cuboids(count: int) -> tuple[SE3, SE3, np.ndarray]:
    """Poses at top and bottom edge, and sizes."""
    rng = np.random.default_rng(5)
    top = SE3.stack(
        [
            SE3.from_euler(*rng.uniform(-3, 3, 3), rng.uniform([-9, -3, -6], [9, 3, 12]))
            for _ in range(count)
        ]
    )
    moves = [SE3.from_euler(*rng.normal(0, 0.008, 3), rng.normal(0, 0.2, 3)) for _ in range(count)]
    bottom = SE3.trusted(
        np.stack([move.rotation @ pose.rotation for move, pose in zip(moves, top, strict=True)]),
        top.translation_m + np.stack([move.translation_m for move in moves]),
    )
    return top, bottom, rng.uniform([0.5, 0.4, 0.5], [6, 3, 4], (count, 3))


def distance_px(points: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    step = ends - starts
    along = ((points[:, None] - starts) * step).sum(-1) / np.maximum((step**2).sum(-1), 1e-18)
    foot = starts + np.clip(along, 0, 1)[..., None] * step
    return np.linalg.norm(points[:, None] - foot, axis=-1).min(axis=1)


@each_camera
def test_edges_are_where_their_frozen_points_are(camera):
    top, bottom, sizes_m = random_cuboids(60)
    found = project_cuboids(camera, top, sizes_m, over_readout=(top, bottom))
    corners = cuboid_corners_m(top, sizes_m), cuboid_corners_m(bottom, sizes_m)
    along = np.linspace(0, 1, 601)[:, None]
    worst = []
    for number, seen in enumerate(found):
        for edge, (a, b) in enumerate(EDGES):
            frozen = freeze_points(
                camera, *(c[number, a] + along * (c[number, b] - c[number, a]) for c in corners)
            )
            pixels, in_field = camera.project(frozen)
            pixels = pixels[in_field & camera.contains(pixels)][::10]
            if len(pixels) < 3:
                continue
            assert seen is not None
            mine = seen.edge == edge
            worst.append(distance_px(pixels, seen.starts_px[mine], seen.ends_px[mine]).max())
    assert len(worst) > 150
    # An edge of metres at arm's length that moves by half its distance may be a little off.
    assert np.quantile(worst, 0.99) < 0.1
    assert max(worst) < 1.0


@each_camera
def test_without_motion_it_is_the_picture_of_a_global_shutter(camera):
    top, _, sizes_m = random_cuboids(60)
    rolling = project_cuboids(camera, top, sizes_m, over_readout=(top, top))
    for one, other in zip(rolling, project_cuboids(camera, top, sizes_m), strict=True):
        assert (one is None) == (other is None)
        if one is None or other is None:
            continue
        for name in ("bounds_px", "full_bounds_px", "depth_m", "truncation"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-6)
        assert one.starts_px == pytest.approx(other.starts_px, abs=1e-6)
        assert one.edge.tolist() == other.edge.tolist()
        assert one.hidden.tolist() == other.hidden.tolist()


def test_a_wall_that_comes_closer_covers_the_image_throughout():
    pose = SE3(ALONG[None], np.array([[0.0, 0, 5]]))
    closer = SE3(ALONG[None], np.array([[0.0, 0, 4]]))
    seen = project_cuboids(PINHOLE, pose, np.array([[1.0, 60, 40]]), over_readout=(pose, closer))[0]
    assert seen is not None
    assert seen.bounds_px == (-0.5, -0.5, 1919.5, 1079.5)
    assert seen.depth_m == pytest.approx(4.5)


def test_faces_are_those_of_the_picture():
    car = Cuboid(SE3(ALONG, np.array([0.0, 1.5, 12])), np.array([4.0, 2, 1.5]))
    at = car.frame_SE3_cuboid
    plain = visible_faces(PINHOLE, car)
    rolling = visible_faces(PINHOLE, car, over_readout=(at, at))
    assert set(plain) == set(rolling) == {"back", "top"}
    assert project_cuboid(PINHOLE, car) is not None
    for name, outline in rolling.items():
        np.testing.assert_allclose(outline.min(axis=0), plain[name].min(axis=0), atol=1e-6)
