"""The command `simulate`: a log with known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from av3d.cli.console import progress, say


def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="New folder for the log.")],
    frames: Annotated[int, typer.Option("--frames", min=1, help="Sweeps at 10 Hz.")] = 40,
    seed: Annotated[int, typer.Option("--seed", help="Equal seeds give equal logs.")] = 0,
) -> None:
    """Make a street log with exact tracks: LiDAR, cameras, moving and parked road users."""
    from av3d.simulate import simulate_log

    with progress() as show:
        simulate_log(out, frames=frames, seed=seed, progress=show)
    say(f"{out}: {frames} frames, exact tracks in {out / 'truth' / 'tracks.json'}")
