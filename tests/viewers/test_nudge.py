"""A window that fell asleep looks again."""

from __future__ import annotations

import threading

from av3d_viewers.nudge import TIMES, Nudge


def test_it_looks_a_few_times_more_and_then_sleeps_until_something_happens() -> None:
    posted = threading.Semaphore(0)
    nudge = Nudge(posted.release, delay_s=0.0)
    for _ in range(TIMES):
        nudge.sleeping()
        assert posted.acquire(timeout=10)
        nudge.woke()

    nudge.sleeping()
    assert nudge._timer is None

    nudge.woke()  # by a key
    nudge.sleeping()
    assert posted.acquire(timeout=10)


def test_what_wakes_the_window_first_counts_and_not_the_nudge() -> None:
    posted = threading.Semaphore(0)
    nudge = Nudge(posted.release, delay_s=3600.0)
    nudge.sleeping()
    timer = nudge._timer
    nudge.woke()
    assert timer is not None
    timer.join(10)
    assert not timer.is_alive()
    assert not posted.acquire(blocking=False)
