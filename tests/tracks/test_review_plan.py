from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.checking import TrackError
from av3d.tracks.decision import Decisions
from av3d.tracks.document import Document
from av3d.tracks.event import REVIEW_PLAN, Event
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.decisions import approve_task, approve_track, send_back_track
from av3d.tracks.proposal import proposed
from av3d.tracks.review_plan import ReviewPlan, chosen, drawn, plan_of, plans_of, progress
from av3d.tracks.track import Track

CUBOID = Cuboid.from_yaw([10.0, 2.0, 1.0], [4.0, 2.0, 1.6], 0.1)


def tracks(count: int, category: str = "car") -> list[Track]:
    return [
        Track(f"{category}-{n}", category, (Keyframe(0, CUBOID),), number=n + 1)
        for n in range(count)
    ]  # fmt: skip


CARS, PEOPLE = tracks(20), tracks(3, "pedestrian")
ALL = (*CARS, *PEOPLE)


@given(st.floats(0.01, 1), st.integers(0, 99), st.integers(1, 20))
def test_a_sample_has_the_fraction_of_the_tracks_rounded_up(
    fraction: float, seed: int, count: int
) -> None:
    found = chosen(ReviewPlan("p", "p", fraction, seed=seed), CARS[:count])
    assert len(found) - 1 < fraction * count <= len(found) + 1e-6


def test_ten_of_a_hundred_percent_are_not_eleven() -> None:
    assert len(chosen(ReviewPlan("p", "p", 0.1), [*CARS, *tracks(10, "van")])) == 3
    assert len(chosen(ReviewPlan("p", "p", 0.35), CARS)) == 7


def test_a_sample_is_the_same_every_time_and_another_seed_draws_another_one() -> None:
    plan = ReviewPlan("p", "p", 0.3)
    assert chosen(plan, CARS) == chosen(plan, CARS[::-1])
    assert chosen(plan, CARS) != chosen(replace(plan, seed=1), CARS)


def test_a_track_that_goes_leaves_the_others_in_the_sample() -> None:
    plan = ReviewPlan("p", "p", 0.25)
    before = chosen(plan, CARS)
    gone = min(before)
    assert before - {gone} <= chosen(plan, [car for car in CARS if car.id != gone])


def test_categories_are_taken_whole_and_proposals_never() -> None:
    plan = ReviewPlan("p", "p", categories=("pedestrian",))
    assert chosen(plan, ALL) == {one.id for one in PEOPLE}
    guess = proposed(Track("guess", "pedestrian", (Keyframe(0, CUBOID, Provenance.MODEL),)), 0.9)
    assert chosen(plan, [*ALL, guess]) == {one.id for one in PEOPLE}


def test_the_riskiest_are_those_of_the_moment_of_the_draw() -> None:
    risks = {"car-3": 90, "car-1": 70, "car-9": 70, "car-2": 40}
    plan = ReviewPlan("p", "p", riskiest=2)
    assert plan.needs_risk
    assert chosen(plan, CARS, risks) == {"car-3", "car-1"}
    fixed = drawn(plan, CARS, risks)
    assert not fixed.needs_risk
    assert chosen(fixed, CARS, {"car-7": 99}) == {"car-3", "car-1"}
    assert chosen(fixed, CARS[:3]) == {"car-1"}
    assert chosen(drawn(ReviewPlan("p", "p", least_risk=70), CARS, risks), CARS) == {
        "car-1", "car-3", "car-9",
    }  # fmt: skip


def test_seen_is_what_was_decided_on_as_a_whole_and_as_it_is() -> None:
    plan = ReviewPlan("p", "p", categories=("pedestrian",))
    document = Document.of(ALL)
    by = {"author": "ada", "tier": 1, "time_ns": 5}
    document = document.apply(approve_track(document, "pedestrian-0", **by))
    document = document.apply(send_back_track(document, "pedestrian-1", **by))
    document = document.apply(approve_track(document, "pedestrian-2", **by))
    document = document.apply(approve_track(document, "car-1", **by))
    decisions = Decisions(document.events.values())
    now = [*CARS, *PEOPLE[:2], replace(PEOPLE[2], note="changed")]
    found = progress(plan, now, decisions)
    assert (found.all.seen, found.all.chosen, found.all.total) == (2, 3, 23)
    assert found.unseen == ("pedestrian-2",)
    assert not found.is_done
    assert found.by_category["pedestrian"].seen == 2
    assert (found.by_category["car"].chosen, found.by_category["car"].fraction) == (0, 1.0)
    assert progress(plan, ALL, decisions).is_done


def test_the_word_of_a_reviewer_is_not_that_of_a_lead() -> None:
    plan = ReviewPlan("p", "p", categories=("pedestrian",), tier=2)
    document = Document.of(ALL)
    document = document.apply(
        approve_track(document, "pedestrian-0", author="ada", tier=1, time_ns=5)
    )
    document = document.apply(
        approve_track(document, "pedestrian-1", author="lea", tier=2, time_ns=5)
    )
    found = progress(plan, ALL, Decisions(document.events.values()))
    assert found.unseen == ("pedestrian-0", "pedestrian-2")


def test_that_a_task_was_approved_is_no_look_at_a_track() -> None:
    document = Document.of(PEOPLE)
    task = approve_task(document, "t", 0, 9, PEOPLE, author="ada", tier=1, time_ns=5)
    found = progress(ReviewPlan("p", "p", 1.0), PEOPLE, Decisions([task[0].after]))
    assert found.all.seen == 0


def test_a_plan_is_read_back_from_its_event() -> None:
    plan = ReviewPlan("p", "ten percent", 0.1, ("car", "a strange one"), 3, 80, 2, 7, ("x", "y"))
    event = Event("p", REVIEW_PLAN, 0, 1, plan.attributes())
    assert plan_of(event) == plan
    undrawn = replace(plan, risky=None)
    assert plan_of(Event("p", REVIEW_PLAN, 0, 1, undrawn.attributes())) == undrawn
    assert plans_of([event, Event("e", "rain", 0, 1), Event("f", REVIEW_PLAN, 0, 1)]) == (plan,)
    assert (
        plan.words
        == "10 % of the tracks; all of a strange one, car; the 3 riskiest; all from risk 80 on, by a lead"
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "it chooses no track"),
        ({"fraction": 1.2}, "a fraction of 1.2"),
        ({"fraction": float("nan")}, "a fraction of nan"),
        ({"riskiest": -1}, "the -1 riskiest"),
        ({"least_risk": 101}, "from risk 101 on"),
        ({"fraction": 0.1, "tier": 0}, "a tier of 0"),
        ({"fraction": 0.1, "name": ""}, "no name of a plan"),
    ],
)
def test_what_makes_no_plan_is_refused(more: dict[str, object], said: str) -> None:
    with pytest.raises(TrackError, match=said):
        ReviewPlan(**{"id": "p", "name": "p", **more})  # type: ignore[arg-type]
