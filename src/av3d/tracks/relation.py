"""How one track belongs to another: a trailer is towed by a truck, a rider rides a bicycle."""

from __future__ import annotations

from dataclasses import dataclass

from av3d.tracks.checking import check_name

TOWED_BY, RIDES = "towed_by", "rides"
"""Kinds that every project knows; an ontology may name more."""


@dataclass(frozen=True, order=True)
class Relation:
    """What a track is to another one, seen from the track that keeps it (the child).

    Attributes:
        kind: "towed_by", "rides", or one of the ontology's.
        track_id: the other track (the parent), of the same log.
    """

    kind: str
    track_id: str

    def __post_init__(self) -> None:
        check_name(self.kind, "kind of relation", f"relation to track {self.track_id!r}")
        check_name(self.track_id, "ID", f"relation {self.kind!r}")

    def as_json(self) -> list[str]:
        """[kind, track]."""
        return [self.kind, self.track_id]
