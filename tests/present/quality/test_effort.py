from __future__ import annotations

import pytest

from av3d.present.quality.effort import Effort, worked_words
from av3d.present.quality.trend import minute_words

S = 1_000_000_000
ONE, OTHER = (1, "one"), (1, "other")


def taken(*entries, idle_s=120.0):
    """Effort of entries (author, seconds, tracks)."""
    effort = Effort(idle_s)
    for author, time_s, tracks in entries:
        effort.take(author, int(time_s * S), tracks, has_events=False)
    return effort


def test_time_between_two_entries_is_work_on_what_the_second_changed():
    effort = taken(("ana", 0, [ONE]), ("ana", 30, [OTHER]))
    assert effort.track_s == {("ana", OTHER): 30.0}


def test_a_pause_longer_than_the_limit_is_no_work_and_begins_a_new_spell():
    effort = taken(("ana", 0, [ONE]), ("ana", 120, [ONE]), ("ana", 241, [ONE]))
    assert effort.total_s == 120.0
    assert effort.authors["ana"].spells == 2


def test_two_people_at_once_are_counted_each_by_themselves():
    effort = taken(
        ("ana", 0, [ONE]), ("ben", 10, [OTHER]), ("ana", 60, [ONE]), ("ben", 60, [OTHER])
    )
    assert (effort.authors["ana"].total_s, effort.authors["ben"].total_s) == (60.0, 50.0)


def test_an_edit_of_several_tracks_shares_its_time_out():
    effort = taken(("ana", 0, [ONE]), ("ana", 30, [ONE, OTHER]))
    assert effort.seconds_of_tracks() == {ONE: 15.0, OTHER: 15.0}


def test_a_clock_that_was_set_back_takes_no_time_away():
    effort = taken(("ana", 100, [ONE]), ("ana", 40, [ONE]), ("ana", 50, [ONE]))
    assert effort.total_s == 10.0


def test_decisions_and_issues_are_reviewing_and_tasks_are_neither():
    effort = taken(("ana", 0, [ONE]))
    effort.take("ana", 20 * S, [], has_events=True)
    effort.take("ana", 25 * S, [], has_events=False)
    one = effort.authors["ana"]
    assert (one.labelling_s, one.reviewing_s, one.other_s) == (0.0, 20.0, 5.0)


def test_time_is_also_told_by_day():
    day_s = 86_400
    effort = taken(("ana", day_s - 10, [ONE]), ("ana", day_s + 5, [ONE]), ("ana", day_s + 9, [ONE]))
    assert effort.day_s == pytest.approx({("ana", 1): 19.0})


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 min"),
        (80.0, "1 min"),
        (12 * 60.0, "12 min"),
        (3599.0, "1 h 0 min"),
        (3 * 3600 + 5 * 60.0, "3 h 5 min"),
        (86_399.0, "24.0 h"),
        (31.5 * 3600, "31.5 h"),
    ],
)
def test_time_spent_is_said_in_hours_and_minutes_below_a_day(seconds, words):
    assert worked_words(seconds) == words


def test_the_time_of_an_entry_is_said_to_the_minute():
    assert minute_words((9 * 3600 + 44 * 60 + 59) * S) == "1970-01-01 09:44"
    assert minute_words(10**30).endswith(" ns")
