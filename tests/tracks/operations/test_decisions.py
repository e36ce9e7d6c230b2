from __future__ import annotations

from dataclasses import replace

import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.approval import approval_of
from av3d.tracks.change import Change
from av3d.tracks.decision import Decisions, Verdict
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.decisions import (
    approve_task,
    approve_track,
    decide,
    decide_track,
    send_back_track,
    withdraw,
)
from av3d.tracks.operations.events import add_event
from av3d.tracks.operations.life import delete, write_note
from av3d.tracks.proposal import proposed
from av3d.tracks.track import Track

CUBOID = Cuboid.from_yaw([10.0, 2.0, 1.0], [4.0, 2.0, 1.6], 0.1)
ONE = Track("one", "car", (Keyframe(0, CUBOID),), number=1)
TWO = Track("two", "car", (Keyframe(0, CUBOID),), number=2)
EMPTY = Document.of([ONE, TWO])
ADA = {"author": "ada", "tier": 1}


def accepted(document: Document) -> frozenset[str]:
    return approval_of(tuple(document.tracks.values()), document.events.values()).accepted


def test_a_track_is_approved_until_it_is_changed_and_again_when_that_is_undone() -> None:
    approved = EMPTY.apply(approve_track(EMPTY, "one", **ADA, time_ns=5))
    assert accepted(approved) == {"one"}
    edit = write_note(approved, "one", "is this one?")
    changed = approved.apply(edit)
    assert accepted(changed) == frozenset()
    assert accepted(changed.apply(change.reversed() for change in edit)) == {"one"}


def test_who_decides_again_replaces_what_they_said() -> None:
    first = EMPTY.apply(approve_track(EMPTY, "one", **ADA, time_ns=5))
    second = first.apply(send_back_track(first, "one", **ADA, time_ns=6, note="too short"))
    (event,) = second.events.values()
    assert (event.attributes["state"], event.note) == ("sent_back", "too short")


def test_two_people_who_decide_at_once_do_not_contradict_each_other() -> None:
    ada = approve_track(EMPTY, "one", **ADA, time_ns=5)
    mira = send_back_track(EMPTY, "one", author="mira", tier=1, time_ns=6)
    both = EMPTY.apply([*ada, *mira])
    assert len(both.events) == 2
    assert accepted(both) == frozenset()
    (theirs,) = mira
    assert accepted(both.apply(withdraw(both, theirs.id))) == {"one"}


def test_a_track_that_was_decided_on_can_be_deleted() -> None:
    approved = EMPTY.apply(approve_track(EMPTY, "one", **ADA, time_ns=5))
    changes = delete(approved, ["one"])
    gone = approved.apply(changes)
    assert accepted(gone) == frozenset()
    assert Decisions(gone.events.values()).before("one") is not None
    back = gone.apply([change.reversed() for change in changes[::-1]])
    assert accepted(back) == {"one"}


def test_a_task_knows_its_tracks_without_holding_on_to_them() -> None:
    done = EMPTY.apply(approve_task(EMPTY, "t", 0, 9, [ONE, TWO], **ADA, time_ns=5))
    assert accepted(done) == {"one", "two"}
    changes = delete(done, ["one"])
    assert [change.kind for change in changes] == ["track"]
    assert accepted(done.apply(changes)) == {"two"}
    edited = done.apply([Change(TWO, replace(TWO, note="x"))])
    assert accepted(edited) == {"one"}


def test_numbers_that_there_are_not_are_left_out() -> None:
    (change,) = decide(
        EMPTY, "f", Verdict.ACCEPTED, **ADA, time_ns=5, start_ns=0, end_ns=1, limit=float("inf")
    )
    assert not {"value", "limit"} & change.after.attributes.keys()


@pytest.mark.parametrize("verdict", [Verdict.ACCEPTED, Verdict.FIXING])
def test_a_whole_track_is_approved_or_sent_back(verdict: Verdict) -> None:
    with pytest.raises(EditError, match=r"a whole track is not .*approve it or send it back"):
        decide_track(EMPTY, "one", verdict, **ADA, time_ns=5)


def test_a_proposal_is_accepted_before_it_is_approved() -> None:
    guess = proposed(Track("guess", "car", (Keyframe(0, CUBOID, Provenance.MODEL),), number=3), 0.9)
    with pytest.raises(EditError, match=r"a proposal is no label yet, Car 3, accept it first"):
        approve_track(Document.of([guess]), "guess", **ADA, time_ns=5)


def test_a_finding_is_not_approved() -> None:
    with pytest.raises(EditError, match="a finding is not approved"):
        decide(EMPTY, "f", Verdict.APPROVED, **ADA, time_ns=5, start_ns=0, end_ns=1)


def test_only_decisions_are_withdrawn() -> None:
    rainy = EMPTY.apply(add_event(EMPTY, "rain", 0, 1, event_id="r"))
    with pytest.raises(EditError, match="Rain is no decision"):
        withdraw(rainy, "r")
    with pytest.raises(EditError, match="no such track"):
        approve_track(EMPTY, "three", **ADA, time_ns=5)
