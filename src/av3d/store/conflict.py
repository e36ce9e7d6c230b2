"""What is raised when two people change the same thing: both versions, so that nobody's is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from av3d.store.errors import StoreError
from av3d.store.journal import JournalEntry
from av3d.tracks.change import Entity
from av3d.tracks.difference import difference
from av3d.tracks.event import Event
from av3d.tracks.track import Track


@dataclass(frozen=True, eq=False)
class Conflict:
    """One entity that was changed by somebody else since it was loaded.

    Attributes:
        kind, id: of the entity.
        base: what the refused change starts from; None if it makes the entity, or if it is an undo
            of what the journal no longer tells.
        mine: what the refused change wanted; None if it deletes it.
        theirs: what is stored; None if it was deleted.
        entry: the transaction that changed it last; None if there is none.
        made: whether the refused change makes the entity.
        start_ns: of the log, from which times are told to people; None if it belongs to no log.
    """

    kind: str
    id: str
    base: Entity | None
    mine: Entity | None
    theirs: Entity | None
    entry: JournalEntry | None
    made: bool
    start_ns: int | None = None

    @property
    def name(self) -> str:
        """What people call the entity."""
        for entity in (self.theirs, self.mine, self.base):
            if entity is not None:
                return entity.name
        return f"{self.kind} {self.id}"

    @property
    def versions(self) -> tuple[str, ...]:
        """What both made of it, in lines."""
        if self.base is None and self.mine is None:
            return ()
        entities = (self.base, self.mine, self.theirs)
        starts = [e.start_ns for e in entities if isinstance(e, Track | Event)]
        start_ns = min(starts, default=0) if self.start_ns is None else self.start_ns
        who = self.entry.author if self.entry is not None else "somebody else"
        lines = []
        for whose, version in (("yours", self.mine), (f"of {who}", self.theirs)):
            found = difference(self.base, version, start_ns)
            lines.append(f"{self.name}, {whose}: {'; '.join(found) or 'as it was'}")
        return tuple(lines)

    @property
    def sentence(self) -> str:
        """Who did what to it, in words."""
        did = "was deleted" if self.theirs is None else "was changed"
        if self.made:
            did = "is already there"
        if self.entry is None:
            return f"{self.name} {did}"
        when = datetime.fromtimestamp(self.entry.time_ns / 1e9).astimezone()
        return f"{self.name} {did} by {self.entry.author} at {when:%H:%M:%S} ({self.entry.command})"


class ConflictError(StoreError):
    """A change starts from a value that is no longer the stored one; nothing was changed.

    Attributes:
        conflicts: each entity concerned, with both versions.
    """

    def __init__(self, conflicts: Sequence[Conflict], where: str) -> None:
        shown = "; ".join(conflict.sentence for conflict in conflicts[:3])
        more = f" and {len(conflicts) - 3} more" if len(conflicts) > 3 else ""
        super().__init__(
            shown + more, where, "load the labels again and repeat the edit; nothing was changed"
        )
        self.conflicts = tuple(conflicts)

    @property
    def details(self) -> tuple[str, ...]:
        return tuple(line for conflict in self.conflicts for line in conflict.versions)
