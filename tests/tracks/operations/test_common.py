import numpy as np
import pytest
from hypothesis import given

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.checking import TrackError
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.common import changed, cuboid_at, free_number, made, pinned
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from tracks.strategies import documents, linear, straight, times_ns

S = 1_000_000_000


def box(x: float) -> Cuboid:
    return Cuboid.from_yaw([x, 0, 0], [4, 2, 1.5], 0.0)


def driving(**more) -> Track:
    keyframes = (
        Keyframe(0, box(0), Provenance.MANUAL, {"door": "open"}),
        Keyframe(4 * S, box(4), Provenance.MODEL),
    )
    return straight("A", "car", keyframes, **more)


def test_equal_values_are_no_change():
    (change,) = changed(driving(), driving(number=2))
    assert change.after == driving(number=2)
    assert changed(driving(), driving()) == changed(None, None) == ()


def test_where_a_track_is_is_known_while_it_is_away():
    away = driving(presence=(Span(0, S),))
    assert away.state_at(3 * S) is None
    assert cuboid_at(away, 3 * S).center_m.tolist() == [3, 0, 0]
    assert cuboid_at(away, -S) is away.keyframes[0].cuboid
    assert cuboid_at(away, 9 * S) is away.keyframes[1].cuboid


def test_a_pinned_state_is_trusted_as_little_as_its_neighbours():
    track = driving()
    new = pinned(track, 3 * S)
    assert (new.timestamp_ns, new.provenance, new.attributes) == (
        3 * S,
        Provenance.MODEL,
        {"door": "open"},
    )
    assert pinned(track, 4 * S) is track.keyframes[1]
    assert pinned(track, -S).provenance is Provenance.MANUAL


def test_numbers_are_found_free():
    street = Document.of([driving(number=4)])
    assert free_number(street, "car") == 5
    assert free_number(street, "car", 4) == 5
    assert free_number(street, "car", 2) == 2
    assert free_number(street, "bus", 0) == 1


def test_a_value_that_cannot_be_made_is_a_refused_edit():
    assert made(lambda: 5, "five") == 5
    with pytest.raises(EditError, match=r"'' is no ID or category.*, track '', give it printable"):
        made(lambda: straight("", "car", driving().keyframes), "the new track")

    def wrong() -> Track:
        raise TrackError("something")

    with pytest.raises(EditError, match=r"^something, the new track, correct it$"):
        made(wrong, "the new track")


@given(documents(min_tracks=1).map(linear), times_ns())
def test_pinning_a_state_moves_nothing(document, time_ns):
    track = document.tracks["t0"]
    new = pinned(track, time_ns)
    others = [k for k in track.keyframes if k.timestamp_ns != time_ns]
    after = track.with_keyframes([*others, new])
    for at_ns in (time_ns - 1, time_ns, time_ns + 1, *track.times_ns):
        pose, before = (cuboid_at(t, at_ns).frame_SE3_cuboid for t in (after, track))
        np.testing.assert_allclose(pose.matrix, before.matrix, rtol=0, atol=1e-9)
        assert after.attributes_at(at_ns) == track.attributes_at(at_ns)
