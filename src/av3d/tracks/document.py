"""A document: the labels of one log at one moment, as a frozen value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from av3d.digests import canonical, digest_of_text
from av3d.errors import Av3dError
from av3d.tracks.change import Change, Entity
from av3d.tracks.event import Event
from av3d.tracks.frame_cuboids import FrameCuboids
from av3d.tracks.placement import Placement
from av3d.tracks.track import Track


class EditError(Av3dError):
    """An edit that does not fit the document."""


class StaleChangeError(EditError):
    """A change starts from a value that is no longer the document's.

    Attributes:
        change: the change that was refused.
        found: the document's value, None if it has none.
    """

    def __init__(self, change: Change, found: Entity | None) -> None:
        name = (found or change.before or change.after or change).id
        state = "is already there" if change.before is None else "was changed meanwhile"
        super().__init__(f"{change.kind} {name} {state}", "", "load the labels again")
        self.change = change
        self.found = found


@dataclass(frozen=True, eq=False)
class Document:
    """Tracks and events of a log. Editing makes another document; see `av3d.tracks.operations`.

    Attributes:
        tracks: by ID, in the order in which they were added.
        events: by ID.
    """

    tracks: Mapping[str, Track] = field(default_factory=dict)
    events: Mapping[str, Event] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tracks", MappingProxyType(dict(self.tracks)))
        object.__setattr__(self, "events", MappingProxyType(dict(self.events)))

    @staticmethod
    def of(tracks: Iterable[Track] = (), events: Iterable[Event] = ()) -> Document:
        """The document of these tracks and events."""
        return Document(
            {track.id: track for track in tracks}, {event.id: event for event in events}
        )

    def track(self, track_id: str) -> Track:
        """One track; EditError when there is none."""
        found = self.tracks.get(track_id)
        if found is None:
            raise EditError("there is no such track", f"track {track_id!r}", "choose another")
        return found

    def event(self, event_id: str) -> Event:
        """One event; EditError when there is none."""
        found = self.events.get(event_id)
        if found is None:
            raise EditError("there is no such event", f"event {event_id!r}", "choose another")
        return found

    def children(self, track_id: str) -> tuple[Track, ...]:
        """The tracks that belong to a track, such as the trailer of a truck."""
        return tuple(
            track
            for track in self.tracks.values()
            if any(relation.track_id == track_id for relation in track.relations)
        )

    def next_number(self, category: str) -> int:
        """The lowest number from 1 that is above those of all tracks of a category."""
        numbers = (track.number for track in self.tracks.values() if track.category == category)
        return max(numbers, default=0) + 1

    def apply(self, changes: Iterable[Change]) -> Document:
        """The document after changes, which follow each other.

        Raises:
            StaleChangeError: a `before` is not what the document holds.
            EditError: a change is of no entity of a document, or a relation or an event names a
                track that is not there afterwards.
        """
        values: dict[str, dict[str, Entity]] = {
            Track.kind: dict(self.tracks),
            Event.kind: dict(self.events),
        }
        touched: list[Change] = []
        for change in changes:
            if change.kind not in values:
                raise EditError(f"a document has no {change.kind}", change.id)
            group = values[change.kind]
            found = group.get(change.id)
            # Digests of hundreds of keyframes are not computed to compare a value with itself.
            if found is not change.before and (found and found.digest) != (
                change.before and change.before.digest
            ):
                raise StaleChangeError(change, found)
            if change.after is None:
                del group[change.id]
            else:
                group[change.id] = change.after
            touched.append(change)
        # What the mappings hold are tracks and events: the keys are the kinds of the changes.
        result = Document(values[Track.kind], values[Event.kind])  # type: ignore[arg-type]
        result._check_references(touched)
        result._take_placement(self, {change.id for change in touched})
        return result

    def cuboids_at(self, timestamp_ns: int) -> FrameCuboids:
        """All tracks that are there at a time, as `Track.state_at` gives them, in arrays."""
        return self._placement.at(timestamp_ns)

    @cached_property
    def _placement(self) -> Placement:
        if self._placed is None:
            return Placement(self.tracks)
        placement, touched = self._placed
        return placement.changed(self.tracks, touched)

    @property
    def _placed(self) -> tuple[Placement, frozenset[str]] | None:
        """The placement of an earlier document, and what was edited since."""
        found: tuple[Placement, frozenset[str]] | None = self.__dict__.get("_earlier_placement")
        return found

    def _take_placement(self, before: Document, touched: set[str]) -> None:
        """Remember what this document can start from when it is asked where its tracks are."""
        if "_placement" in before.__dict__:
            self.__dict__["_earlier_placement"] = before._placement, frozenset(touched)
        elif before._placed is not None:
            placement, earlier = before._placed
            self.__dict__["_earlier_placement"] = placement, earlier | touched

    def _check_references(self, changes: Iterable[Change]) -> None:
        """Check that what the changed entities refer to is there, and what refers to deleted ones."""
        deleted = set()
        for change in changes:
            if change.kind == Track.kind and change.id not in self.tracks:
                deleted.add(change.id)
            for target in references(
                self.tracks.get(change.id)
                if change.kind == Track.kind
                else self.events.get(change.id)
            ):
                if target not in self.tracks:
                    raise missing_reference(change.kind, change.id, target)
        if not deleted:
            return
        for entity in self._entities:
            for target in deleted.intersection(references(entity)):
                raise missing_reference(entity.kind, entity.id, target)

    @property
    def _entities(self) -> list[Entity]:
        return [*self.tracks.values(), *self.events.values()]

    @cached_property
    def digest(self) -> str:
        """Equal for equal documents, whatever the order of their entities."""
        return digest_of_text(*sorted(f"{e.kind} {e.id} {e.digest}\n" for e in self._entities))

    def as_text(self) -> str:
        """One line of JSON for each entity, sorted by kind and ID; empty for an empty document."""
        entities = sorted(self._entities, key=lambda entity: (entity.kind, entity.id))
        return "".join(f"{e.kind} {canonical(e.as_json())}\n" for e in entities)


def references(entity: Entity | None) -> tuple[str, ...]:
    """The tracks that an entity refers to."""
    if isinstance(entity, Track):
        return tuple(relation.track_id for relation in entity.relations)
    return entity.track_ids if isinstance(entity, Event) else ()


def missing_reference(kind: str, entity_id: str, target: str) -> EditError:
    """The error for an entity that refers to a track that is not there."""
    return EditError(
        f"{kind} {entity_id} refers to track {target}, which is not there",
        "",
        "take the reference away first",
    )
