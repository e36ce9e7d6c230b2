"""The inspector: values of the selected cuboid at this frame, with units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from av3d.present import words
from av3d.present.drawing import (
    BODY_STRONG,
    ICON,
    NUMBER,
    SMALL,
    SMALL_STRONG,
    TINY,
    Drawing,
    Polygon,
    Rect,
    key_shape,
)
from av3d.present.icons import ICONS
from av3d.present.panes.pane import Button, Layer, Pane, draw_message
from av3d.present.theme import HEADER, RADIUS, colour, provenance_colour
from av3d.render import palette
from av3d.render.palette import category_style
from av3d.render.placing import PlacedTrack
from av3d.tracks.categories import category_title
from av3d.tracks.keyframe import Provenance
from av3d.tracks.track import Track

LABEL_H = 18
VALUE_H = 22
FOLDING = frozenset({"Provenance", "Attributes"})


@dataclass(frozen=True)
class Value:
    """A number of the inspector with its name and unit."""

    name: str
    text: str
    unit: str


def cuboid_values(box: PlacedTrack) -> tuple[Value, ...]:
    """Centre, size and angles of a cuboid in the ego frame, three to a row."""
    cuboid = box.cuboid
    x, y, z = cuboid.center_m
    roll, pitch, yaw = (float(angle) for angle in cuboid.frame_SE3_cuboid.roll_pitch_yaw_rad)
    return (
        Value("x", words.number(float(x)), "m"),
        Value("y", words.number(float(y)), "m"),
        Value("z", words.number(float(z)), "m"),
        Value("length", words.number(cuboid.length_m), "m"),
        Value("width", words.number(cuboid.width_m), "m"),
        Value("height", words.number(cuboid.height_m), "m"),
        Value("yaw", words.degrees(yaw), "°"),
        Value("pitch", words.degrees(pitch), "°"),
        Value("roll", words.degrees(roll), "°"),
    )


class InspectorPane(Pane):
    """Everything known about the selected track at this frame. Read-only for now."""

    name = "inspector"
    title = "Inspector"
    icon = "cube"
    own_head = True
    home = ("", "right")
    folded = False
    """Whether sections that can fold show their titles only, until one is clicked (step 3)."""
    _open: frozenset[str] = frozenset()

    def layers(self) -> Sequence[Layer]:
        session = self.session
        counts = session.supply.counts(session.frame)
        points = counts.get(session.selected or "") if counts is not None else None
        key = (
            session.selected, session.frame, session.supply.revision, points, self.folded,
            self._open,
        )  # fmt: skip
        return (Layer("all", key, self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        drawing.box(Rect(0, 0, self.width, self.height), theme.panel)
        drawing.box(Rect(0, 0, self.width, HEADER), theme.raised)
        track = session.selected_track
        if track is None:
            drawing.text(8, HEADER / 2, "Inspector", SMALL_STRONG, theme.text)
            draw_message(
                drawing, session, Rect(0, HEADER, self.width, self.height - HEADER), "cube",
                "Select a track to see its values. Click a cuboid, or press Tab.",
            )  # fmt: skip
            return
        style = category_style(track.category)
        drawing.text(8, HEADER / 2, style.glyph, ICON, colour(style.colour))
        x = 32 + drawing.text(32, HEADER / 2, track.name, BODY_STRONG, theme.text) + 8
        title = category_title(track.category)
        width = drawing.measure(title, SMALL) + 16
        if x + width < self.width - 100:
            drawing.box(Rect(x, HEADER / 2 - 10, width, 20), theme.control, radius=RADIUS)
            drawing.text(x + 8, HEADER / 2, title, SMALL, theme.text)
        right = self.width - 8.0
        right -= drawing.text(right, HEADER / 2, "read-only", TINY, theme.text_3, anchor=1) + 20
        drawing.text(right, HEADER / 2, ICONS["read_only"], ICON, theme.text_3)
        y = HEADER + 8.0
        box = session.selected_box()
        if box is None:
            drawing.text(8, y + 10, f"Not present at frame {session.frame}.", SMALL, theme.text_2)
            y += 28
        else:
            y = self._cuboid(drawing, box, y)
            y = self._motion(drawing, box, y)
            y = self._provenance(drawing, track, box, y)
        y = self._track(drawing, track, y)
        self._attributes(drawing, track, box, y)

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        zone = self.zone_at(x, y)
        if zone is not None and zone.argument in FOLDING and button is Button.LEFT:
            self._open = self._open ^ {zone.argument}
        return super().press(x, y, button, clicks)

    def _shut(self, title: str) -> bool:
        """Whether only the title of a section shows."""
        return self.folded and title in FOLDING and title not in self._open

    def _section(self, drawing: Drawing, title: str, note: str, y: float) -> float:
        theme = self.session.theme
        drawing.line((0, y + 0.5), (self.width, y + 0.5), theme.control)
        x = 10.0
        if self.folded and title in FOLDING:
            shut = self._shut(title)
            icon = ICONS["chevron_right" if shut else "chevron_down"]
            drawing.text(6, y + 15, icon, ICON, theme.text_2)
            tip = f"{'Show' if shut else 'Hide'} {title.lower()}"
            drawing.zone(Rect(0, y + 1, self.width, 28), "", title, tip)
            x = 26.0
        drawing.text(x, y + 15, title, SMALL_STRONG, theme.text_2)
        if note:
            drawing.text(self.width - 10, y + 15, note, SMALL, theme.text_3, anchor=1)
        return y + 28

    def _cuboid(self, drawing: Drawing, box: PlacedTrack, y: float) -> float:
        theme = self.session.theme
        drawing.text(10, y + 7, "Cuboid", SMALL_STRONG, theme.text_2)
        drawing.text(
            self.width - 10, y + 7, f"ego frame, frame {self.session.frame}", SMALL, theme.text_3,
            anchor=1,
        )  # fmt: skip
        y += 22
        # Plain values, not fields: nothing can be typed here.
        wide = self.width >= 340
        gap = 20 if wide else 12
        row_height = VALUE_H if wide else VALUE_H + LABEL_H
        width = (self.width - 20 - 2 * gap) / 3
        for number, value in enumerate(cuboid_values(box)):
            column, row = number % 3, number // 3
            left = round(10 + column * (width + gap))
            right = round(left + width)
            top = y + row * row_height
            middle = top + VALUE_H / 2
            if wide:
                drawing.text(left, middle, value.name, SMALL, theme.text_2)
            else:
                drawing.text(right, top + LABEL_H / 2, value.name, TINY, theme.text_3, anchor=1)
                middle = top + LABEL_H + VALUE_H / 2 - 2
            drawing.text(right, middle, value.unit, NUMBER, theme.text_3, anchor=1)
            # All units take the same room, so that the digits stand below each other.
            drawing.text(
                right - drawing.measure("m", NUMBER) - 5, middle, value.text, NUMBER, theme.text,
                anchor=1,
            )  # fmt: skip
        return y + 3 * row_height + 8

    def _pair(
        self,
        drawing: Drawing,
        name: str,
        value: str,
        y: float,
        *,
        number: bool = True,
        full_name: str = "",
    ) -> float:
        """A name and its value; resting on them tells what had no room."""
        theme = self.session.theme
        style = NUMBER if number else SMALL
        label = drawing.text(10, y + 10, name, SMALL, theme.text_2, max_width=self.width * 0.45)
        shown = drawing.text(
            self.width - 10, y + 10, value, style, theme.text, anchor=1,
            max_width=self.width - label - 36,
        )  # fmt: skip
        cut = shown < drawing.measure(value, style) or label < drawing.measure(name, SMALL)
        tip = ": ".join([full_name or name, value]) if cut else full_name
        if tip:
            drawing.zone(Rect(0, y - 1, self.width, 22), "", name, tip)
        return y + 22

    def _motion(self, drawing: Drawing, box: PlacedTrack, y: float) -> float:
        session = self.session
        counts = session.supply.counts(session.frame)
        points = counts.get(box.track.id) if counts is not None else None
        distance_m = float(np.hypot(*box.cuboid.center_m[:2]))
        y = self._section(drawing, "Motion", "at this frame", y)
        y = self._pair(drawing, "Speed", words.speed(box.state.speed_m_s), y)
        y = self._pair(drawing, "Distance", words.metres(distance_m), y)
        text = "counting" if points is None else words.plural(points, "point")
        return self._pair(drawing, "Inside the cuboid", text, y) + 6

    def _provenance(self, drawing: Drawing, track: Track, box: PlacedTrack, y: float) -> float:
        theme = self.session.theme
        kind = box.state.provenance
        shut = self._shut("Provenance")
        y = self._section(drawing, "Provenance", kind.value if shut else "", y)
        if shut:
            return y + 2
        paint = provenance_colour(theme, kind.value)
        style = palette.PROVENANCE_STYLES[kind.value]
        if kind is Provenance.INTERPOLATED:
            drawing.dashed(((10, y + 10), (36, y + 10)), (6, 3), paint, 2)
            drawing.text(44, y + 10, "Interpolated", SMALL, theme.text)
            drawing.text(self.width - 10, y + 10, "linear in time", SMALL, theme.text_3, anchor=1)
            y += 22
            y = self._between(drawing, track, y)
        else:
            drawing.add(Polygon(key_shape(style.shape, (17, y + 10), 6), paint))
            drawing.text(32, y + 10, f"{kind.value.capitalize()} key", SMALL, theme.text)
            y += 22
        return y + 6

    def _between(self, drawing: Drawing, track: Track, y: float) -> float:
        session, theme = self.session, self.session.theme
        now = session.timestamp_ns
        before = [key for key in track.keyframes if key.timestamp_ns < now][-1:]
        after = [key for key in track.keyframes if key.timestamp_ns > now][:1]
        keys = [*before, *after]
        if not keys:
            return y
        x = 10 + drawing.text(10, y + 10, "Between keys" if len(keys) == 2 else "Held from", SMALL,
                              theme.text_2) + 14  # fmt: skip
        texts = [
            f"{session.log.frames.nearest(key.timestamp_ns)} {key.provenance.value}" for key in keys
        ]
        if x + sum(drawing.measure(text, SMALL) + 32 for text in texts) > self.width:
            # The shape says the kind.
            texts = [text.split()[0] for text in texts]
        for key, text in zip(keys, texts, strict=True):
            kind = key.provenance.value
            shape = palette.PROVENANCE_STYLES[kind].shape
            outline = key_shape(shape, (x + 6, y + 10), 6)
            drawing.add(Polygon(outline, provenance_colour(theme, kind)))
            x += 18 + drawing.text(x + 18, y + 10, text, SMALL, theme.text) + 14
        return y + 22

    def _track(self, drawing: Drawing, track: Track, y: float) -> float:
        if y + 80 > self.height:
            return y
        session = self.session
        y = self._section(drawing, "Track", words.plural(len(track.keyframes), "key"), y)
        spans = [session.log.frames.between(s.start_ns, s.end_ns) for s in track.presence]
        present = sum(len(span) for span in spans)
        y = self._pair(
            drawing,
            "Present",
            f"{words.count(present)} of {words.plural(session.frames, 'frame')}",
            y,
        )
        return self._pair(drawing, "ID", track.id, y) + 6

    def _attributes(
        self, drawing: Drawing, track: Track, box: PlacedTrack | None, y: float
    ) -> None:
        values = dict(track.attributes if box is None else box.state.attributes)
        if not values or y + 50 > self.height:
            return
        shut = self._shut("Attributes")
        note = words.count(len(values)) if shut else "at this frame"
        y = self._section(drawing, "Attributes", note, y)
        if shut:
            return
        titles = words.attribute_titles(values)
        for name, value in values.items():
            if y + 22 > self.height:
                break
            y = self._pair(
                drawing, titles[name], words.value(value), y,
                number=not isinstance(value, str | bool), full_name=name,
            )  # fmt: skip
