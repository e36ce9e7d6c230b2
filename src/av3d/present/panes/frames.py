"""The selected track in up to 20 frames at once: its side views in each, to be edited like them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.present.cell_painter import CellPainter
from av3d.present.cells import MOST, Cell, Cells, moved_alike
from av3d.present.clipped import clipped_lines
from av3d.present.dragging import Drag
from av3d.present.drawing import (
    NUMBER_TINY,
    TINY,
    Drawing,
    Measure,
    Picture,
    Polygon,
    Rect,
    key_shape,
)
from av3d.present.handles import Handle, HandleKind, handles_of, hit_handle
from av3d.present.handling import SIZES, TITLES, Handling
from av3d.present.panes.frames_head import HEAD, draw_head
from av3d.present.panes.pane import Button, Layer, Pace, Pane, PaneImage, draw_message
from av3d.present.session import Session
from av3d.present.side_drawing import draw_outline
from av3d.present.side_view import SIDES, Side, SideView, fit_scale
from av3d.present.theme import colour, provenance_colour
from av3d.render import palette
from av3d.tracks.keyframe import Provenance
from av3d.tracks.operations.anchors import CENTER
from av3d.types import FloatArray

NUMBERS = 22
LEAST_CELL = 84
HIGH, WIDE_CELL, FEW_FRAMES = 620, 160, 6
"""From this height on more than so few frames are in two bands, of columns at least so wide."""
MARGINS_PX = (26.0, 18.0)
ZOOM_PER_NOTCH = 1.2
ZOOMS = (0.4, 8.0)
MEANT = {
    "edit.fit": "frames.fit",
    "edit.delete_keyframe": "frames.delete",
    "edit.keyframe": "frames.keep",
    "edit.flip_here": "frames.flip",
    "track.all": "frames.all",
}
"""What keys mean while the pointer is over the pane."""


@dataclass(eq=False)
class _Grabbed:
    """A handle of a cell that is held.

    Attributes:
        track_id: whose it is.
        cell: as it was.
        view: its view, which stays until the handle is let go.
        others: the other chosen cells, which move alike while Alt is held.
        now: what shows.
    """

    track_id: str
    cell: Cell
    view: SideView
    drag: Drag
    others: tuple[Cell, ...]
    now: Cuboid
    alike: bool = False


class FramesPane(Pane):
    """Columns are frames, rows are sides."""

    name = "frames"
    title = "Frames"
    icon = "frames"
    pace = Pace.TURNS
    home = ("timeline", "centre")

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.cells = Cells(session)
        self.rows = 0
        """Rows of sides that the user wants, 1 to 3; 0: as many as there is room for."""
        self._zoom = 1.0
        self._painter = CellPainter()
        self._placed: tuple[object, dict[tuple[int, str], Rect]] = (None, {})
        self._views: dict[tuple[int, str], SideView] = {}
        self._looks: dict[int, SE3] = {}
        self._largest: FloatArray = np.ones(3)
        self._looks_for: object = None
        self._spot: tuple[int, str] | None = None
        self._handles: tuple[Handle, ...] = ()
        self._held: Handle | None = None
        """The handle under the pointer."""
        self._grabbed: _Grabbed | None = None
        self._pressed: tuple[int, frozenset[str]] | None = None

    # Where things are

    @property
    def columns(self) -> int:
        """How many frames there is room for."""
        if self._is_high:
            return max(min(2 * (self.width // WIDE_CELL), MOST), 1)
        return max(min(self.width // LEAST_CELL, MOST), 1)

    @property
    def _is_high(self) -> bool:
        """Whether frames can be in two bands, one below the other, where they are larger."""
        return self.height - HEAD >= HIGH

    @property
    def bands(self) -> int:
        """In how many bands the frames that show are."""
        return 2 if self._is_high and len(self.cells.frames) > FEW_FRAMES else 1

    @property
    def sides(self) -> tuple[Side, ...]:
        """The rows."""
        room = (self.height - HEAD) / self.bands - NUMBERS
        wanted = self.rows or (3 if room >= 280 else 2 if room >= 110 else 1)
        return SIDES[:wanted]

    def column_rects(self) -> dict[int, Rect]:
        """Rectangle of each column, by frame, its number included."""
        frames, bands = self.cells.frames, self.bands
        count = -(-max(len(frames), min(self.columns, 6)) // bands)
        edges = [round(number * self.width / count) for number in range(count + 1)]
        high = (self.height - HEAD) / bands
        tops = [HEAD + round(band * high) for band in range(bands + 1)]
        return {
            frame: Rect(
                edges[number % count], tops[number // count],
                edges[number % count + 1] - edges[number % count] - 1,
                tops[number // count + 1] - tops[number // count],
            )
            for number, frame in enumerate(frames)
        }  # fmt: skip

    def rects(self) -> dict[tuple[int, str], Rect]:
        """Rectangle of each view, by frame and side."""
        sides = self.sides
        room = max((self.height - HEAD) // self.bands - NUMBERS, 1)
        edges = [NUMBERS + round(number * room / len(sides)) for number in range(len(sides) + 1)]
        key = (self.cells.frames, self.width, self.height, sides)
        if self._placed[0] == key:
            return self._placed[1]
        self._placed = (
            key,
            {
                (frame, side.name): Rect(
                    column.x,
                    column.y + edges[row],
                    column.width,
                    max(edges[row + 1] - edges[row] - 1, 1),
                )
                for frame, column in self.column_rects().items()
                for row, side in enumerate(sides)
            },
        )
        return self._placed[1]

    def view(self, cell: Cell, side: Side) -> SideView:
        """The view of a cell: all are at the same scale, so that they can be compared."""
        rect = self.rects()[cell.frame, side.name]
        scale = fit_scale(side, rect, self._largest, MARGINS_PX) / self._zoom
        pose = self._looks.get(cell.frame, cell.cuboid.frame_SE3_cuboid)
        place = cell.frame, side.name
        known = self._views.get(place)
        if (
            known is None
            or known.rect != rect
            or known.metres_per_pixel != scale
            or known.frame_SE3_view is not pose
        ):
            known = self._views[place] = SideView(side, rect, pose, scale)
        return known

    # What shows

    def update(self) -> None:
        session, cells = self.session, self.cells
        if self._grabbed is not None and session.selected_track is None:
            self.cancel()
        if not session.edits.previewing:
            cells.show(self.columns)
        shown = cells.cells()
        looks_for = (session.selected, cells.frames)
        # While something is dragged no view moves under the pointer.
        if not session.edits.previewing or looks_for != self._looks_for:
            self._looks_for = looks_for
            self._looks = {cell.frame: cell.cuboid.frame_SE3_cuboid for cell in shown}
            self._views = {
                place: view for place, view in self._views.items() if place[0] in self._looks
            }
            sizes = [cell.cuboid.size_lwh_m for cell in shown]
            self._largest = np.max(sizes, axis=0) if sizes else np.ones(3)
        cells.ask()
        self._painter.paint(
            (self.width, self.height), session.scale,
            [
                (cell, self.view(cell, side), cells.points(cell))
                for cell in shown
                for side in self.sides
            ],
            only=self._grabbed.cell.frame if self._grabbed and not self._grabbed.alike else None,
        )  # fmt: skip
        self._find_handles(shown)

    def _find_handles(self, shown: Sequence[Cell]) -> None:
        if self._grabbed is not None:
            cell = next((c for c in shown if c.frame == self._grabbed.cell.frame), None)
            view = self._grabbed.view
        else:
            spot = self._spot
            cell = next((c for c in shown if spot and c.frame == spot[0]), None)
            side = next((s for s in self.sides if spot and s.name == spot[1]), None)
            if cell is None or side is None or not self.session.labels.editable:
                self._handles = ()
                return
            view = self.view(cell, side)
        if cell is None:
            self._handles = ()
            return
        self._handles = handles_of(cell.cuboid, view.projector)

    def images(self) -> Mapping[str, PaneImage]:
        pixels = self._painter.pixels
        return {} if pixels is None else {"frames": PaneImage(self._painter.version, pixels)}

    def layers(self) -> Sequence[Layer]:
        session, cells = self.session, self.cells
        shown = cells.cells()
        track = session.selected_track
        certainty = session.certainties.of(track) if track is not None else None
        place = (self.rows, self._zoom, self._painter.version, session.span)
        hot = self._held
        grabbed = self._grabbed
        marks = (
            self._spot, hot and (hot.kind, hot.signs), session.selected_track,
            grabbed and (grabbed.now, grabbed.alike), self._zoom,
        )  # fmt: skip
        return (
            Layer("cells", (shown, place, len(cells.frames)), self._cells),
            Layer("numbers", (shown, place, session.frame, cells.chosen, certainty), self._numbers),
            Layer("marks", (shown, marks), self._marks),
            Layer("head", self._head_key(), lambda drawing: draw_head(self, drawing)),
        )

    def _head_key(self) -> Hashable:
        cells = self.cells
        return (
            self.session.selected_track, cells.chosen, cells.frames, self.rows, self.hot,
            self.session.span,
        )  # fmt: skip

    def _cells(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        whole = Rect(0, HEAD, self.width, self.height - HEAD)
        drawing.box(whole, theme.canvas)
        track = session.selected_track
        shown = self.cells.cells()
        if not shown:
            text = "Select a track to see and edit it in many frames at once."
            if track is not None:
                text = f"{track.name} is not present in the chosen span."
                if session.span is None:
                    text = f"{track.name} is not present in any frame."
            draw_message(drawing, session, whole, "frames", text, colour=colour(palette.TEXT_2))
            return
        if self._painter.pixels is not None:
            drawing.add(Picture("frames", Rect(0, 0, self.width, self.height)))
        line = colour(palette.CONTROL)
        columns = self.column_rects()
        for rect in columns.values():
            drawing.box(Rect(rect.right, rect.y, 1, rect.height), line)
        for (_, name), rect in self.rects().items():
            if name != self.sides[0].name:
                drawing.box(Rect(rect.x, rect.y - 1, rect.width, 1), line)
        for cell in shown:
            for side in self.sides:
                draw_outline(drawing, self.view(cell, side), cell.cuboid, width=1.5, arrow_px=9)
            crop = self.cells.points(cell)
            if crop is None or not len(crop.points_m):
                rect = columns[cell.frame]
                error = self.cells.error(cell)
                text = "Reading" if crop is None and not error else "No points"
                paint = palette.BAD if error else palette.TEXT_3
                drawing.text(
                    rect.centre[0], rect.bottom - 10, text, TINY, colour(paint), anchor=0.5,
                    max_width=rect.width - 4,
                )  # fmt: skip
                if error:
                    drawing.zone(Rect(rect.x, rect.bottom - 20, rect.width, 20), "", "", error)
        for side in self.sides:
            rect = self.rects()[shown[0].frame, side.name]
            width = drawing.measure(side.title, TINY) + 8
            plate = Rect(rect.x + 2, rect.y + 2, width, 16)
            drawing.box(plate, colour(palette.CANVAS, 0.8), radius=2)
            drawing.text(plate.x + 4, plate.centre[1], side.title, TINY, colour(palette.TEXT_2))

    def _numbers(self, drawing: Drawing) -> None:
        """Above each column its frame, the shape of its keyframe and the expected overlap."""
        session, theme = self.session, self.session.theme
        track = session.selected_track
        certainty = session.certainties.of(track) if track is not None else None
        columns = self.column_rects()
        for cell in self.cells.cells():
            rect = columns[cell.frame]
            strip = Rect(rect.x, rect.y, rect.width, NUMBERS)
            current, chosen = cell.frame == session.frame, cell.frame in self.cells.chosen
            drawing.box(strip, theme.selected if chosen else theme.raised)
            if chosen:
                drawing.box(rect.inset(0.5), outline=theme.accent, width=1.0)
            if current:
                drawing.box(Rect(rect.x, rect.y + NUMBERS - 2, rect.width, 2), theme.text)
            middle = strip.centre[1]
            x = rect.x + 6
            shape = palette.PROVENANCE_STYLES[cell.provenance].shape
            if cell.keyed and shape != "none":
                paint = provenance_colour(theme, cell.provenance)
                drawing.add(Polygon(key_shape(shape, (x + 4, middle), 5), paint, theme.bar))
                x += 14
            drawing.text(
                x, middle, str(cell.frame), NUMBER_TINY, theme.text if current else theme.text_2
            )
            tip = f"Go to frame {cell.frame}; {cell.provenance}"
            found = None
            if certainty is not None:
                found = certainty.at(session.log.frames[cell.frame].timestamp_ns)
            if found is not None:
                text = f"{found[0]:.0%}".replace("%", " %")
                tip += f"; expected overlap {text}, {found[1].words}"
                room = rect.right - 6 - x - drawing.measure(str(cell.frame), NUMBER_TINY)
                if drawing.measure(text, NUMBER_TINY) + 3 < room:
                    paint = (theme.text_2, theme.warn, theme.bad)[found[1]]
                    drawing.text(rect.right - 6, middle, text, NUMBER_TINY, paint, anchor=1)
            drawing.zone(strip, "frame.go", str(cell.frame), tip)

    def _marks(self, drawing: Drawing) -> None:
        """The handles of the cell under the pointer, and what a drag changes."""
        hot, grabbed = self._held, self._grabbed
        spot = (grabbed.cell.frame, grabbed.view.side.name) if grabbed else self._spot
        rect = self.rects().get(spot) if spot is not None else None
        if rect is None:
            return
        for handle in self._handles:
            if not handle.visible or handle.kind is HandleKind.MOVE:
                continue
            is_hot = hot is not None and (handle.kind, handle.signs) == (hot.kind, hot.signs)
            if is_hot and handle.line_px is not None:
                clipped_lines(drawing, handle.line_px, rect, colour("#FFFFFF"), 3.5)
            if rect.contains(*handle.place_px):
                x, y = handle.place_px
                half = 3.0 if is_hot or handle.kind is HandleKind.FACE else 2.0
                fill = colour(palette.ACCENT) if is_hot else colour("#FFFFFF")
                drawing.box(
                    Rect(x - half, y - half, 2 * half, 2 * half), fill,
                    outline=colour(palette.CANVAS),
                )  # fmt: skip
        if grabbed is None or grabbed.now == grabbed.drag.start:
            return
        text = grabbed.drag.words(grabbed.now)
        if grabbed.alike:
            text += f", {len(grabbed.others) + 1} frames"
        width = drawing.measure(text, NUMBER_TINY) + 12
        x = min(max(rect.centre[0] - width / 2, 2), max(self.width - width - 2, 2))
        plate = Rect(round(x), rect.y + 3, width, 20)
        drawing.box(plate, colour(palette.CANVAS, 0.92), outline=colour(palette.ACCENT))
        drawing.text(plate.x + 6, plate.centre[1], text, NUMBER_TINY, colour(palette.ACCENT))

    # Gestures

    def spot_at(self, x: float, y: float) -> tuple[int, str] | None:
        """Frame and side of the view at a place."""
        return next((spot for spot, rect in self.rects().items() if rect.contains(x, y)), None)

    def meant(self, command: str) -> str:
        return MEANT[command] if command in MEANT and self._is_about(command) else command

    def _is_about(self, command: str) -> bool:
        return bool(self.cells.frames) if command == "track.all" else bool(self.cells.targets)

    def move(self, x: float, y: float) -> None:
        super().move(x, y)
        self._spot = self.spot_at(x, y)
        self.cells.hovered = self._spot[0] if self._spot else None
        self._find_handles(self.cells.cells())
        self._held = hit_handle(self._handles, x, y)
        self.session.hint = ""
        if self._held is not None:
            alt = ". Alt: all chosen frames alike" if self._held.kind is HandleKind.MOVE else ""
            self.session.hint = f"{self._held.tip} at frame {self._spot and self._spot[0]}{alt}"
        elif self._spot is not None:
            self.session.hint = (
                "Click chooses this frame. Wheel zooms, Shift and wheel go on in time"
            )

    def leave(self) -> None:
        super().leave()
        self._spot, self._held = None, None
        self.cells.hovered = None
        self._handles = ()
        self.session.hint = ""

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        if button is not Button.LEFT:
            return False
        spot = self.spot_at(x, y)
        if spot is None:
            return super().press(x, y, button, clicks)
        session = self.session
        self._spot = spot
        self._find_handles(self.cells.cells())
        handle = hit_handle(self._handles, x, y)
        self._pressed = spot[0], session.modifiers
        if handle is None or "Ctrl" in session.modifiers or "Shift" in session.modifiers:
            return True
        session.playback.stop()
        session.edits.settle()
        cell = next((cell for cell in self.cells.cells() if cell.frame == spot[0]), None)
        side = next((side for side in self.sides if side.name == spot[1]), None)
        if cell is None or side is None:
            return True
        view = self.view(cell, side)
        up = session.edits.up_in_ego(cell.frame)
        drag = Drag.begin(cell.cuboid, handle, view.projector, x, y, up=up)
        others = tuple(c for c in self.cells.target_cells() if c.frame != cell.frame)
        self._grabbed = _Grabbed(session.selected or "", cell, view, drag, others, cell.cuboid)
        self._held = handle
        return True

    def drag(self, x: float, y: float, dx: float, dy: float) -> None:
        grabbed, session = self._grabbed, self.session
        if grabbed is None:
            return
        if session.selected_track is None or session.selected != grabbed.track_id:
            self.cancel()
            return
        kind = grabbed.drag.handle.kind
        alt, moves = "Alt" in session.modifiers, kind is HandleKind.MOVE
        cuboid = grabbed.drag.to(x, y, snap="Ctrl" in session.modifiers, fine=alt and not moves)
        alike = alt and moves and bool(grabbed.others)
        if cuboid == grabbed.now and alike == grabbed.alike:
            return
        session.dragging = True
        if alike:
            cuboids = {
                other.frame: moved_alike(grabbed.drag.start, cuboid, other.cuboid)
                for other in grabbed.others
            }
            cuboids[grabbed.cell.frame] = cuboid
            operation = self.cells.set_all(cuboids, Provenance.MANUAL)
        else:
            anchor = Handling.anchor_of(grabbed.drag.handle) if kind in SIZES else CENTER
            operation = session.edits.set_cuboid(
                session.selected_track.id, cuboid, frame=grabbed.cell.frame, anchor=anchor
            )
        if session.edits.preview(operation):
            grabbed.now, grabbed.alike = cuboid, alike
        session.hint = f"{grabbed.drag.words(cuboid)}. Esc takes it back"

    def release(self, x: float, y: float) -> None:
        pressed, self._pressed = self._pressed, None
        grabbed, self._grabbed = self._grabbed, None
        session = self.session
        session.dragging = False
        if grabbed is not None and grabbed.now != grabbed.drag.start:
            track = session.selected_track
            count = len(grabbed.others) + 1 if grabbed.alike else 1
            name = track.name if track is not None else ""
            where = f"in {count} frames" if count > 1 else f"at frame {grabbed.cell.frame}"
            session.edits.keep(f"{TITLES[grabbed.drag.handle.kind]} {name} {where}")
            return
        session.edits.drop()
        if pressed is not None:
            self.cells.choose(*pressed)

    def cancel(self) -> None:
        self._pressed = None
        if self._grabbed is not None:
            self._grabbed = None
            self.session.dragging = False
            self.session.edits.drop()

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        if self._grabbed is not None:
            return
        if shift:
            self.cells.scroll(-int(np.sign(notches)) * max(self.columns // 4, 1))
        else:
            zoom = self._zoom * ZOOM_PER_NOTCH**notches
            self._zoom = min(max(zoom, ZOOMS[0]), ZOOMS[1])
