from __future__ import annotations

import pytest

from av3d import __version__
from av3d.present.drawing import Text
from av3d.present.log_facts import as_text, log_sections, program_sections, runs
from av3d.present.panes.pane import Button


def pairs(sections, title):
    return dict(next(section for section in sections if section.title == title).pairs)


@pytest.mark.parametrize(
    ("numbers", "text"), [([], ""), ([3], "3"), ([3, 4, 5, 9], "3–5, 9"), ([1, 3], "1, 3")]
)
def test_runs_of_numbers_are_shortened(numbers, text):
    assert runs(numbers) == text


def test_a_dropped_image_is_told_with_its_frame_and_stands_out(session):
    sections = log_sections(session)
    back = next(section for section in sections if section.title == "Camera back")
    assert dict(back.pairs)["frames with image"] == "11 of 12, none at frame 7"
    assert back.alarming == {"frames with image"}
    front = next(section for section in sections if section.title == "Camera front")
    assert not front.alarming


def test_sensors_have_their_rates_and_the_log_its_way(session):
    sections = log_sections(session)
    assert pairs(sections, "LiDAR top")["rate"] == "10.0 Hz"
    assert pairs(sections, "Camera front")["rate"] == "10.0 Hz"
    assert pairs(sections, "Trajectory")["travelled"] == "5.5 m"
    assert pairs(sections, "Labels")["tracks"] == (
        "3 tracks with 6 keyframes, can only be looked at"
    )


def test_the_program_names_its_version_and_its_files():
    sections = program_sections([("settings", "/etc/settings.toml"), ("project", "")])
    assert pairs(sections, "av3d")["version"] == __version__
    assert pairs(sections, "Files") == {"settings": "/etc/settings.toml"}
    assert "  settings: /etc/settings.toml\n" in as_text(sections)


def test_a_click_on_a_value_copies_it(workspace, settle):
    workspace.run("about.log")
    settle(workspace)
    pane = workspace.about_log
    zone = next(z for z in pane.drawings["body"].zones if z.argument == "Log.name")
    pane.press(*zone.rect.centre, Button.LEFT, 1)
    pane.release(*zone.rect.centre)
    assert workspace.take_requests() == ["copy:street"]


def test_about_this_log_says_what_the_check_has_found(workspace, settle):
    workspace.run("about.log")
    settle(workspace)
    pane = workspace.about_log
    said = [shape.text for shape in pane.drawings["body"].shapes if isinstance(shape, Text)]
    assert "Not checked yet for wrong times or calibration." in " ".join(said)


def test_about_av3d_opens_without_a_log_and_escape_closes_it(workspace, settle):
    workspace.run("about.open")
    settle(workspace)
    assert workspace.about.visible
    workspace.key("Esc")
    assert not workspace.about.visible
