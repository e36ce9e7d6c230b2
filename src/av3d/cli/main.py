"""The command table, and the one place where errors become a line and an exit code."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.exceptions
import typer.main

from av3d.cli import (
    check,
    compare,
    demo,
    doctor,
    formats,
    history,
    labels,
    logs,
    pictures,
    project,
    release,
    rig,
    simulation,
    stats,
    tracks,
)
from av3d.cli.console import quiet_libraries, remark
from av3d.errors import Av3dError

BAD_INPUT = 2
STOPPED = 130

app = typer.Typer(
    name="av3d",
    help="Label camera + LiDAR driving logs in 3D.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("demo")(demo.demo)
app.command("open")(logs.open_window)
app.command("info")(logs.info)
app.command("doctor")(doctor.doctor)
app.command("simulate")(simulation.simulate)
app.command("import")(labels.import_labels)
app.command("export")(labels.export)
app.command("formats")(formats.formats)
app.command("tracks")(tracks.tracks)
app.command("stats")(stats.stats)
app.command("check")(check.check)
app.command("compare")(compare.compare)
app.command("render")(pictures.render)
app.command("history")(history.history)
app.add_typer(project.app, name="project")
app.add_typer(release.app, name="release")
app.add_typer(rig.app, name="rig")


def _version(show: bool) -> None:
    if show:
        from av3d import __version__

        typer.echo(f"av3d {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    _version_shown: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Label camera + LiDAR driving logs in 3D."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line and leave with its exit code."""
    arguments = sys.argv[1:]
    # Where a window opens, what its libraries say about screen and driver may be all there is.
    with nullcontext() if {"open", "demo"} & set(arguments[:1]) else quiet_libraries():
        code = run(arguments)
    sys.exit(code)


@cache
def _command() -> Any:
    """The table as typer runs it; made once, also where one process runs many commands."""
    return typer.main.get_command(app)


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit code instead of leaving.

    0: done. 1: done, with findings. 2: bad input, with one line on stderr. 130: stopped by Ctrl-C.
    """
    try:
        result = _command()(arguments, standalone_mode=False, prog_name="av3d")
        if result == STOPPED:  # typer makes this of Ctrl-C, and says nothing
            return _fail("stopped", code=STOPPED)
        return result if isinstance(result, int) else 0
    except Av3dError as error:
        code = _fail(str(error))
        for line in error.details:
            remark(f"  {line}")
        return code
    except typer.exceptions.TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "av3d"
        return _fail(f"{error.format_message().rstrip('.')}, see `{command} --help`")
    except typer.Abort:
        return _fail("stopped", code=STOPPED)
    except KeyboardInterrupt:
        return _fail("stopped", code=STOPPED)
    except BrokenPipeError:
        # The reader of our output (`| head`) has left; that is no error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        # Layers say better what is wrong; this is the disk or folder that none of them thought of.
        where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
        return _fail(
            str(Av3dError(error.strerror or str(error), where, "check path and permissions"))
        )
    except MemoryError:
        return _fail("out of memory, close other programs or use a smaller input")
    except Exception as error:  # the last line of defence: a defect of av3d, reported as such
        return _report_defect(error)


def _fail(message: str, code: int = BAD_INPUT) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201
    return code


def _report_defect(error: Exception) -> int:
    if os.environ.get("AV3D_DEBUG"):
        raise error
    with tempfile.NamedTemporaryFile(
        "w", prefix="av3d-error-", suffix=".txt", delete=False, encoding="utf-8"
    ) as report:
        report.write("".join(traceback.format_exception(error)))
    return _fail(
        f"av3d has a defect ({type(error).__name__}: {error}), details in {Path(report.name)}, "
        "send us that file"
    )
