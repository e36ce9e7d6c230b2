import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.ontology.motion import Motion
from av3d.tracks.checking import TrackError
from av3d.tracks.codec import event_from_json, track_from_json
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.noise import Noise
from av3d.tracks.presence import Edge, Span
from av3d.tracks.relation import Relation
from av3d.tracks.track import Track
from tracks.strategies import events, few, tracks

KEYFRAME = {
    "timestamp_ns": 5,
    "center_m": [1, 2, 3],
    "size_lwh_m": [4, 2, 1.5],
    "quaternion_wxyz": [1, 0, 0, 0],
}
TRACK = {"id": "a", "category": "car", "keyframes": [KEYFRAME]}
EVENT = {"id": "e", "label": "rain", "start_ns": 0, "end_ns": 5}


def test_what_has_a_default_may_be_left_out():
    cuboid = Cuboid.from_yaw([1, 2, 3], [4, 2, 1.5], 0.0)
    assert track_from_json(TRACK, 0, "file") == Track("a", "car", (Keyframe(5, cuboid),))
    event = event_from_json(EVENT, 0, "file")
    assert (event.attributes, event.note, event.track_ids) == ({}, "", ())


def test_everything_that_a_track_has_is_read():
    track = track_from_json(
        {
            **TRACK,
            "keyframes": [
                {
                    **KEYFRAME,
                    "provenance": "model",
                    "attributes": {"door": "open"},
                    "noise": [0.2, 0.1, 0, 0.01],
                }
            ],
            "number": 7,
            "static": True,
            "free_size": False,
            "attributes": {"colour": "red", "wheels": 4, "load_t": 1.5, "taxi": True},
            "relations": [["towed_by", "t"]],
            "note": "zwei\nZeilen",
            "interpolation": {"model": "vehicle", "moves": "wheeled", "pinned": True},
            "presence": [[0, 3], [4, 9, "occluded", "range"]],
        },
        0,
        "file",
    )
    [keyframe] = track.keyframes
    assert (keyframe.provenance, keyframe.attributes) == (Provenance.MODEL, {"door": "open"})
    assert keyframe.noise == Noise(0.2, 0.1, 0.0, 0.01)
    assert track.interpolation == Interpolation(Model.VEHICLE, Motion.WHEELED, True)
    assert (track.number, track.static, track.free_size, track.note) == (
        7,
        True,
        False,
        "zwei\nZeilen",
    )
    assert track.attributes == {"colour": "red", "wheels": 4, "load_t": 1.5, "taxi": True}
    assert track.relations == (Relation("towed_by", "t"),)
    assert track.presence == (Span(0, 3), Span(4, 9, Edge.OCCLUDED, Edge.RANGE))


@few
@given(tracks(parents=("p", "q")))
def test_tracks_come_back_digit_for_digit(track):
    text = json.dumps(track.as_json())
    again = track_from_json(json.loads(text), 0, "file")
    assert json.dumps(again.as_json()) == text
    assert again.digest == track.digest
    # And once more, from what was read.
    assert track_from_json(json.loads(text), 0, "file") == again
    for one, other in zip(track.keyframes, again.keyframes, strict=True):
        np.testing.assert_allclose(
            one.cuboid.corners_m(), other.cuboid.corners_m(), rtol=0, atol=1e-9
        )


@few
@given(events(track_ids=("a", "b")))
def test_events_come_back_as_they_were(event):
    again = event_from_json(json.loads(json.dumps(event.as_json())), 0, "file")
    assert again.digest == event.digest
    assert again == event


# Damage


def changed(value: dict, path: str, new: object) -> dict:
    """A copy with one value replaced; the path goes through lists by number."""
    copy = json.loads(json.dumps(value))
    *way, last = path.split("/")
    place = copy
    for key in way:
        place = place[int(key)] if isinstance(place, list) else place[key]
    place[int(last) if isinstance(place, list) else last] = new
    return copy


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("id", "", 'track 3: id is "", labels.json, expected text'),
        ("id", 7, "track 3: id is 7"),
        ("id", "a\n", "track a.: .* is no ID or category"),
        ("category", None, "track a: category is null"),
        ("keyframes", {}, "track a: keyframes is {}.*a list"),
        ("keyframes", [], "track a: a track needs at least one keyframe"),
        ("keyframes", [7], "track a, keyframe 0 is not an object"),
        ("keyframes/0/timestamp_ns", 1.5, "keyframe 0: timestamp_ns is 1.5"),
        ("keyframes/0/timestamp_ns", True, "timestamp_ns is true"),
        ("keyframes/0/timestamp_ns", 2**62, "timestamp_ns is 4611686018427387904"),
        ("keyframes/0/provenance", "interpolated", "an interpolated cuboid is not a keyframe"),
        ("keyframes/0/provenance", "guess", 'provenance is "guess".*manual fitted imported model'),
        ("keyframes/0/noise", [0.1, 0.1, 0.1], "noise is .*a list of 4 finite numbers"),
        ("keyframes/0/noise", None, "noise is null.*a list of 4 finite numbers"),
        ("keyframes/0/noise", [0.1, 0.1, 0.1, True], "a list of 4 finite numbers"),
        ("keyframes/0/noise", [0.1, 0.1, 0.1, -1], "keyframe 0: the noise yaw_rad .* is -1"),
        ("interpolation", "linear", 'interpolation is "linear".*model .*automatic static linear'),
        ("interpolation", {"model": "cubic"}, "track a: interpolation is .*cubic"),
        ("interpolation", {"model": ["linear"]}, "track a: interpolation is"),
        ("interpolation", {"moves": "fast"}, "moves .static wheeled legged free"),
        ("interpolation", {"pinned": 1}, "interpolation is .*pinned"),
        ("keyframes/0/center_m", [1, 2], "a list of 3 finite numbers"),
        ("keyframes/0/center_m", [1, 2, "3"], "a list of 3 finite numbers"),
        ("keyframes/0/center_m", [1, 2, True], "a list of 3 finite numbers"),
        ("keyframes/0/center_m", [1, 2, float("nan")], "a list of 3 finite numbers"),
        ("keyframes/0/center_m", [1, 2, 1e11], "not of this world"),
        ("keyframes/0/size_lwh_m", [4, 0, 1], "keyframe 0: a cuboid needs a positive length"),
        ("keyframes/0/size_lwh_m", [4, 1e9, 1], "the limit is"),
        ("keyframes/0/quaternion_wxyz", [0, 0, 0, 0], "a quaternion is zero"),
        ("keyframes/0/quaternion_wxyz", [1, 0, 0], "a list of 4 finite numbers"),
        ("keyframes/0/attributes", {"door": None}, "attributes is"),
        ("keyframes/0/attributes", {"door": 2**64}, "more than 64 bits"),
        ("keyframes/0/attributes", [], "attributes is \\[\\]"),
        ("presence", [[5, 4]], "presence is"),
        ("presence", [[0, 1, "view"]], "presence is"),
        ("presence", [[0, 1, "view", "gone"]], "presence is"),
        ("presence", [[0, 5], [5, 9]], "spans of presence overlap"),
        ("presence", [[0.0, 5]], "presence is"),
        ("presence", "all", "presence is"),
        ("relations", [["rides"]], "relations is"),
        ("relations", [["rides", ""]], "relations is"),
        ("relations", [["rides", "a"]], "cannot belong to itself"),
        ("number", -1, "number is -1"),
        ("number", True, "number is true"),
        ("number", 2**31, "number is"),
        ("static", 1, "static is 1.*true or false"),
        ("free_size", "no", "free_size is"),
        ("note", 7, "note is 7"),
        ("note", "a\x00", "holds a zero character"),
    ],
)
def test_damaged_tracks_are_refused_with_their_name_and_place(path, value, message):
    with pytest.raises(TrackError, match=message) as caught:
        track_from_json(changed(TRACK, path, value), 3, "labels.json")
    assert "labels.json" in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("id", None, "event 3: id is null, labels.json"),
        ("label", "", "event e: label is"),
        ("start_ns", 9, "event e: an event ends 4 ns before it starts"),
        ("end_ns", 5.0, "event e: start_ns or end_ns is"),
        ("end_ns", None, "event e: start_ns or end_ns is"),
        ("track_ids", "a", "event e: track_ids is"),
        ("track_ids", [7], "event e: track_ids is"),
        ("attributes", {"mm": float("inf")}, "event e: attributes is"),
        ("note", [], "event e: note is"),
    ],
)
def test_damaged_events_are_refused_with_their_name_and_place(path, value, message):
    with pytest.raises(TrackError, match=message) as caught:
        event_from_json(changed(EVENT, path, value), 3, "labels.json")
    assert "labels.json" in str(caught.value)


@pytest.mark.parametrize("value", [None, [], "a", 7])
def test_what_is_no_object_is_neither_track_nor_event(value):
    with pytest.raises(TrackError, match=r"track 3 is not an object, labels\.json"):
        track_from_json(value, 3, "labels.json")
    with pytest.raises(TrackError, match=r"event 3 is not an object, labels\.json"):
        event_from_json(value, 3, "labels.json")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
PATHS = [
    *TRACK,
    *("number", "static", "free_size", "attributes", "relations", "note", "presence"),
    *(f"keyframes/0/{key}" for key in [*KEYFRAME, "attributes", "provenance"]),
]


@given(st.sampled_from(PATHS), ANYTHING)
def test_whatever_stands_in_a_file_is_read_or_refused(path, value):
    try:
        track = track_from_json(changed(TRACK, path, value), 0, "file")
    except TrackError:
        return
    text = json.dumps(track.as_json())
    assert json.dumps(track_from_json(json.loads(text), 0, "file").as_json()) == text
