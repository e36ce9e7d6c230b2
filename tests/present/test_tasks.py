"""Long work: its progress in words, cancel, errors, and what runs beside what."""

from __future__ import annotations

import threading
import time

import pytest

from av3d.errors import Av3dError
from av3d.present.tasks import State, Work, WorkQueue

MOST_S = 10.0


class Later:
    """Keeps what shall run until a test lets it."""

    def __init__(self):
        self.waiting = []

    def __call__(self, run):
        self.waiting.append(run)

    def go(self):
        self.waiting.pop(0)()


@pytest.fixture
def later():
    return Later()


@pytest.fixture
def queue(clock, later):
    return WorkQueue(clock, later)


def nothing(report):
    report("", 0, 0)


def settled(queue):
    """Tick like the window until nothing is left."""
    ended = []
    end = time.monotonic() + MOST_S
    while queue.busy and time.monotonic() < end:
        ended += queue.tick()
        time.sleep(0.002)
    return ended


def test_work_runs_on_a_thread_and_its_result_is_handed_over_on_ours():
    seen = []
    queue = WorkQueue()
    queue.add(
        Work(
            "Counting",
            lambda report: threading.get_ident(),
            then=lambda ident: seen.append((ident, threading.get_ident())),
        )
    )
    [work] = settled(queue)
    assert work.state is State.DONE
    [(there, here)] = seen
    assert here == threading.get_ident() != there


def test_the_words_say_what_and_how_far(queue, later):
    said = []

    def run(report):
        said.append(queue.words())
        report("reading sweeps", 64, 1200)
        said.append((queue.words(), queue.fraction))
        report("Checking tracks", 3, 4)
        said.append((queue.words(), queue.fraction))

    queue.add(Work("Checking tracks", run))
    later.go()
    assert said == [
        "Checking tracks",
        ("Checking tracks: reading sweeps, 64 of 1,200", 64 / 1200),
        ("Checking tracks, 3 of 4", 0.75),
    ]
    queue.tick()
    assert (queue.words(), queue.fraction) == ("", None)


@pytest.mark.parametrize(
    ("done", "passed_s", "words"),
    [
        (10, 20.0, "Filling, 10 of 100, 3 min left"),
        (50, 25.0, "Filling, 50 of 100, 25 s left"),
        (90, 90.0, "Filling, 90 of 100"),
        (1, 40.0, "Filling, 1 of 100, 1 h 6 min left"),
        (1, 0.5, "Filling, 1 of 100"),
    ],
)
def test_the_time_left_is_told_when_it_is_above_10_s(queue, later, clock, done, passed_s, words):
    said = []

    def run(report):
        report("", 0, 100)
        clock.now_s += passed_s
        report("", done, 100)
        said.append(queue.words())

    queue.add(Work("Filling", run))
    later.go()
    assert said == [words]


def test_another_part_of_the_work_has_a_pace_of_its_own(queue, later, clock):
    said = []

    def run(report):
        report("reading", 0, 10)
        clock.now_s += 1000
        report("reading", 10, 10)
        report("writing", 0, 100)
        clock.now_s += 5
        report("writing", 50, 100)
        said.append(queue.words())

    queue.add(Work("Exporting", run))
    later.go()
    assert said == ["Exporting: writing, 50 of 100"]


def test_cancelled_work_ends_at_its_next_report(queue, later):
    reached = []

    def run(report):
        report("", 1, 3)
        queue.cancel()
        reached.append(queue.words())
        report("", 2, 3)
        reached.append("never")

    work = queue.add(Work("Importing", run, then=reached.append))
    later.go()
    assert queue.tick() == (work,)
    assert work.state is State.CANCELLED
    assert reached == ["Importing, stopping"]
    assert work.message().title == "Importing: stopped"


def test_work_that_was_cancelled_before_it_began_never_runs(queue, later):
    queue.add(Work("First", nothing))
    second = queue.add(Work("Second", nothing))
    second.cancel()
    assert queue.tick() == (second,)
    assert len(later.waiting) == 1


def test_work_that_ends_well_although_it_was_cancelled_is_done(queue, later):
    work = queue.add(Work("Exporting", lambda report: 7))
    work.cancel()
    later.go()
    queue.tick()
    assert (work.state, work.result) == (State.DONE, 7)


def test_works_wait_for_each_other_unless_they_may_run_beside(queue, later):
    first = queue.add(Work("First", nothing))
    second = queue.add(Work("Second", nothing))
    beside = queue.add(Work("Beside", nothing, alone=False))
    assert [work.state for work in (first, second, beside)] == [
        State.RUNNING,
        State.WAITING,
        State.RUNNING,
    ]
    assert second.words() == "Second, waiting for other work"
    assert queue.words() == "First (and 2 more)"
    later.go()
    assert queue.tick() == (first,)
    assert second.state is State.RUNNING


def test_an_error_is_a_message_with_details_to_copy(queue, later):
    def run(report):
        raise Av3dError("no tracks", "street", "add one")

    work = queue.add(Work("Exporting", run, failed="Export failed"))
    later.go()
    queue.tick()
    message = work.message()
    assert (message.kind, message.title, message.text) == (
        "error",
        "Export failed",
        "No tracks. street. Add one.",
    )
    assert message.details.startswith("Export failed\nno tracks, street, add one\n")
    assert "test_tasks.py" in message.details


def test_any_exception_is_told_with_its_kind(queue, later):
    work = queue.add(Work("Importing", lambda report: {}["x"]))
    later.go()
    queue.tick()
    assert work.message().text == "KeyError: 'x'"
    assert work.message().title == "Importing failed"


def test_a_result_that_cannot_be_shown_is_a_failure_and_the_others_go_on(queue, later):
    def broken(_result):
        raise ValueError("no place")

    first = queue.add(Work("First", nothing, then=broken))
    second = queue.add(Work("Second", nothing))
    later.go()
    queue.tick()
    later.go()
    queue.tick()
    assert (first.state, second.state) == (State.FAILED, State.DONE)
    assert "no place" in first.message().text


def test_quitting_waits_for_work_that_stops():
    queue = WorkQueue()

    def run(report):
        while True:
            report("", 0, 0)
            time.sleep(0.001)

    queue.add(Work("Checking", run))
    queue.add(Work("Never begun", nothing))
    assert queue.close(within_s=MOST_S) == ()


def test_quitting_does_not_wait_for_work_that_ignores_it():
    queue = WorkQueue()
    let_go = threading.Event()
    queue.add(Work("Stuck", lambda report: let_go.wait(MOST_S)))
    assert queue.close(within_s=0.05) == ("Stuck",)
    let_go.set()
    settled(queue)


def test_quiet_work_stands_aside_and_goes_on():
    steps = []
    queue = WorkQueue()
    queue.hold_quiet(True)
    queue.add(Work("Checking", lambda report: [steps.append(n) or report("", n, 2) for n in (1, 2)],
                   alone=False, quiet=True))  # fmt: skip
    queue.tick()
    assert steps == []
    queue.hold_quiet(False)
    assert [work.state for work in settled(queue)] == [State.DONE]
    assert steps == [1, 2]


def test_quiet_work_that_stands_aside_can_be_cancelled():
    begun, held = threading.Event(), threading.Event()

    def run(report):
        begun.set()
        held.wait(MOST_S)
        report("", 0, 0)

    queue = WorkQueue()
    work = queue.add(Work("Checking", run, alone=False, quiet=True))
    begun.wait(MOST_S)
    queue.hold_quiet(True)
    held.set()
    work.cancel()
    assert [each.state for each in settled(queue)] == [State.CANCELLED]


def test_work_that_somebody_waits_for_does_not_stand_aside(queue, later):
    queue.hold_quiet(True)
    queue.add(Work("Importing", nothing))
    later.go()
    assert [work.state for work in queue.tick()] == [State.DONE]
