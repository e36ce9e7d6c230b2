from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.assist.error import AssistError
from av3d.assist.faces import on_ground, shrunk_face
from av3d.assist.floor import GroundPlane
from av3d.geometry.cuboid import FACES, Cuboid
from av3d.geometry.se3 import SE3
from av3d.types import FloatArray

UP = np.array([0.0, 0.0, 1.0])
POSE = SE3.from_euler(0.02, -0.05, 0.7, [12.0, 3.0, 0.8])
BODY_LWH_M = np.array([4.4, 1.8, 1.5])
OPPOSITE = {
    "front": "back", "back": "front", "left": "right", "right": "left", "top": "bottom", "bottom": "top",
}  # fmt: skip


def body() -> FloatArray:
    """Points all over a body, in the ego frame, (N, 3)."""
    rng = np.random.default_rng(0)
    local = rng.uniform(-BODY_LWH_M / 2, BODY_LWH_M / 2, (6000, 3))
    return POSE.transform(local).astype(np.float32)


def face_at(cuboid: Cuboid, face: str) -> FloatArray:
    """The middle of a face in the frame of the body, (3,)."""
    corners = cuboid.corners_m()[list(FACES[face])]
    return POSE.inverse().transform(corners.mean(axis=0))


@pytest.mark.parametrize("face", list(FACES))
@pytest.mark.parametrize("bigger_m", [0.6, -0.3])
def test_a_face_comes_to_its_points_and_the_opposite_one_stays(face: str, bigger_m: float) -> None:
    start = Cuboid(POSE, BODY_LWH_M + bigger_m)
    moved = shrunk_face(body(), start, face)
    axis = int(np.argmax(np.abs(face_at(start, face))))
    assert abs(face_at(moved, face)[axis]) == pytest.approx(BODY_LWH_M[axis] / 2, abs=0.06)
    assert face_at(moved, OPPOSITE[face]) == pytest.approx(face_at(start, OPPOSITE[face]), abs=1e-9)
    others = [k for k in range(3) if k != axis]
    assert moved.size_lwh_m[others] == pytest.approx(start.size_lwh_m[others])


def test_the_margin_is_kept() -> None:
    start = Cuboid(POSE, BODY_LWH_M + 0.6)
    narrow, wide = (shrunk_face(body(), start, "front", margin) for margin in (0.0, 0.1))
    assert wide.length_m - narrow.length_m == pytest.approx(0.1)


def test_it_goes_out_by_half_a_metre_at_most() -> None:
    start = Cuboid(POSE, np.array([1.0, 1.8, 1.5]))
    assert shrunk_face(body(), start, "front", 0.0).length_m == pytest.approx(1.5, abs=0.03)


def test_it_does_not_go_over_a_gap_to_something_else() -> None:
    rng = np.random.default_rng(1)
    post = POSE.transform(rng.uniform([2.55, -0.5, -0.5], [2.65, 0.5, 0.5], (300, 3)))
    start = Cuboid(POSE, BODY_LWH_M)
    moved = shrunk_face(np.concatenate([body(), post]), start, "front")
    assert moved.length_m == pytest.approx(4.4, abs=0.06)


def test_one_stray_point_does_not_hold_a_face() -> None:
    stray = POSE.transform([[2.45, 0.0, 0.0]])
    start = Cuboid(POSE, BODY_LWH_M + 0.6)
    moved = shrunk_face(np.concatenate([body(), stray]), start, "front")
    assert face_at(moved, "front")[0] == pytest.approx(2.2, abs=0.06)


def test_the_street_does_not_hold_a_side() -> None:
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(-4, 4, 0.05), np.arange(-2, 2, 0.05)))
    street = POSE.transform(np.column_stack([x, y, np.full(len(x), -BODY_LWH_M[2] / 2)]))
    start = Cuboid(POSE, BODY_LWH_M + np.array([0.8, 0.0, 0.1]))
    moved = shrunk_face(np.concatenate([body(), street]), start, "back")
    assert face_at(moved, "back")[0] == pytest.approx(-2.2, abs=0.06)


def test_no_points_and_no_such_face_are_refused() -> None:
    with pytest.raises(AssistError, match="only 0 points"):
        shrunk_face(np.zeros((0, 3)), Cuboid(POSE, BODY_LWH_M), "front")
    with pytest.raises(AssistError, match="no face 'roof'"):
        shrunk_face(body(), Cuboid(POSE, BODY_LWH_M), "roof")


def sloped(rise_x: float, rise_y: float) -> GroundPlane:
    normal = np.array([-rise_x, -rise_y, 1.0])
    return GroundPlane(np.array([0.0, 0.0, 0.4]), normal / np.linalg.norm(normal), UP, 0.02, 100)


@given(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2), st.floats(-3.1, 3.1), st.floats(-1, 4))
def test_upright_it_moves_along_up_only(rise_x: float, rise_y: float, yaw: float, z: float) -> None:
    start = Cuboid.from_yaw([10.0, 5.0, z], BODY_LWH_M, yaw)
    stands = on_ground(start, sloped(rise_x, rise_y))
    assert stands.center_m[:2] == pytest.approx([10.0, 5.0])
    bottom_m = stands.center_m[2] - BODY_LWH_M[2] / 2
    assert bottom_m == pytest.approx(0.4 + 10 * rise_x + 5 * rise_y, abs=1e-9)
    assert np.array_equal(stands.frame_SE3_cuboid.rotation, start.frame_SE3_cuboid.rotation)


@given(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2), st.floats(-3.1, 3.1))
def test_tilted_its_whole_bottom_lies_on_the_slope(
    rise_x: float, rise_y: float, yaw: float
) -> None:
    ground = sloped(rise_x, rise_y)
    stands = on_ground(Cuboid.from_yaw([10.0, 5.0, 2.0], BODY_LWH_M, yaw), ground, tilt=True)
    assert np.abs(ground.above_m(stands.corners_m()[:4])).max() < 1e-6
    assert float(np.cos(stands.yaw_rad - yaw)) == pytest.approx(1.0)


def test_a_cliff_is_no_ground_to_lean_on() -> None:
    with pytest.raises(AssistError, match="rises by 45°"):
        on_ground(
            Cuboid.from_yaw([0, 0, 1], BODY_LWH_M, 0.0), sloped(math.tan(math.pi / 4), 0), tilt=True
        )
