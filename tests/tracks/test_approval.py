from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.approval import Approval, approval_of
from av3d.tracks.decision import Verdict
from av3d.tracks.document import Document
from av3d.tracks.event import REVIEW, Event
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.decisions import approve_task, decide, decide_track
from av3d.tracks.operations.life import write_note
from av3d.tracks.track import Track

CUBOID = Cuboid.from_yaw([10.0, 2.0, 1.0], [4.0, 2.0, 1.6], 0.1)
ONE = Track("one", "car", (Keyframe(0, CUBOID),), number=1)
TWO = Track("two", "car", (Keyframe(0, CUBOID),), number=2)


def decision(state: str, *tracks: Track, name: str = "e", label: str = REVIEW) -> Event:
    """As an av3d that knew no tiers has written it."""
    values = {"state": state, "track_digest": tracks[0].digest}
    return Event(name, label, 0, 10, values, track_ids=tuple(track.id for track in tracks))


def said(
    verdict: str,
    track: Track,
    *,
    finding: str = "",
    author: str = "ada",
    tier: int = 1,
    at: int = 1,
) -> Event:
    """What somebody said of a track, or of a finding on it."""
    document = Document.of([track])
    by = {"author": author, "tier": tier, "time_ns": at}
    if finding:
        (change,) = decide(
            document, finding, Verdict(verdict), **by, start_ns=0, end_ns=0,
            track_ids=(track.id,), track_digest=track.digest,
        )  # fmt: skip
    else:
        (change,) = decide_track(document, track.id, Verdict(verdict), **by)
    return change.after


def test_a_track_is_accepted_as_it_is() -> None:
    found = approval_of([ONE, TWO], [decision("accepted", ONE)])
    assert found == Approval(frozenset({"one"}))
    assert found.is_approved("one", 99)
    assert not found.is_approved("two", 0)


def test_a_change_ends_the_approval_and_undo_brings_it_back() -> None:
    events = [decision("accepted", ONE)]
    assert approval_of([replace(ONE, note="changed")], events) == Approval()
    assert approval_of([ONE], events).accepted == {"one"}


def test_who_sends_it_back_outweighs_who_accepts_it() -> None:
    for state in ("sent_back", "fixing"):
        events = [decision("accepted", ONE), decision(state, ONE, name="f")]
        assert approval_of([ONE], events) == Approval(refused=frozenset({"one"}))


def test_what_was_sent_back_before_it_was_changed_does_not_count() -> None:
    before = replace(ONE, note="too short")
    events = [decision("sent_back", before), decision("accepted", ONE, name="f")]
    assert approval_of([ONE], events).accepted == {"one"}


def test_other_events_decide_nothing() -> None:
    assert approval_of([ONE], [decision("accepted", ONE, label="cut_in")]) == Approval()


def test_a_decision_that_names_no_values_decides_nothing() -> None:
    event = Event("e", REVIEW, 0, 1, {"state": "accepted"}, track_ids=("one", "gone"))
    assert approval_of([ONE], [event]) == Approval()


def test_a_decision_on_several_tracks_counts_for_those_whose_values_it_names() -> None:
    assert approval_of([ONE, TWO], [decision("accepted", ONE, TWO)]).accepted == {"one"}


def test_accepting_a_finding_approves_no_track() -> None:
    assert approval_of([ONE], [said("accepted", ONE, finding="f")]) == Approval()


def test_a_finding_that_is_sent_back_refuses_the_track_until_somebody_accepts_it() -> None:
    sent_back = said("sent_back", ONE, finding="f", at=1)
    assert approval_of([ONE], [sent_back]).refused == {"one"}
    accepted = said("accepted", ONE, finding="f", author="mira", at=2)
    assert approval_of([ONE], [sent_back, accepted]) == Approval()
    other = said("accepted", ONE, finding="g", author="mira", at=2)
    assert approval_of([ONE], [sent_back, other]).refused == {"one"}


def test_of_one_tier_the_last_word_counts() -> None:
    approved, sent_back = said("approved", ONE, at=5), said("sent_back", ONE, author="mira", at=9)
    assert approval_of([ONE], [sent_back, approved]).refused == {"one"}
    again = said("approved", ONE, at=10)
    assert approval_of([ONE], [sent_back, again]).accepted == {"one"}


def test_a_lead_overrules_a_reviewer_who_speaks_later() -> None:
    lead = said("approved", ONE, author="lea", tier=2, at=5)
    later = said("sent_back", ONE, at=9)
    found = approval_of([ONE], [lead, later])
    assert found.accepted == {"one"}
    assert found.decisions["one"].author == "lea"
    finding = said("sent_back", ONE, finding="f", author="anna", tier=0, at=11)
    assert approval_of([ONE], [lead, finding]).accepted == {"one"}


def test_a_task_is_approved_with_the_tracks_as_they_were() -> None:
    (change,) = approve_task(
        Document.of([ONE, TWO]), "t", 5, 10, [ONE, TWO], author="ada", tier=1, time_ns=3
    )
    task = change.after
    found = approval_of([ONE, replace(TWO, note="changed")], [task])
    assert [found.is_approved("one", time) for time in (4, 5, 10, 11)] == [False, True, True, False]
    assert not found.is_approved("two", 7)
    assert (found.may_be(ONE), found.may_be(TWO)) == (True, False)
    assert found.accepted == frozenset()  # both are there at 0, before the part begins
    assert approval_of([TWO], [task]).is_approved("two", 7)
    later = [task, said("sent_back", ONE, at=4)]
    assert not approval_of([ONE], later).may_be(ONE)
    earlier = [task, said("sent_back", ONE, at=2)]
    assert approval_of([ONE], earlier).may_be(ONE)


def test_a_track_that_lies_within_a_task_is_approved_as_a_whole() -> None:
    (change,) = approve_task(Document.of([ONE]), "t", 0, 10, [ONE], author="ada", tier=1, time_ns=3)
    assert approval_of([ONE], [change.after]).accepted == {"one"}


WORDS = st.lists(
    st.tuples(
        st.sampled_from(["ada", "lea", "anna"]),
        st.sampled_from(["approved", "sent_back", "edit", "undo"]),
        st.integers(0, 2),
    ),
    max_size=12,
)


@given(WORDS)
def test_approved_is_what_the_word_that_weighs_most_on_these_values_approves(
    steps: list[tuple[str, str, int]],
) -> None:
    document, notes = Document.of([ONE]), [""]
    said: dict[str, tuple[int, int, str, str]] = {}
    for time_ns, (author, what, value) in enumerate(steps, 1):
        if what in ("edit", "undo"):
            notes = [*notes, str(value)] if what == "edit" else notes[:-1] or [""]
            document = document.apply(write_note(document, "one", notes[-1]))
        else:
            by = {"author": author, "tier": value, "time_ns": time_ns}
            document = document.apply(decide_track(document, "one", Verdict(what), **by))
            said[author] = value, time_ns, what, notes[-1]
    ruling = max((word for word in said.values() if word[3] == notes[-1]), default=None)
    found = approval_of(tuple(document.tracks.values()), document.events.values())
    assert ("one" in found.accepted) == (ruling is not None and ruling[2] == "approved")
    assert ("one" in found.refused) == (ruling is not None and ruling[2] == "sent_back")
