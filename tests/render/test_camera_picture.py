from dataclasses import replace

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


def test_a_rolling_shutter_puts_points_where_their_rows_see_them(log):
    """The wall ahead comes closer while the rows are read: 1 m between top and bottom edge."""
    mount = replace(log.rig.camera("front"), readout_ns=100 * MS)
    at_once = camera_picture(log, 0, "front", [], points=True, caption=False)
    log.rig = replace(log.rig, cameras={"front": mount})
    rolling = camera_picture(log, 0, "front", [], points=True, caption=False)
    pixels = mount.camera.project(seen_from(log, 30 * MS, wall_points(log)))[0]
    for point, before in zip(wall_points(log), pixels, strict=True):
        # Go through the rows until the point is in the row that is exposed when it is there.
        row = before[1]
        for _ in range(50):
            time_ns = round(30 * MS + 100 * MS * ((row + 0.5) / 240 - 0.5))
            column, row = mount.camera.project(seen_from(log, time_ns, point))[0]
        assert (rolling[round(row), round(column)] != 100).any()
    assert (rolling != at_once).any()


def wall_points(log):
    """Two corners of the wall, world frame."""
    return log.world_SE3_ego(0).transform([[20.0, -3.0, 0.5], [20.0, 4.0, 3.0]])


def seen_from(log, time_ns, points):
    ego_SE3_camera = log.rig.camera("front").ego_SE3_camera
    return (log.world_SE3_ego(time_ns) @ ego_SE3_camera).inverse().transform(points)


def test_points_of_more_frames_lie_on_the_image_too(log):
    one = camera_picture(log, 0, "front", [], points=True, caption=False)
    more = camera_picture(log, 0, "front", [], points=True, sweeps=2, caption=False)
    assert (more != 100).any(axis=2).sum() > 1.3 * (one != 100).any(axis=2).sum()


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
