"""What commands print: facts on stdout, everything else on stderr, progress on a terminal only."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av3d.datasets.dataset import Progress


def print_json(value: Any) -> None:
    """Print one JSON document on stdout."""
    print(json.dumps(value, indent=2, ensure_ascii=False))  # noqa: T201


def say(text: str = "") -> None:
    """Print a line of facts on stdout."""
    print(text)  # noqa: T201


def remark(text: str) -> None:
    """Print a line that is no fact a script would read, on stderr."""
    print(text, file=sys.stderr)  # noqa: T201


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], numeric: str = "") -> str:
    """A plain text table; columns whose letter in `numeric` is "r" are aligned to the right."""
    widths = [
        max(len(header), *(len(row[column]) for row in rows)) if rows else len(header)
        for column, header in enumerate(headers)
    ]
    alignment = numeric.ljust(len(headers), "l")

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if side == "r" else cell.ljust(width)
            for cell, width, side in zip(cells, widths, alignment, strict=True)
        )
        return "  ".join(padded).rstrip()

    return "\n".join([line(headers), *(line(row) for row in rows)])


@contextmanager
def progress() -> Iterator[Progress]:
    """A Progress that draws a bar on stderr, and nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda _text, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    with Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("", total=None)

        def show(text: str, done: int, total: int) -> None:
            bar.update(task, description=text, completed=done, total=total)

        yield show


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep to ourselves what libraries in C print about broken files ("libpng error: ...").

    They write to file descriptor 2 past Python and cannot be told not to; the user gets one line
    that says more. Python's stderr goes on to the terminal, without the warnings of libraries, which
    are for developers. AV3D_DEBUG shows everything.
    """
    if os.environ.get("AV3D_DEBUG"):
        yield
        return
    before = sys.stderr
    try:
        ours = before.fileno() == 2
    except (AttributeError, OSError, ValueError):
        ours = False  # replaced by something that is no file, or closed
    terminal = os.dup(2)
    if ours:
        before.flush()
        sys.stderr = os.fdopen(
            os.dup(terminal), "w", encoding=before.encoding, errors=before.errors, buffering=1
        )
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if ours:
            sys.stderr.close()
            sys.stderr = before
        os.dup2(terminal, 2)
        os.close(terminal)
