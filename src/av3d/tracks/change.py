"""A change: one edit of one entity of a document as its value before and after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from av3d.tracks.checking import TrackError


class Entity(Protocol):
    """A frozen value with an identity: a track, an event, a task, or an ontology."""

    @property
    def kind(self) -> str:
        """What it is, "track"."""

    @property
    def id(self) -> str:
        """Identity among its kind."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def digest(self) -> str:
        """Equal for equal values, see `av3d.digests`."""

    def as_json(self) -> dict[str, Any]:
        """The value as JSON values."""


@dataclass(frozen=True, eq=False)
class Change:
    """One edit. `before` is None when the entity is made, `after` is None when it is deleted.

    Raises:
        TrackError: both are None, or they are different entities.
    """

    before: Entity | None
    after: Entity | None

    def __post_init__(self) -> None:
        keys = {(entity.kind, entity.id) for entity in (self.before, self.after) if entity}
        if len(keys) != 1:
            raise TrackError(f"a change concerns one entity, got {len(keys)}")

    @property
    def kind(self) -> str:
        """What is changed, "track"."""
        return self._one.kind

    @property
    def id(self) -> str:
        """Identity of what is changed."""
        return self._one.id

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return (
            self.before is not None
            and self.after is not None
            and self.before.digest == self.after.digest
        )

    @property
    def _one(self) -> Entity:
        entity = self.after or self.before
        assert entity is not None
        return entity

    def reversed(self) -> Change:
        """The change that takes this one back."""
        return Change(self.after, self.before)


def combined(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Changes that follow each other as at most one for each entity, in the order of first touch.

    An entity that ends as it began is left out.
    """
    ends: dict[tuple[str, str], Change] = {}
    for change in changes:
        key = (change.kind, change.id)
        first = ends.get(key)
        if first is None:
            ends[key] = change
        elif first.before is None and change.after is None:
            del ends[key]
        else:
            ends[key] = Change(first.before, change.after)
    return tuple(change for change in ends.values() if not change.is_empty)
