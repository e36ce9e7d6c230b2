"""The command `project interpolation`: how tracks are filled between their keyframes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from av3d.cli.console import print_json, say
from av3d.cli.logs import JsonOption
from av3d.cli.projects import (
    AuthorOption,
    OneLogOption,
    ProjectOption,
    one_of,
    open_for_edit,
    the_log,
    track_id,
)

if TYPE_CHECKING:
    from av3d.tracks.track import Track

CATEGORY = "category"
"""What people write for --moves to take back what was said of a track."""


def interpolation(
    track: Annotated[
        list[str], typer.Argument(metavar="TRACK...", help="Tracks by name or ID, like “car 21”.")
    ],
    project: ProjectOption,
    log: OneLogOption = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", metavar="MODEL", help="automatic, static, linear, smooth or vehicle."
        ),
    ] = None,
    moves: Annotated[
        str | None,
        typer.Option(
            "--moves",
            metavar="KIND",
            help="wheeled, legged, static or free; “category”: as its category says.",
        ),
    ] = None,
    pin: Annotated[
        bool | None,
        typer.Option("--pin/--no-pin", help="Go exactly through the keyframes, or near to them."),
    ] = None,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how tracks move between their keyframes, or show what is said. What no option names stays."""
    from av3d.store.project import open_project
    from av3d.tracks.operations.interpolation import set_interpolation

    new = _said(model, moves, pin)
    with open_for_edit(project, author) if new else open_project(project) as opened:
        name = the_log(opened, log)
        document = opened.document(name)
        ids = dict.fromkeys(track_id(document, text, "TRACK") for text in track)
        if new:
            changes = [
                change
                for known in ids
                for change in set_interpolation(
                    document, [known], replace(document.tracks[known].interpolation, **new)
                )
            ]
            if changes:
                command = "interpolation " + ", ".join(_in_words(new))
                opened.apply(name, changes, command=command)
            document = document.apply(changes)
        found = [document.tracks[known] for known in ids]
    if as_json:
        print_json({"log": name, "tracks": {known.id: _facts(known) for known in found}})
        return
    for known in found:
        say(f"{known.name} of log {name}: {known.interpolation.words}")


def _said(model: str | None, moves: str | None, pin: bool | None) -> dict[str, Any]:
    """The attributes of an interpolation that the options name."""
    from av3d.ontology.motion import Motion
    from av3d.tracks.interpolation import Model

    new: dict[str, Any] = {}
    if model is not None:
        new["model"] = Model(one_of(model, [known.value for known in Model], "model", "--model"))
    if moves is not None:
        kinds = [*(known.value for known in Motion), CATEGORY]
        kind = one_of(moves, kinds, "kind of motion", "--moves")
        new["moves"] = None if kind == CATEGORY else Motion(kind)
    if pin is not None:
        new["pinned"] = pin
    return new


def _in_words(new: dict[str, Any]) -> list[str]:
    words = [new["model"].value] if "model" in new else []
    if "moves" in new:
        kind = new["moves"]
        words.append("moves as its category" if kind is None else f"moves {kind.value}")
    if "pinned" in new:
        words.append("pinned" if new["pinned"] else "not pinned")
    return words


def _facts(track: Track) -> dict[str, Any]:
    said = track.interpolation
    moves = None if said.moves is None else said.moves.value
    hand = None if said.hand is None else said.hand.as_list()
    return {"model": said.model.value, "moves": moves, "pinned": said.pinned, "hand": hand}
