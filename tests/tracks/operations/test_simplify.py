import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.keyframes import convert_interpolated
from av3d.tracks.operations.simplify import ROUNDING, deviation, simplify
from av3d.tracks.presence import Span
from tracks.strategies import (
    FRAMES,
    STEP_NS,
    cuboids,
    documents,
    few,
    linear,
    straight,
    there_and_back,
)

S = 1_000_000_000
MANUAL, MODEL = Provenance.MANUAL, Provenance.MODEL


def box(x=0.0, y=0.0, degrees=0.0, length=4.0) -> Cuboid:
    return Cuboid.from_yaw([x, y, 0.0], [length, 2.0, 1.5], np.radians(degrees))


def document(*cuboids: Cuboid, **more) -> Document:
    """A keyframe each second, made by a model."""
    keyframes = tuple(Keyframe(n * S, c, MODEL) for n, c in enumerate(cuboids))
    return Document.of([straight("a", "car", keyframes, number=1, **more)])


def left(before: Document, tolerance_m=0.0, degrees=0.0, **more) -> list[float]:
    """Seconds of the keyframes that stay."""
    found = simplify(before, ["a"], tolerance_m, np.radians(degrees), **more)
    track = there_and_back(before, found.changes).tracks["a"]
    assert len(before.tracks["a"].keyframes) - len(track.keyframes) == found.removed
    return [time / S for time in track.times_ns]


STRAIGHT = document(*(box(3.1 * n, 0.7 * n) for n in range(10)))
CORNER = document(box(0), box(2), box(4), box(4, 2), box(4, 4))


def test_what_interpolation_gives_anyway_goes():
    assert left(STRAIGHT) == [0, 9]
    found = simplify(STRAIGHT, ["a"], 0, 0)
    assert found.removed == 8
    assert found.largest_m < ROUNDING


def test_corners_stay():
    assert left(CORNER) == [0, 2, 4]


def test_a_tolerance_says_how_far_a_centre_may_be_off():
    """1 s and 3 s lie 10 and 30 cm beside the straight way."""
    bent = document(box(0), box(2, 0.1), box(4), box(6, 0.3), box(8))
    assert left(bent) == [0, 1, 2, 3, 4]
    assert left(bent, 0.11) == [0, 2, 3, 4]
    assert left(bent, 0.35) == [0, 4]
    found = simplify(bent, ["a"], 0.35, 0.0)
    assert found.largest_m == pytest.approx(0.3)
    assert found.largest_rad == pytest.approx(0)


def test_a_tolerance_says_how_far_an_orientation_may_be_off():
    swaying = document(box(degrees=0), box(degrees=3), box(degrees=0))
    assert left(swaying, degrees=2.9) == [0, 1, 2]
    assert left(swaying, degrees=3.1) == [0, 2]
    assert np.degrees(simplify(swaying, ["a"], 0, 0.1).largest_rad) == pytest.approx(3)


def test_lengths_count_like_places():
    breathing = document(box(length=4), box(length=4.2), box(length=4))
    assert left(breathing, 0.1) == [0, 1, 2]
    assert left(breathing, 0.21) == [0, 2]


def test_of_a_static_track_the_ends_stay():
    assert left(document(*[box(5)] * 50, static=True)) == [0, 49]


def test_manual_keyframes_stay_unless_asked_for():
    keyframes = [Keyframe(n * S, box(n), MANUAL if n == 2 else MODEL) for n in range(5)]
    before = Document.of([straight("a", "car", tuple(keyframes))])
    assert left(before) == [0, 2, 4]
    assert left(before, manual=True) == [0, 4]


def test_keyframes_at_which_an_attribute_changes_stay():
    values = [{}, {}, {"door": "open"}, {"door": "open"}, {"door": True}, {"door": 1}, {"door": 1}]
    keyframes = [Keyframe(n * S, box(n), MODEL, value) for n, value in enumerate(values)]
    assert left(Document.of([straight("a", "car", tuple(keyframes))])) == [0, 2, 4, 5, 6]


def test_ends_of_presence_stay_and_what_is_outside_of_it():
    spans = (Span(0, 3 * S), Span(6 * S, 9 * S))
    before = Document.of([straight("a", "car", STRAIGHT.tracks["a"].keyframes, spans)])
    assert left(before) == [0, 3, 4, 5, 6, 9]


def test_only_keyframes_of_a_span_of_time_go():
    assert left(STRAIGHT, start_ns=3 * S, end_ns=5 * S) == [0, 1, 2, 6, 7, 8, 9]


def test_what_is_simple_already_does_not_change():
    assert simplify(document(box(), box(1)), ["a"], 1, 1).changes == ()
    assert simplify(document(box()), ["a"], 1, 1).removed == 0


@pytest.mark.parametrize("tolerance", [-1.0, np.nan, np.inf])
def test_impossible_tolerances_are_refused(tolerance):
    with pytest.raises(EditError, match="is no distance"):
        simplify(STRAIGHT, ["a"], tolerance, 0.0)
    with pytest.raises(EditError, match="is no distance"):
        simplify(STRAIGHT, ["a"], 0.0, tolerance)


def test_the_deviation_of_cuboids_is_that_of_centre_side_and_angle():
    assert deviation(box(), box(3, 4)) == (5, 0)
    assert deviation(box(), box(length=4.5)) == (0.5, 0)
    assert deviation(box(), box(degrees=180)) == pytest.approx((0, np.pi))
    tilted = Cuboid(SE3.from_euler(1e-7, 0, 0, [0, 0, 0]), np.array([4, 2, 1.5]))
    assert deviation(box(), tilted)[1] == pytest.approx(1e-7, rel=1e-6)


@few
@given(cuboids(), cuboids())
def test_the_angle_between_cuboids_is_that_of_their_poses(one, other):
    angle = one.frame_SE3_cuboid.angle_to_rad(other.frame_SE3_cuboid)
    assert deviation(one, other)[1] == pytest.approx(float(angle), abs=1e-7)


@few
@given(
    documents(min_tracks=1, max_tracks=2).map(linear),
    st.floats(0, 50),
    st.floats(0, 2),
    st.booleans(),
    st.booleans(),
)
def test_every_state_stays_within_the_tolerance(before, tolerance_m, tolerance_rad, manual, dense):
    if dense:  # keyframes that change nothing, from the labels themselves
        frames = [n * STEP_NS for n in range(0, FRAMES, 3)]
        before = before.apply(convert_interpolated(before, before.tracks, frames, provenance=MODEL))
    found = simplify(before, before.tracks, tolerance_m, tolerance_rad, manual=manual)
    after = there_and_back(before, found.changes)
    counts = [sum(len(t.keyframes) for t in d.tracks.values()) for d in (before, after)]
    assert counts[0] - counts[1] == found.removed
    largest = (0.0, 0.0)
    for track_id, old in before.tracks.items():
        new = after.tracks[track_id]
        assert new.header_as_json() == old.header_as_json()
        assert {id(k) for k in new.keyframes} <= {id(k) for k in old.keyframes}
        for keyframe in old.keyframes:
            if new.keyframe_at(keyframe.timestamp_ns) is None:
                assert manual or keyframe.provenance is not MANUAL
                state = new.state_at(keyframe.timestamp_ns)
                off = deviation(state.cuboid, keyframe.cuboid)
                largest = tuple(max(pair) for pair in zip(largest, off, strict=True))
        for time_ns in range(-STEP_NS, FRAMES * STEP_NS, STEP_NS):
            one, two = old.state_at(time_ns), new.state_at(time_ns)
            assert (one is None) == (two is None)
            if one is not None:
                assert one.attributes == two.attributes
                assert deviation(one.cuboid, two.cuboid)[0] <= tolerance_m + 2 * ROUNDING
    assert largest[0] <= found.largest_m + 1e-12 <= tolerance_m + 2 * ROUNDING
    assert largest[1] <= found.largest_rad + 1e-7 <= tolerance_rad + 2e-7
