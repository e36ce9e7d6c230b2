"""What a review counts as fixed: only what a check that was made does not find any more."""

from __future__ import annotations

import pytest

from av3d.present import inspecting
from av3d.present.tasks import WorkQueue
from av3d.tracks.decision import REVIEWER_TIER, Verdict
from av3d.tracks.operations.decisions import decide
from faulty_labels import Leap, checks, tracks  # noqa: F401  # fixtures, too


class Seen(Leap):
    """As Leap, but it looks at images: it is made after the checks that do not."""

    id, title, reads_images = "seen", "Seen leap", True


class Broken(Leap):
    id, title = "broken", "Broken"

    def measure(self, subject):
        raise ZeroDivisionError("of nothing")


@pytest.fixture
def begun(editing, monkeypatch):
    """What is begun at the works of a window; it waits until a test lets it run."""
    waiting = []
    editing.session.works = WorkQueue(start=waiting.append)
    monkeypatch.setattr(inspecting, "all_checks", lambda: (Leap(), Seen(), Broken()))
    return waiting


def begin_to_fix(workspace, check):
    """Somebody began to fix a finding on Car 3, in which nothing is wrong by now."""
    workspace.session.edits.do(
        "Fix",
        lambda document: decide(
            document, f"review/{check}/jumper-3/0", Verdict.FIXING, author="mira",
            tier=REVIEWER_TIER, time_ns=9, start_ns=0, end_ns=0, track_ids=("jumper-3",),
            track_digest="as it was", check=check,
        ),
    )  # fmt: skip


def run_next(begun, workspace, settle):
    begun.pop(0)()
    settle(workspace)


def test_nothing_counts_as_fixed_before_its_check_was_made(editing, begun, settle):
    begin_to_fix(editing, "leap")
    begin_to_fix(editing, "seen")
    editing.key("Alt+2")
    settle(editing)
    assert len(begun) == 2
    assert editing.review.tally().fixed == 0
    run_next(begun, editing, settle)
    assert editing.review.tally().fixed == 1
    run_next(begun, editing, settle)
    assert editing.review.tally().fixed == 2


def test_what_was_fixed_stays_so_while_all_is_checked_again(editing, begun, settle):
    begin_to_fix(editing, "leap")
    editing.key("Alt+2")
    settle(editing)
    while begun:
        run_next(begun, editing, settle)
    editing.key("F7")
    settle(editing)
    assert begun
    assert editing.review.tally().fixed == 1


def test_what_a_check_that_fails_had_found_is_not_fixed(editing, begun, settle):
    begin_to_fix(editing, "broken")
    editing.key("Alt+2")
    settle(editing)
    while begun:
        run_next(begun, editing, settle)
    assert editing.inspecting.complete
    assert editing.review.tally().fixed == 0
