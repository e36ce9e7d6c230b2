"""Long random histories of two editors agree with a plain model, with the journal, and can be undone."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from random import Random
from typing import Any

import hypothesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from store.rehearsal import LOG, SESSIONS, Rehearsal, document_text, pick_operation, rehearse
from tracks.random_edits import FOUND, OPERATIONS

names = st.sampled_from(SESSIONS)
seeds = st.integers(0, 2**32 - 1)


class TwoEditors(RuleBasedStateMachine):
    """Two editors of one log; a number decides about the arguments of an edit."""

    def __init__(self) -> None:
        super().__init__()
        self.rehearsal = self.begin()

    def begin(self) -> Rehearsal:
        self.folder = Path(tempfile.mkdtemp(prefix="av3d-test-"))
        return Rehearsal(self.folder / "p.av3d")

    @rule(name=names, operation=st.sampled_from(sorted(OPERATIONS)), seed=seeds)
    def edit(self, name: str, operation: str, seed: int) -> None:
        self.rehearsal.edit(name, operation, Random(seed))

    @rule(name=names, seed=seeds)
    def edit_a_few_times(self, name: str, seed: int) -> None:
        random = Random(seed)
        for _ in range(4):
            self.rehearsal.edit(name, pick_operation(random, self.rehearsal.editors[name]), random)

    @rule(name=names, undos=st.integers(1, 4), redos=st.integers(0, 4))
    def back_and_forth(self, name: str, undos: int, redos: int) -> None:
        for _ in range(undos):
            self.rehearsal.undo(name)
        for _ in range(redos):
            self.rehearsal.redo(name)

    @rule(name=names)
    def redo(self, name: str) -> None:
        self.rehearsal.redo(name)

    @rule(name=names)
    def refresh(self, name: str) -> None:
        self.rehearsal.refresh(name)

    @rule(
        name=names,
        seed=seeds,
        what=st.sampled_from(["reopen", "restore", "elsewhere", "look back"]),
    )
    def now_and_then(self, name: str, seed: int, what: str) -> None:
        if what == "reopen":
            self.rehearsal.reopen(name)
        elif what == "restore":
            self.rehearsal.restore(name, Random(seed))
        elif what == "elsewhere":
            self.rehearsal.elsewhere(name, Random(seed))
        else:
            self.rehearsal.look_back(Random(seed))

    @invariant()
    def the_stored_labels_are_those_of_the_model(self) -> None:
        stored = self.rehearsal.projects["ada"].document(LOG).as_text()
        assert stored == document_text(self.rehearsal.texts)

    def teardown(self) -> None:
        try:
            self.rehearsal.check_all()
            self.rehearsal.undo_all()
            self.rehearsal.check_all()
        finally:
            self.rehearsal.close()
            self.end()

    def end(self) -> None:
        shutil.rmtree(self.folder)


def run(
    machine: type[RuleBasedStateMachine], examples: int, steps: int, seed: int | None = None
) -> None:
    """Let hypothesis make histories; always the same ones, or those of a seed."""
    with_seed: dict[str, Any] = {} if seed is None else {"derandomize": False, "database": None}
    if seed is not None:
        machine = hypothesis.seed(seed)(machine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            **with_seed,
        ),
    )


def test_every_operation_is_rehearsed() -> None:
    assert sorted(FOUND) == sorted(OPERATIONS)


def test_random_histories_on_sqlite() -> None:
    run(TwoEditors, examples=6, steps=20)


def test_random_histories_on_postgresql(postgres_server) -> None:
    class OnPostgres(TwoEditors):
        def begin(self) -> Rehearsal:
            self.database = postgres_server.database()
            return Rehearsal(self.database.__enter__())

        def end(self) -> None:
            self.database.__exit__(None, None, None)

    run(OnPostgres, examples=2, steps=15)


def test_a_long_history_is_taken_back_to_nothing(tmp_path: Path) -> None:
    random = Random(1)
    rehearsal = Rehearsal(tmp_path / "p.av3d")
    for _ in range(100):
        rehearse(rehearsal, random)
    rehearsal.check_all()
    rehearsal.undo_all()
    rehearsal.check_all()
    rehearsal.close()
