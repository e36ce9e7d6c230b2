"""2D boxes, truncation and occlusion of cuboids in an image."""

from __future__ import annotations

import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.datasets.kitti.visibility import Visibility, see
from av3d.geometry.se3 import SE3

CAMERA = Camera(200, 100, 100.0, 100.0, 99.5, 49.5)


def cubes(*centers_m: tuple[float, float, float]) -> Visibility:
    """Cubes of 2 m."""
    poses = SE3.stack([SE3(np.eye(3), np.array(center)) for center in centers_m])
    return see(CAMERA, poses, np.full((len(centers_m), 3), 2.0))


def test_the_box_is_that_of_the_nearest_face() -> None:
    # The near face is 10 m away and 2 m wide: 20 px around the principal point.
    seen = cubes((0.0, 0.0, 11.0))
    np.testing.assert_allclose(seen.box_px[0], [89.5, 39.5, 109.5, 59.5])
    assert (seen.truncated[0], seen.truncation_level[0], seen.occlusion_level[0]) == (0, 0, 0)


def test_truncation_is_the_part_of_the_2d_box_outside() -> None:
    # The near face, 10 m away, is 20 px wide; the right border is 99.5 px from the middle. The far
    # face is nearer to the middle and makes the boxes wider.
    seen = cubes((9.5, 0.0, 11.0), (10.95, 0.0, 11.0), (12.0, 0.0, 11.0))
    np.testing.assert_allclose(seen.box_px[:, 2], 199.0)
    parts = [5.5 / (105.0 - 70.83), 20.0 / (119.5 - 82.92), 30.5 / (130.0 - 91.67)]
    np.testing.assert_allclose(seen.truncated, parts, atol=1e-3)
    assert seen.truncation_level.tolist() == [0, 1, 1]


def test_behind_the_camera_nothing_is_on_the_image() -> None:
    seen = cubes((0.0, 0.0, -11.0), (500.0, 0.0, 11.0))
    assert not seen.on_image.any()
    assert seen.truncation_level.tolist() == [2, 2]
    assert seen.occlusion_level.tolist() == [3, 3]


def test_a_cube_around_the_image_plane_is_cut_at_it() -> None:
    seen = cubes((2.0, 0.0, 0.5))
    assert seen.on_image[0]
    assert np.isfinite(seen.box_px[0]).all()
    assert seen.truncated[0] > 0.5


def test_a_nearer_cube_covers_the_one_behind_it() -> None:
    seen = cubes((0.0, 0.0, 30.0), (0.0, 0.0, 6.0))
    assert seen.occlusion_level.tolist() == [2, 0]
    assert seen.covered[0] == pytest.approx(1.0)
