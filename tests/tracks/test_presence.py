import numpy as np
import pytest

from av3d.tracks.checking import TrackError
from av3d.tracks.presence import ENDS, STARTS, Edge, Span, checked_presence


def test_a_span_holds_its_ends():
    span = Span(5, 9)
    assert [time for time in range(4, 11) if span.contains(time)] == [5, 6, 7, 8, 9]
    assert Span(5, 5).contains(5)


def test_reasons_are_written_only_where_they_say_something():
    assert Span(5, 9).as_json() == [5, 9]
    assert Span(5, 9, Edge.VIEW, Edge.OCCLUDED).as_json() == [5, 9, "view", "occluded"]
    assert Span(5, 9, Edge.RANGE).as_json() == [5, 9, "range", "view"]


def test_people_read_why_an_object_comes_and_goes():
    assert set(STARTS) == set(ENDS) == set(Edge)
    assert (STARTS[Edge.OCCLUDED], ENDS[Edge.RANGE]) == ("reappears", "gets out of range")


def test_spans_are_put_in_order_and_may_be_a_nanosecond_apart():
    assert checked_presence([Span(6, 9), Span(0, 5)], "track 'a'") == (Span(0, 5), Span(6, 9))
    assert checked_presence([], "track 'a'") == ()


@pytest.mark.parametrize("spans", [[Span(0, 5), Span(5, 9)], [Span(0, 9), Span(3, 4)]])
def test_spans_that_overlap_are_refused(spans):
    with pytest.raises(TrackError, match="presence overlap, track 'a'"):
        checked_presence(spans, "track 'a'")


def test_times_are_whole_and_in_order():
    assert type(Span(np.int64(3), 4).start_ns) is int
    with pytest.raises(TrackError, match="ends 2 ns before it starts"):
        Span(5, 3)
    with pytest.raises(TrackError, match="whole number"):
        Span(0, 3.5)
    with pytest.raises(TrackError, match="further from zero"):
        Span(0, 2**62)
