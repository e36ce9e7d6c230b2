from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

ACCENT_BGR = np.array([0x3D, 0xC5, 0xFF])


pytestmark = pytest.mark.window


def test_it_opens_on_the_first_frame_with_all_tracks(fresh):
    state = fresh.state
    assert state["frames"] == 12
    assert set(state["boxes"]["main"]) == {"car-1", "car-2", "pedestrian-1"}
    assert state["camera"] == "front"
    assert state["toasts"] == []


def test_a_click_on_a_cuboid_from_above_selects_it_in_every_view(fresh):
    fresh.click(*fresh.place_of("car-2"))
    state = fresh.wait(lambda s: s["selected"] == "car-2")
    assert state["selected_name"] == "Car 2"
    assert state["views_of_selected"] == ["main", "camera", "strip:left"]


def test_a_click_in_the_track_list_selects(fresh):
    x, y, _, _ = fresh.state["panes"]["tracks"]
    fresh.click(x + 60, y + 28 + 6 + 28 + 32 + 22 + 26 / 2)
    assert fresh.wait(lambda s: s["selected"])["selected"] == "car-1"


def test_a_click_in_the_large_camera_selects(fresh):
    x, y, width, height = fresh.state["panes"]["camera"]
    # Car 1 is straight ahead, its middle a little below the horizon.
    fresh.click(x + width / 2, y + height / 2 + 20)
    fresh.wait(lambda s: s["selected"] == "car-1")


def test_arrow_keys_step_shift_makes_ten_home_and_end_go_to_the_ends(fresh):
    fresh.key("Right", "Right")
    fresh.wait(lambda s: s["frame"] == 2)
    fresh.key("Left")
    fresh.wait(lambda s: s["frame"] == 1)
    fresh.key("shift+Right")
    fresh.wait(lambda s: s["frame"] == 11)
    fresh.key("Home")
    fresh.wait(lambda s: s["frame"] == 0)
    fresh.key("End")
    fresh.wait(lambda s: s["frame"] == 11 and s["shown"]["main"] == 11)


def test_space_plays_to_the_end_and_stops_there(fresh):
    fresh.key("space")
    fresh.wait(lambda s: s["playing"])
    state = fresh.wait(lambda s: not s["playing"], 15)
    assert state["frame"] == 11


def test_tab_goes_through_the_tracks(fresh):
    fresh.key("Tab")
    fresh.wait(lambda s: s["selected"] == "car-1")
    fresh.key("Tab", "Tab")
    fresh.wait(lambda s: s["selected"] == "pedestrian-1")
    fresh.key("shift+Tab")
    fresh.wait(lambda s: s["selected"] == "car-2")


def test_the_wheel_zooms_and_a_right_drag_pans(fresh):
    before = fresh.place_of("car-1")
    fresh.drag(before, (before[0] + 50, before[1] + 30), 3)
    moved = fresh.wait(lambda s: abs(fresh.place_of("car-1", s)[0] - before[0]) > 40)
    assert fresh.place_of("car-1", moved) == pytest.approx((before[0] + 50, before[1] + 30), abs=2)
    place = fresh.place_of("car-1")
    other = fresh.place_of("pedestrian-1")
    fresh.move(*place)
    fresh.click(*place, button=4)
    zoomed = fresh.wait(lambda s: fresh.place_of("pedestrian-1", s) != other)
    assert fresh.place_of("car-1", zoomed) == pytest.approx(place, abs=2)


def test_a_press_on_the_timeline_goes_to_its_frame(fresh):
    x, y, width, _ = fresh.state["panes"]["timeline"]
    fresh.click(x + width - 12, y + 10)
    fresh.wait(lambda s: s["frame"] == 11)


def test_v_changes_the_camera_and_a_missing_image_is_no_error(fresh):
    fresh.key("v")
    fresh.wait(lambda s: s["camera"] == "left" and s["shown"]["camera"] == ["left", 0])
    fresh.key(*["Right"] * 7)
    state = fresh.wait(lambda s: s["frame"] == 7 and s["shown"]["camera"] == ["left", 7])
    assert state["toasts"] == []
    fresh.key("v")
    fresh.wait(lambda s: s["camera"] == "front")


def test_the_palette_takes_text_and_selects_a_track(fresh):
    fresh.key("ctrl+k")
    fresh.wait(lambda s: s["palette"] and s["typing"])
    fresh.type("pedestrian")
    fresh.key("Return")
    state = fresh.wait(lambda s: not s["palette"])
    assert state["selected"] == "pedestrian-1"


def test_the_search_field_takes_text_and_escape_clears_it(fresh):
    fresh.key("slash")
    fresh.wait(lambda s: s["typing"])
    fresh.type("car 2")
    fresh.wait(lambda s: s["query"] == "car 2")
    fresh.key("Escape")
    fresh.wait(lambda s: s["query"] == "")


def test_f11_fills_the_window_and_f1_shows_the_keys(fresh):
    x, y, width, height = fresh.state["panes"]["camera"]
    fresh.move(x + width / 2, y + height / 2)
    fresh.key("F11")
    state = fresh.wait(lambda s: s["full"] == "camera")
    assert state["panes"]["camera"][2] == 1920
    fresh.key("F11", "F1")
    fresh.wait(lambda s: s["full"] is None and s["help"])
    fresh.key("Escape")
    fresh.wait(lambda s: not s["help"])


def test_a_smaller_window_folds_and_a_larger_one_unfolds(fresh):
    fresh.resize(1366, 768)
    state = fresh.wait(lambda s: s["step"] == 4)
    assert state["panes"]["strip"][3] == 24
    fresh.click(*fresh.place_of("car-1"))
    fresh.wait(lambda s: s["selected"] == "car-1")
    fresh.resize(1920, 1080)
    fresh.wait(lambda s: s["step"] == 0)


def test_below_the_smallest_size_the_window_only_says_so(fresh):
    for width, height in ((1000, 560), (700, 400)):
        fresh.resize(width, height)
        fresh.wait(lambda s, size=(width, height): s["panes"] == {"too_small": [0, 0, *size]})
    fresh.resize(1920, 1080)
    fresh.wait(lambda s: s["step"] == 0 and s["shown"]["main"] == 0)


def test_a_new_search_begins_empty(fresh):
    fresh.key("slash")
    fresh.wait(lambda s: s["typing"])
    fresh.type("vna")
    fresh.wait(lambda s: s["query"] == "vna" and not s["busy"])
    fresh.key("Escape", "slash")
    assert fresh.wait(lambda s: s["typing"])["query"] == ""
    fresh.key("Escape")


def test_quitting_leaves_with_0(display, street, tmp_path, app):
    assert app.quit() == 0


def accent_pixels(image, rect):
    """How many pixels of a rectangle (x, y, width, height) have the colour of the selection."""
    x, y, width, height = (round(value) for value in rect)
    part = image[y : y + height, x : x + width].astype(int)
    return int((np.abs(part - ACCENT_BGR).max(axis=2) < 12).sum())


@pytest.mark.parametrize("size", ["1920x1080", "1366x768"])
def test_a_picture_of_the_window_shows_the_selection_in_every_pane(
    display, street, open_log, tmp_path, size, monkeypatch
):
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setenv("AV3D_STATE_JSON", str(tmp_path / "state.json"))
    picture = tmp_path / "out put" / "window.png"
    arguments = ["--size", size, "--select", "Car 1", "--frame", "3", "--screenshot", str(picture)]
    done = open_log(street, *arguments)
    assert done.returncode == 0, done.stderr
    image = cv2.imread(str(picture))
    width, height = map(int, size.split("x"))
    assert image.shape == (height, width, 3)
    state = json.loads((tmp_path / "state.json").read_text())
    assert (state["frame"], state["selected"]) == (3, "car-1")
    for pane in ("main", "camera", "tracks", "timeline"):
        assert accent_pixels(image, state["panes"][pane]) > 20, pane
    for name, (x, y, w, h) in state["panes"].items():
        part = image[round(y) : round(y + h), round(x) : round(x + w)]
        assert part.std() > 2, f"{name} is blank"
    assert list(picture.parent.iterdir()) == [picture]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--frame", "99"], "no frame 99"), (["--size", "wide"], "not a size")],
)
def test_bad_arguments_end_with_one_line_and_2(
    display, street, open_log, monkeypatch, arguments, words
):
    monkeypatch.setenv("DISPLAY", display)
    done = open_log(street, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_picture_with_a_track_that_is_not_there_ends_with_one_line_and_2(
    display, street, open_log, tmp_path, monkeypatch
):
    monkeypatch.setenv("DISPLAY", display)
    picture = tmp_path / "window.png"
    done = open_log(street, "--select", "Car 99", "--screenshot", str(picture))
    assert done.returncode == 2
    assert done.stderr.startswith("error: no track 'Car 99', ")
    assert done.stderr.count("\n") == 1
    assert not picture.exists()


LATE_POINTS = """
import sys, time
from av3d.present import supply
warm_up = supply._warm_up
def late():
    time.sleep(2.0)
    return warm_up()
supply._warm_up = late
from av3d_viewers.app import run
run(sys.argv[1])
"""


@pytest.mark.skipif(shutil.which("import") is None, reason="imagemagick is not installed")
def test_points_that_come_last_of_all_are_on_the_screen_when_the_state_says_so(
    display, street, tmp_path
):
    """A texture is empty in its second frame; the window waited for a gesture after it."""
    state_file, picture = tmp_path / "state.json", tmp_path / "screen.png"
    env = {**os.environ, "DISPLAY": display, "AV3D_STATE_JSON": str(state_file)}
    process = subprocess.Popen([sys.executable, "-c", LATE_POINTS, str(street)], env=env)
    try:
        end = time.monotonic() + 40
        state = {"busy": True, "shown": {"main": None}}
        while (state["busy"] or state["shown"]["main"] is None) and time.monotonic() < end:
            time.sleep(0.05)
            if state_file.exists():
                state = json.loads(state_file.read_text())
        assert state["shown"]["main"] == 0
        subprocess.run(["import", "-window", "root", str(picture)], env=env, check=True)
    finally:
        process.kill()
        process.wait(10)
    x, y, width, height = (round(value) for value in state["panes"]["main"])
    main = cv2.imread(str(picture))[y : y + height, x : x + width]
    points = (main.max(axis=2) > 60).mean()
    assert points > 0.05
    line = np.abs(main.astype(int) - [0x43, 0x39, 0x32]).max(axis=2) <= 1
    assert line.mean() < 0.2
