"""The nine numbers of the selected cuboids: typed, dragged, stepped."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.present import words
from av3d.present.cuboid_fields import (
    FIELDS,
    CuboidField,
    FieldError,
    all_values,
    anchor_of,
    step_of,
    typed_value,
    values_of,
    with_value,
    within,
)
from av3d.present.drawing import NUMBER, SMALL, TINY, Drawing, Rect
from av3d.present.edits import Operation
from av3d.present.fields import Field
from av3d.present.panes.controls import Control
from av3d.present.selection import MIXED, for_each, selected_tracks, selection_name
from av3d.present.theme import CONTROL, RADIUS, Colour
from av3d.tracks.operations.keyframes import set_keyframe
from av3d.tracks.operations.shape import set_constant_size, set_free_size

if TYPE_CHECKING:
    from av3d.present.panes.inspector import InspectorPane

LABEL_H = 17
FEW = 20
"""Selected tracks that are placed one by one if need be."""
WIDTH_OF_STEP_PX = 6.0
"""Dragging by so many pixels is one step."""
KEPT_AFTER_S = 0.6
"""Steps of the wheel and of keys that follow each other this fast are one step of undo."""

Cuboids = dict[str, Cuboid]
"""Cuboids by track ID, in the frame that the fields show."""


class CuboidSection:
    """Fields for centre, size and angles, and what goes with them.

    Args:
        pane: the inspector.

    Attributes:
        world: whether the numbers are those in the world frame, else in the ego frame.
        wrong: why what is being typed is refused, "" if it is not.
    """

    def __init__(self, pane: InspectorPane) -> None:
        self.pane = pane
        self.world = False
        self.wrong = ""
        self._scrubbing = ""
        self._rects: dict[str, Rect] = {}

    @property
    def key(self) -> tuple[object, ...]:
        """What the drawing depends on beside the tracks and the frame."""
        active = self.pane.session.fields.active
        name = active.name if active is not None and active.pane == self.pane.name else ""
        return self.world, self.wrong, self._scrubbing, name

    # Values

    def cuboids(self) -> Cuboids:
        """The cuboids of the selected tracks that are there at this frame."""
        session = self.pane.session
        found: Cuboids = {}
        tracks = selected_tracks(session)
        # Of many, those that the views have placed already: placing thousands here takes seconds.
        placed = {}
        if len(tracks) > FEW:
            placed = {box.track.id: box for box in session.supply.boxes(session.frame) or ()}
        for track in tracks:
            box = placed.get(track.id)
            if box is None and len(tracks) <= FEW:
                box = session.box_of(track.id)
            if box is not None:
                found[track.id] = box.state.cuboid if self.world else box.cuboid
        return found

    def texts(self, cuboids: Cuboids) -> list[str]:
        """What each of the fields shows: the value that all have, or "mixed"."""
        values = all_values(tuple(cuboids.values()))
        texts: list[str] = []
        for field, column in zip(FIELDS, values.T, strict=True):
            rounded = np.round(column, field.decimals)
            alike = bool((rounded == rounded[0]).all())
            texts.append(words.number(float(column[0]), field.decimals) if alike else MIXED)
        return texts

    def _operation(self, cuboids: Cuboids, name: str, value: Callable[[float], float]) -> Operation:
        """What changes one number of each cuboid, from where they were when the gesture began."""
        session = self.pane.session
        time_ns = session.timestamp_ns
        world_SE3_ego = session.log.world_SE3_ego(time_ns)
        number = [field.name for field in FIELDS].index(name)
        changed = {
            track_id: with_value(
                cuboid, name, within(FIELDS[number], value(values_of(cuboid)[number]))
            )
            for track_id, cuboid in cuboids.items()
        }
        in_world = {
            track_id: cuboid if self.world else cuboid.in_frame(world_SE3_ego)
            for track_id, cuboid in changed.items()
        }
        return for_each(
            tuple(in_world),
            lambda document, track_id: set_keyframe(
                document, track_id, time_ns, in_world[track_id], anchor=anchor_of(name)
            ),
        )

    def _title(self, field: CuboidField) -> str:
        verb = "Move" if field.name in "xyz" else "Turn" if field.unit == "°" else "Resize"
        return f"{verb} {selection_name(self.pane.session)}"

    # Drawing

    def draw(self, drawing: Drawing, y: float) -> float:
        """The fields and buttons from `y` down; returns where they end."""
        pane, theme = self.pane, self.pane.session.theme
        cuboids = self.cuboids()
        self._rects.clear()
        if not cuboids:
            text = f"Not present at frame {pane.session.frame}."
            drawing.text(10, y + 12, text, SMALL, theme.text_2)
            return y + 28
        texts = self.texts(cuboids)
        gap = 8
        width = (pane.width - 20 - 2 * gap) / 3
        for number, field in enumerate(FIELDS):
            column, row = number % 3, number // 3
            x = round(10 + column * (width + gap))
            top = y + row * (LABEL_H + CONTROL + 4)
            rect = Rect(x, top + LABEL_H, round(10 + column * (width + gap) + width) - x, CONTROL)
            drawing.text(x, top + LABEL_H / 2, field.name, TINY, theme.text_2)
            self._field(drawing, rect, number, cuboids, texts[number])
        y += 3 * (LABEL_H + CONTROL + 4) + 4
        y = self._buttons(drawing, y)
        return self._switches(drawing, y, cuboids)

    def _field(
        self, drawing: Drawing, rect: Rect, number: int, cuboids: Cuboids, text: str
    ) -> None:
        pane, theme, field = self.pane, self.pane.session.theme, FIELDS[number]
        name = f"value.{field.name}"
        self._rects[field.name] = rect
        active = pane.session.fields.active
        typing = active is not None and active.name == name
        wrong = typing and bool(self.wrong)
        hot = pane.is_hot(name) or self._scrubbing == field.name
        outline: Colour | None = theme.bad if wrong else theme.accent if typing else theme.border
        editable = pane.session.labels.editable
        if not editable:  # plain values, not fields: nothing can be typed here
            outline = None
        fill = None if not editable else theme.hover if hot and not typing else theme.field
        drawing.box(rect, fill, outline, RADIUS, 2.0 if wrong else 1.0)
        middle = rect.centre[1]
        unit = drawing.measure("m", NUMBER) + 8
        ink = theme.text_2 if text == MIXED else theme.text
        style = NUMBER if drawing.measure(text, NUMBER) <= rect.width - unit - 8 else TINY
        drawing.text(
            rect.x + 7, middle, text, style, ink,
            max_width=rect.width - unit - 8,
        )  # fmt: skip
        drawing.text(rect.right - 6, middle, field.unit, NUMBER, theme.text_3, anchor=1)
        frame = "world frame" if self.world else "ego frame"
        what = field.meaning if field.low > 0 else f"{field.meaning}, in the {frame}"
        mixed = ", ".join(f"{words.number(values_of(c)[number], field.decimals)} {field.unit}"
                          for c in list(cuboids.values())[:4]) if text == MIXED else ""  # fmt: skip
        what = what[0].upper() + what[1:]
        tip = f"{what}. Click to type, drag or wheel to change; Shift coarse, Alt fine"
        if mixed:
            tip = f"{mixed}{', …' if len(cuboids) > 4 else ''}. {tip}"
        if not editable:
            drawing.zone(rect, "", name, what)
            return
        control = Control(
            lambda: self.begin_typing(field.name),
            lambda: _Scrub(self, field, self.cuboids()),
            lambda notches: self.step(field, notches),
        )
        pane.add(drawing, rect, name, control, tip)
        if wrong:
            self._refusal(drawing, rect)

    def _refusal(self, drawing: Drawing, rect: Rect) -> None:
        """What may be typed, below the field."""
        theme = self.pane.session.theme
        width = drawing.measure(self.wrong, TINY) + 16
        x = min(rect.x, self.pane.width - width - 6)
        box = Rect(max(x, 4), rect.bottom + 3, width, 22)
        text = self.wrong

        def draw(late: Drawing) -> None:
            late.box(box, theme.raised, outline=theme.bad, radius=RADIUS)
            late.text(box.x + 8, box.centre[1], text, TINY, theme.text)

        self.pane.late(draw)

    def _buttons(self, drawing: Drawing, y: float) -> float:
        """Fit, ground and flip, each with its key."""
        pane = self.pane
        buttons = [("edit.fit", "Fit", "fit"), ("edit.ground", "Ground", "to_ground"),
                   ("edit.flip", "Flip", "flip")]  # fmt: skip
        # Each as wide as its words ask for, all together as wide as the fields.
        wanted = [
            drawing.measure(label, SMALL) + max(drawing.measure(pane.key_of(name), NUMBER), 9) + 50
            for name, label, _ in buttons
        ]
        scale = (pane.width - 20 - 2 * 6) / sum(wanted)
        x = 10.0
        for (name, label, icon), wide in zip(buttons, wanted, strict=True):
            command = pane.command(name)
            rect = Rect(round(x), y, round(wide * scale), CONTROL)
            x += wide * scale + 6
            able = pane.able(name)
            tip = (command.tip or command.title) if command is not None else "Not available here"
            pane.button(
                drawing, rect, name, lambda name=name: pane.run(name, ""), label,  # type: ignore[misc]
                icon=icon, key=pane.key_of(name), tip=tip, enabled=able,
            )  # fmt: skip
        return y + CONTROL + 6

    def _switches(self, drawing: Drawing, y: float, cuboids: Cuboids) -> float:
        """Size of all keyframes in common; ego or world frame."""
        pane, session = self.pane, self.pane.session
        tracks = selected_tracks(session)
        shared = {not track.free_size for track in tracks}
        state = shared.pop() if len(shared) == 1 else None
        half = (pane.width - 20) / 2
        pane.switch(
            drawing, 10, y + 12, "shared", lambda: self._share(state is not True), "shared size",
            state, enabled=session.labels.editable, max_width=half,
            tip="All keyframes have one size; a change of one changes all",
        )  # fmt: skip
        label = "world frame" if self.world else "ego frame"
        wide = drawing.measure(label, SMALL) + 18
        tip = "Show values in the ego frame" if self.world else "Show values in the world frame"
        rect = Rect(round(pane.width - 10 - wide), y, round(wide), CONTROL)
        pane.button(drawing, rect, "frame", self.toggle_world, label, tip=tip, plain=True)
        return y + CONTROL + 8

    def toggle_world(self) -> None:
        """Show the numbers in the other frame of reference."""
        self.world = not self.world

    def _share(self, share: bool) -> None:
        ids = self.pane.session.selection
        operation = set_constant_size if share else set_free_size
        verb = "Give all keyframes one size" if share else "Let sizes differ"
        title = f"{verb}: {selection_name(self.pane.session)}"
        self.pane.session.edits.do(title, for_each(ids, operation))

    # Gestures

    def step(self, field: CuboidField, notches: int) -> None:
        """Change a value by steps; those that follow each other at once are one step of undo."""
        session = self.pane.session
        delta = notches * step_of(field, session.modifiers)
        # The cuboids as they show, a preview of the steps before included.
        operation = self._operation(self.cuboids(), field.name, lambda value: value + delta)
        session.edits.preview_until(self._title(field), operation, KEPT_AFTER_S)

    def scrub(self, field: CuboidField, cuboids: Cuboids, dx_px: float) -> None:
        """Show the values that a drag has reached."""
        session = self.pane.session
        self._scrubbing = field.name
        delta = math.floor(dx_px / WIDTH_OF_STEP_PX) * step_of(field, session.modifiers)
        session.edits.preview(self._operation(cuboids, field.name, lambda value: value + delta))

    def end_scrub(self, field: CuboidField, *, keep: bool) -> None:
        """Keep what a drag has reached, or go back."""
        self._scrubbing = ""
        edits = self.pane.session.edits
        if keep:
            edits.keep(self._title(field))
        else:
            edits.drop()

    def begin_typing(self, name: str) -> None:
        """Put the text cursor into a field."""
        rect = self._rects.get(name)
        cuboids = self.cuboids()
        if rect is None or not cuboids:
            return
        number = [field.name for field in FIELDS].index(name)
        field, shown = FIELDS[number], self.texts(cuboids)[number]
        text = "" if shown == MIXED else shown
        session = self.pane.session
        session.edits.settle()

        def entered(typed: str, *, refuse: bool = True) -> None:
            self.wrong = ""
            if typed in (text, ""):
                return
            try:
                value = typed_value(field, typed)
            except FieldError as error:
                if refuse:
                    open_(typed)
                    self.wrong = str(error)
                return
            operation = self._operation(cuboids, name, lambda _before: value)
            session.edits.do(self._title(field), operation)

        def changed(typed: str) -> None:
            self.wrong = ""
            if typed:
                try:
                    typed_value(field, typed)
                except FieldError as error:
                    self.wrong = str(error)

        def pressed(key: str) -> bool:
            *held, last = key.split("+")
            if last == "Tab":
                session.fields.leave()
                self._next(name, -1 if held else 1)
                return True
            if last in ("Up", "Down"):
                session.fields.leave()
                delta = step_of(field, frozenset(held)) * (1 if last == "Up" else -1)
                operation = self._operation(self.cuboids(), name, lambda value: value + delta)
                session.edits.do(self._title(field), operation)
                self.begin_typing(name)
                return True
            return False

        def escaped() -> None:
            self.wrong = ""

        def open_(value: str) -> None:
            inner = Rect(rect.x + 2, rect.y + 2, rect.width - 26, rect.height - 4)
            session.fields.open(
                Field(
                    f"value.{name}", self.pane.name, inner, value, on_change=changed,
                    on_enter=entered, on_leave=lambda typed: entered(typed, refuse=False),
                    on_escape=escaped, on_key=pressed, select_all=True, number=True,
                )
            )  # fmt: skip

        open_(text)

    def _next(self, name: str, step: int) -> None:
        """Go on to the next field; from the last one to the first."""
        names: Sequence[str] = [field.name for field in FIELDS]
        self.begin_typing(names[(names.index(name) + step) % len(names)])


class _Scrub:
    """The drag of one field, from the cuboids as they were when it began."""

    def __init__(self, section: CuboidSection, field: CuboidField, cuboids: Cuboids) -> None:
        section.pane.session.edits.settle()
        self._section, self._field, self._cuboids = section, field, cuboids

    def to(self, dx_px: float, x: float) -> None:
        self._section.scrub(self._field, self._cuboids, dx_px)

    def keep(self) -> None:
        self._section.end_scrub(self._field, keep=True)

    def drop(self) -> None:
        self._section.end_scrub(self._field, keep=False)
