"""The command `av3d`. Scripts rely on its names, its --json and its exit codes: 0, 1 and 2."""

from av3d.cli.main import main

__all__ = ["main"]
