import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from av3d.logs.cache import ByteCache


def cache(capacity: int) -> ByteCache[bytes]:
    return ByteCache(capacity, len)


def test_a_value_is_loaded_once():
    loads: list[str] = []
    kept = cache(100)
    for _ in range(3):
        assert kept.get("a", lambda: loads.append("a") or b"12345") == b"12345"
    assert loads == ["a"]
    assert kept.held_bytes == 5


def test_the_value_used_longest_ago_goes_first():
    kept = cache(10)
    kept.get("a", lambda: b"aaaa")
    kept.get("b", lambda: b"bbbb")
    kept.get("a", lambda: b"never")
    kept.get("c", lambda: b"cccc")
    assert kept.peek("b") is None
    assert kept.peek("a") == b"aaaa"
    assert kept.held_bytes == 8


def test_what_is_larger_than_the_cache_is_returned_but_not_kept():
    kept = cache(10)
    kept.get("a", lambda: b"aaaa")
    assert kept.get("big", lambda: b"x" * 11) == b"x" * 11
    assert kept.peek("big") is None
    assert kept.peek("a") == b"aaaa"
    assert kept.held_bytes == 4


def test_an_error_passes_through_and_leaves_nothing_behind():
    kept = cache(10)

    def fail() -> bytes:
        raise OSError("disk gone")

    for _ in range(2):
        with pytest.raises(OSError, match="disk gone"):
            kept.get("a", fail)
    assert kept.held_bytes == 0
    assert kept.get("a", lambda: b"ok") == b"ok"


def test_a_size_that_changes_does_not_upset_the_sum():
    sizes = iter([6, 1, 1, 1, 1])
    kept: ByteCache[str] = ByteCache(10, lambda value: next(sizes))
    for key in "abcd":
        kept.get(key, lambda key=key: key)
    assert 0 <= kept.held_bytes <= 10


def test_a_thread_that_waits_gets_what_the_first_one_loads():
    kept = cache(100)
    started, go = threading.Event(), threading.Event()
    loads: list[int] = []

    def slow() -> bytes:
        loads.append(1)
        started.set()
        assert go.wait(10)
        return b"value"

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(kept.get, "a", slow)
        assert started.wait(10)
        others = [pool.submit(kept.get, "a", slow) for _ in range(3)]
        # Another key is not held up.
        assert kept.get("b", lambda: b"b") == b"b"
        go.set()
        assert [future.result(10) for future in (first, *others)] == [b"value"] * 4
    assert loads == [1]


def test_a_thread_that_waits_tries_itself_when_the_first_one_fails():
    kept = cache(100)
    started, go = threading.Event(), threading.Event()

    def fail() -> bytes:
        started.set()
        assert go.wait(10)
        raise OSError("disk gone")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(kept.get, "a", fail)
        assert started.wait(10)
        second = pool.submit(kept.get, "a", lambda: b"value")
        go.set()
        with pytest.raises(OSError, match="disk gone"):
            first.result(10)
        assert second.result(10) == b"value"
    assert kept.peek("a") == b"value"


def test_loading_may_ask_for_other_keys():
    kept = cache(100)
    assert (
        kept.get("sum", lambda: kept.get("a", lambda: b"1") + kept.get("b", lambda: b"2")) == b"12"
    )


def test_many_threads_stay_within_the_bound_and_see_right_values():
    kept: ByteCache[np.ndarray] = ByteCache(40 * 80, lambda value: value.nbytes)
    seen_over: list[int] = []

    def work(seed: int) -> None:
        for key in np.random.default_rng(seed).integers(0, 100, 400).tolist():
            value = kept.get(key, lambda key=key: np.full(10, key))
            assert (value == key).all()
            if kept.held_bytes > kept.capacity_bytes + 80:
                seen_over.append(kept.held_bytes)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert seen_over == []
    held = sum(value.nbytes for key in range(100) if (value := kept.peek(key)) is not None)
    assert kept.held_bytes == held <= kept.capacity_bytes
    assert kept._loading == {}
