"""Tokens: the same log and track always get the same ones, so that exports can be compared."""

from __future__ import annotations

import hashlib
import re

_HEX = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def token(table: str, *identity: object) -> str:
    """A token of 32 hex digits for a row of a table, made from what identifies the row."""
    text = "\x1f".join(["av3d", table, *map(str, identity)])
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def instance_token(track_id: str, scene: tuple[object, ...], taken: set[str]) -> str:
    """The token of a track: its own ID where that is a UUID, so that it is found again by eye.

    Args:
        track_id: the track's ID.
        scene: what identifies the scene: the name of the log, and the frames if it is a part of it.
        taken: tokens given out before; the result is added. Two logs may hold
            copies of one track, and two scenes of one log the same.
    """
    lowered = track_id.lower()
    found = lowered.replace("-", "") if _HEX.fullmatch(lowered) else ""
    if not found or found in taken:
        found = token("instance", *scene, track_id)
    taken.add(found)
    return found
