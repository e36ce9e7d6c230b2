import numpy as np
import pytest

from av3d.calibration.projection import project_cuboid
from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.render.camera_picture import camera_picture
from av3d.render.palette import hex_to_rgb

MS = 1_000_000


def differs(picture, colour, tolerance=3):
    return np.abs(picture.astype(int) - hex_to_rgb(colour)).max(axis=2) > tolerance


def at(x, y=0.0):
    return Cuboid.from_yaw([x, y, 0.8], [4, 2, 1.6], 0.3)


def test_the_image_shows_through_and_the_cuboid_is_drawn_where_it_projects(log, make_track):
    track = make_track({0: at(10), 100 * MS: at(13)})
    picture = camera_picture(log, 0, "front", [track], caption=False)
    assert picture.shape == (240, 320, 3)
    assert picture.dtype == np.uint8
    cuboid = track.state_at(30 * MS).cuboid.in_frame(log.world_SE3_camera("front", 0).inverse())
    left, _, right, bottom = project_cuboid(log.rig.camera("front").camera, cuboid).bounds_px
    blue = np.argwhere(~differs(picture, "#4DB2F5", 30))
    assert blue[:, 1].min() == pytest.approx(left, abs=3)
    assert blue[:, 1].max() == pytest.approx(right, abs=3)
    assert blue[:, 0].max() == pytest.approx(bottom, abs=3)
    assert (picture[230:] == 100).all()


def test_the_cached_image_is_not_drawn_into(log, make_track):
    camera_picture(log, 0, "front", [make_track({0: at(10), 100 * MS: at(10)})], points=True)
    assert (log.image("front", 0) == 100).all()


def test_the_selected_track_is_accent(log, make_track):
    track = make_track({0: at(10), 100 * MS: at(10)})
    plain = camera_picture(log, 0, "front", [track])
    chosen = camera_picture(log, 0, "front", [track], selected=track.id)
    assert differs(plain, "#FFC53D").all()
    assert (~differs(chosen, "#FFC53D")).sum() > 200


def test_points_of_the_cloud_lie_on_the_image(log):
    without = camera_picture(log, 0, "front", [], caption=False)
    with_points = camera_picture(log, 0, "front", [], points=True, caption=False)
    assert (without == 100).all()
    assert (with_points != 100).any(axis=2).sum() > 300


def test_a_frame_without_an_image_says_so(log, make_track):
    picture = camera_picture(log, 2, "front", [make_track({0: at(10), 200 * MS: at(10)})])
    assert picture.shape == (240, 320, 3)
    assert tuple(picture[200, 10]) == hex_to_rgb("#0E1114")
    words = differs(picture[90:150], "#0E1114")
    assert words.sum() > 100
    assert not differs(picture[150:], "#0E1114").any()


def test_unknown_frames_and_cameras_are_named(log):
    with pytest.raises(Av3dError, match=r"no frame 3.*use 0 to 2"):
        camera_picture(log, 3, "front", [])
    with pytest.raises(Av3dError, match=r"no camera 'rear'.*use one of: front"):
        camera_picture(log, 0, "rear", [])


def test_a_real_image_lines_up_with_its_points(real_data):
    """Walls and cars of PandaSet: an image edge is often where the projected depth jumps."""
    from av3d.datasets.registry import open_log

    log = open_log(real_data / "pandaset" / "002")
    picture = camera_picture(log, 14, "front", [], caption=False)
    assert (picture == log.image("front", log.frame(14).images["front"])).all()
    with_points = camera_picture(log, 14, "front", [], points=True, caption=False)
    drawn = (with_points != picture).any(axis=2)
    assert 0.02 < drawn.mean() < 0.4
    # The sky has hardly any: a wire, a lamp.
    assert drawn[:200, 500:900].mean() < 0.001
