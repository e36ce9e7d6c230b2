import pickle
from pathlib import Path

import pytest

from av3d.errors import Av3dError, InputFileError, OutputError


def test_the_text_says_what_where_and_what_to_do():
    error = Av3dError("image is empty, 0 bytes", Path("camera/front/00.jpg"), "copy the file again")
    assert str(error) == "image is empty, 0 bytes, camera/front/00.jpg, copy the file again"


def test_parts_that_are_not_given_leave_no_comma():
    assert str(Av3dError("no such track")) == "no such track"
    assert str(Av3dError("no such track", fix="choose one")) == "no such track, choose one"


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\u2028", "\x85", "\v"])
def test_the_text_is_one_line(line_break):
    text = str(Av3dError(f"cannot read:{line_break}   disk gone", "a.pcd"))
    assert text.splitlines() == ["cannot read: disk gone, a.pcd"]


def test_two_spaces_in_a_path_stay_two():
    assert str(Av3dError("gone", Path("my  drive/a.pcd"))) == "gone, my  drive/a.pcd"


def test_terminal_escapes_in_a_path_do_not_reach_the_terminal():
    assert "\x1b" not in str(Av3dError("gone", "evil\x1b[2J.pcd"))


def test_a_path_that_is_not_utf8_can_be_printed():
    text = str(Av3dError("gone", Path(b"caf\xe9.pcd".decode("utf-8", "surrogateescape"))))
    text.encode("utf-8")
    assert "caf" in text


def test_umlauts_stay_readable():
    assert str(Av3dError("gone", "Übung/日本.pcd")) == "gone, Übung/日本.pcd"


@pytest.mark.parametrize("kind", [Av3dError, InputFileError, OutputError])
def test_errors_come_back_from_worker_processes(kind):
    error = pickle.loads(pickle.dumps(kind("what", "where", "fix")))
    assert type(error) is kind
    assert (error.what, error.where, error.fix) == ("what", "where", "fix")


def test_a_value_of_a_million_characters_is_not_printed_whole() -> None:
    text = str(
        Av3dError(f"y_m is {'{' * 1_000_000}, not a number", "poses.csv", "correct the line")
    )
    assert text.startswith("y_m is {{{")
    assert text.endswith("{, not a number, poses.csv, correct the line")
    assert len(text) < 1100
