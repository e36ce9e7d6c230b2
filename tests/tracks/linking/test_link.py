"""Detections of a made-up street, 10 frames a second, each told in one line by the test that needs it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.ontology.presets import default
from av3d.tracks.detections import Detections
from av3d.tracks.keyframe import Provenance
from av3d.tracks.linking.apart import leave_apart
from av3d.tracks.linking.link import Linked, link
from av3d.tracks.proposal import is_proposal, score_of
from av3d.tracks.track import Track

STEP_NS = 100_000_000
CAR, PERSON = (4.5, 1.9, 1.6), (0.8, 0.7, 1.75)
Row = tuple[int, float, float, float, float, str]


def at(
    frame: int, x: float, y: float, yaw: float = 0.0, score: float = 0.9, kind: str = "car"
) -> Row:
    return frame, x, y, yaw, score, kind


def detections(rows: list[Row], sizes: list[tuple[float, ...]] | None = None) -> Detections:
    yaws = np.array([row[3] for row in rows])
    zeros = np.zeros(len(rows))
    usual = [PERSON if row[5] == "pedestrian" else CAR for row in rows]
    return Detections(
        np.array([row[0] * STEP_NS for row in rows], dtype=np.int64),
        np.array([[row[1], row[2], 0.8] for row in rows]).reshape(-1, 3),
        np.column_stack([np.cos(yaws / 2), zeros, zeros, np.sin(yaws / 2)]),
        np.array(sizes or usual).reshape(-1, 3),
        tuple(row[5] for row in rows),
        np.array([row[4] for row in rows]),
    )


def linked(rows: list[Row], **more) -> Linked:
    return link(detections(rows), default(), **more)


def yaws(track: Track) -> list[float]:
    poses = [keyframe.cuboid.frame_SE3_cuboid for keyframe in track.keyframes]
    return [float(pose.yaw_rad) for pose in poses]


def drive(frames, speed=10.0, y=0.0, score=0.9) -> list[Row]:
    """A car that drives along x."""
    return [at(frame, speed * frame / 10, y, score=score) for frame in frames]


def noisy(rows: list[Row], sigma_m: float, seed: int = 0) -> list[Row]:
    shifts = np.random.default_rng(seed).normal(0, sigma_m, (len(rows), 2))
    return [
        (f, x + dx, y + dy, *rest) for (f, x, y, *rest), (dx, dy) in zip(rows, shifts, strict=True)
    ]


def test_two_cars_that_pass_each_other_stay_two():
    to, fro = drive(range(30)), [at(f, 30 - f, 2.5, np.pi) for f in range(30)]
    result = linked([*to, *fro])
    assert [track.name for track in result.tracks] == ["Car 1", "Car 2"]
    assert [len(track.keyframes) for track in result.tracks] == [30, 30]
    for track in result.tracks:
        assert np.ptp([keyframe.cuboid.center_m[1] for keyframe in track.keyframes]) < 0.2
        assert {keyframe.provenance for keyframe in track.keyframes} == {Provenance.MODEL}
        assert not is_proposal(track)
        assert score_of(track) == pytest.approx(0.9)
    assert (result.detections, result.too_low, result.alone) == (60, 0, 0)


def test_a_log_without_detections_has_no_tracks():
    assert linked([]) == Linked((), 0, 0, 0)


def test_one_frame_gives_a_track_each():
    result = linked([at(0, 0, 0), at(0, 20, 0), at(0, 0, 20, kind="pedestrian")])
    assert [track.name for track in result.tracks] == ["Car 1", "Car 2", "Pedestrian 1"]


def test_lost_frames_do_not_break_a_track_that_goes_on():
    frames = [f for f in range(40) if f % 3 and not 15 <= f < 27]
    [track] = linked(noisy(drive(frames, speed=15.0), 0.2)).tracks
    assert len(track.keyframes) == len(frames)
    assert len(track.presence) == 1  # 1.2 s are less than keyframes of cars may be apart


def test_a_turn_is_followed_over_a_gap():
    # A circle of 12 m at 7 m/s: in .8 s a straight line would be off by 1.3 m.
    angles = [0.58 * f / 10 for f in range(40) if not 20 <= f < 28]
    frames = [f for f in range(40) if not 20 <= f < 28]
    rows = [
        at(f, 12 * np.sin(a), 12 - 12 * np.cos(a), a) for f, a in zip(frames, angles, strict=True)
    ]
    [track] = linked(noisy(rows, 0.1)).tracks
    assert len(track.keyframes) == 32


def test_a_parked_car_hidden_for_five_seconds_is_one_track_with_a_gap():
    frames = [*range(15), *range(65, 80)]
    rows = noisy([at(f, 10, 5) for f in frames], 0.1)
    result = linked(rows, frames_ns=np.arange(80) * STEP_NS)
    [track] = result.tracks
    spans = [(span.start_ns // STEP_NS, span.end_ns // STEP_NS) for span in track.presence]
    assert spans == [(0, 14), (65, 79)]


def test_another_car_at_another_place_five_seconds_later_is_another_track():
    rows = [*[at(f, 10, 5) for f in range(15)], *[at(f, 16, 5) for f in range(65, 80)]]
    assert len(linked(noisy(rows, 0.1)).tracks) == 2


def test_headings_that_point_backward_are_turned():
    flips = [np.pi if f in (3, 4, 11, 20) else 0.0 for f in range(30)]
    [track] = linked([at(f, f, 0, flip) for f, flip in enumerate(flips)]).tracks
    assert np.allclose(yaws(track), 0.0, atol=1e-6)


def test_what_goes_forward_decides_where_the_front_is():
    # The detector takes the front for the back most of the time.
    [track] = linked([at(f, f, 0, 0.0 if f % 3 == 0 else np.pi) for f in range(30)]).tracks
    assert np.allclose(np.cos(yaws(track)), 1.0)


def test_of_what_stands_most_detections_decide_where_the_front_is():
    [track] = linked([at(f, 0, 0, 2.0 if f % 3 else 2.0 - np.pi) for f in range(30)]).tracks
    assert np.allclose(yaws(track), 2.0)


def test_tilted_cuboids_that_are_turned_around_stay_on_the_slope():
    from av3d.geometry.se3 import SE3

    given = detections(drive(range(12)))
    up, down = SE3.from_euler(0, -0.1, 0, [0, 0, 0]), SE3.from_euler(0, 0.1, np.pi, [0, 0, 0])
    quaternions = [(down if f == 5 else up).quaternion_wxyz for f in range(12)]
    [track] = link(replace(given, quaternions_wxyz=np.array(quaternions)), default()).tracks
    for keyframe in track.keyframes:
        assert np.allclose(keyframe.cuboid.frame_SE3_cuboid.rotation, up.rotation, atol=1e-9)


def test_a_track_has_one_size_that_odd_ones_do_not_change():
    rows = drive(range(11))
    sizes = [CAR] * 8 + [(3.6, 1.6, 1.4)] * 3
    [track] = link(detections(rows, sizes), default()).tracks
    assert track.columns.one_size
    assert np.allclose(track.keyframes[0].cuboid.size_lwh_m, CAR)


def test_smoothing_takes_most_of_the_noise_and_leaves_what_is_exact():
    def off(track: Track) -> float:
        centers = track.columns.centers_m
        return float(np.sqrt(np.mean((centers[:, 0] - centers_x) ** 2)))

    centers_x = np.arange(60) * 1.0
    [exact] = linked(drive(range(60))).tracks
    [smooth] = linked(noisy(drive(range(60)), 0.4)).tracks
    assert off(exact) < 0.01
    assert off(smooth) < 0.25


def test_low_scores_continue_a_track_and_begin_none():
    car = [at(f, f, 0, score=0.2 if 10 <= f < 16 else 0.9) for f in range(30)]
    random = np.random.default_rng(5)
    alarms = [at(f, *random.uniform(-80, 80, 2), score=0.2) for f in range(30) for _ in range(2)]
    result = linked([*car, *alarms])
    real = [track for track in result.tracks if not is_proposal(track)]
    assert [len(track.keyframes) for track in real] == [30]
    assert result.alone >= 55


def test_scores_may_be_any_numbers():
    def shape(scale: float, shift: float) -> list[int]:
        rows = [at(f, f, 0, score=0.9) for f in range(25)]
        random = np.random.default_rng(1)
        rows += [at(f, *random.uniform(-80, 80, 2), score=0.1) for f in range(25)]
        rows = [(*row[:4], scale * row[4] + shift, row[5]) for row in rows]
        return [len(track.keyframes) for track in linked(rows).tracks if not is_proposal(track)]

    assert shape(1, 0) == shape(20, -7) == shape(0.01, 0.5) == [25]


def test_a_detector_that_gives_no_scores_is_believed():
    rows = [*drive(range(20)), *[at(f, 3 * f, 30) for f in range(20)]]
    result = linked([(*row[:4], 1.0, row[5]) for row in rows])
    assert [is_proposal(track) for track in result.tracks] == [False, False]


def test_seen_once_with_a_high_score_is_a_proposal():
    result = linked([*drive(range(30)), at(12, 60, 60)])
    assert [is_proposal(track) for track in result.tracks] == [False, True]
    assert len(result.tracks[1].keyframes) == 1


def test_a_threshold_of_the_user_decides_by_the_mean_score():
    rows = [*drive(range(20)), *drive(range(20), y=8, score=0.5)]
    assert [is_proposal(t) for t in linked(rows, propose_below=0.6).tracks] == [False, True]
    assert [is_proposal(t) for t in linked(rows, propose_below=0.5).tracks] == [False, False]


def test_detections_below_the_least_score_are_not_used():
    rows = [*drive(range(20)), *drive(range(20), y=8, score=0.5)]
    result = linked(rows, min_score=0.6)
    assert (len(result.tracks), result.too_low) == (1, 20)
    assert linked(rows, min_score=2.0) == Linked((), 40, 40, 0)


def test_categories_are_linked_apart():
    rows = [at(f, f / 10, 0, kind=kind) for f in range(15) for kind in ("car", "pedestrian")]
    assert [track.name for track in linked(rows).tracks] == ["Car 1", "Pedestrian 1"]


def test_a_category_that_no_ontology_knows_is_linked_all_the_same():
    rows = [at(f, f / 2, 0, kind="hovercraft") for f in range(15)]
    [track] = link(detections(rows), None).tracks
    assert (track.category, len(track.keyframes)) == ("hovercraft", 15)


def test_far_from_the_origin_nothing_is_other():
    rows = noisy(drive(range(20)), 0.2)
    near, far = (
        linked(rows).tracks,
        linked([(f, x + 5e5, y - 4e6, *r) for f, x, y, *r in rows]).tracks,
    )
    moved = far[0].columns.centers_m - near[0].columns.centers_m
    assert np.allclose(moved, [5e5, -4e6, 0], atol=1e-5)


def test_the_class_of_the_detector_is_that_of_most_of_its_detections():
    labels = ("van", "van", "bus", "van", "bus")
    given = replace(detections(drive(range(5))), labels=labels)
    [track] = link(given, default(), label_attribute="made.label").tracks
    assert track.attributes["made.label"] == "van"


@settings(max_examples=4, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_detections_changes_nothing(random):
    rows = noisy([*drive(range(8)), *drive(range(8), speed=5, y=4)], 0.2)
    shuffled = rows.copy()
    random.shuffle(shuffled)
    assert linked(rows).tracks == linked(shuffled).tracks


def test_logs_of_other_names_get_other_ids():
    rows = drive(range(5))
    ids = {linked(rows, name=name).tracks[0].id for name in ("a", "a", "b")}
    assert len(ids) == 2


def test_equal_detections_of_a_frame_become_tracks_of_their_own():
    result = linked([at(0, 0, 0), at(0, 0, 0)])
    assert len({track.id for track in result.tracks}) == 2


def test_left_apart_each_detection_is_a_track_as_it_was():
    rows = [at(1, 3, 0, 0.3, 0.8), at(0, 2, 0, 0.2, 0.4), at(0, 9, 0, 0.2, 0.1)]
    result = leave_apart(detections(rows), min_score=0.2, propose_below=0.5)
    assert [(t.name, t.start_ns, is_proposal(t)) for t in result.tracks] == [
        ("Car 1", 0, True),
        ("Car 2", STEP_NS, False),
    ]
    assert result.tracks[1].keyframes[0].cuboid.center_m.tolist() == [3, 0, 0.8]
    assert (result.detections, result.too_low) == (3, 1)


def test_in_a_crowd_what_is_near_by_chance_is_not_linked():
    random = np.random.default_rng(3)
    clutter = [
        at(5 * f, *random.uniform(-40, 40, 2), random.uniform(-3, 3), score=0.5)
        for f in range(20)
        for _ in range(40)
    ]
    car = [at(5 * f, 4.0 * f - 40, 0, score=0.9) for f in range(20)]
    real = [track for track in linked([*clutter, *car]).tracks if not is_proposal(track)]
    assert [len(track.keyframes) for track in real] == [20]


def test_without_poses_of_the_ego_what_stands_across_may_pass_by():
    # Parked across the road, seen from an ego that drives 15 m/s and does not know it.
    rows = noisy([at(f, 40 - 1.5 * f, 5, np.pi / 2) for f in range(20)], 0.1)
    [track] = linked(rows, ego_known=False).tracks
    assert len(track.keyframes) == 20


def test_times_a_nanosecond_apart_are_linked_without_a_failure():
    given = detections([at(f, 0.01 * f, 0) for f in range(12)])
    result = link(replace(given, times_ns=np.arange(12, dtype=np.int64)), default())
    assert sum(len(track.keyframes) for track in result.tracks) + result.alone == 12
