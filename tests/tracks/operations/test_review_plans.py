from __future__ import annotations

import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.events import add_event
from av3d.tracks.operations.review_plans import delete_plan, plan_review
from av3d.tracks.review_plan import ReviewPlan, plans_of
from av3d.tracks.track import Track

CUBOID = Cuboid.from_yaw([10.0, 2.0, 1.0], [4.0, 2.0, 1.6], 0.1)
EMPTY = Document.of([Track("one", "car", (Keyframe(0, CUBOID),), number=1)])
HALF = ReviewPlan("p", "half", 0.5)


def test_a_plan_is_made_changed_and_taken_away() -> None:
    document = EMPTY.apply(plan_review(EMPTY, HALF, 0, 9))
    assert plans_of(document.events.values()) == (HALF,)
    more = ReviewPlan("p", "most", 0.9)
    document = document.apply(plan_review(document, more, 0, 9))
    assert plans_of(document.events.values()) == (more,)
    assert plan_review(document, more, 0, 9) == ()
    assert document.apply(delete_plan(document, "p")).events == {}


def test_the_riskiest_are_drawn_when_the_plan_is_made() -> None:
    risky = ReviewPlan("p", "risky", riskiest=1)
    with pytest.raises(EditError, match="it is not known how risky the tracks are"):
        plan_review(EMPTY, risky, 0, 9)
    document = EMPTY.apply(plan_review(EMPTY, risky, 0, 9, risk_by_track={"one": 50}))
    assert plans_of(document.events.values())[0].risky == ("one",)


def test_a_name_and_an_id_are_used_once() -> None:
    document = EMPTY.apply(plan_review(EMPTY, HALF, 0, 9))
    with pytest.raises(EditError, match="a review plan 'half' already"):
        plan_review(document, ReviewPlan("q", "half", 0.1), 0, 9)
    rainy = EMPTY.apply(add_event(EMPTY, "rain", 0, 1, event_id="p"))
    with pytest.raises(EditError, match="an event with this ID already"):
        plan_review(rainy, HALF, 0, 9)
    with pytest.raises(EditError, match="this is no review plan"):
        delete_plan(rainy, "p")
