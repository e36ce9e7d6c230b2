"""The list of tracks: category, name, keys, points in the cuboid at this frame, what needs a look."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from av3d.present import words
from av3d.present.choices import Choice
from av3d.present.dock import Side
from av3d.present.drawing import (
    ICON,
    SMALL,
    SMALL_STRONG,
    TINY,
    TINY_STRONG,
    Drawing,
    Measure,
    Rect,
    Zone,
)
from av3d.present.fields import Field
from av3d.present.icons import ICONS
from av3d.present.panes.pane import Button, Layer, Pane, draw_button, draw_key, draw_message
from av3d.present.panes.track_chips import draw_chips
from av3d.present.panes.track_rows import STATE_W, draw_group, draw_row
from av3d.present.session import Session
from av3d.present.theme import HEADER, RADIUS, ROW
from av3d.present.track_list import SORT_WORDS, SORTS, Group, TrackList
from av3d.present.track_menu import offer_track_menu
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace

SEARCH_Y = HEADER + 6
CHIPS_Y = SEARCH_Y + 28
COLUMNS_Y = CHIPS_Y + 32
ROWS_Y = COLUMNS_Y + 22
FOOT = 26
POINTS_W = 62
SEARCH_HINT = "Find by ID, category, attribute"
SHORT_HINT = "Find a track"


class TracksPane(Pane):
    """Tracks of this frame (or all), filtered, sorted and grouped; clicks select."""

    name = "tracks"
    title = "Tracks"
    icon = "tracks"
    own_head = True
    home: tuple[str, Side] = ("", "left")
    host: Workspace | None = None
    """For the list of commands on a right click; None in tests of the pane alone."""

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.list = TrackList(session)
        self._scroll = 0.0
        self._followed: str | None = None
        self._anchor: str | None = None
        self._grip: float | None = None
        self._grip_scroll = 0.0
        self._asked: frozenset[str] = frozenset()

    @property
    def query(self) -> str:
        """What is searched for."""
        return self.list.query

    @query.setter
    def query(self, text: str) -> None:
        self.list.query = text

    @property
    def rows(self) -> tuple[Track, ...]:
        """The tracks that are listed, in order."""
        return self.list.rows

    @property
    def _room(self) -> float:
        """Height of the place for rows."""
        return max(self.height - ROWS_Y - FOOT, ROW)

    @property
    def _furthest(self) -> float:
        hidden = len(self.list.lines) * ROW - self._room
        return float(math.ceil(max(hidden, 0.0) / ROW) * ROW)

    def show_selected(self) -> None:
        """Scroll the selected row into sight."""
        for number, line in enumerate(self.list.lines):
            if isinstance(line, Track) and line.id == self.session.selected:
                top = number * ROW
                lowest = math.ceil((top + ROW - self._room) / ROW) * ROW
                self._scroll = float(min(max(self._scroll, lowest), top))

    def step(self, step: int, *, extend: bool = False) -> None:
        """Select the track below (+1) or above (-1) in the list; `extend` keeps the others too."""
        session = self.session
        ids = [line.id for line in self.list.lines if isinstance(line, Track)]
        if not ids:
            return
        at = ids.index(session.selected) if session.selected in ids else -1 if step > 0 else 0
        chosen = ids[min(max(at + step, 0), len(ids) - 1)]
        if extend:
            session.select_many([chosen, *session.selection])
        else:
            session.select(chosen)
            self._anchor = chosen

    def select_listed(self) -> None:
        """Select all tracks of the list."""
        lead = self.session.selected
        ids = [track.id for track in self.rows]
        first = [lead] if lead is not None and lead in ids else []
        self.session.select_many([*first, *ids])

    def choose(self, track_id: str) -> None:
        """A row was clicked: Ctrl adds or takes away, Shift selects a range."""
        session = self.session
        if "Ctrl" in session.modifiers:
            session.select_also(track_id)
            self._anchor = track_id
        elif "Shift" in session.modifiers:
            anchor = self._anchor or session.selected
            session.select_many(self.list.range_to(track_id, anchor))
        else:
            self.run("track.select", track_id)
            self._anchor = track_id

    def update(self) -> None:
        if self.session.selected != self._followed:
            self._followed = self.session.selected
            self.show_selected()
        if self.list.only_proposals and not self.list.proposals.tracks:
            # The last one was decided on.
            self.list.only_proposals = False
        # Whole rows: a row that is cut in half at the top reads as a mistake.
        self._scroll = round(min(max(self._scroll, 0.0), self._furthest) / ROW) * ROW
        self._ask()

    def _visible(self) -> Sequence[tuple[int, Track | Group]]:
        """The lines in sight, with their numbers."""
        lines = self.list.lines
        first = int(self._scroll // ROW)
        last = min(first + int(self._room // ROW) + 2, len(lines))
        return [(number, lines[number]) for number in range(first, last)]

    def _ask(self) -> None:
        """Ask how certain the tracks in sight are; not while one changes with every picture."""
        session = self.session
        if session.edits.previewing or not self.wide:
            return
        tracks = [line for _, line in self._visible() if isinstance(line, Track)]
        asked = {
            f"list {job.key}": job
            for job in session.certainties.jobs(session.certainties.unknown(tracks), None)
        }
        for name in self._asked - asked.keys():
            session.asked.pop(name, None)
        session.asked.update(asked)
        self._asked = frozenset(asked)

    def layers(self) -> Sequence[Layer]:
        session, listed = self.session, self.list
        lines = listed.lines
        counts = session.supply.counts(session.frame)
        states = tuple(
            listed.state(line) if isinstance(line, Track) else None for _, line in self._visible()
        )
        head = (
            session.frame, len(listed.rows), listed.query, listed.categories, listed.sort,
            listed.backwards, listed.grouped, listed.all_tracks, self._hot, session.supply.revision,
            self.searching, session.hidden, listed.only_proposals, listed.only_findings,
            id(session.marks),
        )  # fmt: skip
        hot = self._hot.argument if self._hot is not None else None
        rows = (
            session.loading_tracks, lines, session.selection, session.hovered, self._scroll, counts,
            states, session.hidden, hot, listed.sort, listed.scored,
            session.supply.boxes(session.frame) is None,
        )  # fmt: skip
        return Layer("rows", rows, self._draw_rows), Layer("head", head, self._head)

    # Head and foot

    def _head(self, drawing: Drawing) -> None:
        session, theme, listed = self.session, self.session.theme, self.list
        drawing.box(Rect(0, 0, self.width, ROWS_Y), theme.panel)
        drawing.box(Rect(0, 0, self.width, HEADER), theme.raised)
        drawing.text(8, HEADER / 2, ICONS["tracks"], ICON, theme.text)
        x = 32 + drawing.text(32, HEADER / 2, "Tracks", SMALL_STRONG, theme.text) + 6
        left = draw_button(
            drawing, session, self.width - 4, HEADER / 2, "tracks.sort", icon="sort", plain=True,
            label=listed.sort.capitalize(), hot=self._is_hot("tracks.sort"),
            tip=f"Sorted by {SORT_WORDS[listed.sort]}; click for another order",
        )  # fmt: skip
        left = draw_button(
            drawing, session, left - 2, HEADER / 2, "tracks.group", icon="grouped", plain=True,
            on=listed.grouped, hot=self._is_hot("tracks.group"),
            tip="Do not group" if listed.grouped else "Group by category",
        )  # fmt: skip
        now = session.timestamp_ns
        present = len(listed.present())
        if listed.all_tracks or listed.only_proposals or listed.only_findings:
            present = sum(track.is_present(now) for track in session.tracks)
        note = f"{words.count(present)} in frame"
        if drawing.measure(note, SMALL) > left - x - 6:
            note = words.count(present)
        drawing.text(x, HEADER / 2, note, SMALL, theme.text_2)
        self._search(drawing)
        draw_chips(self, drawing, CHIPS_Y)
        self._columns(drawing)
        self._foot(drawing)

    def _is_hot(self, command: str) -> bool:
        return self._hot is not None and self._hot.command == command

    def _columns(self, drawing: Drawing) -> None:
        """Titles of the columns; a click sorts."""
        listed, theme = self.list, self.session.theme
        y = COLUMNS_Y + 10
        points = "score" if listed.scored else "points"
        points = "distance" if listed.sort == "distance" and not listed.scored else points
        columns = [("name", "Track", 8.0, 0.0), ("keys", "Keys", self.keys_x, 1.0)]
        if self.wide:
            columns += [(points, points.capitalize(), self.points_x, 1.0),
                        ("state", "State", self.width - 6.0, 1.0)]  # fmt: skip
        for sort, title, x, anchor in columns:
            on = sort == listed.sort
            zone = Zone(Rect(0, 0, 0, 0), "tracks.sort", sort)
            hot = self._hot is not None and (self._hot.command, self._hot.argument) == (
                zone.command, sort)  # fmt: skip
            ink = theme.text if on or hot else theme.text_3
            style = TINY_STRONG if on else TINY
            width = drawing.text(x, y, title, style, ink, anchor=anchor)
            left = x - anchor * width
            if on:
                line = y + 8
                drawing.line((left, line), (left + width, line), theme.text_2)
            rect = Rect(left - 4, COLUMNS_Y, width + 8, 20)
            way = ", the other way round" if on else ""
            drawing.zone(rect, "tracks.sort", sort, f"Sort by {SORT_WORDS[sort]}{way}")

    def _foot(self, drawing: Drawing) -> None:
        session, theme, listed = self.session, self.session.theme, self.list
        foot = Rect(0, self.height - FOOT, self.width, FOOT)
        drawing.box(foot, theme.panel)
        drawing.line((0, foot.y + 0.5), (self.width, foot.y + 0.5), theme.control)
        middle = foot.centre[1]
        left = draw_button(
            drawing, session, self.width - 4, middle, "tracks.all", label="all", icon="tracks",
            plain=True, on=listed.all_tracks, height=22, hot=self._is_hot("tracks.all"),
            tip="List only tracks of this frame" if listed.all_tracks
            else "List the tracks of all frames",
        )  # fmt: skip
        if session.hidden:
            left = draw_button(
                drawing, session, left - 2, middle, "tracks.show_all", icon="eye_off",
                label=words.count(len(session.hidden)), plain=True, height=22,
                hot=self._is_hot("tracks.show_all"),
                tip=f"{words.plural(len(session.hidden), 'track')} hidden; click to show all",
            )  # fmt: skip
        text = (
            f"{words.plural(len(session.tracks), 'track')} · {words.count(len(listed.rows))} listed"
        )
        if drawing.measure(text, SMALL) > left - 14:
            text = f"{words.count(len(listed.rows))} of {words.count(len(session.tracks))}"
        drawing.text(8, middle, text, SMALL, theme.text_3, max_width=left - 14)

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
                SEARCH_HINT, on_change=self._set_query, on_enter=self._set_query,
                on_escape=lambda: self._set_query(""), on_key=self._search_key,
            )
        )  # fmt: skip

    def _search_key(self, key: str) -> bool:
        """The arrows walk through what is found while the query is still being typed."""
        if key in ("Up", "Down"):
            self.step(1 if key == "Down" else -1)
            return True
        return False

    def _set_query(self, text: str) -> None:
        self.list.query = text

    def search_rect(self) -> Rect:
        """Where the search is."""
        return Rect(8, SEARCH_Y, self.width - 16, 24)

    def _search(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        rect = self.search_rect()
        drawing.box(
            rect, theme.field, outline=theme.accent if self.searching else theme.border,
            radius=RADIUS,
        )  # fmt: skip
        middle = rect.centre[1]
        drawing.text(rect.x + 8, middle, ICONS["search"], ICON, theme.text_2)
        drawing.zone(rect, "tracks.search", "", "Find a track (/); motion:parked asks for a value")
        if self.searching:
            return
        if self.query:
            drawing.text(rect.x + 30, middle, self.query, SMALL, theme.text,
                         max_width=rect.width - 62)  # fmt: skip
            close = Rect(rect.right - 26, rect.y, 24, 24)
            drawing.text(close.centre[0], middle, ICONS["close"], ICON, theme.text_2, anchor=0.5)
            drawing.zone(close, "tracks.clear_search", "", "Clear the search")
            return
        room = rect.width - 62
        hint = SEARCH_HINT if drawing.measure(SEARCH_HINT, SMALL) <= room else SHORT_HINT
        drawing.text(rect.x + 30, middle, hint, SMALL, theme.text_3, max_width=room)
        draw_key(drawing, session, rect.right - 25, middle, "/")

    # Rows

    @property
    def wide(self) -> bool:
        """Whether there is room for points and state."""
        return self.width >= 250

    @property
    def points_x(self) -> float:
        """Right edge of the column of points."""
        return self.width - STATE_W - 18

    @property
    def keys_x(self) -> float:
        """Right edge of the column of keys."""
        return self.points_x - POINTS_W if self.wide else self.width - 16

    def _draw_rows(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        area = Rect(0, ROWS_Y, self.width, self._room)
        drawing.box(Rect(0, 0, self.width, self.height), theme.panel)
        if not self.list.lines:
            self._empty(drawing, area)
            return
        counts = session.supply.counts(session.frame)
        distances = self.list.distances_m() if self.list.sort == "distance" else None
        for number, line in self._visible():
            y = ROWS_Y + number * ROW - self._scroll
            if isinstance(line, Group):
                draw_group(self, drawing, line, y)
                continue
            value = "–"
            if self.list.scored:
                value = self.list.proposals.words(line)
            elif distances is not None:
                value = words.metres(distances[line.id]) if line.id in distances else "–"
            elif counts is not None and line.id in counts:
                value = words.count(counts[line.id])
            draw_row(self, drawing, line, y, value)
        if self._furthest > 0:
            bar = self._scroll_bar()
            drawing.box(bar, theme.control, radius=3)

    def _scroll_bar(self) -> Rect:
        length = max(self._room * self._room / (len(self.list.lines) * ROW), 24)
        y = ROWS_Y + (self._room - length) * self._scroll / max(self._furthest, 1)
        return Rect(self.width - 6, y, 5, length)

    def _empty(self, drawing: Drawing, area: Rect) -> None:
        session = self.session
        if session.loading_tracks:
            text = "Reading the tracks."
        elif not session.tracks:
            text = "No tracks yet. Hold Ctrl and drag over points to make a cuboid that fits them."
            if not session.labels.editable:
                text = "No tracks yet. These labels can only be looked at."
        elif self.query:
            text = f"No track matches '{self.query}'. Clear the search."
        elif self.list.only_findings:
            text = "No track has an open finding. Show all tracks."
        elif self.list.categories:
            text = "No track of this category in this frame. Show all tracks, or another category."
        else:
            text = "No track is present in this frame. Show the tracks of all frames, or go on."
        draw_message(drawing, session, area, "tracks", text)

    # Pointer

    def zone_at(self, x: float, y: float) -> Zone | None:
        zone = super().zone_at(x, y)
        if zone is not None and zone.command in ("track.select", "tracks.fold", "tracks.hide"):
            if not ROWS_Y <= y < self.height - FOOT:
                return None
            return self._with_state(zone, x)
        return zone

    def _with_state(self, zone: Zone, x: float) -> Zone:
        """The zone of a row; over its state it tells that."""
        track = self.session.track(zone.argument)
        if zone.command != "track.select" or track is None or x < self.width - STATE_W:
            return zone
        said = self.list.said(track)
        return replace(zone, tip=f"{track.name}: {said}") if said and self.wide else zone

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        if button is Button.LEFT and self._furthest > 0 and x >= self.width - 8 and y >= ROWS_Y:
            self._grip, self._grip_scroll = y, self._scroll
            return True
        zone = self.zone_at(x, y)
        if zone is None:
            return False
        if zone.command == "track.select":
            # The row is already in sight: it must not move away from under the pointer.
            self._followed = zone.argument
            if button is Button.RIGHT:
                if zone.argument not in self.session.selection:
                    self.run("track.select", zone.argument)
                if self.host is not None:
                    offer_track_menu(self.host, self.name, Rect(x, y, 0, 0))
            elif button is Button.LEFT:
                self.choose(zone.argument)
                if clicks >= 2 and not self.session.modifiers:
                    self.run("view.centre", "")
            return False
        if zone.command == "tracks.sort" and not zone.argument and button is Button.LEFT:
            self._offer_sorts(zone.rect)
            return False
        return super().press(x, y, button, clicks)

    def _offer_sorts(self, anchor: Rect) -> None:
        """Let the user choose by what the list is sorted."""
        items = tuple(
            Choice(SORT_WORDS[sort].capitalize(), lambda sort=sort: self.run("tracks.sort", sort),  # type: ignore[misc]
                   on=sort == self.list.sort)
            for sort in SORTS
        )  # fmt: skip
        self.session.choices.open(self.name, anchor, items)

    def drag(self, x: float, y: float, dx: float, dy: float) -> None:
        if self._grip is not None:
            length = self._scroll_bar().height
            self._grip_scroll += dy * self._furthest / max(self._room - length, 1)
            self._scroll = self._grip_scroll

    def release(self, x: float, y: float) -> None:
        self._grip = None

    def cancel(self) -> None:
        self._grip = None

    def move(self, x: float, y: float) -> None:
        super().move(x, y)
        hot = self._hot
        row = hot is not None and hot.command in ("track.select", "tracks.hide")
        self.session.hovered = hot.argument if row and hot is not None else None

    def leave(self) -> None:
        super().leave()
        self.session.hovered = None

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        self._scroll = min(max(self._scroll - notches * ROW * 3, 0.0), self._furthest)
