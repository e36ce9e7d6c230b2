import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.common import cuboid_at
from av3d.tracks.operations.copying import copy_cuboid, copy_shape, paste_track
from av3d.tracks.operations.simplify import deviation
from av3d.tracks.presence import Edge, Span
from av3d.tracks.relation import Relation
from av3d.tracks.track import Track
from tracks.strategies import (
    cuboids,
    documents,
    few,
    linear,
    straight,
    there_and_back,
    times_ns,
    tracks,
)

S = 1_000_000_000
MANUAL, MODEL = Provenance.MANUAL, Provenance.MODEL

poses = cuboids().map(lambda cuboid: cuboid.frame_SE3_cuboid)


def box(x: float = 0.0, size=(4.0, 2.0, 1.5)) -> Cuboid:
    return Cuboid.from_yaw([x, 0.0, 0.0], size, 0.0)


def car(track_id: str = "a", number: int = 1, size=(4.0, 2.0, 1.5), **more) -> Track:
    """At x = 0, 4 and 8 m after 0, 2 and 4 s."""
    keyframes = tuple(Keyframe(n * S, box(2.0 * n, size), MODEL) for n in (0, 2, 4))
    return straight(track_id, "car", keyframes, number=number, **more)


STREET = Document.of([car()])


def facts(track: Track) -> list[tuple[float, float, str]]:
    """Seconds, x and provenance of the keyframes."""
    return [(k.timestamp_ns / S, k.cuboid.center_m[0], k.provenance.value) for k in track.keyframes]


# A cuboid to another frame


def test_a_cuboid_is_copied_to_the_next_frame_where_it_is_in_the_world():
    track = there_and_back(STREET, copy_cuboid(STREET, "a", 2 * S, 3 * S)).tracks["a"]
    assert facts(track)[1:] == [(2, 4, "model"), (3, 4, "manual"), (4, 8, "model")]


def test_an_interpolated_cuboid_is_copied_over_a_keyframe():
    track = there_and_back(STREET, copy_cuboid(STREET, "a", S, 0)).tracks["a"]
    assert facts(track) == [(0, 2, "manual"), (2, 4, "model"), (4, 8, "model")]


def test_a_copy_past_the_end_makes_the_object_present_there():
    track = there_and_back(STREET, copy_cuboid(STREET, "a", 4 * S, 5 * S)).tracks["a"]
    assert facts(track)[-1] == (5, 8, "manual")
    assert track.presence == (Span(0, 5 * S),)


def test_with_the_ego_vehicle_a_cuboid_keeps_its_place_in_front_of_it():
    """The ego vehicle drives 3 m on and turns left by 90 degrees; the car was 4 m ahead."""
    poses = (SE3.identity(), SE3.from_yaw(np.pi / 2, [3, 0, 0]))
    after = there_and_back(STREET, copy_cuboid(STREET, "a", 2 * S, 3 * S, poses))
    cuboid = after.tracks["a"].keyframe_at(3 * S).cuboid
    assert cuboid.center_m == pytest.approx([3, 4, 0])
    assert np.degrees(cuboid.yaw_rad) == pytest.approx(90)


def test_a_static_track_does_not_go_with_the_ego_vehicle():
    still = Document.of([straight("a", "car", (Keyframe(0, box()),), static=True, number=1)])
    poses = (SE3.identity(), SE3.from_yaw(0, [3, 0, 0]))
    with pytest.raises(EditError, match="does not go with the ego vehicle, Car 1"):
        copy_cuboid(still, "a", 0, S, poses)
    track = there_and_back(still, copy_cuboid(still, "a", 0, S)).tracks["a"]
    assert facts(track) == [(0, 0, "manual"), (1, 0, "manual")]


def test_there_is_nothing_to_copy_where_the_object_is_not():
    with pytest.raises(EditError, match="not there at 5000000000 ns, Car 1"):
        copy_cuboid(STREET, "a", 5 * S, 4 * S)


@few
@given(tracks(), times_ns(), times_ns(), st.tuples(poses, poses) | st.none())
def test_a_copied_cuboid_is_seen_alike(before, from_ns, to_ns, ego):
    document = Document.of([before])
    state = before.state_at(from_ns)
    if state is None or (before.static and ego):
        with pytest.raises(EditError):
            copy_cuboid(document, "t0", from_ns, to_ns, ego)
        return
    after = there_and_back(document, copy_cuboid(document, "t0", from_ns, to_ns, ego))
    found = after.tracks["t0"].state_at(to_ns)
    assert found.provenance is MANUAL or from_ns == to_ns
    first, second = (state.cuboid, found.cuboid)
    if ego:
        first, second = (c.in_frame(p.inverse()) for c, p in zip((first, second), ego, strict=True))
    assert max(deviation(first, second)) < 1e-9


# A shape to other tracks


def test_other_tracks_take_the_size_and_keep_standing_where_they_stand():
    document = Document.of([car(size=(4.4, 1.8, 1.7)), car("b", 2), car("c", 3)])
    after = there_and_back(document, copy_shape(document, "a", ["b", "a"]))
    for keyframe in after.tracks["b"].keyframes:
        assert keyframe.cuboid.size_lwh_m.tolist() == [4.4, 1.8, 1.7]
        assert keyframe.cuboid.center_m[2] == pytest.approx(0.1)
        assert keyframe.provenance is MODEL
    assert after.tracks["c"] is document.tracks["c"]
    assert after.tracks["a"] is document.tracks["a"]


def test_a_free_size_is_copied_from_a_time():
    keyframes = (Keyframe(0, box()), Keyframe(2 * S, box(size=(5.0, 2.0, 1.5))))
    document = Document.of([straight("a", "car", keyframes, number=1), car("b")])
    after = there_and_back(document, copy_shape(document, "a", ["b"], at_ns=S))
    assert after.tracks["b"].keyframes[0].cuboid.length_m == 4.5
    with pytest.raises(EditError, match="is free, Car 1, say at which time"):
        copy_shape(document, "a", ["b"])


def test_attributes_are_copied_by_name():
    document = Document.of(
        [
            car(attributes={"colour": "red", "taxi": True}),
            car("b", 2, attributes={"colour": "blue", "wheels": 4, "roof_rack": True}),
        ]
    )
    changes = copy_shape(document, "a", ["b"], attributes=["colour", "roof_rack"])
    after = there_and_back(document, changes)
    assert after.tracks["b"].attributes == {"colour": "red", "wheels": 4}


@few
@given(documents(min_tracks=2, max_tracks=2), times_ns())
def test_a_copied_shape_leaves_places_and_rules(document, at_ns):
    after = there_and_back(document, copy_shape(document, "t0", document.tracks, at_ns=at_ns))
    size = cuboid_at(document.tracks["t0"], at_ns).size_lwh_m.tolist()
    assert after.tracks["t0"] is document.tracks["t0"]
    for track_id, before in document.tracks.items():
        if track_id == "t0":
            continue
        track = after.tracks[track_id]
        assert track.header_as_json() == before.header_as_json()
        for old, new in zip(before.keyframes, track.keyframes, strict=True):
            assert new.cuboid.size_lwh_m.tolist() == size
            assert (new.timestamp_ns, new.provenance) == (old.timestamp_ns, old.provenance)
            np.testing.assert_allclose(
                new.cuboid.corners_m()[:4].mean(axis=0),
                old.cuboid.corners_m()[:4].mean(axis=0),
                atol=1e-9,
            )


# A whole track


def test_a_pasted_track_stands_elsewhere_at_another_time_with_its_own_identity():
    source = car(
        attributes={"colour": "red"},
        note="the taxi",
        presence=(Span(0, 4 * S, ends=Edge.OCCLUDED),),
        relations=(Relation("towed_by", "t"),),
    )
    document = Document.of([source, straight("t", "truck", source.keyframes)])
    world_SE3_source = SE3.from_yaw(np.pi / 2, [10, 0, 0])
    changes = paste_track(document, source, world_SE3_source, 10 * S, "n")
    track = there_and_back(document, changes).tracks["n"]
    assert track.name == "Car 2"
    assert (track.attributes, track.note) == (source.attributes, "the taxi")
    assert track.presence == (Span(10 * S, 14 * S, ends=Edge.OCCLUDED),)
    assert track.relations == ()
    assert [k.timestamp_ns for k in track.keyframes] == [10 * S, 12 * S, 14 * S]
    np.testing.assert_allclose(
        [k.cuboid.center_m for k in track.keyframes],
        [[10, 0, 0], [10, 4, 0], [10, 8, 0]],
        atol=1e-9,
    )
    assert {k.provenance for k in track.keyframes} == {MANUAL}


def test_a_track_is_pasted_into_another_document_as_it_is():
    [change] = paste_track(Document(), car())
    assert change.before is None
    assert change.id != "a"
    assert change.after.keyframes == car().keyframes
    assert {k.provenance for k in change.after.keyframes} == {MODEL}


@pytest.mark.parametrize(
    ("paste", "message"),
    [
        (lambda: paste_track(STREET, car(), new_id="a"), "a track with this ID already, track 'a'"),
        (lambda: paste_track(STREET, car(), new_id="a\n"), "no ID or category"),
        (lambda: paste_track(STREET, car(), shift_ns=2**62), "further from zero.*Car 1"),
        (
            lambda: paste_track(STREET, car(), SE3.from_yaw(0, [1e9, 0, 0])),
            "not of this world.*Car 1",
        ),
    ],
)
def test_impossible_pastes_are_refused(paste, message):
    with pytest.raises(EditError, match=message):
        paste()


@few
@given(documents(min_tracks=1, max_tracks=2).map(linear), poses, times_ns())
def test_a_pasted_track_moves_as_its_source(document, world_SE3_source, shift_ns):
    source = document.tracks["t0"]
    changes = paste_track(document, source, world_SE3_source, shift_ns, "new")
    track = there_and_back(document, changes).tracks["new"]
    assert track.number not in [
        other.number for other in document.tracks.values() if other.category == track.category
    ]
    for time_ns in [*source.times_ns, source.start_ns, source.end_ns]:
        old, new = source.state_at(time_ns), track.state_at(time_ns + shift_ns)
        if old is None:
            assert new is None
            continue
        assert max(deviation(old.cuboid.in_frame(world_SE3_source), new.cuboid)) < 1e-9
        assert new.attributes == old.attributes
