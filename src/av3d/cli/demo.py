"""The command `demo`: the main job on the sample log, in the window or, without a screen, headless."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from av3d.cli.console import progress, remark, say
from av3d.cli.logs import open_window

if TYPE_CHECKING:
    from av3d.logs.log import Log
    from av3d.tracks.track import Track

EXPORTS = ("kitti-tracking", "nuscenes")
PROJECT = "labels.av3d"
LOSSES = "losses.json"


def demo(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where the headless run puts its results.")
    ] = Path("out/demo"),
    headless: Annotated[
        bool, typer.Option("--headless", help="Do not open the window even if there is a screen.")
    ] = False,
) -> int:
    """Show av3d on its sample log: the window, or labels and pictures where there is no screen."""
    log_path = sample_log()
    has_screen = not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY"))
    if has_screen and not headless:
        return open_window(log_path)
    if not headless:
        remark("no screen (DISPLAY is not set): running the same pipeline without the window")
    _headless(log_path, out)
    return 0


def sample_log() -> Path:
    """The log that ships with av3d; where a package lacks it, it is simulated once and kept."""
    for folder in (
        Path(__file__).parents[3] / "sample_logs",
        Path(__file__).parents[1] / "_sample",
    ):
        for candidate in sorted(folder.glob("*/log.toml")):
            return candidate.parent
    import platformdirs

    from av3d.simulate import simulate_log

    target = Path(platformdirs.user_cache_dir("av3d")) / "sample_log"
    if not (target / "log.toml").exists():
        remark(f"simulating the sample log once, in {target}")
        with progress() as show:
            simulate_log(target, progress=show)
    return target


def _headless(log_path: Path, out: Path) -> None:
    from av3d.datasets.dataset import ExportOptions
    from av3d.datasets.exporting import LogLabels, export_labels
    from av3d.datasets.manifest import Source
    from av3d.datasets.registry import dataset, open_log
    from av3d.files import new_file, new_folder
    from av3d.store.project import open_project
    from av3d.store.snapshot import snapshot
    from av3d.tracks.change import Change

    log = open_log(log_path)
    out = out.absolute()
    with new_folder(out, replace=_is_earlier_demo(out)) as folder:
        labels = dataset(log.kind).read_labels(log)
        with open_project(folder / PROJECT, create=True) as project:
            project.add_log(log)
            changes = [Change(None, track) for track in labels.tracks]
            project.apply(log.name, changes, command=f"import {log.kind}")
            taken = snapshot(project, [log.name])
        tracks = tuple(taken.documents[log.name].tracks.values())
        source = Source(str(out / PROJECT), taken.position, taken.digest, taken.time_ns)
        keyframes = sum(len(track.keyframes) for track in tracks)
        filled = _cuboids(log, tracks)
        say(f"log       {log.name}: {len(log.frames)} frames, {len(log.cameras)} cameras")
        say(f"tracks    {len(tracks)} with {keyframes} keyframes fill {filled} cuboids")
        pictures = _pictures(log, tracks, folder / "pictures")
        reports = []
        for name in EXPORTS:
            with progress() as show:
                report = export_labels(
                    dataset(name), [LogLabels(log, tracks)], folder / name, ExportOptions(),
                    taken.ontology, source=source, progress=show,
                )  # fmt: skip
            # The folder is about to be moved to where the user wants it.
            reports.append(replace(report, out=out / name))
        with new_file(folder / LOSSES) as losses:
            text = json.dumps([report.as_dict() for report in reports], indent=2)
            losses.write_text(text + "\n", encoding="utf-8")
    for report in reports:
        say(
            f"exported  {report.cuboids:,} cuboids in {report.frames} frames as {report.format}; "
            f"{len(report.losses)} things it cannot hold"
        )
    say(f"project   {out / PROJECT}")
    for report in reports:
        say(f"labels    {report.out}")
    say(f"losses    {out / LOSSES}")
    for picture in pictures:
        say(f"picture   {out / 'pictures' / picture}")


def _is_earlier_demo(out: Path) -> bool:
    """Whether a folder holds a demo's results and nothing else, so that it may be replaced."""
    if not (out / PROJECT).is_file():
        return False
    ours = {
        "pictures",
        "losses.json",
        *EXPORTS,
        *(f"{PROJECT}{suffix}" for suffix in ("", "-wal", "-shm")),
    }
    return ours.issuperset(entry.name for entry in out.iterdir())


def _cuboids(log: Log, tracks: tuple[Track, ...]) -> int:
    times_ns = log.frames.timestamps_ns.tolist()
    return sum(track.is_present(time_ns) for time_ns in times_ns for track in tracks)


def _pictures(log: Log, tracks: tuple[Track, ...], folder: Path) -> list[str]:
    from av3d.render.bev_picture import bev_picture
    from av3d.render.camera_picture import camera_picture
    from av3d.render.png import write_png

    index = len(log.frames) // 2
    names = []
    for camera in log.cameras:
        names.append(f"frame-{index:04d}-{camera}.png")
        write_png(folder / names[-1], camera_picture(log, index, camera, tracks))
    names.append(f"frame-{index:04d}-bev.png")
    write_png(folder / names[-1], bev_picture(log, index, tracks))
    return names
