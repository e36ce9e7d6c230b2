import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.calibration.camera import NEAR_M, Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.projection import (
    ProjectedCuboid,
    project_cuboid,
    project_cuboids,
    visible_faces,
)
from av3d.geometry.cuboid import EDGES, FACES, Cuboid, InvalidCuboidError
from av3d.geometry.se3 import SE3

PINHOLE = Camera(1920, 1080, 1000.0, 1010.0, 960.0, 540.0)
FRONT = Camera(
    1920, 1080, 1970.0131, 1970.0091, 970.0002, 483.2988,
    BrownConrady(-0.5894, 0.66, 0.0011, -0.001, -1.0088),
)  # fmt: skip
LEFT = Camera(
    1920, 1080, 930.4514, 930.0891, 991.6883, 541.6057,
    BrownConrady(-0.1582, -0.0266, -0.00015221, 0.00059011, 0.0449),
)  # fmt: skip
WIDE = Camera(
    1280, 960, 420.0, 425.0, 640.0, 470.0,
    BrownConrady(8.5, 5.2, 1e-4, -2e-4, 0.3, 8.9, 8.1, 1.6),
)  # fmt: skip
CAMERAS = [PINHOLE, FRONT, LEFT, WIDE]
each_camera = pytest.mark.parametrize("camera", CAMERAS, ids=["pinhole", "front", "left", "wide"])

# Heading of a cuboid whose front looks along the camera's z, standing upright (camera y is down).
ALONG = SE3.from_matrix([[0, -1, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1]])


def car(x: float, y: float, z: float, yaw_rad: float = 0.0, size=(4.0, 2.0, 1.5)) -> Cuboid:
    """A cuboid in the camera frame; yaw 0 drives away from the camera."""
    pose = SE3.identity() @ SE3(ALONG.rotation, np.array([x, y, z]))
    return Cuboid(pose @ SE3.from_yaw(yaw_rad, [0, 0, 0]), np.array(size))


cuboids = st.builds(
    lambda x, y, z, roll, pitch, yaw, length, width, height: Cuboid(
        SE3.from_euler(roll, pitch, yaw, [x, y, z]), np.array([length, width, height])
    ),
    st.floats(-12, 12), st.floats(-4, 4), st.floats(-6, 30),
    st.floats(-3, 3), st.floats(-1.5, 1.5), st.floats(-3, 3),
    st.floats(0.3, 12), st.floats(0.3, 3), st.floats(0.5, 4),
)  # fmt: skip


def true_edge(camera: Camera, start_m: np.ndarray, end_m: np.ndarray) -> np.ndarray:
    """Pixels on the image of an edge, sampled densely and projected by OpenCV, (N, 2)."""
    ends = np.array([start_m, end_m])
    if (ends[:, 2] < NEAR_M).all():
        return np.zeros((0, 2))
    for i in (0, 1):
        if ends[i, 2] < NEAR_M:
            other = ends[1 - i]
            ends[i] += (other - ends[i]) * (NEAR_M - ends[i, 2]) / (other[2] - ends[i, 2])
    flat = ends[:, :2] / np.maximum(ends[:, 2:], NEAR_M)
    step = flat[1] - flat[0]
    # An edge cut at the near plane is thousands of pixels long: sample evenly in angle.
    length = max(float(np.hypot(*step)), 1e-9)
    middle = -(flat[0] @ step) / length**2
    beside = abs(flat[0, 0] * step[1] - flat[0, 1] * step[0]) / length
    along = np.hypot(1, beside) * np.tan(np.linspace(-1.53, 1.53, 6001)) / length
    points = flat[0] + np.unique(np.clip(middle + along, 0, 1))[:, None] * step
    distortion = None
    if camera.lens is not None:
        points = points[np.hypot(*points.T) <= camera.lens.max_radius]
        distortion = camera.lens.coefficients
    if len(points) == 0:
        return points
    rays = np.concatenate([points, np.ones((len(points), 1))], axis=1)
    pixels, _ = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), camera.matrix, distortion)
    return pixels[camera.contains(pixels[:, 0]), 0]


def distance_px(points: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Distance of each point (N, 2) to the nearest of some segments (M, 2)."""
    step = ends - starts
    along = ((points[:, None] - starts) * step).sum(-1) / np.maximum((step**2).sum(-1), 1e-18)
    foot = starts + np.clip(along, 0, 1)[..., None] * step
    return np.linalg.norm(points[:, None] - foot, axis=-1).min(axis=1)


def check_edges(camera: Camera, cuboid: Cuboid, seen: ProjectedCuboid | None) -> None:
    corners = cuboid.corners_m()
    for index, (a, b) in enumerate(EDGES):
        expected = true_edge(camera, corners[a], corners[b])
        # Between two samples an edge may touch a corner of the image.
        if seen is None:
            assert len(expected) <= 2
            continue
        mine = seen.edge == index
        starts, ends = seen.starts_px[mine], seen.ends_px[mine]
        if len(expected) < 3 or len(starts) == 0:
            assert np.linalg.norm(ends - starts, axis=1).sum() < 8.0
            assert len(expected) == 0 or np.ptp(expected, axis=0).max() < 8.0
            continue
        # Every true pixel is drawn, and every piece lies on the true curve; the last sample before
        # the border or the end of the field is some pixels short of it.
        sparse = expected[np.unique(np.linspace(0, len(expected) - 1, 150).astype(int))]
        assert distance_px(sparse, starts, ends).max() < 0.2
        drawn = np.concatenate([(starts + ends) / 2, starts[1:]])
        off = distance_px(drawn, expected[:-1], expected[1:])
        short = np.minimum(*(np.linalg.norm(drawn - end, axis=1) for end in expected[[0, -1]]))
        assert (off[short > 8] < 0.2).all()


# Against dense sampling


@each_camera
def test_every_edge_is_drawn_where_opencv_puts_it(camera):
    rng = np.random.default_rng(7)
    drawn = 0
    for _ in range(75):
        pose = SE3.from_euler(*rng.uniform(-3, 3, 3), rng.uniform([-9, -3, -4], [9, 3, 25]))
        cuboid = Cuboid(pose, rng.uniform([0.5, 0.4, 0.5], [12, 3, 4]))
        seen = project_cuboid(camera, cuboid)
        check_edges(camera, cuboid, seen)
        drawn += seen is not None
    assert drawn > 15


@each_camera
@pytest.mark.parametrize(
    "cuboid",
    [
        car(0, 1.5, 12),
        car(3, 1.5, 6, 0.7),
        car(-2.5, 1.5, 1.0),  # beside the camera, half behind it
        car(2.0, 1.2, 0.0, 0.2, (12.0, 2.9, 3.3)),  # a bus that passes
        car(0, 1.5, 8, np.pi / 2, (16.0, 2.5, 3.5)),  # a truck across the whole view
        car(0, 0.2, 3, 0.1, (5.0, 2.0, 1.6)),  # the camera looks along its roof
    ],
    ids=["ahead", "to the side", "half behind", "bus", "across", "grazing"],
)
def test_cuboids_of_a_street(camera, cuboid):
    seen = project_cuboid(camera, cuboid)
    assert seen is not None
    check_edges(camera, cuboid, seen)


@settings(max_examples=60, deadline=None)
@given(cuboids)
def test_edges_are_hidden_when_the_cuboid_itself_is_before_them(cuboid):
    seen = project_cuboid(PINHOLE, cuboid)
    if seen is None:
        return
    smaller = Cuboid(cuboid.frame_SE3_cuboid, cuboid.size_lwh_m * (1 - 1e-6))
    corners = cuboid.corners_m()
    for index in np.unique(seen.edge):
        a, b = EDGES[index]
        middle = (corners[a] + corners[b]) / 2
        inside = smaller.contains(np.linspace(0, 1, 3000)[:, None] * middle)
        # A ray that only grazes the cuboid is inside for too short a stretch to be sampled.
        if 0 < inside.sum() < 3:
            continue
        normal_margin = np.abs(
            np.abs(-cuboid.center_m @ cuboid.frame_SE3_cuboid.rotation) - cuboid.size_lwh_m / 2
        )
        if normal_margin.min() < 0.05:
            continue
        assert seen.hidden[seen.edge == index].all() == bool(inside.any())


# What is in the view


def test_a_car_ahead_is_seen_from_behind():
    seen = project_cuboid(PINHOLE, car(0, 1.5, 12))
    assert seen is not None
    assert not seen.front_faces_camera
    assert len(seen.front_px) == 4
    assert set(visible_faces(PINHOLE, car(0, 1.5, 12))) == {"back", "top"}
    assert seen.depth_m == 12
    assert seen.truncation == 0.0
    assert seen.bounds_px == pytest.approx(seen.full_bounds_px)
    # Rear face: 2 m wide at 10 m; roof to floor from 0.75 m to 2.25 m below the camera.
    assert seen.bounds_px == pytest.approx((860, 540 + 1010 * 0.75 / 14, 1060, 540 + 1010 * 0.225))
    # The floor's front edge and the two below the front corners turn away.
    assert {frozenset(EDGES[i]) for i in np.unique(seen.edge[seen.hidden])} == {
        frozenset((0, 1)), frozenset((0, 3)), frozenset((1, 2)), frozenset((0, 4)), frozenset((1, 5)),
    }  # fmt: skip


def test_an_oncoming_car_shows_its_front():
    seen = project_cuboid(PINHOLE, car(0, 1.5, 12, np.pi))
    assert seen is not None
    assert seen.front_faces_camera
    assert seen.front_px.mean(axis=0) == pytest.approx([960, 540 + 1010 * 0.15], abs=0.5)
    assert visible_faces(PINHOLE, car(0, 1.5, 12, np.pi))["front"] == pytest.approx(seen.front_px)


def test_the_arrow_ends_in_its_tip_ahead_of_the_front():
    seen = project_cuboid(PINHOLE, car(0, 1.5, 12))
    assert seen is not None
    assert seen.arrow_px.shape == (3, 2, 2)
    tip_z = 12 + 4 * (0.5 + 0.28)
    tip = [960, 540 + 1010 * 2.25 / tip_z]
    assert seen.arrow_px[:, 1] == pytest.approx(np.array([tip] * 3))
    assert seen.arrow_px[-1, 0] == pytest.approx(np.array([960, 540 + 1010 * 2.25 / 12]))


@each_camera
@pytest.mark.parametrize(
    "cuboid",
    [car(0, 0, -5), car(300, 0, 10), car(-300, 0, 10), car(0, 200, 10), car(0, -200, 10)],
    ids=["behind", "right", "left", "below", "above"],
)
def test_what_is_out_of_view_is_none(camera, cuboid):
    assert project_cuboid(camera, cuboid) is None


def test_what_lies_across_a_corner_of_the_view_but_not_in_it_is_none():
    # Its bounds meet the image, its edges do not.
    slanted = Cuboid(SE3.from_euler(0, 0, -np.pi / 4, [13.5, 8.5, 10]), np.array([8.0, 0.1, 0.1]))
    assert project_cuboid(PINHOLE, slanted) is None


def test_outside_directions_do_not_fold_into_the_image():
    # Straight to the right of a camera that sees 26 degrees to each side.
    assert project_cuboid(FRONT, car(8, 0, 3)) is None


# Truncation and bounds


def test_half_outside_is_truncated_by_half():
    thin = (0.001, 2.0, 1.5)
    # The right border is at 959.5 px, so x = 9.595 at 10 m: its middle.
    seen = project_cuboid(PINHOLE, car(9.595, 0, 10, 0, thin))
    assert seen is not None
    assert seen.truncation == pytest.approx(0.5, abs=1e-3)
    assert seen.bounds_px[2] == 1919.5
    assert seen.full_bounds_px[2] == pytest.approx(960 + 1000 * 1.0595, abs=0.1)


def test_bounds_are_tight_around_what_is_on_the_image():
    # A pole that leans out of the corner: only its lower end is on the image.
    pole = Cuboid(SE3.from_euler(0, 0, np.pi / 4, [9.5, 5.3, 10]), np.array([6.0, 0.1, 0.1]))
    seen = project_cuboid(PINHOLE, pole)
    assert seen is not None
    left, top, right, bottom = seen.bounds_px
    assert left == pytest.approx(seen.starts_px[:, 0].min(), abs=200)
    assert (left, top) == pytest.approx(
        np.minimum(seen.starts_px.min(axis=0), seen.ends_px.min(axis=0))
    )
    assert right <= 1919.5
    assert bottom <= 1079.5


@each_camera
@settings(max_examples=60, deadline=None)
@given(cuboids)
def test_bounds_hold_the_edges_and_stay_on_the_image(camera, cuboid):
    seen = project_cuboid(camera, cuboid)
    if seen is None:
        return
    left, top, right, bottom = seen.bounds_px
    assert -0.5 <= left <= right <= camera.width_px - 0.5
    assert -0.5 <= top <= bottom <= camera.height_px - 0.5
    assert 0 <= seen.truncation <= 1
    for points in (seen.starts_px, seen.ends_px):
        assert np.isfinite(points).all()
        assert (points >= np.array([left, top]) - 1e-9).all()
        assert (points <= np.array([right, bottom]) + 1e-9).all()
    assert (np.array(seen.full_bounds_px[:2]) <= np.array([left, top]) + 0.2).all()
    assert (np.array(seen.full_bounds_px[2:]) >= np.array([right, bottom]) - 0.2).all()
    if len(seen.front_px):
        assert np.isfinite(seen.front_px).all()
        assert camera.contains(seen.front_px).all()


# Close to the camera


def test_a_cuboid_half_behind_the_camera_is_truncated_and_drawn():
    seen = project_cuboid(PINHOLE, car(1.6, 1.0, 1.0))
    assert seen is not None
    assert seen.truncation > 0.9
    assert len(seen.starts_px) > 0


def test_from_inside_every_edge_is_hidden_and_no_face_is_seen():
    room = car(0, 0, 2, 0, (10.0, 4.0, 3.0))
    seen = project_cuboid(PINHOLE, room)
    assert seen is not None
    assert seen.hidden.all()
    assert not seen.front_faces_camera
    assert len(seen.front_px) == 4  # the far end of the room
    assert seen.bounds_px == (-0.5, -0.5, 1919.5, 1079.5)
    assert visible_faces(PINHOLE, room) == {}


@each_camera
def test_an_image_that_lies_inside_a_face_has_no_edges_but_is_covered(camera):
    wall = car(0, 0, 3, np.pi, (1.0, 60.0, 40.0))
    seen = project_cuboid(camera, wall)
    assert seen is not None
    assert len(seen.starts_px) == len(seen.ends_px) == len(seen.edge) == len(seen.hidden) == 0
    assert seen.bounds_px == (-0.5, -0.5, camera.width_px - 0.5, camera.height_px - 0.5)
    assert seen.front_faces_camera
    assert seen.truncation > 0.5
    # The face fills the image, as far as the lens sees.
    outline = seen.front_px
    x, y = outline.T
    area = 0.5 * abs(x @ np.roll(y, -1) - y @ np.roll(x, -1))
    assert area == pytest.approx(camera.width_px * camera.height_px, rel=0.03)


def test_faces_wind_one_way_so_that_fills_do_not_cross():
    for face in visible_faces(LEFT, car(2.5, 1.5, 5, 0.6)).values():
        x, y = face.T
        assert abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) > 1


def test_every_face_name_is_known():
    assert set(visible_faces(PINHOLE, car(3, 2, 8, 0.7))) <= set(FACES)


# Many at once


def together(camera: Camera, cuboids: list[Cuboid]) -> list[ProjectedCuboid | None]:
    poses = SE3.stack([cuboid.frame_SE3_cuboid for cuboid in cuboids])
    return project_cuboids(
        camera, poses, np.array([cuboid.size_lwh_m for cuboid in cuboids]).reshape(-1, 3)
    )


def check_same(found: ProjectedCuboid | None, alone: ProjectedCuboid | None) -> None:
    assert (found is None) == (alone is None)
    if found is None or alone is None:
        return
    assert found.edge.tolist() == alone.edge.tolist()
    assert found.hidden.tolist() == alone.hidden.tolist()
    assert found.front_faces_camera is alone.front_faces_camera
    for name in ("starts_px", "ends_px", "front_px", "arrow_px", "full_bounds_px", "bounds_px"):
        ours, theirs = np.array(getattr(found, name)), np.array(getattr(alone, name))
        assert ours.shape == theirs.shape
        assert ours == pytest.approx(theirs, abs=1e-9)
    assert found.truncation == pytest.approx(alone.truncation, abs=1e-9)
    assert found.depth_m == alone.depth_m


@each_camera
def test_cuboids_of_all_kinds_look_together_as_each_does_alone(camera):
    kinds = [
        car(0, 1.5, 12),
        car(0, 0, -5),  # behind
        car(-2.5, 1.5, 1.0),  # half behind
        car(0, 0, 3, np.pi, (1.0, 60.0, 40.0)),  # the image lies within its front
        car(300, 0, 10),  # out of view
        car(0, 0, 2, 0, (10.0, 4.0, 3.0)),  # the camera is inside
        car(9.595, 0, 10, 0, (0.001, 2.0, 1.5)),  # across the border
        Cuboid(SE3.from_euler(0, 0, -np.pi / 4, [13.5, 8.5, 10]), np.array([8.0, 0.1, 0.1])),
        car(3, 1.5, 6, 0.7),
    ]
    found = together(camera, kinds)
    assert [seen is None for seen in found[:6]] == [False, True, False, False, True, False]
    for seen, cuboid in zip(found, kinds, strict=True):
        check_same(seen, project_cuboid(camera, cuboid))


@each_camera
@settings(max_examples=40, deadline=None)
@given(cuboids=st.lists(cuboids, max_size=8))
def test_cuboids_look_together_as_each_does_alone(camera, cuboids):
    for seen, cuboid in zip(together(camera, cuboids), cuboids, strict=True):
        check_same(seen, project_cuboid(camera, cuboid))


def test_a_pose_is_missing():
    with pytest.raises(InvalidCuboidError, match=r"a pose and a size \(N, 3\) each"):
        project_cuboids(PINHOLE, SE3.identity((2,)), np.ones((3, 3)))
