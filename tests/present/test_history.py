"""The lists of what was done and of what was said."""

from __future__ import annotations

import pytest

from av3d.present.drawing import Text
from av3d.present.journal import Journal
from av3d.present.panes.journal_rows import ENTRY, time_of_day
from av3d.present.panes.pane import Button
from av3d.store.project import open_project
from av3d.tracks.operations.life import write_note


def words_of(pane):
    return [
        shape.text
        for drawing in pane.drawings.values()
        for shape in drawing.shapes
        if isinstance(shape, Text)
    ]


def note(session, text):
    session.edits.do(f"Note {text}", lambda d: write_note(d, "car-1", text))


@pytest.fixture
def history(editing, settle):
    """The pane, shown by hand: nobody has docked it."""
    pane = editing.history
    pane.rect = editing.inspector.rect

    def read():
        for _ in range(3):
            pane.refresh()
            editing.tick()
        pane.refresh()

    pane.read = read
    return pane


def test_edits_are_listed_newest_first_with_who_and_what(editing, history):
    note(editing.session, "red")
    history.read()
    titles = [line.title for line in history.journal.lines]
    assert titles[:2] == ["Note red", "Import"]
    assert history.journal.lines[0].track_ids == ("car-1",)
    assert "note red" in history.journal.lines[0].detail
    assert "Note red" in words_of(history)


def test_what_was_undone_is_said_and_can_be_made_again_from_the_list(editing, history):
    for text in ("one", "two", "three"):
        note(editing.session, text)
    history.read()
    lines = {line.title: line for line in history.journal.lines}
    assert history.journal.way_to(lines["Note one"]) == "undo"
    history.journal.go_to(lines["Note one"])
    assert editing.session.track("car-1").note == "one"
    history.read()
    assert "Note two (undone)" in words_of(history)
    lines = {line.title: line for line in history.journal.lines}
    assert history.journal.way_to(lines["Note one"]) == ""
    assert history.journal.way_to(lines["Note three"]) == "redo"
    history.journal.go_to(lines["Note three"])
    assert editing.session.track("car-1").note == "three"


def test_edits_of_others_are_listed_and_not_taken_back(editing, project, log, history, clock):
    with open_project(project) as other:
        document = other.document(log.name)
        other.apply(log.name, write_note(document, "car-2", "dented"), command="theirs")
    clock.now_s += 4
    editing.tick()
    history.read()
    [line] = [line for line in history.journal.lines if line.title == "Theirs"]
    assert history.journal.way_to(line) == ""


def test_a_long_history_is_read_as_far_as_somebody_looks(editing, project, log, history):
    with open_project(project) as other:
        for number in range(260):
            document = other.document(log.name)
            other.apply(log.name, write_note(document, "car-2", str(number)), command=f"n{number}")
    editing.session.labels.refresh()
    history.read()
    assert len(history.journal.lines) < 262
    assert not history.journal.complete
    for _ in range(4):
        history.scroll_to(len(history.journal.lines) * ENTRY)
        history.read()
    assert history.journal.complete
    numbers = [line.number for line in history.journal.lines]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 261


def test_only_rows_in_sight_are_drawn(editing, project, log, history):
    for number in range(80):
        note(editing.session, str(number))
    history.read()
    assert len(words_of(history)) < 150


def test_a_click_on_an_entry_shows_its_track(editing, history):
    note(editing.session, "red")
    editing.session.select(None)
    history.read()
    zones = history.drawings["body"].zones
    zone = next(z for z in zones if z.argument == f"entry.{history.journal.lines[0].number}")
    history.press(*zone.rect.centre, Button.LEFT, 1)
    assert editing.session.selected == "car-1"


def test_without_a_project_there_is_no_history(workspace):
    journal = Journal(workspace.session)
    journal.update()
    assert journal.lines == ()


def test_messages_are_kept_with_their_time_and_can_be_copied(editing, settle):
    pane = editing.messages
    pane.rect = editing.inspector.rect
    pane.refresh()
    assert "No messages." in " ".join(words_of(pane))
    editing.session.wall_ns = lambda: 1_800_000_000_000_000_000
    editing.session.say("error", "Fit failed", "Only 3 points in the box; 10 are needed.")
    settle(editing)
    pane.refresh()
    assert "Fit failed" in words_of(pane)
    zones = pane.drawings["body"].zones
    copy = next(z for z in zones if z.argument.startswith("copy."))
    pane.press(*copy.rect.centre, Button.LEFT, 1)
    assert "copy:Fit failed: Only 3 points in the box; 10 are needed." in editing.take_requests()


def test_the_day_is_said_where_it_was_not_today():
    hour_ns = 3_600_000_000_000
    now_ns = 1_800_000_000_000_000_000
    assert len(time_of_day(now_ns, now_ns)) == 5
    assert len(time_of_day(now_ns - 48 * hour_ns, now_ns)) > 8
    assert len(time_of_day(now_ns - 500 * 24 * hour_ns, now_ns).split()) == 4
