import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import FACES, Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.document import EditError
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.anchors import (
    BOTTOM,
    CENTER,
    cuboid_of,
    face_normal,
    placed,
    resized,
    resized_keyframes,
    with_cuboid,
)
from av3d.tracks.track import Track
from tracks.strategies import cuboids, sizes, tracks

READ = SE3.from_quaternion([0.923879532511, 0.0, 0.0, 0.382683432365], [1, 2, 3])
TURNED = Cuboid(READ, np.array([4.0, 2.0, 1.5]))
CAR = Track("a", "car", (Keyframe(0, TURNED, Provenance.MODEL),), number=1)


@pytest.mark.parametrize("face", FACES)
def test_a_face_looks_away_from_the_centre(face):
    corners_m = TURNED.corners_m()[list(FACES[face])]
    outwards = READ.inverse().transform(corners_m.mean(axis=0)) / (TURNED.size_lwh_m / 2)
    np.testing.assert_allclose(face_normal(face), outwards, atol=1e-12)


def test_there_are_six_faces():
    with pytest.raises(EditError, match="no face 'bonnet', name one of front back left"):
        face_normal("bonnet")


def test_a_cuboid_grows_about_its_centre_or_up_from_its_floor():
    level = Cuboid.from_yaw([1, 2, 3], [4, 2, 1.5], 0.0)
    assert resized(level, [5, 2, 1.7], CENTER, CAR).center_m.tolist() == [1, 2, 3]
    assert resized(level, [5, 2, 1.7], BOTTOM, CAR).center_m == pytest.approx([1, 2, 3.1])
    assert resized(level, [5, 2, 1.5], (-1, 0, 0), CAR).center_m == pytest.approx([1.5, 2, 3])


@given(cuboids(), sizes(), st.tuples(*[st.floats(-1, 1)] * 3))
def test_the_anchor_stays_where_it_is(cuboid, size, anchor):
    grown = resized(cuboid, size, anchor, CAR)
    point = np.array(anchor) / 2
    np.testing.assert_allclose(
        grown.frame_SE3_cuboid.transform(point * grown.size_lwh_m),
        cuboid.frame_SE3_cuboid.transform(point * cuboid.size_lwh_m),
        atol=1e-9,
    )
    assert grown.size_lwh_m.tolist() == list(size)


def test_a_cuboid_of_that_size_is_the_same_object():
    assert resized(TURNED, [4, 2, 1.5], BOTTOM, CAR) is TURNED
    assert resized_keyframes(CAR, [4, 2, 1.5], BOTTOM)[0] is CAR.keyframes[0]


def test_a_cuboid_that_does_not_turn_keeps_the_digits_of_its_quaternion():
    for cuboid in (
        resized(TURNED, [5, 2, 1.5], (1, 0, 0), CAR),
        placed(TURNED, np.array([7.0, 8.0, 9.0]), TURNED.size_lwh_m, CAR),
    ):
        assert cuboid.frame_SE3_cuboid.quaternion_wxyz.tolist() == READ.quaternion_wxyz.tolist()
        assert cuboid.center_m.tolist() != [1, 2, 3]


def test_a_keyframe_with_another_cuboid_keeps_time_attributes_and_unless_told_provenance():
    keyframe = Keyframe(5, TURNED, Provenance.MODEL, {"door": "open"})
    other = Cuboid.from_yaw([1, 2, 3], [4, 2, 1.5], 0.0)
    assert with_cuboid(keyframe, TURNED) is keyframe
    assert with_cuboid(keyframe, other) == Keyframe(5, other, Provenance.MODEL, {"door": "open"})
    told = with_cuboid(keyframe, other, Provenance.FITTED)
    assert told.provenance is Provenance.FITTED


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: resized(TURNED, [4, 2], CENTER, CAR), "three numbers, got 2, Car 1"),
        (lambda: resized(TURNED, [4, 2, -1], CENTER, CAR), "positive length.*Car 1"),
        (lambda: resized(TURNED, [4, 2, 1], (0, 0, -1.1), CAR), "no point of a cuboid, Car 1"),
        (lambda: resized(TURNED, [4, 2, 1], (0, 0), CAR), "no point of a cuboid"),
        (lambda: resized(TURNED, [4, 2, 1], (0, 0, np.nan), CAR), "no point of a cuboid"),
        (lambda: cuboid_of(np.eye(3), [0, 0, np.inf], [4, 2, 1], CAR), "finite number, Car 1"),
        (lambda: cuboid_of(2 * np.eye(3), [0, 0, 0], [4, 2, 1], CAR), "not a rotation.*Car 1"),
        (lambda: cuboid_of(np.eye(3), ["x", 0, 0], [4, 2, 1], CAR), "Car 1, give finite numbers"),
    ],
)
def test_impossible_cuboids_are_refused_with_the_name_of_the_track(make, message):
    with pytest.raises(EditError, match=message):
        make()


@given(tracks(), sizes(), st.sampled_from([CENTER, BOTTOM, (1.0, -0.5, 0.0)]))
def test_all_keyframes_are_resized_as_each_would_be(track, size_lwh_m, anchor):
    after = resized_keyframes(track, size_lwh_m, anchor)
    for keyframe, edited in zip(track.keyframes, after, strict=True):
        alone = resized(keyframe.cuboid, size_lwh_m, anchor, track)
        assert edited.cuboid.center_m == pytest.approx(alone.center_m, abs=1e-9)
        assert edited.cuboid.size_lwh_m.tolist() == alone.size_lwh_m.tolist()
        assert edited.attributes == keyframe.attributes
        assert (edited.timestamp_ns, edited.provenance) == (
            keyframe.timestamp_ns,
            keyframe.provenance,
        )


def test_a_track_at_the_edge_of_the_world_does_not_grow_out_of_it():
    edge = Cuboid.from_yaw([1e9 - 1, 0, 0], [4, 2, 1.5], 0.0)
    cars = (Keyframe(0, TURNED), Keyframe(1, edge))
    with pytest.raises(EditError, match="Car 1"):
        resized_keyframes(Track("a", "car", cars, number=1), [9, 2, 1.5], (-1.0, 0.0, 0.0))
