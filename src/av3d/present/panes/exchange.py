"""The card that asks for the format and the path of an import or export, and what is exported."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import replace
from pathlib import Path

from av3d.present import words
from av3d.present.choices import Choice
from av3d.present.cuboid_fields import calculated
from av3d.present.drawing import (
    BODY_STRONG,
    NUMBER,
    SMALL,
    SMALL_STRONG,
    TINY,
    Drawing,
    Measure,
    Rect,
)
from av3d.present.exchange import (
    ExportChoice,
    export_formats,
    export_work,
    import_formats,
    import_work,
    labels_of,
)
from av3d.present.fields import Field
from av3d.present.panes.controls import Control, ControlsPane
from av3d.present.panes.overlays import Overlay
from av3d.present.session import Session
from av3d.present.theme import CONTROL, RADIUS
from av3d.tracks.proposal import is_proposal

WIDTH = 560
HEAD = 42
FOOT = 48
LABEL = 110
"""Where what is asked begins, right of its name."""
ROW = CONTROL + 10
FIELD_NAME = "exchange.path"
_FORMAT = Rect(LABEL, HEAD + 12, 260, CONTROL)
_PATH = Rect(LABEL, HEAD + 12 + ROW, WIDTH - LABEL - 16, CONTROL)
ANY_FORMAT = ("", "By the file")
ALL, SPAN = "all", "span"
MOST_POINTS, FARTHEST_M = 100_000, 10_000.0


class ExchangeOverlay(ControlsPane, Overlay):
    """Format, path, what is chosen, and a button; the work itself runs on the queue.

    Attributes:
        importing: whether labels are read, else written.
        format: name of the format.
        path: what is typed.
        choice: what is exported.
    """

    name = "exchange"
    head_height = HEAD
    foot_height = FOOT

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.open = False
        self.importing = False
        self.format = ""
        self.path = ""
        self.choice = ExportChoice()
        self._formats: tuple[tuple[str, str], ...] = ()
        self._told: tuple[Hashable, str] = (None, "")

    @property
    def visible(self) -> bool:
        return self.open

    def close(self) -> None:
        self.open = False
        active = self.session.fields.active
        if active is not None and active.pane == self.name:
            self.session.fields.close(active.name)

    def begin(self, *, importing: bool) -> None:
        """Ask for a format and a path."""
        self.open, self.importing = True, importing
        self._formats = (ANY_FORMAT, *import_formats()) if importing else export_formats()
        names = [name for name, _ in self._formats]
        if self.format not in names:
            self.format = "" if importing else "nuscenes" if "nuscenes" in names else names[0]
        folder = Path.home()
        self.path = f"{folder}/" if importing else str(folder / f"{self.session.log.name}-labels")
        known = {track.category for track in self.session.tracks}
        # What is kept from the last time must still be there.
        self.choice.categories &= known
        self.choice.span_only &= self.session.span is not None
        self._scroll = 0.0
        self._type()

    # What is asked

    def _type(self) -> None:
        self.session.fields.open(
            Field(
                FIELD_NAME, self.name, _PATH, text=self.path,
                hint="File or folder with labels" if self.importing else "New folder",
                on_change=self._typed, on_enter=lambda _text: self.go(),
                on_leave=self._typed, on_escape=self.close,
            )
        )  # fmt: skip

    def _typed(self, text: str) -> None:
        self.path = text

    def type_path(self) -> None:
        """Put the cursor into the path."""
        self._type()

    def choose_format(self) -> None:
        """Offer the formats."""
        items = tuple(
            Choice(title, lambda name=name: self._take(name), on=name == self.format)  # type: ignore[misc]
            for name, title in self._formats
        )
        self.session.choices.open(self.name, _FORMAT, items)

    def _take(self, name: str) -> None:
        self.format = name

    def choose_categories(self, anchor: Rect) -> None:
        """Offer the categories that the log has; each click takes one in or out."""
        counts = Counter(track.category for track in self.session.tracks)
        chosen, ontology = self.choice.categories, self.session.labels.ontology

        def take(key: str) -> None:
            self.change(categories=chosen ^ {key} if key else frozenset())
            if key:
                self.choose_categories(anchor)

        items = [Choice("All categories", lambda: take(""), on=not chosen)]
        for row, (key, count) in enumerate(sorted(counts.items())):
            known = ontology.category(key)
            items.append(
                Choice(
                    known.title if known is not None else key, lambda key=key: take(key),  # type: ignore[misc]
                    key=words.count(count), on=key in chosen, separated=row == 0,
                )
            )  # fmt: skip
        self.session.choices.open(self.name, anchor, tuple(items))

    def change(self, **values: object) -> None:
        """Choose something else."""
        self.choice = replace(self.choice, **values)  # type: ignore[arg-type]

    def go(self) -> None:
        """Begin, and close."""
        active = self.session.fields.active
        if active is not None and active.pane == self.name and active.name != FIELD_NAME:
            self.session.fields.leave()  # a number that is being typed
        if not self.path.strip():
            self._type()
            return
        # A Path would refuse the name of somebody who is not known.
        path = Path(os.path.expanduser(self.path.strip()))  # noqa: PTH111
        session = self.session

        def say(title: str, text: str, details: str = "") -> None:
            session.say("info", title, text, details)

        self.close()
        if self.importing:
            session.works.add(import_work(session, self.format, path, say))
        else:
            choice = replace(self.choice)
            session.works.add(export_work(session, self.format, path, say, choice))
            # Permission to replace is given each time.
            self.choice.overwrite = False

    def key(self, key: str) -> bool:
        if key == "Esc":
            self.close()
        elif key == "Enter":
            self.go()
        else:
            return False
        return True

    # Drawing

    def place(self, width: int, height: int) -> Rect:
        wide = min(WIDTH, width - 20)
        self.rect = Rect(self.rect.x, self.rect.y, wide, self.rect.height)
        self._body(Drawing(self.measure))
        tall = round(min(HEAD + self.content_height + FOOT, height - 8))
        return Rect((width - wide) // 2, max((height - tall) // 3, 0), wide, tall)

    def body_key(self) -> Hashable:
        session, active = self.session, self.session.fields.active
        asked = (self.importing, self.format, self.path, tuple(vars(self.choice).items()))
        return (*asked, session.span, session.tracks, active.name if active is not None else "")

    def head_key(self) -> Hashable:
        return (self.importing,)

    def draw_head(self, drawing: Drawing) -> None:
        theme = self.session.theme
        verb = "Import" if self.importing else "Export"
        drawing.box(Rect(0, 0, self.width, HEAD), theme.panel)
        drawing.text(16, HEAD / 2 + 2, f"{verb} labels", BODY_STRONG, theme.text)
        drawing.line((0, HEAD + 0.5), (self.width, HEAD + 0.5), theme.control)
        top = self.height - FOOT
        drawing.box(Rect(0, top, self.width, FOOT), theme.panel)
        wide = drawing.measure(verb, SMALL_STRONG) + 76
        right, y = self.width - 16, top + (FOOT - CONTROL) / 2
        self.button(
            drawing, Rect(right - wide, y, wide, CONTROL), "exchange.go", self.go, verb, key="Enter",
            on=True, tip=f"{verb} in the background (Enter)",
        )  # fmt: skip
        self.button(
            drawing, Rect(right - wide - 8 - 104, y, 104, CONTROL), "exchange.close", self.close,
            "Cancel", key="Esc", tip="Leave everything as it is (Esc)",
        )  # fmt: skip
        drawing.box(Rect(0.5, 0.5, self.width - 1, self.height - 1), None, theme.border, RADIUS)

    def draw_body(self, drawing: Drawing, y: float) -> float:
        theme = self.session.theme
        y += 12
        title = dict(self._formats).get(self.format, "")
        self._label(drawing, y, "Format")
        self.chooser(
            drawing, Rect(LABEL, y, 260, CONTROL), "exchange.format", self.choose_format, title,
            tip="Click to choose another format",
        )  # fmt: skip
        y += ROW
        self._label(drawing, y, "File" if self.importing else "Folder")
        self._path(drawing, Rect(LABEL, y, self.width - LABEL - 16, CONTROL))
        y += ROW
        if not self.importing:
            y = self._selection(drawing, y)
        for line in self.wrapped(self._about(), self.width - LABEL - 16):
            drawing.text(LABEL, y + 9, line, SMALL, theme.text_2)
            y += 18
        return y + 6

    def _label(self, drawing: Drawing, y: float, text: str) -> None:
        drawing.text(
            16, y + CONTROL / 2, text, SMALL, self.session.theme.text_2, max_width=LABEL - 22
        )

    def _path(self, drawing: Drawing, rect: Rect) -> None:
        theme, active = self.session.theme, self.session.fields.active
        drawing.box(rect, theme.field, theme.border, RADIUS)
        if active is None or active.name != FIELD_NAME:
            drawing.text(rect.x + 8, rect.centre[1], self.path, SMALL, theme.text,
                         max_width=rect.width - 16)  # fmt: skip
            self.add(
                drawing, rect, "exchange.path", Control(self._type), self.path or "Click to type"
            )

    def _selection(self, drawing: Drawing, y: float) -> float:
        """What of the labels is exported."""
        choice, session = self.choice, self.session
        self._label(drawing, y, "Categories")
        rect = Rect(LABEL, y, 260, CONTROL)
        self.chooser(
            drawing, rect, "exchange.categories", lambda: self.choose_categories(rect),
            self._categories(), tip="Click to choose which are exported",
        )  # fmt: skip
        y += ROW
        self._label(drawing, y, "Frames")
        span = session.span
        marked = "Marked span" if span is None else f"Marked span: {span.words(session.log.frames)}"
        self.segments(
            drawing, Rect(LABEL, y, self.width - LABEL - 16, CONTROL), "exchange.frames",
            [(ALL, "All"), (SPAN, marked)], SPAN if choice.span_only else ALL,
            self._choose_frames,
            tip="Other frames are not written at all" if span is not None
            else "Mark a span on the timeline first",
        )  # fmt: skip
        y += ROW
        self._label(drawing, y, "Cuboids")
        x = LABEL + self._number(
            drawing, LABEL, y, "min_points", "points at least", float(choice.min_points), MOST_POINTS,
            "Leave out cuboids in which the sweep has fewer points; 0 for all",
        )  # fmt: skip
        self._number(
            drawing, x + 18, y, "max_distance_m", "m away at most", choice.max_distance_m, FARTHEST_M,
            "Leave out cuboids farther from the ego; 0 for all",
        )  # fmt: skip
        y += ROW
        proposals = sum(is_proposal(track) for track in session.tracks)
        for name, title, tip in (
            ("approved", "Only what a reviewer approved",
             "Tracks that were accepted and not changed since, and what lies in tasks that are done"),
            ("proposals", f"Also proposals that nobody accepted ({words.count(proposals)})",
             "Tracks of a detector that wait to be accepted or rejected"),
            ("overwrite", "Replace an earlier export in the folder",
             "A folder that holds anything else is never touched"),
        ):  # fmt: skip
            on = bool(getattr(choice, name))
            self.switch(
                drawing, LABEL, y + CONTROL / 2, f"exchange.{name}",
                lambda name=name, on=on: self.change(**{name: not on}), title, on, tip=tip,  # type: ignore[misc]
                max_width=self.width - LABEL - 16,
            )  # fmt: skip
            y += CONTROL + 2
        return y + 6

    def _choose_frames(self, key: str) -> None:
        if key == SPAN and self.session.span is None:
            self.session.say("info", "No span is marked", "Mark one on the timeline first.")
        else:
            self.change(span_only=key == SPAN)

    def _categories(self) -> str:
        chosen, ontology = sorted(self.choice.categories), self.session.labels.ontology
        known = [ontology.category(key) for key in chosen]
        titles = [k.title if k is not None else key for k, key in zip(known, chosen, strict=True)]
        return ", ".join(titles) if titles else "All categories"

    def _number(
        self, drawing: Drawing, x: float, y: float, name: str, unit: str, value: float, most: float,
        tip: str,
    ) -> float:  # fmt: skip
        """A number and what it counts; 0 stands for no limit. Returns the width."""
        theme, active = self.session.theme, self.session.fields.active
        field = f"exchange.{name}"
        typing = active is not None and active.name == field
        rect = Rect(x, y, 64, CONTROL)
        text = f"{value:g}" if value else "any"
        drawing.box(rect, theme.field, theme.accent if typing else theme.border, RADIUS)
        ink = theme.text if value else theme.text_3
        drawing.text(rect.right - 8, rect.centre[1], text, NUMBER, ink, anchor=1)

        def take(typed: str) -> None:
            found = 0.0 if typed.strip() in ("", "any") else calculated(typed)
            if found is None:
                self.session.say(
                    "error", "The number is not changed", f"{typed[:40]} is no number."
                )
                return
            found = min(max(found, 0.0), most)
            self.change(**{name: round(found) if name == "min_points" else round(found, 2)})

        inner = Rect(rect.x + 2, rect.y + 2, rect.width - 4, rect.height - 4)
        begin = Field(
            field, self.name, inner, f"{value:g}" if value else "", "any", on_enter=take,
            select_all=True, number=True,
        )  # fmt: skip
        self.add(
            drawing, rect, field, Control(lambda: self.session.fields.open(replace(begin))), tip
        )
        return 64 + 8 + drawing.text(rect.right + 8, rect.centre[1], unit, TINY, theme.text_2)

    def _about(self) -> str:
        if self.importing:
            return "Tracks of the same ID are replaced, all others stay. It is one step of undo."
        session = self.session
        key = (session.labels.document, self.choice.selection(session))
        if self._told[0] != key:
            given = labels_of(session)
            chosen, _ = key[1].tracks(given.tracks, given.events)
            all_of = len(given.tracks)
            count = words.plural(all_of, "track")
            if len(chosen) != all_of:
                count = f"{words.count(len(chosen))} of {count}"
            text = f"{count} of {session.log.name} go to a new folder"
            self._told = (key, f"{text}. What the format cannot hold is told.")
        return self._told[1]
