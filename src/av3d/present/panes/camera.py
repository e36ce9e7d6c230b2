"""The large camera: one image with every cuboid drawn at the image's own time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from av3d.present.creating import from_ray
from av3d.present.cuboids import draw_cuboids, draw_tags, hit
from av3d.present.drawing import Drawing, Measure, Picture, Rect
from av3d.present.handles import HandleKind
from av3d.present.handling import Grip, Handling
from av3d.present.image_grip import image_grip
from av3d.present.image_view import ImageView
from av3d.present.making import tool_hint
from av3d.present.panes.pane import Button, Layer, Pace, Pane, PaneImage, draw_message
from av3d.present.place import Place
from av3d.present.placed import CameraBox
from av3d.present.session import Session
from av3d.present.theme import colour
from av3d.render import palette
from av3d.render.drawing import CuboidDrawing
from av3d.render.outline import Item, cuboid_style, lines_of
from av3d.render.placing import tag_name
from av3d.tracks.proposal import is_proposal
from av3d.types import Uint8Array

ZOOM_PER_NOTCH = 1.2
TAGS_AT_MOST = 12
STYLED = 32
"""Cuboids whose lines in another style are kept: the selected ones, and those the pointer was on."""
FOLLOW_SCALE = 1.25
"""Following, the selected cuboid is enlarged to no more than this many pane pixels per image pixel."""


class CameraPicture:
    """One camera's image and cuboids in some rectangle; keeps the last frame until the next is ready.

    The large camera and each tile of the strip have one.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.shown: tuple[str, int] | None = None
        self.pixels: Uint8Array = np.zeros((1, 1, 4), np.uint8)
        self.version = 0
        self.boxes: tuple[CameraBox, ...] = ()
        """Cuboids of the image that shows."""
        self.revision = self.standing = -1
        """What `Supply` said of the tracks that they are of: until new ones are made the old stay."""
        self._styled: dict[Hashable, tuple[CameraBox, CuboidDrawing]] = {}
        self._waiting_since: float | None = None

    def update(self, camera: str, view: ImageView) -> None:
        """Show a camera through a view as soon as image and cuboids are ready."""
        session = self.session
        frame = session.frame
        if session.log.frames[frame].images.get(camera) is None:
            self.shown, self._waiting_since = (camera, frame), None
            self._take(session.supply.camera_boxes(frame, camera) or ())
            return
        picture = session.supply.picture(frame, camera, view.spec)
        boxes = session.supply.camera_boxes(frame, camera)
        if picture is None or boxes is None:
            if self._waiting_since is None:
                self._waiting_since = session.clock()
            if self.shown is not None and self.shown[0] != camera:
                self.shown, self.boxes = None, ()
            return
        self.shown, self._waiting_since = (camera, frame), None
        self._take(boxes)
        if picture is not self.pixels:
            self.pixels = picture
            self.version += 1

    def _take(self, boxes: tuple[CameraBox, ...]) -> None:
        supply = self.session.supply
        self.boxes, self.revision, self.standing = boxes, supply.revision, supply.standing

    @property
    def has_image(self) -> bool:
        """Whether the frame that shows has an image at all."""
        if self.shown is None:
            return False
        camera, frame = self.shown
        return self.session.log.frames[frame].images.get(camera) is not None

    @property
    def dimmed(self) -> bool:
        since = self._waiting_since
        return since is not None and self.session.clock() - since > 0.15

    def error(self, camera: str, view: ImageView) -> str:
        """Why the image of the frame cannot be shown, "" if it can."""
        session = self.session
        for kind in ("picture", "lines"):
            found = session.supply.error(kind, session.frame, camera, view.spec)
            if found:
                return found
        return ""

    def drawings(
        self,
        view: ImageView,
        origin: tuple[float, float] = (0.0, 0.0),
        *,
        apart: bool,
        hidden: bool = True,
    ) -> list[CuboidDrawing]:
        """The cuboids in pixels of the pane; the selected one in its own style.

        Args:
            view: how the image lies in its rectangle.
            origin: of the rectangle.
            apart: those that are drawn by themselves (`Session.apart`), or all others.
            hidden: whether the selected one shows its hidden edges.
        """
        ids = self.session.apart
        session = self.session
        offset = (view.offset_px[0] + 0.5 + origin[0], view.offset_px[1] + 0.5 + origin[1])
        return [
            (
                self.restyled(box, selected=True, hidden=hidden)
                if box.track.id == session.selected
                else box.drawing
            ).placed(view.scale, offset)
            for box in self.boxes
            if (box.track.id in ids) is apart
        ]

    def restyled(
        self, box: CameraBox, *, selected: bool = False, hovered: bool = False, hidden: bool = True
    ) -> CuboidDrawing:
        """A cuboid drawn as selected or hovered; the same as before while the cuboid is the same."""
        key = box.track.id, selected, hovered, hidden
        known = self._styled.get(key)
        if known is not None and known[0] is box:
            return known[1]
        camera = self.session.log.rig.camera(self.shown[0] if self.shown else "").camera
        style = cuboid_style(
            box.track.category,
            selected=selected,
            hovered=hovered,
            hidden_edges=selected and hidden,
            proposal=is_proposal(box.track),
        )
        item = Item(box.cuboid, style, box.track.id, tag_name(box.track), box.over_readout)
        drawing = lines_of(camera, [(item, box.projected)])[0]
        if len(self._styled) >= STYLED:
            self._styled.clear()
        self._styled[key] = box, drawing
        return drawing

    def track_at(self, u: float, v: float, reach_px: float) -> str | None:
        """The track under a pixel of the image."""
        return hit(((box.track.id, box.hull_px) for box in self.boxes), u, v, reach_px)


class CameraPane(Pane):
    """The large camera.

    Attributes:
        place: what is looked at while no track is selected.
    """

    name = "camera"
    title = "Large camera"
    icon = "camera"
    pace = Pace.TURNS
    home = ("main", "right")

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.picture = CameraPicture(session)
        self.mode = "fill"
        self._view: ImageView | None = None
        self._of_camera = ""
        self.place: Place | None = None
        self._seen: tuple[object, Mapping[str, tuple[float, float, float, float] | None]]
        self._seen = None, {}
        """Where images of a frame show the place, by camera."""
        self.handling = Handling(session)
        self._dragged_px = 0.0
        self._button: Button | None = None
        self._standing: list[CuboidDrawing] = []
        self._apart: list[CuboidDrawing] = []

    @property
    def view(self) -> ImageView:
        """How the image lies in the pane."""
        camera = self.session.log.rig.camera(self.session.camera).camera
        pane, image = (self.width, self.height), (camera.width_px, camera.height_px)
        if self._of_camera != self.session.camera and self.mode == "free":
            self.mode = "fill"
        self._of_camera = self.session.camera
        if self.mode == "fit":
            self._view = ImageView.fit(pane, image)
        elif self.mode == "fill" or self._view is None or self._view.image_px != image:
            self._view = ImageView.fill(pane, image)
        elif self._view.pane_px != pane:
            self._view = replace(self._view, pane_px=pane).kept_inside()
        return self._view

    @property
    def scale(self) -> float:
        """Pane pixels per image pixel."""
        return self.view.scale if self.session.camera else 1.0

    def set_mode(self, mode: str) -> None:
        """Show the whole image ("fit") or leave no border ("fill")."""
        self.mode = mode

    def update(self) -> None:
        if self.session.camera:
            self.picture.update(self.session.camera, self.view)
        view = self.view if self.session.camera else None
        self.handling.show((self.session.camera, self.picture.shown, view), self._grip)

    def _grip(self) -> Grip | None:
        session = self.session
        if self.picture.shown != (session.camera, session.frame) or not self.picture.has_image:
            return None
        return image_grip(session, session.camera, self.view)

    def follow(self) -> None:
        """Choose the camera that sees what is looked at best and bring it into sight."""
        session = self.session
        # A view that moves under a handle would take the cuboid with it.
        if session.dragging or not session.camera:
            return
        camera = self.best_camera() or session.camera
        if camera != session.camera:
            session.camera = camera
        bounds = self._followed_px(session.camera)
        if bounds is None:
            return
        left, top, right, bottom = bounds
        size = max((right - left) / self.width, (bottom - top) / self.height, 1e-6)
        model = session.log.rig.camera(session.camera).camera
        base = ImageView.fill((self.width, self.height), (model.width_px, model.height_px))
        wanted = min(max(0.5 / size, base.scale), max(FOLLOW_SCALE, base.scale))
        # The scale stays while the box is of a fitting size: a picture that breathes is unpleasant.
        current = self.view
        if self.mode != "free" or not 0.5 <= current.scale / wanted <= 1.6:
            current = replace(base, scale=wanted)
        self._view = current.centred_on((left + right) / 2, (top + bottom) / 2)
        self.mode = "free"

    def best_camera(self) -> str | None:
        """The camera in which what is followed is largest and least cut off."""
        session = self.session
        best: tuple[float, str] | None = None
        for camera in session.log.cameras:
            bounds = self._followed_px(camera)
            if bounds is None:
                continue
            left, top, right, bottom = bounds
            model = session.log.rig.camera(camera).camera
            area = (right - left) * (bottom - top) / (model.width_px * model.height_px)
            # A little in favour of the present camera, so that it does not flip to and fro.
            score = area * (1.25 if camera == session.camera else 1.0)
            if best is None or score > best[0]:
                best = (score, camera)
        return best[1] if best else None

    def _followed_px(self, camera: str) -> tuple[float, float, float, float] | None:
        """Bounds of the selected track on a camera's image, without one those of the place."""
        session = self.session
        if session.selected is None:
            return self._place_px(camera)
        boxes = session.supply.camera_boxes(session.frame, camera) or ()
        box = next((box for box in boxes if box.track.id == session.selected), None)
        return None if box is None else box.drawing.bounds_px

    def _place_px(self, camera: str) -> tuple[float, float, float, float] | None:
        session, place = self.session, self.place
        if place is None:
            return None
        key = session.log, session.frame, place
        if self._seen[0] != key:
            # Asked for all cameras with every picture of the window.
            self._seen = (
                key,
                {
                    name: place.bounds_px(session.log, session.frame, name)
                    for name in session.log.cameras
                },
            )
        return self._seen[1].get(camera)

    def images(self) -> Mapping[str, PaneImage]:
        if not self.picture.version:
            return {}
        return {"camera": PaneImage(self.picture.version, self.picture.pixels)}

    def layers(self) -> Sequence[Layer]:
        session = self.session
        picture = self.picture
        view = self.view if session.camera else None
        error = picture.error(session.camera, view) if view is not None else ""
        shown = picture.shown
        placed = shown is not None and session.supply.camera_boxes(shown[1], shown[0]) is not None
        scene = (shown, view, picture.revision, session.selected, placed)
        still = (shown, view, picture.standing, placed, session.apart)
        return (
            Layer("image", (shown, picture.dimmed, error, session.camera), self._image),
            Layer("boxes", still, self._boxes),
            Layer("apart", (*scene, session.apart), self._boxes_apart),
            Layer("tags", still if session.dragging else scene, self._tags),
            Layer("hover", (*scene, session.hovered), self._hover),
            Layer("handles", self.handling.key, self.handling.draw),
        )

    def _image(self, drawing: Drawing) -> None:
        session = self.session
        whole = Rect(0, 0, self.width, self.height)
        if self.picture.dimmed or not self.picture.has_image or not self.picture.version:
            drawing.box(whole, session.theme.canvas)
        quiet = colour(palette.TEXT_2)
        if not session.camera:
            draw_message(
                drawing, session, whole, "image_off", "This log has no cameras.", colour=quiet
            )
            return
        error = self.picture.error(session.camera, self.view)
        if session.log.frames[session.frame].images.get(session.camera) is None:
            text = f"No image for this camera at frame {session.frame}."
            draw_message(drawing, session, whole, "image_off", text, colour=quiet)
        elif error:
            draw_message(drawing, session, whole, "alert", error, colour=colour(palette.BAD))
        elif self.picture.shown is not None and self.picture.version:
            drawing.add(Picture("camera", whole, 0.6 if self.picture.dimmed else 1.0))
        else:
            draw_message(drawing, session, whole, "camera", "Reading the image.", colour=quiet)

    def _boxes(self, drawing: Drawing) -> None:
        self._standing = []
        if not self.session.camera or not self.picture.has_image:
            return
        self._standing = self.picture.drawings(self.view, apart=False)
        draw_cuboids(drawing, self._standing, limit_px=3)

    def _boxes_apart(self, drawing: Drawing) -> None:
        self._apart = []
        if self.session.camera and self.picture.has_image:
            self._apart = self.picture.drawings(self.view, apart=True)
            draw_cuboids(drawing, self._apart, limit_px=3)

    def _tags(self, drawing: Drawing) -> None:
        if not self.session.dragging:
            cuboids = [*self._standing, *self._apart]
            draw_tags(drawing, cuboids, (self.width, self.height), limit=TAGS_AT_MOST)

    def _hover(self, drawing: Drawing) -> None:
        session = self.session
        if session.hovered is None or session.hovered == session.selected or not session.camera:
            return
        for box in self.picture.boxes:
            if box.track.id == session.hovered:
                view = self.view
                offset = (view.offset_px[0] + 0.5, view.offset_px[1] + 0.5)
                placed = self.picture.restyled(box, hovered=True).placed(view.scale, offset)
                draw_cuboids(drawing, [placed])
                draw_tags(drawing, [placed], (self.width, self.height))

    def track_at(self, x: float, y: float) -> str | None:
        """The track under a place of the pane."""
        if not self.session.camera or not self.picture.has_image:
            return None
        view = self.view
        return self.picture.track_at(*view.to_image(x, y), 3 / view.scale)

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        self._dragged_px, self._button = 0.0, button
        if button is Button.LEFT and not self.session.tool:
            self.handling.press(x, y)
        return True

    def drag(self, x: float, y: float, dx: float, dy: float) -> None:
        self._dragged_px += abs(dx) + abs(dy)
        if self.handling.dragging:
            self.handling.drag(x, y)
            return
        if self._dragged_px < 3 or not self.session.camera:
            return
        self._view = self.view.panned(dx, dy)
        self.mode = "free"
        self.session.follow_camera = False

    def release(self, x: float, y: float) -> None:
        button, self._button = self._button, None
        if self.handling.dragging and self.handling.release():
            return
        if button is Button.LEFT and self._dragged_px < 3:
            self._click(x, y)

    def cancel(self) -> None:
        self._button = None
        self.handling.cancel()

    def _click(self, x: float, y: float) -> None:
        session = self.session
        if session.tool:
            self._make(x, y)
            return
        track_id = self.track_at(x, y)
        if session.modifiers & {"Ctrl", "Shift"}:
            if track_id is not None:
                session.select_also(track_id)
            return
        session.select(track_id)

    def _make(self, x: float, y: float) -> None:
        """Make a cuboid of what the pixel shows."""
        session = self.session
        if self.picture.shown != (session.camera, session.frame) or not self.picture.has_image:
            return
        log = session.log
        frame = log.frames[session.frame]
        model = log.rig.camera(session.camera).camera
        direction = model.unproject(self.view.to_image(x, y))
        if not np.isfinite(direction).all():
            return
        image_index = frame.images[session.camera]
        assert image_index is not None
        ego_SE3_world = log.world_SE3_ego(frame.timestamp_ns).inverse()
        ego_SE3_camera = ego_SE3_world @ log.world_SE3_camera(session.camera, image_index)
        from_ray(session, ego_SE3_camera.translation_m, ego_SE3_camera.rotate(direction))

    def move(self, x: float, y: float) -> None:
        super().move(x, y)
        self.session.hint = tool_hint(self.session) if self.session.tool else ""
        handle = self.handling.hover(x, y)
        on_handle = handle is not None and handle.kind is not HandleKind.MOVE
        self.session.hovered = None if on_handle else self.track_at(x, y)

    def leave(self) -> None:
        super().leave()
        self.handling.leave()
        self.session.hovered = None
        self.session.hint = ""

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        # A view that moves under a handle would take the cuboid with it.
        if not self.session.camera or self.handling.dragging:
            return
        self._view = self.view.zoomed(ZOOM_PER_NOTCH**notches, (x, y))
        self.mode = "free"
        self.session.follow_camera = False
