from __future__ import annotations

from dataclasses import replace

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.decision import Decisions, Verdict, decision_of, digest_of_others
from av3d.tracks.document import Document
from av3d.tracks.event import REVIEW, Event
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.decisions import decide, decide_track
from av3d.tracks.track import Track

CUBOID = Cuboid.from_yaw([10.0, 2.0, 1.0], [4.0, 2.0, 1.6], 0.1)
ONE = Track("one", "car", (Keyframe(0, CUBOID),), number=1)
TWO = Track("two", "car", (Keyframe(0, CUBOID),), number=2)
BOTH = Document.of([ONE, TWO])


def of_pair(verdict: Verdict, *, author: str = "ada", tier: int = 1, at: int = 1) -> Event:
    """A decision on a finding of both tracks."""
    (change,) = decide(
        BOTH, "overlap", verdict, author=author, tier=tier, time_ns=at, start_ns=0, end_ns=9,
        track_ids=("two", "one"), track_digest=TWO.digest, others_digest=digest_of_others([ONE]),
        check="overlap", value=0.25, limit=0.1, note="they touch",
    )  # fmt: skip
    return change.after


def of_track(verdict: Verdict, *, author: str = "ada", tier: int = 1, at: int = 1) -> Event:
    (change,) = decide_track(BOTH, "one", verdict, author=author, tier=tier, time_ns=at)
    return change.after


def test_what_was_decided_is_read_back() -> None:
    found = decision_of(of_pair(Verdict.SENT_BACK, tier=2, at=77))
    assert found is not None
    assert (found.verdict, found.author, found.tier, found.time_ns) == ("sent_back", "ada", 2, 77)
    assert (found.finding_id, found.check, found.value, found.limit) == (
        "overlap", "overlap", 0.25, 0.1,
    )  # fmt: skip
    assert (found.track_id, found.track_ids) == ("two", ("one", "two"))
    assert (found.start_ns, found.end_ns, found.note) == (0, 9, "they touch")


def test_a_decision_on_two_tracks_counts_while_both_are_as_they_were() -> None:
    found = decision_of(of_pair(Verdict.ACCEPTED))
    assert found is not None
    assert found.holds({"one": ONE, "two": TWO})
    assert not found.holds({"one": replace(ONE, note="x"), "two": TWO})
    assert not found.holds({"one": ONE, "two": replace(TWO, note="x")})
    assert not found.holds({"two": TWO})


def test_a_finding_without_a_label_is_decided_on_for_good() -> None:
    (change,) = decide(
        BOTH, "cluster", Verdict.ACCEPTED, author="ada", tier=1, time_ns=1, start_ns=0, end_ns=0
    )
    found = decision_of(change.after)
    assert found is not None
    assert found.holds({})


def test_a_finding_is_asked_for_with_the_values_that_were_looked_at() -> None:
    decisions = Decisions([of_pair(Verdict.ACCEPTED)])
    assert decisions.on_finding("overlap", TWO.digest, ONE.digest) is not None
    assert decisions.on_finding("overlap", TWO.digest) is None
    assert decisions.on_finding("overlap", replace(TWO, note="x").digest, ONE.digest) is None
    assert decisions.on_finding("duplicate", TWO.digest, ONE.digest) is None


def test_who_approves_all_tracks_of_a_finding_settles_it() -> None:
    (other,) = decide_track(BOTH, "two", Verdict.APPROVED, author="ada", tier=1, time_ns=2)
    one, two = of_track(Verdict.APPROVED), other.after
    assert Decisions([one]).on_finding_of("overlap", [ONE, TWO]) is None
    settled = Decisions([one, two]).on_finding_of("overlap", [ONE, TWO])
    assert settled is not None
    assert settled.verdict is Verdict.APPROVED
    assert Decisions([one, two]).on_finding_of("overlap", [replace(ONE, note="x"), TWO]) is None
    own = Decisions([one, two, of_pair(Verdict.SENT_BACK)]).on_finding_of("overlap", [TWO, ONE])
    assert own is not None
    assert own.verdict is Verdict.SENT_BACK


def test_a_track_that_was_sent_back_settles_none_of_its_findings() -> None:
    decisions = Decisions([of_track(Verdict.SENT_BACK)])
    assert decisions.on_finding_of("speed", [ONE]) is None


def test_of_the_highest_tier_the_last_word_counts() -> None:
    events = [
        of_track(Verdict.SENT_BACK, author="lea", tier=2, at=1),
        of_track(Verdict.APPROVED, author="lou", tier=2, at=2),
        of_track(Verdict.SENT_BACK, author="ada", tier=1, at=3),
    ]
    found = Decisions(events).on_track(ONE)
    assert found is not None
    assert found.author == "lou"
    assert Decisions(events).on_track(ONE, 3) is None


def test_what_counted_before_a_track_was_changed_is_still_told() -> None:
    decisions = Decisions([of_track(Verdict.APPROVED)])
    assert decisions.on_track(replace(ONE, note="x")) is None
    before = decisions.before("one")
    assert before is not None
    assert before.author == "ada"
    assert decisions.before("two") is None


def test_decisions_of_before_there_were_tiers_are_read() -> None:
    values = {
        "state": "sent_back", "author": "eve", "check": "speed", "value": 71.0, "limit": 50,
        "track_digest": ONE.digest,
    }  # fmt: skip
    event = Event("review/speed/one/0", REVIEW, 0, 9, values, "too fast", ("one",))
    found = decision_of(event)
    assert found is not None
    assert (found.finding_id, found.track_id, found.tier) == ("review/speed/one/0", "one", 1)
    assert found.is_old
    assert not found.is_of_track
    assert Decisions([event]).on_finding("review/speed/one/0", ONE.digest) == found


def test_what_makes_no_sense_is_no_decision() -> None:
    assert decision_of(Event("e", "rain", 0, 1)) is None
    assert decision_of(Event("e", REVIEW, 0, 1, {"state": "perhaps"})) is None
    odd = Event(
        "e", REVIEW, 0, 1, {"state": "approved", "tier": "boss", "time_ns": 1.5, "track": 7}
    )
    found = decision_of(odd)
    assert found is not None
    assert (found.tier, found.time_ns, found.track_id) == (1, 0, "")


def test_the_digest_of_others_does_not_depend_on_their_order() -> None:
    assert digest_of_others([ONE, TWO]) == digest_of_others([TWO, ONE])
    assert digest_of_others([ONE]) == ONE.digest
    assert digest_of_others([]) == ""
