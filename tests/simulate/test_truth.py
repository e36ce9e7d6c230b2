from __future__ import annotations

from collections import Counter

import numpy as np

from av3d.simulate.crossing import START_NS, crossing
from av3d.simulate.truth import starting_labels, true_tracks
from av3d.tracks.track import Provenance

TIMES = [START_NS + k * 100_000_000 for k in range(42)]
SCENARIO = crossing(7)
EVERYTHING = {time: Counter(dict.fromkeys(range(len(SCENARIO.actors)), 40)) for time in TIMES}


def test_true_tracks_are_within_five_millimetres_at_any_time() -> None:
    tracks = true_tracks(SCENARIO.actors, TIMES[0], TIMES[-1], EVERYTHING)
    assert len(tracks) == len(SCENARIO.actors)
    rng = np.random.default_rng(0)
    for track, actor in zip(tracks, SCENARIO.actors, strict=True):
        for time in rng.integers(TIMES[0] - 50_000_000, TIMES[-1] + 50_000_000, 6).tolist():
            state = track.state_at(time)
            true = actor.cuboid_at(time)
            assert np.linalg.norm(state.cuboid.center_m - true.center_m) < 0.005
            angle = state.cuboid.frame_SE3_cuboid.angle_to_rad(true.frame_SE3_cuboid)
            assert float(angle) < 0.002


def test_only_what_was_measured_has_a_true_track() -> None:
    points = {TIMES[0]: Counter({3: 7}), TIMES[1]: Counter({-1: 900})}
    tracks = true_tracks(SCENARIO.actors, TIMES[0], TIMES[1], points)
    assert [track.id for track in tracks] == [SCENARIO.actors[3].track_id]
    counts = {k.timestamp_ns: k.attributes.get("lidar_points") for k in tracks[0].keyframes}
    assert counts[TIMES[0]] == 7
    assert counts[TIMES[1]] == 0
    assert counts[TIMES[0] + 50_000_000] is None


def test_the_start_of_labels_leaves_something_to_do() -> None:
    labels = starting_labels(SCENARIO.actors, TIMES, EVERYTHING, seed=7)
    assert 0.6 < len(labels) / len(SCENARIO.actors) < 0.95
    provenances = {k.provenance for track in labels for k in track.keyframes}
    assert provenances == {Provenance.MANUAL, Provenance.FITTED, Provenance.IMPORTED}
    most = max(len(track.keyframes) for track in labels)
    assert 3 <= most <= 5
    numbers = Counter((track.category, track.number) for track in labels)
    assert max(numbers.values()) == 1


def test_drawn_keyframes_are_off_by_centimetres_only() -> None:
    by_id = {actor.track_id: actor for actor in SCENARIO.actors}
    for track in starting_labels(SCENARIO.actors, TIMES, EVERYTHING, seed=7):
        for keyframe in track.keyframes:
            true = by_id[track.id].cuboid_at(keyframe.timestamp_ns)
            assert np.linalg.norm(keyframe.cuboid.center_m - true.center_m) < 0.3
