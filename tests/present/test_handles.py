import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.present.handles import HandleKind, handles_of, hit_handle
from av3d.present.image_view import ImageView
from av3d.present.projectors import ImageProjector, OrbitProjector, PlanProjector, SideProjector
from av3d.render.views import OrthographicView, PerspectiveView

CAR = Cuboid.from_yaw([10.0, 2.0, 0.8], [4.0, 2.0, 1.6], 0.0)
PLAN = PlanProjector(OrthographicView(400, 400, center_m=(10.0, 2.0), metres_per_pixel=0.02))
"""50 pixels per metre, the car in the middle, its front up: it covers 150..250 x 100..300."""
ORBIT = OrbitProjector(PerspectiveView(640, 480, (10, 2, 0.8), 15.0, azimuth_rad=0.6))
EGO_IN_CAMERA = np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]])
CAMERA = Camera(1280, 720, 900.0, 900.0, 639.5, 359.5)
IMAGE = ImageProjector(CAMERA, ImageView.fit((640, 360), (1280, 720)))


def of(handles, kind):
    return {handle.name: handle for handle in handles if handle.kind is kind}


def side(turned, signs):
    view = OrthographicView(300, 200, metres_per_pixel=0.02, up_rad=np.pi / 2)
    return SideProjector(view, CAR.frame_SE3_cuboid, turned, signs)


def test_from_above_there_are_four_edges_four_corners_the_body_and_the_heading():
    handles = handles_of(CAR, PLAN)
    faces, corners = of(handles, HandleKind.FACE), of(handles, HandleKind.CORNER)
    assert set(faces) == {"front", "back", "left", "right"}
    assert faces["front"].place_px == pytest.approx((200, 100))
    assert faces["left"].place_px == pytest.approx((150, 200))
    assert corners["back right"].place_px == pytest.approx((250, 300))
    assert len(corners) == 4
    assert of(handles, HandleKind.MOVE)[""].place_px == pytest.approx((200, 200))
    assert all(handle.visible for handle in handles)


def test_the_knob_is_in_front_and_clear_of_the_handle_of_the_front():
    (knob,) = of(handles_of(CAR, PLAN), HandleKind.YAW).values()
    assert knob.place_px[0] == pytest.approx(200)
    assert knob.place_px[1] <= 100 - 24 + 1e-6


def test_an_edge_is_hit_along_its_whole_length():
    handles = handles_of(CAR, PLAN)
    assert hit_handle(handles, 230, 105).name == "front"
    assert hit_handle(handles, 156, 260).name == "left"


def test_corners_are_hit_before_edges_and_edges_before_the_body():
    handles = handles_of(CAR, PLAN)
    assert hit_handle(handles, 153, 104).name == "front left"
    assert hit_handle(handles, 200, 108) is of(handles, HandleKind.MOVE)[""]
    assert hit_handle(handles, 200, 106.9).name == "front"
    assert hit_handle(handles, 100, 200) is None


def test_a_handle_is_hit_within_seven_pixels():
    handles = handles_of(CAR, PLAN)
    assert hit_handle(handles, 143.5, 200).name == "left"
    assert hit_handle(handles, 142.5, 200) is None


def test_a_small_cuboid_keeps_room_to_be_moved():
    person = Cuboid.from_yaw([10.0, 2.0, 0.9], [0.5, 0.5, 1.8], 0.0)
    handles = handles_of(person, PLAN)  # 25 pixels across
    assert hit_handle(handles, 200, 200).kind is HandleKind.MOVE
    assert hit_handle(handles, 200, 195).kind is HandleKind.MOVE
    assert hit_handle(handles, 200, 188).name == "front"


def test_the_outline_from_above_is_that_of_the_roof():
    tilted = Cuboid(SE3.from_euler(0.2, 0.0, 0.0, [10, 2, 0.8]), CAR.size_lwh_m)
    left = of(handles_of(tilted, PLAN), HandleKind.FACE)["left"]
    roof_m = tilted.frame_SE3_cuboid.transform([0, 1, 0.8])
    assert left.place_px == pytest.approx(tuple(PLAN.project(roof_m[None])[0][0]))


@pytest.mark.parametrize(
    ("projector", "names", "knob"),
    [
        (side((0, 1, 2), (1, 1, 1)), {"front", "back", "left", "right"}, HandleKind.YAW),
        (side((0, 2, 1), (1, 1, -1)), {"front", "back", "top", "bottom"}, HandleKind.PITCH),
        (side((1, 2, 0), (1, 1, 1)), {"left", "right", "top", "bottom"}, HandleKind.ROLL),
    ],
    ids=["top", "side", "front"],
)
def test_a_side_view_has_the_faces_that_are_seen_as_edges(projector, names, knob):
    handles = handles_of(CAR, projector, tilt=True)
    assert set(of(handles, HandleKind.FACE)) == names
    knobs = {handle.kind for handle in handles} - {
        HandleKind.MOVE, HandleKind.FACE, HandleKind.CORNER,
    }  # fmt: skip
    assert knobs == {knob}


def test_pitch_and_roll_are_offered_only_when_asked_for():
    kinds = {handle.kind for handle in handles_of(CAR, ORBIT)}
    assert kinds == {HandleKind.MOVE, HandleKind.FACE, HandleKind.CORNER, HandleKind.YAW}
    with_tilt = {handle.kind for handle in handles_of(CAR, ORBIT, tilt=True)}
    assert with_tilt - kinds == {HandleKind.PITCH, HandleKind.ROLL}


def test_in_perspective_the_faces_turned_to_the_viewer_are_visible():
    # The camera is behind the car, to its right and above it.
    faces = of(handles_of(CAR, ORBIT), HandleKind.FACE)
    assert {name for name, face in faces.items() if face.visible} == {"back", "right", "top"}
    corners = of(handles_of(CAR, ORBIT), HandleKind.CORNER)
    assert {name for name, corner in corners.items() if not corner.visible} == {"front left bottom"}


def test_a_face_seen_head_on_is_not_offered():
    # 20 m behind a car that drives straight ahead: no pixel says where its back is.
    ahead = Cuboid(SE3(EGO_IN_CAMERA, np.array([0.0, 0.5, 20.0])), CAR.size_lwh_m)
    faces = of(handles_of(ahead, IMAGE), HandleKind.FACE)
    assert not faces["back"].visible
    back = faces["back"].place_px
    assert hit_handle(handles_of(ahead, IMAGE), *back).kind is HandleKind.MOVE
    corners = of(handles_of(ahead, IMAGE), HandleKind.CORNER)
    assert corners["back left top"].visible


def test_what_is_behind_the_camera_has_no_handles():
    behind = Cuboid(SE3(EGO_IN_CAMERA, np.array([0.0, 0.0, -20.0])), CAR.size_lwh_m)
    assert handles_of(behind, IMAGE) == ()


def test_of_a_cuboid_half_behind_the_camera_the_part_in_sight_can_be_grabbed():
    beside = Cuboid(SE3(EGO_IN_CAMERA, np.array([3.0, 0.5, 1.0])), np.array([8.0, 2.0, 1.6]))
    handles = handles_of(beside, IMAGE)
    names = {handle.name for handle in handles if handle.visible}
    assert "front left top" in names
    assert "back left top" not in names
    assert all(np.isfinite(handle.place_px).all() for handle in handles)


def test_every_handle_says_what_dragging_it_does():
    tips = {handle.name: handle.tip for handle in handles_of(CAR, PLAN)}
    assert tips["front"] == "Drag the front face to change the length"
    assert tips["back left"] == "Drag the back left corner to change length and width"
    assert tips[""] == "Drag to move"
    assert tips["yaw"] == "Drag to change the yaw"
    solid = {handle.name: handle.tip for handle in handles_of(CAR, ORBIT)}
    assert solid["back left top"].endswith("to change the two sizes across the view")
