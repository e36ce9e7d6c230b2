import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.render.drawing import Fill, Stroke
from av3d.render.paint import Painter, PaintError


def black(height=20, width=30, channels=3):
    return np.zeros((height, width, channels), np.uint8)


def coverage(points, width_px, **options):
    image = black()
    Painter(image).strokes([Stroke(np.array(points, float), "#FFFFFF", width_px, **options)])
    return image[..., 0]


def test_a_line_of_one_pixel_on_a_row_covers_that_row_fully():
    image = coverage([[5, 10], [20, 10]], 1.0)
    assert (image[10, 5:21] == 255).all()
    assert image[9].max() == image[11].max() == 0
    assert image[10, 3] == image[10, 22] == 0


def test_a_line_of_one_and_a_half_pixels_covers_a_quarter_of_the_rows_beside_it():
    image = coverage([[5, 10], [20, 10]], 1.5)
    assert (image[10, 5:21] == 255).all()
    assert image[9, 12] == image[11, 12] == pytest.approx(64, abs=1)


def test_a_line_between_two_rows_covers_half_of_each():
    image = coverage([[5, 10.5], [20, 10.5]], 1.0)
    assert image[10, 12] == image[11, 12] == pytest.approx(128, abs=1)


def test_alpha_scales_the_coverage():
    assert coverage([[5, 10], [20, 10]], 1.0, alpha=0.45)[10, 12] == pytest.approx(115, abs=1)


def test_strokes_of_one_style_do_not_add_up_where_they_meet():
    image = black()
    Painter(image).strokes(
        [
            Stroke(np.array([[5.0, 10.0], [20.0, 10.0]]), "#FFFFFF", 1.0, 0.5),
            Stroke(np.array([[12.0, 2.0], [12.0, 18.0]]), "#FFFFFF", 1.0, 0.5),
        ]
    )
    assert image[10, 12, 0] == image[10, 8, 0]


@settings(max_examples=80, deadline=None)
@given(
    st.tuples(st.floats(-40, 60), st.floats(-40, 60)),
    st.tuples(st.floats(-40, 60), st.floats(-40, 60)),
    st.floats(0.5, 5),
)
def test_coverage_is_the_distance_to_the_segment_everywhere(start, end, width_px):
    image = coverage([start, end], width_px)
    rows, columns = np.mgrid[:20, :30]
    step = np.subtract(end, start)
    length2 = float(step @ step)
    along = ((columns - start[0]) * step[0] + (rows - start[1]) * step[1]) / (length2 or 1.0)
    along = np.clip(along, 0, 1)
    distance = np.hypot(columns - start[0] - along * step[0], rows - start[1] - along * step[1])
    expected = np.clip(width_px / 2 + 0.5 - distance, 0, min(width_px, 1.0)) * 255
    assert np.abs(image - expected).max() <= 1.0


def test_lines_far_outside_or_not_finite_draw_nothing():
    assert coverage([[1e9, 1e9], [2e9, 1e9]], 2.0).max() == 0
    assert coverage([[np.nan, 5], [10, 5]], 2.0).max() == 0
    assert coverage([[-1e12, 10], [1e12, 10]], 1.0)[10].min() == 255


def test_the_painter_can_be_used_again():
    image = black()
    painter = Painter(image)
    painter.line([[0, 5], [29, 5]], "#FF0000", 1.0)
    painter.line([[0, 8], [29, 8]], "#00FF00", 1.0)
    assert tuple(image[5, 10]) == (255, 0, 0)
    assert tuple(image[8, 10]) == (0, 255, 0)


def test_a_fill_blends_inside_its_polygon():
    image = black()
    Painter(image).fill(Fill(np.array([[5.0, 5], [15, 5], [15, 12], [5, 12]]), "#FFFFFF", 0.16))
    assert image[8, 10, 0] == pytest.approx(41, abs=1)
    assert image[8, 25, 0] == image[17, 10, 0] == 0


@pytest.mark.parametrize(
    "points",
    [
        [[-1e9, -1e9], [1e9, -1e9], [1e9, 1e9], [-1e9, 1e9]],
        [[-50.0, -50], [80, -50], [80, 80], [-50, 80]],
    ],
)
def test_a_fill_larger_than_the_picture_covers_it(points):
    image = black()
    Painter(image).fill(Fill(np.array(points), "#FFFFFF", 1.0))
    assert image.min() == 255


def test_fills_outside_or_without_an_area_draw_nothing():
    image = black()
    painter = Painter(image)
    painter.fill(Fill(np.array([[50.0, 50], [60, 50], [60, 60]]), "#FFFFFF", 1.0))
    painter.fill(Fill(np.zeros((0, 2)), "#FFFFFF", 1.0))
    painter.fill(Fill(np.array([[np.nan, 5], [10, 5], [10, 9]]), "#FFFFFF", 1.0))
    assert image.max() == 0


def test_a_circle_passes_through_its_radius():
    image = black(41, 41)
    Painter(image).circle((20.0, 20.0), 15.0, "#FFFFFF", 1.0)
    for row, column in [(20, 5), (20, 35), (5, 20), (35, 20)]:
        assert image[row, column, 0] > 200
    assert image[20, 20, 0] == 0


def test_words_are_cut_at_the_border_and_leave_alpha_alone():
    image = black(channels=4)
    image[..., 3] = 7
    Painter(image).text("Straße 21", -5, -3, "#FFC53D", "tag")
    assert image[..., :3].max() > 200
    assert (image[..., 3] == 7).all()
    Painter(image).text("away", 1000, 1000, "#FFC53D")


def test_rounded_corners_are_lighter_than_the_middle():
    image = black()
    Painter(image).rectangle((2, 2, 20, 15), "#FFFFFF", 1.0, 3)
    assert image[2, 2, 0] < 128
    assert image[8, 8, 0] == image[2, 10, 0] == 255
    assert image[15, 10, 0] == image[8, 20, 0] == 0


def test_points_are_squares_and_later_ones_cover():
    image = black()
    Painter(image).points(
        np.array([[5.0, 5.0], [5.0, 5.0], [29.0, 19.0], [np.nan, 3.0], [500.0, 3.0]]),
        np.array([[255, 0, 0], [0, 255, 0], [9, 9, 9], [9, 9, 9], [9, 9, 9]], np.uint8),
        2,
    )
    assert (image[5:7, 5:7] == (0, 255, 0)).all()
    assert image.sum() == 4 * 255


def test_a_picture_that_cannot_be_drawn_into_is_refused():
    frozen = black()
    frozen.flags.writeable = False
    for image in (black().astype(np.float32), black()[:, ::2], black()[..., 0], frozen):
        with pytest.raises(PaintError, match="cannot draw into"):
            Painter(image)
