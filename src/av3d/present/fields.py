"""Text that is typed: one field at a time, wherever it is; the window puts a real one there.

Only the window toolkit knows the layout of the keyboard and input methods, so a pane says where the
text goes and what to do with it, and the window does the typing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from av3d.present.drawing import Rect


def _nothing(_text: str) -> None:
    """What a field does that only counts once it is entered."""


@dataclass(eq=False)
class Field:
    """A text that is being typed.

    Attributes:
        name: of the field, for tests: "tracks.search".
        pane: name of the pane or overlay that it lies in.
        rect: where in the pane, in its pixels.
        text: what it holds; follows what is typed.
        hint: what it shows while it is empty.
        on_change: called with the text whenever it changes.
        on_enter: called with the text when Enter is pressed; the field is closed before.
        on_leave: called with the text when it is left otherwise: by a press elsewhere or by Tab.
            None: as on_enter.
        on_escape: called when Esc is pressed; the field is closed before.
        on_key: asked first with every other key that is no text ("Up", "Tab", "Ctrl+Enter"); True
            when it has done something with it.
        select_all: whether the text is selected at first, so that typing replaces it.
        number: whether it is set in the face of numbers.
        lines: height in lines of text; more than one lets Enter make a new line, and Ctrl+Enter enters.
    """

    name: str
    pane: str
    rect: Rect
    text: str = ""
    hint: str = ""
    on_change: Callable[[str], None] = _nothing
    on_enter: Callable[[str], None] = _nothing
    on_leave: Callable[[str], None] | None = None
    on_escape: Callable[[], None] = field(default=lambda: None)
    on_key: Callable[[str], bool] = field(default=lambda _key: False)
    select_all: bool = False
    number: bool = False
    lines: int = 1


class Fields:
    """The field that has the keyboard, if there is one."""

    def __init__(self) -> None:
        self.active: Field | None = None

    def open(self, new: Field) -> None:
        """Give a field the keyboard; one that had it is left."""
        if self.active is not None:
            self.leave()
        self.active = new

    def typed(self, text: str) -> None:
        """The text of the field is another now."""
        if self.active is not None and text != self.active.text:
            self.active.text = text
            self.active.on_change(text)

    def key(self, key: str) -> bool:
        """A key that is no text was pressed; whether the field has taken it."""
        field_ = self.active
        if field_ is None:
            return False
        if field_.on_key(key):
            return True
        if key == "Esc":
            self.active = None
            field_.on_escape()
        elif key in ("Enter", "Ctrl+Enter") and (field_.lines == 1 or key == "Ctrl+Enter"):
            self.active = None
            field_.on_enter(field_.text)
        elif key in ("Tab", "Shift+Tab"):
            self.leave()
        return True

    def leave(self) -> None:
        """Take the keyboard away from the field; what was typed counts."""
        field_, self.active = self.active, None
        if field_ is not None:
            (field_.on_leave or field_.on_enter)(field_.text)

    def close(self, name: str) -> None:
        """Take the field of this name away, and forget what was typed."""
        if self.active is not None and self.active.name == name:
            self.active = None
