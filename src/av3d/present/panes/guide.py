"""The card of the guided first task, over the lower part of the track list: never over the data."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from av3d.present import words
from av3d.present.drawing import BODY_STRONG, SMALL, TINY, Drawing, Measure, Rect
from av3d.present.guide import STEPS, FirstTask
from av3d.present.panes.overlays import Overlay
from av3d.present.panes.pane import Layer, draw_button, wrapped
from av3d.present.session import Session
from av3d.present.theme import CONTROL, PADDING, STATUS_BAR

HINT = "first-task"
"""Name of the hint in the settings: whoever was asked once is not asked again."""
ALONE_PX = 279
LINE_PX = 18
HEAD_PX = 34
FOOT_PX = 40
_KEY = re.compile(r"\{([a-z0-9_.]+)\}")


class GuideCard(Overlay):
    """One step at a time, with what is done of it.

    Attributes:
        task: what is being done, None while nothing is.
        offered: whether it asks whether to begin.
    """

    name = "guide"

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.task: FirstTask | None = None
        self.offered = False

    @property
    def visible(self) -> bool:
        return self.session.has_log and (self.task is not None or self.offered)

    def begin(self) -> None:
        """Guide through the first task from now on."""
        self.task, self.offered = FirstTask(self.session), False

    def offer(self) -> None:
        """Ask whether to begin."""
        self.offered = True

    def decline(self) -> None:
        """Not now, and do not ask again."""
        self.offered = False
        self.workspace.ask(f"hint:{HINT}")

    def stop(self) -> None:
        """End the task; the labels stay, and the task goes on with them the next time."""
        self.task = None
        self.workspace.ask(f"hint:{HINT}")

    def confirm(self) -> None:
        """The person says that the step is done."""
        if self.task is not None:
            self.task.confirm()

    # Words

    def _title(self) -> str:
        if self.task is None:
            return "New here?"
        step = self.task.step
        return step.title if step is not None else "Done"

    def _text(self) -> str:
        if self.task is None:
            return (
                "The first task takes three minutes: one car of this log, through all its frames, "
                "one step at a time. It has a project of its own; nothing of yours is changed."
            )
        step = self.task.step
        if step is None:
            return self._done_text()
        return self._expanded(step.text)

    def _expanded(self, text: str) -> str:
        """Words with the keys of commands in them."""
        return _KEY.sub(lambda found: self._key(found[1]), text)

    def _done_text(self) -> str:
        assert self.task is not None
        progress = self.task.progress
        keyframes = words.plural(progress.keyframes, "keyframe")
        keys = {
            "palette": self._key("palette.open"), "all": self._key("help.keys"),
            "review": self._key("workspace.review"), "fill": self._key("edit.fill"),
        }  # fmt: skip
        return (
            f"{keyframes}, {words.plural(self.session.frames, 'frame')}: the overlap with the car is "
            f"expected to be {words.number(float(progress.overlaps.min()))} or better in each. "
            f"Next: {keys['fill']} measures a track in every sweep, {keys['review']} shows what to look "
            f"at again, {keys['palette']} finds every command, {keys['all']} shows all keys."
        )

    def _key(self, name: str) -> str:
        """The key of a command as the user has it, or its title in the menu."""
        command = self.workspace.table.by_name(name)
        return command.key or f"“{command.title}”"

    def _note(self) -> str:
        """What is done, below the words."""
        if self.task is None:
            return ""
        progress, step = self.task.progress, self.task.step
        if step is None or progress.keyframes < 2:
            return ""
        return (
            f"{words.plural(progress.keyframes, 'keyframe')}, "
            f"{progress.good_frames} of {words.plural(self.session.frames, 'frame')} good"
        )

    # Where it is and how it looks

    def place(self, width: int, height: int) -> Rect:
        panes = self.workspace.layout.panes
        beside = panes.get("tracks") or panes.get("queue")
        left, wide = 0.0, float(min(ALONE_PX, width))
        bottom = float(height - STATUS_BAR)
        if beside is not None:
            left, wide, bottom = beside.x, beside.width, beside.bottom
        lines = len(wrapped(self._text(), SMALL, wide - 2 * PADDING - 8, self.measure))
        note = 26 if self._note() else 0
        tall = HEAD_PX + 16 + LINE_PX * lines + note + FOOT_PX
        return Rect(left, max(bottom - tall, 0), wide, tall)

    def layers(self) -> Sequence[Layer]:
        key = (self._title(), self._text(), self._note(), self._share(), self._hot)
        return (Layer("all", key, self._draw),)

    def _share(self) -> float:
        if self.task is None:
            return 0.0
        return self.task.progress.good_frames / max(self.session.frames, 1)

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        drawing.box(Rect(0, 0, self.width, self.height), theme.raised)
        drawing.box(Rect(0, 0, self.width, 2), theme.accent)
        left = PADDING + 4.0
        y = HEAD_PX / 2 + 3
        count = self._count()
        wide = drawing.text(self.width - left, y, count, TINY, theme.text_2, anchor=1)
        drawing.text(left, y, self._title(), BODY_STRONG, theme.text,
                     max_width=self.width - 2 * left - wide - 8)  # fmt: skip
        y = HEAD_PX + 8.0
        for line in wrapped(self._text(), SMALL, self.width - 2 * PADDING - 8, self.measure):
            drawing.text(left, y, line, SMALL, theme.text_2)
            y += LINE_PX
        note = self._note()
        if note:
            room = self.width - 2 * left
            drawing.text(left, y + 2, note, SMALL, theme.text, max_width=room)
            drawing.box(Rect(left, y + 14, room, 3), theme.control)
            drawing.box(Rect(left, y + 14, round(room * self._share()), 3), theme.good)
        drawing.zone(Rect(0, 0, self.width, self.height - FOOT_PX), "", "guide", self._title())
        self._buttons(drawing)

    def _count(self) -> str:
        step = self.task.step if self.task is not None else None
        return f"{STEPS.index(step) + 1} of {len(STEPS)}" if step is not None else ""

    def _buttons(self, drawing: Drawing) -> None:
        right, middle = self.width - PADDING - 4.0, self.height - FOOT_PX / 2
        for command, argument, label, on, tip in self._offers():
            hot = self._hot is not None and self._hot.command == command
            right = draw_button(
                drawing, self.session, right, middle, command, argument=argument, label=label, on=on,
                hot=hot, tip=tip, height=CONTROL,
            ) - 6  # fmt: skip

    def _offers(self) -> list[tuple[str, str, str, bool, str]]:
        """Command, argument, label, whether it is the one to press, and tip, from the right."""
        if self.task is None:
            return [
                ("guide.begin", "", "Begin", True, "Label one car, step by step"),
                ("guide.not_now", "", "Not now", False, "Help > First task begins it later"),
            ]
        step = self.task.step
        if step is None:
            return [("guide.leave", "", "Close", True, "The labels stay in their project")]
        leave = ("guide.leave", "", "Leave", False, "Help > First task goes on with it later")
        if step.asks:
            return [("guide.next", "", "It is right", True, "Go on to the next step"), leave]
        if step.command:
            tip = self.workspace.table.by_name(step.command).title
            return [("guide.run", step.command, step.label, False, tip), leave]
        return [leave]
