"""About this log: everything that is known of it; a click on a value copies it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from av3d.doctor.finding import Severity
from av3d.present import words
from av3d.present.dock import Side
from av3d.present.drawing import ICON, SMALL, Drawing, Measure, Rect
from av3d.present.icons import ICONS
from av3d.present.log_facts import Section, as_text, log_sections
from av3d.present.panes.controls import Control, ControlsPane
from av3d.present.session import Session
from av3d.present.theme import CONTROL, RADIUS

if TYPE_CHECKING:
    from av3d.present.checkup import Checkup

LINE_PX = 18
NAME_PX = 132
REFRESHED_S = 2.0
"""Tracks and memory change while one looks; there is no need to follow each keyframe."""


class AboutLogPane(ControlsPane):
    """Facts of the log under headings, with the result of the check on top.

    Attributes:
        checkup: the check of the log.
    """

    name = "about_log"
    title = "About this log"
    icon = "info"
    home: tuple[str, Side] = ("inspector", "centre")
    checkup: Checkup

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self._sections: tuple[Section, ...] = ()
        self._made_s = -1e9

    @property
    def sections(self) -> tuple[Section, ...]:
        """What it says, not older than two seconds."""
        now = self.session.clock()
        if now - self._made_s > REFRESHED_S and self.session.has_log:
            self._sections, self._made_s = log_sections(self.session), now
        return self._sections

    def body_key(self) -> Hashable:
        return self.sections, id(self.checkup.report), self.checkup.running

    def head_key(self) -> Hashable:
        return None

    def draw_head(self, drawing: Drawing) -> None:
        """Nothing: its title is on the bar above it."""

    def draw_body(self, drawing: Drawing, y: float) -> float:
        y = self._check(drawing, y + 8)
        for section in self.sections:
            y = self.section(drawing, y + 6, section.title)
            for name, value in section.pairs:
                alarming = name in section.alarming
                y = self._pair(drawing, y, f"{section.title}.{name}", name, value, alarming)
        y += 8
        self.button(
            drawing, Rect(10, y, 150, CONTROL), "about.copy",
            lambda: self.run("text.copy", as_text(self.sections)), "Copy all of it", icon="copy",
            tip="As text, for an e-mail or a report",
        )  # fmt: skip
        return y + CONTROL + 10

    def _check(self, drawing: Drawing, y: float) -> float:
        """What the check has found, and a button that begins it."""
        theme, checkup = self.session.theme, self.checkup
        icon, paint, text = "info", theme.text_2, "Not checked yet for wrong times or calibration."
        if checkup.running:
            text = "The check is at work."
        elif checkup.report is not None:
            faults = checkup.report.faults
            worst = any(finding.severity is Severity.ERROR for finding in faults)
            icon = "alert" if faults else "check_circle"
            paint = theme.bad if worst else theme.warn if faults else theme.good
            made = words.plural(len(checkup.report.checked), "check")
            text = f"{words.plural(len(faults), 'fault')} found by {made}."
            if not faults:
                text = f"All {made} pass."
        drawing.text(10, y + 10, ICONS[icon], ICON, paint)
        for line in self.wrapped(text, self.width - 46):
            drawing.text(34, y + 10, line, SMALL, theme.text)
            y += LINE_PX
        y += 8
        self.button(
            drawing, Rect(10, y, 130, CONTROL), "about.check", lambda: self.run("log.check", ""),
            "Check again" if checkup.report is not None else "Check this log",
            enabled=not checkup.running, tip="Looks for wrong times, poses and calibration",
        )  # fmt: skip
        if checkup.report is not None and checkup.report.findings:
            self.button(
                drawing, Rect(148, y, 120, CONTROL), "about.findings",
                lambda: self.run("log.findings", ""), "Show findings",
                tip="The list of what the check has found",
            )  # fmt: skip
        return y + CONTROL + 4

    def _pair(
        self, drawing: Drawing, y: float, name: str, title: str, value: str, alarming: bool
    ) -> float:
        """A name and its value, over several lines if it is long; a click copies the value."""
        theme = self.session.theme
        label = min(NAME_PX, self.width * 0.38)
        room = self.width - label - 24
        lines = [part for line in self.wrapped(value, room) for part in self._broken(line, room)]
        rect = Rect(4, y, self.width - 12, LINE_PX * max(len(lines), 1) + 4)
        if self.is_hot(name):
            drawing.box(rect, theme.hover, radius=RADIUS)
        drawing.text(10, y + 11, title, SMALL, theme.text_2, max_width=label - 14)
        for number, line in enumerate(lines):
            ink = theme.warn if alarming else theme.text
            drawing.text(label, y + 11 + LINE_PX * number, line, SMALL, ink)
        cut = self.measure(title, SMALL) > label - 14
        tip = f"{title}. Click to copy the value" if cut else "Click to copy the value"
        self.add(drawing, rect, name, Control(lambda: self.run("text.copy", value)), tip)
        return y + rect.height + 2

    def _broken(self, line: str, room: float) -> list[str]:
        """A word that is too long, such as a path, in pieces."""
        pieces: list[str] = []
        while self.measure(line, SMALL) > room and len(line) > 1:
            most = len(line)
            while most > 1 and self.measure(line[:most], SMALL) > room:
                most -= 1
            pieces.append(line[:most])
            line = line[most:]
        return [*pieces, line]
