import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.calibration.camera import Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.projection import project_cuboid
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.render import palette
from av3d.render.outline import (
    Item,
    all_lines_bev,
    all_lines_camera,
    all_lines_view,
    cuboid_lines_bev,
    cuboid_lines_camera,
    cuboid_lines_view,
    cuboid_style,
    in_sight,
)
from av3d.render.views import OrthographicView, PerspectiveView

CAMERA = Camera(640, 480, 500.0, 500.0, 319.5, 239.5)
CURVED = Camera(640, 480, 500.0, 500.0, 319.5, 239.5, BrownConrady(k1=-0.2, k2=0.03))
AHEAD = SE3(np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]]), np.zeros(3))
"""camera_SE3_ego of a camera that looks along ego x."""


def in_camera(x, y=0.0, z=0.0, yaw=0.0, size=(4.0, 2.0, 1.5)) -> Cuboid:
    return Cuboid.from_yaw([x, y, z], size, yaw).in_frame(AHEAD)


def test_edges_have_the_colour_and_width_of_the_category():
    drawing = cuboid_lines_camera(CAMERA, in_camera(15), cuboid_style("bus", hidden_edges=False))
    assert drawing is not None
    assert {stroke.colour for stroke in drawing.strokes} == {"#379B43"}
    assert {stroke.width_px for stroke in drawing.strokes} == {1.5}
    assert [(fill.colour, fill.alpha) for fill in drawing.fills] == [("#379B43", 0.16)]


def test_edges_turned_away_are_thin_faint_and_dotted():
    drawing = cuboid_lines_camera(CAMERA, in_camera(15, 3, -1), cuboid_style("car"))
    assert drawing is not None
    hidden = [stroke for stroke in drawing.strokes if stroke.width_px == palette.EDGE_HIDDEN_PX]
    assert len(hidden) == 3
    assert {stroke.alpha for stroke in hidden} == {palette.HIDDEN_ALPHA}
    assert all(stroke.dash for stroke in hidden)


def test_the_selected_cuboid_is_accent_on_a_dark_casing_with_filled_faces():
    style = cuboid_style("car", selected=True, provenance="imported")
    drawing = cuboid_lines_camera(CAMERA, in_camera(15, 3, -1), style, text="Car 21")
    assert drawing is not None
    assert drawing.selected
    casing = [stroke for stroke in drawing.strokes if stroke.colour == palette.CANVAS]
    edges = [stroke for stroke in drawing.strokes if stroke.colour == palette.ACCENT]
    assert drawing.strokes[: len(casing)] == tuple(casing)
    assert casing[0].width_px == 2.4 + 2.5
    assert {stroke.width_px for stroke in edges} == {2.4, 0.8}
    assert [fill.alpha for fill in drawing.fills] == [0.05, 0.05, 0.05, 0.26]
    assert drawing.tag is not None
    assert (drawing.tag.fill, drawing.tag.text_colour) == (palette.ACCENT, palette.ON_ACCENT)


def test_provenance_is_the_pattern_of_unselected_edges():
    style = cuboid_style("car", provenance="interpolated", hidden_edges=False)
    drawing = cuboid_lines_camera(CAMERA, in_camera(15), style)
    assert drawing is not None
    assert (7, 4) in {stroke.dash for stroke in drawing.strokes}
    assert cuboid_style("car", selected=True, provenance="interpolated").dash == ()


def test_a_cuboid_half_behind_the_camera_is_drawn_on_the_image_only():
    drawing = cuboid_lines_camera(
        CAMERA, in_camera(0.5, 1.5, -0.5, size=(6, 2, 1.5)), cuboid_style("car")
    )
    assert drawing is not None
    for stroke in drawing.strokes:
        assert np.isfinite(stroke.points_px).all()
        assert (stroke.points_px >= -0.5).all()
        assert (stroke.points_px <= (639.5, 479.5)).all()


@pytest.mark.parametrize("place", [(-20.0, 0.0), (10.0, 40.0), (10.0, -40.0)])
def test_a_cuboid_out_of_sight_gives_nothing(place):
    assert cuboid_lines_camera(CAMERA, in_camera(*place), cuboid_style("car")) is None


def test_around_the_camera_the_edges_are_not_dotted():
    drawing = cuboid_lines_camera(CAMERA, in_camera(0.0, size=(30, 20, 6)), cuboid_style("car"))
    assert drawing is not None
    assert all(stroke.dash == () for stroke in drawing.strokes)


def test_solid_edges_are_few_strokes_that_go_around_corners():
    drawing = cuboid_lines_camera(
        CAMERA, in_camera(15, 3, -1), cuboid_style("car", hidden_edges=False)
    )
    assert drawing is not None
    edges, arrow = drawing.strokes[:-3], drawing.strokes[-3:]
    assert len(edges) <= 3
    assert sum(len(stroke.points_px) - 1 for stroke in edges) == 9
    assert [len(stroke.points_px) for stroke in arrow] == [2, 2, 2]


def test_curved_edges_with_a_pattern_are_one_polyline_each():
    style = cuboid_style("car", provenance="interpolated")
    drawing = cuboid_lines_camera(CURVED, in_camera(8, 1.5, -1), style)
    assert drawing is not None
    edges, arrow = drawing.strokes[:12], drawing.strokes[12:]
    assert len(arrow) == 3
    assert sum(len(stroke.points_px) > 3 for stroke in edges) >= 6
    for stroke in edges:
        start, end = stroke.points_px[0], stroke.points_px[-1]
        assert np.linalg.norm(end - start) > 15


def test_many_cuboids_at_once_look_like_each_alone():
    items = [
        Item(in_camera(x, y, -1.0, yaw), cuboid_style("car", selected=x == 9), str(x), f"Car {x}")
        for x, y, yaw in [(9, 1, 0.3), (-9, 0, 0), (25, -6, 2), (1, 0, 1), (60, 20, -1)]
    ]
    for camera in (CAMERA, CURVED):
        together = all_lines_camera(camera, items)
        alone = [
            cuboid_lines_camera(camera, i.cuboid, i.style, track_id=i.track_id, text=i.text)
            for i in items
        ]
        kept = [drawing for drawing in alone if drawing is not None]
        assert [d.track_id for d in together] == [d.track_id for d in kept]
        for first, second in zip(together, kept, strict=True):
            assert first.bounds_px == second.bounds_px
            for one, other in zip(first.strokes, second.strokes, strict=True):
                assert (one.points_px == other.points_px).all()
    assert all_lines_camera(CAMERA, []) == []


def test_the_orbit_view_draws_what_it_can_see():
    view = PerspectiveView(640, 480)
    near, behind = (
        Cuboid.from_yaw([0, 0, 0], [4, 2, 2], 0.3),
        Cuboid.from_yaw([-90, 0, 9], [4, 2, 2], 0),
    )
    items = [
        Item(cuboid, cuboid_style("car"), name) for name, cuboid in [("n", near), ("b", behind)]
    ]
    drawings = all_lines_view(view, items)
    assert [drawing.track_id for drawing in drawings] == ["n"]
    alone = cuboid_lines_view(view, near, cuboid_style("car"))
    assert alone is not None
    assert drawings[0].bounds_px == alone.bounds_px
    assert all_lines_view(view, []) == []


BEV = OrthographicView(200, 100, metres_per_pixel=0.2)


def test_from_above_a_cuboid_is_its_outline_and_an_arrow_past_its_front():
    drawing = cuboid_lines_bev(BEV, Cuboid.from_yaw([0, 0, 0], [4, 2, 2], 0), cuboid_style("car"))
    assert drawing is not None
    outline, shaft, barbs = drawing.strokes
    assert drawing.bounds_px == pytest.approx((94.5, 39.5, 104.5, 59.5))
    assert outline.closed
    assert shaft.points_px == pytest.approx(np.array([[99.5, 49.5], [99.5, 49.5 - 4 * 0.78 / 0.2]]))
    assert len(barbs.points_px) == 3


@pytest.mark.parametrize(("yaw", "hangs"), [(0.0, True), (np.pi, False)])
def test_from_above_the_tag_is_at_the_end_without_the_arrow(yaw, hangs):
    cuboid = Cuboid.from_yaw([0, 0, 0], [4, 2, 2], yaw)
    drawing = cuboid_lines_bev(BEV, cuboid, cuboid_style("car"), text="Car 1")
    assert drawing is not None
    assert drawing.tag is not None
    assert drawing.tag.hangs is hangs
    assert drawing.tag.anchor_px[1] == pytest.approx(59.5 if hangs else 39.5)


def test_from_above_a_cuboid_off_the_canvas_gives_nothing():
    assert (
        cuboid_lines_bev(BEV, Cuboid.from_yaw([50, 0, 0], [4, 2, 2], 0), cuboid_style("car"))
        is None
    )


def test_together_and_moved_cuboids_from_above_are_drawn_as_one_by_one():
    rng = np.random.default_rng(2)
    items = [
        Item(
            Cuboid.from_yaw([*rng.uniform(-30, 30, 2), 0], rng.uniform(0.5, 6, 3), yaw),
            cuboid_style("car", selected=number == 3), f"car-{number}", f"Car {number}",
        )
        for number, yaw in enumerate(rng.uniform(-3, 3, 40))
    ]  # fmt: skip
    alone = [
        cuboid_lines_bev(BEV, i.cuboid, i.style, track_id=i.track_id, text=i.text) for i in items
    ]
    wanted = [drawing.placed(1.0, (0.5, 0.25)) for drawing in alone if drawing is not None]
    found = all_lines_bev(BEV, items, (0.5, 0.25))
    assert 3 < len(found) < len(items)
    assert any(drawing.tag is not None for drawing in found)
    assert [drawing.track_id for drawing in found] == [drawing.track_id for drawing in wanted]
    for one, other in zip(found, wanted, strict=True):
        assert one.bounds_px == pytest.approx(other.bounds_px)
        assert (one.tag is None) == (other.tag is None)
        if one.tag is not None:
            assert one.tag.anchor_px == pytest.approx(other.tag.anchor_px)
        assert (one.depth_m, one.selected, len(one.fills)) == (
            other.depth_m, other.selected, len(other.fills),
        )  # fmt: skip
        for stroke, same in zip(one.strokes, other.strokes, strict=True):
            assert stroke.points_px == pytest.approx(same.points_px)


def test_small_cuboids_have_no_tag_until_they_are_pointed_at():
    far = in_camera(300.0)
    plain = cuboid_lines_camera(CAMERA, far, cuboid_style("car"), text="Car 1")
    hovered = cuboid_lines_camera(CAMERA, far, cuboid_style("car", hovered=True), text="Car 1")
    assert plain is not None
    assert hovered is not None
    assert plain.tag is None
    assert hovered.tag is not None


@settings(max_examples=200)
@given(
    st.tuples(st.floats(-30, 60), st.floats(-40, 40), st.floats(-3, 3)),
    st.floats(-3.1, 3.1),
    st.tuples(st.floats(0.2, 20), st.floats(0.2, 4), st.floats(0.2, 4)),
    st.sampled_from([CAMERA, CURVED]),
)
def test_the_quick_test_never_loses_a_cuboid(center, yaw, size, camera):
    cuboid = in_camera(*center, yaw, size)
    seen = in_sight(camera, SE3.stack([cuboid.frame_SE3_cuboid]), cuboid.size_lwh_m[None])
    if project_cuboid(camera, cuboid) is not None:
        assert seen[0]
