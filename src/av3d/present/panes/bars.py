"""Top bar and status bar."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from av3d.present import words
from av3d.present.drawing import (
    BODY,
    BODY_STRONG,
    ICON,
    NUMBER,
    NUMBER_STRONG,
    NUMBER_TINY,
    SMALL,
    SMALL_STRONG,
    Drawing,
    Measure,
    Rect,
)
from av3d.present.hints import Hints
from av3d.present.icons import ICONS
from av3d.present.panes.main import MainPane
from av3d.present.panes.pane import Layer, Pace, Pane, draw_button, draw_key
from av3d.present.saved import Saved, saved
from av3d.present.session import Session
from av3d.present.theme import RADIUS

PROGRESS_PX = 120
"""Length of the bar of long work."""


class TopBar(Pane):
    """Menus, the search for everything, and what is open."""

    name = "top_bar"
    menus: tuple[str, ...] = ()
    open_menu: str | None = None
    tabs: tuple[str, ...] = ()
    """Names of the layouts to choose from."""
    tab = ""
    """The one that shows."""
    tips: Mapping[str, str] = {}
    search_key = ""
    """The key of the search for everything."""
    _search_rect = Rect(0, 0, 240, 24)

    def layers(self) -> Sequence[Layer]:
        session = self.session
        key = (
            session.frame, self._hot, self.open_menu, session.project_name, self.tabs, self.tab,
            self.saved(), session.fields.active is not None,
        )  # fmt: skip
        return (Layer("all", key, self._draw),)

    def menu_x(self, menu: str) -> float:
        """Left edge of a menu's title."""
        for zone in self.drawings["all"].zones if "all" in self.drawings else ():
            if zone.command == "menu.open" and zone.argument == menu:
                return zone.rect.x
        return 0.0

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        drawing.box(Rect(0, 0, self.width, self.height), theme.bar)
        drawing.line((0, self.height - 0.5), (self.width, self.height - 0.5), theme.control)
        middle = self.height / 2
        x = 12 + drawing.text(12, middle, "av3d", BODY_STRONG, theme.text) + 12
        for menu in self.menus:
            width = drawing.measure(menu, BODY) + 16
            rect = Rect(x, 5, width, self.height - 10)
            hot = self._hot is not None and self._hot.argument == menu
            if hot or self.open_menu == menu:
                drawing.box(rect, theme.control if self.open_menu == menu else theme.hover,
                            radius=RADIUS)  # fmt: skip
            drawing.text(x + 8, middle, menu, BODY, theme.text)
            drawing.zone(rect, "menu.open", menu)
            x += width
        if self.session.has_log:
            x = self._tabs(drawing, x + 20)
        right = self._facts(drawing, middle) if self.session.has_log else self.width - 12.0
        self._search(drawing, x + 24, right - 24, middle)

    def _tabs(self, drawing: Drawing, x: float) -> float:
        """The layouts of panes to choose from; returns the right edge."""
        theme = self.session.theme
        for name in self.tabs:
            active = name == self.tab
            style = BODY_STRONG if active else BODY
            # The width does not depend on which one shows, or they would move under the pointer.
            width = round(drawing.measure(name, BODY_STRONG)) + 24
            rect = Rect(x, 0, width, self.height - 1)
            hot = self._hot is not None and (self._hot.command, self._hot.argument) == (
                "layout.show", name,
            )  # fmt: skip
            if active or hot:
                drawing.box(rect, theme.raised if active else theme.hover)
            if active:
                drawing.box(Rect(x, self.height - 3, width, 2), theme.accent)
            colour = theme.text if active else theme.text_2
            drawing.text(rect.centre[0], self.height / 2, name, style, colour, anchor=0.5)
            drawing.zone(rect, "layout.show", name, self.tips.get(name, f"Show the layout {name}"))
            x += width
        return x

    @property
    def search_rect(self) -> Rect:
        """Where the search is, in pixels of the bar."""
        return self._search_rect

    def _search(self, drawing: Drawing, left: float, right: float, middle: float) -> None:
        session, theme = self.session, self.session.theme
        width = min(380.0, right - left)
        if width < 160:
            self._search_rect = Rect(max(left, 8), middle - 12, 240, 24)
            return
        # In the middle of the window where there is room, as in the picture.
        x = min(max(self.width * 0.36, left), right - width)
        rect = self._search_rect = Rect(round(x), middle - 12, width, 24)
        hot = self._hot is not None and self._hot.command == "palette.open"
        drawing.box(
            rect, theme.field, outline=theme.border if hot else theme.control, radius=RADIUS
        )
        typing = session.fields.active
        if typing is not None and typing.pane == self.name:
            return
        drawing.text(rect.x + 8, middle, ICONS["search"], ICON, theme.text_2)
        room = width - 104
        wordings = ("Search tracks, frames, commands", "Search everything", "Search")
        hint = next((text for text in wordings if drawing.measure(text, SMALL) <= room), "")
        drawing.text(rect.x + 32, middle, hint, SMALL, theme.text_2)
        if self.search_key:
            cap = max(drawing.measure(self.search_key, NUMBER_TINY) + 9, 18)
            draw_key(drawing, session, rect.right - cap - 5, middle, self.search_key)
        drawing.zone(rect, "palette.open", tip="Search tracks, frames, cameras and commands")

    def saved(self) -> Saved:
        """What has become of the edits."""
        return saved(self.session)

    def _facts(self, drawing: Drawing, middle: float) -> float:
        """What is open, at the right; returns the left edge."""
        session, theme = self.session, self.session.theme
        right = self.width - 12.0
        state = self.saved()
        paint = {"good": theme.good, "bad": theme.bad}.get(state.kind, theme.text_2)
        end = right
        right -= drawing.text(
            right, middle, state.text, SMALL, paint, anchor=1, max_width=self.width * 0.16
        )
        right -= 22
        drawing.text(right, middle, ICONS[state.icon], ICON, paint)
        drawing.zone(Rect(right - 4, 5, end - right + 8, self.height - 10), "", "saved", state.tip)
        right -= 24
        time_ns = session.timestamp_ns - session.log.start_ns
        wide = words.seconds(session.log.end_ns - session.log.start_ns)
        right -= drawing.measure(wide, NUMBER)
        drawing.text(right, middle, words.seconds(time_ns), NUMBER, theme.text_3)
        right -= 12
        last = session.frames - 1
        frame = f"frame {session.frame:>{len(str(last))}} / {last}"
        right -= drawing.text(right, middle, frame, NUMBER, theme.text, anchor=1) + 28
        end = right
        name_width = min(drawing.measure(session.log.name, BODY_STRONG), self.width * 0.14)
        drawing.text(
            right - name_width, middle, session.log.name, BODY_STRONG, theme.text,
            max_width=name_width,
        )  # fmt: skip
        right -= name_width + 6
        if session.project_name and self.width > 1500:
            right -= drawing.text(right, middle, "/", BODY, theme.text_3, anchor=1) + 6
            right -= drawing.text(
                right, middle, session.project_name, SMALL, theme.text_2, anchor=1,
                max_width=self.width * 0.1,
            )  # fmt: skip
            right -= 6
        right -= 16
        drawing.text(right, middle, ICONS["database"], ICON, theme.text_2)
        where = f"Project {session.labels.where}. " if session.labels.where else ""
        drawing.zone(
            Rect(right - 4, 5, end - right + 8, self.height - 10), "", "log",
            f"{where}Log {session.log.name} in {session.log.path}",
        )  # fmt: skip
        return right


class StatusBar(Pane):
    """Keys that work now, progress, pointer and points."""

    name = "status_bar"
    pace = Pace.ALWAYS

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.hints = Hints("", "", ())
        self.show_hints = True
        self.main: MainPane | None = None
        self.message = ""
        self.findings = ""
        """How many findings are open: "3 findings", "" for none."""

    def pointer_text(self) -> str:
        """Where the pointer is in the ego frame; x and y from above, z where a point is."""
        pointer = self.main.pointer_m if self.main is not None else None
        if pointer is None:
            return ""
        values = zip("xyz", pointer, strict=True)
        return (
            "pointer "
            + " ".join(
                f"{axis} {words.number(float(value))}"
                for axis, value in values
                if not math.isnan(value)
            )
            + " m"
        )

    def layers(self) -> Sequence[Layer]:
        session = self.session
        counts = session.supply.counts(session.frame) or {}
        inside = counts.get(session.selected or "")
        cloud = self.main.cloud if self.main is not None else None
        key = (
            self.pointer_text(), inside, len(cloud.points_m) if cloud is not None else None,
            self.hints if self.show_hints else None, self.message, session.hint,
            session.works.words(), session.works.fraction, self._hot, self.findings,
        )  # fmt: skip
        return (Layer("all", key, self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        drawing.box(Rect(0, 0, self.width, self.height), theme.bar)
        drawing.line((0, 0.5), (self.width, 0.5), theme.control)
        middle = self.height / 2 + 0.5
        right = self.width - 8.0
        cloud = self.main.cloud if self.main is not None else None
        if cloud is not None:
            text = words.plural(len(cloud.points_m), "point")
            right -= drawing.text(right, middle, text, NUMBER, theme.text_2, anchor=1) + 24
        counts = session.supply.counts(session.frame) or {}
        inside = counts.get(session.selected or "")
        if inside is not None:
            text = f"{words.plural(inside, 'point')} in cuboid"
            right -= drawing.text(right, middle, text, NUMBER_STRONG, theme.text, anchor=1) + 24
        right = self._found(drawing, right)
        pointer = self.pointer_text()
        if pointer:
            right -= drawing.text(right, middle, pointer, NUMBER, theme.text_2, anchor=1) + 24
        x = 8.0
        x = self._progress(drawing, x, right)
        if self.message:
            x += drawing.text(x, middle, self.message, SMALL, theme.text) + 24
        if session.hint:
            drawing.text(x, middle, session.hint, SMALL, theme.text, max_width=max(right - x, 0))
            return
        if self.show_hints:
            self._hints(drawing, x, right)

    def _found(self, drawing: Drawing, right: float) -> float:
        """How many findings are open; a press goes to the next one."""
        if not self.findings:
            return right
        theme, middle = self.session.theme, self.height / 2 + 0.5
        left = right - drawing.text(right, middle, self.findings, SMALL, theme.text, anchor=1) - 22
        drawing.text(left, middle, ICONS["flag"], ICON, theme.bad)
        tip = "Open findings of the checks; click for the next one (F3)"
        drawing.zone(Rect(left - 4, 0, right - left + 8, self.height), "finding.next", "", tip)
        return left - 20

    def _hints(self, drawing: Drawing, x: float, right: float) -> None:
        """What the keys do now, as far as there is room."""
        session, theme, hints = self.session, self.session.theme, self.hints
        middle = self.height / 2 + 0.5
        if hints.icon:
            drawing.text(x, middle, ICONS[hints.icon], ICON, theme.accent_text)
            x += 20
            x += drawing.text(x, middle, hints.title, SMALL_STRONG, theme.text) + 12
        for keys, what in hints.keys:
            width = sum(max(drawing.measure(key, NUMBER) + 9, 18) + 2 for key in keys)
            if x + width + drawing.measure(what, SMALL) > right:
                break
            for key in keys:
                x += draw_key(drawing, session, x, middle, key) + 2
            x += 4 + drawing.text(x + 4, middle, what, SMALL, theme.text_2) + 14

    def _progress(self, drawing: Drawing, x: float, right: float) -> float:
        """How far long work is, with a button that stops it; returns where the rest begins."""
        session, theme = self.session, self.session.theme
        text = session.works.words()
        if not text:
            return x
        middle = self.height / 2 + 0.5
        done = session.works.fraction
        if done is not None:
            drawing.box(Rect(x, middle - 2, PROGRESS_PX, 4), theme.control, radius=2)
            drawing.box(Rect(x, middle - 2, round(PROGRESS_PX * done), 4), theme.accent, radius=2)
            x += PROGRESS_PX + 10
        room = max(right - x - 90, 40)
        x += drawing.text(x, middle, text, SMALL, theme.text, max_width=room) + 10
        hot = self._hot is not None and self._hot.command == "work.cancel"
        end = x + self.measure("Cancel", SMALL) + 16
        draw_button(
            drawing, session, end, middle, "work.cancel", label="Cancel", hot=hot, height=20,
            tip="Stop this work",
        )  # fmt: skip
        return end + 16
