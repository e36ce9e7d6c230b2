"""What can be chosen from a list that opens where it was asked for: values of a field, a context menu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from av3d.present.drawing import Rect


@dataclass(frozen=True, eq=False)
class Choice:
    """A line of the list.

    Attributes:
        title: what people read.
        action: does it.
        icon: a character of the icon font, "" for none.
        colour: of the icon, "#RRGGBB"; "" for that of text.
        key: shown at the right.
        on: whether it is what holds now.
        enabled: whether it can be chosen.
        separated: a line above it.
    """

    title: str
    action: Callable[[], None]
    icon: str = ""
    colour: str = ""
    key: str = ""
    on: bool = False
    enabled: bool = True
    separated: bool = False


class Choices:
    """The list that is open, if there is one. The window shows it over all panes.

    Attributes:
        items: its lines; () while none is open.
        pane: name of the pane that has asked.
        anchor: what it opens from, in the pane's pixels: below it, or above where there is no room.
        opened: counts how often one was opened.
    """

    def __init__(self) -> None:
        self.items: tuple[Choice, ...] = ()
        self.pane = ""
        self.anchor = Rect(0, 0, 0, 0)
        self.opened = 0

    def open(self, pane: str, anchor: Rect, items: tuple[Choice, ...]) -> None:
        """Open a list; one that is open goes."""
        self.items, self.pane, self.anchor = items, pane, anchor
        self.opened += 1

    def close(self) -> None:
        """Take the list away; nothing is chosen."""
        self.items = ()

    def choose(self, number: int) -> None:
        """Do what a line says, and close."""
        chosen = self.items[number]
        if chosen.enabled:
            self.close()
            chosen.action()
