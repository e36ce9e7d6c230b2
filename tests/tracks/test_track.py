import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.checking import TrackError
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Span
from av3d.tracks.track import Track, new_track_id

S = 1_000_000_000


def box(x: float = 0.0, y: float = 0.0, yaw: float = 0.0, length: float = 4.0) -> Cuboid:
    return Cuboid.from_yaw([x, y, 0.0], [length, 2.0, 1.5], yaw)


def track(*keyframes: tuple[int, Cuboid], presence: tuple[Span, ...] = (), **more) -> Track:
    return Track("t1", "car", tuple(Keyframe(t, c) for t, c in keyframes), presence, **more)


def straight(*keyframes: tuple[int, Cuboid], **more) -> Track:
    """Of which somebody has said that it moves linearly."""
    return track(*keyframes, interpolation=Interpolation(model=Model.LINEAR), **more)


def state(of: Track, timestamp_ns: int, **more):
    found = of.state_near(timestamp_ns, **more) if more else of.state_at(timestamp_ns)
    assert found is not None
    return found


# Between keyframes


def test_a_keyframe_is_met_exactly():
    tilted = Cuboid(SE3.from_euler(0.1, 0.2, 0.3, [1 / 3, 2 / 3, 1]), np.array([4, 2, 1.5]))
    found = state(track((0, box()), (S, tilted), (2 * S, box(9))), S)
    assert found.cuboid is tilted
    assert found.provenance is Provenance.MANUAL


def test_between_keyframes_centre_and_size_are_linear_in_time():
    found = state(straight((0, box()), (S, box(10, 4, length=5.0))), S // 4)
    np.testing.assert_allclose(found.cuboid.center_m, [2.5, 1.0, 0.0])
    assert found.cuboid.length_m == pytest.approx(4.25)
    assert found.provenance is Provenance.INTERPOLATED
    assert found.timestamp_ns == S // 4


def test_dropped_frames_do_not_bend_a_track():
    uneven = straight((0, box()), (3 * S, box(30)), (4 * S, box(40)))
    for t in (1, 2, 3.5):
        assert state(uneven, int(t * S)).cuboid.center_m[0] == pytest.approx(10 * t)


def test_a_heading_across_pi_takes_the_short_way():
    turning = straight((0, box(yaw=np.radians(170))), (S, box(yaw=np.radians(-170))))
    assert abs(state(turning, S // 2).cuboid.yaw_rad) == pytest.approx(np.pi)
    assert state(turning, S // 4).cuboid.yaw_rad == pytest.approx(np.radians(175))


@given(st.tuples(*[st.floats(-3, 3)] * 3), st.tuples(*[st.floats(-3, 3)] * 3), st.integers(0, S))
def test_full_orientations_are_interpolated_as_se3_does_it(first, second, time_ns):
    a = Cuboid(SE3.from_euler(*first, [1, 2, 3]), np.array([4, 2, 1.5]))
    b = Cuboid(SE3.from_euler(*second, [5, 4, 2]), np.array([4, 2, 1.5]))
    expected = a.frame_SE3_cuboid.interpolate(b.frame_SE3_cuboid, time_ns / S)
    found = state(straight((0, a), (S, b)), time_ns).cuboid.frame_SE3_cuboid
    np.testing.assert_allclose(found.matrix, expected.matrix, atol=1e-9)


def test_real_times_keep_their_nanoseconds():
    start = 1_557_539_924_000_000_001
    moving = track((start, box()), (start + S, box(1e9)))
    assert state(moving, start + 1).cuboid.center_m[0] == pytest.approx(1.0, abs=1e-6)


# By the smoother, which everybody gets who says nothing


def braking(time_s: float) -> Cuboid:
    """From 12 m/s at 3 m/s^2, so that it stands after four seconds."""
    return box(12 * time_s - 1.5 * time_s**2)


def test_a_braking_car_is_followed_where_straight_lines_cut_the_corner():
    keyframes = [(k * S, braking(k)) for k in range(5)]
    for half in (1, 3, 5):
        time_ns, true_m = half * S // 2, braking(half / 2).center_m[0]
        found = state(track(*keyframes), time_ns)
        cut_m = true_m - state(straight(*keyframes), time_ns).cuboid.center_m[0]
        assert cut_m == pytest.approx(0.375)
        assert found.cuboid.center_m[0] == pytest.approx(true_m, abs=cut_m / 2)
        assert found.velocity_m_s[0] == pytest.approx(12 - 1.5 * half, abs=0.5)
        assert found.provenance is Provenance.INTERPOLATED


def test_how_sure_a_state_is_grows_away_from_the_keyframes():
    moving = track(*((2 * k * S, braking(2 * k)) for k in range(3)))
    along = [state(moving, time_ns).covariance[0, 0] for time_ns in (0, S // 2, S)]
    assert along == sorted(along)
    assert np.sqrt(along[0]) < 0.1
    assert np.sqrt(along[2]) < 0.5
    assert state(straight((0, box()), (S, box(1))), S // 2).covariance is None


def test_between_two_keyframes_that_are_the_same_it_stands():
    waiting = track((0, box()), (2 * S, box(9)), (6 * S, box(9)), (8 * S, box(18)))
    for time_ns in (2 * S + 1, 4 * S, 6 * S - 1):
        found = state(waiting, time_ns)
        assert found.cuboid == box(9)
        assert found.velocity_m_s.tolist() == [0, 0, 0]


def test_labels_of_every_frame_are_met_by_straight_lines_and_their_speed_is_smooth():
    """A driving car that somebody labels with 3 cm of error to and fro."""
    frame = S // 10
    dense = track(*((k * frame, box(k + 0.03 * (-1) ** k)) for k in range(30)))
    found = state(dense, 15 * frame + frame // 2)
    assert found.cuboid.center_m[0] == pytest.approx(15.5, abs=1e-9)
    assert found.velocity_m_s[0] == pytest.approx(10, abs=0.1)
    assert found.covariance is not None
    assert dense.is_linear
    assert dense.is_dense


# Velocity


def test_linear_motion_tells_how_fast_it_turns():
    turning = straight((0, box()), (2 * S, box(10, yaw=1.0)))
    assert state(turning, S).yaw_rate_rad_s == pytest.approx(0.5)


def test_the_velocity_of_linear_motion_is_the_slope_of_the_segment():
    moving = straight((0, box()), (2 * S, box(10)), (3 * S, box(10, 6)))
    assert state(moving, S).velocity_m_s.tolist() == [5, 0, 0]
    assert state(moving, S).speed_m_s == 5
    np.testing.assert_allclose(state(moving, 5 * S // 2).velocity_m_s, [0, 6, 0])
    # At the keyframe between the two: the mean over both.
    np.testing.assert_allclose(state(moving, 2 * S).velocity_m_s, [10 / 3, 2, 0])


def test_a_single_keyframe_stands_still():
    still = track((S, box(3)), presence=(Span(0, 5 * S),))
    for t in (0, S, 5 * S):
        assert state(still, t).cuboid == box(3)
        assert state(still, t).velocity_m_s.tolist() == [0, 0, 0]


# Presence


def test_without_spans_a_track_is_there_from_first_to_last_keyframe():
    moving = track((S, box()), (2 * S, box(1)))
    assert (moving.start_ns, moving.end_ns) == (S, 2 * S)
    assert moving.state_at(S - 1) is None
    assert moving.state_at(2 * S + 1) is None
    assert moving.is_present(S)
    assert moving.is_present(2 * S)


def test_between_spans_the_object_is_away():
    gone = straight((0, box()), (9 * S, box(9)), presence=(Span(0, 2 * S), Span(5 * S, 9 * S)))
    assert [gone.is_present(k * S) for k in range(10)] == [k < 3 or k > 4 for k in range(10)]
    assert gone.state_at(3 * S) is None
    assert state(gone, 5 * S).cuboid.center_m[0] == pytest.approx(5)


def test_presence_beyond_the_keyframes_holds_the_nearest_one():
    moving = track((S, box(1)), (2 * S, box(2)), presence=(Span(0, 4 * S),))
    assert state(moving, 0).cuboid == box(1)
    assert state(moving, 4 * S).cuboid == box(2)
    assert state(moving, 4 * S).provenance is Provenance.INTERPOLATED
    assert state(moving, 4 * S).velocity_m_s.tolist() == [0, 0, 0]


# At an image's time


def test_at_an_image_after_the_last_frame_the_motion_goes_on():
    moving = straight((0, box()), (S, box(10)))
    late = state(moving, S + S // 10, present_at_ns=S)
    assert late.cuboid.center_m[0] == pytest.approx(11)
    assert late.velocity_m_s.tolist() == [10, 0, 0]
    early = state(moving, -S // 10, present_at_ns=0)
    assert early.cuboid.center_m[0] == pytest.approx(-1)


def test_the_turn_goes_on_too_but_the_size_does_not():
    turning = straight((0, box(length=4.0)), (S, box(yaw=0.5, length=5.0)))
    late = state(turning, 3 * S // 2, present_at_ns=S).cuboid
    assert late.yaw_rad == pytest.approx(0.75)
    assert late.length_m == 5.0


def test_the_frame_decides_about_presence():
    moving = track((0, box()), (S, box(10)))
    assert moving.state_near(S, present_at_ns=S + 1) is None
    assert moving.state_near(S + 1, present_at_ns=S) is not None


def test_where_a_keyframe_is_held_it_is_held_in_the_images_too():
    # Five seconds past the last keyframe the object does not jump 50 m in the camera.
    moving = track((0, box()), (S, box(10)), presence=(Span(0, 10 * S),))
    assert state(moving, 6 * S, present_at_ns=6 * S).cuboid == box(10)
    assert state(moving, 6 * S + 50_000_000, present_at_ns=6 * S).cuboid == box(10)


# Provenance and attributes


def test_provenance_is_that_of_the_keyframe_at_this_very_time():
    fitted = Track("t", "car", (Keyframe(0, box(), Provenance.FITTED), Keyframe(S, box(1))))
    assert state(fitted, 0).provenance is Provenance.FITTED
    assert state(fitted, 1).provenance is Provenance.INTERPOLATED
    assert fitted.keyframe_at(0) is fitted.keyframes[0]
    assert fitted.keyframe_at(1) is None


def test_attributes_hold_from_their_keyframe_on():
    parked = Track(
        "t",
        "car",
        (
            Keyframe(S, box(), attributes={"occlusion": 2}),
            Keyframe(2 * S, box(1), attributes={"occlusion": 0, "door": "open"}),
            Keyframe(3 * S, box(2)),
        ),
        (Span(0, 3 * S),),
        attributes={"colour": "red", "occlusion": 1},
    )
    assert state(parked, 0).attributes == {"colour": "red", "occlusion": 2}
    assert state(parked, 2 * S - 1).attributes == {"colour": "red", "occlusion": 2}
    assert state(parked, 2 * S).attributes == {"colour": "red", "occlusion": 0, "door": "open"}
    assert state(parked, 3 * S).attributes == {"colour": "red", "occlusion": 1}


# Values


def test_keyframes_and_spans_are_sorted():
    mixed = track((2 * S, box(2)), (0, box()), presence=(Span(S, 2 * S), Span(0, S - 1)))
    assert [keyframe.timestamp_ns for keyframe in mixed.keyframes] == [0, 2 * S]
    assert [span.start_ns for span in mixed.presence] == [0, S]


def test_equal_values_make_equal_tracks():
    def make(**more) -> Track:
        return track((0, box()), (S, box(1)), attributes={"colour": "red"}, **more)

    assert make() == make()
    assert hash(make()) == hash(make())
    assert make() != make(number=3)
    assert make() != make().with_keyframes([Keyframe(0, box(0.001)), Keyframe(S, box(1))])
    assert make() != Track("t1", "car", make().keyframes)
    assert Keyframe(0, box()) != Keyframe(0, box(), Provenance.FITTED)


def test_a_track_cannot_be_changed_from_outside():
    attributes = {"colour": "red"}
    made = track((0, box()), attributes=attributes)
    attributes["colour"] = "blue"
    assert made.attributes == {"colour": "red"}
    with pytest.raises(TypeError):
        made.attributes["colour"] = "blue"
    with pytest.raises(TypeError):
        state(made, 0).attributes["colour"] = "blue"
    with pytest.raises(ValueError, match="read-only"):
        state(made, 0).cuboid.center_m[0] = 1
    with pytest.raises(AttributeError):
        made.number = 2


def test_other_keyframes_make_another_track_with_the_same_identity():
    before = track((0, box()), (S, box(1)), number=7)
    after = before.with_keyframes([*before.keyframes, Keyframe(S // 2, box(3))])
    assert (after.id, after.number, after.presence) == (before.id, 7, before.presence)
    assert state(after, S // 2).cuboid == box(3)
    assert state(before, S // 2).cuboid.center_m[0] == pytest.approx(0.5)


def test_times_of_numpy_become_plain_numbers():
    made = Track("t", "car", (Keyframe(np.int64(S), box()),), (Span(np.int64(0), np.int64(S)),))
    assert type(made.keyframes[0].timestamp_ns) is int
    assert type(made.presence[0].start_ns) is int


def test_people_call_it_by_category_and_number():
    made = Track("t", "construction_vehicle", (Keyframe(0, box()),), number=3)
    assert made.name == "Construction vehicle 3"
    assert new_track_id() != new_track_id()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Track("t", "car", ()), "at least one keyframe, t"),
        (lambda: track((0, box()), (0, box(1))), "two keyframes at 0 ns, track 't1'"),
        (lambda: track((0, box()), presence=(Span(0, 5), Span(5, 9))), "presence overlap"),
        (lambda: Span(5, 4), "ends 1 ns before it starts"),
        (lambda: Span(0.5, 4), "whole number of ns, got 0.5"),
        (lambda: Keyframe(1.0, box()), "whole number of ns, got 1.0"),
        (lambda: Keyframe(0, box(), Provenance.INTERPOLATED), "not a keyframe"),
    ],
)
def test_contradictions_are_refused(make, message):
    with pytest.raises(TrackError, match=message):
        make()
