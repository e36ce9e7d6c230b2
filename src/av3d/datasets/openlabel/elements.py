"""Objects, relations, actions and events of an OpenLABEL file."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from av3d.datasets.dataset import LabelledLog
from av3d.datasets.label_files import FrameRuns
from av3d.datasets.openlabel.words import (
    END,
    ID,
    NOTE,
    ONTOLOGY,
    SHAPE,
    START,
    STATIC,
    TAKES_PART,
    data_of,
    interval,
    kind_of,
    uid_of,
)
from av3d.tracks.event import Event
from av3d.tracks.track import Track
from av3d.types import Scalar


def static_attributes(track: Track) -> dict[str, Scalar]:
    """What holds for a whole track, with what OpenLABEL has no place of its own for."""
    own: dict[str, Scalar] = {}
    if uid_of(track.id) != track.id:
        own[ID] = track.id
    if track.note:
        own[NOTE] = track.note
    if track.static:
        own[STATIC] = True
    return {**track.attributes, **own}


def object_of(
    track: Track, runs: Sequence[Sequence[int]], attribute_kinds: Mapping[str, str]
) -> dict[str, Any]:
    """The object of a track.

    Args:
        track: the track.
        runs: first and last frame of each run of frames that it is in.
        attribute_kinds: kinds of the attributes that its cuboids have, by name.
    """
    attributes = static_attributes(track)
    intervals = [interval(first, last) for first, last in runs]
    pointers: dict[str, Any] = {
        SHAPE: {
            "type": "cuboid",
            "frame_intervals": intervals,
            "attribute_pointers": dict(sorted(attribute_kinds.items())),
        }
    }
    for name, value in sorted(attributes.items()):
        if name != SHAPE:
            pointers[name] = {"type": kind_of(value), "frame_intervals": []}
    return {
        "name": track.name,
        "type": track.category,
        "ontology_uid": ONTOLOGY,
        "frame_intervals": intervals,
        **({"object_data": data_of(attributes)} if attributes else {}),
        "object_data_pointers": pointers,
    }


class Elements:
    """Relations, actions and events of a log, once its frames are written.

    Args:
        item: the log, its tracks and events.
        runs: which track was in which frames.
        frames: indices of the frames that were written.
        times_ns: their times.

    Attributes:
        lost_relations: names of tracks with a relation to a track that was not written.
        lost_events: how many events hold in none of the frames.
        reviews: how many events belong to the record of a review, which is not written.
    """

    def __init__(
        self, item: LabelledLog, runs: FrameRuns, frames: Sequence[int], times_ns: Sequence[int]
    ) -> None:
        self._frames, self._times_ns = frames, times_ns
        self._uids = {
            track.id: uid_of(track.id) for row, track in enumerate(item.tracks) if runs.of(row)
        }
        self._tracks = [track for track in item.tracks if track.id in self._uids]
        self.reviews = sum(event.is_record for event in item.events)
        others = sorted(
            (event for event in item.events if not event.is_record),
            key=lambda event: (event.start_ns, event.id),
        )
        written = [(event, found) for event in others if (found := self._interval(event))]
        self.lost_events = len(others) - len(written)
        self._actions = [pair for pair in written if pair[0].start_ns < pair[0].end_ns]
        self._events = [pair for pair in written if pair[0].start_ns == pair[0].end_ns]
        self.lost_relations = tuple(
            track.name
            for track in self._tracks
            if any(relation.track_id not in self._uids for relation in track.relations)
        )

    def actions(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What lasts for some time, by key."""
        return (_element(event, found, "action_data") for event, found in self._actions)

    def events(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What happens at one moment, by key."""
        return (_element(event, found, "event_data") for event, found in self._events)

    def relations(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Relations between objects, and between objects and what they take part in, by key."""
        number = 0
        for track in self._tracks:
            for relation in track.relations:
                if relation.track_id in self._uids:
                    other = {"type": "object", "uid": self._uids[relation.track_id]}
                    yield str(number), self._relation(relation.kind, track.id, other)
                    number += 1
        for kind, pairs in (("action", self._actions), ("event", self._events)):
            for event, _ in pairs:
                for track_id in event.track_ids:
                    if track_id in self._uids:
                        other = {"type": kind, "uid": uid_of(event.id)}
                        yield str(number), self._relation(TAKES_PART, track_id, other)
                        number += 1

    def _relation(self, kind: str, track_id: str, other: dict[str, str]) -> dict[str, Any]:
        return {
            "name": kind,
            "type": kind,
            "ontology_uid": ONTOLOGY,
            "rdf_subjects": [{"type": "object", "uid": self._uids[track_id]}],
            "rdf_objects": [other],
        }

    def _interval(self, event: Event) -> dict[str, int] | None:
        """The frames in which an event holds; for one between two frames, the one before it."""
        first = bisect_left(self._times_ns, event.start_ns)
        last = bisect_right(self._times_ns, event.end_ns) - 1
        if last < first:
            if not 0 <= last < len(self._frames) - 1:
                return None
            first = last
        return interval(self._frames[first], self._frames[last])


def _element(event: Event, found: dict[str, int], data_name: str) -> tuple[str, dict[str, Any]]:
    uid = uid_of(event.id)
    values: dict[str, Scalar] = {**event.attributes, START: event.start_ns, END: event.end_ns}
    if uid != event.id:
        values[ID] = event.id
    if event.note:
        values[NOTE] = event.note
    return uid, {
        "name": event.name,
        "type": event.label,
        "ontology_uid": ONTOLOGY,
        "frame_intervals": [found],
        data_name: data_of(values),
    }
