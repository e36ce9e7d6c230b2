import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.attributes import set_attribute
from av3d.tracks.operations.belonging import relate
from av3d.tracks.operations.keyframes import confirm, set_keyframe
from av3d.tracks.operations.merging import plan_merge
from av3d.tracks.operations.proposals import accept_proposals, proposals_of, reject_proposals
from av3d.tracks.proposal import SCORE, accepted, is_proposal, proposed, score_of
from av3d.tracks.track import Track
from tracks.strategies import there_and_back

BOX = Cuboid.from_yaw([0, 0, 0], [4, 2, 1.5], 0.0)


def found(track_id: str, score: float | None = None, *, number: int = 1, at_ns: int = 0) -> Track:
    """A track of a detector, a proposal if it has a score."""
    track = Track(track_id, "car", (Keyframe(at_ns, BOX, Provenance.MODEL),), number=number)
    return track if score is None else proposed(track, score)


STREET = Document.of([found("sure"), found("A", 0.4, number=2), found("B", 0.2, number=3)])


def test_a_proposal_says_so_and_keeps_its_score_when_it_is_accepted():
    track = found("A", 0.4)
    assert is_proposal(track)
    assert score_of(track) == 0.4
    assert not is_proposal(accepted(track))
    assert score_of(accepted(track)) == 0.4


@pytest.mark.parametrize("score", ["much", True])
def test_a_score_is_a_number(score):
    [change] = set_attribute(STREET, "sure", SCORE, score)
    assert score_of(change.after) is None


def test_accepting_takes_the_mark_and_nothing_else():
    after = there_and_back(STREET, accept_proposals(STREET, ["A", "B", "A"]))
    assert proposals_of(after) == ()
    assert after.tracks["A"].keyframes == STREET.tracks["A"].keyframes
    assert after.tracks["A"].attributes == {SCORE: 0.4}


def test_accepting_a_track_that_is_no_proposal_changes_nothing():
    assert accept_proposals(STREET, ["sure"]) == ()


def test_rejecting_deletes_and_what_belonged_to_it_stays():
    related = STREET.apply(relate(STREET, "sure", "towed_by", "A"))
    after = there_and_back(related, reject_proposals(related, ["A"]))
    assert set(after.tracks) == {"sure", "B"}
    assert after.tracks["sure"].relations == ()


def test_rejecting_what_is_no_proposal_is_refused():
    with pytest.raises(EditError, match="no proposal"):
        reject_proposals(STREET, ["A", "sure"])


def test_an_edit_by_hand_accepts():
    moved = Cuboid.from_yaw([0.2, 0, 0], [4, 2, 1.5], 0.0)
    for changes in (set_keyframe(STREET, "A", 0, moved), confirm(STREET, ["A"])):
        after = STREET.apply(changes)
        assert proposals_of(after) == ("B",)
        with pytest.raises(EditError, match="no proposal"):
            reject_proposals(after, ["A"])


def test_proposals_are_chosen_by_their_score_from_and_below():
    assert proposals_of(STREET) == ("A", "B")
    assert proposals_of(STREET, score_from=0.4) == ("A",)
    assert proposals_of(STREET, score_below=0.4) == ("B",)
    assert proposals_of(STREET, score_from=0.2, score_below=0.3) == ("B",)


def test_what_has_no_score_is_chosen_by_none():
    [change] = set_attribute(STREET, "A", SCORE, "high")
    street = STREET.apply([change])
    assert proposals_of(street) == ("A", "B")
    assert proposals_of(street, score_from=0.0) == ("B",)
    assert proposals_of(street, score_below=9.0) == ("B",)


def test_a_proposal_merged_with_a_track_that_counts_is_no_proposal():
    later = found("later", 0.3, number=4, at_ns=10)
    street = Document.of([found("sure"), found("A", 0.4, number=2), later])
    both = street.apply(plan_merge(street, ["sure", "later"], keep="later").changes)
    assert not is_proposal(both.tracks["later"])
    assert score_of(both.tracks["later"]) == 0.3
    weak = street.apply(plan_merge(street, ["A", "later"]).changes)
    assert len(proposals_of(weak)) == 1


def test_the_score_of_a_track_is_its_own_or_the_mean_of_its_keyframes():
    keyframes = tuple(
        Keyframe(at_ns, BOX, Provenance.IMPORTED, {SCORE: score})
        for at_ns, score in enumerate((0.2, 0.6))
    )
    assert score_of(Track("T", "car", keyframes)) == pytest.approx(0.4)
    assert score_of(Track("T", "car", keyframes, attributes={SCORE: 0.9})) == 0.9
    assert score_of(found("sure")) is None
