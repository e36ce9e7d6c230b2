"""Which keys help most at the moment, for the status bar; always those that the user has chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from av3d.present.layout import REVIEW

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace

SIGNS = {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓"}
"""Keys that have a sign."""

LOOKING = (
    (("frame.previous", "frame.next"), "frame"),
    (("play.toggle",), "play"),
    (("track.next",), "next track"),
    (("view.follow",), "follow"),
    (("camera.next",), "next camera"),
    (("layout.full",), "fill window"),
    (("help.keys",), "all keys"),
)
MAKING = (
    (("edit.box",), "new cuboid"),
    (("category.1", "category.9"), "category"),
    *LOOKING,
)
MOVING = (
    (("edit.forward", "edit.left", "edit.back", "edit.right"), "move"),
    (("edit.turn_left", "edit.turn_right"), "turn"),
    (("edit.up", "edit.down"), "up, down"),
    (("Shift",), "coarse"),
    (("Alt",), "fine"),
    (("edit.fit",), "fit"),
    (("edit.flip",), "flip"),
    (("edit.keyframe",), "keyframe"),
    (("track.next",), "next track"),
    (("help.keys",), "all keys"),
)
DECIDING = (
    (("review.accept",), "accept"),
    (("review.fix",), "fix"),
    (("review.send_back",), "send back"),
    (("review.next", "review.previous"), "next, previous finding"),
    (("review.approve",), "approve track"),
    (("issue.write",), "comment"),
    (("frame.previous", "frame.next"), "frame"),
    (("play.toggle",), "play 2 s around it"),
    (("help.keys",), "all keys"),
)


@dataclass(frozen=True)
class Hints:
    """What the status bar says about keys.

    Attributes:
        icon: key of ICONS for what the keys do now.
        title: the same in a word.
        keys: keys, and what they do.
    """

    icon: str
    title: str
    keys: tuple[tuple[tuple[str, ...], str], ...]


def hints(workspace: Workspace) -> Hints:
    """The keys for what is being done now."""
    session = workspace.session
    if workspace.desk.base == REVIEW:
        return Hints("review", "Review", _keys(workspace, DECIDING))
    if session.labels.editable and session.selected is not None:
        return Hints("move", "Move", _keys(workspace, MOVING))
    return Hints("eye", "Look", _keys(workspace, MAKING if session.labels.editable else LOOKING))


def _keys(
    workspace: Workspace, rows: tuple[tuple[tuple[str, ...], str], ...]
) -> tuple[tuple[tuple[str, ...], str], ...]:
    found = []
    for names, what in rows:
        keys = tuple(
            name if name in ("Shift", "Alt") else _key(workspace, name)
            for name in names
            if name in ("Shift", "Alt") or _key(workspace, name)
        )
        if len(keys) == 2 and all(key.isdigit() for key in keys):
            keys = (f"{keys[0]}–{keys[1]}",)  # these and those between them
        if keys:
            found.append((keys, what))
    return tuple(found)


def _key(workspace: Workspace, name: str) -> str:
    """The key of a command; "" where it has none, or where the log leaves it nothing to do."""
    if name == "camera.next" and len(workspace.session.log.cameras) < 2:
        return ""
    key = workspace.table.by_name(name).key
    return SIGNS.get(key, key)
