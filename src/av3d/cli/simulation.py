"""The command `simulate`: a log with known truth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from av3d.cli.console import print_json, progress, say
from av3d.cli.logs import JsonOption, parse_size

if TYPE_CHECKING:
    from av3d.simulate.options import CameraStamp, ScenarioName, SweepStamp


def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="New folder for the log.")],
    scenario: Annotated[
        str,
        typer.Option(
            "--scenario",
            help="crossing: a slow turn in a town. fast: 15 m/s, rolling shutters, wide lenses.",
        ),
    ] = "crossing",
    frames: Annotated[
        int, typer.Option("--frames", help="LiDAR turns, ten a second; dropped ones count.")
    ] = 42,
    seed: Annotated[int, typer.Option("--seed", help="Equal seeds give equal logs.")] = 7,
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the log; default: that of the scenario.")
    ] = None,
    size: Annotated[
        str, typer.Option("--size", metavar="WxH", help="Size of the images in pixels.")
    ] = "960x540",
    cameras: Annotated[
        bool, typer.Option("--cameras/--no-cameras", help="Make images, or sweeps only (faster).")
    ] = True,
    drop: Annotated[
        bool, typer.Option("--drop/--no-drop", help="Leave out some sweeps and images.")
    ] = True,
    sweep_stamp: Annotated[
        str,
        typer.Option(
            "--sweep-stamp",
            help="Moment of its turn that a sweep is stamped with: start, middle, end.",
        ),
    ] = "middle",
    camera_stamp: Annotated[
        str,
        typer.Option(
            "--camera-stamp",
            help="exposure: images are stamped truthfully. sweep: with the middle of the turn; the "
            "rig has their clock offsets.",
        ),
    ] = "exposure",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what is in the folder.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a street log with exact tracks: LiDAR, cameras, moving and parked road users."""
    from av3d.simulate import SimulateOptions, simulate_log

    width_px, height_px = parse_size(size)
    options = SimulateOptions(
        scenario=cast("ScenarioName", scenario),
        frames=frames,
        seed=seed,
        name=name,
        image_width_px=width_px,
        image_height_px=height_px,
        cameras=cameras,
        drop=drop,
        sweep_stamp=cast("SweepStamp", sweep_stamp),
        camera_stamp=cast("CameraStamp", camera_stamp),
    )
    with progress() as show:
        made = simulate_log(out, options, overwrite=overwrite, progress=show)
    if as_json:
        print_json({**asdict(made), "path": str(made.path.absolute())})
        return
    say(
        f"{made.path}: {made.sweeps} sweeps with {made.points:,} points, {made.images} images, "
        f"{made.size_bytes / 1e6:.1f} MB"
    )
    say(f"truth     {made.true_tracks} tracks in {made.path / 'truth' / 'tracks.json'}")
    say(f"labels    {made.labelled_tracks} tracks to begin with in {made.path / 'labels.json'}")
    say(f"dropped   {made.dropped_sweeps} sweeps, {made.dropped_images} images")
