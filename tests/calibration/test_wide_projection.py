"""Cuboids as wide lenses see them: beside and behind the camera too."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.calibration.camera import Camera
from av3d.calibration.kannala_brandt import KannalaBrandt
from av3d.calibration.mei import Mei
from av3d.calibration.projection import may_show, project_cuboid, project_cuboids
from av3d.geometry.cuboid import EDGES, Cuboid
from av3d.geometry.se3 import SE3

FISHEYE = Camera(1000, 1000, 301.0, 302.0, 499.5, 497.0, KannalaBrandt())  # 190 degrees
DISK = Camera(1400, 1400, 1336.3, 1335.8, 716.9, 705.8, Mei(2.2134, 0.0168, 1.6548, 4e-4, 5e-4))
NARROW = Camera(960, 540, 600.0, 601.0, 470.0, 280.0, KannalaBrandt(0.01, -0.002))
CAMERAS = {"fisheye": FISHEYE, "disk": DISK, "narrow": NARROW}
each_camera = pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS.keys())

ALONG = np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]])

cuboids = st.builds(
    lambda x, y, z, roll, pitch, yaw, length, width, height: Cuboid(
        SE3.from_euler(roll, pitch, yaw, [x, y, z]), np.array([length, width, height])
    ),
    st.floats(-12, 12), st.floats(-4, 4), st.floats(-12, 12),
    st.floats(-3, 3), st.floats(-1.5, 1.5), st.floats(-3, 3),
    st.floats(0.3, 12), st.floats(0.3, 3), st.floats(0.5, 4),
)  # fmt: skip


def car(x: float, y: float, z: float, size=(4.0, 2.0, 1.5)) -> Cuboid:
    """A cuboid in the camera frame that heads where the camera looks."""
    return Cuboid(SE3(ALONG, np.array([x, y, z])), np.array(size))


def dense(camera: Camera, cuboid: Cuboid, edge: int) -> np.ndarray:
    """Pixels on the image of densely sampled points of an edge, (N, 2)."""
    a, b = cuboid.corners_m()[list(EDGES[edge])]
    pixels, seen = camera.project(a + np.linspace(0, 1, 2001)[:, None] * (b - a))
    return pixels[seen & camera.contains(pixels)]


def distance_px(points: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    step = ends - starts
    along = ((points[:, None] - starts) * step).sum(-1) / np.maximum((step**2).sum(-1), 1e-18)
    foot = starts + np.clip(along, 0, 1)[..., None] * step
    return np.linalg.norm(points[:, None] - foot, axis=-1).min(axis=1)


@each_camera
@settings(deadline=None, max_examples=60)
@given(cuboids)
def test_every_edge_is_drawn_where_its_points_are(camera, cuboid):
    seen = project_cuboid(camera, cuboid)
    for edge in range(len(EDGES)):
        pixels = dense(camera, cuboid, edge)[::10]
        if len(pixels) < 2:
            continue
        assert seen is not None
        mine = seen.edge == edge
        starts, ends = seen.starts_px[mine], seen.ends_px[mine]
        assert distance_px(pixels, starts, ends).max() < 0.1
        left, top, right, bottom = seen.bounds_px
        assert (pixels >= np.array([left, top]) - 0.1).all()
        assert (pixels <= np.array([right, bottom]) + 0.1).all()


@each_camera
@settings(deadline=None, max_examples=60)
@given(cuboids)
def test_the_quick_test_loses_no_cuboid_and_pieces_stay_on_the_image(camera, cuboid):
    corners = cuboid.corners_m()
    inside = np.random.default_rng(3).uniform(-0.5, 0.5, (300, 3)) * cuboid.size_lwh_m
    pixels, seen = camera.project(cuboid.frame_SE3_cuboid.transform(inside))
    if (seen & camera.contains(pixels)).any():
        assert may_show(camera, corners[None]).tolist() == [True]
        found = project_cuboid(camera, cuboid)
        assert found is not None
        assert camera.contains(found.starts_px).all()
        assert camera.contains(found.ends_px).all()
        assert np.isfinite(found.full_bounds_px).all()
        assert 0 <= found.truncation <= 1


def test_a_car_beside_the_camera_is_whole():
    # From 4 m ahead to 4 m behind, 3 m to the right: edges cross z = 0.
    seen = project_cuboid(FISHEYE, car(3.0, 1.0, 0.0, (2.0, 2.0, 1.5)))
    assert seen is not None
    left, _, right, _ = seen.bounds_px
    assert left < 499.5 + 301 * np.pi / 2 < right
    assert seen.truncation < 0.5
    assert seen.depth_m == pytest.approx(np.hypot(3, 1))


def test_what_is_behind_is_not_seen():
    assert project_cuboid(FISHEYE, car(0, 0, -8)) is None
    assert project_cuboid(DISK, car(0, 0, -20)) is None


def area(outline: np.ndarray) -> float:
    x, y = outline.T
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))


def test_a_wall_right_behind_the_camera_shows_around_what_is_ahead():
    # Its front looks at the camera from .2 m behind, beside all that is ahead of the camera.
    wide = Camera(1000, 1000, 300.0, 300.0, 499.5, 499.5, KannalaBrandt())
    wall = car(0, 0, -0.7, (1.0, 6000.0, 6000.0))
    seen = project_cuboid(wide, wall)
    assert seen is not None
    assert seen.front_faces_camera
    # All of the image but a disk of 90 degrees.
    ahead = np.pi * (300 * np.pi / 2) ** 2
    assert area(seen.front_px) == pytest.approx(1000 * 1000 - ahead, rel=0.005)


def test_inside_a_cuboid_its_front_is_ahead():
    seen = project_cuboid(DISK, car(0, 0, 0, (8.0, 6.0, 4.0)))
    assert seen is not None
    assert seen.hidden.all()
    assert not seen.front_faces_camera
    assert area(seen.front_px) > 1000
    # The image is a disk, of which everything is covered.
    pixels, rays = DISK.landmarks
    covered = pixels[np.isfinite(rays[:, 0])]
    assert seen.bounds_px == pytest.approx((*covered.min(axis=0), *covered.max(axis=0)))


def test_a_wall_beside_a_lens_whose_image_is_a_disk_ends_with_the_disk():
    # An endless wall 2 m to the right: its edges are far away, the disk ends before.
    seen = project_cuboid(DISK, car(2.5, 0, 0, (800.0, 1.0, 800.0)))
    assert seen is not None
    angle = np.linspace(0, 2 * np.pi, 3000)
    end = DISK.lens.at_end(np.stack([np.cos(angle), np.sin(angle)], axis=1))
    right = DISK.project_beyond(end)[:, 0].max()
    assert seen.bounds_px[2] == pytest.approx(min(right, 1399.5), abs=1.0)


@each_camera
def test_cuboids_look_together_as_each_does_alone(camera):
    rng = np.random.default_rng(2)
    some = [
        Cuboid(
            SE3.from_euler(*rng.uniform(-3, 3, 3), rng.uniform([-9, -3, -9], [9, 3, 9])),
            rng.uniform([0.5, 0.4, 0.5], [12, 3, 4]),
        )
        for _ in range(30)
    ]
    together = project_cuboids(
        camera,
        SE3.stack([cuboid.frame_SE3_cuboid for cuboid in some]),
        np.stack([cuboid.size_lwh_m for cuboid in some]),
    )
    for found, cuboid in zip(together, some, strict=True):
        alone = project_cuboid(camera, cuboid)
        assert (found is None) == (alone is None)
        if found is not None and alone is not None:
            np.testing.assert_allclose(found.starts_px, alone.starts_px, atol=1e-9)
            np.testing.assert_allclose(found.front_px, alone.front_px, atol=1e-9)
            assert found.bounds_px == pytest.approx(alone.bounds_px, abs=1e-9)
