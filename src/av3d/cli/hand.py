"""The command `project hand`: how exact the keyframes of a log are, learned from all of its tracks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from av3d.cli.console import print_json, remark, say
from av3d.cli.logs import JsonOption
from av3d.cli.projects import (
    AuthorOption,
    OneLogOption,
    ProjectOption,
    counted,
    open_for_edit,
    the_log,
)
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.store.project import Project
    from av3d.tracks.noise import Noise
    from av3d.tracks.track import Track

ENOUGH_TRACKS, ENOUGH_KEYFRAMES = 10, 4
"""With fewer tracks of so many keyframes placed by hand, what is expected of any hand outweighs them."""


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
    from av3d.tracks.motion.learning import learned_hand, telling

    if apply and forget:
        raise Av3dError("--apply and --forget exclude each other", "", "give one of them")
    with open_for_edit(project, author) if apply or forget else open_project(project) as opened:
        name = the_log(opened, log)
        everything = opened.document(name).tracks.values()
        tracks = [track for track in everything if _by_hand(track)]
        left_out = len(everything) - len(tracks)
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
    counts = [count for track in tracks if (count := telling(track.columns))]
    if noise is not None:
        _warn_if_thin(tracks)
    if as_json:
        facts = {
            "log": name,
            "hand": None if noise is None else noise.as_list(),
            "from": len(tracks),
            "told_by": {"tracks": len(counts), "keyframes": sum(counts)},
            "changed": told,
            "left_out": left_out,
        }
        print_json(facts)
    elif noise is None:
        say(f"Forgotten by {told} tracks of log {name}.")
    else:
        rests_on = f"{counted(sum(counts), 'keyframe')} of {counted(len(counts), 'track')}"
        say(f"Hand of log {name}, by {rests_on}: exact to {noise.words}")
        if apply:
            say(f"{counted(told, 'track')} {'believes' if told == 1 else 'believe'} it now.")
            if left_out:
                say(f"Left out: {counted(left_out, 'track')} without keyframes placed by hand.")


def _by_hand(track: Track) -> int:
    """How many of its keyframes somebody has placed."""
    from av3d.tracks.columns import CODES
    from av3d.tracks.keyframe import Provenance

    return int((track.columns.provenances == CODES[Provenance.MANUAL]).sum())


def _warn_if_thin(tracks: list[Track]) -> None:
    """Remark on what is learned from little."""
    enough = sum(_by_hand(track) >= ENOUGH_KEYFRAMES for track in tracks)
    if enough < ENOUGH_TRACKS:
        remark(
            f"note: {counted(enough, 'track')} with {ENOUGH_KEYFRAMES} or more keyframes placed by"
            f" hand, {ENOUGH_TRACKS} would tell: this may be mostly what is expected of any hand"
        )


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
