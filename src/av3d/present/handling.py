"""The handles of the selected cuboid in one view of a pane: drawn, found under the pointer, dragged.

A pane has one Handling for each of its views and hands its gestures on:

* `show(key, grip)` whenever it is about to draw: what of the selected track shows in the view;
* a layer `Layer("handles", handling.key, handling.draw)` above the cuboids;
* `hover` when the pointer moves without a button, `leave` when it goes;
* `press` first of all: True means that a handle was grabbed, and that `drag`, then `release` or
  `cancel` follow until the button is up. `release` is False after a mere click, which changes nothing
  and may select.

Every edit goes through the session's edits: a drag is a preview in all panes, and one step of undo.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.present.clipped import clipped_lines
from av3d.present.dragging import Drag
from av3d.present.drawing import (
    NUMBER_TINY,
    Circle,
    Drawing,
    Polyline,
    Rect,
    as_points,
)
from av3d.present.edits import Operation
from av3d.present.group import Group
from av3d.present.handles import AXIS_OF_KNOB, Handle, HandleKind, handles_of, hit_handle
from av3d.present.projectors import Projector
from av3d.present.rings import ring_of
from av3d.present.session import Session
from av3d.present.theme import Colour, colour
from av3d.render import palette
from av3d.tracks.operations.anchors import CENTER, Anchor
from av3d.types import FloatArray

FACE_PX, CORNER_PX, KNOB_PX = 8.0, 6.0, 5.0
SMALLEST_PX = 4.0
CORNERS_FROM_REACH_PX = 5.0
"""On cuboids so small that handles reach less far, corners are not drawn: they would hide the rest."""
RING_PIECES = 64
TITLES = {
    HandleKind.MOVE: "Move",
    HandleKind.FACE: "Resize",
    HandleKind.CORNER: "Resize",
    HandleKind.YAW: "Turn",
    HandleKind.PITCH: "Tilt",
    HandleKind.ROLL: "Tilt",
}
SIZES = (HandleKind.FACE, HandleKind.CORNER)

Spot = tuple[HandleKind, tuple[int, int, int]]
"""Which handle it is, whatever the cuboid is now."""


@dataclass(frozen=True, eq=False)
class Grip:
    """The selected track as a view shows it.

    Attributes:
        cuboid: in the working frame of the projector.
        projector: the view.
        up, ahead: what is up, and which heading counts as yaw 0, in the working frame, (3,).
        to_ego: takes a cuboid of the working frame, where the view is to show it, to the ego frame at
            the frame's time, where it is set with this anchor; may be called often. `as_it_is` where
            the working frame is the ego frame.
        clip: the part of the pane that the view takes; None: all.
        tilts: whether it offers knobs for pitch and roll while the session is in tilt mode.
    """

    cuboid: Cuboid
    projector: Projector
    up: FloatArray
    ahead: FloatArray
    to_ego: Callable[[Cuboid, Anchor], Cuboid]
    clip: Rect | None = None
    tilts: bool = True


def as_it_is(cuboid: Cuboid, _anchor: Anchor) -> Cuboid:
    """A cuboid of the ego frame, which is set where it shows."""
    return cuboid


@dataclass(eq=False)
class _Grabbed:
    """A drag that lasts."""

    drag: Drag
    group: Group
    to_ego: Callable[[Cuboid, Anchor], Cuboid]
    now: Cuboid
    operation: Operation | None = None


class Handling:
    """Handles of the selected cuboid in one view.

    Args:
        session: whose selection.

    Attributes:
        handles: those of what shows; () when nothing of the selected cuboid does.
        hot: the handle under the pointer, or that is dragged.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.handles: tuple[Handle, ...] = ()
        self.grip: Grip | None = None
        """What shows now."""
        self._shown_for: Hashable = None
        self._spot: Spot | None = None
        self._grabbed: _Grabbed | None = None

    # What shows

    def show(self, key: Hashable, grip: Callable[[], Grip | None]) -> None:
        """Take over what shows now.

        Args:
            key: everything that the grip depends on, besides tracks and selection.
            grip: makes it, when something has changed; None where nothing can be dragged now.
        """
        session = self.session
        # While a handle is dragged those of other views hide, as tags do.
        offered = session.labels.editable and (self.dragging or not session.dragging)
        # Handles of a hidden cuboid would float in the air.
        offered = offered and session.selected not in session.hidden
        revision = session.supply.revision if offered else None
        whole = (key, revision, session.selected, session.frame, session.tilt, offered)
        if whole == self._shown_for:
            return
        self._shown_for = whole
        self.grip = grip() if session.selected is not None and offered else None
        self.handles = (
            handles_of(self.grip.cuboid, self.grip.projector, tilt=session.tilt and self.grip.tilts)
            if self.grip is not None
            else ()
        )

    @property
    def hot(self) -> Handle | None:
        return next((each for each in self.handles if (each.kind, each.signs) == self._spot), None)

    @property
    def dragging(self) -> bool:
        """Whether a handle is held."""
        return self._grabbed is not None

    @property
    def held(self) -> Drag | None:
        """The drag that lasts."""
        return self._grabbed.drag if self._grabbed is not None else None

    @property
    def value(self) -> str:
        """What the drag has changed: "length 4.73 m +0.06"; "" without a drag."""
        grabbed = self._grabbed
        return grabbed.drag.words(grabbed.now) if grabbed is not None else ""

    @property
    def key(self) -> Hashable:
        """Of the layer that the handles are drawn in."""
        session = self.session
        return self._shown_for, self._spot, self.value, session.tool, session.playback.playing

    def draw(self, drawing: Drawing) -> None:
        """Draw the handles, the ring of yaw and the value that changes."""
        grip, hot = self.grip, self.hot
        # A tool has the pointer: handles would promise what a press does not do.
        if grip is None or self.session.tool or self.session.playback.playing:
            return
        self._draw_rings(drawing, grip)
        if hot is not None and hot.kind is HandleKind.FACE and hot.line_px is not None:
            _draw_line(drawing, hot.line_px, grip.clip, colour("#FFFFFF"), 3.5)
        for handle in self.handles:
            seen = grip.clip is None or grip.clip.contains(*handle.place_px)
            if seen and handle.visible and handle.kind is not HandleKind.MOVE:
                _draw_handle(drawing, handle, hot=handle is hot)
                if not self.dragging:
                    x, y = handle.place_px
                    reach = handle.reach_px
                    drawing.zone(
                        Rect(x - reach, y - reach, 2 * reach, 2 * reach), "", "handle",
                        f"{handle.tip}. {_keys(handle)}",
                    )  # fmt: skip
        if self.value and hot is not None:
            _draw_value(drawing, self.value, hot.place_px, grip.clip)

    def _draw_rings(self, drawing: Drawing, grip: Grip) -> None:
        for handle in self.handles:
            axis = AXIS_OF_KNOB.get(handle.kind)
            if axis is None or not handle.visible:
                continue
            ring = ring_of(grip.cuboid, grip.projector, axis)
            if ring is None:
                continue
            points, seen = grip.projector.project(
                ring.points_m(np.linspace(0, 2 * np.pi, RING_PIECES + 1))
            )
            good = seen & (np.abs(points) < 1e5).all(axis=1)
            paint = colour(palette.ACCENT, 0.9 if handle is self.hot else 0.45)
            for piece in np.split(points, np.flatnonzero(~good)):
                kept = piece[np.isfinite(piece).all(axis=1) & (np.abs(piece) < 1e5).all(axis=1)]
                if len(kept) > 1:
                    _draw_line(drawing, kept, grip.clip, paint, 1.2)

    # Gestures

    def at(self, x: float, y: float) -> Handle | None:
        """The handle at a place of the pane; the body of the cuboid counts as one."""
        grip = self.grip
        if grip is None or (grip.clip is not None and not grip.clip.contains(x, y)):
            return None
        return hit_handle(self.handles, x, y)

    def hover(self, x: float, y: float) -> Handle | None:
        """The pointer is here; the session's hint says what a drag would do."""
        handle = None if self.session.tool else self.at(x, y)
        self._spot = (handle.kind, handle.signs) if handle is not None else None
        if handle is not None:
            self.session.hint = f"{handle.tip}. {_keys(handle)}"
        return handle

    def leave(self) -> None:
        """The pointer is elsewhere."""
        if self._grabbed is None:
            self._spot = None

    def press(self, x: float, y: float) -> bool:
        """Grab the handle at a place; whether there is one."""
        handle, grip = self.at(x, y), self.grip
        if handle is None or grip is None:
            return False
        session = self.session
        session.playback.stop()
        session.edits.settle()
        group = Group.of(session)
        if group is None:
            return False
        drag = Drag.begin(grip.cuboid, handle, grip.projector, x, y, up=grip.up, ahead=grip.ahead)
        self._spot = (handle.kind, handle.signs)
        self._grabbed = _Grabbed(drag, group, grip.to_ego, grip.cuboid)
        return True

    def drag(self, x: float, y: float) -> None:
        """The pointer went on, the handle is held."""
        grabbed, session = self._grabbed, self.session
        if grabbed is None:
            return
        group, kind = grabbed.group, grabbed.drag.handle.kind
        if session.frame != group.frame or session.selected != group.leader:
            self.cancel()
            return
        body, alt = kind is HandleKind.MOVE, "Alt" in session.modifiers
        cuboid = grabbed.drag.to(
            x, y, snap="Ctrl" in session.modifiers, fine=alt and not body, vertical=alt and body
        )
        if cuboid == grabbed.now:
            return
        session.dragging = True
        anchor = self.anchor_of(grabbed.drag.handle)
        ego_cuboid = group.start if cuboid == grabbed.drag.start else grabbed.to_ego(cuboid, anchor)
        operation = group.operation(ego_cuboid, anchor=anchor, together=kind not in SIZES)
        if session.edits.preview(operation):
            grabbed.now, grabbed.operation = cuboid, operation
        session.hint = f"{self.value}. Esc takes it back"

    @staticmethod
    def anchor_of(handle: Handle) -> Anchor:
        """The point opposite to a handle that changes the size."""
        if handle.kind not in SIZES:
            return CENTER
        along, across, up = handle.signs
        return (-float(along), -float(across), -float(up))

    def release(self) -> bool:
        """The button is up: keep what the drag did; False where it was a mere click."""
        grabbed = self._end()
        if grabbed is None:
            return False
        edits = self.session.edits
        if grabbed.now == grabbed.drag.start:
            edits.drop()
            return edits.previewing
        if not edits.previewing and grabbed.operation is not None:
            # Another edit came in between, of a work that has ended or a key: this one counts as well.
            edits.preview(grabbed.operation)
        edits.keep(f"{TITLES[grabbed.drag.handle.kind]} {grabbed.group.words}")
        return True

    def cancel(self) -> None:
        """Esc: everything is as it was before the drag."""
        if self._end() is not None:
            self.session.edits.drop()

    def _end(self) -> _Grabbed | None:
        grabbed, self._grabbed = self._grabbed, None
        self.session.dragging = False
        self.session.hint = ""
        return grabbed


def _keys(handle: Handle) -> str:
    """What held keys do to a drag."""
    if handle.kind is HandleKind.MOVE:
        return "Alt: up and down. Ctrl: along one side"
    step = "5 cm" if handle.kind in SIZES else "5 °"
    return f"Ctrl: steps of {step}. Alt: fine"


def _draw_line(
    drawing: Drawing, points: FloatArray, clip: Rect | None, paint: Colour, width: float
) -> None:
    if clip is None:
        drawing.add(Polyline(as_points(points), paint, width))
    else:
        clipped_lines(drawing, points, clip, paint, width)


def _draw_handle(drawing: Drawing, handle: Handle, *, hot: bool) -> None:
    x, y = handle.place_px
    edge = colour(palette.CANVAS)
    fill = colour(palette.ACCENT) if hot else colour("#FFFFFF")
    if handle.kind in AXIS_OF_KNOB:
        radius = KNOB_PX + 1.5 if hot else KNOB_PX
        paint = colour("#FFFFFF") if hot else colour(palette.ACCENT)
        drawing.add(Circle((x, y), radius, fill=paint, outline=edge, width=1.5))
        return
    corner = handle.kind is HandleKind.CORNER
    if corner and handle.reach_px < CORNERS_FROM_REACH_PX and not hot:
        return
    size = CORNER_PX if corner else FACE_PX
    size = max(min(size, 1.2 * handle.reach_px), SMALLEST_PX) + (2 if hot else 0)
    drawing.box(Rect(x - size / 2, y - size / 2, size, size), fill, outline=edge)


def _draw_value(drawing: Drawing, text: str, place: tuple[float, float], clip: Rect | None) -> None:
    """The value beside the handle that is dragged, dark with an accent border."""
    width = drawing.measure(text, NUMBER_TINY) + 12
    x, y = place[0] + 14, place[1] - 32
    if clip is not None:
        x = min(max(x, clip.x + 2), max(clip.right - width - 2, clip.x + 2))
        y = min(max(y, clip.y + 2), clip.bottom - 22)
    rect = Rect(round(x), round(y), width, 20)
    drawing.box(rect, colour(palette.CANVAS, 0.92), outline=colour(palette.ACCENT))
    drawing.text(rect.x + 6, rect.centre[1], text, NUMBER_TINY, colour(palette.ACCENT))
