"""Start of the window: `av3d open [LOG]` and `av3d-app [LOG]`."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.present.application import Application
    from av3d_viewers.crash import Watch

USUAL_SIZE = (1920, 1080)


def run(
    log_path: str | Path | None = None,
    project_path: str | Path | None = None,
    *,
    frame: int | None = None,
    size: tuple[int, int] | None = None,
    screenshot: str | Path | None = None,
    select: str | None = None,
    rig: str | Path | None = None,
    format: str | None = None,
    fresh: bool = False,
) -> int:
    """Open the window and stay until it is closed.

    Args:
        log_path: folder or file of the log; None: the one that was open the last time, else none.
        project_path: project with its tracks; None: see `av3d.present.labels.labels_of`.
        frame: frame to start at; None: the first.
        size: width and height of the window in pixels.
        screenshot: write a picture of the window there and close it; nothing is remembered then.
        select: name or ID of a track to select, for example "Car 21".
        rig: a rig.toml to use instead of the log's own rig.
        format: kind of the log, if it is not recognised.
        fresh: do not open the log that was open the last time.

    Returns:
        The exit code, 0.

    Raises:
        Av3dError: the log or project cannot be opened, or there is no such frame or track.
    """
    from av3d_viewers.crash import Watch

    watch = Watch()
    well = False
    try:
        application = _application()
        if log_path is not None:
            _begin(application, log_path, project_path, frame, select, rig, format,
                   remembered=screenshot is None)  # fmt: skip
        elif not fresh and screenshot is None:
            application.restore()
        picture = Path(screenshot) if screenshot else None
        try:
            _show(application, watch, size or USUAL_SIZE, picture)
        finally:
            running = application.close()
        well = True
    except (Av3dError, KeyboardInterrupt, SystemExit):
        well = True
        raise
    except BaseException as error:
        watch.report(error)
        raise
    finally:
        watch.close(well=well)
    if running:
        # Threads in the middle of a library would crash while the interpreter is torn down.
        logging.getLogger(__name__).warning("ended although still at work: %s", ", ".join(running))
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    return 0


def _application() -> Application:
    from av3d.cli.demo import sample_log
    from av3d.present.application import Application
    from av3d.present.settings_file import SettingsFile
    from av3d_viewers import window  # noqa: F401  # with all that it needs
    from av3d_viewers.logging_setup import log_folder
    from av3d_viewers.memory import spare_program

    spare_program()
    application = Application(SettingsFile(), sample=sample_log)
    application.files = (("log files", str(log_folder())),)
    return application


def _begin(
    application: Application,
    log_path: str | Path,
    project_path: str | Path | None,
    frame: int | None,
    select: str | None,
    rig: str | Path | None,
    format: str | None,
    *,
    remembered: bool,
) -> None:
    """Open the log of the command line before there is a window: a wrong path is told at once."""
    from av3d.calibration.rig_toml import read_rig
    from av3d.datasets.registry import open_log

    log = open_log(log_path, format)
    if rig is not None:
        log = log.with_rig(read_rig(Path(rig)))
    if frame is not None and not 0 <= frame < len(log.frames):
        raise Av3dError(f"no frame {frame}", str(log_path), f"use 0 to {len(log.frames) - 1}")
    application.begin(
        log, str(log_path), str(project_path or ""), frame=frame or 0, select=select or "",
        # Another rig or reader cannot be chosen again by path alone.
        remembered=remembered and rig is None,
    )  # fmt: skip


def _show(
    application: Application, watch: Watch, size: tuple[int, int], screenshot: Path | None
) -> None:
    import dearpygui.dearpygui as dpg

    from av3d_viewers.crash import Situation
    from av3d_viewers.trace import Trace
    from av3d_viewers.window import Window

    def each_frame() -> None:
        watch.at(Situation(*application.situation()))
        for path in watch.take_background_reports():
            window.workspace.toasts.show(
                "error", "Something went wrong in the background",
                f"Labels are not concerned. Report: {path}",
                action=("Show report", "report.show", str(path)),
            )  # fmt: skip

    state, traced = os.environ.get("AV3D_STATE_JSON"), os.environ.get("AV3D_TRACE")
    dpg.create_context()
    try:
        dpg.configure_app(manual_callback_management=True)
        trace = Trace(Path(traced)) if traced else None
        window = Window(application, size, Path(state) if state else None, each_frame, trace)
        for ended in watch.ended if screenshot is None else ():
            action = ("Show report", "report.show", str(ended.report)) if ended.report else None
            window.workspace.toasts.show("error", ended.title, ended.text, action=action)
        try:
            window.run(screenshot)
        finally:
            window.workspace.findings.checkup.cancel()
    finally:
        dpg.destroy_context()


def main() -> int:
    """Entry point of `av3d-app`: the same as `av3d open`."""
    from av3d.cli.main import main as command_line

    sys.argv[1:1] = ["open"]
    command_line()
    return 0
