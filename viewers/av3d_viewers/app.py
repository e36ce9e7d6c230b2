"""Start of the window: `av3d open LOG` and `av3d-app LOG`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.present.session import Session

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
        project_path: project with its tracks; None: see `av3d.present.labels.labels_of`.
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
    from av3d.present.labels import labels_of
    from av3d.present.session import Session

    log = open_log(log_path, format)
    if rig is not None:
        log = log.with_rig(read_rig(Path(rig)))
    if not 0 <= frame < len(log.frames):
        raise Av3dError(f"no frame {frame}", str(log_path), f"use 0 to {len(log.frames) - 1}")
    session = Session(log, project_name=_project_name(project_path))
    session.go_to(frame)
    session.load_labels(lambda: labels_of(log, project_path), select or "")
    try:
        return _show(session, size or USUAL_SIZE, Path(screenshot) if screenshot else None)
    finally:
        session.loader.close()
        session.labels.close()


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


def _project_name(project_path: str | Path | None) -> str:
    return "" if project_path is None else Path(str(project_path)).stem


def main() -> int:
    """Entry point of `av3d-app`: the same as `av3d open`, or a word about it without arguments."""
    from av3d.cli.main import main as command_line

    if len(sys.argv) < 2:
        sys.stderr.write("av3d-app opens a log: av3d-app LOG [--project P]\n")
        return 2
    sys.argv[1:1] = ["open"]
    command_line()
    return 0
