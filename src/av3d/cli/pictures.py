"""The command `render`: pictures of a log with its tracks, without a screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from av3d.cli.console import remark, say
from av3d.cli.logs import FormatOption, LogArgument, RigOption, parse_size
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.logs.log import Log
    from av3d.tracks.track import Track


def render(
    log: LogArgument,
    out: Annotated[Path, typer.Option("--out", metavar="PNG", help="Picture to write.")],
    frame: Annotated[int, typer.Option("--frame", min=0, help="Frame to show.")] = 0,
    project: Annotated[
        str | None,
        typer.Option("--project", help="Project with the tracks. Default: the log's own labels."),
    ] = None,
    camera: Annotated[
        str | None, typer.Option("--camera", metavar="NAME", help="Camera to show.")
    ] = None,
    view: Annotated[
        str | None, typer.Option("--view", help="bev: bird's-eye view of the points.")
    ] = None,
    select: Annotated[
        str | None, typer.Option("--select", metavar="TRACK", help="Track to highlight, by name.")
    ] = None,
    size: Annotated[
        str, typer.Option("--size", metavar="WxH", help="Size of a bird's-eye view in pixels.")
    ] = "1280x960",
    points: Annotated[
        bool, typer.Option("--points", help="Draw the points on the image of a camera, too.")
    ] = False,
    sweeps: Annotated[
        int,
        typer.Option(
            "--sweeps",
            min=0,
            max=100,
            metavar="N",
            help="With the points of N frames to each side.",
        ),
    ] = 0,
    lidar: Annotated[
        list[str] | None,
        typer.Option(
            "--lidar", metavar="NAME", help="Only the points of this LiDAR; may be repeated."
        ),
    ] = None,
    rig: RigOption = None,
    format: FormatOption = None,
) -> None:
    """Draw one frame of a camera, or of the bird's-eye view, to a PNG file."""
    from av3d.calibration.rig_toml import read_rig
    from av3d.datasets.registry import open_log
    from av3d.render.bev_picture import bev_picture
    from av3d.render.camera_picture import camera_picture
    from av3d.render.png import write_png

    if (camera is None) == (view is None):
        what = "nothing to draw" if camera is None else "two pictures for one file"
        raise Av3dError(what, "av3d render", "give either --camera NAME or --view bev")
    if view not in (None, "bev"):
        raise Av3dError(f"no view {view!r}", "--view", "use bev")
    if out.suffix.lower() != ".png":
        raise Av3dError("pictures are PNG files", out, "give a name that ends in .png")
    opened = open_log(log, format)
    if rig is not None:
        opened = opened.with_rig(read_rig(rig))
    opened.frame(frame)
    tracks = drawn_tracks(opened, project)
    selected = track_named(tracks, select) if select else None
    if camera is not None:
        picture = camera_picture(
            opened, frame, camera, tracks, selected=selected, points=points or sweeps > 0,
            sweeps=sweeps, lidars=lidar,
        )  # fmt: skip
    else:
        picture = bev_picture(
            opened, frame, tracks, size_px=parse_size(size), selected=selected, sweeps=sweeps,
            lidars=lidar,
        )  # fmt: skip
    write_png(out, picture)
    if selected is not None:
        _remark_if_unseen(opened, frame, camera, next(t for t in tracks if t.id == selected))
    say(f"{out}: {camera or 'bird’s-eye view'} of frame {frame}, {len(tracks)} tracks")


def _remark_if_unseen(log: Log, frame: int, camera: str | None, track: Track) -> None:
    """Say that a selected track is not in the picture, and which cameras do show it."""
    from av3d.render.placing import camera_drawings

    if not track.is_present(log.frame(frame).timestamp_ns):
        remark(f"note: {track.name} is not there at frame {frame}")
        return
    if camera is None or camera_drawings(log, frame, camera, [track]):
        return
    others = [name for name in log.rig.cameras if camera_drawings(log, frame, name, [track])]
    where = f"; it is in {', '.join(others)}" if others else ", nor in that of another camera"
    remark(f"note: {track.name} is not in the picture of {camera} at frame {frame}{where}")


def drawn_tracks(log: Log, project: str | None) -> tuple[Track, ...]:
    """The tracks of a project, or the labels that come with the log, or none."""
    from av3d.datasets.registry import own_labels
    from av3d.store.project import open_project

    if project is not None:
        with open_project(project) as opened:
            return opened.tracks(log.name)
    try:
        return own_labels(log)
    except Av3dError as error:
        remark(f"note: no tracks drawn: {error}")
        return ()


def track_named(tracks: tuple[Track, ...], name: str) -> str:
    """The ID of the track that people call `name` ("Car 21"), or that has this ID."""
    for track in tracks:
        if track.is_called(name):
            return track.id
    raise Av3dError(f"no track {name!r}", "--select", "list them with `av3d tracks`")
