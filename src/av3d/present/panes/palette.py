"""The palette: one field that finds everything, by keyboard or mouse."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from av3d.present.drawing import BODY, ICON, SMALL, Drawing, Measure, Rect
from av3d.present.fields import Field
from av3d.present.icons import ICONS
from av3d.present.palette import Found, Search
from av3d.present.panes.overlays import Overlay
from av3d.present.panes.pane import Layer, draw_key, wrapped
from av3d.present.session import Session
from av3d.present.theme import RADIUS, ROW, colour

WIDTH = 620
HEAD_PX = 48
TOP_PX = 72


class PaletteOverlay(Overlay):
    """What `Search` finds for the typed words; Enter or a click runs a line."""

    name = "palette"
    modal = True
    ROWS = 14

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.open = False
        self.query = ""
        self.chosen = 0
        self._first = 0
        self._search: Search | None = None
        self._found: tuple[object, list[Found]] | None = None

    @property
    def visible(self) -> bool:
        return self.open

    @property
    def search(self) -> Search:
        """What finds; it remembers what was used."""
        if self._search is None:
            self._search = Search(self.workspace)
        return self._search

    def close(self) -> None:
        self.open = False
        self.session.fields.close("palette")

    def begin(self) -> None:
        """Open with an empty query."""
        self.open, self.query, self.chosen, self._first = True, "", 0, 0
        self._found = None
        self.session.fields.open(
            Field(
                "palette", self.name, self.field(),
                hint="A command, track, frame, time, camera or category",
                on_change=self.set_query, on_enter=lambda _: self._entered(),
                on_leave=lambda _: self.close(), on_escape=self.close, on_key=self._key,
            )
        )  # fmt: skip

    def _entered(self) -> None:
        if not self.run_chosen():
            # It cannot be done, and its line says why: typing goes on.
            query = self.query
            self.begin()
            self.set_query(query)
            field = self.session.fields.active
            if field is not None:
                field.text = query

    def _key(self, key: str) -> bool:
        steps = {"Down": 1, "Up": -1, "PageDown": self.ROWS, "PageUp": -self.ROWS}
        if key not in steps:
            return False
        self.step(steps[key])
        return True

    def set_query(self, text: str) -> None:
        if text != self.query:
            self.query, self.chosen, self._first = text, 0, 0

    def step(self, step: int) -> None:
        """Choose a line further down or up; single steps go round."""
        count = len(self.results())
        if not count:
            return
        at = self.chosen + step
        self.chosen = at % count if abs(step) == 1 else min(max(at, 0), count - 1)
        self._first = min(max(self._first, self.chosen - self.ROWS + 1), self.chosen)

    def results(self) -> list[Found]:
        """What the query finds, best first."""
        session = self.session
        key = (self.query, session.frame, session.selection, session.tracks, session.span)
        if self._found is None or self._found[0] != key:
            self._found = key, self.search.results(self.query)
        return self._found[1]

    def field(self) -> Rect:
        """Where the window puts the text field."""
        return Rect(40, 10, self.width - 52, 28)

    def run_chosen(self) -> bool:
        """Do the chosen line; whether it can be done."""
        return self.run_row(self.chosen)

    def run_row(self, number: int) -> bool:
        """Do a line; whether there is one that can be done."""
        results = self.results()
        if not 0 <= number < len(results) or results[number].reason:
            return False
        found = results[number]
        self.search.used(found)
        self.close()
        self.run(found.command, found.argument)
        return True

    def place(self, width: int, height: int) -> Rect:
        wide = min(WIDTH, width - 40)
        rows = min(max(len(self.results()), 1 if self.query else 2), self.ROWS)
        rows = min(rows, max(int((height - TOP_PX - HEAD_PX - 40) // ROW), 1))
        return Rect((width - wide) // 2, TOP_PX, wide, HEAD_PX + rows * ROW + 8)

    @property
    def _room(self) -> int:
        """Lines that show."""
        return max(int((self.height - HEAD_PX - 8) // ROW), 1)

    def layers(self) -> Sequence[Layer]:
        key = (tuple(self.results()), self.chosen, self._first, self._hot)
        return (Layer("all", key, self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        self._frame(drawing)
        drawing.text(14, 24, ICONS["search"], ICON, theme.text_2)
        drawing.line((0, HEAD_PX - 4.5), (self.width, HEAD_PX - 4.5), theme.control)
        results = self.results()
        if not results:
            text = f"Nothing matches '{self.query}'. Try fewer letters, a track or 'frame 12'."
            for number, line in enumerate(wrapped(text, SMALL, self.width - 28, self.measure)[:1]):
                y = HEAD_PX + ROW * (number + 0.5)
                drawing.text(14, y, line, SMALL, theme.text_2, max_width=self.width - 28)
        for number in range(self._first, min(self._first + self._room, len(results))):
            y = HEAD_PX + (number - self._first) * ROW
            self._row(drawing, number, results[number], Rect(4, y, self.width - 8, ROW))
        if len(results) > self._room:
            tall = self._room * ROW
            bar = max(tall * self._room / len(results), 16)
            top = HEAD_PX + (tall - bar) * self._first / (len(results) - self._room)
            drawing.box(Rect(self.width - 5, top, 3, bar), theme.border, radius=1.5)

    def _row(self, drawing: Drawing, number: int, item: Found, rect: Rect) -> None:
        theme = self.session.theme
        hot = self._hot is not None and self._hot.argument == str(number)
        if number == self.chosen or hot:
            fill = theme.selected if number == self.chosen else theme.hover
            drawing.box(rect, fill, radius=RADIUS)
        if number == self.chosen:
            drawing.box(Rect(rect.x, rect.y, 3, rect.height), theme.accent)
        middle = rect.centre[1]
        if item.icon:
            paint = colour(item.icon_colour) if item.icon_colour else theme.text_2
            drawing.text(14, middle, item.icon, ICON, paint)
        right = self.width - 14.0
        if item.keys:
            caps = Drawing(self.measure)
            wide = draw_key(caps, self.session, 0, 0, item.keys)
            draw_key(drawing, self.session, right - wide, middle, item.keys)
            right -= wide + 10
        quiet = theme.text_2 if number == self.chosen else theme.text_3
        ink = quiet if item.reason else theme.text
        title = drawing.text(40, middle, item.title, BODY, ink, max_width=right - 60)
        room = right - 40 - title - 16
        if item.note and room > 40:
            drawing.text(right, middle, item.note, SMALL, quiet, anchor=1, max_width=room)
        drawing.zone(rect, "" if item.reason else "palette.run", str(number), item.reason)

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        last = max(len(self.results()) - self._room, 0)
        self._first = min(max(self._first - round(2 * notches), 0), last)
