from __future__ import annotations

import threading

from av3d.present.loader import Job, Loader


def finish(loader):
    """Wait for the threads, bounded by the events the jobs set themselves."""
    pause = threading.Event()
    for _ in range(500):
        loader.drain()
        if not loader.busy:
            return
        pause.wait(0.01)
    raise AssertionError("the loader does not come to rest")


def test_results_arrive_when_they_are_drained():
    loader = Loader(threads=2)
    loader.want([Job("a", lambda: 1), Job("b", lambda: 2)])
    finish(loader)
    assert (loader.get("a"), loader.get("b")) == (1, 2)
    loader.close()


def test_what_is_no_longer_wanted_is_not_done():
    done = []
    started, go_on = threading.Event(), threading.Event()

    def slow():
        started.set()
        go_on.wait(5)
        done.append("slow")

    loader = Loader(threads=1)
    loader.want([Job("slow", slow), Job("old", lambda: done.append("old"))])
    started.wait(5)
    loader.want([Job("new", lambda: done.append("new"))])
    go_on.set()
    finish(loader)
    assert done == ["slow", "new"]
    loader.close()


def test_an_error_is_kept_for_its_key_and_the_thread_goes_on():
    def broken():
        raise ValueError("no such file")

    loader = Loader(threads=1)
    loader.want([Job("bad", broken), Job("good", lambda: 5)])
    finish(loader)
    assert str(loader.error("bad")) == "no such file"
    assert loader.get("bad") is None
    assert loader.get("good") == 5
    loader.close()


def test_a_failed_job_is_tried_again_only_after_its_error_is_forgotten():
    tries = []
    loader = Loader(threads=0)

    def broken():
        tries.append(1)
        raise ValueError

    loader.want([Job("bad", broken)])
    loader.want([Job("bad", broken)])
    assert len(tries) == 1
    loader.forget_errors()
    loader.want([Job("bad", broken)])
    assert len(tries) == 2


def test_results_that_are_kept_are_not_made_twice():
    made = []
    loader = Loader(threads=0)
    for _ in range(2):
        loader.want([Job("a", lambda: made.append(1) or "value")])
    assert made == [1]


def test_the_least_recently_used_result_goes_when_memory_is_full():
    loader = Loader(threads=0, capacity_bytes=100)
    for name in ("a", "b"):
        loader.want([Job(name, lambda: "value", lambda value: 40)])
    loader.get("a")
    loader.want([Job("c", lambda: "value", lambda value: 40)])
    assert loader.get("a") is not None
    assert loader.get("b") is None
    assert loader.get("c") is not None


def test_a_dropped_result_is_made_anew_and_takes_no_room():
    loader = Loader(threads=0, capacity_bytes=100)
    loader.put("a", 1, 60)
    loader.drop(["a", "never there"])
    loader.put("b", 2, 60)
    loader.put("c", 3, 30)
    assert loader.get("a") is None
    assert (loader.get("b"), loader.get("c")) == (2, 3)
