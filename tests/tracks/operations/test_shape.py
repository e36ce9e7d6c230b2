import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.shape import (
    Size,
    mean_cuboid,
    set_constant_size,
    set_free_size,
    set_static,
    unset_static,
)
from av3d.tracks.operations.simplify import deviation
from av3d.tracks.track import Track
from tracks.strategies import few, one_track, sizes, straight, there_and_back, times_ns

S = 1_000_000_000
MANUAL, MODEL, FITTED = Provenance.MANUAL, Provenance.MODEL, Provenance.FITTED


def box(x=0.0, y=0.0, degrees=0.0, size=(4.0, 2.0, 1.5)) -> Cuboid:
    return Cuboid.from_yaw([x, y, 0.0], size, np.radians(degrees))


def document(*cuboids: Cuboid, provenance=MODEL, **more) -> Document:
    keyframes = tuple(Keyframe(n * S, c, provenance) for n, c in enumerate(cuboids))
    return Document.of([straight("a", "car", keyframes, number=1, **more)])


def edited(before: Document, changes) -> Track:
    return there_and_back(before, changes).tracks["a"]


WOBBLING = document(box(5.0), box(5.1), box(9.0), box(4.9), box(5.0))


# Static


def test_a_static_track_takes_the_cuboid_of_a_time():
    track = edited(WOBBLING, set_static(WOBBLING, "a", 3 * S))
    assert track.static
    assert [k.cuboid for k in track.keyframes] == [box(4.9)] * 5
    # The keyframe that has it stays what it was.
    assert track.keyframes[3] is WOBBLING.tracks["a"].keyframes[3]
    assert [k.provenance for k in track.keyframes] == [MANUAL, MANUAL, MANUAL, MODEL, MANUAL]


def test_between_keyframes_the_cuboid_of_a_time_is_the_interpolated_one():
    track = edited(WOBBLING, set_static(WOBBLING, "a", 5 * S // 2))
    assert track.keyframes[0].cuboid.center_m.tolist() == pytest.approx([6.95, 0, 0])


def test_without_a_time_one_bad_keyframe_does_not_move_a_static_track():
    track = edited(WOBBLING, set_static(WOBBLING, "a"))
    # The median of 4.9, 5, 5, 5.1 and 9; the mean is 5.8.
    assert track.keyframes[0].cuboid.center_m == pytest.approx([5, 0, 0], abs=1e-12)
    assert [k.provenance for k in track.keyframes] == [MODEL, FITTED, FITTED, FITTED, MODEL]


def test_flipped_and_turned_headings_do_not_turn_a_static_track():
    headings = [30, 31, 29, 30, 210, 120]
    track = edited(
        before := document(*(box(5, degrees=d) for d in headings)), set_static(before, "a")
    )
    assert 29 < np.degrees(track.keyframes[0].cuboid.yaw_rad) < 31


def test_where_a_person_has_set_keyframes_only_these_count():
    keyframes = (
        *(Keyframe(n * S, box(5), MODEL) for n in range(9)),
        Keyframe(9 * S, box(6), MANUAL),
    )
    before = Document.of([straight("a", "car", keyframes)])
    track = edited(before, set_static(before, "a"))
    assert {k.cuboid for k in track.keyframes} == {box(6)}
    assert track.keyframes[9] is keyframes[9]


def test_a_track_may_move_again_and_keeps_its_keyframes():
    still = document(box(5), box(5), static=True)
    track = edited(still, unset_static(still, "a"))
    assert not track.static
    assert track.keyframes[0] is still.tracks["a"].keyframes[0]
    assert unset_static(WOBBLING, "a") == set_static(still, "a") == ()


def test_equal_places_with_other_quaternions_become_one():
    """Digit for digit the same rotation matrix, but one quaternion came from a file."""
    turned = box(5, degrees=30)
    pose = turned.frame_SE3_cuboid
    digits = np.nextafter(pose.quaternion_wxyz, 1)
    read = Cuboid(
        SE3.trusted(pose.rotation.copy(), pose.translation_m.copy(), digits), turned.size_lwh_m
    )
    before = document(turned, read)
    track = edited(before, set_static(before, "a", 0))
    assert track.keyframes[0].as_json()["quaternion_wxyz"] == pose.quaternion_wxyz.tolist()
    assert track.keyframes[1].as_json()["quaternion_wxyz"] == pose.quaternion_wxyz.tolist()


@few
@given(one_track(), times_ns() | st.none())
def test_a_static_track_is_the_same_everywhere(before, at_ns):
    old = before.tracks["t0"]
    track = there_and_back(before, set_static(before, "t0", at_ns)).tracks["t0"]
    assert track.times_ns == old.times_ns
    assert [k.attributes for k in track.keyframes] == [k.attributes for k in old.keyframes]
    cuboid = track.keyframes[0].cuboid
    for time_ns in [*old.times_ns, *range(old.start_ns, old.end_ns + 1, S // 3)]:
        state = track.state_at(time_ns)
        assert state is None or max(deviation(state.cuboid, cuboid)) < 1e-9
    assert set_static(before.apply(set_static(before, "t0", at_ns)), "t0", at_ns) == ()
    loose = there_and_back(before, unset_static(before, "t0")).tracks["t0"]
    assert not loose.static
    assert loose.keyframes == old.keyframes


def test_a_median_is_found_where_the_mean_is_a_keyframe_too():
    """The mean of 0, 0, 0, 3 and 12 m is 3 m."""
    track = document(box(0), box(0), box(0), box(3), box(12)).tracks["a"]
    assert mean_cuboid(track).center_m == pytest.approx([0, 0, 0], abs=1e-12)


@few
@given(one_track())
def test_the_mean_cuboid_is_no_further_from_the_keyframes_than_any_of_them(before):
    keyframes = before.tracks["t0"].keyframes
    counted = [k for k in keyframes if k.provenance is MANUAL] or keyframes
    mean = mean_cuboid(before.tracks["t0"])

    def total_m(cuboid: Cuboid) -> float:
        return sum(float(np.linalg.norm(k.cuboid.center_m - cuboid.center_m)) for k in counted)

    best_m = min(total_m(keyframe.cuboid) for keyframe in counted)
    assert total_m(mean) <= best_m + 1e-6


# Size

GROWING = document(box(size=(4.0, 2.0, 1.5)), box(size=(4.4, 1.9, 1.5)), box(size=(4.1, 2.4, 1.7)))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (Size.MEDIAN, [4.1, 2.0, 1.5]),
        (Size.LARGEST, [4.4, 2.4, 1.7]),
        ([5.0, 2.1, 1.6], [5.0, 2.1, 1.6]),
    ],
)
def test_one_size_is_the_median_the_largest_or_a_given_one(size, expected):
    track = edited(GROWING, set_constant_size(GROWING, "a", size))
    assert not track.free_size
    assert [k.cuboid.size_lwh_m.tolist() for k in track.keyframes] == [expected] * 3
    assert {k.provenance for k in track.keyframes} == {MODEL}


def test_cuboids_keep_standing_where_they_stand_when_they_grow():
    track = edited(GROWING, set_constant_size(GROWING, "a", [4, 2, 2.5]))
    floors = [k.cuboid.center_m[2] - 1.25 for k in track.keyframes]
    assert floors == pytest.approx([-0.75, -0.75, -0.85])
    track = edited(GROWING, set_constant_size(GROWING, "a", [4, 2, 2.5], (1, 0, 0)))
    fronts = [k.cuboid.center_m[0] + 2 for k in track.keyframes]
    assert fronts == pytest.approx([2, 2.2, 2.05])


def test_the_median_is_that_of_manual_keyframes_where_there_are_some():
    keyframes = (*GROWING.tracks["a"].keyframes, Keyframe(9 * S, box(size=(3.0, 1.0, 1.0))))
    before = Document.of([straight("a", "car", keyframes)])
    track = edited(before, set_constant_size(before, "a"))
    assert track.keyframes[0].cuboid.size_lwh_m.tolist() == [3, 1, 1]
    largest = edited(before, set_constant_size(before, "a", Size.LARGEST))
    assert largest.keyframes[0].cuboid.size_lwh_m.tolist() == [4.4, 2.4, 1.7]


def test_size_is_freed_without_touching_keyframes():
    track = edited(WOBBLING, set_free_size(WOBBLING, "a"))
    assert track.free_size
    assert track.keyframes[0] is WOBBLING.tracks["a"].keyframes[0]
    assert set_free_size(GROWING, "a") == set_constant_size(WOBBLING, "a") == ()


@pytest.mark.parametrize("size", [[4, 2], [4, 2, 0], [4, 2, np.inf], [4, 2, -1], [4, 2, 1e6]])
def test_impossible_sizes_are_refused(size):
    with pytest.raises(EditError, match="Car 1"):
        set_constant_size(WOBBLING, "a", size)


@few
@given(one_track(), st.sampled_from(Size) | sizes())
def test_every_cuboid_takes_one_size_with_its_floor_in_place(before, size):
    old = before.tracks["t0"]
    after = there_and_back(before, set_constant_size(before, "t0", size))
    track = after.tracks["t0"]
    assert not track.free_size
    assert track.static == old.static
    for first, second in zip(old.keyframes, track.keyframes, strict=True):
        assert second.provenance is first.provenance
        assert second.attributes == first.attributes
        floors = [
            k.cuboid.frame_SE3_cuboid.transform([0, 0, -k.cuboid.height_m / 2])
            for k in (first, second)
        ]
        np.testing.assert_allclose(*floors, atol=1e-9)
        assert np.array_equal(
            first.cuboid.frame_SE3_cuboid.quaternion_wxyz,
            second.cuboid.frame_SE3_cuboid.quaternion_wxyz,
        )
    freed = there_and_back(after, set_free_size(after, "t0")).tracks["t0"]
    assert freed.keyframes == track.keyframes
