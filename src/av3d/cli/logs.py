"""Commands about a log: `info` and `open`."""

from __future__ import annotations

import importlib
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from av3d.cli.console import print_json, remark, say, table
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.logs.log import Log

MAX_SIDE_PX = 16_384
"""Longest side of a picture; a square one takes a gigabyte to draw."""

POINT_TIMES = {True: "per point", False: "none", None: "unknown"}
"""What `info` says about the times of a LiDAR's points; unknown where no sweep can be read."""

LogArgument = Annotated[
    Path,
    typer.Argument(
        metavar="LOG", help="Folder or file of the log, or its s3:// or https:// address."
    ),
]
FormatOption = Annotated[
    str | None, typer.Option("--format", help="Kind of the log, if it is not recognised.")
]
RigOption = Annotated[
    Path | None,
    typer.Option("--rig", metavar="RIG", help="A rig.toml to use instead of the log’s own rig."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def info(log: LogArgument, format: FormatOption = None, as_json: JsonOption = False) -> None:
    """State the sensors, frames, span, travel and synchronisation of a log."""
    from av3d.datasets.registry import open_log

    opened = open_log(log, format)
    facts = log_facts(opened)
    if as_json:
        print_json(facts)
    else:
        _print_facts(opened, facts)


def open_window(
    log: Annotated[
        Path | None,
        typer.Argument(
            metavar="[LOG]",
            help="Folder or file of the log, or its s3:// or https:// address. Default: the log "
            "that was open the last time, at its frame and with its project.",
        ),
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(
            "--project",
            help="Project with the tracks, a file or URL. Default: one that is made for the log with "
            "the first edit and holds the log’s own labels.",
        ),
    ] = None,
    frame: Annotated[
        int | None, typer.Option("--frame", min=0, help="Frame to start at. Default: 0.")
    ] = None,
    size: Annotated[
        str | None, typer.Option("--size", metavar="WxH", help="Size of the window in pixels.")
    ] = None,
    screenshot: Annotated[
        Path | None,
        typer.Option("--screenshot", metavar="PNG", help="Write a picture of the window and quit."),
    ] = None,
    select: Annotated[
        str | None, typer.Option("--select", metavar="TRACK", help="Track to select, by name.")
    ] = None,
    rig: RigOption = None,
    format: FormatOption = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Without LOG: do not open the log of the last time.")
    ] = False,
) -> int:
    """Open the window, with a log or with the one of the last time."""
    from av3d.datasets.registry import dataset, recognise

    # A wrong path is told before a missing screen.
    kind = None
    if log is not None:
        kind = dataset(format) if format else recognise(log)
    elif project or frame or select or rig or format:
        raise Av3dError(
            "--project, --frame, --select, --rig and --format are about a log", "av3d open",
            "name the log: av3d open LOG",
        )  # fmt: skip
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        raise Av3dError(
            "there is no screen (DISPLAY is not set)",
            "av3d open",
            "run it on a desktop or under xvfb-run, or use `av3d render` for pictures",
        )
    # The window is a layer above the command line, so it is looked up by name.
    viewer: Any = importlib.import_module("av3d_viewers.app")
    return int(
        viewer.run(
            log,
            project,
            frame=frame,
            size=parse_size(size) if size else None,
            screenshot=screenshot,
            select=select,
            rig=rig,
            format=kind.name if kind else None,
            fresh=fresh,
        )
    )


def parse_size(text: str) -> tuple[int, int]:
    """Width and height of "1920x1080"."""
    width, cross, height = text.lower().partition("x")
    # At most five digits, because Python refuses to convert thousands.
    sides = [int(side) for side in (width, height) if re.fullmatch("[0-9]{1,5}", side)]
    if not cross or len(sides) != 2 or not all(1 <= side <= MAX_SIDE_PX for side in sides):
        raise Av3dError(
            f"not a size: {text[:40]!r}",
            "--size",
            f"write it like 1920x1080, each side 1 to {MAX_SIDE_PX}",
        )
    return sides[0], sides[1]


def log_facts(log: Log) -> dict[str, Any]:
    """What `av3d info --json` prints; times in nanoseconds, lengths in metres."""
    report = log.sync_report
    span_s = (log.end_ns - log.start_ns) / 1e9
    return {
        "name": log.name,
        "kind": log.kind,
        "path": log.source,
        "fingerprint": log.fingerprint,
        "frames": len(log.frames),
        "start_ns": log.start_ns,
        "end_ns": log.end_ns,
        "span_s": span_s,
        "frame_period_ms": report.period_ms,
        "missing_sweeps_ns": list(report.missing_sweeps_ns),
        "missing_sweeps_after_frame": [
            _frame_before(log, missing_ns) for missing_ns in report.missing_sweeps_ns
        ],
        "pauses_ns": [list(pause) for pause in report.pauses_ns],
        "ego_poses": {
            "source": log.trajectory.source,
            "count": 0 if log.trajectory.is_identity else len(log.trajectory.timestamps_ns),
            "travel_m": log.trajectory.length_m(),
        },
        "lidars": {
            name: {
                "sweeps": len(stream),
                "without_points": len(stream.absent),
                "reference": name == log.reference_lidar,
                "clock": log.clocks.get(name, ""),
                "point_times": POINT_TIMES[log.has_point_times(name)],
            }
            for name, stream in log.lidars.items()
        },
        "cameras": {name: _camera_facts(log, name) for name in log.rig.cameras},
        "notes": [*log.notes, *(note for stream in log.lidars.values() for note in stream.notes())],
    }


def _camera_facts(log: Log, name: str) -> dict[str, Any]:
    from av3d.logs.frames import CameraSync

    mount = log.rig.camera(name)
    camera = mount.camera
    # The rig may have cameras whose images are not there.
    sync = log.sync_report.cameras.get(name) or CameraSync.without_images(len(log.frames))
    return {
        "width_px": camera.width_px,
        "height_px": camera.height_px,
        "model": camera.model,
        "images": sync.images,
        "frames_with_image": sync.matched,
        "offset_ms": sync.offset_ms,
        "jitter_ms": sync.jitter_ms,
        "period_ms": sync.period_ms,
        "missing_frames": list(sync.missing_frames),
        "missing_images_ns": list(sync.missing_images_ns),
        "doubled_images": list(sync.doubled_images),
        "late_frames": list(sync.late_frames),
        "unused_images": sync.unused_images,
        "clock": log.clocks.get(name, ""),
        "clock_offset_ms": mount.clock_offset_ns / 1e6,
        "readout_ms": mount.readout_ns / 1e6,
    }


def _frame_before(log: Log, timestamp_ns: int) -> int:
    return int(log.frames.timestamps_ns.searchsorted(timestamp_ns)) - 1


def _print_facts(log: Log, facts: dict[str, Any]) -> None:
    poses = facts["ego_poses"]
    say(f"{facts['name']}  ({facts['kind']})  {facts['path']}")
    sweeps = "1 sweep" if facts["frames"] == 1 else f"{facts['frames']} sweeps"
    rhythm = (
        f", {facts['span_s']:.2f} s, one every {facts['frame_period_ms']:.1f} ms"
        if facts["frame_period_ms"]
        else ""
    )
    say(f"frames    {sweeps} of {log.reference_lidar}{rhythm}")
    say(f"ego       {poses['count']} poses, {poses['travel_m']:.1f} m travelled")
    others = [f"{n} ({len(s)} sweeps)" for n, s in log.lidars.items() if n != log.reference_lidar]
    if others:
        say(f"LiDARs    also {', '.join(others)}")
    missing = facts["missing_sweeps_after_frame"]
    after = f": after frame {_numbers(missing)}" if missing else ""
    absent = facts["lidars"][log.reference_lidar]["without_points"]
    without = f", {absent} of {facts['frames']} without points" if absent else ""
    say(f"sweeps    {len(missing)} missing{after}{without}")
    for start_ns, end_ns in facts["pauses_ns"]:
        say(f"pause     {(end_ns - start_ns) / 1e9:.1f} s after frame {_frame_before(log, end_ns)}")
    times = ", ".join(f"{name} {lidar['point_times']}" for name, lidar in facts["lidars"].items())
    say(f"times     of points: {times}")
    for clock, names in _clocks(log).items():
        say(f"clock     {', '.join(names)}: {clock}")
    rolling = any(camera["readout_ms"] for camera in facts["cameras"].values())
    corrected = any(camera["clock_offset_ms"] for camera in facts["cameras"].values())
    rows = [
        [
            name,
            f"{camera['width_px']}x{camera['height_px']}",
            camera["model"],
            f"{camera['frames_with_image']}/{facts['frames']}",
            f"{camera['offset_ms']:+.1f} ms".replace("-", "−"),
            f"{camera['jitter_ms']:.1f} ms",
            *([f"{camera['clock_offset_ms']:+.1f} ms".replace("-", "−")] if corrected else []),
            *([f"{camera['readout_ms']:.1f} ms".replace("-", "−")] if rolling else []),
            _numbers(camera["missing_frames"]) or "none",
            _numbers(camera["doubled_images"]) or "none",
            _numbers(camera["late_frames"]) or "none",
        ]
        for name, camera in facts["cameras"].items()
    ]
    if rows:
        headers = ["camera", "size", "lens", "matched", "offset", "jitter"]
        headers += [*(["clock"] if corrected else []), *(["readout"] if rolling else [])]
        headers += ["frames without image", "doubled images", "late in frames"]
        say()
        say(table(headers, rows, "lllrrr" + "r" * (corrected + rolling)))
    for note in facts["notes"]:
        remark(f"note: {note}")


def _clocks(log: Log) -> dict[str, list[str]]:
    """Names of streams by what is known of their clock."""
    names: dict[str, list[str]] = {}
    for name, clock in log.clocks.items():
        names.setdefault(clock, []).append(name)
    return names


def _numbers(values: list[int]) -> str:
    """Numbers with runs shortened: 3, 5–9; at most eight runs."""
    runs: list[list[int]] = []
    for value in values:
        if runs and value == runs[-1][1] + 1:
            runs[-1][1] = value
        else:
            runs.append([value, value])
    words = [f"{a}" if a == b else f"{a}–{b}" for a, b in runs[:8]]
    return ", ".join(words) + (", …" if len(runs) > 8 else "")
