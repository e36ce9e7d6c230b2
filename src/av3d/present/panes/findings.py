"""What the doctor found, over the list of tracks: a click goes to the camera and frame concerned."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from av3d.doctor.finding import Finding, Severity
from av3d.present import words
from av3d.present.checkup import Checkup
from av3d.present.drawing import (
    BODY_STRONG,
    ICON,
    SMALL,
    SMALL_STRONG,
    TINY,
    Drawing,
    Measure,
    Rect,
)
from av3d.present.icons import ICONS
from av3d.present.panes.overlays import Overlay
from av3d.present.panes.pane import Layer, draw_button, wrapped
from av3d.present.session import Session
from av3d.present.theme import HEADER, RADIUS, STATUS_BAR, TOP_BAR, Colour

FINDING_PX = 52
LINE_PX = 18
FOOT_PX = 40
ALONE_PX = 340
"""Its width where there is no list of tracks to take the place of."""


class FindingsOverlay(Overlay):
    """Findings, worst first; the chosen one says what is wrong and what to do."""

    name = "findings"
    checkup: Checkup
    open: bool
    chosen: int | None

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.checkup = Checkup(session.log, session.works)
        self.open = False
        self.chosen: int | None = None
        self._scroll = 0.0

    @property
    def visible(self) -> bool:
        return self.open

    def close(self) -> None:
        self.open = False

    def begin(self) -> None:
        """Check the log and show what comes out."""
        self.open = True
        self.checkup.start()

    def take(self) -> tuple[str, str, str] | None:
        """Take over a finished check; a message about it: kind, title, text."""
        if not self.checkup.take():
            return None
        if self.checkup.results is not None:
            return "info", "Pictures and proposals saved", str(self.checkup.results.folder)
        self.chosen, self._scroll = None, 0.0
        report = self.checkup.report
        if report is None:
            return None
        if not report.faults:
            return "info", "All checks pass", f"{words.plural(len(report.checked), 'check')} made."
        return "info", words.plural(len(report.faults), "fault"), "They are listed at the left."

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Of the last check."""
        return self.checkup.report.findings if self.checkup.report is not None else ()

    @property
    def saves(self) -> bool:
        """Whether there are pictures or proposals to save."""
        return any(finding.proposes or finding.curve is not None for finding in self.findings)

    def choose(self, number: int) -> None:
        """Show a finding: its words, and in the panes its camera and frame."""
        if not 0 <= number < len(self.findings):
            return
        self.chosen = None if self.chosen == number else number
        finding = self.findings[number]
        self.session.show_camera(finding.sensor)
        if finding.frame is not None:
            self.session.go_to(finding.frame)

    def place(self, width: int, height: int) -> Rect:
        tracks = self.workspace.layout.panes.get("tracks")
        if tracks is not None:
            return tracks
        return Rect(0, TOP_BAR, min(ALONE_PX, width), height - TOP_BAR - STATUS_BAR)

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        lowest = max(sum(map(self._height, range(len(self.findings)))) - self._list_height(), 0.0)
        self._scroll = min(max(self._scroll - 40 * notches, 0.0), lowest)

    def layers(self) -> Sequence[Layer]:
        key = (
            self.checkup.progress, id(self.checkup.report), self.chosen, self._scroll, self._hot,
        )  # fmt: skip
        return (Layer("all", key, self._draw),)

    def _list_height(self) -> float:
        return self.height - HEADER - FOOT_PX

    def _lines(self, number: int) -> list[str]:
        """What a chosen finding says."""
        finding = self.findings[number]
        text = wrapped(_sentence(finding.what), SMALL, self.width - 44, self.measure)
        fix = wrapped(_sentence(finding.fix), SMALL, self.width - 44, self.measure)
        return text + fix

    def _height(self, number: int) -> float:
        if number != self.chosen:
            return FINDING_PX
        return FINDING_PX + LINE_PX * len(self._lines(number)) + 8

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        drawing.box(Rect(0, 0, self.width, self.height), theme.panel)
        self._rows(drawing)
        # Over rows that are scrolled half out.
        drawing.box(Rect(0, 0, self.width, HEADER), theme.raised)
        drawing.text(10, HEADER / 2, "Check of this log", SMALL_STRONG, theme.text)
        close = Rect(self.width - 28, 2, 24, 24)
        drawing.text(*close.centre, ICONS["close"], ICON, theme.text_2, anchor=0.5)
        drawing.zone(close, "log.findings", "", "Close")
        foot = self.height - FOOT_PX
        drawing.box(Rect(0, foot, self.width, FOOT_PX), theme.raised)
        progress = self.checkup.progress
        middle = foot + FOOT_PX / 2
        right = self.width - 10.0
        if progress is not None:
            hot = self._hot is not None and self._hot.command == "log.check_stop"
            right = draw_button(
                drawing, self.session, right, middle, "log.check_stop", label="Cancel", hot=hot,
                tip="Stop the check; what was found before stays",
            )  # fmt: skip
            share = progress.fraction
            text = "At work" if share is None else f"{round(100 * share)} % done"
            drawing.text(10, middle, text, SMALL, theme.text, max_width=right - 20)
            done = self.width * (share or 0.0)
            drawing.box(Rect(0, foot, self.width, 2), theme.control)
            drawing.box(Rect(0, foot, done, 2), theme.accent)
            return
        hot = self._hot is not None and self._hot.command == "log.check"
        right = draw_button(
            drawing, self.session, right, middle, "log.check", label="Check again", hot=hot,
            tip="Look for wrong times, poses and calibration once more",
        )  # fmt: skip
        if self.saves:
            hot = self._hot is not None and self._hot.command == "log.check_save"
            right = draw_button(
                drawing, self.session, right - 6, middle, "log.check_save", label="Save",
                hot=hot, tip="Save pictures of the evidence, and the proposed rig",
            )  # fmt: skip
        if self.checkup.report is not None:
            text = words.plural(len(self.checkup.report.faults), "fault")
            drawing.text(10, middle, text, SMALL, theme.text_2, max_width=right - 20)

    def _rows(self, drawing: Drawing) -> None:
        theme = self.session.theme
        progress = self.checkup.progress
        if progress is not None:
            y = HEADER + 26.0
            for line in wrapped(progress.text, SMALL, self.width - 24, self.measure):
                drawing.text(12, y, line, SMALL, theme.text_2)
                y += LINE_PX
            return
        report = self.checkup.report
        y = HEADER - self._scroll
        if report is not None and not report.faults:
            drawing.text(12, y + 26, ICONS["check_circle"], ICON, theme.good)
            drawing.text(36, y + 26, "All checks pass.", BODY_STRONG, theme.text)
            if not report.findings:
                return
        for number, finding in enumerate(self.findings):
            if report is not None and not report.faults and number == 0:
                y += FINDING_PX
            height = self._height(number)
            if y + height > HEADER and y < self.height - FOOT_PX:
                self._row(drawing, number, finding, Rect(0, y, self.width, height))
            y += height

    def _row(self, drawing: Drawing, number: int, finding: Finding, rect: Rect) -> None:
        theme = self.session.theme
        hot = self._hot is not None and self._hot.argument == str(number)
        if number == self.chosen:
            drawing.box(rect, theme.selected)
            drawing.box(Rect(0, rect.y, 3, rect.height), theme.accent)
        elif hot:
            drawing.box(rect, theme.hover, radius=RADIUS)
        icon = "info" if finding.severity is Severity.NOTE else "alert"
        drawing.text(12, rect.y + 17, ICONS[icon], ICON, self._colour(finding.severity))
        room = self.width - 46
        drawing.text(36, rect.y + 17, finding.check, SMALL_STRONG, theme.text, max_width=room)
        second = theme.text_2 if number == self.chosen else theme.text_3
        drawing.text(36, rect.y + 36, finding.where, TINY, second, max_width=room)
        if number == self.chosen:
            for line, text in enumerate(self._lines(number)):
                at = rect.y + FINDING_PX + 6 + LINE_PX * line
                drawing.text(36, at, text, SMALL, theme.text)
        top = max(rect.y, HEADER)
        bottom = min(rect.y + rect.height, self.height - FOOT_PX)
        drawing.zone(Rect(0, top, self.width, bottom - top), "finding.show", str(number))
        drawing.line((0, rect.bottom - 0.5), (self.width, rect.bottom - 0.5), theme.control)

    def _colour(self, severity: Severity) -> Colour:
        theme = self.session.theme
        return {
            Severity.ERROR: theme.bad,
            Severity.WARNING: theme.warn,
            Severity.NOTE: theme.text_2,
        }[severity]


def _sentence(text: str) -> str:
    """The text with a capital and a full stop."""
    return f"{text[0].upper()}{text[1:]}." if text else ""
