"""The card of a dialog at the lower right of the main view; its edit shows while it is open."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from av3d.errors import Av3dError
from av3d.present import words
from av3d.present.cuboid_fields import calculated
from av3d.present.dialog import Amount, Dialog, Input, Option, Pick, Plan, Switch, Words
from av3d.present.drawing import (
    ICON,
    NUMBER,
    NUMBER_TINY,
    SMALL,
    SMALL_STRONG,
    TINY,
    Drawing,
    Measure,
    Rect,
)
from av3d.present.fields import Field
from av3d.present.icons import ICONS
from av3d.present.panes.controls import Control, ControlsPane
from av3d.present.panes.overlays import Overlay
from av3d.present.session import Session
from av3d.present.theme import CONTROL, HEADER, RADIUS, ROW, STATUS_BAR, TOP_BAR, colour
from av3d.tracks.change import Change
from av3d.tracks.describing import describe
from av3d.tracks.document import Document

WIDTH = 352
MARGIN = 12
FOOT = 44
LINE = 18
LINES_SHOWN = 9
"""More changes than these are counted."""
PIXELS_PER_STEP = 4


class DialogOverlay(ControlsPane, Overlay):
    """Asks what an edit has to be told, says what it would do, and shows that in all panes.

    It is not modal but where something would be lost: one can go to other frames and look. Enter does
    it, Esc leaves everything as it was.
    """

    name = "dialog"
    head_height = HEADER + 1
    foot_height = FOOT

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.dialog: Dialog | None = None
        self.modal = False
        self.lines: tuple[str, ...] = ()
        """What it would do, or why it cannot be done."""
        self.possible = False
        self._before: tuple[str, ...] = ()
        self._plan: Plan | None = None
        self._changes: tuple[Change, ...] = ()
        self._planned_on: Document | None = None
        self._watched: object = None
        self._over: tuple[str, str] | None = None
        self._said = 0

    @property
    def visible(self) -> bool:
        return self.dialog is not None

    def begin(self, dialog: Dialog) -> None:
        """Open a dialog; one that is open is cancelled."""
        self.close()
        self.session.edits.settle()
        self._before = self.session.selection
        self.dialog, self.modal = dialog, dialog.modal
        self._over, self._scroll = None, 0.0
        self.replan()

    def close(self) -> None:
        """Cancel it: everything is as before."""
        if self.dialog is None:
            return
        self._leave()
        self.session.edits.drop()
        self.session.select_many(self._before)

    def _leave(self) -> None:
        active = self.session.fields.active
        if active is not None and active.pane == self.name:
            self.session.fields.close(active.name)
        self.dialog, self.modal, self._plan, self._planned_on = None, False, None, None
        self._hot = None

    def do(self) -> None:
        """Make the edit, as one step of undo, and close."""
        session, dialog = self.session, self.dialog
        active = session.fields.active
        if active is not None and active.pane == self.name:
            session.fields.leave()
        if dialog is None:
            return
        if self._over is not None or self._planned_on is not session.labels.document:
            self._over = None
            self.replan()
        plan, changes = self._plan, self._changes
        if plan is None or not self.possible:
            return
        known = set(session.labels.document.tracks)
        self._leave()
        session.edits.drop()
        session.select_many(self._before)
        if dialog.action is not None:
            dialog.action()
            return
        if not session.edits.do(plan.title, lambda _document: changes, locked_too=dialog.records):
            return
        made = [track_id for track_id in session.labels.document.tracks if track_id not in known]
        if dialog.shows_new and made:
            session.select_many(made)
        elif plan.shows:
            session.select_many(plan.shows)

    def set(self, name: str, value: object) -> None:
        """An input says something else now."""
        if self.dialog is not None:
            self.dialog.values[name] = value
            self._over = None
            self.replan()

    def replan(self) -> None:
        """Find out what would be done, and show it."""
        session, dialog = self.session, self.dialog
        if dialog is None:
            return
        values = dict(dialog.values)
        if self._over is not None:
            values[self._over[0]] = self._over[1]
        document = session.labels.document
        self._planned_on, self._watched = document, dialog.watched()
        self._said += 1
        try:
            plan = dialog.plan(values)
            changes = session.labels.changes(plan.operation)
        except Av3dError as error:
            self._plan, self.possible = None, False
            self.lines = (words.sentences(error),)
            session.edits.drop()
            session.select_many(self._before)
            return
        acts = dialog.action is not None
        self._plan, self._changes, self.possible = plan, changes, acts or bool(changes)
        start_ns = session.log.frames[0].timestamp_ns
        told = plan.lines or describe(document, changes, start_ns)
        self.lines = tuple(told) if self.possible else ("Nothing would change.",)
        if dialog.records:
            return
        if session.edits.preview(lambda _document: changes, asking=True):
            session.select_many(plan.shows or self._before)

    def update(self) -> None:
        """After an edit elsewhere, the plan is made anew for what is there now."""
        super().update()
        session = self.session
        if self.dialog is None or session.dragging or session.edits.waiting:
            return
        changed = self._planned_on is not session.labels.document
        changed = changed or self._watched != self.dialog.watched()
        shows = self.dialog.records or session.edits.previewing
        if changed or (self.possible and not shows):
            self.replan()

    # Pointer and keys

    def key(self, key: str) -> bool:
        if self.dialog is None:
            return False
        if key == "Esc":
            self.close()
        elif key == "Enter":
            self.do()
        elif key in ("Up", "Down"):
            return self._step(1 if key == "Down" else -1)
        else:
            return self._hotkey(key) or self.modal
        return True

    def _picks(self) -> list[Pick]:
        if self.dialog is None:
            return []
        return [one for one in self.dialog.inputs(self.dialog.values) if isinstance(one, Pick)]

    def _step(self, step: int) -> bool:
        """The next option of the first list."""
        for pick in self._picks():
            keys = [option.key for option in pick.options]
            assert self.dialog is not None
            chosen = self.dialog.values.get(pick.name)
            at = keys.index(chosen) if chosen in keys else -1 if step > 0 else 0
            self.set(pick.name, keys[(at + step) % len(keys)])
            return True
        return False

    def _hotkey(self, key: str) -> bool:
        for pick in self._picks():
            for option in pick.options:
                if option.hotkey and option.hotkey == key:
                    self.set(pick.name, option.key)
                    return True
        return False

    def move(self, x: float, y: float) -> None:
        super().move(x, y)
        over: tuple[str, str] | None = None
        if self._hot is not None and self._hot.argument.startswith("pick."):
            name, _, key = self._hot.argument.removeprefix("pick.").partition("=")
            over = name, key
        self._look_at(over)

    def leave(self) -> None:
        super().leave()
        self._look_at(None)

    def _look_at(self, over: tuple[str, str] | None) -> None:
        """Preview an option before it is chosen."""
        if over != self._over:
            self._over = over
            self.replan()

    # Drawing

    def place(self, width: int, height: int) -> Rect:
        panes = self.workspace.layout.panes
        room = panes.get("main", Rect(0, TOP_BAR, width, height - TOP_BAR - STATUS_BAR))
        wide = min(WIDTH, width - 8)
        self.rect = Rect(self.rect.x, self.rect.y, wide, self.rect.height)
        self._body(Drawing(self.measure))
        highest = max(room.height - 2 * MARGIN, 200.0)
        tall = round(min(self.head_height + self.content_height + FOOT, highest, height - 8))
        x = max(min(room.right - MARGIN, width - 4) - wide, 4)
        y = max(min(room.bottom - MARGIN, height - STATUS_BAR - 4) - tall, 4)
        return Rect(round(x), round(y), wide, tall)

    def body_key(self) -> Hashable:
        active = self.session.fields.active
        return self._said, self._over, self.lines, active.name if active is not None else ""

    def head_key(self) -> Hashable:
        return self._said, self.possible

    def draw_head(self, drawing: Drawing) -> None:
        theme, dialog = self.session.theme, self.dialog
        if dialog is None:
            return
        drawing.box(Rect(0, 0, self.width, HEADER), theme.raised)
        drawing.text(10, HEADER / 2, ICONS[dialog.icon], ICON, theme.text)
        drawing.text(34, HEADER / 2, dialog.title, SMALL_STRONG, theme.text,
                     max_width=self.width - 44)  # fmt: skip
        if drawing.measure(dialog.title, SMALL_STRONG) > self.width - 44:
            drawing.zone(Rect(0, 0, self.width, HEADER), "", "title", dialog.title)
        top = self.height - FOOT
        drawing.box(Rect(0, top, self.width, FOOT), theme.panel)
        drawing.line((0, top + 0.5), (self.width, top + 0.5), theme.control)
        verb_width = drawing.measure(dialog.verb, SMALL_STRONG) + 76
        right, y = self.width - 10, top + (FOOT - CONTROL) / 2
        does = (
            "Do it (Enter)" if dialog.action is not None else "Do it, as one step of undo (Enter)"
        )
        self.button(
            drawing, Rect(right - verb_width, y, verb_width, CONTROL), "do", self.do, dialog.verb,
            key="Enter", on=self.possible, enabled=self.possible,
            tip=does if self.possible else "It cannot be done so",
        )  # fmt: skip
        self.button(
            drawing, Rect(right - verb_width - 8 - 104, y, 104, CONTROL), "cancel", self.close,
            "Cancel", key="Esc", tip="Leave everything as it was (Esc)",
        )  # fmt: skip
        drawing.box(Rect(0.5, 0.5, self.width - 1, self.height - 1), None, theme.border, RADIUS)

    def draw_body(self, drawing: Drawing, y: float) -> float:
        dialog = self.dialog
        if dialog is None:
            return y
        y += 8
        for asked in dialog.inputs(dialog.values):
            y = self._input(drawing, asked, y)
        return self._words(drawing, y)

    def _input(self, drawing: Drawing, asked: Input, y: float) -> float:
        if isinstance(asked, Pick):
            return self._pick(drawing, asked, y)
        if isinstance(asked, Switch):
            return self._switch(drawing, asked, y)
        theme = self.session.theme
        label = drawing.text(10, y + CONTROL / 2, asked.title, SMALL, theme.text_2,
                             max_width=self.width * 0.5)  # fmt: skip
        if isinstance(asked, Amount):
            self._amount(drawing, asked, Rect(self.width - 10 - 120, y, 120, CONTROL))
        else:
            left = max(label + 22, 90)
            self._text(drawing, asked, Rect(left, y, self.width - 10 - left, CONTROL))
        return y + CONTROL + 6

    def _value(self, name: str) -> object:
        assert self.dialog is not None
        return self.dialog.values.get(name)

    def _pick(self, drawing: Drawing, pick: Pick, y: float) -> float:
        """Buttons side by side where they fit, else a line for each option."""
        theme = self.session.theme
        chosen = self._value(pick.name)
        if pick.title:
            drawing.text(10, y + 10, pick.title, SMALL, theme.text_2, max_width=self.width - 20)
            y += 22
        plain = all(not (o.note or o.icon or o.hotkey) for o in pick.options)
        if plain and len(pick.options) <= 4:
            options = [(option.key, option.title) for option in pick.options]
            rect = Rect(10, y, self.width - 20, CONTROL)
            if self.segments(
                drawing, rect, f"pick.{pick.name}", options, str(chosen),
                lambda key: self.set(pick.name, key), tip=pick.tip,
            ):  # fmt: skip
                return y + CONTROL + 8
        for option in pick.options:
            self._option(drawing, pick, option, Rect(4, y, self.width - 8, ROW))
            y += ROW
        return y + 6

    def _option(self, drawing: Drawing, pick: Pick, option: Option, rect: Rect) -> None:
        theme = self.session.theme
        name = f"pick.{pick.name}={option.key}"
        on = self._value(pick.name) == option.key
        if on or self.is_hot(name):
            drawing.box(rect, theme.selected if on else theme.hover, radius=RADIUS)
        if on:
            drawing.box(Rect(rect.x, rect.y, 3, rect.height), theme.accent)
        middle, x, right = rect.centre[1], rect.x + 10, rect.right - 8
        if option.icon:
            drawing.text(x, middle, option.icon, ICON, colour(option.colour or "#AEB7C2"))
            x += 24
        if option.hotkey:
            right -= drawing.text(right, middle, option.hotkey, NUMBER_TINY, theme.text_2, anchor=1)
            right -= 8
        title = drawing.measure(option.title, SMALL)
        note = drawing.measure(option.note, TINY) if option.note else 0.0
        room = right - x
        note_room = max(room - title - 12, room * 0.45) if option.note else 0.0
        if option.note:
            drawing.text(right, middle, option.note, TINY, theme.text_2, anchor=1,
                         max_width=note_room)  # fmt: skip
        title_room = room - (min(note, note_room) + 12 if option.note else 0.0)
        drawing.text(x, middle, option.title, SMALL, theme.text, max_width=title_room)
        cut = title > title_room or note > note_room
        tip = ", ".join(filter(None, (option.title, option.note))) if cut else pick.tip
        press = Control(lambda: self.set(pick.name, option.key))
        self.add(drawing, rect, name, press, tip)

    def _switch(self, drawing: Drawing, asked: Switch, y: float) -> float:
        on = bool(self._value(asked.name))
        self.switch(
            drawing, 10, y + CONTROL / 2, f"switch.{asked.name}",
            lambda: self.set(asked.name, not on), asked.title, on, tip=asked.tip,
            max_width=self.width - 20,
        )  # fmt: skip
        return y + CONTROL + 4

    def _text(self, drawing: Drawing, asked: Words, rect: Rect) -> None:
        session, theme = self.session, self.session.theme
        text = str(self._value(asked.name) or "")
        name = f"dialog.{asked.name}"
        active = session.fields.active
        typing = active is not None and active.name == name
        drawing.box(rect, theme.field, theme.accent if typing else theme.border, RADIUS)
        shown, paint = (text, theme.text) if text else (asked.hint, theme.text_3)
        drawing.text(rect.x + 7, rect.centre[1], shown, SMALL, paint, max_width=rect.width - 12)

        def begin() -> None:
            session.fields.open(
                Field(
                    name, self.name, _inner(rect), text, asked.hint,
                    on_enter=lambda typed: self.set(asked.name, typed.strip()), select_all=True,
                )
            )  # fmt: skip

        cut = drawing.measure(text, SMALL) > rect.width - 12
        self.add(
            drawing, rect, name, Control(begin), text if cut else asked.tip or "Click to write"
        )

    def _amount(self, drawing: Drawing, asked: Amount, rect: Rect) -> None:
        session, theme = self.session, self.session.theme
        stored = self._value(asked.name)
        value = float(stored) if isinstance(stored, int | float) else 0.0
        text = words.number(value, asked.decimals)
        name = f"dialog.{asked.name}"
        active = session.fields.active
        typing = active is not None and active.name == name
        drawing.box(rect, theme.field, theme.accent if typing else theme.border, RADIUS)
        right = rect.right - 8
        if asked.unit:
            right -= drawing.text(
                right, rect.centre[1], asked.unit, TINY, theme.text_3, anchor=1
            ) + 6  # fmt: skip
        drawing.text(right, rect.centre[1], text, NUMBER, theme.text, anchor=1)

        def entered(typed: str) -> None:
            found = calculated(typed)
            if found is None:
                title = f"{asked.title} is not changed"
                session.say("error", title, f"{typed[:40]} is no number.")
            else:
                self.set_amount(asked, found)

        def begin() -> None:
            session.fields.open(
                Field(name, self.name, _inner(rect), text.replace(",", ""), on_enter=entered,
                      select_all=True, number=True)
            )  # fmt: skip

        control = Control(
            begin,
            scrub=lambda: AmountScrub(self, asked, value),
            wheel=lambda notch: self.set_amount(asked, value + notch * asked.step),
        )
        tip = f"{asked.tip}. " if asked.tip else ""
        self.add(drawing, rect, name, control, f"{tip}Click to type, drag or wheel to change")

    def set_amount(self, asked: Amount, value: float) -> None:
        """Give a number, within its limits."""
        value = min(max(value, asked.smallest), asked.largest)
        self.set(asked.name, round(value, max(asked.decimals, 0)))

    def _words(self, drawing: Drawing, y: float) -> float:
        """What it would do, or why it cannot be done."""
        theme = self.session.theme
        drawing.line((0, y + 0.5), (self.width, y + 0.5), theme.control)
        y += 8
        if not self.possible:
            icon, paint = ("alert", theme.bad) if self._plan is None else ("info", theme.text_2)
            drawing.text(10, y + 9, ICONS[icon], ICON, paint)
        left = 10 if self.possible else 34
        shown = self.lines[:LINES_SHOWN]
        more = len(self.lines) - len(shown)
        if more > 0:
            shown = (*shown, f"And {words.plural(more, 'more change')}.")
        for line in shown:
            for part in self.wrapped(line, self.width - left - 12):
                drawing.text(left, y + 9, part, SMALL, theme.text)
                y += LINE
            y += 2
        return y + 8


class AmountScrub:
    """A number that follows a horizontal drag."""

    def __init__(self, overlay: DialogOverlay, asked: Amount, start: float) -> None:
        self._overlay = overlay
        self._asked = asked
        self._start = start

    def to(self, dx_px: float, x: float) -> None:
        steps = round(dx_px / PIXELS_PER_STEP)
        self._overlay.set_amount(self._asked, self._start + steps * self._asked.step)

    def keep(self) -> None:
        """What shows is what the dialog says already."""

    def drop(self) -> None:
        self._overlay.set_amount(self._asked, self._start)


def _inner(rect: Rect) -> Rect:
    return Rect(rect.x + 2, rect.y + 2, rect.width - 4, rect.height - 4)
