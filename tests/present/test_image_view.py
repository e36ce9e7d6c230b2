from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.present.image_view import ImageView
from av3d.present.pictures import fit_picture


def test_fit_shows_the_whole_image_in_the_middle():
    view = ImageView.fit((600, 600), (1200, 600))
    assert view.scale == 0.5
    assert view.to_image(0.0, 150.0) == pytest.approx((-0.5, -0.5))
    assert view.to_image(600.0, 450.0) == pytest.approx((1199.5, 599.5))


def test_fill_leaves_no_border():
    view = ImageView.fill((600, 600), (1200, 600))
    assert view.scale == 1.0
    assert view.to_image(0.0, 0.0) == pytest.approx((299.5, -0.5))


@given(x=st.floats(0, 600), y=st.floats(0, 400))
def test_zooming_in_keeps_the_place_under_the_pointer(x, y):
    view = ImageView.fill((600, 400), (1920, 1080))
    before = view.to_image(x, y)
    assert view.zoomed(3.0, (x, y)).to_image(x, y) == pytest.approx(before, abs=1e-6)


@given(dx=st.floats(-5000, 5000), dy=st.floats(-5000, 5000))
def test_an_image_larger_than_the_pane_is_never_dragged_off_it(dx, dy):
    view = ImageView.fill((600, 400), (1920, 1080)).zoomed(2.0, (300, 200)).panned(dx, dy)
    left, top = view.to_image(0, 0)
    right, bottom = view.to_image(600, 400)
    assert left >= -0.5 - 1e-6
    assert top >= -0.5 - 1e-6
    assert right <= 1919.5 + 1e-6
    assert bottom <= 1079.5 + 1e-6


def test_zooming_out_stops_at_the_whole_image():
    view = ImageView.fill((600, 400), (1920, 1080)).zoomed(0.01, (10, 10))
    assert view.scale == pytest.approx(ImageView.fit((600, 400), (1920, 1080)).scale)


@pytest.mark.parametrize("factor", [0.25, 0.37, 1.0, 2.5])
def test_a_mark_in_the_image_lands_where_the_view_says(factor):
    image = np.zeros((360, 640, 3), np.uint8)
    image[96:105, 196:205] = 255
    view = ImageView((600, 400), (640, 360), factor, (40.0, 30.0))
    picture = fit_picture(image, view.spec)[..., 0].astype(float)
    picture[picture < 40] = 0
    rows, columns = np.indices(picture.shape)
    centre = (picture * columns).sum() / picture.sum(), (picture * rows).sum() / picture.sum()
    assert centre == pytest.approx((200 * factor + 40, 100 * factor + 30), abs=0.3)


def test_pictures_are_rgba_of_the_pane_with_the_canvas_around():
    picture = fit_picture(np.full((100, 100, 3), 200, np.uint8),
                          ImageView.fit((300, 150), (100, 100)).spec)  # fmt: skip
    assert picture.shape == (150, 300, 4)
    assert tuple(picture[75, 10]) == (0x0E, 0x11, 0x14, 255)
    assert tuple(picture[75, 150]) == (200, 200, 200, 255)
