"""Two processes edit one log at the same time; the long form is tests/benchmarks/two_processes.py."""

from __future__ import annotations

from pathlib import Path

from benchmarks.two_processes import contest, outcome, problems

SOUND = {"journal as noted": True, "editors as stored": True, "fsck findings": 0}


def test_no_update_is_lost_and_every_conflict_is_reported(project_url: str, tmp_path: Path) -> None:
    facts = contest(project_url, tmp_path, edits=80)
    assert problems(facts) == []
    assert facts["edits"] == 80
    assert facts["conflicts reported"] > 0


def test_two_that_are_acknowledged_from_the_same_count_are_a_lost_update() -> None:
    notes = {
        "ada": [{"kind": "shared", "track": "s", "base": 4, "entry": 11}],
        "ben": [{"kind": "shared", "track": "s", "base": 4, "entry": 12}],
    }
    facts = outcome(notes) | SOUND
    assert facts["lost updates"] == 1
    assert problems(facts) == [
        "1 lost updates",
        "conflicts reported are not conflicts made",
    ]


def test_a_conflict_with_nobody_is_without_a_cause() -> None:
    notes = {"ada": [{"kind": "shared", "track": "s", "base": 4, "theirs": 4}]}
    facts = outcome(notes) | SOUND
    assert "1 conflicts without a cause" in problems(facts)
