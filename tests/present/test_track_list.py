"""Finding, sorting, grouping, hiding and choosing tracks in the list."""

from __future__ import annotations

from dataclasses import replace

import pytest

from av3d.present.drawing import Text
from av3d.present.panes.pane import Button
from av3d.present.track_list import Group, TrackState


def names(workspace):
    return [track.name for track in workspace.tracks.rows]


def words_of(pane):
    return [
        shape.text
        for drawing in pane.drawings.values()
        for shape in drawing.shapes
        if isinstance(shape, Text)
    ]


def click_row(workspace, track_id, button=Button.LEFT, held=()):
    pane = workspace.tracks
    zones = pane.drawings["rows"].zones
    zone = next(z for z in zones if (z.command, z.argument) == ("track.select", track_id))
    x, y = pane.rect.x + zone.rect.x + 60, pane.rect.y + zone.rect.centre[1]
    workspace.session.modifiers = frozenset(held)
    workspace.move(x, y)
    workspace.press(x, y, button)
    workspace.release(x, y, button)
    workspace.session.modifiers = frozenset()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("motion:parked", ["Car 2"]),
        ("motion:p", ["Car 2"]),
        ("object_motion:parked", ["Car 2"]),
        ("motion:moving", []),
        ("car parked", ["Car 2"]),
        ("car-1", ["Car 1"]),
        ("door:", []),
    ],
)
def test_words_and_values_of_attributes_are_found(workspace, tracks, query, found):
    parked = replace(tracks[1], attributes={"pandaset.object_motion": "parked"})
    workspace.session.set_tracks([tracks[0], parked, tracks[2]])
    workspace.set_query(query)
    assert names(workspace) == found


def test_a_click_on_a_column_sorts_and_a_second_one_turns_it_round(workspace, settle):
    zone = next(
        z for z in workspace.tracks.drawings["head"].zones
        if (z.command, z.argument) == ("tracks.sort", "name")
    )  # fmt: skip
    assert names(workspace) == ["Car 1", "Car 2", "Pedestrian 1"]
    workspace.tracks.press(*zone.rect.centre, Button.LEFT, 1)
    assert names(workspace) == ["Pedestrian 1", "Car 2", "Car 1"]


def test_groups_have_titles_with_counts_and_fold(workspace, settle):
    workspace.run("tracks.group")
    settle(workspace)
    lines = workspace.tracks.list.lines
    assert lines[0] == Group("car", 2, shut=False)
    assert [line for line in lines if isinstance(line, Group)][1] == Group(
        "pedestrian", 1, shut=False
    )
    workspace.run("tracks.fold", "car")
    assert len(workspace.tracks.list.lines) == 3
    assert len(workspace.tracks.rows) == 3


def test_ctrl_adds_and_takes_away_and_shift_selects_a_range(workspace, settle):
    session = workspace.session
    click_row(workspace, "car-1")
    click_row(workspace, "pedestrian-1", held=["Ctrl"])
    assert set(session.selection) == {"car-1", "pedestrian-1"}
    click_row(workspace, "pedestrian-1", held=["Ctrl"])
    assert session.selection == ("car-1",)
    click_row(workspace, "car-1")
    click_row(workspace, "pedestrian-1", held=["Shift"])
    assert session.selection == ("pedestrian-1", "car-2", "car-1")


def test_arrows_walk_through_the_list_and_shift_keeps_what_was_selected(workspace, settle):
    workspace.key("Down")
    assert workspace.session.selected == "car-1"
    workspace.key("Down")
    workspace.key("Down")
    workspace.key("Down")
    assert workspace.session.selected == "pedestrian-1"
    workspace.key("Shift+Up")
    assert workspace.session.selection == ("car-2", "pedestrian-1")


def test_a_right_click_opens_the_commands_of_the_track(workspace, settle):
    click_row(workspace, "car-2", Button.RIGHT)
    settle(workspace)
    assert workspace.session.selected == "car-2"
    assert "Write a note" in words_of(workspace.choices)
    workspace.press(900, 700, Button.LEFT)
    assert not workspace.session.choices.items
    assert workspace.session.selected == "car-2"


def test_hidden_tracks_are_not_drawn_and_stay_in_the_list(workspace, settle):
    session = workspace.session
    session.select("car-1")
    workspace.run("tracks.hide")
    settle(workspace)
    assert "car-1" not in {box.track.id for box in workspace.main.boxes}
    assert "car-1" not in {box.track.id for box in workspace.camera.picture.boxes}
    assert "Car 1" in names(workspace)
    workspace.run("tracks.show_all")
    settle(workspace)
    assert "car-1" in {box.track.id for box in workspace.main.boxes}


def test_only_the_selected_tracks_are_drawn_until_all_are_asked_for(workspace, settle):
    workspace.session.select("car-1")
    workspace.run("tracks.only")
    settle(workspace)
    assert {box.track.id for box in workspace.main.boxes} == {"car-1"}
    workspace.run("tracks.only")
    assert not workspace.session.hidden


def test_the_state_of_a_track_says_what_needs_a_look(workspace, tracks, settle):
    still = replace(
        tracks[0], static=True,
        keyframes=(tracks[0].keyframes[0],), presence=tracks[0].presence,
    )  # fmt: skip
    once = replace(tracks[1], keyframes=tracks[1].keyframes[:1], presence=tracks[1].presence)
    workspace.session.set_tracks([still, once, tracks[2]])
    listed = workspace.tracks.list
    assert listed.state(still) is TrackState.STATIC
    assert listed.state(once) is TrackState.ONE_KEY
    settle(workspace)
    settle(workspace)
    assert listed.state(tracks[2]) in (TrackState.SURE, TrackState.FAIR, TrackState.UNSURE)


def test_labels_without_tracks_say_how_to_make_one(editing, settle):
    editing.session.set_tracks(())
    settle(editing)
    assert "Hold Ctrl and drag over points" in " ".join(words_of(editing.tracks))
