import numpy as np
import pytest

from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.logs.sweep import Sweep
from av3d.render.bev_picture import bev_picture, bev_view, ring_radii_m, scale_bar_m
from av3d.render.palette import hex_to_rgb
from av3d.render.views import InvalidViewError, OrthographicView

MS = 1_000_000


def close_to(picture, colour, tolerance=3):
    return np.abs(picture.astype(int) - hex_to_rgb(colour)).max(axis=2) <= tolerance


def at(x, y=0.0):
    return Cuboid.from_yaw([x, y, 0.8], [4, 2, 1.6], 0.0)


def test_the_default_view_has_forward_up_and_more_room_ahead():
    view = bev_view((1280, 720))
    ego = view.to_pixels([0, 0, 0])
    assert ego == pytest.approx([639.5, 0.68 * 720], abs=1)
    assert view.to_pixels([10, 0, 0])[1] < ego[1]
    assert view.to_pixels([0, 10, 0])[0] < ego[0]


def test_cuboids_are_drawn_around_their_place(log, make_track):
    track = make_track({0: at(8, 3), 200 * MS: at(8, 3)})
    size = (400, 400)
    bare = bev_picture(log, 1, [], size_px=size).astype(int)
    drawn = np.abs(bev_picture(log, 1, [track], size_px=size, tag_limit=0) - bare).max(axis=2) > 30
    left_front, right_back = bev_view(size).to_pixels([[10, 4, 0], [6, 2, 0]])
    rows, columns = np.nonzero(drawn)
    assert columns.min() == pytest.approx(left_front[0], abs=2)
    assert columns.max() == pytest.approx(right_back[0], abs=2)
    assert rows.max() == pytest.approx(right_back[1], abs=2)
    # The arrow passes the front edge by 28 % of the length.
    assert rows.min() == pytest.approx(left_front[1] - 0.28 * 4 / (64 / 400), abs=2)


def test_points_inside_the_selected_cuboid_light_up(log, make_track):
    track = make_track({0: at(8, 3), 200 * MS: at(8, 3)})
    track_ground = make_track(
        {0: Cuboid.from_yaw([8, 3, 0], [6, 4, 1], 0), 200 * MS: at(8, 3)}, "g"
    )
    size = (600, 600)
    assert not close_to(bev_picture(log, 0, [track_ground], size_px=size), "#FFE296").any()
    chosen = bev_picture(log, 0, [track_ground], size_px=size, selected="g")
    assert close_to(chosen, "#FFE296", 12).any()
    assert close_to(bev_picture(log, 0, [track], size_px=size, selected="a"), "#FFC53D").any()


@pytest.mark.parametrize("colour", ["height", "intensity", "distance", "category"])
def test_the_same_frame_gives_the_same_picture(log, make_track, colour):
    track = make_track({0: at(8, 3), 200 * MS: at(8, 3)})
    first = bev_picture(log, 1, [track], size_px=(300, 200), colour=colour)
    assert (first == bev_picture(log, 1, [track], size_px=(300, 200), colour=colour)).all()


def test_an_empty_sweep_still_gives_a_picture(log, make_track, monkeypatch):
    empty = Sweep("ego", 0, np.zeros((0, 3), np.float32), np.zeros(0, np.float32))
    monkeypatch.setattr(log, "cloud", lambda index, lidars=None: empty)
    track = make_track({0: at(8), 200 * MS: at(8)})
    for colour in ("height", "intensity", "distance", "category"):
        picture = bev_picture(log, 0, [track], size_px=(200, 150), colour=colour, selected="a")
        assert picture.shape == (150, 200, 3)


def test_an_unknown_colour_frame_or_scale_is_an_error(log):
    with pytest.raises(Av3dError, match=r"rainbow.*use one of: height"):
        bev_picture(log, 0, [], colour="rainbow")
    with pytest.raises(Av3dError, match="no frame 7"):
        bev_picture(log, 7, [])
    with pytest.raises(InvalidViewError):
        bev_picture(log, 0, [], metres_per_pixel=-1.0)
    with pytest.raises(InvalidViewError):
        bev_picture(log, 0, [], size_px=(0, 100))


@pytest.mark.parametrize(
    ("metres_per_pixel", "length_m"), [(0.01, 1), (0.05, 5), (0.1, 10), (1.0, 100), (0.004, 0.2)]
)
def test_the_scale_bar_is_a_round_number_of_metres(metres_per_pixel, length_m):
    assert scale_bar_m(OrthographicView(100, 100, (0, 0), metres_per_pixel)) == length_m


def test_range_rings_are_never_crowded():
    for metres_per_pixel in (0.01, 0.05, 0.5, 5.0):
        radii = ring_radii_m(OrthographicView(1000, 800, (0, 0), metres_per_pixel))
        steps = np.diff(radii, prepend=0.0)
        assert (steps / metres_per_pixel >= 60).all()
        assert len(radii) < 15
