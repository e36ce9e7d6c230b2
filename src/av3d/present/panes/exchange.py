"""The dialog that asks for the format and the path of an import or export of labels."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from av3d.present import words
from av3d.present.choices import Choice
from av3d.present.drawing import BODY_STRONG, ICON, SMALL, Drawing, Measure, Rect
from av3d.present.exchange import export_formats, export_work, import_formats, import_work
from av3d.present.fields import Field
from av3d.present.icons import ICONS
from av3d.present.panes.overlays import Overlay
from av3d.present.panes.pane import Layer, draw_button, wrapped
from av3d.present.session import Session
from av3d.present.theme import RADIUS

WIDTH = 560
TALL = 208
FIELD_NAME = "exchange.path"
_FORMAT = Rect(110, 52, 260, 28)
_PATH = Rect(110, 92, WIDTH - 126, 28)
ANY = ("", "By the file")


class ExchangeOverlay(Overlay):
    """Format, path and a button; the work itself runs on the queue.

    Attributes:
        importing: whether labels are read, else written.
        format: name of the format.
        path: what is typed.
    """

    name = "exchange"

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.open = False
        self.importing = False
        self.format = ""
        self.path = ""
        self._formats: tuple[tuple[str, str], ...] = ()

    @property
    def visible(self) -> bool:
        return self.open

    def close(self) -> None:
        self.open = False
        self.session.fields.close(FIELD_NAME)

    def begin(self, *, importing: bool) -> None:
        """Ask for a format and a path."""
        self.open, self.importing = True, importing
        self._formats = (ANY, *import_formats()) if importing else export_formats()
        names = [name for name, _ in self._formats]
        if self.format not in names:
            self.format = "" if importing else "nuscenes" if "nuscenes" in names else names[0]
        folder = Path.home()
        self.path = f"{folder}/" if importing else str(folder / f"{self.session.log.name}-labels")
        self._type()

    def _type(self) -> None:
        self.session.fields.open(
            Field(
                FIELD_NAME, self.name, _PATH, text=self.path,
                hint="File or folder with labels" if self.importing else "New folder",
                on_change=self._typed, on_enter=lambda _text: self.go(),
                on_leave=self._typed, on_escape=self.close,
            )
        )  # fmt: skip

    def _typed(self, text: str) -> None:
        self.path = text

    def type_path(self) -> None:
        """Put the cursor into the path."""
        self._type()

    def choose_format(self) -> None:
        """Offer the formats."""
        items = tuple(
            Choice(title, lambda name=name: self._take(name), on=name == self.format)  # type: ignore[misc]
            for name, title in self._formats
        )
        self.session.choices.open(self.name, _FORMAT, items)

    def _take(self, name: str) -> None:
        self.format = name

    def go(self) -> None:
        """Begin, and close."""
        if not self.path.strip():
            self._type()
            return
        # A Path would refuse the name of somebody who is not known.
        path = Path(os.path.expanduser(self.path.strip()))  # noqa: PTH111
        session = self.session

        def say(title: str, text: str) -> None:
            session.say("info", title, text)

        self.close()
        if self.importing:
            session.works.add(import_work(session, self.format, path, say))
        else:
            session.works.add(export_work(session, self.format, path, say))

    def key(self, key: str) -> bool:
        if key == "Esc":
            self.close()
        elif key == "Enter":
            self.go()
        else:
            return False
        return True

    def place(self, width: int, height: int) -> Rect:
        wide = min(WIDTH, width - 20)
        return Rect((width - wide) // 2, max((height - TALL) // 3, 0), wide, TALL)

    def layers(self) -> Sequence[Layer]:
        field = self.session.fields.active
        typing = field is not None and field.name == FIELD_NAME
        key = (self.importing, self.format, self.path, typing, len(self.session.tracks), self._hot)
        return (Layer("all", key, self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        self._frame(drawing)
        verb = "Import" if self.importing else "Export"
        drawing.text(16, 24, f"{verb} labels", BODY_STRONG, theme.text)
        drawing.line((0, 42.5), (self.width, 42.5), theme.control)
        drawing.text(16, _FORMAT.centre[1], "Format", SMALL, theme.text_2)
        drawing.box(_FORMAT, theme.control, radius=RADIUS)
        title = dict(self._formats).get(self.format, "")
        drawing.text(_FORMAT.x + 10, _FORMAT.centre[1], title, SMALL, theme.text,
                     max_width=_FORMAT.width - 40)  # fmt: skip
        drawing.text(
            _FORMAT.right - 22, _FORMAT.centre[1], ICONS["chevron_down"], ICON, theme.text_2
        )
        drawing.zone(_FORMAT, "exchange.format", "", f"{title}. Click to choose another format")
        drawing.text(
            16, _PATH.centre[1], "File" if self.importing else "Folder", SMALL, theme.text_2
        )
        drawing.box(_PATH, theme.field, outline=theme.border, radius=RADIUS)
        field = self.session.fields.active
        if field is None or field.name != FIELD_NAME:
            drawing.text(_PATH.x + 8, _PATH.centre[1], self.path, SMALL, theme.text,
                         max_width=_PATH.width - 16)  # fmt: skip
            drawing.zone(_PATH, "exchange.path", "", self.path or "Click to type")
        lines = wrapped(self._about(), SMALL, self.width - 126, self.measure)
        for number, line in enumerate(lines[:2]):
            drawing.text(_PATH.x, 138 + 18 * number, line, SMALL, theme.text_2)
        x = draw_button(
            drawing, self.session, self.width - 16, TALL - 24, "exchange.go", label=verb, on=True,
            hot=self._is_hot("exchange.go"), tip=f"{verb} in the background (Enter)",
        )  # fmt: skip
        draw_button(
            drawing, self.session, x - 8, TALL - 24, "exchange.close", label="Cancel",
            hot=self._is_hot("exchange.close"), tip="Leave everything as it is (Esc)",
        )  # fmt: skip

    def _about(self) -> str:
        if self.importing:
            return "Tracks of the same ID are replaced, all others stay. It is one step of undo."
        tracks = words.plural(len(self.session.tracks), "track")
        name = self.session.log.name
        return f"{tracks} of {name} go to a new folder. What the format cannot hold is told."

    def _is_hot(self, command: str) -> bool:
        return self._hot is not None and self._hot.command == command
