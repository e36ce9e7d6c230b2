"""Memory that goes back to the system."""

from __future__ import annotations

from av3d_viewers.memory import LATEST_S, PAUSE_S, Memory


def test_memory_is_given_back_once_in_a_pause_of_the_user() -> None:
    now_s = [100.0]
    given: list[float] = []
    memory = Memory(lambda: given.append(now_s[0]), lambda: now_s[0])

    for time_s in (101.0, 100.0 + PAUSE_S, 101.0 + PAUSE_S, 100.0 + 2 * PAUSE_S):
        now_s[0] = time_s
        memory.rest()

    assert given == [100.0 + PAUSE_S, 100.0 + 2 * PAUSE_S]


def test_memory_is_given_back_at_work_too_but_later() -> None:
    now_s = [100.0]
    given: list[float] = []
    memory = Memory(lambda: given.append(now_s[0]), lambda: now_s[0])

    for time_s in (100.0 + PAUSE_S, 99.0 + LATEST_S, 100.0 + LATEST_S, 101.0 + LATEST_S):
        now_s[0] = time_s
        memory.at_work()

    assert given == [100.0 + LATEST_S]
