"""Headers of the main view, the large camera and the side views."""

from __future__ import annotations

from collections.abc import Sequence

from av3d.present import words
from av3d.present.drawing import ICON, NUMBER, SMALL, SMALL_STRONG, Drawing, Rect
from av3d.present.icons import ICONS
from av3d.present.panes.camera import CameraPane
from av3d.present.panes.main import MainPane
from av3d.present.panes.pane import Layer, Pane, draw_button


class Head(Pane):
    """A header: icon, title, a note that gives way, and buttons at the right."""

    def _is_hot(self, command: str, argument: str = "") -> bool:
        hot = self._hot
        return hot is not None and hot.command == command and hot.argument == argument

    def _title(self, drawing: Drawing, icon: str, title: str, note: str, right: float) -> None:
        theme = self.session.theme
        middle = self.height / 2
        drawing.text(8, middle, ICONS[icon], ICON, theme.text)
        x = (
            32
            + drawing.text(
                32, middle, title, SMALL_STRONG, theme.text, max_width=max(right - 40, 0)
            )
            + 8
        )
        # Half a sentence is worse than none.
        if note and x + drawing.measure(note, SMALL) < right - 8:
            drawing.text(x, middle, note, SMALL, theme.text_2)


class MainHead(Head):
    """Which view shows, what it follows, how points are coloured."""

    name = "main_head"
    main: MainPane
    tabbed = False
    """Whether the large camera shares the place (folding step 5)."""

    def layers(self) -> Sequence[Layer]:
        session = self.session
        key = (
            session.main_mode, session.follow, session.supply.colour, session.supply.lidar,
            self._hot, self.tabbed, session.selected,
        )  # fmt: skip
        return (Layer("all", key, self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        drawing.box(Rect(0, 0, self.width, self.height), theme.raised)
        middle = self.height / 2
        right = self.width - 4.0
        if self.tabbed:
            right = draw_button(
                drawing, session, right, middle, "layout.tab", label="Camera",
                hot=self._is_hot("layout.tab"), tip="Show the large camera here",
            ) - 4  # fmt: skip
        right = draw_button(
            drawing, session, right, middle, "points.colour",
            label=session.supply.colour.value.capitalize(), icon="",
            hot=self._is_hot("points.colour"), tip="Colour of points; click for the next",
        ) - 4  # fmt: skip
        if self.width > 560:
            right -= drawing.text(right - 2, middle, "Colour", SMALL, theme.text_2, anchor=1) + 12
        if len(session.log.lidars) > 1:
            right = draw_button(
                drawing, session, right, middle, "points.lidar",
                label=session.supply.lidar or "All LiDARs", on=session.supply.lidar is not None,
                hot=self._is_hot("points.lidar"),
                tip="Whose points show; click for the next LiDAR (Shift+P)",
            ) - 12  # fmt: skip
        right = draw_button(
            drawing, session, right, middle, "view.follow", label="Follow", on=session.follow,
            hot=self._is_hot("view.follow"), tip="Keep the selected track in the middle (L)",
        ) - 12  # fmt: skip
        right = draw_button(
            drawing, session, right, middle, "view.3d", label="3D", on=session.main_mode == "3d",
            hot=self._is_hot("view.3d"), tip="Orbit view (Ctrl+2)",
        ) - 4  # fmt: skip
        right = draw_button(
            drawing, session, right, middle, "view.bev", label="BEV",
            on=session.main_mode == "bev", hot=self._is_hot("view.bev"),
            tip="Bird's-eye view (Ctrl+1)",
        )  # fmt: skip
        above = session.main_mode == "bev"
        note = "forward is up" if above else "drag to turn"
        if session.follow and session.selected:
            note = "follows selection"
        title = "Bird's-eye view" if above else "3D"
        self._title(drawing, "map" if above else "cube", title, note, right)


class CameraHead(Head):
    """Which camera is large, when it was exposed, how large the image is shown."""

    name = "camera_head"
    camera: CameraPane
    tabbed = False

    def exposure(self) -> str:
        """When the image was taken relative to the frame, in words."""
        session = self.session
        index = session.log.frames[session.frame].images.get(session.camera)
        if index is None:
            return f"no image at frame {session.frame}"
        time_ns = session.log.image_time_ns(session.camera, index)
        offset_ms = (time_ns - session.timestamp_ns) / 1e6
        if abs(offset_ms) < 0.5:
            return "exposed at sweep time, boxes at image time"
        side = "before" if offset_ms < 0 else "after"
        return f"exposed {abs(offset_ms):.0f} ms {side} sweep time, boxes at image time"

    def layers(self) -> Sequence[Layer]:
        session = self.session
        key = (
            session.camera, session.frame, self.camera.mode, round(self.camera.scale, 2),
            session.follow_camera, self._hot, self.tabbed,
        )  # fmt: skip
        return (Layer("all", key, self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        drawing.box(Rect(0, 0, self.width, self.height), theme.raised)
        if not session.camera:
            self._title(drawing, "camera", "No camera", "", self.width)
            return
        middle = self.height / 2
        right = self.width - 8.0
        if self.tabbed:
            right = draw_button(
                drawing, session, right + 4, middle, "layout.tab", label="Points",
                hot=self._is_hot("layout.tab"), tip="Show the points here",
            ) - 8  # fmt: skip
        percent = f"{words.number(self.camera.scale * 100, 0)} %"
        right -= drawing.text(right, middle, percent, NUMBER, theme.text, anchor=1)
        right -= 8
        right = draw_button(
            drawing, session, right, middle, "camera.follow", label="Follow",
            on=session.follow_camera, hot=self._is_hot("camera.follow"),
            tip="Show the selected track in the camera that sees it best (Shift+L)",
        ) - 4  # fmt: skip
        fit = self.camera.mode == "fit"
        right = draw_button(
            drawing, session, right, middle, "camera.fill" if fit else "camera.fit",
            label="Fill" if fit else "Fit", hot=self._is_hot("camera.fill" if fit else "camera.fit"),
            tip="Leave no border" if fit else "Show the whole image",
        )  # fmt: skip
        self._title(drawing, "camera", words.camera_title(session.camera), self.exposure(), right)
