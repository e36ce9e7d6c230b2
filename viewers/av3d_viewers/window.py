"""The window: panes as surfaces, text fields, and the loop."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import dearpygui.dearpygui as dpg
import numpy as np

from av3d.errors import Av3dError
from av3d.present.application import Application
from av3d.present.drawing import BODY, Style
from av3d.present.layout import SMALLEST
from av3d.present.scale import fitting_scale
from av3d.present.session import Session
from av3d.present.theme import Theme
from av3d.present.workspace import Workspace
from av3d_viewers.card_textures import CardTextures
from av3d_viewers.dropping import files_dropped
from av3d_viewers.fonts import Fonts
from av3d_viewers.gestures import Gestures
from av3d_viewers.memory import Memory
from av3d_viewers.nudge import Nudge
from av3d_viewers.painted import Painted
from av3d_viewers.pictures import Pictures
from av3d_viewers.surface import Surface
from av3d_viewers.textures import Textures
from av3d_viewers.trace import Trace
from av3d_viewers.typing_field import Typing
from av3d_viewers.unchanged import Unchanged

logger = logging.getLogger(__name__)

ACTIVE_S = 1 / 60
"""Length of a frame while the user does something."""
BACKGROUND_S = 1 / 30
"""Length of a frame while only playing or loading goes on."""
ABOVE_PX = 24
"""How far the shadow of what lies above panes may reach, in logical pixels."""
AWAKE_FRAMES = 4
"""Frames drawn after a gesture; Dear ImGui spreads quick events over several."""


class Window:
    """The application window. It stays while logs are opened and closed.

    Args:
        application: says which session to show.
        size: width and height in pixels.
        state_file: where to write what is shown as JSON after each change, for tests.
        each_frame: called after each frame that was drawn.
        trace: takes down how long frames take.
    """

    def __init__(
        self,
        application: Application,
        size: tuple[int, int],
        state_file: Path | None = None,
        each_frame: Callable[[], None] = lambda: None,
        trace: Trace | None = None,
    ) -> None:
        session = application.session
        self._application = application
        self._each_frame = each_frame
        self._state_file = state_file
        self._trace = trace
        self._state = ""
        self._awake = AWAKE_FRAMES
        self._waiting = False
        self._was_idle = False
        self._painted = Painted()
        self._memory = Memory()
        self._nudge = Nudge()
        self._running = True
        self._screenshots: list[Path] = []
        self.frame_times_s: list[tuple[float, float]] = []
        self._fonts = Fonts(fitting_scale(session.wanted_scale, *size))
        # Not the primary window: Dear PyGui gives that a ground of its own, whatever is asked for, and
        # filling all of the screen once more takes a quarter of the frame where there is no GPU.
        self._root = dpg.add_window(
            no_title_bar=True, no_resize=True, no_move=True, no_collapse=True, no_close=True,
            no_saved_settings=True, no_scrollbar=True, no_scroll_with_mouse=True,
            no_bring_to_front_on_focus=True, no_background=True, pos=(0, 0), width=size[0],
            height=size[1],
        )  # fmt: skip
        dpg.create_viewport(
            title=_title(session), width=size[0], height=size[1], x_pos=0, y_pos=0,
            min_width=min(SMALLEST[0], size[0]), min_height=min(SMALLEST[1], size[1]), vsync=True,
        )  # fmt: skip
        dpg.setup_dearpygui()
        dpg.show_viewport()
        self._unchanged = Unchanged()
        self._size = (0, 0, 0.0)
        card = CardTextures()
        self._load_fonts()
        self._textures: Pictures = card if card.work() else Textures()
        self.workspace = self._workspace_of(session)
        self._surfaces = {
            pane.name: Surface(self._root, self._fonts, self._textures)
            for pane in self.workspace.panes
        }
        self._overlays = {
            overlay.name: Surface(0, self._fonts, self._textures)
            for overlay in self.workspace.overlays
        }
        containers = {**self._surfaces, **self._overlays}
        self._typing = Typing(
            {name: surface.container for name, surface in containers.items()}, self._fonts
        )
        self._theme: tuple[Theme, float] | None = None
        self._gestures = Gestures(self.workspace, self._wake)
        # Kept here: the library holds only its address.
        self._on_drop = files_dropped(self._dropped)

    def _workspace_of(self, session: Session) -> Workspace:
        workspace = Workspace(session, self._fonts.measure, self._application.keymap.table())
        self._application.attach(workspace)
        return workspace

    def _show_next(self) -> None:
        """Show another session if the application has one; the loop, fonts and textures stay."""
        session = self._application.take_next()
        if session is None:
            return
        kept = self.workspace.toasts.toasts
        self.workspace.findings.checkup.cancel()
        self.workspace = self._workspace_of(session)
        self.workspace.toasts.take_over(kept)
        for surface in (*self._surfaces.values(), *self._overlays.values()):
            surface.clear()
        self._textures.forget()
        self._painted = Painted()
        self._gestures.hand_to(self.workspace)
        self._size = (0, 0, 0.0)
        dpg.set_viewport_title(_title(session))
        self._wake()

    def _dropped(self, paths: Sequence[str]) -> None:
        self._application.request(f"open:{paths[0]}")
        self._wake()

    def _wake(self) -> None:
        self._awake = AWAKE_FRAMES

    def stop(self) -> None:
        """Leave the loop after this frame."""
        self._running = False

    def run(self, screenshot: Path | None = None) -> None:
        """Show the window until it is closed.

        Args:
            screenshot: write a picture of the window there once everything is loaded, and stop.

        Raises:
            TrackNotFoundError: a picture with a track selected is wanted, and there is no such track.
        """
        while self._running and dpg.is_dearpygui_running():
            started = time.perf_counter()
            self._mark("prepare")
            if self._awake > 0:
                # Else drawing may wait for an event, and those that are there are taken in here.
                self._guarded("drag", self._gestures.follow)
            self._prepare()
            # Decided after the frame was prepared: a new size or new work must not wait for a key.
            waited = self._wait_if_idle(may_wait=screenshot is None)
            if waited:
                # What ended without anything to draw is not said before the next gesture else.
                self._write_state()
            prepared = time.perf_counter()
            self._mark("draw")
            dpg.render_dearpygui_frame()
            self._unchanged.end()
            self._painted.frame_drawn()
            if self._trace is not None:
                self._trace.mark("drawn")
                self._trace.frame(
                    self._gestures.place, self._painted.shown, waited=waited,
                    left_out=self._unchanged.left_out,
                )  # fmt: skip
            self._write_state()
            if waited:
                # Something has happened; a new size, for one, is known only a frame later.
                self._nudge.woke()
                self._wake()
            else:
                self.frame_times_s.append((prepared - started, time.perf_counter() - prepared))
                del self.frame_times_s[:-300]
            self._guarded("gesture", self._gestures.poll)
            for job in dpg.get_callback_queue() or ():
                self._guarded("callback", lambda job=job: _call(job))
            self._guarded("requests", self._requests)
            self._guarded("application", lambda: self._application.tick(self.workspace))
            self._guarded("log", self._show_next)
            self._guarded("watch", self._each_frame)
            if screenshot is not None and self._settled():
                missing = self.workspace.session.not_found
                if missing is not None:
                    raise missing
                self._save_picture(screenshot)
                break
            self._pace(started)

    def _mark(self, part: str) -> None:
        if self._trace is not None:
            self._trace.mark(part)

    def _prepare(self) -> None:
        if not self._guarded("frame", self._frame):
            # What was left out of the last frame would be missing on the screen.
            self._unchanged.show_all()

    def _frame(self) -> None:
        workspace = self.workspace
        self._fit(workspace)
        workspace.tick()
        self._apply_theme()
        self._typing.read(workspace.session.fields)
        changed = workspace.refresh()
        moved = self._textures.upload(workspace.images())
        visible = {pane.name for pane in workspace.visible_panes()}
        for pane in workspace.panes:
            surface = self._surfaces[pane.name]
            surface.show(pane.name in visible)
            if pane.name in visible:
                surface.place(pane.rect)
        overlays = workspace.visible_overlays()
        for overlay in workspace.overlays:
            surface = self._overlays[overlay.name]
            shows = overlay in overlays
            if shows:
                surface.place(overlay.rect)
            surface.show(shows)
        for name, layers in changed.items():
            shown = self._surfaces.get(name) or self._overlays[name]
            pane = next(p for p in (*workspace.panes, *workspace.overlays) if p.name == name)
            order = tuple(layer.name for layer in pane.layers())
            for layer, drawing in layers.items():
                shown.draw(layer, drawing, order)
        if moved:
            for surface in self._surfaces.values():
                surface.pictures_moved(moved)
        if self._typing.show(workspace.session.fields):
            self._wake()
        frames = self._textures.frames_to_show
        self._leave_out(changed)
        self._painted.prepared(workspace.shown(), frames, changed=bool(changed))
        if changed or frames > 1:
            self._awake = max(self._awake, 2, frames)

    def _leave_out(self, changed: Mapping[str, object]) -> None:
        """Leave panes out of the next frame that are on the screen as they are."""
        workspace = self.workspace
        panes = workspace.visible_panes()
        # What lies above a pane is drawn over it anew, half transparent as its edges may be.
        above = [overlay.rect for overlay in workspace.visible_overlays()]
        field = workspace.session.fields.active
        slots = {pane.name: pane.images().keys() for pane in panes}
        anew = {
            pane.name
            for pane in panes
            if (not self._textures.fresh.isdisjoint(slots[pane.name]))
            or (field is not None and field.pane == pane.name)
            or any(pane.rect.overlaps(rect.inset(-ABOVE_PX)) for rect in above)
        }
        # What a text field covered, its pane may not draw anew.
        places = [(pane.name, pane.rect) for pane in panes]
        arranged = places, self._theme, self._size, above, field
        self._unchanged.begin(
            {pane.name: self._surfaces[pane.name] for pane in panes},
            [pane.name for pane in panes if pane.name in changed or pane.name in anew],
            [name for name, shown in slots.items() if not self._textures.late.isdisjoint(shown)],
            arranged, last=self._awake <= 1 and not workspace.active,
        )  # fmt: skip

    def _load_fonts(self) -> None:
        """Have all letters at the present scale."""
        for style in _all_styles():
            self._fonts.id_of(style)
        dpg.bind_font(self._fonts.id_of(BODY))
        # Else each of these frames would wait for a gesture when the window was idle before.
        dpg.configure_app(wait_for_input=False)
        self._waiting = False
        self._unchanged.show_all()
        # Texts have a size from the second frame on.
        for _ in range(2):
            dpg.render_dearpygui_frame()

    def _fit(self, workspace: Workspace) -> None:
        """Lay the panes out when the window or the scale has changed."""
        session = workspace.session
        width = max(dpg.get_viewport_client_width(), 1)
        height = max(dpg.get_viewport_client_height(), 1)
        scale = fitting_scale(session.wanted_scale, width, height)
        if (width, height, scale) == self._size:
            return
        self._size = (width, height, scale)
        if scale != self._fonts.scale:
            self._fonts.scale = scale
            self._load_fonts()
        session.supply.scale = scale
        dpg.configure_item(self._root, width=width, height=height)
        workspace.resize(max(round(width / scale), 1), max(round(height / scale), 1))
        self._wake()

    def _apply_theme(self) -> None:
        theme, scale = self.workspace.session.theme, self._fonts.scale
        if (theme, scale) == self._theme:
            return
        self._theme = theme, scale
        with dpg.theme() as made, dpg.theme_component(dpg.mvAll):
            for target, colour in (
                # The picture is cleared with the colour of lines, and panes fill themselves; a second
                # ground under each costs a tenth of the frame where there is no GPU.
                (dpg.mvThemeCol_WindowBg, theme.line),
                (dpg.mvThemeCol_ChildBg, (0, 0, 0, 0)),
                (dpg.mvThemeCol_Text, theme.text),
                (dpg.mvThemeCol_TextDisabled, theme.text_3),
                (dpg.mvThemeCol_FrameBg, theme.field),
                (dpg.mvThemeCol_FrameBgHovered, theme.field),
                (dpg.mvThemeCol_FrameBgActive, theme.field),
                (dpg.mvThemeCol_TextSelectedBg, theme.control),
            ):
                dpg.add_theme_color(target, colour)
            for style, values in (
                (dpg.mvStyleVar_WindowPadding, (0, 0)),
                (dpg.mvStyleVar_FramePadding, (4 * scale, 3 * scale)),
                (dpg.mvStyleVar_ItemSpacing, (0, 0)),
                (dpg.mvStyleVar_WindowBorderSize, (0,)),
                (dpg.mvStyleVar_ChildBorderSize, (0,)),
                (dpg.mvStyleVar_FrameBorderSize, (0,)),
                (dpg.mvStyleVar_WindowRounding, (0,)),
            ):
                dpg.add_theme_style(style, *values)
        dpg.bind_theme(made)
        dpg.set_viewport_clear_color(theme.line)

    def _requests(self) -> None:
        for request in self.workspace.take_requests():
            self._wake()
            if request == "quit":
                self._running = False
            elif request.startswith("copy:"):
                dpg.set_clipboard_text(request.removeprefix("copy:"))
                self.workspace.toasts.show("info", "Copied")
            elif request.startswith("show:"):
                self._show_file(Path(request.removeprefix("show:")))
            elif self._application.request(request):
                pass
            elif request == "screenshot":
                target = Path.cwd() / time.strftime("av3d-%Y%m%d-%H%M%S.png")
                self._save_picture(target)
                self.workspace.toasts.show("info", "Picture saved", str(target))

    def _show_file(self, path: Path) -> None:
        """Show a text file in the desktop's own program for it."""
        opener = shutil.which("xdg-open")
        if opener is None:
            self.workspace.toasts.show("info", "The report is here", str(path))
            return
        subprocess.Popen(
            [opener, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def _settled(self) -> bool:
        """Whether all that is asked for shows."""
        workspace = self.workspace
        session = workspace.session
        shown = (
            workspace.layout.too_small
            or workspace.main.shown == session.frame
            or bool(
                session.supply.error("cloud", session.frame)
                or session.supply.error("boxes", session.frame)
            )
        )
        working = session.loader.busy or session.works.busy
        working = working or self.workspace.refreshing.waiting
        return shown and self._painted.done and not working and self._awake <= 0

    def _save_picture(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.stem}.part.png")
        aside.unlink(missing_ok=True)
        dpg.configure_app(wait_for_input=False)
        self._unchanged.show_all()
        dpg.output_frame_buffer(str(aside))
        for _ in range(30):
            dpg.render_dearpygui_frame()
            if aside.exists() and aside.stat().st_size > 0:
                break
        if not aside.exists():
            raise Av3dError("the picture of the window was not written", path, "try another folder")
        aside.replace(path)

    def _guarded(self, what: str, work: object) -> bool:
        """Run something; an exception is logged and shown, and the loop goes on; whether none came."""
        try:
            work()  # type: ignore[operator]
            return True
        except Exception as error:  # whatever a pane or callback raises must not end the session
            logger.exception("%s failed", what)
            text = (
                str(error) if isinstance(error, Av3dError) else f"{type(error).__name__}: {error}"
            )
            self.workspace.toasts.show(
                "error", "Something went wrong", f"{text}. Nothing was changed."
            )
            return False

    def _wait_if_idle(self, *, may_wait: bool) -> bool:
        """Let drawing wait for a gesture if there is nothing else to do; whether it will."""
        idle = not self.workspace.active
        # One more frame after the work has ended: what it left behind is said before the wait.
        wait = may_wait and self._awake <= 0 and idle and self._was_idle
        self._was_idle = idle
        if wait:
            self._memory.rest()
            self._nudge.sleeping()
        elif not self.workspace.in_use:
            self._memory.at_work()
        if wait != self._waiting:
            self._waiting = wait
            dpg.configure_app(wait_for_input=wait)
        return wait

    def _pace(self, started: float) -> None:
        """Sleep off the rest of the frame."""
        self._awake -= 1
        length = ACTIVE_S
        if self._awake <= 0:
            # Without a graphics card drawing takes both cores; reading needs one of them.
            drawn = self.frame_times_s[-1][1] if self.frame_times_s else 0.0
            length = max(BACKGROUND_S, 2 * drawn)
            playback = self.workspace.session.playback
            if playback.playing:
                length = min(length, playback.seconds_to_next(self.workspace.session.clock()))
        left = length - (time.perf_counter() - started)
        if left > 0 and (self._awake > 0 or self.workspace.active):
            time.sleep(left)

    def _write_state(self) -> None:
        if self._state_file is None:
            return
        if self._trace is not None and not self._trace.state_due(idle=self._awake <= 0):
            return
        state = self.workspace.state()
        # What has been drawn, not what the panes have prepared.
        state["shown"] = self._painted.shown
        state["busy"] = state["busy"] or not self._painted.done
        state["typing"] = self._typing.ready
        # All gestures before the pointer came here have been taken.
        state["pointer"] = self._gestures.place
        text = json.dumps(state)
        if text == self._state:
            return
        self._state = text
        prepare, draw = np.median(self.frame_times_s or [(0.0, 0.0)], axis=0)
        state["frame_ms"] = {"prepare": 1000 * prepare, "draw": 1000 * draw}
        aside = self._state_file.with_suffix(".part")
        aside.write_text(json.dumps(state), encoding="utf-8")
        aside.replace(self._state_file)


def _call(job: tuple[object, ...]) -> None:
    """Run a callback that Dear PyGui has queued, with as many arguments as it takes."""
    callback, sender, app_data, *_ = job
    if callback is not None:
        callback(sender, app_data)  # type: ignore[operator]


def _title(session: Session) -> str:
    return f"{session.log.name} – av3d" if session.has_log else "av3d"


def _all_styles() -> list[Style]:
    from av3d.present import drawing

    return [value for value in vars(drawing).values() if isinstance(value, Style)]
