"""Memory that goes back to the system."""

from __future__ import annotations

from av3d_viewers.memory import PAUSE_S, Memory


def test_memory_is_given_back_once_in_a_pause_of_the_user() -> None:
    given: list[float] = []
    now_s = 100.0
    memory = Memory(lambda: given.append(now_s), lambda: now_s)

    for now_s in (101.0, 100.0 + PAUSE_S, 101.0 + PAUSE_S, 100.0 + 2 * PAUSE_S):
        memory.rest()

    assert given == [100.0 + PAUSE_S, 100.0 + 2 * PAUSE_S]
