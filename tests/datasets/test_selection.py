from __future__ import annotations

from dataclasses import replace

import pytest

import av3d
from av3d.datasets.dataset import LabelledLog
from av3d.datasets.registry import own_labels
from av3d.datasets.selection import EVERYTHING, LogTime, Selection, SelectionError
from av3d.tracks.document import Document
from av3d.tracks.event import REVIEW, Event
from av3d.tracks.keyframe import Provenance
from av3d.tracks.operations.decisions import approve_task
from av3d.tracks.proposal import proposed

SECOND_NS = 1_000_000_000


@pytest.fixture
def log(lane):
    return av3d.open_log(lane)


@pytest.fixture
def tracks(log):
    return own_labels(log)  # sorted: near, far


def names(found):
    return [track.id for track in found]


def shown(log, tracks, selection, **more):
    """Which tracks each chosen frame shows, and what was left out."""
    item = LabelledLog(log, tracks, selection, **more)
    found = {
        frame.index: [
            track.id for track, state in zip(tracks, item.states(frame), strict=True) if state
        ]
        for frame in item.frames
    }
    return found, dict(item.cuboids.left_out)


def accepted(track, state="accepted"):
    values = {"state": state, "track_digest": track.digest}
    return Event(f"on {track.id}", REVIEW, 0, 1, values, track_ids=(track.id,))


# Tracks


def test_all_but_proposals_is_chosen_when_nobody_chooses(tracks):
    near, far = tracks
    kept, left_out = Selection().tracks([near, proposed(far, 0.4)])
    assert names(kept) == ["near"]
    assert left_out == {"proposals that nobody accepted": ["Car 2"]}
    assert len(EVERYTHING.tracks([near, proposed(far, 0.4)])[0]) == 2


def test_categories(tracks):
    near, far = tracks
    truck = replace(far, category="truck")
    kept, left_out = Selection(categories=("truck", "bus")).tracks([near, truck])
    assert names(kept) == ["far"]
    assert left_out == {"other categories": ["Car 1"]}


def test_scores_concern_only_tracks_that_have_one(tracks):
    near, far = tracks
    low, high = proposed(far, 0.29), replace(proposed(far, 0.31), id="high")
    kept, left_out = Selection(min_score=0.3, proposals=True).tracks([near, low, high])
    assert names(kept) == ["near", "high"]
    assert left_out == {"scores below 0.3": ["Car 2"]}


def test_only_what_a_reviewer_accepted_as_it_is(tracks):
    near, far = tracks
    chosen = Selection(review="approved")
    kept, left_out = chosen.tracks(tracks, [accepted(near)])
    assert names(kept) == ["near"]
    assert left_out == {"not approved": ["Car 2"]}
    edited = replace(near, note="longer than it looks")
    assert chosen.tracks([edited, far], [accepted(near)])[0] == ()


# Frames


def test_stretches_of_frames(log):
    found = Selection(frames=((0, 1), (3, 3), (4, 99))).chosen_frames(log)
    assert [frame.index for frame in found] == [0, 1, 3, 4]
    assert len(found) == 4
    assert found[-1] == log.frames[4]
    assert [frame.index for frame in found[1:3]] == [1, 3]


def test_frames_that_the_log_does_not_have_are_refused(log):
    with pytest.raises(SelectionError, match=r"none of the frames.*frames 0 to 4 in 0\.40 s"):
        Selection(frames=((5, 9),)).chosen_frames(log)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (LogTime(100_000_000, since_start=True), None, [1, 2, 3, 4]),
        (None, LogTime(1_700_000_000 * SECOND_NS + 200_000_000), [0, 1, 2]),
        (LogTime(150_000_000, since_start=True), LogTime(300_000_000, since_start=True), [2, 3]),
        (LogTime(-SECOND_NS, since_start=True), None, [0, 1, 2, 3, 4]),
    ],
)
def test_times_of_a_log_or_of_the_clock(log, start, end, expected):
    found = Selection(start=start, end=end).chosen_frames(log)
    assert [frame.index for frame in found] == expected


def test_times_and_frames_both_hold(log):
    chosen = Selection(frames=((0, 2),), start=LogTime(100_000_000, since_start=True))
    assert [frame.index for frame in chosen.chosen_frames(log)] == [1, 2]
    with pytest.raises(SelectionError, match="none of the frames"):
        Selection(frames=((0, 0),), start=chosen.start).chosen_frames(log)


# Cuboids


def test_points_count_in_the_cloud_of_the_frame(log, tracks):
    found, left_out = shown(log, tracks, Selection(min_points=4))
    assert found == {index: ["near"] for index in range(5)}
    assert left_out == {"fewer than 4 points": 5}
    assert shown(log, tracks, Selection(min_points=3))[1] == {}
    assert shown(log, tracks, Selection(min_points=13))[1] == {"fewer than 13 points": 10}


def test_distance_is_that_of_the_centre_in_the_plane(log, tracks):
    near_m = (10.0**2 + 2.0**2) ** 0.5
    found, left_out = shown(log, tracks, Selection(max_distance_m=near_m + 0.001))
    assert found[0] == ["near"]
    assert left_out == {"farther than 10.199 m": 5}
    assert shown(log, tracks, Selection(max_distance_m=near_m - 0.001))[0][0] == []


def test_provenance_is_that_of_each_cuboid(log, tracks):
    found, left_out = shown(log, tracks, Selection(provenance=(Provenance.MANUAL,)))
    assert found == {0: ["near"], 1: [], 2: [], 3: [], 4: ["near"]}
    assert left_out == {"interpolated cuboids": 6, "imported cuboids": 2}


def test_within_a_task_that_was_approved_all_is_that_was_not_changed_since(log, tracks):
    near, far = tracks
    start_ns, end_ns = (log.frames[row].timestamp_ns for row in (1, 2))
    changes = approve_task(
        Document.of(tracks), "t", start_ns, end_ns, tracks, author="ada", tier=1, time_ns=5
    )
    events = [change.after for change in changes]
    tracks = (near, replace(far, note="changed"))
    chosen = Selection(review="approved")
    assert names(chosen.tracks(tracks, events)[0]) == ["near"]
    found, left_out = shown(log, (near,), chosen, approval=chosen.approval(tracks, events))
    assert found == {0: [], 1: ["near"], 2: ["near"], 3: [], 4: []}
    assert left_out == {"not approved": 3}


def test_a_frame_that_is_asked_for_twice_counts_once(log, tracks):
    item = LabelledLog(log, tracks, Selection(min_points=4))
    for _ in range(3):
        states = item.states(log.frames[2])
        assert [state is not None for state in states] == [True, False]
    assert item.cuboids.left_out == {"fewer than 4 points": 1}


def test_a_cuboid_counts_for_one_reason_only(log, tracks):
    chosen = Selection(min_points=4, max_distance_m=30, provenance=(Provenance.IMPORTED,))
    _, left_out = shown(log, tracks, chosen)
    # The near one: 2 by hand, 3 interpolated; the far one: 3 interpolated, 2 too far.
    assert left_out == {"manual cuboids": 2, "interpolated cuboids": 6, "farther than 30 m": 2}
    assert sum(left_out.values()) == 10


def test_no_sweep_is_read_where_points_do_not_matter(log, tracks, monkeypatch):
    monkeypatch.setattr(type(log), "cloud", lambda *_: pytest.fail("a sweep was read"))
    assert shown(log, tracks, Selection(max_distance_m=30))[0][0] == ["near"]
    assert shown(log, tracks, Selection(max_distance_m=1, min_points=2))[0][0] == []


# Values


@pytest.mark.parametrize(
    "wrong",
    [
        {"frames": ((-1, 2),)},
        {"frames": ((3, 2),)},
        {"min_points": -1},
        {"max_distance_m": 0.0},
        {"max_distance_m": float("nan")},
        {"review": "perhaps"},
        {"min_score": float("nan")},
        {"start": LogTime(2), "end": LogTime(1)},
    ],
)
def test_choices_that_nothing_can_fulfil_are_refused(wrong):
    with pytest.raises(SelectionError):
        Selection(**wrong)


def test_what_was_chosen_as_json():
    chosen = Selection(
        categories=("car",),
        frames=((0, 9),),
        min_points=5,
        max_distance_m=60.0,
        review="approved",
        provenance=(Provenance.MANUAL,),
        min_score=0.5,
        start=LogTime(SECOND_NS, since_start=True),
        end=LogTime(1_700_000_001 * SECOND_NS),
    )
    assert chosen.as_json() == {
        "proposals": False,
        "categories": ["car"],
        "frames": [[0, 9]],
        "from": {"ns": 1_000_000_000, "since_start": True},
        "to": {"ns": 1_700_000_001_000_000_000, "since_start": False},
        "min_points": 5,
        "max_distance_m": 60.0,
        "review": "approved",
        "provenance": ["manual"],
        "min_score": 0.5,
    }
    assert Selection().as_json() == {"proposals": False}
    assert not chosen.is_all
    assert Selection().is_all
    assert EVERYTHING.is_all
