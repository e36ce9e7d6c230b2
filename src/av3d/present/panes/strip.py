"""The other cameras, small; a click makes one large. Folded, a row of their names."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

from av3d.present import words
from av3d.present.cuboids import draw_cuboids
from av3d.present.drawing import ICON, SMALL, SMALL_STRONG, TINY, Drawing, Measure, Picture, Rect
from av3d.present.icons import ICONS
from av3d.present.image_view import ImageView
from av3d.present.panes.camera import CameraPicture
from av3d.present.panes.pane import Button, Layer, Pace, Pane, PaneImage, draw_key, draw_message
from av3d.present.session import Session
from av3d.present.theme import colour
from av3d.render import palette

HEAD = 24
SMALLEST_TILE = 160
VIEWS = 64
"""Views of tiles that are kept; a pane that is dragged to ever new sizes makes ever new ones."""
TURNS = 3
"""While the pointer moves a cuboid, every so manieth tile follows it each time: projecting the cuboid
into six cameras at once would hold up the hand. Cameras that overlap are beside each other, so that a
third of them sees it about once."""


class StripPane(Pane):
    """A tile per camera, in the order of the rig, without the large one."""

    name = "strip"
    title = "Other cameras"
    icon = "cameras"
    pace = Pace.TURNS
    turns = TURNS
    own_head = True
    home = ("main", "bottom")

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self._pictures: dict[int, CameraPicture] = {}
        self._first = 0
        self._turn = 0
        self._seen_by = 0
        self._tiles: tuple[object, list[tuple[str, Rect]]] = None, []
        self._views: dict[Hashable, ImageView] = {}

    @property
    def folded(self) -> bool:
        """Whether only the row of names shows."""
        return self.height <= HEAD + 1

    @property
    def cameras(self) -> tuple[str, ...]:
        """The cameras of the tiles; with many cameras, those that have room."""
        others = [name for name in self.session.log.cameras if name != self.session.camera]
        room = max(self.width // SMALLEST_TILE, 1)
        first = min(self._first, max(len(others) - room, 0))
        return tuple(others[first : first + room])

    @property
    def hidden(self) -> int:
        """Cameras that have no tile."""
        return max(len(self.session.log.cameras) - 1 - len(self.cameras), 0)

    def tiles(self) -> list[tuple[str, Rect]]:
        """Camera and rectangle of each tile, 1 px apart."""
        if self.folded:
            return []
        names = self.cameras
        key = names, self.width, self.height
        if self._tiles[0] != key:
            self._tiles = key, self._arranged(names)
        return self._tiles[1]

    def _arranged(self, names: Sequence[str]) -> list[tuple[str, Rect]]:
        count = max(len(names), 1)
        height = self.height - HEAD
        share = (self.width + 1) / count
        found: list[tuple[str, Rect]] = []
        models = [self.session.log.rig.camera(name).camera for name in names]
        # No wider than its image: black bars beside it would look like part of the picture.
        widths = [min(share - 1, height * m.width_px / m.height_px) for m in models]
        # Few cameras are in the middle.
        x = max((self.width + 1 - sum(widths) - len(widths)) / 2, 0.0)
        for name, wide in zip(names, widths, strict=True):
            found.append((name, Rect(round(x), HEAD, round(x + wide) - round(x), height)))
            x += wide + 1
        return found

    def view(self, camera: str, rect: Rect) -> ImageView:
        """How a camera's image lies in its tile."""
        key = camera, rect.width, rect.height
        if key not in self._views:
            if len(self._views) >= VIEWS:
                self._views.clear()
            self._views[key] = self._fitting(camera, rect)
        return self._views[key]

    def _fitting(self, camera: str, rect: Rect) -> ImageView:
        model = self.session.log.rig.camera(camera).camera
        pane = (max(int(rect.width), 1), max(int(rect.height), 1))
        # The whole image, so that lines cut at its border stay inside the tile.
        return ImageView.fit(pane, (model.width_px, model.height_px))

    def views(self) -> dict[str, ImageView]:
        """The views of all tiles by camera."""
        return {camera: self.view(camera, rect) for camera, rect in self.tiles()}

    def update(self) -> None:
        moving = self.session.in_motion
        self._turn += 1
        for number, (camera, rect) in enumerate(self.tiles()):
            if moving and number in self._pictures and number % TURNS != self._turn % TURNS:
                continue
            picture = self._pictures.setdefault(number, CameraPicture(self.session))
            picture.update(camera, self.view(camera, rect))
        if not moving:
            self._seen_by = self.seen_by()

    def images(self) -> Mapping[str, PaneImage]:
        return {
            f"strip{number}": PaneImage(
                self._pictures[number].version, self._pictures[number].pixels
            )
            for number, _ in enumerate(self.tiles())
            # A tile may be there before its first picture is asked for.
            if number in self._pictures and self._pictures[number].version
        }

    def seen_by(self) -> int:
        """Number of cameras in which the selected track shows at this frame."""
        session = self.session
        return sum(
            any(
                box.track.id == session.selected
                for box in session.supply.camera_boxes(session.frame, camera) or ()
            )
            for camera in session.log.cameras
        )

    def showing(self, track_id: str) -> list[str]:
        """Cameras of the tiles in which a track is drawn now."""
        return [
            camera
            for number, (camera, _) in enumerate(self.tiles())
            if number in self._pictures  # else the layout has just made room for it
            and any(box.track.id == track_id for box in self._pictures[number].boxes)
        ]

    def layers(self) -> Sequence[Layer]:
        session = self.session
        shown = tuple(
            (picture.shown, picture.dimmed, picture.version > 0, len(picture.boxes))
            for _, picture in sorted(self._pictures.items())
        )
        scene = (shown, self.cameras, session.frame)
        standing = tuple(picture.standing for _, picture in sorted(self._pictures.items()))
        # Tiles follow a cuboid that moves one after the other.
        apart = tuple(
            tuple(box for box in picture.boxes if box.track.id in session.apart)
            for _, picture in sorted(self._pictures.items())
        )
        errors = tuple(
            self._pictures[number].error(camera, self.view(camera, rect))
            for number, (camera, rect) in enumerate(self.tiles())
            # A pointer may come before the first picture is asked for.
            if number in self._pictures
        )
        track = session.selected_track
        name = track.name if track is not None else ""
        head = (session.camera, name, self._seen_by, self._first, self._hot)
        return (
            Layer("head", head, self._head),
            Layer("images", (*scene, errors), self._images),
            Layer("boxes", (*scene, standing, session.apart), self._boxes),
            Layer("apart", (*scene, session.selected, session.apart, apart), self._boxes_apart),
            Layer("names", (self.cameras, self._hot, session.hovered, shown), self._names),
        )

    def _head(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        drawing.box(Rect(0, 0, self.width, HEAD), theme.raised)
        middle = HEAD / 2
        if self.folded:
            self._row(drawing, middle)
            return
        drawing.text(8, middle, ICONS["cameras"], ICON, theme.text)
        x = 32 + drawing.text(32, middle, "Other cameras", SMALL_STRONG, theme.text) + 16
        track = session.selected_track
        total = len(session.log.cameras)
        if track is not None:
            seen = f"{track.name} is seen by {self._seen_by} of {total}"
            drawing.text(x, middle, seen, SMALL, theme.text_2)
        hidden = f"{self.hidden} more, wheel to scroll   " if self.hidden else ""
        right = self.width - 8.0
        right -= drawing.text(right, middle, "next camera", SMALL, theme.text_3, anchor=1)
        width = max(drawing.measure("V", TINY) + 9, 18)
        draw_key(drawing, session, right - 6 - width, middle, "V")
        drawing.text(
            right - 16 - width,
            middle,
            hidden + "Click to make large",
            SMALL,
            theme.text_3,
            anchor=1,
        )

    def _row(self, drawing: Drawing, middle: float) -> None:
        """The folded strip: names of all cameras, the large one marked."""
        session, theme = self.session, self.session.theme
        names = list(session.log.cameras)
        if not names:
            return
        width = self.width / len(names)
        for number, name in enumerate(names):
            rect = Rect(round(number * width), 0, round(width), HEAD)
            large = name == session.camera
            hot = self._hot is not None and self._hot.argument == name
            if large or hot:
                drawing.box(rect, theme.control if large else theme.hover)
            if large:
                drawing.box(Rect(rect.x, HEAD - 2, rect.width, 2), theme.accent)
            drawing.text(
                rect.centre[0], middle, words.camera_title(name), SMALL_STRONG if large else SMALL,
                theme.text if large else theme.text_2, anchor=0.5, max_width=rect.width - 8,
            )  # fmt: skip
            drawing.zone(rect, "camera.show", name, f"Make {words.camera_title(name)} large")

    def _images(self, drawing: Drawing) -> None:
        session = self.session
        drawing.box(Rect(0, HEAD, self.width, self.height - HEAD), session.theme.panel)
        for number, (camera, rect) in enumerate(self.tiles()):
            picture = self._pictures[number]
            if picture.dimmed or not picture.has_image or not picture.version:
                drawing.box(rect, session.theme.canvas)
            quiet = colour(palette.TEXT_2)
            error = picture.error(camera, self.view(camera, rect))
            if session.log.frames[session.frame].images.get(camera) is None:
                text = f"No image for this camera at frame {session.frame}."
                draw_message(drawing, session, rect, "image_off", text, colour=quiet)
            elif error:
                draw_message(drawing, session, rect, "alert", error, colour=colour(palette.BAD))
            elif picture.shown is not None and picture.version:
                drawing.add(Picture(f"strip{number}", rect, 0.6 if picture.dimmed else 1.0))
            drawing.zone(rect, "camera.show", camera, f"Make {words.camera_title(camera)} large")

    def _boxes(self, drawing: Drawing) -> None:
        self._cuboids(drawing, apart=False)

    def _boxes_apart(self, drawing: Drawing) -> None:
        self._cuboids(drawing, apart=True)

    def _cuboids(self, drawing: Drawing, *, apart: bool) -> None:
        for number, (camera, rect) in enumerate(self.tiles()):
            picture = self._pictures[number]
            if not picture.has_image:
                continue
            view = self.view(camera, rect)
            cuboids = picture.drawings(view, (rect.x, rect.y), apart=apart, hidden=False)
            draw_cuboids(drawing, cuboids, limit_px=5, line_scale=0.67)

    def _names(self, drawing: Drawing) -> None:
        theme = self.session.theme
        for camera, rect in self.tiles():
            title = words.camera_title(camera)
            width = drawing.measure(title, TINY) + 12
            drawing.box(Rect(rect.x, rect.y, width, 18), colour(palette.BAR, 0.92))
            drawing.text(rect.x + 6, rect.y + 9, title, TINY, colour(palette.TEXT))
            if self._hot is not None and self._hot.argument == camera:
                drawing.box(rect.inset(0.5), outline=theme.accent, width=1.0)

    def track_at(self, x: float, y: float) -> str | None:
        """The track under a place of the pane."""
        for number, (camera, rect) in enumerate(self.tiles()):
            if not rect.contains(x, y) or number not in self._pictures:
                continue
            if self._pictures[number].has_image:
                view = self.view(camera, rect)
                pixel = view.to_image(x - rect.x, y - rect.y)
                return self._pictures[number].track_at(*pixel, 1 / view.scale)
        return None

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        if button is not Button.LEFT:
            return False
        track_id = self.track_at(x, y)
        if track_id is not None and clicks < 2:
            self.session.select(track_id)
            return False
        return super().press(x, y, button, clicks)

    def move(self, x: float, y: float) -> None:
        super().move(x, y)
        self.session.hovered = self.track_at(x, y)

    def leave(self) -> None:
        super().leave()
        self.session.hovered = None

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        others = len(self.session.log.cameras) - 1
        self._first = min(max(self._first - int(notches), 0), max(others - len(self.cameras), 0))
