import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.render.drawing import (
    CuboidDrawing,
    Fill,
    Stroke,
    Tag,
    dash_pieces,
    in_drawing_order,
    join_pieces,
)

LINE = np.array([[0.0, 0.0], [10.0, 0.0]])


def test_a_solid_line_is_cut_at_its_corners_only():
    pieces = dash_pieces(np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 3.0]]), ())
    assert pieces.tolist() == [[[0, 0], [4, 0]], [[4, 0], [4, 3]]]


def test_dashes_are_on_and_off_in_turn():
    assert dash_pieces(LINE, (3, 2)).tolist() == [[[0, 0], [3, 0]], [[5, 0], [8, 0]]]


def test_dashes_run_on_around_corners():
    pieces = dash_pieces(np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 6.0]]), (6, 3))
    assert pieces.tolist() == [[[0, 0], [4, 0]], [[4, 0], [4, 2]], [[4, 5], [4, 6]]]


def test_a_pattern_of_four_lengths_is_dash_and_dot():
    pieces = dash_pieces(LINE, (4, 2, 1, 2))
    assert pieces[:, :, 0].tolist() == [[0, 4], [6, 7], [9, 10]]


def test_a_closed_line_returns_to_its_start():
    square = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
    pieces = dash_pieces(square, (), closed=True)
    assert pieces[-1].tolist() == [[0, 2], [0, 0]]


def test_a_line_without_length_has_no_dashes():
    assert len(dash_pieces(np.zeros((2, 2)), (3, 2))) == 0
    assert len(dash_pieces(np.zeros((1, 2)), ())) == 0


polylines = st.lists(
    st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=2, max_size=6
).map(np.array)


@given(polylines, st.booleans())
def test_dashes_cover_their_share_of_the_line(points, closed):
    solid = dash_pieces(points, (), closed=closed)
    whole = np.linalg.norm(solid[:, 1] - solid[:, 0], axis=1).sum()
    pieces = dash_pieces(points, (7, 4), closed=closed)
    drawn = np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1).sum()
    periods, rest = divmod(whole, 11)
    assert drawn == pytest.approx(periods * 7 + min(rest, 7), abs=1e-3)


def drawing(track_id="a", depth_m=1.0, selected=False) -> CuboidDrawing:
    tag = Tag("Car 1", "", (1.0, 2.0), False, "#FFFFFF", "#FFFFFF", "#000000", 1.0, depth_m)
    return CuboidDrawing(
        track_id,
        depth_m,
        selected,
        (1.0, 2.0, 3.0, 4.0),
        (Fill(np.array([[1.0, 2.0], [3.0, 2.0], [3.0, 4.0]]), "#FFFFFF", 0.2),),
        (Stroke(np.array([[1.0, 2.0], [3.0, 4.0]]), "#FFFFFF", 1.5, dash=(7, 4)),),
        tag,
    )


def test_far_cuboids_come_first_and_the_selected_one_last():
    drawings = [drawing("near", 5), drawing("chosen", 50, True), drawing("far", 80)]
    assert [d.track_id for d in in_drawing_order(drawings)] == ["far", "near", "chosen"]


def test_the_extent_holds_all_strokes():
    assert drawing().extent_px == (1.0, 2.0, 3.0, 4.0)


def test_a_placed_drawing_is_enlarged_and_moved_but_keeps_its_line_width():
    placed = drawing().placed(2.0, (10.0, 20.0))
    assert placed.bounds_px == (12, 24, 16, 28)
    assert placed.strokes[0].points_px.tolist() == [[12, 24], [16, 28]]
    assert placed.strokes[0].width_px == 1.5
    assert placed.fills[0].points_px[0].tolist() == [12, 24]
    assert placed.tag is not None
    assert placed.tag.anchor_px == (12, 24)


@given(
    st.tuples(st.floats(-500, 500), st.floats(-500, 500)), st.sampled_from([(7, 4), (10, 3, 2, 3)])
)
def test_one_straight_piece_is_dashed_like_a_line_of_two_pieces(end, dash):
    """The quick way for single pieces, against the general one with a corner in the middle."""
    line = np.array([(3.0, -2.0), end])
    quick = dash_pieces(line, dash)
    general = dash_pieces(np.array([line[0], line.mean(axis=0), line[1]]), dash)
    length = np.linalg.norm(quick[:, 1] - quick[:, 0], axis=1).sum()
    assert length == pytest.approx(np.linalg.norm(general[:, 1] - general[:, 0], axis=1).sum())
    if len(quick):
        assert quick[0, 0] == pytest.approx(general[0, 0])
        assert quick[-1, 1] == pytest.approx(general[-1, 1])


def test_pieces_that_go_on_are_one_polyline_for_each_line_of_each_drawing():
    def along(*xs):
        return np.array([[x, 0.0] for x in xs]).reshape(-1, 2)

    first = (along(0, 1, 2, 7), along(1, 2, 3, 8), np.array([4, 4, 5, 5]))
    second = (along(8), along(9), np.array([5]))
    nothing = (along(), along(), np.zeros(0, dtype=int))
    joined = join_pieces([nothing, first, second, nothing])
    assert [[(piece, line[:, 0].tolist()) for piece, line in lines] for lines in joined] == [
        [],
        [(0, [0, 1, 2]), (2, [2, 3]), (3, [7, 8])],
        [(0, [8, 9])],
        [],
    ]
    assert join_pieces([nothing]) == [[]]
    assert join_pieces([]) == []
