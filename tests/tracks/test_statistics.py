"""Counts of labels: what stands in the table of `av3d stats`."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.approval import Approval
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.proposal import proposed
from av3d.tracks.statistics import LabelStatistics, Spread
from av3d.tracks.track import Track

S = 1_000_000_000
EGO = np.eye(4)[:2]
NOTHING = Approval()


def car(track_id: str = "a", y_m: float = 3.0, length_m: float = 4.0, **more: object) -> Track:
    """A car with keyframes at 0 and 1 s that drives 4 m along x."""
    size = np.array([length_m, 2.0, 1.5])
    keyframes = tuple(
        Keyframe(time_ns, Cuboid(SE3.from_yaw(0.0, [x_m, y_m, 0.0]), size), provenance)
        for time_ns, x_m, provenance in (
            (0, 0.0, Provenance.MANUAL),
            (S, 4.0, Provenance.IMPORTED),
        )
    )
    return Track(track_id, "car", keyframes, **more)  # type: ignore[arg-type]


def counted(tracks: list[Track], *times_ns: int) -> LabelStatistics:
    found = LabelStatistics()
    found.add_tracks(tracks, NOTHING)
    for time_ns in times_ns:
        found.add_frame(tracks, [track.state_at(time_ns) for track in tracks], EGO)
    return found


def test_cuboids_are_those_at_frames_and_keyframes_all_there_are() -> None:
    one = counted([car()], 0, S // 2, S, 2 * S).categories["car"]
    assert (one.tracks, one.cuboid_count, one.keyframe_count) == (1, 3, 2)
    assert one.keyframes_per_100 == pytest.approx(200 / 3)
    assert dict(one.keyframes) == {Provenance.MANUAL: 1, Provenance.IMPORTED: 1}
    assert dict(one.cuboids) == {
        Provenance.MANUAL: 1, Provenance.IMPORTED: 1, Provenance.INTERPOLATED: 1,
    }  # fmt: skip
    assert one.present_s == 1.0


def test_a_size_is_that_of_a_track_however_many_cuboids_it_has() -> None:
    one = counted([car("a", length_m=4.0), car("b", length_m=5.0)], 0).categories["car"]
    length = one.sizes_m[0]
    assert (length.count, length.mean, length.low, length.high) == (2, 4.5, 4.0, 5.0)
    assert length.deviation == pytest.approx(math.sqrt(0.5))


def test_ranges_are_from_the_ego_in_the_plane_and_speeds_over_ground() -> None:
    one = counted([car(y_m=3.0)], 0, S).categories["car"]
    assert (one.range_m.low, one.range_m.high) == (3.0, 5.0)
    assert one.speed_m_s.mean == pytest.approx(4.0, abs=0.2)
    assert one.standing == 0
    found = LabelStatistics()
    found.add_frame(
        [car(y_m=3.0)], [car(y_m=3.0).state_at(0)], np.add(np.eye(4)[:2], [0, 0, 0, 1.0])
    )
    assert found.categories["car"].range_m.mean == pytest.approx(math.hypot(1.0, 4.0))


def test_keyframes_at_frames_that_are_not_looked_at_do_not_count() -> None:
    found = LabelStatistics()
    found.add_tracks([car()], NOTHING, np.array([0]), all_frames=False)
    assert found.categories["car"].keyframe_count == 1
    assert found.keyframes_elsewhere == 1
    found.add_tracks([car()], NOTHING, np.array([-S, S // 2, 2 * S]))
    assert found.categories["car"].keyframe_count == 3


def test_decisions_and_proposals_are_counted_by_track() -> None:
    found = LabelStatistics()
    tracks = [car("a"), car("b"), proposed(car("c").with_keyframes(car().keyframes[1:]), 0.4)]
    found.add_tracks(tracks, Approval(frozenset("a"), frozenset("b")))
    one = found.categories["car"]
    assert (one.accepted, one.refused, one.proposals) == (1, 1, 1)
    assert one.as_json()["review"] == {"accepted": 1, "refused": 1, "undecided": 1}


def test_what_attributes_say_of_occlusion_is_counted_by_cuboid() -> None:
    track = car(attributes={"kitti.occluded": 2, "truncation": 0.25, "colour": "red"})
    one = counted([track], 0, S).categories["car"]
    assert one.as_json()["seen"] == {"kitti.occluded": {"2": 2}, "truncation": {"0.2": 2}}


def test_points_are_counted_where_they_are_known() -> None:
    found = LabelStatistics()
    found.add_frame([car("a"), car("b")], [car().state_at(0), None], EGO, {0: 7})
    points = found.categories["car"].points
    assert (points.count, points.mean) == (1, 7.0)
    assert found.as_json()["categories"]["car"]["points"]["bins"][3] == 1


def test_nothing_is_nothing_and_not_zero() -> None:
    facts = LabelStatistics().as_json()
    assert facts["keyframes_per_100_cuboids"] is None
    assert facts["kilometres"] is None
    assert facts["categories"] == {}


@given(st.lists(st.lists(st.floats(-1e3, 1e3), max_size=20), max_size=8).filter(any))
def test_a_spread_does_not_depend_on_how_numbers_come(parts: list[list[float]]) -> None:
    spread = Spread(np.linspace(-10.0, 10.0, 5))
    for part in parts:
        spread.add(np.array(part, dtype=float))
    every = np.array([value for part in parts for value in part])
    assert spread.count == len(every) == spread.bins.sum()
    assert spread.mean == pytest.approx(every.mean(), abs=1e-9)
    expected = every.std(ddof=1) if len(every) > 1 else 0.0
    assert spread.deviation == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert (spread.low, spread.high) == (every.min(), every.max())
    inside = np.histogram(np.clip(every, -10, 9.99), spread.edges)[0]
    assert spread.bins.tolist() == inside.tolist()
