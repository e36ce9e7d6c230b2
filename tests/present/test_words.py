from __future__ import annotations

import pytest

from av3d.present import words


def test_minus_is_a_minus_sign_and_thousands_have_a_comma():
    assert words.number(-1234.5) == "−1,234.50"


def test_there_is_no_negative_zero():
    assert words.number(-0.001) == "0.00"


def test_speeds_are_in_kilometres_per_hour():
    assert words.speed(1.9) == "6.8 km/h"


def test_counts_have_their_noun():
    assert words.plural(1, "key") == "1 key"
    assert words.plural(1200, "point") == "1,200 points"


@pytest.mark.parametrize(
    ("name", "title"),
    [("front_left_camera", "front left"), ("front", "front"), ("CAM_FRONT_LEFT", "front left"),
     ("ring_side-left", "ring side left")],
)  # fmt: skip
def test_cameras_are_called_by_where_they_look(name, title):
    assert words.camera_title(name) == title
