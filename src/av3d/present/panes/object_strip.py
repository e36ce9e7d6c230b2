"""The selected track in all of its frames, each cut from the camera that sees it best."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from av3d.present import words
from av3d.present.best_images import BestImage, BestImages, picture_spec
from av3d.present.cells import present_frames
from av3d.present.cuboids import draw_cuboids
from av3d.present.drawing import (
    NUMBER_TINY,
    SMALL,
    TINY,
    Drawing,
    Measure,
    Picture,
    Polygon,
    Rect,
    key_shape,
)
from av3d.present.panes.pane import Layer, Pane, PaneImage, draw_message
from av3d.present.pictures import PictureSpec
from av3d.present.session import Session
from av3d.present.theme import colour, provenance_colour
from av3d.render import palette
from av3d.tracks.track import Track
from av3d.types import Uint8Array

HEAD = 26
WIDTH, HEIGHT = 132.0, 99.0
"""Of a picture, at least; a row is filled by making them wider."""
LABEL = 18
BAR_PX = 6


class ObjectPane(Pane):
    """A grid of pictures in the order of time, as many rows as there is room for; it scrolls."""

    name = "object"
    title = "Object"
    icon = "film"
    home = ("timeline", "centre")

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.images_of = BestImages(session)
        self._frames: tuple[Track | None, tuple[int, ...]] = (None, ())
        self._top_row = 0
        self._kept_in_sight: object = None
        self._pixels: Uint8Array | None = None
        self._version = 0
        self._painted: dict[int, object] = {}

    @property
    def frames(self) -> tuple[int, ...]:
        """The frames in which the selected track is there."""
        track = self.session.selected_track
        if self._frames[0] is not track:
            found = present_frames(track, self.session.log) if track is not None else ()
            self._frames = track, found
        return self._frames[1]

    @property
    def columns(self) -> int:
        return max(int((self.width - BAR_PX) // WIDTH), 1)

    @property
    def tile_px(self) -> tuple[int, int]:
        """Width and height of a picture with its label."""
        wide = (self.width - BAR_PX) // self.columns
        room = self.height - HEAD
        rows = max(int(room // (HEIGHT + LABEL)), 1)
        high = room / rows if rows <= 2 else HEIGHT * wide / WIDTH + LABEL
        return wide, max(int(min(high, room)), LABEL + 8)

    @property
    def rows_in_sight(self) -> int:
        return max((self.height - HEAD) // self.tile_px[1], 1)

    @property
    def rows(self) -> int:
        """All rows."""
        return -(-len(self.frames) // self.columns)

    def tiles(self, further: int = 0) -> dict[int, Rect]:
        """Rectangle of the tile of each frame that shows, and of so many rows further on."""
        wide, high = self.tile_px
        first = self._top_row * self.columns
        count = (self.rows_in_sight + further) * self.columns
        return {
            frame: Rect(
                number % self.columns * wide, HEAD + number // self.columns * high,
                wide - 1, high - 1,
            )
            for number, frame in enumerate(self.frames[first : first + count])
        }  # fmt: skip

    @property
    def shown(self) -> frozenset[int]:
        """The frames whose pictures show."""
        return frozenset(self._painted)

    def _spec(self, best: BestImage) -> PictureSpec:
        wide, high = self.tile_px
        lens = self.session.log.rig.camera(best.camera).camera
        return picture_spec(best, (lens.width_px, lens.height_px), wide - 1, high - 1 - LABEL)

    # What shows

    def update(self) -> None:
        session = self.session
        for name in [name for name in session.asked if name.startswith("object ")]:
            del session.asked[name]
        track = session.selected_track
        if track is None:
            self._painted.clear()
            return
        self._keep_in_sight(track)
        if not session.edits.previewing:
            self._ask(track)
        self._paint(track)

    def _keep_in_sight(self, track: Track) -> None:
        """When the frame changes, its picture is among those that show."""
        of = (track.id, self.session.frame, self.columns, self.rows_in_sight)
        if of != self._kept_in_sight:
            self._kept_in_sight = of
            frames = self.frames
            at = int(np.searchsorted(frames, self.session.frame)) // self.columns
            self._top_row = min(max(self._top_row, at - self.rows_in_sight + 1), at)
        self._top_row = min(max(self._top_row, 0), max(self.rows - self.rows_in_sight, 0))

    def _ask(self, track: Track) -> None:
        """Ask for what does not show yet: all choices first, as they are fast, then the pictures."""
        asked = self.session.asked
        choices, pictures = [], []
        for frame in self.tiles(further=1):
            job = self.images_of.choice_job(track, frame)
            if job is not None:
                choices.append(job)
            best = self.images_of.of(track, frame)
            if best is not None and best.box is not None:
                job = self.images_of.picture_job(
                    best, self._spec(best).enlarged(self.session.scale)
                )
                if job is not None:
                    pictures.append(job)
        for number, job in enumerate((*choices, *pictures)):
            asked[f"object {number}"] = job

    def _paint(self, track: Track) -> None:
        """Put the pictures that are there into that of the pane."""
        scale = self.session.scale
        shape = (max(round(self.height * scale), 1), max(round(self.width * scale), 1), 4)
        if self._pixels is None or self._pixels.shape != shape:
            self._pixels = np.zeros(shape, np.uint8)
            self._painted.clear()
        now: dict[int, object] = {}
        for frame, rect in self.tiles().items():
            best = self.images_of.of(track, frame)
            if best is None or best.box is None:
                continue
            spec = self._spec(best).enlarged(scale)
            picture = self.images_of.picture(best, spec)
            if picture is None:
                continue
            now[frame] = key = (rect, best.camera, best.image_index, spec)
            if self._painted.get(frame) != key:
                x, y = round(rect.x * scale), round((rect.y + LABEL) * scale)
                room = self._pixels[y : y + picture.shape[0], x : x + picture.shape[1]]
                room[:] = picture[: room.shape[0], : room.shape[1]]
                self._version += 1
        self._painted = now

    def images(self) -> Mapping[str, PaneImage]:
        if self._pixels is None or not self._version:
            return {}
        return {"object": PaneImage(self._version, self._pixels)}

    def layers(self) -> Sequence[Layer]:
        session = self.session
        track = session.selected_track
        shown = tuple(self.images_of.of(track, frame) for frame in self.tiles()) if track else ()
        key = (
            track, self._top_row, shown, self._version, session.frame, self.hot,
            tuple(self._painted),
        )  # fmt: skip
        return (Layer("all", key, self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        drawing.box(Rect(0, 0, self.width, self.height), theme.panel)
        track = session.selected_track
        whole = Rect(0, HEAD, self.width, self.height - HEAD)
        if track is None or not session.log.cameras or not self.frames:
            text = "Select a track to see it in all of its frames."
            if not session.log.cameras:
                text = "This log has no cameras."
            elif track is not None:
                text = f"{track.name} is not present in any frame."
            draw_message(drawing, session, whole, "film", text)
            return
        if self._version:
            # Below what is drawn; where no picture is yet, something covers it.
            drawing.add(Picture("object", Rect(0, 0, self.width, self.height)))
        drawing.box(Rect(0, 0, self.width, HEAD), theme.panel)
        self._title(drawing, track)
        for frame, rect in self.tiles().items():
            self._tile(drawing, track, frame, rect)
        self._bar(drawing)

    def _title(self, drawing: Drawing, track: Track) -> None:
        theme, frames = self.session.theme, self.frames
        text = f"{track.name}, {words.plural(len(frames), 'frame')}"
        if len(frames) > 1:
            text += f", {frames[0]} to {frames[-1]}"
        x = 8 + drawing.text(8, HEAD / 2, text, SMALL, theme.text, max_width=self.width - 16) + 12
        hint = "Each from the camera that sees it best, box at the time of the image. Click to go there"
        if x + drawing.measure(hint, TINY) < self.width - 8:
            drawing.text(x, HEAD / 2, hint, TINY, theme.text_3)

    def _tile(self, drawing: Drawing, track: Track, frame: int, rect: Rect) -> None:
        session, theme = self.session, self.session.theme
        best = self.images_of.of(track, frame)
        label = Rect(rect.x, rect.y, rect.width, LABEL)
        room = Rect(rect.x, rect.y + LABEL, rect.width, rect.height - LABEL)
        current = frame == session.frame
        drawing.box(label, theme.selected if current else theme.raised)
        if frame not in self._painted:
            drawing.box(room, theme.canvas)
        quiet = colour(palette.TEXT_3)
        tip = f"Go to frame {frame}"
        if best is None:
            drawing.text(*room.centre, "Looking", TINY, quiet, anchor=0.5)
        elif best.box is None:
            drawing.text(*room.centre, "Not seen", TINY, quiet, anchor=0.5)
            tip += "; no camera sees it"
        else:
            title = words.camera_title(best.camera)
            tip += f"; {title}, {_when(best.offset_ns)}"
            if frame in self._painted:
                self._picture(drawing, best, room)
            else:
                drawing.text(*room.centre, "Reading", TINY, quiet, anchor=0.5)
        middle, x = label.centre[1], rect.x + 6
        keyframe = track.keyframe_at(session.log.frames[frame].timestamp_ns)
        if keyframe is not None:
            kind = keyframe.provenance.value
            shape = palette.PROVENANCE_STYLES[kind].shape
            paint = provenance_colour(theme, kind)
            drawing.add(Polygon(key_shape(shape, (x + 4, middle), 5), paint, theme.bar))
            x += 14
            tip += f"; {kind} keyframe"
        ink = theme.text if current else theme.text_2
        x += drawing.text(x, middle, str(frame), NUMBER_TINY, ink) + 8
        if best is not None and best.camera:
            title = words.camera_title(best.camera)
            if x + drawing.measure(title, TINY) < rect.right - 6:
                drawing.text(rect.right - 6, middle, title, TINY, theme.text_3, anchor=1)
        if current or (self.hot is not None and self.hot.argument == str(frame)):
            drawing.box(rect.inset(0.5), outline=theme.accent if current else theme.border)
        drawing.zone(rect, "frame.go", str(frame), tip)

    def _picture(self, drawing: Drawing, best: BestImage, room: Rect) -> None:
        assert best.box is not None
        spec = self._spec(best)
        offset = (spec.offset_px[0] + 0.5 + room.x, spec.offset_px[1] + 0.5 + room.y)
        draw_cuboids(drawing, [best.box.drawing.placed(spec.scale, offset)], line_scale=0.8)

    def _bar(self, drawing: Drawing) -> None:
        """Which part of all rows shows."""
        if self.rows <= self.rows_in_sight:
            return
        room = self.height - HEAD
        high = max(room * self.rows_in_sight / self.rows, 12)
        furthest = self.rows - self.rows_in_sight
        y = HEAD + (room - high) * self._top_row / furthest
        drawing.box(
            Rect(self.width - BAR_PX, y, BAR_PX - 1, high), self.session.theme.control, radius=3
        )

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        self._top_row -= int(np.sign(notches))


def _when(offset_ns: int) -> str:
    """When an image was exposed, in words."""
    offset_ms = offset_ns / 1e6
    if abs(offset_ms) < 0.5:
        return "at sweep time"
    return f"{abs(offset_ms):.0f} ms {'before' if offset_ms < 0 else 'after'} sweep time"
