"""What an edit still has to be told, and what it would do: title, choices, numbers and a plan.

A dialog is a value; `panes/dialog.py` shows it and previews its plan whenever a choice changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from av3d.present.edits import Operation

Values = Mapping[str, Any]
"""What the inputs say, by their names."""


@dataclass(frozen=True)
class Option:
    """One of several things to choose from.

    Attributes:
        key: what the dialog gets.
        title: what people read.
        note: figures at the right: "0.8 s later, 0.4 m off".
        icon: a character of the icon font, "" for none.
        colour: of the icon, "#RRGGBB".
        hotkey: a key that chooses it while the dialog is open, "" for none.
    """

    key: str
    title: str
    note: str = ""
    icon: str = ""
    colour: str = ""
    hotkey: str = ""


@dataclass(frozen=True)
class Pick:
    """One of several options; the value is its key."""

    name: str
    title: str
    options: tuple[Option, ...]
    tip: str = ""


@dataclass(frozen=True)
class Switch:
    """Something that is so or not; the value is a bool."""

    name: str
    title: str
    tip: str = ""


@dataclass(frozen=True)
class Amount:
    """A number, typed, dragged or stepped.

    Attributes:
        name: of the value, a float.
        title: what it is.
        unit: "m", "°", "frames"; "" for a plain number.
        step: of the wheel, and of 4 pixels of a drag.
        smallest, largest: limits.
        decimals: as it is shown.
        tip: what it does.
    """

    name: str
    title: str
    unit: str = ""
    step: float = 1.0
    smallest: float = -1e6
    largest: float = 1e6
    decimals: int = 0
    tip: str = ""


@dataclass(frozen=True)
class Words:
    """A line of text."""

    name: str
    title: str
    hint: str = ""
    tip: str = ""


Input = Pick | Switch | Amount | Words


@dataclass(frozen=True)
class Plan:
    """What the dialog would do as it stands.

    Attributes:
        title: of the transaction, for the journal: "Merge Car 7 and Car 12".
        operation: the edit.
        lines: what it does, for people; (): what `describe` finds.
        shows: IDs of tracks that are selected while it is previewed, and after it is done.
    """

    title: str
    operation: Operation
    lines: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()


def _nothing_else() -> object:
    return None


def _no_inputs(_values: Values) -> Sequence[Input]:
    return ()


@dataclass(eq=False)
class Dialog:
    """An edit that asks before it is done.

    Attributes:
        name: of the dialog, for tests.
        title: what it is about.
        icon: key of ICONS.
        verb: the words of its button: "Merge".
        plan: what it would do with some values; Av3dError where that is impossible, or what is
            missing yet.
        inputs: what it asks, which may depend on what was said so far.
        values: what its inputs say.
        modal: whether nothing else can be done meanwhile; only for a loss.
        shows_new: whether tracks that it makes are selected when it is done.
        records: whether it only says something of the labels, an issue or a plan: that is possible
            where edits wait, and there is nothing to preview.
        watched: what else than the labels its plan depends on; once that is another value, the plan is
            made anew.
        action: what is done in place of an edit, for what is not in the labels; its plan only says
            what there is to know before.
    """

    name: str
    title: str
    icon: str
    verb: str
    plan: Callable[[Values], Plan]
    inputs: Callable[[Values], Sequence[Input]] = _no_inputs
    values: dict[str, Any] = field(default_factory=dict)
    modal: bool = False
    shows_new: bool = False
    records: bool = False
    watched: Callable[[], object] = _nothing_else
    action: Callable[[], object] | None = None
