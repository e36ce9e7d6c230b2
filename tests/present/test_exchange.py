from __future__ import annotations

import pytest

from av3d.datasets.manifest import read_manifest
from av3d.present.exchange import export_formats, import_formats
from av3d.present.panes.pane import Button
from av3d.present.tasks import WorkQueue
from av3d.present.time_span import TimeSpan
from av3d.tracks.event import REVIEW
from av3d.tracks.operations.events import add_event
from av3d.tracks.operations.life import delete


@pytest.fixture
def ready(editing):
    """Works run at once."""
    editing.session.works = WorkQueue(editing.session.clock, start=lambda work: work())
    return editing


def told(workspace):
    workspace.tick()
    workspace.tick()
    return [(toast.kind, toast.title, toast.text) for toast in workspace.toasts.toasts]


def run(workspace, command, format, path):
    workspace.run(command)
    workspace.exchange.format = format
    workspace.exchange.path = str(path)
    workspace.run("exchange.go")
    return told(workspace)


def test_formats_are_those_of_the_registry():
    assert {"nuscenes", "kitti-tracking", "folder"} <= {name for name, _ in export_formats()}
    assert "pandaset" in {name for name, _ in import_formats()}


def test_labels_go_out_and_come_back_as_one_edit(ready, tmp_path):
    session = ready.session
    [(kind, title, text)] = run(ready, "labels.export", "folder", tmp_path / "out")
    assert (kind, title) == ("info", "Labels exported")
    assert text.startswith("3 tracks with ")
    assert str(tmp_path / "out") in text
    assert not ready.exchange.visible
    files = list((tmp_path / "out").rglob("*.json"))

    session.edits.do("Delete Car 1", lambda d: delete(d, ["car-1"]))
    assert len(session.tracks) == 2
    labels = next(path for path in files if "car-1" in path.read_text())
    run(ready, "labels.import", "folder", labels)
    assert "Labels imported" in [title for _, title, _ in told(ready)]
    assert {track.id for track in session.tracks} == {"car-1", "car-2", "pedestrian-1"}
    session.undo()
    assert len(session.tracks) == 2


def test_a_folder_that_is_not_empty_is_refused_and_told(ready, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    [(kind, title, _)] = run(ready, "labels.export", "folder", tmp_path)
    assert (kind, title) == ("error", "Labels not exported")
    assert [path.name for path in tmp_path.glob("*.txt")] == ["mine.txt"]


def test_a_file_that_is_not_there_is_told(ready, tmp_path):
    [(kind, title, _)] = run(ready, "labels.import", "folder", tmp_path / "none.json")
    assert (kind, title) == ("error", "Labels not imported")
    assert len(ready.session.tracks) == 3


def test_escape_closes_it_and_does_nothing(ready):
    ready.run("labels.export")
    assert ready.exchange.visible
    ready.key("Esc")
    assert not ready.exchange.visible
    assert told(ready) == []


def test_what_is_only_previewed_is_not_exported(ready, tmp_path):
    session = ready.session
    session.edits.preview(lambda d: delete(d, ["car-1"]), asking=True)
    run(ready, "labels.export", "folder", tmp_path / "out")
    assert any("car-1" in path.read_text() for path in (tmp_path / "out").rglob("*.json"))


def test_the_home_of_nobody_is_told_as_a_file_that_is_not_there(ready):
    [(kind, title, _)] = run(ready, "labels.import", "folder", "~nobody-of-this-name/labels.json")
    assert (kind, title) == ("error", "Labels not imported")


# What is chosen


def exported(workspace, path):
    """The manifest of an export with what the card chooses now."""
    run(workspace, "labels.export", "folder", path)
    return read_manifest(path)


def press(workspace, name):
    """Click a control of the card."""
    card = workspace.exchange
    card.rect = card.place(1600, 900)
    card.refresh()
    [zone] = {
        z.argument: z for d in card.drawings.values() for z in d.zones if z.argument == name
    }.values()
    x, y = zone.rect.centre
    card.press(x, y, Button.LEFT, 1)
    card.release(x, y)


def test_all_but_proposals_goes_out_unless_somebody_chooses(ready, tmp_path):
    content = exported(ready, tmp_path / "out")
    assert content["selection"] == {"proposals": False}
    assert content["logs"][0]["tracks"] == 3


def test_categories_are_taken_in_and_out(ready, tmp_path):
    ready.run("labels.export")
    press(ready, "exchange.categories")
    choices = ready.session.choices
    assert [item.title for item in choices.items] == ["All categories", "Car", "Pedestrian"]
    choices.choose(2)
    assert [item.on for item in choices.items] == [False, False, True]
    content = exported(ready, tmp_path / "out")
    assert content["selection"]["categories"] == ["pedestrian"]
    assert [(one["what"], one["count"]) for one in content["report"]["losses"]] == [
        ("other categories", 2)
    ]


def test_the_marked_span_is_a_choice_once_there_is_one(ready, tmp_path):
    ready.run("labels.export")
    press(ready, "exchange.frames=span")
    assert not ready.exchange.choice.span_only
    assert "No span is marked" in [title for _, title, _ in told(ready)]
    frames = ready.session.log.frames
    ready.session.span = TimeSpan(frames[1].timestamp_ns, frames[2].timestamp_ns)
    press(ready, "exchange.frames=span")
    assert exported(ready, tmp_path / "out")["selection"]["frames"] == [[1, 2]]


def test_a_span_that_is_gone_is_no_longer_chosen(ready):
    frames = ready.session.log.frames
    ready.session.span = TimeSpan(frames[1].timestamp_ns, frames[2].timestamp_ns)
    ready.run("labels.export")
    press(ready, "exchange.frames=span")
    ready.exchange.close()
    ready.session.span = None
    ready.run("labels.export")
    assert not ready.exchange.choice.span_only


@pytest.mark.parametrize(
    ("name", "typed", "chosen"),
    [("min_points", "5", 5), ("max_distance_m", "2*30.5", 61.0), ("min_points", "-3", 0)],
)
def test_points_and_distance_are_typed(ready, name, typed, chosen):
    ready.run("labels.export")
    press(ready, f"exchange.{name}")
    ready.session.fields.typed(typed)
    ready.session.fields.key("Enter")
    assert getattr(ready.exchange.choice, name) == chosen


def test_what_is_no_number_is_told_and_changes_nothing(ready):
    ready.run("labels.export")
    press(ready, "exchange.min_points")
    ready.session.fields.typed("many")
    ready.session.fields.key("Enter")
    assert ready.exchange.choice.min_points == 0
    assert "The number is not changed" in [title for _, title, _ in told(ready)]


def test_only_what_is_approved_goes_out(ready, tmp_path):
    session = ready.session
    track = session.tracks[0]
    values = {"state": "accepted", "track_digest": track.digest}
    session.edits.do(
        "Accept", lambda d: add_event(d, REVIEW, 0, 1, track_ids=[track.id], attributes=values)
    )
    ready.run("labels.export")
    press(ready, "exchange.approved")
    ready.exchange.refresh()
    assert ready.exchange._about().startswith("1 of 3 tracks")
    assert exported(ready, tmp_path / "out")["logs"][0]["tracks"] == 1


def test_an_earlier_export_is_replaced_when_that_is_switched_on_each_time(ready, tmp_path):
    exported(ready, tmp_path / "out")
    ready.run("labels.export")
    press(ready, "exchange.overwrite")
    run(ready, "labels.export", "folder", tmp_path / "out")
    titles = [title for _, title, _ in told(ready)]
    assert "Labels not exported" not in titles
    assert not ready.exchange.choice.overwrite


def test_the_whole_report_can_be_copied(ready, tmp_path):
    run(ready, "labels.export", "kitti-tracking", tmp_path / "out")
    [toast] = ready.toasts.toasts
    assert "Not in this format: " in toast.text
    assert toast.details.startswith("kitti-tracking: ")
    report = read_manifest(tmp_path / "out")["report"]
    lost = [line for line in toast.details.splitlines() if line.startswith("lost: ")]
    assert len(lost) == len(report["losses"])
    assert ("Copy details", "text.copy", toast.details) in toast.buttons


def test_the_card_fits_a_small_window(ready):
    ready.run("labels.export")
    for width, height in ((1600, 900), (640, 360), (320, 200)):
        rect = ready.exchange.place(width, height)
        assert rect.x >= 0
        assert rect.right <= width
        assert rect.bottom <= height
