from __future__ import annotations

import pytest

from av3d.present.moment import MomentError, frame_of


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("0", 0), (" 7 ", 7), ("frame 11", 11), ("0.3 s", 3), ("0,3s", 3), ("340 ms", 3),
        (".96 sec", 10), ("0:00.5", 5), ("0 min", 0),
    ],
)  # fmt: skip
def test_a_frame_or_a_time_as_people_type_it(log, text, frame):
    assert frame_of(text, log) == frame


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("12", "there is no frame 12: the last one is 11"),
        ("9" * 50, "the last one is 11"),
        ("8 s", "the log has no time 8 s: it is 1.100 s long"),
        ("soon", "'soon' is no frame and no time"),
        ("-3", "is no frame and no time"),
    ],
)
def test_what_is_not_in_the_log_is_refused_with_what_is(log, text, words):
    with pytest.raises(MomentError) as caught:
        frame_of(text, log)
    assert words.split(": ")[0] in str(caught.value)
    assert words.split(": ")[-1] in str(caught.value)
