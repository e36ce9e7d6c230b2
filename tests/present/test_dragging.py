from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from av3d.calibration.camera import Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.kannala_brandt import KannalaBrandt
from av3d.calibration.mei import Mei
from av3d.calibration.shutter import row_fractions
from av3d.geometry.cuboid import CORNER_SIGNS, Cuboid
from av3d.geometry.se3 import SE3
from av3d.present.dragging import Drag
from av3d.present.handles import AXIS_OF_KNOB, HandleKind, handles_of
from av3d.present.image_view import ImageView
from av3d.present.projectors import (
    ImageProjector,
    OrbitProjector,
    PlanProjector,
    Projector,
    SideProjector,
)
from av3d.present.rings import ring_of
from av3d.render.views import OrthographicView, PerspectiveView

CAR = Cuboid.from_yaw([10.0, 2.0, 0.8], [4.0, 2.0, 1.6], 0.0)
PLAN = PlanProjector(OrthographicView(400, 400, center_m=(10.0, 2.0), metres_per_pixel=0.02))
"""50 pixels per metre, the car in the middle, its front up: it covers 150..250 x 100..300."""
ORBIT = OrbitProjector(PerspectiveView(640, 480, (10, 2, 0.8), 15.0, azimuth_rad=0.6))
SIDE = SideProjector(
    OrthographicView(300, 200, metres_per_pixel=0.02, up_rad=np.pi / 2),
    CAR.frame_SE3_cuboid, (0, 2, 1), (1, 1, -1),
)  # fmt: skip
EGO_SE3_CAMERA = SE3(
    np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]), np.array([1.5, 0.0, 1.6])
)
LENSES = {
    "pinhole": Camera(1600, 900, 1266.0, 1266.0, 816.0, 491.0),
    "brown-conrady": Camera(
        1920, 1080, 930.4514, 930.0891, 991.6883, 541.6057,
        BrownConrady(-0.1582, -0.0266, -0.00015221, 0.00059011, 0.0449),
    ),
    "fisheye": Camera(
        1000, 1000, 301.0, 302.0, 499.5, 497.0, KannalaBrandt(0.003, 0.0007, -0.002)
    ),
    "mei": Camera(
        1400, 1400, 1336.3, 1335.8, 716.9, 705.8, Mei(2.2134, 0.0168, 1.6548, 4e-4, 5e-4)
    ),
}  # fmt: skip


@dataclass
class Scene:
    """A cuboid in the working frame of a view, and what is up there."""

    cuboid: Cuboid
    projector: Projector
    up: np.ndarray


angles = st.floats(-np.pi, np.pi)
tilts = st.floats(-0.15, 0.15)


@st.composite
def in_ego_frame(draw):
    """An object on a slope and a vehicle that is pitched and rolled: cuboid and up in the ego frame."""
    size = [draw(st.floats(0.4, 12.0)), draw(st.floats(0.4, 2.6)), draw(st.floats(0.5, 3.5))]
    place = [draw(st.floats(6.0, 40.0)), draw(st.floats(-12.0, 12.0)), draw(st.floats(-1.0, 2.0))]
    world = Cuboid(SE3.from_euler(draw(tilts), draw(tilts), draw(angles), place), np.array(size))
    ego_SE3_world = SE3.from_euler(draw(tilts), draw(tilts), draw(tilts), [0.0, 0, 0]).inverse()
    return world.in_frame(ego_SE3_world), ego_SE3_world.rotation[:, 2]


@st.composite
def plans(draw):
    cuboid, up = draw(in_ego_frame())
    view = OrthographicView(
        640, 480, tuple(cuboid.center_m[:2]), draw(st.floats(0.002, 1.0)), draw(angles)
    )
    return Scene(cuboid, PlanProjector(view), up)


@st.composite
def sides(draw):
    cuboid, up = draw(in_ego_frame())
    view = OrthographicView(
        300, 200, metres_per_pixel=draw(st.floats(0.002, 0.2)), up_rad=np.pi / 2
    )
    turned, signs = draw(
        st.sampled_from([((0, 1, 2), (1, 1, 1)), ((0, 2, 1), (1, 1, -1)), ((1, 2, 0), (1, 1, 1))])
    )
    projector = SideProjector(view, cuboid.frame_SE3_cuboid, turned, signs, (20.0, 300.0))
    return Scene(cuboid, projector, up)


@st.composite
def orbits(draw):
    cuboid, up = draw(in_ego_frame())
    view = PerspectiveView(
        640, 480, tuple(cuboid.center_m), draw(st.floats(3.0, 80.0)), draw(angles),
        draw(st.floats(-0.1, 1.5)),
    )  # fmt: skip
    return Scene(cuboid, OrbitProjector(view), up)


def image_scene(draw, camera, over_readout):
    cuboid, up = draw(in_ego_frame())
    camera_SE3_ego = EGO_SE3_CAMERA.inverse()
    cuboid, up = cuboid.in_frame(camera_SE3_ego), camera_SE3_ego.rotation @ up
    view = ImageView.fill((620, 500), (camera.width_px, camera.height_px))
    place, seen = camera.project(cuboid.center_m)
    assume(seen and camera.contains(place))
    view = view.zoomed(draw(st.floats(1.0, 8.0)), (300, 250)).centred_on(*place)
    if not over_readout:
        return Scene(cuboid, ImageProjector(camera, view), up)
    top = cuboid.frame_SE3_cuboid
    way = draw(st.tuples(*[st.floats(-0.6, 0.6)] * 3))
    turn = SE3.from_euler(draw(st.floats(-0.03, 0.03)), 0, draw(st.floats(-0.03, 0.03)), [0, 0, 0])
    bottom = SE3(turn.rotation @ top.rotation, top.translation_m + way)
    part = row_fractions(camera, top.translation_m, bottom.translation_m)
    pose = top.interpolate(bottom, part)
    projector = ImageProjector(camera, view, pose, (top, bottom))
    return Scene(Cuboid(pose, cuboid.size_lwh_m), projector, up)


@st.composite
def images(draw, lens, over_readout):
    return image_scene(draw, LENSES[lens], over_readout)


SCENES = {"plan": plans(), "side": sides(), "orbit": orbits()} | {
    f"{lens}{' rolling' if over else ''}": images(lens, over)
    for lens in LENSES
    for over in (False, True)
}
each_view = pytest.mark.parametrize("scenes", SCENES.values(), ids=SCENES.keys())

ways_px = st.tuples(angles, st.floats(3.1, 14.0)).map(
    lambda way: way[1] * np.array([np.cos(way[0]), np.sin(way[0])])
)


def place_of(scene, point_m):
    return scene.projector.project(np.asarray(point_m)[None])[0][0]


def on_pane(handle):
    """Whether people can press there."""
    return 0 <= handle.place_px[0] <= 640 and 0 <= handle.place_px[1] <= 500


def check_that_it_followed(scene, handle, drag, way_px, found):
    """The handle is where the pointer is, or, if it can move one way only, as near to it as it gets.

    Where it could be is tried out here in small steps, without what the program does to find it.
    """
    start, projector = scene.cuboid, scene.projector
    before_px = place_of(scene, drag.anchor_m)
    target_px = before_px + way_px
    rotation = start.frame_SE3_cuboid.rotation
    way_m = found.center_m - start.center_m
    if handle.kind is HandleKind.MOVE:
        np.testing.assert_array_equal(found.size_lwh_m, start.size_lwh_m)
        now_px = place_of(scene, drag.anchor_m + way_m)
        if drag.way is None:
            assert np.hypot(*(now_px - target_px)) < 0.01
        else:
            along_px = place_of(scene, drag.anchor_m + 0.01 * drag.way) - before_px
            along_px /= np.hypot(*along_px)
            assert abs((now_px - target_px) @ along_px) < 1
        if projector.axes is None or isinstance(projector, PlanProjector):
            assert abs(way_m @ scene.up) < 1e-6  # it stays at its height above the ground
        return
    if handle.kind is HandleKind.CORNER:
        assume((found.size_lwh_m > 0.0501).all())
        corner_m = drag.anchor_m + 2 * way_m  # the opposite corner stays, the centre is half way
        assert np.hypot(*(place_of(scene, corner_m) - target_px)) < 0.01
        return
    if handle.kind is HandleKind.FACE:
        axis = int(np.flatnonzero(handle.signs)[0])
        normal = rotation[:, axis] * handle.signs[axis]
        pulled_m = found.size_lwh_m[axis] - start.size_lwh_m[axis]
        np.testing.assert_allclose(way_m, normal * pulled_m / 2, atol=1e-9)
        # A tenth of a pixel at most, and on both sides as far as anything of that size could go.
        low_m, high_m = (
            0.05 - start.size_lwh_m[axis],
            4 * start.size_lwh_m[axis] + 4 * abs(pulled_m),
        )
        tried_m = np.concatenate(
            [np.linspace(low_m, high_m, 3001), pulled_m + np.arange(-9, 10) / 1e3]
        )
        tried_m = tried_m[tried_m >= low_m]
        tried = drag.anchor_m + tried_m[:, None] * normal
        now_px = place_of(scene, drag.anchor_m + pulled_m * normal)
    else:
        ring = ring_of(start, projector, AXIS_OF_KNOB[handle.kind])
        turn = rotation.T @ found.frame_SE3_cuboid.rotation
        first, second = (ring.axis + 1) % 3, (ring.axis + 2) % 3
        angle = np.arctan2(turn[second, first], turn[first, first])
        np.testing.assert_allclose(found.center_m, start.center_m, atol=1e-9)
        tried = ring.points_m(angle + np.linspace(-0.7, 0.7, 3001))
        now_px = place_of(scene, ring.points_m(np.array([angle]))[0])
        if np.hypot(*(place_of(scene, ring.centre_m) - target_px)) < 4:
            return  # over the middle of the ring the pointer points nowhere
    pixels, seen = projector.project(tried)
    pixels = pixels[seen]
    off_px = np.hypot(*(pixels - target_px).T)
    nearest_px = off_px.min()
    # On its own branch of the ring it may be a little further away than on the other.
    slack_px = 8.1 if handle.kind in AXIS_OF_KNOB else 0.1
    assert np.hypot(*(now_px - target_px)) <= nearest_px + slack_px
    if handle.kind is HandleKind.FACE:
        assert np.hypot(*(now_px - pixels[np.argmin(off_px)])) < 1
    else:
        beside, seen = projector.project(ring.points_m(angle + np.linspace(-0.1, 0.1, 2001)))
        beside = beside[seen]
        assert np.hypot(*(now_px - beside[np.argmin(np.hypot(*(beside - target_px).T))])) < 1


@each_view
@settings(max_examples=40)
@given(data=st.data())
def test_a_handle_follows_the_pointer_within_a_pixel(scenes, data):
    scene = data.draw(scenes)
    handles = handles_of(scene.cuboid, scene.projector, tilt=True)
    handles = [handle for handle in handles if handle.visible and on_pane(handle)]
    assume(handles)
    handle = data.draw(st.sampled_from(handles))
    x, y = np.add(handle.place_px, data.draw(st.tuples(st.floats(-4, 4), st.floats(-4, 4))))
    drag = Drag.begin(scene.cuboid, handle, scene.projector, x, y, up=scene.up)
    way_px = data.draw(ways_px)
    found = drag.to(x + way_px[0], y + way_px[1])
    check_that_it_followed(scene, handle, drag, way_px, found)


def grab(cuboid, projector, kind, name="", beside=(0.0, 0.0), **bearings):
    """A drag of a handle and where it was pressed."""
    handles = handles_of(cuboid, projector, tilt=True)
    handle = next(h for h in handles if h.kind is kind and (not name or h.name == name))
    x, y = np.add(handle.place_px, beside)
    return Drag.begin(cuboid, handle, projector, x, y, **bearings), x, y


def test_pulling_the_front_makes_it_longer_and_leaves_the_back_where_it_is():
    drag, x, y = grab(CAR, PLAN, HandleKind.FACE, "front", beside=(30, 4))
    found = drag.to(x + 11, y - 25)  # half a metre forward; sideways does not count
    assert found.size_lwh_m == pytest.approx([4.5, 2.0, 1.6])
    assert found.center_m == pytest.approx([10.25, 2.0, 0.8])
    assert drag.words(found) == "length 4.50 m +0.50"


def test_pushing_the_left_face_makes_it_narrower():
    drag, x, y = grab(CAR, PLAN, HandleKind.FACE, "left")
    found = drag.to(x + 25, y)
    assert found.size_lwh_m == pytest.approx([4.0, 1.5, 1.6])
    assert found.center_m == pytest.approx([10.0, 1.75, 0.8])
    assert drag.words(found) == "width 1.50 m −0.50"


def test_a_corner_from_above_moves_two_faces():
    drag, x, y = grab(CAR, PLAN, HandleKind.CORNER, "back right")
    found = drag.to(x + 10, y + 5)
    assert found.size_lwh_m == pytest.approx([4.1, 2.2, 1.6])
    assert drag.words(found) == "length 4.10 m +0.10, width 2.20 m +0.20"


def test_a_corner_in_perspective_keeps_the_size_along_the_line_of_sight():
    behind = OrbitProjector(
        PerspectiveView(640, 480, (10, 2, 0.8), 15.0, azimuth_rad=0.1, elevation_rad=0.1)
    )
    drag, x, y = grab(CAR, behind, HandleKind.CORNER, "back left top")
    found = drag.to(x - 12, y - 9)
    assert found.length_m == 4.0
    assert found.width_m > 2.1
    assert found.height_m > 1.7
    assert drag.words(found).startswith("width ")


def test_in_a_side_view_the_roof_goes_up():
    drag, x, y = grab(CAR, SIDE, HandleKind.FACE, "top")
    found = drag.to(x + 40, y - 10)
    assert found.size_lwh_m == pytest.approx([4.0, 2.0, 1.8])
    assert found.center_m == pytest.approx([10.0, 2.0, 0.9])


def test_in_a_side_view_the_body_moves_along_and_up():
    drag, x, y = grab(CAR, SIDE, HandleKind.MOVE)
    found = drag.to(x + 10, y - 5)
    assert found.center_m == pytest.approx([10.2, 2.0, 0.9])


def test_from_above_the_body_keeps_its_height():
    drag, x, y = grab(CAR, PLAN, HandleKind.MOVE, beside=(-31, 52))
    found = drag.to(x - 15, y - 20)
    assert found.center_m == pytest.approx([10.4, 2.3, 0.8])
    assert drag.words(found) == "moved 0.50 m"


def test_horizontal_is_at_right_angles_to_up_not_to_the_ego_frame():
    up = np.array([-0.1, 0.0, 1.0])  # the vehicle drives down a slope, the car stands on the flat
    drag, x, y = grab(CAR, PLAN, HandleKind.MOVE, up=up)
    found = drag.to(x, y - 50)
    assert found.center_m == pytest.approx([11.0, 2.0, 0.9])


def test_vertical_moves_the_body_up_and_down():
    drag, x, y = grab(CAR, ORBIT, HandleKind.MOVE)
    found = drag.to(x + 9, y - 20, vertical=True)
    assert found.center_m[:2] == pytest.approx([10.0, 2.0])
    assert 1.0 < found.center_m[2] < 2.0


def test_from_above_a_vertical_drag_changes_nothing():
    drag, x, y = grab(CAR, PLAN, HandleKind.MOVE)
    assert drag.to(x + 40, y - 40, vertical=True) == CAR


def test_far_away_in_an_image_the_body_only_moves_sideways():
    # At 60 m the ground is nearly edge-on: a pixel up would be metres.
    camera_SE3_ego = EGO_SE3_CAMERA.inverse()
    far = Cuboid.from_yaw([61.5, 0.0, 0.8], [4.0, 2.0, 1.6], 0.3).in_frame(camera_SE3_ego)
    view = ImageView.fit((800, 450), (1600, 900))
    projector = ImageProjector(LENSES["pinhole"], view)
    drag, x, y = grab(far, projector, HandleKind.MOVE, up=(0, -1, 0))
    found = drag.to(x + 10, y - 10)
    assert found.center_m[1:] == pytest.approx(far.center_m[1:])
    assert 0.5 < found.center_m[0] - far.center_m[0] < 1.5


def test_nearby_in_an_image_the_body_moves_over_the_ground():
    camera_SE3_ego = EGO_SE3_CAMERA.inverse()
    near = Cuboid.from_yaw([11.5, 0.0, 0.8], [4.0, 2.0, 1.6], 0.3).in_frame(camera_SE3_ego)
    projector = ImageProjector(LENSES["pinhole"], ImageView.fit((800, 450), (1600, 900)))
    drag, x, y = grab(near, projector, HandleKind.MOVE, up=(0, -1, 0))
    further = drag.to(x, y - 8)
    assert further.center_m[1] == pytest.approx(near.center_m[1])
    assert further.center_m[2] > near.center_m[2] + 0.5


def test_over_the_sky_the_body_stays_where_it_was_last():
    flat = OrbitProjector(PerspectiveView(640, 480, (10, 2, 0.8), 15.0, elevation_rad=0.3))
    drag, x, y = grab(CAR, flat, HandleKind.MOVE)
    last = drag.to(x, y - 20)
    assert last != CAR
    assert drag.to(x, y - 900) == last


def test_turning_left_by_the_knob():
    drag, _, y = grab(CAR, PLAN, HandleKind.YAW)
    radius_px = 200 - y
    turn = np.radians(30)
    found = drag.to(200 - radius_px * np.sin(turn), 200 - radius_px * np.cos(turn))
    assert np.degrees(found.yaw_rad) == pytest.approx(30, abs=1e-3)
    assert found.center_m == pytest.approx(CAR.center_m)
    assert drag.words(found) == "yaw 30.0 ° +30.0"


def test_snapping_turns_to_multiples_of_five_degrees_of_the_heading_itself():
    askew = Cuboid.from_yaw(CAR.center_m, CAR.size_lwh_m, np.radians(1.7))
    drag, x, y = grab(askew, PLAN, HandleKind.YAW)
    found = drag.to(x - 25, y, snap=True)
    degrees = np.degrees(found.yaw_rad)
    assert degrees == pytest.approx(round(degrees / 5) * 5, abs=1e-9)
    assert degrees > 5


def test_the_heading_is_measured_from_what_is_ahead():
    camera_SE3_ego = EGO_SE3_CAMERA.inverse()
    car = Cuboid.from_yaw([11.5, 0.0, 0.8], [4.0, 2.0, 1.6], 0.5).in_frame(camera_SE3_ego)
    projector = ImageProjector(LENSES["pinhole"], ImageView.fit((800, 450), (1600, 900)))
    drag, x, y = grab(car, projector, HandleKind.YAW, up=(0, -1, 0), ahead=(0, 0, 1))
    found = drag.to(x - 20, y, snap=True)
    degrees = np.degrees(found.in_frame(EGO_SE3_CAMERA).yaw_rad)
    assert degrees == pytest.approx(round(degrees / 5) * 5, abs=1e-6)
    assert drag.words(found).startswith(f"yaw {degrees:.1f} ° ")


def test_the_heading_does_not_jump_when_the_pointer_crosses_the_centre():
    drag, x, y = grab(CAR, PLAN, HandleKind.YAW)
    path = np.linspace(y, 400 - y, 60)
    headings = [drag.to(x + 1.0, at).yaw_rad for at in path]
    assert np.abs(np.diff(headings)).max() < np.radians(20)
    assert abs(headings[-1]) < np.radians(5)


def test_pitch_and_roll_turn_about_the_cuboids_own_axes():
    drag, x, y = grab(CAR, SIDE, HandleKind.PITCH)
    nose_up = drag.to(x, y - 12)
    roll, pitch, yaw = nose_up.frame_SE3_cuboid.roll_pitch_yaw_rad
    assert pitch < -0.05
    assert (roll, yaw) == pytest.approx((0, 0), abs=1e-9)
    assert drag.words(nose_up) == f"pitch −{np.degrees(-pitch):.1f} ° −{np.degrees(-pitch):.1f}"


def test_sizes_snap_to_five_centimetres():
    drag, x, y = grab(CAR, PLAN, HandleKind.FACE, "front")
    assert drag.to(x, y - 7, snap=True).length_m == pytest.approx(4.15)


def test_moves_snap_to_the_objects_own_axes():
    askew = Cuboid.from_yaw(CAR.center_m, CAR.size_lwh_m, 0.5)
    drag, x, y = grab(askew, PLAN, HandleKind.MOVE)
    way_m = drag.to(x, y - 40, snap=True).center_m - askew.center_m
    assert way_m == pytest.approx(np.linalg.norm(way_m) * np.array([np.cos(0.5), np.sin(0.5), 0]))


def test_a_fine_drag_goes_a_fifth_of_the_way():
    drag, x, y = grab(CAR, PLAN, HandleKind.MOVE)
    assert drag.to(x, y - 50, fine=True).center_m == pytest.approx([10.2, 2.0, 0.8])


@pytest.mark.parametrize("projector", [PLAN, SIDE, ORBIT], ids=["plan", "side", "orbit"])
def test_a_click_changes_nothing(projector):
    for handle in handles_of(CAR, projector, tilt=True):
        x, y = handle.place_px
        drag = Drag.begin(CAR, handle, projector, x, y)
        assert drag.to(x + 1.5, y - 1.5) is CAR
        assert drag.to(x, y) is CAR


def test_back_at_the_press_everything_is_as_it_was():
    drag, x, y = grab(CAR, PLAN, HandleKind.CORNER, "front left")
    assert drag.to(x + 60, y + 10) != CAR
    assert drag.to(x, y) == CAR


def test_a_side_never_gets_shorter_than_five_centimetres():
    drag, x, y = grab(CAR, PLAN, HandleKind.FACE, "front")
    assert drag.to(x, y + 900).length_m == pytest.approx(0.05)
    drag, x, y = grab(CAR, PLAN, HandleKind.CORNER, "front left")
    pushed = drag.to(x + 900, y + 900)
    assert pushed.size_lwh_m == pytest.approx([0.05, 0.05, 1.6])
    back_right = pushed.corners_m()[2]
    assert back_right == pytest.approx(CAR.corners_m()[2])


def test_a_thin_cuboid_stays_as_thin_when_it_is_grabbed():
    sheet = Cuboid.from_yaw(CAR.center_m, [4.0, 2.0, 0.02], 0.0)
    drag, x, y = grab(sheet, SIDE, HandleKind.FACE, "top")
    assert drag.to(x + 5, y + 30).height_m == pytest.approx(0.02)


@each_view
@settings(max_examples=30)
@given(data=st.data())
def test_whatever_the_pointer_does_the_cuboid_is_one(scenes, data):
    scene = data.draw(scenes)
    handles = handles_of(scene.cuboid, scene.projector, tilt=True)
    assume(handles)
    handle = data.draw(st.sampled_from(handles))
    drag = Drag.begin(scene.cuboid, handle, scene.projector, *handle.place_px, up=scene.up)
    anywhere = st.floats(-1e6, 1e6) | st.floats(-600, 1200) | st.just(np.nan)
    for x, y, snap, vertical in data.draw(
        st.lists(st.tuples(anywhere, anywhere, st.booleans(), st.booleans()), max_size=4)
    ):
        found = drag.to(x, y, snap=snap, vertical=vertical)
        assert np.isfinite(found.corners_m()).all()
        assert (found.size_lwh_m > 0).all()
        assert np.linalg.norm(found.center_m - scene.cuboid.center_m) <= 1e4
        if handle.kind in (HandleKind.FACE, HandleKind.CORNER):
            # The corner on the other sides stays.
            opposite = np.where(np.array(handle.signs) == 0, 1, -np.array(handle.signs))
            number = int(np.flatnonzero((opposite == CORNER_SIGNS).all(axis=1))[0])
            np.testing.assert_allclose(
                found.corners_m()[number], scene.cuboid.corners_m()[number], rtol=1e-9, atol=1e-6
            )


@each_view
@settings(max_examples=30)
@given(data=st.data())
def test_how_the_pointer_got_there_does_not_matter(scenes, data):
    scene = data.draw(scenes)
    kinds = (HandleKind.MOVE, HandleKind.FACE, HandleKind.CORNER)
    handles = handles_of(scene.cuboid, scene.projector)
    handles = [handle for handle in handles if handle.visible and handle.kind in kinds]
    assume(handles)
    handle = data.draw(st.sampled_from(handles))
    x, y = handle.place_px
    way_px, detours = data.draw(ways_px), data.draw(st.lists(ways_px, max_size=3))
    straight, winding = (
        Drag.begin(scene.cuboid, handle, scene.projector, x, y, up=scene.up) for _ in range(2)
    )
    for detour_px in detours:
        winding.to(x + 5 * detour_px[0], y + 5 * detour_px[1])
    assume(scene.projector.ray(x + way_px[0], y + way_px[1]) is not None)
    found = winding.to(x + way_px[0], y + way_px[1])
    expected = straight.to(x + way_px[0], y + way_px[1])
    # Arrays may be summed in another order; the search for the nearest place ends at 1e-4 pixels.
    np.testing.assert_allclose(found.corners_m(), expected.corners_m(), atol=1e-3)
