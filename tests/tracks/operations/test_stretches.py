import numpy as np
import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.stretches import presence_of, selected, stretches, trust
from av3d.tracks.presence import Edge, Span
from av3d.tracks.track import Track
from tracks.strategies import straight

S = 1_000_000_000


def driving(track_id: str, *times_s: int, by: Provenance = Provenance.MANUAL, **more) -> Track:
    keyframes = tuple(
        Keyframe(t * S, Cuboid.from_yaw([t, 0, 0], [4, 2, 1.5], 0.0), by) for t in times_s
    )
    return straight(track_id, "car", keyframes, **more)


def told(*tracks: Track) -> list[tuple[str, float, float]]:
    return [(s.track.id, s.start_ns / S, s.end_ns / S) for s in stretches(tracks)[0]]


def test_keyframes_are_trusted_by_their_provenance_at_the_time():
    mixed = straight(
        "A", "car", (*driving("A", 0, by=Provenance.MODEL).keyframes, *driving("A", 5).keyframes)
    )
    assert trust(mixed) == 0
    assert trust(mixed, 0, 4 * S) == 3
    assert trust(mixed, S, 4 * S) == 4


def test_each_track_counts_where_it_is_alone():
    assert told(driving("B", 5, 9), driving("A", 0, 3)) == [("A", 0, 3), ("B", 5, 9)]


def test_the_better_keyframes_count_for_the_whole_overlap_only():
    model, manual = driving("A", 0, 2, 4, 9, by=Provenance.MODEL), driving("B", 3, 5)
    found, (overlap,) = stretches([model, manual])
    assert [(s.track.id, s.start_ns, s.end_ns) for s in found] == [
        ("A", 0, 3 * S - 1),
        ("B", 3 * S, 5 * S),
        ("A", 5 * S + 1, 9 * S),
    ]
    assert (overlap.start_ns, overlap.end_ns, overlap.distance_m) == (3 * S, 5 * S, 0)
    assert [s.opens for s in found] == [True, True, False]
    assert [s.closes for s in found] == [False, True, True]


def test_then_the_longer_presence_counts_and_then_the_id():
    assert told(driving("A", 0, 5), driving("B", 4, 20))[0] == ("A", 0, 4 - 1e-9)
    assert told(driving("B", 0, 5), driving("A", 0, 5)) == [("A", 0, 5)]


def test_spans_that_touch_stay_two():
    touching = driving("A", 0, 9, presence=(Span(0, 4), Span(5, 9)))
    found, _ = stretches([touching, driving("B", 20)])
    assert [s.span for s in found][:2] == list(touching.presence)
    assert presence_of(found, step_ns=1, bridge=False, reason=None)[:2] == touching.presence


def test_reasons_and_bridges_are_for_gaps_between_tracks():
    twice = driving("A", 0, 9, presence=(Span(0, S), Span(3 * S, 4 * S)))
    found, _ = stretches([twice, driving("B", 8, 9)])
    told_why = presence_of(found, step_ns=1, bridge=False, reason=Edge.RANGE)
    assert [(s.starts, s.ends) for s in told_why] == [
        (Edge.VIEW, Edge.VIEW),
        (Edge.VIEW, Edge.RANGE),
        (Edge.RANGE, Edge.VIEW),
    ]
    assert presence_of(found, step_ns=1, bridge=True, reason=None) == (
        Span(0, S),
        Span(3 * S, 9 * S),
    )
    assert presence_of(found, step_ns=4 * S, bridge=False, reason=None) == (
        Span(0, S),
        Span(3 * S, 9 * S),
    )


def test_in_a_gap_the_track_before_it_comes_first():
    early = driving("A", 0, 2, 4, presence=(Span(0, 2 * S),))
    late = driving("B", 3, 5, 8, presence=(Span(8 * S, 8 * S),))
    tracks = [early, late]
    kept, dropped = selected(tracks, stretches(tracks)[0])
    assert [k.timestamp_ns / S for k in kept] == [0, 2, 4, 5, 8]
    assert [(track.id, k.timestamp_ns / S) for track, k in dropped] == [("B", 3)]


def test_before_and_after_all_spans_only_the_nearest_track_counts():
    tracks = [
        driving("A", 1, 5, 30, presence=(Span(5 * S, 5 * S),)),
        driving("B", 2, 9, 31, presence=(Span(9 * S, 9 * S),)),
    ]
    kept, dropped = selected(tracks, stretches(tracks)[0])
    assert [k.timestamp_ns / S for k in kept] == [1, 5, 9, 31]
    assert sorted((track.id, k.timestamp_ns / S) for track, k in dropped) == [("A", 30), ("B", 2)]


def test_an_overlap_tells_how_far_apart_the_centres_are_in_our_days():
    def today(track: Track, left_m: float = 0.0) -> Track:
        return straight(
            track.id,
            "car",
            tuple(
                Keyframe(
                    keyframe.timestamp_ns + 1_780_000_000 * S,
                    Cuboid.from_yaw(
                        keyframe.cuboid.center_m + np.array([0, left_m, 0]), [4, 2, 1.5], 0.0
                    ),
                )
                for keyframe in track.keyframes
            ),
        )

    _, (overlap,) = stretches([today(driving("A", 0, 4)), today(driving("B", 1, 2, 3), 0.5)])
    assert overlap.distance_m == pytest.approx(0.5, abs=1e-9)
