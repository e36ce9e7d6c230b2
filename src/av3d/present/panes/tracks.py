"""The list of tracks: category, name, number of keys, points in the cuboid at this frame."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from av3d.present import words
from av3d.present.drawing import (
    BODY,
    BODY_STRONG,
    ICON,
    NUMBER,
    SMALL,
    SMALL_STRONG,
    TINY,
    Drawing,
    Measure,
    Rect,
)
from av3d.present.fields import Field
from av3d.present.icons import ICONS
from av3d.present.panes.pane import Button, Layer, Pane, draw_button, draw_key, draw_message
from av3d.present.session import Session, name_order
from av3d.present.theme import HEADER, RADIUS, ROW, colour
from av3d.render.palette import category_style
from av3d.tracks.categories import category_title
from av3d.tracks.track import Track

SEARCH_Y = HEADER + 6
CHIPS_Y = SEARCH_Y + 28
COLUMNS_Y = CHIPS_Y + 32
ROWS_Y = COLUMNS_Y + 22
FOOT = 26
SORTS = ("name", "points", "distance")
SORT_WORDS = {
    "name": "category and number",
    "points": "points inside, most first",
    "distance": "distance, nearest first",
}


class TracksPane(Pane):
    """Tracks of this frame (or all), filtered and sorted; a click selects."""

    name = "tracks"
    title = "Tracks"
    icon = "tracks"
    own_head = True
    home = ("", "left")

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.query = ""
        self.categories: frozenset[str] = frozenset()
        self.all_tracks = False
        self.sort = "name"
        self._scroll = 0.0
        self._rows: tuple[Track, ...] = ()
        self._rows_key: object = None
        self._followed: str | None = None
        self._grip: float | None = None
        self._grip_scroll = 0.0

    @property
    def rows(self) -> tuple[Track, ...]:
        """The tracks that the list shows, in its order."""
        session = self.session
        counts = session.supply.counts(session.frame) if self.sort == "points" else None
        boxes = session.supply.boxes(session.frame) if self.sort == "distance" else None
        key = (
            session.frame, session.supply.revision, self.query, self.categories,
            self.all_tracks, self.sort, counts is None, boxes is None,
        )  # fmt: skip
        if key != self._rows_key:
            self._rows_key = key
            self._rows = self._sorted([track for track in self._present() if self._matches(track)])
        return self._rows

    def _present(self) -> list[Track]:
        session = self.session
        if self.all_tracks:
            return list(session.tracks)
        return [track for track in session.tracks if track.is_present(session.timestamp_ns)]

    def _matches(self, track: Track) -> bool:
        if self.categories and track.category not in self.categories:
            return False
        words_ = [track.id, track.name, category_title(track.category)]
        words_ += [f"{name} {value}" for name, value in track.attributes.items()]
        text = " ".join(words_).lower()
        return all(part in text for part in self.query.lower().split())

    def _sorted(self, tracks: list[Track]) -> tuple[Track, ...]:
        session = self.session
        if self.sort == "points":
            counts = session.supply.counts(session.frame) or {}
            tracks.sort(key=lambda track: -counts.get(track.id, -1))
        elif self.sort == "distance":
            boxes = session.supply.boxes(session.frame) or ()
            distance = {box.track.id: float((box.cuboid.center_m[:2] ** 2).sum()) for box in boxes}
            tracks.sort(key=lambda track: distance.get(track.id, float("inf")))
        else:
            tracks.sort(key=name_order)
        return tuple(tracks)

    def chips(self) -> list[tuple[str, int]]:
        """Categories among the tracks before filtering, with counts, most frequent first."""
        found: dict[str, int] = {}
        for track in self._present():
            found[track.category] = found.get(track.category, 0) + 1
        return sorted(found.items(), key=lambda item: -item[1])

    def next_sort(self) -> None:
        """Sort by the next column."""
        self.sort = SORTS[(SORTS.index(self.sort) + 1) % len(SORTS)]

    def toggle_category(self, key: str) -> None:
        """Show only this category too, or no longer."""
        self.categories = self.categories ^ {key}

    @property
    def _room(self) -> float:
        """Height of the place for rows."""
        return max(self.height - ROWS_Y - FOOT, ROW)

    @property
    def _furthest(self) -> float:
        hidden = len(self.rows) * ROW - self._room
        return float(math.ceil(max(hidden, 0.0) / ROW) * ROW)

    def show_selected(self) -> None:
        """Scroll the selected row into sight."""
        for number, track in enumerate(self.rows):
            if track.id == self.session.selected:
                top = number * ROW
                lowest = math.ceil((top + ROW - self._room) / ROW) * ROW
                self._scroll = float(min(max(self._scroll, lowest), top))

    def update(self) -> None:
        if self.session.selected != self._followed:
            self._followed = self.session.selected
            self.show_selected()
        # Whole rows: a row that is cut in half at the top reads as a mistake.
        self._scroll = round(min(max(self._scroll, 0.0), self._furthest) / ROW) * ROW

    def layers(self) -> Sequence[Layer]:
        session = self.session
        rows = self.rows
        counts = session.supply.counts(session.frame)
        head = (
            session.frame, len(rows), self.query, self.categories, self.sort, self.all_tracks,
            self._hot, session.supply.revision, self.searching,
        )  # fmt: skip
        hovered = session.hovered
        return (
            Layer(
                "rows",
                (session.loading_tracks, rows, session.selected, hovered, self._scroll, counts),
                self._draw_rows,
            ),
            Layer("head", head, self._head),
        )

    def _head(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        drawing.box(Rect(0, 0, self.width, ROWS_Y), theme.panel)
        drawing.box(Rect(0, 0, self.width, HEADER), theme.raised)
        drawing.text(8, HEADER / 2, ICONS["tracks"], ICON, theme.text)
        x = 32 + drawing.text(32, HEADER / 2, "Tracks", SMALL_STRONG, theme.text) + 6
        present = sum(track.is_present(session.timestamp_ns) for track in session.tracks)
        hot = self._hot
        left = draw_button(
            drawing, session, self.width - 4, HEADER / 2, "tracks.sort", icon="sort", plain=True,
            label=self.sort.capitalize(),
            hot=hot is not None and hot.command == "tracks.sort",
            tip=f"Sorted by {SORT_WORDS[self.sort]}; click for the next order",
        )  # fmt: skip
        note = f"{words.count(present)} in frame"
        if drawing.measure(note, SMALL) > left - x - 6:
            note = words.count(present)
        drawing.text(x, HEADER / 2, note, SMALL, theme.text_2)
        self._search(drawing)
        self._chips(drawing)
        y = COLUMNS_Y + 10
        drawing.text(8, y, "Track", TINY, theme.text_3)
        points_x = self.width - 12
        if self._wide:
            title = {"distance": "Distance", "points": "Points ↓"}.get(self.sort, "Points")
            drawing.text(points_x, y, "Points" if self.sort != "points" else title, TINY,
                         theme.text_3, anchor=1)  # fmt: skip
        drawing.text(self._keys_x, y, "Keys", TINY, theme.text_3, anchor=1)
        foot = Rect(0, self.height - FOOT, self.width, FOOT)
        drawing.box(foot, theme.panel)
        drawing.line((0, foot.y + 0.5), (self.width, foot.y + 0.5), theme.control)
        total = words.plural(len(session.tracks), "track")
        shown = f" · {words.count(len(self.rows))} listed"
        middle = foot.centre[1]
        drawing.text(8, middle, total + shown, SMALL, theme.text_3, max_width=self.width - 70)
        draw_button(
            drawing, session, self.width - 4, middle, "tracks.all", label="all",
            icon="eye", plain=True, on=False, height=22,
            hot=hot is not None and hot.command == "tracks.all",
            tip="Show only tracks of this frame" if self.all_tracks else "Show tracks of all frames",
        )  # fmt: skip
        if self.all_tracks:
            drawing.box(Rect(self.width - 52, foot.bottom - 2, 48, 2), theme.accent)

    @property
    def searching(self) -> bool:
        """Whether a query is being typed."""
        active = self.session.fields.active
        return active is not None and active.name == "tracks.search"

    def begin_search(self) -> None:
        """Put the text cursor into the search."""
        rect = self.search_rect()
        self.session.fields.open(
            Field(
                "tracks.search", self.name,
                Rect(rect.x + 28, rect.y + 1, rect.width - 32, rect.height - 2), self.query,
                "Find by ID, category, attribute", on_change=self._set_query,
                on_enter=self._set_query, on_escape=lambda: self._set_query(""),
            )
        )  # fmt: skip

    def _set_query(self, text: str) -> None:
        self.query = text

    def search_rect(self) -> Rect:
        """Where the field for the query is."""
        return Rect(8, SEARCH_Y, self.width - 16, 24)

    def _search(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        rect = self.search_rect()
        outline = theme.accent if self.searching else theme.border
        drawing.box(rect, theme.field, outline=outline, radius=RADIUS)
        middle = rect.centre[1]
        drawing.text(rect.x + 8, middle, ICONS["search"], ICON, theme.text_2)
        if self.searching:
            return
        drawing.zone(rect, "tracks.search", tip="")
        if self.query:
            drawing.text(rect.x + 30, middle, self.query, BODY, theme.text)
            clear = Rect(rect.right - 24, rect.y, 24, rect.height)
            drawing.text(clear.centre[0], middle, ICONS["close"], ICON, theme.text_2, anchor=0.5)
            drawing.zone(clear, "tracks.clear_search", tip="Clear the search")
            return
        drawing.text(
            rect.x + 30, middle, "Find by ID, category, attribute", SMALL, theme.text_3,
            max_width=rect.width - 62,
        )  # fmt: skip
        draw_key(drawing, session, rect.right - 25, middle, "/")

    def _chips(self, drawing: Drawing) -> None:
        theme = self.session.theme
        x = 8.0
        for key, count in self.chips():
            text = words.count(count)
            width = round(8 + 16 + 5 + drawing.measure(text, NUMBER) + 8)
            if x + width > self.width - 8:
                break
            rect = Rect(x, CHIPS_Y + 2, width, 24)
            on = key in self.categories
            hot = self._hot is not None and self._hot.argument == key
            drawing.box(
                rect, theme.selected if on else theme.control if hot else theme.raised,
                outline=theme.accent if on else None, radius=RADIUS,
            )  # fmt: skip
            style = category_style(key)
            drawing.text(x + 8, rect.centre[1], style.glyph, ICON, colour(style.colour))
            drawing.text(
                x + 29, rect.centre[1], text, NUMBER, theme.text_2 if not on else theme.text
            )
            title = category_title(key)
            drawing.zone(rect, "tracks.category", key, f"Only {title}" if not on else "Show all")
            x += width + 4

    @property
    def _wide(self) -> bool:
        return self.width >= 250

    @property
    def _keys_x(self) -> float:
        return self.width - (84 if self._wide else 16)

    def _draw_rows(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        area = Rect(0, ROWS_Y, self.width, self._room)
        drawing.box(Rect(0, 0, self.width, self.height), theme.panel)
        rows = self.rows
        if not rows:
            self._empty(drawing, area)
            return
        counts = session.supply.counts(session.frame)
        first = int(self._scroll // ROW)
        for number in range(first, min(first + int(self._room // ROW) + 2, len(rows))):
            self._row(drawing, rows[number], ROWS_Y + number * ROW - self._scroll, counts)
        if self._furthest > 0:
            bar = self._scroll_bar()
            drawing.box(bar, theme.control, radius=3)

    def _scroll_bar(self) -> Rect:
        length = max(self._room * self._room / (len(self.rows) * ROW), 24)
        y = ROWS_Y + (self._room - length) * self._scroll / max(self._furthest, 1)
        return Rect(self.width - 6, y, 5, length)

    def _empty(self, drawing: Drawing, area: Rect) -> None:
        session = self.session
        if session.loading_tracks:
            text = "Reading the tracks."
        elif not session.tracks:
            text = (
                "No tracks yet. Import labels with av3d import, then open the log with the project."
            )
        elif self.query:
            text = f"No track matches '{self.query}'. Clear the search."
        elif self.categories:
            text = "No track of this category in this frame. Show all tracks, or another category."
        else:
            text = "No track is present in this frame."
        draw_message(drawing, session, area, "tracks", text)

    def _row(self, drawing: Drawing, track: Track, y: float, counts: object) -> None:
        session, theme = self.session, self.session.theme
        rect = Rect(0, y, self.width, ROW)
        selected = track.id == session.selected
        if selected:
            drawing.box(rect, theme.selected)
            drawing.box(Rect(0, y, 3, ROW), theme.accent)
        elif track.id == session.hovered:
            drawing.box(rect, theme.hover)
        present = track.is_present(session.timestamp_ns)
        middle = rect.centre[1]
        style = category_style(track.category)
        drawing.text(8, middle, style.glyph, ICON, colour(style.colour, 1.0 if present else 0.5))
        text = theme.text if present else theme.text_3
        if selected:
            text = theme.text
        drawing.text(
            32, middle, track.name, BODY_STRONG if selected else BODY, text,
            max_width=self._keys_x - 40 - 32,
        )  # fmt: skip
        quiet = theme.text_2
        drawing.text(
            self._keys_x, middle, words.count(len(track.keyframes)), NUMBER, quiet, anchor=1
        )
        if self._wide:
            points = counts.get(track.id) if isinstance(counts, dict) else None
            value = "–" if points is None else words.count(points)
            drawing.text(self.width - 12, middle, value, NUMBER, quiet, anchor=1)
        drawing.zone(rect, "track.select", track.id)

    def zone_at(self, x: float, y: float):  # type: ignore[no-untyped-def]
        zone = super().zone_at(x, y)
        if zone is not None and zone.command == "track.select":
            inside = ROWS_Y <= y < self.height - FOOT
            return zone if inside else None
        return zone

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        if button is Button.LEFT and self._furthest > 0 and x >= self.width - 8 and y >= ROWS_Y:
            self._grip, self._grip_scroll = y, self._scroll
            return True
        zone = self.zone_at(x, y)
        if zone is not None and zone.command == "track.select":
            # The row is already in sight: it must not move away from under the pointer.
            self._followed = zone.argument
            if clicks >= 2 and button is Button.LEFT:
                self.run("track.select", zone.argument)
                self.run("view.centre", "")
                return False
        return super().press(x, y, button, clicks)

    def drag(self, x: float, y: float, dx: float, dy: float) -> None:
        if self._grip is not None:
            length = self._scroll_bar().height
            self._grip_scroll += dy * self._furthest / max(self._room - length, 1)
            self._scroll = self._grip_scroll

    def release(self, x: float, y: float) -> None:
        self._grip = None

    def move(self, x: float, y: float) -> None:
        super().move(x, y)
        hot = self._hot
        row = hot is not None and hot.command == "track.select"
        self.session.hovered = hot.argument if row and hot is not None else None

    def leave(self) -> None:
        super().leave()
        self.session.hovered = None

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        self._scroll = min(max(self._scroll - notches * ROW * 3, 0.0), self._furthest)
