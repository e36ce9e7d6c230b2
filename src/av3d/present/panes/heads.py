"""Headers of the main view, the large camera and the side views."""

from __future__ import annotations

from collections.abc import Sequence

from av3d.present import words
from av3d.present.clouds import COLOUR_TITLES
from av3d.present.drawing import ICON, NUMBER, SMALL, SMALL_STRONG, Drawing, Rect
from av3d.present.icons import ICONS
from av3d.present.panes.camera import CameraPane
from av3d.present.panes.main import MainPane
from av3d.present.panes.pane import Layer, Pane, draw_button
from av3d.present.seeing import Ghosts, ImageOverlay

CHEVRON_ROOM = "    "
"""Behind the label of a button that opens a list, for the chevron."""


class Head(Pane):
    """A header: icon, title, a note that gives way, and buttons at the right."""

    def _is_hot(self, command: str, argument: str = "") -> bool:
        hot = self._hot
        return hot is not None and hot.command == command and hot.argument == argument

    def _title(
        self, drawing: Drawing, icon: str, title: str, notes: str | Sequence[str], right: float
    ) -> None:
        """The title and the longest of some notes that fits; the first of them is the tip of both."""
        notes = [notes] if isinstance(notes, str) else notes
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
        fitting = [note for note in notes if x + drawing.measure(note, SMALL) < right - 8]
        if fitting:
            drawing.text(x, middle, fitting[0], SMALL, theme.text_2)
        if notes and notes[0] and (not fitting or fitting[0] != notes[0]):
            drawing.zone(Rect(0, 0, max(right - 4, 0), self.height), "", "", notes[0])


class MainHead(Head):
    """Which view shows, what it follows, how points are coloured."""

    name = "main_head"
    main: MainPane
    tabbed = False
    """Whether the large camera shares the place (folding step 5)."""

    def layers(self) -> Sequence[Layer]:
        session = self.session
        key = (
            session.main_mode, session.follow, session.supply.seeing, self._hot, self.tabbed,
            session.selected,
        )  # fmt: skip
        return (Layer("all", key, self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        spec = session.supply.cloud_spec
        drawing.box(Rect(0, 0, self.width, self.height), theme.raised)
        middle = self.height / 2
        right = self.width - 4.0
        # The views themselves never make way; from the right, what also has a key does.
        room = right - self._least(drawing)
        if self.tabbed:
            right = draw_button(
                drawing, session, right, middle, "layout.tab", label="Camera",
                hot=self._is_hot("layout.tab"), tip="Show the large camera here",
            ) - 4  # fmt: skip
        seeing = session.supply.seeing
        on = (
            spec.ground_hidden or seeing.crop or seeing.trails or seeing.frustums or seeing.ego_path
        )
        if room > 330:
            right = self._list(drawing, right, "points.show_list", "Show", "eye",
                               "Trails, cameras, path, ground: what shows", on) - 4  # fmt: skip
        if room > 210:
            count = spec.sweeps_after
            right = draw_button(
                drawing, session, right, middle, "points.sweeps", label=f"±{count} sweeps",
                on=count > 0, hot=self._is_hot("points.sweeps"),
                tip="Sweeps before and after that are joined; click for more (Shift+])",
            ) - 4  # fmt: skip
        label = COLOUR_TITLES[spec.colour]
        right = self._list(drawing, right, "points.colour_list", label, "",
                           "Colour of points; P for the next") - 4  # fmt: skip
        if room > 400:
            right -= drawing.text(right - 2, middle, "Colour", SMALL, theme.text_2, anchor=1) + 12
        if len(session.log.lidars) > 1 and room > 500:
            right = draw_button(
                drawing, session, right, middle, "points.lidar",
                label=spec.lidar or "All LiDARs", on=spec.lidar is not None,
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
        if above and session.selected and session.supply.seeing.ghosts is Ghosts.FRAMES:
            note = f"one box {Ghosts.FRAMES.value}, {note}"
        if session.follow and session.selected:
            note = "follows selection"
        title = "Bird's-eye view" if above else "3D"
        if 40 + drawing.measure(title, SMALL_STRONG) > right:
            # The button that is lit says it, too; the whole of it is the tip of the icon.
            title, note = "", f"{title}, {note}"
        self._title(drawing, "map" if above else "cube", title, note, right)

    def _least(self, drawing: Drawing) -> float:
        """Width of what always shows: icon, view buttons, Follow, and the other tab."""
        labels = ["BEV", "3D", "Follow", *(["Camera"] if self.tabbed else [])]
        return 32 + sum(drawing.measure(label, SMALL) + 24 for label in labels)

    def _list(
        self,
        drawing: Drawing,
        right: float,
        command: str,
        label: str,
        icon: str,
        tip: str,
        on: bool = False,
    ) -> float:
        """A button that opens a list below itself; returns its left edge."""
        left = draw_button(
            drawing, self.session, right, self.height / 2, command,
            label=f"{label}{CHEVRON_ROOM}", icon=icon,
            on=on, hot=self._hot is not None and self._hot.command == command, tip=tip,
        )  # fmt: skip
        rect = drawing.zones.pop().rect
        theme = self.session.theme
        paint = theme.on_accent if on else theme.text_2
        chevron = ICONS["chevron_down"]
        drawing.text(rect.right - 20, self.height / 2, chevron, ICON, paint)
        place = f"{rect.x} {rect.y} {rect.width} {rect.height}"
        drawing.zone(rect, command, place, tip)
        return left


class CameraHead(Head):
    """Which camera is large, when it was exposed, how large the image is shown."""

    name = "camera_head"
    camera: CameraPane
    tabbed = False

    def exposure(self) -> tuple[str, ...]:
        """When the image was taken relative to the frame, in words and in fewer words."""
        session = self.session
        index = session.log.frames[session.frame].images.get(session.camera)
        if index is None:
            return (f"no image at frame {session.frame}", "no image")
        time_ns = session.log.image_time_ns(session.camera, index)
        offset_ms = (time_ns - session.timestamp_ns) / 1e6
        side = "before" if offset_ms < 0 else "after"
        short = f"{abs(offset_ms):.0f} ms {side} sweep"
        if abs(offset_ms) < 0.5:
            long, short = "exposed at sweep time, boxes at image time", "at sweep time"
        else:
            long = f"exposed {abs(offset_ms):.0f} ms {side} sweep time, boxes at image time"
        if session.supply.seeing.overlay(session.camera) is not ImageOverlay.NONE:
            return (self._timing(offset_ms), long, short)
        return (long, short)

    def _timing(self, offset_ms: float) -> str:
        """What has to be right for points to lie on the image: its time, clock and shutter."""
        session = self.session
        mount = session.log.rig.camera(session.camera)
        readout_ms, clock_ms = mount.readout_ns / 1e6, mount.clock_offset_ns / 1e6
        parts = [
            f"image {words.number(offset_ms, 1)} ms from sweep",
            f"readout {words.number(readout_ms, 1)} ms" if readout_ms else "global shutter",
        ]
        if clock_ms:
            parts.append(f"clock {words.number(clock_ms, 1)} ms")
        if session.supply.seeing.overlay(session.camera) is ImageOverlay.CHECK:
            parts.append("pink on white is right")
        return ", ".join(parts)

    def layers(self) -> Sequence[Layer]:
        session = self.session
        key = (
            session.camera, session.frame, self.camera.mode, round(self.camera.scale, 2),
            session.follow_camera, self._hot, self.tabbed, session.supply.seeing.overlays,
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
        overlay = session.supply.seeing.overlay(session.camera)
        if self.width > 420:
            right = draw_button(
                drawing, session, right - 4, middle, "camera.check", label="Check",
                on=overlay is ImageOverlay.CHECK, hot=self._is_hot("camera.check"),
                tip="Whether the points fit the image: outlines over edges (Shift+I)",
            ) - 4  # fmt: skip
            right = draw_button(
                drawing, session, right, middle, "camera.points", label="Points",
                on=overlay is ImageOverlay.POINTS, hot=self._is_hot("camera.points"),
                tip="Points on the image, by distance (I)",
            )  # fmt: skip
        self._title(drawing, "camera", words.camera_title(session.camera), self.exposure(), right)
