import numpy as np
import pytest

from av3d.tracks.checking import (
    MAX_TIME_NS,
    TrackError,
    check_name,
    check_text,
    checked_attributes,
    whole_ns,
)


def test_times_become_plain_whole_numbers():
    assert [type(whole_ns(time)) for time in (np.int64(5), True, 5)] == [int] * 3
    assert whole_ns(1 - MAX_TIME_NS) == 1 - 2**62


@pytest.mark.parametrize("time", [MAX_TIME_NS, -MAX_TIME_NS, 10**400])
def test_times_that_no_file_can_hold_are_refused(time):
    with pytest.raises(TrackError, match="further from zero than can be stored"):
        whole_ns(time)


@pytest.mark.parametrize("time", [0.5, 1.0, "1", None, np.float64(3)])
def test_what_is_no_whole_number_is_no_time(time):
    with pytest.raises(TrackError, match="whole number of ns"):
        whole_ns(time)


@pytest.mark.parametrize("name", ["", "a\nb", "\x00", "\u2028", "\ud800", None, 7])
def test_names_are_printable_text(name):
    with pytest.raises(TrackError, match="no ID"):
        check_name(name, "ID", "track 'a'")
    check_name("Straßenbahn 7", "ID", "track 'a'")


def test_free_text_may_have_lines_but_nothing_that_a_database_refuses():
    check_text("zwei\nZeilen\t🚗", "the note", "track 'a'")
    with pytest.raises(TrackError, match="the note is not Unicode text, track 'a'"):
        check_text("\ud800", "the note", "track 'a'")
    with pytest.raises(TrackError, match="the note holds a zero character, track 'a'"):
        check_text("a\x00b", "the note", "track 'a'")


def test_attributes_are_a_copy_that_cannot_be_changed():
    given = {"door": "open", "wheels": 4, "load_t": 1.5, "parked": True}
    kept = checked_attributes(given)
    given["door"] = "shut"
    assert kept["door"] == "open"
    with pytest.raises(TypeError):
        kept["door"] = "shut"


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"door": None}, "'door' is None, which is no text, number, true or false"),
        ({"door": ["open"]}, "which is no text"),
        ({"door": np.int64(3)}, "which is no text"),
        ({3: "open"}, "attribute 3 is 'open'"),
        ({"load": float("nan")}, "'load' is nan, which is no number"),
        ({"load": -float("inf")}, "'load' is -inf"),
        ({"count": 2**63}, "'count' is a whole number of more than 64 bits"),
        ({"count": -(10**5000)}, "more than 64 bits"),
        ({"door": "\udfff"}, "'door' is not Unicode text"),
        ({"\udfff": 1}, "is not Unicode text"),
    ],
)
def test_attributes_that_no_file_can_hold_are_refused(attributes, message):
    with pytest.raises(TrackError, match=message):
        checked_attributes(attributes)
