"""The command `formats`: which formats there are, and what each can do and holds."""

from __future__ import annotations

from typing import Annotated

import typer

from av3d.cli.console import print_json, say, table
from av3d.cli.logs import JsonOption


def formats(
    exports: Annotated[
        bool, typer.Option("--export", help="Only those that labels can be written in.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the formats: which open as logs, whose labels are read, and which are written."""
    from av3d.datasets.registry import datasets

    found = [one for one in datasets() if one.writes_labels or not exports]
    if as_json:
        print_json(
            [
                {
                    "name": one.name,
                    "title": one.title,
                    "reads_logs": one.reads_logs,
                    "reads_labels": one.reads_labels,
                    "writes_labels": one.writes_labels,
                    "holds": one.holds,
                }
                for one in found
            ]
        )
        return
    rows = [
        [
            one.name,
            *(
                "yes" if able else ""
                for able in (one.reads_logs, one.reads_labels, one.writes_labels)
            ),
            one.title + (f": {one.holds}" if one.holds else ""),
        ]
        for one in found
    ]
    say(table(["format", "logs", "import", "export", "what it is, and what an export holds"], rows))
