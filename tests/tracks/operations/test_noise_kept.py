"""What the operations do with the noise of keyframes: it belongs to a pose, not to who vouches for it."""

import numpy as np
import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.document import Document
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.noise import Noise
from av3d.tracks.operations.common import pinned
from av3d.tracks.operations.copying import copy_cuboid, copy_shape, paste_track
from av3d.tracks.operations.identity import split, swap
from av3d.tracks.operations.keyframes import (
    confirm,
    convert_interpolated,
    move_keyframe,
    set_keyframe,
)
from av3d.tracks.operations.life import create
from av3d.tracks.operations.merging import plan_merge, reidentify
from av3d.tracks.operations.shape import set_constant_size, set_static
from av3d.tracks.operations.spans import FrameSpan, resize, shift
from av3d.tracks.track import Track
from tracks.strategies import there_and_back

FAR, NEAR = Noise(0.4, 0.1, 0.2, 0.02), Noise(0.1, 0.3, 0.05, 0.01)
WORSE = Noise(0.4, 0.3, 0.2, 0.02)
FITTED, IMPORTED = Provenance.FITTED, Provenance.IMPORTED


def box(x_m: float) -> Cuboid:
    return Cuboid.from_yaw([x_m, 0, 0], [4.5, 1.9, 1.6], 0.0)


def track(track_id: str, keyframes: dict[int, tuple[Provenance, Noise | None]], **more) -> Track:
    made = tuple(Keyframe(t, box(t / 10), p, {}, n) for t, (p, n) in keyframes.items())
    linear = Interpolation(Model.LINEAR)
    return Track(track_id, "car", made, interpolation=linear, **{"number": 1, **more})


CAR = track("a", {0: (FITTED, FAR), 10: (FITTED, NEAR), 20: (Provenance.MANUAL, None)})
DOCUMENT = Document.of([CAR])


def noises(changes, track_id: str = "a", document: Document = DOCUMENT) -> list[Noise | None]:
    return [k.noise for k in there_and_back(document, changes).tracks[track_id].keyframes]


def test_a_pose_that_a_person_sets_has_none():
    assert noises(set_keyframe(DOCUMENT, "a", 10, box(1.5))) == [FAR, None, None]


def test_a_fit_that_knows_how_exact_it_is_says_so():
    fitted = set_keyframe(DOCUMENT, "a", 20, box(2.1), provenance=FITTED, noise=FAR)
    assert noises(fitted) == [FAR, NEAR, FAR]
    [made] = create(DOCUMENT, "car", 5, box(0.0), provenance=FITTED, track_id="b", noise=NEAR)
    assert made.after.keyframes[0].noise == NEAR


def test_a_static_track_has_the_noise_of_what_moved_it():
    cone = Document.of([track("a", {0: (FITTED, FAR)}, static=True)])
    assert noises(set_keyframe(cone, "a", 50, box(1.0)), "a", cone) == [None, None]
    moved = set_keyframe(cone, "a", 50, box(1.0), provenance=FITTED, noise=NEAR)
    assert noises(moved, "a", cone) == [NEAR, NEAR]


def test_a_pose_that_a_person_confirms_is_as_exact_as_hands_are():
    assert noises(confirm(DOCUMENT, ["a"])) == [None, None, None]
    assert noises(confirm(DOCUMENT, ["a"], 5)) == [FAR, None, None]


def test_a_pose_that_a_person_gives_another_time_has_none():
    assert noises(move_keyframe(DOCUMENT, "a", 10, 15)) == [FAR, None, None]


def test_another_size_keeps_it():
    assert noises(set_constant_size(DOCUMENT, "a", [5, 2, 1.5])) == [FAR, NEAR, None]
    other = Document.of([CAR, track("b", {0: (FITTED, None)}, number=2)])
    sized = other.apply(set_constant_size(other, "b", [5, 2, 1.5]))
    assert noises(copy_shape(sized, "b", ["a"]), "a", sized) == [FAR, NEAR, None]
    span = FrameSpan(0, 20, [0, 10, 20])
    assert noises(resize(DOCUMENT, ["a"], span, [5, None, None])) == [FAR, NEAR, None]


def test_a_span_that_is_edited_by_hand_has_none():
    assert noises(shift(DOCUMENT, ["a"], FrameSpan(5, 20, [0, 10, 20]), [1, 0, 0])) == [
        FAR,
        None,
        None,
    ]


def test_a_cuboid_that_stands_for_all_has_none():
    assert noises(set_static(DOCUMENT, "a")) == [None, None, None]
    assert noises(set_static(DOCUMENT, "a", 0)) == [FAR, None, None]


@pytest.mark.parametrize("moved", [None, SE3.from_yaw(1.0, np.array([5.0, 0, 0]))])
def test_a_copy_of_a_whole_track_keeps_it(moved):
    assert noises(paste_track(DOCUMENT, CAR, moved, 100, "b"), "b") == [FAR, NEAR, None]


def test_a_cuboid_that_is_copied_to_another_frame_has_none():
    assert noises(copy_cuboid(DOCUMENT, "a", 0, 30)) == [FAR, NEAR, None, None]


def test_who_converts_what_was_interpolated_knows_none():
    assert noises(convert_interpolated(DOCUMENT, ["a"], [5])) == [FAR, None, NEAR, None]


def test_identities_change_without_it():
    other = track("b", {30: (FITTED, FAR), 40: (FITTED, NEAR)}, number=2)
    both = Document.of([CAR, other])
    after = there_and_back(both, plan_merge(both, ["a", "b"], "a").changes)
    assert [k.noise for k in after.tracks["a"].keyframes][-2:] == [FAR, NEAR]
    after = there_and_back(both, reidentify(both, "a", "b"))
    assert [k.noise for k in after.tracks["a"].keyframes] == [FAR, NEAR, None, FAR, NEAR]
    after = there_and_back(both, swap(both, "a", "b", 35, last_ns=34))
    assert [k.noise for k in after.tracks["a"].keyframes] == [FAR, NEAR, None, WORSE, NEAR]
    assert [k.noise for k in after.tracks["b"].keyframes] == [FAR, WORSE]
    assert noises(split(DOCUMENT, "a", 10, new_id="c", last_ns=9)) == [
        FAR,
        WORSE,
    ]


def test_a_state_that_is_held_is_no_more_exact_than_its_neighbours():
    assert pinned(CAR, 5).noise == WORSE
    # Between a fitted and a manual one it is trusted as the fitted one, and as exact.
    assert (pinned(CAR, 15).provenance, pinned(CAR, 15).noise) == (FITTED, NEAR)
    assert pinned(track("b", {0: (IMPORTED, None), 10: (FITTED, NEAR)}), 5).noise is None
    assert pinned(CAR, 30).noise is None
    assert pinned(CAR, 0) is CAR.keyframes[0]
