from __future__ import annotations

from collections import Counter

import numpy as np

from av3d.simulate.cast import START_NS
from av3d.simulate.crossing import crossing
from av3d.simulate.rig import LIDAR, sample_rig
from av3d.simulate.scan import Scan
from av3d.simulate.truth import Turn, measured_tracks, physical_tracks, starting_labels
from av3d.tracks.keyframe import Provenance

TIMES = [START_NS + k * 100_000_000 for k in range(42)]
SCENARIO = crossing(7)
SCAN = Scan(SCENARIO.world_SE3_ego, sample_rig().lidars[LIDAR])
ALL_SEEN = Counter(dict.fromkeys(range(len(SCENARIO.actors)), 40))
EVERYTHING = [Turn(time, time, ALL_SEEN) for time in TIMES]


def test_physical_tracks_are_within_five_millimetres_at_any_time() -> None:
    tracks = physical_tracks(SCENARIO.actors, EVERYTHING, TIMES[0], TIMES[-1])
    assert len(tracks) == len(SCENARIO.actors)
    rng = np.random.default_rng(0)
    for track, actor in zip(tracks, SCENARIO.actors, strict=True):
        for time in rng.integers(TIMES[0] - 100_000_000, TIMES[-1] + 100_000_000, 6).tolist():
            state = track.state_at(time)
            true = actor.cuboid_at(time)
            assert np.linalg.norm(state.cuboid.center_m - true.center_m) < 0.005
            angle = state.cuboid.frame_SE3_cuboid.angle_to_rad(true.frame_SE3_cuboid)
            assert float(angle) < 0.002


def test_measured_tracks_have_the_cuboid_where_the_beam_passed_it_at_each_sweep() -> None:
    turns = EVERYTHING[3:5]
    for track, actor in zip(
        measured_tracks(SCENARIO.actors, turns, SCAN), SCENARIO.actors, strict=True
    ):
        assert [keyframe.timestamp_ns for keyframe in track.keyframes] == TIMES[3:5]
        for keyframe in track.keyframes:
            passed_ns = SCAN.passing_ns(actor, keyframe.timestamp_ns)
            true = actor.cuboid_at(passed_ns)
            assert np.linalg.norm(keyframe.cuboid.center_m - true.center_m) < 1e-4


def test_only_what_was_measured_has_a_true_track() -> None:
    turns = [
        Turn(TIMES[0], TIMES[0], Counter({3: 7})),
        Turn(TIMES[1], TIMES[1], Counter({-1: 900})),
    ]
    (track,) = measured_tracks(SCENARIO.actors, turns, SCAN)
    assert track.id == SCENARIO.actors[3].track_id
    counts = {k.timestamp_ns: k.attributes["lidar_points"] for k in track.keyframes}
    assert counts == {TIMES[0]: 7, TIMES[1]: 0}


def test_the_start_of_labels_leaves_something_to_do() -> None:
    labels = starting_labels(SCENARIO.actors, EVERYTHING, SCAN, seed=7)
    assert 0.6 < len(labels) / len(SCENARIO.actors) < 0.95
    provenances = {k.provenance for track in labels for k in track.keyframes}
    assert provenances == {Provenance.MANUAL, Provenance.FITTED, Provenance.IMPORTED}
    most = max(len(track.keyframes) for track in labels)
    assert 3 <= most <= 5
    numbers = Counter((track.category, track.number) for track in labels)
    assert max(numbers.values()) == 1


def test_drawn_keyframes_are_off_what_was_measured_by_centimetres_only() -> None:
    by_id = {actor.track_id: actor for actor in SCENARIO.actors}
    for track in starting_labels(SCENARIO.actors, EVERYTHING, SCAN, seed=7):
        for keyframe in track.keyframes:
            true = SCAN.measured_cuboid(by_id[track.id], keyframe.timestamp_ns)
            assert np.linalg.norm(keyframe.cuboid.center_m - true.center_m) < 0.3
