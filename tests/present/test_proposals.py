"""Proposals of a detector in the window: found, gone through, accepted, rejected, by hand or by score."""

from __future__ import annotations

from dataclasses import replace

import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.present.drawing import Polyline, Text
from av3d.present.operations import proposals as deciding
from av3d.present.panes.pane import Button
from av3d.present.proposals import Proposals, best_view
from av3d.present.tasks import WorkQueue
from av3d.present.theme import colour
from av3d.present.track_list import TrackState
from av3d.render.outline import cuboid_style
from av3d.render.palette import PROPOSAL_DASH, category_style
from av3d.tracks.change import Change
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.attributes import set_attribute
from av3d.tracks.operations.life import write_note
from av3d.tracks.proposal import is_proposal, proposed
from av3d.tracks.track import Track

PERIOD_NS = 100_000_000


def detected(number, score, places_m, first=0):
    """A proposal with a keyframe in each frame from the first on."""
    keyframes = tuple(
        Keyframe(
            (first + n) * PERIOD_NS, Cuboid.from_yaw(place, [4.4, 1.9, 1.6], 0.0), Provenance.MODEL
        )
        for n, place in enumerate(places_m)
    )
    return proposed(Track(f"found-{number}", "car", keyframes, number=number), score)


@pytest.fixture
def found(editing):
    """Three proposals beside the labels: scores 0.9, 0.2 and 0.5."""
    tracks = [
        detected(7, 0.9, [[20.0, 4.0, 0.8]] * 4),
        detected(8, 0.2, [[30.0, -4.0, 0.8]] * 4, first=4),
        detected(9, 0.5, [[25.0, 8.0, 0.8]] * 4, first=8),
    ]
    session = editing.session
    session.edits.do("Import", lambda _: [Change(None, track) for track in tracks], by_hand=False)
    return editing


def names(tracks):
    return [track.name for track in tracks]


def texts(pane):
    return [shape.text for shape in shapes(pane) if isinstance(shape, Text)]


def shapes(pane):
    return [shape for drawing in pane.drawings.values() for shape in drawing.shapes]


def waiting(workspace):
    return names(Proposals(workspace.session).tracks)


def test_a_chip_counts_proposals_and_lists_them_with_scores(found, settle):
    settle(found)
    zone = next(z for z in found.tracks.drawings["head"].zones if z.command == "proposal.only")
    assert zone.tip == "3 proposals of a detector wait for a decision: list only these"
    found.tracks.press(*zone.rect.centre, Button.LEFT, 1)
    settle(found)
    assert names(found.tracks.rows) == ["Car 7", "Car 9", "Car 8"]
    assert {"0.90", "0.20", "0.50", "Score"} <= set(texts(found.tracks))


def test_a_log_without_proposals_has_no_chip(editing):
    zones = editing.tracks.drawings["head"].zones
    assert not [zone for zone in zones if zone.command == "proposal.only"]


def test_the_list_sorts_by_score_and_says_which_are_proposals(found):
    found.run("tracks.all")
    found.run("tracks.sort", "score")
    assert names(found.tracks.rows)[:3] == ["Car 7", "Car 9", "Car 8"]
    assert found.tracks.list.state(found.tracks.rows[0]) is TrackState.PROPOSAL


def test_tags_tell_the_score_and_edges_are_dashed_even_when_selected(found, settle):
    found.session.select("found-7")
    settle(found)
    assert any(text.startswith("Car 7 · score 0.90") for text in texts(found.main))
    assert cuboid_style("car", selected=True, proposal=True).dash == PROPOSAL_DASH


def test_next_and_previous_go_from_the_surest_on_to_where_each_is_seen(found):
    visited = []
    for _ in range(4):
        found.key("Alt+Down")
        visited.append(found.session.selected_track.name)
        assert found.session.selected_track.is_present(found.session.timestamp_ns)
    assert visited == ["Car 7", "Car 9", "Car 8", "Car 7"]


def test_a_listed_order_is_the_order_of_decisions(found):
    found.run("proposal.only")
    found.run("tracks.sort", "name")
    found.key("Alt+Down")
    found.key("Alt+Down")
    assert found.session.selected_track.name == "Car 8"
    found.key("Alt+Up")
    assert found.session.selected_track.name == "Car 7"


def test_the_best_frame_is_one_with_a_keyframe_that_a_camera_has_whole(found):
    session = found.session
    track = session.track("found-8")
    frame, camera = best_view(session, track)
    assert 4 <= frame <= 7
    assert camera == "front_camera"
    # It passes the vehicle: beside it no camera has the whole of it.
    passing = detected(10, 0.4, [[10.0 - 2.0 * n, 3.0, 0.8] for n in range(8)])
    assert best_view(session, passing)[0] != 4


def test_accepting_is_one_step_and_goes_on_to_the_next(found, settle):
    found.key("Alt+Down")
    found.key("Alt+Enter")
    assert waiting(found) == ["Car 9", "Car 8"]
    assert found.session.selected_track.name == "Car 9"
    assert found.session.hint == "Accepted: Car 7. 2 proposals left"
    assert found.session.track("found-7").attributes["score"] == 0.9
    found.session.undo()
    assert waiting(found) == ["Car 7", "Car 9", "Car 8"]


def test_rejecting_deletes_and_goes_on_and_undo_brings_it_back(found):
    found.key("Alt+Down")
    found.key("Alt+Del")
    assert found.session.track("found-7") is None
    assert found.session.selected_track.name == "Car 9"
    found.session.undo()
    assert found.session.track("found-7") is not None


def test_labels_are_not_rejected(found):
    found.session.select("car-1")
    found.key("Alt+Del")
    assert found.session.track("car-1") is not None
    assert len(found.session.tracks) == 6


def test_the_filter_ends_with_the_last_decision(found, settle):
    found.run("proposal.only")
    found.key("Alt+Down")
    for _ in range(3):
        found.key("Alt+Enter")
    settle(found)
    assert not waiting(found)
    assert not found.tracks.list.only_proposals
    assert found.session.hint.endswith("No proposals left")


@pytest.mark.parametrize("key", ["W", "Ctrl+["])
def test_any_edit_of_a_proposal_accepts_it(found, settle, key):
    found.session.select("found-7")
    found.session.go_to(2)
    settle(found)
    found.key(key)
    found.session.edits.settle()
    assert "Car 7" not in waiting(found)


def test_a_note_does_not_accept_and_an_attribute_does(found):
    edits = found.session.edits
    edits.do("Note", lambda document: write_note(document, "found-7", "a shadow?"))
    assert "Car 7" in waiting(found)
    edits.do("Colour", lambda document: set_attribute(document, "found-7", "colour", "red"))
    assert "Car 7" not in waiting(found)


@pytest.mark.parametrize(
    ("command", "limit", "left", "said"),
    [
        ("proposal.accept_above", 0.5, ["Car 8"],
         "2 proposals with a score of 0.50 or more are accepted; 1 proposal left."),
        ("proposal.reject_below", 0.5, ["Car 7", "Car 9"],
         "1 proposal with a score below 0.50 is rejected; 2 proposals left."),
    ],
)  # fmt: skip
def test_a_card_shows_what_a_score_would_decide_before_it_is_done(
    found, settle, command, limit, left, said
):
    found.run(command)
    found.dialog.set("score", limit)
    assert found.dialog.lines[0] == said
    shown = [track.name for track in found.session.tracks if is_proposal(track)]
    assert sorted(shown) == left
    assert len(found.session.labels.tracks) == 6
    assert found.session.edits.previewing
    found.dialog.do()
    assert sorted(waiting(found)) == left
    found.session.undo()
    assert len(waiting(found)) == 3


def test_a_card_that_is_cancelled_changes_nothing(found):
    found.run("proposal.reject_below")
    found.dialog.close()
    assert len(waiting(found)) == 3


def test_a_card_with_a_score_that_nothing_has_says_so(found):
    found.run("proposal.accept_above")
    found.dialog.set("score", 0.95)
    assert not found.dialog.possible
    assert "No proposal with a score of 0.95 or more" in found.dialog.lines[0]


def test_a_card_takes_one_category_where_there_are_several(found):
    walker = replace(detected(5, 0.1, [[15.0, 6.0, 0.9]] * 3), category="pedestrian", id="walker")
    found.session.edits.do("Import", lambda _: [Change(None, walker)], by_hand=False)
    found.run("proposal.reject_below")
    found.dialog.set("category", "pedestrian")
    found.dialog.set("score", 0.6)
    found.dialog.do()
    assert waiting(found) == ["Car 7", "Car 9", "Car 8"]


def test_scores_of_any_unit_have_fitting_steps(found):
    assert deciding.step_of(1.0) == pytest.approx(0.01)
    assert deciding.step_of(30.0) == pytest.approx(1.0)
    assert deciding.step_of(0.0) == 0.01


def test_the_lane_of_a_proposal_has_a_dashed_edge(found, settle):
    found.session.select("found-7")
    settle(found)
    assert "Car 7 · 0.90" in texts(found.timeline)
    edge = colour(category_style("car").colour)
    assert [s for s in shapes(found.timeline) if isinstance(s, Polyline) and s.colour == edge]


def test_the_inspector_offers_to_decide(found, settle):
    found.session.select("found-9")
    settle(found)
    assert "Proposal, score 0.50" in texts(found.inspector)
    found.session.select("car-1")
    settle(found)
    assert not [text for text in texts(found.inspector) if text.startswith("Proposal")]


def test_a_review_does_not_ask_about_proposals(found, settle):
    found.session.works = WorkQueue(start=lambda run: run())
    found.key("Alt+2")
    for _ in range(4):
        settle(found)
    assert found.review.inspecting.measure("car-1", "speed") is not None
    assert found.review.inspecting.measure("found-7", "speed") is None
    found.key("Alt+1")
    settle(found)
    found.session.select("found-7")
    found.key("Alt+Enter")
    found.key("Alt+2")
    for _ in range(4):
        settle(found)
    assert found.review.inspecting.measure("found-7", "speed") is not None
