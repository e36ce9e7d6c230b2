"""Values of entities from the trees that a project holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from av3d.errors import Av3dError
from av3d.ontology.codec import from_json as ontology_from_json
from av3d.store.errors import StoreError
from av3d.store.references import LogReference
from av3d.store.releases.release import release_from_json
from av3d.store.tasks import Author, Task
from av3d.tracks.change import Entity
from av3d.tracks.codec import event_from_json, track_from_json
from av3d.tracks.delta import Tree, as_value

_DECODERS: dict[str, Callable[[dict[str, Any]], Entity]] = {
    "track": lambda value: track_from_json(value, 0, ""),
    "event": lambda value: event_from_json(value, 0, ""),
    "log": lambda value: LogReference(**value),
    "task": lambda value: Task(**value),
    "author": lambda value: Author(**value),
    "ontology": ontology_from_json,
    "release": release_from_json,
}

NONSENSE = (Av3dError, ValueError, TypeError, AttributeError, LookupError, OverflowError)
"""What is raised when a value is made of a tree that makes no sense."""


def decoded(kind: str, tree: Tree, where: str) -> Entity:
    """The value of an entity.

    Args:
        kind: of the entity.
        tree: its tree, see `av3d.tracks.delta`.
        where: the project, for messages.

    Raises:
        StoreError: the tree makes no sense: another program, or a damaged disk, has left values that
            av3d would never write.
    """
    try:
        return _DECODERS[kind](as_value(tree))
    except NONSENSE as error:
        raise damaged(error, where, kind) from error


def value_of(kind: str, tree: Tree) -> Entity:
    """As `decoded`, for a tree that comes from somebody else; raises one of NONSENSE."""
    return _DECODERS[kind](as_value(tree))


def damaged(error: Exception, where: str, kind: str) -> StoreError:
    """The error for a stored value that makes no sense."""
    what = error.what if isinstance(error, Av3dError) else str(error)
    article = "an" if kind[0] in "aeio" else "a"
    return StoreError(
        f"the project holds {article} {kind} that makes no sense: {what}",
        where,
        "restore the file from a backup",
    )
