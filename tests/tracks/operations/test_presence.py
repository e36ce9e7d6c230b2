import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.presence import (
    add_span,
    begin_here,
    cut_presence,
    delete_absent_keyframes,
    end_here,
    extend_presence,
    including,
    join_spans,
    resize_span,
    set_reason,
    shorten_presence,
)
from av3d.tracks.presence import Edge, Span
from av3d.tracks.track import Track
from tracks.strategies import FRAMES, STEP_NS, edges, few, one_track, there_and_back, times_ns

S = 1_000_000_000
VIEW, OCCLUDED, RANGE = Edge.VIEW, Edge.OCCLUDED, Edge.RANGE
SECONDS = [n * S for n in range(11)]


def street(*spans: Span) -> Document:
    """A car with keyframes at 0, 5 and 10 s."""
    cuboid = Cuboid.from_yaw([0, 0, 0], [4, 2, 1.5], 0.0)
    keyframes = tuple(Keyframe(n * S, cuboid) for n in (0, 5, 10))
    return Document.of([Track("a", "car", keyframes, spans, number=1)])


def span(start_s: float, end_s: float, starts: Edge = VIEW, ends: Edge = VIEW) -> Span:
    return Span(int(start_s * S), int(end_s * S), starts, ends)


ONE = street()
TWO = street(span(0, 4, RANGE, OCCLUDED), span(6, 10, OCCLUDED, RANGE))


def presence(document: Document, changes) -> tuple[Span, ...]:
    """Presence after changes, which leave everything else."""
    track = there_and_back(document, changes).tracks["a"]
    old = document.tracks["a"]
    assert all(one is other for one, other in zip(track.keyframes, old.keyframes, strict=True))
    assert {**track.header_as_json(), "presence": 0} == {**old.header_as_json(), "presence": 0}
    return track.presence


# Cut


def test_cutting_out_a_middle_gives_two_spans_that_end_at_frames():
    found = presence(ONE, cut_presence(ONE, "a", 3 * S, 5 * S, OCCLUDED, SECONDS))
    assert found == (span(0, 2, VIEW, OCCLUDED), span(6, 10, OCCLUDED, VIEW))


def test_without_frames_presence_ends_a_nanosecond_off_the_absence():
    found = presence(ONE, cut_presence(ONE, "a", 3 * S, 5 * S))
    assert found == (Span(0, 3 * S - 1, VIEW, OCCLUDED), Span(5 * S + 1, 10 * S, OCCLUDED, VIEW))


def test_a_cut_takes_away_spans_within_and_leaves_those_outside():
    three = street(span(0, 2), span(3, 4), span(5, 10))
    found = presence(three, cut_presence(three, "a", 3 * S, 6 * S, RANGE, SECONDS))
    assert found == (span(0, 2), span(7, 10, RANGE, VIEW))
    assert cut_presence(TWO, "a", int(4.5 * S), int(5.5 * S)) == ()


def test_a_cut_that_leaves_no_frame_of_a_span_still_leaves_its_time():
    between = street(span(2.2, 6))
    found = presence(between, cut_presence(between, "a", 3 * S, 4 * S, OCCLUDED, SECONDS))
    assert found == (Span(int(2.2 * S), 3 * S - 1, VIEW, OCCLUDED), span(5, 6, OCCLUDED, VIEW))


def test_a_span_that_ends_between_frames_keeps_what_is_left_after_a_cut():
    between = street(span(2, 4.5))
    found = presence(between, cut_presence(between, "a", 3 * S, 4 * S, OCCLUDED, SECONDS))
    assert found == (
        span(2, 2, VIEW, OCCLUDED),
        Span(4 * S + 1, int(4.5 * S), OCCLUDED, VIEW),
    )


def test_including_a_time_grows_presence_no_more_than_that_takes():
    spans = TWO.tracks["a"].presence
    assert including(spans, 12 * S) == (spans[0], span(6, 12, OCCLUDED, RANGE))
    assert including(spans, -S) == (span(-1, 4, RANGE, OCCLUDED), spans[1])
    gap = (span(0, 4, RANGE, VIEW), span(6, 10, OCCLUDED, RANGE))
    assert including(gap, 5 * S) == (gap[0], span(5, 5, VIEW, OCCLUDED), gap[1])
    assert including(spans, 4 * S) == spans


# Extend, shorten, begin, end


def test_the_nearest_span_grows_to_a_time():
    assert presence(TWO, extend_presence(TWO, "a", 12 * S))[1] == span(6, 12, OCCLUDED, RANGE)
    assert presence(TWO, extend_presence(TWO, "a", -S, VIEW))[0] == span(-1, 4, VIEW, OCCLUDED)
    assert presence(TWO, extend_presence(TWO, "a", int(5.5 * S))) == (
        span(0, 4, RANGE, OCCLUDED),
        span(5.5, 10, OCCLUDED, RANGE),
    )
    # Half-way the earlier one grows; where the object is there already nothing does.
    assert presence(TWO, extend_presence(TWO, "a", 5 * S))[0] == span(0, 5, RANGE, OCCLUDED)
    assert extend_presence(TWO, "a", 4 * S) == ()


def test_a_span_is_shortened_from_either_end():
    found = presence(TWO, shorten_presence(TWO, "a", 7 * S, end_ns=8 * S, reason=VIEW))
    assert found == (span(0, 4, RANGE, OCCLUDED), span(6, 8, OCCLUDED, VIEW))
    found = presence(TWO, shorten_presence(TWO, "a", S, start_ns=S, end_ns=2 * S))
    assert found[0] == span(1, 2, RANGE, OCCLUDED)
    assert shorten_presence(TWO, "a", 0, end_ns=4 * S) == ()


def test_beginning_here_takes_away_what_was_before():
    assert presence(TWO, begin_here(TWO, "a", 7 * S, VIEW)) == (span(7, 10, VIEW, RANGE),)
    # In a gap the next span grows, before all of them the first.
    assert presence(TWO, begin_here(TWO, "a", 5 * S)) == (span(5, 10, OCCLUDED, RANGE),)
    assert presence(TWO, begin_here(TWO, "a", -S))[0] == span(-1, 4, RANGE, OCCLUDED)


def test_ending_here_takes_away_what_was_after():
    assert presence(TWO, end_here(TWO, "a", 3 * S, VIEW)) == (span(0, 3, RANGE, VIEW),)
    assert presence(TWO, end_here(TWO, "a", 5 * S)) == (span(0, 5, RANGE, OCCLUDED),)
    assert presence(TWO, end_here(TWO, "a", 12 * S))[1] == span(6, 12, OCCLUDED, RANGE)


# Add, join, reasons


def test_another_span_is_added_where_the_object_was_not_there():
    found = presence(TWO, add_span(TWO, "a", span(4.5, 5, OCCLUDED, VIEW)))
    assert found[1] == span(4.5, 5, OCCLUDED, VIEW)
    assert len(found) == 3


def test_joined_spans_have_the_outer_reasons():
    three = street(span(0, 2, RANGE, VIEW), span(3, 4), span(5, 10, VIEW, OCCLUDED))
    found = presence(three, join_spans(three, "a", S, 6 * S))
    assert found == (span(0, 10, RANGE, OCCLUDED),)
    found = presence(three, join_spans(three, "a", 4 * S, 5 * S))
    assert found == (span(0, 2, RANGE, VIEW), span(3, 10, VIEW, OCCLUDED))
    assert join_spans(three, "a", 0, S) == ()


def test_the_reasons_of_a_span_are_told():
    found = presence(TWO, set_reason(TWO, "a", 8 * S, starts=RANGE))
    assert found[1] == span(6, 10, RANGE, RANGE)
    found = presence(TWO, set_reason(TWO, "a", 0, starts=VIEW, ends=VIEW))
    assert found[0] == span(0, 4)
    assert set_reason(TWO, "a", 0, ends=OCCLUDED) == ()


# Keyframes outside of presence


def test_keyframes_stay_when_presence_goes_and_are_deleted_on_request():
    document = ONE.apply(cut_presence(ONE, "a", 3 * S, 7 * S))
    assert document.tracks["a"].times_ns == [0, 5 * S, 10 * S]
    after = there_and_back(document, delete_absent_keyframes(document, ["a"]))
    assert after.tracks["a"].times_ns == [0, 10 * S]
    assert delete_absent_keyframes(after, ["a"]) == ()


# What is refused


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cut_presence(TWO, "a", 0, 10 * S), "never be there, Car 1, delete the track"),
        (lambda: cut_presence(TWO, "a", 5, 4), "ends 1 ns before it starts, Car 1"),
        (lambda: shorten_presence(TWO, "a", 5 * S), "not there at 5000000000 ns, Car 1"),
        (lambda: shorten_presence(TWO, "a", 0, end_ns=5 * S), "not become shorter, Car 1"),
        (lambda: shorten_presence(TWO, "a", 0, start_ns=3 * S, end_ns=S), "not become shorter"),
        (lambda: begin_here(TWO, "a", 11 * S), "never be there"),
        (lambda: end_here(TWO, "a", -S), "never be there"),
        (lambda: add_span(TWO, "a", span(4, 5)), "there already at some time.*, Car 1"),
        (lambda: join_spans(TWO, "a", 0, 5 * S), "not there at"),
        (lambda: join_spans(TWO, "a", 7 * S, 0), "before it starts"),
        (lambda: set_reason(TWO, "a", 11 * S, ends=VIEW), "not there at"),
        (lambda: extend_presence(TWO, "b", 0), "no such track"),
        (
            lambda: delete_absent_keyframes(street(span(6, 7)), ["a"]),
            "all keyframes are at times.*, Car 1",
        ),
    ],
)
def test_impossible_edits_are_refused(call, message):
    with pytest.raises(EditError, match=message):
        call()


# Properties

FRAME_TIMES = [n * STEP_NS for n in range(FRAMES)]


def operations(times: list[int], reason: Edge):
    a, b = times
    return {
        "cut": lambda d: cut_presence(d, "t0", a, b, reason, FRAME_TIMES),
        "extend": lambda d: extend_presence(d, "t0", a, reason),
        "shorten": lambda d: shorten_presence(d, "t0", a, end_ns=b, reason=reason),
        "begin": lambda d: begin_here(d, "t0", a, reason),
        "end": lambda d: end_here(d, "t0", b, reason),
        "add": lambda d: add_span(d, "t0", Span(a, b, reason)),
        "join": lambda d: join_spans(d, "t0", a, b),
        "reason": lambda d: set_reason(d, "t0", a, starts=reason),
    }


@few
@given(
    one_track(),
    st.sampled_from(list(operations([0, 0], VIEW))),
    st.tuples(times_ns(), times_ns()).map(sorted),
    edges,
)
def test_presence_changes_at_the_frames_concerned_only(document, name, times, reason):
    before = document.tracks["t0"]
    try:
        changes = operations(times, reason)[name](document)
    except EditError:
        return
    track = there_and_back(document, changes).tracks["t0"]
    assert all(one is other for one, other in zip(track.keyframes, before.keyframes, strict=True))
    start_ns, end_ns = times
    for time_ns in [*FRAME_TIMES, start_ns, end_ns]:
        was, inside = before.is_present(time_ns), start_ns <= time_ns <= end_ns
        now = track.is_present(time_ns)
        holds = {
            "cut": now == (was and not inside),
            "add": now == (was or inside),
            "join": now == (was or inside),
            "reason": now == was,
            "extend": now or not was,
            "shorten": was or not now,
            "begin": not now or time_ns >= start_ns,
            "end": not now or time_ns <= end_ns,
        }
        assert holds[name], time_ns
    # What they are called after holds.
    if name in ("extend", "begin"):
        assert track.is_present(start_ns)
    if name == "end":
        assert track.is_present(end_ns)
    if name == "begin":
        assert track.start_ns == start_ns
    if name == "end":
        assert track.end_ns == end_ns


@few
@given(one_track())
def test_only_keyframes_outside_of_presence_are_deleted(document):
    for track_id, before in document.tracks.items():
        there = [k for k in before.keyframes if before.is_present(k.timestamp_ns)]
        if not there:
            with pytest.raises(EditError):
                delete_absent_keyframes(document, [track_id])
            continue
        after = there_and_back(document, delete_absent_keyframes(document, [track_id]))
        kept = after.tracks[track_id].keyframes
        assert all(one is other for one, other in zip(kept, there, strict=True))


# Resize


def test_a_span_gets_another_start_or_end_and_keeps_its_reasons():
    later = presence(TWO, resize_span(TWO, "a", 1 * S, end_ns=5 * S))
    assert later == (span(0, 5, RANGE, OCCLUDED), span(6, 10, OCCLUDED, RANGE))
    shorter = presence(TWO, resize_span(TWO, "a", 7 * S, start_ns=8 * S))
    assert shorter == (span(0, 4, RANGE, OCCLUDED), span(8, 10, OCCLUDED, RANGE))


def test_a_span_that_comes_to_touch_the_next_one_becomes_one_with_it():
    assert presence(TWO, resize_span(TWO, "a", 1 * S, end_ns=6 * S)) == (span(0, 10, RANGE, RANGE),)
    assert presence(TWO, resize_span(TWO, "a", 7 * S, start_ns=3 * S)) == (
        span(0, 10, RANGE, RANGE),
    )


def test_a_span_does_not_end_before_it_starts():
    with pytest.raises(EditError, match="before it starts"):
        resize_span(TWO, "a", 7 * S, end_ns=5 * S)


def test_only_a_span_that_is_there_is_resized():
    with pytest.raises(EditError, match="not there"):
        resize_span(TWO, "a", 5 * S, end_ns=6 * S)
