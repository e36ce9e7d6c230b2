"""Tracks in physical time, with the beam of a LiDAR at the origin that turns ten times a second."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.measured import states_at, states_in_sweep
from av3d.tracks.presence import Span
from av3d.tracks.track import Track

MS = 1_000_000


class Turning:
    """Counter-clockwise from +x, the timestamp at the start of the turn; counts what it is asked."""

    def __init__(self, start_rad=0.0):
        self.start_rad, self.asked = start_rad, 0

    def beam_times_ns(self, frame_times_ns, positions_world_m):
        self.asked += len(positions_world_m)
        azimuth = np.arctan2(positions_world_m[:, 1], positions_world_m[:, 0]) - self.start_rad
        turned = azimuth % (2 * np.pi)
        return frame_times_ns + np.rint(turned / (2 * np.pi) * 100 * MS).astype(np.int64)


class Unknown:
    def beam_times_ns(self, frame_times_ns, positions_world_m):
        return np.array(frame_times_ns)


def at(center_m, yaw_rad=0.0):
    return Cuboid.from_yaw(center_m, [4, 2, 1.5], yaw_rad)


def passing(time_ns, start_m, velocity_m_s):
    return np.asarray(start_m) + np.asarray(velocity_m_s) * time_ns / 1e9


def labelled(frames, beam, start_m, velocity_m_s, model=Model.AUTOMATIC):
    """Keyframes as an annotator makes them: at the frame's timestamp, around the points.

    An object that runs with the beam over the seam may have no points in a sweep, and no keyframe.
    """
    keyframes = []
    for frame in frames:
        frame_ns = time_ns = frame * 100 * MS
        for _ in range(20):
            place = passing(time_ns, start_m, velocity_m_s)
            before, time_ns = time_ns, int(beam.beam_times_ns(np.array([frame_ns]), place[None])[0])
        if abs(time_ns - before) < 1000:
            keyframes.append(Keyframe(frame_ns, at(passing(time_ns, start_m, velocity_m_s))))
    return Track("a", "car", tuple(keyframes), interpolation=Interpolation(model=model))


def test_a_sweep_shows_precisely_the_label():
    track = Track("a", "car", tuple(Keyframe(n * 100 * MS, at([9 + n, n, 0])) for n in range(5)))
    for keyframe in track.keyframes:
        [state] = states_in_sweep([track], keyframe.timestamp_ns, Turning())
        assert state.cuboid == keyframe.cuboid
        assert state.provenance is Provenance.MANUAL
        assert state.timestamp_ns == keyframe.timestamp_ns


@given(
    y_m=st.floats(-6, -3) | st.floats(3, 6),
    speed=st.floats(-25, 25),
    every=st.sampled_from([1, 2, 3, 7]),
    time_ms=st.floats(50, 2050),
    start_rad=st.floats(0, 6.28),
    model=st.sampled_from([Model.LINEAR, Model.AUTOMATIC]),
)
@settings(deadline=None)
def test_an_object_that_drives_by_is_at_any_time_where_it_is(
    y_m, speed, every, time_ms, start_rad, model
):
    """It goes through the seam of the scan on its way; labels are the truth of their beam's time."""
    beam = Turning(start_rad)
    start, velocity = [-1.05 * speed, y_m, 0.8], [speed, 0.1, 0.0]
    frames = sorted({*range(0, 22, every), 21})
    track = labelled(frames, beam, start, velocity, model)
    frame_ns = min(int(time_ms / 100), 21) * 100 * MS
    time_ns = round(time_ms * MS)
    assume(track.is_present(frame_ns))
    [state] = states_at([track], time_ns, frame_ns, beam)
    truth = passing(time_ns, start, velocity)
    # At the seam two labels of one object may be a fraction of a millisecond apart.
    # The smoother believes a heading that does not follow the way of the object as far as it must.
    exact_m = 2e-3 if track.is_linear else 0.05
    assert state.cuboid.center_m == pytest.approx(truth, abs=exact_m)


@given(
    y_m=st.floats(-9, -4) | st.floats(4, 9),
    speed=st.floats(-20, 20),
    frame=st.integers(1, 20),
    model=st.sampled_from([Model.LINEAR, Model.AUTOMATIC]),
)
@settings(deadline=None)
def test_a_sweep_between_keyframes_shows_where_the_beam_meets_the_object(y_m, speed, frame, model):
    # The seam looks back, where nobody drives: time is smooth along the way.
    beam = Turning(np.pi)
    start, velocity = [30 - 1.05 * speed, y_m, 0.8], [speed, 0.0, 0.0]
    every_frame = labelled(range(22), beam, start, velocity, model)
    sparse = every_frame.with_keyframes([every_frame.keyframes[0], every_frame.keyframes[21]])
    [state] = states_in_sweep([sparse], frame * 100 * MS, beam)
    expected = every_frame.keyframes[frame].cuboid.center_m
    exact_m = 1e-3 if model == Model.LINEAR else 0.05
    assert state.cuboid.center_m == pytest.approx(expected, abs=exact_m)
    assert state.provenance is Provenance.INTERPOLATED
    assert state.timestamp_ns == frame * 100 * MS
    assert state.velocity_m_s == pytest.approx(velocity, abs=10 * exact_m)


@pytest.mark.parametrize(("model", "exact_m"), [(Model.LINEAR, 1e-9), (Model.AUTOMATIC, 0.05)])
def test_where_nothing_is_known_of_the_scan_frames_and_times_are_one_clock(model, exact_m):
    """But for keyframes, which a smooth motion meets only as far as it believes them."""
    track = Track(
        "a",
        "car",
        tuple(Keyframe(n * 300 * MS, at([n, n * n, 0], 0.1 * n)) for n in range(4)),
        interpolation=Interpolation(model=model),
    )
    for time_ns in (0, 40 * MS, 310 * MS, 899 * MS):
        [state] = states_at([track], time_ns, time_ns, Unknown())
        [shown] = states_in_sweep([track], time_ns, Unknown())
        expected = track.state_at(time_ns)
        for found in (state, shown):
            np.testing.assert_allclose(
                found.cuboid.corners_m(), expected.cuboid.corners_m(), atol=exact_m
            )


def test_the_frame_decides_about_presence():
    track = Track(
        "a", "car", (Keyframe(100 * MS, at([9, 1, 0])), Keyframe(200 * MS, at([9, 2, 0])))
    )
    assert states_at([track], 110 * MS, 0, Turning()) == [None]
    assert states_in_sweep([track, track], [0, 100 * MS], Turning())[0] is None
    assert states_at([track], 90 * MS, 100 * MS, Turning())[0] is not None


def test_motion_goes_on_past_the_last_keyframe_for_its_frames_images():
    beam = Turning()
    track = labelled(range(5), beam, [10, 4, 0], [0, 12, 0])
    [state] = states_at([track], 480 * MS, 400 * MS, beam)
    assert state.cuboid.center_m == pytest.approx(
        passing(480 * MS, [10, 4, 0], [0, 12, 0]), abs=1e-3
    )
    assert state.velocity_m_s == pytest.approx([0, 12, 0], abs=0.05)


def test_where_the_nearest_keyframe_holds_it_holds_for_images_too():
    track = Track(
        "a",
        "car",
        (Keyframe(200 * MS, at([9, 1, 0])), Keyframe(300 * MS, at([9, 2, 0]))),
        presence=(Span(0, 500 * MS),),
    )
    [before] = states_at([track], 130 * MS, 100 * MS, Turning())
    [after] = states_at([track], 420 * MS, 400 * MS, Turning())
    assert before.cuboid == track.keyframes[0].cuboid
    assert after.cuboid == track.keyframes[1].cuboid
    assert before.speed_m_s == after.speed_m_s == 0
    alone = track.with_keyframes(track.keyframes[:1])
    [state] = states_at([alone], 230 * MS, 200 * MS, Turning())
    assert state.cuboid == track.keyframes[0].cuboid
    assert states_in_sweep([alone], 200 * MS, Turning())[0].cuboid == track.keyframes[0].cuboid


def test_labels_at_the_seam_do_not_send_an_object_flying():
    """6 m/s, measured at the end of one turn and the start of the next, with 5 cm of noise."""
    centers = [[20.0, -0.62, 0], [20.0, -0.02, 0], [20.05, 0.07, 0]]
    track = Track("a", "car", tuple(Keyframe(n * 100 * MS, at(c)) for n, c in enumerate(centers)))
    beam_ms = track.times_ns + np.array([99.5, 100.0, 0.1]) * MS
    np.testing.assert_allclose(
        Turning().beam_times_ns(np.array(track.times_ns), np.array(centers)), beam_ms, atol=0.1 * MS
    )
    # The last two labels say 10 cm in a fifth of a millisecond.
    [state] = states_at([track], 290 * MS, 200 * MS, Turning())
    assert state.velocity_m_s == pytest.approx([0, 6, 0], abs=1)
    assert state.cuboid.center_m == pytest.approx([20, 0.54, 0], abs=0.1)
    [shown] = states_in_sweep([track], 200 * MS, Turning())
    assert shown.cuboid == track.keyframes[2].cuboid
    assert shown.velocity_m_s == pytest.approx([0, 6, 0], abs=1)


def test_velocity_is_that_of_physical_time():
    """Driving against the turning beam it is measured every 94 ms or so."""
    beam = Turning(np.pi)
    track = labelled(range(6), beam, [3, 5, 0], [15, 0, 0])
    [state] = states_in_sweep([track], 300 * MS, beam)
    assert state.velocity_m_s == pytest.approx([15, 0, 0], abs=1e-3)
    assert abs(track.state_at(300 * MS).velocity_m_s[0] - 15) > 0.1


def test_attributes_are_those_of_the_frame():
    keyframes = [
        Keyframe(n * 100 * MS, at([9, 1 + n, 0]), attributes={"occlusion": n}) for n in range(3)
    ]
    track = Track("a", "car", tuple(keyframes), attributes={"colour": "red"})
    [state] = states_at([track], 205 * MS, 100 * MS, Turning())
    assert state.attributes == {"colour": "red", "occlusion": 1}


def test_the_beam_is_asked_once_for_each_keyframe_that_matters():
    beam = Turning()
    track = labelled(range(200), Turning(), [-90, 5, 0], [10, 0, 0])
    states_at([track], 1000 * MS, 1000 * MS, beam)
    assert beam.asked <= 10
    before = beam.asked
    for camera_ms in (980, 1010, 1040):
        states_at([track], camera_ms * MS, 1000 * MS, beam)
    assert beam.asked - before <= 2


def test_each_track_may_have_its_own_time():
    beam = Turning()
    track = labelled(range(5), beam, [10, 4, 0], [0, 12, 0])
    states = states_at([track, track], [210 * MS, 260 * MS], 200 * MS, beam)
    moved = states[1].cuboid.center_m - states[0].cuboid.center_m
    assert moved == pytest.approx([0, 0.6, 0], abs=1e-3)


@pytest.mark.parametrize("model", [Model.LINEAR, Model.AUTOMATIC])
def test_a_linear_or_densely_labelled_track_tells_how_fast_it_turns(model):
    keyframes = [Keyframe(k * 100 * MS, at([10 + k, 0, 0], 0.05 * k)) for k in range(6)]
    track = Track("a", "car", tuple(keyframes), interpolation=Interpolation(model=model))
    assert track.is_linear
    (at_keyframe,) = states_in_sweep([track], 200 * MS, Unknown())
    (between,) = states_in_sweep([track], 250 * MS, Unknown())
    (in_image,) = states_at([track], 230 * MS, 200 * MS, Unknown())
    assert [s.yaw_rate_rad_s for s in (at_keyframe, between, in_image)] == pytest.approx([0.5] * 3)


def test_the_yaw_rate_at_a_keyframe_is_that_of_the_straight_motion():
    headings = [0.0, 0.1, 0.4, 0.4]
    keyframes = [Keyframe(k * 500 * MS, at([10 + k, 0, 0], y)) for k, y in enumerate(headings)]
    track = Track("a", "car", tuple(keyframes), interpolation=Interpolation(model=Model.LINEAR))
    for frame_ns in (0, 500 * MS, 800 * MS, 1500 * MS):
        (state,) = states_in_sweep([track], frame_ns, Unknown())
        assert state.yaw_rate_rad_s == pytest.approx(track.state_at(frame_ns).yaw_rate_rad_s)
    longer = replace(track, presence=(Span(0, 2000 * MS),))
    (held,) = states_in_sweep([longer], 1600 * MS, Unknown())
    assert held.yaw_rate_rad_s == 0
