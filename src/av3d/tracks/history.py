"""Which transaction undo and redo take next. Both are transactions themselves: nothing is deleted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a transaction does."""

    DO = "do"
    UNDO = "undo"
    REDO = "redo"
    FIXED = "fixed"
    """It changes something that undo passes over: a log is added, a backup is restored."""


@dataclass(frozen=True)
class Step:
    """A transaction as far as undo is concerned.

    Attributes:
        id: its number; later transactions have larger ones.
        kind: what it does.
        target: of an undo or redo: the transaction of kind DO that it takes back or makes again.
    """

    id: int
    kind: Kind
    target: int | None = None


class History:
    """The transactions of one session, in order, and what can be undone and redone now.

    Args:
        steps: those that there are already.
    """

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        self._done: list[int] = []
        self._undone: list[int] = []
        for step in steps:
            self.push(step)

    def push(self, step: Step) -> None:
        """Take note of a transaction."""
        if step.kind is Kind.DO:
            self._done.append(step.id)
            self._undone.clear()
        elif step.kind is Kind.UNDO:
            _move(step.target, self._done, self._undone)
        elif step.kind is Kind.REDO:
            _move(step.target, self._undone, self._done)

    @property
    def undoable(self) -> int | None:
        """The transaction that undo takes back next."""
        return self._done[-1] if self._done else None

    @property
    def redoable(self) -> int | None:
        """The transaction that redo makes again next."""
        return self._undone[-1] if self._undone else None


def _move(target: int | None, source: list[int], to: list[int]) -> None:
    # It is the last one, unless the journal was tampered with; looking at all takes long.
    if source and source[-1] == target:
        to.append(source.pop())
    elif target in source:
        source.remove(target)
        to.append(target)


def next_target(kind: Kind, newest_first: Iterable[Step]) -> int | None:
    """What undo or redo takes next, from as few of a session's latest steps as will tell.

    As `History` says of all of them, if each undo and redo took what was next.

    Args:
        kind: UNDO or REDO.
        newest_first: the steps, the latest first.
    """
    # What becomes of a transaction is decided by the last step about it: the first that comes here.
    decided: set[int | None] = set()
    for step in newest_first:
        if step.kind is Kind.FIXED:
            continue
        concerned = step.id if step.kind is Kind.DO else step.target
        undone = step.kind is Kind.UNDO
        if concerned not in decided and undone == (kind is Kind.REDO):
            return concerned
        if kind is Kind.REDO and step.kind is Kind.DO:
            return None
        decided.add(concerned)
    return None
