"""The command `project hand`: how exact the keyframes of a log are, learned from all of its tracks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from av3d.cli.console import print_json, say
from av3d.cli.logs import JsonOption
from av3d.cli.projects import (
    AuthorOption,
    OneLogOption,
    ProjectOption,
    open_for_edit,
    the_log,
)
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.store.project import Project
    from av3d.tracks.noise import Noise
    from av3d.tracks.track import Track


def hand(
    project: ProjectOption,
    log: OneLogOption = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Tell the tracks, so that they believe it.")
    ] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Each track learns it from its own keyframes again.")
    ] = False,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn how exact the keyframes placed by hand are, from all tracks of a log together."""
    from av3d.store.project import open_project
    from av3d.tracks.motion.learning import learned_hand

    if apply and forget:
        raise Av3dError("--apply and --forget exclude each other", "", "give one of them")
    with open_for_edit(project, author) if apply or forget else open_project(project) as opened:
        name = the_log(opened, log)
        tracks = [track for track in opened.document(name).tracks.values() if _is_by_hand(track)]
        noise = None if forget else learned_hand(track.columns for track in tracks)
        if noise is None and not forget:
            raise Av3dError(
                "no track tells how exact its keyframes are",
                f"log {name}",
                "place three keyframes or more by hand in some tracks",
            )
        told = 0
        if apply or forget:
            words = "hand forgotten" if noise is None else f"hand exact to {noise.words}"
            told = _tell(opened, name, tracks, noise, words)
    if as_json:
        sigmas = None if noise is None else noise.as_list()
        print_json({"log": name, "hand": sigmas, "from": len(tracks), "changed": told})
    elif noise is None:
        say(f"Forgotten by {told} tracks of log {name}.")
    else:
        say(f"Hand of log {name}, by {len(tracks)} tracks: exact to {noise.words}")
        if apply:
            say(f"{told} tracks believe it now.")


def _is_by_hand(track: Track) -> bool:
    """Whether somebody has placed its keyframes."""
    from av3d.tracks.columns import CODES
    from av3d.tracks.keyframe import Provenance

    return bool((track.columns.provenances == CODES[Provenance.MANUAL]).any())


def _tell(opened: Project, name: str, tracks: list[Track], noise: Noise | None, words: str) -> int:
    """Write the noise to the interpolation of tracks, as one entry; how many did not have it."""
    from av3d.tracks.operations.interpolation import set_interpolation

    document = opened.document(name)
    changes = [
        change
        for track in tracks
        for change in set_interpolation(
            document, [track.id], replace(track.interpolation, hand=noise)
        )
    ]
    if changes:
        opened.apply(name, changes, command=words)
    return len(changes)
