"""Start of the window: `av3d open LOG` and `av3d-app LOG`."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.logs.log import Log
    from av3d.present.session import Session
    from av3d.tracks.track import Track

USUAL_SIZE = (1920, 1080)


def run(
    log_path: str | Path,
    project_path: str | Path | None = None,
    *,
    frame: int = 0,
    size: tuple[int, int] | None = None,
    screenshot: str | Path | None = None,
    select: str | None = None,
    rig: str | Path | None = None,
    format: str | None = None,
) -> int:
    """Open a log in the window and stay until it is closed.

    Args:
        log_path: folder or file of the log.
        project_path: project with its tracks; None: the one that `default_project` names, if it is
            there, else the labels that come with the log.
        frame: frame to start at.
        size: width and height of the window in pixels.
        screenshot: write a picture of the window there and close it.
        select: name or ID of a track to select, for example "Car 21".
        rig: a rig.toml to use instead of the log's own rig.
        format: kind of the log, if it is not recognised.

    Returns:
        The exit code, 0.

    Raises:
        Av3dError: the log or project cannot be opened, or there is no such frame or track.
    """
    from av3d.calibration.rig_toml import read_rig
    from av3d.datasets.registry import open_log
    from av3d.present.session import Session

    log = open_log(log_path, format)
    if rig is not None:
        log = log.with_rig(read_rig(Path(rig)))
    if not 0 <= frame < len(log.frames):
        raise Av3dError(f"no frame {frame}", str(log_path), f"use 0 to {len(log.frames) - 1}")
    tracks, project_name = _project_tracks(log, project_path)
    session = Session(log, tracks or (), project_name=project_name)
    session.go_to(frame)
    session.load_tracks(
        (lambda: tracks) if tracks is not None else lambda: _labels(log), select or ""
    )
    try:
        return _show(session, size or USUAL_SIZE, Path(screenshot) if screenshot else None)
    finally:
        session.loader.close()


def _show(session: Session, size: tuple[int, int], screenshot: Path | None) -> int:
    import dearpygui.dearpygui as dpg

    from av3d_viewers.window import Window

    state = os.environ.get("AV3D_STATE_JSON")
    dpg.create_context()
    try:
        dpg.configure_app(manual_callback_management=True)
        window = Window(session, size, Path(state) if state else None)
        try:
            window.run(screenshot)
        finally:
            window.workspace.findings.checkup.cancel()
    finally:
        dpg.destroy_context()
    return 0


def _project_tracks(
    log: Log, project_path: str | Path | None
) -> tuple[tuple[Track, ...] | None, str]:
    """The tracks of the log in its project and the project's name; None without a project."""
    from av3d.store.project import open_project

    if project_path is None:
        return None, ""
    with open_project(project_path) as project:
        return project.tracks(log.name), Path(str(project_path)).stem


def _labels(log: Log) -> tuple[Track, ...]:
    """The labels that come with a log; none is the usual case, and no error."""
    from av3d.datasets.registry import own_labels

    try:
        return own_labels(log)
    except Av3dError as error:
        logging.getLogger(__name__).info("no labels shown: %s", error)
        return ()


def main() -> int:
    """Entry point of `av3d-app`: the same as `av3d open`, or a word about it without arguments."""
    from av3d.cli.main import main as command_line

    if len(sys.argv) < 2:
        sys.stderr.write("av3d-app opens a log: av3d-app LOG [--project P]\n")
        return 2
    sys.argv[1:1] = ["open"]
    command_line()
    return 0
