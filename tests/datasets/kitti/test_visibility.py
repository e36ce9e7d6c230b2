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


def test_a_cube_cut_in_half_by_the_border_is_half_truncated() -> None:
    seen = cubes((10.95, 0.0, 11.0))
    assert seen.box_px[0, 2] == 199.0
    assert seen.truncated[0] == pytest.approx(0.4, abs=0.15)
    assert seen.truncation_level[0] in (1, 2)


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
