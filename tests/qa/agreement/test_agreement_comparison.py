"""How well two sets of labels agree, in numbers that can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.logs.log import Log
from av3d.ontology.presets import default, load_ontology
from av3d.qa.agreement.comparison import Comparison
from av3d.qa.agreement.errors import wrapped
from av3d.qa.agreement.pairs import Criterion, Measure
from av3d.qa.agreement.side import Side, joined, times_of
from av3d.tracks.proposal import SCORE
from av3d.tracks.track import Track
from qa.agreement.made import FRAMES, STEP_NS, empty_log, made

METRES = Criterion(Measure.DISTANCE, 2.0)


@pytest.fixture(scope="module")
def log() -> Log:
    return empty_log()


def compare(
    log: Log, a: list[Track], b: list[Track], criterion: Criterion | None = None, **kinds: bool
) -> Comparison:
    sides = Side.of("A", a, log, **kinds), Side.of("B", b, log)
    return Comparison(*sides, default(), criterion)


def test_the_same_labels_agree_in_everything(log: Log) -> None:
    tracks = [made("car 1", 10.0, step_m=0.5), made("car 2", 30.0, y_m=5.0)]
    scores = compare(log, tracks, tracks).scores()
    assert (scores.precision, scores.recall, scores.f1) == (1.0, 1.0, 1.0)
    assert scores.means["iou"] == pytest.approx(1.0)
    assert scores.means["velocity_m_s"] == pytest.approx(0.0)


def test_what_only_one_side_has_costs_precision_or_recall(log: Log) -> None:
    shared, only_a, only_b = made("car 1", 10.0), made("car 2", 20.0), made("car 3", 30.0)
    scores = compare(log, [shared, only_a], [shared, only_b, made("car 4", 40.0)]).scores()
    assert scores.precision == pytest.approx(1 / 2)
    assert scores.recall == pytest.approx(1 / 3)
    assert scores.f1 == pytest.approx(2 / 5)


def test_height_is_told_apart_from_the_view_from_above(log: Log) -> None:
    raised = made("car 1", 10.0, z_m=0.8 + 0.4)
    means = compare(log, [raised], [made("car 1", 10.0)]).scores().means
    assert means["bev_iou"] == pytest.approx(1.0)
    assert (means["height_iou"], means["iou"]) == pytest.approx((1.2 / 2.0, 1.2 / 2.0))
    assert (means["translation_m"], means["height_m"]) == pytest.approx((0.0, 0.4))


def test_errors_are_those_of_nuscenes(log: Log) -> None:
    a = made("car 1", 10.3, y_m=0.4, yaw_rad=0.2, size_m=(4.5, 1.9, 3.2))
    means = compare(log, [a], [made("car 1", 10.0)], METRES).scores().means
    assert means["translation_m"] == pytest.approx(0.5)
    assert means["scale"] == pytest.approx(0.5)
    assert means["yaw_rad"] == pytest.approx(0.2)


def test_barriers_look_the_same_from_behind_and_cones_from_all_sides(log: Log) -> None:
    ontology = load_ontology("nuscenes")
    errors = {}
    for category in ("vehicle.car", "movable_object.barrier", "movable_object.trafficcone"):
        a = Side.of("A", [made("x 1", 10.0, yaw_rad=np.pi - 0.1, category=category)], log)
        b = Side.of("B", [made("x 1", 10.0, category=category)], log)
        errors[category] = Comparison(a, b, ontology).scores().means["yaw_rad"]
    assert errors["vehicle.car"] == pytest.approx(np.pi - 0.1)
    assert errors["movable_object.barrier"] == pytest.approx(0.1)
    assert errors["movable_object.trafficcone"] is None


def test_a_turn_is_the_shorter_one() -> None:
    assert wrapped(np.array([3.5, -3.5, 0.2])) == pytest.approx(
        [3.5 - 2 * np.pi, 2 * np.pi - 3.5, 0.2]
    )


def test_velocities_are_steps_between_cuboids_and_none_over_long_gaps(log: Log) -> None:
    side = Side.of("A", [made("car 1", 0.0, step_m=0.7)], log)
    assert side.velocities_m_s[:, 0] == pytest.approx(7.0)
    apart = Side.of("A", [made("car 1", 0.0, frames=[0, 18])], log, np.array([0, 18 * STEP_NS]))
    assert np.isnan(apart.velocities_m_s).all()


def test_other_categories_do_not_match_unless_any_will_do(log: Log) -> None:
    a, b = [made("van 1", 10.0, category="truck")], [made("car 1", 10.0)]
    assert compare(log, a, b).scores().matches == 0
    assert compare(log, a, b, Criterion(any_class=True)).scores("car").matches == FRAMES


def test_cuboids_are_counted_in_the_band_in_which_b_has_them(log: Log) -> None:
    a, b = [made("car 1", 19.9), made("car 2", 50.0)], [made("car 1", 20.1), made("car 2", 50.0)]
    found = compare(log, a, b)
    assert [found.scores(None, band).matches for band in range(4)] == [0, FRAMES, FRAMES, 0]
    assert found.scores("car", 0).a == 0
    assert found.band_words(0) == "0–20 m"
    assert found.band_words(3) == "≥ 60 m"


def test_each_cuboid_matches_once_and_so_that_most_is_alike(log: Log) -> None:
    # The first could take either; the second only the one in the middle.
    a = [made("car 1", 10.0), made("car 2", 11.5)]
    b = [made("car 1", 10.6), made("car 2", 9.0)]
    matches = compare(log, a, b, METRES).matches
    assert len(matches) == 2 * FRAMES
    assert set(zip(a_names(matches), b_names(matches), strict=True)) == {("1", "2"), ("2", "1")}


def a_names(matches) -> list[str]:  # type: ignore[no-untyped-def]
    return [str(matches.a.tracks[row].number) for row in matches.a.rows[matches.a_rows]]


def b_names(matches) -> list[str]:  # type: ignore[no-untyped-def]
    return [str(matches.b.tracks[row].number) for row in matches.b.rows[matches.b_rows]]


def test_tracks_that_swap_half_way_are_two_switches(log: Log) -> None:
    first, second = range(FRAMES // 2), range(FRAMES // 2, FRAMES)
    b = [made("car 1", 10.0), made("car 2", 30.0)]
    keyframes = [
        made("x 1", x, frames=first).keyframes + made("x 1", y, frames=second).keyframes
        for x, y in ((10.0, 30.0), (30.0, 10.0))
    ]
    a = [replace(track, keyframes=keys) for track, keys in zip(b, keyframes, strict=True)]
    found = compare(log, a, b).tracking
    assert found is not None
    assert found.switches == 2
    assert found.idf1 == pytest.approx(0.5)
    assert found.mota == pytest.approx(1 - 2 / (2 * FRAMES))
    # Each of four pairs of tracks shares half of its frames: 10 of 30.
    assert found.assa == pytest.approx(1 / 3)
    assert found.deta == pytest.approx(1.0)
    assert found.hota == pytest.approx(np.sqrt(1 / 3))


def test_a_hole_in_a_track_is_a_fragment_and_no_switch(log: Log) -> None:
    holes = [made("car 1", 10.0, frames=range(5)), made("car 1", 10.0, frames=range(9, FRAMES))]
    spans = holes[0].presence + holes[1].presence
    a = replace(made("car 1", 10.0), presence=spans)
    other = made("car 2", 40.0)
    found = compare(log, [a, other], [made("car 1", 10.0), other]).tracking
    assert found is not None
    assert (found.fragments, found.switches) == (1, 0)


def test_detections_have_average_precision_and_no_tracks(log: Log) -> None:
    right = made("car 1", 10.0, attributes={SCORE: 0.9})
    wrong = made("car 2", 40.0, attributes={SCORE: 0.1})
    b = [made("car 1", 10.0), made("car 3", 60.0)]
    found = compare(log, [right, wrong], b, has_identity=False)
    assert found.tracking is None
    # Half of what there is is found, before anything wrong; 10 % of recall and precision are off.
    ap = found.detection_by_category["car"].average_precision[2.0]
    assert ap == pytest.approx(((50 - 11 + 1) / 90), abs=0.01)


def test_the_surest_detection_takes_the_nearest(log: Log) -> None:
    near = made("car 1", 10.1, attributes={SCORE: 0.2})
    sure = made("car 2", 10.4, attributes={SCORE: 0.9})
    found = compare(log, [near, sure], [made("car 1", 10.0)]).detection_by_category["car"]
    assert found.errors["translation_m"] == pytest.approx(0.4)


def test_labels_without_scores_have_no_average_precision(log: Log) -> None:
    found = compare(log, [made("car 1", 10.0)], [made("car 1", 10.0)])
    assert found.detection_summary() is None


def test_two_logs_behind_each_other_are_the_sum_of_both(log: Log) -> None:
    sides = [
        (Side.of("A", [made("car 1", x)], log), Side.of("B", [made("car 1", 10.0)], log))
        for x in (10.0, 40.0)
    ]
    whole = Comparison(joined([a for a, _ in sides]), joined([b for _, b in sides]), default())
    assert (whole.scores().matches, whole.scores().b) == (FRAMES, 2 * FRAMES)
    assert whole.tracking is not None
    assert whole.tracking.idf1 == pytest.approx(0.5)


def test_keyframes_beyond_the_last_sweep_are_compared_too(log: Log) -> None:
    track = made("car 1", 10.0, frames=[0, 5, 30])
    times_ns = times_of(log, [[track]])
    assert times_ns.tolist() == [*range(0, FRAMES * STEP_NS, STEP_NS), 30 * STEP_NS]
    assert times_of(log, [[track]], frames=False).tolist() == [0, 5 * STEP_NS, 30 * STEP_NS]


def test_empty_labels_agree_in_nothing_and_break_nothing(log: Log) -> None:
    for a, b in (([], []), ([made("car 1", 10.0)], []), ([], [made("car 1", 10.0)])):
        told = compare(log, a, b).as_dict()
        assert told["all"]["matches"] == 0
        assert told["tracking"]["idf1"] == 0
