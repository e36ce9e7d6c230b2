"""How much of a cuboid the images show."""

from __future__ import annotations

import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.datasets.nuscenes.visibility import View, visibility_token, visible_fractions
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3

CAMERA = Camera(200, 200, 100, 100, 99.5, 99.5)
"""Sees x/z and y/z from -1 to 1."""


def box(x: float, y: float, z: float, size: float = 2.0) -> Cuboid:
    return Cuboid(SE3(np.eye(3), np.array([x, y, z])), np.full(3, size))


def view(*cuboids: Cuboid, camera: Camera = CAMERA) -> View:
    poses = SE3.stack([cuboid.frame_SE3_cuboid for cuboid in cuboids])
    return View(camera, poses, np.stack([cuboid.size_lwh_m for cuboid in cuboids]))


def fractions(*cuboids: Cuboid, camera: Camera = CAMERA) -> list[float]:
    return list(visible_fractions([view(*cuboids, camera=camera)], len(cuboids)))


def test_a_cuboid_in_the_open_is_all_visible() -> None:
    assert fractions(box(0, 0, 10)) == [1.0]


def test_a_cuboid_behind_the_camera_or_beside_the_image_is_not_visible() -> None:
    assert fractions(box(0, 0, -10), box(30, 0, 10)) == [0.0, 0.0]


def test_the_part_outside_the_image_counts_as_not_visible() -> None:
    # Seen from above the cuboid spans 36.5 to 47.9 degrees, and the image ends at 45.
    (seen,) = fractions(box(9.5, 0, 10.5))
    assert seen == pytest.approx((45 - 36.5) / (47.9 - 36.5), abs=0.05)


def test_a_nearer_cuboid_of_the_same_outline_hides_all() -> None:
    assert fractions(box(0, 0, 10), box(0, 0, 20)) == [1.0, 0.0]


def test_a_nearer_cuboid_hides_the_part_behind_it() -> None:
    near, far = fractions(box(-1, 0, 10), box(0, 0, 20, size=3.0))
    assert near == 1.0
    assert 0.2 < far < 0.7


def test_two_images_side_by_side_show_a_cuboid_across_their_border() -> None:
    cuboid = box(9.5, 0, 9.5)
    turned = SE3.from_euler(0, np.radians(-80), 0, np.zeros(3))
    both = [view(cuboid), view(cuboid.in_frame(turned))]
    assert visible_fractions(both, 1)[0] == pytest.approx(1.0)
    assert visible_fractions(both[:1], 1)[0] < 0.7


def test_a_camera_inside_a_cuboid_is_not_blind() -> None:
    assert fractions(box(0, 0, 0, size=3.0), box(0, 0, 20))[1] == 1.0


def test_without_images_nothing_is_visible() -> None:
    assert list(visible_fractions([], 2)) == [0.0, 0.0]


@pytest.mark.parametrize(
    ("fraction", "token"),
    [(0.0, "1"), (0.39, "1"), (0.4, "2"), (0.6, "3"), (0.79, "3"), (0.8, "4"), (1.0, "4")],
)
def test_levels(fraction: float, token: str) -> None:
    assert visibility_token(fraction) == token
