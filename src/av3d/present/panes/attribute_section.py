"""Attributes of the selected tracks, with the controls that their ontology asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from av3d.ontology.attribute import Attribute, AttributeKind, Per
from av3d.present import words
from av3d.present.choices import Choice
from av3d.present.cuboid_fields import calculated
from av3d.present.drawing import ICON_TINY, NUMBER, SMALL, Drawing, Rect
from av3d.present.edits import Operation
from av3d.present.fields import Field
from av3d.present.icons import ICONS
from av3d.present.panes.controls import Control
from av3d.present.selection import MIXED, for_each, selected_tracks, selection_name
from av3d.present.theme import CONTROL, RADIUS
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.operations.attributes import (
    remove_attribute,
    set_attribute,
    set_attribute_at,
    set_attribute_on_span,
)
from av3d.tracks.proposal import PROPOSAL
from av3d.tracks.track import Track
from av3d.types import Scalar

if TYPE_CHECKING:
    from av3d.present.panes.inspector import InspectorPane

HERE, SPAN, WHOLE = "here", "span", "whole"
"""Where a value that may change goes: from this frame to the next key, the chosen span, everywhere."""
LINE = 28


class AttributeSection:
    """A line for each attribute that all selected tracks have.

    Args:
        pane: the inspector.

    Attributes:
        scope: where a value goes that may change in time: HERE, SPAN or WHOLE.
        wrong: why what is being typed is refused, "" if it is not.
    """

    def __init__(self, pane: InspectorPane) -> None:
        self.pane = pane
        self.scope = HERE
        self.wrong = ""

    @property
    def key(self) -> tuple[object, ...]:
        """What the drawing depends on beside the tracks and the frame."""
        active = self.pane.session.fields.active
        return self.scope, self.wrong, active.name if active is not None else "", self._span

    @property
    def _span(self) -> tuple[int, int] | None:
        """First and last time of the chosen span."""
        span = self.pane.session.span
        return None if span is None else (span.start_ns, span.end_ns)

    def attributes(self) -> tuple[Attribute, ...]:
        """Those that the ontology gives to the categories of all selected tracks."""
        ontology = self.pane.session.labels.ontology
        lists: list[tuple[Attribute, ...]] = []
        for track in selected_tracks(self.pane.session):
            category = ontology.category(track.category)
            lists.append(() if category is None else ontology.attributes_of(category))
        if not lists:
            return ()
        return tuple(a for a in lists[0] if all(a in other for other in lists[1:]))

    def values(self, name: str) -> list[Scalar | None]:
        """The value of each selected track at this frame, None where it has none."""
        now = self.pane.session.timestamp_ns
        return [track.attributes_at(now).get(name) for track in selected_tracks(self.pane.session)]

    def missing(self) -> int:
        """Required values that are not there."""
        return sum(a.required and None in self.values(a.key) for a in self.attributes())

    def others(self) -> dict[str, Scalar]:
        """Values of the leading track that its ontology does not speak of, as a reader noted them."""
        track = self.pane.session.selected_track
        if track is None or len(self.pane.session.selection) > 1:
            return {}
        known = {attribute.key for attribute in self.attributes()}
        at = track.attributes_at(self.pane.session.timestamp_ns)
        return {name: value for name, value in at.items() if name not in known | {PROPOSAL}}

    # Drawing

    def draw(self, drawing: Drawing, y: float) -> float:
        """The lines from `y` down; returns where they end."""
        pane = self.pane
        attributes = self.attributes()
        titles = [f"{a.title}{' *' if a.required else ''}" for a in attributes]
        widest = max((drawing.measure(title, SMALL) for title in titles), default=0.0)
        left = round(10 + min(widest + 14, pane.width * 0.4))
        for attribute, title in zip(attributes, titles, strict=True):
            self._line(drawing, attribute, title, y, left)
            y += LINE
        others = self.others()
        said = words.attribute_titles(others)
        for name, value in others.items():
            y = pane.pair(drawing, said[name], words.value(value), y,
                          number=not isinstance(value, str | bool), full_name=name)  # fmt: skip
        return y + 4

    def scope_words(self) -> str:
        """Where values go, in words."""
        frames = self.pane.session.log.frames
        if self.scope == SPAN and self._span is not None:
            first, last = (frames.nearest(time_ns) for time_ns in self._span)
            return f"frames {first} to {last}"
        return "whole track" if self.scope == WHOLE else "at this frame"

    def choose_scope(self, anchor: Rect) -> None:
        """Offer where values go."""
        span = self._span is not None

        def item(scope: str, title: str, *, enabled: bool = True) -> Choice:
            return Choice(
                title, lambda: self.set_scope(scope), on=self.scope == scope, enabled=enabled
            )

        self.pane.session.choices.open(self.pane.name, anchor, (
            item(HERE, "At this frame, until the next key"),
            item(SPAN, "In the chosen span of the timeline", enabled=span),
            item(WHOLE, "In the whole track"),
        ))  # fmt: skip

    def set_scope(self, scope: str) -> None:
        """Say where values go from now on."""
        self.scope = scope

    def _line(
        self, drawing: Drawing, attribute: Attribute, title: str, y: float, left: int
    ) -> None:
        pane, theme = self.pane, self.pane.session.theme
        middle = y + LINE / 2
        values = self.values(attribute.key)
        missing = attribute.required and None in values
        tip = attribute.guidance.splitlines()[0] if attribute.guidance else attribute.title
        if missing:
            tip = f"Required, and not said yet. {tip}"
            drawing.text(left - 24, middle, ICONS["alert"], ICON_TINY, theme.warn)
        drawing.text(10, middle, title, SMALL, theme.warn if missing else theme.text_2,
                     max_width=left - (36 if missing else 20))  # fmt: skip
        drawing.zone(Rect(0, y, left, LINE), "", f"label.{attribute.key}", tip)
        rect = Rect(left, y + 2, pane.width - 10 - left, CONTROL)
        enabled = pane.session.labels.editable
        name = f"attribute.{attribute.key}"
        same = len(set(map(repr, values))) == 1
        value = values[0] if same else None
        match attribute.kind:
            case AttributeKind.ENUM:
                self._enum(drawing, rect, name, attribute, value, same, tip, enabled)
            case AttributeKind.BOOL:
                label = MIXED if not same else "not said" if value is None else words.value(value)
                state = None if not same else bool(value)
                pane.switch(
                    drawing, left, middle, name, lambda: self.set(attribute, state is not True),
                    label, state, enabled=enabled, tip=tip, max_width=rect.width,
                )  # fmt: skip
            case AttributeKind.NUMBER:
                self._number(drawing, rect, name, attribute, value, same, tip, enabled)
            case AttributeKind.TEXT:
                self._typed(drawing, rect, name, attribute, value, same, tip, enabled)

    def _enum(
        self, drawing: Drawing, rect: Rect, name: str, attribute: Attribute, value: Scalar | None,
        same: bool, tip: str, enabled: bool,
    ) -> None:  # fmt: skip
        categories = {track.category for track in selected_tracks(self.pane.session)}
        options = [
            (option.key, option.title) for option in attribute.values
            if all(attribute.accepts(option.key, category) for category in categories)
        ]  # fmt: skip

        def choose(key: str) -> None:
            again = key == value and not attribute.required
            self.set(attribute, None if again else key)

        chosen = value if isinstance(value, str) else None
        told = f"{tip}. Click again to take it away".replace("..", ".")
        if self.pane.segments(drawing, rect, name, options, chosen, choose,
                              tip=tip if attribute.required else told, enabled=enabled):  # fmt: skip
            return
        titles = dict(options)
        label = titles.get(chosen or "", chosen or ("not said" if same else MIXED))

        def offer() -> None:
            items = [Choice(title, lambda key=key: self.set(attribute, key), on=key == chosen)  # type: ignore[misc]
                     for key, title in options]  # fmt: skip
            if not attribute.required:
                items.append(Choice("Not said", lambda: self.set(attribute, None),
                                    on=same and chosen is None, separated=True))  # fmt: skip
            self.pane.session.choices.open(self.pane.name, rect, tuple(items))

        self.pane.chooser(drawing, rect, name, offer, label, tip=tip, enabled=enabled)

    def _number(
        self, drawing: Drawing, rect: Rect, name: str, attribute: Attribute, value: Scalar | None,
        same: bool, tip: str, enabled: bool,
    ) -> None:  # fmt: skip
        low, high = attribute.minimum, attribute.maximum
        if low is None or high is None or high <= low:
            self._typed(drawing, rect, name, attribute, value, same, tip, enabled)
            return
        pane, theme = self.pane, self.pane.session.theme
        text = MIXED if not same else "not said" if value is None else words.value(value)
        if isinstance(value, int | float) and attribute.unit:
            text += f" {attribute.unit}"
        middle, field = rect.centre[1], Rect(rect.right - 74, rect.y, 74, rect.height)
        bar = Rect(rect.x, middle - 2, rect.width - 86, 4)
        drawing.box(bar, theme.control, radius=2)
        if isinstance(value, int | float):
            at = bar.x + bar.width * min(max((value - low) / (high - low), 0.0), 1.0)
            drawing.box(Rect(bar.x, bar.y, at - bar.x, 4), theme.accent, radius=2)
            drawing.box(Rect(round(at) - 4, middle - 8, 8, 16), theme.text, radius=2)
        place = Rect(bar.x - 4, rect.y, bar.width + 8, rect.height)
        scrub = (lambda: _Slide(self, attribute, bar)) if enabled else None
        pane.add(drawing, place, f"{name}.slider", Control(None, scrub), f"{tip}. Drag to change")
        self._typed(drawing, field, name, attribute, value, same, tip, enabled, text)

    def _typed(
        self, drawing: Drawing, rect: Rect, name: str, attribute: Attribute, value: Scalar | None,
        same: bool, tip: str, enabled: bool, text: str | None = None,
    ) -> None:  # fmt: skip
        pane, theme = self.pane, self.pane.session.theme
        number = attribute.kind == AttributeKind.NUMBER
        if text is None:
            text = MIXED if not same else "not said" if value is None else words.value(value)
            if number and value is not None and attribute.unit:
                text += f" {attribute.unit}"
        active = pane.session.fields.active
        typing = active is not None and active.name == name
        outline = theme.bad if typing and self.wrong else theme.accent if typing else theme.border
        drawing.box(rect, theme.field, outline, RADIUS)
        said = same and value is not None
        ink = theme.text if said else theme.text_3
        drawing.text(rect.x + 7, rect.centre[1], text, NUMBER if number and said else SMALL, ink,
                     max_width=rect.width - 14)  # fmt: skip
        told = f"{text}. {tip}" if drawing.measure(text, SMALL) > rect.width - 14 else tip
        if typing and self.wrong:
            told = self.wrong
        before = value if same else None
        press = (lambda: self._begin_typing(attribute, name, rect, before)) if enabled else None
        pane.add(drawing, rect, name, Control(press), told)

    def _begin_typing(
        self, attribute: Attribute, name: str, rect: Rect, value: Scalar | None
    ) -> None:
        number = attribute.kind == AttributeKind.NUMBER
        before = "" if value is None else words.value(value)

        def meant(text: str) -> tuple[Scalar | None, str]:
            """The value of a text and why it is refused."""
            if not text.strip():
                return None, "a value is required" if attribute.required else ""
            given: Scalar | None = calculated(text) if number else text
            if given is None:
                return None, "type a number"
            return given, attribute.problem_with(given)

        def changed(text: str) -> None:
            self.wrong = meant(text)[1]

        def entered(text: str) -> None:
            given, problem = meant(text)
            self.wrong = ""
            if text == before:
                return
            if problem:
                title = f"{attribute.title} is not changed"
                self.pane.session.say("error", title, f"{text[:80]}: {problem}")
                return
            self.set(attribute, given)

        def escaped() -> None:
            self.wrong = ""

        inner = Rect(rect.x + 2, rect.y + 2, rect.width - 4, rect.height - 4)
        self.pane.session.fields.open(
            Field(name, self.pane.name, inner, before, on_change=changed, on_enter=entered,
                  on_escape=escaped, select_all=True, number=number)
        )  # fmt: skip

    # Edits

    def set(self, attribute: Attribute, value: Scalar | None) -> None:
        """Give the selected tracks a value, or take it away."""
        session = self.pane.session
        option = attribute.value(value)
        said = option.title if option is not None else "" if value is None else words.value(value)
        name, what = attribute.title.lower(), selection_name(session)
        title = f"Set {name} of {what} to {said}" if said else f"Take {name} of {what} away"
        session.edits.do(title, self.operation(attribute, value))

    def operation(self, attribute: Attribute, value: Scalar | None) -> Operation:
        """What gives the selected tracks a value where `scope` says; one per track goes everywhere."""
        session = self.pane.session
        now, span, key = session.timestamp_ns, self._span, attribute.key
        times_ns: Sequence[int] = [int(time_ns) for time_ns in session.log.frames.timestamps_ns]
        scope = WHOLE if self.scope == SPAN and span is None else self.scope

        def of_one(document: Document, track_id: str) -> Sequence[Change]:
            track: Track = document.track(track_id)
            if attribute.per is Per.TRACK:
                if value is None:
                    return remove_attribute(document, track_id, key)
                return set_attribute(document, track_id, key, value)
            if scope == HERE and len(session.selection) > 1 and not track.is_present(now):
                return ()
            if scope == HERE:
                return set_attribute_at(document, track_id, now, key, value, frames_ns=times_ns)
            start_ns, end_ns = (track.start_ns, track.end_ns)
            if scope == SPAN and span is not None:
                start_ns, end_ns = span
            next_ns = next((time_ns for time_ns in times_ns if time_ns > end_ns), None)
            return set_attribute_on_span(
                document,
                track_id,
                start_ns,
                end_ns,
                key,
                value,
                next_ns=next_ns,
                frames_ns=times_ns,
            )

        return for_each(session.selection, of_one)


class _Slide:
    """The drag of a slider."""

    def __init__(self, section: AttributeSection, attribute: Attribute, bar: Rect) -> None:
        self._section, self._attribute, self._bar = section, attribute, bar
        self._value: float | None = None

    def to(self, dx_px: float, x: float) -> None:
        low, high = self._attribute.minimum, self._attribute.maximum
        if low is None or high is None:
            return
        part = min(max((x - self._bar.x) / self._bar.width, 0.0), 1.0)
        step = (high - low) / 100
        self._value = round(round((low + part * (high - low)) / step) * step, 6)
        edits = self._section.pane.session.edits
        edits.preview(self._section.operation(self._attribute, self._value))

    def keep(self) -> None:
        session = self._section.pane.session
        name = self._attribute.title.lower()
        said = words.value(self._value) if self._value is not None else ""
        session.edits.keep(f"Set {name} of {selection_name(session)} to {said}")

    def drop(self) -> None:
        self._section.pane.session.edits.drop()
