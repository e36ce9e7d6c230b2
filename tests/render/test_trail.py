import numpy as np
import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.render.paint import Painter
from av3d.render.palette import ACCENT, PROVENANCE_STYLES
from av3d.render.trail import draw_trail, key_shape, trail_in_bev
from av3d.render.views import OrthographicView

MS = 1_000_000
VIEW = OrthographicView(400, 400, metres_per_pixel=0.1)


def at(x):
    return Cuboid.from_yaw([x, 0.0, 0.8], [4, 2, 1.6], 0.0)


def test_the_past_is_solid_and_the_future_dashed(log, make_track):
    track = make_track({0: at(5), 200 * MS: at(9)})
    trail = trail_in_bev(log, 1, VIEW, track)
    past, future = trail.lines
    assert past.dash == ()
    assert future.dash != ()
    now = VIEW.to_pixels(
        track.state_at(100 * MS).cuboid.in_frame(log.world_SE3_ego(100 * MS).inverse()).center_m
    )
    assert past.points_px[-1] == pytest.approx(now)
    assert future.points_px[0] == pytest.approx(now)


def test_frames_are_dots_and_sparse_keyframes_are_shapes(log, make_track):
    trail = trail_in_bev(log, 1, VIEW, make_track({100 * MS: at(5)}))
    assert len(trail.keys) == 1
    assert trail.keys[0].colour == PROVENANCE_STYLES["manual"].colour
    dense = trail_in_bev(log, 1, VIEW, make_track({time * MS: at(5) for time in (0, 100, 200)}))
    assert (len(dense.keys), len(dense.dots_px)) == (0, 3)


def test_a_trail_of_one_frame_has_no_line(log, make_track):
    trail = trail_in_bev(log, 0, VIEW, make_track({0: at(5)}))
    assert trail.lines == ()
    image = np.zeros((400, 400, 3), np.uint8)
    draw_trail(Painter(image), trail)
    assert image.any()


@pytest.mark.parametrize(
    ("provenance", "corners"), [("manual", 4), ("fitted", 4), ("imported", 3), ("model", 6)]
)
def test_keys_have_the_shape_of_their_provenance(provenance, corners):
    shape = key_shape(provenance, np.array([50.0, 50.0]))
    assert len(shape.points_px) == corners
    assert np.abs(shape.points_px - 50).max() < 7
    assert shape.colour != ACCENT
