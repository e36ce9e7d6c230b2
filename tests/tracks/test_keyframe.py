import numpy as np
import pytest
from hypothesis import given

from av3d.digests import digest_of
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.checking import TrackError
from av3d.tracks.keyframe import Keyframe, Provenance
from tracks.strategies import attributes, cuboids

UPRIGHT = Cuboid.from_yaw([1.0, 2.0, 3.0], [4.0, 2.0, 1.5], 0.0)


def test_a_keyframe_is_manual_unless_said_otherwise():
    assert Keyframe(0, UPRIGHT).provenance is Provenance.MANUAL


def test_a_keyframe_as_json_has_the_full_orientation():
    keyframe = Keyframe(5, UPRIGHT, Provenance.FITTED, {"b": 1, "a": "x"})
    assert keyframe.as_json() == {
        "timestamp_ns": 5,
        "center_m": [1, 2, 3],
        "size_lwh_m": [4, 2, 1.5],
        "quaternion_wxyz": [1, 0, 0, 0],
        "provenance": "fitted",
        "attributes": {"a": "x", "b": 1},
    }
    assert list(keyframe.as_json()["attributes"]) == ["a", "b"]


def test_the_digits_of_a_quaternion_stay_those_of_the_file():
    wxyz = [0.9238795, 0.0, 0.0, 0.3826834]  # its norm is 1 only to seven digits
    kept = [0.92387953251, 0.0, 0.0, 0.38268343236]
    for given_wxyz, same in ((wxyz, False), (kept, True)):
        cuboid = Cuboid(SE3.from_quaternion(given_wxyz, [0, 0, 0]), np.array([4, 2, 1.5]))
        assert (Keyframe(0, cuboid).as_json()["quaternion_wxyz"] == given_wxyz) == same


def test_zeros_have_no_sign():
    still = Cuboid.from_yaw([-0.0, 0.0, -0.0], [4, 2, 1.5], -0.0)
    assert "-0.0" not in str(Keyframe(0, still).as_json())


def test_the_same_numbers_have_the_same_digest_and_others_another():
    keyframe = Keyframe(5, UPRIGHT, attributes={"a": 1, "b": 2})
    assert keyframe.digest == Keyframe(np.int64(5), UPRIGHT, attributes={"b": 2, "a": 1}).digest
    others = [
        Keyframe(6, UPRIGHT, attributes={"a": 1, "b": 2}),
        Keyframe(5, UPRIGHT, Provenance.MODEL, {"a": 1, "b": 2}),
        Keyframe(5, UPRIGHT, attributes={"a": 1.0, "b": 2}),
        Keyframe(5, UPRIGHT, attributes={"a": True, "b": 2}),
        Keyframe(5, UPRIGHT.in_frame(SE3.from_yaw(1e-9, [0, 0, 0])), attributes={"a": 1, "b": 2}),
    ]
    assert len({keyframe.digest, *(other.digest for other in others)}) == 6


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Keyframe(0, UPRIGHT, Provenance.INTERPOLATED), "interpolated.*not a keyframe"),
        (lambda: Keyframe(0.5, UPRIGHT), "whole number"),
        (lambda: Keyframe(2**62, UPRIGHT), "further from zero"),
        (lambda: Keyframe(0, UPRIGHT, attributes={"door": None}), "no text"),
    ],
)
def test_contradictions_are_refused(make, message):
    with pytest.raises(TrackError, match=message):
        make()


@given(cuboids(), attributes)
def test_equal_keyframes_have_equal_values(cuboid, values):
    one, other = (Keyframe(0, cuboid, attributes=dict(values)) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert one.digest == other.digest


@given(cuboids(), attributes)
def test_the_digest_is_that_of_the_json_values(cuboid, values):
    keyframe = Keyframe(5, cuboid, Provenance.FITTED, values)
    assert keyframe.digest == digest_of(keyframe.as_json())


def test_the_digest_holds_for_numbers_that_are_written_in_other_ways():
    for center_m in ([-0.0, 1e-310, 1e9], [123456789.123456789, 1e-7, -1e-5]):
        pose = SE3.from_quaternion([1e-7, 0, 0, 1], center_m)
        cuboid = Cuboid(pose, np.array([1e-5, 1e5, 3]))
        keyframe = Keyframe(-7, cuboid, attributes={"größe": 'a "b", c', "n": 1e22, "on": True})
        assert keyframe.digest == digest_of(keyframe.as_json())
