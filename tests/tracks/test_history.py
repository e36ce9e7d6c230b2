"""Undo and redo, told as the journal has them: numbered steps, of which none is deleted."""

from hypothesis import given
from hypothesis import strategies as st

from av3d.tracks.history import History, Kind, Step, next_target

DO, UNDO, REDO, FIXED = Kind.DO, Kind.UNDO, Kind.REDO, Kind.FIXED


def next_of(*steps: tuple) -> tuple[int | None, int | None]:
    """What undo and redo take after steps (kind, target), numbered from 1."""
    history = History(Step(n, *step) for n, step in enumerate(steps, start=1))
    return history.undoable, history.redoable


def test_the_latest_steps_tell_what_is_next():
    def steps():
        for number in range(1_000_000, 0, -1):
            taken.append(number)
            yield Step(number, DO)

    taken: list[int] = []
    assert next_target(UNDO, [Step(3, UNDO, 2), Step(2, DO), Step(1, DO)]) == 1
    assert next_target(REDO, [Step(3, UNDO, 2), Step(2, DO), Step(1, DO)]) == 2
    assert next_target(REDO, steps()) is None
    assert next_target(UNDO, steps()) == 1_000_000
    assert taken == [1_000_000, 1_000_000]


def test_nothing_done_nothing_undone():
    assert next_of() == (None, None)


def test_undo_takes_the_latest_that_is_done():
    assert next_of((DO,), (DO,)) == (2, None)
    assert next_of((DO,), (DO,), (UNDO, 2)) == (1, 2)
    assert next_of((DO,), (DO,), (UNDO, 2), (UNDO, 1)) == (None, 1)


def test_redo_takes_back_the_latest_undo():
    undone = ((DO,), (DO,), (UNDO, 2), (UNDO, 1))
    assert next_of(*undone, (REDO, 1)) == (1, 2)
    assert next_of(*undone, (REDO, 1), (REDO, 2)) == (2, None)
    assert next_of(*undone, (REDO, 1), (UNDO, 1)) == (None, 1)


def test_doing_something_else_ends_redo():
    assert next_of((DO,), (DO,), (UNDO, 2), (DO,)) == (4, None)


def test_undo_passes_over_what_cannot_be_undone():
    assert next_of((DO,), (FIXED,)) == (1, None)
    assert next_of((DO,), (UNDO, 1), (FIXED,)) == (None, 1)


def test_a_target_that_is_not_there_changes_nothing():
    assert next_of((DO,), (UNDO, 7), (REDO, 7), (UNDO,)) == (1, None)


def test_a_target_that_is_not_the_latest_is_found_all_the_same():
    assert next_of((DO,), (DO,), (DO,), (UNDO, 1)) == (3, 1)
    assert next_of((DO,), (DO,), (UNDO, 2), (UNDO, 1), (REDO, 2)) == (2, 1)


@given(st.lists(st.sampled_from([DO, DO, UNDO, REDO, FIXED]), max_size=60))
def test_undo_and_redo_are_two_stacks(kinds):
    history, done, undone, steps = History(), [], [], []
    for number, kind in enumerate(kinds):
        assert history.undoable == (done[-1] if done else None)
        assert history.redoable == (undone[-1] if undone else None)
        target = None
        if kind is DO:
            done.append(number)
            undone.clear()
        elif kind is UNDO and done:
            target = done.pop()
            undone.append(target)
        elif kind is REDO and undone:
            target = undone.pop()
            done.append(target)
        history.push(Step(number, kind, target))
        if target is not None or kind in (DO, FIXED):
            steps.insert(0, Step(number, kind, target))
        assert next_target(UNDO, steps) == history.undoable
        assert next_target(REDO, steps) == history.redoable
