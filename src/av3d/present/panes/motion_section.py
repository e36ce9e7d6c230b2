"""How the selected cuboid came about at this frame, how its track moves, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from av3d.ontology.motion import Motion
from av3d.present import words
from av3d.present.choices import Choice
from av3d.present.drawing import NUMBER, SMALL, Drawing, Polygon, Rect, key_shape
from av3d.present.panes.controls import Control
from av3d.present.selection import MIXED, common, for_each, selected_tracks, selection_name
from av3d.present.theme import CONTROL, RADIUS, provenance_colour
from av3d.render import palette
from av3d.render.placing import PlacedTrack
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.motion.next_keyframe import Suggestion
from av3d.tracks.operations.interpolation import set_interpolation
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.present.panes.inspector import InspectorPane

LINE = 22
FULL_M, FULL_RAD = 0.5, math.radians(5.0)
"""Standard deviations at which a bar is full."""
MEDIUM, HIGH = 0.4, 0.8
"""Parts of a full bar from which on it is drawn as medium and as high."""

MODELS = {
    Model.AUTOMATIC: "Automatic: what explains the keys best",
    Model.STATIC: "Static: stands at one place",
    Model.LINEAR: "Linear: straight from key to key",
    Model.SMOOTH: "Smooth: in any direction",
    Model.VEHICLE: "Vehicle: goes where it points",
}
MOVES = {
    None: "As its category",
    Motion.STATIC: "It stands",
    Motion.WHEELED: "On wheels",
    Motion.LEGGED: "On legs",
    Motion.FREE: "In any way",
}


class MotionSection:
    """Provenance, motion model and certainty.

    Args:
        pane: the inspector.

    Attributes:
        declined: suggestions that the user does not want now, as (track ID, time).
    """

    def __init__(self, pane: InspectorPane) -> None:
        self.pane = pane
        self.declined: set[tuple[str, int]] = set()
        self._last: tuple[str, Suggestion | None] = ("", None)

    @property
    def key(self) -> tuple[object, ...]:
        """What the drawing depends on beside the tracks and the frame."""
        return self.suggestion(), len(self.declined)

    def suggestion(self) -> Suggestion | None:
        """The frame at which one more key would help the leading track most, once it is known."""
        session = self.pane.session
        track = session.selected_track
        if track is None or len(session.selection) > 1:
            return None
        found = session.certainties.suggestion(track)
        if found is None and session.loader.busy and self._last[0] == track.id:
            # It is being looked for anew: what is below it must not jump meanwhile.
            return self._last[1]
        self._last = track.id, found
        return found

    # Provenance

    def draw_provenance(self, drawing: Drawing, box: PlacedTrack, y: float) -> float:
        """Where the cuboid at this frame comes from, and the keys around it."""
        pane, theme = self.pane, self.pane.session.theme
        kind = box.state.provenance
        paint = provenance_colour(theme, kind.value)
        if kind is Provenance.INTERPOLATED:
            drawing.dashed(((10, y + 10), (36, y + 10)), (6, 3), paint, 2)
            label = "Interpolated"
        else:
            shape = palette.PROVENANCE_STYLES[kind.value].shape
            drawing.add(Polygon(key_shape(shape, (17, y + 10), 6), paint))
            label = f"{kind.value.capitalize()} key"
        x = 44 + drawing.text(44, y + 10, label, SMALL, theme.text)
        how = box.track.interpolation.words
        drawing.text(pane.width - 10, y + 10, how, SMALL, theme.text_3, anchor=1,
                     max_width=pane.width - x - 24)  # fmt: skip
        drawing.zone(Rect(0, y, pane.width, LINE), "", "provenance", f"Motion: {how}")
        return self._between(drawing, box.track, y + LINE) + 4

    def _between(self, drawing: Drawing, track: Track, y: float) -> float:
        """The keys before and after this frame; a click goes there."""
        session, theme = self.pane.session, self.pane.session.theme
        now = session.timestamp_ns
        before = [key for key in track.keyframes if key.timestamp_ns < now][-1:]
        after = [key for key in track.keyframes if key.timestamp_ns > now][:1]
        keys = [*before, *after]
        if not keys:
            return y
        label = "between keys" if len(keys) == 2 else "key before" if before else "key after"
        x = 10 + drawing.text(10, y + 10, label, SMALL, theme.text_2) + 14
        texts = [f"{session.log.frames.nearest(k.timestamp_ns)} {k.provenance.value}" for k in keys]
        if x + sum(drawing.measure(text, SMALL) + 32 for text in texts) > self.pane.width:
            # The shape says the kind.
            texts = [text.split()[0] for text in texts]
        for key, text in zip(keys, texts, strict=True):
            x += self._key(drawing, key, x, y, text) + 14
        return y + LINE

    def _key(self, drawing: Drawing, key: Keyframe, x: float, y: float, text: str) -> float:
        session, theme = self.pane.session, self.pane.session.theme
        kind = key.provenance.value
        outline = key_shape(palette.PROVENANCE_STYLES[kind].shape, (x + 6, y + 10), 6)
        drawing.add(Polygon(outline, provenance_colour(theme, kind)))
        wide = 18 + drawing.text(x + 18, y + 10, text, SMALL, theme.text)
        frame = session.log.frames.nearest(key.timestamp_ns)
        self.pane.add(
            drawing, Rect(x - 3, y - 1, wide + 6, LINE), f"key.{key.timestamp_ns}",
            Control(lambda: session.go_to(frame)), f"Go to the {kind} key at frame {frame}",
        )  # fmt: skip
        return wide

    # Motion model

    def draw_model(self, drawing: Drawing, y: float) -> float:
        """The motion model and how the object can move, to be chosen."""
        pane = self.pane
        tracks = selected_tracks(pane.session)
        models = {track.interpolation.model for track in tracks}
        model = models.pop() if len(models) == 1 else None
        label = MIXED if model is None else model.value
        left = self._label(drawing, "Motion model", y)
        rect = Rect(left, y, pane.width - 10 - left, CONTROL)
        enabled = pane.session.labels.editable
        pane.chooser(
            drawing, rect, "model", lambda: self._offer_models(rect, model), label,
            tip="How the track is filled between its keys", enabled=enabled,
        )  # fmt: skip
        y += CONTROL + 4
        pinned = common(track.interpolation.pinned for track in tracks)
        left = self._label(drawing, "Can move", y)
        rect = Rect(left, y, pane.width - 10 - left, CONTROL)
        moves = {track.interpolation.moves for track in tracks}
        how = moves.pop() if len(moves) == 1 else MIXED
        label = MIXED if how == MIXED else MOVES[how]  # type: ignore[index]
        pane.chooser(
            drawing, rect, "moves", lambda: self._offer_moves(rect, how), label.lower(),
            tip="How an object of its kind can move", enabled=enabled,
        )  # fmt: skip
        y += CONTROL + 4
        pane.switch(
            drawing, 10, y + CONTROL / 2, "pinned",
            lambda: self._change("Meet keys exactly", lambda i: replace(i, pinned=pinned is not True)),
            "goes exactly through its keys", pinned, enabled=enabled, max_width=pane.width - 20,
            tip="Else keys are believed as far as hands, fits and imports are exact",
        )  # fmt: skip
        return y + CONTROL + 8

    def _label(self, drawing: Drawing, text: str, y: float) -> int:
        """Words on the left; returns where the control begins."""
        theme = self.pane.session.theme
        left = round(min(120, self.pane.width * 0.36))
        drawing.text(10, y + CONTROL / 2, text, SMALL, theme.text_2, max_width=left - 16)
        return left

    def _offer_models(self, anchor: Rect, model: Model | None) -> None:
        items = tuple(
            Choice(title, lambda key=key: self._change(  # type: ignore[misc]
                f"Motion model {key.value}", lambda i: replace(i, model=key)), on=key == model)
            for key, title in MODELS.items()
        )  # fmt: skip
        self.pane.session.choices.open(self.pane.name, anchor, items)

    def _offer_moves(self, anchor: Rect, how: object) -> None:
        items = tuple(
            Choice(title, lambda key=key, title=title: self._change(  # type: ignore[misc]
                f"Moves {title.lower()}", lambda i: replace(i, moves=key)), on=key == how)
            for key, title in MOVES.items()
        )  # fmt: skip
        self.pane.session.choices.open(self.pane.name, anchor, items)

    def _change(self, title: str, change: Callable[[Interpolation], Interpolation]) -> None:
        session = self.pane.session
        operation = for_each(
            session.selection,
            lambda document, track_id: set_interpolation(
                document, [track_id], change(document.track(track_id).interpolation)
            ),
        )
        session.edits.do(f"{title}: {selection_name(session)}", operation)

    # Certainty

    def note(self) -> str:
        """What the title of the certainty says beside it."""
        found = self.suggestion()
        if found is None:
            return ""
        return f"check frame {self.pane.session.log.frames.nearest(found.time_ns)}"

    def draw_certainty(self, drawing: Drawing, box: PlacedTrack, y: float) -> float:
        """Standard deviations at this frame, and what to do about them."""
        pane, theme = self.pane, self.pane.session.theme
        covariance = box.state.covariance
        if covariance is None:
            text = "One key tells nothing. Add another one."
            if len(box.track.keyframes) > 1:
                text = "Straight from key to key; this model tells nothing."
            drawing.text(10, y + 10, text, SMALL, theme.text_2, max_width=pane.width - 20)
            drawing.zone(Rect(0, y, pane.width, LINE), "", "certainty.none", text)
            return self._suggestion(drawing, y + LINE + 4)
        along, across, yaw = (float(np.sqrt(max(covariance[i, i], 0.0))) for i in (0, 1, 5))
        for name, part, text in (
            ("along", along / FULL_M, f"± {words.metres(along)}"),
            ("across", across / FULL_M, f"± {words.metres(across)}"),
            ("yaw", yaw / FULL_RAD, f"± {words.degrees(yaw)} °"),
        ):
            self._bar(drawing, y, name, part, text)
            y += LINE
        return self._suggestion(drawing, y + 4)

    def _bar(self, drawing: Drawing, y: float, name: str, part: float, text: str) -> None:
        pane, theme = self.pane, self.pane.session.theme
        middle = y + 10
        level = "high" if part >= HIGH else "medium" if part >= MEDIUM else "low"
        paint = {"high": theme.bad, "medium": theme.warn, "low": theme.text_3}[level]
        thick = {"high": 7, "medium": 5, "low": 3}[level]
        drawing.text(10, middle, name, SMALL, theme.text_2)
        left = round(min(118, pane.width * 0.31))
        right = pane.width - 92
        drawing.box(Rect(left, middle - 1, right - left, 3), theme.control, radius=1)
        drawing.box(
            Rect(left, middle - thick / 2, (right - left) * min(part, 1.0), thick), paint, radius=1
        )
        drawing.text(pane.width - 10, middle, text, NUMBER, theme.text, anchor=1)
        tip = f"{name.capitalize()}: {text}, one standard deviation; {level} uncertainty"
        drawing.zone(Rect(0, y, pane.width, LINE), "", f"certainty.{name}", tip)

    def _suggestion(self, drawing: Drawing, y: float) -> float:
        """The next key that would help most."""
        pane, session = self.pane, self.pane.session
        theme = session.theme
        found, track = self.suggestion(), session.selected_track
        if found is None or track is None or (track.id, found.time_ns) in self.declined:
            return y
        frame = session.log.frames.nearest(found.time_ns)
        text = (
            f"A key at frame {frame} raises the worst frame "
            f"from {found.worst_before:.0%} to {found.worst_after:.0%} overlap."
        ).replace("%", " %")
        lines = pane.wrapped(text, pane.width - 36)
        height = 14 + 20 * len(lines) + CONTROL + 10
        card = Rect(8, y, pane.width - 16, height)
        drawing.box(card, theme.raised, radius=RADIUS)
        drawing.box(Rect(card.x, card.y, 3, height), theme.accent)
        y += 16
        for line in lines:
            drawing.text(18, y, line, SMALL, theme.text)
            y += 20
        able = pane.able("edit.fit_suggested")
        label = f"Go and fit {frame}" if able else f"Go to {frame}"
        command = "edit.fit_suggested" if able else "key.suggested"
        key = pane.key_of(command)
        wide = (
            drawing.measure(label, SMALL) + 44 + (drawing.measure(key, NUMBER) + 22 if key else 0)
        )
        rect = Rect(18, y - 6, min(wide, card.width - 100), CONTROL)

        tip = "Go to this frame and fit the cuboid to its points" if able else "Go to this frame"
        pane.button(
            drawing,
            rect,
            "suggestion.go",
            lambda: pane.run(command, ""),
            label,
            icon="star",
            key=key,
            tip=tip,
            on=True,
        )
        wide = drawing.measure("Not now", SMALL) + 20
        pane.button(
            drawing, Rect(rect.right + 8, rect.y, wide, CONTROL), "suggestion.not",
            lambda: self.declined.add((track.id, found.time_ns)), "Not now",
            tip="Take this suggestion away until the track changes",
        )  # fmt: skip
        return card.bottom + 8
