from __future__ import annotations

import pytest

from av3d.present.finding import distance, fit


@pytest.mark.parametrize(
    ("a", "b", "steps"),
    [("frame", "frame", 0), ("frme", "frame", 1), ("farme", "frame", 1), ("keyfrmae", "keyframe", 1),
     ("cat", "dog", 3), ("", "ab", 2)],
)  # fmt: skip
def test_letters_left_out_swapped_and_changed_are_counted(a, b, steps):
    assert distance(a, b) == steps


def test_all_words_have_to_be_met():
    assert fit("next frame", "Next frame") > 0
    assert fit("next camera", "Next frame") == 0


def test_a_whole_word_beats_its_beginning_and_that_beats_its_middle():
    assert fit("fit", "Fit to points") > fit("poi", "Fit to points") > fit("oint", "Fit to points")


def test_typing_errors_are_forgiven_in_words_that_are_long_enough():
    assert fit("keyfarme", "Keyframe here") > 0
    assert fit("xit", "Fit to points") == 0


def test_first_letters_and_other_words_count_less():
    assert 0 < fit("sb", "Send back") < fit("send", "Send back")
    assert 0 < fit("rotate", "Turn left", ("rotate",)) < fit("turn", "Turn left", ("rotate",))
