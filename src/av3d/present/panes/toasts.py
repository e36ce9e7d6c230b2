"""Messages at the bottom right: errors stay until they are closed, information leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from av3d.present.drawing import ICON, SMALL, SMALL_STRONG, Drawing, Measure, Rect
from av3d.present.icons import ICONS
from av3d.present.panes.overlays import Overlay
from av3d.present.panes.pane import Layer, draw_button, wrapped
from av3d.present.session import Session
from av3d.present.theme import RADIUS, STATUS_BAR

STAYS_S = 5.0
MOST = 4
"""Messages at once; the list of messages has all."""
KEPT_LINES = 8
"""Lines of a message; more of it is in the details."""


@dataclass(frozen=True)
class Toast:
    """A message at the bottom right.

    Attributes:
        number: names it.
        kind: "error" stays until closed, "info" leaves after 5 s.
        title, text: words.
        until_s: reading of the clock when it leaves, None for never.
        action: label, command and argument of its button; None for none.
        details: what [Copy details] copies; "" for no such button.
    """

    number: int
    kind: str
    title: str
    text: str
    until_s: float | None
    action: tuple[str, str, str] | None = None
    details: str = ""

    @property
    def buttons(self) -> tuple[tuple[str, str, str], ...]:
        """Label, command and argument of its buttons."""
        copy = (("Copy details", "text.copy", self.details),) if self.details else ()
        return (*((self.action,) if self.action is not None else ()), *copy)


class ToastOverlay(Overlay):
    """Messages, the newest at the bottom."""

    name = "toasts"
    WIDTH = 380

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.toasts: list[Toast] = []
        self._count = 0

    @property
    def visible(self) -> bool:
        return bool(self.toasts)

    def show(
        self,
        kind: str,
        title: str,
        text: str = "",
        *,
        details: str = "",
        action: tuple[str, str, str] | None = None,
    ) -> None:
        """Add a message; one that is there already is not repeated.

        Args:
            kind: "error" or "info".
            title: what happened.
            text: what it means and what to do.
            details: what [Copy details] copies; "": for an error its words.
            action: label, command and argument of a button.
        """
        if any((toast.title, toast.text) == (title, text) for toast in self.toasts):
            return
        self.session.note_told(kind, title, text, details)
        self._count += 1
        error = kind == "error"
        until = None if error else self.session.clock() + STAYS_S
        if error and not details:
            details = f"{title}: {text}" if text else title
        toast = Toast(self._count, kind, title, text, until, action, details)
        self.toasts = [*self.toasts[-(MOST - 1) :], toast]

    def take_over(self, toasts: Sequence[Toast]) -> None:
        """Show messages of another workspace, too."""
        self.toasts = [*toasts, *self.toasts]
        self._count = max((toast.number for toast in self.toasts), default=0)

    def dismiss(self, number: int) -> None:
        """Close one."""
        self.toasts = [toast for toast in self.toasts if toast.number != number]

    def expire(self) -> None:
        """Drop those whose time has come; not the one that the pointer is on."""
        now = self.session.clock()
        if self._hot is not None and self.workspace.hovered_pane is self:
            return
        self.toasts = [t for t in self.toasts if t.until_s is None or t.until_s > now]

    def _lines(self, toast: Toast) -> list[str]:
        lines = wrapped(toast.text, SMALL, self.WIDTH - 76, self.measure)
        if len(lines) > KEPT_LINES:
            lines = [*lines[: KEPT_LINES - 1], f"{lines[KEPT_LINES - 1]} …"]
        return lines

    def _height(self, toast: Toast) -> int:
        button = 32 if toast.buttons else 0
        titles = wrapped(toast.title, SMALL_STRONG, self.WIDTH - 80, self.measure)
        lines = 18 * (len(self._lines(toast)) + len(titles) - 1)
        return 38 + lines + (6 if toast.text else 0) + button

    def place(self, width: int, height: int) -> Rect:
        total = sum(self._height(toast) + 8 for toast in self.toasts)
        # Decisions are made there: nothing may lie over their buttons.
        decision = self.workspace.layout.panes.get("decision")
        bottom: float = height - STATUS_BAR
        left = width - self.WIDTH - 12
        if decision is not None and decision.right > left:
            bottom = decision.y
        return Rect(left, max(bottom - total - 8, 0), self.WIDTH, total)

    def layers(self) -> Sequence[Layer]:
        return (Layer("all", (tuple(self.toasts), self._hot), self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        y = 0.0
        for toast in self.toasts:
            rect = Rect(0.5, y + 0.5, self.width - 1, self._height(toast) - 1)
            edge = theme.bad if toast.kind == "error" else theme.accent
            drawing.box(rect, theme.raised, outline=theme.control, radius=RADIUS)
            drawing.box(Rect(0, y, 3, rect.height + 1), edge)
            icon = ICONS["alert" if toast.kind == "error" else "info"]
            drawing.text(14, y + 19, icon, ICON, edge)
            line_y = y + 19
            for line in wrapped(toast.title, SMALL_STRONG, self.WIDTH - 80, self.measure):
                drawing.text(40, line_y, line, SMALL_STRONG, theme.text, max_width=self.WIDTH - 80)
                line_y += 18
            line_y += 4
            for line in self._lines(toast):
                drawing.text(40, line_y, line, SMALL, theme.text_2, max_width=self.WIDTH - 56)
                line_y += 18
            drawing.zone(rect, "", f"toast.{toast.number}", "" if not toast.text else toast.title)
            self._buttons(drawing, toast, rect)
            close = Rect(self.width - 32, y + 7, 24, 24)
            drawing.text(
                close.centre[0], close.centre[1], ICONS["close"], ICON, theme.text_2, anchor=0.5
            )
            drawing.zone(close, "toast.close", str(toast.number), "Close")
            y += rect.height + 9

    def _buttons(self, drawing: Drawing, toast: Toast, rect: Rect) -> None:
        x = 40.0
        for label, command, argument in toast.buttons:
            hot = self._hot is not None and (self._hot.command, self._hot.argument) == (
                command, argument,
            )  # fmt: skip
            right = x + round(self.measure(label, SMALL) + 16)
            tip = "Copy what is known about it" if label == "Copy details" else label
            draw_button(
                drawing, self.session, right, rect.bottom - 20, command, label=label,
                argument=argument, hot=hot, tip=tip,
            )  # fmt: skip
            x = right + 8
