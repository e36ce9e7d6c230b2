"""The command `simulate`: a log with known truth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from av3d.cli.console import print_json, progress, say
from av3d.cli.logs import JsonOption, parse_size


def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="New folder for the log.")],
    frames: Annotated[
        int, typer.Option("--frames", help="LiDAR turns, ten a second; dropped ones count.")
    ] = 42,
    seed: Annotated[int, typer.Option("--seed", help="Equal seeds give equal logs.")] = 7,
    name: Annotated[str, typer.Option("--name", help="Name of the log.")] = "crossing",
    size: Annotated[
        str, typer.Option("--size", metavar="WxH", help="Size of the images in pixels.")
    ] = "960x540",
    cameras: Annotated[
        bool, typer.Option("--cameras/--no-cameras", help="Make images, or sweeps only (faster).")
    ] = True,
    drop: Annotated[
        bool, typer.Option("--drop/--no-drop", help="Leave out some sweeps and images.")
    ] = True,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what is in the folder.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a street log with exact tracks: LiDAR, cameras, moving and parked road users."""
    from av3d.simulate import SimulateOptions, simulate_log

    width_px, height_px = parse_size(size)
    options = SimulateOptions(
        frames=frames,
        seed=seed,
        name=name,
        image_width_px=width_px,
        image_height_px=height_px,
        cameras=cameras,
        drop=drop,
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
