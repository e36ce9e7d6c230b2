from __future__ import annotations

import numpy as np
import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.ontology.presets import default
from av3d.present.concerns import ACCELERATION, OVERLAP, by_risk, concerns_of, measure, with_points
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track

FRAMES_NS = np.arange(30) * 100_000_000
ONTOLOGY = default()


def track(places_m, *, category="car", size=(4.5, 1.9, 1.6), yaws=None, sizes=None, every=1):
    keys = tuple(
        Keyframe(
            int(FRAMES_NS[frame]),
            Cuboid.from_yaw(
                [x, 0.0, 0.8],
                sizes[frame] if sizes else size,
                yaws[frame] if yaws is not None else 0.0,
            ),
            Provenance.FITTED,
        )
        for frame, x in enumerate(places_m)
        if frame % every == 0
    )
    return Track("car-1", category, keyframes=keys, number=1)


def concerns(made, points=None):
    measures = measure(made, FRAMES_NS, ONTOLOGY)
    if points:
        measures = with_points(measures, points)
    return {c.check: c for c in concerns_of(made, measures)}


def test_an_even_drive_with_a_key_in_each_frame_is_no_concern():
    assert concerns(track(np.arange(30) * 1.2)) == {}


def test_a_jump_is_told_with_its_time_and_value():
    places = np.arange(30) * 1.2
    places[15] += 1.0
    found = concerns(track(places))["acceleration"]
    assert found.limit == 6.0
    assert found.value > 20
    assert FRAMES_NS[13] <= found.start_ns <= found.timestamp_ns <= found.end_ns <= FRAMES_NS[17]
    assert found.risk > 70
    assert found.track == "Car 1"


def test_a_heading_that_flips_is_a_turn_rate():
    yaws = np.zeros(30)
    yaws[10] = np.pi
    assert concerns(track(np.arange(30) * 1.0, yaws=yaws))["turn_rate"].value > 60


def test_headings_of_what_stands_are_no_turn_rate():
    yaws = np.zeros(30)
    yaws[10] = 1.0
    assert "turn_rate" not in concerns(track(np.zeros(30), yaws=yaws))


def test_a_car_that_grows_is_told_once():
    sizes = [(4.5 + 0.4 * (frame in (5, 20)), 1.9, 1.6) for frame in range(30)]
    found = concerns(track(np.arange(30) * 1.0, sizes=sizes))["size"]
    assert found.value == pytest.approx(0.4)
    assert (found.start_ns, found.end_ns) == (FRAMES_NS[5], FRAMES_NS[20])


def test_people_may_change_their_size():
    sizes = [(0.7 + 0.3 * (frame % 2), 0.7, 1.8) for frame in range(30)]
    found = concerns(track(np.arange(30) * 0.1, category="pedestrian", sizes=sizes))
    assert "size" not in found


def test_few_points_are_told_where_they_were_counted():
    points = {int(FRAMES_NS[frame]): count for frame, count in ((0, 40), (10, 3), (20, 2))}
    found = concerns(track(np.arange(30) * 1.2), points)["points"]
    assert (found.value, found.timestamp_ns) == (2, FRAMES_NS[20])


def test_far_keyframes_of_a_turning_car_leave_doubt():
    yaws = np.linspace(0, 2.5, 30)
    found = concerns(track(np.linspace(0, 40, 30), yaws=yaws, every=29))
    assert 0 <= found["overlap"].value < found["overlap"].limit


def test_risk_grows_with_the_distance_from_the_limit_on_either_side():
    risks = [ACCELERATION.risk(value, 6.0) for value in (6.0, 7.0, 12.0, 600.0)]
    assert risks == sorted(risks)
    assert (risks[0], risks[-1]) == (40, 99)
    assert OVERLAP.risk(0.0, 0.7) == 100
    assert OVERLAP.risk(0.7, 0.7) == 40


def test_the_riskiest_comes_first():
    places = np.arange(30) * 1.2
    places[8] += 0.3
    places[20] += 3.0
    made = track(places)
    found = by_risk(concerns_of(made, measure(made, FRAMES_NS, ONTOLOGY)))
    assert found[0].risk == max(c.risk for c in found)
    assert found[0].timestamp_ns > FRAMES_NS[15]


def test_a_track_of_one_keyframe_or_outside_the_log_is_no_concern():
    assert concerns(track([3.0])) == {}
    late = Track(
        "car-9", "car", number=9,
        keyframes=(Keyframe(10**12, Cuboid.from_yaw([0, 0, 0], (4, 2, 1.5), 0), Provenance.MANUAL),),
    )  # fmt: skip
    assert concerns(late) == {}
